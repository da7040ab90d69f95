"""What is given from outside: times of one zone, names with a meaning, data said twice, hashes."""

from __future__ import annotations

import textwrap
from datetime import date

import polars as pl
import pytest

from complaint_rules import Case, CaseError, Event, Policy, PolicyError, TimeError
from complaint_rules.errors import CalendarError, NaiveDatetime
from complaint_rules.simulation import simulate
from complaint_rules.time import DatedCalendar
from samples import at, event, load

HEAD = """
policy: example
title: {en: Example}
source: {issuer: A company, document: House rules}
effective: {from: 2000-01-01, by: registered}
timezone: Europe/London
currency: GBP
"""
BODY = """
roles: {desk: {en: desk}}
facts:
  note: {type: text, title: {en: n}}
  priority: {type: enum, values: [low, high], title: {en: p}}
events:
  registered: {title: {en: r}}
  changed: {title: {en: c}, sets: [priority]}
  done: {title: {en: d}}
deadlines:
  - {id: serve, clause: "1", title: {en: Serve}, duty_of: desk, starts: registered,
     within: 30 elapsed minutes, ends: done}
"""


def policy(body: str = BODY, **more: object) -> Policy:
    return Policy(HEAD + textwrap.dedent(body), "example.yaml", **more)


def found(times: list[str], timezone: str | None = "Europe/London", **columns: list[str]) -> object:
    frame = pl.DataFrame(
        {"case": ["a", "a"], "activity": ["registered", "done"], "timestamp": times, **columns}
    )
    return simulate(policy(), frame, as_of="2020-12-01T00:00:00Z", timezone=timezone)


# Text times


@pytest.mark.parametrize(
    ("start", "end", "status", "started"),
    [
        ("2020-01-02 09:00:00", "2020-01-02T09:31:00", "late", "2020-01-02T09:00:00+00:00"),
        ("2020-07-02T09:00:00", "2020-07-02 09:30:00", "met", "2020-07-02T09:00:00+01:00"),
        # An offset in the text counts, whatever the timezone: 08:00Z is 09:00 in London.
        ("2020-07-02 09:00", "2020-07-02T08:31:00Z", "late", "2020-07-02T09:00:00+01:00"),
        # The clocks show 01:30 twice: the first is meant, so 01:10Z is 40 minutes later.
        ("2020-10-25 01:30:00", "2020-10-25T01:10:00Z", "late", "2020-10-25T01:30:00+01:00"),
    ],
)
def test_text_times_are_of_the_timezone(start: str, end: str, status: str, started: str) -> None:
    deadlines = found([start, end]).deadlines
    assert deadlines["status"].to_list() == [status]
    assert [at.isoformat() for at in deadlines["started_at"].to_list()] == [started]


def test_text_times_that_cannot_be_read() -> None:
    with pytest.raises(NaiveDatetime, match="has no timezone"):
        found(["2020-01-02 09:00:00", "2020-01-02 09:31:00"], None)
    with pytest.raises(TimeError, match="does not exist in Europe/London"):
        found(["2020-03-29 01:30:00", "2020-03-29 02:31:00"])
    with pytest.raises(CalendarError, match="Europe/Londn"):
        found(["2020-01-02 09:00:00", "2020-01-02 09:31:00"], "Europe/Londn")
    with pytest.raises(TimeError, match="not a date and time"):
        found(["2020-01-02", "2020-01-02 09:31:00"])


# Names


@pytest.mark.parametrize("name", ["number", "at", "id", "ref", "type"])
def test_event_data_has_no_name_of_every_event(name: str) -> None:
    body = f"events: {{registered: {{title: {{en: r}}, data: {{{name}: {{type: text, title: {{en: x}}}}}}}}}}"
    with pytest.raises(
        PolicyError, match=rf"'event\.{name}' is what every event has.*{name}_given"
    ):
        policy(body)


def test_an_event_does_not_set_a_fact_called_number() -> None:
    body = BODY.replace("facts:", "facts:\n  number: {type: text, title: {en: n}}")
    body = body.replace(
        "registered: {title: {en: r}}", "registered: {title: {en: r}, sets: [number]}"
    )
    with pytest.raises(PolicyError, match=r"'event\.number' is what every event has"):
        policy(body)
    assert policy(body.replace(", sets: [number]", "")).ruleset.words.facts["number"]


def test_a_vocabulary_has_no_such_name() -> None:
    words = """
    vocabulary: shared
    title: {en: Shared}
    events: {registered: {title: {en: r}, data: {ref: {type: text, title: {en: x}}}}}
    """
    with pytest.raises(PolicyError, match=r"shared.*'event\.ref' is what every event has"):
        policy("vocabulary: shared\n", vocabulary=textwrap.dedent(words))


# Said twice


def test_columns_of_a_case_that_differ() -> None:
    times = ["2020-01-02 09:00:00", "2020-01-02 09:31:00"]
    same = {"case:note": ["x", "x"], "note": ["x", None]}
    log = found(times, **same).log
    assert log.facts["note"].to_list() == ["x"]
    with pytest.raises(CaseError, match="'case:note' and 'note' differ for 1 cases.*'x'.*'y'"):
        found(times, **{"case:note": ["x", "x"], "note": ["y", "y"]})
    with pytest.raises(CaseError, match="'case:desk' and 'desk' differ"):
        found(times, **{"case:desk": ["Li", "Li"], "desk": ["Wu", "Wu"]})
    with pytest.raises(CaseError, match="'case:priority' and 'priority' differ"):
        found(times, **{"case:priority": ["low", "low"], "priority": ["high", "high"]})


def test_cases_of_one_id() -> None:
    case = Case("C-1", {}, [Event("registered", "2020-01-02T09:00Z")])
    with pytest.raises(CaseError, match="two cases have the id 'C-1'"):
        simulate(policy(), [case, case], as_of="2020-12-01T00:00Z")


# Hashes


def calendar(rest: date) -> DatedCalendar:
    return DatedCalendar("XX", "1", frozenset({2026}), frozenset({rest}), frozenset())


def test_the_days_of_a_calendar_take_part_in_the_hash() -> None:
    body = BODY + "calendar: {official: XX}\n"

    def of(rest: date) -> str:
        return policy(body, calendars={"XX": calendar(rest)}).hash

    assert of(date(2026, 5, 4)) == of(date(2026, 5, 4))
    assert of(date(2026, 5, 4)) != of(date(2026, 5, 5))


def test_a_calendar_that_is_not_used_is_not_in_the_hash() -> None:
    assert policy(calendars={"XX": calendar(date(2026, 5, 4))}).hash == policy().hash


def test_a_calendar_of_rules_takes_part_by_its_days() -> None:
    class Every:
        region, version = "XX", "1"

        def __init__(self, rest: int) -> None:
            self.rest = rest

        def is_published(self, year: int) -> bool:
            return year > 0

        def is_working_day(self, day: date) -> bool:
            return day.weekday() != self.rest

    body = BODY + "calendar: {official: XX}\n"
    hashes = {policy(body, calendars={"XX": Every(rest)}).hash for rest in (5, 6, 5)}
    assert len(hashes) == 2


def test_a_number_of_more_digits_than_a_column_holds_is_judged_exactly_or_refused():
    body = """
penalties:
  - {id: x, clause: "1", title: {en: X}, against: clerk, when: "distance < '99.9'", amount: 5 CNY}
"""
    policy = load(body)
    close = Case("C", {"distance": "99.89999999999999999"}, [event("registered", "02T09:00")])
    assert policy.evaluate(close, as_of=at("03T09:00")).total().maximum == 5
    with pytest.raises(CaseError, match="more digits than a column holds"):
        simulate(policy, [close], as_of=at("03T09:00"))
    with pytest.raises(CaseError, match="evaluate the case by itself"):
        simulate(
            policy,
            pl.DataFrame({"case": ["C"], "distance": ["99.89999999999999999"]}),
            as_of=at("03T09:00"),
        )

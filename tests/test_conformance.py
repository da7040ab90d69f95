"""The published conformance file, through the public face; and against counting by the minute."""

from __future__ import annotations

import json
from datetime import date, datetime

import pytest

from complaint_rules import Case, Event, Policy
from complaint_rules.time import (
    DatedCalendar,
    DayCounting,
    Pause,
    Working,
    WorkingCalendar,
    due_instant,
    overdue_days,
    parse_duration,
)
from conformance.oracle import count_add, count_between
from samples import ROOT

DOCUMENT = json.loads((ROOT / "tests/conformance/time.json").read_text(encoding="utf-8"))
CASES = DOCUMENT["cases"]


def official(table: dict | None) -> DatedCalendar | None:
    if table is None:
        return None
    rest, work = (frozenset(map(date.fromisoformat, table[key])) for key in ("rest", "work"))
    return DatedCalendar(table["region"], "conformance", frozenset(table["years"]), rest, work)


@pytest.fixture(scope="module")
def calendars():
    return {
        name: WorkingCalendar(
            table["timezone"],
            table["hours"],
            rest_days=[date.fromisoformat(day) for day in table["rest_days"]],
            extra_days={date.fromisoformat(d): w for d, w in table["extra_days"].items()},
            official=official(table["official"]),
        )
        for name, table in DOCUMENT["calendars"].items()
    }


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def answer(case: dict, calendar: WorkingCalendar):
    match case["operation"]:
        case "add":
            return calendar.add(instant(case["start"]), parse_duration(case["duration"]))
        case "between":
            worked = calendar.between(instant(case["start"]), instant(case["end"]))
            assert isinstance(worked, Working)
            return worked.microseconds / 60_000_000
        case "is_open" | "next_open" | "previous_close" as method:
            return getattr(calendar, method)(instant(case["instant"]))
        case "due":
            pauses = [
                Pause(instant(p["start"]), None if p["end"] is None else instant(p["end"]))
                for p in case["pauses"]
            ]
            duration = parse_duration(case["duration"])
            counting = DayCounting(**case["counting"])
            return due_instant(instant(case["start"]), duration, calendar, counting, pauses)
        case "overdue_days":
            due, until = instant(case["due"]), instant(case["until"])
            return overdue_days(due, until, case["reading"], calendar)
    return agreed(case)


def agreed(case: dict) -> datetime:
    """Agreements are a matter of policies."""
    table = DOCUMENT["calendars"][case["calendar"]]
    policy = Policy(
        f"""
policy: agreed
title: {{en: Agreed}}
source: {{issuer: us, document: ours}}
effective: {{by: registered}}
timezone: {table["timezone"]}
calendar: {{official: CN, hours: {json.dumps(table["hours"])}}}
roles: {{clerk: {{en: clerk}}}}
events:
  registered: {{title: {{en: registered}}}}
  done: {{title: {{en: done}}}}
  agreed: {{title: {{en: agreed}}, data: {{moment: {{type: instant, title: {{en: moment}}}}}}}}
deadlines:
  - {{id: a, clause: "1", title: {{en: A}}, duty_of: clerk, starts: registered, ends: done,
      within: {case["duration"]}, agreed: [{{event: agreed, moment: moment}}]}}
""",
        calendars={"CN": official(table["official"])},
    )
    events = [Event("registered", case["start"])]
    events += [Event("agreed", one["at"], moment=one["moment"]) for one in case["agreements"]]
    as_of = max(event.at for event in events)
    (item,) = policy.evaluate(Case("C", {}, events), as_of=as_of, engine="native").deadlines
    return item.due_at


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_conformance(case, calendars):
    found, expected = answer(case, calendars[case["calendar"]]), case["expected"]
    assert found == (instant(expected) if isinstance(expected, str) else expected), case["why"]


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c["operation"] in ("add", "between") and c.get("oracle", True)],
    ids=lambda case: case["id"],
)
def test_counting_by_the_minute_agrees(case):
    table = DOCUMENT["calendars"][case["calendar"]]
    if case["operation"] == "add":
        found = count_add(table, case["start"], case["duration"])
        assert instant(found) == instant(case["expected"])
    else:
        assert count_between(table, case["start"], case["end"]) == case["expected"]


def test_every_topic_is_there_and_every_case_says_why():
    topics = {case["topic"] for case in CASES}
    assert topics == {
        "several windows a day",
        "used up exactly at closing",
        "zero and backward durations",
        "overnight shifts and 24:00",
        "half days",
        "make-up working days",
        "company rest days and extra working days",
        "clocks go forward and back",
        "open or closed",
        "day counting (民法典 200-203)",
        "months",
        "lead times",
        "suspensions",
        "agreements",
        "overdue days",
    }
    assert all(case["why"] for case in CASES)
    assert len({case["id"] for case in CASES}) == len(CASES) > 100
    checked = [c for c in CASES if c["operation"] in ("add", "between") and c.get("oracle", True)]
    assert len(checked) > 40


def test_the_working_days_of_the_file_are_those_of_the_package():
    from complaint_rules.time import china

    table = DOCUMENT["calendars"]["office"]["official"]
    known = china()
    for year in table["years"]:
        listed = {
            key: {d for d in table[key] if d.startswith(str(year))} for key in ("rest", "work")
        }
        rest = {str(d) for d in known.rest if d.year == year and d.weekday() < 5}
        work = {str(d) for d in known.work if d.year == year and d.weekday() > 4}
        assert listed == {"rest": rest, "work": work}

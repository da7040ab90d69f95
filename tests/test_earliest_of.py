"""Limits of which the earliest or the latest counts, and the time of day at which a last day ends."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, Event, TimeError
from complaint_rules.time import (
    CalendarDays,
    DayCounting,
    SameDay,
    WorkingCalendar,
    WorkingDays,
    due_instant,
)
from samples import HEAD, at, case, event, judge, line_of, load, only, the_problem
from simulated import assert_same
from test_late_by import decided

THREE = "{earliest_of: [3 working days, 5 calendar days, event.takes_effect_at]}"


def limit(within: str, more: str = "", starts: str = "change_planned") -> str:
    return f"""
deadlines:
  - {{id: visit, clause: "1", title: {{en: Visit, zh: 上门}}, duty_of: department, starts: {starts}, ends: replied,
     within: {within}{more}}}
"""


def visit(
    policy, start: str, *more: Event, when: str | None = None, promised: str | None = None, **facts
):
    data = {} if promised is None else {"takes_effect_at": f"2026-{promised}+08:00"}
    begins = Event("change_planned", at(f"2026-{start}+08:00"), **data)
    as_of = when or (begins.at + timedelta(minutes=30)).isoformat()
    return only(decided(policy, case(begins, *more, **facts), as_of).deadlines, "visit")


def due(*given, **more) -> str | None:
    found = visit(*given, **more).due_at
    return None if found is None else f"{found:%m-%dT%H:%M}"


@pytest.mark.parametrize(
    ("start", "promised", "earliest", "latest"),
    [
        ("03-05T10:00", "03-09T12:00", "03-09T12:00", "03-10T23:59"),
        ("03-05T10:00", "03-20T12:00", "03-10T23:59", "03-20T12:00"),
        ("03-02T10:00", "03-20T12:00", "03-05T23:59", "03-20T12:00"),
        ("02-12T10:00", "03-20T12:00", "02-17T23:59", "03-20T12:00"),  # the Spring Festival
        ("02-12T10:00", "02-16T12:00", "02-16T12:00", "02-24T23:59"),
    ],
)
def test_the_earliest_or_the_latest_counts(start, promised, earliest, latest):
    assert due(load(limit(THREE)), start, promised=promised) == earliest
    assert due(load(limit(THREE.replace("earliest", "latest"))), start, promised=promised) == latest


def test_what_counted_is_said():
    policy = load(limit(THREE))
    item = visit(policy, "03-05T10:00", promised="03-09T12:00")
    assert item.reason.arithmetic == (
        "the earliest of change_planned + 3 working days, change_planned + 5 calendar days, "
        "event.takes_effect_at: event.takes_effect_at"
    )
    decision = judge(
        policy,
        case(
            Event(
                "change_planned",
                at("2026-03-05T10:00+08:00"),
                takes_effect_at=at("2026-03-09T12:00+08:00"),
            )
        ),
        "2026-03-05T10:30+08:00",
    )
    assert "the earliest of: 3 working days, 5 calendar days, takes effect at" in decision.explain(
        "en"
    )
    assert "以下各项中最早者：3 个工作日、5 天、takes effect at" in decision.explain("zh")
    latest = load(limit("{latest_of: [3 working days, 5 calendar days]}"))
    some = case(Event("change_planned", at("2026-03-05T10:00+08:00")))
    assert "以下各项中最晚者：3 个工作日、5 天" in judge(
        latest, some, "2026-03-05T10:30+08:00"
    ).explain("zh")


def test_how_late_it_is_counts_as_what_counted_does():
    policy = load(limit(THREE))
    by_days = visit(policy, "03-02T10:00", promised="03-20T12:00", when="2026-03-09T10:00+08:00")
    assert str(by_days.late_by) == "2 working days"
    by_moment = visit(policy, "03-05T10:00", promised="03-09T12:00", when="2026-03-09T14:00+08:00")
    assert str(by_moment.late_by) == "2 elapsed hours"


def test_one_unknown_part_leaves_it_undetermined():
    item = visit(load(limit(THREE)), "03-05T10:00")
    assert item.status == "undetermined"
    assert [(missing.name, missing.what) for missing in item.missing] == [
        ("change_planned.takes_effect_at", "event")
    ]
    body = "\nparameters:\n  unset: {type: duration, title: {en: unset}}\n"
    policy = load(body + limit("{latest_of: [unset, wanted_at, 5 calendar days]}"))
    item = visit(policy, "03-05T10:00")
    assert {missing.name for missing in item.missing} == {"unset", "wanted_at"}
    set_ = load(
        body + limit("{latest_of: [unset, wanted_at, 5 calendar days]}"), unset="7 calendar days"
    )
    assert due(set_, "03-05T10:00", wanted_at=at("2026-03-06T10:00+08:00")) == "03-12T23:59"
    # A year without a calendar is named as well.
    item = visit(load(limit("{earliest_of: [3 working days, 5 calendar days]}")), "03-05T10:00")
    assert item.due_at is not None
    far = only(
        decided(
            load(limit("{earliest_of: [3 working days, 5 calendar days]}")),
            case(Event("change_planned", at("2035-03-05T10:00+08:00"))),
            "2035-03-05T12:00+08:00",
        ).deadlines,
        "visit",
    )
    assert [missing.name for missing in far.missing] == ["CN 2035"]


def test_pauses_and_extensions_move_durations_and_no_fixed_moment():
    paused = event("paused", "2026-03-03T10:00+08:00"), event("resumed", "2026-03-05T10:00+08:00")
    policy = load(
        limit(
            "{earliest_of: [2 working days, wanted_at]}",
            ", suspended: [{from: paused, until: resumed}]",
        )
    )
    when = "2026-03-05T12:00+08:00"
    wanted = at("2026-03-05T15:00+08:00")
    assert due(policy, "03-02T10:00", *paused, when=when, wanted_at=wanted) == "03-05T15:00"
    assert (
        due(policy, "03-02T10:00", *paused, when=when, wanted_at=at("2026-03-20T15:00+08:00"))
        == "03-06T23:59"
    )
    # While a pause lasts, a fixed moment goes on.
    assert due(policy, "03-02T10:00", paused[0], when=when, wanted_at=wanted) == "03-05T15:00"
    latest = load(
        limit(
            "{latest_of: [2 working days, wanted_at]}",
            ", suspended: [{from: paused, until: resumed}]",
        )
    )
    item = visit(latest, "03-02T10:00", paused[0], when=when, wanted_at=wanted)
    assert (item.status, item.due_at) == ("suspended", None)

    more = load(
        limit(
            "{earliest_of: [2 working days, wanted_at]}",
            ", agreed: [{event: agreed, more: 1 working day}]",
        )
    )
    agreed = event("agreed", "2026-03-03T10:00+08:00")
    assert due(more, "03-02T10:00", agreed, when=when, wanted_at=wanted) == "03-05T15:00"
    assert (
        due(more, "03-02T10:00", agreed, when=when, wanted_at=at("2026-03-20T15:00+08:00"))
        == "03-05T23:59"
    )


def test_an_agreed_moment_takes_the_place_of_all():
    policy = load(
        limit(
            "{earliest_of: [2 working days, wanted_at]}",
            ", agreed: [{event: agreed, moment: until_when}, {event: answered, more: 1 calendar day}]",
        )
    )
    wanted = at("2026-03-05T15:00+08:00")
    agreed = event("agreed", "2026-03-03T10:00+08:00", until_when=at("2026-03-12T12:00+08:00"))
    when = "2026-03-05T12:00+08:00"
    assert due(policy, "03-02T10:00", agreed, when=when, wanted_at=wanted) == "03-12T12:00"
    more = event("answered", "2026-03-04T10:00+08:00")
    assert due(policy, "03-02T10:00", agreed, more, when=when, wanted_at=wanted) == "03-13T23:59"
    unknown = event("agreed", "2026-03-03T10:00+08:00")
    item = visit(policy, "03-02T10:00", unknown, when=when, wanted_at=wanted)
    assert [missing.name for missing in item.missing] == ["agreed.until_when"]
    # After it ran out it changes nothing, and is noted.
    late = event("agreed", "2026-03-06T10:00+08:00", until_when=at("2026-03-12T12:00+08:00"))
    some = case(Event("change_planned", at("2026-03-02T10:00+08:00")), late, wanted_at=wanted)
    decision = decided(policy, some, "2026-03-06T12:00+08:00")
    assert only(decision.deadlines, "visit").due_at == at("2026-03-04T23:59:59.999999+08:00")
    assert [note.kind for note in decision.notes if "late" in note.kind] == ["agreement-too-late"]


def test_a_date_ends_with_its_day():
    policy = load(limit("{earliest_of: [5 calendar days, bought_on]}"))
    assert due(policy, "03-02T10:00", bought_on="2026-03-04") == "03-04T23:59"
    policy = load(limit("{earliest_of: [5 calendar days, bought_on]}", ", at: '16:00'"))
    assert due(policy, "03-02T10:00", bought_on="2026-03-04") == "03-04T16:00"
    assert due(policy, "03-02T10:00", bought_on="2026-03-24") == "03-07T16:00"
    rolled = load(limit("{earliest_of: [9 calendar days, bought_on]}", ", days: {rolls: true}"))
    assert due(rolled, "03-02T10:00", bought_on="2026-03-07") == "03-09T23:59"


# At a time of the last day

MONDAYS = WorkingCalendar("Asia/Shanghai", None)
AT_FOUR = DayCounting(at=datetime(2026, 1, 1, 16).time())


def ends(start: str, duration, counting: DayCounting = AT_FOUR, calendar=MONDAYS) -> str:
    found = due_instant(at(f"2026-{start}+08:00"), duration, calendar, counting)
    assert found is not None
    return f"{found:%m-%dT%H:%M}"


def test_a_last_day_ends_at_a_time():
    assert ends("03-02T10:00", WorkingDays(3)) == "03-05T16:00"
    assert ends("03-02T17:00", WorkingDays(3)) == "03-05T16:00"
    rolls = DayCounting(rolls=True, at=AT_FOUR.at)
    assert ends("03-06T10:00", CalendarDays(1), rolls) == "03-09T16:00"
    close = DayCounting(last_day_ends="close", at=AT_FOUR.at)
    assert ends("03-02T10:00", WorkingDays(3), close) == "03-05T16:00"
    with pytest.raises(TimeError):
        DayCounting(at="16:00")


def test_it_never_ends_before_it_begins():
    assert ends("03-02T15:59", SameDay()) == "03-02T16:00"
    assert ends("03-02T16:00", SameDay()) == "03-03T16:00"
    counted = DayCounting(first_day="counted", at=AT_FOUR.at)
    assert ends("03-06T17:00", WorkingDays(1), counted) == "03-09T16:00"
    assert ends("03-06T17:00", CalendarDays(1), counted) == "03-07T16:00"
    rolls = DayCounting(first_day="counted", rolls=True, at=AT_FOUR.at)
    assert ends("03-06T17:00", CalendarDays(1), rolls) == "03-09T16:00"


def test_where_the_clocks_skip_it():
    berlin = WorkingCalendar("Europe/Berlin", None)
    half = DayCounting(at=datetime(2026, 1, 1, 2, 30).time())
    found = due_instant(at("2026-03-28T12:00+01:00"), CalendarDays(1), berlin, half)
    assert found == at("2026-03-29T03:30+02:00")


def test_in_a_ruleset():
    policy = load(
        limit("3 working days", ", at: '16:00', taken_in: {until: '15:00'}, target: 1 working day")
    )
    assert due(policy, "03-02T10:00") == "03-05T16:00"
    assert due(policy, "03-02T15:30") == "03-06T16:00"  # counts from Tuesday
    item = visit(policy, "03-02T10:00")
    assert item.target_at == at("2026-03-03T16:00+08:00")
    assert item.reason.arithmetic == "change_planned + 3 working days at 16:00"
    late = visit(policy, "03-02T10:00", when="2026-03-05T16:01+08:00")
    assert late.status == "overdue"
    some = case(Event("change_planned", at("2026-03-02T10:00+08:00")))
    decision = decided(policy, some, "2026-03-04T10:00+08:00")
    assert decision.next_change_at == at("2026-03-05T16:00:00.001+08:00")


def test_agreed_moments_are_not_moved_to_it_and_agreed_days_are():
    body = limit(
        "2 working days",
        ", at: '16:00', agreed: [{event: agreed, moment: until_when}, {event: answered, more: 2 calendar days}]",
    )
    policy = load(body)
    agreed = event("agreed", "2026-03-03T10:00+08:00", until_when=at("2026-03-12T12:00+08:00"))
    more = event("answered", "2026-03-03T11:00+08:00")
    when = "2026-03-03T12:00+08:00"
    assert due(policy, "03-02T10:00", agreed, when=when) == "03-12T12:00"
    assert due(policy, "03-02T10:00", more, when=when) == "03-06T16:00"
    by = load(limit("2 working days", ", at: '16:00', by: wanted_at"))
    assert due(by, "03-02T10:00", wanted_at=at("2026-03-12T12:00+08:00")) == "03-12T12:00"
    assert due(by, "03-02T10:00") == "03-04T16:00"


@pytest.mark.parametrize(
    ("within", "more", "message"),
    [
        ("4 working hours", ", at: '16:00'", "is not counted in days"),
        ("{earliest_of: [4 working hours, wanted_at]}", ", at: '16:00'", "is not counted in days"),
        ("3 working days", ", at: '24:00'", "at"),
        ("3 working days", ", at: '4pm'", "at"),
        (
            "3 working days",
            ", at: '16:00', days: {last_day_ends: close}",
            "two ends of the last day",
        ),
        ("{earliest_of: [3 working days]}", "", "at least two"),
        (
            "{earliest_of: [3 working days, 1 calendar day], latest_of: [3 working days, 1 calendar day]}",
            "",
            "either",
        ),
        ("{}", "", "earliest_of"),
        ("{earlest_of: [3 working days, 1 calendar day]}", "", "did you mean 'earliest_of'?"),
        (
            "{earliest_of: [3 working days, event.takes_efect_at]}",
            "",
            "did you mean 'event.takes_effect_at'?",
        ),
        ("{earliest_of: [3 working days, loss]}", "", "name an instant or a date"),
        ("{earliest_of: [3 days, wanted_at]}", "", "is ambiguous"),
        ("{earliest_of: [-3 working days, wanted_at]}", "", "is negative"),
        (
            "{earliest_of: [3 working days, wanted_at]}",
            ", at_least: 1 calendar day, before: wanted_at",
            "a lead time is",
        ),
    ],
)
def test_what_is_wrong_is_said(within, more, message):
    body = limit(within, more)
    problem = the_problem(body)
    assert message in str(problem)
    assert problem.line in (line_of(body, "visit"), line_of(body, "within:"))


def test_a_moment_alone_has_no_last_day():
    body = limit("X", ", at: '16:00', by: wanted_at").replace("within: X, ", "")
    assert "is not counted in days" in str(the_problem(body))


def test_late_by_of_several_units_cannot_be_compared():
    more = """
escalations:
  - {id: e, clause: "1", title: {en: E}, per: visit, to: boss, capacity: inform, when: "deadline.late_by >= '1 working day'"}
"""
    assert "may be in" in str(the_problem(limit(THREE) + more))
    load(limit("{earliest_of: [3 working days, 1 calendar month and 1 working day]}") + more)


def test_old_spellings_have_the_same_schema_errors():
    assert "is no text" in str(the_problem(limit("3")))


# Tools


def test_mutants_and_words_used():
    from complaint_rules.testing.mutants import mutants
    from complaint_rules.testing.words_used import facts_used

    policy = load(limit("{earliest_of: [3 working days, wanted_at]}", ", at: '16:00'"))
    found = {mutant.what for mutant in mutants(policy.ruleset)}
    assert {
        "within 3 working days → 2 working days",
        "within 3 working days → 4 working days",
        "within the earliest of → the latest of",
        "within without 3 working days",
        "within without wanted_at",
        "at 16:00 → 15:59",
        "at 16:00 → 16:01",
    } <= found
    assert "wanted_at" in facts_used(policy.ruleset)


def test_drawn_cases_come_to_the_limit():
    from hypothesis import find

    from complaint_rules.testing.strategies import cases

    policy = load(
        limit(
            "{earliest_of: [3 working days, 5 calendar days]}", ", at: '16:00'", starts="registered"
        )
    )

    def met_at_the_limit(some):
        decision = policy.evaluate(some, as_of=at("2030-01-01T00:00+08:00"), check_date=False)
        return any(
            item.done_at is not None and item.done_at == item.due_at for item in decision.deadlines
        )

    find(cases(policy), met_at_the_limit, settings=settings(max_examples=2000, database=None))


def test_a_duty_of_an_earlier_version_keeps_its_parts():
    from complaint_rules import Policy
    from complaint_rules.versions import PolicyVersions

    def version(number: str, since: str, days: int, until: str = "") -> Policy:
        head = HEAD.replace(
            "effective: {from: 2018-01-01, by: registered}",
            f"version: '{number}'\neffective: {{from: {since}, {until}by: registered, running_cases: new-duties}}\n"
            f"parameters: {{time: {{type: duration, title: {{en: time}}, value: {days} calendar days}}}}",
        )
        return Policy(head + limit("{earliest_of: [time, wanted_at]}", starts="registered"))

    versions = PolicyVersions(
        [version("1", "2018-01-01", 3, "until: 2026-03-08, "), version("2", "2026-03-09", 5)]
    )
    some = case(
        event("registered", "2026-03-06T16:00+08:00"),
        event("registered", "2026-03-09T16:00+08:00"),
        wanted_at=at("2026-04-09T16:00+08:00"),
    )
    decision = versions.evaluate(some, as_of=at("2026-03-09T16:30+08:00"))
    assert [f"{item.due_at:%m-%d}" for item in decision.deadlines] == ["03-09", "03-14"]


@settings(max_examples=80)
@given(data=st.data())
def test_all_cases_at_once(data):
    part = st.sampled_from(
        [
            "3 working days",
            "5 calendar days",
            "4 working hours",
            "30 elapsed hours",
            "1 calendar month and 1 working day",
            "wanted_at",
            "bought_on",
            "event.takes_effect_at",
            "time",
        ]
    )
    parts = data.draw(st.lists(part, min_size=2, max_size=3, unique=True))
    within = f"{{{data.draw(st.sampled_from(['earliest_of', 'latest_of']))}: [{', '.join(parts)}]}}"
    if data.draw(st.integers(0, 3)) == 0:
        within = data.draw(st.sampled_from(["3 working days", "same day", "1 calendar day"]))
    more = ""
    if any("day" in one for one in (*parts, within)) and data.draw(st.booleans()):
        more += data.draw(
            st.sampled_from([", at: '16:00'", ", at: '09:00', days: {first_day: counted}"])
        )
    if "days:" not in more:
        more += data.draw(
            st.sampled_from(["", ", days: {rolls: true}", ", days: {rolls: counted-days}"])
        )
    more += data.draw(
        st.sampled_from(
            [
                "",
                ", suspended: [{from: paused, until: resumed}]",
                ", suspended: [{from: agreed, until: agreed.until_when}]",
                ", agreed: [{event: agreed, moment: until_when}]",
                ", agreed: [{event: answered, more: 1 working day}, {event: agreed, moment: until_when}]",
                ", agreed: [{event: answered, more: time, also_afterwards: true}]",
                ", target: 1 working day",
            ]
        )
    )
    value = data.draw(st.sampled_from(["", ", value: 2 calendar days"]))
    body = f"\nparameters:\n  time: {{type: duration, title: {{en: time}}{value}}}\n"
    policy = load(body + limit(within, more))
    begin = at("2026-02-10T00:00+08:00")
    hours = st.integers(0, 24 * 20).map(lambda n: begin + timedelta(hours=n))
    types = st.sampled_from(
        ["change_planned", "paused", "resumed", "agreed", "answered", "replied"]
    )

    def drawn(type_):
        own = {"change_planned": "takes_effect_at", "agreed": "until_when"}.get(type_)
        given = {own: data.draw(hours)} if own and data.draw(st.integers(0, 3)) else {}
        return Event(type_, data.draw(hours), **given)

    cases = [
        Case(
            f"C{number}",
            data.draw(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "wanted_at": hours,
                        "bought_on": hours.map(lambda moment: moment.date()),
                    },
                )
            ),
            [
                drawn("change_planned"),
                *(drawn(data.draw(types)) for _ in range(data.draw(st.integers(0, 4)))),
            ],
        )
        for number in range(data.draw(st.integers(1, 3)))
    ]
    assert_same(policy, cases, data.draw(hours) + timedelta(days=5))


def test_a_duration_that_a_fact_gives_is_one_of_them():
    head = HEAD.replace(
        "  note: {type: text, title: {en: note}}\n",
        "  note: {type: text, title: {en: note}}\n  term: {type: duration, title: {en: term}}\n",
    )
    policy = load(limit("{earliest_of: [term, 5 calendar days]}", ", at: '16:00'"), head=head)
    start = "03-02T10:00"
    assert due(policy, start, term="2 working days") == "03-04T16:00"
    assert due(policy, start, term="1 calendar month and 3 calendar days") == "03-07T16:00"
    assert [missing.name for missing in visit(policy, start).missing] == ["term"]
    alone = load(limit("term", ", at: '16:00'"), head=head)
    assert due(alone, start, term="1 calendar month and 3 calendar days") == "04-05T16:00"


def test_a_target_and_overdue_days_count_on_the_calendar_of_the_limit():
    head = HEAD.replace(
        "adds_up: ", "calendars: {every_day: {hours: {mon-sun: ['08:00-20:00']}}}\nadds_up: "
    )
    policy = load(
        limit(
            "{earliest_of: [2 working days, 40 elapsed hours]}",
            ", calendar: every_day, target: 4 working hours, at: '16:00', overdue_days: working-dates",
        ),
        head=head,
    )
    item = visit(policy, "03-06T18:00", when="2026-03-09T10:00+08:00")  # a Friday
    assert (item.due_at, item.target_at) == (
        at("2026-03-08T10:00+08:00"),
        at("2026-03-07T10:00+08:00"),
    )
    assert (str(item.late_by), item.overdue_days) == ("24 elapsed hours", 1)

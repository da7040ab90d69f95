"""Limits of several parts: a year and thirty days, a month and three working days."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, DurationError, Event
from complaint_rules.expressions import say_duration
from complaint_rules.time import (
    CalendarDays,
    CalendarMonths,
    Compound,
    DayCounting,
    Elapsed,
    Pause,
    Working,
    WorkingCalendar,
    WorkingDays,
    counted_back,
    due_instant,
    lateness,
    lateness_unit,
    parse_duration,
)
from samples import HEAD, at, case, event, judge, load, only, the_problem
from simulated import assert_same
from test_late_by import decided

UTC = WorkingCalendar("Etc/UTC", ["09:00-17:00"])  # Monday to Friday
MONTH_AND_DAYS = "1 calendar month and 30 calendar days"


USUAL = DayCounting()


def ends(start: str, duration: str, counting: DayCounting = USUAL, pauses=()) -> str:
    found = due_instant(
        datetime.fromisoformat(f"{start}T12:00+00:00"),
        parse_duration(duration),
        UTC,
        counting,
        pauses,
    )
    assert found is not None
    return found.date().isoformat()


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2017-01-18", "12 calendar months and 30 calendar days", "2018-02-17"),
        ("2016-02-29", "12 calendar months and 1 calendar day", "2017-03-01"),
        ("2026-01-31", MONTH_AND_DAYS, "2026-03-30"),
        ("2026-01-31", "30 calendar days and 1 calendar month", "2026-04-02"),
        ("2026-01-28", "1 calendar month and 1 working day", "2026-03-02"),
        ("2026-03-02", "3 working days and 1 calendar week", "2026-03-12"),
        ("2026-03-02", "1 calendar month and 1 calendar week and 2 working days", "2026-04-13"),
    ],
)
def test_each_part_runs_from_where_the_last_one_ended(start, duration, end):
    assert ends(start, duration) == end


def test_parts_of_one_unit_are_one_amount():
    assert parse_duration("1 elapsed hour and 30 elapsed minutes") == Elapsed.of(minutes=90)
    assert parse_duration("2 working hours and 1 working minute") == Working.of(minutes=121)
    assert parse_duration("2 calendar weeks and 1 calendar day") == CalendarDays(15)
    assert parse_duration("1 calendar month  and 2 calendar days and 1 calendar week") == Compound(
        (CalendarMonths(1), CalendarDays(9))
    )


def test_it_is_written_as_it_is_read():
    for text in ("12 calendar months and 30 calendar days", "1 calendar month and 1 working day"):
        assert str(parse_duration(text)) == text
    back = counted_back(parse_duration(MONTH_AND_DAYS))
    assert back == Compound((CalendarMonths(-1), CalendarDays(-30)))
    assert parse_duration(str(back)) == back


def test_the_first_day_counts_once():
    counted = DayCounting(first_day="counted")
    assert ends("2026-01-01", "1 calendar month and 1 calendar day", counted) == "2026-02-01"
    # The month from the 31st on ends on 28 February, and a day more is 1 March.
    assert ends("2026-01-31", "1 calendar month and 1 calendar day", counted) == "2026-03-01"
    assert ends("2026-01-31", "1 calendar month and 1 working day", counted) == "2026-03-02"


def test_the_last_day_is_rolled_once_at_the_end():
    rolls = DayCounting(rolls=True)
    # 28 February is a Saturday, and 1 March a Sunday.
    assert ends("2026-01-28", "1 calendar month and 1 calendar day", rolls) == "2026-03-02"
    assert ends("2026-01-28", "1 calendar month and 3 calendar days", rolls) == "2026-03-03"
    assert ends("2026-01-28", "1 calendar month and 0 working days", rolls) == "2026-02-28"
    close = DayCounting(last_day_ends="close")
    due = due_instant(at("2026-01-27T12:00+00:00"), parse_duration(MONTH_AND_DAYS), UTC, close)
    assert due == at("2026-03-30T17:00+00:00")  # 27 February is not closed for


def pause(first: str, last: str) -> Pause:
    return Pause(at(f"2026-{first}T10:00+00:00"), at(f"2026-{last}T10:00+00:00"))


def test_a_pause_moves_the_part_in_which_it_begins():
    duration = "1 calendar month and 3 working days"
    assert ends("2026-03-02", duration) == "2026-04-07"
    # Four dates in the month: until 6 April, then three working days.
    assert ends("2026-03-02", duration, pauses=[pause("03-10", "03-14")]) == "2026-04-09"
    # From Friday to Monday one working day.
    assert ends("2026-03-02", duration, pauses=[pause("04-03", "04-06")]) == "2026-04-08"
    both = [pause("03-10", "03-14"), pause("04-07", "04-08")]
    assert ends("2026-03-02", duration, pauses=both) == "2026-04-10"


def test_a_lead_time_counts_every_part_back():
    assert ends("2026-04-30", "-1 calendar months and -3 calendar days") == "2026-03-27"


def test_how_late_it_is_counts_as_its_last_part_does():
    due, done = at("2026-03-06T23:00+00:00"), at("2026-03-10T12:00+00:00")
    for text, late, unit in [
        (MONTH_AND_DAYS, CalendarDays(4), "calendar days"),
        ("1 calendar month and 2 working days", WorkingDays(2), "working days"),
    ]:
        duration = parse_duration(text)
        assert lateness(due, done, duration, UTC) == late
        assert lateness_unit(duration) == unit


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 calendar day and 2 elapsed hours", "days end with a day and hours at an instant"),
        ("1 working hour and 10 elapsed minutes", "two clocks"),
        ("1 calendar month and same day", "'same day' is no part"),
        ("1 calendar month and 3 days", "'3 days' is ambiguous"),
        ("1 calendar month and", "'' is not a duration"),
        ("1 calendar month + 3 calendar days", "is not a duration"),
        ("1 calendar month and -3 calendar days", "forward and back"),
        (" and ".join(["1 calendar month and 1 calendar day"] * 3), "more than 4 parts"),
    ],
)
def test_what_has_no_clear_meaning_is_refused(text, message):
    with pytest.raises(DurationError) as caught:
        parse_duration(text)
    assert message in str(caught.value)


def test_no_compound_of_one_part_or_of_clock_time_can_be_made():
    for parts in (
        (CalendarDays(1),),
        (CalendarMonths(1), Elapsed(1)),
        (CalendarDays(1), CalendarDays(2)),
    ):
        with pytest.raises(DurationError):
            Compound(parts)


def limit(within: str, more: str = "") -> str:
    return f"""
deadlines:
  - {{id: report, clause: "1", title: {{en: Report, zh: 报告}}, duty_of: department, starts: registered, ends: replied,
     within: {within}{more}}}
"""


def test_a_limit_of_a_ruleset():
    policy = load(
        limit("12 calendar months and 30 calendar days")
        + "penalties: [{id: fine, clause: '2', title: {en: Fine}, per: report, against: department, "
        "when: deadline.late_by >= '2 calendar days', amount: 100 CNY per overdue day}]"
    )
    some = case(event("registered", "2018-01-18T12:00+08:00"))
    decision = decided(policy, some, "2019-02-18T12:00+08:00")
    item = only(decision.deadlines, "report")
    assert item.due_at.isoformat() == "2019-02-17T23:59:59.999999+08:00"
    assert item.reason.arithmetic == "registered + 12 calendar months and 30 calendar days"
    assert str(decision.total()) == "0"
    assert str(decided(policy, some, "2019-02-19T12:00+08:00").total()) == "200"


def test_more_time_in_parts_and_a_parameter():
    agreed = limit(
        "5 calendar days", ", agreed: [{event: agreed, more: 1 calendar month and 1 working day}]"
    )
    some = case(
        event("registered", "2018-07-02T10:00+08:00"), event("agreed", "2018-07-03T10:00+08:00")
    )
    item = only(decided(load(agreed), some, "2018-07-04T10:00+08:00").deadlines, "report")
    assert item.due_at.date().isoformat() == "2018-08-08"  # 7 July, 7 August, the 8th
    body = "\nparameters:\n  time: {type: duration, title: {en: time}, value: 1 calendar month and 2 calendar days}\n"
    policy = load(body + limit("time"))
    item = only(decided(policy, some, "2018-07-04T10:00+08:00").deadlines, "report")
    assert item.due_at.date().isoformat() == "2018-08-04"
    assert "registered + 1 calendar month and 2 calendar days" in item.reason.arithmetic


def test_nothing_is_compared_with_several_parts():
    body = (
        limit("5 calendar days")
        + """
escalations:
  - {id: e, clause: "1", title: {en: E}, per: report, to: boss, capacity: inform,
     when: "deadline.late_by >= '1 calendar month and 1 calendar day'"}
"""
    )
    assert "of several parts" in str(the_problem(body))


def test_a_mixed_limit_in_a_ruleset_is_refused_at_its_line():
    problem = the_problem(limit("1 calendar day and 2 elapsed hours"))
    assert problem.path == "deadlines[0].within"
    assert "days end with a day and hours at an instant" in str(problem)


def test_said_in_both_languages():
    duration = parse_duration("12 calendar months and 30 calendar days")
    assert say_duration(duration, "zh") == "12 个月零 30 天"
    assert say_duration(duration, "en") == "12 calendar months and 30 calendar days"
    assert say_duration(parse_duration("1 calendar month and 3 working days"), "zh") == (
        "1 个月零 3 个工作日"
    )


def test_a_reminder_begins_so_long_before():
    body = (
        limit("3 calendar months")
        + """
  - {id: remind, clause: "2", title: {en: Remind}, duty_of: clerk, starts: report.due, ends: replied,
     before: 1 calendar month and 1 calendar day, within: 1 calendar day}
"""
    )
    some = case(event("registered", "2018-01-31T10:00+08:00"))
    decision = judge(load(body), some, "2018-06-01T10:00+08:00")
    # Due on 30 April: a month before is 30 March, and a day more the 29th.
    assert only(decision.deadlines, "remind").started_at.date().isoformat() == "2018-03-29"
    assert "1 个月零 1 天" in decision.explain("zh")


def test_mutants_move_each_part():
    from complaint_rules.testing.mutants import mutants

    found = {mutant.what for mutant in mutants(load(limit(MONTH_AND_DAYS)).ruleset)}
    assert {
        f"within {MONTH_AND_DAYS} → {changed}"
        for changed in (
            "0 calendar months and 30 calendar days",
            "2 calendar months and 30 calendar days",
            "1 calendar month and 29 calendar days",
            "1 calendar month and 31 calendar days",
        )
    } <= found


@settings(max_examples=40)
@given(data=st.data())
def test_all_cases_at_once(data):
    within = data.draw(
        st.sampled_from(
            [
                MONTH_AND_DAYS,
                "1 calendar month and 3 working days",
                "2 working days and 1 calendar week",
            ]
        )
    )
    more = data.draw(
        st.sampled_from(
            [
                "",
                ", days: {first_day: counted, rolls: true}",
                ", days: {last_day_ends: close}",
                ", suspended: [{from: paused, until: resumed}]",
                ", agreed: [{event: agreed, more: 1 calendar month and 1 working day}]",
                ", target: 1 calendar week and 1 working day, days: {last_day_ends: same-time, rolls: true}",
            ]
        )
    )
    policy = load(limit(within, more))
    begin = at("2018-01-01T00:00+08:00")
    hours = st.integers(0, 24 * 120).map(lambda n: begin + timedelta(hours=n))
    types = st.sampled_from(["registered", "registered", "paused", "resumed", "agreed", "replied"])
    cases = [
        Case(
            f"C{number}",
            {},
            [
                Event("registered", data.draw(hours)),
                *(
                    Event(data.draw(types), data.draw(hours))
                    for _ in range(data.draw(st.integers(0, 4)))
                ),
            ],
        )
        for number in range(data.draw(st.integers(1, 3)))
    ]
    assert_same(policy, cases, data.draw(hours) + timedelta(days=30))


def test_a_year_that_is_not_published_is_only_needed_by_working_parts():
    head = HEAD
    some = case(event("registered", "2029-11-30T10:00+08:00"))
    item = only(
        judge(load(limit(MONTH_AND_DAYS), head=head), some, "2029-12-01T10:00+08:00").deadlines,
        "report",
    )
    assert item.due_at.date().isoformat() == "2030-01-29"
    policy = load(limit("1 calendar month and 2 working days"), head=head)
    item = only(decided(policy, some, "2029-12-01T10:00+08:00").deadlines, "report")
    assert item.status == "undetermined"


def test_a_window_of_several_parts():
    body = """
escalations:
  - {id: e, clause: "1", title: {en: E}, per: registered, to: boss, capacity: inform,
     when: "registered.count_within('1 calendar month and 2 calendar days') >= 2"}
"""
    policy = load(body)
    first = event("registered", "2018-07-02T10:00+08:00")
    for second, told in (("2018-08-04T23:59+08:00", True), ("2018-08-05T00:00+08:00", False)):
        decision = decided(
            policy, case(first, event("registered", second)), "2018-09-01T10:00+08:00"
        )
        assert bool(decision.escalations) is told

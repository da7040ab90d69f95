"""Weeks that alternate: every second Saturday is worked (大小周)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from complaint_rules.errors import CalendarError
from complaint_rules.time import Working, WorkingCalendar, WorkingDays, china, due_instant
from samples import HEAD, at, case, event, load, only, the_problem
from test_late_by import decided

WEEK = {"mon-fri": ["09:00-18:00"], "sat every 2 weeks from 2026-01-03": ["09:00-13:00"]}


def test_every_second_saturday_is_worked_before_and_after_the_date():
    calendar = WorkingCalendar("Asia/Shanghai", WEEK)
    worked = [date(2026, 1, 3) + timedelta(weeks=2 * n) for n in range(-30, 30)]
    free = [day + timedelta(weeks=1) for day in worked]
    assert all(map(calendar.is_working_day, worked))
    assert not any(map(calendar.is_working_day, free))
    assert calendar.windows(date(2026, 1, 17)) == ((9 * 3_600_000_000, 13 * 3_600_000_000),)


def test_limits_count_on_it():
    calendar = WorkingCalendar("Asia/Shanghai", WEEK)
    friday, next_friday = at("2026-01-16T17:00+08:00"), at("2026-01-23T17:00+08:00")
    assert due_instant(friday, WorkingDays(1), calendar).date() == date(2026, 1, 17)
    assert due_instant(next_friday, WorkingDays(1), calendar).date() == date(2026, 1, 26)
    assert calendar.add(friday, Working.of(hours=3)) == at("2026-01-17T11:00+08:00")
    assert calendar.add(next_friday, Working.of(hours=3)) == at("2026-01-26T11:00+08:00")


def test_holidays_and_other_hours():
    with_extra = {**WEEK, "extra": ["09:00-18:00"]}
    calendar = WorkingCalendar("Asia/Shanghai", with_extra, official=china())
    # A Saturday of such a week, in the Dragon Boat Festival; and the next of them.
    assert not calendar.is_working_day(date(2026, 6, 20))
    assert calendar.is_working_day(date(2026, 7, 4))
    # In the weeks between, other hours than in these.
    both = {
        "mon-thu": ["09:00-18:00"],
        "fri": ["09:00-18:00"],
        "fri every 3 weeks from 2026-01-02": ["09:00-12:00"],
    }
    calendar = WorkingCalendar("Asia/Shanghai", both)
    lengths = [len(calendar.windows(date(2026, 1, 2) + timedelta(weeks=n))) for n in range(4)]
    closes = [
        calendar.windows(date(2026, 1, 2) + timedelta(weeks=n))[-1][1] // 3_600_000_000
        for n in range(4)
    ]
    assert (lengths, closes) == ([1, 1, 1, 1], [12, 18, 18, 12])


def test_two_rhythms_that_never_meet():
    hours = {
        "sat every 2 weeks from 2026-01-03": ["09:00-13:00"],
        "sat every 2 weeks from 2026-01-10": ["14:00-18:00"],
        "mon-fri every 2 weeks from 2026-01-05": ["09:00-18:00"],
    }
    calendar = WorkingCalendar("Asia/Shanghai", hours)
    assert [calendar.is_working_day(date(2026, 1, day)) for day in (3, 5, 9, 10, 12, 17)] == [
        True,
        True,
        True,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("sat every 2 weeks from 2026-01-02", "2026-01-02 is a fri"),
        ("sat every 1 weeks from 2026-01-03", "from 2 to 52"),
        ("sat every two weeks from 2026-01-03", "does not say which"),
        ("sat every 2 weeks", "does not say which"),
        ("sat every 2 weeks from 2026-02-30", "is no date"),
        ("sat every 4 weeks from 2026-01-17", "has hours twice"),
        ("sat 1,3", "has hours twice"),
        ("extra every 2 weeks from 2026-01-03", "is not a weekday"),
    ],
)
def test_what_is_wrong_is_said(key, message):
    with pytest.raises(CalendarError) as caught:
        WorkingCalendar("Asia/Shanghai", {**WEEK, key: ["14:00-18:00"]})
    assert message in str(caught.value)


def test_in_a_ruleset():
    head = HEAD.replace(
        'hours: ["09:00-12:00", "13:30-18:00"]',
        'hours: {mon-fri: ["09:00-18:00"], sat every 2 weeks from 2026-01-03: ["09:00-13:00"], extra: ["09:00-18:00"]}',
    )
    body = """
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: department, starts: registered, ends: replied, within: 3 working hours}
"""
    policy = load(body, head=head)
    for start, right in (
        ("2026-01-16T17:00+08:00", "2026-01-17T11:00:00+08:00"),
        ("2026-01-23T17:00+08:00", "2026-01-26T11:00:00+08:00"),
    ):
        decision = decided(policy, case(event("registered", start)), start)
        assert only(decision.deadlines, "reply").due_at.isoformat() == right
    wrong = head.replace("from 2026-01-03", "from 2026-01-04")
    assert "2026-01-04 is a sun" in str(the_problem(body, head=wrong))

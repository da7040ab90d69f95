"""One representation of an instant inside, whatever a host hands over; and what time refuses."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules import Case, Event, NaiveDatetime, Policy
from complaint_rules.errors import CalendarError, DurationError, TimeError
from complaint_rules.time import (
    CalendarDays,
    DayCounting,
    Elapsed,
    Pause,
    Working,
    WorkingCalendar,
    WorkingDays,
    due_instant,
    lateness,
    overdue_days,
)
from complaint_rules.time.recurrence import check_rule

LONDON, BERLIN = ZoneInfo("Europe/London"), ZoneInfo("Europe/Berlin")
ZONES = ("Europe/London", "Europe/Berlin", "America/New_York", "Africa/Cairo", "Asia/Shanghai")
CALENDAR = WorkingCalendar("Europe/Berlin", {"mon-fri": ["09:00-17:00"]})
POLICY = Policy(
    """
policy: clocks
title: {en: Clocks}
source: {issuer: A company, document: House rules}
effective: {from: 2000-01-01, by: registered}
timezone: Europe/Berlin
currency: EUR
overdue_days: started-days
adds_up: cumulative
roles: {desk: {en: desk}}
events: {registered: {title: {en: r}}, answered: {title: {en: a}}, waiting: {title: {en: w}}, resumed: {title: {en: s}}}
deadlines:
  - {id: answer, clause: "1", title: {en: Answer}, duty_of: desk, starts: registered, within: 2 elapsed hours, ends: answered,
     suspended: [{from: waiting, until: resumed}]}
penalties:
  - {id: fine, clause: "2", title: {en: Fine}, per: answer, when: deadline.missed, amount: 200 EUR per overdue day}
""",
    "clocks.yaml",
)


def at(text: str, fold: int = 0) -> datetime:
    """A Berlin time as a host's ORM gives it: with the zone, not with an offset."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


def answer(*events: Event, as_of: datetime):
    case = Case("C-1", {}, events)
    stored = Case.from_json(case.to_json())
    assert stored == case
    decision = POLICY.evaluate(case, as_of=as_of)
    assert POLICY.evaluate(stored, as_of=as_of.isoformat()) == decision
    return decision


def test_a_clock_put_back_makes_a_second_started_day():
    # Due 2026-10-24 12:00+02:00. Until 12:00+01:00 of the next day it is 25 hours, not 24.
    decision = answer(
        Event("registered", at("2026-10-24T10:00")),
        Event("answered", at("2026-10-25T12:00")),
        as_of=at("2026-10-26T09:00"),
    )
    (item,) = decision.deadlines
    assert (item.status, item.overdue_days, item.late_by) == ("late", 2, Elapsed.of(hours=25))
    assert decision.total().maximum == 400


def test_a_clock_put_back_takes_an_hour_from_a_limit_in_hours():
    # 01:30+02:00 and 2 elapsed hours are 02:30+01:00: at 02:40+01:00 it is late.
    decision = answer(
        Event("registered", at("2026-10-25T01:30")),
        Event("answered", at("2026-10-25T02:40", fold=1)),
        as_of=at("2026-10-26T09:00"),
    )
    (item,) = decision.deadlines
    assert (item.status, item.due_at.isoformat()) == ("late", "2026-10-25T02:30:00+01:00")


def test_a_pause_across_a_change_of_the_clocks_is_as_long_as_it_was():
    # From 02:10+02:00 to 02:20+01:00 it waited for 70 minutes: 01:30 + 2 h + 70 min = 03:40+01:00.
    decision = answer(
        Event("registered", at("2026-10-25T01:30")),
        Event("waiting", at("2026-10-25T02:10")),
        Event("resumed", at("2026-10-25T02:20", fold=1)),
        as_of=at("2026-10-25T03:39"),
    )
    (item,) = decision.deadlines
    assert (item.status, item.due_at.isoformat()) == ("pending", "2026-10-25T03:40:00+01:00")


def test_public_functions_count_real_time_in_one_zone():
    due, done = at("2026-10-25T00:30"), at("2026-10-26T00:30")
    assert lateness(due, done, None, CALENDAR) == Elapsed.of(hours=25)
    assert overdue_days(due, done, "started-days", CALENDAR) == 2
    spring = at("2026-03-29T00:30"), at("2026-03-30T00:30")
    assert lateness(*spring, None, CALENDAR) == Elapsed.of(hours=23)
    assert overdue_days(*spring, "completed-days", CALENDAR) == 0
    pause = Pause(at("2026-10-25T02:10"), at("2026-10-25T02:20", fold=1))
    assert pause.end - pause.start == timedelta(minutes=70)


@given(
    zone=st.sampled_from(ZONES),
    seconds=st.integers(0, 3600 * 24 * 365 * 3),
    more=st.integers(0, 3600 * 60),
)
def test_the_form_of_an_instant_changes_no_decision(zone, seconds, more):
    start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    end = start + timedelta(seconds=more)
    decisions = []
    for form in (ZoneInfo(zone), UTC, BERLIN):
        events = [
            Event("registered", start.astimezone(form)),
            Event("answered", end.astimezone(form)),
        ]
        decisions.append(
            POLICY.evaluate(Case("C", {}, events), as_of=(end + timedelta(1)).astimezone(form))
        )
    first = decisions[0].deadlines[0]
    assert {(d.deadlines[0].status, d.deadlines[0].late_by, d.total()) for d in decisions} == {
        (first.status, first.late_by, decisions[0].total())
    }
    assert first.status == ("met" if more <= 7200 else "late")
    assert decisions[0].total().maximum == 200 * max(0, math.ceil((more - 7200) / 86400))


NAIVE = datetime(2026, 3, 2, 9)
AWARE = at("2026-03-02T09:00")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: due_instant(AWARE, timedelta(days=3), CALENDAR), TimeError, "kind of time"),
        (lambda: due_instant(AWARE, 3, CALENDAR), TimeError, "kind of time"),
        (lambda: due_instant(NAIVE, CalendarDays(3), CALENDAR), NaiveDatetime, "no timezone"),
        (lambda: lateness(NAIVE, AWARE, None, CALENDAR), NaiveDatetime, "due instant"),
        (lambda: lateness(AWARE, NAIVE, None, CALENDAR), NaiveDatetime, "completion"),
        (lambda: lateness(AWARE, AWARE, 3, CALENDAR), TimeError, "kind of time"),
        (lambda: overdue_days(NAIVE, AWARE, "calendar-dates", CALENDAR), NaiveDatetime, "due"),
        (lambda: overdue_days(AWARE, AWARE, "calendar-date", CALENDAR), TimeError, "did you mean"),
        (lambda: DayCounting(last_day_ends="closing"), TimeError, "did you mean 'close'"),
        (lambda: DayCounting(first_day="exclude"), TimeError, "did you mean 'excluded'"),
        (lambda: DayCounting(rolls="no"), TimeError, "True, False or"),
        (lambda: Pause(AWARE, AWARE - timedelta(hours=1)), TimeError, "swap"),
        (lambda: Pause(NAIVE, None), NaiveDatetime, "start of the pause"),
        (lambda: Working.of(hours=1.5), DurationError, "minutes=30"),
        (lambda: Elapsed(1.0), DurationError, "whole number"),
        (lambda: WorkingDays("3"), DurationError, "whole number"),
        (lambda: CalendarDays(True), DurationError, "whole number"),
        (lambda: WorkingCalendar("UTC", None, rest_days=["2026-01-01"]), CalendarError, "date"),
        (lambda: WorkingCalendar("UTC", None, rest_days="2026-01-01"), CalendarError, "date"),
    ],
)
def test_what_public_functions_of_time_refuse(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_day_is_a_date():
    with pytest.raises(CalendarError, match="date"):
        WorkingCalendar("UTC", None, rest_days=[datetime(2026, 1, 1, tzinfo=BERLIN)])
    assert not WorkingCalendar("UTC", None, rest_days=[date(2026, 1, 1)]).is_working_day(
        date(2026, 1, 1)
    )


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("Africa/Cairo", date(2026, 4, 23), "2026-04-23T23:59:59.999999+02:00"),  # 24:00 is skipped
        ("Asia/Beirut", date(2026, 3, 28), "2026-03-28T23:59:59.999999+02:00"),
        ("America/Havana", date(2026, 3, 7), "2026-03-07T23:59:59.999999-05:00"),
        ("Africa/Cairo", date(2026, 10, 29), "2026-10-29T23:59:59.999999+02:00"),  # 23:00 twice
        ("America/Havana", date(2026, 10, 31), "2026-10-31T23:59:59.999999-04:00"),
    ],
)
def test_a_day_ends_on_its_own_date_where_clocks_change_at_midnight(zone, day, end):
    calendar = WorkingCalendar(zone, None)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)) - timedelta(days=1)
    due = due_instant(noon, CalendarDays(1), calendar)
    assert due.isoformat() == end
    assert (due + timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() == day + timedelta(1)


@pytest.mark.parametrize("interval", ["0", "2", "5", "-1", "", "x"])
def test_a_recurrence_that_counts_periods_needs_a_start_and_is_refused(interval):
    with pytest.raises(TimeError, match="from when to count"):
        check_rule(f"FREQ=MONTHLY;INTERVAL={interval};BYMONTHDAY=-1")
    check_rule("FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=-1")

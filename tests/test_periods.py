"""How often an amount accrues: started and full periods for which something is overdue."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules.columns.periods import periods_of_columns
from complaint_rules.time import Pause, WorkingCalendar
from complaint_rules.time.instants import MICROSECOND, to_microseconds
from complaint_rules.time.limit_columns import LimitColumns
from complaint_rules.time.periods import AccrualPeriod, next_period, periods_overdue

BERLIN = WorkingCalendar("Europe/Berlin", None)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN.timezone)


MONTH, STARTED_MONTH = AccrualPeriod("month"), AccrualPeriod("month", started=True)
WEEK, STARTED_WEEK = AccrualPeriod("week"), AccrualPeriod("week", started=True)
TWELVE = AccrualPeriod("hour", 12)
END_OF_JANUARY = at("2026-01-31T23:59:59.999999")


@pytest.mark.parametrize(
    ("until", "started"),
    [
        ("2026-01-31T23:59", 0),
        ("2026-02-01T00:00", 1),
        ("2026-02-28T23:59", 1),  # the last of February ends the month that began on 31 January
        ("2026-03-01T00:00", 2),
        ("2026-03-31T23:59", 2),
        ("2026-04-01T00:00", 3),
        ("2026-04-30T12:00", 3),
        ("2026-05-01T00:00", 4),
        ("2026-06-01T12:00", 5),
    ],
)
def test_months_end_on_the_day_of_the_due_date_or_the_last_one_of_a_shorter_month(until, started):
    counted = periods_overdue(END_OF_JANUARY, at(until), STARTED_MONTH, BERLIN)
    full = periods_overdue(END_OF_JANUARY, at(until), MONTH, BERLIN)
    assert (counted, full) == (started, max(started - 1, 0))


@pytest.mark.parametrize(
    ("until", "started", "full"),
    [
        ("2026-01-05T09:00", 0, 0),
        ("2026-01-05T18:00", 1, 0),  # late on the due date itself: one has started
        ("2026-01-12T23:00", 1, 0),
        ("2026-01-13T00:00", 2, 1),
        ("2026-01-20T00:00", 3, 2),
    ],
)
def test_weeks_are_seven_dates_after_the_due_date(until, started, full):
    due = at("2026-01-05T17:00")
    assert periods_overdue(due, at(until), STARTED_WEEK, BERLIN) == started
    assert periods_overdue(due, at(until), WEEK, BERLIN) == full


@pytest.mark.parametrize(("hours", "full"), [(0, 0), (11, 0), (12, 1), (24, 2), (25, 2)])
def test_hours_are_time_on_the_clock(hours, full):
    due = at("2026-03-28T20:00")  # the clocks go forward in this night
    until = due.astimezone(tz=None) + timedelta(hours=hours)
    assert periods_overdue(due, until, TWELVE, BERLIN) == full
    started = AccrualPeriod("hour", 12, started=True)
    assert periods_overdue(due, until + MICROSECOND, started, BERLIN) == full + 1


def test_pauses_do_not_count():
    due = at("2026-01-05T00:00")
    pause = Pause(at("2026-01-10T00:00"), at("2026-01-14T00:00"))
    assert periods_overdue(due, at("2026-01-13T12:00"), STARTED_WEEK, BERLIN) == 2
    assert periods_overdue(due, at("2026-01-16T12:00"), STARTED_WEEK, BERLIN, [pause]) == 1
    assert next_period(due, at("2026-01-15T12:00"), STARTED_WEEK, BERLIN, [pause]) == at(
        "2026-01-17T00:00"
    )
    endless = Pause(at("2026-01-10T00:00"), None)
    assert next_period(due, at("2026-01-09T00:00"), STARTED_WEEK, BERLIN, [endless]) is None
    assert (
        next_period(due, at("2026-01-09T00:00"), AccrualPeriod("hour", 200), BERLIN, [endless])
        is None
    )


PERIODS = st.builds(
    AccrualPeriod,
    st.sampled_from(["minute", "hour", "day", "week", "month"]),
    st.sampled_from([1, 2, 5, 12]),
    st.booleans(),
)
INSTANTS = st.integers(0, 900 * 24 * 60).map(
    lambda minutes: datetime.fromtimestamp(1_700_000_000 + 60 * minutes, BERLIN.timezone)
)


def counted_one_by_one(due: date, today: date, period: AccrualPeriod) -> int:
    """The dates on which a period of days, weeks or months is over, counted one after the other."""
    step = {"day": "days", "week": "weeks", "month": "months"}[period.unit]
    over = 0
    while due + relativedelta(**{step: (over + 1) * period.number}) < today:
        over += 1
    return over + 1 if period.started else over


@given(INSTANTS, INSTANTS, PERIODS)
def test_periods_are_those_that_one_counts(due, until, period):
    count = periods_overdue(due, until, period, BERLIN)
    if until <= due:
        assert count == 0
    elif period.unit in ("day", "week", "month"):
        assert count == counted_one_by_one(due.date(), until.date(), period)


@given(INSTANTS, INSTANTS, PERIODS, st.booleans())
def test_the_next_one_begins_at_the_instant_that_is_given(due, now, period, paused):
    pauses = [Pause(due + timedelta(days=3), due + timedelta(days=5))] if paused else []
    count = periods_overdue(due, now, period, BERLIN, pauses)
    change = next_period(due, now, period, BERLIN, pauses)
    assert change is not None
    assert change > now
    assert periods_overdue(due, change, period, BERLIN, pauses) == count + 1
    assert periods_overdue(due, change - MICROSECOND, period, BERLIN, pauses) == count


@given(st.lists(st.tuples(INSTANTS, INSTANTS), min_size=1, max_size=5), PERIODS)
def test_columns_count_alike(pairs, period):
    due, until = (
        np.array([to_microseconds(at) for at in ends]) for ends in zip(*pairs, strict=True)
    )
    time = LimitColumns(BERLIN, int(due.min()), int(until.max()))
    expected = [periods_overdue(*pair, period, BERLIN) for pair in pairs]
    assert periods_of_columns(due, until, period, time).tolist() == expected

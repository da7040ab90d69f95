"""The last day of a limit in days, when that day ends, and from when a limit counts."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from dateutil.relativedelta import relativedelta

from complaint_rules.errors import TimeError
from complaint_rules.time.counting import LONGEST_LIMIT_DAYS, DayCounting, count_working
from complaint_rules.time.durations import (
    CLOCK_TIME,
    CalendarDays,
    CalendarMonths,
    Compound,
    Duration,
    Elapsed,
    SameDay,
    Working,
)
from complaint_rules.time.instants import MICROSECOND, to_microseconds
from complaint_rules.time.working import WorkingCalendar

_LATER_PARTS: Final = DayCounting()
"""The first day of a limit may count; where one part of it ends, the next one begins."""


def last_day(
    first: date, duration: Duration, calendar: WorkingCalendar, counting: DayCounting
) -> date:
    """The last day of a limit in days that starts on ``first``, before it rolls."""
    if isinstance(duration, SameDay):
        return first
    if isinstance(duration, Compound):
        day = last_day(first, duration.parts[0], calendar, counting)
        for part in duration.parts[1:]:
            day = last_day(day, part, calendar, _LATER_PARTS)
        return day
    assert not isinstance(duration, CLOCK_TIME)  # noqa: S101 - the caller sorted them out
    amount = duration.amount
    if abs(amount) > LONGEST_LIMIT_DAYS:
        raise TimeError(f"{duration} is longer than {LONGEST_LIMIT_DAYS} days: shorten it")
    step = 1 if amount > 0 else -1
    counted = counting.first_day == "counted" and amount != 0
    if isinstance(duration, CalendarMonths):
        if not date.min.year <= first.year + amount // 12 < date.max.year:
            raise OverflowError("of years")
        last: date = first + relativedelta(months=amount)
        # In a month without the day, the month's last day is the one before the missing one.
        if counted and (amount < 0 or last.day == first.day):
            last -= timedelta(days=step)
        return last
    if isinstance(duration, CalendarDays):
        return first + timedelta(days=amount - step if counted else amount)
    if counted and calendar.is_working_day(first):
        amount -= step
    return count_working(first, amount, calendar)


def needs_hours(duration: Duration, counting: DayCounting) -> bool:
    """Whether business hours are needed to count a limit."""
    if isinstance(duration, Working):
        return True
    taken = counting.taken_in
    if isinstance(duration, Elapsed):
        return taken is not None and taken.hours_too
    closes = counting.last_day_ends == "close" and counting.at is None
    return closes or taken is not None


def clock_of(local: datetime) -> int:
    """The time of day, in microseconds."""
    clock = timedelta(
        hours=local.hour,
        minutes=local.minute,
        seconds=local.second,
        microseconds=local.microsecond,
    )
    return clock // MICROSECOND


def end_of_day(
    day: date,
    start: datetime,
    calendar: WorkingCalendar,
    counting: DayCounting,
    *,
    backwards: bool = False,
) -> datetime:
    """When the last day of a limit ends that started at ``start``, in local time."""
    if counting.at is not None:
        return calendar.wall(day, _time_of_day(counting.at))
    if counting.last_day_ends == "same-time":
        return calendar.wall(day, clock_of(start))
    if counting.last_day_ends == "close":
        windows = calendar.windows(day)
        if windows:
            close = calendar.wall(day, windows[-1][1])
            # A limit never ends before it begins: after closing, the next closing counts.
            if day < start.date() or to_microseconds(close) > to_microseconds(start):
                return close
            return _next_close(day, calendar)
        # Counted back, the next closing would be too late.
        if not backwards:
            return _next_close(day, calendar)
    return calendar.end_of_day(day)


def end_of_date(day: date, calendar: WorkingCalendar, counting: DayCounting) -> datetime:
    """When a date that is a limit ends: with its day, or at the time at which last days do."""
    if counting.at is not None:
        return calendar.wall(day, _time_of_day(counting.at))
    return calendar.end_of_day(day)


def _next_day_with_hours(day: date, calendar: WorkingCalendar) -> date:
    for _ in range(LONGEST_LIMIT_DAYS):
        day = count_working(day, 1, calendar)
        if calendar.windows(day):
            return day
    raise TimeError("the calendar has no day with business hours: check its hours and rest days")


def _next_close(day: date, calendar: WorkingCalendar) -> datetime:
    """The closing of the next day after ``day`` that has hours."""
    day = _next_day_with_hours(day, calendar)
    return calendar.wall(day, calendar.windows(day)[-1][1])


def taken_in(
    start: datetime, duration: Duration, calendar: WorkingCalendar, counting: DayCounting
) -> datetime:
    """From when a limit counts: its start, or the next opening if it came in too late."""
    rule = counting.taken_in
    if rule is None or (isinstance(duration, CLOCK_TIME) and not rule.hours_too):
        return start
    if rule.until is None:
        return start if calendar.is_open(start) else calendar.next_open(start)
    local = start.astimezone(calendar.timezone)
    day = local.date()
    if calendar.windows(day) and clock_of(local) <= _time_of_day(rule.until):
        return start
    day = _next_day_with_hours(day, calendar)
    return calendar.wall(day, calendar.windows(day)[0][0])


def _time_of_day(clock: time) -> int:
    return clock_of(datetime.combine(date.min, clock))

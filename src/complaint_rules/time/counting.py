"""From a start and a time limit to the due instant, and from there to overdue days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, get_args

from dateutil.relativedelta import relativedelta

from complaint_rules.errors import TimeError, did_you_mean
from complaint_rules.time.durations import (
    CalendarDays,
    CalendarMonths,
    Duration,
    Elapsed,
    SameDay,
    Working,
    WorkingDays,
)
from complaint_rules.time.instants import (
    DAY_MICROSECONDS,
    MICROSECOND,
    from_microseconds,
    require_aware,
    to_microseconds,
)
from complaint_rules.time.working import WorkingCalendar

LONGEST_LIMIT_DAYS: Final = 36_600
"""Longer limits are refused, so that counting costs bounded time."""

OverdueReading = Literal[
    "calendar-dates",
    "started-days",
    "completed-days",
    "working-dates",
    "started-working-days",
]
"""What "each day overdue" counts.

* ``calendar-dates``: dates after the due date, the date of completion included;
* ``started-days``: periods of 24 hours since the due instant, a started one counts;
* ``completed-days``: the same, only full ones count;
* ``working-dates``: working dates after the due date;
* ``started-working-days``: overdue working time in days of ordinary length, a started one counts.
"""
OVERDUE_READINGS: Final[tuple[str, ...]] = get_args(OverdueReading)


@dataclass(frozen=True, slots=True)
class DayCounting:
    """How limits in days are counted.

    The defaults are those of 民法典 201 and 203: the day on which a limit starts does not count,
    and the last day ends at 24:00. ``rolls`` carries a last day that is not a working day on to
    the next working day (203, first sentence).

    24:00 is kept as the day's last microsecond, so that the date of ``due_at`` is the last day
    and whatever carries the next day's date is late.
    """

    first_day: Literal["excluded", "counted"] = "excluded"
    last_day_ends: Literal["midnight", "close", "same-time"] = "midnight"
    rolls: bool = False

    def __post_init__(self) -> None:
        for name, choices in _COUNTING_CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise TimeError(
                    f"{name} is {value!r}, which is no way to count days"
                    f"{did_you_mean(str(value), choices)}: use {' or '.join(map(repr, choices))}"
                )
        if not isinstance(self.rolls, bool):
            raise TimeError(f"rolls is {self.rolls!r}: use True or False")


_COUNTING_CHOICES: Final = {
    "first_day": ("excluded", "counted"),
    "last_day_ends": ("midnight", "close", "same-time"),
}


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that does not count, from an instant until another; ``None`` while it lasts.

    Raises:
        NaiveDatetime: an instant has no timezone.
        TimeError: the pause ends before it begins.
    """

    start: datetime
    end: datetime | None

    def __post_init__(self) -> None:
        start = require_aware(self.start, "the start of the pause")
        end = None if self.end is None else require_aware(self.end, "the end of the pause")
        if end is not None and end < start:
            raise TimeError(
                f"the pause ends at {end.isoformat()}, before it begins at {start.isoformat()}: "
                f"swap the two"
            )
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "end", end)


def merge_pauses(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """Pauses in order, overlapping ones joined, so that no time is taken off twice."""
    merged: list[Pause] = []
    for pause in sorted(pauses, key=lambda pause: pause.start):
        if not merged or (merged[-1].end is not None and merged[-1].end < pause.start):
            merged.append(pause)
        elif merged[-1].end is not None:
            longer = None if pause.end is None else max(merged[-1].end, pause.end)
            merged[-1] = Pause(merged[-1].start, longer)
    return tuple(merged)


def due_instant(
    start: datetime,
    duration: Duration,
    calendar: WorkingCalendar,
    counting: DayCounting = DayCounting(),
    pauses: Sequence[Pause] = (),
) -> datetime | None:
    """When a limit that starts at ``start`` ends; ``None`` while a pause keeps it open.

    Pauses are merged and cut by the calendar: paused minutes outside business hours take nothing
    from a limit in working time. A limit in days moves by the days (calendar or working, as it
    counts) from the date a pause begins to the date it ends.

    A negative duration counts back from ``start``: the latest moment for something that must be
    done so long before it.

    Raises:
        NaiveDatetime: ``start`` has no timezone.
        CalendarNotPublished: the limit reaches into a year without an official calendar.

    >>> calendar = WorkingCalendar("Asia/Shanghai", None)
    >>> start = datetime.fromisoformat("2018-07-02T09:00:00+08:00")
    >>> due_instant(start, CalendarDays(3), calendar).isoformat()
    '2018-07-05T23:59:59.999999+08:00'
    """
    start = require_aware(start, "the start")
    _require_duration(duration)
    if isinstance(duration, Elapsed) and not pauses:
        return from_microseconds(to_microseconds(start) + duration.microseconds, calendar.timezone)
    if isinstance(duration, Elapsed | Working):
        return _clock_due(start, duration, calendar, pauses)
    first = start.astimezone(calendar.timezone)
    last = _last_day(first.date(), duration, calendar, counting)
    for pause in merge_pauses(pauses):
        paused_from = max(pause.start, start).astimezone(calendar.timezone).date()
        if paused_from > last or (pause.end is not None and pause.end <= start):
            continue
        if pause.end is None:
            return None
        paused_until = pause.end.astimezone(calendar.timezone).date()
        if isinstance(duration, WorkingDays):
            last = _count_working(
                last, count_working_dates(paused_from, paused_until, calendar), calendar
            )
        else:
            last += paused_until - paused_from
    backwards = not isinstance(duration, SameDay) and _amount(duration) < 0
    if counting.rolls and not isinstance(duration, WorkingDays | SameDay) and not backwards:
        last = _next_working(last, calendar)
    return _end_of_day(last, first, calendar, counting)


def _require_duration(duration: object) -> None:
    if not isinstance(duration, Duration):
        raise TimeError(
            f"the limit is {duration!r}, which does not say what kind of time it counts: give a "
            f"duration such as WorkingDays(3), Elapsed.of(hours=2) or parse_duration('same day')"
        )


def _clock_due(
    start: datetime, duration: Elapsed | Working, calendar: WorkingCalendar, pauses: Sequence[Pause]
) -> datetime | None:
    def add(instant: datetime, microseconds: int) -> datetime:
        if isinstance(duration, Working):
            return calendar.add(instant, Working(microseconds))
        return from_microseconds(to_microseconds(instant) + microseconds, calendar.timezone)

    remaining, current = duration.microseconds, start
    for pause in merge_pauses(pauses):
        if pause.end is not None and pause.end <= current:
            continue
        if pause.start > current:
            if isinstance(duration, Working):
                available = calendar.between(current, pause.start).microseconds
            else:
                available = (pause.start - current) // MICROSECOND
            if remaining <= available:
                break
            remaining -= available
        if pause.end is None:
            return None
        current = pause.end
    return add(current, remaining)


def _amount(duration: CalendarDays | CalendarMonths | WorkingDays) -> int:
    return duration.months if isinstance(duration, CalendarMonths) else duration.days


def _last_day(
    first: date, duration: Duration, calendar: WorkingCalendar, counting: DayCounting
) -> date:
    if isinstance(duration, SameDay):
        return first
    assert not isinstance(duration, Elapsed | Working)  # noqa: S101 - the caller sorted them out
    amount = _amount(duration)
    if abs(amount) > LONGEST_LIMIT_DAYS:
        raise TimeError(f"{duration} is longer than {LONGEST_LIMIT_DAYS} days: shorten it")
    if isinstance(duration, CalendarMonths):
        last: date = first + relativedelta(months=amount)
        return last - timedelta(days=1) if counting.first_day == "counted" else last
    step = 1 if amount > 0 else -1
    if isinstance(duration, CalendarDays):
        if counting.first_day == "counted" and amount:
            amount -= step
        return first + timedelta(days=amount)
    if counting.first_day == "counted" and amount and calendar.is_working_day(first):
        amount -= step
    return _count_working(first, amount, calendar)


def _count_working(day: date, amount: int, calendar: WorkingCalendar) -> date:
    step = timedelta(days=1 if amount > 0 else -1)
    for _ in range(abs(amount)):
        day += step
        idle = 0
        while not calendar.is_working_day(day):
            day += step
            idle += 1
            if idle > LONGEST_LIMIT_DAYS:
                raise TimeError("the calendar has no working day: check its rest days")
    return day


def _next_working(day: date, calendar: WorkingCalendar) -> date:
    return day if calendar.is_working_day(day) else _count_working(day, 1, calendar)


def _end_of_day(
    day: date, start: datetime, calendar: WorkingCalendar, counting: DayCounting
) -> datetime:
    if counting.last_day_ends == "same-time":
        clock = timedelta(
            hours=start.hour,
            minutes=start.minute,
            seconds=start.second,
            microseconds=start.microsecond,
        )
        return calendar.wall(day, clock // MICROSECOND)
    if counting.last_day_ends == "close":
        windows = calendar.windows(day)
        if windows:
            close = calendar.wall(day, windows[-1][1])
            if close > start or day < start.date():
                return close
            # A limit never ends before it begins: after closing, the next working day's counts.
            day = _count_working(day, 1, calendar)
            return calendar.wall(day, calendar.windows(day)[-1][1])
    return calendar.wall(day, DAY_MICROSECONDS) - MICROSECOND


def count_working_dates(after: date, until: date, calendar: WorkingCalendar) -> int:
    """How many working dates come later than ``after``, ``until`` included."""
    return sum(
        calendar.is_working_day(after + timedelta(days=number))
        for number in range(1, (until - after).days + 1)
    )


def overdue_days(
    due: datetime, until: datetime, reading: OverdueReading, calendar: WorkingCalendar
) -> int:
    """How many days ``until`` lies after ``due``, in the sense of ``reading``; 0 when it does not.

    >>> calendar = WorkingCalendar("Asia/Shanghai", ["08:30-12:00", "13:30-17:30"])
    >>> due = datetime.fromisoformat("2026-01-09T17:30:00+08:00")
    >>> done = datetime.fromisoformat("2026-01-12T09:00:00+08:00")
    >>> [overdue_days(due, done, reading, calendar) for reading in OVERDUE_READINGS]
    [3, 3, 2, 1, 1]
    """
    due, until = require_aware(due, "the due instant"), require_aware(until, "the end")
    if reading not in OVERDUE_READINGS:
        raise TimeError(
            f"{reading!r} is no way to count overdue days"
            f"{did_you_mean(str(reading), OVERDUE_READINGS)}: use {', '.join(OVERDUE_READINGS)}"
        )
    if until <= due:
        return 0
    match reading:
        case "started-days":
            return -(-((until - due) // MICROSECOND) // DAY_MICROSECONDS)
        case "completed-days":
            return (until - due) // timedelta(days=1)
        case "started-working-days":
            worked = calendar.between(due, until).microseconds
            return max(1, -(-worked // calendar.ordinary_day))
    first = due.astimezone(calendar.timezone).date()
    last = until.astimezone(calendar.timezone).date()
    if reading == "working-dates":
        return count_working_dates(first, last, calendar)
    return (last - first).days


def next_overdue_change(
    due: datetime, now: datetime, reading: OverdueReading, calendar: WorkingCalendar
) -> datetime:
    """The first instant after ``now`` at which ``overdue_days`` is one more."""
    count = overdue_days(due, now, reading, calendar)
    match reading:
        case "started-days":
            return from_microseconds(
                to_microseconds(due) + count * DAY_MICROSECONDS + 1, calendar.timezone
            )
        case "completed-days":
            return from_microseconds(
                to_microseconds(due) + (count + 1) * DAY_MICROSECONDS, calendar.timezone
            )
        case "started-working-days":
            if count == 0:  # one is started as soon as the limit has passed, open or not
                return from_microseconds(to_microseconds(due) + 1, calendar.timezone)
            return calendar.add(due, Working(count * calendar.ordinary_day + 1))
    today = max(now, due).astimezone(calendar.timezone).date()
    if reading == "working-dates":
        return calendar.wall(_count_working(today, 1, calendar), 0)
    return calendar.wall(today + timedelta(days=1), 0)


def lateness(
    due: datetime, done: datetime, duration: Duration | None, calendar: WorkingCalendar
) -> Duration:
    """How late ``done`` is, in the unit of the limit; clock time for an agreed moment.

    Raises:
        NaiveDatetime: an instant has no timezone.
    """
    due, done = require_aware(due, "the due instant"), require_aware(done, "the completion")
    if duration is not None:
        _require_duration(duration)
    if isinstance(duration, Working):
        return calendar.between(due, done)
    if duration is not None and not isinstance(duration, Elapsed):
        first = due.astimezone(calendar.timezone).date()
        last = done.astimezone(calendar.timezone).date()
        if isinstance(duration, WorkingDays):
            return WorkingDays(count_working_dates(first, last, calendar))
        if last > first:
            return CalendarDays((last - first).days)
    return Elapsed((done - due) // MICROSECOND)

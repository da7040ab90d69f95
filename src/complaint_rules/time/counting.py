"""How days are counted, what a pause is, and how late something is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from complaint_rules.errors import TimeError, did_you_mean
from complaint_rules.time.durations import (
    CLOCK_TIME,
    Duration,
)
from complaint_rules.time.instants import (
    DAY_MICROSECONDS,
    require_aware,
)
from complaint_rules.time.working import WorkingCalendar

LONGEST_LIMIT_DAYS: Final = 36_600
"""Longer limits are refused, so that counting costs bounded time."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """Until when a start is taken in on its day; a later one, or one on a day without hours,
    counts from the next opening.

    Exactly at ``until`` is in time. Without it, that is while business is open, which it no longer
    is at the closing; a start before the opening or in a break counts from the opening too. Limits
    in hours and minutes run from the start all the same, unless ``hours_too``.
    """

    until: time | None = None
    hours_too: bool = False


@dataclass(frozen=True, slots=True)
class DayCounting:
    """How limits in days are counted.

    The defaults are those of 民法典 201 and 203: the day on which a limit starts does not count,
    and the last day ends at 24:00. ``rolls`` carries a last day that is not a working day on to
    the next working day (203, first sentence); with ``"counted-days"`` not the day of a moment
    that was named or agreed.

    ``at`` is the time at which the last day ends, in place of ``last_day_ends``; where that is
    not after the start, the limit ends at it on the next day: the next working day if the limit
    rolls or is counted in working days.

    24:00 is kept as the day's last microsecond, so that the date of ``due_at`` is the last day
    and whatever carries the next day's date is late.
    """

    first_day: Literal["excluded", "counted"] = "excluded"
    last_day_ends: Literal["midnight", "close", "same-time"] = "midnight"
    rolls: bool | Literal["counted-days"] = False
    taken_in: TakenIn | None = None
    at: time | None = None

    def __post_init__(self) -> None:
        for name, choices in _COUNTING_CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise TimeError(
                    f"{name} is {value!r}, which is no way to count days"
                    f"{did_you_mean(str(value), choices)}: use {' or '.join(map(repr, choices))}"
                )
        if self.rolls != "counted-days" and not isinstance(self.rolls, bool):
            raise TimeError(f"rolls is {self.rolls!r}: use True, False or 'counted-days'")
        if not isinstance(self.taken_in, TakenIn | None):
            raise TimeError(f"taken_in is {self.taken_in!r}: use TakenIn(…) or None")
        if not isinstance(self.at, time | None):
            raise TimeError(f"at is {self.at!r}, which is no time of day: use time(16) or None")


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


def require_duration(duration: object) -> None:
    """Refuse what does not say which kind of time it counts."""
    if not isinstance(duration, Duration):
        raise TimeError(
            f"the limit is {duration!r}, which does not say what kind of time it counts: give a "
            f"duration such as WorkingDays(3), Elapsed.of(hours=2) or parse_duration('same day')"
        )
    if isinstance(duration, CLOCK_TIME) and abs(duration.microseconds) > (
        LONGEST_LIMIT_DAYS * DAY_MICROSECONDS
    ):
        raise TimeError(f"{duration} is longer than {LONGEST_LIMIT_DAYS} days: shorten it")


def count_working(day: date, amount: int, calendar: WorkingCalendar) -> date:
    """The working day so many working days after ``day``, or before it."""
    if abs(amount) > LONGEST_LIMIT_DAYS:
        raise TimeError(
            f"{amount} working days are more than {LONGEST_LIMIT_DAYS}: check the dates of the "
            f"limit and its pauses"
        )
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


def count_working_dates(after: date, until: date, calendar: WorkingCalendar) -> int:
    """How many working dates come later than ``after``, ``until`` included."""
    if until.year - after.year < 2:
        return _working_dates(after, until, calendar)
    return (
        _working_dates(after, date(after.year, 12, 31), calendar)
        + sum(map(calendar.working_days_of, range(after.year + 1, until.year)))
        + _working_dates(date(until.year - 1, 12, 31), until, calendar)
    )


def _working_dates(after: date, until: date, calendar: WorkingCalendar) -> int:
    return sum(
        calendar.is_working_day(after + timedelta(days=number))
        for number in range(1, (until - after).days + 1)
    )

"""How late something is: in days as a policy counts them, and in the unit of its limit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from complaint_rules.errors import TimeError, did_you_mean
from complaint_rules.time.counting import (
    Pause,
    count_working,
    count_working_dates,
    merge_pauses,
    require_duration,
)
from complaint_rules.time.durations import (
    CalendarDays,
    Compound,
    Duration,
    Elapsed,
    Working,
    WorkingDays,
    duration_in,
    parts_of,
)
from complaint_rules.time.instants import (
    DAY_MICROSECONDS,
    MICROSECOND,
    from_microseconds,
    require_aware,
    to_microseconds,
    within_years,
)
from complaint_rules.time.working import WorkingCalendar

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


LatenessUnit = Literal["elapsed", "working", "calendar days", "working days"]
"""What lateness is counted in."""


@within_years
def overdue_days(
    due: datetime,
    until: datetime,
    reading: OverdueReading,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause] = (),
) -> int:
    """How many days ``until`` lies after ``due``, in the sense of ``reading``; 0 when it does not.

    Time in ``pauses`` does not count: of a pause that began after ``due``, the dates from the one
    it begins to the one it ends, or its hours, as the reading counts.

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
    idle = paused_since(due, until, pauses) if pauses else ()
    match reading:
        case "started-days" | "completed-days":
            late = (until - due) // MICROSECOND - sum(_length(pause) for pause in idle)
            completed, rest = divmod(late, DAY_MICROSECONDS)
            return completed + (rest > 0 and reading == "started-days")
        case "started-working-days":
            worked = calendar.between(due, until).microseconds
            worked -= sum(calendar.between(*_ends(pause)).microseconds for pause in idle)
            return max(1, -(-worked // calendar.ordinary_day))
    return _dates(due, until, reading, calendar) - sum(
        _dates(*_ends(pause), reading, calendar) for pause in idle
    )


def _dates(
    after: datetime, until: datetime, reading: OverdueReading, calendar: WorkingCalendar
) -> int:
    first = after.astimezone(calendar.timezone).date()
    last = until.astimezone(calendar.timezone).date()
    if reading == "working-dates":
        return count_working_dates(first, last, calendar)
    return (last - first).days


def paused_since(due: datetime, until: datetime, pauses: Sequence[Pause]) -> tuple[Pause, ...]:
    """The pauses that began after ``due``, cut off at ``until``."""
    return tuple(
        Pause(pause.start, until if pause.end is None else min(pause.end, until))
        for pause in merge_pauses(pauses)
        if due < pause.start < until
    )


def _ends(pause: Pause) -> tuple[datetime, datetime]:
    assert pause.end is not None  # noqa: S101 - it was cut off
    return pause.start, pause.end


def _length(pause: Pause) -> int:
    start, end = _ends(pause)
    return (end - start) // MICROSECOND


def next_overdue_change(
    due: datetime, now: datetime, reading: OverdueReading, calendar: WorkingCalendar
) -> datetime:
    """The first instant after ``now`` at which ``overdue_days`` is one more."""
    change = next_change_beside(due, now, reading, calendar, ())
    assert change is not None  # noqa: S101 - nothing pauses it
    return change


@within_years
def next_change_beside(
    due: datetime,
    now: datetime,
    reading: OverdueReading,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause],
) -> datetime | None:
    """The same where pauses do not count; ``None`` while one lasts of which no end is known."""
    later = [pause for pause in merge_pauses(pauses) if pause.start > due]
    if reading in ("calendar-dates", "working-dates"):
        return _next_date(max(now, due), reading, calendar, later)
    change = _after_days(due, overdue_days(due, now, reading, calendar, pauses), reading, calendar)
    for pause in later:
        if pause.start >= change:
            break
        if pause.end is None:
            return None
        if reading == "started-working-days":
            left = calendar.between(pause.start, change).microseconds
            change = calendar.add(pause.end, Working(left))
        else:
            change = pause.end + (change - pause.start)
    return change


def _after_days(
    due: datetime, count: int, reading: OverdueReading, calendar: WorkingCalendar
) -> datetime:
    """When one more than so many days are overdue, if nothing pauses."""
    # One is started as soon as the limit has passed, whether business is open or not.
    if reading == "started-working-days" and count:
        return calendar.add(due, Working(count * calendar.ordinary_day + 1))
    days = count + (reading == "completed-days")
    late = days * DAY_MICROSECONDS + (reading != "completed-days")
    return from_microseconds(to_microseconds(due) + late, calendar.timezone)


def _next_date(
    now: datetime, reading: OverdueReading, calendar: WorkingCalendar, pauses: Sequence[Pause]
) -> datetime | None:
    """The next midnight at which a date begins that counts."""
    day = now.astimezone(calendar.timezone).date()
    while True:
        if reading == "working-dates":
            day = count_working(day, 1, calendar)
        else:
            day += timedelta(days=1)
        midnight = calendar.wall(day, 0)
        within = next(
            (p for p in pauses if p.start < midnight and (p.end is None or p.end >= midnight)), None
        )
        if within is None:
            return midnight
        if within.end is None:
            return None
        # The date on which a pause ends is the last one that it takes out.
        day = max(day, within.end.astimezone(calendar.timezone).date())


@within_years
def lateness(
    due: datetime, done: datetime, duration: Duration | None, calendar: WorkingCalendar
) -> Duration:
    """How late ``done`` is, in the unit of the limit; clock time for an agreed moment.

    Raises:
        NaiveDatetime: an instant has no timezone.
    """
    due, done = require_aware(due, "the due instant"), require_aware(done, "the completion")
    if duration is not None:
        require_duration(duration)
        duration = parts_of(duration)[-1]
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


def lateness_unit(duration: Duration | None) -> LatenessUnit:
    """What the lateness of a limit is counted in; ``None`` is a limit by an agreed moment.

    >>> lateness_unit(WorkingDays(3)), lateness_unit(CalendarDays(7)), lateness_unit(None)
    ('working days', 'calendar days', 'elapsed')
    """
    match duration:
        case Compound(parts):
            return lateness_unit(parts[-1])
        case Working():
            return "working"
        case WorkingDays():
            return "working days"
        case None | Elapsed():
            return "elapsed"
    return "calendar days"


def lateness_of(unit: LatenessUnit, amount: int) -> Duration:
    """So many microseconds, or days, of lateness in a unit."""
    return duration_in(unit, amount)


@within_years
def when_late_by(due: datetime, late_by: Duration, calendar: WorkingCalendar) -> datetime:
    """The first instant at which what is due is so late, or later.

    Days are late from the begin of a date on.

    Raises:
        CalendarNotPublished: it lies in a year without an official calendar.

    >>> calendar = WorkingCalendar("Asia/Shanghai", ["09:00-12:00", "13:30-18:00"])
    >>> due = datetime.fromisoformat("2026-01-09T11:50:00+08:00")  # a Friday
    >>> when_late_by(due, Working.of(minutes=10), calendar).isoformat()
    '2026-01-09T12:00:00+08:00'
    >>> when_late_by(due, WorkingDays(1), calendar).isoformat()
    '2026-01-12T00:00:00+08:00'
    """
    due = require_aware(due, "the due instant")
    if isinstance(late_by, Working):
        return calendar.add(due, late_by) if late_by.microseconds else due
    if isinstance(late_by, Elapsed):
        return from_microseconds(to_microseconds(due) + late_by.microseconds, calendar.timezone)
    day = due.astimezone(calendar.timezone).date()
    match late_by:
        case WorkingDays(days):
            return max(due, calendar.wall(count_working(day, days, calendar), 0))
        case CalendarDays(days):
            return max(due, calendar.wall(day + timedelta(days=days), 0))
    raise TimeError(f"nothing is late by {late_by}: give an amount of time, or of days")

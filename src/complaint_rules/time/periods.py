"""How often an amount accrues: the periods for which something is overdue.

Minutes and hours are clock time since the due instant. Days, weeks and months are dates after the
due date; months end on its day of the month, or on the last one of a shorter month. A started
period counts from its begin on, a full one when it is over.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, get_args

from complaint_rules.time.counting import Pause, merge_pauses
from complaint_rules.time.instants import (
    MICROSECOND,
    from_microseconds,
    require_aware,
    to_microseconds,
    within_years,
)
from complaint_rules.time.overdue import overdue_days, paused_since
from complaint_rules.time.working import WorkingCalendar

PeriodUnit = Literal["minute", "hour", "day", "week", "month"]
PERIOD_UNITS: Final[tuple[PeriodUnit, ...]] = get_args(PeriodUnit)

MICROSECONDS: Final = {"minute": 60_000_000, "hour": 3_600_000_000}
"""The units that are clock time."""
DATES: Final = {"day": 1, "week": 7}
"""The units that are so many dates each."""


@dataclass(frozen=True, slots=True)
class AccrualPeriod:
    """``number`` units, of which a started or only a full one counts.

    >>> str(AccrualPeriod("week", started=True)), str(AccrualPeriod("hour", 12))
    ('started week', 'full 12 hours')
    """

    unit: PeriodUnit
    number: int = 1
    started: bool = False

    def __str__(self) -> str:
        word = "started" if self.started else "full"
        return f"{word} {self.unit}" if self.number == 1 else f"{word} {self.number} {self.unit}s"


@within_years
def periods_overdue(
    due: datetime,
    until: datetime,
    period: AccrualPeriod,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause] = (),
) -> int:
    """How many periods lie between ``due`` and ``until``; 0 where that is not later.

    Time in ``pauses`` that began after ``due`` does not count.

    >>> calendar = WorkingCalendar("Asia/Shanghai", None)
    >>> due = datetime.fromisoformat("2026-01-31T12:00:00+08:00")
    >>> until = datetime.fromisoformat("2026-03-01T12:00:00+08:00")
    >>> [periods_overdue(due, until, AccrualPeriod("month", started=s), calendar) for s in (1, 0)]
    [2, 1]
    """
    due, until = require_aware(due, "the due instant"), require_aware(until, "the end")
    if until <= due:
        return 0
    if period.unit in MICROSECONDS:
        late = (until - due) // MICROSECOND
        for pause in paused_since(due, until, pauses) if pauses else ():
            assert pause.end is not None  # noqa: S101 - it was cut off
            late -= (pause.end - pause.start) // MICROSECOND
        return _of_time(late, period)
    dates = overdue_days(due, until, "calendar-dates", calendar, pauses)
    return _of_dates(due.astimezone(calendar.timezone).date(), dates, period)


def _of_time(late: int, period: AccrualPeriod) -> int:
    length = period.number * MICROSECONDS[period.unit]
    # One is started as soon as the limit has passed.
    return max(1, -(-late // length)) if period.started else late // length


def _of_dates(due: date, dates: int, period: AccrualPeriod) -> int:
    """The periods in so many dates after the due date; on the last date of one it is not over."""
    if period.unit in DATES:
        over = max(dates - 1, 0) // (period.number * DATES[period.unit])
        return over + 1 if period.started else over
    today = due + timedelta(days=dates)
    months = (today.year - due.year) * 12 + today.month - due.month
    over, rest = divmod(months, period.number)
    if rest == 0 and min(due.day, monthrange(today.year, today.month)[1]) >= today.day:
        over = max(over - 1, 0)  # this date is the last one of a period
    return over + 1 if period.started else over


def _last_date(due: date, number: int, period: AccrualPeriod) -> date:
    """The last date of the period of that number."""
    if period.unit in DATES:
        return due + timedelta(days=number * period.number * DATES[period.unit])
    year, month = divmod(due.year * 12 + due.month - 1 + number * period.number, 12)
    return date(year, month + 1, min(due.day, monthrange(year, month + 1)[1]))


@within_years
def next_period(
    due: datetime,
    now: datetime,
    period: AccrualPeriod,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause] = (),
) -> datetime | None:
    """The first instant after ``now`` at which one more period counts, if nothing else happens;
    ``None`` while a pause lasts of which no end is known.
    """
    due, now = require_aware(due, "the due instant"), require_aware(now, "the instant")
    now = max(now, due)
    count = periods_overdue(due, now, period, calendar, pauses)
    if period.unit in MICROSECONDS:
        length = period.number * MICROSECONDS[period.unit]
        late = count * length + 1 if period.started else (count + 1) * length
        change = from_microseconds(to_microseconds(due) + late, calendar.timezone)
        for pause in (pause for pause in merge_pauses(pauses) if pause.start > due):
            if pause.start >= change:
                break
            if pause.end is None:
                return None
            change = pause.end + (change - pause.start)
        return change
    if period.started and count == 0:
        return due + MICROSECOND
    last = due.astimezone(calendar.timezone).date()
    over = count if period.started else count + 1
    dates = (_last_date(last, over, period) - last).days + 1
    return _date_reached(due, now, dates, calendar, pauses)


def _date_reached(
    due: datetime,
    now: datetime,
    dates: int,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause],
) -> datetime | None:
    """When so many dates after the due date have begun, without those that lie in pauses."""
    day = due.astimezone(calendar.timezone).date() + timedelta(days=dates)
    while True:
        midnight = calendar.wall(day, 0)
        counted = overdue_days(due, midnight, "calendar-dates", calendar, pauses)
        if counted >= dates and midnight > now:
            return midnight
        if any(pause.end is None and due < pause.start < midnight for pause in pauses):
            return None
        day += timedelta(days=max(dates - counted, 1))

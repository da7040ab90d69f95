"""When a limit is due that just runs: most do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from complaint_rules.time.counting import LONGEST_LIMIT_DAYS, DayCounting
from complaint_rules.time.due import undisturbed
from complaint_rules.time.durations import CalendarDays, Duration, Elapsed, SameDay
from complaint_rules.time.instants import EPOCH, beyond_all_years, epoch_at
from complaint_rules.time.last_day import last_day
from complaint_rules.time.working import WorkingCalendar


def undisturbed_for(
    limit: Duration, calendar: WorkingCalendar, counting: DayCounting
) -> Callable[[datetime], datetime]:
    """When one limit is due that nothing pauses or moves, from its start; what does not depend on
    the start is worked out once.

    >>> china = WorkingCalendar("Asia/Shanghai")
    >>> due = undisturbed_for(CalendarDays(3), china, DayCounting())
    >>> due(datetime.fromisoformat("2026-03-02T09:00:00+08:00")).isoformat()
    '2026-03-05T23:59:59.999999+08:00'
    """
    zone = calendar.timezone
    if counting.taken_in is None and isinstance(limit, Elapsed):
        delta = timedelta(0, 0, limit.microseconds)

        def after_time(start: datetime) -> datetime:
            try:
                at = start + delta
                return epoch_at(at.astimezone(zone).utcoffset()) + (at - EPOCH)
            except OverflowError:
                raise beyond_all_years() from None

        return after_time
    if (
        counting.taken_in is None
        and counting.last_day_ends == "midnight"
        and not counting.rolls
        and isinstance(limit, SameDay | CalendarDays)
        and abs(limit.amount) <= LONGEST_LIMIT_DAYS
    ):
        some_day = date(2000, 1, 3)
        days = last_day(some_day, limit, calendar, counting) - some_day

        def at_midnight(start: datetime) -> datetime:
            try:
                return calendar.end_of_day(start.astimezone(zone).date() + days)
            except OverflowError:
                raise beyond_all_years() from None

        return at_midnight
    return lambda start: undisturbed(start, limit, calendar, counting)

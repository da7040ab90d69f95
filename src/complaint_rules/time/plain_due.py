"""When a limit is due that just runs: most do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from complaint_rules.time.counting import DayCounting, count_working
from complaint_rules.time.due import NEVER_ROLLED, undisturbed
from complaint_rules.time.durations import Compound, Duration, Elapsed, Working
from complaint_rules.time.instants import EPOCH, beyond_all_years, epoch_at
from complaint_rules.time.last_day import last_day
from complaint_rules.time.working import WorkingCalendar


def undisturbed_for(
    limit: Duration, calendar: WorkingCalendar, counting: DayCounting
) -> Callable[[datetime], datetime]:
    """When one limit is due that nothing pauses or moves, from its start; what does not depend on
    the start is worked out once.

    >>> from complaint_rules.time import parse_duration
    >>> china = WorkingCalendar("Asia/Shanghai", None)
    >>> due = undisturbed_for(parse_duration("3 calendar days"), china, DayCounting())
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
    ends_at_midnight = counting.last_day_ends == "midnight" and counting.at is None
    plain_day = counting.taken_in is None and ends_at_midnight
    if not plain_day or isinstance(limit, Working | Compound):
        return lambda start: undisturbed(start, limit, calendar, counting)
    rolls = bool(counting.rolls) and limit.amount >= 0 and not isinstance(limit, NEVER_ROLLED)

    def at_midnight(start: datetime) -> datetime:
        try:
            day = last_day(start.astimezone(zone).date(), limit, calendar, counting)
            if rolls and not calendar.is_working_day(day):
                day = count_working(day, 1, calendar)
            return calendar.end_of_day(day)
        except OverflowError:
            raise beyond_all_years() from None

    return at_midnight

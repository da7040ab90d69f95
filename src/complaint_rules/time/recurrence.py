"""Recurring duties: when the next weekly report or month-end summary is due."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from dateutil.rrule import rrulestr

from complaint_rules.errors import TimeError
from complaint_rules.time.counting import LONGEST_LIMIT_DAYS
from complaint_rules.time.instants import DAY_MICROSECONDS, MICROSECOND
from complaint_rules.time.working import WorkingCalendar

Roll = Literal["none", "previous", "next"]

NAMED_RULES = {
    "day": "FREQ=DAILY",
    "week": "FREQ=WEEKLY;BYDAY=SU",
    "month": "FREQ=MONTHLY;BYMONTHDAY=-1",
    "quarter": "FREQ=MONTHLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1",
    "year": "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=-1",
}
"""The last day of each period. ``BYMONTHDAY=31`` would skip short months."""

_LOOK_BACK = timedelta(days=400)


def check_rule(rule: str) -> None:
    """Refuse a recurrence that cannot be read, repeats within a day, or has an end or a start.

    Raises:
        TimeError: any of these.
    """
    upper = rule.upper()
    for word in ("HOURLY", "MINUTELY", "SECONDLY", "COUNT", "UNTIL", "DTSTART", "BYHOUR"):
        if word in upper:
            raise TimeError(f"recurrence {rule!r} uses {word}: give whole days without end")
    try:
        # Bounded: a rule for 30 February would be searched for until the year 9999.
        days = rrulestr(f"{rule};UNTIL=20330101T000000", dtstart=datetime(2024, 1, 1))
        found = next(iter(days), None)
    except (ValueError, KeyError, AttributeError) as error:
        raise TimeError(
            f"recurrence {rule!r} cannot be read ({error}): write {', '.join(NAMED_RULES)}, "
            f"or an RFC 5545 rule such as FREQ=WEEKLY;BYDAY=FR"
        ) from None
    if found is None:
        raise TimeError(f"recurrence {rule!r} never happens: check its months and days")


def next_due(rule: str, after: datetime, calendar: WorkingCalendar, roll: Roll = "none") -> datetime:
    """The end of the next due day later than ``after``.

    The day is found first and then rolled on the calendar: a month end that is a rest day may
    move to the working day before or after it, a make-up Saturday stays.

    >>> from complaint_rules.time.official import china
    >>> calendar = WorkingCalendar("Asia/Shanghai", None, official=china())
    >>> after = datetime.fromisoformat("2026-02-26T12:00:00+08:00")
    >>> next_due(NAMED_RULES["month"], after, calendar, "previous").date().isoformat()
    '2026-02-28'
    """
    # Anchored near the query: rrule walks from its start, sixteen years of it cost milliseconds.
    today = after.astimezone(calendar.timezone).date()
    anchor = date(today.year, 1, 1) - _LOOK_BACK
    days = rrulestr(rule, dtstart=datetime(anchor.year, 1, 1))
    # A day that rolls back may be due before today although it lies ahead, and the reverse.
    candidate = days.after(datetime(today.year, today.month, today.day) - timedelta(days=30))
    while candidate is not None:
        day = _rolled(candidate.date(), calendar, roll)
        due = calendar.wall(day, DAY_MICROSECONDS) - MICROSECOND
        if due > after:
            return due
        candidate = days.after(candidate)
    raise TimeError(f"recurrence {rule!r} has no day after {after.isoformat()}: check the rule")


def _rolled(day: date, calendar: WorkingCalendar, roll: Roll) -> date:
    if roll == "none":
        return day
    step = timedelta(days=1 if roll == "next" else -1)
    for _ in range(LONGEST_LIMIT_DAYS):
        if calendar.is_working_day(day):
            return day
        day += step
    raise TimeError("the calendar has no working day: check its rest days")

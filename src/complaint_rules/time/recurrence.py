"""Recurring duties: when the next weekly report or month-end summary is due."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Literal

from dateutil.rrule import rrulestr

from complaint_rules.errors import TimeError
from complaint_rules.time.counting import LONGEST_LIMIT_DAYS
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

_FURTHEST_MONTHS = 108
_MOST_REMEMBERED = 1_200


def check_rule(rule: str) -> None:
    """Refuse a recurrence that cannot be read, repeats within a day, or has an end or a start.

    Raises:
        TimeError: any of these.
    """
    upper = rule.upper()
    for word in ("HOURLY", "MINUTELY", "SECONDLY", "COUNT", "UNTIL", "DTSTART", "BYHOUR"):
        if word in upper:
            raise TimeError(f"recurrence {rule!r} uses {word}: give whole days without end")
    interval = re.search(r"INTERVAL\s*=\s*([^;\s]*)", upper)
    if interval is not None and interval[1] != "1":
        raise TimeError(
            f"recurrence {rule!r} has the interval {interval[1] or 'nothing'!r}, and no start says "
            f"from when to count it: leave it out and name the months or days, as in "
            f"FREQ=MONTHLY;BYMONTH=1,6,11;BYMONTHDAY=-1"
        )
    try:
        # Bounded: a rule for 30 February would be searched for until the year 9999.
        days = rrulestr(f"{rule};UNTIL=20280301T000000", dtstart=datetime(2024, 1, 1))  # noqa: DTZ001
        found = next(iter(days), None)
    except (ValueError, KeyError, AttributeError) as error:
        raise TimeError(
            f"recurrence {rule!r} cannot be read ({error}): write {', '.join(NAMED_RULES)}, "
            f"or an RFC 5545 rule such as FREQ=WEEKLY;BYDAY=FR"
        ) from None
    if found is None:
        raise TimeError(f"recurrence {rule!r} never happens: check its months and days")


class Recurrence:
    """A recurring duty on a calendar.

    The day is found first and then rolled on the calendar: a month end that is a rest day may
    move to the working day before or after it, a make-up Saturday stays.

    >>> from complaint_rules.time.official import china
    >>> calendar = WorkingCalendar("Asia/Shanghai", None, official=china())
    >>> after = datetime.fromisoformat("2026-02-26T12:00:00+08:00")
    >>> month_end = Recurrence(NAMED_RULES["month"], calendar, "previous")
    >>> month_end.next_after(after).date().isoformat()
    '2026-02-28'
    """

    def __init__(self, rule: str, calendar: WorkingCalendar, roll: Roll = "none") -> None:
        check_rule(rule)
        self.rule = rule
        self.calendar = calendar
        self.roll = roll
        self._months: dict[tuple[int, int], tuple[datetime, ...]] = {}
        self._last: tuple[datetime, datetime] | None = None

    def next_after(self, instant: datetime) -> datetime:
        """The end of the next due day later than ``instant``.

        Raises:
            CalendarNotPublished: the day rolls into a year without an official calendar.
        """
        last = self._last
        if last is not None and last[0] <= instant < last[1]:
            return last[1]
        due = self._search(instant)
        self._last = (instant, due)
        return due

    def _search(self, instant: datetime) -> datetime:
        today = instant.astimezone(self.calendar.timezone).date()
        for number in range(-1, _FURTHEST_MONTHS):
            # From the month before: a day may roll forward into this one.
            months = today.year * 12 + today.month - 1 + number
            for due in self._due_in(months // 12, months % 12 + 1):
                if due > instant:
                    return due
        raise TimeError(
            f"recurrence {self.rule!r} has no day within {_FURTHEST_MONTHS // 12} years after "
            f"{instant.isoformat()}: check the rule"
        )

    def _due_in(self, year: int, month: int) -> tuple[datetime, ...]:
        if (year, month) not in self._months:
            if len(self._months) >= _MOST_REMEMBERED:
                self._months.clear()
            # Anchored near the month: rrule walks from its start, and years cost milliseconds.
            anchor = datetime(year - 1, 1, 1)  # noqa: DTZ001 - dates of the calendar's zone
            first = datetime(year, month, 1)  # noqa: DTZ001 - dates of the calendar's zone
            last = first + timedelta(days=monthrange(year, month)[1])
            days = rrulestr(self.rule, dtstart=anchor).between(first, last, inc=True)
            self._months[year, month] = tuple(
                self.calendar.end_of_day(self._rolled(day.date())) for day in days if day < last
            )
        return self._months[year, month]

    def _rolled(self, day: date) -> date:
        if self.roll == "none":
            return day
        step = timedelta(days=1 if self.roll == "next" else -1)
        for _ in range(LONGEST_LIMIT_DAYS):
            if self.calendar.is_working_day(day):
                return day
            day += step
        raise TimeError("the calendar has no working day: check its rest days")

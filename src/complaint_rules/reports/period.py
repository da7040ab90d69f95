"""A stretch of time that a report is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from complaint_rules.errors import TimeError
from complaint_rules.time.instants import read_timezone, require_aware


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` until before ``end``, both aware datetimes.

    >>> july = Period.month(2018, 7, "Asia/Shanghai")
    >>> july.start.isoformat(), july.end.isoformat()
    ('2018-07-01T00:00:00+08:00', '2018-08-01T00:00:00+08:00')
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        require_aware(self.start, "the start of the period")
        require_aware(self.end, "the end of the period")
        if self.end <= self.start:
            raise TimeError(f"the period ends at {self.end}, before it has started: swap the two")

    @classmethod
    def month(cls, year: int, month: int, timezone: str) -> Period:
        """A calendar month on the clock of a timezone.

        Raises:
            CalendarError: there is no such timezone.
        """
        zone = read_timezone(timezone)
        following = (year + month // 12, month % 12 + 1)
        return cls(datetime(year, month, 1, tzinfo=zone), datetime(*following, 1, tzinfo=zone))

    @classmethod
    def week(cls, day: date, timezone: str) -> Period:
        """The week from Monday to Sunday that a day lies in.

        Raises:
            CalendarError: there is no such timezone.
        """
        zone = read_timezone(timezone)
        monday = day - timedelta(day.weekday())
        start = datetime(monday.year, monday.month, monday.day, tzinfo=zone)
        return cls(start, start + timedelta(7))

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

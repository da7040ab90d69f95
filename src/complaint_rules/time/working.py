"""Working time: business hours on the days of a calendar, as sorted segments with prefix sums.

Adding and differencing look up two places in sorted lists, so they cost O(log n) however long
the time between. Defaults, each of which shipped software answers differently:

* a limit used up exactly at closing time ends at closing, not at the next opening;
* zero working time asked for outside hours is the next opening (backwards: the last closing);
* seconds are kept;
* hours are real time: an all-day window on the day clocks go back has 25 hours;
* a wall time that does not exist is shifted forward, one that happens twice is the first;
* an overnight window runs into the next day, whatever that day is;
* whose midnight is a holiday? that of the calendar's timezone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from complaint_rules.errors import CalendarError, TimeError
from complaint_rules.time.durations import Working
from complaint_rules.time.hours import WeeklyHours, Window, read_dates, read_extra_days
from complaint_rules.time.instants import (
    DAY_MICROSECONDS,
    EPOCH,
    MICROSECOND,
    from_microseconds,
    read_timezone,
    require_aware,
    wall_microseconds,
    wall_time,
)
from complaint_rules.time.official import (
    SATURDAY,
    SUNDAY,
    DatedCalendar,
    OfficialCalendar,
    declared_on,
)
from complaint_rules.time.spans import LONGEST_SPAN_YEARS, Span, Spans


class WorkingCalendar:
    """Working days and hours of one organisation in one timezone.

    Args:
        timezone: IANA name.
        hours: windows for Monday to Friday (``["09:00-12:00", "13:30-18:00"]``) or a mapping of
            weekdays to windows; ``None`` for a calendar that knows days but no hours.
        rest_days: dates on which the organisation does not work. They win over all else.
        extra_days: dates on which it works all the same, or a mapping from dates to the windows
            of that date. They win over the official calendar.
        official: the calendar that says which dates are working days; without one Monday to
            Friday (or the weekdays that have hours) are. Where ``hours`` names weekdays these are
            the week, and of the official calendar the dates that it declares count: a Saturday
            that has hours is worked unless it is a holiday.
        provisional: answer for years that ``official`` does not know as if nothing were declared
            for them, instead of raising; ``is_provisional`` tells where that happened.

    Raises:
        CalendarError: hours overlap, a date is both a rest day and an extra day, or there is no
            working time at all.

    >>> calendar = WorkingCalendar("Asia/Shanghai", ["09:00-12:00", "13:30-18:00"])
    >>> start = datetime.fromisoformat("2026-01-05T11:50:00+08:00")
    >>> calendar.add(start, Working.of(minutes=30)).isoformat()
    '2026-01-05T13:50:00+08:00'
    """

    def __init__(
        self,
        timezone: str,
        hours: Iterable[str] | Mapping[str, Iterable[str]] | None,
        *,
        rest_days: Iterable[date] = (),
        extra_days: Iterable[date] | Mapping[date, Iterable[str]] = (),
        official: OfficialCalendar | None = None,
        provisional: bool = False,
    ) -> None:
        self.timezone: ZoneInfo = read_timezone(timezone)
        self.official = official
        self.provisional = provisional
        self._hours = WeeklyHours.read(hours) if hours is not None else None
        self._rest = frozenset(read_dates(rest_days, "rest_days"))
        self._extra = read_extra_days(extra_days)
        if both := self._rest & set(self._extra):
            raise CalendarError(f"{min(both)} is a rest day and an extra day: keep one of them")
        self._forget()
        if self._hours is not None:
            self._check_hours(self._hours)

    def _forget(self) -> None:
        overnight = self._hours is not None and self._hours.overnight
        self._spans = Spans(self.windows, self.timezone, overnight=overnight)
        self._working_days: dict[int, int] = {}

    @property
    def version(self) -> str:
        """Names the calendar data behind every answer."""
        return self.official.version if self.official else "weekly hours"

    @property
    def has_hours(self) -> bool:
        """Whether it knows business hours, besides days."""
        return self._hours is not None

    @property
    def ordinary_day(self) -> int:
        """Microseconds of working time in an ordinary day: the longest of the week."""
        if self._hours is None:
            raise CalendarError(
                "this calendar has no business hours: give it hours, or count in days"
            )
        return max(
            sum(closing - opening for opening, closing in windows)
            for weekday in range(7)
            for windows in self._hours.all_of(weekday)
        )

    def provisionally(self) -> WorkingCalendar:
        """The same calendar, answering for unpublished years as well."""
        twin = object.__new__(WorkingCalendar)
        twin.__dict__.update(self.__dict__, provisional=True)
        twin._forget()
        return twin

    def is_provisional(self, instant: datetime) -> bool:
        """Whether an answer that reaches ``instant`` rests on an unpublished year."""
        year = instant.astimezone(self.timezone).year
        return self.official is not None and not self.official.is_published(year)

    # Days

    def is_working_day(self, day: date) -> bool:
        """Whether ``day`` is a working day.

        Precedence: company rest days, company extra days, the official calendar, the week.
        It raises CalendarNotPublished where the official calendar does not know the year.
        """
        if day in self._rest:
            return False
        if day in self._extra:
            return True
        hours, official = self._hours, self.official
        if official is None or (self.provisional and not official.is_published(day.year)):
            return bool(hours.on(day)) if hours is not None else day.weekday() < SATURDAY
        if hours is None or not hours.by_weekday:
            return official.is_working_day(day)
        declared = declared_on(official, day)
        return bool(hours.on(day)) if declared is None else declared

    def working_days_of(self, year: int) -> int:
        """How many working days a year has."""
        if year not in self._working_days:
            first = date(year, 1, 1).toordinal()
            days = range(first, date(year, 12, 31).toordinal() + 1)
            self._working_days[year] = sum(
                self.is_working_day(date.fromordinal(day)) for day in days
            )
        return self._working_days[year]

    def windows(self, day: date) -> tuple[Window, ...]:
        """The business hours of ``day``, in wall time."""
        if self._hours is None:
            raise CalendarError(
                "this calendar has no business hours: give it hours, or count in days"
            )
        if not self.is_working_day(day):
            return ()
        dated = self._extra.get(day)
        if dated is not None:
            return dated
        windows = self._hours.on(day) or self._hours.extra
        if windows is None:
            raise CalendarError(
                f"{day} is declared a working day, and its weekday has no hours: "
                f"give the hours of 'extra'"
            )
        return windows

    def wall(self, day: date, microseconds: int) -> datetime:
        """The instant of a wall time; the next day's after 24:00, shifted forward in a gap."""
        return wall_time(day, microseconds, self.timezone)

    def end_of_day(self, day: date) -> datetime:
        """The last microsecond of a date, at its offset then: clocks may change at 24:00."""
        midnight = wall_microseconds(day, DAY_MICROSECONDS, self.timezone)
        return from_microseconds(midnight - 1, self.timezone)

    # Instants

    def is_open(self, instant: datetime) -> bool:
        """Whether ``instant`` lies in business hours; the opening does, the closing does not."""
        at = _aware_microseconds(instant)
        span = self._spans.covering(at)
        index = bisect_right(span.opens, at) - 1
        return index >= 0 and at < span.closes[index]

    def next_open(self, instant: datetime) -> datetime:
        """``instant`` when it is in business hours, otherwise the next opening."""
        return self.add(instant, Working(0))

    def previous_close(self, instant: datetime) -> datetime:
        """The last closing at or before ``instant``; ``instant`` itself within business hours."""
        at = _aware_microseconds(instant)
        span = self._spans.covering(at)
        while True:
            index = bisect_left(span.opens, at) - 1
            if index >= 0:
                return self._shown(span, index, min(at, span.closes[index]))
            span = self._spans.extended(span, at, backwards=True)

    def add(self, instant: datetime, duration: Working | timedelta) -> datetime:
        """The instant when ``duration`` of working time has passed; negative goes back.

        Raises:
            NaiveDatetime: ``instant`` has no timezone.
            CalendarNotPublished: the answer lies in a year without an official calendar.
            TimeError: there is not that much working time in the next sixty years.
        """
        at = _aware_microseconds(instant)
        amount = working_microseconds(duration)
        span = self._spans.current
        if span is None or not span.begins <= at < span.ends:
            span = self._spans.covering(at)
        if amount == 0:
            while (index := bisect_right(span.closes, at)) == len(span.closes):
                span = self._spans.extended(span, at)
            return self._shown(span, index, max(at, span.opens[index]))
        if amount > 0:
            while (target := span.worked_until(at) + amount) > span.total:
                span = self._spans.extended(span, at)
            index = bisect_left(span.through, target)
        else:
            while (target := span.worked_until(at) + amount) < 0:
                span = self._spans.extended(span, at, backwards=True)
            index = bisect_right(span.through, target)
        return self._shown(span, index, span.opens[index] + target - span.before[index])

    def between(self, start: datetime, end: datetime) -> Working:
        """The working time from ``start`` to ``end``; negative when ``end`` is the earlier one.

        >>> calendar = WorkingCalendar("Etc/UTC", ["09:00-17:00"])
        >>> friday = datetime.fromisoformat("2026-01-09T16:00:00Z")
        >>> print(calendar.between(friday, datetime.fromisoformat("2026-01-12T10:00:00Z")))
        2 working hours
        """
        try:
            first, last = (start - EPOCH) // MICROSECOND, (end - EPOCH) // MICROSECOND
        except TypeError:
            first, last = _aware_microseconds(start), _aware_microseconds(end)
        span = self._spans.current
        if span is None or not span.begins <= first < span.ends > last >= span.begins:
            if abs(last - first) > LONGEST_SPAN_YEARS * 365 * DAY_MICROSECONDS:
                return Working(self._spans.far_between(first, last))
            span = self._spans.covering(first, last)
        return Working(span.worked_until(last) - span.worked_until(first))

    # Segments

    def segments(self, first_year: int, last_year: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The openings and closings of whole years, in microseconds since 1970 in UTC."""
        span = self._spans.build(first_year, last_year)
        return span.opens, span.closes

    def _shown(self, span: Span, index: int, microseconds: int) -> datetime:
        epoch = span.epochs[index]
        if epoch is None:  # the clocks change within this segment
            return from_microseconds(microseconds, self.timezone)
        return epoch + timedelta(0, 0, microseconds)

    def _check_hours(self, hours: WeeklyHours) -> None:
        if hours.extra is None and any(
            windows is None and not hours.on(day) for day, windows in self._extra.items()
        ):
            raise CalendarError(
                "an extra working day falls on a weekday without hours: "
                "give the hours of 'extra', or of that date"
            )
        official = self.official
        if official is None or not hours.by_weekday:
            return
        if not isinstance(official, DatedCalendar):
            if not hasattr(official, "declares") and any(
                hours.all_of(SATURDAY) + hours.all_of(SUNDAY)
            ):
                raise CalendarError(
                    f"the hours name a Saturday or a Sunday, and the official calendar "
                    f"{official.region} does not tell its holidays from the end of a week: give it "
                    f"a method declares(day), or use a DatedCalendar"
                )
        elif hours.extra is None:
            without = [day for day in official.work if not hours.on(day)]
            if without:
                raise CalendarError(
                    f"the official calendar has make-up working days, such as {min(without)}, on "
                    f"weekdays without hours: give the hours of 'extra'"
                )


def _aware_microseconds(instant: datetime) -> int:
    try:
        return (instant - EPOCH) // MICROSECOND
    except TypeError:
        require_aware(instant, "the instant")
        raise


def working_microseconds(duration: Working | timedelta) -> int:
    """The microseconds of an amount of working time; a timedelta is read as working time."""
    if isinstance(duration, Working):
        return duration.microseconds
    if isinstance(duration, timedelta):
        return duration // MICROSECOND
    raise TimeError(
        f"{duration!r} is not working time: pass Working.of(minutes=…) or a timedelta; "
        f"days are counted by complaint_rules.time.due_instant"
    )

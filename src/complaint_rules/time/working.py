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
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from complaint_rules.errors import CalendarError, CalendarNotPublished, TimeError
from complaint_rules.time.durations import Working
from complaint_rules.time.hours import WeeklyHours, Window, read_dates, read_extra_days
from complaint_rules.time.instants import (
    DAY_MICROSECONDS,
    EPOCH,
    MICROSECOND,
    epoch_at,
    from_microseconds,
    read_timezone,
    require_aware,
    to_microseconds,
)
from complaint_rules.time.official import SATURDAY, OfficialCalendar

_ONE_DAY = timedelta(days=1)
_EPOCH_ORDINAL = EPOCH.toordinal()

LONGEST_SEARCH_YEARS = 60
"""A search for working time gives up after so many years, so that it costs bounded time."""


@dataclass(frozen=True, slots=True)
class _Span:
    """The segments of some whole years; ``before[i]`` is the working time ahead of segment i."""

    first_year: int
    last_year: int
    begins: int
    ends: int
    opens: tuple[int, ...]
    closes: tuple[int, ...]
    before: tuple[int, ...]
    through: tuple[int, ...]
    epochs: tuple[datetime | None, ...]
    total: int

    def worked_until(self, instant: int) -> int:
        index = bisect_right(self.opens, instant) - 1
        if index < 0:
            return 0
        if instant >= self.closes[index]:
            return self.through[index]
        return self.before[index] + instant - self.opens[index]


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
            Friday (or the weekdays that have hours) are.
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
        self._span: _Span | None = None
        if self._hours is not None:
            self._check_extra_hours(self._hours)

    @property
    def version(self) -> str:
        """Names the calendar data behind every answer."""
        return self.official.version if self.official else "weekly hours"

    @property
    def ordinary_day(self) -> int:
        """Microseconds of working time in an ordinary day: the longest of the week."""
        if self._hours is None:
            raise CalendarError(
                "this calendar has no business hours: give it hours, or count in days"
            )
        return max(
            sum(closing - opening for opening, closing in windows) for windows in self._hours.days
        )

    def provisionally(self) -> WorkingCalendar:
        """The same calendar, answering for unpublished years as well."""
        twin = object.__new__(WorkingCalendar)
        twin.__dict__.update(self.__dict__, provisional=True, _span=None)
        return twin

    def is_provisional(self, instant: datetime) -> bool:
        """Whether an answer that reaches ``instant`` rests on an unpublished year."""
        year = instant.astimezone(self.timezone).year
        return self.official is not None and not self.official.is_published(year)

    # Days

    def is_working_day(self, day: date) -> bool:
        """Whether ``day`` is a working day.

        Precedence: company rest days, company extra days, the official calendar, the week.

        Raises:
            CalendarNotPublished: the official calendar does not know the year.
        """
        if day in self._rest:
            return False
        if day in self._extra:
            return True
        if self.official is not None and (
            self.official.is_published(day.year) or not self.provisional
        ):
            return self.official.is_working_day(day)
        if self._hours is not None:
            return bool(self._hours.days[day.weekday()])
        return day.weekday() < SATURDAY

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
        weekly = self._hours.days[day.weekday()]
        return weekly or self._hours.extra or ()

    def wall(self, day: date, microseconds: int) -> datetime:
        """The instant of a wall time; the next day's after 24:00, shifted forward in a gap."""
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall time
        local = (midnight + timedelta(microseconds=microseconds)).replace(tzinfo=self.timezone)
        return from_microseconds(to_microseconds(local), self.timezone)

    def end_of_day(self, day: date) -> datetime:
        """The last microsecond of a date, at its offset then: clocks may change at 24:00."""
        midnight = to_microseconds(self.wall(day, DAY_MICROSECONDS))
        return from_microseconds(midnight - 1, self.timezone)

    # Instants

    def is_open(self, instant: datetime) -> bool:
        """Whether ``instant`` lies in business hours; the opening does, the closing does not."""
        at = _aware_microseconds(instant)
        span = self._covering(at)
        index = bisect_right(span.opens, at) - 1
        return index >= 0 and at < span.closes[index]

    def next_open(self, instant: datetime) -> datetime:
        """``instant`` when it is in business hours, otherwise the next opening."""
        return self.add(instant, Working(0))

    def previous_close(self, instant: datetime) -> datetime:
        """The last closing at or before ``instant``; ``instant`` itself within business hours."""
        at = _aware_microseconds(instant)
        span = self._covering(at)
        while True:
            index = bisect_left(span.opens, at) - 1
            if index >= 0:
                return self._shown(span, index, min(at, span.closes[index]))
            span = self._extended(span, backwards=True)

    def add(self, instant: datetime, duration: Working | timedelta) -> datetime:
        """The instant when ``duration`` of working time has passed; negative goes back.

        Raises:
            NaiveDatetime: ``instant`` has no timezone.
            CalendarNotPublished: the answer lies in a year without an official calendar.
            TimeError: there is not that much working time in the next sixty years.
        """
        at = _aware_microseconds(instant)
        amount = working_microseconds(duration)
        span = self._span
        if span is None or not span.begins <= at < span.ends:
            span = self._covering(at)
        if amount == 0:
            while (index := bisect_right(span.closes, at)) == len(span.closes):
                span = self._extended(span)
            return self._shown(span, index, max(at, span.opens[index]))
        if amount > 0:
            while (target := span.worked_until(at) + amount) > span.total:
                span = self._extended(span)
            index = bisect_left(span.through, target)
        else:
            while (target := span.worked_until(at) + amount) < 0:
                span = self._extended(span, backwards=True)
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
        span = self._span
        if span is None or not span.begins <= first < span.ends > last >= span.begins:
            span = self._covering(first, last)
        return Working(span.worked_until(last) - span.worked_until(first))

    # Segments

    def segments(self, first_year: int, last_year: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The openings and closings of whole years, in microseconds since 1970 in UTC."""
        span = self._build(first_year, last_year)
        return span.opens, span.closes

    def _shown(self, span: _Span, index: int, microseconds: int) -> datetime:
        epoch = span.epochs[index]
        if epoch is None:  # the clocks change within this segment
            return from_microseconds(microseconds, self.timezone)
        return epoch + timedelta(0, 0, microseconds)

    def _check_extra_hours(self, hours: WeeklyHours) -> None:
        if hours.extra is None and any(
            windows is None and not hours.days[day.weekday()]
            for day, windows in self._extra.items()
        ):
            raise CalendarError(
                "an extra working day falls on a weekday without hours: "
                "give the hours of 'extra', or of that date"
            )
        if self.official is not None and hours.extra is None and not all(hours.days):
            raise CalendarError(
                "the official calendar has make-up working days, and some weekday has no hours: "
                "give the hours of 'extra'"
            )

    def _covering(self, *instants: int) -> _Span:
        """The segments of whole years that hold all the instants."""
        span = self._span
        if span is not None and all(span.begins <= at < span.ends for at in instants):
            return span
        years = [
            (EPOCH + timedelta(microseconds=at)).astimezone(self.timezone).year for at in instants
        ]
        first, last = min(years), max(years)
        if span is not None and (
            span.first_year - LONGEST_SEARCH_YEARS < first
            and last < span.last_year + LONGEST_SEARCH_YEARS
        ):
            # Of the years between those asked for before and now, some may not be published.
            with suppress(CalendarNotPublished):
                return self._remember(
                    self._build(min(span.first_year, first), max(span.last_year, last))
                )
        return self._remember(self._build(first, last))

    def _extended(self, span: _Span, *, backwards: bool = False) -> _Span:
        if span.last_year - span.first_year >= LONGEST_SEARCH_YEARS:
            raise TimeError(
                f"no such amount of working time between {span.first_year} and {span.last_year}: "
                f"check the calendar's rest days and the duration"
            )
        if backwards:
            return self._remember(self._build(span.first_year - 1, span.last_year))
        return self._remember(self._build(span.first_year, span.last_year + 1))

    def _remember(self, span: _Span) -> _Span:
        # One attribute is replaced by an equally true one: two threads may both build it.
        self._span = span
        return span

    def _build(self, first_year: int, last_year: int) -> _Span:
        opens: list[int] = []
        closes: list[int] = []
        epochs: list[datetime | None] = []
        day, last = date(first_year, 1, 1), date(last_year, 12, 31)
        # The night shift of New Year's Eve belongs to these years too.
        if self._hours is not None and self._hours.overnight:
            try:
                self.windows(day - timedelta(days=1))
                day -= timedelta(days=1)
            except CalendarNotPublished:
                pass
        zone = self.timezone.utcoffset
        morning = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall time
        offset = zone(morning) or timedelta()
        while day <= last:
            morning += _ONE_DAY
            next_offset = zone(morning) or timedelta()
            if windows := self.windows(day):
                midnight = (day.toordinal() - _EPOCH_ORDINAL) * DAY_MICROSECONDS - (
                    offset.days * DAY_MICROSECONDS + offset.seconds * 1_000_000
                )
                epoch = epoch_at(offset)
                for opening, closing in windows:
                    regular = offset == next_offset and closing <= DAY_MICROSECONDS
                    if regular:
                        begin, end = midnight + opening, midnight + closing
                    else:  # the clocks may change within this window
                        begin = to_microseconds(self.wall(day, opening))
                        end = to_microseconds(self.wall(day, closing))
                    if closes and begin <= closes[-1]:
                        closes[-1] = max(closes[-1], end)
                        epochs[-1] = epochs[-1] if epochs[-1] is epoch and regular else None
                    elif begin < end:
                        epochs.append(epoch if regular else None)
                        opens.append(begin)
                        closes.append(end)
            day += _ONE_DAY
            offset = next_offset
        before: list[int] = []
        through: list[int] = []
        total = 0
        for begin, end in zip(opens, closes, strict=True):
            before.append(total)
            total += end - begin
            through.append(total)
        return _Span(
            first_year,
            last_year,
            to_microseconds(self.wall(date(first_year, 1, 1), 0)),
            to_microseconds(self.wall(date(last_year, 12, 31), DAY_MICROSECONDS)),
            tuple(opens),
            tuple(closes),
            tuple(before),
            tuple(through),
            tuple(epochs),
            total,
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

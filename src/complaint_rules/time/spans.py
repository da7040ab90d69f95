"""Working time of whole years as sorted segments with prefix sums."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from complaint_rules.errors import CalendarNotPublished, TimeError
from complaint_rules.time.hours import Window
from complaint_rules.time.instants import (
    DAY_MICROSECONDS,
    EPOCH,
    epoch_at,
    to_microseconds,
    wall_time,
)

_ONE_DAY = timedelta(days=1)
_EPOCH_ORDINAL = EPOCH.toordinal()

LONGEST_SEARCH_YEARS = 60
"""A search for working time gives up after so many years, so that it costs bounded time."""
LONGEST_DISTANCE_YEARS = 2_500
"""Working time between instants is counted over at most so many years."""
LONGEST_SPAN_YEARS = 40
"""Instants so many years apart share the segments that are remembered; others have their own."""


@dataclass(frozen=True, slots=True)
class Span:
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


class Spans:
    """The spans of one calendar that are remembered, made when they are asked for.

    Two are, so that one instant of another century does not grow or displace the one in use.
    """

    def __init__(
        self,
        windows_of: Callable[[date], tuple[Window, ...]],
        timezone: ZoneInfo,
        *,
        overnight: bool,
    ) -> None:
        self._windows_of = windows_of
        self._overnight = overnight
        self.timezone = timezone
        self.current: Span | None = None
        self._before: Span | None = None
        self._totals: dict[int, int] = {}

    def build(self, first_year: int, last_year: int) -> Span:
        """The segments of some whole years, not remembered."""
        return _built(
            first_year, last_year, self._windows_of, self.timezone, overnight=self._overnight
        )

    def covering(self, *instants: int) -> Span:
        """The segments of whole years that hold all the instants."""
        for span in (self.current, self._before):
            if span is not None and all(span.begins <= at < span.ends for at in instants):
                return span if span is self.current else self._remember(span)
        years = [self._year_of(at) for at in instants]
        first, last = min(years), max(years)
        for span in (self.current, self._before):
            if span is not None and (
                max(span.last_year, last) - min(span.first_year, first) <= LONGEST_SPAN_YEARS
            ):
                # Of the years between those asked for before and now, some may not be published.
                with suppress(CalendarNotPublished):
                    wider = self.build(min(span.first_year, first), max(span.last_year, last))
                    return self._remember(wider, in_place_of=span)
        return self._remember(self.build(first, last))

    def extended(self, span: Span, at: int, *, backwards: bool = False) -> Span:
        """A span of more years in one direction, for what is searched for from an instant on."""
        since = self._year_of(at)
        reached = since - span.first_year if backwards else span.last_year - since
        if reached >= LONGEST_SEARCH_YEARS:
            raise TimeError(
                f"no such amount of working time within {LONGEST_SEARCH_YEARS} years of {since}: "
                f"check the calendar's rest days and the duration"
            )
        _require_year(span.first_year - 1 if backwards else span.last_year + 1)
        # By a share of what there is, so that a long search builds each year a few times only;
        # the next year alone where those after it are not published, or beyond all years.
        for more in (1 + (span.last_year - span.first_year) // 2, 1):
            first, last = span.first_year, span.last_year
            if backwards:
                first = max(first - more, date.min.year + 1)
            else:
                last = min(last + more, date.max.year - 1)
            try:
                return self._remember(self.build(first, last), in_place_of=span)
            except CalendarNotPublished:
                if more == 1:
                    raise
        raise AssertionError(span)  # pragma: no cover - the last of the two returns or raises

    def _remember(self, span: Span, *, in_place_of: Span | None = None) -> Span:
        # What two threads may replace at once is equally true, and at worst built once more.
        if self.current is not in_place_of:
            self._before = self.current
        self.current = span
        return span

    def _year_of(self, at: int) -> int:
        try:
            year = (EPOCH + timedelta(microseconds=at)).astimezone(self.timezone).year
        except OverflowError:
            year = date.max.year
        _require_year(year)
        return year

    def far_between(self, first: int, last: int) -> int:
        """The working time between instants of far years, year by year."""
        if first > last:
            return -self.far_between(last, first)
        years = range(self._year_of(first), self._year_of(last) + 1)
        if len(years) > LONGEST_DISTANCE_YEARS:
            raise TimeError(
                f"from {years[0]} to {years[-1]} are more than {LONGEST_DISTANCE_YEARS} years of "
                f"working time: check the dates"
            )
        begun, ended = self.build(years[0], years[0]), self.build(years[-1], years[-1])
        worked = begun.worked_until(begun.ends) - begun.worked_until(first)
        for year in years[1:-1]:
            if year not in self._totals:
                span = self.build(year, year)
                self._totals[year] = span.worked_until(span.ends) - span.worked_until(span.begins)
            worked += self._totals[year]
        return worked + ended.worked_until(last) - ended.worked_until(ended.begins)


def _require_year(year: int) -> None:
    if not date.min.year < year < date.max.year:
        raise TimeError(
            f"the year {year} is out of reach of a calendar, which knows the years 2 to 9998: "
            f"check the date and the duration"
        )


def _built(
    first_year: int,
    last_year: int,
    windows_of: Callable[[date], tuple[Window, ...]],
    timezone: ZoneInfo,
    *,
    overnight: bool,
) -> Span:
    """The segments of some whole years, from the windows of their days in wall time."""
    opens: list[int] = []
    closes: list[int] = []
    epochs: list[datetime | None] = []
    day, last = date(first_year, 1, 1), date(last_year, 12, 31)
    # The night shift of New Year's Eve belongs to these years too.
    if overnight:
        try:
            windows_of(day - _ONE_DAY)
            day -= _ONE_DAY
        except CalendarNotPublished:
            pass
    zone = timezone.utcoffset
    morning = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall time
    offset = zone(morning) or timedelta()
    next_offset = zone(morning + _ONE_DAY) or timedelta()
    morning += _ONE_DAY
    while day <= last:
        morning += _ONE_DAY
        offset_after = zone(morning) or timedelta()
        if windows := windows_of(day):
            midnight = (day.toordinal() - _EPOCH_ORDINAL) * DAY_MICROSECONDS - (
                offset.days * DAY_MICROSECONDS + offset.seconds * 1_000_000
            )
            epoch = epoch_at(offset)
            for opening, closing in windows:
                regular = offset == next_offset and (
                    closing <= DAY_MICROSECONDS or next_offset == offset_after
                )
                if regular:
                    begin, end = midnight + opening, midnight + closing
                else:  # the clocks may change within this window
                    begin = to_microseconds(wall_time(day, opening, timezone))
                    end = to_microseconds(wall_time(day, closing, timezone))
                if closes and begin <= closes[-1]:
                    closes[-1] = max(closes[-1], end)
                    epochs[-1] = epochs[-1] if epochs[-1] is epoch and regular else None
                elif begin < end:
                    epochs.append(epoch if regular else None)
                    opens.append(begin)
                    closes.append(end)
        day += _ONE_DAY
        offset, next_offset = next_offset, offset_after
    before: list[int] = []
    through: list[int] = []
    total = 0
    for begin, end in zip(opens, closes, strict=True):
        before.append(total)
        total += end - begin
        through.append(total)
    return Span(
        first_year,
        last_year,
        to_microseconds(wall_time(date(first_year, 1, 1), 0, timezone)),
        to_microseconds(wall_time(date(last_year, 12, 31), DAY_MICROSECONDS, timezone)),
        tuple(opens),
        tuple(closes),
        tuple(before),
        tuple(through),
        tuple(epochs),
        total,
    )

"""Business hours: windows of a day, and which windows a weekday has."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import gcd
from typing import Any, Final

from complaint_rules.errors import CalendarError, did_you_mean
from complaint_rules.time.durations import HOUR, MINUTE

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY: Final = 24 * HOUR

Window = tuple[int, int]
"""Opening and closing, in microseconds of wall time after midnight; an overnight window closes
after 24:00."""

MOST_WEEKS: Final = 52

_EVERY: Final = re.compile(r"every (\d{1,3}) weeks from (\d{4}-\d{2}-\d{2})")
_WINDOW = re.compile(r"(\d{1,2}):(\d{2}) ?(?:-|–) ?(\d{1,2}):(\d{2})")


def parse_window(text: str) -> Window:
    """Read ``"09:00-12:00"``; ``"22:00-06:00"`` runs into the next day.

    Raises:
        CalendarError: the text cannot be read, or the window is empty.

    >>> [moment // MINUTE for moment in parse_window("22:00-06:00")]
    [1320, 1800]
    """
    found = _WINDOW.fullmatch(text.strip())
    if not found:
        raise CalendarError(f"{text!r} is not a window of hours: write it like '09:00-12:00'")
    opens_hour, opens_minute, closes_hour, closes_minute = map(int, found.groups())
    opens = opens_hour * HOUR + opens_minute * MINUTE
    closes = closes_hour * HOUR + closes_minute * MINUTE
    if max(opens_minute, closes_minute) > 59 or opens >= DAY or closes > DAY:
        raise CalendarError(f"{text!r} is outside 00:00-24:00: write hours of one day")
    if opens == closes:
        raise CalendarError(f"{text!r} is an empty window: a whole day is written '00:00-24:00'")
    return opens, closes if closes > opens else closes + DAY


def read_windows(windows: Iterable[str]) -> tuple[Window, ...]:
    """Read the windows of one day, in order.

    Raises:
        CalendarError: two of them overlap.
    """
    read = sorted(parse_window(window) for window in windows)
    for (_, closes), (opens, _) in itertools.pairwise(read):
        if opens < closes:
            raise CalendarError(
                f"hours overlap: {', '.join(windows)}: leave a gap or join them into one window"
            )
    return tuple(read)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A weekday once in so many weeks; ``day`` is one of them."""

    weeks: int
    day: date

    def has(self, day: date) -> bool:
        return (day - self.day).days % (7 * self.weeks) == 0

    def meets(self, other: Rhythm) -> bool:
        """Whether some date has both."""
        return (self.day - other.day).days % (7 * gcd(self.weeks, other.weeks)) == 0


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """The windows of each weekday, Monday first, and those of an extra working day.

    ``nth`` has the windows of a weekday that is the so manieth of its month, as ``sat 1,3``, and
    ``alternate`` those of one that has them once in so many weeks.
    ``by_weekday`` tells whether the weekdays were named: then they are the organisation's week,
    and an official calendar only takes single dates out of it or adds some.
    """

    days: tuple[tuple[Window, ...], ...]
    extra: tuple[Window, ...] | None
    nth: Mapping[tuple[int, int], tuple[Window, ...]] = field(default_factory=dict)
    by_weekday: bool = False
    alternate: tuple[tuple[Rhythm, tuple[Window, ...]], ...] = ()

    def on(self, day: date) -> tuple[Window, ...]:
        """The windows of a date by the week alone."""
        weekday = day.weekday()
        if self.nth:
            dated = self.nth.get((weekday, (day.day + 6) // 7))
            if dated is not None:
                return dated
        for rhythm, windows in self.alternate:
            if rhythm.has(day):
                return windows
        return self.days[weekday]

    def all_of(self, weekday: int) -> list[tuple[Window, ...]]:
        """All windows that a weekday may have, whichever of its month it is."""
        dated = [windows for (of, _), windows in self.nth.items() if of == weekday]
        dated += [windows for one, windows in self.alternate if one.day.weekday() == weekday]
        return [self.days[weekday], *dated]

    @property
    def overnight(self) -> bool:
        """Whether some window runs into the next day."""
        return any(
            windows[-1][1] > DAY for day in range(7) for windows in self.all_of(day) if windows
        )

    @classmethod
    def read(cls, hours: Iterable[str] | Mapping[str, Iterable[str]]) -> WeeklyHours:
        """Read one list of windows for Monday to Friday, or a mapping from days to windows.

        A mapping's keys are ``mon`` … ``sun``, ranges such as ``mon-fri``, a weekday with the
        numbers it has in its month (``sat 1,3``: the first and the third) or with a rhythm (``sat
        every 2 weeks from 2026-01-03``, a date that has the hours; those before it have them too),
        and ``extra``: the hours of an extra working day (a make-up Saturday) on a weekday without
        hours.

        Raises:
            CalendarError: a day is unknown or named twice, or windows overlap.

        >>> WeeklyHours.read({"mon-thu": ["09:00-17:00"], "fri": ["09:00-12:00"]}).days[5]
        ()
        >>> odd = WeeklyHours.read({"mon-fri": ["09:00-17:00"], "sat 1,3": ["09:00-13:00"]})
        >>> [bool(odd.on(date(2026, 3, day))) for day in (7, 14, 21, 28)]
        [True, False, True, False]
        """
        if isinstance(hours, str):
            raise CalendarError(f"hours {hours!r} are one text: write a list, ['{hours}']")
        if not isinstance(hours, Mapping):
            office = read_windows(tuple(hours))
            return _checked(cls((office,) * 5 + ((), ()), office))
        days: dict[int, tuple[Window, ...]] = {}
        nth: dict[tuple[int, int], tuple[Window, ...]] = {}
        alternate: list[tuple[Rhythm, tuple[Window, ...]]] = []
        extra: tuple[Window, ...] | None = None
        for key, windows in hours.items():
            read = read_windows(tuple(windows))
            if key == "extra":
                extra = read
                continue
            name, _, numbers = str(key).partition(" ")
            if numbers.startswith("every "):
                alternate += [(one, read) for one in _rhythms(_weekdays(name, key), numbers, key)]
                continue
            for weekday in _weekdays(name, key):
                for number in _numbers(numbers, key):
                    if (weekday, number) in nth or (number is None and weekday in days):
                        raise CalendarError(f"{WEEKDAYS[weekday]} has hours twice: name it once")
                    if number is None:
                        days[weekday] = read
                    else:
                        nth[weekday, number] = read
        for number, (one, _) in enumerate(alternate):
            weekday = one.day.weekday()
            if any(of == weekday for of, _ in nth) or any(
                one.meets(other) for other, _ in alternate[:number]
            ):
                raise CalendarError(
                    f"{WEEKDAYS[weekday]} has hours twice on some dates: name them once"
                )
        week = tuple(days.get(weekday, ()) for weekday in range(7))
        return _checked(cls(week, extra, nth, by_weekday=True, alternate=tuple(alternate)))


def _checked(hours: WeeklyHours) -> WeeklyHours:
    if not any(windows for day in range(7) for windows in hours.all_of(day)):
        raise CalendarError("no weekday has any hours: give at least one window")
    for weekday in range(7):
        closes = max((w[-1][1] for w in hours.all_of(weekday) if w), default=0)
        opens = [w[0][0] for w in hours.all_of((weekday + 1) % 7) if w]
        if opens and closes - DAY > min(opens):
            raise CalendarError(
                f"the overnight hours of {WEEKDAYS[weekday]} overlap those of the next day: "
                f"end them where the next day's begin"
            )
    return hours


def _weekdays(name: str, key: object) -> list[int]:
    first, _, last = name.partition("-")
    for one in (first, last or first):
        if one not in WEEKDAYS:
            raise CalendarError(
                f"{key!r} is not a weekday{did_you_mean(one, WEEKDAYS)}: "
                f"use mon … sun, a range such as mon-fri, 'sat 1,3' (of a month), 'sat every 2 "
                f"weeks from 2026-01-03', or extra"
            )
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    if end < start:
        raise CalendarError(f"{key!r} runs backwards: name the earlier weekday first")
    return list(range(start, end + 1))


def _rhythms(weekdays: list[int], text: str, key: object) -> list[Rhythm]:
    """The rhythm of each weekday; the date is the first of them in a week that has the hours."""
    found = _EVERY.fullmatch(text)
    if found is None:
        raise CalendarError(
            f"{key!r} does not say which weeks: write a number and a date that has the hours, "
            f"'sat every 2 weeks from 2026-01-03'"
        )
    weeks = int(found[1])
    if not 2 <= weeks <= MOST_WEEKS:
        raise CalendarError(f"{key!r}: the number of weeks goes from 2 to {MOST_WEEKS}: correct it")
    try:
        day = date.fromisoformat(found[2])
    except ValueError:
        raise CalendarError(f"{key!r}: {found[2]} is no date there is: correct it") from None
    if day.weekday() != weekdays[0]:
        raise CalendarError(
            f"{key!r}: {day} is a {WEEKDAYS[day.weekday()]}: give the date of a "
            f"{WEEKDAYS[weekdays[0]]}"
        )
    return [Rhythm(weeks, day + timedelta(days=number)) for number in range(len(weekdays))]


def _numbers(text: str, key: object) -> list[int | None]:
    """Which weekdays of a month are meant: ``None`` stands for every one."""
    if not text:
        return [None]
    numbers = [part.strip() for part in text.split(",")]
    if any(number not in ("1", "2", "3", "4", "5") for number in numbers):
        raise CalendarError(
            f"{key!r} does not say which weekdays of a month: write numbers from 1 to 5, 'sat 1,3'"
        )
    return [int(number) for number in numbers]


def read_dates(days: Iterable[date], what: str) -> list[date]:
    """The days, when each of them is a date and no instant: of what zone would its day be?"""
    listed: list[Any] = [days] if isinstance(days, str | bytes | date) else list(days)
    for day in listed:
        if not isinstance(day, date) or isinstance(day, datetime):
            raise CalendarError(f"{what} has {day!r}, which is not a date: give date(2026, 1, 1)")
    return listed


def read_extra_days(
    days: Iterable[date] | Mapping[date, Iterable[str]],
) -> dict[date, tuple[Window, ...] | None]:
    """Extra working days, each with its hours where it has some of its own."""
    read_dates(days, "extra_days")
    if not isinstance(days, Mapping):
        return dict.fromkeys(days)
    extra: dict[date, tuple[Window, ...] | None] = {}
    for day, texts in days.items():
        windows = None if texts is None else read_windows(tuple(texts))
        if windows == ():
            raise CalendarError(
                f"extra_days gives {day} no windows: give its hours, or name the date alone"
            )
        extra[day] = windows
    return extra

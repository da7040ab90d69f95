"""Amounts of time. Each unit is a type of its own: none turns into another without a calendar, and
only amounts of one unit have an order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final, Literal

from complaint_rules.errors import DurationError, did_you_mean
from complaint_rules.frozen import frozen, frozen_in_order

MICROSECOND: Final = 1
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE


def _clock_text(microseconds: int, word: str) -> str:
    for size, unit in ((HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second")):
        if microseconds % size == 0 and (microseconds or unit == "minute"):
            amount = microseconds // size
            return f"{amount} {word} {unit}{'' if abs(amount) == 1 else 's'}"
    return f"{microseconds} {word} microseconds"


def _require_whole(amount: object, unit: str) -> None:
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise DurationError(
            f"{amount!r} {unit} is no whole number: give an int; "
            f"an hour and a half is hours=1, minutes=30"
        )


def _microseconds(hours: int, minutes: int, seconds: int) -> int:
    for amount, unit in ((hours, "hours"), (minutes, "minutes"), (seconds, "seconds")):
        _require_whole(amount, unit)
    return hours * HOUR + minutes * MINUTE + seconds * SECOND


@frozen_in_order
class Elapsed:
    """Clock time, counted in UTC whether anybody works or not.

    >>> print(Elapsed.of(minutes=90))
    90 elapsed minutes
    """

    microseconds: int

    def __post_init__(self) -> None:
        _require_whole(self.microseconds, "microseconds")

    @property
    def amount(self) -> int:
        return self.microseconds

    @classmethod
    def of(cls, *, hours: int = 0, minutes: int = 0, seconds: int = 0) -> Elapsed:
        return cls(_microseconds(hours, minutes, seconds))

    def __str__(self) -> str:
        return _clock_text(self.microseconds, "elapsed")


@frozen_in_order
class Working:
    """Time inside business hours on working days.

    >>> print(Working.of(hours=2))
    2 working hours
    """

    microseconds: int

    def __post_init__(self) -> None:
        _require_whole(self.microseconds, "microseconds")

    @property
    def amount(self) -> int:
        return self.microseconds

    @classmethod
    def of(cls, *, hours: int = 0, minutes: int = 0, seconds: int = 0) -> Working:
        return cls(_microseconds(hours, minutes, seconds))

    def __str__(self) -> str:
        return _clock_text(self.microseconds, "working")


@frozen_in_order
class CalendarDays:
    """Days of the calendar, working or not. A calendar week is seven of them."""

    days: int

    def __post_init__(self) -> None:
        _require_whole(self.days, "days")

    @property
    def amount(self) -> int:
        return self.days

    def __str__(self) -> str:
        return f"{self.days} calendar day{'' if self.days == 1 else 's'}"


@frozen_in_order
class CalendarMonths:
    """Months of the calendar; a month without the day ends on its last one (民法典 202)."""

    months: int

    def __post_init__(self) -> None:
        _require_whole(self.months, "months")

    @property
    def amount(self) -> int:
        return self.months

    def __str__(self) -> str:
        return f"{self.months} calendar month{'' if self.months == 1 else 's'}"


@frozen_in_order
class WorkingDays:
    """Days on which the calendar works, make-up working days (调休) included."""

    days: int

    def __post_init__(self) -> None:
        _require_whole(self.days, "days")

    @property
    def amount(self) -> int:
        return self.days

    def __str__(self) -> str:
        return f"{self.days} working day{'' if self.days == 1 else 's'}"


@frozen
class SameDay:
    """Until the end of the day on which the time limit starts."""

    @property
    def amount(self) -> int:
        return 0

    def __str__(self) -> str:
        return "same day"


CountedDays = CalendarDays | CalendarMonths | WorkingDays

MOST_PARTS: Final = 4


@frozen
class Compound:
    """Days and months one after the other: each part runs from the day on which the one before it
    ends. At least two, and neighbours are of different units.

    >>> print(Compound((CalendarMonths(12), CalendarDays(30))))
    12 calendar months and 30 calendar days
    """

    parts: tuple[CountedDays, ...]

    def __post_init__(self) -> None:
        if len(self.parts) < 2 or not all(isinstance(part, CountedDays) for part in self.parts):
            raise DurationError(
                f"{self.parts!r} are not several parts in days or months: give the one duration "
                f"there is, or parts such as (CalendarMonths(12), CalendarDays(30))"
            )
        if len(self.parts) > MOST_PARTS:
            raise DurationError(f"'{self}' has more than {MOST_PARTS} parts: write fewer")
        if any(type(one) is type(other) for one, other in pairwise(self.parts)):
            raise DurationError(f"'{self}' has two parts of one unit in a row: add them up")
        if min(part.amount for part in self.parts) < 0 < max(part.amount for part in self.parts):
            raise DurationError(f"'{self}' counts forward and back: write parts of one direction")

    @property
    def amount(self) -> int:
        """Negative where it counts back; there is no other meaning in the number."""
        return sum(part.amount for part in self.parts)

    def __str__(self) -> str:
        return " and ".join(map(str, self.parts))


Duration = Elapsed | Working | CalendarDays | CalendarMonths | WorkingDays | SameDay | Compound

CLOCK_TIME: Final = (Elapsed, Working)
"""The durations that end at an instant; all others end with a day."""

DurationUnit = Literal[
    "elapsed",
    "working",
    "calendar days",
    "calendar months",
    "working days",
    "same day",
    "several parts",
]
"""What a duration is counted in; "elapsed" and "working" are time by the clock."""


def unit_of(duration: Duration) -> DurationUnit:
    """What a duration is counted in.

    >>> unit_of(Elapsed.of(minutes=15))
    'elapsed'
    """
    match duration:
        case Elapsed():
            return "elapsed"
        case Working():
            return "working"
        case CalendarDays():
            return "calendar days"
        case CalendarMonths():
            return "calendar months"
        case WorkingDays():
            return "working days"
        case SameDay():
            return "same day"
        case Compound():
            return "several parts"


def parts_of(duration: Duration) -> tuple[Duration, ...]:
    """The parts of a duration, one after the other; most are their own only part."""
    return duration.parts if isinstance(duration, Compound) else (duration,)


CountedUnit = Literal["elapsed", "working", "calendar days", "calendar months", "working days"]
"""The units of which there may be any number."""


def duration_in(unit: CountedUnit, amount: int) -> Duration:
    """So much of a unit: microseconds of time by the clock, else days or months.

    >>> duration_in("working days", 3)
    WorkingDays(days=3)
    """
    match unit:
        case "elapsed":
            return Elapsed(amount)
        case "working":
            return Working(amount)
        case "calendar days":
            return CalendarDays(amount)
        case "calendar months":
            return CalendarMonths(amount)
        case "working days":
            return WorkingDays(amount)


_PATTERN = re.compile(r"(-?[0-9]{1,18}) +(?:([a-z]+) +)?([a-z]+)")
_UNITS: Final[dict[str, Callable[[int], Duration]]] = {
    "elapsed minute": lambda n: Elapsed(n * MINUTE),
    "elapsed hour": lambda n: Elapsed(n * HOUR),
    "elapsed second": lambda n: Elapsed(n * SECOND),
    "elapsed microsecond": Elapsed,
    "working minute": lambda n: Working(n * MINUTE),
    "working hour": lambda n: Working(n * HOUR),
    "working second": lambda n: Working(n * SECOND),
    "working microsecond": Working,
    "calendar day": CalendarDays,
    "calendar week": lambda n: CalendarDays(7 * n),
    "calendar month": CalendarMonths,
    "working day": WorkingDays,
}
_CHOICES = {
    "minute": "elapsed minutes or working minutes",
    "hour": "elapsed hours or working hours",
    "second": "elapsed seconds or working seconds",
    "day": "calendar days or working days",
    "week": "calendar weeks",
    "month": "calendar months",
}


def counted_back(duration: Duration) -> Duration | None:
    """The same amount counted back; ``same day`` has none.

    >>> counted_back(WorkingDays(2))
    WorkingDays(days=-2)
    """
    match duration:
        case Elapsed(amount) | Working(amount) | CalendarDays(amount):
            return type(duration)(-amount)
        case WorkingDays(amount) | CalendarMonths(amount):
            return type(duration)(-amount)
        case Compound(parts):
            return Compound(tuple(type(part)(-part.amount) for part in parts))
    return None


def parse_duration(text: str) -> Duration:
    """Read ``"30 working minutes"``, ``"3 calendar days"``, ``"same day"``, and several parts
    joined by ``and``: those of one unit are one amount, days and months run one after the other.

    Raises:
        DurationError: the text cannot be read, names a unit without saying which kind ("3 days"
            may be calendar or working days), or joins parts that do not go together.

    >>> parse_duration("3 working days")
    WorkingDays(days=3)
    >>> parse_duration("1 calendar week")
    CalendarDays(days=7)
    >>> parse_duration("1 calendar month and 3 calendar days")
    Compound(parts=(CalendarMonths(months=1), CalendarDays(days=3)))
    >>> parse_duration("3 days")
    Traceback (most recent call last):
    ...
    complaint_rules.DurationError: '3 days' is ambiguous: write calendar days or working days
    """
    words = " ".join(text.split())
    texts = f" {words} ".split(" and ")
    if len(texts) > 1:
        return _joined([_parse_part(part.strip()) for part in texts], words)
    return _parse_part(words, text)


def _joined(parts: list[Duration], text: str) -> Duration:
    """Parts that follow each other; neighbours of one unit add up."""
    units = {unit_of(part) for part in parts}
    if "same day" in units:
        raise DurationError(f"{text!r}: 'same day' is no part of a longer time: leave it out")
    if units == {"elapsed", "working"}:
        raise DurationError(f"{text!r} runs by two clocks: write elapsed or working time, not both")
    if units & {"elapsed", "working"} and len(units) > 1:
        raise DurationError(
            f"{text!r} mixes units: days end with a day and hours at an instant, so write all of "
            f"it in hours, or all in days and months"
        )
    merged = [parts[0]]
    for part in parts[1:]:
        kind: Any = type(part)
        same = kind is type(merged[-1])
        if same:
            merged[-1] = kind(merged[-1].amount + part.amount)
        else:
            merged.append(part)
    if len(merged) == 1:
        return merged[0]
    return Compound(tuple(part for part in merged if isinstance(part, CountedDays)))


def _parse_part(words: str, written: str | None = None) -> Duration:
    text = words if written is None else written
    if words == "same day":
        return SameDay()
    found = _PATTERN.fullmatch(words)
    if not found:
        raise DurationError(
            f"{text!r} is not a duration: write a whole number and a unit, "
            f"such as '30 elapsed minutes', '3 working days' or 'same day', and join several "
            f"by 'and'"
        )
    number, kind, unit = found.groups()
    unit = unit.removesuffix("s")
    if kind is None:
        if unit in _CHOICES:
            raise DurationError(f"{text!r} is ambiguous: write {_CHOICES[unit]}")
        raise DurationError(f"{text!r} has an unknown unit{did_you_mean(unit, _CHOICES)}")
    build = _UNITS.get(f"{kind} {unit}")
    if build is None:
        hint = did_you_mean(f"{kind} {unit}", _UNITS)
        raise DurationError(f"{text!r} has an unknown unit{hint}: use one of {', '.join(_UNITS)}")
    return build(int(number))

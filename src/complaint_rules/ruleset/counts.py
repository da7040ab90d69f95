"""Counts as they are after reading: what is counted of whom, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from complaint_rules.expressions import Meaning, Type
from complaint_rules.expressions.counts import Measure
from complaint_rules.ruleset.rules import Condition
from complaint_rules.time import DayCounting, Duration


@dataclass(frozen=True, slots=True)
class Cycle:
    """Periods of the calendar, each from its first day on: ``month`` and ``day`` begin a year."""

    unit: Literal["year", "quarter", "month"]
    month: int = 1
    day: int = 1

    def begin(self, of: date) -> date:
        """The first day of the period that a date lies in.

        >>> Cycle("year", 4, 1).begin(date(2026, 3, 31)), Cycle("quarter").begin(date(2026, 3, 31))
        (datetime.date(2025, 4, 1), datetime.date(2026, 1, 1))
        """
        match self.unit:
            case "month":
                return of.replace(day=1)
            case "quarter":
                return date(of.year, of.month - (of.month - 1) % 3, 1)
        begin = date(of.year, self.month, self.day)
        return begin if begin <= of else date(of.year - 1, self.month, self.day)

    def end(self, of: date) -> date:
        """The first day of the next period.

        >>> Cycle("quarter").end(date(2026, 11, 30)), Cycle("month").end(date(2026, 1, 31))
        (datetime.date(2027, 1, 1), datetime.date(2026, 2, 1))
        """
        months = {"year": 12, "quarter": 3, "month": 1}[self.unit]
        begin = self.begin(of)
        past = begin.month - 1 + months
        return date(begin.year + past // 12, past % 12 + 1, begin.day)

    def __str__(self) -> str:
        start = "" if (self.month, self.day) == (1, 1) else f" from {self.month:02}-{self.day:02}"
        return f"{self.unit}{start}"


@dataclass(frozen=True, slots=True)
class Count:
    """What a name counts, adds up, or has different values of.

    An event counts at an instant that is not after the limit ``within`` which starts with it, nor
    in another period of the ``cycle``, nor after an event ``since`` which sets it to nothing.
    """

    name: str
    measure: Measure
    of: tuple[str, ...]
    field: str | None
    type: Type
    """Of the count itself."""
    same: str | None
    within: Duration | None
    counting: DayCounting
    cycle: Cycle | None
    since: str | None
    condition: Condition | None
    over_history: bool
    title: Mapping[str, str]
    values: tuple[str, ...] = ()
    """All there can be of the field, where it is an enum."""

    @property
    def meaning(self) -> Meaning:
        return Meaning(self.type, self.title, has_bounds=True)

    @property
    def never_negative(self) -> bool:
        """Whether nothing that counts makes it less."""
        return self.measure != "sum" or self.type.name == "money"

"""The keys of tables: the values of each fall into as few slots as the rows tell apart.

A slot is each value that a row names, and each piece of a line that is cut where a band begins or
ends; so a value is looked up, and a cell compared, by whole numbers alone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from complaint_rules.expressions import Type, Value
from complaint_rules.money import EXACT, plain
from complaint_rules.time import Duration
from complaint_rules.time.instants import EPOCH, to_microseconds

Tick = int | Decimal
"""A value on the line of its type: numbers as they are, all else in its smallest unit."""


def say_value(value: Value) -> str:
    """A value of a key, as a file has it."""
    match value:
        case bool():
            return str(value).lower()
        case Decimal():
            return f"{EXACT.normalize(value):f}"
        case datetime():
            return value.isoformat()
    return str(value)


@dataclass(frozen=True, slots=True)
class Band:
    """Values from one bound to another; a bound that is ``None`` is open."""

    low: Value | None
    low_counts: bool
    high: Value | None
    high_counts: bool

    def __str__(self) -> str:
        bounds = []
        if self.low is not None:
            bounds.append(f"{'at_least' if self.low_counts else 'above'}: {say_value(self.low)}")
        if self.high is not None:
            bounds.append(f"{'at_most' if self.high_counts else 'below'}: {say_value(self.high)}")
        return f"{{{', '.join(bounds)}}}"

    @classmethod
    def exactly(cls, value: Value) -> Band:
        return cls(value, True, value, True)


def tick_of(value: Value, type_: Type) -> Tick:
    """Where a value lies on the line of its type."""
    match value:
        case datetime():
            return to_microseconds(value)
        case date():
            return value.toordinal()
        case Decimal() if type_.name == "money":
            return int(EXACT.scaleb(value, type_.places))
        case Decimal() | int():
            return value
    assert isinstance(value, Duration)  # noqa: S101 - no other type has an order
    return value.amount


def say_tick(tick: Tick, type_: Type) -> str:
    """A place on the line of a type, as an author writes it."""
    match type_.name:
        case "money":
            return plain(EXACT.scaleb(Decimal(tick), -type_.places))
        case "date":
            return date.fromordinal(int(tick)).isoformat()
        case "instant":
            return (EPOCH + timedelta(microseconds=int(tick))).isoformat()
        case "duration":
            return f"{tick} {'' if not type_.units else type_.units[0]}".strip()
        case _:
            return f"{tick:f}" if isinstance(tick, Decimal) else str(tick)


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key without order: a slot for each value that rows name, and one for all others."""

    name: str
    values: tuple[Value, ...]
    complete: bool
    """Whether there are no others."""
    slot_of: Mapping[Value, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "slot_of", {value: n for n, value in enumerate(self.values)})

    @property
    def slots(self) -> Sequence[int]:
        """The slots that some value falls into."""
        return range(len(self.values) + (not self.complete))

    @property
    def count(self) -> int:
        """How many numbers of slots there are."""
        return len(self.values) + 1

    def slot(self, value: Value) -> int:
        return self.slot_of.get(value, len(self.values))

    def say(self, slot: int) -> str:
        if slot == len(self.values):
            return f"{self.name} = any other"
        return f"{self.name} = {say_value(self.values[slot])}"


@dataclass(frozen=True, slots=True)
class OrderedKey:
    """A key with an order, cut where bands begin and end.

    On a ``dense`` line, where something lies between any two values, each edge is a slot of its
    own, and so is each piece between two. Else a slot reaches from one edge to below the next.
    """

    name: str
    type: Type
    edges: tuple[Tick, ...]
    dense: bool
    least: Tick | None = None
    most: Tick | None = None
    """The least and the largest value there is."""

    @property
    def slots(self) -> Sequence[int]:
        """The slots that some value falls into."""
        first = 0 if self.least is None else self.slot_at(self.least)
        last = self.count - 1 if self.most is None else self.slot_at(self.most)
        return range(first, last + 1)

    @property
    def count(self) -> int:
        """How many numbers of slots there are."""
        return len(self.edges) * (2 if self.dense else 1) + 1

    def slot(self, value: Value) -> int:
        return self.slot_at(tick_of(value, self.type))

    def slot_at(self, tick: Tick) -> int:
        if not self.dense:
            return bisect_right(self.edges, tick)
        place = bisect_left(self.edges, tick)
        return 2 * place + (place < len(self.edges) and self.edges[place] == tick)

    def slots_of(self, band: Band) -> range:
        """The slots that a band is made of; its bounds are edges."""
        low, high = bounds_of(band, self.type, dense=self.dense)
        if not self.dense:
            first = 0 if low is None else bisect_left(self.edges, low) + 1
            last = len(self.edges) if high is None else bisect_left(self.edges, high)
            return range(first, last + 1)
        first = 0 if low is None else self.slot_at(low) + (not band.low_counts)
        last = 2 * len(self.edges) if high is None else self.slot_at(high) - (not band.high_counts)
        return range(first, last + 1)

    def say(self, slot: int) -> str:
        name = self.name or "date"
        edges = self.edges
        if self.dense and slot % 2:
            return f"{name} = {say_tick(edges[slot // 2], self.type)}"
        place = slot // 2 if self.dense else slot
        low = edges[place - 1] if place else self.least
        high = edges[place] if place < len(edges) else None
        if not self.dense and low is not None and high is not None and low + 1 == high:
            return f"{name} = {say_tick(low, self.type)}"
        said = []
        if low is not None:
            word = "above" if self.dense and place else "at least"
            said.append(f"{word} {say_tick(low, self.type)}")
        if high is not None:
            said.append(f"below {say_tick(high, self.type)}")
        return f"{name} = {' and '.join(said) or 'anything'}"


def bounds_of(band: Band, type_: Type, *, dense: bool) -> tuple[Tick | None, Tick | None]:
    """Where a band is cut off: on a line of whole numbers from the first to below the second."""
    low = None if band.low is None else tick_of(band.low, type_)
    high = None if band.high is None else tick_of(band.high, type_)
    if dense:
        return low, high
    return (
        low if low is None or band.low_counts else low + 1,
        high if high is None or not band.high_counts else high + 1,
    )


Key = ListedKey | OrderedKey

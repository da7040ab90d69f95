"""Tables: values by keys, each a fact of the case, and perhaps by date.

The values of a key fall into as few slots as the rows tell apart: each value that a row names,
each piece of a line that is cut where a band begins or ends. A cell is one slot of every key, so a
value is looked up and a cell compared by whole numbers alone, however its row is written.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from math import prod

from complaint_rules.expressions import Type, Value
from complaint_rules.money import EXACT, NOTHING, ZERO, Interval, plain
from complaint_rules.time import Duration
from complaint_rules.time.instants import EPOCH, to_microseconds

TableValue = Value | Interval
Tick = int | Decimal
"""A value on the line of its type: numbers as they are, all else in its smallest unit."""

Slots = tuple[int | None, ...]
"""The slot of each key, ``None`` where the key has no value."""


@dataclass(frozen=True, slots=True)
class Band:
    """Values from one bound to another; a bound that is ``None`` is open."""

    low: Value | None
    low_counts: bool
    high: Value | None
    high_counts: bool

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
        value = self.values[slot]
        return f"{self.name} = {str(value).lower() if isinstance(value, bool) else value}"


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
Wanted = tuple[tuple[str, tuple[Value | Band, ...]], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What a row says: a value for some keys, each of one of several values or bands.

    One that wants nothing at all holds where no other does (``otherwise``).
    """

    wanted: Wanted
    first: date
    last: date
    value: TableValue


@dataclass(frozen=True, slots=True)
class Choice:
    """The values that a table may give, ``None`` among them where a cell is empty; and the keys
    that have to be known first (the date is ``""``).
    """

    values: tuple[TableValue | None, ...]
    keys: tuple[str, ...] = ()

    @property
    def value(self) -> TableValue | None:
        """The value, where it is known."""
        return None if self.keys or len(self.values) > 1 else self.values[0]

    @property
    def hull(self) -> Interval | None:
        """The bounds of an amount; ``None`` where it may have no value at all."""
        hull: Interval | None = None
        for value in self.values:
            if value is None:
                return None
            amount = value if isinstance(value, Interval) else Interval.exactly(value)  # type: ignore[arg-type]
            hull = amount if hull is None else hull.hull(amount)
        return hull


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by cells. ``dated`` tables have the date as their last key.

    In one that counts ``each_band`` the rows give the rates of the parts of an amount, which is
    the key of that number.
    """

    keys: tuple[Key, ...]
    rows: tuple[Row, ...]
    cells: Mapping[tuple[int, ...], int]
    otherwise: int | None
    dated: bool
    each_band: int | None = None

    def slots(self, values: Sequence[Value | None]) -> Slots:
        """The slot of the value of each key."""
        return tuple(
            None if value is None else key.slot(value)
            for key, value in zip(self.keys, values, strict=True)
        )

    def row(self, cell: tuple[int, ...]) -> int | None:
        """The row that holds in a cell, if any does."""
        return self.cells.get(cell, self.otherwise)

    def choose(self, values: Sequence[Value | None]) -> Choice:
        """What it may say of the values of its keys, some of which may be missing."""
        slots = self.slots(values)
        if self.each_band is not None:
            return self.tariff(slots, values[self.each_band])
        if None not in slots:
            row = self.row(slots)  # type: ignore[arg-type]
            return Choice((None if row is None else self.rows[row].value,))
        return self.choose_among(slots)

    def choose_among(self, slots: Slots) -> Choice:
        """What it may say where the slots of some keys are not known."""
        found = {cell: self._value(row) for cell, row in self._possible(slots)}
        rest = self._value(self.otherwise)
        possible = dict.fromkeys(found.values())
        if len(found) < self._count(slots):
            possible[rest] = None
        if len(possible) == 1:
            return Choice(tuple(possible))
        keys = tuple(
            key.name
            for n, key in enumerate(self.keys)
            if slots[n] is None and _matters(n, found, len(key.slots), rest)
        )
        return Choice(tuple(possible), keys)

    def rows_of(self, values: Sequence[Value | None]) -> set[int]:
        """The rows that may hold for the values of the keys."""
        slots = self.slots(values)
        if self.each_band is not None:
            slots = (*slots[: self.each_band], None, *slots[self.each_band + 1 :])
        found = dict(self._possible(slots))
        rows = set(found.values())
        if self.otherwise is not None and len(found) < self._count(slots):
            rows.add(self.otherwise)
        return rows

    def _value(self, row: int | None) -> TableValue | None:
        return None if row is None else self.rows[row].value

    def _count(self, slots: Slots) -> int:
        """How many cells are possible."""
        return prod(
            len(key.slots) for key, slot in zip(self.keys, slots, strict=True) if slot is None
        )

    def _possible(self, slots: Slots) -> Iterator[tuple[tuple[int, ...], int]]:
        """The cells that rows fill, as far as they are possible."""
        if self._count(slots) > len(self.cells):
            for cell, row in self.cells.items():
                if all(
                    own in key.slots if slot is None else own == slot
                    for key, slot, own in zip(self.keys, slots, cell, strict=True)
                ):
                    yield cell, row
            return
        ranges: list[Iterable[int]] = [
            key.slots if slot is None else (slot,)
            for key, slot in zip(self.keys, slots, strict=True)
        ]
        for cell in product(*ranges):
            if cell in self.cells:
                yield cell, self.cells[cell]

    # Each band

    def tariff(self, slots: Slots, value: Value | None) -> Choice:
        """The sum of what is due on each part of an amount, at the rate of its band."""
        number = self.each_band
        assert number is not None  # noqa: S101 - the caller has looked
        others: list[Iterable[int]] = [
            (0,) if n == number else key.slots if slot is None else (slot,)
            for n, (key, slot) in enumerate(zip(self.keys, slots, strict=True))
        ]
        sums: dict[tuple[int, ...], TableValue | None] = {}
        for cell in product(*others):
            rates = self.rates(cell)
            sums[cell] = None if rates is None else due_on(rates, value)
        distinct = tuple(dict.fromkeys(sums.values()))
        keys = [
            key.name
            for n, key in enumerate(self.keys)
            if slots[n] is None and n != number and _matters(n, sums)
        ]
        if value is None and distinct != (NOTHING,):
            keys.append(self.keys[number].name)
        return Choice(distinct, tuple(keys))

    @property
    def places(self) -> int:
        """The decimal places of the amount of which each band is counted."""
        key = self.keys[self.each_band or 0]
        return key.type.places if isinstance(key, OrderedKey) else 0

    def rates(self, cell: tuple[int, ...]) -> list[tuple[Decimal, Decimal | None, Interval]] | None:
        """The bands for a cell of the other keys: from, to, rate; ``None`` where one is empty."""
        number = self.each_band
        assert number is not None  # noqa: S101 - the caller has looked
        key = self.keys[number]
        assert isinstance(key, OrderedKey)  # noqa: S101 - the compiler wants an amount
        edges = [edge for edge in key.edges if edge > 0]
        amounts = [EXACT.scaleb(Decimal(edge), -key.type.places) for edge in edges]
        found: list[tuple[Decimal, Decimal | None, Interval]] = []
        for tick, low, high in zip([0, *edges], [ZERO, *amounts], [*amounts, None], strict=True):
            slot = key.slot_at(tick)
            row = self.row((*cell[:number], slot + slot % 2, *cell[number + 1 :]))
            if row is None:
                return None
            rate = self.rows[row].value
            assert isinstance(rate, Interval)  # noqa: S101 - the compiler read a percentage
            found.append((low, high, rate))
        return found


def _matters(
    number: int,
    values: Mapping[tuple[int, ...], TableValue | None],
    size: int = 0,
    otherwise: TableValue | None = None,
) -> bool:
    """Whether the value changes with one key alone, of which there are ``size`` slots."""
    lines: dict[tuple[int, ...], list[TableValue | None]] = {}
    for cell, value in values.items():
        lines.setdefault((*cell[:number], *cell[number + 1 :]), []).append(value)
    for line in lines.values():
        if len(line) < size:
            line.append(otherwise)
        if any(value != line[0] for value in line):
            return True
    return False


def due_on(
    rates: Iterable[tuple[Decimal, Decimal | None, Interval]], value: Value | None
) -> Interval:
    """What is due on an amount by bands; on one that is not known, whatever it may be."""
    total = NOTHING
    for low, high, rate in rates:
        if value is None:
            most: Decimal | None = None if rate.maximum else ZERO
            if high is not None and rate.maximum is not None:
                most = EXACT.multiply(EXACT.subtract(high, low), rate.maximum)
            total = total + Interval(ZERO, most)
            continue
        assert isinstance(value, Decimal)  # noqa: S101 - an amount
        top = value if high is None else min(value, high)
        if top > low:
            total = total + rate.scaled(EXACT.subtract(top, low))
    return total

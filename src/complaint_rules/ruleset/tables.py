"""Tables: values by keys, each a fact of the case, and perhaps by date.

A cell is one slot of every key, however the row that fills it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import product
from math import prod
from typing import Any

from complaint_rules.expressions import Value
from complaint_rules.money import EXACT, NOTHING, ZERO, Interval
from complaint_rules.ruleset.table_keys import Band, Key, OrderedKey, say_value

TableValue = Value | Interval
Slots = tuple[int | None, ...]
"""The slot of each key, ``None`` where the key has no value."""

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


def written(row: Row) -> str:
    """The keys of a row as a file has them: ``{priority: p1, uptime: {at_least: 99}}``.

    >>> written(Row((("grade", ("low", "middle")), ("urgent", (True,))), date.min, date.max, 1))
    '{grade: [low, middle], urgent: true}'
    """
    if not row.wanted:
        return "{otherwise}"
    parts = []
    for key, wanted in row.wanted:
        values = [str(one) if isinstance(one, Band) else say_value(one) for one in wanted]
        several = f"[{', '.join(values)}]"
        parts.append(f"{key}: {values[0] if len(values) == 1 else several}")
    dates = (("from", row.first, date.min), ("until", row.last, date.max))
    parts += [f"{word}: {day}" for word, day, always in dates if day != always]
    return f"{{{', '.join(parts)}}}"


def values_named(rows: Iterable[Row]) -> Iterator[tuple[str, Value]]:
    """Each key with the values that rows name, and the bounds of their bands."""
    for row in rows:
        for key, wanted in row.wanted:
            for one in wanted:
                bounds = (one.low, one.high) if isinstance(one, Band) else (one,)
                yield from ((key, bound) for bound in bounds if bound is not None)


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
        return self.values[0] if len(self.values) == 1 and not self.keys else None

    @property
    def extremes(self) -> tuple[TableValue, ...]:
        """The least and the largest of ordered values; none where one may be missing, or where
        they are durations of several units.
        """
        known = [value for value in self.values if value is not None]
        if len(known) < len(self.values):
            return ()
        if self.hulls:
            return () if self.hull is None else (self.hull,)
        if len({type(value) for value in known}) > 1:
            return ()
        ordered: Any = known
        return (min(ordered), max(ordered))

    @property
    def hulls(self) -> bool:
        """Whether the values are amounts or rates, which may be ranges."""
        return any(isinstance(value, Interval) for value in self.values)

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
    _chosen: dict[Slots, Choice] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What was chosen among several cells, each time looked through once."""

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
        choice = self._chosen.get(slots)
        if choice is None:
            choice = self._chosen[slots] = self._look_through(slots)
        return choice

    def _look_through(self, slots: Slots) -> Choice:
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

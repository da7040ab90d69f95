"""Tables of parameters for many cases at once: slots and cells as columns of whole numbers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import prod

import numpy as np
import polars as pl

from complaint_rules.columns.log import Rows
from complaint_rules.columns.missing import Codes, MissingNames
from complaint_rules.columns.nullable import Mask, physical
from complaint_rules.columns.values import constant, value_of
from complaint_rules.expressions import Type, Value
from complaint_rules.expressions.types import ORDERED
from complaint_rules.money import Interval
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.table_keys import Key, ListedKey, OrderedKey
from complaint_rules.ruleset.tables import Choice, Table
from complaint_rules.time.instants import EPOCH
from complaint_rules.time.limit_columns import NONE

UNKNOWN = -1
Rates = list[tuple[Decimal, Decimal | None, Interval]]
EPOCH_ORDINAL = EPOCH.date().toordinal()


@dataclass(slots=True)
class ParameterColumn:
    """The value of a parameter for each case, as a position in ``values``; -1 where it is not
    known. ``least`` and ``most`` are positions of the bounds that are known all the same.
    """

    codes: Rows
    values: list[Value | Interval]
    missing: Codes
    least: Rows
    most: Rows


@dataclass(slots=True)
class _Values:
    """Values, each with a number."""

    all: list[Value | Interval] = field(default_factory=list)
    _numbers: dict[Value | Interval, int] = field(default_factory=dict)

    def number(self, value: Value | Interval | None) -> int:
        if value is None:
            return UNKNOWN
        if value not in self._numbers:
            self._numbers[value] = len(self.all)
            self.all.append(value)
        return self._numbers[value]


class TableColumns:
    """Looks up one table for all cases. ``column`` gives the values of a key, ``days`` the dates by
    which a parameter is chosen.
    """

    def __init__(
        self,
        parameter: Parameter,
        table: Table,
        column: Callable[[str], pl.Series],
        days: Rows | None,
    ) -> None:
        self.parameter, self.table, self.column = parameter, table, column
        parts = [slots_of(key, column(key.name)) for key in table.keys if key.name]
        if table.dated:
            assert days is not None  # noqa: S101 - dated tables need them
            parts.append(_slots_of_days(table.keys[-1], days))
        self.slots = parts
        self.ordered = parameter.type in ORDERED

    def look_up(self, missing: MissingNames, dating: str) -> ParameterColumn:
        """The value for each case, and what is missing to know it."""
        if self.table.each_band is not None:
            return self._tariff(missing, dating)
        values = _Values()
        whole = np.ones(len(self.slots[0]), dtype=bool)
        for part in self.slots:
            whole &= part != UNKNOWN
        codes = np.full(len(whole), UNKNOWN, dtype=np.int64)
        codes[whole] = self._numbers_of_cells(values)[self._cells(np.flatnonzero(whole))]
        least, most = codes.copy(), codes.copy()
        absent = np.zeros(len(whole), dtype=np.int32)
        absent[codes == UNKNOWN] = missing.code([self.parameter.name])
        for rows, slots in self._gaps(~whole):
            choice = self.table.choose_among(slots)
            codes[rows] = values.number(choice.value)
            extremes = choice.extremes if self.ordered or choice.hulls else ()
            if extremes:
                least[rows], most[rows] = (values.number(extremes[end]) for end in (0, -1))
            if choice.keys:
                absent[rows] = missing.code([key or dating for key in choice.keys])
            elif choice.value is not None:
                absent[rows] = 0
        return ParameterColumn(codes, values.all, absent, least, most)

    def _tariff(self, missing: MissingNames, dating: str) -> ParameterColumn:
        """A tariff has no value here; its amounts are worked out in ``amounts``."""
        unknown = np.full(len(self.slots[0]), UNKNOWN, dtype=np.int64)
        absent = np.zeros(len(unknown), dtype=np.int32)
        for rows, choice in self.tariff_gaps():
            absent[rows] = missing.code([key or dating for key in choice.keys])
        return ParameterColumn(unknown, [], absent, unknown, unknown)

    def tariff_gaps(self) -> Iterator[tuple[Rows, Choice]]:
        """The rows of a tariff in which a key is missing, with what may be due."""
        number = self.table.each_band
        assert number is not None  # noqa: S101 - the caller has looked
        amounts = physical(self.column(self.table.keys[number].name))
        parts = [amounts if n == number else part for n, part in enumerate(self.slots)]
        known = [part != (NONE if n == number else UNKNOWN) for n, part in enumerate(parts)]
        type_ = Type("money", places=self.table.places)
        for rows, cell in _alike(parts, ~np.logical_and.reduce(known)):
            slots = tuple(None if slot in (UNKNOWN, NONE) else slot for slot in cell)
            value = None if cell[number] == NONE else value_of(cell[number], type_)
            yield rows, self.table.tariff(slots, value)

    def tariffs(self) -> tuple[Rows, list[tuple[Rows, Rates]]]:
        """The amounts, and the rows with the same bands where all keys are known."""
        number = self.table.each_band
        assert number is not None  # noqa: S101 - the caller has looked
        amounts = physical(self.column(self.table.keys[number].name))
        parts = [np.zeros_like(part) if n == number else part for n, part in enumerate(self.slots)]
        known = np.logical_and.reduce([part != UNKNOWN for part in self.slots])
        groups = []
        for rows, cell in _alike(parts, known):
            rates = self.table.rates(tuple(cell))
            if rates is not None:
                groups.append((rows, rates))
        return amounts, groups

    def _numbers_of_cells(self, values: _Values) -> Rows:
        """The number of the value of each cell that a row fills, then that of all others."""
        rows = [values.number(row.value) for row in self.table.rows]
        rest = UNKNOWN if self.table.otherwise is None else rows[self.table.otherwise]
        return np.array([*(rows[row] for row in self.table.cells.values()), rest], dtype=np.int64)

    def _cells(self, rows: Rows) -> Rows:
        """The position of the cell of each row among those that are filled, else their count."""
        sizes = [key.count for key in self.table.keys]
        filled = list(self.table.cells)
        if prod(sizes) >= 2**62:  # too many to number: only those that there are
            together = np.stack([part[rows] for part in self.slots], axis=1)
            distinct, inverse = np.unique(together, axis=0, return_inverse=True)
            place = {cell: number for number, cell in enumerate(filled)}
            cells = [place.get(tuple(cell), len(filled)) for cell in distinct.tolist()]
            return np.array(cells, dtype=np.int64)[inverse.reshape(-1)]
        wanted = np.zeros(len(rows), dtype=np.int64)
        numbers = np.zeros(len(filled), dtype=np.int64)
        slots = np.array(filled, dtype=np.int64).reshape(len(filled), len(sizes))
        for axis, (part, size) in enumerate(zip(self.slots, sizes, strict=True)):
            wanted = wanted * size + part[rows]
            numbers = numbers * size + slots[:, axis]
        order = np.argsort(numbers, kind="stable")
        ordered = numbers[order]
        found: Rows = np.full(len(rows), len(filled), dtype=np.int64)
        if not filled:
            return found
        inside = np.minimum(np.searchsorted(ordered, wanted), len(filled) - 1)
        there = ordered[inside] == wanted
        found[there] = order[inside[there]]
        return found

    def _gaps(self, where: Mask) -> Iterator[tuple[Rows, tuple[int | None, ...]]]:
        for rows, cell in _alike(self.slots, where):
            yield rows, tuple(None if slot == UNKNOWN else slot for slot in cell)


def _alike(parts: Sequence[Rows], where: Mask) -> Iterator[tuple[Rows, list[int]]]:
    """Some of the rows, together those that have the same numbers in all parts."""
    rows = np.flatnonzero(where)
    if not len(rows):
        return
    together = np.stack([part[rows] for part in parts], axis=1)
    distinct, inverse = np.unique(together, axis=0, return_inverse=True)
    group = inverse.reshape(-1)
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(len(distinct) + 1))
    for number, cell in enumerate(distinct.tolist()):
        yield rows[order[bounds[number] : bounds[number + 1]]], cell


def slots_of(key: Key, column: pl.Series) -> Rows:
    """The slot of each value of a key, -1 where it has none."""
    if isinstance(key, ListedKey):
        return _listed(key, column)
    if key.type.name == "number":
        return _dense(key, column)
    whole = physical(column.cast(pl.Int64))
    scale = constant(Decimal(1), key.type) // 10**key.type.places if key.type.name == "money" else 1
    if key.type.name == "date":
        whole = np.where(whole == NONE, NONE, whole + EPOCH_ORDINAL)
    edges = np.array([int(edge) * scale for edge in key.edges], dtype=np.int64)
    found: Rows = np.searchsorted(edges, whole, side="right")
    if key.dense:
        place = np.searchsorted(edges, whole, side="left")
        found = place + found  # one more on an edge than before it
    return np.where(whole == NONE, UNKNOWN, found)


def _listed(key: ListedKey, column: pl.Series) -> Rows:
    rest = len(key.values)
    if column.dtype == pl.Boolean:
        found = np.where(column.fill_null(value=False).to_numpy(), key.slot(True), key.slot(False))
    elif isinstance(column.dtype, pl.Enum):
        members = column.dtype.categories.to_list()
        table = np.array([key.slot(member) for member in members], dtype=np.int64)
        found = table[column.to_physical().fill_null(0).to_numpy()]
    else:
        numbers = pl.Series(list(range(rest)), dtype=pl.Int64)
        known = column.replace_strict(
            list(key.values), numbers, default=rest, return_dtype=pl.Int64
        )
        found = known.fill_null(rest).to_numpy()
    return np.where(column.is_null().to_numpy(), UNKNOWN, found).astype(np.int64)


def _dense(key: OrderedKey, column: pl.Series) -> Rows:
    """Numbers are floats here; one that equals the float of an edge need not equal the edge."""
    edges = [Decimal(edge) for edge in key.edges]
    floats = sorted({float(edge) for edge in edges})
    values = column.fill_null(0.0).to_numpy()
    if not floats:
        return np.where(column.is_null().to_numpy(), UNKNOWN, 0).astype(np.int64)
    exact = np.array([key.slot(Decimal(repr(number))) for number in floats], dtype=np.int64)
    of_edges = [float(edge) for edge in edges]
    between = [0, *(2 * bisect_right(of_edges, number) for number in floats)]
    ordered = np.array(floats, dtype=np.float64)
    place = np.searchsorted(ordered, values, side="left")
    inside = np.minimum(place, len(floats) - 1)
    on = (place < len(floats)) & (ordered[inside] == values)
    found = np.where(on, exact[inside], np.array(between, dtype=np.int64)[place])
    return np.where(column.is_null().to_numpy(), UNKNOWN, found)


def _slots_of_days(key: Key, days: Rows) -> Rows:
    assert isinstance(key, OrderedKey)  # noqa: S101 - dates have an order
    edges = np.array([int(edge) - EPOCH_ORDINAL for edge in key.edges], dtype=np.int64)
    found: Rows = np.searchsorted(edges, days, side="right")
    return np.where(days == NONE, UNKNOWN, found)


__all__ = ["ParameterColumn", "TableColumns", "slots_of"]

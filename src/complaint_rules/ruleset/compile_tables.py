"""Tables of parameters, from the rows of a document: each read, none overlapping, none missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product
from math import prod
from typing import Any, Final

from complaint_rules.errors import ComplaintRulesError, did_you_mean
from complaint_rules.expressions import DATE, Type, Value, read_value
from complaint_rules.expressions.types import ORDERED
from complaint_rules.ruleset.amounts import AmountError
from complaint_rules.ruleset.problems import Problems
from complaint_rules.ruleset.source import Path
from complaint_rules.ruleset.table_keys import Band, Key, ListedKey, OrderedKey, bounds_of
from complaint_rules.ruleset.tables import Row, Table, TableValue

MOST_CELLS: Final = 200_000
MOST_REPORTED: Final = 10
"""So many overlaps of one table are shown."""

_LOWER: Final = ("at_least", "above")
_UPPER: Final = ("below", "at_most")
_BOUNDS: Final = (*_LOWER, *_UPPER)
_OF_ROWS: Final = ("is", "otherwise", "from", "until")


@dataclass(slots=True)
class _Read:
    """A row as read; ``path`` is where it stands."""

    path: Path
    row: Row
    otherwise: bool


@dataclass(slots=True)
class TableReader:
    """Reads the table of one parameter. ``read`` makes a value of what a row gives."""

    name: str
    types: Mapping[str, Type]
    read: Callable[[Any], TableValue]
    in_force: tuple[date, date]
    problems: Problems
    each_band: str | None = None

    def table(self, rows: list[dict[str, Any]]) -> Table | None:
        """The table; ``None`` where something was wrong with it, which is reported."""
        before = len(self.problems.found)
        found = [one for n, row in enumerate(rows) if (one := self._row(row, n)) is not None]
        if len(self.problems.found) > before:
            return None
        keys = [self._key(name, type_, found) for name, type_ in self.types.items()]
        dated = any((one.row.first, one.row.last) != (date.min, date.max) for one in found)
        if dated:
            keys.append(_date_key(found, self.in_force))
        cells = self._cells(found, keys, dated=dated)
        otherwise = next((n for n, one in enumerate(found) if one.otherwise), None)
        table = Table(
            tuple(keys),
            tuple(one.row for one in found),
            cells,
            otherwise,
            dated,
            None if self.each_band is None else list(self.types).index(self.each_band),
        )
        if otherwise is None and (self.each_band or any("is" in row for row in rows)):
            self._refuse_gaps(table)
        return None if len(self.problems.found) > before else table

    # Rows

    def _row(self, row: dict[str, Any], number: int) -> _Read | None:
        path: Path = ("parameters", self.name, "table", number)
        try:
            return self._read_row(row, path)
        except _Wrong as wrong:
            self.problems.report((*path, *wrong.path), str(wrong))
        except (ComplaintRulesError, AmountError, ValueError) as error:
            self.problems.report(path, str(error))
        return None

    def _read_row(self, row: dict[str, Any], path: Path) -> _Read:
        if "is" not in row and "otherwise" not in row and "at" in row:
            return self._old_row(row, path)
        if "otherwise" in row:
            if len(row) > 1:
                raise _Wrong(
                    "'otherwise' holds where no other row does: it stands alone in its row"
                )
            return _Read(path, Row((), date.min, date.max, self.read(row["otherwise"])), True)
        if "is" not in row:
            raise _Wrong(
                "the row says no value: give what it is, such as "
                f"{{{next(iter(self.types))}: …, is: …}}, or {{otherwise: …}}"
            )
        wanted = tuple(
            (name, self._wanted(name, row[name]))
            for name in row
            if name not in _OF_ROWS and self._known_key(name)
        )
        first, last = _dates(row.get("from"), row.get("until"))
        return _Read(path, Row(wanted, first, last, self.read(row["is"])), False)

    def _known_key(self, name: str) -> bool:
        if name not in self.types:
            known = [*self.types, *_OF_ROWS]
            raise _Wrong(
                f"{name!r} is no key of the table{did_you_mean(name, known)}: "
                f"its keys are {', '.join(self.types)}",
                (name,),
            )
        return True

    def _old_row(self, row: dict[str, Any], path: Path) -> _Read:
        """``at`` gives a value for each key, in their order."""
        for name in row:
            if name not in ("at", "value", "from", "until"):
                known = ("at", "value", "from", "until", "is")
                hint = did_you_mean(name, known)
                raise _Wrong(f"the key {name!r} is unknown{hint}: remove it", (name,))
        at = row["at"]
        if not isinstance(at, list) or len(at) != len(self.types):
            count = len(at) if isinstance(at, list) else "no list of"
            raise _Wrong(f"'at' has {count} values for {len(self.types)} keys: give one each")
        if "value" not in row:
            raise _Wrong("the row says no value: give its value")
        wanted = tuple(
            (name, (read_value(value, type_, f"key {name}"),))
            for (name, type_), value in zip(self.types.items(), at, strict=True)
        )
        first, last = _dates(row.get("from"), row.get("until"))
        return _Read(path, Row(wanted, first, last, self.read(row["value"])), False)

    def _wanted(self, name: str, given: Any) -> tuple[Value | Band, ...]:
        """The values or bands of a key that a row is for."""
        several = given if isinstance(given, list) else [given]
        if not several:
            raise _Wrong(f"{name!r} has no value: give one, or leave the key out for any", (name,))
        found: list[Value | Band] = []
        for one in several:
            wanted = self._band(name, one) if isinstance(one, dict) else self._value(name, one)
            if wanted in found:
                raise _Wrong(f"it says {one} twice: remove one", (name,))
            found.append(wanted)
        return tuple(found)

    def _value(self, name: str, given: Any) -> Value:
        try:
            return read_value(given, self.types[name], name)
        except ComplaintRulesError as error:
            raise _Wrong(str(error), (name,)) from None

    def _band(self, name: str, given: dict[str, Any]) -> Band:
        type_ = self.types[name]
        if type_.name not in ORDERED:
            raise _Wrong(f"{name!r} has no order: list the values it may have", (name,))
        for word in given:
            if word not in _BOUNDS:
                hint = did_you_mean(word, _BOUNDS)
                raise _Wrong(f"{word!r} bounds no band{hint}: use {', '.join(_BOUNDS)}", (name,))
        sides = [[word for word in words if word in given] for words in (_LOWER, _UPPER)]
        for words, which in zip(sides, ("lower", "upper"), strict=True):
            if len(words) > 1:
                raise _Wrong(f"a band with two {which} bounds: keep one", (name,))
        if not given:
            raise _Wrong("a band without bounds: give at_least, above, below or at_most", (name,))
        (low, low_word), (high, high_word) = (
            (self._value(name, given[words[0]]), words[0]) if words else (None, "")
            for words in sides
        )
        band = Band(low, low_word == "at_least", high, high_word == "at_most")
        if self._is_empty(band, type_):
            said = " and ".join(f"{word.replace('_', ' ')} {given[word]}" for word in given)
            raise _Wrong(f"nothing lies {said}: correct the bounds", (name,))
        return band

    def _is_empty(self, band: Band, type_: Type) -> bool:
        low, high = bounds_of(band, type_, dense=type_.name == "number")
        if low is None or high is None:
            return False
        if type_.name != "number":
            return low >= high
        return low > high or (low == high and not (band.low_counts and band.high_counts))

    # Keys and cells

    def _key(self, name: str, type_: Type, rows: Iterable[_Read]) -> Key:
        wanted = [one for read in rows for key, several in read.row.wanted if key == name
                  for one in several]  # fmt: skip
        if type_.name == "bool":
            return ListedKey(name, (True, False), complete=True)
        if type_.name == "enum":
            return ListedKey(name, type_.values, complete=True)
        if type_.name == "text":
            values = dict.fromkeys(one for one in wanted if not isinstance(one, Band))
            return ListedKey(name, tuple(values), complete=False)
        dense = type_.name == "number" or name == self.each_band
        edges = {
            edge
            for one in wanted
            for edge in bounds_of(_as_band(one), type_, dense=dense)
            if edge is not None
        }
        least = 0 if type_.name in ("money", "duration") else None
        return OrderedKey(name, type_, tuple(sorted(edges)), dense, least)

    def _cells(
        self, rows: list[_Read], keys: list[Key], *, dated: bool
    ) -> dict[tuple[int, ...], int]:
        cells: dict[tuple[int, ...], int] = {}
        overlaps: dict[tuple[int, int], tuple[int, ...]] = {}
        others: list[_Read] = []
        size = 0
        for number, one in enumerate(rows):
            if one.otherwise:
                others.append(one)
                continue
            ranges = self._ranges(one.row, keys, dated=dated)
            size += prod(map(len, ranges))
            if size > MOST_CELLS:
                self.problems.report(
                    one.path,
                    f"the table has more than {MOST_CELLS} cells, those of rows that leave out a "
                    f"key counted out: use 'otherwise', or fewer keys",
                )
                break
            for cell in product(*ranges):
                earlier = cells.setdefault(cell, number)
                if earlier != number:
                    overlaps.setdefault((earlier, number), cell)
        self._report_overlaps(rows, keys, overlaps)
        for other in others[1:]:
            line = self.problems.source.line(others[0].path)
            self.problems.report(
                other.path, f"'otherwise' stands in line {line} already: remove one"
            )
        return cells

    def _ranges(self, row: Row, keys: list[Key], *, dated: bool) -> list[list[int]]:
        """The slots of each key in which a row holds."""
        wanted = dict(row.wanted)
        ranges = []
        for key in keys[: len(keys) - dated]:
            if key.name not in wanted:
                ranges.append(list(key.slots))
            elif isinstance(key, ListedKey):
                ranges.append([key.slot(one) for one in wanted[key.name]])  # type: ignore[arg-type]
            else:
                bands = (key.slots_of(_as_band(one)) for one in wanted[key.name])
                slots = dict.fromkeys(slot for band in bands for slot in band)
                ranges.append([slot for slot in slots if slot in key.slots])
        if dated:
            days = keys[-1]
            assert isinstance(days, OrderedKey)  # noqa: S101 - dates have an order
            ranges.append(list(days.slots_of(_date_band(row))))
        return ranges

    def _report_overlaps(
        self,
        rows: list[_Read],
        keys: list[Key],
        overlaps: Mapping[tuple[int, int], tuple[int, ...]],
    ) -> None:
        for (earlier, later), cell in list(overlaps.items())[:MOST_REPORTED]:
            line = self.problems.source.line(rows[earlier].path)
            self.problems.report(
                rows[later].path,
                f"an earlier row holds there too, that in line {line} "
                f"({say_cell(keys, cell)}): remove one, or give them different values of a key",
            )

    def _refuse_gaps(self, table: Table) -> None:
        """Every cell is to have a row; the smallest that has none is shown."""
        ranges = [key.slots for key in table.keys]
        days = ranges[-1]
        filled = sum(not table.dated or cell[-1] in days for cell in table.cells)
        if filled == prod(map(len, ranges)):
            return
        cell = next(cell for cell in product(*ranges) if cell not in table.cells)
        self.problems.report(
            ("parameters", self.name, "table"),
            f"no row for {say_cell(table.keys, cell)}: add one, or {{otherwise: …}}",
        )


class _Wrong(ValueError):
    """What is wrong with a row, and where in it."""

    def __init__(self, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.path = path


def say_cell(keys: Iterable[Key], cell: Iterable[int]) -> str:
    """A cell as an author would look for it: ``priority = p2, category = bill``."""
    return ", ".join(key.say(slot) for key, slot in zip(keys, cell, strict=True))


def _as_band(one: Value | Band) -> Band:
    return one if isinstance(one, Band) else Band.exactly(one)


def _dates(first: Any, last: Any) -> tuple[date, date]:
    begins, ends = (
        None if day is None else read_value(day, DATE, "the date") for day in (first, last)
    )
    found = begins or date.min, ends or date.max
    if found[1] < found[0]:  # type: ignore[operator]
        raise _Wrong(f"{ends} is before {begins}: swap them")
    return found  # type: ignore[return-value]


def _date_band(row: Row) -> Band:
    first = None if row.first == date.min else row.first
    last = None if row.last == date.max else row.last
    return Band(first, True, last, True)


def _date_key(rows: Iterable[_Read], in_force: tuple[date, date]) -> OrderedKey:
    """The dates for which some row holds, as far as the policy is in force."""
    spans = [one.row for one in rows if not one.otherwise]
    edges = {
        edge
        for row in spans
        for edge in bounds_of(_date_band(row), DATE, dense=False)
        if edge is not None
    }
    first = max(in_force[0], min(row.first for row in spans))
    last = min(in_force[1], max(row.last for row in spans))
    return OrderedKey("", DATE, tuple(sorted(edges)), False, first.toordinal(), last.toordinal())

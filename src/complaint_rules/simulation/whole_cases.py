"""Batches cut anew, so that each holds whole cases; a case that returns is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any, Unpack

import polars as pl

from complaint_rules.case import MOST_EVENTS
from complaint_rules.columns.log import Log
from complaint_rules.errors import CaseError
from complaint_rules.simulation.judged_cases import JudgedCases, comparable
from complaint_rules.simulation.options import ReadingOptions, reading
from complaint_rules.simulation.reading import (
    CASE_NAMES,
    Reading,
    as_frame,
    column_named,
    has_row_for_each_case,
    is_sequence_of_cases,
)


def whole_cases(batches: Iterable[Any], **options: Unpack[ReadingOptions]) -> Iterator[Any]:
    """The same rows in batches that hold whole cases, for engines that judge batches apart.

    Each batch is one that ``simulate`` takes. Of an event log the case of the last row is carried
    on into the next batch, where it may go on. Held are one batch, the carried case, and eight
    bytes for each case that was given out (``JudgedCases``).

    Args:
        batches: Polars or pandas frames, Arrow tables or batches, or lists of ``Case``.
        options: as for ``simulate``.

    Raises:
        CaseError: a case returns after it was given out; or it is cut between batches whose
            columns cannot be put together.

    >>> log = pl.DataFrame({"case": ["A", "B", "B", "C"], "type": "registered", "at": 0})
    >>> [part["case"].to_list() for part in whole_cases([log[:2], log[2:]])]
    [['A'], ['B', 'B'], ['C']]
    """
    how = reading(options)
    judged = JudgedCases()
    for part in _cut_anew(batches, how):
        judged.add(_ids(part, how))
        yield part
        # Not held while the next batch is made.
        del part


def _ids(part: Any, how: Reading) -> pl.Series:
    if isinstance(part, Log):
        return part.ids
    if is_sequence_of_cases(part):
        return pl.Series([case.id for case in part], dtype=pl.String)
    ids: pl.Series = part[column_named(part, how.case, CASE_NAMES, "case")]
    return ids


def _cut_anew(batches: Iterable[Any], how: Reading) -> Iterator[Any]:
    carrier = _Carrier(how)
    without_rows: Any = None
    anything = False
    for batch in batches:
        if len(batch := _read(batch)):
            anything = True
            yield from carrier.parts(batch)
        else:
            without_rows = batch
        del batch
    yield from carrier.rest()
    if not anything and without_rows is not None:
        # Its columns are still checked, and its tables are empty.
        yield without_rows


def _read(batch: Any) -> Any:
    return batch if isinstance(batch, Log) or is_sequence_of_cases(batch) else as_frame(batch)


class _Carrier:
    """Holds the case of the last row until the next batch shows whether it goes on."""

    def __init__(self, how: Reading) -> None:
        self.how = how
        self.column = ""
        self.id: Any = None
        self.held: list[pl.DataFrame] = []

    def parts(self, batch: Any) -> Iterator[Any]:
        """What is whole once a batch has come: everything but the case of its last row."""
        if not self._may_be_cut(batch):
            yield from self.rest()
            yield batch
            return
        column = column_named(batch, self.how.case, CASE_NAMES, "case")
        of_carried = self._of_carried(comparable(batch[column]))
        if self.held and not self._fits(batch):
            if not of_carried.any():
                yield from self.rest()
            else:
                self._make_fit(batch, column)
                batch = _with_types(batch, self.held[0].schema)
        if self.held and of_carried.all():
            self._hold(batch)
            return
        batch = pl.concat([*self.held, batch])
        self.column, self.held = column, []
        whole, last = self._split(batch)
        del batch
        self._hold(last)
        if len(whole):
            yield whole

    def rest(self) -> Iterator[pl.DataFrame]:
        """The carried case, once nothing of it can come any more."""
        if self.held:
            held, self.held = self.held, []
            yield pl.concat(held)

    def _may_be_cut(self, batch: Any) -> bool:
        if not isinstance(batch, pl.DataFrame) or has_row_for_each_case(batch, self.how):
            return False
        # Reading refuses rows that name no case.
        return not batch[column_named(batch, self.how.case, CASE_NAMES, "case")].null_count()

    def _of_carried(self, ids: pl.Series) -> pl.Series:
        if self.held and ids.dtype == comparable(self.held[0][self.column]).dtype:
            same: pl.Series = ids == self.id
            return same
        return pl.repeat(value=False, n=len(ids), dtype=pl.Boolean, eager=True)

    def _fits(self, batch: pl.DataFrame) -> bool:
        return self.held[0].schema == batch.schema

    def _make_fit(self, batch: pl.DataFrame, column: str) -> None:
        """Give the carried rows and the batch the same columns, as far as that loses nothing."""
        if column != self.column:
            raise CaseError(
                f"case {self.id!r} goes on in a batch that calls the case {column!r}, and the one "
                f"before {self.column!r}: give all batches the same columns"
            )
        carried = pl.concat(self.held)
        types = dict(carried.schema)
        for name, type_ in batch.schema.items():
            common = _common(types[name], type_) if name in types else type_
            if common is None:
                raise CaseError(
                    f"case {self.id!r} goes on in a batch of other types: column {name!r} is "
                    f"{types[name]}, and then {type_}: give all batches the same types"
                )
            types[name] = common
        self.held = [_with_types(carried, types)]

    def _split(self, batch: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        ids = comparable(batch[self.column])
        self.id = ids[-1]
        of_last = ids == self.id
        begin = int(of_last.arg_max() or 0)
        if of_last[begin:].all():
            return batch[:begin], _copy(batch[begin:])
        return batch.filter(~of_last), _copy(batch.filter(of_last))

    def _hold(self, rows: pl.DataFrame) -> None:
        self.held.append(rows)
        if self.how.unknown == "refuse" and sum(map(len, self.held)) > MOST_EVENTS:
            raise CaseError(
                f"case {self.id!r} has more than {MOST_EVENTS} events: at most {MOST_EVENTS} are "
                f"looked at: see whether {self.column!r} is the column that names the case"
            )


def _copy(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows in memory of their own: a slice, and often a filter, keeps all of its batch."""
    if pl.Object in rows.dtypes:
        return rows
    memory = BytesIO()
    rows.write_ipc(memory)
    memory.seek(0)
    return pl.read_ipc(memory)


def _with_types(frame: pl.DataFrame, types: Any) -> pl.DataFrame:
    """The frame with these columns, in this order; one that it does not have is null."""
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(type_).alias(name)
        for name, type_ in types.items()
    )


def _common(first: Any, second: Any) -> Any:
    """The type of two columns put together, where no value changes by that."""
    if first == second:
        return first
    if pl.Null in (first, second):
        return second if first == pl.Null else first
    if _is_text(first) and _is_text(second):
        return pl.String
    if first.is_integer() and second.is_integer() and pl.UInt64 not in (first, second):
        return pl.Int64
    if isinstance(first, pl.List) and isinstance(second, pl.List):
        inner = _common(first.inner, second.inner)
        return None if inner is None else pl.List(inner)
    return None


def _is_text(type_: Any) -> bool:
    return isinstance(type_, pl.String | pl.Categorical | pl.Enum)

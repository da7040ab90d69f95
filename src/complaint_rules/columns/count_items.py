"""Events and entries as things that may count: whether they do, and with what value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from complaint_rules.columns.expressions import expression, missing_expressions
from complaint_rules.columns.log import Rows
from complaint_rules.columns.missing import Codes, MissingNames
from complaint_rules.columns.nullable import physical, true_mask, unknown_mask
from complaint_rules.columns.streams import Items
from complaint_rules.columns.values import constant, nothing
from complaint_rules.expressions import names
from complaint_rules.expressions.types import Vocabulary
from complaint_rules.ruleset.counts import Count
from complaint_rules.ruleset.past import fields_of
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.time.columns import Instants

ROW: Final = "row of what counts"


def bare(group: Rows, at: Instants, place: Rows) -> Items:
    """Items of which only the time is asked."""
    count = len(at)
    return Items(
        group,
        at,
        place,
        np.ones(count, dtype=bool),
        np.zeros(count, dtype=bool),
        np.zeros(count, dtype=np.int64),
        np.zeros(count, dtype=np.int32),
    )


def joined(parts: Sequence[Items]) -> Items:
    """Items of several kinds together."""
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return bare(none, none, none)
    if len(parts) == 1:
        return parts[0]
    columns = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("group", "at", "place", "certain", "possible", "value", "missing")
    )
    return Items(*columns)


def judged(
    count: Count, vocabulary: Vocabulary, column: Callable[[str], pl.Series], length: int
) -> pl.Series:
    """Whether each event counts by what it carries: true, false or null."""
    if count.condition is None:
        return pl.repeat(value=True, n=length, dtype=pl.Boolean, eager=True)
    frame = _frame(count, column, length)
    return frame.select(expression(count.condition.node, vocabulary).alias("holds"))["holds"]


def _frame(count: Count, column: Callable[[str], pl.Series], length: int) -> pl.DataFrame:
    assert count.condition is not None  # noqa: S101 - the caller has looked
    read = names(count.condition.node)
    rows = pl.int_range(length, eager=True).alias(ROW)
    return pl.DataFrame([rows, *(column(name).alias(name) for name in read)])


def field_values(count: Count, column: Callable[[str], pl.Series]) -> pl.Series | None:
    """The values of the field that is added up, or whose values are counted."""
    return None if count.field is None else column(f"event.{count.field}")


def numbers_of(count: Count, values: pl.Series) -> Rows:
    """What is added up; or a number for each different value."""
    if count.measure == "sum":
        return physical(values)
    ranks = values.cast(pl.String).rank("dense").cast(pl.Int64)
    return physical(ranks)


def codes_of_missing(
    count: Count,
    kind: str,
    vocabulary: Vocabulary,
    column: Callable[[str], pl.Series],
    holds: pl.Series,
    value: pl.Series | None,
    missing: MissingNames,
) -> Codes:
    """What is missing for each event to know whether it counts, and with what."""

    def code(name: str) -> int:
        return missing.code([name.replace("event.", f"{kind}.", 1)])

    codes: Codes = np.zeros(len(holds), dtype=np.int32)
    if count.condition is not None and holds.null_count():
        frame = _frame(count, column, len(holds))
        for name, where in missing_expressions(count.condition.node, vocabulary).items():
            here = frame.select(where.fill_null(value=False).alias("here"))["here"].to_numpy()
            codes = missing.join(codes, np.where(here, code(name), 0).astype(np.int32))
    if value is not None and value.null_count():
        absent = value.is_null().to_numpy() & (true_mask(holds) | unknown_mask(holds))
        lacks = np.where(absent, code(f"event.{count.field}"), 0).astype(np.int32)
        codes = missing.join(codes, lacks)
    return codes


def column_of(
    name: str, kind: str, data: Mapping[str, pl.Series], ruleset: Ruleset, length: int
) -> pl.Series:
    """A column ``event.x`` of entries of a kind, with what is assumed where nothing is recorded."""
    field = name.removeprefix("event.")
    declared = fields_of(kind, ruleset.words, ruleset.places)[field]
    column = data.get(field)
    if column is None:
        column = nothing(declared.type, length)
    own = ruleset.words.events[kind].fields.get(field) if kind in ruleset.words.events else None
    if own is not None and own.unless_recorded is not None:
        assumed = constant(own.unless_recorded, own.type)
        column = column.fill_null(pl.Series([assumed], dtype=column.dtype)[0])
    return column

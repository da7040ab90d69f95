"""Checks of frames, and small steps in reading them."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from complaint_rules.case import MOST_EVENTS
from complaint_rules.columns.log import Rows
from complaint_rules.columns.nullable import lists_of_one
from complaint_rules.columns.values import take
from complaint_rules.errors import CaseError

LIFECYCLE_NAMES: Final = ("lifecycle", "lifecycle_id", "lifecycle:transition")


def check_ids(ids: pl.Series) -> None:
    if ids.null_count():
        raise CaseError(f"{ids.null_count()} rows name no case: fill the column")
    if ids.dtype == pl.String and (ids == "").any():
        raise CaseError("a case has an empty id: give a text that names it")
    if ids.n_unique() < len(ids):
        twice = ids.filter(ids.is_duplicated())[0]
        raise CaseError(
            f"case {twice!r} stands in several rows: give one row for each case, or drop the "
            f"column 'events' for an event log"
        )


def check_counts(number: Rows, ids: pl.Series) -> None:
    counts = np.bincount(number, minlength=1)
    if counts.max() > MOST_EVENTS:
        case = ids[int(counts.argmax())]
        raise CaseError(
            f"case {case!r} has {counts.max()} events: at most {MOST_EVENTS} are looked at"
        )


def check_lifecycle(frame: pl.DataFrame) -> None:
    for name in LIFECYCLE_NAMES:
        if name in frame.columns:
            stages = frame[name].drop_nulls().cast(pl.String).str.to_lowercase().unique()
            if len(stages) > 1:
                raise CaseError(
                    f"column {name!r} has {', '.join(sorted(stages))}, so that one activity stands "
                    f"in several rows: keep those of one stage, usually 'complete'"
                )


def in_order(number: Rows, moments: Rows) -> bool:
    step = np.diff(number)
    # Two events at one instant have an order of their own, which is looked into.
    return bool(((step > 0) | ((step == 0) & (np.diff(moments) > 0))).all())


def numbered(given: pl.Series, ids: pl.Series) -> Rows:
    """The position of each case among the ids, -1 for one that is not there."""
    if len(given) and len(ids):
        # Nearly always the events stand by case, in the order of the cases.
        begins = (given != given.shift()).fill_null(value=True)
        if begins.sum() == len(ids) and given.filter(begins).equals(ids):
            return np.cumsum(begins.to_numpy()) - 1
    table = pl.DataFrame({"case": ids}).with_row_index("number")
    joined = pl.DataFrame({"case": given}).join(table, on="case", how="left", maintain_order="left")
    found: Rows = joined["number"].cast(pl.Int64).fill_null(-1).to_numpy()
    return found


def of_several(column: pl.Series, number: Rows) -> pl.Series:
    """Whether a row is of a case that has several names in a column: they are of its events."""
    named = pl.DataFrame({"case": number, "name": column})
    several = pl.col("name").drop_nulls().n_unique().over("case") > 1
    found: pl.Series = named.select(several.alias("several")).to_series()
    return found


def one_each(column: pl.Series, number: Rows, ids: pl.Series) -> pl.Series:
    """The one value that each case has in a column, where it has any."""
    known = (
        pl.DataFrame({"number": number, "value": column})
        .filter(pl.col("value").is_not_null())
        .unique(maintain_order=True)
    )
    if known["number"].n_unique() < len(known):
        twice = known.filter(known["number"].is_duplicated())["number"][0]
        values = known.filter(pl.col("number") == twice)["value"].to_list()
        raise CaseError(
            f"case {ids[int(twice)]!r} has several values of {column.name!r}: {values[:3]}: give "
            f"one, or have an event set it"
        )
    rows = np.full(len(ids), len(known), dtype=np.int64)
    rows[known["number"].to_numpy()] = np.arange(len(known))
    nothing = pl.Series([None], dtype=known["value"].dtype)
    return take(pl.concat([known["value"].alias("v"), nothing.alias("v")], rechunk=True), rows)


def said_once(before: pl.Series | None, column: pl.Series, name: str) -> pl.Series:
    """What two columns say of one fact or role of the cases, ``case:note`` and ``note``.

    Raises:
        CaseError: they say two things of one case.
    """
    if before is None:
        return column
    differ = before.is_not_null() & column.is_not_null() & before.ne_missing(column)
    if differ.any():
        row = int(differ.arg_max() or 0)
        raise CaseError(
            f"the columns 'case:{name}' and {name!r} differ for {int(differ.sum())} cases, the "
            f"first is {before[row]!r} in the one and {column[row]!r} in the other: keep the "
            f"right one"
        )
    frame = pl.DataFrame({"before": before, "column": column})
    return frame.select(pl.coalesce("before", "column")).to_series()


def party_lists(column: pl.Series, what: str) -> pl.Series:
    """Names of parties as lists, each party once."""
    if column.dtype == pl.Null:
        return column.cast(pl.List(pl.String))
    if isinstance(column.dtype, pl.List):
        lists = column.cast(pl.List(pl.String)).list.unique(maintain_order=True)

        empty = (lists.list.len() == 0) | lists.list.eval(
            pl.element().is_null() | (pl.element() == "")
        ).list.any()
    elif column.dtype == pl.String or isinstance(column.dtype, pl.Categorical | pl.Enum):
        names = column.cast(pl.String)
        empty = names == ""
        lists = lists_of_one(names)
    else:
        raise CaseError(f"{what} is a column of {column.dtype}: give names, or lists of names")
    if empty.fill_null(value=False).any():
        raise CaseError(f"{what} names nobody in some rows: give one name, a list, or null")
    return lists


def check_event_ids(events: pl.DataFrame, number: Rows, ids: pl.Series) -> None:
    """The ids of events within a case differ.

    Raises:
        CaseError: two events of a case have the same one.
    """
    if "id" in events.columns:
        named = pl.DataFrame({"case": number, "id": events["id"]}).drop_nulls("id")
        twice = named.filter(named.is_duplicated())
        if len(twice):
            case, name = twice.row(0)
            raise CaseError(f"case {ids[case]!r}: two events have the id {name!r}: ids differ")

"""Columns with gaps, in Polars (null) and in NumPy (``NONE``), and masks of them."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from complaint_rules.columns.log import Rows
from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import NONE

Mask = NDArray[np.bool_]


def optional(values: Instants) -> pl.Series:
    """A column of integers in which ``NONE`` is null."""
    column = pl.Series(values)
    none = values == NONE
    return column.set(pl.Series(none), None) if none.any() else column


def lists_of_one(names: pl.Series) -> pl.Series:
    """Each name as a list, null where there is none."""
    each = names.reshape((-1, 1)).arr.to_list()
    # Lists cannot be set in every version of Polars.
    lists: pl.Series = pl.select(
        pl.when(names.is_not_null()).then(each).alias(names.name)
    ).to_series()
    return lists


def physical(column: pl.Series) -> Instants:
    """The integers of a column, ``NONE`` where it is null."""
    return column.fill_null(NONE).to_numpy().astype(np.int64, copy=False)


def true_rows(column: pl.Series) -> Rows:
    """The rows in which a column of booleans is certainly true."""
    return np.flatnonzero(true_mask(column))


def unknown_rows(column: pl.Series) -> Rows:
    """The rows in which it is null."""
    if not column.null_count():
        return np.zeros(0, dtype=np.int64)
    return true_rows(column.is_null())


def true_mask(column: pl.Series) -> Mask:
    """Where a column of booleans is certainly true."""
    known = column.fill_null(value=False) if column.null_count() else column
    mask: Mask = known.to_numpy()
    return mask


def unknown_mask(column: pl.Series) -> Mask:
    """Where it is null."""
    if not column.null_count():
        return np.zeros(len(column), dtype=bool)
    mask: Mask = column.is_null().to_numpy()
    return mask

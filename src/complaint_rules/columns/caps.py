"""Caps that several penalties share: which cases may reach one, and are judged one by one."""

from __future__ import annotations

import numpy as np
import polars as pl

from complaint_rules.columns.amounts import AmountColumns, Unit, named_amount
from complaint_rules.columns.log import Rows
from complaint_rules.columns.nullable import optional
from complaint_rules.columns.state import StateColumns
from complaint_rules.columns.values import money, money_dtype
from complaint_rules.money import Interval, smallest
from complaint_rules.ruleset.amounts import Fixed, Named, Share
from complaint_rules.ruleset.caps import Cap
from complaint_rules.time.limit_columns import NONE


def cases_at_caps(state: StateColumns, unit: Unit, owed: pl.DataFrame) -> Rows:
    """The cases in which some party may owe more than a cap allows, by their rows in the log."""
    ids = state.log.ids
    reached = [np.array([], dtype=np.int64)]
    for cap in state.ruleset.caps:
        limits = pl.DataFrame(
            {
                "case": ids,
                "row": pl.int_range(len(ids), eager=True),
                "cap": _least(state, unit, cap),
            }
        )
        is_over = pl.col("rules").list.eval(pl.element().is_in(cap.over)).list.all()
        sums = (
            owed.filter(is_over)
            .group_by("case", "against", "party")
            .agg(pl.col("maximum").sum(), pl.col("maximum").is_null().any().alias("open"))
        )
        may_reach = pl.col("open") | pl.col("cap").is_null() | (pl.col("maximum") > pl.col("cap"))
        reached.append(sums.join(limits, on="case").filter(may_reach)["row"].to_numpy())
    return np.unique(np.concatenate(reached))


def _least(state: StateColumns, unit: Unit, cap: Cap) -> pl.Series:
    """The least that a cap can be in each case, or a little less; null where it is not known."""
    kind, count = money_dtype(state.ruleset.places), len(state.log)
    match cap.at_most:
        case Fixed(amount):
            return pl.Series([amount.minimum], dtype=kind).new_from_index(0, count)
        case Named(name):
            factor = None
        case Share(str()):
            return pl.Series([None], dtype=kind).new_from_index(0, count)
        case Share(Interval(minimum), name):
            factor = minimum
    base = named_amount(state, unit, name, np.arange(count))
    unknown = base.minimum == NONE
    known = AmountColumns(np.where(unknown, 0, base.minimum), np.where(unknown, 0, base.maximum))
    cents = np.where(unknown, NONE, unit.rounded(known).minimum)
    amounts = money(optional(cents), kind)
    if factor is None:
        return amounts
    # Rounding may lessen a share by less than the smallest amount.
    lessened = (pl.col("base") * pl.lit(factor) - pl.lit(smallest(state.ruleset.places))).cast(kind)
    return pl.DataFrame({"base": amounts}).select(lessened).to_series()

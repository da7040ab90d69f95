"""Caps that several penalties share: which cases may reach one, and are judged one by one."""

from __future__ import annotations

import numpy as np
import polars as pl

from complaint_rules.columns.amounts import Unit, amounts_once
from complaint_rules.columns.log import Rows
from complaint_rules.columns.nullable import optional
from complaint_rules.columns.occurrences import Occurrences
from complaint_rules.columns.state import StateColumns
from complaint_rules.columns.values import money, money_dtype
from complaint_rules.ruleset.caps import Cap
from complaint_rules.ruleset.scopes import CASE


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
    """The least that a cap can be in each case."""
    of_case = Occurrences.of(state, CASE)
    assert of_case is not None  # noqa: S101 - every case has a row
    amounts = amounts_once(cap.at_most, of_case, unit)
    cents = unit.rounded(amounts, cap.at_most.unit).minimum
    return money(optional(cents), money_dtype(state.ruleset.places_in(cap.at_most.unit)))

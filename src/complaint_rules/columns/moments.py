"""What is worked out from columns of instants: the columnar reading of ``judging.moments``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from complaint_rules.columns.missing import Codes
from complaint_rules.columns.nullable import optional, physical
from complaint_rules.expressions import OfInstant
from complaint_rules.time.limit_columns import NONE, Answers

if TYPE_CHECKING:
    from complaint_rules.columns.log import Rows
    from complaint_rules.columns.state import StateColumns


def column_of_instants(of: OfInstant, instants: pl.Series, state: StateColumns) -> pl.Series:
    """A function of instants, row by row; null where it is unknown."""
    values = _answers(of, instants, state).values
    return optional(values) if of.function == "time_of" else optional(values).cast(pl.Boolean)


def missing_of_instants(of: OfInstant, instants: pl.Series, state: StateColumns) -> Codes:
    """What has to be known where an instant is, and a function of it is not; 0 elsewhere."""
    codes: Codes = np.zeros(len(instants), dtype=np.int32)
    if _hours_unset(of, state):
        codes[:] = state.missing.code([str(state.ruleset.unset_hours)])
    for row, year in _answers(of, instants, state).unpublished.items():
        codes[row] = state.missing.code([year])
    codes[instants.is_null().to_numpy()] = 0
    return codes


def _hours_unset(of: OfInstant, state: StateColumns) -> bool:
    return of.function == "is_open" and state.ruleset.unset_hours is not None


def _answers(of: OfInstant, instants: pl.Series, state: StateColumns) -> Answers:
    at = physical(instants)
    rows: Rows = np.flatnonzero(at != NONE)
    answers = Answers(np.full(len(at), NONE, dtype=np.int64))
    if _hours_unset(of, state):
        return answers
    match of.function:
        case "time_of":
            some = state.time.times_of_day(at[rows])
        case "is_open":
            some = state.time.open_at(at[rows])
        case "is_working_day":
            some = state.time.worked_on(at[rows])
    answers.values[rows] = some.values
    answers.unpublished = {int(rows[row]): year for row, year in some.unpublished.items()}
    return answers

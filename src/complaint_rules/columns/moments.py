"""What is worked out from columns of instants: the columnar reading of ``judging.moments``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from complaint_rules.columns.calendars import calendars_of_cases
from complaint_rules.columns.log import Rows
from complaint_rules.columns.missing import Codes
from complaint_rules.columns.nullable import optional, physical
from complaint_rules.expressions import OfInstant
from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import NONE, Answers, LimitColumns

if TYPE_CHECKING:
    from complaint_rules.columns.state import StateColumns


def column_of_instants(
    of: OfInstant, instants: pl.Series, case: Rows, state: StateColumns
) -> pl.Series:
    """A function of instants, row by row; null where it is unknown. ``case`` is that of each."""
    values, _ = _answers(of, instants, case, state)
    return optional(values) if of.function == "time_of" else optional(values).cast(pl.Boolean)


def missing_of_instants(
    of: OfInstant, instants: pl.Series, case: Rows, state: StateColumns
) -> Codes:
    """What has to be known where an instant is, and a function of it is not; 0 elsewhere."""
    return _answers(of, instants, case, state)[1]


def _answers(
    of: OfInstant, instants: pl.Series, case: Rows, state: StateColumns
) -> tuple[Instants, Codes]:
    at = physical(instants)
    values = np.full(len(at), NONE, dtype=np.int64)
    missing: Codes = np.zeros(len(at), dtype=np.int32)
    known = at != NONE
    for calendar in calendars_of_cases(state, of.calendar):
        rows = np.flatnonzero(known if calendar.cases is None else known & calendar.cases[case])
        if of.function == "is_open" and calendar.hours_missing is not None:
            missing[rows] = calendar.hours_missing[case[rows]]
            continue
        answers = _asked(of, at[rows], calendar.time)
        values[rows] = answers.values
        for row, year in answers.unpublished.items():
            missing[rows[row]] = state.missing.code([year])
    return values, missing


def _asked(of: OfInstant, instants: Instants, time: LimitColumns) -> Answers:
    match of.function:
        case "time_of":
            return time.times_of_day(instants)
        case "is_open":
            return time.open_at(instants)
        case "is_working_day":
            return time.worked_on(instants)

"""How late limits are, as a column that conditions read: whole microseconds, or days."""

from __future__ import annotations

import numpy as np
import polars as pl

from complaint_rules.columns.instances import (
    LATE,
    LATE_IN,
    OVERDUE,
    UNDETERMINED,
    Instances,
)
from complaint_rules.columns.nullable import optional
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.time.columns import Instants
from complaint_rules.time.instants import DAY_MICROSECONDS
from complaint_rules.time.limit_columns import NONE


def lateness_of_instances(found: Instances, ruleset: Ruleset) -> Instants:
    """How late each instance is, in what all lateness of its name is counted in; ``NONE`` where
    that is not known.
    """
    units = ruleset.words.lateness[found.name]
    values: Instants = np.full(len(found), NONE, dtype=np.int64)
    if len(units) != 1:
        return values
    unit = units[0]
    amounts = found.late_by // DAY_MICROSECONDS if unit.endswith("days") else found.late_by
    late = (found.status == LATE) | (found.status == OVERDUE)
    # What is late within a date has its time, and is no day late.
    values[:] = np.where(late & (found.late_in == LATE_IN.index(unit)), amounts, 0)
    same = np.array([rule.late_in == units for rule in ruleset.deadlines])[found.rule]
    values[late & ((found.late_by == NONE) | ~same)] = NONE
    values[found.status == UNDETERMINED] = NONE
    return values


def most_late(found: Instances | None, name: str, ruleset: Ruleset, count: int) -> pl.Series:
    """How late the latest instance of each case is; null where one of them is not known."""
    known = len(ruleset.words.lateness[name]) == 1
    values: Instants = np.full(count, 0 if known else NONE, dtype=np.int64)
    if found is not None and len(found) and known:
        own = lateness_of_instances(found, ruleset)
        np.maximum.at(values, found.case, own)
        values[found.case[own == NONE]] = NONE
    return optional(values)

"""The calendars of many cases: the columnar reading of ``judging.calendars``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from complaint_rules.columns.missing import Codes
from complaint_rules.columns.nullable import Mask
from complaint_rules.time.limit_columns import LimitColumns

if TYPE_CHECKING:
    from complaint_rules.columns.state import StateColumns


@dataclass(frozen=True, slots=True)
class CalendarOfCases:
    """A calendar, the cases that have it (``None``: all of them), and for each case what is missing
    to know its hours (``None``: they are known).
    """

    time: LimitColumns
    cases: Mask | None = None
    hours_missing: Codes | None = None


def calendars_of_cases(state: StateColumns, name: str) -> list[CalendarOfCases]:
    """The calendars that cases have by one name, each with its cases."""
    declared = state.ruleset.calendars[name]
    plain = state.limit_columns(name, None)
    if declared.hours is None:
        return [CalendarOfCases(plain)]
    column = state.parameter(declared.hours)
    found = []
    for hours in declared.by_hours:
        codes = [code for code, value in enumerate(column.values) if value == hours]
        cases = np.isin(column.codes, codes)
        if cases.any():
            found.append(CalendarOfCases(state.limit_columns(name, hours), cases))
    unset = column.codes < 0
    if unset.any():
        found.append(CalendarOfCases(plain, unset, column.missing))
    return found

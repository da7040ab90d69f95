"""How late the instances of one time limit are, in its unit and in overdue days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from complaint_rules.columns.instances import LATE, LATE_IN, OVERDUE
from complaint_rules.columns.log import Rows
from complaint_rules.columns.missing import Codes
from complaint_rules.columns.nullable import Mask
from complaint_rules.time import overdue_days
from complaint_rules.time.columns import Instants
from complaint_rules.time.instants import DAY_MICROSECONDS
from complaint_rules.time.limit_columns import NONE

if TYPE_CHECKING:
    from complaint_rules.columns.due import DueColumns

BY_MOMENT = -1
"""Stands for the duration of a limit that ends at a moment given or agreed."""


def lateness(
    limits: DueColumns, status: Rows, done: Instants
) -> tuple[Instants, Rows, Rows, Codes]:
    """How late, in what (a position in ``LATE_IN``), overdue days, and missing years."""
    count = len(limits.rows)
    late_by = np.full(count, NONE, dtype=np.int64)
    late_in = np.full(count, NONE, dtype=np.int64)
    reading = limits.rule.overdue_days
    days = np.full(count, NONE if reading is None else 0, dtype=np.int64)
    missing = np.zeros(count, dtype=np.int32)
    late = ((status == LATE) | (status == OVERDUE)) & (limits.due != NONE)
    until = np.where(done == NONE, limits.state.as_of, done)
    for number in range(BY_MOMENT, len(limits.durations)):
        index = np.flatnonzero(late & (limits.duration == number))
        if not len(index):
            continue
        duration = None if number == BY_MOMENT else limits.durations[number]
        answers, unit = limits.time.lateness(limits.due[index], until[index], duration)
        values = answers.values
        if unit.endswith("days"):
            values = np.where(values == NONE, NONE, values * DAY_MICROSECONDS)
        late_by[index] = values
        late_in[index] = LATE_IN.index(unit)
        for row, year in answers.unpublished.items():
            late_in[index[row]] = NONE
            missing[index[row]] = limits.state.missing.code([year])
        within_a_day = (late_by == NONE) & late & (limits.duration == number) & (missing == 0)
        late_by[within_a_day] = until[within_a_day] - limits.due[within_a_day]
        late_in[within_a_day] = LATE_IN.index("elapsed")
    if reading == "started-working-days" and limits.hours_missing is not None:
        unset = late & (missing == 0)
        missing[unset] = limits.hours_missing[limits.case[unset]]
        days[late] = NONE
    elif reading is not None:
        index = np.flatnonzero(late)
        answers = limits.time.overdue_days(limits.due[index], until[index], reading)
        days[index] = answers.values
        if limits.rule.stands_still:
            _stand_still(limits, days, late, until, missing)
        for row, year in answers.unpublished.items():
            if missing[index[row]] == 0:
                missing[index[row]] = limits.state.missing.code([year])
        # Where lateness reaches into a year without a calendar, days are not counted either.
        days[missing > 0] = NONE
    return late_by, late_in, days, missing


def _stand_still(
    limits: DueColumns, days: Rows, late: Mask, until: Instants, missing: Codes
) -> None:
    """Take out the pauses that began after a limit ran out, row by row."""
    reading, calendar = limits.rule.overdue_days, limits.time.calendar
    assert reading is not None  # noqa: S101 - days are counted
    for row, paused in limits.paused.items():
        if not late[row]:
            continue
        due, last = limits.at(int(limits.due[row])), limits.at(int(until[row]))
        if unknown := paused.unknown_since(due):
            missing[row] = missing[row] or limits.state.missing.code(unknown)
        elif days[row] != NONE:
            pauses = paused.all(limits.end(row))
            days[row] = overdue_days(due, last, reading, calendar, pauses)

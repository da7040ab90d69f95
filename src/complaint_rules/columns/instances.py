"""The instances of the time limits of one name, as columns."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import polars as pl

from complaint_rules.columns.log import Rows
from complaint_rules.columns.missing import Codes
from complaint_rules.columns.nullable import Mask, optional
from complaint_rules.columns.values import take
from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import NONE

STATUSES = ("pending", "met", "late", "overdue", "suspended", "cancelled", "undetermined")
LATE_IN = ("elapsed", "working", "calendar days", "working days")
"""What lateness is counted in."""
BOOLS = ("started", "missed", "met", "target_missed")
PENDING, MET, LATE, OVERDUE, SUSPENDED, CANCELLED, UNDETERMINED = range(len(STATUSES))


@dataclass(slots=True)
class Instances:
    """The instances of the time limits of one name, in the order of cases and of their items."""

    name: str
    duty_of: str
    rule: Rows
    """Which of the rules of that name, as a position among the policy's deadlines."""
    case: Rows
    start: Rows
    """The position of the event that starts it."""
    types: tuple[str, ...]
    start_type: Rows
    start_row: Rows
    party: pl.Series
    started_at: Instants
    due_at: Instants
    target_at: Instants
    target_missed: Mask
    status: Rows
    done_at: Instants
    ended_at: Instants
    """When it was done or cancelled."""
    late_by: Instants
    late_in: Rows
    overdue_days: Rows
    certain: Mask
    missing: Codes

    def __len__(self) -> int:
        return len(self.case)

    def pick(self, rows: Rows) -> Instances:
        """Some of the instances."""
        columns: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, column in columns.items():
            if isinstance(column, pl.Series):
                columns[name] = take(column, rows)
            elif isinstance(column, np.ndarray):
                columns[name] = column[rows]
        return Instances(**columns)


def of_instances(found: Instances | None, attribute: str, count: int) -> pl.Series:
    """An attribute over all instances that a case has of a time limit.

    Missed is any of them, met all, overdue days the most, due the last.
    """
    values = np.full(count, NONE, dtype=np.int64)
    if attribute in ("started", "missed", "met", "overdue_days", "target_missed"):
        values[:] = 0
    if found is not None and len(found):
        case, status = found.case, found.status
        unknown = status == UNDETERMINED
        late = (status == LATE) | (status == OVERDUE)
        match attribute:
            case "started":
                # Unknown while nothing is certain; false only where nothing could have started.
                values[case] = NONE
                values[case[found.certain]] = 1
            case "missed":
                values[case[unknown]] = NONE
                values[case[late]] = 1
            case "met":
                values[case] = 1
                values[case[unknown]] = NONE
                values[case[~unknown & (status != MET)]] = 0
            case "overdue_days":
                days = np.where(found.overdue_days == NONE, 0, found.overdue_days)
                np.maximum.at(values, case, days)
                values[case[unknown | (late & (found.overdue_days == NONE))]] = NONE
            case "target_missed":
                values[case[unknown]] = NONE
                values[case[found.target_missed & ~unknown]] = 1
            case "due_at":
                values[case] = found.due_at  # in order, so that the last one stays
            case "target_at":
                values[case] = found.target_at
    column = optional(values)
    return column.cast(pl.Boolean) if attribute in BOOLS else column

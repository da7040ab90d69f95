"""Time limits of a whole log: the columnar reading of ``evaluation.deadlines``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import polars as pl

from complaint_rules.columns.calendars import CalendarOfCases, calendars_of_cases
from complaint_rules.columns.due import DueColumns
from complaint_rules.columns.instances import (
    CANCELLED,
    LATE,
    MET,
    OVERDUE,
    PENDING,
    SUSPENDED,
    UNDETERMINED,
    Instances,
)
from complaint_rules.columns.late_limits import lateness
from complaint_rules.columns.log import Rows
from complaint_rules.columns.missing import Codes
from complaint_rules.columns.nullable import Mask, true_mask, unknown_mask
from complaint_rules.columns.occurrences import Occurrences
from complaint_rules.columns.state import EPOCH_DAY, StateColumns
from complaint_rules.columns.timeline import first_event
from complaint_rules.columns.values import take
from complaint_rules.ruleset.rules import ALWAYS_IN_FORCE, Deadline
from complaint_rules.ruleset.scopes import Scope
from complaint_rules.time.limit_columns import NONE


@dataclass(slots=True)
class Starts:
    """The starts of one time limit by events of one type, repeated for each party."""

    rows: Rows
    case: Rows
    party: pl.Series
    certain: Mask
    missing: Codes

    def of(self, cases: Mask | None) -> Starts:
        """Those of some cases; ``None`` means all of them."""
        if cases is None:
            return self
        some = np.flatnonzero(cases[self.case])
        return Starts(
            self.rows[some],
            self.case[some],
            take(self.party, some),
            self.certain[some],
            self.missing[some],
        )


def judge_deadlines(state: StateColumns) -> None:
    """Work out the instances of all time limits, name by name."""
    by_name: dict[str, list[Instances]] = {}
    for number, rule in enumerate(state.ruleset.deadlines):
        found = _instances(state, rule, number)
        if found is not None:
            by_name.setdefault(rule.name, []).append(found)
    for name, parts in by_name.items():
        state.instances[name] = parts[0] if len(parts) == 1 else _joined(parts)


def _instances(state: StateColumns, rule: Deadline, number: int) -> Instances | None:
    parts = []
    for type_ in rule.starts:
        occurrences = Occurrences.of(state, Scope("start", type_))
        if occurrences is not None:
            starts = _starts(state, rule, occurrences)
            if starts is None:
                continue
            for calendar in calendars_of_cases(state, rule.calendar):
                some = starts.of(calendar.cases)
                if len(some.rows):
                    parts.append(_judged(state, rule, number, occurrences, some, calendar))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else _joined(parts)


def _starts(state: StateColumns, rule: Deadline, occurrences: Occurrences) -> Starts | None:
    count = len(occurrences)
    keep, certain = np.ones(count, dtype=bool), np.ones(count, dtype=bool)
    if rule.in_force is not ALWAYS_IN_FORCE:
        keep &= _in_force(state, rule, occurrences)
    if rule.condition is not None:
        applies = occurrences.judge([rule])[rule.id]
        certain = ~unknown_mask(applies)
        keep &= true_mask(applies) | ~certain
    if not keep.any():
        return None
    rows, party = occurrences.parties(rule.duty_of, np.flatnonzero(keep))
    certain = certain[rows]
    missing = np.zeros(len(rows), dtype=np.int32)
    if not certain.all():
        unknown = rows[~certain]
        missing[~certain] = occurrences.condition_missing(rule, unknown)
    return Starts(rows, occurrences.case[rows], party, certain, missing)


def _in_force(state: StateColumns, rule: Deadline, occurrences: Occurrences) -> Mask:
    assert occurrences.event_at is not None  # noqa: S101 - a start is an event
    days = state.time.days(occurrences.event_at)
    first, last = ((day - EPOCH_DAY).days for day in rule.in_force)
    within: Mask = (days >= first) & (days <= last)
    return within


def _judged(
    state: StateColumns,
    rule: Deadline,
    number: int,
    occurrences: Occurrences,
    starts: Starts,
    calendar: CalendarOfCases,
) -> Instances:
    rows = starts.rows
    events = state.events[occurrences.types[0]]
    position, started = events.position[rows], events.at[rows]
    done = first_event(state, rule.ends, position, starts.case)
    stopped = np.full(len(rows), NONE, dtype=np.int64)
    if rule.cancelled:
        stopped = first_event(state, rule.cancelled, position, starts.case)
        stops = (stopped != NONE) & ((done == NONE) | (stopped < done))
        done[stops] = NONE
        stopped[~stops] = NONE
    # What is uncertain to have started is not worked out.
    if not starts.certain.all():
        done[~starts.certain] = NONE
    ended = np.where(done == NONE, np.where(starts.certain, stopped, NONE), done)
    due = DueColumns(state, rule, occurrences, rows, position, ended, calendar)
    due.work_out(starts.certain)
    certain = bool(starts.certain.all())
    unknown, missing = due.unknown, due.missing
    if not certain:
        missing = np.where(starts.certain, due.missing, starts.missing).astype(np.int32)
        unknown = due.unknown | ~starts.certain
    # Exactly at the limit is in time, unless the policy says that it is missed then.
    last = due.due
    if rule.missed_at_the_limit:
        last = np.where(due.due == NONE, NONE, due.due - 1)
    status = np.where(last >= state.as_of, PENDING, OVERDUE)
    status[due.due == NONE] = SUSPENDED
    finished = done != NONE
    status[finished] = np.where(
        (due.due[finished] == NONE) | (done[finished] <= last[finished]), MET, LATE
    )
    status[unknown] = UNDETERMINED
    cancelled = (stopped != NONE) & starts.certain
    if rule.cancelled_late == "missed":  # one that had run out stays missed
        status[cancelled & ~unknown] = CANCELLED
        status[cancelled & ~unknown & (due.due != NONE) & (stopped > last)] = OVERDUE
    else:
        status[cancelled] = CANCELLED
    late_by, late_in, days, unpublished = lateness(due, status, ended)
    days[status == UNDETERMINED] = NONE
    if unpublished.any():
        missing = np.where(unpublished > 0, unpublished, missing).astype(np.int32)
    due_at = due.due if certain else np.where(starts.certain, due.due, NONE)
    return Instances(
        rule.name,
        rule.duty_of,
        np.full(len(rows), number),
        starts.case,
        position,
        occurrences.types,
        np.zeros(len(rows), dtype=np.int64),
        rows,
        starts.party,
        started,
        due_at,
        due.target,
        (due.target != NONE) & (np.where(ended == NONE, state.as_of, ended) > due.target),
        status,
        done,
        ended,
        late_by,
        late_in,
        days,
        starts.certain,
        missing,
    )


def _joined(parts: list[Instances]) -> Instances:
    """Instances of several starts or rules, in the order in which a decision has its items."""
    types = tuple(dict.fromkeys(type_ for part in parts for type_ in part.types))
    renumbered = [
        np.array([types.index(type_) for type_ in part.types])[part.start_type] for part in parts
    ]
    columns: dict[str, Any] = {}
    for one in fields(Instances):
        values = [getattr(part, one.name) for part in parts]
        if isinstance(values[0], pl.Series):
            columns[one.name] = pl.concat([value.alias("party") for value in values], rechunk=True)
        elif isinstance(values[0], np.ndarray):
            columns[one.name] = np.concatenate(values)
    columns["start_type"] = np.concatenate(renumbered)
    part = np.repeat(np.arange(len(parts)), [len(one) for one in parts])
    # By case, then rule, then time of the start; types and parties stay in their order.
    same_rule = columns["rule"]
    order = np.lexsort((part, columns["started_at"], same_rule, columns["case"]))
    picked: dict[str, Any] = {
        name: take(value, order) if isinstance(value, pl.Series) else value[order]
        for name, value in columns.items()
    }
    return Instances(name=parts[0].name, duty_of=parts[0].duty_of, types=types, **picked)

"""Escalations, charges and records of a whole log."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from complaint_rules.policy.rules import Charge, Escalation, Record, Rule
from complaint_rules.simulation.amounts import AmountColumns, Unit, named_amount
from complaint_rules.simulation.log import Rows
from complaint_rules.simulation.occurrences import Occurrences
from complaint_rules.simulation.state import UNDETERMINED, Mask, StateColumns
from complaint_rules.simulation.tables import Tables, about
from complaint_rules.time.limit_columns import NONE


def judge_others(state: StateColumns, unit: Unit, tables: Tables) -> None:
    """Put escalations, charges and records into the tables, and what is undetermined of them."""
    ruleset = state.ruleset
    rules: Sequence[Rule] = (*ruleset.escalations, *ruleset.charges, *ruleset.records)
    for scope in dict.fromkeys(rule.scope for rule in rules):
        occurrences = Occurrences.of(state, scope)
        if occurrences is None:
            continue
        mine = [rule for rule in rules if rule.scope == scope]
        judged = occurrences.judge(mine)
        for rule in mine:
            applies = judged[rule.id]
            rows = np.flatnonzero(applies.fill_null(value=False).to_numpy())
            match rule:
                case Escalation():
                    _escalations(occurrences, rule, rows, tables)
                case Charge():
                    _charges(occurrences, unit, rule, rows, tables)
                case Record():
                    _records(occurrences, rule, rows, tables)
            unknown = np.flatnonzero(applies.is_null().to_numpy())
            if len(unknown):
                add_undetermined(occurrences, rule, unknown, tables)


def add_undetermined(occurrences: Occurrences, rule: Rule, rows: Rows, tables: Tables) -> None:
    """Rules whose condition is unknown and that cost nothing by themselves."""
    nothing = np.zeros(len(rows), dtype=np.int64)
    tables.add(
        "undetermined",
        occurrences.case[rows],
        {
            "rule": rule.id,
            "clause": rule.clause,
            "kind": rule.kind,
            "party": None,
            **about(occurrences, rows),
            "missing": occurrences.state.missing.series(occurrences.condition_missing(rule, rows)),
            "minimum": nothing,
            "maximum": nothing,
        },
    )


def add_deadlines(state: StateColumns, tables: Tables) -> None:
    """Put the instances of time limits into the table, and those that are undetermined."""
    for found in state.instances.values():
        first, last = int(found.rule.min()), int(found.rule.max())
        for number in range(first, last + 1):
            rule = state.ruleset.deadlines[number]
            rows = np.flatnonzero(found.rule == number)
            case = found.case[rows]
            types = found.start_type[rows]
            event = types_of(found.types, types)
            tables.add(
                "deadlines",
                case,
                {
                    "rule": rule.id,
                    "clause": rule.clause,
                    "duty_of": rule.duty_of,
                    "party": found.party.gather(rows),
                    "event": event,
                    "started_at": found.started_at[rows],
                    "due_at": found.due_at[rows],
                    "target_at": found.target_at[rows],
                    "status": found.status[rows],
                    "done_at": found.done_at[rows],
                    "late_by": found.late_by[rows],
                    "late_in": found.late_in[rows],
                    "overdue_days": found.overdue_days[rows],
                    "certain": found.certain[rows],
                },
            )
            unknown = rows[found.status[rows] == UNDETERMINED]
            nothing = np.zeros(len(unknown), dtype=np.int64)
            tables.add(
                "undetermined",
                found.case[unknown],
                {
                    "rule": rule.id,
                    "clause": rule.clause,
                    "kind": rule.kind,
                    "party": found.party.gather(unknown),
                    "per": types_of(found.types, found.start_type[unknown]),
                    "event_at": found.started_at[unknown],
                    "missing": state.missing.series(found.missing[unknown]),
                    "minimum": nothing,
                    "maximum": nothing,
                },
            )


def _escalations(occurrences: Occurrences, rule: Escalation, rows: Rows, tables: Tables) -> None:
    at = occurrences.occurred_at
    waiting = _waiting(occurrences, rule, rows)
    for role in rule.to:
        complete = None
        if waiting is not None:
            open_ = waiting[role]
            if rule.joint:
                open_ = np.logical_or.reduce(list(waiting.values()))
            complete = ~open_
        some, party = occurrences.parties(role, rows)
        place = np.zeros(len(occurrences), dtype=np.int64)
        place[rows] = np.arange(len(rows))
        tables.add(
            "escalations",
            occurrences.case[some],
            {
                "rule": rule.id,
                "clause": rule.clause,
                "to": role,
                "party": party,
                "capacity": rule.capacity,
                **about(occurrences, some),
                "since": None if at is None else at[some],
                "complete": None if complete is None else complete[place[some]],
                "final": rule.final,
                "refers_to": rule.refers_to,
            },
        )


def _waiting(occurrences: Occurrences, rule: Escalation, rows: Rows) -> dict[str, Mask] | None:
    """The roles that have not replied; ``None`` where the policy records no replies."""
    if rule.reply_event is None or rule.reply_by is None:
        return None
    state, case = occurrences.state, occurrences.case[rows]
    at = occurrences.occurred_at
    since = np.full(len(rows), NONE) if at is None else at[rows]
    events = state.events.get(rule.reply_event)
    found = {}
    for role in rule.to:
        latest = np.full(len(state.log), NONE, dtype=np.int64)
        if events is not None and rule.reply_by in events.data:
            by_role = (events.data[rule.reply_by] == role).fill_null(value=False).to_numpy()
            latest[events.case[by_role]] = events.at[by_role]
        replied = (latest[case] != NONE) & (latest[case] >= since)
        found[role] = ~replied
    return found


def _charges(
    occurrences: Occurrences, unit: Unit, rule: Charge, rows: Rows, tables: Tables
) -> None:
    some, party = occurrences.parties(rule.borne_by, rows)
    cost = named_amount(occurrences.state, unit, rule.cost, occurrences.case[some])
    shared = unit.shared(cost, rule.share)
    unknown = cost.minimum == NONE
    bounds = unit.rounded(
        AmountColumns(np.where(unknown, 0, shared.minimum), np.where(unknown, NONE, shared.maximum))
    )
    tables.add(
        "charges",
        occurrences.case[some],
        {
            "rule": rule.id,
            "clause": rule.clause,
            "cost": rule.cost,
            "borne_by": rule.borne_by,
            "party": party,
            "minimum": bounds.minimum,
            "maximum": bounds.maximum,
            **about(occurrences, some),
        },
    )


def _records(occurrences: Occurrences, rule: Record, rows: Rows, tables: Tables) -> None:
    state = occurrences.state
    missing = np.zeros(len(rows), dtype=np.int32)
    for field in rule.fields:
        empty = ~_filled(occurrences, field)[rows]
        codes = np.where(empty, state.missing.code([field]), 0).astype(np.int32)
        missing = state.missing.join(missing, codes)
    tables.add(
        "records",
        occurrences.case[rows],
        {
            "rule": rule.id,
            "clause": rule.clause,
            "kept_by": rule.kept_by,
            **about(occurrences, rows),
            "complete": missing == 0,
            "missing": state.missing.series(missing),
        },
    )


def _filled(occurrences: Occurrences, field: str) -> Mask:
    """Whether a field of a form has content."""
    owner, dot, name = field.partition(".")
    state = occurrences.state
    if dot and owner == "event" and occurrences.event_row is not None:
        fields = {n for type_ in occurrences.types for n in state.ruleset.words.event_fields(type_)}
        filled = np.zeros(len(occurrences), dtype=bool)
        if name in fields:
            filled |= _has_content(occurrences.column(field))
        bound = occurrences.parties_bound(name)
        return filled if bound is None else filled | bound.is_not_null().to_numpy()
    filled = np.zeros(len(occurrences), dtype=bool)
    if field in state.ruleset.words.facts:
        filled |= _has_content(occurrences.column(field))
    parties = state.log.parties.get(field)
    if parties is not None:
        filled |= parties.is_not_null().to_numpy()[occurrences.case]
    return filled


def _has_content(column: pl.Series) -> Mask:
    filled: Mask = column.is_not_null().to_numpy()
    if column.dtype == pl.String:
        filled = filled & (column != "").fill_null(value=False).to_numpy()
    return filled


def types_of(types: tuple[str, ...], which: Rows) -> pl.Series:
    """The type of the event that starts each row."""
    return pl.Series(list(types), dtype=pl.String).gather(which)

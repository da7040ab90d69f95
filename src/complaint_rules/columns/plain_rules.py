"""Escalations, charges and records of a whole log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from complaint_rules.columns.amounts import AmountColumns, Unit, named_amount
from complaint_rules.columns.instances import UNDETERMINED
from complaint_rules.columns.log import Rows
from complaint_rules.columns.missing import Codes
from complaint_rules.columns.nullable import Mask, true_mask, true_rows, unknown_rows
from complaint_rules.columns.occurrences import Occurrences
from complaint_rules.columns.state import StateColumns
from complaint_rules.columns.tables import Tables, about
from complaint_rules.columns.values import take
from complaint_rules.ruleset.rules import Charge, Escalation, Record, Rule
from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import NONE


def judge_plain_rules(state: StateColumns, unit: Unit, tables: Tables) -> None:
    """Put escalations, charges and records into the tables, and what is undetermined of them."""
    ruleset = state.ruleset
    rules: Sequence[Rule] = (*ruleset.escalations, *ruleset.charges, *ruleset.records)
    for scope in dict.fromkeys(rule.scope for rule in rules):
        occurrences = Occurrences.of(state, scope)
        if occurrences is None:
            continue
        mine = [rule for rule in rules if rule.scope == scope]
        judged = occurrences.judge(mine)
        together = _shares_together(occurrences, unit, mine, judged)
        for rule in mine:
            applies = judged[rule.id]
            rows = true_rows(applies)
            if len(rows):
                _add(occurrences, unit, rule, rows, tables, together)
            unknown = unknown_rows(applies)
            if len(unknown):
                missing = occurrences.condition_missing(rule, unknown)
                add_undetermined(occurrences, rule, unknown, missing, tables)


def _shares_together(
    occurrences: Occurrences, unit: Unit, rules: Sequence[Rule], judged: Mapping[str, pl.Series]
) -> dict[str, AmountColumns]:
    """The rounded shares of costs of which several rules give exact shares, by rule."""
    by_cost: dict[str, list[Charge]] = {}
    for rule in rules:
        if isinstance(rule, Charge) and rule.share.is_exact:
            by_cost.setdefault(rule.cost, []).append(rule)
    found: dict[str, AmountColumns] = {}
    for name, sharing in by_cost.items():
        if len(sharing) == 1:
            continue
        cost = named_amount(occurrences.state, unit, name, occurrences.case)
        unknown = cost.minimum == NONE
        cost = AmountColumns(
            np.where(unknown, 0, cost.minimum), np.where(unknown, NONE, cost.maximum)
        )
        bounds: list[list[Instants]] = [[], []]
        for rule in sharing:
            shares = unit.shared(cost, rule.share)
            here = true_mask(judged[rule.id])
            for column, share in zip(bounds, (shares.minimum, shares.maximum), strict=True):
                column.append(np.where(here | (share == NONE), share, 0))
        for rule, low, high in zip(sharing, *map(unit.apportioned, bounds), strict=True):
            found[rule.id] = AmountColumns(low, high)
    return found


def _add(
    occurrences: Occurrences,
    unit: Unit,
    rule: Rule,
    rows: Rows,
    tables: Tables,
    together: Mapping[str, AmountColumns],
) -> None:
    match rule:
        case Escalation():
            if rule.to_by is not None:
                _addressed(occurrences, rule, rows, tables)
            else:
                _escalations(occurrences, rule, rows, tables)
        case Charge():
            _charges(occurrences, unit, rule, rows, tables, together.get(rule.id))
        case Record():
            _records(occurrences, rule, rows, tables)


def add_undetermined(
    occurrences: Occurrences, rule: Rule, rows: Rows, missing: Codes, tables: Tables
) -> None:
    """Rules that are unknown and cost nothing by themselves, and what is missing for them."""
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
            "missing": occurrences.state.missing.series(missing),
            "minimum": nothing,
            "maximum": nothing,
        },
    )


def add_deadlines(state: StateColumns, tables: Tables) -> None:
    """Put the instances of time limits into the table, and those that are undetermined."""
    for found in state.instances.values():
        first, last = int(found.rule.min()), int(found.rule.max())
        everything = slice(None)
        for number in range(first, last + 1):
            rule = state.ruleset.deadlines[number]
            rows: Any = everything if first == last else np.flatnonzero(found.rule == number)
            case = found.case[rows]
            event = types_of(found.types, found.start_type[rows])
            tables.add(
                "deadlines",
                case,
                {
                    "rule": rule.id,
                    "clause": rule.clause,
                    "duty_of": rule.duty_of,
                    "party": found.party if first == last else take(found.party, rows),
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
            unknown = np.flatnonzero((found.status == UNDETERMINED) & (found.rule == number))
            nothing = np.zeros(len(unknown), dtype=np.int64)
            tables.add(
                "undetermined",
                found.case[unknown],
                {
                    "rule": rule.id,
                    "clause": rule.clause,
                    "kind": rule.kind,
                    "party": take(found.party, unknown),
                    "per": types_of(found.types, found.start_type[unknown]),
                    "event_at": found.started_at[unknown],
                    "missing": state.missing.series(found.missing[unknown]),
                    "minimum": nothing,
                    "maximum": nothing,
                },
            )


def _addressed(occurrences: Occurrences, rule: Escalation, rows: Rows, tables: Tables) -> None:
    """To the role that a parameter names for each case; undetermined where it names none."""
    assert rule.to_by is not None  # noqa: S101 - the caller has looked
    column = occurrences.state.parameter(rule.to_by)
    codes = column.codes[occurrences.case[rows]]
    for number, role in enumerate(column.values):
        some = rows[codes == number]
        if len(some):
            _escalations(occurrences, replace(rule, to=(str(role),)), some, tables)
    unknown = rows[codes < 0]
    if len(unknown):
        missing = column.missing[occurrences.case[unknown]]
        add_undetermined(occurrences, rule, unknown, missing, tables)


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
        if complete is not None:
            place = np.zeros(len(occurrences), dtype=np.int64)
            place[rows] = np.arange(len(rows))
            complete = complete[place[some]]
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
                "complete": complete,
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
            by_role = true_mask(events.data[rule.reply_by] == role)
            latest[events.case[by_role]] = events.at[by_role]
        replied = (latest[case] != NONE) & (latest[case] >= since)
        found[role] = ~replied
    return found


def _charges(
    occurrences: Occurrences,
    unit: Unit,
    rule: Charge,
    rows: Rows,
    tables: Tables,
    together: AmountColumns | None,
) -> None:
    some, party = occurrences.parties(rule.borne_by, rows)
    cost = named_amount(occurrences.state, unit, rule.cost, occurrences.case[some])
    shared = unit.shared(cost, rule.share)
    unknown = cost.minimum == NONE
    bounds = unit.rounded(
        AmountColumns(np.where(unknown, 0, shared.minimum), np.where(unknown, NONE, shared.maximum))
    )
    if together is not None:
        bounds = together.rows(some)
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
    always: list[str] = []
    missing = np.zeros(len(rows), dtype=np.int32)
    for field in rule.fields:
        filled = _filled(occurrences, field)
        if filled is None:
            always.append(field)
        else:
            codes = np.where(filled[rows], 0, state.missing.code([field])).astype(np.int32)
            missing = state.missing.join(missing, codes)
    if always:
        base = np.full(len(rows), state.missing.code(always), dtype=np.int32)
        missing = state.missing.join(missing, base)
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


def _filled(occurrences: Occurrences, field: str) -> Mask | None:
    """Whether a field of a form has content; ``None`` where it has none anywhere."""
    owner, dot, name = field.partition(".")
    state = occurrences.state
    filled: Mask | None = None
    if dot and owner == "event" and occurrences.event_row is not None:
        words = state.ruleset.words
        if any(name in words.event_fields(type_) for type_ in occurrences.types):
            filled = _has_content(occurrences.column(field))
        bound = occurrences.parties_bound(name)
        named = None if bound is None else true_mask(bound.is_not_null())
        if named is None:
            return filled
        return named if filled is None else filled | named
    if field in state.ruleset.words.facts and (state.series(field).null_count() < len(state.log)):
        filled = _has_content(occurrences.column(field))
    parties = state.log.parties.get(field)
    if parties is not None:
        named = true_mask(parties.is_not_null())[occurrences.case]
        filled = named if filled is None else filled | named
    return filled


def _has_content(column: pl.Series) -> Mask:
    filled: Mask = column.is_not_null().to_numpy()
    if column.dtype == pl.String:
        filled = filled & true_mask(column != "")
    return filled


def types_of(types: tuple[str, ...], which: Rows) -> pl.Series | str:
    """The type of the event that starts each row."""
    if len(types) == 1:
        return types[0]
    return take(pl.Series(list(types), dtype=pl.String), which)

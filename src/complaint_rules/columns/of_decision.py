"""The rows that one decision has in the tables of a simulation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import polars as pl

from complaint_rules.columns.tables import TABLES, schemas
from complaint_rules.judging.decision import Decision
from complaint_rules.judging.items import Missing, PenaltyItem, UndeterminedItem
from complaint_rules.judging.state import State
from complaint_rules.time import CalendarDays, Duration, Elapsed, Working, WorkingDays

Row = dict[str, Any]


def frames_of(
    decisions: Iterable[tuple[Any, Decision]], ruleset: Any, case_type: Any
) -> dict[str, pl.DataFrame]:
    """The tables of decisions, each with the id of its case."""
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    for case, decision in decisions:
        for name, found in rows_of(decision).items():
            rows[name] += [{"case": case, **row} for row in found]
    return {
        name: pl.DataFrame(rows[name], schema=dict(schema), orient="row")
        for name, schema in schemas(ruleset, case_type).items()
    }


def rows_of(decision: Decision) -> dict[str, list[Row]]:
    """The rows of one decision in every table."""
    assert decision.basis is not None  # noqa: S101 - it was evaluated just now
    state = decision.basis.state
    about = _about(state)
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    for limit in decision.deadlines:
        late_by, late_in = _lateness(limit.late_by)
        of = about(limit.occurrence)
        rows["deadlines"].append(
            {
                "rule": limit.rule,
                "clause": limit.clause,
                "duty_of": limit.duty_of,
                "party": limit.party,
                "event": limit.started_by or of["per"],
                "started_at": limit.started_at,
                "due_at": limit.due_at,
                "target_at": limit.target_at,
                "status": limit.status,
                "done_at": limit.done_at,
                "late_by": late_by,
                "late_in": late_in,
                "overdue_days": limit.overdue_days,
                "certain": limit.certain,
            }
        )
    for one in decision.escalations:
        rows["escalations"].append(
            {
                **_fields(one, "rule clause to party capacity since complete final"),
                **about(one.occurrence),
                "refers_to": one.referral,
            }
        )
    for penalty in decision.penalties:
        rows["penalties"].append(
            {
                **_fields(penalty, "rule clause against party kind minimum maximum occurred_at"),
                "unit": penalty.currency,
                "imposes": penalty.imposes,
                **about(penalty.occurrence),
                "refers_to": penalty.referral,
                "relieved_by": sorted(set(penalty.relieved_by)),
            }
        )
    relieved = {penalty.id: penalty for penalty in decision.penalties}
    for relief in decision.reliefs:
        of_penalty = relieved[relief.penalty]
        rows["reliefs"].append(
            {
                **_fields(relief, "rule clause party kind minimum maximum granted_at"),
                "unit": relief.currency,
                **about(of_penalty.occurrence),
                "penalty": of_penalty.rule,
            }
        )
    for charge in decision.charges:
        rows["charges"].append(
            {
                **_fields(charge, "rule clause cost borne_by party minimum maximum"),
                **about(charge.occurrence),
            }
        )
    for record in decision.records:
        rows["records"].append(
            {
                **_fields(record, "rule clause kept_by complete"),
                **about(record.occurrence),
                "missing": sorted(set(record.missing)),
            }
        )
    for unknown in decision.undetermined:
        if unknown.kind == "schedule":  # the same for every case
            continue
        rows["undetermined"].append(
            {
                **_fields(unknown, "rule clause kind party minimum maximum"),
                "unit": unknown.unit or decision.currency,
                **about(unknown.occurrence),
                "missing": _names(unknown.missing),
            }
        )
    rows["liabilities"] = list(_liabilities(decision, about))
    return rows


def _liabilities(decision: Decision, about: Callable[[str | None], Row]) -> Iterable[Row]:
    found: list[UndeterminedItem | PenaltyItem] = [*decision.undetermined, *decision.penalties]
    items = {item.id: item for item in found}
    certain = {penalty.id for penalty in decision.penalties}
    for one in decision.liabilities:
        by_rule = {items[penalty].rule: items[penalty] for penalty in one.penalties}
        rules = sorted(by_rule)
        yield {
            "rules": rules,
            "clause": ", ".join(dict.fromkeys(by_rule[rule].clause for rule in rules)),
            "against": one.against,
            "party": one.party,
            "unit": one.unit or decision.currency,
            "minimum": one.minimum,
            "maximum": one.maximum,
            **about(items[one.penalties[0]].occurrence),
            "undetermined": not certain.issuperset(one.penalties),
        }


def _fields(item: Any, names: str) -> Row:
    return {name: getattr(item, name) for name in names.split()}


def _names(missing: Iterable[Missing]) -> list[str]:
    return sorted({one.name for one in missing})


def _lateness(late_by: Duration | None) -> tuple[timedelta | None, str | None]:
    match late_by:
        case Elapsed(microseconds):
            return timedelta(microseconds=microseconds), "elapsed"
        case Working(microseconds):
            return timedelta(microseconds=microseconds), "working"
        case CalendarDays(days):
            return timedelta(days=days), "calendar days"
        case WorkingDays(days):
            return timedelta(days=days), "working days"
    return None, None


def _about(state: State) -> Callable[[str | None], Row]:
    """What an occurrence is, by its key: an event, or a time limit and the event that starts it."""
    events = {event.key: (event.type, event.at) for event in state.events}
    limits = {
        item.id: (name, item.started_at)
        for name, items in state.deadlines.items()
        for item in items
    }

    def about(key: str | None) -> Row:
        if key is None:
            return {"per": None, "event_at": None}
        per, at = limits.get(key) or events[key]
        return {"per": per, "event_at": at}

    return about

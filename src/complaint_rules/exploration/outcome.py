"""What matters of a decision when something in the case is changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from complaint_rules.case import Case, Event
from complaint_rules.conditions import names
from complaint_rules.conditions.tree import CompareNames, atoms
from complaint_rules.evaluation.decision import Decision
from complaint_rules.evaluation.lateness import thresholds_reached
from complaint_rules.policies import Policy
from complaint_rules.policy.rules import ALWAYS_IN_FORCE, Deadline, nodes
from complaint_rules.policy.ruleset import Ruleset
from complaint_rules.time import CalendarDays, Elapsed, Working

Outcome = frozenset[tuple[Any, ...]]
"""What follows from a decision, without the keys that change when an event moves."""


def outcome(decision: Decision) -> Outcome:
    """Who is fined, excused, charged or called in, and for how much."""
    found: list[tuple[Any, ...]] = [
        (kind, item.rule, item.party, item.minimum, item.maximum)
        for kind, items in (
            ("penalty", decision.penalties),
            ("relief", decision.reliefs),
            ("charge", decision.charges),
        )
        for item in items
    ]
    found += [("escalation", step.rule, step.party, step.to) for step in decision.escalations]
    found += [
        ("undetermined", unknown.rule, unknown.party, unknown.maximum)
        for unknown in decision.undetermined
        if unknown.kind not in ("deadline", "record", "schedule")
    ]
    total = decision.total()
    found.append(("total", total.minimum, total.maximum))
    return frozenset(numbered(found))


def state(decision: Decision) -> tuple[Outcome, Outcome]:
    """The outcome, and the statuses that it follows from."""
    basis = decision.basis
    assert basis is not None  # noqa: S101 - it was evaluated just now
    limits = [
        (
            limit.rule,
            limit.party,
            limit.status,
            limit.overdue_days,
            thresholds_reached(limit, basis.state, basis.judge.thresholds),
            limit.certain,
        )
        for limit in decision.deadlines
    ]
    return outcome(decision), frozenset(numbered(limits))


def numbered(found: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Equal entries told apart by their number, so that a set keeps them all."""
    seen: dict[tuple[Any, ...], int] = {}
    out = []
    for one in found:
        seen[one] = seen.get(one, 0) + 1
        out.append((*one, seen[one]))
    return out


def with_event(case: Case, old: Event | None, new: Event | None) -> Case:
    """The case with one event in place of another, without it, or with one more."""
    events = [event for event in case.events if event is not old]
    if new is not None:
        events.append(new)
    if old is not None and new is None and old.id is not None:
        gone = old.id
        events = [
            Event(e.type, e.at, id=e.id, ref=None if e.ref == gone else e.ref, **e.data)
            for e in events
        ]
    return Case(case.id, dict(case.facts), events)


def moved(event: Event, at: datetime) -> Event:
    """The event at another time."""
    return Event(event.type, at, id=event.id, ref=event.ref, **event.data)


def compares_names(ruleset: Ruleset) -> bool:
    """Whether some condition compares the times or counts of events or limits with another name.

    Then the instant at which it changes is searched for. Facts and parameters do not move with
    events.
    """
    return any(
        isinstance(atom, CompareNames) and "." in f"{atom.left}{atom.right}"
        for rule in ruleset.rules()
        for node in nodes(rule)
        for atom in atoms(node)
    )


def is_exact(ruleset: Ruleset, case: Case) -> bool:
    """Whether all instants at which the answer changes are known, so that none is searched for.

    They are not where names are compared with each other, where an event starts a limit on some
    dates only, where the due instant does not move evenly with its start, where one start depends
    on another, and where the order of two events of one instant decides.
    """
    moments = [event.at for event in case.events]
    return (
        len(set(moments)) == len(moments)
        and not compares_names(ruleset)
        and all(map(_moves_evenly, ruleset.deadlines))
    )


def _moves_evenly(rule: Deadline) -> bool:
    counting, limit = rule.counting, rule.within
    to_the_minute = counting.last_day_ends == "same-time" and (
        bool(counting.rolls)
        or (limit is not None and not isinstance(limit.duration, Elapsed | Working | CalendarDays))
    )
    return (
        rule.in_force is ALWAYS_IN_FORCE
        and rule.starts_alone
        and counting.taken_in is None
        and not to_the_minute
    )


def names_read(policy: Policy) -> set[str]:
    """The names that conditions read."""
    return {name for rule in policy.ruleset.rules() for node in nodes(rule) for name in names(node)}

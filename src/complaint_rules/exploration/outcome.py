"""What matters of a decision when something in the case is changed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from complaint_rules.case import Case, Event
from complaint_rules.exploration.moments import moves_unevenly
from complaint_rules.expressions import names, sources
from complaint_rules.expressions.tree import (
    Among,
    Compare,
    CompareNames,
    CompareTerms,
    atom_names,
    atoms,
)
from complaint_rules.judging.decision import Decision
from complaint_rules.judging.lateness import thresholds_reached
from complaint_rules.policy import Policy
from complaint_rules.ruleset.given import given_by
from complaint_rules.ruleset.rules import ALWAYS_IN_FORCE, Deadline, nodes
from complaint_rules.ruleset.ruleset import Ruleset
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


def state(decision: Decision, overdue: OverdueDays) -> tuple[Outcome, Outcome]:
    """The outcome, and the statuses that it follows from."""
    basis = decision.basis
    assert basis is not None  # noqa: S101 - it was evaluated just now
    limits = [
        (
            limit.rule,
            limit.party,
            limit.status,
            overdue.part(limit.rule, limit.overdue_days),
            thresholds_reached(limit, basis.state, basis.judge.thresholds),
            limit.certain,
        )
        for limit in decision.deadlines
    ]
    return outcome(decision), frozenset(numbered(limits))


class OverdueDays:
    """How far the days that a limit is overdue decide anything.

    Conditions compare them with numbers, so they are told apart as far as such a comparison does.
    Amounts for each day need no more: they are in the outcome, and move in one direction as the
    days do. Otherwise a limit that is never completed would differ on each day of a year.
    """

    def __init__(self, ruleset: Ruleset) -> None:
        self._constants: dict[str, list[int]] = {}
        self._each: set[str] = set()
        compared = [
            atom for rule in ruleset.rules() for node in nodes(rule) for atom in atoms(node)
        ]
        for rule in ruleset.deadlines:
            # A rule that is judged for each limit calls its own "deadline".
            own = {f"{rule.name}.overdue_days", "deadline.overdue_days"}
            if any(
                isinstance(atom, CompareNames | CompareTerms) and own & {*atom_names(atom)}
                for atom in compared
            ):
                self._each.add(rule.id)
            self._constants[rule.id] = sorted(
                {number for atom in compared for number in _constants(atom, own)}
            )

    def part(self, rule_id: str, days: int | None) -> int | None:
        """A number that differs where the days differ in what follows from them."""
        constants = self._constants.get(rule_id)
        if days is None or constants is None or rule_id in self._each:
            return days
        return bisect_left(constants, days) + bisect_right(constants, days)


def _constants(atom: Any, compared: set[str]) -> Iterator[int]:
    match atom:
        case Compare(name, _, int(constant)) if name in compared:
            yield constant
        case Among(name, constants) if name in compared:
            yield from (constant for constant in constants if isinstance(constant, int))


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
        isinstance(atom, CompareNames | CompareTerms) and "." in "".join(atom_names(atom))
        for rule in ruleset.rules()
        for node in nodes(rule)
        for atom in atoms(node)
    )


def is_exact(ruleset: Ruleset, case: Case) -> bool:
    """Whether all instants at which the answer changes are known, so that none is searched for.

    They are not where names are compared with each other, where the time of day of a due instant
    is asked for, or what the calendar says of it, where an event starts a limit on some
    dates only, where the due instant does not move evenly with its start, where one start depends
    on another or on what happened to another limit, and where the order of two events of one
    instant decides.
    """
    moments = [event.at for event in case.events]
    return (
        len(set(moments)) == len(moments)
        and not compares_names(ruleset)
        and not any(rule.scope.kind == "edge" for rule in ruleset.rules())
        and not moves_unevenly(ruleset)
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
        and not rule.stands_still
        and not rule.edges
        and rule.handed_over is None
        and counting.taken_in is None
        and counting.at is None
        and rule.several is None
        and not to_the_minute
    )


def names_read(policy: Policy) -> set[str]:
    """The names that conditions read, or work something out from, and the keys of tables."""
    rules = list(policy.ruleset.rules())
    every = [node for rule in rules for node in nodes(rule)]
    found = set(sources(name for node in every for name in names(node)))
    parameters = policy.ruleset.parameters
    for name in found.union(*map(given_by, rules)) & set(parameters):
        found |= set(parameters[name].keys)
    return found

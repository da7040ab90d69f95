"""How much of a policy its scenarios look at: of the policy, not of lines of code.

Every rule is to be decided once, every comparison in a condition to come out both ways, every
threshold to be met from both sides and exactly, every interval of time and every row of a table
to have a case in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from complaint_rules.expressions import Vocabulary, evaluate, render
from complaint_rules.expressions.terms import NEVER_BELOW, bounds_of, term_value
from complaint_rules.expressions.tree import (
    Atom,
    Compare,
    CompareNames,
    CompareTerms,
    Constant,
    Node,
    Truth,
    atom_names,
    atoms,
)
from complaint_rules.expressions.types import ORDERED
from complaint_rules.judging.amounts import held_by
from complaint_rules.judging.decision import Basis, Decision
from complaint_rules.judging.matching import occurrences
from complaint_rules.judging.parameters import keys_of
from complaint_rules.ruleset.counts import Count
from complaint_rules.ruleset.rules import (
    ALWAYS_IN_FORCE,
    DECISION_SECTIONS,
    Deadline,
    Penalty,
    Rule,
    Target,
)
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.tables import Table, written
from complaint_rules.testing.outcomes import outcomes
from complaint_rules.testing.run import CheckResult
from complaint_rules.testing.scenarios import ScenarioFile
from complaint_rules.time.durations import Duration, Elapsed

KINDS: Final = ("rules", "comparisons", "boundaries", "intervals", "rows")
SIDES: Final = ("below", "exactly on", "above")


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that a scenario ought to look at, and the clause it comes from."""

    kind: str
    rule: str
    clause: str
    what: str

    def __str__(self) -> str:
        return f"[{self.clause}] {self.rule}: {self.what}"


@dataclass(slots=True)
class Coverage:
    """What the scenarios of one policy looked at."""

    ruleset: Ruleset
    goals: dict[Goal, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, file: ScenarioFile, results: Iterable[CheckResult]) -> Coverage:
        """Look through what the scenarios of a file came to."""
        ruleset = file.policy.ruleset
        coverage = cls(ruleset)
        for rule in _decided_rules(ruleset):
            for goal in _goals(rule, ruleset):
                coverage.goals[goal] = False
        for cap in ruleset.caps:
            coverage.goals[_reached(cap)] = False
        for goal in _interval_goals(ruleset):
            coverage.goals[goal] = False
        for result in results:
            coverage._see_day(result)
            if result.decision is not None and result.decision.basis is not None:
                coverage._see(result.decision, result.decision.basis)
        return coverage

    def missing(self, kind: str | None = None) -> list[Goal]:
        """What no scenario looked at."""
        return [g for g, seen in self.goals.items() if not seen and kind in (None, g.kind)]

    def counts(self, kind: str) -> tuple[int, int]:
        """How many goals of a kind were reached, and how many there are."""
        seen = [seen for goal, seen in self.goals.items() if goal.kind == kind]
        return sum(seen), len(seen)

    def report(self) -> str:
        """The counts, and every goal that was missed, with its clause."""
        lines = [f"{self.ruleset.id}: what the scenarios look at"]
        for kind in KINDS:
            reached, wanted = self.counts(kind)
            if wanted or kind != "rows":  # few policies have tables
                lines.append(f"  {kind:<12} {reached} of {wanted}")
        lines += [f"  not tested: {goal}" for goal in self.missing()]
        return "\n".join(lines)

    # Seeing

    def _reach(self, goal: Goal) -> None:
        if goal in self.goals:
            self.goals[goal] = True

    def _see_day(self, result: CheckResult) -> None:
        ruleset = result.scenario.policy.ruleset
        events = [e.at for e in result.scenario.case.events if e.type == ruleset.effective_by]
        if not events:
            return
        day = min(events).astimezone(ruleset.calendar.timezone).date()
        for goal, within in _effective_days(ruleset):
            if day == within:
                self._reach(goal)

    def _see(self, decision: Decision, basis: Basis) -> None:
        for rule_id, found in outcomes(decision, self.ruleset.calendar.timezone).items():
            if any(outcome.certain for outcome in found):
                self._reach(_decided(self.ruleset.rule(rule_id)))
        for owed in decision.liabilities:
            for cap in owed.caps:
                self._reach(_reached(self.ruleset.rule(cap)))
        zone = self.ruleset.calendar.timezone
        for item in decision.deadlines:
            rule = self.ruleset.rule(item.rule)
            self._reach(_start_goal(rule, item.started_at.astimezone(zone).date()))
            for handed in item.handed_over:
                open_ = item.due_at is None or handed.at <= item.due_at
                self._reach(_hand_over_goal(rule, "before" if open_ else "after"))
            if item.ended_by is not None:
                self._reach(_ended_goal(rule, item.ended_by))
            for what, threshold in (("due", item.due_at), ("target", item.target_at)):
                if threshold is not None and item.status != "cancelled":
                    side = _side(item.done_at or decision.as_of, threshold)
                    self._reach(_deadline_goal(rule, what, side))
        self._see_amounts(decision, basis)
        for scope, matcher in basis.judge.scopes.items():
            for occurrence in occurrences(basis.state, scope):
                values = matcher.values(basis.state, occurrence)
                for rule in matcher.rules.values():
                    self._see_condition(rule, values)
        for name, parameter in self.ruleset.parameters.items():
            if len(parameter.values) > 1 and basis.state.parameter(name) is not None:
                day = basis.state.governing_day
                since = [first for first, _ in parameter.values if day is None or first <= day]
                if since:
                    self._reach(_parameter_goal(name, since[-1]))
            if parameter.table is not None:
                rows = parameter.table.rows_of(keys_of(basis.state, parameter, parameter.table))
                if len(rows) == 1:
                    self._reach(_row_goal(name, parameter.table, rows.pop()))

    def _see_amounts(self, decision: Decision, basis: Basis) -> None:
        for item in decision.penalties:
            rule = self.ruleset.rule(item.rule)
            if not isinstance(rule, Penalty) or rule.amount is None or not rule.amount.is_bounded:
                continue
            for occurrence in occurrences(basis.state, rule.scope):
                if occurrence.key == item.occurrence:
                    by = held_by(rule.amount, basis.state, occurrence)
                    self._reach(_held_goal(rule, by or "nothing"))

    def _see_condition(self, rule: Rule, values: dict[str, Any]) -> None:
        assert rule.condition is not None  # noqa: S101 - a scope has only rules with conditions
        for number, atom in enumerate(atoms(rule.condition.node), start=1):
            outcome = evaluate(atom, values)
            if outcome is None:
                continue
            self._reach(_atom_goal(rule, number, atom, outcome, self.ruleset))
            if any(name not in values for name in atom_names(atom)):
                continue  # it is known between bounds, and on neither side
            if isinstance(atom, Compare):
                side = _side(values[atom.name], atom.constant)
            elif isinstance(atom, CompareNames):
                side = _side(values[atom.left], values[atom.right])
            elif isinstance(atom, CompareTerms):
                side = _side(term_value(atom.left, values), term_value(atom.right, values))
            else:
                continue
            self._reach(_side_goal(rule, number, atom, side, self.ruleset))


def _decided_rules(ruleset: Ruleset) -> Iterator[Rule]:
    for section in DECISION_SECTIONS:
        yield from getattr(ruleset, section)


def _goals(rule: Rule, ruleset: Ruleset) -> Iterator[Goal]:
    yield _decided(rule)
    if isinstance(rule, Penalty) and rule.amount is not None and rule.amount.is_bounded:
        yield _held_goal(rule, "nothing")
        if rule.amount.at_least is not None:
            yield _held_goal(rule, "the floor")
        if rule.amount.at_most:
            yield _held_goal(rule, "a cap")
    if isinstance(rule, Deadline):
        for what in ("due", "target") if rule.target is not None else ("due",):
            for side in SIDES:
                if not (side == "below" and _is_due_at_once(rule, what)):
                    yield _deadline_goal(rule, what, side)
        if rule.handed_over is not None:
            yield from (_hand_over_goal(rule, when) for when in ("before", "after"))
        yield from (_ended_goal(rule, edge) for edge in rule.end_edges)
    if rule.condition is not None:
        yield from _condition_goals(rule, rule.condition.node, ruleset)
    if isinstance(rule, Target):
        yield from _condition_goals(rule.achievement, rule.achieved.node, ruleset)


def _is_due_at_once(rule: Deadline, what: str) -> bool:
    """Whether a limit is due as soon as it starts: nothing is done before that."""
    limit = rule.within if what == "due" else rule.target
    return (
        limit is not None
        and limit.duration == Elapsed(0)
        and rule.by is None
        and rule.before is None
        and not (rule.agreed or rule.suspended or rule.counting.taken_in)
    )


def _condition_goals(rule: Rule, node: Node, ruleset: Ruleset) -> Iterator[Goal]:
    for number, atom in enumerate(atoms(node), start=1):
        if isinstance(atom, Truth):
            continue
        for outcome in (True, False):
            yield _atom_goal(rule, number, atom, outcome, ruleset)
        if _is_ordered(atom, rule, ruleset):
            for side in SIDES:
                if not (side == "below" and _is_least(atom, rule, ruleset)):
                    yield _side_goal(rule, number, atom, side, ruleset)


def _is_ordered(atom: Atom, rule: Rule, ruleset: Ruleset) -> bool:
    if isinstance(atom, CompareNames):
        return _type(atom.left, rule, ruleset) in ORDERED
    if isinstance(atom, CompareTerms):
        return True
    return isinstance(atom, Compare) and isinstance(
        atom.constant, int | Decimal | datetime | date | time | Duration
    )


def _is_least(atom: Atom, rule: Rule, ruleset: Ruleset) -> bool:
    """Whether nothing can lie below the constant of a comparison."""
    if isinstance(atom, CompareTerms):
        least, _ = bounds_of(atom.left, _vocabulary(rule, ruleset))
        return isinstance(atom.right, Constant) and least is not None and atom.right.value <= least
    if not isinstance(atom, Compare):
        return False
    if isinstance(atom.constant, Duration):
        return atom.constant.amount == 0
    if isinstance(atom.constant, time):
        return atom.constant == time.min
    count = ruleset.words.counts.get(atom.name)
    least = NEVER_BELOW.get(atom.name.rpartition(".")[2])
    if count is not None:
        least = _least_count(count, rule)
    if least is None and _type(atom.name, rule, ruleset) == "money":
        least = 0
    return (
        least is not None
        and not isinstance(atom.constant, str | datetime | date)
        and (atom.constant <= least)
    )


def _least_count(count: Count, rule: Rule) -> int | None:
    """The least a count can be: where an event is judged that counts itself, there is one."""
    itself = rule.scope.kind == "event" and rule.scope.of in count.of and count.condition is None
    if itself and count.measure == "count":
        return 1
    return 0 if count.never_negative else None


def _type(name: str, rule: Rule, ruleset: Ruleset) -> str:
    return _vocabulary(rule, ruleset)[name].type.name


def _vocabulary(rule: Rule, ruleset: Ruleset) -> Vocabulary:
    return next(
        group.vocabulary
        for group in ruleset.scopes
        if any(other.id == rule.id for other in group.rules)
    )


def _side(value: Any, threshold: Any) -> str:
    if value == threshold:
        return "exactly on"
    try:
        return "below" if value < threshold else "above"
    except TypeError:  # yes and no, and the values of an enum, have no order
        return ""


def _held_goal(rule: Rule, by: str) -> Goal:
    what = f"{by} never decides its amount"
    if by == "nothing":
        what = "its amount is never between its bounds"
    return Goal("boundaries", rule.id, rule.clause, what)


def _decided(rule: Rule) -> Goal:
    return Goal("rules", rule.id, rule.clause, "never decided")


def _deadline_goal(rule: Rule, what: str, side: str) -> Goal:
    when = {"below": "before", "above": "after"}.get(side, side)
    return Goal("boundaries", rule.id, rule.clause, f"never {when} the {what} instant")


def _reached(cap: Rule) -> Goal:
    return Goal("rules", cap.id, cap.clause, "never reached")


def _hand_over_goal(rule: Rule, when: str) -> Goal:
    return Goal("rules", rule.id, rule.clause, f"never handed over {when} it was due")


def _ended_goal(rule: Rule, edge: str) -> Goal:
    return Goal("rules", rule.id, rule.clause, f"never ended by {edge}")


def _atom_goal(rule: Rule, number: int, atom: Atom, outcome: bool, ruleset: Ruleset) -> Goal:
    says = "true" if outcome else "false"
    what = f"{number}. “{_say(atom, rule, ruleset)}” is never {says}"
    return Goal("comparisons", rule.id, rule.clause, what)


def _side_goal(rule: Rule, number: int, atom: Atom, side: str, ruleset: Ruleset) -> Goal:
    what = f"{number}. “{_say(atom, rule, ruleset)}”: never {side} it"
    return Goal("boundaries", rule.id, rule.clause, what)


def _say(atom: Atom, rule: Rule, ruleset: Ruleset) -> str:
    return render(atom, _vocabulary(rule, ruleset), "en")


# Intervals


def _effective_days(ruleset: Ruleset) -> list[tuple[Goal, date]]:
    def goal(what: str) -> Goal:
        return Goal("intervals", ruleset.id, "effective", what)

    first, last = ruleset.effective_from, ruleset.effective_until
    found = []
    if first > date.min:
        found += [
            (goal("no case of the day before the policy is in force"), first - timedelta(1)),
            (goal("no case of the first day the policy is in force"), first),
        ]
    if last is not None:
        found += [
            (goal("no case of the last day the policy is in force"), last),
            (goal("no case of the day after the policy was in force"), last + timedelta(1)),
        ]
    return found


def _interval_goals(ruleset: Ruleset) -> Iterator[Goal]:
    for goal, _ in _effective_days(ruleset):
        yield goal
    for rule in ruleset.deadlines:
        for day in rule.in_force:
            if day not in ALWAYS_IN_FORCE:
                yield _start_goal(rule, day)
    for name, parameter in ruleset.parameters.items():
        if len(parameter.values) > 1:
            yield from (_parameter_goal(name, first) for first, _ in parameter.values)
        if parameter.table is not None:
            for number in range(len(parameter.table.rows)):
                yield _row_goal(name, parameter.table, number)


def _row_goal(name: str, table: Table, number: int) -> Goal:
    return Goal("rows", name, "parameter", f"no case of the row {written(table.rows[number])}")


def _start_goal(rule: Rule, day: date) -> Goal:
    what = f"never started on {day}, where it begins or ends"
    return Goal("intervals", rule.id, rule.clause, what)


def _parameter_goal(name: str, first: date) -> Goal:
    return Goal("intervals", name, "parameter", f"no case of the time since {first}")

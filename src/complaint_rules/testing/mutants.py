"""Mutants: a policy with one small thing changed, as an author could get it wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from complaint_rules.expressions.tree import (
    NEGATED,
    Among,
    And,
    Compare,
    CompareNames,
    CompareTerms,
    IsTrue,
    Node,
    Not,
    Operator,
    Or,
    Truth,
)
from complaint_rules.money import Interval, plain
from complaint_rules.ruleset.amounts import Amount
from complaint_rules.ruleset.caps import Cap
from complaint_rules.ruleset.compile import group_by_scope
from complaint_rules.ruleset.counts import Count
from complaint_rules.ruleset.limits import Limit
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.rules import (
    ALWAYS_IN_FORCE,
    RULE_SECTIONS,
    Charge,
    Condition,
    Deadline,
    Escalation,
    Penalty,
    Record,
    Relief,
    Rule,
    Schedule,
    Target,
)
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.testing.cap_mutants import cap_changes
from complaint_rules.testing.count_mutants import count_changes
from complaint_rules.testing.edge_mutants import edge_changes
from complaint_rules.testing.table_mutants import table_changes
from complaint_rules.testing.term_mutants import (
    amount_changes,
    interval_changes,
    say_plainly,
    term_changes,
)
from complaint_rules.testing.time_mutants import changes_of_several, moved_clock, moved_durations
from complaint_rules.time import (
    Duration,
)

_SWAPPED: Final[dict[Operator, Operator]] = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_PERCENT: Final = Decimal("0.01")
_NEVER: Final = Condition("False", Truth(False))


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed rule, parameter or count; ``rule`` is gone where there is no replacement."""

    rule: str
    clause: str
    what: str
    replacement: Rule | Parameter | Count | None

    @property
    def id(self) -> str:
        return f"{self.rule}: {self.what}"

    def of(self, ruleset: Ruleset) -> Ruleset:
        """The ruleset with this change; its parameters may have other values than those here."""
        new = self.replacement
        if isinstance(new, Parameter):
            return replace(ruleset, parameters={**ruleset.parameters, new.name: new})
        if isinstance(new, Count):
            counts = {**ruleset.words.counts, new.name: new}
            return replace(ruleset, words=replace(ruleset.words, counts=counts))
        sections: dict[str, Any] = {}
        for section in RULE_SECTIONS:
            rules = getattr(ruleset, section)
            changed = (new if rule.id == self.rule else rule for rule in rules)
            sections[section] = tuple(rule for rule in changed if rule is not None)
        every = [rule for rules in sections.values() for rule in rules]
        return replace(ruleset, scopes=group_by_scope(every, ruleset.words), **sections)


def mutants(ruleset: Ruleset) -> Iterator[Mutant]:
    """Each rule dropped, each threshold and amount moved by one unit either way, each comparison
    made to include or exclude its bound, each part of a condition turned round or left out, ``and``
    put for ``or``, each party replaced by another.
    """
    roles = list(ruleset.words.roles)
    for section in RULE_SECTIONS:
        for rule in getattr(ruleset, section):
            if rule.kind == "statistic":
                continue
            for what, replacement in _changes(rule, roles):
                yield Mutant(rule.id, rule.clause, what, replacement)
    for parameter in ruleset.parameters.values():
        for what, values in _parameter_changes(parameter):
            yield Mutant(parameter.name, "parameter", what, replace(parameter, values=values))
        for what, changed in table_changes(parameter, _moved_in_table):
            yield Mutant(parameter.name, "parameter", what, changed)
    for count in ruleset.words.counts.values():
        for what, other in count_changes(count, moved_durations, _node_changes):
            yield Mutant(count.name, "count", what, other)


def _changes(rule: Any, roles: list[str]) -> Iterator[tuple[str, Rule | None]]:
    if isinstance(rule, Schedule | Cap):
        yield "dropped", None
    else:
        yield "dropped", _with(rule, condition=_NEVER)
    if rule.condition is not None:
        for what, node in _node_changes(rule.condition.node):
            yield f"when {what}", _with(rule, condition=_with(rule.condition, node=node))
    yield from _party_changes(rule, roles)
    match rule:
        case Deadline():
            for duration in () if rule.lead is None else moved_durations(rule.lead):
                yield f"before {rule.lead} → {duration}", _with(rule, lead=duration)
            for key in ("within", "target"):
                limit: Limit | None = getattr(rule, key)
                if limit is not None and limit.duration is not None:
                    for duration in moved_durations(limit.duration):
                        what = f"{key} {limit.duration} → {duration}"
                        yield what, _with(rule, **{key: Limit(duration)})
            yield from changes_of_several(rule)
            for number, day in enumerate(rule.in_force):
                for moved in _moved(day) if day not in ALWAYS_IN_FORCE else ():
                    dates = (moved, rule.in_force[1]) if number == 0 else (rule.in_force[0], moved)
                    yield f"in force {day} → {moved}", _with(rule, in_force=dates)
            yield from edge_changes(rule)
            for number, extension in enumerate(rule.agreed):
                before = extension.more.duration if extension.more is not None else None
                for more in moved_durations(before) if before is not None else ():
                    agreed = [*rule.agreed]
                    agreed[number] = replace(extension, more=Limit(more))
                    yield f"more {before} → {more}", _with(rule, agreed=tuple(agreed))
        case Penalty(amount=Amount() as amount):
            yield from amount_changes(rule, amount)
        case Relief(cancels=False, factor=factor):
            for step in (-_PERCENT, _PERCENT):
                what = f"refunds {_percent(factor)} → {_percent(factor + step)}"
                yield what, _with(rule, factor=factor + step)
        case Cap():
            yield from cap_changes(rule)
        case Charge(share=share):
            for changed in interval_changes(share, _PERCENT):
                what = f"share {_percent(share)} → {_percent(changed)}"
                yield what, _with(rule, share=changed)
        case Target(threshold=threshold):
            for step in (-_PERCENT, _PERCENT):
                new = _with(rule, threshold=threshold + step)
                yield f"threshold {_percent(threshold)} → {_percent(threshold + step)}", new
            for what, node in _node_changes(rule.achieved.node):
                achieved = _with(rule.achieved, node=node)
                yield f"achieved {what}", _with(rule, achieved=achieved)


def _with(rule: Any, **changes: Any) -> Any:
    return replace(rule, **changes)


def _party_changes(rule: Any, roles: list[str]) -> Iterator[tuple[str, Rule]]:
    for key in ("duty_of", "against", "borne_by", "kept_by"):
        role = getattr(rule, key, None)
        if role is not None and isinstance(rule, Deadline | Penalty | Charge | Record | Schedule):
            other = _other(role, roles, (role,))
            yield f"{key} {role} → {other}", _with(rule, **{key: other})
    if isinstance(rule, Escalation) and rule.to_by is None:
        for number, role in enumerate(rule.to):
            other = _other(role, roles, rule.to)
            to = (*rule.to[:number], other, *rule.to[number + 1 :])
            yield f"to {role} → {other}", _with(rule, to=to)


def _other(role: str, roles: list[str], taken: Iterable[str]) -> str:
    start = roles.index(role)
    free = [name for name in (*roles[start + 1 :], *roles[:start]) if name not in taken]
    return free[0] if free else role


def _node_changes(node: Node) -> Iterator[tuple[str, Node]]:
    match node:
        case Not(operand):
            yield f"without not: {_say(operand)}", operand
            for what, changed in _node_changes(operand):
                if not isinstance(operand, IsTrue):  # to negate it twice is to drop the not
                    yield what, Not(changed)
        case And(operands) | Or(operands):
            other = Or if isinstance(node, And) else And
            yield f"{_say(node)} → {_say(other(operands))}", other(operands)
            for number, operand in enumerate(operands):
                before, after = operands[:number], operands[number + 1 :]
                rest = (*before, *after)
                without = rest[0] if len(rest) == 1 else type(node)(rest)
                yield f"without {_say(operand)}", without
                for what, changed in _node_changes(operand):
                    yield what, type(node)((*before, changed, *after))
        case IsTrue(name):
            yield f"{name} → not {name}", Not(node)
        case Compare(name, operator, constant):
            if operator in _SWAPPED:
                swapped = Compare(name, _SWAPPED[operator], constant)
                yield f"{_say(node)} → {_say(swapped)}", swapped
            elif isinstance(constant, str):
                turned = Compare(name, NEGATED[operator], constant)
                yield f"{_say(node)} → {_say(turned)}", turned
            for moved in _moved(constant):
                yield f"{_say(node)} → {moved}", Compare(name, operator, moved)
        case CompareNames(left, operator, right) if operator in _SWAPPED:
            other_way = CompareNames(left, _SWAPPED[operator], right)
            yield f"{_say(node)} → {_say(other_way)}", other_way
        case CompareTerms(first, operator, second):
            if operator in _SWAPPED:
                turned_round = CompareTerms(first, _SWAPPED[operator], second)
                yield f"{_say(node)} → {_say(turned_round)}", turned_round
            for what, changed_term in term_changes(first):
                yield what, CompareTerms(changed_term, operator, second)
            for what, changed_term in term_changes(second):
                yield what, CompareTerms(first, operator, changed_term)


def _say(node: Node) -> str:
    """A condition as an author would write it."""
    match node:
        case Not(operand):
            return f"not {_say(operand)}"
        case And(operands) | Or(operands):
            word = " and " if isinstance(node, And) else " or "
            return f"({word.join(map(_say, operands))})"
        case Compare(name, operator, constant):
            return f"{name} {operator} {constant}"
        case CompareNames(left, operator, right):
            return f"{left} {operator} {right}"
        case CompareTerms(first, operator, second):
            return f"{say_plainly(first)} {operator} {say_plainly(second)}"
        case Among(name, constants):
            return f"{name} in {constants}"
        case IsTrue(name):
            return name
        case Truth(value):
            return str(value)


def _moved(constant: Any) -> tuple[Any, ...]:
    if isinstance(constant, bool | str):
        return ()
    if isinstance(constant, Duration):
        return tuple(moved for moved in moved_durations(constant) if moved.amount >= 0)
    if isinstance(constant, time):
        return tuple(
            moved_clock(constant, step) for step in (-timedelta(minutes=1), timedelta(minutes=1))
        )
    step: Any = timedelta(1) if isinstance(constant, datetime | date) else 1
    return (constant - step, constant + step)


def _parameter_changes(parameter: Parameter) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for number, (first, value) in enumerate(parameter.values):
        if isinstance(value, Duration):
            moved: tuple[Any, ...] = moved_durations(value)
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            moved = (value - 1, value + 1)
        else:
            continue
        for one in moved:
            values = [*parameter.values]
            values[number] = (first, one)
            yield f"{_plain(value)} → {_plain(one)}", tuple(values)


def _moved_in_table(value: Any, parameter: Parameter) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Interval):
        assert parameter.table is not None  # noqa: S101 - one of its values
        rate = parameter.type == "percent" or parameter.table.each_band is not None
        for moved in interval_changes(value, _PERCENT if rate else Decimal(1)):
            if moved.minimum is not None and moved.minimum >= 0:
                say = _percent if rate else str
                yield f"{say(value)} → {say(moved)}", moved
    elif isinstance(value, bool):
        yield f"{str(value).lower()} → {str(not value).lower()}", not value
    elif isinstance(value, str):
        names = [name for name in parameter.every_value() if name != value]
        yield from ((f"{value} → {name}", name) for name in names[:1])
    else:
        for moved in _moved(value):
            yield f"{_plain(value)} → {_plain(moved)}", moved


def _plain(value: Any) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)


def _percent(share: Decimal | Interval) -> str:
    if isinstance(share, Decimal):
        return f"{plain(share * 100)} %"
    return f"{share.scaled(Decimal(100))} %"

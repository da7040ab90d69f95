"""Rules whose condition nothing can satisfy: ``uptime < 99 and uptime >= 99.5``.

Comparisons of a name with constants are ranges and sets, so what is said here is proved. Names
compared with each other, and terms, are taken to be possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from complaint_rules.analysis.finding import Finding
from complaint_rules.expressions import Vocabulary, render
from complaint_rules.expressions.normal_form import Literal, TooManyAlternatives, alternatives
from complaint_rules.expressions.terms import NEVER_BELOW
from complaint_rules.expressions.tree import (
    NEGATED,
    Among,
    And,
    Atom,
    Compare,
    IsTrue,
    Node,
    Not,
    Operator,
    Truth,
)
from complaint_rules.expressions.types import ORDERED
from complaint_rules.ruleset.rules import Condition, Rule
from complaint_rules.ruleset.ruleset import Ruleset

KIND: Final = "never-applies"


def never_applies(ruleset: Ruleset) -> Iterator[Finding]:
    """The rules that can never apply, each with the comparisons that cannot all hold."""
    for group in ruleset.scopes:
        for rule in group.rules:
            yield from _of_rule(rule, group.vocabulary)


def _of_rule(rule: Rule, vocabulary: Vocabulary) -> Iterator[Finding]:
    condition = rule.condition
    clash = None if condition is None else impossible(condition.node, vocabulary)
    if condition is None or clash is None:
        return
    yield Finding(KIND, rule.id, rule.clause, _message(condition, clash, vocabulary))


def _message(condition: Condition, clash: Sequence[Node], vocabulary: Vocabulary) -> str:
    if not clash:
        return f"it can never apply: {condition.text!r} is never true; remove it, or correct it"
    said = render(And(tuple(clash)) if len(clash) > 1 else clash[0], vocabulary, "en")
    return f"it can never apply: “{said}” holds for nothing; correct one of the bounds"


def impossible(node: Node, vocabulary: Vocabulary) -> tuple[Node, ...] | None:
    """The comparisons of one alternative that cannot all hold, where no alternative can hold at
    all; ``None`` where the condition may be true.

    >>> from complaint_rules.expressions import parse_condition
    >>> from complaint_rules.expressions.types import NUMBER, Meaning
    >>> names = {"uptime": Meaning(NUMBER, {"en": "uptime"})}
    >>> len(impossible(parse_condition("uptime < 99 and uptime >= 99.5", names), names))
    2
    >>> impossible(parse_condition("uptime <= 99 and uptime >= 99", names), names) is None
    True
    """
    try:
        ways = alternatives(node)
    except TooManyAlternatives:
        return None
    first: tuple[Node, ...] | None = ()
    for number, literals in enumerate(ways):
        clash = _clash(literals, vocabulary)
        if clash is None:
            return None
        first = clash if number == 0 else first
    return first


def _clash(literals: Iterable[Literal], vocabulary: Vocabulary) -> tuple[Node, ...] | None:
    by_name: dict[str, list[Literal]] = {}
    for literal in literals:
        match literal.atom:
            case Truth(value):
                if value is not literal.wanted:
                    return ()
            case IsTrue(name) | Compare(name) | Among(name):
                by_name.setdefault(name, []).append(literal)
    for name, own in by_name.items():
        room = _Room.of(name, vocabulary)
        for literal in own:
            room.narrow(literal.atom, literal.wanted)
        if room.is_empty():
            return tuple(one.atom if one.wanted else Not(one.atom) for one in own)
    return None


@dataclass(slots=True)
class _Room:
    """The values that a name may still have: a set of them, or a range."""

    members: set[Any] | None
    ordered: bool
    whole: bool
    low: Any = None
    low_open: bool = False
    high: Any = None
    high_open: bool = False
    without: set[Any] = field(default_factory=set)

    @classmethod
    def of(cls, name: str, vocabulary: Vocabulary) -> _Room:
        type_ = vocabulary[name].type
        members: set[Any] | None = None
        if type_.name == "bool":
            members = {True, False}
        elif type_.name == "enum":
            members = set(type_.values)
        least = NEVER_BELOW.get(name.rpartition(".")[2]) if "." in name else None
        if type_.name == "money":
            least = 0
        # Durations of different units have no order: what is compared with them is left alone.
        ordered = type_.name in ORDERED and type_.name != "duration"
        return cls(members, ordered, type_.name == "int", low=least)

    def narrow(self, atom: Atom, wanted: bool) -> None:
        match atom:
            case IsTrue():
                self._keep({wanted})
            case Among(_, constants) if wanted:
                self._keep(set(constants))
            case Among(_, constants):
                self.without |= set(constants)
            case Compare(_, operator, constant):
                self._compare(operator if wanted else NEGATED[operator], constant)

    def _keep(self, values: set[Any]) -> None:
        self.members = values if self.members is None else self.members & values

    def _compare(self, operator: Operator, constant: Any) -> None:
        if operator == "==":
            self._keep({constant})
        elif operator == "!=":
            self.without.add(constant)
        elif not self.ordered:
            return
        elif operator in ("<", "<="):
            if self.high is None or constant <= self.high:
                self.high_open = operator == "<" or (constant == self.high and self.high_open)
                self.high = constant
        elif self.low is None or constant >= self.low:
            self.low_open = operator == ">" or (constant == self.low and self.low_open)
            self.low = constant

    def is_empty(self) -> bool:
        if self.members is not None:
            return not any(map(self._holds, self.members - self.without))
        if self.low is None or self.high is None:
            return False
        low, high = self.low, self.high
        if self.whole:
            low, high = low + self.low_open, high - self.high_open
            return bool(low > high) or (low == high and low in self.without)
        if low == high:
            return self.low_open or self.high_open or low in self.without
        return bool(low > high)

    def _holds(self, value: Any) -> bool:
        if self.low is not None and (value < self.low or (value == self.low and self.low_open)):
            return False
        return not (
            self.high is not None and (value > self.high or (value == self.high and self.high_open))
        )

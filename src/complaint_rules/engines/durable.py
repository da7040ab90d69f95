"""The adapter to durable-rules (Rete), inside what is safe with it.

durable-rules is unmaintained and was measured to fail in many ways. This module therefore

* hands it conjunctions of comparisons of numbers only: conditions are written out as alternatives,
  each its own rule; booleans and the members of enums become small integers, amounts become cents,
  durations microseconds or days;
  leaves it cannot be trusted with (texts, decimals, instants, two names compared) are decided by
  the shared interpreter and handed over as 1 or 0;
* keeps one fact at a time on one fixed session, asserted and then retracted, under a lock, and
  begins anew after an interruption;
* has every fact match one rule at least, so that a lost match is noticed and none is "unhandled";
* calls the engine itself (``durable_rules_engine``, the part in C) instead of its host in Python,
  which starts threads, and writes and reads the state as JSON around every rule that matches: six
  sevenths of the time. There are no actions, only names of rules that match;
* asks it only which rules certainly match; whether a rule is unknown says the shared interpreter.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Final

from complaint_rules.engines.protocol import Match, Matcher
from complaint_rules.errors import EngineUnavailable
from complaint_rules.expressions import Node, Truth, Value, evaluate, names
from complaint_rules.expressions.normal_form import (
    Literal,
    TooManyAlternatives,
    alternatives,
)
from complaint_rules.expressions.tree import (
    NEGATED,
    Among,
    Atom,
    Compare,
    IsTrue,
    Operator,
)
from complaint_rules.expressions.types import Vocabulary
from complaint_rules.money import EXACT
from complaint_rules.ruleset.rules import ScopeRules
from complaint_rules.time.durations import Duration

SESSION: Final = "1"
LARGEST: Final = 2**31 - 1
ALWAYS: Final = "always"
"""A rule that every fact matches."""
TAKEN: Final = 0
"""What the engine says of a fact that it has taken in."""
_ON: Final = "on"
_OPERATORS: Final[dict[Operator, str]] = {
    "<": "$lt",
    "<=": "$lte",
    ">": "$gt",
    ">=": "$gte",
    "!=": "$neq",
}

Encoder = Callable[[Any], int | None]
"""A value as an integer that the engine compares rightly, or ``None`` where there is none."""


class DurableMatcher:
    """The rules of one scope as a ruleset of durable-rules."""

    def __init__(self, engine: Any, lock: threading.Lock, ruleset: str, rules: ScopeRules) -> None:
        self._engine = engine
        self._lock = lock
        self._ruleset = ruleset
        self._ids = tuple(rule.id for rule in rules.rules)
        self._nodes = {rule.id: rule.condition.node for rule in rules.rules if rule.condition}
        self._names = {rule_id: frozenset(names(node)) for rule_id, node in self._nodes.items()}
        self._every_name = frozenset().union(*self._names.values())
        translation = _Translation(rules.vocabulary)
        self._definition = {ALWAYS: _rule([])}
        self._numbers: dict[str, int] = {}
        for number, rule in enumerate(rules.rules):
            if rule.condition is not None:
                for alternative, tests in enumerate(translation.rule(rule.condition.node)):
                    name = f"{number}_{alternative}"
                    self._definition[name] = _rule(tests)
                    self._numbers[name] = number
        self._direct = translation.direct
        self._derived = translation.derived
        self._created = 0
        self._handle: Any = None

    def definition(self) -> dict[str, dict[str, Any]]:
        """The conditions as durable-rules sees them, for reading and measuring."""
        return dict(self._definition)

    def match(self, values: Mapping[str, Value]) -> Match:
        numbers = self._ask(self._fact(values))
        matched = tuple([self._ids[number] for number in sorted(numbers)])
        absent = self._every_name - values.keys()
        if not absent:
            return Match(matched, ())
        unknown = tuple(
            rule_id
            for rule_id, node in self._nodes.items()
            if rule_id not in matched
            and not absent.isdisjoint(self._names[rule_id])
            and evaluate(node, values) is None
        )
        return Match(matched, unknown)

    def _fact(self, values: Mapping[str, Value]) -> str:
        """The values as JSON: a fact of whole numbers, so it can be put together by hand."""
        fact = f'{{"sid":"{SESSION}","{_ON}":1'
        for name, (field, encode) in self._direct.items():
            value = values.get(name)
            if value is not None and (code := encode(value)) is not None:
                fact += f',"{field}":{code:d}'
        for field, node in self._derived.items():
            outcome = evaluate(node, values)
            if outcome is not None:
                fact += f',"{field}":{outcome:d}'
        return fact + "}"

    def _ask(self, fact: str) -> set[int]:
        """The numbers of the rules that match a fact."""
        with self._lock:
            handle = self._handle
            if handle is None:
                self._created += 1
                handle = self._engine.create_ruleset(
                    f"{self._ruleset}.{self._created}", json.dumps(self._definition)
                )
            # What an interruption leaves behind would be taken for matches of the next fact.
            self._handle = None
            names_of_rules = self._collect(handle, fact)
            if ALWAYS not in names_of_rules:
                raise EngineUnavailable(
                    "durable-rules lost a match: evaluate with engine='native', and report this"
                )
            self._handle = handle
        return {self._numbers[name] for name in names_of_rules if name != ALWAYS}

    def _collect(self, handle: Any, fact: str) -> list[str]:
        engine, matches = self._engine, []
        outcome, state = engine.assert_fact(handle, fact)
        if outcome == TAKEN:
            action = engine.start_action_for_state(handle, state)
            match = None if action is None else action[1]
            while match is not None:
                # {"3_0":{"m":{…}}}
                matches.append(match[2 : match.index('"', 2)])
                match = engine.complete_and_start_action(handle, state)
        engine.retract_fact(handle, fact)
        return matches


def _rule(tests: list[dict[str, Any]]) -> dict[str, Any]:
    every = [{_ON: 1}, *tests]
    return {"all": [{"m": every[0] if len(every) == 1 else {"$and": every}}]}


class _Translation:
    """Which fields the engine sees, and each rule as alternatives of tests of them."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.direct: dict[str, tuple[str, Encoder]] = {}
        self.derived: dict[str, Node] = {}

    def rule(self, node: Node) -> list[list[dict[str, Any]]]:
        try:
            found = alternatives(node)
        except TooManyAlternatives:
            # Written out it would be too long: the interpreter decides, the engine is told.
            return [[self.derive(node, True)]]
        return [
            [test for literal in one if (test := self.literal(literal)) is not None]
            for one in found
            if Literal(Truth(False), True) not in one and Literal(Truth(True), False) not in one
        ]

    def literal(self, literal: Literal) -> dict[str, Any] | None:
        atom, wanted = literal.atom, literal.wanted
        match atom:
            case Truth():
                return None
            case IsTrue(name):
                return {self.field(name): int(wanted)}
            case Compare(name, operator, constant):
                code = self.code(name, constant)
                if code is None:
                    return self.derive(atom, wanted)
                test = operator if wanted else NEGATED[operator]
                field = self.field(name)
                return {field: code} if test == "==" else {_OPERATORS[test]: {field: code}}
            case Among(name, constants) if not wanted and len(constants) <= 16:
                codes = [self.code(name, constant) for constant in constants]
                if None not in codes:
                    field = self.field(name)
                    return {"$and": [{"$neq": {field: code}} for code in codes]}
        return self.derive(atom, wanted)

    def derive(self, node: Atom | Node, wanted: bool) -> dict[str, Any]:
        for field, known in self.derived.items():
            if known == node:
                return {field: int(wanted)}
        field = f"d{len(self.derived)}"
        self.derived[field] = node
        return {field: int(wanted)}

    def field(self, name: str) -> str:
        if name not in self.direct:
            self.direct[name] = (f"f{len(self.direct)}", self.encoder(name))
        return self.direct[name][0]

    def code(self, name: str, constant: Value) -> int | None:
        code = self.encoder(name)(constant)
        return code if code is not None and abs(code) < LARGEST else None

    def encoder(self, name: str) -> Encoder:
        type_ = self.vocabulary[name].type
        if self.vocabulary[name].has_bounds:
            return _no_code  # a comparison may be certain though the value is not
        match type_.name:
            case "bool":
                return int
            case "enum":
                return {value: number for number, value in enumerate(type_.values)}.get
            case "int":
                return _small
            case "money":
                return partial(_units, places=max(2, type_.places))
            case "duration":
                return _amount
        return _no_code


def _small(value: int) -> int:
    # Constants that large are left to the interpreter, so a cut value compares like the whole.
    return max(-LARGEST, min(LARGEST, value))


def _units(amount: Decimal, places: int) -> int:
    return _small(int(EXACT.scaleb(amount, places)))


def _amount(duration: Duration) -> int:
    return _small(duration.amount)  # all that a name has are in one unit


def _no_code(_value: Any) -> None:
    return None


class DurableEngine:
    """durable-rules, if it is installed.

    Raises:
        EngineUnavailable: it is not, or does not import here.
    """

    def __init__(self) -> None:
        try:
            # The package says what is missing better than its part in C does.
            import durable.engine  # noqa: F401
            import durable_rules_engine
        except ImportError as error:
            raise EngineUnavailable(
                f"durable-rules cannot be used here ({error}): "
                f"install complaint-rules[durable] on Python < 3.13, or use engine='native'"
            ) from None
        self._lock = threading.Lock()
        self._engine = durable_rules_engine
        self._count = 0

    @property
    def name(self) -> str:
        return "durable"

    def matcher(self, rules: ScopeRules) -> Matcher:
        with self._lock:
            self._count += 1
            name = f"scope{self._count}"
        return DurableMatcher(self._engine, self._lock, name, rules)

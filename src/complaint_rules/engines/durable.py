"""The adapter to durable-rules (Rete), inside what is safe with it.

durable-rules is unmaintained and was measured to fail in many ways. This module therefore

* hands it conjunctions of comparisons of numbers only: conditions are written out as alternatives,
  each its own rule; booleans and the members of enums become small integers, amounts become cents,
  durations microseconds or days;
  leaves it cannot be trusted with (texts, decimals, instants, two names compared) are decided by
  the shared interpreter and handed over as 1 or 0;
* keeps one fact at a time on one fixed session, asserted and then retracted, under a lock;
* has every fact match one rule at least, so that a lost match is noticed and none is "unhandled";
* stops its background timers from starting, and lets actions do nothing but collect ids;
* asks it only which rules certainly match; whether a rule is unknown says the shared interpreter.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Final

from complaint_rules.conditions import Node, Truth, Value, evaluate, names
from complaint_rules.conditions.normal_form import (
    Literal,
    TooManyAlternatives,
    alternatives,
)
from complaint_rules.conditions.tree import (
    NEGATED,
    Among,
    Atom,
    Compare,
    IsTrue,
    Operator,
)
from complaint_rules.conditions.types import Vocabulary
from complaint_rules.engines.protocol import Match, Matcher
from complaint_rules.errors import EngineUnavailable
from complaint_rules.money import EXACT
from complaint_rules.policy.rules import ScopeRules
from complaint_rules.time.durations import Duration, amount_of

SESSION: Final = "1"
LARGEST: Final = 2**31 - 1
_ALWAYS: Final = "on"
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

    def __init__(self, host: Any, lock: threading.Lock, ruleset: str, rules: ScopeRules) -> None:
        self._host = host
        self._lock = lock
        self._ruleset = ruleset
        self._order = {rule.id: number for number, rule in enumerate(rules.rules)}
        self._nodes = {rule.id: rule.condition.node for rule in rules.rules if rule.condition}
        self._names = {rule_id: frozenset(names(node)) for rule_id, node in self._nodes.items()}
        self._every_name = frozenset().union(*self._names.values())
        self._collected: list[str] = []
        translation = _Translation(rules.vocabulary)
        definition: dict[str, Any] = {"always": self._rule([{_ALWAYS: 1}], "")}
        for rule_id, node in self._nodes.items():
            for number, tests in enumerate(translation.rule(node)):
                definition[f"{self._order[rule_id]}_{number}"] = self._rule(
                    [{_ALWAYS: 1}, *tests], rule_id
                )
        self._direct = translation.direct
        self._derived = translation.derived
        self._conditions = {name: rule["all"] for name, rule in definition.items()}
        host.register_rulesets({ruleset: definition})

    def definition(self) -> dict[str, dict[str, Any]]:
        """The conditions as durable-rules sees them, for reading and measuring."""
        return {name: {"all": conditions} for name, conditions in self._conditions.items()}

    def _rule(self, tests: list[dict[str, Any]], rule_id: str) -> dict[str, Any]:
        collected = self._collected

        # durable-rules counts the parameters of an action: exactly one, no default.
        def collect(_context: Any) -> None:
            collected.append(rule_id)

        condition = tests[0] if len(tests) == 1 else {"$and": tests}
        return {"all": [{"m": condition}], "run": collect}

    def match(self, values: Mapping[str, Value]) -> Match:
        fact: dict[str, Any] = {"sid": SESSION, _ALWAYS: 1}
        for name, (field, encode) in self._direct.items():
            if name in values and (code := encode(values[name])) is not None:
                fact[field] = code
        for field, atom in self._derived.items():
            outcome = evaluate(atom, values)
            if outcome is not None:
                fact[field] = int(outcome)
        found = self._ask(fact)
        absent = self._every_name - values.keys()
        matched = tuple(sorted(found, key=self._order.__getitem__))
        unknown = tuple(
            rule_id
            for rule_id, node in self._nodes.items()
            if absent
            and rule_id not in found
            and not absent.isdisjoint(self._names[rule_id])
            and evaluate(node, values) is None
        )
        return Match(matched, unknown)

    def _ask(self, fact: dict[str, Any]) -> set[str]:
        with self._lock:
            self._collected.clear()
            try:
                self._host.assert_fact(self._ruleset, fact)
                found = set(self._collected)
            finally:
                self._host.retract_fact(self._ruleset, fact)
        if "" not in found:
            raise EngineUnavailable(
                "durable-rules lost a match: evaluate with engine='native', and report this"
            )
        return found - {""}


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
    return _small(amount_of(duration))  # all that a name has are in one unit


def _no_code(_value: Any) -> None:
    return None


class DurableEngine:
    """durable-rules, if it is installed.

    Raises:
        EngineUnavailable: it is not, or does not import here.
    """

    def __init__(self) -> None:
        try:
            from durable import engine
        except ImportError as error:
            raise EngineUnavailable(
                f"durable-rules cannot be used here ({error}): "
                f"install complaint-rules[durable] on Python < 3.13, or use engine='native'"
            ) from None

        class QuietHost(engine.Host):  # type: ignore[misc]
            """A host whose dispatch timers never start: nothing here waits for time."""

            def _run(self) -> None:
                pass

        self._lock = threading.Lock()
        self._host = QuietHost()
        self._count = 0

    @property
    def name(self) -> str:
        return "durable"

    def matcher(self, rules: ScopeRules) -> Matcher:
        with self._lock:
            self._count += 1
            name = f"scope{self._count}"
        return DurableMatcher(self._host, self._lock, name, rules)

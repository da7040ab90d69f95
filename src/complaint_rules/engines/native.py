"""The native engine: one generated function for all rules of a scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from complaint_rules.conditions import Truth, Value, generate, read_value
from complaint_rules.engines.protocol import Match
from complaint_rules.errors import CaseError, did_you_mean
from complaint_rules.policy.rules import ScopeRules

MOST_REMEMBERED: Final = 4_096
"""Sets of matching rules whose ids are remembered; beyond it they are worked out each time."""


class TracedMatch(NamedTuple):
    """The rules that match, and the values that were read."""

    matched: tuple[str, ...]
    names: tuple[str, ...]
    values: tuple[Any, ...]

    def values_behind(self, condition_names: tuple[str, ...]) -> dict[str, Any]:
        """The values of some of the names."""
        known = dict(zip(self.names, self.values, strict=True))
        return {name: known[name] for name in condition_names}


_tuple = tuple.__new__


class NativeMatcher:
    """The rules of one scope as generated Python.

    ``match`` is for values that have been checked. ``matching`` and ``trace`` take facts straight
    from a host, check their types on the way, and want all of them.
    """

    def __init__(self, rules: ScopeRules) -> None:
        self._rules = rules
        conditions = [
            rule.condition.node if rule.condition else Truth(True) for rule in rules.rules
        ]
        generated = generate(conditions, rules.vocabulary)
        self.names = generated.names
        self.source = generated.source
        self._complete = generated.complete
        self._checked = generated.checked
        self._traced = generated.traced
        self._partial = generated.partial
        self._ids = tuple(rule.id for rule in rules.rules)
        self._decoded: dict[int, tuple[str, ...]] = {0: ()}

    def match(self, values: Mapping[str, Value]) -> Match:
        try:
            return Match(self._decode(self._complete(values)), ())
        except KeyError:
            matched, unknown = self._partial(values)
            return Match(self._decode(matched), self._decode(unknown))

    def matching(self, facts: Mapping[str, Any]) -> tuple[str, ...]:
        """The ids of the rules that match unchecked facts.

        Raises:
            CaseError: a fact is missing or has the wrong type.
        """
        try:
            matched = self._checked(facts)
        except (KeyError, TypeError):
            matched = self._checked(self._read(facts))
        try:
            return self._decoded[matched]
        except KeyError:
            return self._decode(matched)

    def trace(self, facts: Mapping[str, Any]) -> TracedMatch:
        """Like ``matching``, keeping the values that were read.

        Raises:
            CaseError: a fact is missing or has the wrong type.
        """
        try:
            matched, values = self._traced(facts)
        except (KeyError, TypeError):
            matched, values = self._traced(self._read(facts))
        ids = self._decoded.get(matched)
        if ids is None:
            ids = self._decode(matched)
        # A named tuple's own constructor is Python; its parent's is not.
        return _tuple(TracedMatch, (ids, self.names, values))

    def _read(self, facts: Mapping[str, Any]) -> dict[str, Value]:
        read = {}
        for name in self.names:
            if name not in facts:
                raise CaseError(
                    f"fact {name!r} is missing{did_you_mean(name, set(facts) - set(self.names))}: "
                    f"give it, or evaluate the case, which can do without"
                )
            read[name] = read_value(facts[name], self._rules.vocabulary[name].type, f"fact {name}")
        return read

    def _decode(self, bits: int) -> tuple[str, ...]:
        ids = self._decoded.get(bits)
        if ids is None:
            ids = tuple(rule for number, rule in enumerate(self._ids) if bits >> number & 1)
            if len(self._decoded) < MOST_REMEMBERED:
                self._decoded[bits] = ids
        return ids


class NativeEngine:
    """Always available; the reference of the tests."""

    name = "native"

    def matcher(self, rules: ScopeRules) -> NativeMatcher:
        return NativeMatcher(rules)

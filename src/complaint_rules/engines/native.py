"""The native engine: one generated function for all rules of a scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from complaint_rules.engines.protocol import Match
from complaint_rules.errors import CaseError, did_you_mean
from complaint_rules.expressions import Truth, Value, generate, read_value
from complaint_rules.expressions.durations import read_duration
from complaint_rules.ruleset.rules import ScopeRules

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


class _Ids(dict[int, tuple[str, ...]]):
    """The ids of each set of matching rules, worked out once and shared."""

    def __init__(self, ids: tuple[str, ...]) -> None:
        super().__init__()
        self.ids = ids

    def __missing__(self, bits: int) -> tuple[str, ...]:
        found = tuple(rule for number, rule in enumerate(self.ids) if bits >> number & 1)
        if len(self) < MOST_REMEMBERED:
            self[bits] = found
        return found


class NativeMatcher:
    """The rules of one scope as generated Python.

    ``match`` is for values that have been checked. ``matching`` and ``trace`` take facts straight
    from a host, check their types on the way, and want all of them.
    """

    matching: Callable[[Mapping[str, Any]], tuple[str, ...]]
    """The ids of the rules that match unchecked facts; raises CaseError where one is missing or
    has the wrong type. The generated function itself: nothing is between it and the caller."""

    trace: Callable[[Mapping[str, Any]], TracedMatch]
    """Like ``matching``, keeping the values that were read."""

    def __init__(self, rules: ScopeRules) -> None:
        self._rules = rules
        self._ids = _Ids(tuple(rule.id for rule in rules.rules))
        generated = generate(
            [rule.condition.node if rule.condition else Truth(True) for rule in rules.rules],
            rules.vocabulary,
            self._ids,
            lambda facts: self._ids[self._complete(self._read(facts))],
            self._traced_slowly,
            TracedMatch,
        )
        self.names = generated.names
        self.source = generated.source
        self.matching = generated.checked
        self._complete = generated.complete
        self.trace = generated.traced
        self._partial = generated.partial

    def match(self, values: Mapping[str, Value]) -> Match:
        try:
            return _tuple(Match, (self._ids[self._complete(values)], ()))
        except KeyError:
            matched, unknown = self._partial(values)
            return _tuple(Match, (self._ids[matched], self._ids[unknown]))

    def _traced_slowly(self, facts: Mapping[str, Any]) -> TracedMatch:
        values = self._read(facts)
        read = tuple(values[name] for name in self.names)
        return TracedMatch(self._ids[self._complete(values)], self.names, read)

    def _read(self, facts: Mapping[str, Any]) -> dict[str, Value]:
        read: dict[str, Value] = {}
        for name in self.names:
            if name not in facts:
                raise CaseError(
                    f"fact {name!r} is missing{did_you_mean(name, set(facts) - set(self.names))}: "
                    f"give it, or evaluate the case, which can do without"
                )
            type_ = self._rules.vocabulary[name].type
            if type_.name == "duration":  # what is not late is so by no time
                read[name] = read_duration(facts[name], type_.units, f"fact {name}")
            else:
                read[name] = read_value(facts[name], type_, f"fact {name}")
        return read


class NativeEngine:
    """Always available; the reference of the tests."""

    name = "native"

    def matcher(self, rules: ScopeRules) -> NativeMatcher:
        return NativeMatcher(rules)

"""What the library asks of a rule engine: known values in, matching rules out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from complaint_rules.expressions import Value
from complaint_rules.ruleset.rules import ScopeRules


class Match(NamedTuple):
    """The ids of the rules whose condition is certainly true, and of those where it is unknown."""

    matched: tuple[str, ...]
    unknown: tuple[str, ...]


class Matcher(Protocol):
    """The rules of one scope, ready to be matched. Threads may share it."""

    def match(self, values: Mapping[str, Value]) -> Match:
        """Judge checked values; a missing name is unknown. Ids come in the order of the rules."""
        ...


class Engine(Protocol):
    """Makes matchers. Two engines never disagree."""

    @property
    def name(self) -> str:
        """For the decision, with its version: ``"native 0.1.0"``."""
        ...

    def matcher(self, rules: ScopeRules) -> Matcher:
        """Prepare the rules of one scope."""
        ...

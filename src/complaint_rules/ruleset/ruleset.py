"""A ruleset after reading: everything about one version of one policy, frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from complaint_rules.currencies import places_of
from complaint_rules.errors import DecisionError, did_you_mean
from complaint_rules.ruleset.calendars import PolicyCalendar
from complaint_rules.ruleset.caps import Cap
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.rules import (
    RULE_SECTIONS,
    Charge,
    Deadline,
    Escalation,
    Penalty,
    Record,
    Relief,
    Rule,
    Schedule,
    ScopeRules,
    Statistic,
    Target,
)
from complaint_rules.ruleset.vocabulary import Words
from complaint_rules.time import WorkingCalendar


@dataclass(frozen=True, slots=True)
class Unit:
    """What penalties are counted in beside money, such as points."""

    title: Mapping[str, str]
    places: int


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The rules, words and settings of one version of a policy."""

    id: str
    version: str
    title: Mapping[str, str]
    issuer: str
    document: str
    hash: str
    effective_from: date
    effective_until: date | None
    effective_by: str
    running_cases: Literal["stay", "new-duties", "all"]
    currency: str
    adds_up: str
    calendar: WorkingCalendar
    """The policy's own; without hours where they depend on the case."""
    calendars: Mapping[str, PolicyCalendar]
    """All of them by name, the policy's own first."""
    words: Words
    parameters: Mapping[str, Parameter]
    documents: Mapping[str, Mapping[str, str]]
    deadlines: tuple[Deadline, ...]
    escalations: tuple[Escalation, ...]
    penalties: tuple[Penalty, ...]
    reliefs: tuple[Relief, ...]
    charges: tuple[Charge, ...]
    records: tuple[Record, ...]
    schedules: tuple[Schedule, ...]
    targets: tuple[Target, ...]
    statistics: tuple[Statistic, ...]
    not_automated: Mapping[str, str]
    scopes: tuple[ScopeRules, ...]
    vocabulary: str | None
    """The text of the vocabulary that the ruleset imports."""
    units: Mapping[str, Unit] = field(default_factory=dict)
    """What penalties may be counted in beside money."""
    sanctions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    caps: tuple[Cap, ...] = ()

    @property
    def places(self) -> int:
        """The decimal places of amounts, those of the currency."""
        return places_of(self.currency)

    def places_in(self, unit: str) -> int:
        """The decimal places of amounts in a unit; in money where that is empty."""
        return self.units[unit].places if unit else self.places

    def rules(self) -> Iterator[Rule]:
        """All rules, in the order of the file's sections."""
        for section in RULE_SECTIONS:
            yield from getattr(self, section)

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id.

        Raises:
            DecisionError: there is none.
        """
        for rule in self.rules():
            if rule.id == rule_id:
                return rule
        known = [rule.id for rule in self.rules()]
        raise DecisionError(
            f"policy {self.id} has no rule {rule_id!r}{did_you_mean(rule_id, known)}: "
            f"use one of its rule ids"
        )

    def clause(self, number: str) -> tuple[Rule, ...]:
        """The rules made from a clause; empty for one that is not automated.

        Raises:
            DecisionError: the ruleset says nothing about that clause.
        """
        found = tuple(rule for rule in self.rules() if number in (rule.clause, *rule.also))
        if not found and number not in self.not_automated:
            known = {c for rule in self.rules() for c in (rule.clause, *rule.also)}
            known |= set(self.not_automated)
            raise DecisionError(
                f"policy {self.id} says nothing about clause {number!r}"
                f"{did_you_mean(number, known)}: use a clause of the source document"
            )
        return found


def hash_of_both(earlier: str, later: str) -> str:
    """The hash of the ruleset by which a case of an earlier version runs on under a later one."""
    return f"{earlier}+{later}"


def same_text(one: str, other: str) -> bool:
    """Whether two hashes are of rulesets with the same text of their latest version.

    >>> same_text("aa", hash_of_both("bb", "aa")), same_text("aa", "bb")
    (True, False)
    """
    return one.rpartition("+")[2] == other.rpartition("+")[2]

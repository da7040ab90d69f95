"""Why a rule did not apply, and the least that would have had to differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from complaint_rules.conditions import Language, differences, render
from complaint_rules.conditions import evaluate as evaluate_condition
from complaint_rules.conditions.evaluate import Difference
from complaint_rules.conditions.tree import Not, Value, atom_names
from complaint_rules.evaluation.matching import Judge, occurrences
from complaint_rules.evaluation.speaker import Speaker
from complaint_rules.evaluation.state import Occurrence, State
from complaint_rules.policy.rules import Penalty, Rule, Scope
from complaint_rules.policy.ruleset import Ruleset

if TYPE_CHECKING:
    from complaint_rules.evaluation.decision import Basis

Outcome = Literal["applied", "did-not-apply", "undetermined", "excepted", "did-not-come-up"]


@dataclass(frozen=True, slots=True)
class NeededChange:
    """A comparison that would have to come out as ``wanted``, and what was read instead."""

    difference: Difference
    actual: tuple[tuple[str, Value | None], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return atom_names(self.difference.atom)

    @property
    def wanted(self) -> bool:
        return self.difference.wanted


@dataclass(frozen=True, slots=True)
class OccurrenceOutcome:
    """How the rule came out for one occurrence."""

    occurrence: str | None
    outcome: Outcome
    needed: tuple[NeededChange, ...]
    excepted_by: str | None = None


@dataclass(frozen=True, slots=True)
class WhyNot:
    """How a rule came out for every occurrence it is judged for."""

    rule: str
    clause: str
    outcomes: tuple[OccurrenceOutcome, ...]
    ruleset: Ruleset
    state: State = field(repr=False, compare=False)

    @property
    def applied(self) -> bool:
        return any(outcome.outcome == "applied" for outcome in self.outcomes)

    def explain(self, language: Language = "en") -> str:
        """In plain Chinese or English."""
        speaker = Speaker(self.ruleset, language, self.state)
        rule = speaker.rules[self.rule]
        return "\n".join(_line(outcome, rule, speaker) for outcome in self.outcomes)

    def __str__(self) -> str:
        return self.explain()


def why_not(basis: Basis, rule_id: str) -> WhyNot:
    """Judge one rule again, and look for the least that would have changed the outcome.

    Raises:
        DecisionError: the policy has no such rule.
    """
    rule = basis.ruleset.rule(rule_id)
    outcomes = [
        _outcome(basis, rule, occurrence)
        for scope in _scopes(rule)
        for occurrence in occurrences(basis.state, scope)
    ]
    if not outcomes:
        outcomes = [OccurrenceOutcome(None, "did-not-come-up", ())]
    return WhyNot(rule.id, rule.clause, tuple(outcomes), basis.ruleset, basis.state)


def _scopes(rule: Rule) -> tuple[Scope, ...]:
    if rule.scope.kind != "start":
        return (rule.scope,)
    return tuple(Scope("start", event) for event in rule.scope.of.split("|"))


def _outcome(basis: Basis, rule: Rule, occurrence: Occurrence) -> OccurrenceOutcome:
    key = occurrence.key
    applies, needed = _judged(basis.judge, basis.state, rule, occurrence)
    if applies and isinstance(rule, Penalty):
        for other in basis.ruleset.penalties:
            if rule.id in other.exception_to:
                excepted, _ = _judged(basis.judge, basis.state, other, occurrence)
                if excepted:
                    return OccurrenceOutcome(key, "excepted", (), other.id)
    if applies:
        return OccurrenceOutcome(key, "applied", ())
    return OccurrenceOutcome(key, "undetermined" if applies is None else "did-not-apply", needed)


def _judged(
    judge: Judge, state: State, rule: Rule, occurrence: Occurrence
) -> tuple[bool | None, tuple[NeededChange, ...]]:
    if rule.condition is None:
        return True, ()
    scope = rule.scope
    if scope.kind == "start" and occurrence.event is not None:
        scope = Scope("start", occurrence.event.type)
    values = judge.scopes[scope].values(state, occurrence)
    node = rule.condition.node
    needed = tuple(
        NeededChange(
            difference, tuple((name, values.get(name)) for name in atom_names(difference.atom))
        )
        for difference in differences(node, values)
    )
    return evaluate_condition(node, values), needed


def _line(outcome: OccurrenceOutcome, rule: Rule, speaker: Speaker) -> str:
    name = speaker.head(rule.id)
    if outcome.outcome == "did-not-come-up":
        return speaker.say("why-nothing", rule=name, what=_what(rule, speaker))
    if outcome.outcome == "excepted":
        other = speaker.head(outcome.excepted_by or "")
        return speaker.say("why-excepted", rule=name, other=other)
    key = {"applied": "why-applied", "undetermined": "why-unknown"}.get(outcome.outcome, "why-not")
    text = speaker.say(key, rule=name)
    if outcome.occurrence is not None:
        text += speaker.say("for", occurrence=speaker.occurrence(outcome.occurrence))
    if not outcome.needed:
        return text
    vocabulary = speaker.vocabulary(rule)
    parts = []
    for change in outcome.needed:
        atom = change.difference.atom
        needed = render(atom if change.wanted else Not(atom), vocabulary, speaker.language)
        actual = speaker.join(
            [
                speaker.words["unknown"]
                if value is None
                else speaker.value(value, name, vocabulary)
                for name, value in change.actual
            ]
        )
        parts.append(speaker.say("why-is", needed=needed, actual=actual))
    stop = "；" if speaker.language == "zh" else "; "
    return f"{text}{stop}{speaker.say('why-would', needed=speaker.words['comma'].join(parts))}"


def _what(rule: Rule, speaker: Speaker) -> str:
    if rule.scope.kind == "deadline":
        deadlines = speaker.ruleset.words.deadlines[rule.scope.of]
        return speaker.say("of-deadline", title=deadlines.get(speaker.language) or rule.scope.of)
    events = [speaker.field(event) for event in rule.scope.of.split("|")]
    return speaker.say("of-event", title=speaker.join(events))

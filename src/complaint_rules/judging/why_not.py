"""Why a rule did not apply, and the least that would have had to differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from complaint_rules.expressions import Language, differences, render
from complaint_rules.expressions.bounds import at_least, at_most
from complaint_rules.expressions.evaluate import Difference
from complaint_rules.expressions.tree import Not, Value, atom_names
from complaint_rules.judging.beginnings import beginnings, occurrence_of
from complaint_rules.judging.items import Missing
from complaint_rules.judging.matching import Judge, Judgement
from complaint_rules.judging.occurrence import Occurrence
from complaint_rules.judging.penalties import PenaltyJudge, exceptions_of, holding
from complaint_rules.judging.plain_rules import addressed
from complaint_rules.judging.reliefs import is_about
from complaint_rules.judging.state import State
from complaint_rules.judging.words.speaker import Speaker
from complaint_rules.public import public
from complaint_rules.ruleset.edges import limit_and_happening
from complaint_rules.ruleset.rules import Deadline, Escalation, Penalty, Relief, Rule
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.scopes import Scope

if TYPE_CHECKING:
    from complaint_rules.judging.decision import Basis

Outcome = Literal[
    "applied",
    "did-not-apply",
    "undetermined",
    "excepted",
    "did-not-come-up",
    "not-in-force",
    "already-open",
    "nothing-to-relieve",
]
"""``not-in-force``: an event that would start a time limit, on a date on which it cannot start.
``already-open``: one that starts nothing since an earlier start is still open.
``nothing-to-relieve``: a relief that holds, and no penalty that it is about.
"""


@dataclass(frozen=True, slots=True)
class NeededChange:
    """A comparison that would have to come out as ``wanted``, and what was read instead."""

    difference: Difference
    actual: tuple[tuple[str, Value | None], ...]
    between: tuple[tuple[str, Value | None, Value | None], ...] = ()
    """The bounds of names that are not known exactly, as far as there are any."""

    @property
    def names(self) -> tuple[str, ...]:
        return atom_names(self.difference.atom)

    @property
    def wanted(self) -> bool:
        return self.difference.wanted


@dataclass(frozen=True, slots=True)
class OccurrenceOutcome:
    """How the rule came out for one occurrence.

    ``party`` is given where each of several is judged by the time limits of its own. What keeps an
    undetermined outcome open is ``missing``.
    """

    occurrence: str | None
    outcome: Outcome
    needed: tuple[NeededChange, ...] = ()
    excepted_by: str | None = None
    party: str | None = None
    missing: tuple[Missing, ...] = ()


@public
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
    """How a rule came out in a decision, and the least that would have changed it.

    It is judged as the decision judged it, exceptions, time limits that may not have started and
    dates in force included.

    Raises:
        DecisionError: the policy has no such rule.
    """
    rule = basis.ruleset.rule(rule_id)
    if isinstance(rule, Deadline):
        outcomes = tuple(_of_limit(basis, rule))
    else:
        outcomes = tuple(_of_rule(basis, rule))
    outcomes = outcomes or (OccurrenceOutcome(None, "did-not-come-up"),)
    return WhyNot(rule.id, rule.clause, outcomes, basis.ruleset, basis.state)


def _of_limit(basis: Basis, rule: Deadline) -> Iterator[OccurrenceOutcome]:
    """For each start that it may have: the instances that the decision has of it."""
    judge, state = basis.judge, basis.state
    begun = {
        item.occurrence: item for item in state.deadlines.get(rule.name, ()) if item.rule == rule.id
    }
    zone = basis.ruleset.calendar.timezone
    for type_ in rule.starts:
        scope = Scope("start", type_)
        for start, number in beginnings(state, rule, type_):
            key, item = start.key, begun.get(start.key)
            occurrence = occurrence_of(start, number)
            if item is not None and item.certain:
                yield OccurrenceOutcome(key, "applied")
                continue
            day = start.at.astimezone(zone).date()
            if not rule.in_force[0] <= day <= rule.in_force[1]:
                yield OccurrenceOutcome(key, "not-in-force")
                continue
            needed = _needed(judge, state, rule, occurrence, scope)
            if item is not None:
                yield OccurrenceOutcome(key, "undetermined", needed, missing=item.missing)
            else:
                yield OccurrenceOutcome(key, "did-not-apply" if needed else "already-open", needed)


def _of_rule(basis: Basis, rule: Rule) -> Iterator[OccurrenceOutcome]:
    judge, state = basis.judge, basis.state
    judgements = {
        (judgement.occurrence.key, judgement.occurrence.party): judgement
        for judgement in judge.judge(state, judge.plan((rule,)), {})
    }
    penalties = _Penalties(basis) if isinstance(rule, Penalty | Relief) else None
    for occurrence in judge.subjects(state, rule):
        key, party = occurrence.key, occurrence.party
        judgement = judgements.get((key, party))
        needed = _needed(judge, state, rule, occurrence, rule.scope)
        if judgement is None:
            yield OccurrenceOutcome(key, "did-not-apply", needed, party=party)
            continue
        if isinstance(rule, Escalation):
            judgement = addressed(state, judgement)
        applies, missing, excepted_by = judgement.applies, judgement.missing, None
        if penalties is not None and isinstance(rule, Penalty):
            applies, missing, excepted_by = penalties.standing(judgement)
        elif penalties is not None and not penalties.has_any_for(judgement):
            yield OccurrenceOutcome(key, "nothing-to-relieve", party=party)
            continue
        if excepted_by is not None:
            yield OccurrenceOutcome(key, "excepted", (), excepted_by, party)
        elif applies is None:
            yield OccurrenceOutcome(key, "undetermined", needed, party=party, missing=missing)
        else:
            yield OccurrenceOutcome(key, "applied", party=party)


class _Penalties:
    """The penalties of a decision, each with its exceptions."""

    def __init__(self, basis: Basis) -> None:
        rules = basis.ruleset.penalties
        self.judge = PenaltyJudge(basis.state, exceptions_of(rules))
        plan = basis.judge.plan(rules)
        judgements = list(basis.judge.judge(basis.state, plan, {}))
        self.verdicts = self.judge.verdicts(judgements)
        self.holds = holding(judgements)

    def standing(self, judgement: Judgement) -> tuple[bool | None, tuple[Missing, ...], str | None]:
        """Whether a penalty stands, what is missing to know it, and the exception in its place."""
        rule, occurrence = judgement.rule.id, judgement.occurrence
        excepting = self.judge.exceptions.get(rule, ())
        for other in excepting:
            if self.judge.applies(other, occurrence, self.holds):
                return False, (), other
        missing = [
            missing
            for verdict in self.verdicts
            if verdict.rule.id == rule and verdict.judgement.occurrence.key == occurrence.key
            for missing in self.judge.missing(verdict, self.verdicts)
        ]
        applies = self.judge.applies(rule, occurrence, self.holds)
        return applies, tuple(dict.fromkeys(missing)), None

    def has_any_for(self, judgement: Judgement) -> bool:
        """Whether there is a penalty that a relief is about."""
        return any(is_about(judgement, verdict) for verdict in self.verdicts)


def _needed(
    judge: Judge, state: State, rule: Rule, occurrence: Occurrence, scope: Scope
) -> tuple[NeededChange, ...]:
    if rule.condition is None:
        return ()
    values = judge.scopes[scope].values(state, occurrence)
    return tuple(
        NeededChange(
            difference,
            tuple((name, values.get(name)) for name in atom_names(difference.atom)),
            tuple(
                (name, values.get(at_least(name)), values.get(at_most(name)))
                for name in atom_names(difference.atom)
                if at_least(name) in values or at_most(name) in values
            ),
        )
        for difference in differences(rule.condition.node, values)
    )


_SAID: Final[dict[Outcome, str]] = {
    "applied": "why-applied",
    "did-not-apply": "why-not",
    "undetermined": "why-unknown",
    "not-in-force": "why-not-in-force",
    "already-open": "why-already-open",
    "nothing-to-relieve": "why-nothing-to-relieve",
}


def _line(outcome: OccurrenceOutcome, rule: Rule, speaker: Speaker) -> str:
    name = speaker.head(rule.id)
    if outcome.outcome == "did-not-come-up":
        return speaker.say("why-nothing", rule=name, what=_what(rule, speaker))
    if outcome.outcome == "excepted":
        other = speaker.head(outcome.excepted_by or "")
        return speaker.say("why-excepted", rule=name, other=other)
    text = speaker.say(_SAID[outcome.outcome], rule=name)
    if outcome.occurrence is not None:
        text += speaker.say("for", occurrence=speaker.occurrence(outcome.occurrence))
    if outcome.party is not None:
        text += speaker.say("why-party", party=outcome.party)
    stop = "；" if speaker.language == "zh" else "; "
    if outcome.missing:
        text += f"{stop}{speaker.missing(outcome.missing)}"
    if not outcome.needed:
        return text
    vocabulary = speaker.vocabulary(rule)
    parts = []
    for change in outcome.needed:
        atom = change.difference.atom
        needed = render(atom if change.wanted else Not(atom), vocabulary, speaker.language)
        actual = speaker.join(
            [
                _unknown(name, change, speaker)
                if value is None
                else speaker.value(value, name, vocabulary)
                for name, value in change.actual
            ]
        )
        parts.append(speaker.say("why-is", needed=needed, actual=actual))
    return f"{text}{stop}{speaker.say('why-would', needed=speaker.words['comma'].join(parts))}"


def _unknown(name: str, change: NeededChange, speaker: Speaker) -> str:
    """Between what a value lies that is not known, if that is known."""
    vocabulary = speaker.ruleset.words.of_all
    for other, least, most in change.between:
        if other == name:
            low, high = (
                None if value is None else speaker.value(value, name, vocabulary)
                for value in (least, most)
            )
            key = "at-most" if low is None else "at-least" if high is None else "between"
            return speaker.say(f"known-{key}", low=low, high=high)
    return speaker.words["unknown"]


def _what(rule: Rule, speaker: Speaker) -> str:
    if rule.scope.kind == "edge":
        return speaker.edge("of", rule.scope.of, None)
    if rule.scope.kind == "deadline":
        return speaker.say("of-started", title=speaker.limit_title(rule.scope.of))
    starts = rule.scope.of.split("|")
    events = [speaker.field(start) for start in starts if limit_and_happening(start) is None]
    what = [speaker.say("of-event", title=speaker.join(events))] if events else []
    what += [speaker.edge("of", start, rule) for start in starts if limit_and_happening(start)]
    return speaker.join(what)

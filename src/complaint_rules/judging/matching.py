"""Asking the engine: which rules of a scope apply to an occurrence, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from complaint_rules.engines import Engine
from complaint_rules.expressions import Value, missing_names, names, source, sources
from complaint_rules.frozen import frozen
from complaint_rules.judging.beginnings import edge_occurrences, happenings
from complaint_rules.judging.counts import counted
from complaint_rules.judging.items import ALWAYS, Missing, Read, Reason
from complaint_rules.judging.lateness import thresholds
from complaint_rules.judging.occurrence import THE_CASE, Occurrence
from complaint_rules.judging.parameters import put
from complaint_rules.judging.readers import Reader, reader
from complaint_rules.judging.state import State
from complaint_rules.ruleset.edges import limit_and_happening
from complaint_rules.ruleset.rules import Penalty, Rule
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.scopes import Scope


@frozen
class Judgement:
    """One rule for one occurrence. ``applies`` is ``None`` while it is unknown."""

    rule: Any
    occurrence: Occurrence
    applies: bool | None
    reason: Reason
    missing: tuple[Missing, ...] = ()


class ScopeMatcher:
    """The rules of one scope with the engine's matcher and the readers of their names."""

    def __init__(self, scope: Scope, ruleset: Ruleset, engine: Engine) -> None:
        self.scope = scope
        group = next(group for group in ruleset.scopes if group.scope == scope)
        self.rules: Mapping[str, Rule] = {rule.id: rule for rule in group.rules}
        by_rule = {
            rule.id: names(rule.condition.node) if rule.condition else () for rule in group.rules
        }
        self.names = {
            rule_id: tuple((name, source(name)) for name in read)
            for rule_id, read in by_rule.items()
        }
        """Those that each rule reads, with the names that they are worked out from."""
        used = tuple(dict.fromkeys(name for read in by_rule.values() for name in read))
        counts = ruleset.words.counts
        meanings = ruleset.words.parameters
        self.bounded = tuple(
            ruleset.parameters[name]
            for name in used
            if name in meanings and meanings[name].has_bounds
        )
        """The parameters of which there may be bounds while they are not known."""
        facts = ruleset.words.facts.keys() - ruleset.parameters.keys()
        self.facts = tuple(name for name in used if name in facts)
        apart = {*facts, *counts, *(parameter.name for parameter in self.bounded)}
        self.readers: tuple[tuple[str, Reader], ...] = tuple(
            (name, reader(name, ruleset)) for name in used if name not in apart
        )
        self.counts = tuple(counts[name] for name in used if name in counts)
        self.matcher = engine.matcher(group)

    def values(self, state: State, occurrence: Occurrence) -> dict[str, Value]:
        """What is known of the names that the rules read."""
        facts = state.facts
        values = {name: facts[name] for name in self.facts if name in facts}
        for name, read in self.readers:
            value = read(state, occurrence)
            if value is not None:
                values[name] = value
        for parameter in self.bounded:
            put(state, parameter, values)
        for count in self.counts:
            counted(count, state, occurrence).put(count.name, values)
        return values

    def judge(self, state: State, occurrence: Occurrence) -> dict[str, Judgement]:
        """The rules that apply or are unknown, by id."""
        values = self.values(state, occurrence)
        matched, unknown = self.matcher.match(values)
        found: dict[str, Judgement] = {}
        for rule_id in matched:
            rule = self.rules[rule_id]
            found[rule_id] = Judgement(
                rule, occurrence, True, self._reason(rule, values, state, occurrence)
            )
        for rule_id in unknown:
            rule = self.rules[rule_id]
            assert rule.condition is not None  # noqa: S101 - only conditions can be unknown
            absent = missing_names(rule.condition.node, values)
            missing = dict.fromkeys(m for name in absent for m in state.missing(name, occurrence))
            found[rule_id] = Judgement(
                rule,
                occurrence,
                None,
                self._reason(rule, values, state, occurrence),
                tuple(missing),
            )
        return found

    def _reason(
        self, rule: Rule, values: Mapping[str, Value], state: State, occurrence: Occurrence
    ) -> Reason:
        assert rule.condition is not None  # noqa: S101 - a scope has only rules with conditions
        read = tuple(
            [
                Read(name, values[name], state.is_assumed(given, occurrence))
                for name, given in self.names[rule.id]
                if name in values
            ]
        )
        if self.counts:
            read = tuple(self._with_counted(one, state, occurrence) for one in read)
        return Reason(rule.condition.text, read)

    def _with_counted(self, read: Read, state: State, occurrence: Occurrence) -> Read:
        """What was read, with what a count counted."""
        count = state.ruleset.words.counts.get(read.name)
        if count is None:
            return read
        return replace(read, counted=counted(count, state, occurrence).at)


class Judge:
    """All scopes of a ruleset, matched by one engine."""

    def __init__(self, ruleset: Ruleset, engine: Engine) -> None:
        self.scopes = {
            group.scope: ScopeMatcher(group.scope, ruleset, engine) for group in ruleset.scopes
        }
        self.thresholds = thresholds(ruleset)
        self.duties = {deadline.name: deadline.duty_of for deadline in ruleset.deadlines}
        self.counts = ruleset.words.counts

    def plan(self, rules: Sequence[Rule]) -> Plan:
        """Look up once what judging a section of rules needs every time."""
        return tuple(
            Planned(
                rule,
                self.scopes.get(rule.scope),
                self._role_of_several(rule),
                rule.scope.of if rule.scope.kind == "event" else None,
            )
            for rule in rules
        )

    def _role_of_several(self, rule: Rule) -> str | None:
        """The role whose parties are judged one by one: liable for time limits of their own."""
        if not isinstance(rule, Penalty) or rule.condition is None or rule.scope.limit is not None:
            return None
        read = names(rule.condition.node)
        owners = {name.partition(".")[0] for name in sources(read)}
        duties: set[str | None] = {self.duties[owner] for owner in owners if owner in self.duties}
        if self.counts:
            duties |= {self.counts[name].same for name in read if name in self.counts}
        return rule.against if rule.against in duties else None

    def results(self, state: State, matcher: ScopeMatcher, judged: Judged) -> Results:
        """What applies or is unknown for each occurrence of a scope, matched once."""
        results = judged.get(matcher)
        if results is None:
            results = judged[matcher] = [
                (occurrence, matcher.judge(state, occurrence))
                for occurrence in occurrences(state, matcher.scope)
            ]
        return results

    def judge(self, state: State, plan: Plan, judged: Judged) -> Iterator[Judgement]:
        """Judge rules one after the other; each scope is matched once for each occurrence."""
        for rule, matcher, role, event in plan:
            if event is not None and event not in state.by_type:
                continue
            if rule.condition is None or matcher is None:
                for occurrence in occurrences(state, rule.scope):
                    yield _possibly(Judgement(rule, occurrence, True, ALWAYS))
                continue
            for occurrence, result in self.results(state, matcher, judged):
                if role is not None and _each_alone(state, role, occurrence):
                    for own in _by_party(state, role, occurrence):
                        judgement = matcher.judge(state, own).get(rule.id)
                        if judgement is not None:
                            yield judgement
                    continue
                judgement = result.get(rule.id)
                if judgement is not None:
                    yield _possibly(judgement)

    def subjects(self, state: State, rule: Rule) -> Iterator[Occurrence]:
        """What a rule is judged for, whether it applies or not."""
        role = self._role_of_several(rule)
        for occurrence in occurrences(state, rule.scope):
            if role is not None and _each_alone(state, role, occurrence):
                yield from _by_party(state, role, occurrence)
            else:
                yield occurrence


def _each_alone(state: State, role: str, occurrence: Occurrence) -> bool:
    """Whether the parties of a role are judged one by one: there are several, or somebody else
    had a time limit in that role, which is not theirs.
    """
    parties = state.parties(role, occurrence)
    if len(parties) != 1:
        return True
    return parties[0] is not None and any(
        item.party is not None and item.party != parties[0]
        for items in state.deadlines.values()
        for item in items
        if item.duty_of == role
    )


def _by_party(state: State, role: str, occurrence: Occurrence) -> Iterator[Occurrence]:
    for party in state.parties(role, occurrence):
        yield replace(occurrence, role=role, party=party)


def _possibly(judgement: Judgement) -> Judgement:
    """What follows from a time limit that may not have started is not certain either."""
    missing = judgement.occurrence.unsure
    if not missing or judgement.applies is None:
        return judgement
    return replace(judgement, applies=None, missing=missing)


class Planned(NamedTuple):
    """A rule with the matcher of its scope, if that has any conditions, the role whose parties are
    judged one by one, if any, and the event that it is judged for, if it is for one.
    """

    rule: Rule
    matcher: ScopeMatcher | None
    role: str | None
    event: str | None


Plan = tuple[Planned, ...]
"""The rules of a section."""

Results = list[tuple[Occurrence, dict[str, Judgement]]]
"""The rules that apply or are unknown, for each occurrence of a scope."""

Judged = dict[ScopeMatcher, Results]
"""What has been judged so far: for each scope, the outcome for each of its occurrences."""


def occurrences(state: State, scope: Scope) -> Iterator[Occurrence]:
    """What the rules of a scope are judged for."""
    match scope.kind:
        case "case":
            yield THE_CASE
        case "start" if limit_and_happening(scope.of) is not None:
            yield from edge_occurrences(state, scope.of)
        case "event" | "start":
            for number, event in enumerate(state.by_type.get(scope.of, ()), start=1):
                yield Occurrence(event, number)
        case "edge":
            yield from (
                Occurrence(edge.event, number, edge.limit, edge=edge)
                for number, edge in enumerate(happenings(state, scope.of), start=1)
            )
        case "deadline":
            items = state.deadlines.get(scope.of)
            if items:
                by_key = {event.key: event for event in state.events}
                for number, item in enumerate(items, start=1):
                    edge = state.edges.get(item.id)
                    event = by_key[item.occurrence] if edge is None else edge.event
                    yield Occurrence(event, number, item)

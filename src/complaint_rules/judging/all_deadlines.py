"""The time limits of a case: which begin, in which order they are judged, what is noted of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from complaint_rules.judging.beginnings import edges, happened, occurrence_of
from complaint_rules.judging.completion_notes import completion_notes
from complaint_rules.judging.deadlines import DeadlineJudge
from complaint_rules.judging.due_times import Notes
from complaint_rules.judging.edges import Beginning, Edge
from complaint_rules.judging.instance import Start
from complaint_rules.judging.items import (
    ALWAYS,
    DeadlineItem,
    Missing,
    Reason,
    UndeterminedItem,
)
from complaint_rules.judging.matching import Judge, Judgement, ScopeMatcher
from complaint_rules.judging.state import State
from complaint_rules.money import ZERO
from complaint_rules.ruleset.edges import judging_order, looked_at_when_due
from complaint_rules.ruleset.rules import ALWAYS_IN_FORCE, Deadline
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.scopes import Scope

NOTHING_MISSING: tuple[Missing, ...] = ()


class AllDeadlines:
    """The deadlines of a ruleset, ready to be judged."""

    def __init__(self, ruleset: Ruleset, judge: Judge) -> None:
        self.ruleset = ruleset
        self.deadline_judges = [
            (
                DeadlineJudge(rule, ruleset.calendars[rule.calendar]),
                rule,
                tuple((type_, judge.scopes.get(Scope("start", type_))) for type_ in rule.starts),
            )
            for rule in ruleset.deadlines
        ]
        self.falling_due = [
            (rule, type_, matcher)
            for _, rule, types in self.deadline_judges
            for type_, matcher in types
            if type_ in rule.start_edges and type_.endswith(".due")
        ]
        self.falling_due_ends = looked_at_when_due(ruleset.deadlines, ruleset.rules())
        self.judging_order = judging_order(ruleset.deadlines)
        self.in_file_order = self.judging_order == sorted(self.judging_order)
        self.ranks_by_start: dict[str, tuple[int, ...]] = _places(
            (rank, ruleset.deadlines[place].starts) for rank, place in enumerate(self.judging_order)
        )
        self.ranks_by_edge = tuple(
            rank
            for rank, place in enumerate(self.judging_order)
            if ruleset.deadlines[place].start_edges
        )
        self.places_by_end: dict[str, tuple[int, ...]] = _places(
            (place, rule.ends) for place, rule in enumerate(ruleset.deadlines)
        )

    def judge_all(self, state: State, notes: Notes) -> list[UndeterminedItem]:
        """Work out all instances, in an order in which what moves a limit comes before it.

        Those that are undetermined are told.
        """
        # What starts a limit is judged before any of that name exists, so once for each start.
        starts: dict[tuple[str, str | None], dict[str, Judgement]] = {}
        by_place: dict[int, list[DeadlineItem]] = {}
        ranks = {rank for type_ in state.by_type for rank in self.ranks_by_start.get(type_, ())}
        for rank in sorted(ranks.union(self.ranks_by_edge)):
            place = self.judging_order[rank]
            judge, rule, types = self.deadline_judges[place]
            begun = _begun(state, judge, types)
            if not begun:
                continue
            items: list[DeadlineItem] = []
            together: list[Start] = []
            given = rule.handed_over
            alone = judge.starts_alone and (given is None or given.event not in state.by_type)
            for start in self._starts(state, rule, begun, starts):
                if not alone:
                    together.append(start)
                elif start.missing:
                    items += judge.possible(state, start)
                else:
                    items += judge.instances(state, start, notes)
            if together:
                items += judge.judge_all(state, together, notes)
            if judge.edges and judge.name in state.deadlines:
                # What may have begun on an unknown day, under one version or the next, is one duty.
                before = {item.id for item in state.deadlines[judge.name]}
                items = [item for item in items if item.id not in before]
            if items:
                by_place[place] = items
                _keep(state, judge.name, items)
        if not self.in_file_order:
            state.deadlines.clear()
            for place in sorted(by_place):
                _keep(state, self.deadline_judges[place][1].name, by_place[place])
        ended = {place for type_ in state.by_type for place in self.places_by_end.get(type_, ())}
        for place in sorted(ended):
            judge, rule, _ = self.deadline_judges[place]
            limits = state.deadlines.get(judge.name, ())
            for note in completion_notes(state, rule, limits):
                notes[note] = None
        return [
            _undetermined_deadline(item)
            for place in sorted(by_place)
            for item in by_place[place]
            if item.status == "undetermined"
        ]

    def _starts(
        self,
        state: State,
        rule: Deadline,
        begun: Sequence[tuple[Beginning, int, ScopeMatcher | None]],
        judged: dict[tuple[str, str | None], dict[str, Judgement]],
    ) -> Iterator[Start]:
        """What starts a limit, or may: by its condition, on the dates on which it is in force."""
        for start, number, matcher in begun:
            if rule.in_force is not ALWAYS_IN_FORCE and not self._in_force(rule, start):
                continue
            missing, edge = NOTHING_MISSING, None
            if isinstance(start, Edge):
                missing, edge = start.missing, start.type
            if rule.condition is None or matcher is None:
                yield Start(start, occurrence_of(start, number), ALWAYS, missing)
                continue
            of_start = judged.get((start.key, edge))
            if of_start is None:
                of_start = matcher.judge(state, occurrence_of(start, number))
                judged[start.key, edge] = of_start
            judgement = of_start.get(rule.id)
            if judgement is not None:
                if judgement.missing:
                    missing = tuple(dict.fromkeys([*missing, *judgement.missing]))
                yield Start(start, judgement.occurrence, judgement.reason, missing)

    def _in_force(self, rule: Deadline, start: Beginning) -> bool:
        day = start.at.astimezone(self.ruleset.calendar.timezone).date()
        unknown = isinstance(start, Edge) and start.missing
        # What may have happened did so on that day or later.
        return day <= rule.in_force[1] and (bool(unknown) or rule.in_force[0] <= day)

    def ahead(self, state: State) -> Iterator[datetime]:
        """When limits fall due, or so long before, and something follows that does not yet."""
        for rule, type_, matcher in self.falling_due:
            yield from self._begins_ahead(state, rule, type_, matcher)
        for type_ in self.falling_due_ends:
            yield from (edge.at for edge in edges(state, type_) if edge.at > state.as_of)

    def _begins_ahead(
        self, state: State, rule: Deadline, type_: str, matcher: ScopeMatcher | None
    ) -> Iterator[datetime]:
        for edge in edges(state, type_, rule):
            if edge.at <= state.as_of or not self._in_force(rule, edge):
                continue
            if rule.condition is not None and matcher is not None:
                judged = matcher.judge(state, occurrence_of(edge, edge.number))
                if rule.id not in judged:
                    continue
            yield edge.at


def _places(types: Iterable[tuple[int, Iterable[str]]]) -> dict[str, tuple[int, ...]]:
    """By type, the places of the rules that name it."""
    found: dict[str, list[int]] = {}
    for place, names in types:
        for name in names:
            found.setdefault(name, []).append(place)
    return {name: tuple(places) for name, places in found.items()}


def _keep(state: State, name: str, items: list[DeadlineItem]) -> None:
    # A limit of an earlier version has the same name as that of this one.
    earlier = state.deadlines.get(name)
    if state.happenings:
        state.happenings = {
            of: edges for of, edges in state.happenings.items() if of.partition(".")[0] != name
        }
    state.deadlines[name] = [*earlier, *items] if earlier else items


def _begun(
    state: State, judge: DeadlineJudge, types: Sequence[tuple[str, ScopeMatcher | None]]
) -> Sequence[tuple[Beginning, int, ScopeMatcher | None]]:
    """What may start a time limit, in order, with the number of its event and its matcher."""
    if len(types) == 1 and not judge.edges:
        ((type_, matcher),) = types
        events = enumerate(state.by_type.get(type_, ()), start=1)
        return [(event, number, matcher) for number, event in events]
    begun: list[tuple[Beginning, int, ScopeMatcher | None]] = [
        (event, number, matcher)
        for type_, matcher in types
        if type_ in state.by_type
        for number, event in enumerate(state.by_type[type_], start=1)
    ]
    if judge.edges:
        begun += [
            (edge, edge.number, matcher)
            for type_, matcher in types
            if type_ in judge.edges
            for edge in happened(state, judge.rule, type_)
        ]
    if len(types) > 1 or judge.edges:
        begun.sort(key=lambda one: one[0].microseconds)
    return begun


def _undetermined_deadline(item: DeadlineItem) -> UndeterminedItem:
    reason = Reason(item.reason.condition, item.reason.read)
    return UndeterminedItem(
        item.id,
        item.rule,
        item.clause,
        "deadline",
        item.party,
        item.occurrence,
        item.missing,
        ZERO,
        ZERO,
        reason,
        item.title,
    )

"""One start of a time limit for one party: which events are about it, and which ends it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise
from typing import NamedTuple

from complaint_rules.judging.beginnings import happenings
from complaint_rules.judging.edges import Beginning, Edge
from complaint_rules.judging.items import HandedOver, Missing, Reason
from complaint_rules.judging.occurrence import Occurrence
from complaint_rules.judging.state import State
from complaint_rules.ruleset.rules import Deadline
from complaint_rules.ruleset.vocabulary import CheckedEvent
from complaint_rules.time.instants import to_microseconds


class Start(NamedTuple):
    """What starts a limit and why; or may start it, where something is missing to know."""

    beginning: Beginning
    occurrence: Occurrence
    reason: Reason
    missing: tuple[Missing, ...]


class Holding(NamedTuple):
    """Who has had a duty since when; what is missing to know it."""

    microseconds: int
    at: datetime
    party: str | None
    missing: tuple[Missing, ...] = ()


@dataclass(slots=True)
class Instance:
    """One start of one deadline for one party, while it is being worked out."""

    rule: Deadline
    start: Beginning
    occurrence: Occurrence
    party: str | None
    holdings: tuple[Holding, ...] = ()
    """Who had it since when, where it was handed over; ``party`` is then whoever is liable."""
    origins: tuple[CheckedEvent, ...] = ()
    """With what the duty began before it was handed over and began anew."""

    @property
    def event(self) -> CheckedEvent:
        """The event that starts it, or the one at the beginning of what does."""
        event = self.occurrence.event
        assert event is not None  # noqa: S101 - a limit begins with an event
        return event

    def holder(self, microseconds: int) -> str | None:
        """Who has the duty at an instant, after what happens then."""
        party = self.party if not self.holdings else self.holdings[0].party
        for holding in self.holdings:
            if holding.microseconds <= microseconds:
                party = holding.party
        return party

    def concerns(self, event: CheckedEvent, *, of_anyone: bool = False) -> bool:
        """Whether an event is about this instance: later, of the same party, by reference."""
        if event.microseconds < self.start.microseconds or event is self.event:
            return False
        bound = None if of_anyone else event.parties.get(self.rule.duty_of)
        return not (
            bound is not None and self._is_of_others(bound, event.microseconds)
        ) and self._refers(event)

    def _is_of_others(self, bound: tuple[str, ...], microseconds: int) -> bool:
        party = self.holder(microseconds) if self.holdings else self.party
        return party is not None and party not in bound

    def _refers(self, event: CheckedEvent) -> bool:
        """Whether an event is about this start by its reference. One to an event of another kind,
        with which no such limit begins, says nothing about it.
        """
        ref = event.event.ref
        return (
            ref is None
            or ref == self.event.event.id
            or any(ref == origin.event.id for origin in self.origins)
            or event.ref_type not in self.rule.events_behind
        )

    def may_pause(self, event: CheckedEvent) -> bool:
        """Whether an event that begins or ends pauses does so for this instance, at any time."""
        if event is self.event or self.concerns(event):
            return True
        bound = event.parties.get(self.rule.duty_of)
        return (
            event.microseconds < self.start.microseconds
            and (event.event.ref is None or event.ref_type not in self.rule.events_behind)
            and (bound is None or not self._is_of_others(bound, event.microseconds))
        )

    def is_about(self, edge: Edge, *, of_anyone: bool = False) -> bool:
        """Whether what happens to another limit is about this instance: of the same party, and by
        the event at the beginning as if it referred to that one.
        """
        if (edge.type, edge.key) == (self.start.type, self.start.key):
            return False
        limit, event, role = edge.limit, edge.event, self.rule.duty_of
        bound = event.parties.get(role)
        if limit.duty_of == role and limit.party is not None:
            bound = (limit.party,)
        if bound is not None and not of_anyone and self._is_of_others(bound, edge.microseconds):
            return False
        return (
            event is self.event
            or any(event is origin for origin in self.origins)
            or event.type not in self.rule.events_behind
        )

    def first(
        self,
        types: Iterable[str],
        state: State,
        taken: Container[str] = (),
        *,
        of_anyone: bool = False,
    ) -> CheckedEvent | None:
        """The first event of some types that is about this instance, and is not taken."""
        found = None
        for type_ in types:
            events = state.by_type.get(type_)
            if events is None:
                continue
            # Events of a type are in order of time: those before the start need no look.
            since = bisect_left(events, self.start.microseconds, key=_microseconds)
            for event in islice(events, since, None):
                if event.key not in taken and self.concerns(event, of_anyone=of_anyone):
                    if found is None or event.microseconds < found.microseconds:
                        found = event
                    break
        return found

    def end(
        self, state: State, taken: Container[str], stop: Beginning | None
    ) -> tuple[Beginning | None, Beginning | None]:
        """What ends it: its completion, or what cancels it before; ``stop`` is one that does."""
        rule = self.rule
        done: Beginning | None = self.first(rule.ends, state, taken, of_anyone=rule.ended_by_anyone)
        stopped: Beginning | None = self.first(rule.stops, state) if rule.stops else None
        if rule.end_edges:
            done = _earlier(done, self._edge_of(rule.ends, state, taken))
            stopped = _earlier(stopped, self._edge_of(rule.stops, state))
        if stop is not None:
            stopped = _earlier(stop, stopped)
        if stopped is not None and (done is None or stopped.microseconds < done.microseconds):
            return None, stopped
        return done, None

    def _edge_of(
        self, types: Iterable[str], state: State, taken: Container[str] = ()
    ) -> Edge | None:
        """The first thing that happened to another limit and ends it, as far as that is known."""
        return min(
            (
                edge
                for edge in self._edges(types, state)
                if not edge.missing
                and edge.microseconds >= self.start.microseconds
                and edge.completion not in taken
            ),
            key=lambda edge: edge.microseconds,
            default=None,
        )

    def _edges(self, types: Iterable[str], state: State) -> Iterator[Edge]:
        rule = self.rule
        for type_ in types:
            if type_ in rule.end_edges:
                anyone = rule.ended_by_anyone and type_ in rule.ends
                for edge in happenings(state, type_):
                    if self.is_about(edge, of_anyone=anyone):
                        yield edge

    def doubts(self, state: State, until: Beginning | None) -> tuple[Missing, ...]:
        """What is missing to know whether it had ended before ``until``."""
        if not self.rule.end_edges:
            return ()
        return tuple(
            dict.fromkeys(
                missing
                for edge in self._edges((*self.rule.ends, *self.rule.stops), state)
                if edge.missing and (until is None or edge.at < until.at)
                for missing in edge.missing
            )
        )

    def hand_over(
        self, event: CheckedEvent, party: str | None, missing: tuple[Missing, ...]
    ) -> None:
        """Somebody else has the duty from an event on."""
        before = self.holdings or (Holding(self.start.microseconds, self.start.at, self.party),)
        self.holdings = (*before, Holding(event.microseconds, event.at, party, missing))
        self.party = party

    def fall_due(self, due: datetime | None) -> tuple[Missing, ...]:
        """Make whoever had the duty when it fell due liable; what is missing to know who that is.

        What hands it over at that very instant comes before it is missed, as a completion does.
        """
        first, *later = self.holdings
        last = self.holdings[-1]
        if due is not None:
            latest = to_microseconds(due) - int(self.rule.missed_at_the_limit)
            last = [first, *(one for one in later if one.microseconds <= latest)][-1]
        self.party = last.party
        return last.missing

    @property
    def handed_over(self) -> tuple[HandedOver, ...]:
        return tuple(
            HandedOver(after.at, before.party, after.party)
            for before, after in pairwise(self.holdings)
        )


def _microseconds(event: CheckedEvent) -> int:
    return event.microseconds


def _earlier(one: Beginning | None, other: Beginning | None) -> Beginning | None:
    """The earlier of two, the first where they are at one instant."""
    if one is None or (other is not None and other.microseconds < one.microseconds):
        return other
    return one


@dataclass(slots=True)
class Begun:
    """An instance that has begun, and what took its place, if anything did."""

    instance: Instance
    reason: Reason
    missing: tuple[Missing, ...] = ()
    """What has to be known to tell whether it has begun at all, or was replaced."""
    stopped: Beginning | None = None
    handed_over: tuple[HandedOver, ...] = ()
    """To whom it was given with whom it began anew."""

    def stop_at(self, start: Beginning, state: State) -> None:
        if self.is_open_at(start, state):
            self.stopped = start

    def doubt_at(self, start: Beginning, state: State, missing: tuple[Missing, ...]) -> None:
        """It is unknown whether something took its place."""
        if self.is_open_at(start, state):
            self.missing = tuple(dict.fromkeys([*self.missing, *missing]))

    def is_open_at(self, start: Beginning, state: State) -> bool:
        """Whether nothing has ended it before; at one instant, what starts comes first."""
        done, stopped = self.instance.end(state, (), self.stopped)
        end = stopped if done is None else done
        return end is None or end.microseconds >= start.microseconds

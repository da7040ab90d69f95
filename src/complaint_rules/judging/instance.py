"""One start of a time limit for one party: which events are about it, and which ends it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from complaint_rules.judging.edges import Beginning
from complaint_rules.judging.items import Missing, Reason
from complaint_rules.judging.state import Occurrence, State
from complaint_rules.ruleset.rules import Deadline
from complaint_rules.ruleset.vocabulary import CheckedEvent


class Start(NamedTuple):
    """What starts a limit and why; or may start it, where something is missing to know."""

    beginning: Beginning
    occurrence: Occurrence
    reason: Reason
    missing: tuple[Missing, ...]


@dataclass(slots=True)
class Instance:
    """One start of one deadline for one party, while it is being worked out."""

    rule: Deadline
    start: Beginning
    occurrence: Occurrence
    party: str | None

    @property
    def event(self) -> CheckedEvent:
        """The event that starts it, or the one at the beginning of what does."""
        event = self.occurrence.event
        assert event is not None  # noqa: S101 - a limit begins with an event
        return event

    def concerns(self, event: CheckedEvent, *, of_anyone: bool = False) -> bool:
        """Whether an event is about this instance: later, of the same party, by reference."""
        if event.microseconds < self.start.microseconds or event is self.event:
            return False
        bound = None if of_anyone else event.parties.get(self.rule.duty_of)
        if bound is not None and self.party is not None and self.party not in bound:
            return False
        return self._refers(event)

    def _refers(self, event: CheckedEvent) -> bool:
        """Whether an event is about this start by its reference. One to an event of another kind,
        with which no such limit begins, says nothing about it.
        """
        ref = event.event.ref
        return (
            ref is None
            or ref == self.event.event.id
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
            and (bound is None or self.party is None or self.party in bound)
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
    ) -> tuple[CheckedEvent | None, Beginning | None]:
        """What ends it: its completion, or what cancels it before; ``stop`` is one that does."""
        rule = self.rule
        done = self.first(rule.ends, state, taken, of_anyone=rule.ended_by_anyone)
        cancelled = [type_ for type_ in self.rule.cancelled if type_ not in self.rule.starts]
        stopped: Beginning | None = self.first(cancelled, state) if cancelled else None
        if stop is not None and (stopped is None or stop.microseconds < stopped.microseconds):
            stopped = stop
        if stopped is not None and (done is None or stopped.microseconds < done.microseconds):
            return None, stopped
        return done, None


def _microseconds(event: CheckedEvent) -> int:
    return event.microseconds


@dataclass(slots=True)
class Begun:
    """An instance that has begun, and what took its place, if anything did."""

    instance: Instance
    reason: Reason
    missing: tuple[Missing, ...] = ()
    """What has to be known to tell whether it has begun at all, or was replaced."""
    stopped: Beginning | None = None

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

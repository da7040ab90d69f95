"""Starts of one deadline of which one depends on those before it, and hand-overs of a duty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from complaint_rules.judging.instance import Begun, Instance, Start
from complaint_rules.judging.items import HandedOver, Missing
from complaint_rules.judging.occurrence import Occurrence
from complaint_rules.judging.state import State
from complaint_rules.ruleset.edges import HandOver
from complaint_rules.ruleset.rules import Deadline
from complaint_rules.ruleset.vocabulary import CheckedEvent


class Succession:
    """The instances of one deadline as they begin, replace each other and change hands."""

    def __init__(self, state: State, rule: Deadline) -> None:
        self.state = state
        self.rule = rule
        self.begun: list[Begun] = []
        self.open_by: dict[str | None, Begun] = {}

    @classmethod
    def of(cls, state: State, rule: Deadline, starts: Sequence[Start]) -> list[Begun]:
        """What the starts begin, in order of time; at one instant starts come before hand-overs."""
        succession = cls(state, rule)
        given = rule.handed_over
        handed = [] if given is None else [*enumerate(state.by_type.get(given.event, ()), start=1)]
        for start in starts:
            while handed and handed[0][1].microseconds < start.beginning.microseconds:
                succession.hand_over(given, *handed.pop(0))
            succession.start(start)
        for number, event in handed:
            succession.hand_over(given, number, event)
        return succession.begun

    def start(self, start: Start) -> None:
        """Begin an instance for each party, unless one that is open forbids it."""
        beginning, occurrence, reason, missing = start
        rule, state = self.rule, self.state
        parties = state.parties(rule.duty_of, occurrence)
        hands_over = beginning.type in rule.hand_overs
        if hands_over:
            for party in [party for party in self.open_by if party not in parties]:
                if missing:
                    self.open_by[party].doubt_at(beginning, state, missing)
                else:
                    self.open_by.pop(party).stop_at(beginning, state)
        for party in parties:
            earlier = self.open_by.get(party)
            unsure = missing
            if earlier is not None and earlier.is_open_at(beginning, state):
                if rule.while_open == "ignore" or hands_over:
                    doubts = (*earlier.missing, *earlier.instance.doubts(state, beginning))
                    if not doubts:
                        continue
                    # It begins only if the earlier one has not, or has ended by then.
                    unsure = tuple(dict.fromkeys([*doubts, *missing]))
                elif rule.while_open == "restart" and missing:
                    earlier.doubt_at(beginning, state, missing)
                elif rule.while_open == "restart":
                    earlier.stop_at(beginning, state)
            latest = Begun(Instance(rule, beginning, occurrence, party), reason, unsure)
            self.begun.append(latest)
            if earlier is None or not missing or earlier.missing:
                self.open_by[party] = latest

    def hand_over(self, given: HandOver | None, number: int, event: CheckedEvent) -> None:
        """Give what is open to whom the event names."""
        assert given is not None  # noqa: S101 - there are such events only if it is declared
        to, missing = self._receivers(given, number, event)
        anew: dict[str | None, Begun] = {}
        for begun in [*self.begun]:
            instance = begun.instance
            if not instance.concerns(event, of_anyone=True) or not begun.is_open_at(
                event, self.state
            ):
                continue
            if to == (instance.party,) and not missing:
                continue
            if given.restarts:
                self._begin_anew(begun, Occurrence(event, number), to, missing, anew)
            else:
                self._go_on(begun, event, to, missing)
        self.begun += anew.values()
        self.open_by.update(anew)

    def _receivers(
        self, given: HandOver, number: int, event: CheckedEvent
    ) -> tuple[tuple[str | None, ...], tuple[Missing, ...]]:
        occurrence = Occurrence(event, number)
        if given.field is None:
            return self.state.parties(given.role, occurrence), ()
        name = event.data.get(given.field)
        if not name:
            return (None,), self.state.missing(f"event.{given.field}", occurrence)
        return (str(name),), ()

    def _go_on(
        self,
        begun: Begun,
        event: CheckedEvent,
        to: Sequence[str | None],
        missing: tuple[Missing, ...],
    ) -> None:
        """The same limit, of others; of several each has all of it."""
        instance = begun.instance
        others = [party for party in to if party != instance.party]
        stays = len(others) < len(to)
        copies = [
            replace(begun, instance=replace(instance)) for _ in (others if stays else others[1:])
        ]
        for each, party in zip(copies if stays else [begun, *copies], others, strict=True):
            each.instance.hand_over(event, party, missing)
            self.open_by[party] = each
        self.begun += copies

    def _begin_anew(
        self,
        begun: Begun,
        occurrence: Occurrence,
        to: Sequence[str | None],
        missing: tuple[Missing, ...],
        anew: dict[str | None, Begun],
    ) -> None:
        """Another limit, which runs from the hand-over."""
        event, instance, state = occurrence.event, begun.instance, self.state
        assert event is not None  # noqa: S101 - an event hands it over
        if missing:  # it may have been given to whoever has it already
            begun.doubt_at(event, state, missing)
        elif instance.party not in to:
            begun.handed_over = tuple(HandedOver(event.at, instance.party, party) for party in to)
            begun.stop_at(event, state)
        origins = (*instance.origins, instance.event)
        doubts = instance.doubts(state, event)
        unsure = tuple(dict.fromkeys([*begun.missing, *doubts, *missing]))
        for party in to:
            if party == instance.party and not missing:
                continue
            if party in anew:
                anew[party].instance.origins += origins
                if not unsure:
                    anew[party].missing = ()
            else:
                latest = Instance(self.rule, event, occurrence, party, origins=origins)
                anew[party] = Begun(latest, begun.reason, unsure)

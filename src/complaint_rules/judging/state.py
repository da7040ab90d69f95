"""What is known at one instant: facts, events so far, deadlines; and the names conditions read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from complaint_rules.expressions import Value, of_instant
from complaint_rules.judging.edges import Edge
from complaint_rules.judging.items import DeadlineItem, Missing
from complaint_rules.judging.lateness import lateness_of_item, most_late
from complaint_rules.judging.moments import missing_of_instant, reader_of_instant
from complaint_rules.judging.occurrence import Happened, Occurrence
from complaint_rules.money import Interval
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.vocabulary import CheckedCase, CheckedEvent
from complaint_rules.time import Duration, Pause
from complaint_rules.time.instants import MICROSECOND, to_microseconds

NOBODY: Final[tuple[str | None, ...]] = (None,)


@dataclass(slots=True)
class State:
    """Built up in one direction: events, then deadlines, then everything that reads them."""

    ruleset: Ruleset
    case: CheckedCase
    as_of: datetime
    facts: dict[str, Value]
    events: tuple[CheckedEvent, ...]
    by_type: dict[str, list[CheckedEvent]]
    ignored: tuple[CheckedEvent, ...]
    governing_day: date | None
    assumed: frozenset[str]
    deadlines: dict[str, list[DeadlineItem]] = field(default_factory=dict)
    taken: dict[tuple[str, str | None], set[str]] = field(default_factory=dict)
    """The completions that have ended an instance, where a limit's are matched in order."""
    missed_at_limit: frozenset[str] = frozenset()
    """The rules of limits that are missed at their due instant already."""
    idle: dict[str, tuple[Pause, ...]] = field(default_factory=dict)
    """By the id of a limit: pauses since it ran out, where its overdue days stand still then."""
    edges: dict[str, Edge] = field(default_factory=dict)
    """By the id of a limit: what happened to another limit and started it."""
    happenings: dict[str, list[Edge]] = field(default_factory=dict)
    """What has happened, or may have, to limits and ends others, by what it is (``first.met``)."""
    missed: dict[tuple[str, str | None, str | None], tuple[datetime | None, datetime | None]] = (
        field(default_factory=dict)
    )

    @classmethod
    def at(cls, ruleset: Ruleset, case: CheckedCase, as_of: datetime) -> State:
        """The facts and events of a case at an instant; an event's facts hold from it on."""
        now = to_microseconds(as_of)
        events = case.events
        ignored: tuple[CheckedEvent, ...] = ()
        if events and events[-1].microseconds > now:
            ignored = tuple(event for event in events if event.microseconds > now)
            events = events[: len(events) - len(ignored)]
        facts = {**ruleset.words.assumed, **case.facts}
        by_type: dict[str, list[CheckedEvent]] = {}
        declared = ruleset.words.events
        assumed = set(ruleset.words.assumed) - set(case.facts)
        for event in events:
            by_type.setdefault(event.event.type, []).append(event)
            for name in declared[event.event.type].sets:
                if name in event.data:
                    facts[name] = event.data[name]
                    assumed.discard(name)
        dating = by_type.get(ruleset.effective_by)
        day = dating[0].at.astimezone(ruleset.calendar.timezone).date() if dating else None
        return cls(ruleset, case, as_of, facts, events, by_type, ignored, day, frozenset(assumed))

    def happened(self) -> Happened:
        """The events of the case, those that lie ahead included."""
        by_key: dict[str, CheckedEvent] = {event.key: event for event in self.case.events}
        for limits in self.deadlines.values():
            for limit in limits:
                edge = self.edges.get(limit.id)
                by_key[limit.id] = by_key[limit.occurrence] if edge is None else edge.event
        of_kind: dict[str, list[CheckedEvent]] = {}
        for event in self.case.events:
            of_kind.setdefault(event.type, []).append(event)
        return Happened(by_key, of_kind)

    def is_assumed(self, name: str, occurrence: Occurrence) -> bool:
        """Whether nobody has recorded the value that a name has."""
        owner, dot, attribute = name.partition(".")
        if dot:
            event = occurrence.event
            return owner == "event" and event is not None and attribute in event.assumed
        return name in self.assumed

    def parameter(self, name: str) -> Value | Duration | Interval | None:
        """The value of a parameter for this case, or ``None`` where it is not set."""
        parameter = self.ruleset.parameters[name]
        at: list[Value] = []
        for key in parameter.keys:
            if key not in self.facts:
                return None
            at.append(self.facts[key])
        day = self.governing_day
        if parameter.dated_by is not None:
            dating = self.by_type.get(parameter.dated_by)
            zone = self.ruleset.calendar.timezone
            day = dating[0].at.astimezone(zone).date() if dating else None
        return parameter.on(day, tuple(at))

    def amount(self, name: str) -> Interval | None:
        """An amount by the name of a fact or parameter, or ``None`` where it is not known."""
        value = self.parameter(name) if name in self.ruleset.parameters else self.facts.get(name)
        if value is None or isinstance(value, Interval):
            return value
        return Interval.exactly(value)  # type: ignore[arg-type]

    def parties(self, role: str, occurrence: Occurrence) -> tuple[str | None, ...]:
        """Who has a role: as the event says, else as the case does, else nobody by name."""
        if occurrence.deadline is not None:
            for item in self.chain(occurrence.deadline):
                if item.duty_of == role and item.party is not None:
                    return (item.party,)
        if occurrence.role == role:
            return (occurrence.party,)
        event = occurrence.event
        if event is not None and role in event.parties:
            return event.parties[role]
        return self.case.parties.get(role, NOBODY)

    def chain(self, limit: DeadlineItem) -> Iterator[DeadlineItem]:
        """A limit, the one to which something happened that started it, and so on."""
        item: DeadlineItem | None = limit
        while item is not None:
            yield item
            edge = self.edges.get(item.id)
            item = None if edge is None else edge.limit

    def missing(self, name: str, occurrence: Occurrence) -> tuple[Missing, ...]:
        """What has to be known for a name to have a value."""
        of = of_instant(name)
        if of is not None:
            instant = reader(of.instant, self.ruleset)
            return missing_of_instant(of, instant, self, occurrence)
        owner, dot, attribute = name.partition(".")
        words = self.ruleset.words
        if not dot:
            if name in self.ruleset.parameters:
                return self.missing_parameter(name)
            return (Missing(name, "fact", tuple(words.facts[name].ask.items())),)
        if owner == "event" and occurrence.event is not None:
            fields = words.event_fields(occurrence.event.type)
            ask = tuple(fields[attribute].ask.items()) if attribute in fields else ()
            return (Missing(f"{occurrence.event.type}.{attribute}", "event", ask),)
        if owner in words.events:
            return (Missing(name, "event"),)
        items = [occurrence.deadline] if owner == "deadline" and occurrence.deadline else None
        if items is None:
            items = self.limits(owner, occurrence)
        found = [missing for item in items for missing in item.missing]
        return tuple(dict.fromkeys(found)) or (Missing(name, "event"),)

    def limits(self, name: str, occurrence: Occurrence) -> list[DeadlineItem]:
        """The instances of a deadline that an occurrence is about."""
        items = self.deadlines.get(name, [])
        if occurrence.role is None:
            return items
        return [
            item
            for item in items
            if item.duty_of != occurrence.role or item.party in (None, occurrence.party)
        ]

    def first_missed(
        self, name: str, occurrence: Occurrence
    ) -> tuple[datetime | None, datetime | None]:
        """When an instance first ran out unmet, and since when one has been undetermined."""
        key = (name, occurrence.role, occurrence.party)
        if key not in self.missed:
            items = self.limits(name, occurrence)
            missed = [
                self.missed_from(i) for i in items if i.status in ("late", "overdue") and i.due_at
            ]
            unknown = [i.started_at for i in items if i.status == "undetermined"]
            self.missed[key] = (min(missed, default=None), min(unknown, default=None))
        return self.missed[key]

    def missed_from(self, item: DeadlineItem) -> datetime:
        """The instant after which a limit that was missed had been."""
        assert item.due_at is not None  # noqa: S101 - it ran out
        return item.due_at - MICROSECOND if item.rule in self.missed_at_limit else item.due_at

    def missing_parameter(self, name: str) -> tuple[Missing, ...]:
        """A parameter, or what its value depends on."""
        parameter = self.ruleset.parameters[name]
        facts = self.ruleset.words.facts
        absent = [key for key in parameter.keys if key not in self.facts]
        if absent:
            return tuple(Missing(key, "fact", tuple(facts[key].ask.items())) for key in absent)
        dating = parameter.dated_by or self.ruleset.effective_by
        if parameter.needs_day and dating not in self.by_type:
            return (Missing(dating, "event"),)
        return (Missing(name, "parameter"),)


Reader = Callable[[State, Occurrence], Value | None]
"""Reads one name; ``None`` where it has no value."""


def reader(name: str, ruleset: Ruleset) -> Reader:
    """The function that reads a name of the vocabulary."""
    of = of_instant(name)
    if of is not None:
        return reader_of_instant(of, reader(of.instant, ruleset))
    owner, dot, attribute = name.partition(".")
    if not dot:
        if name in ruleset.parameters:
            return lambda state, _: _exact(state.parameter(name))
        return lambda state, _: state.facts.get(name)
    if owner == "event":
        return _own_event_reader(attribute)
    if owner == "deadline":
        return _own_deadline_reader(attribute)
    if owner in ruleset.words.events:
        return _event_reader(owner, attribute)
    return _deadline_reader(owner, attribute)


def _exact(value: Value | Duration | Interval | None) -> Value | None:
    if isinstance(value, Interval):
        return value.minimum if value.is_exact else None
    return value


def _own_event_reader(attribute: str) -> Reader:
    if attribute == "at":
        return lambda _, occurrence: occurrence.event.at if occurrence.event else None
    if attribute == "number":
        return lambda _, occurrence: occurrence.number
    return lambda _, occurrence: occurrence.event.data.get(attribute) if occurrence.event else None


def _event_reader(type_: str, attribute: str) -> Reader:
    match attribute:
        case "happened":
            return lambda state, _: type_ in state.by_type
        case "count":
            return lambda state, _: len(state.by_type.get(type_, ()))
        case "first_at":
            return lambda state, _: state.by_type[type_][0].at if type_ in state.by_type else None
        case _:
            return lambda state, _: state.by_type[type_][-1].at if type_ in state.by_type else None


def _own_deadline_reader(attribute: str) -> Reader:
    def read(state: State, occurrence: Occurrence) -> Value | None:
        item = occurrence.deadline
        assert item is not None  # noqa: S101 - only rules judged per deadline can name it
        return _ITEM_READERS[attribute](item, state)

    return read if attribute in _ITEM_READERS else _own_edge_reader


def _own_edge_reader(_: State, occurrence: Occurrence) -> Value | None:
    """When it happened, where that is known."""
    edge = occurrence.edge
    return None if edge is None or edge.missing else edge.at


def _missed(item: DeadlineItem) -> bool | None:
    return None if item.status == "undetermined" else item.status in ("late", "overdue")


def _met(item: DeadlineItem) -> bool | None:
    return None if item.status == "undetermined" else item.status == "met"


def _target_missed(item: DeadlineItem, state: State) -> bool | None:
    """Whether it was not done by its target; ``None`` where that is not known."""
    if item.status == "undetermined":
        return None
    return item.target_at is not None and (item.ended_at or state.as_of) > item.target_at


def _overdue_days(item: DeadlineItem) -> int | None:
    if item.status in ("late", "overdue"):
        return item.overdue_days
    return None if item.status == "undetermined" else item.overdue_days or 0


_ITEM_READERS: Final[Mapping[str, Callable[[DeadlineItem, State], Value | None]]] = {
    "started": lambda item, _: item.certain or None,
    "missed": lambda item, _: _missed(item),
    "met": lambda item, _: _met(item),
    "overdue_days": lambda item, _: _overdue_days(item),
    "due_at": lambda item, _: item.due_at,
    "target_at": lambda item, _: item.target_at,
    "target_missed": _target_missed,
    "late_by": lambda item, state: lateness_of_item(item, state.ruleset),
}


def _deadline_reader(name: str, attribute: str) -> Reader:
    """Over all instances: missed is any of them, met all, lateness the most, due the last."""

    def started(state: State, occurrence: Occurrence) -> bool | None:
        items = state.limits(name, occurrence)
        return (any(item.certain for item in items) or None) if items else False

    def missed(state: State, occurrence: Occurrence) -> bool | None:
        outcomes = [_missed(item) for item in state.limits(name, occurrence)]
        if True in outcomes:
            return True
        return None if None in outcomes else False

    def met(state: State, occurrence: Occurrence) -> bool | None:
        outcomes = [_met(item) for item in state.limits(name, occurrence)]
        if False in outcomes:
            return False
        return None if None in outcomes else bool(outcomes)

    def overdue_days(state: State, occurrence: Occurrence) -> int | None:
        counts = [_overdue_days(item) for item in state.limits(name, occurrence)]
        if None in counts:
            return None
        return max((count for count in counts if count is not None), default=0)

    def late_by(state: State, occurrence: Occurrence) -> Duration | None:
        return most_late(state.limits(name, occurrence), name, state.ruleset)

    def due_at(state: State, occurrence: Occurrence) -> datetime | None:
        items = state.limits(name, occurrence)
        return items[-1].due_at if items else None

    def target_at(state: State, occurrence: Occurrence) -> datetime | None:
        items = state.limits(name, occurrence)
        return items[-1].target_at if items else None

    def target_missed(state: State, occurrence: Occurrence) -> bool | None:
        outcomes = [_target_missed(item, state) for item in state.limits(name, occurrence)]
        if True in outcomes:
            return True
        return None if None in outcomes else False

    def missed_before_event(state: State, occurrence: Occurrence) -> bool | None:
        assert occurrence.event is not None  # noqa: S101 - only rules judged per event can name it
        missed_at, unknown_since = state.first_missed(name, occurrence)
        if missed_at is not None and missed_at < occurrence.event.at:
            return True
        return None if unknown_since is not None and unknown_since < occurrence.event.at else False

    readers: dict[str, Reader] = {
        "started": started,
        "missed": missed,
        "met": met,
        "overdue_days": overdue_days,
        "due_at": due_at,
        "target_at": target_at,
        "target_missed": target_missed,
        "late_by": late_by,
        "missed_before_event": missed_before_event,
    }
    return readers[attribute]

"""What is known at one instant: facts, events so far, deadlines; and the names conditions read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from complaint_rules.expressions import Value, of_instant
from complaint_rules.judging.counts import counted
from complaint_rules.judging.edges import Edge
from complaint_rules.judging.items import DeadlineItem, Missing
from complaint_rules.judging.moments import missing_of_instant
from complaint_rules.judging.occurrence import Happened, Occurrence
from complaint_rules.judging.parameters import bounds_of, extremes_of, missing_for, value_of
from complaint_rules.money import Interval
from complaint_rules.ruleset.past import CheckedHistory
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.vocabulary import CheckedCase, CheckedEvent
from complaint_rules.time import Pause
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
    history: CheckedHistory | None = None
    """What is known of other cases."""
    counted: dict[tuple[str, str | None], Any] | None = None
    """What may count, by the count and the party, once it was asked for."""

    @classmethod
    def at(
        cls,
        ruleset: Ruleset,
        case: CheckedCase,
        as_of: datetime,
        history: CheckedHistory | None = None,
    ) -> State:
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
        return cls(
            ruleset,
            case,
            as_of,
            facts,
            events,
            by_type,
            ignored,
            day,
            frozenset(assumed),
            history=history,
        )

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

    def parameter(self, name: str) -> Value | Interval | None:
        """The value of a parameter for this case, or ``None`` where it is not known."""
        return value_of(self, self.ruleset.parameters[name])

    def named(self, name: str) -> Value | Interval | None:
        """The value of a parameter or fact, or ``None`` where it is not known."""
        return self.parameter(name) if name in self.ruleset.parameters else self.facts.get(name)

    def known_of(self, name: str) -> tuple[Value, ...]:
        """The value of a parameter or fact; where only bounds are known, both of them."""
        parameter = self.ruleset.parameters.get(name)
        if parameter is None:
            return (self.facts[name],) if name in self.facts else ()
        return tuple(dict.fromkeys(extremes_of(self, parameter)))

    def amount(self, name: str) -> Interval | None:
        """An amount or rate by the name of a fact or parameter: where a key of a table is
        missing, what is possible; ``None`` where that is anything.
        """
        parameter = self.ruleset.parameters.get(name)
        value = self.facts.get(name) if parameter is None else bounds_of(self, parameter)
        if value is None or isinstance(value, Interval):
            return value
        return Interval.exactly(Decimal(value))  # type: ignore[arg-type]

    def missing_amount(self, name: str, occurrence: Occurrence) -> tuple[Missing, ...]:
        """What has to be known for an amount to be determined, if it is not."""
        return self.missing(name, occurrence) if self.named(name) is None else ()

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
            from complaint_rules.judging.readers import reader  # which read a state

            instant = reader(of.instant, self.ruleset)
            return missing_of_instant(of, instant, self, occurrence)
        owner, dot, attribute = name.partition(".")
        words = self.ruleset.words
        if name in words.counts:
            return counted(words.counts[name], self, occurrence).missing
        if not dot:
            if name in self.ruleset.parameters:
                return missing_for(self, self.ruleset.parameters[name])
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
        if item.due_at < item.started_at:
            return item.started_at
        return item.due_at - MICROSECOND if item.rule in self.missed_at_limit else item.due_at

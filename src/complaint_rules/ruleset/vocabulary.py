"""What the words of a policy mean: the names that a condition of each scope may use, and the
check of a case against them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from complaint_rules.case import Case, Event
from complaint_rules.errors import CaseError, did_you_mean
from complaint_rules.expressions import (
    BOOL,
    INSTANT,
    INT,
    Meaning,
    Names,
    Type,
    Value,
    Vocabulary,
    read_value,
)
from complaint_rules.expressions.durations import Units
from complaint_rules.frozen import frozen
from complaint_rules.ruleset.counts import Count
from complaint_rules.ruleset.edges import HAPPENED_AT, limit_and_happening
from complaint_rules.ruleset.event_order import (
    in_order,
    stamp_of,
    with_distinct_keys,
    without_relations,
)
from complaint_rules.ruleset.keys import event_key, host_key
from complaint_rules.ruleset.scopes import Scope
from complaint_rules.time.instants import to_microseconds

_EVENT_ATTRIBUTES: Final = {
    "happened": (BOOL, True, {"zh": "{}已发生", "en": "{} has happened"}),
    "count": (INT, True, {"zh": "{}的次数", "en": "number of times: {}"}),
    "first_at": (INSTANT, False, {"zh": "首次{}的时间", "en": "first time: {}"}),
    "last_at": (INSTANT, False, {"zh": "最近一次{}的时间", "en": "latest time: {}"}),
}
_DEADLINE_ATTRIBUTES: Final = {
    "started": (BOOL, False, {"zh": "时限「{}」已开始", "en": "time limit “{}” has started"}),
    "missed": (BOOL, False, {"zh": "时限「{}」已超时", "en": "time limit “{}” was missed"}),
    "met": (BOOL, False, {"zh": "时限「{}」按时完成", "en": "time limit “{}” was met"}),
    "overdue_days": (INT, False, {"zh": "「{}」超期天数", "en": "days overdue: {}"}),
    "due_at": (INSTANT, False, {"zh": "「{}」到期时间", "en": "due time: {}"}),
    "target_at": (INSTANT, False, {"zh": "「{}」目标时间", "en": "target time: {}"}),
    "target_missed": (
        BOOL,
        False,
        {"zh": "「{}」已超过目标时间", "en": "the target of “{}” was missed"},
    ),
}
_LATE_BY: Final = {"zh": "「{}」超时", "en": "“{}” late by"}
_MISSED_BEFORE: Final = {
    "zh": "此前时限「{}」已超时",
    "en": "time limit “{}” had been missed before",
}
_OWN_EVENT: Final[dict[str, Meaning]] = {
    "event.at": Meaning(INSTANT, {"zh": "本次事件时间", "en": "time of this event"}, True),
    "event.number": Meaning(INT, {"zh": "第几次", "en": "number of this occurrence"}, True),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A declared fact, or a field of an event's data."""

    name: str
    type: Type
    title: Mapping[str, str]
    ask: Mapping[str, str]
    value_titles: Mapping[str, Mapping[str, str]]
    clause: str | None = None
    unless_recorded: Value | None = None

    @property
    def meaning(self) -> Meaning:
        return Meaning(self.type, self.title, False, self.value_titles)


@dataclass(frozen=True, slots=True)
class EventType:
    name: str
    title: Mapping[str, str]
    fields: Mapping[str, Field]
    sets: tuple[str, ...]


@frozen
class CheckedEvent:
    """An event whose data has been checked. ``key`` names it within the case, stably: by the id
    that the host gave, else by type and instant.
    """

    event: Event
    data: Mapping[str, Value]
    parties: Mapping[str, tuple[str, ...]]
    key: str
    microseconds: int
    type: str
    at: datetime
    assumed: frozenset[str] = frozenset()
    ref_type: str | None = None
    """What kind of event it refers to."""


@frozen
class CheckedCase:
    """A case whose facts and events fit the policy; events in order of time."""

    case: Case
    facts: Mapping[str, Value]
    parties: Mapping[str, tuple[str, ...]]
    events: tuple[CheckedEvent, ...]
    checked_by: str = ""
    """The hash of the policy whose words it fits."""


def names_of_all(
    facts: Mapping[str, Field],
    parameters: Mapping[str, Meaning],
    calendars: Mapping[str, Meaning],
    events: Mapping[str, EventType],
) -> Vocabulary:
    """The names of facts, parameters and calendars, and those of each event type."""
    names: dict[str, Meaning] = {name: fact.meaning for name, fact in facts.items()}
    names.update(calendars)
    names.update(parameters)
    for event in events.values():
        for attribute, (type_, known, titles) in _EVENT_ATTRIBUTES.items():
            filled = _fill(titles, event.title, event.name)
            names[f"{event.name}.{attribute}"] = Meaning(type_, filled, known)
    return names


def names_of_deadlines(deadlines: Mapping[str, Mapping[str, str]]) -> Vocabulary:
    """The names of each deadline."""
    return {
        f"{name}.{attribute}": Meaning(type_, _fill(titles, title, name), known)
        for name, title in deadlines.items()
        for attribute, (type_, known, titles) in _DEADLINE_ATTRIBUTES.items()
    }


def names_of_lateness(
    deadlines: Mapping[str, Mapping[str, str]], lateness: Mapping[str, Units]
) -> Vocabulary:
    """How late each deadline is, in what it is counted in."""
    return {
        f"{name}.late_by": _late_by(deadlines[name], name, units)
        for name, units in lateness.items()
    }


def _late_by(title: Mapping[str, str], name: str, units: Units) -> Meaning:
    return Meaning(Type("duration", units=units), _fill(_LATE_BY, title, name))


@dataclass(frozen=True, slots=True)
class Words:
    """Everything a policy declares that a case may use."""

    facts: Mapping[str, Field]
    events: Mapping[str, EventType]
    roles: Mapping[str, Mapping[str, str]]
    parameters: Mapping[str, Meaning]
    deadlines: Mapping[str, Mapping[str, str]]
    """The titles of deadlines, by their names in conditions."""
    starts: Mapping[str, tuple[str, ...]]
    """The event types that start each deadline, or the deadlines that it comes from."""
    assumed: Mapping[str, Value]
    """The facts that have a value unless another is recorded."""

    lateness: Mapping[str, Units]
    """What the lateness of each deadline may be counted in."""

    of_all: Vocabulary
    """The names that every condition may use: facts, parameters and event types."""
    of_deadlines: Vocabulary
    """The names of deadlines, for conditions that are judged after them."""
    counts: Mapping[str, Count] = dataclasses.field(default_factory=dict)
    """What counts stand for, by their names in conditions."""

    def vocabulary(self, scope: Scope) -> Vocabulary:
        """The names that a condition of ``scope`` may use."""
        match scope.kind:
            case "case":
                own: Vocabulary = {}
            case "start":
                return self.start_vocabulary((scope.of,))
            case "event":
                own = self._own_event((scope.of,)) | {
                    f"{name}.missed_before_event": Meaning(BOOL, _fill(_MISSED_BEFORE, title, name))
                    for name, title in self.deadlines.items()
                }
            case "deadline":
                own = self._own_deadline(scope.of)
            case "edge":
                limit, happening = limit_and_happening(scope.of) or ("", "")
                own = self._own_deadline(limit)
                titles = _fill(HAPPENED_AT[happening], self.deadlines[limit], limit)
                own[f"deadline.{happening}_at"] = Meaning(INSTANT, titles)
        return MappingProxyType(Names({**self.of_all, **self.of_deadlines, **own}))

    def _own_deadline(self, limit: str) -> dict[str, Meaning]:
        title = self.deadlines[limit]
        own = self._own_event(self.starts[limit]) | {
            f"deadline.{attribute}": Meaning(type_, _fill(titles, title, limit), known)
            for attribute, (type_, known, titles) in _DEADLINE_ATTRIBUTES.items()
        }
        return own | {"deadline.late_by": _late_by(title, limit, self.lateness[limit])}

    def start_vocabulary(self, starts: tuple[str, ...]) -> Vocabulary:
        """The names for the condition of a deadline: its event is the one at the beginning."""
        own = self._own_event(self.events_behind(starts))
        return MappingProxyType(Names({**self.of_all, **own}))

    def events_behind(self, starts: Iterable[str]) -> tuple[str, ...]:
        """The event types that are starts, or are behind the limits that starts come from."""
        found: list[str] = []
        for start in starts:
            edge = limit_and_happening(start)
            found += [start] if edge is None else self.starts[edge[0]]
        return tuple(dict.fromkeys(found))

    def _own_event(self, types: tuple[str, ...]) -> dict[str, Meaning]:
        names = dict(_OWN_EVENT)
        if not types:  # none of them is declared, which is reported elsewhere
            return names
        first, *others = (self.event_fields(type_) for type_ in types)
        for name, field in first.items():
            if all(name in other and other[name].type == field.type for other in others):
                names[f"event.{name}"] = field.meaning
        return names

    def event_fields(self, type_: str) -> dict[str, Field]:
        """The data that an event of a type may carry, facts that it sets included."""
        event = self.events[type_]
        return {**event.fields, **{name: self.facts[name] for name in event.sets}}

    # Cases

    def check(self, case: Case, like: CheckedCase | None = None) -> CheckedCase:
        """Check a case against the declared facts, events and roles.

        Events that it shares with one that was checked (``like``) are not checked again.

        Raises:
            CaseError: a name is not declared, or a value has not the declared type.
        """
        facts: dict[str, Value] = {}
        parties: dict[str, tuple[str, ...]] = {}
        for name, value in case.facts.items():
            field = self.facts.get(name)
            if field is not None:
                if value is not None:
                    facts[name] = read_value(value, field.type, f"case {case.id}: fact {name}")
            elif name in self.roles:
                parties[name] = read_parties(value, f"case {case.id}: role {name}")
            else:
                known = [*self.facts, *self.roles]
                raise CaseError(
                    f"case {case.id}: fact {name!r} is not declared"
                    f"{did_you_mean(name, known)}: declare it in the policy, or leave it out"
                )
        types = {event.id: event.type for event in case.events if event.id is not None}
        checked = {} if like is None else without_relations(like.events)
        events = in_order(
            checked.get(id(event)) or self._check_event(case.id, event, types)
            for event in case.events
        )
        return CheckedCase(case, facts, parties, tuple(with_distinct_keys(events)))

    def _check_event(self, case_id: str, event: Event, types: Mapping[str, str]) -> CheckedEvent:
        if event.type not in self.events:
            raise CaseError(
                f"case {case_id}: event {event.type!r} is not declared"
                f"{did_you_mean(event.type, self.events)}: "
                f"declare it in the policy, or leave it out"
            )
        microseconds = to_microseconds(event.at)
        data: dict[str, Value] = {}
        parties: dict[str, tuple[str, ...]] = {}
        if event.data:
            fields = self.event_fields(event.type)
            for name, value in event.data.items():
                what = f"case {case_id}: {event.type}.{name}"
                if name in fields:
                    if value is not None:
                        data[name] = read_value(value, fields[name].type, what)
                elif name in self.roles:
                    parties[name] = read_parties(value, what)
                else:
                    known = [*fields, *self.roles]
                    raise CaseError(
                        f"{what} is not declared{did_you_mean(name, known)}: "
                        f"declare it under the event's data, or leave it out"
                    )
        assumed = {
            name: field.unless_recorded
            for name, field in self.events[event.type].fields.items()
            if field.unless_recorded is not None and name not in data
        }
        stamp = stamp_of(microseconds)
        key = host_key(event.id) if event.id else event_key(event.type, stamp)
        return CheckedEvent(
            event,
            {**data, **assumed},
            parties,
            key,
            microseconds,
            event.type,
            event.at,
            frozenset(assumed),
            None if event.ref is None else types.get(event.ref),
        )


def read_parties(value: Any, what: str) -> tuple[str, ...]:
    """Who has a role, by one name or several. Raises CaseError where it names nobody."""
    names = (value,) if isinstance(value, str) else value
    if isinstance(names, tuple) and names and all(isinstance(n, str) and n for n in names):
        return tuple(dict.fromkeys(names))
    raise CaseError(f"{what} is {value!r}, which names nobody: give one name or a list of names")


def _fill(templates: Mapping[str, str], title: Mapping[str, str], name: str) -> dict[str, str]:
    fallback = next(iter(title.values()), name)
    return {
        language: template.format(title.get(language, fallback))
        for language, template in templates.items()
    }

"""A case: what is known about one complaint, and what happened when.

Cases and events are frozen values without a policy; whether their names and values fit is checked
by the policy that is asked to judge them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from complaint_rules.errors import CaseError, did_you_mean
from complaint_rules.public import public
from complaint_rules.time.instants import read_instant

MOST_EVENTS: Final = 2_000
MOST_FACTS: Final = 1_000


class FrozenMapping(Mapping[str, Any]):
    """A mapping that cannot be changed, that can be hashed, and that can be pickled."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Any] | None = None) -> None:
        self._items = {key: _frozen(value) for key, value in (items or {}).items()}

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __reduce__(self) -> tuple[type[FrozenMapping], tuple[dict[str, Any]]]:
        return type(self), (self._items,)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@public
@dataclass(frozen=True, slots=True, init=False)
class Event:
    """A dated happening. What else is known about it is given by name.

    Args:
        type: what happened, in the policy's vocabulary: ``"registered"``.
        at: when; a datetime with a timezone, or its ISO 8601 text.
        id: names the event, so that others can refer to it. The ids within a case differ.
        ref: the ``id`` of the event that this one answers.

    Raises:
        NaiveDatetime: ``at`` has no timezone.

    >>> Event("complained_again", "2018-07-02T11:00:00+08:00", cause="late_reply").data["cause"]
    'late_reply'
    """

    type: str
    at: datetime
    id: str | None
    ref: str | None
    data: FrozenMapping

    def __init__(
        self,
        /,
        type: str,  # noqa: A002 - the word in the case file
        at: datetime | str,
        *,
        id: str | None = None,  # noqa: A002 - the word in the case file
        ref: str | None = None,
        **data: Any,
    ) -> None:
        texts: tuple[tuple[str, Any], ...] = (("type", type), ("id", id), ("ref", ref))
        for name, value in texts:
            if not isinstance(value, str) and (name == "type" or value is not None):
                raise CaseError(f"event {name} is {value!r}, which is not a text: write a text")
        put = object.__setattr__
        put(self, "type", type)
        put(self, "at", read_instant(at, f"the time of event {type!r}"))
        put(self, "id", id)
        put(self, "ref", ref)
        put(self, "data", FrozenMapping(data))

    def as_json(self) -> dict[str, Any]:
        """The event as JSON values."""
        head: dict[str, Any] = {"type": self.type, "at": self.at.isoformat()}
        if self.id is not None:
            head["id"] = self.id
        if self.ref is not None:
            head["ref"] = self.ref
        return head | {key: json_value(value) for key, value in self.data.items()}


@public
@dataclass(frozen=True, slots=True, init=False)
class Case:
    """Facts and a timeline of events of one complaint.

    Roles are bound to people or departments by facts of the role's name (one text, or several),
    or by the data of an event.

    >>> case = Case("C-1", {"major": False}, [Event("registered", "2018-07-02T09:00:00+08:00")])
    >>> Case.from_json(case.to_json()) == case
    True
    """

    id: str
    facts: FrozenMapping
    events: tuple[Event, ...]

    def __init__(
        self,
        id: str,  # noqa: A002 - the word in the case file
        facts: Mapping[str, Any] | None = None,
        events: Iterable[Event] = (),
    ) -> None:
        events = tuple(events)
        name: Any = id
        if not isinstance(name, str) or not name:
            raise CaseError(f"the case id is {id!r}: give a text that names the case")
        if len(events) > MOST_EVENTS or len(facts or {}) > MOST_FACTS:
            raise CaseError(
                f"case {id} has {len(events)} events and {len(facts or {})} facts: "
                f"at most {MOST_EVENTS} and {MOST_FACTS} are looked at"
            )
        given: tuple[Any, ...] = events
        for event in given:
            if not isinstance(event, Event):
                raise CaseError(f"case {id}: {event!r} is not an Event: use Event(type, at, …)")
        named = [event.id for event in events if event.id is not None]
        if len(set(named)) < len(named):
            twice = next(name for name in named if named.count(name) > 1)
            raise CaseError(f"case {id}: two events have the id {twice!r}: ids differ")
        for event in events:
            if event.ref is not None and event.ref not in named:
                raise CaseError(
                    f"case {id}: event {event.type!r} refers to {event.ref!r}, and no event has "
                    f"that id{did_you_mean(event.ref, named)}: give the id of the event it answers"
                )
        put = object.__setattr__
        put(self, "id", id)
        put(self, "facts", FrozenMapping(facts))
        put(self, "events", events)

    @classmethod
    def from_json(cls, text: str | bytes) -> Case:
        """Read ``{"id": …, "facts": {…}, "events": [{"type": …, "at": …}]}``.

        Raises:
            CaseError: the text is no JSON, or not such an object.
            NaiveDatetime: an event's time has no offset.
        """
        return cls.from_dict(read_json(text, "the case"))

    @classmethod
    def from_dict(cls, document: Any) -> Case:
        """Build a case from the values of its JSON form.

        Raises:
            CaseError: a key is missing or unknown, or has the wrong type.
        """
        if not isinstance(document, dict):
            raise CaseError("a case is an object with id, facts and events")
        for key in document:
            if key not in ("id", "facts", "events"):
                raise CaseError(
                    f"a case has no {key!r}{did_you_mean(str(key), ('id', 'facts', 'events'))}: "
                    f"it has id, facts and events"
                )
        facts, events = document.get("facts", {}), document.get("events", [])
        if not isinstance(facts, dict) or not isinstance(events, list):
            raise CaseError("facts are an object and events a list: see the example in the README")
        return cls(document.get("id", ""), facts, [_read_event(event) for event in events])

    def to_json(self) -> str:
        """The case as JSON text; ``from_json`` reads it back."""
        return json.dumps(self.as_dict(), ensure_ascii=False)

    def as_dict(self) -> dict[str, Any]:
        """The case as JSON values."""
        return {
            "id": self.id,
            "facts": {key: json_value(value) for key, value in self.facts.items()},
            "events": [event.as_json() for event in self.events],
        }


def _read_event(document: Any) -> Event:
    if not isinstance(document, dict) or not {"type", "at"} <= set(document):
        raise CaseError(f"event {document!r} needs a type and a time: give 'type' and 'at'")
    return Event(**document)


def read_json(text: str | bytes, what: str) -> Any:
    """The values of a JSON text from outside.

    Raises:
        CaseError: it is no JSON, or an object has a key twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique_keys)
    except (ValueError, RecursionError) as error:
        raise CaseError(f"{what} is no JSON: {error}: check quotes and commas") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; one that has a key twice says two things."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise CaseError(f"the key {twice!r} stands twice in one object: remove one")
    return found


def json_value(value: Any) -> Any:
    """A value of a case as JSON has it."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value

"""The events of a case in their order, and what tells those of one instant apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from complaint_rules.expressions import Value
from complaint_rules.money import EXACT
from complaint_rules.ruleset.keys import event_key
from complaint_rules.time.instants import EPOCH, to_microseconds

if TYPE_CHECKING:
    from complaint_rules.ruleset.vocabulary import CheckedEvent


def without_relations(events: Iterable[CheckedEvent]) -> dict[int, CheckedEvent]:
    """By identity, the checked events that say nothing about the others of their case."""
    # A key with a number tells events of one instant apart.
    return {
        id(checked.event): checked
        for checked in events
        if checked.event.ref is None and "#" not in checked.key
    }


def stamp_of(microseconds: int) -> str:
    """An instant as keys of events have it."""
    return (EPOCH + timedelta(0, 0, microseconds)).isoformat().replace("+00:00", "Z")


def in_order(events: Iterable[CheckedEvent]) -> list[CheckedEvent]:
    """Events in order of time; those of one instant by type, then id (none first), then by what
    they carry. The order in which a host happens to give them decides nothing.
    """
    found = sorted(events, key=lambda checked: checked.microseconds)
    if any(one.microseconds == other.microseconds for one, other in pairwise(found)):
        found.sort(key=lambda checked: (checked.microseconds, checked.type, *_rank(checked)))
    return found


def _rank(checked: CheckedEvent) -> tuple[str, str]:
    own = {name: v for name, v in checked.data.items() if name not in checked.assumed}
    return checked.event.id or "", carried(checked.event.ref, own, checked.parties)


def carried(
    ref: str | None, data: Mapping[str, Value], parties: Mapping[str, tuple[str, ...]]
) -> str:
    """What an event carries as one text, equal for equal values."""
    values = [(name, _canonical(value)) for name, value in sorted(data.items())]
    return repr((ref or "", values, sorted(parties.items())))


def _canonical(value: Value) -> str:
    if isinstance(value, Decimal):
        return str(EXACT.normalize(value))
    return str(to_microseconds(value)) if isinstance(value, datetime) else str(value)


def delivered_twice(events: Sequence[CheckedEvent]) -> Iterator[CheckedEvent]:
    """Events without an id that say in everything the same as the one before."""
    for before, event in pairwise(events):
        if (
            before.microseconds == event.microseconds
            and before.type == event.type
            and before.event.id is None
            and event.event.id is None
            and _rank(before) == _rank(event)
        ):
            yield event


def with_distinct_keys(events: list[CheckedEvent]) -> list[CheckedEvent]:
    """Events of one type at one instant are told apart by their order in the case."""
    seen: dict[str, int] = {}
    distinct = []
    for event in events:
        number = seen[event.key] = seen.get(event.key, 0) + 1
        if number > 1:
            # only events without an id: the ids that hosts give differ
            key = event_key(event.type, stamp_of(event.microseconds), number)
            distinct.append(replace(event, key=key))
        else:
            distinct.append(event)
    return distinct

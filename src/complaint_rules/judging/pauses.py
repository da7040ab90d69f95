"""The pauses that events make: from one that begins them to one that ends them, or to a date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from complaint_rules.ruleset.limits import Suspension
from complaint_rules.ruleset.vocabulary import CheckedEvent
from complaint_rules.time import Pause


@dataclass(frozen=True, slots=True)
class Change:
    """An event that begins pauses or ends them.

    ``until`` is when the pause ends that it begins, where its data says so.
    """

    at: datetime
    type: str
    until: datetime | None = None


@dataclass(slots=True)
class Pauses:
    """Pauses, and of some of them that the data does not say until when they last."""

    known: list[Pause] = field(default_factory=list)
    unknown: dict[str, list[Pause]] = field(default_factory=dict)
    """By the field that is missing, as if they lasted."""

    def all(self, end: datetime | None) -> tuple[Pause, ...]:
        """Without empty ones; one that still lasts at the ``end`` of the work ends there."""
        return (
            *closed_pauses(self.known, end),
            *(
                pause
                for found in self.unknown.values()
                for pause in found
                if end is None or pause.start < end
            ),
        )

    def unknown_since(self, due: datetime) -> list[str]:
        """What is missing to know until when pauses last that began after an instant."""
        return [
            name
            for name, pauses in self.unknown.items()
            if any(due < pause.start for pause in pauses)
        ]


def changes_of(suspension: Suspension, events: Iterable[CheckedEvent]) -> list[Change]:
    """What events change about one suspension, in order of time."""
    dated = dict(suspension.fields)
    found = []
    for event in sorted(events, key=lambda event: event.microseconds):
        until = event.data.get(dated[event.type]) if event.type in dated else None
        found.append(Change(event.at, event.type, until if isinstance(until, datetime) else None))
    return found


def pauses_of(suspension: Suspension, changes: Sequence[Change], into: Pauses) -> None:
    """Add the pauses of one suspension, whose events are in order of time.

    A pause and a resumption at one instant leave things as they were: what had been paused goes
    on being paused, and what had not, not.
    """
    dated = dict(suspension.fields)
    moments = []
    for at, some in groupby(changes, key=lambda change: change.at):
        types = {change.type for change in some}
        begins = bool(types & {*suspension.start} - dated.keys())
        ends = bool(types & {*suspension.end})
        if begins != ends:
            moments.append((at, begins))
    into.known += pauses(moments)
    for change in changes:
        if change.type not in dated:
            continue
        if change.until is None:
            name = f"{change.type}.{dated[change.type]}"
            into.unknown.setdefault(name, []).append(Pause(change.at, None))
            continue
        ends_at = [
            other.at for other in changes if other.type in suspension.end and other.at > change.at
        ]
        until = min([change.until, *ends_at])
        if until > change.at:
            into.known.append(Pause(change.at, until))


def pauses(changes: Iterable[tuple[datetime, bool]]) -> list[Pause]:
    """The pauses that instants begin (true) and end (false); ``None`` ends one that lasts."""
    found: list[Pause] = []
    began: datetime | None = None
    for at, begins in changes:
        if begins and began is None:
            began = at
        elif not begins and began is not None:
            found.append(Pause(began, at))
            began = None
    if began is not None:
        found.append(Pause(began, None))
    return found


def closed_pauses(found: Iterable[Pause], end: datetime | None) -> tuple[Pause, ...]:
    """Pauses without empty ones; one that still lasts at the ``end`` of the work ends there."""
    return tuple(
        closed
        for pause in found
        # One that began only after the work was done changes nothing.
        if pause.end is not None or end is None or pause.start < end
        for closed in [Pause(pause.start, end if pause.end is None else pause.end)]
        if closed.end is None or closed.end > closed.start
    )

"""What is worth knowing about completions: too early, once more, or of another start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from complaint_rules.judging.items import DeadlineItem, Note
from complaint_rules.judging.state import State
from complaint_rules.ruleset.rules import Deadline


def completion_notes(state: State, rule: Deadline, items: Sequence[DeadlineItem]) -> list[Note]:
    """Completions that came before any start, or after the one that counted."""
    ends = [event for type_ in rule.ends for event in state.by_type.get(type_, ())]
    # nearly always: it did what it is for
    if len(ends) == 1 and items and all(item.done_at is ends[0].at for item in items):
        return []
    starts = [event for type_ in rule.starts for event in state.by_type.get(type_, ())]
    edges = [state.edges[item.id] for item in items if item.id in state.edges]
    if rule.start_edges and not starts and not edges:
        return []  # nothing has happened that it is about
    # What ended the limit before, as it should, is no early or repeated completion of this one.
    elsewhere = _completions(state) if rule.start_edges else frozenset()
    counted = {item.done_at for item in items}
    begun = [start.microseconds for start in starts] + [edge.microseconds for edge in edges]
    first = min(begun, default=None)
    notes = []
    for end in sorted(ends, key=lambda event: event.microseconds):
        if end.type in rule.starts:
            continue
        if end.at in elsewhere and end.at not in counted:
            continue
        if first is None or end.microseconds < first:
            notes.append(Note("completion-before-start", end.key, rule.id))
        elif end.ref_type in rule.events_behind:
            meant = {event.key for event in state.events if event.event.id == end.event.ref}
            if any(
                item.started_at <= end.at
                and _begun_with(item, state) not in meant
                and (item.ended_at is None or item.ended_at > end.at)
                for item in items
            ):
                notes.append(Note("reference-leaves-open", end.key, rule.id))
        elif end.at not in counted and counted:
            notes.append(Note("repeated-completion", end.key, rule.id))
    return notes


def _begun_with(item: DeadlineItem, state: State) -> str:
    """The key of the event with which it began."""
    edge = state.edges.get(item.id)
    return item.occurrence if edge is None else edge.event.key


def _completions(state: State) -> frozenset[datetime | None]:
    return frozenset(item.done_at for items in state.deadlines.values() for item in items)

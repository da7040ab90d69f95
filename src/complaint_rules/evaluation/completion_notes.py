"""What is worth knowing about completions: too early, once more, or of another start."""

from __future__ import annotations

from collections.abc import Sequence

from complaint_rules.evaluation.items import DeadlineItem, Note
from complaint_rules.evaluation.state import State
from complaint_rules.policy.rules import Deadline


def completion_notes(state: State, rule: Deadline, items: Sequence[DeadlineItem]) -> list[Note]:
    """Completions that came before any start, or after the one that counted."""
    ends = [event for type_ in rule.ends for event in state.by_type.get(type_, ())]
    # nearly always: it did what it is for
    if len(ends) == 1 and items and all(item.done_at is ends[0].at for item in items):
        return []
    starts = [event for type_ in rule.starts for event in state.by_type.get(type_, ())]
    counted = {item.done_at for item in items}
    first = min((start.microseconds for start in starts), default=None)
    notes = []
    for end in sorted(ends, key=lambda event: event.microseconds):
        if end.type in rule.starts:
            continue
        if first is None or end.microseconds < first:
            notes.append(Note("completion-before-start", end.key, rule.id))
        elif end.ref_type in rule.starts:
            meant = {start.key for start in starts if start.event.id == end.event.ref}
            if any(
                item.started_at <= end.at
                and item.occurrence not in meant
                and (item.ended_at is None or item.ended_at > end.at)
                for item in items
            ):
                notes.append(Note("reference-leaves-open", end.key, rule.id))
        elif end.at not in counted and counted:
            notes.append(Note("repeated-completion", end.key, rule.id))
    return notes

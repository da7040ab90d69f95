"""Where time limits begin, and what happens to them: events and edges, as far as they are known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from complaint_rules.errors import CalendarNotPublished
from complaint_rules.judging.calendars import calendar_of, missing_hours
from complaint_rules.judging.edges import Beginning, Edge
from complaint_rules.judging.items import DeadlineItem, Missing
from complaint_rules.judging.occurrence import Occurrence
from complaint_rules.judging.state import State
from complaint_rules.ruleset.edges import limit_and_happening
from complaint_rules.ruleset.rules import Deadline
from complaint_rules.ruleset.vocabulary import CheckedEvent
from complaint_rules.time import counted_back, due_instant, needs_hours
from complaint_rules.time.instants import to_microseconds

MISSED = ("late", "overdue")


def beginnings(state: State, rule: Deadline, start: str) -> Iterator[tuple[Beginning, int]]:
    """What starts, or may start, a limit by one of its ``starts``, with the number of its event."""
    if limit_and_happening(start) is None:
        yield from ((event, n) for n, event in enumerate(state.by_type.get(start, ()), start=1))
        return
    yield from ((edge, edge.number) for edge in happened(state, rule, start))


def happened(state: State, rule: Deadline, start: str) -> list[Edge]:
    """What has happened, or may have, to the limit that a start comes from."""
    return [edge for edge in edges(state, start, rule) if edge.at <= state.as_of]


def happenings(state: State, of: str) -> list[Edge]:
    """What has happened, or may have, to a limit, whatever it starts; in order of time."""
    found = state.happenings.get(of)
    if found is None:
        found = [edge for edge in edges(state, of) if edge.at <= state.as_of]
        found.sort(key=lambda edge: edge.microseconds)
        state.happenings[of] = found
    return found


def occurrence_of(beginning: Beginning, number: int) -> Occurrence:
    """What a start is judged for: its event, and the limit that it comes from."""
    if isinstance(beginning, Edge):
        return Occurrence(beginning.event, number, beginning.limit, moment=beginning.at)
    return Occurrence(beginning, number)


def edge_occurrences(state: State, start: str) -> Iterator[Occurrence]:
    """Each instance of a limit to which something happened that starts some other limit."""
    seen: set[str] = set()
    for rule in state.ruleset.deadlines:
        if start not in rule.starts:
            continue
        for beginning, number in beginnings(state, rule, start):
            if beginning.key not in seen:
                seen.add(beginning.key)
                yield occurrence_of(beginning, number)


def edges(state: State, of: str, rule: Deadline | None = None) -> Iterator[Edge]:
    """What happens to the instances of a limit (``first.due``), for ``rule`` so long before as it
    says.

    That one falls due may lie ahead; whatever else happens has happened.
    """
    limit, happening = limit_and_happening(of) or ("", "")
    numbers: dict[str, tuple[CheckedEvent, int]] = {}
    for item in state.deadlines.get(limit, ()):
        at, missing = _instant(state, rule, item, happening)
        if at is None:
            continue
        before = state.edges.get(item.id)
        if before is not None:
            event, number = before.event, before.number
        else:
            numbers = numbers or _numbered(state)
            event, number = numbers[item.occurrence]
        place = to_microseconds(at) + 1
        if happening == "started":
            place = event.microseconds if before is None else before.microseconds
        elif happening == "missed" and item.rule in state.missed_at_limit and at == item.due_at:
            place -= 1  # it was missed by then, before anything else that happened
        yield Edge(of, item, event, number, at, place, missing)


def _numbered(state: State) -> dict[str, tuple[CheckedEvent, int]]:
    return {
        event.key: (event, number)
        for events in state.by_type.values()
        for number, event in enumerate(events, start=1)
    }


Instant = tuple[datetime | None, tuple[Missing, ...]]
"""When something happened, if it did or may have; and what is missing to know it."""

NEVER: Instant = (None, ())


def _instant(state: State, rule: Deadline | None, item: DeadlineItem, happening: str) -> Instant:
    if _is_unknown(state, item, happening):
        met_at = item.done_at if happening == "met" else None
        return met_at or item.started_at, item.missing
    match happening:
        case "started":
            return item.started_at, ()
        case "missed":
            if item.status not in MISSED or item.due_at is None:
                return NEVER
            # Notice that could no longer be given in time is missed when the duty begins.
            return max(item.due_at, item.started_at), ()
        case "met":
            return (item.done_at, ()) if item.status == "met" else NEVER
        case "ended":
            return item.ended_at, ()
    return NEVER if item.due_at is None else _falls_due(state, rule, item, item.due_at)


def _is_unknown(state: State, item: DeadlineItem, happening: str) -> bool:
    """Whether it is unknown if something happened; not where it cannot have happened anyway."""
    if happening == "started":
        return not item.certain
    if happening in ("met", "ended"):
        if not item.certain:
            return _may_have_ended(state, item, happening)
        if item.status != "undetermined":
            return False
        return (happening == "met" and bool(item.done_at)) or any(
            edge.missing for edge in _ending_edges(state, item, happening)
        )
    return item.status == "undetermined" or (
        happening == "due" and item.due_at is None and bool(item.missing)
    )


def _may_have_ended(state: State, item: DeadlineItem, happening: str) -> bool:
    return any(
        state.by_type[type_][-1].at >= item.started_at
        for type_ in _endings(state, item, happening)
        if type_ in state.by_type
    ) or any(
        edge.missing or edge.at >= item.started_at for edge in _ending_edges(state, item, happening)
    )


def _endings(state: State, item: DeadlineItem, happening: str) -> tuple[str, ...]:
    rule = state.ruleset.rule(item.rule)
    assert isinstance(rule, Deadline)  # noqa: S101 - it made a time limit
    return rule.ends if happening == "met" else (*rule.ends, *rule.cancelled)


def _ending_edges(state: State, item: DeadlineItem, happening: str) -> Iterator[Edge]:
    for type_ in _endings(state, item, happening):
        if limit_and_happening(type_) is not None:
            yield from happenings(state, type_)


def _falls_due(state: State, rule: Deadline | None, item: DeadlineItem, due: datetime) -> Instant:
    """When a limit falls due, or so long before as ``rule`` says, if it is still open then."""
    at = due
    back = None if rule is None or rule.lead is None else counted_back(rule.lead)
    if rule is not None and back is not None:
        unset = missing_hours(state, rule.calendar)
        if unset and needs_hours(back, rule.counting):
            return item.started_at, unset
        try:
            before = due_instant(due, back, calendar_of(state, rule.calendar), rule.counting)
        except CalendarNotPublished as error:
            return item.started_at, (Missing(f"{error.region} {error.year}", "calendar"),)
        assert before is not None  # noqa: S101 - nothing pauses what counts back
        # A limit shorter than that is announced when it starts, not before.
        at = max(before, item.started_at)
    # At one instant what is done comes first: it is no longer due.
    return NEVER if item.ended_at is not None and item.ended_at <= at else (at, ())

"""The names that conditions read, each as a function of what is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from complaint_rules.expressions import Value, of_instant
from complaint_rules.judging.counts import counted
from complaint_rules.judging.items import DeadlineItem
from complaint_rules.judging.lateness import lateness_of_item, most_late
from complaint_rules.judging.moments import reader_of_instant
from complaint_rules.judging.occurrence import Occurrence
from complaint_rules.judging.state import State
from complaint_rules.money import Interval
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.time import Duration

Reader = Callable[[State, Occurrence], Value | None]
"""Reads one name; ``None`` where it has no value."""


def reader(name: str, ruleset: Ruleset) -> Reader:
    """The function that reads a name of the vocabulary."""
    of = of_instant(name)
    if of is not None:
        return reader_of_instant(of, reader(of.instant, ruleset))
    owner, dot, attribute = name.partition(".")
    if name in ruleset.words.counts:
        count = ruleset.words.counts[name]
        return lambda state, occurrence: counted(count, state, occurrence).exact
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
        if name not in state.deadlines:
            return False
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

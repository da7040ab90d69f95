"""A log: many cases as columns, checked against the words of a policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from complaint_rules.case import Case
from complaint_rules.columns.values import COLUMN_DIGITS, constant, dtype, take
from complaint_rules.errors import CaseError
from complaint_rules.expressions import Type, Value
from complaint_rules.ruleset.vocabulary import CheckedEvent, Words
from complaint_rules.time.columns import Instants

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EventColumns:
    """All events of one type, in the order of cases and, within a case, of time.

    ``position`` numbers the events of all types together in that order.
    """

    type: str
    position: Rows
    case: Rows
    at: Instants
    data: Mapping[str, pl.Series]
    parties: Mapping[str, pl.Series]
    """Who an event says has a role, as lists of names."""
    ids: pl.Series | None
    refs: pl.Series | None
    origin: Rows | None = None
    """Where each of them stood in the whole log, once it is taken for the history of its cases."""

    def rows(self, rows: Any) -> EventColumns:
        """Some of them."""
        pick = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return EventColumns(
            self.type,
            self.position[pick],
            self.case[pick],
            self.at[pick],
            {name: take(column, pick) for name, column in self.data.items()},
            {role: take(column, pick) for role, column in self.parties.items()},
            None if self.ids is None else take(self.ids, pick),
            None if self.refs is None else take(self.refs, pick),
            None if self.origin is None else self.origin[pick],
        )


@dataclass(frozen=True, slots=True)
class Log:
    """Cases as columns. Facts, data and times are in their physical form (``values``)."""

    ids: pl.Series
    facts: Mapping[str, pl.Series]
    parties: Mapping[str, pl.Series]
    """Who has a role in a case, as lists of names."""
    case: Rows
    """The case of every event, by position."""
    at: Instants
    """The time of every event, by position."""
    events: Mapping[str, EventColumns]

    def __len__(self) -> int:
        return len(self.ids)

    def until(self, as_of: int) -> Log:
        """Without the events that lie after an instant; positions stay."""
        if not len(self.at) or int(self.at.max()) <= as_of:
            return self
        events = {type_: events.rows(events.at <= as_of) for type_, events in self.events.items()}
        return replace(
            self, events={type_: found for type_, found in events.items() if len(found.at)}
        )

    def begun(self, as_of: int) -> Log:
        """The cases of which something has happened at an instant, and those without events."""
        first = np.full(len(self), as_of, dtype=np.int64)
        first[self.case[::-1]] = self.at[::-1]
        some = np.flatnonzero(first <= as_of)
        return self if len(some) == len(self) else self.pick(some)

    def part(self, first: int, last: int) -> Log:
        """The cases from ``first`` until before ``last``, numbered anew."""
        begin, end = np.searchsorted(self.case, [first, last]).tolist()
        events = {}
        for type_, found in self.events.items():
            low, high = np.searchsorted(found.position, [begin, end]).tolist()
            if low < high:
                some = found.rows(np.arange(low, high))
                events[type_] = replace(
                    some, position=some.position - begin, case=some.case - first
                )
        return replace(
            self,
            ids=self.ids[first:last],
            facts={name: column[first:last] for name, column in self.facts.items()},
            parties={role: column[first:last] for role, column in self.parties.items()},
            case=self.case[begin:end] - first,
            at=self.at[begin:end],
            events=events,
        )

    def pick(self, cases: Rows) -> Log:
        """Some cases, numbered anew."""
        number = np.full(len(self), -1, dtype=np.int64)
        number[cases] = np.arange(len(cases))
        kept = number[self.case] >= 0
        renumbered = np.cumsum(kept) - 1
        events = {}
        for type_, found in self.events.items():
            some = found.rows(number[found.case] >= 0)
            if len(some.at):
                events[type_] = replace(
                    some, position=renumbered[some.position], case=number[some.case]
                )
        return Log(
            take(self.ids, cases),
            {name: take(column, cases) for name, column in self.facts.items()},
            {role: take(column, cases) for role, column in self.parties.items()},
            number[self.case[kept]],
            self.at[kept],
            events,
        )


def log_of_cases(words: Words, cases: Iterable[Case]) -> Log:
    """A log of cases that are held one by one.

    Raises:
        CaseError: a case does not fit the policy's words, or two have one id.
    """
    checked = [words.check(case) for case in cases]
    seen: set[str] = set()
    for each in checked:
        if each.case.id in seen:
            raise CaseError(
                f"two cases have the id {each.case.id!r}: give each its own, or one case the "
                f"events of both"
            )
        seen.add(each.case.id)
    facts = {
        name: _column([case.facts.get(name) for case in checked], words.facts[name].type)
        for name in dict.fromkeys(name for case in checked for name in case.facts)
    }
    parties = {
        role: _lists([case.parties.get(role) for case in checked])
        for role in dict.fromkeys(role for case in checked for role in case.parties)
    }
    events = [(number, event) for number, case in enumerate(checked) for event in case.events]
    by_type: dict[str, list[tuple[int, int, CheckedEvent]]] = {}
    for position, (number, event) in enumerate(events):
        by_type.setdefault(event.type, []).append((position, number, event))
    return Log(
        pl.Series("case", [case.case.id for case in checked], dtype=pl.String),
        facts,
        parties,
        np.array([number for number, _ in events], dtype=np.int64),
        np.array([event.microseconds for _, event in events], dtype=np.int64),
        {type_: _events(type_, found, words) for type_, found in by_type.items()},
    )


def _events(type_: str, found: list[tuple[int, int, CheckedEvent]], words: Words) -> EventColumns:
    events = [event for _, _, event in found]
    fields = words.event_fields(type_)
    data = {
        name: _column(
            [None if name in event.assumed else event.data.get(name) for event in events],
            fields[name].type,
        )
        for name in dict.fromkeys(name for event in events for name in event.data)
    }
    roles = dict.fromkeys(role for event in events for role in event.parties)
    ids, refs = ([getattr(event.event, what) for event in events] for what in ("id", "ref"))
    return EventColumns(
        type_,
        np.array([position for position, _, _ in found], dtype=np.int64),
        np.array([number for _, number, _ in found], dtype=np.int64),
        np.array([event.microseconds for event in events], dtype=np.int64),
        data,
        {role: _lists([event.parties.get(role) for event in events]) for role in roles},
        pl.Series(ids, dtype=pl.String) if any(ids) else None,
        pl.Series(refs, dtype=pl.String) if any(refs) else None,
    )


def _column(values: list[Value | None], type_: Type) -> pl.Series:
    physical = [None if value is None else constant(value, type_) for value in values]
    if type_.name == "number":
        for value, held in zip(values, physical, strict=True):
            if held is not None and Decimal(repr(held)) != value:
                raise CaseError(
                    f"the number {value} has more digits than a column holds: round it to "
                    f"{COLUMN_DIGITS} digits, or evaluate the case by itself"
                )
    return pl.Series(physical, dtype=dtype(type_))


def _lists(values: list[tuple[str, ...] | None]) -> pl.Series:
    lists = [None if names is None else list(names) for names in values]
    return pl.Series(lists, dtype=pl.List(pl.String))

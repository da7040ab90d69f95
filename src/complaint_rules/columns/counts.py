"""What counts come to, row by row: the columnar reading of ``judging.counts``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from complaint_rules.columns.count_items import (
    bare,
    codes_of_missing,
    field_values,
    joined,
    judged,
    numbers_of,
)
from complaint_rules.columns.count_spans import (
    Asked,
    CountedColumns,
    folded,
    span,
)
from complaint_rules.columns.counts_over_history import of_log, with_past
from complaint_rules.columns.log import Rows
from complaint_rules.columns.nullable import physical, true_mask, unknown_mask
from complaint_rules.columns.streams import Items, Stream
from complaint_rules.columns.values import take
from complaint_rules.ruleset.counts import Count
from complaint_rules.ruleset.past import names_in_counts
from complaint_rules.ruleset.scopes import Scope
from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import NONE

if TYPE_CHECKING:
    from complaint_rules.columns.occurrences import Occurrences
    from complaint_rules.columns.state import StateColumns


@dataclass(slots=True)
class OfCases:
    """What may count within each case of a log."""

    stream: Stream
    clears: Stream | None


# What may count


def of_cases(
    state: StateColumns, count: Count, of: Callable[[Scope], Occurrences | None]
) -> OfCases:
    """The events of each case that a count may count."""
    vocabulary = names_in_counts(
        count.of, state.ruleset.words, state.ruleset.places, history=count.over_history
    )
    parts = []
    values: list[pl.Series] = []
    for kind in count.of:
        occurrences = of(Scope("event", kind)) if kind in state.events else None
        if occurrences is None:
            continue
        events = state.events[kind]

        def column(name: str, occurrences: Occurrences = occurrences) -> pl.Series:
            return occurrences.column(name)

        rows, group = groups(state, count, occurrences)
        holds = judged(count, vocabulary, column, len(events.at))
        value = field_values(count, column)
        missing = codes_of_missing(count, kind, vocabulary, column, holds, value, state.missing)
        parts.append(
            Items(
                group,
                events.at[rows],
                events.position[rows],
                true_mask(holds)[rows],
                unknown_mask(holds)[rows],
                np.zeros(len(rows), dtype=np.int64),
                missing[rows],
            )
        )
        if value is not None:
            values.append(take(value, rows))
    items = joined(parts)
    if values:
        items.value = numbers_of(count, pl.concat(values))
    clears = None
    if count.since is not None and count.since in state.events:
        occurrences = of(Scope("event", count.since))
        assert occurrences is not None  # noqa: S101 - there are events
        rows, group = groups(state, count, occurrences)
        events = state.events[count.since]
        clears = Stream.of(bare(group, events.at[rows], events.position[rows]))
    return OfCases(Stream.of(items), clears)


def counted(occurrences: Occurrences, count: Count) -> CountedColumns:
    """What a count comes to for each of some rows, as of when each is judged."""
    state = occurrences.state
    now, place = _moments(occurrences), _places(occurrences, count)
    if count.over_history and state.past is not None and state.past.whole:
        return of_log(count, occurrences, state.past, now)
    found = state.counted.get(count.name)
    if found is None:
        found = state.counted[count.name] = of_cases(state, count, _maker(occurrences))
    rows, group = groups(state, count, occurrences)
    assert len(rows) == len(occurrences)  # noqa: S101 - cases with several go one by one
    asked = Asked(group, now, place)
    if count.over_history:
        return with_past(count, occurrences, found, asked)
    return _in_cases(count, found, asked, state)


def _maker(occurrences: Occurrences) -> Callable[[Scope], Occurrences | None]:
    kind, state = type(occurrences), occurrences.state
    return lambda scope: kind.of(state, scope)


def groups(state: StateColumns, count: Count, occurrences: Occurrences) -> tuple[Rows, Rows]:
    """Rows, repeated for each of several parties, and a number for the case and the party."""
    every = np.arange(len(occurrences))
    if count.same is None:
        return every, occurrences.case
    rows, parties = occurrences.parties(count.same, every)
    people = state.people(count.same)
    code = physical(parties.cast(people).to_physical().cast(pl.Int64) + 1)
    code = np.where(code == NONE, 0, code)
    return rows, occurrences.case[rows] * (len(people.categories) + 1) + code


def _moments(occurrences: Occurrences) -> Instants:
    """When each row is judged: at the event, when a limit is due, or now."""
    as_of, at = occurrences.state.as_of, occurrences.occurred_at
    if at is None:
        return np.full(len(occurrences), as_of, dtype=np.int64)
    return np.where(at == NONE, as_of, np.minimum(at, as_of))


def _places(occurrences: Occurrences, count: Count) -> Rows:
    """Where the event that a row is about stands, if it is one that counts itself."""
    if occurrences.scope.kind in ("event", "start") and occurrences.types[0] in count.of:
        events = occurrences.state.events[occurrences.types[0]]
        assert occurrences.event_row is not None  # noqa: S101 - the rows are about events
        place: Rows = events.position[occurrences.event_row]
        return place
    return np.full(len(occurrences), -1, dtype=np.int64)


def _in_cases(count: Count, found: OfCases, asked: Asked, state: StateColumns) -> CountedColumns:
    stream = found.stream
    begin, end = span(count, stream, found.clears, asked, state.time)
    least, most = folded(count, stream, begin, end)
    return CountedColumns(
        least, most, lambda rows: stream.missing(begin[rows], end[rows], state.missing)
    )

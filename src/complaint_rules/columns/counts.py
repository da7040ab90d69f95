"""What counts come to, row by row: the columnar reading of ``judging.counts``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from complaint_rules.columns.expressions import expression, missing_expressions
from complaint_rules.columns.log import Rows
from complaint_rules.columns.missing import Codes, MissingNames
from complaint_rules.columns.nullable import physical, true_mask, unknown_mask
from complaint_rules.columns.streams import Between, Items, Stream
from complaint_rules.columns.values import constant, nothing, take
from complaint_rules.expressions import names
from complaint_rules.expressions.types import Vocabulary
from complaint_rules.ruleset.counts import Count
from complaint_rules.ruleset.past import fields_of, names_in_counts
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.scopes import Scope
from complaint_rules.time.columns import Instants
from complaint_rules.time.instants import to_microseconds
from complaint_rules.time.limit_columns import EPOCH_DAY, NONE, LimitColumns

if TYPE_CHECKING:
    from complaint_rules.columns.occurrences import Occurrences
    from complaint_rules.columns.state import StateColumns

ROW: Final = "row of what counts"
NEVER: Final = 1 << 62


@dataclass(slots=True)
class Asked:
    """For what a count is wanted: rows with a group, an instant, and their own place, if any."""

    group: Rows
    now: Instants
    place: Rows


@dataclass(slots=True)
class CountedColumns:
    """What a count comes to, row by row."""

    least: Rows
    most: Rows
    missing: Callable[[Rows], Codes]
    """What is missing in some of the rows to know it exactly."""

    @property
    def exact(self) -> Rows:
        return np.where(self.least == self.most, self.least, NONE)


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


def bare(group: Rows, at: Instants, place: Rows) -> Items:
    """Items of which only the time is asked."""
    count = len(at)
    return Items(
        group,
        at,
        place,
        np.ones(count, dtype=bool),
        np.zeros(count, dtype=bool),
        np.zeros(count, dtype=np.int64),
        np.zeros(count, dtype=np.int32),
    )


def joined(parts: Sequence[Items]) -> Items:
    """Items of several kinds together."""
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return bare(none, none, none)
    if len(parts) == 1:
        return parts[0]
    columns = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("group", "at", "place", "certain", "possible", "value", "missing")
    )
    return Items(*columns)


def judged(
    count: Count, vocabulary: Vocabulary, column: Callable[[str], pl.Series], length: int
) -> pl.Series:
    """Whether each event counts by what it carries: true, false or null."""
    if count.condition is None:
        return pl.repeat(value=True, n=length, dtype=pl.Boolean, eager=True)
    frame = _frame(count, column, length)
    return frame.select(expression(count.condition.node, vocabulary).alias("holds"))["holds"]


def _frame(count: Count, column: Callable[[str], pl.Series], length: int) -> pl.DataFrame:
    assert count.condition is not None  # noqa: S101 - the caller has looked
    read = names(count.condition.node)
    rows = pl.int_range(length, eager=True).alias(ROW)
    return pl.DataFrame([rows, *(column(name).alias(name) for name in read)])


def field_values(count: Count, column: Callable[[str], pl.Series]) -> pl.Series | None:
    """The values of the field that is added up, or whose values are counted."""
    return None if count.field is None else column(f"event.{count.field}")


def numbers_of(count: Count, values: pl.Series) -> Rows:
    """What is added up; or a number for each different value."""
    if count.measure == "sum":
        return physical(values)
    ranks = values.cast(pl.String).rank("dense").cast(pl.Int64)
    return physical(ranks)


def codes_of_missing(
    count: Count,
    kind: str,
    vocabulary: Vocabulary,
    column: Callable[[str], pl.Series],
    holds: pl.Series,
    value: pl.Series | None,
    missing: MissingNames,
) -> Codes:
    """What is missing for each event to know whether it counts, and with what."""

    def code(name: str) -> int:
        return missing.code([name.replace("event.", f"{kind}.", 1)])

    codes: Codes = np.zeros(len(holds), dtype=np.int32)
    if count.condition is not None and holds.null_count():
        frame = _frame(count, column, len(holds))
        for name, where in missing_expressions(count.condition.node, vocabulary).items():
            here = frame.select(where.fill_null(value=False).alias("here"))["here"].to_numpy()
            codes = missing.join(codes, np.where(here, code(name), 0).astype(np.int32))
    if value is not None and value.null_count():
        absent = value.is_null().to_numpy() & (true_mask(holds) | unknown_mask(holds))
        lacks = np.where(absent, code(f"event.{count.field}"), 0).astype(np.int32)
        codes = missing.join(codes, lacks)
    return codes


def column_of(
    name: str, kind: str, data: Mapping[str, pl.Series], ruleset: Ruleset, length: int
) -> pl.Series:
    """A column ``event.x`` of entries of a kind, with what is assumed where nothing is recorded."""
    field = name.removeprefix("event.")
    declared = fields_of(kind, ruleset.words, ruleset.places)[field]
    column = data.get(field)
    if column is None:
        column = nothing(declared.type, length)
    own = ruleset.words.events[kind].fields.get(field) if kind in ruleset.words.events else None
    if own is not None and own.unless_recorded is not None:
        assumed = constant(own.unless_recorded, own.type)
        column = column.fill_null(pl.Series([assumed], dtype=column.dtype)[0])
    return column


# What it comes to


def first_instants(
    count: Count, clears: Sequence[tuple[Stream | None, Rows]], now: Instants, time: LimitColumns
) -> Instants:
    """The first instant at which something counts: the last clearing, or the cycle's begin."""
    since = np.full(len(now), -NEVER, dtype=np.int64)
    for stream, group in clears:
        if stream is not None and len(stream.times):
            nowhere = np.full(len(now), -1, dtype=np.int64)
            begin = stream.since(group, np.full(len(now), -NEVER, dtype=np.int64))
            end = stream.until(group, now, nowhere)
            there = end > begin
            cleared = stream.items.at[np.maximum(end - 1, 0)]
            since = np.where(there, np.maximum(since, cleared), since)
    if count.cycle is None or not len(now):
        return since
    days = time.days(now)
    distinct, inverse = np.unique(days, return_inverse=True)
    first = EPOCH_DAY.toordinal()
    begins = [
        to_microseconds(time.calendar.wall(count.cycle.begin(date.fromordinal(first + day)), 0))
        for day in distinct.tolist()
    ]
    return np.maximum(since, np.array(begins, dtype=np.int64)[inverse.reshape(-1)])


def first_ranks(count: Count, stream: Stream, now: Instants, time: LimitColumns) -> Rows | None:
    """The first of a stream's times that is within the window which ends with each instant."""
    if count.within is None:
        return None
    lasts = time.due(stream.times, count.within, count.counting)
    # An instant without a calendar is never asked for: such cases go one by one.
    known = np.maximum.accumulate(lasts.values) if len(lasts.values) else lasts.values
    return np.searchsorted(known, now)


def folded(count: Count, stream: Stream, begin: Rows, end: Rows) -> Between:
    """What the items of each span come to."""
    begin = np.minimum(begin, end)
    match count.measure:
        case "count":
            return stream.number(begin, end)
        case "distinct":
            return stream.different(begin, end, len(count.values))
    return stream.sums(begin, end, never_negative=count.never_negative)


def counted(occurrences: Occurrences, count: Count) -> CountedColumns:
    """What a count comes to for each of some rows, as of when each is judged."""
    state = occurrences.state
    found = state.counted.get(count.name)
    if found is None:
        found = state.counted[count.name] = of_cases(state, count, _maker(occurrences))
    rows, group = groups(state, count, occurrences)
    assert len(rows) == len(occurrences)  # noqa: S101 - cases with several go one by one
    asked = Asked(group, _moments(occurrences), _places(occurrences, count))
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
    as_of = occurrences.state.as_of
    if occurrences.instances is not None:
        due = occurrences.instances.due_at
        return np.where(due == NONE, as_of, np.minimum(due, as_of))
    if occurrences.event_at is not None:
        return occurrences.event_at
    return np.full(len(occurrences), as_of, dtype=np.int64)


def _places(occurrences: Occurrences, count: Count) -> Rows:
    """Where the event that a row is about stands, if it is one that counts itself."""
    if occurrences.scope.kind in ("event", "start") and occurrences.types[0] in count.of:
        events = occurrences.state.events[occurrences.types[0]]
        assert occurrences.event_row is not None  # noqa: S101 - the rows are about events
        place: Rows = events.position[occurrences.event_row]
        return place
    return np.full(len(occurrences), -1, dtype=np.int64)


def _in_cases(count: Count, found: OfCases, asked: Asked, state: StateColumns) -> CountedColumns:
    time = state.time
    since = first_instants(count, [(found.clears, asked.group)], asked.now, time)
    stream = found.stream
    end = stream.until(asked.group, asked.now, asked.place)
    begin = stream.since(asked.group, since, first_ranks(count, stream, asked.now, time))
    begin = np.minimum(begin, end)
    least, most = folded(count, stream, begin, end)
    return CountedColumns(
        least, most, lambda rows: stream.missing(begin[rows], end[rows], state.missing)
    )

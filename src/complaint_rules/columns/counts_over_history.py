"""What counts over a history come to, row by row: of the log itself, or of entries beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from complaint_rules.columns.count_spans import (
    NEVER,
    Asked,
    CountedColumns,
    first_instants,
    first_ranks,
    folded,
    span,
)
from complaint_rules.columns.log import Rows
from complaint_rules.columns.missing import Codes, MissingNames
from complaint_rules.columns.nullable import Mask
from complaint_rules.columns.past import PastColumns, PastStream
from complaint_rules.columns.streams import Between, Stream
from complaint_rules.columns.values import take
from complaint_rules.ruleset.counts import Count
from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import NONE, LimitColumns

if TYPE_CHECKING:
    from complaint_rules.columns.counts import OfCases
    from complaint_rules.columns.occurrences import Occurrences


def _party_numbers(count: Count, occurrences: Occurrences, past: PastColumns) -> Rows:
    rows, names = occurrences.parties(str(count.same), np.arange(len(occurrences)))
    assert len(rows) == len(occurrences)  # noqa: S101 - cases with several go one by one
    return past.numbers_of(names, past.stream(count).people)


def of_log(
    count: Count, occurrences: Occurrences, past: PastColumns, now: Instants
) -> CountedColumns:
    """Where the history is the log itself: the own case is in it, in its place."""
    state, found = occurrences.state, past.stream(count)
    party = _party_numbers(count, occurrences, past)
    place = np.full(len(now), -1, dtype=np.int64)
    if occurrences.scope.kind in ("event", "start") and occurrences.types[0] in count.of:
        kind = occurrences.types[0]
        origin, row = state.events[kind].origin, occurrences.event_row
        assert origin is not None and row is not None  # noqa: S101, PT018 - marked with the history
        place = found.places[kind][origin[row]]
    stream = found.stream
    begin, end = span(count, stream, found.clears, Asked(party, now, place), state.time)
    least, most = folded(count, stream, begin, end)
    return CountedColumns(
        least,
        most,
        lambda rows: state.missing.translated(
            stream.missing(begin[rows], end[rows], found.missing), found.missing
        ),
    )


def with_past(count: Count, occurrences: Occurrences, own: OfCases, asked: Asked) -> CountedColumns:
    """Where the history is given beside the log, or not at all."""
    state, past, time = occurrences.state, occurrences.state.past, occurrences.state.time
    clears: list[tuple[Stream | None, Rows]] = [(own.clears, asked.group)]
    party = np.zeros(len(asked.now), dtype=np.int64)
    if past is not None:
        party = _party_numbers(count, occurrences, past)
        clears.append((past.stream(count).clears, party))
    since = first_instants(count, clears, asked.now, time)
    stream = own.stream
    mine = asked.place >= 0
    located = stream.located(asked.group)
    end = stream.until(located, asked.now)
    if mine.any():
        end[mine] = stream.index[asked.place[mine]] + 1
    begin = stream.since(located, since, first_ranks(count, stream, asked.now, time))
    begin = np.minimum(begin, end)
    known_from = NEVER if past is None else past.complete_from
    reaches = _reaches(count, since, known_from, asked.now, time)
    parts = [Span(stream, begin, end, state.missing)]
    minus: list[Span] = []
    if past is not None:
        found = past.stream(count)
        case = past.case_numbers(take(state.log.ids, occurrences.case))
        place = _place_before(past, found, asked.now[mine], case[mine])
        groups_of = (party, past.of_own(party, case))
        for some, group, spans in zip(
            (found.stream, found.own), groups_of, (parts, minus), strict=True
        ):
            located = some.located(group)
            last = some.until(located, asked.now)
            last[mine] = some.before(located.rows(mine), place)
            first = some.since(located, since, first_ranks(count, some, asked.now, time))
            spans.append(Span(some, np.minimum(first, last), last, found.missing))
    least, most = _added(count, parts, minus)
    if reaches.any():
        if count.since is not None:  # it may have been set to nothing since
            certain = _certain_since(count, parts, minus, known_from or 0)
            present = _present(count, parts[0], asked, known_from or 0)
            least = np.where(reaches, certain + present, least)
        if not count.never_negative:
            least = np.where(reaches, NONE, least)
        top = len(count.values) if count.measure == "distinct" and count.values else NONE
        most = np.where(reaches, top, most)

    def missing(rows: Rows) -> Codes:
        codes = np.where(reaches[rows], state.missing.code(["history"]), 0).astype(np.int32)
        for part in parts:
            own_codes = part.stream.missing(part.begin[rows], part.end[rows], part.missing)
            codes = state.missing.join(codes, state.missing.translated(own_codes, part.missing))
        return codes

    return CountedColumns(least, most, missing)


@dataclass(slots=True)
class Span:
    """A span of a stream for each row."""

    stream: Stream
    begin: Rows
    end: Rows
    missing: MissingNames


def _place_before(past: PastColumns, found: PastStream, now: Instants, case: Rows) -> Rows:
    """Before which place entries are before an event: of its instant those of earlier cases."""
    rank = np.searchsorted(found.times, now)
    size = past.size(0)
    there = np.zeros(len(now), dtype=bool)
    if len(found.times):
        there = found.times[np.minimum(rank, len(found.times) - 1)] == now
    key = rank * size + np.where(there, case, 0)
    return np.searchsorted(found.order, key)


def _added(count: Count, parts: Sequence[Span], minus: Sequence[Span]) -> Between:
    """Numbers and sums of several streams, without those of the own case among the past."""
    least, most = folded(count, parts[0].stream, parts[0].begin, parts[0].end)
    for sign, several in ((1, parts[1:]), (-1, minus)):
        for one in several:
            low, high = folded(count, one.stream, one.begin, one.end)
            least = np.where((least == NONE) | (low == NONE), NONE, least + sign * low)
            most = np.where((most == NONE) | (high == NONE), NONE, most + sign * high)
    return least, most


def _reaches(
    count: Count, since: Instants | None, known_from: int | None, now: Instants, time: LimitColumns
) -> Mask:
    """Whether something may count that happened before the history is complete."""
    if known_from is None:
        return np.zeros(len(now), dtype=bool)
    open_ = np.ones(len(now), dtype=bool) if since is None else since < known_from
    if count.within is None or known_from == NEVER:
        return open_
    last = time.due(np.array([known_from - 1]), count.within, count.counting).values[0]
    reaches: Mask = open_ & ((known_from > now) | (last >= now) | (last == NONE))
    return reaches


def _certain_since(
    count: Count, parts: Sequence[Span], minus: Sequence[Span], known_from: int
) -> Rows:
    """What certainly counts since the history is complete, whatever was cleared before."""

    def later(span: Span) -> Span:
        items = span.stream.items
        known = np.flatnonzero(items.at >= known_from)
        first = np.full(len(span.begin), len(items.at), dtype=np.int64)
        place = np.searchsorted(known, span.begin)
        there = place < len(known)
        first[there] = known[place[there]]
        return replace(span, begin=np.minimum(np.maximum(span.begin, first), span.end))

    least, _ = _added(count, [later(one) for one in parts], [later(one) for one in minus])
    return np.where(least == NONE, 0, least)


def _present(count: Count, own: Span, asked: Asked, known_from: int) -> Rows:
    """What the event itself adds, where it is from before the history is complete."""
    mine = (asked.place >= 0) & (asked.now < known_from) & (own.end > own.begin)
    begin = np.where(mine, own.end - 1, own.end)
    least, _ = folded(count, own.stream, begin, own.end)
    return np.where(mine & (least != NONE), least, 0)

"""Which span of a stream counts for each row, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from complaint_rules.columns.log import Rows
from complaint_rules.columns.missing import Codes
from complaint_rules.columns.streams import Between, Stream
from complaint_rules.ruleset.counts import Count
from complaint_rules.time.columns import Instants
from complaint_rules.time.instants import to_microseconds
from complaint_rules.time.limit_columns import EPOCH_DAY, NONE, LimitColumns

NEVER: Final = 1 << 62
"""After every instant."""


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


Clears = Sequence[tuple[Stream | None, Rows]]
"""What sets a count to nothing, by the groups of the rows."""


def span(
    count: Count, stream: Stream, clears: Stream | None, asked: Asked, time: LimitColumns
) -> tuple[Rows, Rows]:
    """The items that count for each row: the first, and the one before which they end."""
    if len(asked.place) and (asked.place >= 0).all():
        # Every item is asked at its own time: in order, and once.
        if stream.begins is None:
            items = stream.items
            since = first_instants(count, [(clears, items.group)], items.at, time)
            rank = first_ranks(count, stream, items.at, time)
            begins = stream.since(stream.located(items.group), since, rank)
            stream.begins = np.minimum(begins, np.arange(len(begins)) + 1)
        index = stream.index[asked.place]
        return stream.begins[index], index + 1
    since = first_instants(count, [(clears, asked.group)], asked.now, time)
    located = stream.located(asked.group)
    end = stream.until(located, asked.now)
    begin = stream.since(located, since, first_ranks(count, stream, asked.now, time))
    return np.minimum(begin, end), end


def first_instants(
    count: Count, clears: Clears, now: Instants, time: LimitColumns
) -> Instants | None:
    """The first instant at which something counts: the last clearing, or the cycle's begin."""
    since: Instants | None = None
    for stream, group in clears:
        if stream is not None and len(stream.times):
            located = stream.located(group)
            begin, end = stream.since(located, None), stream.until(located, now)
            cleared = np.where(end > begin, stream.items.at[np.maximum(end - 1, 0)], -NEVER)
            since = cleared if since is None else np.maximum(since, cleared)
    if count.cycle is None or not len(now):
        return since
    distinct, inverse = np.unique(time.days(now), return_inverse=True)
    first = EPOCH_DAY.toordinal()
    begins = [
        to_microseconds(time.calendar.wall(count.cycle.begin(date.fromordinal(first + day)), 0))
        for day in distinct.tolist()
    ]
    begun = np.array(begins, dtype=np.int64)[inverse.reshape(-1)]
    return begun if since is None else np.maximum(since, begun)


def first_ranks(count: Count, stream: Stream, now: Instants, time: LimitColumns) -> Rows | None:
    """The first of a stream's times that is within the window which ends with each instant."""
    if count.within is None:
        return None
    if stream.lasts is None:
        lasts = time.due(stream.times, count.within, count.counting).values
        # An instant without a calendar is never asked for: such cases go one by one.
        stream.lasts = np.maximum.accumulate(lasts) if len(lasts) else lasts
    return np.searchsorted(stream.lasts, now)


def folded(count: Count, stream: Stream, begin: Rows, end: Rows) -> Between:
    """What the items of each span come to."""
    begin = np.minimum(begin, end)
    match count.measure:
        case "count":
            return stream.number(begin, end)
        case "distinct":
            return stream.different(begin, end, len(count.values))
    return stream.sums(begin, end, never_negative=count.never_negative)

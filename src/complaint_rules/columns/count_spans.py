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

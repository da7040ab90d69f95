"""What may count, of many cases or parties at once, in order: the fold that counts are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from complaint_rules.columns.log import Rows
from complaint_rules.columns.missing import Codes, MissingNames
from complaint_rules.columns.nullable import Mask
from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import NONE

Between = tuple[Rows, Rows]
"""The least and the most of each row; ``NONE`` where it is not bounded."""


@dataclass(slots=True)
class Items:
    """Things that may count, in any order.

    ``place`` orders them within their group, by time first.
    """

    group: Rows
    at: Instants
    place: Rows
    certain: Mask
    possible: Mask
    """Where it is not known whether it counts; never where it certainly does."""
    value: Rows
    """What is added up, or a number for each different value; ``NONE`` where it is missing."""
    missing: Codes

    def rows(self, order: Rows) -> Items:
        """Some of them, in another order."""
        return Items(
            self.group[order],
            self.at[order],
            self.place[order],
            self.certain[order],
            self.possible[order],
            self.value[order],
            self.missing[order],
        )


@dataclass(frozen=True, slots=True)
class Located:
    """Groups by their numbers in a stream, and whether it has any item of them."""

    number: Rows
    there: Mask

    def rows(self, some: Mask) -> Located:
        return Located(self.number[some], self.there[some])


@dataclass(slots=True)
class Stream:
    """Items sorted by group and place, to be asked for many spans of them at once."""

    items: Items
    groups: Rows
    """Every group once, in order."""
    times: Instants
    """Every time once, in order."""
    by_time: Rows
    """Group and time of each item as one number, in order."""
    index: Rows
    """By place, where the item stands; of several of one place the last."""
    lasts: Instants | None = None
    """The last instant at which what happened at each time counts, once it was asked for."""
    begins: Rows | None = None
    """The first item that counts when each of them happens, once it was asked for."""

    @classmethod
    def of(cls, items: Items) -> Stream:
        """Sort items."""
        groups, group = np.unique(items.group, return_inverse=True)
        places = int(items.place.max()) + 1 if len(items.place) else 0
        order = np.argsort(group.reshape(-1) * places + items.place)
        ordered = items.rows(order)
        times, rank = np.unique(ordered.at, return_inverse=True)
        by_time = group.reshape(-1)[order] * (len(times) + 1) + rank.reshape(-1)
        index = np.zeros(places, dtype=np.int64)
        index[ordered.place] = np.arange(len(order))
        return cls(ordered, groups, times, by_time, index)

    def located(self, wanted: Rows) -> Located:
        """Groups as this stream numbers them, to ask it several things about them."""
        groups = self.groups
        if not len(groups):
            return Located(np.zeros_like(wanted), np.zeros(len(wanted), dtype=bool))
        if groups[0] >= 0 and groups[-1] < 4 * len(groups) + 1_000_000:  # quicker than searching
            table = np.full(groups[-1] + 2, -1, dtype=np.int64)
            table[groups] = np.arange(len(groups))
            number = table[np.clip(wanted, -1, groups[-1] + 1)]
            return Located(number, number >= 0)
        number = np.minimum(np.searchsorted(groups, wanted), len(groups) - 1)
        return Located(number, groups[number] == wanted)

    def until(self, located: Located, now: Instants) -> Rows:
        """Before which item each row ends: after all of its time."""
        rank = np.searchsorted(self.times, now, side="right")
        return self._found(located, rank)

    def before(self, located: Located, place: Rows) -> Rows:
        """Before which item each row ends: the first of its group at a place or after it."""
        if not len(self.index):
            return np.zeros(len(place), dtype=np.int64)
        size = len(self.index) + 1
        group = np.searchsorted(self.groups, self.items.group)
        return self._where(
            located, np.searchsorted(group * size + self.items.place, located.number * size + place)
        )

    def since(self, located: Located, first: Instants | None, rank: Rows | None = None) -> Rows:
        """The first item of each row: not before an instant, nor a position among the times."""
        least = np.zeros(len(located.number), dtype=np.int64) if rank is None else rank
        if first is not None:
            least = np.maximum(least, np.searchsorted(self.times, first))
        return self._found(located, least)

    def _found(self, located: Located, rank: Rows) -> Rows:
        key = located.number * (len(self.times) + 1) + rank
        return self._where(located, np.searchsorted(self.by_time, key))

    @staticmethod
    def _where(located: Located, found: Rows) -> Rows:
        return np.where(located.there, found, 0)

    # What spans of them come to

    def number(self, begin: Rows, end: Rows) -> Between:
        """How many count."""
        certain = _between(self.items.certain, begin, end)
        return certain, certain + _between(self.items.possible, begin, end)

    def sums(self, begin: Rows, end: Rows, *, never_negative: bool) -> Between:
        """What the values add up to."""
        items = self.items
        value = np.where(items.value == NONE, 0, items.value)
        certain = _between(np.where(items.certain, value, 0), begin, end)
        low = certain + _between(np.where(items.possible, np.minimum(value, 0), 0), begin, end)
        high = certain + _between(np.where(items.possible, np.maximum(value, 0), 0), begin, end)
        gaps = _between((items.value == NONE) & (items.certain | items.possible), begin, end) > 0
        if not never_negative:
            low = np.where(gaps, NONE, low)
        return low, np.where(gaps, NONE, high)

    def different(self, begin: Rows, end: Rows, most: int) -> Between:
        """How many different values there are; ``most`` is how many there can be, or 0."""
        items = self.items
        named = items.value != NONE
        low = self._distinct(items.certain & named, begin, end)
        low = np.maximum(low, _between(items.certain, begin, end) > 0)
        counting = items.certain | items.possible
        high = self._distinct(counting & named, begin, end)
        high = high + _between(counting & ~named, begin, end)
        return low, np.minimum(high, most) if most else high

    def _distinct(self, counting: Mask, begin: Rows, end: Rows) -> Rows:
        """The values of a span are as many as its items that no later one of it repeats."""
        following = self._repeated(counting)
        found = np.zeros(len(begin), dtype=np.int64)
        left = np.flatnonzero(begin < end)
        at = end[left] - 1
        while len(left):
            found[left] += counting[at] & (following[at] >= end[left])
            at = at - 1
            more = at >= begin[left]
            left, at = left[more], at[more]
        return found

    def _repeated(self, counting: Mask) -> Rows:
        """For each item the next one of its group that has the same value."""
        never = len(counting)
        following = np.full(len(counting), never, dtype=np.int64)
        some = np.flatnonzero(counting)
        group, value = self.items.group[some], self.items.value[some]
        order = np.lexsort((some, value, group))
        ordered = some[order]
        same = (group[order][1:] == group[order][:-1]) & (value[order][1:] == value[order][:-1])
        following[ordered[:-1][same]] = ordered[1:][same]
        return following

    def missing(self, begin: Rows, end: Rows, names: MissingNames) -> Codes:
        """What is missing for the items of each span."""
        holes = np.flatnonzero(self.items.missing)
        first, last = np.searchsorted(holes, begin), np.searchsorted(holes, end)
        codes = np.zeros(len(begin), dtype=np.int32)
        while (first < last).any():
            there = first < last
            more = np.zeros(len(begin), dtype=np.int32)
            more[there] = self.items.missing[holes[first[there]]]
            codes = names.join(codes, more)
            first = first + 1
        return codes


def _between(values: Rows | Mask, begin: Rows, end: Rows) -> Rows:
    """The sum of the values of each span."""
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    found: Rows = sums[np.maximum(begin, end)] - sums[begin]
    return found

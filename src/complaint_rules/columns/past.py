"""A history as columns: what counts go over beyond the case, of many parties at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from complaint_rules.columns.count_items import (
    bare,
    codes_of_missing,
    column_of,
    field_values,
    joined,
    judged,
    numbers_of,
)
from complaint_rules.columns.log import Log, Rows
from complaint_rules.columns.missing import MissingNames
from complaint_rules.columns.nullable import physical, true_mask, unknown_mask
from complaint_rules.columns.streams import Items, Stream
from complaint_rules.columns.values import take, value_of
from complaint_rules.errors import CaseError
from complaint_rules.history import History, HistoryEntry
from complaint_rules.ruleset.counts import Count
from complaint_rules.ruleset.past import fields_of, names_in_counts, roles_counted
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.time.columns import Instants
from complaint_rules.time.instants import from_microseconds, to_microseconds


@dataclass(frozen=True, slots=True)
class PastEntries:
    """The entries of one kind."""

    at: Instants
    case: pl.Series
    """The case of each, as a text; null where it is not said."""
    data: Mapping[str, pl.Series]
    parties: Mapping[str, pl.Series]
    """Who has each role, as lists of names."""


@dataclass(slots=True)
class PastStream:
    """What a count may count of each party."""

    stream: Stream
    own: Stream
    """The same for each party and case, to leave out the own one."""
    clears: Stream
    people: pl.Enum
    missing: MissingNames
    order: Rows
    """Instant and case of each entry as one number, in order."""
    times: Instants
    places: Mapping[str, Rows]
    """Where the entries of each kind stand in that order."""


@dataclass(slots=True)
class PastColumns:
    """What is known of other cases, for a policy that counts them.

    ``whole`` tells that it is the log itself, so that the own case is in it too.
    """

    ruleset: Ruleset
    entries: Mapping[str, PastEntries]
    whole: bool
    complete_from: int | None
    cases: pl.Series
    """The ids of the entries' cases, each once, in order."""
    _streams: dict[str, PastStream] = field(default_factory=dict)
    _rows: dict[tuple[str, str], dict[str, Rows]] = field(default_factory=dict)

    @classmethod
    def of_log(cls, ruleset: Ruleset, log: Log) -> tuple[Log, PastColumns]:
        """The events of the log's own cases; the log comes back with each event's place in it.

        Raises:
            CaseError: an event that is counted names nobody, or only settled penalties count.
        """
        ids = log.ids.cast(pl.String)
        entries: dict[str, PastEntries] = {}
        for kind, roles in roles_counted(ruleset.words.counts.values()).items():
            if kind not in ruleset.words.events:
                raise CaseError(
                    f"{kind!r} is settled, and no event of the log: give the history as a table"
                )
            events = log.events.get(kind)
            if events is not None:
                case = take(ids, events.case)
                parties = {role: _party_lists(log, kind, role, case) for role in roles}
                entries[kind] = PastEntries(events.at, case, events.data, parties)
        marked = {
            kind: replace(events, origin=np.arange(len(events.at)))
            for kind, events in log.events.items()
        }
        past = cls(ruleset, entries, True, None, ids.clear())
        return replace(log, events=marked), past

    @classmethod
    def of_entries(
        cls,
        ruleset: Ruleset,
        entries: Mapping[str, PastEntries],
        complete_from: int | None,
    ) -> PastColumns:
        """Entries that are given beside the log."""
        ids = [one.case.cast(pl.String).drop_nulls().unique() for one in entries.values()]
        cases = pl.concat(ids).unique().sort() if ids else pl.Series([], dtype=pl.String)
        return cls(ruleset, entries, False, complete_from, cases)

    def stream(self, count: Count) -> PastStream:
        """What a count may count, sorted once."""
        found = self._streams.get(count.name)
        if found is None:
            found = self._streams[count.name] = self._make(count)
        return found

    def _make(self, count: Count) -> PastStream:
        assert count.same is not None  # noqa: S101 - the compiler wants a role
        ruleset = self.ruleset
        kinds = sorted(kind for kind in count.of if kind in self.entries)  # as events of one case
        people = _in_order(
            self.entries[kind].parties[count.same].explode() for kind in self._kinds(count)
        )
        at = _joined([self.entries[kind].at for kind in kinds])
        ids = [self.entries[kind].case for kind in kinds]
        case = self._case_order(at, pl.concat(ids) if ids else self.cases.clear())
        # Of one kind events stand in order already.
        number = np.arange(len(at))
        times, instant = np.unique(at, return_inverse=True)
        instant = instant.reshape(-1) * self.size(len(at)) + case
        order = np.argsort(instant, kind="stable")
        place = np.empty(len(at), dtype=np.int64)
        place[order] = number
        vocabulary = names_in_counts(count.of, ruleset.words, ruleset.places, history=True)
        missing = MissingNames()
        parts, values, places, own = [], [], {}, []
        first = 0
        for kind in kinds:
            entries = self.entries[kind]
            length = len(entries.at)
            places[kind] = place[first : first + length]

            def column(name: str, kind: str = kind) -> pl.Series:
                some = self.entries[kind]
                return column_of(name, kind, some.data, ruleset, len(some.at))

            holds = judged(count, vocabulary, column, length)
            value = field_values(count, column)
            codes = codes_of_missing(count, kind, vocabulary, column, holds, value, missing)
            rows, party = self._parties(kind, count.same, people)
            none = np.zeros(len(rows), dtype=np.int64)
            parts.append(
                Items(
                    party,
                    entries.at[rows],
                    places[kind][rows],
                    true_mask(holds)[rows],
                    unknown_mask(holds)[rows],
                    none,
                    codes[rows],
                )
            )
            own.append(case[first : first + length][rows])
            if value is not None:
                values.append(take(value, rows))
            first += length
        items = joined(parts)
        if values:
            items.value = numbers_of(count, pl.concat(values))
        owned = bare(*(np.zeros(0, dtype=np.int64),) * 3)
        if not self.whole:
            owned = replace(items, group=self.of_own(items.group, _joined(own)))
        return PastStream(
            Stream.of(items),
            Stream.of(owned),
            self._clears(count, people),
            people,
            missing,
            instant[order],
            times,
            places,
        )

    def _kinds(self, count: Count) -> Iterator[str]:
        for kind in (*count.of, count.since):
            if kind is not None and kind in self.entries:
                yield kind

    def _clears(self, count: Count, people: pl.Enum) -> Stream:
        if count.since is None or count.since not in self.entries or count.same is None:
            none = np.zeros(0, dtype=np.int64)
            return Stream.of(bare(none, none, none))
        rows, party = self._parties(count.since, count.same, people)
        at = self.entries[count.since].at
        place = np.empty(len(at), dtype=np.int64)
        place[np.argsort(at, kind="stable")] = np.arange(len(at))
        return Stream.of(bare(party, at[rows], place[rows]))

    def _parties(self, kind: str, role: str, people: pl.Enum) -> tuple[Rows, Rows]:
        """The entries of a kind, repeated for each of several parties, and a number for each."""
        lists = self.entries[kind].parties[role]
        rows = np.repeat(np.arange(len(lists)), lists.list.len().to_numpy())
        return rows, physical(lists.explode().cast(people).to_physical().cast(pl.Int64))

    def size(self, count: int) -> int:
        """More than any number of a case, of so many entries."""
        return (count if self.whole else 2 * len(self.cases)) + 3

    def _case_order(self, at: Instants, ids: pl.Series) -> Rows:
        """The order of the cases of entries of one instant; in the log itself only of those."""
        if not self.whole:
            return self.case_numbers(ids)
        found = np.zeros(len(at), dtype=np.int64)
        order = np.argsort(at)
        same = at[order][1:] == at[order][:-1]
        tied = np.zeros(len(at), dtype=bool)
        tied[order[1:][same]] = tied[order[:-1][same]] = True
        some = take(ids, np.flatnonzero(tied)).cast(pl.String)
        found[tied] = some.rank("dense").cast(pl.Int64).to_numpy()
        return found

    def case_numbers(self, ids: pl.Series) -> Rows:
        """The place of each case among those of the entries, or between two; 0 for none."""
        texts = ids.cast(pl.String)
        if not len(self.cases):
            return texts.is_not_null().cast(pl.Int64).to_numpy()
        place = self.cases.search_sorted(texts.fill_null(""), "left").cast(pl.Int64).to_numpy()
        known = take(self.cases, np.minimum(place, len(self.cases) - 1))
        there = (known == texts).fill_null(value=False).to_numpy()
        found = 2 * place + 1 + there
        return np.where(texts.is_null().to_numpy(), 0, found)

    def of_own(self, party: Rows, case: Rows) -> Rows:
        """One number for a party and a case."""
        return np.where(party < 0, -1, party * self.size(0) + case)

    def numbers_of(self, names: pl.Series, people: pl.Enum) -> Rows:
        """The number of each party; -1 for those of whom nothing is known."""
        codes = names.cast(people, strict=False).to_physical().cast(pl.Int64)
        return physical(codes.fill_null(-1))

    # One case

    def history_of(self, log: Log, row: int, as_of: datetime) -> History:
        """What concerns the parties of one case until an instant, to judge it by itself."""
        now = to_microseconds(as_of)
        names: dict[str, set[str]] = {}
        found: list[HistoryEntry] = []
        for kind, roles in roles_counted(self.ruleset.words.counts.values()).items():
            if kind not in self.entries:
                continue
            rows: set[int] = set()
            for role in roles:
                if role not in names:
                    names[role] = set(_names_of(log, row, role))
                by_name = self._by_name(kind, role)
                for name in names[role]:
                    rows |= set(by_name.get(name, np.zeros(0, dtype=np.int64)).tolist())
            at = self.entries[kind].at
            found += self._history_entries(kind, [r for r in sorted(rows) if at[r] <= now])
        since, zone = self.complete_from, self.ruleset.calendar.timezone
        return History(
            found, complete_from=None if since is None else from_microseconds(since, zone)
        )

    def _by_name(self, kind: str, role: str) -> dict[str, Rows]:
        key = (kind, role)
        if key not in self._rows:
            lists = self.entries[kind].parties[role]
            frame = pl.DataFrame({"name": lists, "row": pl.int_range(len(lists), eager=True)})
            grouped = frame.explode("name").group_by("name").agg("row")
            self._rows[key] = {
                name: rows.to_numpy() for name, rows in zip(*grouped.get_columns(), strict=True)
            }
        return self._rows[key]

    def _history_entries(self, kind: str, rows: Sequence[int]) -> Iterator[HistoryEntry]:
        entries, zone = self.entries[kind], self.ruleset.calendar.timezone
        fields = fields_of(kind, self.ruleset.words, self.ruleset.places)
        for row in rows:
            data: dict[str, Any] = {
                name: value_of(column[row], fields[name].type)
                for name, column in entries.data.items()
                if column[row] is not None
            }
            data |= {
                role: lists[row].to_list()
                for role, lists in entries.parties.items()
                if lists[row] is not None
            }
            at = from_microseconds(int(entries.at[row]), zone)
            yield HistoryEntry(kind, at, case=entries.case[row], **data)


def _joined(parts: Sequence[Any]) -> Any:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _in_order(names: Iterable[pl.Series]) -> pl.Enum:
    """Every name once, in the order of texts."""
    found = [some.cast(pl.String).drop_nulls().unique() for some in names]
    every = pl.concat(found).unique().sort() if found else pl.Series([], dtype=pl.String)
    return pl.Enum(every)


def _party_lists(log: Log, kind: str, role: str, case: pl.Series) -> pl.Series:
    """Who each event is of: as it says, else as its case does."""
    events = log.events[kind]
    nobody = pl.Series([None], dtype=pl.List(pl.String)).new_from_index(0, len(events.at))
    own, of_case = events.parties.get(role), log.parties.get(role)
    own = nobody if own is None else own.cast(pl.List(pl.String))
    of_case = nobody if of_case is None else take(of_case, events.case).cast(pl.List(pl.String))
    lists = pl.DataFrame({"own": own, "case": of_case}).select(pl.coalesce("own", "case"))
    found = lists.to_series()
    if found.null_count():
        first = case.filter(found.is_null())[0]
        raise CaseError(
            f"{found.null_count()} events {kind!r} do not say who is {role!r}, and are counted for "
            f"one, the first in case {first!r}: name somebody, or give the history as a table"
        )
    return found


def _names_of(log: Log, row: int, role: str) -> Iterator[str]:
    lists = log.parties.get(role)
    if lists is not None and lists[row] is not None:
        yield from lists[row].to_list()
    for events in log.events.values():
        own = events.parties.get(role)
        if own is not None:
            for place in np.flatnonzero(events.case == row).tolist():
                if own[place] is not None:
                    yield from own[place].to_list()

"""Cases whose counts the columns do not hold: they go one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

import numpy as np
import polars as pl

from complaint_rules.columns.log import Log
from complaint_rules.columns.nullable import Mask
from complaint_rules.columns.past import PastColumns
from complaint_rules.expressions import names
from complaint_rules.ruleset.counts import Count
from complaint_rules.ruleset.rules import nodes
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.scopes import CASE, Scope
from complaint_rules.time import CalendarMonths, Elapsed, WorkingDays
from complaint_rules.time.durations import parts_of
from complaint_rules.time.instants import DAY_MICROSECONDS, EPOCH


def counted_alone(ruleset: Ruleset, log: Log, alone: Mask, past: PastColumns | None) -> None:
    """Mark the cases of which a party is not known or one of several, those in years without an
    official calendar, sums of numbers, which columns hold as floats, and different values of
    which some are in the case and some beside the log.
    """
    for count, scopes in counts_read(ruleset):
        if count.measure == "sum" and count.type.name == "number":
            _mark(log, count.of, np.ones(len(log), dtype=bool), alone)
        if count.over_history and not (past is not None and past.whole):
            if count.measure == "distinct" and (past is not None or count.since is not None):
                _mark(log, log.events, np.ones(len(log), dtype=bool), alone)
            if past is not None:
                _known_beside(log, count, past, alone)
        if count.same is not None:
            _of_no_one_party(ruleset, log, count, scopes, alone)
        if not isinstance(count.within, Elapsed | None) and (
            any(isinstance(part, WorkingDays) for part in parts_of(count.within))
            or count.counting.last_day_ends != "midnight"
        ):
            _unpublished(ruleset, log, count, alone)


def counts_read(ruleset: Ruleset) -> list[tuple[Count, list[Scope]]]:
    """The counts that conditions read, with what those are judged for."""
    if not ruleset.words.counts:
        return []
    found: dict[str, dict[Scope, None]] = {}
    for group in ruleset.scopes:
        for rule in group.rules:
            for node in nodes(rule):
                for name in names(node):
                    if name in ruleset.words.counts:
                        found.setdefault(name, {})[group.scope] = None
    return [(ruleset.words.counts[name], list(scopes)) for name, scopes in found.items()]


def _mark(log: Log, kinds: Iterable[str], cases: Mask, alone: Mask) -> None:
    """Mark those of some cases that have events of some kinds."""
    for kind in kinds:
        if kind in log.events:
            some = log.events[kind].case
            alone[some[cases[some]]] = True


def _of_no_one_party(
    ruleset: Ruleset, log: Log, count: Count, scopes: Sequence[Scope], alone: Mask
) -> None:
    assert count.same is not None  # noqa: S101 - the caller has looked
    kinds: dict[str, None] = dict.fromkeys([*count.of, *([count.since] if count.since else [])])
    for scope in scopes:
        if scope.kind == "deadline":
            kinds |= dict.fromkeys(ruleset.words.starts[scope.of])
        elif scope.kind != "case":
            kinds |= dict.fromkeys(ruleset.words.events_behind((scope.of,)))
    of_case = _one(log.parties.get(count.same), len(log))
    if CASE in scopes:
        alone |= of_case != 1
    for kind in kinds:
        events = log.events.get(kind)
        if events is not None:
            own = _one(events.parties.get(count.same), len(events.case))
            found = np.where(own == 0, of_case[events.case], own)
            alone[events.case[found != 1]] = True


def _known_beside(log: Log, count: Count, past: PastColumns, alone: Mask) -> None:
    """Mark cases that have been cleared, or lack something, by entries of their own."""
    kinds = set() if count.condition is None and count.field is None else {*count.of}
    for kind in {*kinds, count.since or ""} & set(past.entries):
        ids = past.entries[kind].case.drop_nulls().unique()
        alone |= log.ids.cast(pl.String).is_in(ids.implode()).to_numpy()


def _one(lists: pl.Series | None, length: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """How many names each row has."""
    if lists is None:
        return np.zeros(length, dtype=np.int64)
    return lists.list.len().fill_null(0).cast(pl.Int64).to_numpy()


def _unpublished(ruleset: Ruleset, log: Log, count: Count, alone: Mask) -> None:
    """Mark cases with something that counts near a year whose official calendar is not known."""
    official, calendar = ruleset.calendar.official, ruleset.calendar
    if official is None or calendar.provisional or count.within is None:
        return
    days = sum(
        {WorkingDays: 3, CalendarMonths: 31}.get(type(part), 1) * part.amount
        for part in parts_of(count.within)
    )
    reach = timedelta(days=40 + days)
    for kind in count.of:
        events = log.events.get(kind)
        if events is None:
            continue
        day = events.at // DAY_MICROSECONDS
        unknown = []
        for number in np.unique(day).tolist():
            first, last = (EPOCH + timedelta(days=number) + step for step in (-reach, reach))
            if not all(official.is_published(y) for y in range(first.year, last.year + 1)):
                unknown.append(number)
        alone[events.case[np.isin(day, unknown)]] = True

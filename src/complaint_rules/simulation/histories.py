"""What is known of other cases, in any of the forms that ``simulate`` takes, read into columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

import polars as pl

from complaint_rules.columns.log import Log
from complaint_rules.columns.past import PastColumns, PastEntries
from complaint_rules.columns.values import constant, dtype, instants, typed
from complaint_rules.errors import CaseError, did_you_mean
from complaint_rules.history import History
from complaint_rules.policy import Policy
from complaint_rules.ruleset.past import CheckedEntry, fields_of, kinds_known, roles_counted
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.simulation.frames import party_lists
from complaint_rules.simulation.reading import (
    CASE_NAMES,
    EVENT_NAMES,
    TIME_NAMES,
    Reading,
    as_frame,
)
from complaint_rules.time.instants import from_microseconds, read_instant, to_microseconds

KIND_NAMES: Final = ("kind", *EVENT_NAMES)

CASES: Final = "cases"
"""The log is the history of its own cases."""

GivenHistory = History | Literal["cases"] | Any
"""A history, a frame with a row for each entry, or ``"cases"``."""


def read_past(
    policy: Policy,
    log: Log,
    history: GivenHistory | None,
    as_of: datetime,
    complete_from: datetime | str | None,
    how: Reading,
) -> tuple[Log, PastColumns | None]:
    """The history for a log, which comes back marked where it is the history itself.

    Raises:
        CaseError: an entry does not fit the policy, or is of later than ``as_of``.
    """
    if history is None:
        return log, None
    since = None if complete_from is None else read_instant(complete_from, "complete_from")
    if isinstance(history, str):
        if history != CASES:
            raise CaseError(
                f"the history is {history!r}: give a History, a frame, or 'cases' for the log's own"
            )
        if since is not None:
            raise CaseError("complete_from is of a history beside the log: leave it out")
        return PastColumns.of_log(policy.ruleset, log)
    if isinstance(history, History):
        if since is not None:
            raise CaseError("the history says itself since when it is complete: leave it out")
        entries, since = _of_history(policy, history), history.complete_from
    else:
        entries = _Reader(policy.ruleset, how).entries(as_frame(history))
    _refuse_later(entries, as_of, policy.ruleset)
    known = None if since is None else to_microseconds(since)
    return log, PastColumns.of_entries(policy.ruleset, entries, known)


def _refuse_later(entries: Mapping[str, PastEntries], as_of: datetime, ruleset: Ruleset) -> None:
    now = to_microseconds(as_of)
    for kind, some in entries.items():
        later = some.at > now
        if later.any():
            first = from_microseconds(int(some.at[later].min()), ruleset.calendar.timezone)
            raise CaseError(
                f"{int(later.sum())} history entries {kind!r} are after as_of, the first of "
                f"{first.isoformat()}: leave out what has not happened yet"
            )


def _of_history(policy: Policy, history: History) -> dict[str, PastEntries]:
    ruleset = policy.ruleset
    by_kind: dict[str, list[CheckedEntry]] = {}
    for entry in policy.check_history(history).entries_in_order:
        by_kind.setdefault(entry.kind, []).append(entry)
    found = {}
    for kind, entries in by_kind.items():
        fields = fields_of(kind, ruleset.words, ruleset.places)
        names = dict.fromkeys(name for entry in entries for name in entry.data)
        roles = dict.fromkeys(role for entry in entries for role in entry.parties)
        frame = pl.DataFrame({"at": [entry.microseconds for entry in entries]})
        found[kind] = PastEntries(
            frame["at"].to_numpy(),
            pl.Series([entry.case for entry in entries], dtype=pl.String),
            {
                name: pl.Series(
                    [
                        None if name not in e.data else constant(e.data[name], fields[name].type)
                        for e in entries
                    ],
                    dtype=dtype(fields[name].type),
                )
                for name in names
            },
            {
                role: pl.Series(
                    [list(e.parties[role]) if role in e.parties else None for e in entries],
                    dtype=pl.List(pl.String),
                )
                for role in roles
            },
        )
    return found


class _Reader:
    """Reads a frame with one row for each entry: kind, at, case, and data and roles."""

    def __init__(self, ruleset: Ruleset, how: Reading) -> None:
        self.ruleset, self.how = ruleset, how

    def entries(self, frame: pl.DataFrame) -> dict[str, PastEntries]:
        kind = self._column(frame, KIND_NAMES, "kind", self.how.event)
        time = self._column(frame, TIME_NAMES, "time", self.how.time)
        case = self._column(frame, CASE_NAMES, "case", self.how.case, optional=True)
        kinds = frame[kind].cast(pl.String)
        if kinds.null_count():
            raise CaseError(f"{kinds.null_count()} history entries have no kind: fill {kind!r}")
        if self.how.activities:
            kinds = kinds.replace(dict(self.how.activities))
        at = instants(frame[time], "the time of history entries", self.how.timezone)
        if at.null_count():
            raise CaseError(f"{at.null_count()} history entries have no time: fill {time!r}")
        ids = pl.Series([None], dtype=pl.String).new_from_index(0, len(frame))
        if case is not None:
            ids = frame[case].cast(pl.String)
        known = frame.drop(kind, time, *([] if case is None else [case]))
        known = known.drop("id") if "id" in known.columns else known
        whole = known.with_columns(ids.alias(" case"), at.alias(" at"), kinds.alias(" kind"))
        return {
            str(name): self._of_kind(str(name), some.sort(" at", maintain_order=True))
            for (name,), some in whole.partition_by(" kind", as_dict=True).items()
        }

    def _of_kind(self, kind: str, some: pl.DataFrame) -> PastEntries:
        words = self.ruleset.words
        known = kinds_known(self.ruleset)
        if kind not in known:
            raise CaseError(
                f"history entry {kind!r} is no event, penalty or sanction of the policy"
                f"{did_you_mean(kind, known)}: translate it with activities={{…}}, or leave it out"
            )
        fields = fields_of(kind, words, self.ruleset.places)
        data: dict[str, pl.Series] = {}
        parties: dict[str, pl.Series] = {}
        for name in some.columns:
            column = some[name]
            if name.startswith(" ") or column.null_count() == len(column):
                continue
            what = f"history entry {kind}.{name}"
            if name in fields:
                data[name] = typed(column, fields[name].type, what, self.how.timezone)
            elif name in words.roles:
                parties[name] = party_lists(column, what)
            elif self.how.unknown == "refuse":
                raise CaseError(
                    f"{what} is no field of it and no role"
                    f"{did_you_mean(name, [*fields, *words.roles])}: rename or drop the column, or "
                    f"say unknown='leave-out'"
                )
        for role in roles_counted(self.ruleset.words.counts.values()).get(kind, ()):
            if role not in parties or parties[role].null_count():
                raise CaseError(
                    f"history entries {kind!r} do not all say who is {role!r}, and are counted for "
                    f"one: fill column {role!r}"
                )
        return PastEntries(some[" at"].to_numpy(), some[" case"], data, parties)

    @staticmethod
    def _column(
        frame: pl.DataFrame,
        names: tuple[str, ...],
        what: str,
        given: str | None,
        *,
        optional: bool = False,
    ) -> Any:
        found = [name for name in dict.fromkeys((given, *names)) if name in frame.columns]
        if given in frame.columns:
            return given
        if len(found) == 1 or (optional and not found):
            return found[0] if found else None
        seen = f"there are {', '.join(map(str, found))}" if found else "there is none"
        raise CaseError(
            f"which column names the {what} of history entries is not clear ({seen} among "
            f"{', '.join(frame.columns)}): call it {names[0]!r}"
        )

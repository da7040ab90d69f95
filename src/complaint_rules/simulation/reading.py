"""Data frames as they come, one row for each case or one for each event, read into a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import polars as pl

from complaint_rules.case import Case
from complaint_rules.columns.log import EventColumns, Log, Rows, log_of_cases
from complaint_rules.columns.one_instant import order_of, with_ties_in_order
from complaint_rules.columns.values import instants, take, typed
from complaint_rules.errors import CaseError, did_you_mean
from complaint_rules.ruleset.vocabulary import Words
from complaint_rules.simulation.frames import (
    LIFECYCLE_NAMES,
    check_counts,
    check_event_ids,
    check_ids,
    check_lifecycle,
    in_order,
    numbered,
    of_several,
    one_each,
    party_lists,
    said_once,
)

CASE_NAMES: Final = ("case", "case_id", "case:concept:name", "CASE_concept_name")
EVENT_NAMES: Final = ("type", "activity", "activity_id", "concept:name", "event")
TIME_NAMES: Final = ("at", "timestamp", "time:timestamp")
NOT_DATA: Final = (".order", "activity_instance_id", *LIFECYCLE_NAMES)
OF_CASE: Final = "case:"
"""Begins the names of columns that say something about the whole case."""

Unknown = Literal["refuse", "leave-out"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a frame is to be read; see ``simulate``."""

    case: str | None = None
    event: str | None = None
    time: str | None = None
    timezone: str | None = None
    activities: Mapping[str, str] | None = None
    unknown: Unknown = "refuse"


def read_log(words: Words, cases: Any, events: Any = None, how: Reading = Reading()) -> Log:
    """Read cases in any of the forms that ``simulate`` takes.

    Raises:
        CaseError: a column, event or value does not fit the policy's words.
        NaiveDatetime: times have no timezone, and none is given.
    """
    if isinstance(cases, Log):
        return cases
    if is_sequence_of_cases(cases):
        return log_of_cases(words, cases)
    frame = as_frame(cases)
    reader = _Reader(words, how)
    if events is not None:
        return reader.two_frames(frame, as_frame(events))
    if "events" in frame.columns and frame["events"].dtype == pl.Null:
        return reader.facts_only(frame.drop("events"))
    if "events" in frame.columns and isinstance(frame["events"].dtype, pl.List):
        return reader.two_frames(frame.drop("events"), reader.exploded(frame))
    if has_row_for_each_case(frame, how):
        return reader.facts_only(frame)
    return reader.event_log(frame)


def has_row_for_each_case(frame: pl.DataFrame, how: Reading) -> bool:
    """Whether a frame has one row for each case, rather than one for each event."""
    if "events" in frame.columns and isinstance(frame["events"].dtype, pl.List | pl.Null):
        return True
    usual = any(name in frame.columns for name in (*EVENT_NAMES, *TIME_NAMES))
    return how.event is None and how.time is None and not usual


def is_sequence_of_cases(cases: Any) -> bool:
    """Whether cases are given as objects."""
    return isinstance(cases, Sequence) and all(isinstance(case, Case) for case in cases)


def as_frame(given: Any) -> pl.DataFrame:
    """A Polars frame of what is given: Polars, pandas, or anything with Arrow's interface.

    Raises:
        CaseError: it is none of these.
    """
    if isinstance(given, pl.LazyFrame):
        collected: pl.DataFrame = given.collect()
        return collected
    if isinstance(given, pl.DataFrame):
        return given
    if type(given).__module__.partition(".")[0] == "pandas":
        return pl.from_pandas(given)
    if hasattr(given, "__arrow_c_stream__") or hasattr(given, "__arrow_c_array__"):
        return pl.DataFrame(given)
    raise CaseError(
        f"cases are a {type(given).__name__}: give a data frame of Polars or pandas, an Arrow "
        f"table, or a list of Case"
    )


class _Reader:
    def __init__(self, words: Words, how: Reading) -> None:
        self.words, self.how = words, how

    # The forms

    def facts_only(self, cases: pl.DataFrame) -> Log:
        """One row for each case, of which nothing is known to have happened."""
        case = column_named(cases, self.how.case, CASE_NAMES, "case")
        ids = cases[case].alias("case")
        check_ids(ids)
        facts, parties = self._of_cases(cases.drop(case), "")
        none = np.zeros(0, dtype=np.int64)
        return Log(ids, facts, parties, none, none, {})

    def two_frames(self, cases: pl.DataFrame, events: pl.DataFrame) -> Log:
        """One row for each case, and one for each event."""
        case_column = column_named(cases, self.how.case, CASE_NAMES, "case")
        ids = cases[case_column].alias("case")
        check_ids(ids)
        number = self._numbers(events, ids)
        facts, parties = self._of_cases(cases.drop(case_column), "")
        event_case = column_named(events, self.how.case, CASE_NAMES, "case")
        return self._log(ids, facts, parties, events.drop(event_case), number)

    def event_log(self, frame: pl.DataFrame) -> Log:
        """One row for each event; what is known of a case stands in any of its rows."""
        column = column_named(frame, self.how.case, CASE_NAMES, "case")
        given = frame[column].alias("case")
        ids = given.unique(maintain_order=True)
        check_ids(ids)
        number = numbered(given, ids)
        event, time = self._event_and_time(frame)
        rest = frame.drop(column, event, time)
        check_lifecycle(frame)
        of_case = [name for name in rest.columns if name.startswith(OF_CASE)]
        for name in rest.columns:
            known = name in self.words.facts
            if known and not any(
                name in self.words.event_fields(type_) for type_ in self.words.events
            ):
                of_case.append(name)
        named = self._named_once(rest, number)
        collected = pl.DataFrame(
            [
                one_each(column, number, ids).alias(column.name)
                for column in (*(rest[name] for name in of_case), *named[0])
            ]
        )
        facts, parties = self._of_cases(collected, OF_CASE)
        events = frame.drop(column, *of_case).with_columns(named[1])
        facts = self._facts_beside(events, facts, number, ids)
        return self._log(ids, facts, parties, events, number)

    def _named_once(
        self, rest: pl.DataFrame, number: Rows
    ) -> tuple[list[pl.Series], list[pl.Series]]:
        """The columns of roles for cases, and for events.

        A name that is the only one in its case is of the case; this does not depend on the others.
        """
        of_cases, of_events = [], []
        for name in rest.columns:
            if name in self.words.roles and not isinstance(rest[name].dtype, pl.List):
                given, several = rest[name], of_several(rest[name], number)
                nothing = pl.lit(None, given.dtype)
                of_case = pl.when(~several).then(given).otherwise(nothing).alias(name)
                of_event = pl.when(several).then(given).otherwise(nothing).alias(name)
                of_cases.append(pl.select(of_case).to_series())
                of_events.append(pl.select(of_event).to_series())
        return of_cases, of_events

    def exploded(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The events of cases that hold them as lists, each with its case."""
        case = column_named(frame, self.how.case, CASE_NAMES, "case")
        inner = frame["events"].dtype.inner  # type: ignore[attr-defined]
        if not isinstance(inner, pl.Struct):
            raise CaseError(
                f"events are lists of {inner}: give lists of structs with at least 'type' and 'at'"
            )
        long = frame.select(case, "events").explode("events")
        long = long.filter(pl.col("events").is_not_null())
        fields = [field.name for field in inner.fields]
        if case in fields:
            raise CaseError(
                f"the events have a field {case!r}, as the case has: rename one of them"
            )
        return pl.DataFrame(
            [long[case], *(long["events"].struct.field(name).alias(name) for name in fields)]
        )

    # Columns

    def _event_and_time(self, frame: pl.DataFrame) -> tuple[str, str]:
        return (
            column_named(frame, self.how.event, EVENT_NAMES, "event"),
            column_named(frame, self.how.time, TIME_NAMES, "time"),
        )

    def _numbers(self, events: pl.DataFrame, ids: pl.Series) -> Rows:
        """The case of each event, as a position."""
        column = column_named(events, self.how.case, CASE_NAMES, "case")
        given = events[column].alias("case")
        if given.dtype != ids.dtype and len(given):
            raise CaseError(
                f"the cases of the events are {given.dtype} and those of the cases {ids.dtype}: "
                f"give both the same type"
            )
        number = numbered(given.cast(ids.dtype), ids)
        if len(number) and number.min() < 0:
            stray = given.filter(pl.Series(number < 0))
            raise CaseError(
                f"{len(stray)} events are of cases that are not there, the first of {stray[0]!r}: "
                f"add these cases, or leave the events out"
            )
        return number

    def _of_cases(
        self, frame: pl.DataFrame, prefix: str
    ) -> tuple[dict[str, pl.Series], dict[str, pl.Series]]:
        """Facts and parties of cases."""
        facts: dict[str, pl.Series] = {}
        parties: dict[str, pl.Series] = {}
        for column in frame.columns:
            name = column.removeprefix(prefix)
            if name in self.words.facts:
                found = typed(
                    frame[column], self.words.facts[name].type, f"fact {name}", self.how.timezone
                )
                facts[name] = said_once(facts.get(name), found, name)
            elif name in self.words.roles:
                lists = party_lists(frame[column], f"role {name}")
                parties[name] = said_once(parties.get(name), lists, name)
            elif self.how.unknown == "refuse":
                known = [*self.words.facts, *self.words.roles]
                raise CaseError(
                    f"column {column!r} is no fact or role of the policy"
                    f"{did_you_mean(name, known)}: rename it, drop it, or say unknown='leave-out'"
                )
        return facts, parties

    def _facts_beside(
        self, events: pl.DataFrame, facts: dict[str, pl.Series], number: Rows, ids: pl.Series
    ) -> dict[str, pl.Series]:
        """Facts that events may set, in rows of events that do not: they are of the case."""
        column, _ = self._event_and_time(events)
        types = self._types(events[column])
        found = dict(facts)
        for name in events.columns:
            if name not in self.words.facts:
                continue
            setting = [
                type_ for type_ in self.words.events if name in self.words.event_fields(type_)
            ]
            beside = events[name].is_not_null() & ~types.is_in(setting)
            if beside.any():
                given = events[name].set(~beside, None)
                known = self.words.facts[name].type
                value = typed(
                    one_each(given, number, ids), known, f"fact {name}", self.how.timezone
                )
                found[name] = said_once(found.get(name), value, name)
        return found

    # Events

    def _types(self, column: pl.Series) -> pl.Series:
        types = column.cast(pl.String)
        if self.how.activities:
            types = types.replace(dict(self.how.activities))
        return types

    def _log(
        self,
        ids: pl.Series,
        facts: dict[str, pl.Series],
        parties: dict[str, pl.Series],
        events: pl.DataFrame,
        number: Rows,
    ) -> Log:
        event, time = self._event_and_time(events)
        types = self._types(events[event])
        if types.null_count():
            raise CaseError(f"{types.null_count()} events have no type: fill column {event!r}")
        kinds = sorted(types.unique().to_list())
        strange = [kind for kind in kinds if kind not in self.words.events]
        if strange and self.how.unknown == "refuse":
            raise CaseError(
                f"event {strange[0]!r} is not declared"
                f"{did_you_mean(strange[0], self.words.events)}"
                f"{f' (and {len(strange) - 1} more types)' if len(strange) > 1 else ''}: translate "
                f"it with activities={{…}}, or say unknown='leave-out'"
            )
        if strange:
            kept = ~types.is_in(strange)
            events, types = events.filter(kept), types.filter(kept)
            number = number[kept.to_numpy()]
        at = instants(events[time], "the time of events", self.how.timezone)
        if at.null_count():
            raise CaseError(f"{at.null_count()} events have no time: fill column {time!r}")
        moments = at.to_numpy()
        if not in_order(number, moments):
            order = order_of(events, types, number, moments)
            events, types = events[order], types[order]
            number, moments = number[order.to_numpy()], moments[order.to_numpy()]
        check_counts(number, ids)
        check_event_ids(events, number, ids)
        data = events.drop(event, time, *(name for name in NOT_DATA if name in events.columns))
        codes = types.cast(pl.Enum(kinds)).to_physical().to_numpy()
        known = {}
        for code, kind in enumerate(kinds):
            position = np.flatnonzero(codes == code)
            if len(position):
                known[kind] = self._events(kind, data, position, number, moments)
        return Log(ids, facts, parties, number, moments, known)

    def _events(
        self, type_: str, data: pl.DataFrame, position: Rows, number: Rows, moments: Rows
    ) -> EventColumns:
        fields = self.words.event_fields(type_)
        values: dict[str, pl.Series] = {}
        parties: dict[str, pl.Series] = {}
        marks: dict[str, pl.Series] = {}
        for name in data.columns:
            column = take(data[name], position)
            if column.null_count() == len(column):
                continue
            what = f"{type_}.{name}"
            if name in fields:
                values[name] = typed(column, fields[name].type, what, self.how.timezone)
            elif name in self.words.roles:
                parties[name] = party_lists(column, what)
            elif name in ("id", "ref"):
                marks[name] = column.cast(pl.String)
            elif name in self.words.facts:
                continue  # said of the case
            elif self.how.unknown == "refuse":
                known = [*fields, *self.words.roles]
                raise CaseError(
                    f"{what} is not declared{did_you_mean(name, known)}: declare it under the "
                    f"event's data, rename or drop the column, or say unknown='leave-out'"
                )
        found = EventColumns(
            type_,
            position,
            number[position],
            moments[position],
            values,
            parties,
            marks.get("id"),
            marks.get("ref"),
        )
        return with_ties_in_order(found, self.words)


def column_named(frame: pl.DataFrame, given: str | None, names: Sequence[str], what: str) -> str:
    """The column that is meant: the one that is given, or the one of a usual name.

    Raises:
        CaseError: it is not there, or several have a usual name.
    """
    if given is not None:
        if given in frame.columns:
            return given
        raise CaseError(
            f"there is no column {given!r}{did_you_mean(given, frame.columns)}: "
            f"the columns are {', '.join(frame.columns)}"
        )
    found = [name for name in names if name in frame.columns]
    if len(found) == 1:
        return found[0]
    seen = f"there are {', '.join(found)}" if found else f"there is none of {', '.join(names)}"
    raise CaseError(
        f"which column names the {what} is not clear ({seen} among "
        f"{', '.join(frame.columns)}): say {what}='…'"
    )

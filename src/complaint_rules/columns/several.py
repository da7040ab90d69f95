"""Limits of which the earliest or the latest counts, for many starts at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from complaint_rules.columns.log import Rows
from complaint_rules.columns.nullable import Mask, physical
from complaint_rules.ruleset.limits import Limit, Several
from complaint_rules.time.columns import Instants
from complaint_rules.time.instants import EPOCH, to_microseconds
from complaint_rules.time.last_day import end_of_date
from complaint_rules.time.limit_columns import NONE
from complaint_rules.time.several import OneLimit

if TYPE_CHECKING:
    from complaint_rules.columns.due import DueColumns


@dataclass(slots=True)
class _Part:
    """One of the limits: the number of its duration for each row, or a moment."""

    numbers: Rows
    moment: Instants | None

    def of_row(self, row: int, due: DueColumns) -> OneLimit:
        since = due.at(int(due.started[row]))
        if self.moment is not None:
            return OneLimit(since, due.at(int(self.moment[row])), fixed=True)
        return OneLimit(since, due.durations[self.numbers[row]])


def judge_several(due: DueColumns, where: Mask, several: Several) -> None:
    """Due instants of some of the rows; where one of the limits is not known none counts."""
    parts: list[_Part] = []
    unknown, missing = due.unknown, due.missing
    absent = np.zeros(len(where), dtype=np.int32)
    for part in several.parts:
        due.unknown, due.missing = np.zeros_like(unknown), np.zeros_like(missing)
        parts.append(
            _limit(due, where, part) if isinstance(part, Limit) else _moment(due, where, part)
        )
        absent = due.state.missing.join(
            absent, np.where(due.unknown, due.missing, 0).astype(np.int32)
        )
    due.unknown, due.missing = unknown, missing
    due.unknown_in(where & (absent > 0), absent)
    left = where & (absent == 0)
    alone = left & due.moved()
    if due.rule.counting.rolls is True and any(part.moment is not None for part in parts):
        alone = left
    _together(due, left & ~alone, parts, several)
    for row in np.flatnonzero(alone).tolist():
        number = due.alone(row, [part.of_row(row, due) for part in parts], several.which)
        if number is not None:
            due.duration[row] = parts[number].numbers[row]


def _limit(due: DueColumns, where: Mask, limit: Limit) -> _Part:
    numbers = np.full(len(where), -1, dtype=np.int64)
    for number, rows in due.by_duration(where, limit):
        numbers[rows] = number
    return _Part(numbers, None)


def _moment(due: DueColumns, where: Mask, name: str) -> _Part:
    column = due.occurrences.column(name)
    moment = _ends_of_dates(due, column) if column.dtype == pl.Date else physical(column)
    moment = moment[due.rows]
    due.unknown_in(where & (moment == NONE), due.missing_name(name))
    return _Part(np.full(len(where), -1, dtype=np.int64), moment)


def _ends_of_dates(due: DueColumns, column: pl.Series) -> Instants:
    """A date is meant with its end, once for each of them."""
    days = physical(column.cast(pl.Int32).cast(pl.Int64))
    ends = {
        day: to_microseconds(end_of_date(_date(day), due.time.calendar, due.rule.counting))
        for day in np.unique(days).tolist()
        if day != NONE
    }
    found: Instants = np.array([ends.get(day, NONE) for day in days.tolist()], dtype=np.int64)
    return found


def _date(day: int) -> date:
    return EPOCH.date() + timedelta(days=day)


def _together(due: DueColumns, rows: Mask, parts: list[_Part], several: Several) -> None:
    """The rows that nothing moves."""
    index = np.flatnonzero(rows)
    ends: list[Instants] = []
    years: dict[int, str] = {}
    for part in parts:
        if part.moment is not None:
            ends.append(part.moment[index])
            continue
        found = np.full(len(index), NONE, dtype=np.int64)
        for number in np.unique(part.numbers[index]).tolist():
            some = np.flatnonzero(part.numbers[index] == number)
            answers = due.time.due(
                due.started[index[some]], due.durations[number], due.rule.counting
            )
            found[some] = answers.values
            for row, year in answers.unpublished.items():
                years.setdefault(int(index[some[row]]), year)
        ends.append(found)
    if not len(index):
        return
    table = np.stack(ends)
    counts = table.argmin(axis=0) if several.which == "earliest" else table.argmax(axis=0)
    due.due[index] = table[counts, np.arange(len(index))]
    due.duration[index] = np.stack([part.numbers[index] for part in parts])[
        counts, np.arange(len(index))
    ]
    for row, year in years.items():
        due.unknown[row] = True
        due.due[row] = NONE
        due.missing[row] = due.state.missing.code([year])

"""Due instants and lateness of one time limit, for many starts at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

import numpy as np
import polars as pl

from complaint_rules.columns.calendars import CalendarOfCases
from complaint_rules.columns.late_limits import BY_MOMENT
from complaint_rules.columns.log import Rows
from complaint_rules.columns.missing import Codes
from complaint_rules.columns.nullable import Mask, physical
from complaint_rules.columns.occurrences import Occurrences
from complaint_rules.columns.several import judge_several
from complaint_rules.columns.state import StateColumns
from complaint_rules.columns.timeline import events_since
from complaint_rules.columns.values import value_of
from complaint_rules.errors import CalendarNotPublished
from complaint_rules.judging.pauses import Change, Pauses, pauses_of
from complaint_rules.ruleset.limits import Extension, Limit
from complaint_rules.ruleset.rules import Deadline
from complaint_rules.time import (
    Agreement,
    Duration,
    needs_hours,
)
from complaint_rules.time.columns import Instants
from complaint_rules.time.instants import (
    EPOCH,
    from_microseconds,
    to_microseconds,
)
from complaint_rules.time.limit_columns import NONE, Answers
from complaint_rules.time.several import Agreed, OneLimit, course_of_one, number_that_counts


class DueColumns:
    """Works out due instants, row by row the ones that the evaluation of one case gives."""

    def __init__(
        self,
        state: StateColumns,
        rule: Deadline,
        occurrences: Occurrences,
        rows: Rows,
        position: Rows,
        done: Instants,
        calendar: CalendarOfCases,
    ) -> None:
        self.time, self.hours_missing = calendar.time, calendar.hours_missing
        self.state, self.rule, self.occurrences, self.rows = state, rule, occurrences, rows
        self.position, self.done = position, done
        count = len(rows)
        self.case = occurrences.case[rows]
        assert occurrences.event_at is not None  # noqa: S101 - a start is an event
        self.started = occurrences.event_at[rows]
        self.due: Instants = np.full(count, NONE, dtype=np.int64)
        self.target: Instants = np.full(count, NONE, dtype=np.int64)
        self.unknown: Mask = np.zeros(count, dtype=bool)
        self.missing: Codes = np.zeros(count, dtype=np.int32)
        self.durations: list[Duration] = []
        self.duration: Rows = np.full(count, BY_MOMENT, dtype=np.int64)
        """Which of the durations counts for each row."""
        self.paused: dict[int, Pauses] = {}
        self._agreed: dict[int, list[tuple[Agreed, int]]] = {}
        self._more_by_row: dict[str, tuple[Rows, list[Any], Codes]] = {}

    def work_out(self, certain: Mask) -> None:
        """Due and target instants of the rows that are certain to have started."""
        left = certain.copy()
        rule = self.rule
        self.paused = self._pauses(certain) if rule.suspended else {}
        self._agreed = self._agreements(certain) if rule.agreed else {}
        if rule.by is not None:
            moment = physical(self.occurrences.column(rule.by))[self.rows]
            by = left & (moment != NONE)
            self._by_moment(by, moment)
            left &= ~by
            if rule.within is None and rule.several is None:
                self.unknown_in(left, self.missing_name(rule.by))
                left[:] = False
        if rule.several is not None:
            judge_several(self, left, rule.several)
        elif rule.within is not None:
            self._within(left, rule.within)
        if rule.target is not None:
            self._targets(certain & ~self.unknown, rule.target)

    def missing_name(self, name: str) -> Codes:
        return self.occurrences.name_missing(name, self.rows)

    def unknown_in(self, where: Mask, codes: Codes) -> None:
        """The due instant of some rows cannot be worked out."""
        self.unknown |= where
        self.due[where] = NONE
        self.missing[where] = codes[where]

    # Durations

    def by_duration(self, where: Mask, limit: Limit) -> list[tuple[int, Mask]]:
        """Some of the rows for each duration; those without one become unknown."""
        if limit.duration is not None:
            found = [(self._number(limit.duration), where)]
        else:
            found = self._by_name(where, limit)
        return [
            (number, rows)
            for number, rows in found
            if self._countable(self.durations[number], rows)
        ]

    def _by_name(self, where: Mask, limit: Limit) -> list[tuple[int, Mask]]:
        assert limit.name is not None  # noqa: S101 - a limit is one or the other
        codes, values, missing = self._named(limit.name)
        self.unknown_in(where & (codes < 0), missing)
        return [
            (self._number(values[code]), where & (codes == code))
            for code in np.unique(codes[where]).tolist()
            if code >= 0
        ]

    def _named(self, name: str) -> tuple[Rows, list[Any], Codes]:
        """For each row the position of its duration, -1 where that is missing; the durations."""
        if name in self.state.ruleset.parameters:
            column = self.state.parameter(name)
            return column.codes[self.case], column.values, column.missing[self.case]
        given = self.occurrences.column(name)[pl.Series(self.rows)]
        type_ = self.state.ruleset.words.vocabulary(self.occurrences.scope)[name].type
        distinct = given.drop_nulls().unique().sort()
        numbers = pl.Series(range(len(distinct)), dtype=pl.Int64)
        codes = given.replace_strict(distinct, numbers, default=-1, return_dtype=pl.Int64)
        return (
            codes.fill_null(-1).to_numpy(),
            [value_of(one, type_) for one in distinct.to_list()],
            self.missing_name(name),
        )

    def _number(self, duration: Duration) -> int:
        if duration not in self.durations:
            self.durations.append(duration)
        return self.durations.index(duration)

    def _countable(self, duration: Duration, rows: Mask) -> bool:
        """Whether business hours are known where they are needed."""
        if self.hours_missing is not None and needs_hours(duration, self.rule.counting):
            self.unknown_in(rows, self.hours_missing[self.case])
            return False
        return True

    # Due instants

    def _by_moment(self, where: Mask, moment: Instants) -> None:
        """Due at moments that were given, and roll as the last days of other limits do."""
        self.due[where] = moment[where]
        zone = self.time.calendar.timezone
        alone = where & self.moved()
        if self.rule.counting.rolls is True:
            alone = where
        for row in np.flatnonzero(alone).tolist():
            self._alone(row, int(self.started[row]), from_microseconds(int(moment[row]), zone))

    def _within(self, where: Mask, limit: Limit) -> None:
        since = self.started
        before = self.rule.before
        for number, some in self.by_duration(where, limit):
            rows = some
            if before is not None:
                since = physical(self.occurrences.column(before))[self.rows]
                self.unknown_in(rows & (since == NONE), self.missing_name(before))
                rows = rows & (since != NONE)
            self.duration[rows] = number
            self._count(rows, since, self.durations[number])

    def moved(self) -> Mask:
        """The rows that a pause or an agreement may move: they are worked out one by one."""
        found = np.zeros(len(self.rows), dtype=bool)
        for row in (*self.paused, *self._agreed):
            found[row] = True
        return found

    def _count(self, rows: Mask, since: Instants, duration: Duration) -> None:
        moved = self.moved()
        index = np.flatnonzero(rows & ~moved)
        self._take(index, self.time.due(since[index], duration, self.rule.counting))
        for row in np.flatnonzero(rows & moved).tolist():
            self._alone(row, int(since[row]), duration)

    def _alone(self, row: int, since: int, limit: Duration | datetime) -> None:
        """One row, as the evaluation of one case has it."""
        self.alone(row, [OneLimit(self.at(since), limit)], "earliest")

    def alone(
        self, row: int, limits: Sequence[OneLimit], which: Literal["earliest", "latest"]
    ) -> int | None:
        """One row that several limits may have; gives back which of them counts, if any does."""
        agreed = self._agreed.get(row, [])
        paused = self.paused.get(row, Pauses())
        every, pauses = [one for one, _ in agreed], paused.all(self.end(row))
        try:
            courses = [
                course_of_one(one, self.time.calendar, self.rule.counting, pauses, every)
                for one in limits
            ]
        except CalendarNotPublished as error:
            self._missing_one(row, self.state.missing.code([f"{error.region} {error.year}"]))
            return None
        for ran in courses:
            for one, code in agreed:
                if one.agreement is ran.unknown:
                    self._missing_one(row, code)
                    return None
            if ran.due is None and paused.unknown:
                self._missing_one(row, self.state.missing.code(list(paused.unknown)))
                return None
        number = number_that_counts(which, courses)
        counts = courses[number]
        self.due[row] = NONE if counts.due is None else to_microseconds(counts.due)
        if any(isinstance(part, Agreement) and part.moment is not None for part in counts.parts):
            self.duration[row] = BY_MOMENT
            return None
        return number

    def _missing_one(self, row: int, code: int) -> None:
        self.unknown[row] = True
        self.due[row] = NONE
        self.missing[row] = code

    def _take(self, index: Rows, answers: Answers) -> None:
        self.due[index] = answers.values
        for row, year in answers.unpublished.items():
            self.unknown[index[row]] = True
            self.missing[index[row]] = self.state.missing.code([year])

    # Pauses

    def _pauses(self, where: Mask) -> dict[int, Pauses]:
        """The pauses of the case of each row that has any."""
        by_case: dict[int, Pauses] = {}
        wanted = set(self.case[where].tolist())
        for suspension in self.rule.suspended:
            dated = dict(suspension.fields)
            changes: dict[int, list[Change]] = {}
            for type_ in dict.fromkeys((*suspension.start, *suspension.end)):
                events = self.state.events.get(type_)
                if events is None:
                    continue
                field = events.data.get(dated.get(type_, ""))
                untils = None if field is None else physical(field).tolist()
                for number, (case, at) in enumerate(
                    zip(events.case.tolist(), events.at.tolist(), strict=True)
                ):
                    if case in wanted:
                        until = None if untils is None else self._instant(untils[number])
                        change = Change(self.at(at), type_, until)
                        changes.setdefault(case, []).append(change)
            for case, some in changes.items():
                some.sort(key=lambda change: change.at)
                pauses_of(suspension, some, by_case.setdefault(case, Pauses()))
        return {
            row: by_case[case]
            for row, case in enumerate(self.case.tolist())
            if case in by_case and where[row]
        }

    def at(self, microseconds: int) -> datetime:
        return from_microseconds(microseconds, self.time.calendar.timezone)

    def _instant(self, microseconds: int) -> datetime | None:
        return None if microseconds == NONE else self.at(microseconds)

    def end(self, row: int) -> datetime | None:
        return self._instant(int(self.done[row]))

    # Agreements

    def _agreements(self, certain: Mask) -> dict[int, list[tuple[Agreed, int]]]:
        """What was agreed after each start until the work was done, and the code of what is
        missing to know it.
        """
        found: dict[int, list[tuple[Agreed, int]]] = {}
        log = self.state.log
        for extension in self.rule.agreed:
            events = self.state.events.get(extension.event)
            if events is None:
                continue
            moments = np.full(len(log.at), NONE, dtype=np.int64)
            if extension.moment is not None and extension.moment in events.data:
                moments[events.position] = physical(events.data[extension.moment])
            types = (extension.event,)
            for positions in events_since(self.state, types, self.position, self.case):
                there = (positions >= 0) & certain
                if not there.any():
                    break
                at = log.at[np.where(there, positions, 0)]
                there &= (self.done == NONE) | (at <= self.done)
                for row in np.flatnonzero(there).tolist():
                    position = int(positions[row])
                    agreement, code = self._agreement(row, extension, int(moments[position]))
                    made = self.at(int(log.at[position]))
                    agreed = Agreed(replace(agreement, at=made), extension.more is not None)
                    found.setdefault(row, []).append((agreed, code))
        return found

    def _agreement(self, row: int, extension: Extension, moment: int) -> tuple[Agreement, int]:
        afterwards = extension.also_afterwards
        if extension.more is None:
            name = f"{extension.event}.{extension.moment}"
            code = self.state.missing.code([name])
            return Agreement(EPOCH, None, self._instant(moment), afterwards), code
        more, code = self._more(row, extension.more)
        unset = self.hours_missing
        if more is not None and unset is not None and needs_hours(more, self.rule.counting):
            more, code = None, int(unset[self.case[row]])
        return Agreement(EPOCH, more, None, afterwards), code

    def _more(self, row: int, limit: Limit) -> tuple[Duration | None, int]:
        if limit.duration is not None:
            return limit.duration, 0
        assert limit.name is not None  # noqa: S101 - a limit is one or the other
        if limit.name not in self._more_by_row:
            self._more_by_row[limit.name] = self._named(limit.name)
        codes, values, missing = self._more_by_row[limit.name]
        if codes[row] < 0:
            return None, int(missing[row])
        return values[codes[row]], 0

    # Targets

    def _targets(self, where: Mask, target: Limit) -> None:
        """Targets are counted like the limits, and what was agreed does not move them."""
        due, duration, agreed = self.due.copy(), self.duration.copy(), self._agreed
        self._agreed = {}
        for number, rows in self.by_duration(where, target):
            self._count(rows, self.started, self.durations[number])
            self.target[rows] = self.due[rows]
        # The limit itself was worked out before the target could not be.
        self.due, self.duration, self._agreed = due, duration, agreed

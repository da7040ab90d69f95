"""Due instants and lateness of one time limit, for many starts at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from complaint_rules.columns.calendars import CalendarOfCases
from complaint_rules.columns.instances import LATE, LATE_IN, OVERDUE
from complaint_rules.columns.log import Rows
from complaint_rules.columns.missing import Codes
from complaint_rules.columns.nullable import Mask, physical
from complaint_rules.columns.occurrences import Occurrences
from complaint_rules.columns.state import StateColumns
from complaint_rules.columns.timeline import events_since
from complaint_rules.columns.values import value_of
from complaint_rules.errors import CalendarNotPublished
from complaint_rules.judging.pauses import Change, Pauses, pauses_of
from complaint_rules.ruleset.rules import Deadline, Extension, Limit
from complaint_rules.time import (
    Agreement,
    Duration,
    course,
    needs_hours,
    overdue_days,
)
from complaint_rules.time.columns import Instants
from complaint_rules.time.instants import (
    DAY_MICROSECONDS,
    EPOCH,
    from_microseconds,
    to_microseconds,
)
from complaint_rules.time.limit_columns import NONE, Answers

BY_MOMENT = -1
"""Stands for the duration of a limit that ends at a moment given or agreed."""


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
        self._paused: dict[int, Pauses] = {}
        self._agreed: dict[int, list[tuple[Agreement, int]]] = {}
        self._more_by_row: dict[str, tuple[Rows, list[Any], Codes]] = {}

    def work_out(self, certain: Mask) -> None:
        """Due and target instants of the rows that are certain to have started."""
        left = certain.copy()
        rule = self.rule
        self._paused = self._pauses(certain) if rule.suspended else {}
        self._agreed = self._agreements(certain) if rule.agreed else {}
        if rule.by is not None:
            moment = physical(self.occurrences.column(rule.by))[self.rows]
            by = left & (moment != NONE)
            self._by_moment(by, moment)
            left &= ~by
            if rule.within is None:
                self._unknown(left, self._missing_name(rule.by))
                left[:] = False
        if rule.within is not None:
            self._within(left, rule.within)
        if rule.target is not None:
            self._targets(certain & ~self.unknown, rule.target)

    def _missing_name(self, name: str) -> Codes:
        return self.occurrences.name_missing(name, self.rows)

    def _unknown(self, where: Mask, codes: Codes) -> None:
        """The due instant of some rows cannot be worked out."""
        self.unknown |= where
        self.due[where] = NONE
        self.missing[where] = codes[where]

    # Durations

    def _by_duration(self, where: Mask, limit: Limit) -> list[tuple[int, Mask]]:
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
        self._unknown(where & (codes < 0), missing)
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
            self._missing_name(name),
        )

    def _number(self, duration: Duration) -> int:
        if duration not in self.durations:
            self.durations.append(duration)
        return self.durations.index(duration)

    def _countable(self, duration: Duration, rows: Mask) -> bool:
        """Whether business hours are known where they are needed."""
        if self.hours_missing is not None and needs_hours(duration, self.rule.counting):
            self._unknown(rows, self.hours_missing[self.case])
            return False
        return True

    # Due instants

    def _by_moment(self, where: Mask, moment: Instants) -> None:
        """Due at moments that were given, and roll as the last days of other limits do."""
        self.due[where] = moment[where]
        zone = self.time.calendar.timezone
        alone = where & self._moved()
        if self.rule.counting.rolls is True:
            alone = where
        for row in np.flatnonzero(alone).tolist():
            self._alone(row, int(self.started[row]), from_microseconds(int(moment[row]), zone))

    def _within(self, where: Mask, limit: Limit) -> None:
        since = self.started
        before = self.rule.before
        for number, some in self._by_duration(where, limit):
            rows = some
            if before is not None:
                since = physical(self.occurrences.column(before))[self.rows]
                self._unknown(rows & (since == NONE), self._missing_name(before))
                rows = rows & (since != NONE)
            self.duration[rows] = number
            self._count(rows, since, self.durations[number])

    def _moved(self) -> Mask:
        """The rows that a pause or an agreement may move: they are worked out one by one."""
        found = np.zeros(len(self.rows), dtype=bool)
        for row in (*self._paused, *self._agreed):
            found[row] = True
        return found

    def _count(self, rows: Mask, since: Instants, duration: Duration) -> None:
        moved = self._moved()
        index = np.flatnonzero(rows & ~moved)
        self._take(index, self.time.due(since[index], duration, self.rule.counting))
        for row in np.flatnonzero(rows & moved).tolist():
            self._alone(row, int(since[row]), duration)

    def _alone(self, row: int, since: int, limit: Duration | datetime) -> None:
        """One row, as the evaluation of one case has it."""
        calendar = self.time.calendar
        agreed = self._agreed.get(row, [])
        paused = self._paused.get(row, Pauses())
        try:
            ran = course(
                from_microseconds(since, calendar.timezone),
                limit,
                calendar,
                self.rule.counting,
                paused.all(self._end(row)),
                [agreement for agreement, _ in agreed],
            )
        except CalendarNotPublished as error:
            self._missing_one(row, self.state.missing.code([f"{error.region} {error.year}"]))
            return
        for agreement, code in agreed:
            if agreement is ran.unknown:
                self._missing_one(row, code)
                return
        if ran.due is None and paused.unknown:
            self._missing_one(row, self.state.missing.code(list(paused.unknown)))
            return
        self.due[row] = NONE if ran.due is None else to_microseconds(ran.due)
        if any(isinstance(part, Agreement) and part.moment is not None for part in ran.parts):
            self.duration[row] = BY_MOMENT

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
                        change = Change(self._at(at), type_, until)
                        changes.setdefault(case, []).append(change)
            for case, some in changes.items():
                some.sort(key=lambda change: change.at)
                pauses_of(suspension, some, by_case.setdefault(case, Pauses()))
        return {
            row: by_case[case]
            for row, case in enumerate(self.case.tolist())
            if case in by_case and where[row]
        }

    def _at(self, microseconds: int) -> datetime:
        return from_microseconds(microseconds, self.time.calendar.timezone)

    def _instant(self, microseconds: int) -> datetime | None:
        return None if microseconds == NONE else self._at(microseconds)

    def _end(self, row: int) -> datetime | None:
        return self._instant(int(self.done[row]))

    # Agreements

    def _agreements(self, certain: Mask) -> dict[int, list[tuple[Agreement, int]]]:
        """What was agreed after each start until the work was done, and the code of what is
        missing to know it.
        """
        found: dict[int, list[tuple[Agreement, int]]] = {}
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
                    made = self._at(int(log.at[position]))
                    found.setdefault(row, []).append((replace(agreement, at=made), code))
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

    # Targets and lateness

    def _targets(self, where: Mask, target: Limit) -> None:
        """Targets are counted like the limits, and what was agreed does not move them."""
        due, duration, agreed = self.due.copy(), self.duration.copy(), self._agreed
        self._agreed = {}
        for number, rows in self._by_duration(where, target):
            self._count(rows, self.started, self.durations[number])
            self.target[rows] = self.due[rows]
        # The limit itself was worked out before the target could not be.
        self.due, self.duration, self._agreed = due, duration, agreed

    def _stand_still(self, days: Rows, late: Mask, until: Instants, missing: Codes) -> None:
        """Take out the pauses that began after a limit ran out, row by row."""
        reading, calendar = self.rule.overdue_days, self.time.calendar
        assert reading is not None  # noqa: S101 - days are counted
        for row, paused in self._paused.items():
            if not late[row]:
                continue
            due, last = self._at(int(self.due[row])), self._at(int(until[row]))
            if unknown := paused.unknown_since(due):
                missing[row] = missing[row] or self.state.missing.code(unknown)
            elif days[row] != NONE:
                pauses = paused.all(self._end(row))
                days[row] = overdue_days(due, last, reading, calendar, pauses)

    def lateness(self, status: Rows, done: Instants) -> tuple[Instants, Rows, Rows, Codes]:
        """How late, in what (a position in ``LATE_IN``), overdue days, and missing years."""
        count = len(self.rows)
        late_by = np.full(count, NONE, dtype=np.int64)
        late_in = np.full(count, NONE, dtype=np.int64)
        reading = self.rule.overdue_days
        days = np.full(count, NONE if reading is None else 0, dtype=np.int64)
        missing = np.zeros(count, dtype=np.int32)
        late = ((status == LATE) | (status == OVERDUE)) & (self.due != NONE)
        until = np.where(done == NONE, self.state.as_of, done)
        for number in range(BY_MOMENT, len(self.durations)):
            index = np.flatnonzero(late & (self.duration == number))
            if not len(index):
                continue
            duration = None if number == BY_MOMENT else self.durations[number]
            answers, unit = self.time.lateness(self.due[index], until[index], duration)
            values = answers.values
            if unit.endswith("days"):
                values = np.where(values == NONE, NONE, values * DAY_MICROSECONDS)
            late_by[index] = values
            late_in[index] = LATE_IN.index(unit)
            for row, year in answers.unpublished.items():
                late_in[index[row]] = NONE
                missing[index[row]] = self.state.missing.code([year])
            within_a_day = (late_by == NONE) & late & (self.duration == number) & (missing == 0)
            late_by[within_a_day] = until[within_a_day] - self.due[within_a_day]
            late_in[within_a_day] = LATE_IN.index("elapsed")
        if reading == "started-working-days" and self.hours_missing is not None:
            unset = late & (missing == 0)
            missing[unset] = self.hours_missing[self.case[unset]]
            days[late] = NONE
        elif reading is not None:
            index = np.flatnonzero(late)
            answers = self.time.overdue_days(self.due[index], until[index], reading)
            days[index] = answers.values
            if self.rule.stands_still:
                self._stand_still(days, late, until, missing)
            for row, year in answers.unpublished.items():
                if missing[index[row]] == 0:
                    missing[index[row]] = self.state.missing.code([year])
            # Where lateness reaches into a year without a calendar, days are not counted either.
            days[missing > 0] = NONE
        return late_by, late_in, days, missing

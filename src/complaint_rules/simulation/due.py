"""Due instants and lateness of one time limit, for many starts at once."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

import numpy as np

from complaint_rules.errors import CalendarNotPublished
from complaint_rules.evaluation.deadlines import closed_pauses, pauses
from complaint_rules.policy.rules import Deadline, Limit
from complaint_rules.simulation.instances import LATE, LATE_IN, OVERDUE
from complaint_rules.simulation.log import Rows
from complaint_rules.simulation.missing import Codes
from complaint_rules.simulation.nullable import Mask, physical
from complaint_rules.simulation.occurrences import Occurrences
from complaint_rules.simulation.state import StateColumns
from complaint_rules.simulation.timeline import events_since
from complaint_rules.time import Duration, Elapsed, Pause, Working, due_instant
from complaint_rules.time.columns import Instants
from complaint_rules.time.instants import DAY_MICROSECONDS, from_microseconds, to_microseconds
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
    ) -> None:
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

    def work_out(self, certain: Mask) -> None:
        """Due and target instants of the rows that are certain to have started."""
        left = certain.copy()
        rule = self.rule
        if rule.by is not None:
            moment = physical(self.occurrences.column(rule.by))[self.rows]
            by = left & (moment != NONE)
            self.due[by] = moment[by]
            left &= ~by
            if rule.within is None:
                self._unknown(left, self._missing_name(rule.by))
                left[:] = False
        if rule.within is not None:
            self._within(left, rule.within)
        if rule.agreed:
            self._agree(certain)
        if rule.target is not None:
            self._targets(certain & ~self.unknown, rule.target)

    def _missing_name(self, name: str) -> Codes:
        return self.occurrences.name_missing(name, self.rows)

    def _unknown(self, where: Mask, codes: Codes) -> None:
        """The due instant of some rows cannot be worked out."""
        self.unknown |= where
        self.due[where] = NONE
        self.missing[where] = codes[where]

    def _code(self, name: str) -> Codes:
        return np.full(len(self.rows), self.state.missing.code([name]), dtype=np.int32)

    # Durations

    def _by_duration(self, where: Mask, limit: Limit) -> list[tuple[int, Mask]]:
        """Some of the rows for each duration; those without one become unknown."""
        if limit.duration is not None:
            found = [(self._number(limit.duration), where)]
        else:
            assert limit.parameter is not None  # noqa: S101 - a limit is one or the other
            column = self.state.parameter(limit.parameter)
            codes = column.codes[self.case]
            self._unknown(where & (codes < 0), column.missing[self.case])
            found = []
            for code, duration in enumerate(column.values):
                rows = where & (codes == code)
                if rows.any():
                    found.append((self._number(duration), rows))  # type: ignore[arg-type]
        return [
            (number, rows)
            for number, rows in found
            if self._countable(self.durations[number], rows)
        ]

    def _number(self, duration: Duration) -> int:
        if duration not in self.durations:
            self.durations.append(duration)
        return self.durations.index(duration)

    def _countable(self, duration: Duration, rows: Mask) -> bool:
        """Whether business hours are known where they are needed."""
        unset = self.state.ruleset.unset_hours
        closes = self.rule.counting.last_day_ends == "close" and not isinstance(duration, Elapsed)
        if unset is not None and (closes or isinstance(duration, Working)):
            self._unknown(rows, self._code(unset))
            return False
        return True

    # Due instants

    def _within(self, where: Mask, limit: Limit) -> None:
        since = self.started
        before = self.rule.before
        paused = self._pauses(where) if self.rule.suspended else {}
        for number, some in self._by_duration(where, limit):
            rows = some
            if before is not None:
                since = physical(self.occurrences.column(before))[self.rows]
                self._unknown(rows & (since == NONE), self._missing_name(before))
                rows = rows & (since != NONE)
            self.duration[rows] = number
            self._count(rows, since, self.durations[number], paused)

    def _count(
        self, rows: Mask, since: Instants, duration: Duration, paused: dict[int, tuple[Pause, ...]]
    ) -> None:
        plain = rows.copy()
        plain[[row for row in paused if rows[row]]] = False
        index = np.flatnonzero(plain)
        answers = self.state.time.due(since[index], duration, self.rule.counting)
        self._take(index, answers)
        zone = self.state.time.calendar.timezone
        for row in np.flatnonzero(rows & ~plain).tolist():
            start = from_microseconds(int(since[row]), zone)
            one = Answers(np.array([NONE], dtype=np.int64))
            try:
                due = due_instant(
                    start, duration, self.state.time.calendar, self.rule.counting, paused[row]
                )
                one.values[0] = NONE if due is None else to_microseconds(due)
            except CalendarNotPublished as error:
                one.unpublished[0] = f"{error.region} {error.year}"
            self._take(np.array([row]), one)

    def _take(self, index: Rows, answers: Answers) -> None:
        self.due[index] = answers.values
        for row, year in answers.unpublished.items():
            self.unknown[index[row]] = True
            self.missing[index[row]] = self.state.missing.code([year])

    def _pauses(self, where: Mask) -> dict[int, tuple[Pause, ...]]:
        """The pauses of each row that has any."""
        found: dict[int, list[Pause]] = {}
        zone = self.state.time.calendar.timezone
        for suspension in self.rule.suspended:
            types = (*suspension.start, *suspension.end)
            begins = np.zeros(len(self.state.log.at), dtype=bool)
            # An event at the same time that starts a pause comes before one that ends it.
            rank = np.zeros(len(self.state.log.at), dtype=np.int64)
            for order, type_ in enumerate(types):
                events = self.state.events.get(type_)
                if events is not None:
                    begins[events.position] = order < len(suspension.start)
                    rank[events.position] = order
            changes: list[tuple[int, int, int, int]] = []
            for positions in events_since(self.state, types, self.position, self.case):
                rows = np.flatnonzero((positions >= 0) & where)
                if not len(rows):
                    break
                changes += [
                    (row, int(self.state.log.at[at]), int(rank[at]), at)
                    for row, at in zip(rows.tolist(), positions[rows].tolist(), strict=True)
                ]
            for row, some in groupby(sorted(changes), key=lambda change: change[0]):
                found.setdefault(row, []).extend(
                    pauses(
                        (from_microseconds(moment, zone), bool(begins[at]))
                        for _, moment, _, at in some
                    )
                )
        return {row: closed_pauses(some, self._end(row)) for row, some in found.items()}

    def _end(self, row: int) -> datetime | None:
        end = int(self.done[row])
        return None if end == NONE else from_microseconds(end, self.state.time.calendar.timezone)

    # Agreements

    def _agree(self, certain: Mask) -> None:
        """Later moments that were agreed, one after the other."""
        log = self.state.log
        for extension in self.rule.agreed:
            events = self.state.events.get(extension.event)
            if events is None:
                continue
            agreed = np.full(len(log.at), NONE, dtype=np.int64)
            if extension.moment is not None and extension.moment in events.data:
                agreed[events.position] = physical(events.data[extension.moment])
            types = (extension.event,)
            for positions in events_since(self.state, types, self.position, self.case):
                there = (positions >= 0) & certain
                if not there.any():
                    break
                at = log.at[np.where(there, positions, 0)]
                counts = there & ~self.unknown & ((self.done == NONE) | (at <= self.done))
                counts &= (self.due == NONE) | (at <= self.due)
                if extension.more is not None:
                    counts &= self.due != NONE
                    if counts.any() and self._countable(extension.more, counts):
                        index = np.flatnonzero(counts)
                        self._take(
                            index,
                            self.state.time.due(
                                self.due[index], extension.more, self.rule.counting
                            ),
                        )
                else:
                    moment = agreed[np.where(there, positions, 0)]
                    name = f"{extension.event}.{extension.moment}"
                    self._unknown(counts & (moment == NONE), self._code(name))
                    counts &= moment != NONE
                    self.due[counts] = moment[counts]
                    self.duration[counts] = BY_MOMENT

    # Targets and lateness

    def _targets(self, where: Mask, target: Limit) -> None:
        due = self.due.copy()
        for number, rows in self._by_duration(where, target):
            index = np.flatnonzero(rows)
            answers = self.state.time.due(
                self.started[index], self.durations[number], self.rule.counting
            )
            self.target[index] = answers.values
            for row, year in answers.unpublished.items():
                self.unknown[index[row]] = True
                self.missing[index[row]] = self.state.missing.code([year])
        # The limit itself was worked out before the target could not be.
        self.due = due

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
            answers, unit = self.state.time.lateness(self.due[index], until[index], duration)
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
        if reading is not None:
            index = np.flatnonzero(late)
            answers = self.state.time.overdue_days(self.due[index], until[index], reading)
            days[index] = answers.values
            for row, year in answers.unpublished.items():
                if missing[index[row]] == 0:
                    missing[index[row]] = self.state.missing.code([year])
            # Where lateness reaches into a year without a calendar, days are not counted either.
            days[missing > 0] = NONE
        return late_by, late_in, days, missing

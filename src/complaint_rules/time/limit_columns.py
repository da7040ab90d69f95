"""Time limits of many instants at once, with NumPy (the extra ``simulation``).

Every answer is the one that ``due_instant``, ``overdue_days`` and ``lateness`` give. Where an
answer depends on a date alone they are asked once for each date; where it reaches into a year
without an official calendar they are asked for each instant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from complaint_rules.errors import CalendarNotPublished
from complaint_rules.time.columns import Instants, WorkingColumns
from complaint_rules.time.counting import DayCounting, count_working_dates
from complaint_rules.time.due import due_instant
from complaint_rules.time.durations import Duration, Elapsed, Working, WorkingDays, parts_of
from complaint_rules.time.instants import (
    DAY_MICROSECONDS,
    EPOCH,
    from_microseconds,
    to_microseconds,
)
from complaint_rules.time.last_day import clock_of
from complaint_rules.time.overdue import LatenessUnit, OverdueReading, overdue_days
from complaint_rules.time.working import WorkingCalendar

NONE: Final = np.iinfo(np.int64).min
"""Stands for no instant and for no number."""

Codes = NDArray[np.int32]
Days = NDArray[np.int64]
"""Dates, as days since 1970."""

EPOCH_DAY: Final = EPOCH.date()

_NEAR: Final = 5 * 366 * DAY_MICROSECONDS


@dataclass(slots=True)
class Answers:
    """Instants or numbers; ``NONE`` where a year is missing, which ``unpublished`` then names."""

    values: Instants
    unpublished: dict[int, str] = field(default_factory=dict)
    """The year that is missing, by position."""


class LimitColumns:
    """The time limits of one calendar for instants around those from ``first`` to ``last``.

    >>> calendar = WorkingCalendar("Asia/Shanghai", ["09:00-12:00", "13:30-18:00"])
    >>> start = to_microseconds(EPOCH + timedelta(days=20_000))
    >>> columns = LimitColumns(calendar, start, start)
    >>> due = columns.due(np.array([start]), WorkingDays(1), DayCounting()).values
    >>> due.astype("datetime64[us]").tolist()  # in UTC
    [datetime.datetime(2024, 10, 7, 15, 59, 59, 999999)]
    """

    def __init__(self, calendar: WorkingCalendar, first: int, last: int) -> None:
        self.calendar = calendar
        self._by_date: dict[tuple[Duration, DayCounting], dict[int, int | str]] = {}
        self._span(first, last)

    def on(self, calendar: WorkingCalendar) -> LimitColumns:
        """The same instants on another calendar."""
        return LimitColumns(calendar, *self._covered)

    def _span(self, first: int, last: int) -> None:
        """Cover the dates from one instant until another."""
        days = [from_microseconds(at, self.calendar.timezone).date() for at in (first, last)]
        self._first_day = max(days[0].toordinal() - 1, 1) - EPOCH_DAY.toordinal()
        final = min(days[1].toordinal() + 2, date.max.toordinal()) - EPOCH_DAY.toordinal()
        self._midnights: Instants = np.array(
            [
                to_microseconds(self.calendar.wall(_date(day), 0))
                for day in range(self._first_day, final + 1)
            ],
            dtype=np.int64,
        )
        self._covered = (first, last)
        self._years = (days[0].year, min(days[1].year + 1, date.max.year))
        self._working: WorkingColumns | None = None
        self._dates: tuple[Days, Days] | None = None

    def _cover(self, instants: Instants) -> None:
        if len(instants):
            first, last = int(instants.min()), int(instants.max())
            if first < self._covered[0] or last > self._covered[1]:
                self._span(min(first, self._covered[0]), max(last, self._covered[1]))

    def days(self, instants: Instants) -> Days:
        """The local date of each instant."""
        self._cover(instants)
        last = len(self._midnights) - 2
        # The clocks are never a day off, so the first guess is at most one day wrong.
        guess = (instants - self._midnights[0]) // DAY_MICROSECONDS
        guess = np.clip(guess, 0, last)
        guess -= (instants < self._midnights[guess]) & (guess > 0)
        guess += (instants >= self._midnights[guess + 1]) & (guess < last)
        # A skipped date has no time of its own.
        guess += (instants >= self._midnights[guess + 1]) & (guess < last)
        found: Days = guess + self._first_day
        return found

    # Instants

    def times_of_day(self, instants: Instants) -> Answers:
        """The time that the clock shows at each instant, in microseconds."""

        def one(row: int) -> int:
            return clock_of(from_microseconds(int(instants[row]), self.calendar.timezone))

        near = self._near(instants)
        found = np.full(len(instants), NONE, dtype=np.int64)
        place = self.days(instants[near]) - self._first_day
        begins = self._midnights[place]
        found[near] = instants[near] - begins
        asked = ~near
        # On a day of another length the clocks change.
        asked[near] = self._midnights[place + 1] - begins != DAY_MICROSECONDS
        return self._of_each(instants, asked, found, one)

    def open_at(self, instants: Instants) -> Answers:
        """Whether each instant lies in business hours."""

        def one(row: int) -> int:
            return self.calendar.is_open(
                from_microseconds(int(instants[row]), self.calendar.timezone)
            )

        near = self._near(instants)
        self._cover(instants[near])
        columns = self._working_columns()
        found = np.full(len(instants), NONE, dtype=np.int64)
        if columns is not None:
            near &= columns.covers(instants)
            found[near] = columns.open_at(instants[near])
            return self._of_each(instants, ~near, found, one)
        return self._of_each(instants, np.ones(len(instants), bool), found, one)

    def worked_on(self, instants: Instants) -> Answers:
        """Whether the local date of each instant is a working day."""

        def one(row: int) -> int:
            at = from_microseconds(int(instants[row]), self.calendar.timezone)
            return self.calendar.is_working_day(at.date())

        near = self._near(instants)
        found = np.full(len(instants), NONE, dtype=np.int64)
        place = self.days(instants[near]) - self._first_day
        working, unknown = (
            np.diff(counts, prepend=0)[place] for counts in self._working_day_counts()
        )
        found[near] = working
        asked = ~near
        asked[near] = unknown > 0
        return self._of_each(instants, asked, found, one)

    def _near(self, instants: Instants) -> NDArray[np.bool_]:
        """Those for which it pays to work out the years between: others are asked alone."""
        first, last = self._covered
        return (instants >= first - _NEAR) & (instants <= last + _NEAR)

    def _of_each(
        self,
        instants: Instants,
        asked: NDArray[np.bool_],
        found: Instants,
        one: Callable[[int], int],
    ) -> Answers:
        rows: Instants = np.arange(len(instants), dtype=np.int64)
        return self._one_by_one(rows, asked, found, one)

    # Due instants

    def due(self, starts: Instants, duration: Duration, counting: DayCounting) -> Answers:
        """When a limit without pauses that starts at each of the instants ends."""
        if isinstance(duration, Elapsed) and counting.taken_in is None:
            return Answers(starts + duration.microseconds)

        def one(start: int) -> int:
            at = from_microseconds(start, self.calendar.timezone)
            due = due_instant(at, duration, self.calendar, counting)
            assert due is not None  # noqa: S101 - nothing pauses it
            return to_microseconds(due)

        if counting.taken_in is not None:
            return self._one_by_one(starts, np.ones(len(starts), bool), starts.copy(), one)
        if isinstance(duration, Working):
            self._cover(starts)
            columns = self._working_columns()
            if columns is None:
                return self._one_by_one(starts, np.ones(len(starts), bool), starts.copy(), one)
            found, outside = columns.added(starts, duration.microseconds)
            return self._one_by_one(starts, outside, found, one)
        if counting.at is not None:
            answers = self._due_by_date(starts, (duration, counting), one)
            # One that would end before it begins ends a day later.
            early = (answers.values != NONE) & (answers.values <= starts)
            later = self._one_by_one(starts, early, answers.values, one)
            return Answers(later.values, {**answers.unpublished, **later.unpublished})
        if counting.last_day_ends == "midnight":
            return self._due_by_date(starts, (duration, counting), one)
        return self._one_by_one(starts, np.ones(len(starts), bool), starts.copy(), one)

    def _due_by_date(
        self, starts: Instants, limit: tuple[Duration, DayCounting], one: Callable[[int], int]
    ) -> Answers:
        known = self._by_date.setdefault(limit, {})
        days = self.days(starts)
        index = days - self._first_day
        table = np.full(len(self._midnights), NONE, dtype=np.int64)
        present = np.zeros(len(self._midnights), dtype=bool)
        present[index] = True
        for place in np.flatnonzero(present).tolist():
            day = place + self._first_day
            if day not in known:
                try:
                    known[day] = one(int(self._midnights[place]))
                except CalendarNotPublished as error:
                    known[day] = f"{error.region} {error.year}"
            answer = known[day]
            if isinstance(answer, int):
                table[place] = answer
        answers = Answers(table[index])
        for row in np.flatnonzero(answers.values == NONE).tolist():
            answers.unpublished[row] = str(known[int(days[row])])
        return answers

    def _one_by_one(
        self,
        starts: Instants,
        asked: NDArray[np.bool_],
        found: Instants,
        one: Callable[[int], int],
    ) -> Answers:
        answers = Answers(found)
        known: dict[int, int | str] = {}
        for row in np.flatnonzero(asked).tolist():
            start = int(starts[row])
            if start not in known:
                try:
                    known[start] = one(start)
                except CalendarNotPublished as error:
                    known[start] = f"{error.region} {error.year}"
            answer = known[start]
            if isinstance(answer, int):
                found[row] = answer
            else:
                found[row] = NONE
                answers.unpublished[row] = answer
        return answers

    # Lateness

    def overdue_days(self, due: Instants, until: Instants, reading: OverdueReading) -> Answers:
        """How many days each ``until`` lies after its due instant."""
        late = until > due
        match reading:
            case "started-days":
                counted = -(-(until - due) // DAY_MICROSECONDS)
            case "completed-days":
                counted = (until - due) // DAY_MICROSECONDS
            case "calendar-dates":
                counted = self.days(until) - self.days(due)
            case "working-dates" | "started-working-days":
                return self._working_overdue(due, until, reading)
        return Answers(np.where(late, counted, 0))

    def _working_overdue(self, due: Instants, until: Instants, reading: OverdueReading) -> Answers:
        def one(row: int) -> int:
            zone = self.calendar.timezone
            end = from_microseconds(int(until[row]), zone)
            return overdue_days(from_microseconds(int(due[row]), zone), end, reading, self.calendar)

        if reading == "working-dates":
            counted, unknown = self._working_dates(due, until)
        else:
            worked, unknown = self._worked(due, until)
            counted = np.maximum(1, -(-worked // self.calendar.ordinary_day))
        late = until > due
        rows: Instants = np.arange(len(due), dtype=np.int64)
        return self._one_by_one(rows, unknown & late, np.where(late, counted, 0), one)

    def lateness(
        self, due: Instants, done: Instants, duration: Duration | None
    ) -> tuple[Answers, LatenessUnit]:
        """How late each is: microseconds, or days, in the unit that is given back with it.

        A limit in calendar days that is missed on its last day is late by clock time: that is
        ``NONE`` here, and ``done - due``.
        """
        if duration is not None:
            duration = parts_of(duration)[-1]
        if isinstance(duration, Working):
            worked, unknown = self._worked(due, done)
            return self._one_by_one(
                np.arange(len(due), dtype=np.int64), unknown, worked, self._worked_one(due, done)
            ), "working"
        if duration is None or isinstance(duration, Elapsed):
            return Answers(done - due), "elapsed"
        if isinstance(duration, WorkingDays):
            counted, unknown = self._working_dates(due, done)

            def one(row: int) -> int:
                zone = self.calendar.timezone
                first, last = (from_microseconds(int(at[row]), zone).date() for at in (due, done))
                return count_working_dates(first, last, self.calendar)

            rows: Instants = np.arange(len(due), dtype=np.int64)
            return self._one_by_one(rows, unknown, counted, one), "working days"
        counted = self.days(done) - self.days(due)
        return Answers(np.where(counted > 0, counted, NONE)), "calendar days"

    def _worked_one(self, due: Instants, done: Instants) -> Callable[[int], int]:
        def one(row: int) -> int:
            zone = self.calendar.timezone
            first, last = (from_microseconds(int(at[row]), zone) for at in (due, done))
            return self.calendar.between(first, last).microseconds

        return one

    def _worked(self, first: Instants, last: Instants) -> tuple[Instants, NDArray[np.bool_]]:
        self._cover(first)
        self._cover(last)
        columns = self._working_columns()
        if columns is None:
            return np.zeros(len(first), dtype=np.int64), np.ones(len(first), bool)
        outside = ~(columns.covers(first) & columns.covers(last))
        inside = ~outside
        worked = np.zeros(len(first), dtype=np.int64)
        worked[inside] = columns.between(first[inside], last[inside])
        return worked, outside

    def _working_dates(self, after: Instants, until: Instants) -> tuple[Days, NDArray[np.bool_]]:
        """How many working dates come after one date up to another, and where that is unknown."""
        self._cover(after)
        self._cover(until)
        working, unknown = self._working_day_counts()
        first, last = (self.days(at) - self._first_day for at in (after, until))
        return working[last] - working[first], unknown[last] > unknown[first]

    def _working_day_counts(self) -> tuple[Days, Days]:
        if self._dates is None:
            flags = []
            for index in range(len(self._midnights)):
                try:
                    flags.append(int(self.calendar.is_working_day(_date(self._first_day + index))))
                except CalendarNotPublished:
                    flags.append(-1)
            found: Days = np.array(flags, dtype=np.int64)
            self._dates = np.cumsum(found == 1), np.cumsum(found == -1)
        return self._dates

    def _working_columns(self) -> WorkingColumns | None:
        """Working time in the longest run of years whose calendar is published."""
        if self._working is None:
            runs: list[list[int]] = [[]]
            for year in range(self._years[0], self._years[1] + 1):
                if self._is_published(year):
                    runs[-1].append(year)
                else:
                    runs.append([])
            longest = max(runs, key=len)
            if not longest:
                return None
            self._working = WorkingColumns(
                self.calendar, date(longest[0], 1, 1), date(longest[-1], 12, 31)
            )
        return self._working

    def _is_published(self, year: int) -> bool:
        official = self.calendar.official
        return official is None or self.calendar.provisional or official.is_published(year)


def _date(day: int) -> date:
    return EPOCH_DAY + timedelta(days=day)

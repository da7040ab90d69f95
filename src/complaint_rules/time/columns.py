"""Working time of many instants at once, with NumPy (the extra ``simulation``).

Instants are whole microseconds since 1970 in UTC, as Arrow, Polars and NumPy keep them; amounts are
microseconds of working time. Every answer is the one ``WorkingCalendar`` gives.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from complaint_rules.errors import TimeError
from complaint_rules.time.instants import DAY_MICROSECONDS, to_microseconds
from complaint_rules.time.working import WorkingCalendar

Instants = NDArray[np.int64]
"""Microseconds since 1970 in UTC."""


class WorkingColumns:
    """The working time of a calendar between two dates, for columns of instants.

    Args:
        calendar: whose hours and days count.
        first: the first date on which an instant or an answer may lie; its whole year is covered.
        last: the last one.

    Raises:
        CalendarNotPublished: the official calendar does not know one of the years.
        TimeError: there is no working time in them at all.

    >>> from datetime import datetime
    >>> office = WorkingCalendar("Asia/Shanghai", ["09:00-12:00", "13:30-18:00"])
    >>> columns = WorkingColumns(office, date(2026, 1, 1), date(2026, 12, 31))
    >>> noon = to_microseconds(datetime.fromisoformat("2026-03-02T11:30:00+08:00"))
    >>> due = columns.add([noon], [3_600_000_000])
    >>> due.astype("datetime64[us]").tolist()  # in UTC
    [datetime.datetime(2026, 3, 2, 6, 0)]
    """

    def __init__(self, calendar: WorkingCalendar, first: date, last: date) -> None:
        opens, closes = calendar.segments(first.year, last.year)
        self._opens: Instants = np.asarray(opens, dtype=np.int64)
        self._closes: Instants = np.asarray(closes, dtype=np.int64)
        self._through: Instants = np.cumsum(self._closes - self._opens)
        self._before: Instants = self._through - (self._closes - self._opens)
        self._begins = to_microseconds(calendar.wall(date(first.year, 1, 1), 0))
        self._ends = to_microseconds(calendar.wall(date(last.year, 12, 31), DAY_MICROSECONDS))
        if not opens:
            raise TimeError("the calendar has no working time in these years: check its hours")

    def between(self, starts: ArrayLike, ends: ArrayLike) -> NDArray[np.int64]:
        """The working time from each start to its end, negative where the end is the earlier.

        Raises:
            TimeError: an instant lies outside the years that are covered.
        """
        return self._worked(self._within(ends)) - self._worked(self._within(starts))

    def add(self, instants: ArrayLike, amounts: ArrayLike) -> Instants:
        """The instants at which the amounts are used up; negative ones go back, none opens.

        Raises:
            TimeError: an instant or an answer lies outside the years that are covered.
        """
        found, outside = self.added(self._within(instants), amounts)
        if outside.any():
            raise TimeError(
                f"{int(outside.sum())} of {outside.size} answers lie outside the years covered: "
                f"cover more years"
            )
        return found

    def added(self, instants: ArrayLike, amounts: ArrayLike) -> tuple[Instants, NDArray[np.bool_]]:
        """What ``add`` answers, and where that is no answer because it lies outside the years."""
        at, amount = np.broadcast_arrays(
            np.atleast_1d(np.asarray(instants, dtype=np.int64)),
            np.asarray(amounts, dtype=np.int64),
        )
        target = self._worked(at) + amount
        index = np.searchsorted(self._through, target, side="left")
        back, none = amount < 0, amount == 0
        if back.any():
            index[back] = np.searchsorted(self._through, target[back], side="right")
        if none.any():
            index[none] = np.searchsorted(self._closes, at[none], side="right")
        outside = ~self.covers(at) | (target < 0) | (target > int(self._through[-1]))
        outside |= index >= len(self._opens)
        index[outside] = 0
        found: Instants = self._opens[index] + target - self._before[index]
        if none.any():
            found[none] = np.maximum(at[none], self._opens[index[none]])
        return found, outside

    def open_at(self, instants: Instants) -> NDArray[np.bool_]:
        """Whether instants, in the years that are covered, lie in business hours."""
        index = np.searchsorted(self._opens, instants, side="right") - 1
        found: NDArray[np.bool_] = (index >= 0) & (instants < self._closes[index])
        return found

    def covers(self, instants: Instants) -> NDArray[np.bool_]:
        """Whether instants lie in the years that are covered."""
        within: NDArray[np.bool_] = (instants >= self._begins) & (instants < self._ends)
        return within

    def _within(self, instants: ArrayLike) -> Instants:
        at: Instants = np.atleast_1d(np.asarray(instants, dtype=np.int64))
        outside = ~self.covers(at)
        if outside.any():
            raise TimeError(
                f"{int(outside.sum())} of {at.size} instants lie outside the years covered: "
                f"cover more years"
            )
        return at

    def _worked(self, at: Instants) -> NDArray[np.int64]:
        """The working time since the first of the years."""
        index = np.searchsorted(self._opens, at, side="right") - 1
        worked: NDArray[np.int64] = np.minimum(at, self._closes[index])
        worked += self._before[index] - self._opens[index]
        worked[index < 0] = 0
        return worked


__all__ = ["WorkingColumns"]

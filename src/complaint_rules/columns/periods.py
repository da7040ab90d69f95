"""How often an amount accrues: the columnar reading of ``time.periods``, without pauses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import LimitColumns
from complaint_rules.time.periods import DATES, MICROSECONDS, AccrualPeriod

Counts = NDArray[np.int64]


def periods_of_columns(
    due: Instants, until: Instants, period: AccrualPeriod, time: LimitColumns
) -> Counts:
    """How many periods lie between each due instant and its end; 0 where that is not later."""
    if period.unit in MICROSECONDS:
        length = period.number * MICROSECONDS[period.unit]
        late = until - due
        counted = np.maximum(1, -(-late // length)) if period.started else late // length
    else:
        first, today = time.days(due), time.days(until)
        if period.unit in DATES:
            over = np.maximum(today - first - 1, 0) // (period.number * DATES[period.unit])
        else:
            over = _months_over(first, today, period.number)
        counted = over + 1 if period.started else over
    return np.where(until > due, counted, 0).astype(np.int64)


def _months_over(due: Counts, today: Counts, number: int) -> Counts:
    due_month, due_day = _split(due)
    month, day = _split(today)
    length = (month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")
    months = (month - due_month).astype(np.int64)
    over, rest = months // number, months % number
    is_last = (rest == 0) & (np.minimum(due_day, length.astype(np.int64)) >= day)
    found: Counts = np.maximum(over - is_last, 0)
    return found


def _split(days: Counts) -> tuple[NDArray[np.datetime64], Counts]:
    """The month and the day of the month of each date."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    return months, (dates - months.astype("datetime64[D]")).astype(np.int64) + 1

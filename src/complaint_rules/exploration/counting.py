"""The instants at which an event that is moved changes what counts come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from complaint_rules.errors import TimeError
from complaint_rules.ruleset.counts import Count
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.time import WorkingCalendar, due_instant
from complaint_rules.time.instants import DAY_MICROSECONDS, from_microseconds, to_microseconds

_FARTHEST_DAYS: Final = 36_600


def instants_of_counts(
    ruleset: Ruleset, others: Iterable[tuple[str, datetime]], as_of: datetime
) -> Iterator[int]:
    """Where what happened besides, and the instant of the decision, leave the windows of counts,
    and where they begin to be within that of the event; and the ends of their cycles.
    """
    counts = ruleset.words.counts.values()
    if not counts:
        return
    happened = [*others]
    for count in counts:
        moments = [at for kind, at in happened if kind in count.of]
        for at in [*moments, as_of]:
            with suppress(TimeError):  # that far away is no calendar, or no year at all
                yield from _around(count, at, ruleset.calendar)


def _around(count: Count, at: datetime, calendar: WorkingCalendar) -> Iterator[int]:
    if count.cycle is not None:
        day = at.astimezone(calendar.timezone).date()
        yield to_microseconds(calendar.wall(count.cycle.begin(day), 0))
        yield to_microseconds(calendar.wall(count.cycle.end(day), 0))
    if count.within is not None:
        yield _last(count, at, calendar) + 1
        yield _first(count, at, calendar)


def _last(count: Count, at: datetime, calendar: WorkingCalendar) -> int:
    assert count.within is not None  # noqa: S101 - the caller has looked
    due = due_instant(at, count.within, calendar, count.counting)
    assert due is not None  # noqa: S101 - nothing pauses it
    return to_microseconds(due)


def _first(count: Count, at: datetime, calendar: WorkingCalendar) -> int:
    """The first instant from which what happens still counts at ``at``."""
    end = to_microseconds(at)

    def counts(start: int) -> bool:
        return _last(count, from_microseconds(start, calendar.timezone), calendar) >= end

    step, low = DAY_MICROSECONDS, end
    while counts(low) and step < _FARTHEST_DAYS * DAY_MICROSECONDS:
        low, step = end - step, 2 * step
    high = end
    while high - low > 1:
        middle = (low + high) // 2
        if counts(middle):
            high = middle
        else:
            low = middle
    return high

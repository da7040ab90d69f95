"""What is worked out from an instant of a case: its time of day, and whether business is open."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from complaint_rules.errors import CalendarNotPublished
from complaint_rules.expressions import OfInstant, Value
from complaint_rules.judging.items import Missing

if TYPE_CHECKING:
    from complaint_rules.judging.state import Occurrence, Reader, State
    from complaint_rules.time import WorkingCalendar


def reader_of_instant(of: OfInstant, instant: Reader) -> Reader:
    """Reads a function of the instant that another reader reads; ``None`` where it is unknown."""

    def read(state: State, occurrence: Occurrence) -> Value | None:
        at = instant(state, occurrence)
        if not isinstance(at, datetime):
            return None
        if of.function == "time_of":
            zone = state.ruleset.calendar.timezone
            return at.astimezone(zone).time().replace(fold=0)
        try:
            return None if _hours_unset(of, state) else _asked(of, at, state.ruleset.calendar)
        except CalendarNotPublished:
            return None

    return read


def _hours_unset(of: OfInstant, state: State) -> tuple[Missing, ...]:
    unset = state.ruleset.unset_hours
    if of.function != "is_open" or unset is None:
        return ()
    return (Missing(unset, "parameter"),)


def _asked(of: OfInstant, at: datetime, calendar: WorkingCalendar) -> bool:
    if of.function == "is_open":
        return calendar.is_open(at)
    return calendar.is_working_day(at.astimezone(calendar.timezone).date())


def missing_of_instant(
    of: OfInstant, instant: Reader, state: State, occurrence: Occurrence
) -> tuple[Missing, ...]:
    """What has to be known for a function of an instant to have a value."""
    at = instant(state, occurrence)
    if not isinstance(at, datetime):
        return state.missing(of.instant, occurrence)
    if unset := _hours_unset(of, state):
        return unset
    try:
        _asked(of, at, state.ruleset.calendar)
    except CalendarNotPublished as error:
        return (Missing(f"{error.region} {error.year}", "calendar"),)
    return ()

"""What is worked out from an instant of a case: its time of day, and whether business is open."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from complaint_rules.errors import CalendarNotPublished
from complaint_rules.expressions import OfInstant, Value
from complaint_rules.judging.calendars import calendar_of, missing_hours
from complaint_rules.judging.items import Missing

if TYPE_CHECKING:
    from complaint_rules.judging.occurrence import Occurrence
    from complaint_rules.judging.readers import Reader
    from complaint_rules.judging.state import State
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
            if _hours_unset(of, state):
                return None
            return _asked(of, at, calendar_of(state, of.calendar))
        except CalendarNotPublished:
            return None

    return read


def _hours_unset(of: OfInstant, state: State) -> tuple[Missing, ...]:
    return missing_hours(state, of.calendar) if of.function == "is_open" else ()


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
        _asked(of, at, calendar_of(state, of.calendar))
    except CalendarNotPublished as error:
        return (Missing(f"{error.region} {error.year}", "calendar"),)
    return ()

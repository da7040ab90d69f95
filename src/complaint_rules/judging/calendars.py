"""The calendar of a case: most are the same for all cases, some have hours by what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from complaint_rules.judging.items import Missing
from complaint_rules.judging.parameters import missing_for
from complaint_rules.time import WorkingCalendar

if TYPE_CHECKING:
    from complaint_rules.judging.state import State


def calendar_of(state: State, name: str) -> WorkingCalendar:
    """A calendar by its name; without hours where it is not known which the case has."""
    found = state.ruleset.calendars[name]
    if found.hours is None:
        return found.plain
    return found.with_hours(state.parameter(found.hours))


def missing_hours(state: State, name: str) -> tuple[Missing, ...]:
    """What has to be known for a calendar to have its hours."""
    hours = state.ruleset.calendars[name].hours
    if hours is None or state.parameter(hours) is not None:
        return ()
    return missing_for(state, state.ruleset.parameters[hours])

"""When what conditions work out from the time of an event changes, as that event is moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from complaint_rules.errors import CalendarNotPublished
from complaint_rules.expressions import OfInstant, of_instant
from complaint_rules.expressions.tree import Among, Atom, Compare, atom_names, atoms
from complaint_rules.ruleset.rules import nodes
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.time.instants import (
    DAY_MICROSECONDS,
    from_microseconds,
    to_microseconds,
    wall_microseconds,
)
from complaint_rules.time.last_day import clock_of

_OF_EVENTS: Final = ("at", "first_at", "last_at")
_HALF_HOUR: Final = 30 * 60_000_000


def atoms_of_instants(ruleset: Ruleset) -> Iterator[tuple[Atom, OfInstant]]:
    """The comparisons of functions of instants, each with the functions that it has."""
    for rule in ruleset.rules():
        for node in nodes(rule):
            for atom in atoms(node):
                for of in filter(None, map(of_instant, atom_names(atom))):
                    yield atom, of


def moves_unevenly(ruleset: Ruleset) -> bool:
    """Whether a function of a due instant is compared: when it changes has to be searched for."""
    return any(
        of.instant.rpartition(".")[2] in ("due_at", "target_at")
        for _, of in atoms_of_instants(ruleset)
    )


def turning_clocks(ruleset: Ruleset) -> list[int]:
    """The times of day that conditions compare with, in microseconds after midnight."""
    times = {
        one
        for atom, _ in atoms_of_instants(ruleset)
        for one in _constants(atom)
        if isinstance(one, time)
    }
    return sorted(map(_microseconds, times))


def _microseconds(clock: time) -> int:
    return clock_of(datetime.combine(date.min, clock))


def turning_points(ruleset: Ruleset, first: int, last: int) -> Iterator[int]:
    """The instants at which a function of the time of an event may change, day by day."""
    asked = {
        of for _, of in atoms_of_instants(ruleset) if of.instant.rpartition(".")[2] in _OF_EVENTS
    }
    if not asked:
        return
    opened = [
        calendar
        for of in asked
        if of.function == "is_open"
        for calendar in ruleset.calendars[of.calendar].every
        if calendar.has_hours
    ]
    zone = ruleset.calendar.timezone
    clocks = {0, *turning_clocks(ruleset)}
    day, until = (from_microseconds(at, zone).date() for at in (first, last))
    while day <= until:
        yield from _of_day(day, clocks, zone)
        for calendar in opened:
            with suppress(CalendarNotPublished):
                for window in calendar.windows(day):
                    yield from (to_microseconds(calendar.wall(day, at)) for at in window)
        day += timedelta(days=1)


def _constants(atom: Atom) -> tuple[object, ...]:
    match atom:
        case Compare(_, _, constant):
            return (constant,)
        case Among(_, constants):
            return constants
    return ()


def _of_day(day: date, clocks: set[int], zone: ZoneInfo) -> Iterator[int]:
    begins, ends = (wall_microseconds(day, at, zone) for at in (0, DAY_MICROSECONDS))
    if ends - begins != DAY_MICROSECONDS:  # the clocks change, at some half hour of the day
        for at in range(begins, ends, _HALF_HOUR):
            yield at
            yield from (at + clock % _HALF_HOUR for clock in clocks)
    for clock in clocks:
        yield wall_microseconds(day, clock, zone)

"""Mutants of times: durations, times of day, and limits of which one counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from complaint_rules.ruleset.limits import Limit
from complaint_rules.ruleset.rules import Deadline, Rule
from complaint_rules.time import (
    CalendarDays,
    CalendarMonths,
    Compound,
    Duration,
    Elapsed,
    SameDay,
    Working,
    WorkingDays,
)
from complaint_rules.time.durations import HOUR, MINUTE, CountedDays

_MINUTES: Final = (-timedelta(minutes=1), timedelta(minutes=1))


def changes_of_several(rule: Deadline) -> Iterator[tuple[str, Rule]]:
    """Each of the limits of which one counts, and the time at which a last day ends."""
    clock = rule.counting.at
    for moved in () if clock is None else (moved_clock(clock, step) for step in _MINUTES):
        yield (
            f"at {clock:%H:%M} → {moved:%H:%M}",
            replace(rule, counting=replace(rule.counting, at=moved)),
        )
    several = rule.several
    if several is None:
        return
    other: Literal["earliest", "latest"] = "latest" if several.which == "earliest" else "earliest"
    what = f"within the {several.which} of → the {other} of"
    yield what, replace(rule, several=replace(several, which=other))
    for number, part in enumerate(several.parts):
        before, after = several.parts[:number], several.parts[number + 1 :]
        said = part if isinstance(part, str) else part.duration or part.name
        yield (
            f"within without {said}",
            replace(rule, several=replace(several, parts=before + after)),
        )
        duration = part.duration if isinstance(part, Limit) else None
        for other_one in () if duration is None else moved_durations(duration):
            parts = (*before, Limit(other_one), *after)
            changed = replace(rule, several=replace(several, parts=parts))
            yield f"within {duration} → {other_one}", changed


def moved_clock(constant: time, by: timedelta) -> time:
    """A time of day moved, round midnight where it has to be."""
    return (datetime.combine(date(2000, 1, 2), constant) + by).time()


def moved_durations(duration: Duration) -> tuple[Duration, ...]:
    """The amounts next to one."""
    match duration:
        case Elapsed(amount) | Working(amount):
            step = HOUR if amount % HOUR == 0 else MINUTE
            return (type(duration)(amount - step), type(duration)(amount + step))
        case CalendarDays() | CalendarMonths() | WorkingDays():
            return _counted(duration)
        case SameDay():
            return (CalendarDays(1),)
        case Compound(parts):
            return tuple(
                Compound((*parts[:number], moved, *parts[number + 1 :]))
                for number, part in enumerate(parts)
                for moved in _counted(part)
            )


def _counted(days: CountedDays) -> tuple[CountedDays, CountedDays]:
    return (type(days)(days.amount - 1), type(days)(days.amount + 1))

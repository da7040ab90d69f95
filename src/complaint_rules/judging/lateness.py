"""How late limits are, as a value that conditions read, and when a comparison with it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

from complaint_rules.errors import TimeError
from complaint_rules.expressions import Node
from complaint_rules.expressions.tree import (
    MIRRORED,
    Among,
    Atom,
    Compare,
    CompareNames,
    Operator,
    atoms,
)
from complaint_rules.judging.calendars import calendar_of
from complaint_rules.judging.items import DeadlineItem
from complaint_rules.ruleset.rules import Deadline
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.scopes import Scope
from complaint_rules.time import Duration, WorkingCalendar, when_late_by
from complaint_rules.time.durations import unit_of
from complaint_rules.time.instants import MICROSECOND
from complaint_rules.time.overdue import LatenessUnit, lateness, lateness_of

if TYPE_CHECKING:
    from complaint_rules.judging.state import State

LATE_BY: Final = "late_by"
_FARTHEST_YEARS: Final = 60
"""So many years ahead it is looked for one without an official calendar."""

_STEPS: Final[Mapping[Operator, tuple[int, ...]]] = {
    ">=": (0,),
    "<": (0,),
    ">": (1,),
    "<=": (1,),
    "==": (0, 1),
    "!=": (0, 1),
}
"""How many smallest units more than what is compared it takes until the comparison changes."""


# The value


def lateness_of_item(item: DeadlineItem, ruleset: Ruleset) -> Duration | None:
    """How late a limit is, in what all lateness of its name is counted in.

    ``None`` where that is not known, or where a limit of an earlier version counts otherwise.
    """
    rule = cast("Deadline", ruleset.rule(item.rule))
    unit = _unit(rule.name, ruleset)
    if unit is None or item.status == "undetermined":
        return None
    if item.status not in ("late", "overdue"):
        return lateness_of(unit, 0)
    if item.late_by is None or rule.late_in != (unit,):
        return None
    # What is late within a date has its time, and is no day late.
    return item.late_by if unit_of(item.late_by) == unit else lateness_of(unit, 0)


def most_late(items: Sequence[DeadlineItem], name: str, ruleset: Ruleset) -> Duration | None:
    """How late the latest of several limits of one name is; ``None`` where one is not known."""
    unit = _unit(name, ruleset)
    if unit is None:
        return None
    amounts = [lateness_of_item(item, ruleset) for item in items]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return None
    return max(known, key=lambda late: late.amount, default=lateness_of(unit, 0))


def _unit(name: str, ruleset: Ruleset) -> LatenessUnit | None:
    """What lateness is counted in; ``None`` while the parameter that decides it has no value."""
    units = ruleset.words.lateness[name]
    return cast("LatenessUnit", units[0]) if len(units) == 1 else None


# When a comparison changes


@dataclass(frozen=True, slots=True)
class Threshold:
    """A lateness at which some comparison changes: a constant or the value of a parameter, or one
    smallest unit (``step``) more.

    ``own`` is true where each instance is compared, and false where the latest of them is.
    """

    own: bool
    against: Duration | str
    step: int

    def amounts(self, state: State) -> Iterator[int]:
        """In microseconds or days; none while the parameter has no value, and two where it has
        only bounds.
        """
        against = self.against
        for value in state.known_of(against) if isinstance(against, str) else (against,):
            yield cast("Duration", value).amount + self.step


Thresholds = Mapping[str, tuple[Threshold, ...]]
"""For each limit that conditions ask how late it is, the thresholds that they name."""


def thresholds(ruleset: Ruleset) -> Thresholds:
    """Every lateness that some condition of a ruleset compares with."""
    found: dict[str, dict[Threshold, None]] = {}
    for group in ruleset.scopes:
        for rule in group.rules:
            if rule.condition is not None:
                for limit, threshold in _thresholds_of(rule.condition.node, group.scope):
                    found.setdefault(limit, {})[threshold] = None
    return {limit: tuple(several) for limit, several in found.items()}


def _thresholds_of(node: Node, scope: Scope) -> Iterator[tuple[str, Threshold]]:
    for atom in atoms(node):
        for name, operator, against in _compared(atom):
            owner, _, attribute = name.partition(".")
            if attribute == LATE_BY and owner != "event":  # which may have data of that name
                own = owner == "deadline"
                for step in _STEPS[operator]:
                    yield (scope.limit or "") if own else owner, Threshold(own, against, step)


def _compared(atom: Atom) -> Iterator[tuple[str, Operator, Duration | str]]:
    """Each name of a comparison with what it is compared with: a constant or another name."""
    match atom:
        case Compare(name, operator, constant):
            yield name, operator, cast("Duration", constant)
        case Among(name, constants):
            for constant in constants:
                yield name, "==", cast("Duration", constant)
        case CompareNames(left, operator, right):
            yield left, operator, right
            yield right, MIRRORED[operator], left


def thresholds_reached(item: DeadlineItem, state: State, of: Thresholds) -> int | None:
    """How many thresholds a limit has come to; ``None`` where it is not known how late it is."""
    named = of.get(cast("Deadline", state.ruleset.rule(item.rule)).name, ()) if of else ()
    late = lateness_of_item(item, state.ruleset) if named else None
    if late is None:
        return None
    amounts = (amount for threshold in named for amount in threshold.amounts(state))
    return sum(amount <= late.amount for amount in amounts)


def lateness_changes(state: State, of: Thresholds) -> Iterator[datetime]:
    """When an open limit comes to a threshold, or to a year in which its lateness is unknown."""
    for name, named in of.items():
        items = state.deadlines.get(name, [])
        late = {item.id: lateness_of_item(item, state.ruleset) for item in items}
        for item in items:
            own = late[item.id]
            if own is None or item.status != "overdue" or item.ended_at is not None:
                continue
            assert item.due_at is not None  # noqa: S101 - it is overdue
            rule = cast("Deadline", state.ruleset.rule(item.rule))
            calendar = calendar_of(state, rule.calendar)
            unit = cast("LatenessUnit", unit_of(own))
            others = [late[o.id] for o in items if o is not item and _counts_beside(o, item)]
            for threshold, amount in ((one, at) for one in named for at in one.amounts(state)):
                if amount <= own.amount:
                    continue
                if threshold.own or not _decided_by(others, amount):
                    with suppress(TimeError):  # that far ahead is no calendar, or no year at all
                        yield when_late_by(item.due_at, lateness_of(unit, amount), calendar)
            unknown = unknown_from(item.due_at, state.as_of, unit, calendar)
            if unknown is not None:
                yield unknown


def _counts_beside(other: DeadlineItem, item: DeadlineItem) -> bool:
    """Whether another limit counts wherever an item does: each party is judged by its own."""
    return other.party is None or other.party == item.party


def _decided_by(others: Sequence[Duration | None], amount: int) -> bool:
    """Whether others of the same name are so late already, or one of them is not known to be."""
    return any(other is None or other.amount >= amount for other in others)


def unknown_from(
    due: datetime, now: datetime, unit: LatenessUnit, calendar: WorkingCalendar
) -> datetime | None:
    """From when on it is unknown how late a limit is, since a year has no official calendar."""
    official = calendar.official
    if unit in ("elapsed", "calendar days") or official is None or calendar.provisional:
        return None
    first = now.astimezone(calendar.timezone).year
    for year in range(first, first + _FARTHEST_YEARS):
        if year < date.max.year and not official.is_published(year):
            return _first_unknown(due, date(year, 1, 1), max(now, due), calendar, unit)
    return None


def _first_unknown(
    due: datetime, day: date, after: datetime, calendar: WorkingCalendar, unit: LatenessUnit
) -> datetime | None:
    """The first instant of a year at which lateness is unknown; the company's days are known."""
    for number in range(366):
        midnight = calendar.wall(day + timedelta(days=number), 0)
        for moment in (midnight, midnight + MICROSECOND):
            try:
                lateness(due, moment, lateness_of(unit, 0), calendar)
            except TimeError:
                return moment if moment > after else None
    return None

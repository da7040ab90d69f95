"""A case judged with one of its events at other times, and where the answer may change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

from complaint_rules.case import Case, Event
from complaint_rules.exploration.counting import instants_of_counts
from complaint_rules.exploration.moments import turning_points
from complaint_rules.exploration.outcome import (
    Outcome,
    OverdueDays,
    moved,
    state,
    with_event,
)
from complaint_rules.expressions.tree import Compare, atoms
from complaint_rules.history import History
from complaint_rules.judging.decision import Decision
from complaint_rules.policy import Policy
from complaint_rules.ruleset.rules import nodes
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.time.instants import from_microseconds, to_microseconds

MINUTE: Final = 60_000_000
"""In microseconds."""


class Variants:
    """Judges variants of a case at one instant; what they share with it is checked once.

    Raises:
        CaseError: the case does not fit the policy's words.
    """

    def __init__(
        self, policy: Policy, case: Case, as_of: datetime, history: History | None = None
    ) -> None:
        self.policy, self.case, self.as_of = policy, case, as_of
        self.history = None if history is None else policy.check_history(history)
        self.overdue = OverdueDays(policy.ruleset)
        self.judged = 0
        """How often one of them was judged."""
        self._checked = policy.check(case)

    def decision(self, variant: Case) -> Decision:
        """The decision on a variant.

        Raises:
            CaseError: the variant does not fit the policy's words.
        """
        checked = self.policy.ruleset.words.check(variant, self._checked)
        self.judged += 1
        return self.policy.evaluate(
            replace(checked, checked_by=self._checked.checked_by),
            as_of=self.as_of,
            history=self.history,
            engine="native",
            check_date=False,
        )


class Judge:
    """Judges a case with one of its events at different times."""

    def __init__(self, variants: Variants, old: Event | None, pattern: Event) -> None:
        self.variants, self.old, self.pattern = variants, old, pattern
        self._timezone = variants.policy.ruleset.calendar.timezone
        self._states: dict[int, tuple[Outcome, Outcome]] = {}

    @property
    def times_judged(self) -> int:
        """How often the case was judged to know its states."""
        return len(self._states)

    def decision(self, at: int) -> Decision:
        """The decision with the event at an instant."""
        event = moved(self.pattern, from_microseconds(at, self._timezone))
        return self.variants.decision(with_event(self.variants.case, self.old, event))

    def state(self, at: int) -> tuple[Outcome, Outcome]:
        """What follows, and from which statuses, with the event at an instant."""
        found = self._states.get(at)
        if found is None:
            found = self._states[at] = state(self.decision(at), self.variants.overdue)
        return found

    def constant_parts(self, points: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Intervals in which the outcome is the same, in order.

        Between neighbouring points each status changes at most once, and so in one direction.
        """
        begin = points[0]
        current = self.state(begin)[0]
        for low, high in pairwise(points):
            at = low
            while (found := self.change_after(at, high)) is not None:
                if self.state(found)[0] != current:
                    yield begin, found - 1
                    begin, current = found, self.state(found)[0]
                at = found
        yield begin, points[-1]

    def change_after(self, low: int, high: int) -> int | None:
        """The first instant after ``low`` at which anything differs, up to ``high``."""
        own = self.state(low)
        if self.state(high) == own:
            return None
        return first_past(low, high, lambda at: self.state(at) != own)

    def change_before(self, high: int, low: int) -> int | None:
        """The last instant before ``high`` at which anything differs, down to ``low``."""
        own = self.state(high)
        if self.state(low) == own:
            return None
        return first_past(low, high, lambda at: self.state(at) == own) - 1


def first_past(low: int, high: int, is_past: Callable[[int], bool]) -> int:
    """The first instant past a change, which is not at ``low`` and is at ``high``.

    Nearly always things change on a whole minute or just after it: the minutes are halved first,
    and then both instants are tried, which takes half as long as halving microseconds.
    """
    minute, last = low // MINUTE, -(-high // MINUTE)
    while last - minute > 1:
        middle = (minute + last) // 2
        if is_past(middle * MINUTE):
            last, high = middle, middle * MINUTE
        else:
            minute, low = middle, middle * MINUTE
    if high - low > 1 and is_past(low + 1):
        return low + 1
    low = min(low + 1, high - 1)
    if high - low > 1 and not is_past(high - 1):
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if is_past(middle):
            high = middle
        else:
            low = middle
    return high


def critical_points(variants: Variants, old: Event | None, first: int, last: int) -> list[int]:
    """The instants between which a status changes at most once: other events, dates of the policy
    and of parameters, instants that conditions compare with, those of a day at which what is
    worked out from the time of an event changes, and where counts change.
    """
    policy, case = variants.policy, variants.case
    points = {first, last}
    for event in case.events:
        if event is not old:
            at = to_microseconds(event.at)
            points |= {at - 1, at, at + 1}
    points |= {at + step for at in _instants_named(policy.ruleset, case) for step in (-1, 0, 1)}
    for at in instants_of_counts(policy.ruleset, _others(variants, old), variants.as_of):
        points |= {at - 1, at, at + 1}
    points |= {at + step for at in turning_points(policy.ruleset, first, last) for step in (-1, 0)}
    return sorted(point for point in points if first <= point <= last)


def _others(variants: Variants, old: Event | None) -> Iterator[tuple[str, datetime]]:
    """What else happened, in the case and beside it."""
    for event in variants.case.events:
        if event is not old:
            yield event.type, event.at
    if variants.history is not None:
        for entry in variants.history.entries_in_order:
            yield entry.kind, entry.at


def _instants_named(ruleset: Ruleset, case: Case) -> Iterator[int]:
    calendar = ruleset.calendar
    for rule in ruleset.rules():
        for node in nodes(rule):
            for atom in atoms(node):
                if isinstance(atom, Compare) and isinstance(atom.constant, datetime):
                    yield to_microseconds(atom.constant)
    days = [first for one in ruleset.parameters.values() for first, _ in one.values]
    for one in ruleset.parameters.values():
        for row in () if one.table is None else one.table.rows:
            days.append(row.first)
            if row.last < date.max:
                days.append(row.last + timedelta(days=1))
    for day in days:
        if day > date.min:
            yield to_microseconds(calendar.wall(day, 0))
    facts = (*case.facts.values(), *(v for event in case.events for v in event.data.values()))
    for value in facts:
        if isinstance(value, datetime):
            yield to_microseconds(value)

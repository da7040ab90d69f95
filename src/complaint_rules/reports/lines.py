"""The lines of a statement: what each says, what they come to, and what changed between two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from complaint_rules.money import EXACT, NOTHING, ZERO, Interval, add_up
from complaint_rules.ruleset.amounts import PenaltyKind

LineKind = PenaltyKind | Literal["cancel", "refund", "cap", "correction"]


@dataclass(frozen=True, slots=True)
class Line:
    """One penalty that came to stand in the period, or what is taken back of one in it, which has
    a negative amount.

    A penalty that was cancelled has one line of the kind ``cancel``: with the amount that earlier
    statements had, taken back, and with nothing where none had it. A ``correction`` takes back what
    earlier statements had and no longer stands, such as the bounds of what was undetermined. A
    ``cap`` is what penalties of one case that share a cap come to above it.

    ``certain`` is false for what is not determined yet. ``how`` says by language how it is settled,
    where the policy says so: deducted from payment for goods, returned with performance pay.
    """

    case_id: str
    policy: str
    against: str
    """The role in which the party is liable."""
    rule: str
    clause: str
    occurrence: str | None
    kind: LineKind
    unit: Interval
    """What the penalty costs for one time: all of it, or one overdue day."""
    times: Decimal
    """How often it counts here; negative for what is taken back, 0 for what is cancelled at once
    or owed no more beside a heavier penalty."""
    certain: bool
    how: Mapping[str, str]
    penalty: str
    """The id of the penalty that the line is about."""
    places: int = 2
    """The decimal places of the currency."""
    accrues: bool = False
    """Whether ``unit`` is what an amount has grown to that is not so many times another."""

    @property
    def amount(self) -> Interval:
        """``unit`` times ``times``; for what is taken back and undetermined nothing, up to that."""
        amount = self.unit.scaled(self.times)
        if not self.certain and self.kind in ("cancel", "refund", "cap", "correction"):
            amount = amount.hull(NOTHING)
        return amount.rounded(self.places)


Entries = Mapping[tuple[str, str], tuple[str, Line]]
"""Parties and lines, by penalty and what of it they are about: itself, or what takes it back."""


def changed_lines(before: Entries, after: Entries) -> Iterator[tuple[str, Line]]:
    """The lines that lead from what was stated before to what stands now."""
    for key, (party, line) in after.items():
        stated = before[key][1] if key in before else None
        if stated is None:
            yield party, line
        elif _has_grown(stated, line):
            grown = _difference(stated.unit, line.unit)
            if grown != NOTHING:
                yield party, replace(line, unit=grown)
        elif (stated.unit, stated.certain) == (line.unit, line.certain):
            times = EXACT.subtract(line.times, stated.times)
            if times:
                yield party, replace(line, times=times)
        else:
            yield from _correction(party, stated)
            yield party, line
    for key, (party, stated) in before.items():
        if key not in after:
            yield from _correction(party, stated)


def _has_grown(stated: Line, line: Line) -> bool:
    """Whether an exact amount that accrues stands as it did, but for what it comes to."""
    return (
        stated.accrues
        and line.accrues
        and stated.certain
        and line.certain
        and (stated.kind, stated.times) == (line.kind, line.times)
        and stated.unit.is_exact
        and line.unit.is_exact
    )


def _difference(before: Interval, after: Interval) -> Interval:
    return after + before.scaled(Decimal(-1))


def _correction(party: str, stated: Line) -> Iterator[tuple[str, Line]]:
    if stated.times:
        yield party, replace(stated, kind="correction", times=EXACT.minus(stated.times))


def sum_of(lines: Iterable[Line]) -> Interval:
    """All lines together. What is taken back of a range is as much as the penalty was, whatever
    that is: 50-200 cancelled are 0, not from -150 to 150.
    """
    certain: dict[tuple[str, str, str, Interval], Decimal] = {}
    total, places = NOTHING, 2
    for line in lines:
        places = line.places  # one currency, so all alike
        if line.certain:
            key = (line.policy, line.case_id, line.penalty, line.unit)
            certain[key] = EXACT.add(certain.get(key, ZERO), line.times)
        else:
            total = total + line.amount
    parts = (unit.scaled(times) for (*_, unit), times in certain.items())
    return (total + add_up(parts)).rounded(places)

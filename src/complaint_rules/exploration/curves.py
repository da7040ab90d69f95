"""What is owed, by the time at which one event happens: the answer for every instant at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from complaint_rules.case import Case, Event
from complaint_rules.errors import CaseError, DecisionError, MoneyError, did_you_mean
from complaint_rules.exploration.judge import Judge, Variants, critical_points
from complaint_rules.exploration.outcome import is_exact
from complaint_rules.history import History
from complaint_rules.judging.decision import Decision
from complaint_rules.money import Interval, read_money
from complaint_rules.policy import Policy
from complaint_rules.time import read_instant
from complaint_rules.time.instants import from_microseconds, to_microseconds

MOST_PIECES: Final = 2_000
"""A curve with more pieces is refused, so that it costs bounded time."""


@dataclass(frozen=True, slots=True)
class Piece:
    """From ``first`` to ``last``, both included, the answer is the same."""

    first: datetime
    last: datetime
    total: Interval
    penalties: tuple[str, ...]
    """The rules of the penalties that apply, in the order of the decision."""
    clauses: tuple[str, ...]
    decision: Decision

    @property
    def length(self) -> timedelta:
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class TimeCurve:
    """What is owed for a case, by the time of one event.

    ``exact`` is false where the policy compares two names with each other: the instants at which
    the answer changes were then searched for, and one that changes there and back may be missed.
    """

    policy: Policy
    case: Case
    event: str
    as_of: datetime
    pieces: tuple[Piece, ...]
    exact: bool

    def at_most(self, amount: object) -> tuple[tuple[datetime, datetime], ...]:
        """When the event keeps the total at or below an amount, whatever is still open.

        Intervals, both ends included; empty when there is no such time.

        Raises:
            MoneyError: the amount is a float, or is none.
        """
        limit = _money(amount)
        found: list[tuple[datetime, datetime]] = []
        for piece in self.pieces:
            if piece.total.maximum is None or piece.total.maximum > limit:
                continue
            if found and piece.first - found[-1][1] <= timedelta(microseconds=1):
                found[-1] = (found[-1][0], piece.last)
            else:
                found.append((piece.first, piece.last))
        return tuple(found)

    def changes(self) -> Iterator[tuple[Piece, Piece]]:
        """Each piece and the one after it."""
        return pairwise(self.pieces)


def _money(amount: object) -> Decimal:
    if isinstance(amount, Decimal | int | str) and not isinstance(amount, bool):
        return read_money(amount)
    raise MoneyError(f"{amount!r} is not an amount: write a number like 100 or '99.50'")


def by_time(
    policy: Policy,
    case: Case,
    event: str | Event,
    *,
    since: datetime | str,
    until: datetime | str,
    as_of: datetime | str | None = None,
    history: History | None = None,
) -> TimeCurve:
    """What is owed for every time at which an event may happen.

    Args:
        policy: whose rules are asked.
        case: the case; the event is moved in it, or added where it has none of that type.
        event: the type of the event, or the event itself where there are several of its type.
        since: the first instant to look at.
        until: the last one.
        as_of: when to judge; ``until`` unless given. An event after it has not happened yet.
        history: what is known of other cases, for counts over it.

    Raises:
        CaseError: the policy knows no such event, or the case has several of that type.
        DecisionError: ``until`` is before ``since``, or there are too many different answers.

    >>> from complaint_rules import load_policy
    >>> facts = {"receiver_can_decide": True, "specially_complex": False}
    >>> case = Case("C", facts, [
    ...     Event("delivered", "2018-07-02T09:00+08:00"),
    ...     Event("complained_again", "2018-07-02T12:00+08:00"),
    ... ])
    >>> curve = by_time(load_policy("yundewu-2018"), case, "answered_customer",
    ...                 since="2018-07-02T09:00+08:00", until="2018-07-02T18:00+08:00")
    >>> [(str(piece.total), f"{piece.last:%H:%M}") for piece in curve.pieces]
    [('0', '10:00'), ('30', '18:00')]
    >>> [(f"{first:%H:%M}", f"{last:%H:%M}") for first, last in curve.at_most(20)]
    [('09:00', '10:00')]
    """
    first = to_microseconds(read_instant(since, "since"))
    last = to_microseconds(read_instant(until, "until"))
    if last < first:
        raise DecisionError(f"until {until} is before since {since}: swap them")
    moment = read_instant(until if as_of is None else as_of, "as_of")
    old, pattern = _event(policy, case, event)
    variants = Variants(policy, case, moment, history)
    judge = Judge(variants, old, pattern)
    points = critical_points(variants, old, first, last)
    pieces: list[Piece] = []
    for low, high in judge.constant_parts(points):
        decision = judge.decision(low)
        rules = tuple(penalty.rule for penalty in decision.penalties)
        clauses = tuple(dict.fromkeys(penalty.clause for penalty in decision.penalties))
        zone = policy.ruleset.calendar.timezone
        pieces.append(
            Piece(
                from_microseconds(low, zone),
                from_microseconds(high, zone),
                decision.total(),
                rules,
                clauses,
                decision,
            )
        )
        if len(pieces) > MOST_PIECES:
            raise DecisionError(
                f"the answer changes more than {MOST_PIECES} times between {since} and {until}: "
                f"look at a shorter time"
            )
    exact = is_exact(policy.ruleset, case)
    return TimeCurve(policy, case, pattern.type, moment, tuple(pieces), exact)


def _event(policy: Policy, case: Case, event: str | Event) -> tuple[Event | None, Event]:
    if isinstance(event, Event):
        return (event if any(one is event for one in case.events) else None), event
    known = policy.ruleset.words.events
    if event not in known:
        raise CaseError(
            f"event {event!r} is not declared{did_you_mean(event, known)}: use one that is"
        )
    found = [one for one in case.events if one.type == event]
    if len(found) > 1:
        raise CaseError(
            f"case {case.id} has {len(found)} events {event!r}: give the one that is meant, "
            f"such as case.events[{case.events.index(found[0])}]"
        )
    if found:
        return found[0], found[0]
    return None, Event(event, from_microseconds(0, policy.ruleset.calendar.timezone))

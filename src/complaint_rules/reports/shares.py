"""What the penalties of one party in one case come to, and how much that changes in a period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Final

from complaint_rules.money import EXACT, NOTHING, Interval, add_up
from complaint_rules.policy.rules import PenaltyKind

INFINITE: Final = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Share:
    """What is owed for a penalty, or for several that depend on each other.

    Where that is certain it is ``factor`` times ``unit``, a range in which somebody will choose.
    ``unit`` is ``None`` while it is undetermined.
    """

    amount: Interval
    unit: Interval | None
    factor: Decimal
    kinds: frozenset[PenaltyKind]


Shares = Mapping[tuple[str, ...], Share]
"""By the ids of the penalties."""


@dataclass(frozen=True, slots=True)
class Movement:
    """How much what is owed for penalties of some kinds has changed."""

    kinds: frozenset[PenaltyKind]
    amount: Interval


def owed(shares: Shares, *, heaviest: bool) -> Interval:
    """What is owed for all of them: their sum, or the heaviest alone."""
    amounts = [share.amount for share in shares.values()]
    if heaviest and amounts:
        return reduce(Interval.larger, amounts)
    return add_up(amounts)


def outweighed(shares: Shares) -> set[str]:
    """The penalties that certainly are not owed where only the heaviest is."""
    lighter: set[str] = set()
    keys = list(shares)
    for place, key in enumerate(keys):
        amount = shares[key].amount
        for other_place, other in enumerate(keys):
            heavier = shares[other].amount
            # Of equal ones the first is owed.
            if _at_least(heavier, amount) and (
                other_place < place or not _at_least(amount, heavier)
            ):
                lighter.update(key)
    return lighter


def _at_least(one: Interval, other: Interval) -> bool:
    """Whether an amount is at least another, however both turn out."""
    if one.minimum is None or other.maximum is None:
        return False
    return one.minimum >= other.maximum


def change(was: Shares, now: Shares, *, heaviest: bool) -> Interval:
    """How much more is owed now.

    What is the same before and now is the same amount, however it will turn out, so that it changes
    nothing. All else is taken to be independent: the interval holds every outcome.
    """
    if not heaviest or (was.keys() == now.keys() and len(now) == 1):
        return add_up(_change(was.get(key), now.get(key)) for key in {**was, **now})
    same = {key: share for key, share in now.items() if was.get(key) == share}
    new = {key: share for key, share in now.items() if key not in same}
    gone = {key: share for key, share in was.items() if key not in same}
    if not same:
        return owed(new, heaviest=True) + owed(gone, heaviest=True).scaled(Decimal(-1))
    return _rise(owed(same, heaviest=True), new, gone)


def movements(was: Shares, now: Shares, *, heaviest: bool) -> Iterator[Movement]:
    """The same change by the kinds of penalties it is about."""
    if not heaviest:
        for key in {**was, **now}:
            share = now.get(key) or was[key]
            yield Movement(share.kinds, _change(was.get(key), now.get(key)))
        return
    before, after = _kinds(was), _kinds(now)
    if before == after or not before or not after:
        yield Movement(before | after, change(was, now, heaviest=True))
    else:
        yield Movement(before, owed(was, heaviest=True).scaled(Decimal(-1)))
        yield Movement(after, owed(now, heaviest=True))


def _kinds(shares: Shares) -> frozenset[PenaltyKind]:
    """The kinds of those that may be the heaviest."""
    lighter = outweighed(shares)
    return frozenset(
        kind
        for penalties, share in shares.items()
        if lighter.isdisjoint(penalties)
        for kind in share.kinds
    )


def _change(was: Share | None, now: Share | None) -> Interval:
    if was == now:
        return NOTHING
    if was is None or now is None:
        return now.amount if now else was.amount.scaled(Decimal(-1)) if was else NOTHING
    if was.unit is None or was.unit != now.unit:
        return now.amount + was.amount.scaled(Decimal(-1))
    at_least, at_most = (
        _difference(later, earlier) for later, earlier in zip(_ends(now), _ends(was), strict=True)
    )
    if at_least is not None and at_most is not None:
        return Interval(min(at_least, at_most), max(at_least, at_most))
    return Interval(at_least, at_most) if now.factor > was.factor else Interval(at_most, at_least)


def _ends(share: Share) -> tuple[Decimal | None, Decimal | None]:
    """What is owed where the least is chosen in the range, and where the most is."""
    ends = (share.amount.minimum, share.amount.maximum)
    return ends if share.factor >= 0 else ends[::-1]


def _difference(later: Decimal | None, earlier: Decimal | None) -> Decimal | None:
    return None if later is None or earlier is None else EXACT.subtract(later, earlier)


def _rise(same: Interval, new: Shares, gone: Shares) -> Interval:
    """By how much new ones lift the heaviest, and those that are gone let it sink.

    The heaviest of the rest, wherever it lies, moves the change one way only between the others:
    the bounds are reached at its ends.
    """
    low_new, high_new = _bounds(new)
    low_gone, high_gone = _bounds(gone)
    ends = _extended(same)
    least = min(_lift(end, low_new, high_gone) for end in ends)
    most = max(_lift(end, high_new, low_gone) for end in ends)
    return Interval(None if least.is_infinite() else least, None if most.is_infinite() else most)


def _lift(rest: Decimal, new: Decimal, gone: Decimal) -> Decimal:
    after, before = max(rest, new), max(rest, gone)
    return Decimal(0) if after == before else EXACT.subtract(after, before)


def _bounds(shares: Shares) -> tuple[Decimal, Decimal]:
    return _extended(owed(shares, heaviest=True)) if shares else (-INFINITE, -INFINITE)


def _extended(amount: Interval) -> tuple[Decimal, Decimal]:
    """The bounds, an open one infinite."""
    return (
        -INFINITE if amount.minimum is None else amount.minimum,
        INFINITE if amount.maximum is None else amount.maximum,
    )

"""What the penalties of one party in one case come to, and how much that changes in a period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from typing import Final

from complaint_rules.money import EXACT, NOTHING, Interval, add_up
from complaint_rules.ruleset.amounts import PenaltyKind

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


ByPenalty = Mapping[tuple[str, ...], Share]
"""By the ids of the penalties."""


@dataclass(frozen=True, slots=True)
class Shares:
    """What one party owes in one case: all of it, or only the heaviest."""

    shares: ByPenalty = field(default_factory=dict)
    heaviest: bool = False

    @property
    def owed(self) -> Interval:
        amounts = [share.amount for share in self.shares.values()]
        if self.heaviest and amounts:
            return reduce(Interval.larger, amounts)
        return add_up(amounts)

    @property
    def outweighed(self) -> set[str]:
        """The penalties that certainly are not owed where only the heaviest is."""
        lighter: set[str] = set()
        if not self.heaviest:
            return lighter
        for place, (penalties, share) in enumerate(self.shares.items()):
            for other_place, other in enumerate(self.shares.values()):
                # Of equal ones the first is owed.
                if _at_least(other.amount, share.amount) and (
                    other_place < place or not _at_least(share.amount, other.amount)
                ):
                    lighter.update(penalties)
        return lighter

    @property
    def kinds(self) -> frozenset[PenaltyKind]:
        """The kinds of those that are owed, or may be."""
        lighter = self.outweighed
        return frozenset(
            kind
            for penalties, share in self.shares.items()
            if lighter.isdisjoint(penalties)
            for kind in share.kinds
        )


@dataclass(frozen=True, slots=True)
class Movement:
    """How much what is owed for penalties of some kinds has changed."""

    kinds: frozenset[PenaltyKind]
    amount: Interval


def change(was: Shares, now: Shares) -> Interval:
    """How much more is owed now.

    What is the same before and now is the same amount, however it will turn out, so that it changes
    nothing. All else is taken to be independent: the interval holds every outcome.
    """
    heaviest = was.heaviest or now.heaviest
    if heaviest and was.shares and now.shares and was.heaviest != now.heaviest:
        return now.owed + _taken_back(was.owed)
    alone = was.shares.keys() == now.shares.keys() and len(now.shares) == 1
    if not heaviest or alone:
        return add_up(amount for _, amount in _changes(was.shares, now.shares))
    same = {key: share for key, share in now.shares.items() if was.shares.get(key) == share}
    new = Shares({key: share for key, share in now.shares.items() if key not in same}, True)
    gone = Shares({key: share for key, share in was.shares.items() if key not in same}, True)
    if not same:
        return new.owed + _taken_back(gone.owed)
    return _rise(Shares(same, True).owed, new, gone)


def movements(was: Shares, now: Shares) -> Iterator[Movement]:
    """The same change by the kinds of penalties it is about."""
    if not was.heaviest and not now.heaviest:
        for share, amount in _changes(was.shares, now.shares):
            yield Movement(share.kinds, amount)
    elif was.kinds == now.kinds or not was.shares or not now.shares:
        yield Movement(was.kinds | now.kinds, change(was, now))
    else:
        yield Movement(was.kinds, _taken_back(was.owed))
        yield Movement(now.kinds, now.owed)


def _changes(was: ByPenalty, now: ByPenalty) -> Iterator[tuple[Share, Interval]]:
    for key in {**was, **now}:
        yield now.get(key) or was[key], _change(was.get(key), now.get(key))


def _taken_back(amount: Interval) -> Interval:
    return amount.scaled(Decimal(-1))


def _at_least(amount: Interval, other: Interval) -> bool:
    """Whether an amount is at least another, however both turn out."""
    if amount.minimum is None or other.maximum is None:
        return False
    return amount.minimum >= other.maximum


def _change(was: Share | None, now: Share | None) -> Interval:
    if was == now:
        return NOTHING
    if was is None or now is None:
        return now.amount if now else _taken_back(was.amount) if was else NOTHING
    if was.unit is None or was.unit != now.unit:
        return now.amount + _taken_back(was.amount)
    at_least, at_most = (
        _difference(later, earlier) for later, earlier in zip(_ends(now), _ends(was), strict=True)
    )
    if at_least is not None and at_most is not None:
        return Interval(min(at_least, at_most), max(at_least, at_most))
    return Interval(at_least, at_most) if now.factor > was.factor else Interval(at_most, at_least)


def _ends(share: Share) -> tuple[Decimal | None, Decimal | None]:
    """What is owed where the least is chosen in the range, and where the most is."""
    low, high = share.amount.minimum, share.amount.maximum
    return (low, high) if share.factor >= 0 else (high, low)


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
    return _extended(shares.owed) if shares.shares else (-INFINITE, -INFINITE)


def _extended(amount: Interval) -> tuple[Decimal, Decimal]:
    """The bounds, an open one infinite."""
    return (
        -INFINITE if amount.minimum is None else amount.minimum,
        INFINITE if amount.maximum is None else amount.maximum,
    )

"""The reading of a term in amounts: between which bounds it lies, with what is not known in it.

Bounds are taken end by end; a difference crosses them. ``None`` is an open bound.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from complaint_rules.expressions.tree import (
    Between,
    Constant,
    Greatest,
    Least,
    Minus,
    Percent,
    Plus,
    Reference,
    Term,
    Times,
)
from complaint_rules.money import EXACT, ZERO, Interval

INFINITE: Final = Decimal("Infinity")
_HUNDREDTH: Final = Decimal("0.01")

Read = Callable[[str], Interval]
"""Between which bounds a name lies."""


def interval_of(term: Term, read: Read) -> Interval:
    """Between which bounds a term lies.

    >>> price = Interval(Decimal(100), None)
    >>> interval_of(Minus(Constant(300), Reference("price")), lambda name: price)
    Interval(minimum=None, maximum=Decimal('200'))
    """
    match term:
        case Constant(value):
            return Interval.exactly(Decimal(value))
        case Between(low, high):
            return Interval(low, high)
        case Reference(name):
            return read(name)
        case Plus(left, right):
            return interval_of(left, read) + interval_of(right, read)
        case Minus(left, right):
            return interval_of(left, read) + interval_of(right, read).scaled(Decimal(-1))
        case Times(left, right):
            return product(interval_of(left, read), interval_of(right, read))
        case Percent(percent, of, up_to):
            share = Interval(percent, percent if up_to is None else up_to).scaled(_HUNDREDTH)
            return product(share, interval_of(of, read))
        case Least(operands):
            return least([interval_of(operand, read) for operand in operands])
        case Greatest(operands):
            return greatest([interval_of(operand, read) for operand in operands])


def least(parts: list[Interval]) -> Interval:
    """The smallest of several uncertain amounts."""
    lows = [part.minimum for part in parts if part.minimum is not None]
    highs = [part.maximum for part in parts if part.maximum is not None]
    return Interval(min(lows) if len(lows) == len(parts) else None, min(highs, default=None))


def greatest(parts: list[Interval]) -> Interval:
    """The largest of several uncertain amounts."""
    lows = [part.minimum for part in parts if part.minimum is not None]
    highs = [part.maximum for part in parts if part.maximum is not None]
    return Interval(max(lows, default=None), max(highs) if len(highs) == len(parts) else None)


def product(one: Interval, other: Interval) -> Interval:
    """Every end times every end; nothing times anything is nothing."""
    corners = [_times(a, b) for a in _ends(one) for b in _ends(other)]
    low, high = min(corners), max(corners)
    return Interval(None if low.is_infinite() else low, None if high.is_infinite() else high)


def _ends(part: Interval) -> tuple[Decimal, Decimal]:
    return (
        -INFINITE if part.minimum is None else part.minimum,
        INFINITE if part.maximum is None else part.maximum,
    )


def _times(one: Decimal, other: Decimal) -> Decimal:
    return EXACT.multiply(one, other) if one and other else ZERO

"""The reference reading of a term: its exact value, and the least that it can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import Any, Final, cast

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
from complaint_rules.expressions.types import Vocabulary

Figure = int | Decimal
"""What a term comes to."""

_WHOLE: Final = Context(prec=1_000_000, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
"""No term is so long that one of its digits is lost."""

NEVER_BELOW: Final = {"count": 0, "number": 1, "overdue_days": 0}
"""The least that some attributes of events and limits are."""


def plus(left: Figure, right: Figure) -> Figure:
    """The exact sum, whatever the thread's own context says."""
    if type(left) is int and type(right) is int:
        return left + right
    return _WHOLE.add(left, right)


def minus(left: Figure, right: Figure) -> Figure:
    """The exact difference."""
    if type(left) is int and type(right) is int:
        return left - right
    return _WHOLE.subtract(left, right)


def times(left: Figure, right: Figure) -> Figure:
    """The exact product."""
    if type(left) is int and type(right) is int:
        return left * right
    return _WHOLE.multiply(left, right)


def percent_of(percent: Decimal, of: Figure) -> Figure:
    """So many hundredths, exactly.

    >>> percent_of(Decimal("0.05"), 2000)
    Decimal('1.0000')
    """
    return _WHOLE.scaleb(_WHOLE.multiply(percent, of), -2)


def term_value(term: Term, values: Mapping[str, Any]) -> Figure:
    """What a term comes to where all its names have values.

    >>> term_value(Plus(Reference("loss"), Constant(10)), {"loss": Decimal("2.50")})
    Decimal('12.50')
    """
    match term:
        case Constant(value):
            return value
        case Reference(name):
            return cast("Figure", values[name])
        case Plus(left, right):
            return plus(term_value(left, values), term_value(right, values))
        case Minus(left, right):
            return minus(term_value(left, values), term_value(right, values))
        case Times(left, right):
            return times(term_value(left, values), term_value(right, values))
        case Percent(percent, of):
            return percent_of(percent, term_value(of, values))
        case Between():
            raise AssertionError(term)  # pragma: no cover - conditions have none
        case Least(operands):
            return min(term_value(operand, values) for operand in operands)
        case Greatest(operands):
            return max(term_value(operand, values) for operand in operands)


Bounds = tuple[Figure | None, Figure | None]
"""The least and the most that something can be; ``None`` is without end."""


def bounds_of(term: Term, vocabulary: Vocabulary) -> Bounds:
    """Between which bounds a term lies, whatever values of their types its names have.

    >>> bounds_of(Minus(Constant(3), Constant(5)), {})
    (-2, -2)
    """
    match term:
        case Constant(value):
            return value, value
        case Between(lowest, highest):
            return lowest, highest
        case Reference(name):
            return _of_name(name, vocabulary)
        case Plus(left, right):
            (low, high), (less, more) = (bounds_of(side, vocabulary) for side in (left, right))
            return _both(plus, low, less), _both(plus, high, more)
        case Minus(left, right):
            (low, high), (less, more) = (bounds_of(side, vocabulary) for side in (left, right))
            return _both(minus, low, more), _both(minus, high, less)
        case Times(left, right):
            return _product(bounds_of(left, vocabulary), bounds_of(right, vocabulary))
        case Percent(least, of, up_to):
            share = (percent_of(least, 1), percent_of(least if up_to is None else up_to, 1))
            return _product(share, bounds_of(of, vocabulary))
        case Least(operands):
            lows, highs = zip(*_each(operands, vocabulary), strict=True)
            return _all_of(min, lows), _some_of(min, highs)
        case Greatest(operands):
            lows, highs = zip(*_each(operands, vocabulary), strict=True)
            return _some_of(max, lows), _all_of(max, highs)


def _each(terms: tuple[Term, ...], vocabulary: Vocabulary) -> list[Bounds]:
    return [bounds_of(term, vocabulary) for term in terms]


def _of_name(name: str, vocabulary: Vocabulary) -> Bounds:
    owner, _, attribute = name.rpartition(".")
    if vocabulary[name].type.name in ("money", "percent"):
        return 0, None
    if not owner or (owner == "event" and attribute != "number"):  # facts may be called so
        return None, None
    return NEVER_BELOW.get(attribute), None


def _all_of(choose: Callable[..., Figure], ends: tuple[Figure | None, ...]) -> Figure | None:
    return None if None in ends else choose(ends)


def _some_of(
    choose: Callable[..., Figure | None], ends: tuple[Figure | None, ...]
) -> Figure | None:
    return choose((end for end in ends if end is not None), default=None)


def _both(
    join: Callable[[Figure, Figure], Figure], one: Figure | None, other: Figure | None
) -> Figure | None:
    return None if one is None or other is None else join(one, other)


def _product(one: Bounds, other: Bounds) -> Bounds:
    if _never_negative(one) and _never_negative(other):
        return _both(times, one[0], other[0]), _both(times, one[1], other[1])
    if None in (*one, *other):
        return None, None
    corners = [times(a, b) for a in one for b in other if a is not None and b is not None]
    return min(corners), max(corners)


def _never_negative(bounds: Bounds) -> bool:
    return bounds[0] is not None and bounds[0] >= 0

"""Money as exact decimals, and ranges of it that stay ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from complaint_rules.errors import MoneyError
from complaint_rules.frozen import frozen

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal(0)
LARGEST: Final = Decimal(10) ** 15


def read_money(value: object, what: str = "the amount") -> Decimal:
    """Read an amount with at most two decimal places from an int, a Decimal or a text.

    Raises:
        MoneyError: it is a float (0.1 has no exact binary form), negative, not finite, has more
            than two decimal places, or is no number at all.

    >>> read_money("37.5")
    Decimal('37.50')
    """
    if isinstance(value, float):
        raise MoneyError(
            f"{what} is the float {value!r}: write the text '{value}', or use Decimal('{value}')"
        )
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise MoneyError(
            f"{what} is {value!r}, which is not an amount: write a number like '12.50'"
        )
    try:
        amount = Decimal(value if not isinstance(value, str) else value.strip())
    except InvalidOperation:
        raise MoneyError(
            f"{what} is {value!r}, which is not an amount: write a number like '12.50'"
        ) from None
    if not amount.is_finite() or amount > LARGEST:
        raise MoneyError(f"{what} is {value!r}: amounts are at most {LARGEST}")
    if amount < 0:
        raise MoneyError(f"{what} is {value!r}: amounts are not negative; who pays says a rule")
    if amount != amount.quantize(CENT):
        raise MoneyError(f"{what} is {value!r}: amounts have at most two decimal places")
    return amount.quantize(CENT)


@frozen
class Interval:
    """An amount between two bounds, both included. A bound is ``None`` where it is open.

    >>> Interval(Decimal(50), Decimal(200)) + Interval(Decimal(30), Decimal(30))
    Interval(minimum=Decimal('80'), maximum=Decimal('230'))
    >>> print(Interval(Decimal(50), None))
    50 or more
    """

    minimum: Decimal | None
    maximum: Decimal | None

    @classmethod
    def exactly(cls, amount: Decimal) -> Interval:
        return cls(amount, amount)

    @property
    def is_exact(self) -> bool:
        return self.minimum is not None and self.minimum == self.maximum

    def __add__(self, other: Interval) -> Interval:
        return Interval(
            _both(self.minimum, other.minimum, _sum), _both(self.maximum, other.maximum, _sum)
        )

    def scaled(self, factor: Decimal) -> Interval:
        """Times a factor; a negative one swaps the bounds.

        >>> Interval(Decimal(50), Decimal(200)).scaled(Decimal("-0.2")).minimum
        Decimal('-40.0')
        """
        if factor == 0:
            return NOTHING
        # Adding zero makes a negative zero an ordinary one.
        low = None if self.minimum is None else self.minimum * factor + 0
        high = None if self.maximum is None else self.maximum * factor + 0
        return Interval(low, high) if factor > 0 else Interval(high, low)

    def times(self, share: Interval) -> Interval:
        """Times a range of factors of zero or more, where this amount is not negative."""
        low = _both(self.minimum, share.minimum, _product)
        return Interval(low, _both(self.maximum, share.maximum, _product))

    def hull(self, other: Interval) -> Interval:
        """The smallest interval that contains both."""
        return Interval(
            _both(self.minimum, other.minimum, min), _both(self.maximum, other.maximum, max)
        )

    def larger(self, other: Interval) -> Interval:
        """The larger of two uncertain amounts."""
        if self.minimum is None or other.minimum is None:
            minimum = other.minimum if self.minimum is None else self.minimum
        else:
            minimum = max(self.minimum, other.minimum)
        return Interval(minimum, _both(self.maximum, other.maximum, max))

    def rounded(self) -> Interval:
        """Both bounds in cents, halves up. Rounding happens once, at the end of a calculation."""
        return Interval(_cents(self.minimum), _cents(self.maximum))

    def __str__(self) -> str:
        if self.minimum is None:
            return "any amount" if self.maximum is None else f"at most {plain(self.maximum)}"
        if self.maximum is None:
            return f"{plain(self.minimum)} or more"
        if self.minimum == self.maximum:
            return plain(self.minimum)
        return f"{plain(self.minimum)}–{plain(self.maximum)}"


def _both(
    one: Decimal | None, other: Decimal | None, join: Callable[[Decimal, Decimal], Decimal]
) -> Decimal | None:
    return None if one is None or other is None else join(one, other)


def _sum(one: Decimal, other: Decimal) -> Decimal:
    return one + other


def _product(one: Decimal, other: Decimal) -> Decimal:
    return one * other


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(CENT, rounding=ROUND_HALF_UP)


NOTHING: Final = Interval(ZERO, ZERO)


def plain(amount: Decimal) -> str:
    """The amount without needless zeros: ``30``, ``37.50``.

    >>> plain(Decimal("30.00")), plain(Decimal("37.5"))
    ('30', '37.50')
    """
    if amount == amount.to_integral_value():
        return f"{amount:.0f}"
    return f"{amount.quantize(CENT, rounding=ROUND_HALF_UP)}"


def add_up(intervals: Iterable[Interval]) -> Interval:
    """The sum of many."""
    total = NOTHING
    for interval in intervals:
        total = total + interval
    return total

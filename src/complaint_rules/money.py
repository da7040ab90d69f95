"""Money as exact decimals, and ranges of it that stay ranges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from complaint_rules.errors import ComplaintRulesError

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal(0)
LARGEST: Final = Decimal(10) ** 15


class MoneyError(ComplaintRulesError, ValueError):
    """An amount that is a float, negative, too large or too fine."""


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
        raise MoneyError(f"{what} is {value!r}, which is not an amount: write a number like '12.50'")
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


@dataclass(frozen=True, slots=True)
class Interval:
    """An amount between two bounds, both included. ``maximum`` is ``None`` where it is open.

    >>> Interval(Decimal(50), Decimal(200)) + Interval(Decimal(30), Decimal(30))
    Interval(minimum=Decimal('80'), maximum=Decimal('230'))
    >>> print(Interval(Decimal(50), None))
    50 or more
    """

    minimum: Decimal
    maximum: Decimal | None

    @classmethod
    def exactly(cls, amount: Decimal) -> Interval:
        return cls(amount, amount)

    def __add__(self, other: Interval) -> Interval:
        if self.maximum is None or other.maximum is None:
            return Interval(self.minimum + other.minimum, None)
        return Interval(self.minimum + other.minimum, self.maximum + other.maximum)

    def scaled(self, factor: Decimal) -> Interval:
        """Times a factor of zero or more."""
        maximum = None if self.maximum is None else self.maximum * factor
        if factor == 0:
            maximum = ZERO
        return Interval(self.minimum * factor, maximum)

    def hull(self, other: Interval) -> Interval:
        """The smallest interval that contains both."""
        maximum = (
            None
            if self.maximum is None or other.maximum is None
            else max(self.maximum, other.maximum)
        )
        return Interval(min(self.minimum, other.minimum), maximum)

    def larger(self, other: Interval) -> Interval:
        """The larger of two uncertain amounts."""
        maximum = (
            None
            if self.maximum is None or other.maximum is None
            else max(self.maximum, other.maximum)
        )
        return Interval(max(self.minimum, other.minimum), maximum)

    def rounded(self) -> Interval:
        """Both bounds in cents, halves up. Rounding happens once, at the end of a calculation."""
        maximum = (
            None if self.maximum is None else self.maximum.quantize(CENT, rounding=ROUND_HALF_UP)
        )
        return Interval(self.minimum.quantize(CENT, rounding=ROUND_HALF_UP), maximum)

    def __str__(self) -> str:
        low = plain(self.minimum)
        if self.maximum is None:
            return f"{low} or more"
        return low if self.minimum == self.maximum else f"{low}–{plain(self.maximum)}"


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

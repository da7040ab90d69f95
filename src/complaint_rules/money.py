"""Money as exact decimals, and ranges of it that stay ranges."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import (
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from typing import Final

from complaint_rules.currencies import MOST_PLACES
from complaint_rules.errors import MoneyError
from complaint_rules.frozen import frozen
from complaint_rules.public import public

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal(0)
LARGEST: Final = Decimal(10**15)

EXACT: Final = Context(
    prec=100, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow]
)
"""What amounts are worked out in: the thread's own context may round, or trap, as a host likes."""


def money_pattern(places: int) -> str:
    """How an amount is written, as a regular expression that Python, Polars and JSON Schema read:
    ASCII digits, a point; no sign, exponent, underscore or space.
    """
    fraction = rf"(\.[0-9]{{1,{places}}}0*)?" if places else r"(\.0+)?"
    return rf"^([0-9]{{1,15}}{fraction}|10{{15}}(\.0+)?)$"


_PATTERNS: Final = [re.compile(money_pattern(places)) for places in range(MOST_PLACES + 1)]
_WRITTEN: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def read_money(value: object, what: str = "the amount", places: int = 2) -> Decimal:
    """Read an amount with at most so many decimal places from an int, a Decimal or a text.

    Raises:
        MoneyError: it is a float (0.1 has no exact binary form), negative, not finite, has more
            decimal places than its currency, or is no number at all.

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
    if isinstance(value, str) and not _WRITTEN.fullmatch(value):
        raise MoneyError(
            f"{what} is {value!r}, which is not an amount: write a number like '12.50', in plain "
            f"digits without spaces, signs or exponents"
        )
    amount = Decimal(value)
    if not amount.is_finite() or amount > LARGEST:
        raise MoneyError(f"{what} is {value!r}: amounts are at most {LARGEST}")
    if amount < 0 or (isinstance(value, str) and value.startswith("-")):
        raise MoneyError(f"{what} is {value!r}: amounts are not negative; who pays says a rule")
    read = EXACT.quantize(amount, smallest(places))
    if amount != read:
        most = {0: "no", 2: "at most two"}.get(places, f"at most {places}")
        raise MoneyError(
            f"{what} is {value!r}: amounts have {most} decimal places in this currency: round it"
        )
    if isinstance(value, str) and not _PATTERNS[places].fullmatch(value):
        raise MoneyError(f"{what} is {value!r}: amounts have at most 15 digits: leave out zeros")
    return read.copy_abs()


_SMALLEST: Final = tuple(Decimal((0, (1,), -places)) for places in range(5))
"""For as many places as any currency has."""


def smallest(places: int) -> Decimal:
    """The smallest amount there is with so many decimal places.

    >>> smallest(3), smallest(0)
    (Decimal('0.001'), Decimal('1'))
    """
    return _SMALLEST[places]


@public
@frozen
class Interval:
    """An amount between two bounds, both included. A bound is ``None`` where it is open.

    >>> from decimal import Decimal
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

        >>> from decimal import Decimal
        >>> Interval(Decimal(50), Decimal(200)).scaled(Decimal("-0.2")).minimum
        Decimal('-40.0')
        """
        if factor == 0:
            return NOTHING
        # Adding zero makes a negative zero an ordinary one.
        low = None if self.minimum is None else EXACT.fma(self.minimum, factor, ZERO)
        high = None if self.maximum is None else EXACT.fma(self.maximum, factor, ZERO)
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

    def rounded(self, places: int = 2) -> Interval:
        """Both bounds to the places of the currency, halves away from zero.

        Rounding happens once, at the end of a calculation.
        """
        low = _rounded(self.minimum, places)
        exact = self.maximum is self.minimum  # most are, and are rounded once
        return Interval(low, low if exact else _rounded(self.maximum, places))

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
    return EXACT.add(one, other)


def _product(one: Decimal, other: Decimal) -> Decimal:
    return EXACT.multiply(one, other)


def _rounded(amount: Decimal | None, places: int) -> Decimal | None:
    return None if amount is None else round_money(amount, places)


def round_money(amount: Decimal, places: int) -> Decimal:
    """An amount to the places of its currency, halves away from zero; never a negative zero."""
    found = amount.quantize(smallest(places), rounding=ROUND_HALF_UP, context=EXACT)
    return found or found.copy_abs()


def apportioned(shares: Sequence[Decimal], places: int) -> list[Decimal]:
    """Shares of one cost, rounded so that together they are the rounded sum.

    Each is rounded down, and what is left over goes, a smallest amount each, to those that lost
    most; among equals to the first.

    >>> apportioned([Decimal("49.995"), Decimal("49.995")], 2)
    [Decimal('50.00'), Decimal('49.99')]
    """
    unit = smallest(places)
    total, down = ZERO, []
    for share in shares:
        total = EXACT.add(total, share)
        down.append(share.quantize(unit, rounding=ROUND_FLOOR, context=EXACT))
    left = round_money(total, places)
    for part in down:
        left = EXACT.subtract(left, part)
    lost = [EXACT.subtract(share, part) for share, part in zip(shares, down, strict=True)]
    order = sorted(range(len(shares)), key=lambda number: lost[number], reverse=True)
    for number in order[: int(EXACT.divide(left, unit))]:
        down[number] = EXACT.add(down[number], unit)
    return down


NOTHING: Final = Interval(ZERO, ZERO)


def plain(amount: Decimal) -> str:
    """The amount without needless zeros: ``30``, ``37.50``.

    >>> plain(Decimal("30.00")), plain(Decimal("37.5"))
    ('30', '37.50')
    """
    if not amount:
        return "0"
    if amount == amount.to_integral_value():
        return f"{amount:.0f}"
    places = min(max(2, -int(EXACT.normalize(amount).as_tuple().exponent)), MOST_PLACES)
    return f"{round_money(amount, places)}"


def add_up(intervals: Iterable[Interval]) -> Interval:
    """The sum of many."""
    total = NOTHING
    for interval in intervals:
        total = total + interval
    return total

"""What a penalty costs, as written in a ruleset: ``50-200 CNY per overdue day``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from complaint_rules.currencies import places_of
from complaint_rules.errors import MoneyError
from complaint_rules.money import Interval, read_money

_NUMBER = r"([0-9][0-9_]*(?:\.[0-9]+)?)"
_FIXED = re.compile(rf"{_NUMBER}(?: ?[-–] ?{_NUMBER})? +([A-Z]{{3}})( per overdue day)?")
_SHARE = re.compile(rf"{_NUMBER}(?: ?[-–] ?{_NUMBER})? ?% of ([a-z][a-z0-9_]*)")
_NAMED_SHARE = re.compile(r"([a-z][a-z0-9_]*) of ([a-z][a-z0-9_]*)")
_PERCENT = re.compile(rf"{_NUMBER}(?: ?[-–] ?{_NUMBER})? ?%")
_NAME = re.compile(r"([a-z][a-z0-9_]*)( per overdue day)?")


class AmountError(ValueError):
    """An amount that cannot be read."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """An amount or range, once or for each overdue day."""

    amount: Interval
    per_overdue_day: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A share, or range of shares, of an amount that a fact or parameter names; the share may be
    the name of a parameter too.
    """

    share: Interval | str
    base: str


@dataclass(frozen=True, slots=True)
class Named:
    """The amount that a fact or parameter gives."""

    name: str
    per_overdue_day: bool = False


AmountRule = Fixed | Share | Named


def _range(low: str, high: str | None, places: int = 2) -> Interval:
    try:
        minimum = read_money(low.replace("_", ""), places=places)
        maximum = minimum if high is None else read_money(high.replace("_", ""), places=places)
    except MoneyError as error:
        raise AmountError(str(error)) from None
    if maximum < minimum:
        raise AmountError(f"the minimum {low} is above the maximum {high}: swap them")
    return Interval(minimum, maximum)


def parse_amount(text: str, currency: str) -> AmountRule:
    """Read ``30 CNY``, ``50-200 CNY``, ``200 CNY per overdue day``, ``30-60 % of freight``,
    ``rate of freight``, or the name of an amount.

    Raises:
        AmountError: none of these, another currency, or a minimum above the maximum.

    >>> parse_amount("50-200 CNY", "CNY").amount
    Interval(minimum=Decimal('50.00'), maximum=Decimal('200.00'))
    >>> parse_amount("200-50 CNY", "CNY")
    Traceback (most recent call last):
    ...
    complaint_rules.ruleset.amounts.AmountError: the minimum 200 is above the maximum 50: swap them
    """
    words = " ".join(text.split())
    if found := _FIXED.fullmatch(words):
        low, high, money, per_day = found.groups()
        if money != currency:
            raise AmountError(f"{text!r} is in {money}, the policy in {currency}: use one currency")
        return Fixed(_range(low, high, places_of(currency)), per_day is not None)
    if found := _SHARE.fullmatch(words):
        low, high, base = found.groups()
        return Share(_range(low, high).scaled(Decimal("0.01")), base)
    if found := _NAMED_SHARE.fullmatch(words):
        return Share(found[1], found[2])
    if found := _NAME.fullmatch(words):
        return Named(found[1], found[2] is not None)
    raise AmountError(
        f"{text!r} is not an amount: write '30 {currency}', '50-200 {currency}', "
        f"'200 {currency} per overdue day', '30-60 % of a_cost', or the name of an amount"
    )


def parse_range(text: str, currency: str, places: int = 2) -> Interval:
    """Read an amount or range as it stands in a table: ``37.56`` or ``130-131``.

    Raises:
        AmountError: it is neither.
    """
    found = re.fullmatch(rf"{_NUMBER}(?: ?[-–] ?{_NUMBER})?(?: +{currency})?", text.strip())
    if not found:
        raise AmountError(f"{text!r} is not an amount: write '30' or '50-200'")
    return _range(found[1], found[2], places)


def parse_percentage(text: str) -> Interval:
    """Read ``120 %`` or ``30-60 %`` as factors.

    Raises:
        AmountError: it is neither.

    >>> print(parse_percentage("30-60 %"))
    0.30–0.60
    """
    found = _PERCENT.fullmatch(" ".join(text.split()))
    if not found:
        raise AmountError(f"{text!r} is not a percentage: write '120 %' or '30-60 %'")
    return _range(found[1], found[2]).scaled(Decimal("0.01"))

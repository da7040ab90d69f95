"""What a penalty costs, as written in a ruleset: ``50-200 CNY per overdue day``."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal, cast

from complaint_rules.currencies import places_of
from complaint_rules.errors import ConditionError, MoneyError, did_you_mean
from complaint_rules.expressions import Type, Vocabulary
from complaint_rules.expressions.intervals import interval_of
from complaint_rules.expressions.parse_names import say_type, short
from complaint_rules.expressions.parse_terms import TermReader, as_python
from complaint_rules.expressions.terms import bounds_of
from complaint_rules.expressions.tree import (
    Between,
    Constant,
    Percent,
    Term,
    term_names,
)
from complaint_rules.money import Interval, read_money
from complaint_rules.time.periods import PERIOD_UNITS, AccrualPeriod, PeriodUnit

_NUMBER = r"([0-9][0-9_]*(?:\.[0-9]+)?)"
_FIXED = re.compile(rf"{_NUMBER}(?: ?[-–] ?{_NUMBER})? +([A-Z]{{3}}|[a-z][a-z0-9_]*)")
_SHARE = re.compile(rf"{_NUMBER} ?[-–] ?{_NUMBER} ?% of (.+)")
_PERCENT = re.compile(rf"{_NUMBER}(?: ?[-–] ?{_NUMBER})? ?%")
_RANGE = re.compile(rf"{_NUMBER} ?[-–] ?{_NUMBER} ?(?:%|[A-Z]{{3}}\b)")
_UNIT = re.compile(r"(?<=[0-9]) ([A-Z]{3}|(?!if\b|of\b)[a-z][a-z0-9_]*)\b")
_UNIT_APART = re.compile(r"(?<=[0-9])  ([A-Z]{3}|[a-z][a-z0-9_]*)\b")
_NAME_OF = re.compile(r"(?<=[a-z0-9_]) of(?= )")
"""Behind the name of a percentage: ``credit of fee``."""
_PER = re.compile(
    r"(.+?) per (?:(?P<number>[1-9][0-9]{0,3}) )?(?:(?P<word>started|full) )?"
    rf"(?:(?P<after>[1-9][0-9]{{0,3}}) )?overdue (?P<unit>{'|'.join(PERIOD_UNITS)})s?"
)
MOST_DIGITS: Final = 15
"""So many digits a percentage may have."""

PenaltyKind = Literal[
    "fixed",
    "range",
    "per-day",
    "share",
    "forfeiture",
    "dismissal",
    "referral",
    "compensation",
    "per-period",
    "sanction",
]

OverdueDay = Literal["overdue day"]
"""One as the limit counts its overdue days."""


class AmountError(ValueError):
    """An amount that cannot be read."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What a penalty costs: ``term`` once or ``per`` each period, not less than ``at_least``, nor
    more than the lowest of ``at_most``, which comes last. ``rounds`` each period by itself.
    """

    term: Term
    per: AccrualPeriod | OverdueDay | None = None
    at_least: Term | None = None
    at_most: tuple[Term, ...] = ()
    rounds: bool = False
    unit: str = ""
    """What it is counted in, where that is not money."""
    signed: frozenset[str] = frozenset()
    """The names in it whose values may be negative."""
    names: tuple[str, ...] = field(init=False, compare=False)
    """Every name that it reads, in the order of first use."""
    constant: Interval | None = field(init=False, compare=False)
    """What ``term`` is in every case, where it reads no name."""

    def __post_init__(self) -> None:
        every = dict.fromkeys(name for term in self.terms for name in term_names(term))
        object.__setattr__(self, "names", tuple(every))
        known = None if term_names(self.term) else interval_of(self.term, _no_name)
        object.__setattr__(self, "constant", known)

    @property
    def terms(self) -> tuple[Term, ...]:
        floor = () if self.at_least is None else (self.at_least,)
        return (self.term, *floor, *self.at_most)

    @property
    def is_constant(self) -> bool:
        """Whether it is the same in every case."""
        return self.constant is not None and self.per is None and not self.is_bounded

    @property
    def is_bounded(self) -> bool:
        return self.at_least is not None or bool(self.at_most)


def _no_name(name: str) -> Interval:
    raise KeyError(name)


@dataclass(frozen=True, slots=True)
class AmountWords:
    """The names and the currency that amounts are written with."""

    vocabulary: Vocabulary
    currency: str
    counted: Mapping[str, int] = field(default_factory=dict)
    """The other units there are, and how many decimal places amounts in each have."""

    @property
    def types(self) -> dict[str, Type]:
        """The type of amounts by what stands behind them."""
        own = {self.currency: Type("money", places=places_of(self.currency))}
        return own | {
            name: Type("money", places=places, unit=name) for name, places in self.counted.items()
        }


def _range(low: str, high: str | None, places: int = 2) -> Interval:
    try:
        minimum = read_money(low.replace("_", ""), places=places)
        maximum = minimum if high is None else read_money(high.replace("_", ""), places=places)
    except MoneyError as error:
        raise AmountError(str(error)) from None
    return _in_order(low, high, Interval(minimum, maximum))


def _share(low: str, high: str | None) -> Interval:
    """Percentages, with any number of decimal places."""
    texts = [text.replace("_", "") for text in (low, high or low)]
    if any(len(text) > MOST_DIGITS for text in texts):
        raise AmountError(f"{low} % has more than {MOST_DIGITS} digits: round it")
    return _in_order(low, high, Interval(*map(Decimal, texts)))


def _in_order(low: str, high: str | None, found: Interval) -> Interval:
    if cast("Decimal", found.maximum) < cast("Decimal", found.minimum):
        raise AmountError(f"the minimum {low} is above the maximum {high}: swap them")
    return found


def parse_amount(text: str, words: AmountWords) -> Amount:
    """Read ``30 CNY``, ``50-200 CNY``, ``200 CNY per overdue day``, ``30-60 % of freight``, the
    name of an amount, ``rate of freight``, or arithmetic of those; ``per started overdue week``
    or another period.

    Raises:
        AmountError: none of these, another currency, or a minimum above the maximum.

    >>> parse_amount("50-200 CNY", AmountWords({}, "CNY")).term
    Between(low=Decimal('50.00'), high=Decimal('200.00'))
    >>> parse_amount("200-50 CNY", AmountWords({}, "CNY"))
    Traceback (most recent call last):
    ...
    complaint_rules.ruleset.amounts.AmountError: the minimum 200 is above the maximum 50: swap them
    """
    written = " ".join(text.split())
    found = _PER.fullmatch(written)
    term, unit = parse_term(written if found is None else found[1], words)
    return Amount(term, None if found is None else _period(found), unit=unit)


def _period(found: re.Match[str]) -> AccrualPeriod | OverdueDay:
    number, word, after, unit = found.group("number", "word", "after", "unit")
    if word is None and number is None and after is None:
        if unit == "day":
            return "overdue day"
        raise AmountError(
            f"'per overdue {unit}' does not say whether a {unit} that has only begun counts: "
            f"write 'per started overdue {unit}' or 'per full overdue {unit}'"
        )
    if number is not None and after is not None:
        raise AmountError(f"{found[0]!r} has two numbers of {unit}s: leave one out")
    return AccrualPeriod(
        cast("PeriodUnit", unit), int(number or after or 1), started=word == "started"
    )


def parse_term(text: str, words: AmountWords) -> tuple[Term, str]:
    """Read an amount or range, a share, a name, or arithmetic of those, and its unit, which is
    empty for money.

    Raises:
        AmountError: it is none, or is no amount of the policy's currency or units.
    """
    if found := _FIXED.fullmatch(text):
        low, high, unit = found.groups()
        type_ = _type_of(text, unit, words)
        return _constant(_range(low, high, type_.places)), type_.unit
    if found := _SHARE.fullmatch(text):
        share = _share(found[1], found[2])
        whole, unit = parse_term(found[3], words)
        low_end, high_end = cast("Decimal", share.minimum), cast("Decimal", share.maximum)
        return Percent(low_end, whole, high_end), unit
    if _RANGE.search(text):
        raise AmountError(f"{text!r}: a range stands alone: write '50-200 {words.currency}'")
    return _arithmetic(text, words)


def _constant(bounds: Interval) -> Constant | Between:
    low, high = cast("Decimal", bounds.minimum), cast("Decimal", bounds.maximum)
    return Constant(low) if low == high else Between(low, high)


def _type_of(text: str, unit: str, words: AmountWords) -> Type:
    found = words.types.get(unit)
    if found is not None:
        return found
    if unit.isupper():
        raise AmountError(
            f"{text!r} is in {unit}, the policy in {words.currency}: use one currency"
        )
    raise AmountError(
        f"{unit!r} in {text!r} is no unit{did_you_mean(unit, words.types)}: declare it in 'units', "
        f"or write {words.currency}"
    )


def _arithmetic(text: str, words: AmountWords) -> tuple[Term, str]:
    for unit in _UNIT.findall(text):
        _type_of(text, unit, words)
    spaced = _UNIT.sub(r"  \1", text)
    joined = _NAME_OF.sub(" @ ", _UNIT_APART.sub(r"**\1", as_python(spaced)))
    try:
        # The operator that binds most closely joins each number to its currency.
        tree = ast.parse(joined, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise _no_amount(text, words) from None
    reader = TermReader(words.vocabulary, spaced, words.types)
    try:
        read = reader.term(tree)
    except ConditionError as error:
        raise AmountError(str(error)) from None
    if read.type is None:
        raise _no_amount(text, words)
    if read.type.name != "money":
        raise AmountError(f"{text!r} is {say_type(read.type)}, and no amount: name an amount")
    return read.term, read.type.unit


def _no_amount(text: str, words: AmountWords) -> AmountError:
    currency = words.currency
    return AmountError(
        f"{short(text)!r} is not an amount: write '30 {currency}', '50-200 {currency}', "
        f"'200 {currency} per overdue day', '5 % of price per started overdue week', "
        f"'30-60 % of a_cost', or the name of an amount"
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
    return _share(found[1], found[2]).scaled(Decimal("0.01"))


def least_of(term: Term, vocabulary: Vocabulary) -> Decimal | None:
    """The least that a term can be; ``None`` where there is no end."""
    low, _ = bounds_of(term, vocabulary)
    return None if low is None else Decimal(low)


def is_below(cap: Term, floor: Term, vocabulary: Vocabulary) -> bool:
    """Whether a cap is certainly lower than a floor."""
    least, most = bounds_of(floor, vocabulary)[0], bounds_of(cap, vocabulary)[1]
    return least is not None and most is not None and most < least

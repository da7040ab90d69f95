"""Amounts as columns of whole numbers, in a unit so small that rounding waits for the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Final

import numpy as np

from complaint_rules.columns.log import Rows
from complaint_rules.columns.lookups import ParameterColumn, TableColumns
from complaint_rules.columns.missing import Codes
from complaint_rules.columns.nullable import Mask, physical
from complaint_rules.columns.occurrences import Occurrences
from complaint_rules.columns.state import StateColumns
from complaint_rules.columns.values import scale_of
from complaint_rules.money import EXACT, Interval
from complaint_rules.ruleset.amounts import Fixed, Named, Share
from complaint_rules.ruleset.rules import Penalty
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import NONE

MOST_OVERDUE_DAYS: Final = 4_000_000
"""More days than the calendar has."""

LARGEST: Final = 2**55
"""Sums of some dozens of such numbers still fit into 64 bits."""


@dataclass(frozen=True, slots=True)
class AmountColumns:
    """Ranges, row by row; ``NONE`` is an open bound."""

    minimum: Instants
    maximum: Instants

    def rows(self, rows: Rows | Mask) -> AmountColumns:
        return AmountColumns(self.minimum[rows], self.maximum[rows])

    def hull(self, other: AmountColumns) -> AmountColumns:
        """The smallest ranges that contain both."""
        return AmountColumns(
            _both(self.minimum, other.minimum, np.minimum(self.minimum, other.minimum)),
            _both(self.maximum, other.maximum, np.maximum(self.maximum, other.maximum)),
        )

    def plus(self, other: AmountColumns, where: Mask) -> AmountColumns:
        """The sums, in some of the rows."""
        minimum = _both(self.minimum, other.minimum, self.minimum + other.minimum)
        maximum = _both(self.maximum, other.maximum, self.maximum + other.maximum)
        return AmountColumns(
            np.where(where, minimum, self.minimum), np.where(where, maximum, self.maximum)
        )

    @classmethod
    def nothing(cls, count: int) -> AmountColumns:
        return cls(np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64))

    @classmethod
    def open(cls, count: int) -> AmountColumns:
        return cls(np.zeros(count, dtype=np.int64), np.full(count, NONE, dtype=np.int64))


def _both(one: Instants, other: Instants, joined: Instants) -> Instants:
    found: Instants = np.where((one == NONE) | (other == NONE), NONE, joined)
    return found


class Unit:
    """The unit in which the amounts of a policy are whole: cents divided by a power of ten."""

    def __init__(self, ruleset: Ruleset) -> None:
        shares = [charge.share for charge in ruleset.charges]
        for rule in ruleset.penalties:
            if isinstance(rule.amount, Share):
                shares += rates_of(rule.amount.share, ruleset)
        rates = [
            rate
            for parameter in ruleset.parameters.values()
            if parameter.table is not None and parameter.table.each_band is not None
            for rate in rates_of(parameter.name, ruleset)
        ]
        self.of_shares = 10 ** _digits(_bounds(shares))
        self.of_rates = 10 ** _digits(_bounds(rates))
        self.of_factors = 10 ** _digits(relief.factor for relief in ruleset.reliefs)
        self.scale = scale_of(ruleset.places)
        self.in_a_cent = self.of_shares * self.of_rates * self.of_factors
        # A currency without cents is rounded to whole units.
        self.in_smallest = self.in_a_cent * 10 ** (self.scale - ruleset.places)
        self.factor = max([Decimal(1), *(relief.factor for relief in ruleset.reliefs)])
        # What rates give may be many times as much.
        for several in (shares, rates):
            self.factor = EXACT.multiply(self.factor, max([Decimal(1), *_bounds(several)]))

    def largest_cents(self, *, per_day: bool) -> int:
        """An amount up to which everything fits."""
        found: int = LARGEST // (
            self.in_a_cent * ceil(self.factor) * (MOST_OVERDUE_DAYS if per_day else 1)
        )
        return found

    def of_interval(self, interval: Interval) -> tuple[int, int]:
        return self._of(interval.minimum), self._of(interval.maximum)

    def _of(self, amount: Decimal | None) -> int:
        if amount is None:
            return NONE
        return int(EXACT.multiply(EXACT.scaleb(amount, self.scale), Decimal(self.in_a_cent)))

    def cents(self, amounts: Instants) -> Instants:
        """Cents rounded to the places of the currency, halves away from zero: once, at the end."""
        size = np.abs(amounts)
        size = (size + self.in_smallest // 2) // self.in_smallest
        size *= self.in_smallest // self.in_a_cent
        return np.where(amounts == NONE, NONE, np.sign(amounts) * size)

    def apportioned(self, shares: Sequence[Instants]) -> list[Instants]:
        """Cents of shares of one cost, row by row, that add up to the rounded sum; see ``money``.

        A share that a row has none of is zero there, and an open one is ``NONE`` in all.
        """
        parts = np.stack(shares)
        open_ = parts[0] == NONE
        parts = np.where(open_, 0, parts)
        down = parts // self.in_smallest
        lost = parts - down * self.in_smallest
        left = (parts.sum(axis=0) + self.in_smallest // 2) // self.in_smallest - down.sum(axis=0)
        order = np.argsort(-lost, axis=0, kind="stable")
        rank = np.argsort(order, axis=0, kind="stable")
        cents = (down + (rank < left)) * (self.in_smallest // self.in_a_cent)
        return list(np.where(open_, NONE, cents))

    def rounded(self, amounts: AmountColumns) -> AmountColumns:
        return AmountColumns(self.cents(amounts.minimum), self.cents(amounts.maximum))

    def scaled(self, amounts: AmountColumns, factor: Decimal) -> AmountColumns:
        """Times a factor of reliefs; a negative one swaps the bounds."""
        number = int(EXACT.multiply(factor, Decimal(self.of_factors)))
        if number == 0:
            return AmountColumns.nothing(len(amounts.minimum))
        low, high = (
            np.where(bound == NONE, NONE, bound // self.of_factors * number)
            for bound in (amounts.minimum, amounts.maximum)
        )
        return AmountColumns(low, high) if number > 0 else AmountColumns(high, low)

    def shared(self, amounts: AmountColumns, share: Interval) -> AmountColumns:
        """Times a range of shares."""
        low, high = (
            np.full(len(bound), NONE)
            if part is None
            else np.where(
                bound == NONE,
                NONE,
                bound // self.of_shares * int(EXACT.multiply(part, Decimal(self.of_shares))),
            )
            for bound, part in (
                (amounts.minimum, share.minimum),
                (amounts.maximum, share.maximum),
            )
        )
        return AmountColumns(low, high)


def rates_of(share: Interval | str, ruleset: Ruleset) -> list[Interval]:
    """A share, or every one that a parameter may give."""
    if isinstance(share, Interval):
        return [share]
    values = ruleset.parameters[share].every_value()
    return [value for value in values if isinstance(value, Interval)]


def _bounds(intervals: Iterable[Interval]) -> list[Decimal]:
    return [bound for one in intervals for bound in (one.minimum, one.maximum) if bound]


def _digits(factors: Iterable[Decimal]) -> int:
    exponents = [int(EXACT.normalize(factor).as_tuple().exponent) for factor in factors]
    return max([0, *(-exponent for exponent in exponents)])


def named_amount(state: StateColumns, unit: Unit, name: str, case: Rows) -> AmountColumns:
    """An amount by the name of a fact or parameter; its minimum is ``NONE`` where unknown."""
    parameter = state.ruleset.parameters.get(name)
    if parameter is not None:
        table = parameter.table
        if table is not None and table.each_band is not None:
            return _tariff(state.table(name), unit).rows(case)
        return _of_codes(state.parameter(name), case, unit.of_interval)
    cents = physical(state.series(name))[case]
    amounts = np.where(cents == NONE, NONE, cents * unit.in_a_cent)
    return AmountColumns(amounts, amounts)


def _of_codes(
    column: ParameterColumn, case: Rows, bounds_of: Callable[[Interval], tuple[int, int]]
) -> AmountColumns:
    """What a parameter gives, or may give, in whole numbers."""
    bounds = [
        bounds_of(value if isinstance(value, Interval) else Interval.exactly(value))  # type: ignore[arg-type]
        for value in column.values
    ]
    table = np.array([*bounds, (NONE, NONE)], dtype=np.int64)
    return AmountColumns(table[column.least[case], 0], table[column.most[case], 1])


def _tariff(columns: TableColumns, unit: Unit) -> AmountColumns:
    """What is due on an amount by bands, for each case."""
    count = len(columns.slots[0])
    found = AmountColumns(np.full(count, NONE), np.full(count, NONE))
    cents, groups = columns.tariffs()

    def whole(rate: Interval) -> list[int]:
        assert rate.minimum is not None  # noqa: S101 - a rate has both bounds
        assert rate.maximum is not None  # noqa: S101 - a rate has both bounds
        scale = Decimal(unit.of_rates)
        return [int(EXACT.multiply(bound, scale)) for bound in (rate.minimum, rate.maximum)]

    for rows, rates in groups:
        value = cents[rows]
        total = AmountColumns.nothing(len(rows))
        for low, high, rate in rates:
            bottom = int(EXACT.scaleb(low, unit.scale))
            part = np.maximum(value - bottom, 0)
            if high is not None:
                part = np.minimum(part, int(EXACT.scaleb(high, unit.scale)) - bottom)
            share = AmountColumns(
                *(part * (unit.in_a_cent // unit.of_rates * times) for times in whole(rate))
            )
            total = total.plus(share, np.ones(len(rows), dtype=bool))
        found.minimum[rows], found.maximum[rows] = total.minimum, total.maximum
    for rows, choice in columns.tariff_gaps():
        if choice.hull is not None:
            found.minimum[rows], found.maximum[rows] = unit.of_interval(choice.hull)
    return found


def _amount_missing(occurrences: Occurrences, name: str, rows: Rows) -> Codes:
    """What has to be known for an amount to be determined, where it is not."""
    state, case = occurrences.state, occurrences.case[rows]
    if name in state.ruleset.parameters:
        return state.parameter(name).missing[case]
    unknown = physical(state.series(name))[case] == NONE
    return np.where(unknown, occurrences.name_missing(name, rows), 0).astype(np.int32)


def penalty_amounts(
    occurrences: Occurrences, unit: Unit, rule: Penalty, rows: Rows
) -> tuple[AmountColumns, Codes]:
    """What a penalty costs in some rows, and what is missing to say it."""
    state, case = occurrences.state, occurrences.case[rows]
    count = len(rows)
    known = np.zeros(count, dtype=np.int32)
    match rule.penalty_kind:
        case "dismissal":
            return AmountColumns.nothing(count), known
        case "referral":
            return AmountColumns.open(count), known
        case "compensation" | "forfeiture":
            assert rule.base is not None  # noqa: S101 - the compiler wants it
            base = named_amount(state, unit, rule.base, case)
            zero = np.zeros(count, dtype=np.int64)
            if rule.penalty_kind == "compensation":
                return AmountColumns(zero, base.maximum), known
            minimum = np.where(base.minimum == NONE, 0, base.minimum)
            return AmountColumns(minimum, base.maximum), known
    match rule.amount:
        case Fixed(interval, per_day):
            low, high = unit.of_interval(interval)
            found = AmountColumns(np.full(count, low), np.full(count, high))
            missing = known
        case Named(name, per_day):
            found = _open_where_unknown(named_amount(state, unit, name, case))
            missing = _amount_missing(occurrences, name, rows)
        case Share(share, name):
            per_day = False
            base = named_amount(state, unit, name, case)
            missing = _amount_missing(occurrences, name, rows)
            if isinstance(share, str):
                found = _open_where_unknown(_times_rate(state, unit, base, share, case))
                missing = state.missing.join(missing, _amount_missing(occurrences, share, rows))
            else:
                found = _open_where_unknown(unit.shared(base, share))
        case _:
            raise AssertionError(rule)  # pragma: no cover - the compiler left no other
    if not per_day:
        return found, missing
    return _per_day(occurrences, found, missing, rows)


def _open_where_unknown(found: AmountColumns) -> AmountColumns:
    """An amount of which nothing is known is open."""
    unknown = found.minimum == NONE
    return AmountColumns(
        np.where(unknown, 0, found.minimum), np.where(unknown, NONE, found.maximum)
    )


def _times_rate(
    state: StateColumns, unit: Unit, base: AmountColumns, rate: str, case: Rows
) -> AmountColumns:
    """Times a rate that a parameter gives."""

    def whole(share: Interval) -> tuple[int, int]:
        low, high = (
            NONE if bound is None else int(EXACT.multiply(bound, Decimal(unit.of_shares)))
            for bound in (share.minimum, share.maximum)
        )
        return low, high

    rates = _of_codes(state.parameter(rate), case, whole)
    low, high = (
        np.where((bound == NONE) | (part == NONE), NONE, bound // unit.of_shares * part)
        for bound, part in ((base.minimum, rates.minimum), (base.maximum, rates.maximum))
    )
    return AmountColumns(low, high)


def _per_day(
    occurrences: Occurrences, found: AmountColumns, missing: Codes, rows: Rows
) -> tuple[AmountColumns, Codes]:
    instances = occurrences.instances
    assert instances is not None  # noqa: S101 - the compiler wants a deadline
    days = instances.overdue_days[rows]
    counted = days != NONE
    amounts = AmountColumns(
        np.where(counted, found.minimum * np.where(counted, days, 0), 0),
        np.where(
            counted & (found.maximum != NONE), found.maximum * np.where(counted, days, 0), NONE
        ),
    )
    unknown = (days == NONE) & (missing == 0)
    return amounts, np.where(unknown, instances.missing[rows], missing).astype(np.int32)

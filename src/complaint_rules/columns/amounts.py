"""Amounts as columns of whole numbers, in a unit so small that rounding waits for the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Final

import numpy as np

from complaint_rules.columns.figures import (
    FigureNames,
    Figures,
    figures_of,
    greatest_of,
    least_of,
    multiplied,
    places_of_term,
    rounded_to,
    tariff,
)
from complaint_rules.columns.instances import LATE, OVERDUE, UNDETERMINED
from complaint_rules.columns.log import Rows
from complaint_rules.columns.lookups import ParameterColumn, TableColumns
from complaint_rules.columns.missing import Codes
from complaint_rules.columns.nullable import Mask, physical
from complaint_rules.columns.occurrences import Occurrences
from complaint_rules.columns.periods import periods_of_columns
from complaint_rules.columns.state import StateColumns
from complaint_rules.columns.values import scale_of
from complaint_rules.money import EXACT, Interval
from complaint_rules.ruleset.amounts import Amount, OverdueDay
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.rules import Penalty
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.scopes import CASE
from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import NONE
from complaint_rules.time.periods import AccrualPeriod

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
        self.ruleset = ruleset
        self.scale = scale_of(ruleset.places)
        rates = [
            rate
            for parameter in ruleset.parameters.values()
            if parameter.table is not None and parameter.table.each_band is not None
            for rate in rates_of(parameter)
        ]
        self.of_shares = 10 ** _digits(_bounds(charge.share for charge in ruleset.charges))
        self.of_rates = 10 ** _digits(_bounds(rates))
        self.of_factors = 10 ** _digits(relief.factor for relief in ruleset.reliefs)
        finest = max([0, *(places - self.scale for places in _places_of_penalties(ruleset))])
        self.in_a_cent = max(10**finest, self.of_shares * self.of_rates) * self.of_factors
        # A currency without cents is rounded to whole units.
        self.in_smallest = self.in_a_cent * 10 ** (self.scale - ruleset.places)
        self.factor = max([Decimal(1), *(relief.factor for relief in ruleset.reliefs)])
        # What rates give may be many times as much.
        for several in ([charge.share for charge in ruleset.charges], rates):
            self.factor = EXACT.multiply(self.factor, max([Decimal(1), *_bounds(several)]))

    @property
    def largest_cents(self) -> int:
        """An amount up to which everything fits that is neither multiplied nor added."""
        found: int = LARGEST // (self.in_a_cent * ceil(self.factor))
        return found

    def of_figures(self, figures: Figures) -> AmountColumns:
        """Whole numbers with so many decimal places in this unit."""
        factor = self.in_a_cent * 10**self.scale // 10**figures.places
        low, high = (np.where(end == NONE, NONE, end * factor) for end in figures.ends)
        return AmountColumns(low, high)

    def of_interval(self, interval: Interval) -> tuple[int, int]:
        return self._of(interval.minimum), self._of(interval.maximum)

    def _of(self, amount: Decimal | None) -> int:
        if amount is None:
            return NONE
        return int(EXACT.multiply(EXACT.scaleb(amount, self.scale), Decimal(self.in_a_cent)))

    def cents(self, amounts: Instants, smallest: int) -> Instants:
        """Cents rounded to so many of this unit, halves away from zero: once, at the end."""
        size = np.abs(amounts)
        size = (size + smallest // 2) // smallest
        size *= smallest // self.in_a_cent
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

    def rounded(self, amounts: AmountColumns, unit: str = "") -> AmountColumns:
        """Cents rounded to the places of the currency, or of another unit of the policy."""
        smallest = self.in_smallest
        if unit:
            smallest = self.in_a_cent * 10 ** (self.scale - self.ruleset.places_in(unit))
        low, high = (self.cents(end, smallest) for end in (amounts.minimum, amounts.maximum))
        return AmountColumns(low, high)

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


def rates_of(parameter: Parameter) -> list[Interval]:
    """Every rate that a parameter may give."""
    return [value for value in parameter.every_value() if isinstance(value, Interval)]


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


def _places_of_penalties(ruleset: Ruleset) -> Iterator[int]:
    for rule in ruleset.penalties:
        if rule.amount is not None:
            vocabulary = ruleset.words.vocabulary(rule.scope)
            for term in rule.amount.terms:
                yield places_of_term(term, vocabulary, ruleset)
    for cap in ruleset.caps:
        for term in cap.at_most.terms:
            yield places_of_term(term, ruleset.words.vocabulary(CASE), ruleset)


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
    return unit.of_figures(tariff(columns, unit.scale + len(str(unit.of_rates)) - 1))


def penalty_amounts(
    occurrences: Occurrences, unit: Unit, rule: Penalty, rows: Rows
) -> tuple[AmountColumns, Codes]:
    """What a penalty costs in some rows, and what is missing to say it."""
    count = len(rows)
    known = np.zeros(count, dtype=np.int32)
    match rule.penalty_kind:
        case "dismissal" | "sanction":
            return AmountColumns.nothing(count), known
        case "referral":
            return AmountColumns.open(count), known
        case "compensation" | "forfeiture":
            assert rule.base is not None  # noqa: S101 - the compiler wants it
            base = named_amount(occurrences.state, unit, rule.base, occurrences.case[rows])
            zero = np.zeros(count, dtype=np.int64)
            if rule.penalty_kind == "compensation":
                return AmountColumns(zero, base.maximum), known
            minimum = np.where(base.minimum == NONE, 0, base.minimum)
            return AmountColumns(minimum, base.maximum), known
    assert rule.amount is not None  # noqa: S101 - the compiler left no other
    return _Reading(rule.amount, occurrences, rows).worked(unit)


def amounts_once(amount: Amount, occurrences: Occurrences, unit: Unit) -> AmountColumns:
    """An amount that does not accrue, for everything that is judged."""
    rows = np.arange(len(occurrences), dtype=np.int64)
    return _Reading(amount, occurrences, rows).worked(unit)[0]


class _Reading:
    """One amount in many rows: the columnar reading of ``judging.amounts``."""

    def __init__(self, amount: Amount, occurrences: Occurrences, rows: Rows) -> None:
        self.amount = amount
        self.rows = rows
        self.occurrences = occurrences
        self.names = FigureNames(occurrences, rows, amount.signed)

    def worked(self, unit: Unit) -> tuple[AmountColumns, Codes]:
        amount = self.amount
        found = figures_of(amount.term, self.names)
        if amount.rounds:
            places = self.occurrences.state.ruleset.places_in(amount.unit)
            found = rounded_to(found, places)
        uncounted = None
        if amount.per is not None:
            counts, uncounted = self.periods(amount.per)
            found = multiplied(found, counts)
        if amount.at_least is not None:
            found = greatest_of([found, figures_of(amount.at_least, self.names)])
        if amount.at_most:
            caps = [figures_of(cap, self.names) for cap in amount.at_most]
            found = least_of([found, *caps])
        return unit.of_figures(found), self.missing(found, uncounted)

    def missing(self, found: Figures, uncounted: Mask | None) -> Codes:
        """What has to be known, where the bounds do not agree without it."""
        state = self.occurrences.state
        missing = np.zeros(len(self.rows), dtype=np.int32)
        for name, where in self.names.absent.items():
            codes = np.where(where, self.occurrences.name_missing(name, self.rows), 0)
            missing = state.missing.join(missing, codes.astype(np.int32))
        if uncounted is not None and uncounted.any():
            assert self.occurrences.instances is not None  # noqa: S101 - periods of a limit
            of_limits = self.occurrences.instances.missing[self.rows]
            missing = np.where(uncounted & (missing == 0), of_limits, missing).astype(np.int32)
        exact = (found.low == found.high) & (found.low != NONE)
        return np.where(exact, 0, missing).astype(np.int32)

    def periods(self, per: AccrualPeriod | OverdueDay) -> tuple[Figures, Mask]:
        """For how many periods each limit is overdue, and where that is not known."""
        instances, state = self.occurrences.instances, self.occurrences.state
        assert instances is not None  # noqa: S101 - the compiler wants a deadline
        if per == "overdue day":
            counts = instances.overdue_days[self.rows]
        else:
            status, due = instances.status[self.rows], instances.due_at[self.rows]
            ended = instances.ended_at[self.rows]
            late = ((status == LATE) | (status == OVERDUE)) & (due != NONE)
            counts = np.zeros(len(self.rows), dtype=np.int64)
            until = np.where(ended == NONE, state.as_of, ended)
            counts[late] = periods_of_columns(due[late], until[late], per, state.time)
            counts[status == UNDETERMINED] = NONE
        uncounted = counts == NONE
        return Figures(np.where(uncounted, 0, counts), counts, 0), uncounted

"""The columnar reading of terms in amounts: ranges of whole numbers with so many decimal places.

What each node means says ``expressions.intervals``. ``sizes`` sees to it that all numbers fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np

from complaint_rules.columns.log import Rows
from complaint_rules.columns.lookups import TableColumns
from complaint_rules.columns.nullable import Mask, physical
from complaint_rules.columns.values import scale_of
from complaint_rules.expressions import Type, Vocabulary
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
    inner_terms,
)
from complaint_rules.money import EXACT, Interval
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import NONE

if TYPE_CHECKING:
    from complaint_rules.columns.occurrences import Occurrences

NUMBER_PLACES: Final = 6
"""The decimal places of numbers that cases give; those with more are judged one by one."""
_LAST: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Figures:
    """Ranges, row by row, in units of ``places`` decimal places; ``NONE`` is an open bound."""

    low: Instants
    high: Instants
    places: int

    @property
    def ends(self) -> tuple[Instants, Instants]:
        return self.low, self.high

    def at(self, places: int) -> Figures:
        """The same with more decimal places."""
        factor = 10 ** (places - self.places)
        low, high = (np.where(end == NONE, NONE, end * factor) for end in self.ends)
        return Figures(low, high, places)


class FigureNames:
    """The names that an amount reads, in some rows of what it is judged for."""

    def __init__(self, occurrences: Occurrences, rows: Rows, signed: frozenset[str]) -> None:
        self.occurrences = occurrences
        self.rows = rows
        self.signed = signed
        self.ruleset = occurrences.state.ruleset
        self.vocabulary = self.ruleset.words.vocabulary(occurrences.scope)
        self.absent: dict[str, Mask] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, name: str) -> Figures:
        """Between which bounds a name lies; ``absent`` keeps where it is not known."""
        parameter = self.ruleset.parameters.get(name)
        if parameter is None:
            found = self._value(name)
            absent = found.high == NONE
        else:
            found = self._parameter(parameter)
            absent = self.occurrences.state.parameter(name).missing[self.case] > 0
        if absent.any():
            self.absent[name] = absent
        unknown = found.low == NONE
        if not unknown.any():
            return found
        low = np.where(unknown, NONE if name in self.signed else 0, found.low)
        return Figures(low, found.high, found.places)

    @property
    def case(self) -> Rows:
        return self.occurrences.case[self.rows]

    def _parameter(self, parameter: Parameter) -> Figures:
        """What a parameter is, or may be; nothing where that is anything."""
        places, state = _parameter_places(parameter, self.ruleset.places), self.occurrences.state
        if parameter.table is not None and parameter.table.each_band is not None:
            due = tariff(state.table(parameter.name), places)
            return Figures(due.low[self.case], due.high[self.case], places)
        column = state.parameter(parameter.name)
        bounds = [
            value if isinstance(value, Interval) else Interval.exactly(Decimal(value))  # type: ignore[arg-type]
            for value in column.values
        ]
        table = np.array(
            [[_whole(end, places) for end in (one.minimum, one.maximum)] for one in bounds]
            + [[NONE, NONE]],
            dtype=np.int64,
        )
        # Where there is no bound, -1 picks the last, which is none.
        return Figures(table[column.least[self.case], 0], table[column.most[self.case], 1], places)

    def _value(self, name: str) -> Figures:
        type_ = self.vocabulary[name].type
        if name in self.ruleset.words.facts:
            column = self.occurrences.state.series(name)[self.case]
        else:
            column = self.occurrences.column(name)[self.rows]
        if type_.name == "number":
            column = (column * 10**NUMBER_PLACES).round()
        values = physical(column)
        return Figures(values, values, _places_of_type(type_))


def _whole(bound: Decimal | None, places: int) -> int:
    return NONE if bound is None else int(EXACT.scaleb(bound, places))


def _places_of_type(type_: Type) -> int:
    if type_.name == "money":
        return scale_of(type_.places)
    return NUMBER_PLACES if type_.name == "number" else 0


def _parameter_places(parameter: Parameter, of_money: int) -> int:
    """How many decimal places the values of a parameter may have."""
    ends = [
        end
        for value in parameter.every_value()
        for end in ((value.minimum, value.maximum) if isinstance(value, Interval) else (value,))
    ]
    places = max([0, *(_decimals(end) for end in ends if isinstance(end, Decimal))])
    if parameter.table is not None and parameter.table.each_band is not None:
        return places + scale_of(of_money)
    return places


def tariff(columns: TableColumns, places: int) -> Figures:
    """What is due on an amount by bands, for each case; nothing where that is anything."""
    count = len(columns.slots[0])
    low, high = np.full(count, NONE), np.full(count, NONE)
    cents, groups = columns.tariffs()
    scale = scale_of(columns.table.places)
    for rows, rates in groups:
        ends = [np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)]
        for bottom, top, rate in rates:
            first = _whole(bottom, scale)
            part = np.maximum(cents[rows] - first, 0)
            if top is not None:
                part = np.minimum(part, _whole(top, scale) - first)
            for number, bound in enumerate((rate.minimum, rate.maximum)):
                ends[number] += part * _whole(bound, places - scale)
        low[rows], high[rows] = ends
    for rows, choice in columns.tariff_gaps():
        if choice.hull is not None:
            low[rows] = _whole(choice.hull.minimum, places)
            high[rows] = _whole(choice.hull.maximum, places)
    return Figures(low, high, places)


def _decimals(value: int | Decimal) -> int:
    exponent = Decimal(value).as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101 - it is finite
    return max(0, -exponent)


def places_of_term(term: Term, vocabulary: Vocabulary, ruleset: Ruleset) -> int:
    """How many decimal places what a term comes to may have."""
    inner = [places_of_term(part, vocabulary, ruleset) for part in inner_terms(term)]
    match term:
        case Constant(value):
            return _decimals(value)
        case Between(low, high):
            return max(_decimals(low), _decimals(high))
        case Reference(name):
            if name in ruleset.parameters:
                return _parameter_places(ruleset.parameters[name], ruleset.places)
            return _places_of_type(vocabulary[name].type)
        case Times():
            return sum(inner)
        case Percent(percent, _, up_to):
            return inner[0] + 2 + max(_decimals(percent), _decimals(up_to or 0))
        case _:
            return max(inner)


def figures_of(term: Term, names: FigureNames) -> Figures:
    """Between which bounds a term lies, row by row."""
    match term:
        case Constant(value):
            return _constant(Decimal(value), Decimal(value), len(names))
        case Between(low, high):
            return _constant(low, high, len(names))
        case Reference(name):
            return names.read(name)
        case Plus(left, right):
            one, other = _aligned([figures_of(left, names), figures_of(right, names)])
            return Figures(_sum(one.low, other.low), _sum(one.high, other.high), one.places)
        case Minus(left, right):
            one, other = _aligned([figures_of(left, names), figures_of(right, names)])
            ends = _sum(one.low, other.high, -1), _sum(one.high, other.low, -1)
            return Figures(*ends, one.places)
        case Times(left, right):
            return multiplied(figures_of(left, names), figures_of(right, names))
        case Percent(percent, of, up_to):
            most = percent if up_to is None else up_to
            share = _constant(EXACT.scaleb(percent, -2), EXACT.scaleb(most, -2), len(names))
            return multiplied(share, figures_of(of, names))
        case Least(operands):
            return least_of([figures_of(operand, names) for operand in operands])
        case Greatest(operands):
            return greatest_of([figures_of(operand, names) for operand in operands])


def _constant(low: Decimal, high: Decimal, count: int) -> Figures:
    places = max(_decimals(low), _decimals(high))
    least, most = (np.full(count, _whole(end, places), dtype=np.int64) for end in (low, high))
    return Figures(least, most, places)


def _aligned(parts: Sequence[Figures]) -> list[Figures]:
    places = max(part.places for part in parts)
    return [part if part.places == places else part.at(places) for part in parts]


def _sum(one: Instants, other: Instants, sign: int = 1) -> Instants:
    found: Instants = np.where((one == NONE) | (other == NONE), NONE, one + sign * other)
    return found


def least_of(parts: Sequence[Figures]) -> Figures:
    """The smallest of several ranges."""
    parts = _aligned(parts)
    low = np.minimum.reduce([part.low for part in parts])  # an open one is the lowest of all
    highs = [np.where(part.high == NONE, _LAST, part.high) for part in parts]
    high = np.minimum.reduce(highs)
    return Figures(low, np.where(high == _LAST, NONE, high), parts[0].places)


def greatest_of(parts: Sequence[Figures]) -> Figures:
    """The largest of several ranges."""
    parts = _aligned(parts)
    low = np.maximum.reduce([part.low for part in parts])
    open_ = np.logical_or.reduce([part.high == NONE for part in parts])
    high = np.maximum.reduce([part.high for part in parts])
    return Figures(low, np.where(open_, NONE, high), parts[0].places)


def multiplied(one: Figures, other: Figures) -> Figures:
    """Every end times every end; nothing times anything is nothing."""
    places = one.places + other.places
    if (one.low >= 0).all() and (other.low >= 0).all():
        high = np.where((one.high == NONE) | (other.high == NONE), NONE, one.high * other.high)
        high = np.where((one.high == 0) | (other.high == 0), 0, high)
        return Figures(one.low * other.low, high, places)
    low = np.full(len(one.low), _LAST, dtype=np.int64)
    high = np.full(len(one.low), NONE, dtype=np.int64)
    below, above = np.zeros(len(low), dtype=bool), np.zeros(len(low), dtype=bool)
    for left, left_sign in _signed_ends(one):
        for right, right_sign in _signed_ends(other):
            sign = left_sign * right_sign
            open_ = ((left == NONE) | (right == NONE)) & (sign != 0)
            below |= open_ & (sign < 0)
            above |= open_ & (sign > 0)
            corner = np.where(sign == 0, 0, left * right)
            low = np.where(open_, low, np.minimum(low, corner))
            high = np.where(open_, high, np.maximum(high, corner))
    return Figures(np.where(below, NONE, low), np.where(above, NONE, high), places)


def _signed_ends(part: Figures) -> tuple[tuple[Instants, Instants], ...]:
    """Each end with its sign, that of an open one too."""
    low = np.where(part.low == NONE, -1, np.sign(part.low))
    high = np.where(part.high == NONE, 1, np.sign(part.high))
    return (part.low, low), (part.high, high)


def rounded_to(part: Figures, places: int) -> Figures:
    """To so many decimal places, halves away from zero."""
    if part.places <= places:
        return part
    unit = 10 ** (part.places - places)
    low, high = (
        np.where(end == NONE, NONE, np.sign(end) * ((np.abs(end) + unit // 2) // unit))
        for end in part.ends
    )
    return Figures(low, high, places)

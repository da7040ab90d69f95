"""The columnar reading of compared terms: whole numbers of the smallest unit there is in them.

Where they fit into 128 bits, Polars works them out. All other terms, and those with numbers that
columns keep as floats, come from the reference reading, once for each combination of values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import polars as pl

from complaint_rules.columns.values import scale_of, value_of
from complaint_rules.expressions import evaluate
from complaint_rules.expressions.evaluate import COMPARISONS
from complaint_rules.expressions.terms import Figure
from complaint_rules.expressions.tree import (
    Between,
    CompareTerms,
    Constant,
    Greatest,
    Least,
    Minus,
    Percent,
    Plus,
    Reference,
    Term,
    Times,
    term_names,
)
from complaint_rules.expressions.types import LARGEST_NUMBER, Vocabulary
from complaint_rules.money import LARGEST

_MOST: Final = 2**126
"""Up to which whole numbers fit."""


class _DoesNotFit(Exception):
    """A term that columns of whole numbers cannot hold."""


@dataclass(frozen=True, slots=True)
class _Whole:
    """A whole number of units, each a power of ten: ``places`` decimal places; never larger than
    ``most``.
    """

    units: pl.Expr
    places: int
    most: int

    def at(self, places: int) -> _Whole:
        factor = 10 ** (places - self.places)
        return _fitting(self.units * _literal(factor), places, self.most * factor)


def compared_terms(atom: CompareTerms, vocabulary: Vocabulary) -> pl.Expr:
    """The comparison as an expression that is true, false or null where a name is."""
    names = term_names(Plus(atom.left, atom.right))
    known = pl.all_horizontal(pl.col(name).is_not_null() for name in names)
    try:
        sides = _aligned([_whole(side, vocabulary) for side in (atom.left, atom.right)])
    except _DoesNotFit:
        return _by_combination(atom, names, vocabulary)
    compared: Any = COMPARISONS[atom.operator](sides[0].units, sides[1].units)
    return pl.when(known).then(compared)


def _whole(term: Term, vocabulary: Vocabulary) -> _Whole:
    match term:
        case Constant(value):
            return _of_figure(value)
        case Reference(name):
            type_ = vocabulary[name].type
            if type_.name == "number":
                raise _DoesNotFit
            places = scale_of(type_.places) if type_.name == "money" else 0
            most = int(LARGEST) * 10**places if type_.name == "money" else LARGEST_NUMBER
            return _Whole(pl.col(name).cast(pl.Int128), places, most)
        case Plus(left, right) | Minus(left, right):
            one, other = _aligned([_whole(side, vocabulary) for side in (left, right)])
            joined = one.units + other.units
            if isinstance(term, Minus):
                joined = one.units - other.units
            return _fitting(joined, one.places, one.most + other.most)
        case Times(left, right):
            return _product(_whole(left, vocabulary), _whole(right, vocabulary))
        case Percent(percent, of):
            found = _product(_of_figure(percent), _whole(of, vocabulary))
            return _Whole(found.units, found.places + 2, found.most)
        case Between():
            raise AssertionError(term)  # pragma: no cover - conditions have none
        case Least(operands) | Greatest(operands):
            parts = _aligned([_whole(operand, vocabulary) for operand in operands])
            choose = pl.min_horizontal if isinstance(term, Least) else pl.max_horizontal
            units = choose(part.units for part in parts)
            return _Whole(units, parts[0].places, max(part.most for part in parts))


def _of_figure(value: Figure) -> _Whole:
    sign, digits, exponent = Decimal(value).as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - it is finite
    units = int("".join(map(str, digits))) * 10 ** max(exponent, 0)
    return _fitting(_literal(-units if sign else units), max(-exponent, 0), units)


def _product(one: _Whole, other: _Whole) -> _Whole:
    return _fitting(one.units * other.units, one.places + other.places, one.most * other.most)


def _aligned(parts: Sequence[_Whole]) -> list[_Whole]:
    places = max(part.places for part in parts)
    return [part if part.places == places else part.at(places) for part in parts]


def _fitting(units: pl.Expr, places: int, most: int) -> _Whole:
    if most > _MOST:
        raise _DoesNotFit
    return _Whole(units, places, most)


def _literal(units: int) -> pl.Expr:
    if abs(units) > _MOST:
        raise _DoesNotFit
    return pl.lit(units, dtype=pl.Int128)


def _by_combination(atom: CompareTerms, names: Sequence[str], vocabulary: Vocabulary) -> pl.Expr:
    types = [vocabulary[name].type for name in names]

    def judge(column: pl.Series) -> pl.Series:
        rows = column.struct.unnest()
        distinct = rows.unique()
        outcomes = []
        for row in distinct.iter_rows():
            values = {
                name: value_of(value, type_)
                for name, value, type_ in zip(names, row, types, strict=True)
                if value is not None
            }
            outcomes.append(evaluate(atom, values))
        judged = distinct.with_columns(pl.Series("holds", outcomes, dtype=pl.Boolean))
        keys = list(names)
        joined = rows.join(judged, on=keys, how="left", nulls_equal=True, maintain_order="left")
        return joined["holds"]

    return pl.struct(names).map_batches(judge, return_dtype=pl.Boolean)

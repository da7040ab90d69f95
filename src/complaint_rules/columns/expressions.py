"""The columnar reading of a condition: an expression over columns that are named like its names.

A missing value is null, and Polars joins nulls as Kleene's logic does, so the three values come
out as they do one case at a time.
"""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import Any

import polars as pl

from complaint_rules.columns.terms import compared_terms
from complaint_rules.columns.values import constant
from complaint_rules.expressions import Type, Value
from complaint_rules.expressions.evaluate import COMPARISONS
from complaint_rules.expressions.tree import (
    Among,
    And,
    Compare,
    CompareNames,
    CompareTerms,
    IsTrue,
    Node,
    Not,
    Operator,
    Or,
    Truth,
    atom_names,
)
from complaint_rules.expressions.types import Vocabulary


def expression(node: Node, vocabulary: Vocabulary) -> pl.Expr:
    """The condition as an expression that is true, false or null.

    >>> from complaint_rules.expressions.types import INT, Meaning
    >>> over = expression(Compare("days", ">", 3), {"days": Meaning(INT, {})})
    >>> pl.DataFrame({"days": [5, 1, None]}).select(over)["days"].to_list()
    [True, False, None]
    """
    match node:
        case And(operands):
            return reduce(and_, (expression(operand, vocabulary) for operand in operands))
        case Or(operands):
            return reduce(or_, (expression(operand, vocabulary) for operand in operands))
        case Not(operand):
            return ~expression(operand, vocabulary)
        case Truth(value):
            return pl.lit(value)
        case IsTrue(name):
            return pl.col(name)
        case Compare(name, operator, value):
            return _compared(operator, pl.col(name), _literal(value, vocabulary[name].type))
        case CompareNames(left, operator, right):
            sides: list[Any] = [pl.col(left), pl.col(right)]
            if vocabulary[left].type.name == "enum":  # each has members of its own
                sides = [side.cast(pl.String) for side in sides]
            return _compared(operator, *sides)
        case CompareTerms():
            return compared_terms(node, vocabulary)
        case Among(name, constants):
            type_ = vocabulary[name].type
            alternatives: list[pl.Expr] = [
                pl.col(name) == _literal(one, type_) for one in constants
            ]
            return reduce(or_, alternatives)


def _compared(operator: Operator, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    compared: Any = COMPARISONS[operator](left, right)
    found: pl.Expr = compared
    return found


def _literal(value: Value, type_: Type) -> Any:
    return pl.lit(constant(value, type_))


def missing_expressions(node: Node, vocabulary: Vocabulary) -> dict[str, pl.Expr]:
    """For each name, where its absence keeps the condition unknown.

    The names are those that ``missing_names`` gives one case at a time.
    """
    found: dict[str, list[pl.Expr]] = {}
    _collect(node, vocabulary, pl.lit(value=True), found)
    return {name: reduce(or_, parts) for name, parts in found.items()}


def _collect(
    node: Node, vocabulary: Vocabulary, above: pl.Expr, found: dict[str, list[pl.Expr]]
) -> None:
    here = above & expression(node, vocabulary).is_null()
    match node:
        case Not(operand):
            _collect(operand, vocabulary, here, found)
        case And(operands) | Or(operands):
            for operand in operands:
                _collect(operand, vocabulary, here, found)
        case _:
            for name in atom_names(node):
                found.setdefault(name, []).append(here & pl.col(name).is_null())


__all__ = ["expression", "missing_expressions"]

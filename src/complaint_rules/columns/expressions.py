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
from complaint_rules.expressions.bounds import at_least, at_most
from complaint_rules.expressions.evaluate import COMPARISONS
from complaint_rules.expressions.tree import (
    MIRRORED,
    NEGATED,
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
        case Compare(name, operator, value) if vocabulary[name].has_bounds:
            constant_ = _literal(value, vocabulary[name].type)
            return _between(_bounds(name, vocabulary), operator, (constant_, constant_))
        case CompareNames(left, operator, right) if (
            vocabulary[left].has_bounds or vocabulary[right].has_bounds
        ):
            return _between(_bounds(left, vocabulary), operator, _bounds(right, vocabulary))
        case Among(name, constants) if vocabulary[name].has_bounds:
            any_of = Or(tuple(Compare(name, "==", one) for one in constants))
            return expression(any_of, vocabulary)
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


Bounds = tuple[pl.Expr, pl.Expr]


def _bounds(name: str, vocabulary: Vocabulary) -> Bounds:
    """The least and the most that a name can be; null where it is not bounded."""
    if vocabulary[name].has_bounds:
        return pl.col(at_least(name)), pl.col(at_most(name))
    return pl.col(name), pl.col(name)


def _between(left: Bounds, operator: Operator, right: Bounds) -> pl.Expr:
    """A comparison that is true or false where the bounds decide it, else null."""
    holds = _certainly(left, operator, right).fill_null(value=False)
    fails = _certainly(left, NEGATED[operator], right).fill_null(value=False)
    return pl.when(holds).then(statement=True).when(fails).then(statement=False)


def _certainly(left: Bounds, operator: Operator, right: Bounds) -> pl.Expr:
    if operator in ("<", "<="):
        left, operator, right = right, MIRRORED[operator], left
    match operator:
        case "!=":
            above = _certainly(left, ">", right).fill_null(value=False)
            return above | _certainly(right, ">", left).fill_null(value=False)
        case "==":
            return (left[0] == left[1]) & (right[0] == right[1]) & (left[0] == right[0])
    return _compared(operator, left[0], right[1])


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

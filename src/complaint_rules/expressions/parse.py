"""From the text of a condition to the tree, checked against the vocabulary on the way.

The text is read with the standard library's ``ast`` through a whitelist and is never run: no
subscripts, no lambdas, nothing but names, and functions that stand for names, constants,
comparisons, ``in``, ``and``, ``or``, ``not``, and exact arithmetic. Its length and depth are
bounded.
"""

from __future__ import annotations

import ast
import warnings
from decimal import Decimal
from typing import Final

from complaint_rules.errors import ComplaintRulesError, ConditionError
from complaint_rules.expressions.counts import with_counts_named
from complaint_rules.expressions.durations import read_duration
from complaint_rules.expressions.parse_names import say_type, short
from complaint_rules.expressions.parse_terms import DEEPEST_CONDITION, TermReader, as_python
from complaint_rules.expressions.terms import term_value
from complaint_rules.expressions.tree import (
    MIRRORED,
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
    Value,
    atoms,
)
from complaint_rules.expressions.types import ORDERED, Type, Vocabulary, is_lateness, read_value

LONGEST_CONDITION: Final = 2_000
MOST_ATOMS: Final = 200

_OPERATORS: Final[dict[type[ast.cmpop], Operator]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def parse_condition(text: str, vocabulary: Vocabulary) -> Node:
    """Read a condition over the names of ``vocabulary``.

    Raises:
        ConditionError: the text is no condition, is too long or too deep, uses an unknown name
            or something that is not allowed, or compares values that cannot be compared.

    >>> from complaint_rules.expressions.types import INT, Meaning
    >>> parse_condition("0 < days <= 3", {"days": Meaning(INT, {})})
    And(operands=(Compare(name='days', operator='>', constant=0), \
Compare(name='days', operator='<=', constant=3)))
    >>> parse_condition("__import__('os')", {})
    Traceback (most recent call last):
    ...
    complaint_rules.ConditionError: "__import__('os')" calls something: a condition only \
compares declared names, min(…), max(…), time_of(…), is_open(…) and is_working_day(…)
    """
    if len(text) > LONGEST_CONDITION:
        raise ConditionError(
            f"the condition has {len(text)} characters: split it, at most {LONGEST_CONDITION}"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            whole = ast.parse(as_python(text.strip()), mode="eval").body
            expression = with_counts_named(whole, text)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        reason = getattr(error, "msg", None) or "too complex"
        raise ConditionError(
            f"{short(text)!r} is not a condition ({reason}): "
            f"write comparisons joined by and, or, not",
            getattr(error, "offset", None),
        ) from None
    node = _Reader(vocabulary, text.strip()).node(expression, 1)
    count = sum(1 for _ in atoms(node))
    if count > MOST_ATOMS:
        raise ConditionError(
            f"the condition has {count} comparisons: split it, at most {MOST_ATOMS}"
        )
    return node


class _Reader(TermReader):
    def node(self, node: ast.expr, level: int) -> Node:
        if level > DEEPEST_CONDITION:
            raise ConditionError(
                f"the condition is nested deeper than {DEEPEST_CONDITION}: flatten it"
            )
        match node:
            case ast.BoolOp(op, values):
                operands = tuple(self.node(value, level + 1) for value in values)
                return And(operands) if isinstance(op, ast.And) else Or(operands)
            case ast.UnaryOp(ast.Not(), operand):
                return Not(self.node(operand, level + 1))
            case ast.Compare():
                return self.comparison(node)
            case ast.Constant(bool() as value):
                return Truth(value)
            case _ if self.is_name(node):
                name = self.name(node)
                type_ = self.vocabulary[name].type
                if type_.name != "bool":
                    raise self.fail(node, f"is {say_type(type_)}, not true or false: compare it")
                return IsTrue(name)
        raise self.refuse(node, "is not allowed")

    def comparison(self, node: ast.Compare) -> Node:
        sides = [node.left, *node.comparators]
        parts = [
            self.pair(node, left, operator, right)
            for left, operator, right in zip(sides, node.ops, sides[1:], strict=False)
        ]
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def pair(self, whole: ast.Compare, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Node:
        if isinstance(op, ast.In | ast.NotIn):
            among = self.among(left, right)
            return Not(among) if isinstance(op, ast.NotIn) else among
        operator = _OPERATORS.get(type(op))
        if operator is None:
            raise self.fail(whole, "uses 'is': write == or !=")
        if not _has_names(left) and not _has_names(right):
            raise self.fail(whole, "compares two constants: name a fact, a deadline or an event")
        if self.is_name(right) and not _has_names(left):
            return self.with_constant(whole, right, MIRRORED[operator], left)
        if self.is_name(left) and not _has_names(right):
            return self.with_constant(whole, left, operator, right)
        if not (self.is_name(left) and self.is_name(right)):
            return self.terms(whole, left, operator, right)
        first, second = self.name(left), self.name(right)
        one, other = self.vocabulary[first].type, self.vocabulary[second].type
        if one.name != other.name or not _share_a_unit(one, other):
            raise self.fail(
                whole, f"compares {say_type(one)} with {say_type(other)}: compare like with like"
            )
        if is_lateness(first, self.vocabulary) and is_lateness(second, self.vocabulary):
            raise self.fail(
                whole, "compares how late two limits are: compare each with an amount of time"
            )
        if any(
            is_lateness(name, self.vocabulary) and beside.startswith("event.")
            for name, beside in ((first, second), (second, first))
        ):
            raise self.fail(
                whole,
                "compares how late a limit is with data of an event: let the event set a fact, "
                "and compare with that",
            )
        self.check_order(whole, one, operator)
        return CompareNames(first, operator, second)

    def terms(
        self, whole: ast.Compare, left: ast.expr, operator: Operator, right: ast.expr
    ) -> CompareTerms:
        sides = [self.term(left), self.term(right)]
        self.unify(whole, sides, compared=True)
        return CompareTerms(sides[0].term, operator, sides[1].term)

    def with_constant(
        self, whole: ast.Compare, named: ast.expr, operator: Operator, constant: ast.expr
    ) -> Node:
        name = self.name(named)
        type_ = self.vocabulary[name].type
        self.check_order(whole, type_, operator)
        value = self.constant(constant, name)
        if isinstance(value, bool):
            return IsTrue(name) if value == (operator == "==") else Not(IsTrue(name))
        return Compare(name, operator, value)

    def check_order(self, whole: ast.Compare, type_: Type, operator: Operator) -> None:
        if operator not in ("==", "!=") and type_.name not in ORDERED:
            raise self.fail(whole, f"orders {say_type(type_)}: only == and != make sense for it")

    def among(self, left: ast.expr, right: ast.expr) -> Among:
        name = self.name(left)
        if not isinstance(right, ast.Tuple | ast.List | ast.Set) or not right.elts:
            raise self.fail(right, "is no list of constants: write in ('a', 'b')")
        return Among(name, tuple(self.constant(element, name) for element in right.elts))

    def constant(self, node: ast.expr, name: str) -> Value:
        """A constant that is compared with a name, read as a value of its type."""
        type_ = self.vocabulary[name].type
        raw: object
        match node:
            case ast.Constant(bool() | str() as value):
                raw = value
            case ast.Constant(int() | float()) | ast.UnaryOp(ast.USub()) | ast.BinOp():
                raw = term_value(self.term(node).term, {})
            case _:
                raise self.fail(node, "is not a constant: write a number, a text or true/false")
        if isinstance(raw, Decimal) and type_.name == "int":
            raise self.fail(node, "has a fraction, compared with a whole number: write a whole one")
        if isinstance(raw, str) and type_.name == "int":
            raise self.fail(node, "is a text, compared with a whole number: leave out the quotes")
        if (
            isinstance(raw, int | Decimal)
            and not isinstance(raw, bool)
            and type_.name == "money"
            and raw < 0
        ):
            raise self.fail(node, "is negative: amounts never are")
        try:
            what = repr(name) if type_.name == "duration" else "the constant"
            written = f"{raw:f}" if isinstance(raw, Decimal) else raw
            if type_.name == "duration":
                return read_duration(written, type_.units, what)
            return read_value(written, type_, what)
        except ComplaintRulesError as error:
            raise ConditionError(str(error), node.col_offset) from None


def _has_names(node: ast.expr) -> bool:
    """Whether a side of a comparison is more than numbers, or no number at all."""
    match node:
        case ast.Constant():
            return False
        case ast.UnaryOp(ast.USub(), operand):
            return _has_names(operand)
        case ast.BinOp(left, _, right):
            return _has_names(left) or _has_names(right)
        case _:
            return True


def _share_a_unit(one: Type, other: Type) -> bool:
    """Whether two durations can be compared: both have one unit, the same, unless one has no
    value yet.
    """
    units = {*one.units, *other.units}
    return len(units) <= 1

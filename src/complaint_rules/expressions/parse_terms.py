"""From the text of a term to the tree: arithmetic of numbers and amounts, its units checked.

A number in the text has the type of what it stands beside, so ``loss + 10`` adds an amount. Numbers
with a fraction are read from the text itself, never through a float.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from complaint_rules.errors import ComplaintRulesError, ConditionError
from complaint_rules.expressions.parse_names import NameReader, say_type
from complaint_rules.expressions.terms import Figure, term_value
from complaint_rules.expressions.tree import (
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
from complaint_rules.expressions.types import INT, NUMBER, Type, Vocabulary, read_value

DEEPEST_CONDITION: Final = 20
CALCULABLE: Final = ("int", "number", "money")

_PERCENT: Final = re.compile(r"""'[^']*'|"[^"]*"|%\s*(of)\b""")
_PLAIN: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,19})?")
_FUNCTIONS: Final[dict[str, type[Least | Greatest]]] = {"min": Least, "max": Greatest}


@dataclass(frozen=True, slots=True)
class Typed:
    """A term and its type; ``None`` is that of a number which takes the type of its neighbour."""

    term: Term
    type: Type | None


def as_python(text: str) -> str:
    """The text with ``5 % of price`` as Python reads it, every character in its place.

    >>> as_python("5 % of price > 3")
    '5 %    price > 3'
    """
    return _PERCENT.sub(
        lambda found: found[0][:-2] + "  " if found[1] is not None else found[0], text
    )


class TermReader(NameReader):
    """Reads terms over the names of a vocabulary."""

    def __init__(
        self, vocabulary: Vocabulary, text: str, units: Mapping[str, Type] | None = None
    ) -> None:
        super().__init__(vocabulary, text)
        self.units = units or {}
        """The types of amounts by the unit that may stand behind a number."""

    def term(self, node: ast.expr, level: int = 1) -> Typed:
        """Arithmetic of names and numbers."""
        if level > DEEPEST_CONDITION:
            raise ConditionError(
                f"it is nested deeper than {DEEPEST_CONDITION}: flatten it, or put parts of it "
                f"in parameters"
            )
        match node:
            case _ if self.is_name(node):
                name = self.name(node)
                type_ = self.vocabulary[name].type
                if type_.name == "percent":
                    raise self.fail(node, f"is a percentage: name an amount, or '{name} of' one")
                if type_.name not in CALCULABLE:
                    raise self.fail(
                        node,
                        f"is {say_type(type_)}, and arithmetic is for numbers and amounts: "
                        f"compare it by itself",
                    )
                return Typed(Reference(name), type_)
            case ast.BinOp(left, ast.Mod(), right):
                return self.percentage(node, self.term(left, level + 1), right, level)
            case ast.BinOp(left, ast.Div(), right):
                return self.fraction(node, left, right, level)
            case ast.BinOp(left, ast.Pow(), ast.Name(unit)) if unit in self.units:
                amount = self.term(left, level + 1)
                return Typed(amount.term, self.unify(node, [amount, self.one_of(unit)]))
            case ast.BinOp(left, ast.MatMult(), right) if self.units:
                return self.rate_of(left, self.term(right, level + 1))
            case ast.BinOp(left, ast.Mult(), right):
                return self.product(node, self.term(left, level + 1), self.term(right, level + 1))
            case ast.BinOp(left, ast.Add() | ast.Sub() as operator, right):
                sides = [self.term(left, level + 1), self.term(right, level + 1)]
                type_or_none = self.unify(node, sides)
                join = Plus if isinstance(operator, ast.Add) else Minus
                return folded(Typed(join(sides[0].term, sides[1].term), type_or_none))
            case ast.UnaryOp(ast.USub(), operand):
                inner = self.term(operand, level + 1)
                return folded(Typed(Times(Constant(-1), inner.term), inner.type))
            case ast.Call():
                return self.call(node, level)
            case ast.Constant():
                return Typed(Constant(self.number(node)), None)
        raise self.refuse(node, "is not allowed")

    def rate_of(self, rate: ast.expr, whole: Typed) -> Typed:
        """So much of a term as a parameter says, which is a percentage."""
        name = self.name(rate)
        type_ = self.vocabulary[name].type
        if type_.name != "percent":
            raise self.fail(rate, f"is {say_type(type_)}: name a percentage")
        return Typed(
            Times(Reference(name), whole.term), NUMBER if whole.type == INT else whole.type
        )

    def one_of(self, unit: str) -> Typed:
        return Typed(Constant(1), self.units[unit])

    def call(self, node: ast.Call, level: int) -> Typed:
        """A function of terms: the place for those of other kinds too."""
        function = _FUNCTIONS.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if function is None or node.keywords:
            raise self.refuse(node, "is not allowed")
        if len(node.args) < 2:
            raise self.fail(node, "needs two values at least: write min(a, b)")
        operands = [self.term(argument, level + 1) for argument in node.args]
        type_ = self.unify(node, operands)
        return folded(Typed(function(tuple(operand.term for operand in operands)), type_))

    def number(self, node: ast.Constant) -> Figure:
        """A number as it stands in the text."""
        if type(node.value) is int:
            return node.value
        text = node.value if isinstance(node.value, str) else self.segment(node) or ""
        if isinstance(node.value, float | str) and _PLAIN.fullmatch(text):
            return Decimal(text)
        if isinstance(node.value, float):
            raise self.fail(node, "is no plain number: write digits and a point, such as 0.5")
        raise self.fail(node, "is no number, and arithmetic is for numbers and amounts: leave it")

    def product(self, node: ast.expr, left: Typed, right: Typed) -> Typed:
        term = Times(left.term, right.term)
        if left.type is None or right.type is None:
            scalar, other = (left, right) if left.type is None else (right, left)
            if other.type == INT and isinstance(term_value(scalar.term, {}), Decimal):
                return Typed(term, NUMBER)
            return folded(Typed(term, other.type))
        if left.type.name == right.type.name == "money":
            raise self.fail(node, "multiplies two amounts: one of them has to be a number")
        for type_ in (left.type, right.type):
            if type_.name == "money":
                return Typed(term, type_)
        return Typed(term, INT if left.type == right.type == INT else NUMBER)

    def percentage(self, node: ast.BinOp, share: Typed, of: ast.expr, level: int) -> Typed:
        between = self.text.encode()[node.left.end_col_offset : of.col_offset].decode()
        if share.type is not None or not re.search(r"%\s*of\b", between):
            raise self.fail(node, "takes a remainder: a percentage is written '5 % of price'")
        percent = Decimal(term_value(share.term, {}))
        whole = self.term(of, level + 1)
        return folded(
            Typed(Percent(percent, whole.term), NUMBER if whole.type == INT else whole.type)
        )

    def fraction(self, node: ast.BinOp, left: ast.expr, right: ast.expr, level: int) -> Typed:
        """A fraction of two numbers, where it has an end as a decimal."""
        above, below = self.term(left, level + 1), self.term(right, level + 1)
        if above.type is not None or below.type is not None or not term_value(below.term, {}):
            raise self.fail(
                node, "divides: amounts stay exact, so multiply the other side, or write 0.5 * …"
            )
        found = Fraction(term_value(above.term, {})) / Fraction(term_value(below.term, {}))
        rest, places = found.denominator, 0
        while rest % 10 == 0 or rest % 5 == 0 or rest % 2 == 0:
            rest //= 10 if rest % 10 == 0 else 5 if rest % 5 == 0 else 2
            places += 1
        if rest != 1:
            raise self.fail(node, "has no end as a decimal: multiply the other side instead")
        # Built from its text: the thread's own context might round it.
        shifted = found * 10**places
        return Typed(Constant(Decimal(f"{shifted.numerator}E-{places}")), None)

    def unify(
        self, node: ast.expr, parts: Sequence[Typed], *, compared: bool = False
    ) -> Type | None:
        """The one type of what is added, or compared; numbers in the text are read as of it."""
        types = [part.type for part in parts if part.type is not None]
        if not types:
            return None
        first = types[0]
        for other in types:
            if other != first:
                verb = "compares" if compared else "puts together"
                what = f"{verb} {say_type(first)} with {say_type(other)}"
                raise self.fail(node, f"{what}: keep to one type and unit")
        for part in parts:
            if part.type is None:
                self.check_number(node, term_value(part.term, {}), first)
        return first

    def check_number(self, node: ast.expr, value: Figure, type_: Type) -> None:
        if type_ == INT and isinstance(value, Decimal):
            raise self.fail(node, f"has {value} beside a whole number: write a whole one")
        try:
            written: object = f"{abs(value):f}" if isinstance(value, Decimal) else abs(value)
            read_value(written, type_, f"{value} in it")
        except ComplaintRulesError as error:
            raise ConditionError(str(error), node.col_offset) from None


def folded(typed: Typed) -> Typed:
    """A term without names as the number it comes to."""
    if isinstance(typed.term, Constant) or term_names(typed.term):
        return typed
    return Typed(Constant(term_value(typed.term, {})), typed.type)

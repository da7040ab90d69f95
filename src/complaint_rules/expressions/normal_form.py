"""Disjunctive normal form: a condition as alternatives, each a conjunction of leaves.

Distribution and De Morgan's laws hold in three-valued logic too, so a condition is certainly true
exactly when all leaves of some alternative are. Nothing is simplified away: ``x and not x`` is
unknown while x is, not false.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from complaint_rules.expressions.tree import And, Atom, Node, Not, Or

MOST_ALTERNATIVES: Final = 256


@dataclass(frozen=True, slots=True)
class Literal:
    """A leaf, or its opposite."""

    atom: Atom
    wanted: bool


class TooManyAlternatives(Exception):
    """Written out, the condition would have more than ``MOST_ALTERNATIVES`` alternatives."""


def alternatives(node: Node, wanted: bool = True) -> tuple[tuple[Literal, ...], ...]:
    """The alternatives under which ``node`` comes out as ``wanted``.

    Raises:
        TooManyAlternatives: there are too many to write out.

    >>> from complaint_rules.expressions.tree import IsTrue
    >>> a, b, c = IsTrue("a"), IsTrue("b"), IsTrue("c")
    >>> [[leaf.atom.name for leaf in one] for one in alternatives(And((a, Or((b, c)))))]
    [['a', 'b'], ['a', 'c']]
    """
    match node:
        case Not(operand):
            return alternatives(operand, not wanted)
        case And(operands) | Or(operands):
            parts = [alternatives(operand, wanted) for operand in operands]
            if isinstance(node, Or) == wanted:
                return _bounded([one for part in parts for one in part])
            product: tuple[tuple[Literal, ...], ...] = ((),)
            for part in parts:
                product = _bounded([left + right for left in product for right in part])
            return product
        case _:
            return ((Literal(node, wanted),),)


def _bounded(found: list[tuple[Literal, ...]]) -> tuple[tuple[Literal, ...], ...]:
    unique = tuple(dict.fromkeys(tuple(dict.fromkeys(one)) for one in found))
    if len(unique) > MOST_ALTERNATIVES:
        raise TooManyAlternatives
    return unique

"""The reference reading of a condition: three-valued, one node at a time.

Kleene's logic: a comparison that reads a missing name is unknown; ``False and unknown`` is false,
``True or unknown`` is true, and anything else with an unknown in it stays unknown.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from complaint_rules.expressions.bounds import bounded
from complaint_rules.expressions.terms import term_value
from complaint_rules.expressions.tree import (
    Among,
    And,
    Atom,
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
    atom_names,
)

COMPARISONS: Final[dict[Operator, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Values = Mapping[str, Value]
"""What is known; a missing name is unknown."""


def evaluate(node: Node, values: Values) -> bool | None:
    """True, False, or ``None`` for unknown.

    >>> late = Compare("days", ">", 3)
    >>> evaluate(And((late, IsTrue("fault"))), {"days": 2}), evaluate(late, {})
    (False, None)
    """
    match node:
        case And(operands):
            return _all(evaluate(operand, values) for operand in operands)
        case Or(operands):
            return _not(_all(_not(evaluate(operand, values)) for operand in operands))
        case Not(operand):
            return _not(evaluate(operand, values))
        case _:
            return _atom(node, values)


def _all(results: Any) -> bool | None:
    unknown = False
    for result in results:
        if result is False:
            return False
        unknown = unknown or result is None
    return None if unknown else True


def _not(result: bool | None) -> bool | None:
    return None if result is None else not result


def _atom(atom: Atom, values: Values) -> bool | None:
    if any(name not in values for name in atom_names(atom)):
        return bounded(atom, values)
    match atom:
        case Truth(value):
            return value
        case IsTrue(name):
            return values[name] is True
        case Compare(name, compare, constant):
            return COMPARISONS[compare](values[name], constant)
        case CompareNames(left, compare, right):
            return COMPARISONS[compare](values[left], values[right])
        case CompareTerms(first, compare, second):
            return COMPARISONS[compare](term_value(first, values), term_value(second, values))
        case Among(name, constants):
            return values[name] in constants


@dataclass(frozen=True, slots=True)
class Difference:
    """A leaf that would have to come out as ``wanted``; ``actual`` is what it came out as."""

    atom: Atom
    wanted: bool
    actual: bool | None


def differences(node: Node, values: Values, wanted: bool = True) -> tuple[Difference, ...]:
    """The fewest leaves that would have to differ for the condition to come out as ``wanted``.

    Empty when it does already. Among alternatives the first shortest is taken.

    >>> differences(And((Compare("days", ">", 3), IsTrue("fault"))), {"days": 2, "fault": True})
    (Difference(atom=Compare(name='days', operator='>', constant=3), wanted=True, actual=False),)
    """
    match node:
        case Not(operand):
            return differences(operand, values, not wanted)
        case And(operands) | Or(operands):
            parts = [differences(operand, values, wanted) for operand in operands]
            if isinstance(node, And) == wanted:  # all of them have to
                return tuple(difference for part in parts for difference in part)
            return min(parts, key=len)
        case _:
            actual = _atom(node, values)
            return () if actual is wanted else (Difference(node, wanted, actual),)


def missing_names(node: Node, values: Values) -> tuple[str, ...]:
    """The missing names that keep the condition unknown; empty when it is not.

    A missing name that could not change the result is left out.
    """
    if evaluate(node, values) is not None:
        return ()
    match node:
        case Not(operand):
            return missing_names(operand, values)
        case And(operands) | Or(operands):
            found = (name for operand in operands for name in missing_names(operand, values))
            return tuple(dict.fromkeys(found))
        case _:
            return tuple(name for name in atom_names(node) if name not in values)

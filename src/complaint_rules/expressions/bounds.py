"""Names of which only bounds are known, and what comparisons with them come to.

A count is not always known exactly: an event may lack what decides whether it counts. Then its
name has no value, and its bounds have one each, as far as there are any. Once it is known exactly,
only its name has a value.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, Final

from complaint_rules.expressions.tree import (
    MIRRORED,
    NEGATED,
    Among,
    Atom,
    Compare,
    CompareNames,
    Operator,
    Value,
)

Bounds = tuple[Any, Any]
"""The least and the most that something can be; ``None`` where it is not bounded."""


AT_LEAST: Final = " (at least)"
AT_MOST: Final = " (at most)"


def at_least(name: str) -> str:
    """What the lower bound of a name is kept under."""
    return name + AT_LEAST


def at_most(name: str) -> str:
    """What the upper bound of a name is kept under."""
    return name + AT_MOST


def bounded(atom: Atom, values: Mapping[str, Value]) -> bool | None:
    """A comparison of which a name has no exact value.

    >>> three_or_more = Compare("offences", ">=", 3)
    >>> bounded(three_or_more, {at_least("offences"): 3})
    True
    >>> bounded(three_or_more, {at_least("offences"): 1, at_most("offences"): 2})
    False
    >>> bounded(three_or_more, {}) is None
    True
    """
    match atom:
        case Compare(name, compare, constant):
            return _compared(_bounds(name, values), compare, (constant, constant))
        case CompareNames(left, compare, right):
            return _compared(_bounds(left, values), compare, _bounds(right, values))
        case Among(name, constants):
            known = _bounds(name, values)
            equal = [_compared(known, "==", (one, one)) for one in constants]
            return False if all(outcome is False for outcome in equal) else None
    return None


def _bounds(name: str, values: Mapping[str, Value]) -> Bounds:
    if name in values:
        return values[name], values[name]
    return values.get(at_least(name)), values.get(at_most(name))


def _compared(left: Bounds, compare: Operator, right: Bounds) -> bool | None:
    if _certainly(left, compare, right):
        return True
    return False if _certainly(left, NEGATED[compare], right) else None


def _certainly(left: Bounds, compare: Operator, right: Bounds) -> bool:
    if compare in ("<", "<="):
        left, compare, right = right, MIRRORED[compare], left
    (low, high), (other_low, other_high) = left, right
    match compare:
        case ">" | ">=":
            test = _ORDER[compare]
            return low is not None and other_high is not None and test(low, other_high)
        case "!=":
            return _certainly(left, ">", right) or _certainly(right, ">", left)
    return low is not None and low == high == other_low == other_high


_ORDER: Final[Mapping[str, Any]] = {">": operator.gt, ">=": operator.ge}


def generated(left: tuple[str, str, str], test: Operator, right: tuple[str, str, str]) -> str:
    """Python that is true where a comparison of two sides is certain.

    Each side is given by what stands for its exact value and its bounds; any of them may be None.

    >>> generated(("a", "least_a", "most_a"), ">=", ("3", "3", "3"))
    '(least_a is not None and least_a >= 3)'
    """
    if test in ("<", "<="):
        return generated(right, MIRRORED[test], left)
    if test == "!=":
        return f"({generated(left, '>', right)} or {generated(right, '>', left)})"
    if test == "==":
        return f"({_known(left[0])}{_known(right[0])}{left[0]} == {right[0]})"
    return f"({_known(left[1])}{_known(right[2])}{left[1]} {test} {right[2]})"


def _known(local: str) -> str:
    return f"{local} is not None and " if local.isidentifier() and local[0] != "k" else ""

"""Names of which only bounds are known, and what comparisons with them come to.

A count is not always known exactly: an event may lack what decides whether it counts. Then its
name has no value, and its bounds have one each, as far as there are any. Once it is known exactly,
only its name has a value.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from complaint_rules.expressions.tree import (
    MIRRORED,
    NEGATED,
    Among,
    Atom,
    Compare,
    CompareNames,
    Node,
    Operator,
    Value,
    atom_names,
    atoms,
)
from complaint_rules.expressions.types import Type

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


def turning_values(name: str, conditions: Iterable[Node], type_: Type) -> tuple[Value, ...]:
    """Values of a number such that every outcome of some conditions comes about with one of them:
    the constants that it is compared with, and one smallest unit beside each. None where the
    conditions compare it with something else, or have no smallest unit.

    >>> turning_values("n", [Compare("n", ">=", 3)], Type("int"))
    (2, 3, 4)
    """
    step: Any = 1
    if type_.name == "money":
        step = Decimal((0, (1,), -max(2, type_.places)))
    elif type_.name != "int":
        return ()
    found: set[Any] = set()
    for atom in (atom for node in conditions for atom in atoms(node)):
        match atom:
            case Compare(other, _, constant) if other == name:
                found.add(constant)
            case Among(other, constants) if other == name:
                found.update(constants)
            case _ if name in atom_names(atom):
                return ()
    return tuple(sorted({value + by for value in found for by in (-step, 0, step)}))


# The same as generated Python


class Side(NamedTuple):
    """What stands in generated Python for one side of a comparison, and whether it may be None."""

    exact: str
    least: str
    most: str
    always_there: bool = False

    @classmethod
    def constant(cls, text: str) -> Side:
        return cls(text, text, text, always_there=True)

    @classmethod
    def of(cls, local: str, *, bounded: bool) -> Side:
        """The locals of a name; those of its bounds, if it has any, are made by ``reads``."""
        return (
            cls(local, f"least_{local}", f"most_{local}") if bounded else cls(local, local, local)
        )


def reads(name: str, local: str) -> list[str]:
    """Statements that give the bounds of a name to locals of their own."""
    _, least, most, _ = Side.of(local, bounded=True)
    return [
        f"{least} = get({at_least(name)!r}) if {local} is None else {local}",
        f"{most} = get({at_most(name)!r}) if {local} is None else {local}",
    ]


def generated(left: Side, test: Operator, right: Side) -> str:
    """Python that is true where a comparison is certain.

    >>> generated(Side.of("v0", bounded=True), ">=", Side.constant("3"))
    '(least_v0 is not None and least_v0 >= 3)'
    """
    if test in ("<", "<="):
        return generated(right, MIRRORED[test], left)
    if test == "!=":
        return f"({generated(left, '>', right)} or {generated(right, '>', left)})"
    if test == "==":
        one, other = left.exact, right.exact
    else:
        one, other = left.least, right.most
    known = [
        f"{local} is not None and "
        for side, local in ((left, one), (right, other))
        if not side.always_there
    ]
    return f"({''.join(known)}{one} {test} {other})"


def certainly(
    atom: Compare | CompareNames | Among,
    side: Callable[[str], Side],
    constant: Callable[[Value], str],
    *,
    wanted: bool,
) -> str:
    """Python that is true where a comparison certainly comes out as wanted."""
    if isinstance(atom, Among):
        equal = [Compare(atom.name, "==", one) for one in atom.constants]
        word = " or " if wanted else " and "
        return f"({word.join(certainly(one, side, constant, wanted=wanted) for one in equal)})"
    test = atom.operator if wanted else NEGATED[atom.operator]
    if isinstance(atom, Compare):
        return generated(side(atom.name), test, Side.constant(constant(atom.constant)))
    return generated(side(atom.left), test, side(atom.right))

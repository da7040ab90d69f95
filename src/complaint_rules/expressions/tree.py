"""The one tree of meaning: what a condition or an amount says, whoever reads it.

The three-valued interpreter, the generated matcher, the durable-rules adapter, the plain-language
rendering and the type checker all walk these nodes; nothing else carries the logic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal

from complaint_rules.time.durations import Duration

Value = bool | int | Decimal | str | datetime | date | time | Duration
"""What a fact, a result or a constant can be. Unknown is the absence of a value, not one."""

Operator = Literal["==", "!=", "<", "<=", ">", ">="]

NEGATED: dict[Operator, Operator] = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
}
MIRRORED: dict[Operator, Operator] = {
    "==": "==",
    "!=": "!=",
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
}


# Terms: what is worked out from values. Decimals stay exact, so nothing is divided.


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, or an amount in the unit of what it is added to or compared with."""

    value: int | Decimal


@dataclass(frozen=True, slots=True)
class Reference:
    """The value of a name."""

    name: str


@dataclass(frozen=True, slots=True)
class Plus:
    """Two terms of one type added."""

    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Minus:
    """Two terms of one type, the second taken from the first."""

    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Times:
    """Two terms multiplied, of which one at most has a unit."""

    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Between:
    """An amount somebody chooses within bounds; only amounts have it, and no condition."""

    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Percent:
    """So many hundredths of a term: ``5 % of price``; in amounts maybe from so many ``up_to``."""

    percent: Decimal
    of: Term
    up_to: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Least:
    """The smallest of several terms."""

    operands: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Greatest:
    """The largest of several terms."""

    operands: tuple[Term, ...]


Term = Constant | Between | Reference | Plus | Minus | Times | Percent | Least | Greatest


def inner_terms(term: Term) -> tuple[Term, ...]:
    """The terms that a term is put together from."""
    match term:
        case Plus(left, right) | Minus(left, right) | Times(left, right):
            return (left, right)
        case Percent(of=of):
            return (of,)
        case Least(operands) | Greatest(operands):
            return operands
        case _:
            return ()


def with_inner(term: Term, inner: tuple[Term, ...]) -> Term:
    """The same term put together from others."""
    match term:
        case Plus() | Minus() | Times():
            left, right = inner
            return type(term)(left, right)
        case Percent(percent, _, up_to):
            return Percent(percent, inner[0], up_to)
        case Least() | Greatest():
            return type(term)(inner)
        case _:
            return term


def term_names(term: Term) -> tuple[str, ...]:
    """Every name that a term reads, once, in the order of first use."""
    if isinstance(term, Reference):
        return (term.name,)
    return tuple(dict.fromkeys(name for part in inner_terms(term) for name in term_names(part)))


def constants_in(term: Term) -> tuple[int | Decimal, ...]:
    """Every number of a term that is not a percentage."""
    if isinstance(term, Constant):
        return (term.value,)
    return tuple(value for part in inner_terms(term) for value in constants_in(part))


# Conditions


@dataclass(frozen=True, slots=True)
class Truth:
    """``true`` or ``false`` in itself."""

    value: bool


@dataclass(frozen=True, slots=True)
class IsTrue:
    """A boolean name on its own: ``human_fault``."""

    name: str


@dataclass(frozen=True, slots=True)
class Compare:
    """A name compared with a constant: ``overdue_days > 3``."""

    name: str
    operator: Operator
    constant: Value


@dataclass(frozen=True, slots=True)
class CompareNames:
    """Two names compared: ``event.at > answer.due_at``."""

    left: str
    operator: Operator
    right: str


@dataclass(frozen=True, slots=True)
class CompareTerms:
    """Two terms compared, one of which at least is worked out: ``loss + cost > price``."""

    left: Term
    operator: Operator
    right: Term


@dataclass(frozen=True, slots=True)
class Among:
    """A name that is one of several constants: ``origin in ('press', 'web')``."""

    name: str
    constants: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    operand: Node


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them."""

    operands: tuple[Node, ...]


Atom = Truth | IsTrue | Compare | CompareNames | CompareTerms | Among
Node = Atom | Not | And | Or


def atoms(node: Node) -> Iterator[Atom]:
    """The leaves, left to right."""
    match node:
        case Not(operand):
            yield from atoms(operand)
        case And(operands) | Or(operands):
            for operand in operands:
                yield from atoms(operand)
        case _:
            yield node


def atom_names(atom: Atom) -> tuple[str, ...]:
    """The names that a leaf reads."""
    match atom:
        case Truth():
            return ()
        case CompareNames(left, _, right):
            return (left, right)
        case CompareTerms(left, _, right):
            return tuple(dict.fromkeys((*term_names(left), *term_names(right))))
        case _:
            return (atom.name,)


def names(node: Node) -> tuple[str, ...]:
    """Every name the condition reads, once, in the order of first use."""
    return tuple(dict.fromkeys(name for atom in atoms(node) for name in atom_names(atom)))

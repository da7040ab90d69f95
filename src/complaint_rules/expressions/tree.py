"""The one tree of meaning: what a condition says, whoever reads it.

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


Atom = Truth | IsTrue | Compare | CompareNames | Among
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
        case _:
            return (atom.name,)


def names(node: Node) -> tuple[str, ...]:
    """Every name the condition reads, once, in the order of first use."""
    return tuple(dict.fromkeys(name for atom in atoms(node) for name in atom_names(atom)))

"""Terms in plain Chinese and English."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from complaint_rules.expressions.tree import (
    Between,
    Constant,
    Greatest,
    Least,
    Minus,
    Percent,
    Plus,
    Reference,
    Term,
    Times,
)

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {
        "percent": "{of}的 {percent} %",
        "least": "{}中最小者",
        "greatest": "{}中最大者",
        "comma": "、",
        "open": "（",
        "close": "）",
    },
    "en": {
        "percent": "{percent} % of {of}",
        "least": "the smallest of {}",
        "greatest": "the largest of {}",
        "comma": ", ",
        "open": "(",
        "close": ")",
    },
}
_RANK: Final[Mapping[type, int]] = {
    Least: 0,
    Greatest: 0,
    Plus: 1,
    Minus: 1,
    Times: 2,
    Percent: 2,
}
"""How closely a term holds together; names and numbers hold closest."""


def say_term(term: Term, name: Callable[[str], str], language: str) -> str:
    """Say a term, with a title for each name.

    >>> half = Percent(Decimal("0.5"), Plus(Reference("price"), Constant(10)))
    >>> say_term(half, str.upper, "en"), say_term(half, str.upper, "zh")
    ('0.5 % of (PRICE + 10)', '（PRICE + 10）的 0.5 %')
    """
    words = _WORDS[language]

    def inner(part: Term, outer: Term) -> str:
        text = say_term(part, name, language)
        rank = _RANK.get(type(part), 3)
        if rank > _RANK[type(outer)] or (rank == _RANK[type(outer)] and isinstance(outer, Plus)):
            return text
        return f"{words['open']}{text}{words['close']}"

    def operand(part: Term) -> str:
        text = say_term(part, name, language)
        nested = isinstance(part, Least | Greatest)
        return f"{words['open']}{text}{words['close']}" if nested else text

    match term:
        case Constant(value):
            return say_figure(value)
        case Reference(of):
            return name(of)
        case Plus(left, right):
            return f"{inner(left, term)} + {inner(right, term)}"
        case Minus(left, right):
            return f"{inner(left, Plus(left, right))} − {inner(right, term)}"
        case Times(left, right):
            return f"{inner(left, term)} × {inner(right, term)}"
        case Between(low, high):
            return f"{say_figure(low)}–{say_figure(high)}"
        case Percent(percent, of, up_to):
            share = say_figure(percent)
            share = share if up_to is None else f"{share}–{say_figure(up_to)}"
            return words["percent"].format(percent=share, of=inner(of, term))
        case Least(operands) | Greatest(operands):
            parts = words["comma"].join(operand(part) for part in operands)
            return words["least" if isinstance(term, Least) else "greatest"].format(parts)


def say_figure(value: int | Decimal) -> str:
    """A number with the digits it needs.

    >>> say_figure(Decimal("0.050")), say_figure(Decimal("100"))
    ('0.05', '100')
    """
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

"""Mutants of what is worked out: terms and amounts with one small thing changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from complaint_rules.expressions.render_terms import say_figure, say_term
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
    inner_terms,
    with_inner,
)
from complaint_rules.money import EXACT, ZERO, Interval, plain
from complaint_rules.ruleset.amounts import Amount
from complaint_rules.ruleset.rules import Penalty, Rule
from complaint_rules.time.periods import AccrualPeriod


def term_changes(term: Term) -> Iterator[tuple[str, Term]]:
    """Each number in a term moved by one of its last digit, and sums made differences."""
    match term:
        case Constant(value):
            for step in _last_digit(value):
                moved = value + step
                yield f"{say_plainly(term)} → {say_figure(moved)}", Constant(moved)
        case Between(low, high):
            for step in _last_digit(low):
                for ends in (Between(low + step, high), Between(low, high + step)):
                    yield f"{say_plainly(term)} → {say_plainly(ends)}", ends
        case Percent(percent, of, up_to):
            for step in _last_digit(percent):
                shares = [(percent + step, up_to)]
                if up_to is not None:
                    shares.append((percent, up_to + step))
                for least, most in shares:
                    share = Percent(least, of, most)
                    yield f"{say_plainly(term)} → {say_plainly(share)}", share
        case Plus(left, right):
            yield f"{say_plainly(term)} → {say_plainly(Minus(left, right))}", Minus(left, right)
        case Minus(left, right):
            yield f"{say_plainly(term)} → {say_plainly(Plus(left, right))}", Plus(left, right)
        case Least(operands):
            yield f"{say_plainly(term)} → {say_plainly(Greatest(operands))}", Greatest(operands)
        case Greatest(operands):
            yield f"{say_plainly(term)} → {say_plainly(Least(operands))}", Least(operands)
    inner = inner_terms(term)
    for number, part in enumerate(inner):
        for what, new in term_changes(part):
            yield what, with_inner(term, (*inner[:number], new, *inner[number + 1 :]))


def _last_digit(value: int | Decimal) -> tuple[Any, Any]:
    """One less and one more in the last place that is not zero."""
    if isinstance(value, int):
        return -1, 1
    exponent = EXACT.normalize(value).as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101 - it is finite
    step = Decimal((0, (1,), min(exponent, 0)))
    return -step, step


def say_plainly(term: Term) -> str:
    return say_term(term, str, "en")


def amount_changes(rule: Penalty, amount: Amount) -> Iterator[tuple[str, Rule]]:
    match amount:
        case Amount(Constant(value)):
            terms: Any = (
                (f"{plain(Decimal(value))} → {plain(moved)}", Constant(moved))
                for moved in (Decimal(value) - 1, Decimal(value) + 1)
            )
        case Amount(Between(low, high)):
            ends = Interval(low, high)
            terms = (
                (f"{ends} → {moved}", Between(moved.minimum or ZERO, moved.maximum or ZERO))
                for moved in interval_changes(ends, Decimal(1))
            )
        case Amount(Percent(percent, Reference() as of, up_to)):
            share, step = (
                Interval(percent, percent if up_to is None else up_to),
                _last_digit(percent),
            )
            terms = (
                (f"{share} % → {moved} %", Percent(moved.minimum or ZERO, of, moved.maximum))
                for moved in interval_changes(share, Decimal(step[1]))
            )
        case _:
            terms = term_changes(amount.term)
    key = "share" if isinstance(amount.term, Percent) else "amount"
    for what, term in terms:
        yield f"{key} {what}", replace(rule, amount=replace(amount, term=term))
    if isinstance(amount.per, AccrualPeriod):
        turned = replace(amount.per, started=not amount.per.started)
        yield f"per {amount.per} → {turned}", replace(rule, amount=replace(amount, per=turned))
    if amount.at_least is not None:
        for what, term in term_changes(amount.at_least):
            yield f"at least {what}", replace(rule, amount=replace(amount, at_least=term))
        yield "without at_least", replace(rule, amount=replace(amount, at_least=None))
    for number, cap in enumerate(amount.at_most):
        rest = (*amount.at_most[:number], *amount.at_most[number + 1 :])
        yield "without a cap", replace(rule, amount=replace(amount, at_most=rest))
        for what, term in term_changes(cap):
            caps = (*amount.at_most[:number], term, *amount.at_most[number + 1 :])
            yield f"at most {what}", replace(rule, amount=replace(amount, at_most=caps))


def interval_changes(amount: Interval, step: Decimal) -> Iterator[Interval]:
    low, high = amount.minimum, amount.maximum
    if low is None or high is None:
        return
    for change in (-step, step):
        if low == high:
            yield Interval(low + change, high + change)
        else:
            yield Interval(low + change, high)
            yield Interval(low, high + change)

"""What penalties cost: amounts, floors and caps, checked against the names of their rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from complaint_rules.expressions import Meaning, Type, Vocabulary
from complaint_rules.expressions.tree import (
    Between,
    Percent,
    Reference,
    Term,
    Times,
    inner_terms,
)
from complaint_rules.ruleset import document_rules as doc
from complaint_rules.ruleset.amounts import (
    Amount,
    AmountWords,
    PenaltyKind,
    is_below,
    least_of,
    parse_amount,
    parse_term,
)
from complaint_rules.ruleset.scopes import Scope
from complaint_rules.ruleset.source import Path

if TYPE_CHECKING:
    from complaint_rules.ruleset.compile_rules import RuleCompiler

Consequence = tuple[PenaltyKind, Amount | None, str | None]


class AmountCompiler:
    """Reads the amounts of one document, reporting what does not fit."""

    def __init__(self, rules: RuleCompiler) -> None:
        self.rules = rules
        self.problems = rules.problems

    def amount(self, entry: doc.PenaltyDocument, path: Path, scope: Scope) -> Consequence:
        """What a penalty costs, its kind, and the one name that it is a share of."""
        words = self.words(scope)
        here = (*path, "amount")
        read = self.problems.attempt(here, lambda: parse_amount(entry.amount or "", words))
        if read is None:
            return "fixed", None, None
        floor = None
        if entry.at_least is not None:
            floor = self.bound(entry.at_least, (*path, "at_least"), words, read.unit)
        caps = [
            self.bound(text, (*path, "at_most", number), words, read.unit)
            for number, text in enumerate(entry.at_most or ())
        ]
        found = Amount(
            read.term,
            read.per,
            floor,
            tuple(cap for cap in caps if cap is not None),
            rounds=entry.rounds is not None,
            unit=read.unit,
        )
        found = replace(found, signed=_signed(found, words.vocabulary))
        self.check(found, entry, path, words.vocabulary)
        if found.per is not None:
            self.check_period(found, here, scope)
        names = words.vocabulary
        return _kind(found, names), found, _base(found.term, names)

    def words(self, scope: Scope) -> AmountWords:
        """The names of a scope, and those of parameters that only amounts read."""
        currency = self.rules.document.currency
        counted = {name: unit.decimals for name, unit in self.rules.document.units.items()}
        money, percent = AmountWords({}, currency).types[currency], Type("percent")
        own = {
            name: Meaning(percent if parameter.type == "percent" else money, parameter.title)
            for name, parameter in self.rules.parameters.items()
            if parameter.type == "percent" or parameter.is_tariff
        }
        return AmountWords({**self.rules.vocabulary(scope), **own}, currency, counted)

    def bound(self, text: str, path: Path, words: AmountWords, unit: str) -> Term | None:
        """A floor or a cap, which is never negative, in the unit of the amount."""
        read = self.problems.attempt(path, lambda: parse_term(" ".join(text.split()), words))
        if read is None:
            return None
        term, own = read
        if own != unit:
            self.problems.report(
                path,
                f"{text!r} is in {own or words.currency}, and the amount in "
                f"{unit or words.currency}: use one unit",
            )
        else:
            low = least_of(term, words.vocabulary)
            if low is None or low < 0:
                self.problems.report(path, f"{text!r} can be negative: write max(0, …)")
        return term

    def check(
        self, amount: Amount, entry: doc.PenaltyDocument, path: Path, vocabulary: Vocabulary
    ) -> None:
        low = least_of(amount.term, vocabulary)
        if amount.constant is not None and low is not None and low < 0:
            self.problems.report(
                (*path, "amount"),
                f"{entry.amount!r} is not an amount: it is negative, and who pays says a rule",
            )
        elif (low is None or low < 0) and amount.at_least is None:
            unit = amount.unit or self.rules.document.currency
            self.problems.report(
                (*path, "amount"),
                f"{entry.amount!r} can be negative: write at_least: 0 {unit}",
            )
        for number, cap in enumerate(amount.at_most):
            if amount.at_least is not None and is_below(cap, amount.at_least, vocabulary):
                self.problems.report(
                    (*path, "at_most", number),
                    f"the cap {(entry.at_most or [])[number]!r} is below its floor "
                    f"{entry.at_least!r}: raise the one or lower the other",
                )
        if amount.rounds and amount.per is None:
            self.problems.report(
                (*path, "rounds"),
                "there is nothing that is rounded each day: write an amount per overdue day, or "
                "leave it out",
            )

    def check_period(self, amount: Amount, path: Path, scope: Scope) -> None:
        what = amount.per if isinstance(amount.per, str) else f"overdue {amount.per}"
        if scope.limit is None:
            self.problems.report(
                path, f"'per {what}' of which time limit? Give the rule 'per: <deadline id>'"
            )
            return
        document, names = self.rules.document, self.rules.deadline_names
        for entry in document.deadlines:
            reading = entry.overdue_days or document.overdue_days
            if names[entry.id] != scope.limit or reading is not None:
                continue
            if amount.per == "overdue day":
                self.problems.report(
                    path,
                    "'per overdue day' can mean five things: write overdue_days: calendar-dates, "
                    "started-days, completed-days, working-dates or started-working-days",
                )
            elif entry.overdue_while_suspended == "stands-still":
                self.problems.report(
                    path,
                    f"the overdue time of {entry.id!r} stands still while it is suspended: "
                    f"write how its days are counted, overdue_days: calendar-dates",
                )


def _signed(amount: Amount, vocabulary: Vocabulary) -> frozenset[str]:
    lows = {name: least_of(Reference(name), vocabulary) for name in amount.names}
    return frozenset(name for name, low in lows.items() if low is None)


def _kind(amount: Amount, vocabulary: Vocabulary) -> PenaltyKind:
    if amount.per is not None:
        return "per-day" if amount.per == "overdue day" else "per-period"
    match amount.term:
        case Percent(_, Reference()):
            return "share"
        case Times(Reference(rate), Reference()) if vocabulary[rate].type.name == "percent":
            return "share"
    return "range" if _is_range(amount.term) else "fixed"


def _is_range(term: Term) -> bool:
    match term:
        case Between():
            return True
        case Percent(up_to=up_to) if up_to is not None:
            return True
    return any(_is_range(part) for part in inner_terms(term))


def _base(term: Term, vocabulary: Vocabulary) -> str | None:
    match term:
        case Percent(_, Reference(name)):
            return name
        case Times(Reference(rate), Reference(name)) if vocabulary[rate].type.name == "percent":
            return name
    return None

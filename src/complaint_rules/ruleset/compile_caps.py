"""Caps: over which penalties they are, and how much they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from complaint_rules.money import NOTHING
from complaint_rules.ruleset import document_rules as doc
from complaint_rules.ruleset.amounts import AmountRule, Fixed, Named, Share, parse_amount
from complaint_rules.ruleset.caps import Cap
from complaint_rules.ruleset.scopes import CASE
from complaint_rules.ruleset.source import Path

if TYPE_CHECKING:
    from complaint_rules.ruleset.compile_rules import RuleCompiler


class CapCompiler:
    """Reads the section of caps."""

    def __init__(self, rules: RuleCompiler) -> None:
        self.rules = rules
        self.problems = rules.problems

    def cap(self, entry: doc.CapDocument, path: Path) -> Cap:
        penalties = [penalty.id for penalty in self.rules.document.penalties]
        for number, name in enumerate(entry.over):
            if name != "all":
                self.rules.known((*path, "over", number), "penalty", name, penalties)
        if entry.when is not None:
            self.problems.report(
                (*path, "when"), "a cap has no condition: leave it out, and cap what has it"
            )
        if entry.in_ != "case":
            self.problems.report(
                (*path, "in"),
                "what is owed in a month over several cases is in no case: write in: case, or cap "
                "the statement (reports.settle with a WageCap)",
            )
        return Cap(
            **self.rules.head(entry, path, CASE, {}),
            over=tuple(penalties if "all" in entry.over else dict.fromkeys(entry.over)),
            at_most=self.at_most(entry.at_most, (*path, "at_most")),
        )

    def at_most(self, text: str, path: Path) -> AmountRule:
        """One amount: fixed, a share of one, or the name of one."""
        currency = self.rules.document.currency
        amount = self.problems.attempt(path, lambda: parse_amount(text, currency))
        match amount:
            case Fixed(fixed, per_day):
                single = fixed.is_exact
            case Named(name, per_day):
                self.rules.money_name(name, path)
                single = True
            case Share(share, base):
                self.rules.money_name(base, path)
                single, per_day = isinstance(share, str) or share.is_exact, False
            case _:
                return Fixed(NOTHING)
        if per_day or not single:
            self.problems.report(
                path,
                f"{text!r} is {'of each day' if per_day else 'a range'}, and a cap is one amount: "
                f"write '500 {currency}', '20 % of an_amount', or the name of an amount",
            )
        return amount

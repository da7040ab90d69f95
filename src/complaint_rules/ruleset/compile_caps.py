"""Caps: over which penalties they are, and how much they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from complaint_rules.expressions.tree import Between, Constant, Percent
from complaint_rules.ruleset import document_rules as doc
from complaint_rules.ruleset.amounts import Amount, least_of, parse_term
from complaint_rules.ruleset.caps import Cap
from complaint_rules.ruleset.compile_amounts import AmountCompiler
from complaint_rules.ruleset.problems import Problems
from complaint_rules.ruleset.rules import Penalty
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

    def at_most(self, text: str, path: Path) -> Amount:
        """One amount of the case, which is never negative."""
        words = AmountCompiler(self.rules).words(CASE)
        if " per " in text:
            self.problems.report(
                path,
                f"{text!r} is of each day or period, and a cap is one amount: write "
                f"'500 {words.currency}', '20 % of an_amount', or the name of an amount",
            )
            return Amount(Constant(0))
        read = self.problems.attempt(path, lambda: parse_term(" ".join(text.split()), words))
        if read is None:
            return Amount(Constant(0))
        term, unit = read
        low = least_of(term, words.vocabulary)
        if low is None or low < 0:
            self.problems.report(path, f"{text!r} can be negative: write max(0, …)")
        if isinstance(term, Between) or (isinstance(term, Percent) and term.up_to is not None):
            self.problems.report(
                path,
                f"{text!r} is a range, and a cap is one amount: write '500 {words.currency}', "
                f"'20 % of an_amount', or the name of an amount",
            )
        return Amount(term, unit=unit)


def check_caps(caps: Iterable[Cap], penalties: Iterable[Penalty], problems: Problems) -> None:
    """What a cap is over is counted in the unit of the cap."""
    units = {rule.id: "" if rule.amount is None else rule.amount.unit for rule in penalties}
    for number, cap in enumerate(caps):
        for name in cap.over:
            if units.get(name, cap.at_most.unit) != cap.at_most.unit:
                problems.report(
                    ("caps", number, "at_most"),
                    f"the cap is in {cap.at_most.unit or 'money'} and {name!r} in "
                    f"{units[name] or 'money'}: use one unit, or cap each by itself",
                )

"""Caps that several penalties share: at most so much of each party, for all of them together."""

from __future__ import annotations

from dataclasses import dataclass

from complaint_rules.ruleset.amounts import Amount
from complaint_rules.ruleset.rules import Kind, Rule


@dataclass(frozen=True, slots=True)
class Cap(Rule):
    """``over`` are the ids of penalties; ``at_most`` holds for each party that owes any of them."""

    over: tuple[str, ...]
    at_most: Amount

    @property
    def kind(self) -> Kind:
        return "cap"

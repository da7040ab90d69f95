"""The names from which rules take how long something may last, what it costs, and who acts."""

from __future__ import annotations

from collections.abc import Iterator

from complaint_rules.ruleset.caps import Cap
from complaint_rules.ruleset.limits import Limit
from complaint_rules.ruleset.rules import Charge, Deadline, Escalation, Penalty, Rule


def given_by(rule: Rule) -> Iterator[str]:
    """The parameters, facts and data of events that give a rule its limits, amounts or roles."""
    match rule:
        case Deadline(within=within, target=target, agreed=agreed, several=several):
            parts = () if several is None else several.parts
            for limit in (within, target, *(extension.more for extension in agreed), *parts):
                if isinstance(limit, Limit) and limit.name is not None:
                    yield limit.name
        case Penalty(base=base, amount=amount):
            if base is not None:
                yield base
            if amount is not None:
                yield from amount.names
        case Cap(at_most=at_most):
            yield from at_most.names
        case Charge(cost=cost):
            yield cost
        case Escalation(to_by=str() as name):
            yield name

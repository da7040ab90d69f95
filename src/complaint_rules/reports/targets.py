"""Whether the targets of a policy are reached, over many decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from complaint_rules.judging.decision import Decision
from complaint_rules.judging.items import TargetItem
from complaint_rules.policy import Policy


@dataclass(frozen=True, slots=True)
class TargetResult:
    """A rate and its threshold. The rate lies between ``lowest`` and ``highest``, which are equal
    when nothing is undetermined, and ``None`` when nothing is counted.

    ``reached`` is ``None`` while what is undetermined could decide it.
    """

    rule: str
    clause: str
    title: Mapping[str, str]
    comparison: Literal["at_least", "below"]
    threshold: Decimal
    counted: int
    achieved: int
    undetermined: int
    lowest: Fraction | None
    highest: Fraction | None
    reached: bool | None


def targets(policy: Policy, decisions: Iterable[Decision]) -> tuple[TargetResult, ...]:
    """Add up what the decisions count for each target of the policy.

    Decisions that were read from JSON serve as well. Those of other policies are left out.
    """
    items: dict[str, list[TargetItem]] = {rule.id: [] for rule in policy.ruleset.targets}
    for decision in decisions:
        if decision.policy == policy.id:
            for item in decision.targets:
                items[item.rule].append(item)
    results = []
    for rule in policy.ruleset.targets:
        lowest, highest = _bounds(items[rule.id])
        results.append(
            TargetResult(
                rule=rule.id,
                clause=rule.clause,
                title=rule.title,
                comparison=rule.comparison,
                threshold=rule.threshold,
                counted=sum(item.counted is True for item in items[rule.id]),
                achieved=sum(
                    item.counted is True and item.achieved is True for item in items[rule.id]
                ),
                undetermined=sum(
                    item.counted is None or item.achieved is None for item in items[rule.id]
                ),
                lowest=lowest,
                highest=highest,
                reached=_reached(lowest, highest, rule.comparison, Fraction(rule.threshold)),
            )
        )
    return tuple(results)


def _bounds(items: list[TargetItem]) -> tuple[Fraction | None, Fraction | None]:
    """The least and the greatest rate that the undetermined could still make of it."""
    certain = [item.achieved for item in items if item.counted]
    maybe = [item.achieved for item in items if item.counted is None]
    achieved = certain.count(True)
    # At worst whatever is unknown is not as wanted, and counted if that lowers the rate; at best
    # the other way round.
    worst = len(certain) + maybe.count(False) + maybe.count(None)
    better = maybe.count(True) + maybe.count(None)
    best = len(certain) + better
    if not worst and not best:
        return None, None
    lowest = Fraction(achieved, worst) if worst else Fraction(1)
    highest = Fraction(achieved + certain.count(None) + better, best) if best else Fraction(0)
    return lowest, highest


def _reached(
    lowest: Fraction | None,
    highest: Fraction | None,
    comparison: Literal["at_least", "below"],
    threshold: Fraction,
) -> bool | None:
    if lowest is None or highest is None:
        return None
    low, high = (
        (lowest >= threshold, highest >= threshold)
        if comparison == "at_least"
        else (highest < threshold, lowest < threshold)
    )
    return True if low else None if high else False

"""Reliefs: what takes a penalty back, wholly, partly, or more than wholly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from complaint_rules.judging.items import (
    PenaltyItem,
    Reason,
    ReliefItem,
    UndeterminedItem,
)
from complaint_rules.judging.keys import ItemKey, joined
from complaint_rules.judging.matching import Judgement
from complaint_rules.judging.penalties import Verdict
from complaint_rules.judging.state import State
from complaint_rules.money import EXACT, ZERO, plain
from complaint_rules.ruleset.rules import Relief


@dataclass(slots=True)
class Relieved:
    """The reliefs of one state, and by penalty which certainly and which possibly touch it."""

    items: list[ReliefItem] = field(default_factory=list)
    undetermined: list[UndeterminedItem] = field(default_factory=list)
    certain: dict[ItemKey, list[Relief]] = field(default_factory=dict)
    possible: dict[ItemKey, list[Relief]] = field(default_factory=dict)

    def mark(self, penalties: Iterable[PenaltyItem]) -> list[PenaltyItem]:
        """The penalties, each with the reliefs that take it back."""
        return [self._marked(penalty) if self.certain else penalty for penalty in penalties]

    def _marked(self, penalty: PenaltyItem) -> PenaltyItem:
        key = ItemKey(penalty.rule, penalty.occurrence, penalty.party)
        if key not in self.certain:
            return penalty
        return replace(penalty, relieved_by=tuple(rule.id for rule in self.certain[key]))

    def remains(self) -> Mapping[ItemKey, Sequence[Decimal]]:
        """The factors that may remain of a penalty; negative where more than all is refunded."""
        return {
            penalty: [
                remaining(self.certain.get(penalty, [])),
                *(
                    remaining([*self.certain.get(penalty, []), rule])
                    for rule in self.possible.get(penalty, [])
                ),
            ]
            for penalty in {**self.certain, **self.possible}
        }


def relieve(judgements: Iterable[Judgement], verdicts: Sequence[Verdict], state: State) -> Relieved:
    """Apply reliefs to penalties, those that are not determined yet included."""
    found = Relieved()
    for judgement in judgements:
        rule: Relief = judgement.rule
        for verdict in verdicts:
            if not is_about(judgement, verdict):
                continue
            applied = found.possible if judgement.applies is None else found.certain
            applied.setdefault(verdict.key, []).append(rule)
            if judgement.applies and verdict.is_certain:
                found.items.append(_item(judgement, verdict, state))
            else:
                found.undetermined.append(_undetermined(judgement, verdict, state))
    return found


def is_about(judgement: Judgement, verdict: Verdict) -> bool:
    """Whether a relief is about this penalty: of the case, or of the same occurrence."""
    rule: Relief = judgement.rule
    key = judgement.occurrence.key
    return verdict.rule.id in rule.of and key in (None, verdict.judgement.occurrence.key)


def _item(judgement: Judgement, verdict: Verdict, state: State) -> ReliefItem:
    rule: Relief = judgement.rule
    amount = verdict.amount.scaled(rule.factor).rounded(state.ruleset.places_in(verdict.rule.unit))
    granted = state.by_type.get(rule.granted_by or "", ())
    reason = judgement.reason
    if not rule.cancels:
        percent = plain(EXACT.multiply(rule.factor, Decimal(100)))
        whole = verdict.amount.rounded(state.ruleset.places_in(verdict.rule.unit))
        shown = f"{percent} % × {whole} = {amount}"
        reason = Reason(reason.condition, reason.read, shown)
    return ReliefItem(
        joined(rule.id, verdict.id, None),
        rule.id,
        rule.clause,
        verdict.id,
        verdict.party,
        "cancel" if rule.cancels else "refund",
        amount.minimum,
        amount.maximum,
        verdict.rule.unit or state.ruleset.currency,
        granted[-1].at if granted else None,
        reason,
        rule.titles,
    )


def _undetermined(judgement: Judgement, verdict: Verdict, state: State) -> UndeterminedItem:
    rule: Relief = judgement.rule
    amount = verdict.amount.scaled(rule.factor).rounded(state.ruleset.places_in(verdict.rule.unit))
    return UndeterminedItem(
        joined(rule.id, verdict.id, None),
        rule.id,
        rule.clause,
        "relief",
        verdict.party,
        verdict.judgement.occurrence.key,
        tuple(dict.fromkeys([*judgement.missing, *verdict.missing])),
        ZERO,
        amount.maximum,
        judgement.reason,
        rule.titles,
        None,
        verdict.id,
        verdict.rule.unit,
    )


def remaining(reliefs: Sequence[Relief]) -> Decimal:
    """What is left of a penalty, as a factor; negative where more than all of it is refunded."""
    if not reliefs:
        return Decimal(1)
    # What is cancelled is not paid, so nothing is refunded on top of it.
    if any(relief.cancels for relief in reliefs):
        return ZERO
    return EXACT.subtract(Decimal(1), max(relief.factor for relief in reliefs))

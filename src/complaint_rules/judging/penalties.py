"""Penalties: which stand, which are excepted, and what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from complaint_rules.frozen import frozen
from complaint_rules.judging.amounts import penalty_amount
from complaint_rules.judging.items import (
    Missing,
    PenaltyItem,
    Reason,
    UndeterminedItem,
)
from complaint_rules.judging.keys import ItemKey, joined
from complaint_rules.judging.matching import Judgement
from complaint_rules.judging.occurrence import Occurrence
from complaint_rules.judging.state import State
from complaint_rules.money import ZERO, Interval
from complaint_rules.ruleset.rules import Penalty


@frozen
class Verdict:
    """A penalty for one occurrence and one party, exceptions taken into account."""

    id: str
    judgement: Judgement
    applies: bool | None
    role: str
    party: str | None
    amount: Interval
    arithmetic: str | None
    missing: tuple[Missing, ...]

    @property
    def key(self) -> ItemKey:
        """What reliefs and liabilities look it up by."""
        return ItemKey(self.judgement.rule.id, self.judgement.occurrence.key, self.party)

    @property
    def rule(self) -> Penalty:
        rule: Penalty = self.judgement.rule
        return rule

    @property
    def is_certain(self) -> bool:
        """Whether it stands, and its amount is known as far as it ever will be."""
        return self.applies is True and not self.missing


Known = dict[tuple[str, str | None], dict[str | None, bool | None]]
"""Whether a rule's condition holds, by rule and occurrence, for each party judged by itself."""


def holding(judgements: Iterable[Judgement]) -> Known:
    """Whether the conditions hold, exceptions not taken into account."""
    holds: Known = {}
    for j in judgements:
        holds.setdefault((j.rule.id, j.occurrence.key), {})[j.occurrence.party] = j.applies
    return holds


def _own_outcome(outcomes: Mapping[str | None, bool | None], party: str | None) -> bool | None:
    if party in outcomes:
        return outcomes[party]
    if None in outcomes:
        return outcomes[None]
    if True in outcomes.values():
        return True
    return None if None in outcomes.values() else False


def exceptions_of(penalties: Iterable[Penalty]) -> dict[str, list[str]]:
    """For each penalty that has exceptions, the penalties that replace it."""
    found: dict[str, list[str]] = {}
    for penalty in penalties:
        for replaced in penalty.exception_to:
            found.setdefault(replaced, []).append(penalty.id)
    return found


def linked_by_exceptions(
    rule_id: str, penalties: Sequence[Penalty], exceptions: Mapping[str, Sequence[str]]
) -> set[str]:
    """The rules that a rule excepts, or that except it, however indirectly; and itself."""
    linked, todo = {rule_id}, [rule_id]
    if exceptions:
        rules = {penalty.id: penalty for penalty in penalties}
        while todo:
            current = todo.pop()
            near = {*rules[current].exception_to, *exceptions.get(current, ())}
            todo += near - linked
            linked |= near
    return linked


class PenaltyJudge:
    """Works out the penalties of one state."""

    def __init__(self, state: State, exceptions: Mapping[str, Sequence[str]]) -> None:
        self.state = state
        self.currency = state.ruleset.currency
        self.exceptions = exceptions

    def verdicts(self, judgements: Iterable[Judgement]) -> list[Verdict]:
        """Resolve exceptions, and give each penalty its parties and amount."""
        judged = list(judgements)
        if not self.exceptions:
            return [v for judgement in judged for v in self._verdicts(judgement, judgement.applies)]
        known = holding(judged)
        verdicts = []
        for judgement in judged:
            applies = self.applies(judgement.rule.id, judgement.occurrence, known)
            if applies is not False:
                verdicts += self._verdicts(judgement, applies)
        return verdicts

    def applies(self, rule_id: str, occurrence: Occurrence, known: Known) -> bool | None:
        """Whether a penalty stands: its condition holds, and no exception to it stands."""
        own = _own_outcome(known.get((rule_id, occurrence.key), {}), occurrence.party)
        if own is False:
            return False
        exceptions = self.exceptions.get(rule_id, ())
        excepted = [self.applies(other, occurrence, known) for other in exceptions]
        if True in excepted:
            return False
        return None if own is None or None in excepted else True

    def linked(self, rule_id: str) -> set[str]:
        """The rules that a rule excepts, or that except it, however indirectly; and itself."""
        return linked_by_exceptions(rule_id, self.state.ruleset.penalties, self.exceptions)

    def _verdicts(self, judgement: Judgement, applies: bool | None) -> list[Verdict]:
        rule: Penalty = judgement.rule
        occurrence = judgement.occurrence
        amount, arithmetic, missing = penalty_amount(rule, self.state, occurrence)
        if rule.against is not None:
            parties = self.state.parties(rule.against, occurrence)
            role = rule.against
        else:
            item = occurrence.deadline
            assert item is not None  # noqa: S101 - the compiler wants a party outside deadlines
            parties, role = (item.party,), item.duty_of
        if judgement.missing:
            missing = (*judgement.missing, *missing)
        return [
            Verdict(
                _verdict_id(rule, occurrence, party),
                judgement,
                applies,
                role,
                party,
                amount,
                arithmetic,
                missing,
            )
            for party in parties
        ]

    # Items

    def items(
        self, verdicts: Sequence[Verdict]
    ) -> tuple[list[PenaltyItem], list[UndeterminedItem]]:
        """The penalties that stand, and those that are undetermined.

        A penalty whose condition is certain but whose amount cannot be worked out is undetermined.
        """
        certain: list[PenaltyItem] = []
        unknown: list[UndeterminedItem] = []
        together: dict[str | None, list[Verdict]] = {}
        for verdict in verdicts:
            together.setdefault(verdict.judgement.occurrence.key, []).append(verdict)
        for verdict in verdicts:
            judgement, rule = verdict.judgement, verdict.rule
            occurrence, amount = (
                judgement.occurrence,
                verdict.amount.rounded(self.state.ruleset.places_in(rule.unit)),
            )
            reason = judgement.reason
            if verdict.arithmetic is not None:
                reason = Reason(reason.condition, reason.read, verdict.arithmetic)
            if not verdict.is_certain:
                low = amount.minimum if verdict.applies else ZERO
                missing = self.missing(verdict, together[occurrence.key])
                unknown.append(
                    UndeterminedItem(
                        verdict.id,
                        rule.id,
                        rule.clause,
                        "penalty",
                        verdict.party,
                        occurrence.key,
                        tuple(dict.fromkeys(missing)),
                        low,
                        amount.maximum,
                        reason,
                        rule.titles,
                        rule.penalty_kind,
                        unit=rule.unit,
                    )
                )
                continue
            certain.append(
                PenaltyItem(
                    verdict.id,
                    rule.id,
                    rule.clause,
                    verdict.role,
                    verdict.party,
                    rule.penalty_kind,
                    amount.minimum,
                    amount.maximum,
                    rule.unit or self.currency,
                    occurrence.key,
                    occurrence.at,
                    rule.refers_to,
                    (),
                    reason,
                    rule.titles,
                    rule.imposes,
                    None if rule.lasts is None else str(rule.lasts),
                )
            )
        return certain, unknown

    def missing(self, verdict: Verdict, together: Sequence[Verdict]) -> tuple[Missing, ...]:
        """What keeps a penalty undetermined, or the exceptions to it of the same occurrence."""
        if verdict.missing:
            return verdict.missing
        excepting = self.exceptions.get(verdict.rule.id, ())
        return tuple(
            missing
            for other in together
            if other.rule.id in excepting
            for missing in self.missing(other, together)
        )


def _verdict_id(rule: Penalty, occurrence: Occurrence, party: str | None) -> str:
    # The key of a deadline's instance names its party already.
    named = occurrence.deadline is not None and occurrence.deadline.party == party
    return joined(rule.id, occurrence.key, None if named else party)

"""Penalties: which stand, which are excepted, what they cost, and what reliefs leave of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Final

from complaint_rules.evaluation.items import (
    DeadlineItem,
    Liability,
    Missing,
    PenaltyItem,
    Reason,
    ReliefItem,
    UndeterminedItem,
    item_id,
)
from complaint_rules.evaluation.matching import Judgement
from complaint_rules.evaluation.state import Occurrence, State
from complaint_rules.money import NOTHING, ZERO, Interval, add_up, plain
from complaint_rules.policy.amounts import Fixed, Named, Share
from complaint_rules.policy.rules import Penalty, Relief

MOST_COMBINATIONS: Final = 8
"""Up to so many unknown penalties that except each other, every combination is looked at."""

OPEN: Final = Interval(ZERO, None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A penalty for one occurrence and one party, exceptions taken into account."""

    judgement: Judgement
    applies: bool | None
    role: str
    party: str | None
    amount: Interval
    arithmetic: str | None
    missing: tuple[Missing, ...]

    @property
    def rule(self) -> Penalty:
        rule: Penalty = self.judgement.rule
        return rule

    @property
    def id(self) -> str:
        occurrence = self.judgement.occurrence
        # The key of a deadline's instance names its party already.
        named = occurrence.deadline is not None and occurrence.deadline.party == self.party
        return item_id(self.rule.id, occurrence.key, None if named else self.party)


def exceptions_of(penalties: Iterable[Penalty]) -> dict[str, list[str]]:
    """For each penalty that has exceptions, the penalties that replace it."""
    found: dict[str, list[str]] = {}
    for penalty in penalties:
        for replaced in penalty.exception_to:
            found.setdefault(replaced, []).append(penalty.id)
    return found


class PenaltyJudge:
    """Works out the penalties, reliefs and liabilities of one state."""

    def __init__(self, state: State, exceptions: Mapping[str, Sequence[str]]) -> None:
        self.state = state
        self.currency = state.ruleset.currency
        self.exceptions = exceptions

    def verdicts(self, judgements: Iterable[Judgement]) -> list[Verdict]:
        """Resolve exceptions, and give each penalty its parties and amount."""
        judged = list(judgements)
        if not self.exceptions:
            return [v for judgement in judged for v in self._verdicts(judgement, judgement.applies)]
        known = {(j.rule.id, j.occurrence.key): j.applies for j in judged}
        verdicts = []
        for judgement in judged:
            applies = self._applies(judgement.rule.id, judgement.occurrence.key, known)
            if applies is not False:
                verdicts += self._verdicts(judgement, applies)
        return verdicts

    def _applies(
        self, rule_id: str, key: str | None, known: Mapping[tuple[str, str | None], bool | None]
    ) -> bool | None:
        own = known.get((rule_id, key), False)
        if own is False:
            return False
        excepted = [self._applies(other, key, known) for other in self.exceptions.get(rule_id, ())]
        if True in excepted:
            return False
        return None if own is None or None in excepted else True

    def _verdicts(self, judgement: Judgement, applies: bool | None) -> list[Verdict]:
        rule: Penalty = judgement.rule
        occurrence = judgement.occurrence
        amount, arithmetic, missing = self._amount(rule, occurrence)
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
            Verdict(judgement, applies, role, party, amount, arithmetic, missing)
            for party in parties
        ]

    def _amount(
        self, rule: Penalty, occurrence: Occurrence
    ) -> tuple[Interval, str | None, tuple[Missing, ...]]:
        match rule.penalty_kind:
            case "dismissal":
                return NOTHING, None, ()
            case "referral":
                return OPEN, None, ()
            case "compensation" | "forfeiture":
                assert rule.base is not None  # noqa: S101 - the compiler wants it
                base = self.state.amount(rule.base)
                if base is None:
                    return OPEN, None, ()
                if rule.penalty_kind == "forfeiture":
                    return base, f"{rule.base} = {base}", ()
                # As the case warrants: nothing up to the whole loss.
                return Interval(ZERO, base.maximum), f"0 – {rule.base} = {base}", ()
        match rule.amount:
            case Fixed(amount, per_day):
                named: Interval | None = amount
            case Named(name, per_day):
                named = self.state.amount(name)
                if named is None:
                    return OPEN, None, self.state.missing(name, occurrence)
            case Share(share, base_name):
                base = self.state.amount(base_name)
                if base is None:
                    return OPEN, None, self.state.missing(base_name, occurrence)
                amount = base.times(share)
                return amount, f"{share.scaled(Decimal(100))} % × {base} = {amount.rounded()}", ()
            case _:
                raise AssertionError(rule)  # pragma: no cover - the compiler left no other
        assert named is not None  # noqa: S101 - both ways out were taken
        if not per_day:
            return named, None, ()
        return self._per_day(named, occurrence.deadline)

    def _per_day(
        self, amount: Interval, item: DeadlineItem | None
    ) -> tuple[Interval, str | None, tuple[Missing, ...]]:
        assert item is not None  # noqa: S101 - the compiler wants a deadline
        if item.overdue_days is None:
            return Interval(ZERO, None), None, item.missing
        total = amount.scaled(Decimal(item.overdue_days))
        return total, f"{amount} {self.currency} × {item.overdue_days} = {total}", ()

    # Items

    def items(
        self, verdicts: Sequence[Verdict]
    ) -> tuple[list[PenaltyItem], list[UndeterminedItem]]:
        """The penalties that stand, and those that are undetermined.

        A penalty whose condition is certain but whose amount cannot be worked out is undetermined.
        """
        certain: list[PenaltyItem] = []
        unknown: list[UndeterminedItem] = []
        for verdict in verdicts:
            judgement, rule = verdict.judgement, verdict.rule
            occurrence, amount = judgement.occurrence, verdict.amount.rounded()
            reason = judgement.reason
            if verdict.arithmetic is not None:
                reason = Reason(reason.condition, reason.read, verdict.arithmetic)
            if verdict.applies is None or verdict.missing:
                low = amount.minimum if verdict.applies else ZERO
                missing = verdict.missing or self._why_excepted(verdict, verdicts)
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
                    self.currency,
                    occurrence.key,
                    occurrence.at,
                    rule.refers_to,
                    (),
                    reason,
                )
            )
        return certain, unknown

    def _why_excepted(self, verdict: Verdict, others: Sequence[Verdict]) -> tuple[Missing, ...]:
        key = verdict.judgement.occurrence.key
        excepting = self.exceptions.get(verdict.rule.id, ())
        return tuple(
            missing
            for other in others
            if other.rule.id in excepting and other.judgement.occurrence.key == key
            for missing in other.missing or self._why_excepted(other, others)
        )

    # Reliefs

    def reliefs(
        self, judgements: Iterable[Judgement], penalties: Sequence[PenaltyItem]
    ) -> tuple[
        list[PenaltyItem], list[ReliefItem], list[UndeterminedItem], dict[str, list[Decimal]]
    ]:
        """Apply reliefs: the penalties with what relieves them, the reliefs, those undetermined,
        and for each penalty the factors that may remain of it.
        """
        certain: dict[str, list[Relief]] = {}
        possible: dict[str, list[Relief]] = {}
        items: list[ReliefItem] = []
        unknown: list[UndeterminedItem] = []
        for judgement in judgements:
            rule: Relief = judgement.rule
            for penalty in penalties:
                if penalty.rule not in rule.of or not _same(judgement.occurrence, penalty):
                    continue
                amount = penalty.amount.scaled(rule.factor).rounded()
                name = item_id(rule.id, penalty.id, None)
                if judgement.applies is None:
                    possible.setdefault(penalty.id, []).append(rule)
                    unknown.append(
                        UndeterminedItem(
                            name,
                            rule.id,
                            rule.clause,
                            "relief",
                            penalty.party,
                            penalty.occurrence,
                            judgement.missing,
                            ZERO,
                            amount.maximum,
                            judgement.reason,
                        )
                    )
                    continue
                reason = judgement.reason
                if not rule.cancels:
                    shown = f"{plain(rule.factor * 100)} % × {penalty.amount} = {amount}"
                    reason = Reason(reason.condition, reason.read, shown)
                certain.setdefault(penalty.id, []).append(rule)
                items.append(
                    ReliefItem(
                        name,
                        rule.id,
                        rule.clause,
                        penalty.id,
                        penalty.party,
                        "cancel" if rule.cancels else "refund",
                        amount.minimum,
                        amount.maximum,
                        self.currency,
                        reason,
                    )
                )
        remains = {
            penalty_id: _factors(certain.get(penalty_id, ()), possible.get(penalty_id, ()))
            for penalty_id in {**certain, **possible}
        }
        relieved = [
            replace(penalty, relieved_by=tuple(rule.id for rule in certain[penalty.id]))
            if penalty.id in certain
            else penalty
            for penalty in penalties
        ]
        return relieved, items, unknown, remains

    # Liabilities

    def liabilities(
        self, verdicts: Sequence[Verdict], remains: Mapping[str, list[Decimal]]
    ) -> list[Liability]:
        """What each party owes, as intervals: exact where penalties except each other."""
        found = []
        for group in self._groups(verdicts):
            for role, party in dict.fromkeys((v.role, v.party) for v in group):
                amount = self._group_amount(group, role, party, remains)
                ids = tuple(v.id for v in group if (v.role, v.party) == (role, party))
                rounded = amount.rounded()
                found.append(Liability(ids, role, party, rounded.minimum, rounded.maximum))
        return found

    def _groups(self, verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
        """Verdicts that depend on each other: undetermined ones of one occurrence linked by
        exceptions. All others stand alone.
        """
        groups: list[list[Verdict]] = []
        for verdict in verdicts:
            if verdict.applies is None and self.exceptions:
                linked = self._linked(verdict.rule.id)
                home = next(
                    (
                        group
                        for group in groups
                        if group[0].applies is None
                        and group[0].judgement.occurrence.key == verdict.judgement.occurrence.key
                        and any(member.rule.id in linked for member in group)
                    ),
                    None,
                )
                if home is not None:
                    home.append(verdict)
                    continue
            groups.append([verdict])
        return groups

    def _linked(self, rule_id: str) -> set[str]:
        linked, todo = {rule_id}, [rule_id]
        rules = {penalty.id: penalty for penalty in self.state.ruleset.penalties}
        while todo:
            current = todo.pop()
            near = {*rules[current].exception_to, *self.exceptions.get(current, ())}
            todo += near - linked
            linked |= near
        return linked

    def _group_amount(
        self,
        group: Sequence[Verdict],
        role: str,
        party: str | None,
        remains: Mapping[str, list[Decimal]],
    ) -> Interval:
        mine = [v for v in group if (v.role, v.party) == (role, party)]
        amounts = {v.id: _remaining(v.amount, remains.get(v.id, [Decimal(1)])) for v in group}
        unknown = sorted({v.rule.id for v in group if v.judgement.applies is None})
        if len(group) == 1 and group[0].applies:
            return amounts[group[0].id]
        if len(unknown) > MOST_COMBINATIONS:
            return add_up(amounts[v.id].hull(NOTHING) for v in mine)
        key = group[0].judgement.occurrence.key
        outcomes = []
        for combination in product((True, False), repeat=len(unknown)):
            assumed = dict(zip(unknown, combination, strict=True))
            known = {(v.rule.id, key): assumed.get(v.rule.id, v.judgement.applies) for v in group}
            standing = [v for v in mine if self._applies(v.rule.id, key, known)]
            outcomes.append(add_up(amounts[v.id] for v in standing))
        total = outcomes[0]
        for outcome in outcomes[1:]:
            total = total.hull(outcome)
        return total


def _factors(certain: Sequence[Relief], possible: Sequence[Relief]) -> list[Decimal]:
    """What may remain of a penalty, as factors; negative where more than all is refunded."""
    return [
        _factor(certain),
        *(_factor([*certain, rule]) for rule in possible),
    ]


def _factor(reliefs: Sequence[Relief]) -> Decimal:
    if not reliefs:
        return Decimal(1)
    # What is cancelled is not paid, so nothing is refunded on top of it.
    if any(relief.cancels for relief in reliefs):
        return ZERO
    return 1 - max(relief.factor for relief in reliefs)


def _remaining(amount: Interval, factors: Sequence[Decimal]) -> Interval:
    result = amount.scaled(factors[0])
    for factor in factors[1:]:
        result = result.hull(amount.scaled(factor))
    return result


def _same(occurrence: Occurrence, penalty: PenaltyItem) -> bool:
    """Whether a relief is about this penalty: of the case, or of the same occurrence."""
    key = occurrence.key
    return key is None or key == penalty.occurrence

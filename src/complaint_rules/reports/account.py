"""What stands in the statements about one case at an instant, as its decision then says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from complaint_rules.errors import DecisionError, PolicyNotInForce
from complaint_rules.judging.decision import Basis, Decision
from complaint_rules.judging.items import Liability, PenaltyItem, ReliefItem, UndeterminedItem
from complaint_rules.judging.reliefs import remaining
from complaint_rules.money import EXACT, NOTHING, Interval, add_up
from complaint_rules.reports.accrual import Growth
from complaint_rules.reports.lines import Entries, Line
from complaint_rules.reports.period import Period
from complaint_rules.reports.shares import Share, Shares
from complaint_rules.ruleset.amounts import PenaltyKind
from complaint_rules.ruleset.rules import Penalty, Relief
from complaint_rules.time.instants import MICROSECOND


@dataclass(frozen=True, slots=True)
class Account:
    """The lines of a case, and what they come to for each role and party."""

    lines: Entries = field(default_factory=dict)
    owed: Mapping[tuple[str, str | None], Shares] = field(default_factory=dict)


def known_basis(decision: Decision) -> Basis:
    """What a decision was made from.

    Raises:
        DecisionError: it was read from JSON, without its policy.
    """
    if decision.basis is None:
        raise DecisionError(
            f"the decision on case {decision.case_id} was read without its policy: evaluate "
            f"the case again, the same input gives the same decision"
        )
    return decision.basis


def registered_at(decision: Decision) -> datetime | None:
    """When the case came in: its first event of the type that dates it, ahead of ``as_of`` too."""
    basis = known_basis(decision)
    dating = basis.ruleset.effective_by
    return next((e.at for e in basis.state.case.events if e.event.type == dating), None)


def account_at(decision: Decision, instant: datetime, unit: str = "") -> Account:
    """The account at an instant, or at that of the decision where this is earlier: in money, or in
    another unit of the policy.

    Before the case came in there is none, whatever its events are dated.
    """
    basis = known_basis(decision)
    came_in = registered_at(decision)
    instant = min(instant, decision.as_of)
    if came_in is not None and instant < came_in:
        return Account()
    if instant == decision.as_of:
        return _Bookkeeper(decision, unit).account()
    try:
        return _Bookkeeper(basis.at(instant), unit).account()
    except PolicyNotInForce:
        return Account()  # nothing was owed under it then


def _counted_in(decision: Decision, unit: str) -> Decision:
    """A decision with what is owed in one unit only."""
    named = unit or decision.currency
    return replace(
        decision,
        penalties=tuple(item for item in decision.penalties if item.currency == named),
        reliefs=tuple(item for item in decision.reliefs if item.currency == named),
        undetermined=tuple(item for item in decision.undetermined if item.unit == unit),
        liabilities=tuple(item for item in decision.liabilities if item.unit == unit),
    )


class _Bookkeeper:
    """Makes the account of one decision."""

    def __init__(self, decision: Decision, unit: str) -> None:
        self.basis = known_basis(decision)
        if self.basis.ruleset.units:
            decision = _counted_in(decision, unit)
        self.decision = decision
        self.places = self.basis.ruleset.places_in(unit)
        self.limits = {item.id: item for item in decision.deadlines}
        self.penalties = {item.id: item for item in decision.penalties}
        unknown = [(item.id, item.rule) for item in decision.undetermined if item.kind == "penalty"]
        self.bounds = {
            item.id: Interval(item.minimum, item.maximum)
            for item in decision.undetermined
            if item.kind == "penalty"
        }
        self.kinds: dict[str, PenaltyKind] = {}
        self.kinds.update((item.id, item.kind) for item in decision.penalties)
        self.kinds.update((id_, self.penalty_rule(rule).penalty_kind) for id_, rule in unknown)
        self.liable = {id_: owed for owed in decision.liabilities for id_ in owed.penalties}
        self.certain: dict[str, list[ReliefItem]] = {}
        self.possible: dict[str, list[UndeterminedItem]] = {}
        self.unpaid: set[str] = set()
        """The penalties of which something is taken back that is paid later."""
        self._read_reliefs()

    def _read_reliefs(self) -> None:
        for relief in self.decision.reliefs:
            if self.is_payable(relief.rule, relief.penalty):
                self.certain.setdefault(relief.penalty, []).append(relief)
            else:
                self.unpaid.add(relief.penalty)
        for unknown in self.decision.undetermined:
            if unknown.penalty is None:
                continue
            if self.is_payable(unknown.rule, unknown.penalty):
                self.possible.setdefault(unknown.penalty, []).append(unknown)
            else:
                self.unpaid.add(unknown.penalty)

    def account(self) -> Account:
        owed: dict[tuple[str, str | None], dict[tuple[str, ...], Share]] = {}
        for liability in self.decision.liabilities:
            mine = owed.setdefault((liability.against, liability.party), {})
            mine[liability.penalties] = self.share(liability)
        heaviest = self.decision.adds_up == "heaviest"
        shares = {liable: Shares(mine, heaviest) for liable, mine in owed.items()}
        lighter = set[str]().union(*(mine.outweighed for mine in shares.values()))
        return Account(dict(_without(dict(self.lines()), lighter)), shares)

    # Rules

    def penalty_rule(self, rule_id: str) -> Penalty:
        rule: Penalty = self.basis.ruleset.rule(rule_id)  # type: ignore[assignment]
        return rule

    def relief_rule(self, rule_id: str) -> Relief:
        rule: Relief = self.basis.ruleset.rule(rule_id)  # type: ignore[assignment]
        return rule

    def is_payable(self, rule_id: str, penalty: str) -> bool:
        """Whether what a relief takes back is due: at once, or from the first of the next month."""
        rule = self.relief_rule(rule_id)
        granted = self.granted_at(rule, penalty)
        if granted is None or rule.paid_in == "same-month":
            return True
        zone = self.basis.ruleset.calendar.timezone
        local = granted.astimezone(zone)
        return Period.month(local.year, local.month, zone.key).end <= self.decision.as_of

    def granted_at(self, rule: Relief, penalty: str) -> datetime | None:
        """When it was granted: by the latest event, or by the one after which it stood already.

        Granting again what was granted does not put off its payment.
        """
        events = self.basis.state.by_type.get(rule.granted_by or "", [])
        for event, following in pairwise(events):
            before = self.basis.at(following.at - MICROSECOND)
            if any((item.rule, item.penalty) == (rule.id, penalty) for item in before.reliefs):
                return event.at
        return events[-1].at if events else None

    # Amounts

    def share(self, liability: Liability) -> Share:
        kinds: frozenset[PenaltyKind] = frozenset(self.kinds[id_] for id_ in liability.penalties)
        if liability.caps:  # of what is left no amount for one time is known
            return Share(liability.amount, None, Decimal(1), kinds)
        item = self.penalties.get(liability.penalties[0])
        if item is None:
            return Share(self.undetermined_amount(liability), None, Decimal(1), kinds)
        amount = liability.amount if item.id not in self.unpaid else self.amount_so_far(item)
        if item.id in self.possible:
            return Share(amount, None, Decimal(1), kinds)
        unit, times = self.unit(item)
        factor = EXACT.multiply(times, remaining(self.certain_rules(item.id)))
        return Share(amount, unit, factor, kinds)

    def undetermined_amount(self, liability: Liability) -> Interval:
        """As the decision says; before what may be taken back is paid, up to all of it."""
        if self.unpaid.isdisjoint(liability.penalties):
            return liability.amount
        whole = add_up(self.bounds[id_] for id_ in liability.penalties)
        return liability.amount.hull(whole).hull(NOTHING)

    def amount_so_far(self, item: PenaltyItem) -> Interval:
        """What is owed for a penalty without what is taken back later."""
        certain = self.certain_rules(item.id)
        possible = [self.relief_rule(relief.rule) for relief in self.possible.get(item.id, [])]
        amount = item.amount.scaled(remaining(certain))
        for rule in possible:
            amount = amount.hull(item.amount.scaled(remaining([*certain, rule])))
        return amount.rounded(self.places)

    def unit(self, item: PenaltyItem) -> tuple[Interval, Decimal]:
        """The amount for one time and how many: all of it once, or that of each overdue day.

        What is not so many times an amount that can be paid is stated as a whole.
        """
        growth = Growth(self.basis, item, self.limits.get(item.occurrence or ""))
        one = growth.each_time(self.places)
        if one is None or growth.count is None:
            return item.amount, Decimal(1)
        return one, Decimal(growth.count)

    def accrues(self, item: PenaltyItem | UndeterminedItem) -> bool:
        """Whether it grows, and is no number of times an amount that can be paid."""
        if not isinstance(item, PenaltyItem):
            return False
        growth = Growth(self.basis, item, self.limits.get(item.occurrence or ""))
        if growth.accruing is not None:
            return growth.each_time(self.places) is None
        amount = self.penalty_rule(item.rule).amount
        return amount is not None and any(name.endswith(".overdue_days") for name in amount.names)

    def certain_rules(self, penalty: str) -> list[Relief]:
        return [self.relief_rule(relief.rule) for relief in self.certain.get(penalty, [])]

    # Lines

    def lines(self) -> Iterator[tuple[tuple[str, str], tuple[str, Line]]]:
        for item in self.decision.penalties:
            unit, times = self.unit(item)
            charge = self.charge(item, unit, times)
            relief = self.counting_relief(item.id)
            if relief is not None and self.relief_rule(relief.rule).cancels:
                charge = self.relieving(charge, relief, Decimal(0))
            yield self.entry(item.id, "charge", charge)
            if relief is not None and charge.kind != "cancel":
                back = EXACT.subtract(remaining(self.certain_rules(item.id)), Decimal(1))
                refund = self.relieving(charge, relief, EXACT.multiply(back, times))
                yield self.entry(item.id, "refund", refund)
            yield from self.possible_lines(charge, times)
        for unknown in self.decision.undetermined:
            if unknown.kind == "penalty":
                charge = self.charge(unknown, self.bounds[unknown.id], Decimal(1))
                yield self.entry(unknown.id, "charge", charge)
                yield from self.possible_lines(charge, Decimal(1))
        for liability in self.decision.liabilities:
            if liability.caps:
                yield self.capped(liability)

    def capped(self, liability: Liability) -> tuple[tuple[str, str], tuple[str, Line]]:
        """What penalties come to above the caps that they share."""
        penalty, cap = liability.penalties[0], self.basis.ruleset.rule(liability.caps[-1])
        line = Line(
            case_id=self.decision.case_id,
            policy=self.decision.policy,
            against=liability.against,
            rule=cap.id,
            clause=cap.clause,
            occurrence=None,
            kind="cap",
            unit=_cut(liability),
            times=Decimal(-1),
            certain=all(one in self.penalties for one in liability.penalties),
            how={},
            penalty=penalty,
            places=self.basis.ruleset.places,
        )
        return self.entry(penalty, "cap", line)

    def entry(
        self, penalty: str, what: str, line: Line
    ) -> tuple[tuple[str, str], tuple[str, Line]]:
        liability = self.liable[penalty]
        return (penalty, what), (liability.party or liability.against, line)

    def charge(self, item: PenaltyItem | UndeterminedItem, unit: Interval, times: Decimal) -> Line:
        rule = self.penalty_rule(item.rule)
        return Line(
            case_id=self.decision.case_id,
            policy=self.decision.policy,
            against=self.liable[item.id].against,
            rule=item.rule,
            clause=item.clause,
            occurrence=item.occurrence,
            kind=rule.penalty_kind,
            unit=unit,
            times=times,
            certain=isinstance(item, PenaltyItem),
            how=rule.settled_by,
            penalty=item.id,
            places=self.places,
            accrues=self.accrues(item),
        )

    def relieving(
        self, charge: Line, relief: ReliefItem | UndeterminedItem, times: Decimal
    ) -> Line:
        """What a relief takes back of a penalty."""
        rule = self.relief_rule(relief.rule)
        return replace(
            charge,
            rule=relief.rule,
            clause=relief.clause,
            kind="cancel" if rule.cancels else "refund",
            times=times,
            certain=isinstance(relief, ReliefItem),
            how=rule.paid_with,
        )

    def counting_relief(self, penalty: str) -> ReliefItem | None:
        """Of several reliefs one counts, as in the decision: what cancels, else the largest."""

        def rank(item: ReliefItem) -> tuple[bool, Decimal]:
            rule = self.relief_rule(item.rule)
            return not rule.cancels, EXACT.minus(rule.factor)

        return min(self.certain.get(penalty, []), key=rank, default=None)

    def possible_lines(
        self, charge: Line, times: Decimal
    ) -> Iterator[tuple[tuple[str, str], tuple[str, Line]]]:
        """What a relief may still change, beside those that are certain."""
        certain = self.certain_rules(charge.penalty)
        for relief in self.possible.get(charge.penalty, []):
            rules = [*certain, self.relief_rule(relief.rule)]
            back = EXACT.subtract(remaining(rules), remaining(certain))
            if back:
                line = self.relieving(charge, relief, EXACT.multiply(back, times))
                yield self.entry(charge.penalty, relief.rule, line)


def _cut(liability: Liability) -> Interval:
    """How much the caps take off: the more, the more there was."""
    before, after = liability.before_caps, liability.amount
    low, high = (
        None if whole is None or left is None else EXACT.subtract(whole, left)
        for whole, left in (
            (before.minimum, after.minimum),
            (before.maximum, after.maximum),
        )
    )
    return Interval(low, high)


def _without(
    lines: Entries, lighter: Iterable[str]
) -> Iterator[tuple[tuple[str, str], tuple[str, Line]]]:
    """The lines, where those of penalties that a heavier one outweighs count for nothing."""
    for (penalty, what), (party, line) in lines.items():
        if penalty not in lighter:
            yield (penalty, what), (party, line)
        elif what == "charge":
            yield (penalty, what), (party, replace(line, times=Decimal(0)))

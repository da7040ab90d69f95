"""The statement of a month: who owes what for which case, and who gets what back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Literal

from complaint_rules.currencies import places_of
from complaint_rules.errors import DecisionError
from complaint_rules.evaluation.decision import Basis, Decision
from complaint_rules.evaluation.items import PenaltyItem, ReliefItem, UndeterminedItem
from complaint_rules.evaluation.reliefs import remaining
from complaint_rules.money import EXACT, NOTHING, Interval, add_up
from complaint_rules.policy.rules import Deadline, Penalty, PenaltyKind, Relief
from complaint_rules.reports.accrual import daily_amount
from complaint_rules.reports.period import Period
from complaint_rules.reports.wages import WageCap, split
from complaint_rules.time import overdue_days
from complaint_rules.time.instants import MICROSECOND

LineKind = PenaltyKind | Literal["cancel", "refund"]


@dataclass(frozen=True, slots=True)
class Line:
    """One penalty of the period, or one that is taken back in it, which has a negative amount.

    ``certain`` is false for what is not determined yet. ``how`` says by language how it is settled,
    where the policy says so: deducted from payment for goods, returned with performance pay.
    """

    case_id: str
    policy: str
    against: str
    """The role in which the party is liable."""
    rule: str
    clause: str
    occurrence: str | None
    kind: LineKind
    unit: Interval
    """What the penalty costs for one time: all of it, or one overdue day."""
    times: Decimal
    """How often it counts here; negative for what is taken back."""
    certain: bool
    how: Mapping[str, str]
    penalty: str
    """The id of the penalty that the line is about."""
    places: int = 2
    """The decimal places of the currency."""

    @property
    def amount(self) -> Interval:
        """``unit`` times ``times``; for a relief that is undetermined nothing, up to that."""
        amount = self.unit.scaled(self.times)
        if not self.certain and self.kind in ("cancel", "refund"):
            amount = amount.hull(NOTHING)
        return amount.rounded(self.places)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a party owes for a period. ``party`` is a name, or the role where nobody is named.

    ``final`` is false while a decision behind it is of an instant before the end of the period.
    """

    party: str
    period: Period
    currency: str
    lines: tuple[Line, ...]
    total: Interval
    final: bool
    due_now: Interval
    """The total, less what a cap on wage deductions carries over to later months."""
    carried_over: Interval

    def of(self, *kinds: LineKind) -> Interval:
        """The sum of the lines of some kinds: ``statement.of("refund")``."""
        return _sum(line for line in self.lines if line.kind in kinds)

    @property
    def refunds(self) -> Interval:
        return self.of("refund")

    @property
    def forfeitures(self) -> Interval:
        return self.of("forfeiture")

    def settled(self, language: str) -> dict[str, Interval]:
        """The sums by how they are settled, in the policy's words; ``""`` for what is not said."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.how.get(language, ""), []).append(line)
        return {how: _sum(lines) for how, lines in found.items()}


def settle(
    decisions: Iterable[Decision], period: Period, *, wage_cap: WageCap | None = None
) -> tuple[Statement, ...]:
    """The statements of a period, one for each party, in order of their names.

    A penalty belongs to the period in which it was incurred, one for each overdue day to the days
    that lie in the period. What is taken back belongs to the period in which it was granted, or to
    the month after where the policy pays it with the next month's pay. Give one decision for each
    case, of an instant at or after the end of the period.

    Raises:
        DecisionError: two decisions are about the same case and policy, or are in different
            currencies, or one was read from JSON, without the policy that made it.
    """
    lines: dict[str, list[Line]] = {}
    final, currency, seen = True, "", set()
    heaviest: set[str] = set()
    for decision in decisions:
        key = (decision.case_id, decision.policy)
        if key in seen:
            raise DecisionError(
                f"two decisions on case {decision.case_id} under {decision.policy}: give the latest"
            )
        seen.add(key)
        if currency not in ("", decision.currency):
            raise DecisionError(
                f"decisions in {currency} and {decision.currency}: settle each currency by itself"
            )
        currency = decision.currency
        final = final and decision.as_of + MICROSECOND >= period.end
        if decision.adds_up == "heaviest":
            heaviest.add(decision.policy)
        for party, line in _Settled(decision, period).lines():
            lines.setdefault(party, []).append(line)
    return tuple(
        _statement(party, period, currency, tuple(found), final, heaviest, wage_cap)
        for party, found in sorted(lines.items())
    )


def _statement(
    party: str,
    period: Period,
    currency: str,
    lines: tuple[Line, ...],
    final: bool,
    heaviest: set[str],
    wage_cap: WageCap | None,
) -> Statement:
    places = places_of(currency)
    total = _total(lines, heaviest).rounded(places)
    limit = None if wage_cap is None else wage_cap.limit(party)
    due_now, carried_over = total, NOTHING
    if wage_cap is not None and limit is not None:
        capped = tuple(line for line in lines if line.kind in wage_cap.kinds)
        others = tuple(line for line in lines if line.kind not in wage_cap.kinds)
        now, carried_over = split(_total(capped, heaviest), limit)
        due_now = (_total(others, heaviest) + now).rounded(places)
    return Statement(
        party, period, currency, lines, total, final, due_now, carried_over.rounded(places)
    )


def _sum(lines: Iterable[Line]) -> Interval:
    """All lines together. What is taken back of a range is as much as the penalty was, whatever
    that is: 50-200 cancelled are 0, not from -150 to 150.
    """
    certain: dict[tuple[str, str, str], tuple[Interval, Decimal]] = {}
    total, places = NOTHING, 2
    for line in lines:
        places = line.places  # one currency, so all alike
        if line.certain:
            key = (line.policy, line.case_id, line.penalty)
            _, times = certain.get(key, (line.unit, Decimal(0)))
            certain[key] = (line.unit, EXACT.add(times, line.times))
        else:
            total = total + line.amount
    return (total + add_up(unit.scaled(times) for unit, times in certain.values())).rounded(places)


def _total(lines: Iterable[Line], heaviest: set[str]) -> Interval:
    """All lines together; where the policy says so, only the heaviest penalty of a case."""
    rest: list[Line] = []
    by_case: dict[tuple[str, str, str], dict[str, list[Line]]] = {}
    for line in lines:
        if line.policy in heaviest:
            mine = by_case.setdefault((line.policy, line.case_id, line.against), {})
            mine.setdefault(line.penalty, []).append(line)
        else:
            rest.append(line)
    total = _sum(rest)
    for penalties in by_case.values():
        largest, *others = map(_sum, penalties.values())
        for other in others:
            largest = largest.larger(other)
        total = total + largest
    return total


Times = Callable[[datetime], int]
"""How many times a penalty has been incurred before an instant: once, or once for each day."""


class _Settled:
    """The lines of one decision."""

    def __init__(self, decision: Decision, period: Period) -> None:
        if decision.basis is None:
            raise DecisionError(
                f"the decision on case {decision.case_id} was read without its policy: evaluate "
                f"the case again, the same input gives the same decision"
            )
        self.decision = decision
        self.period = period
        self.basis: Basis = decision.basis
        self.deadlines = {item.id: item for item in decision.deadlines}
        self.events = {event.key: event.at for event in self.basis.state.events}
        self.rules = {item.id: item.rule for item in decision.penalties + decision.undetermined}
        self.amounts = {item.id: item.amount for item in decision.penalties} | {
            item.id: Interval(item.minimum, item.maximum)
            for item in decision.undetermined
            if item.kind == "penalty"
        }

    def lines(self) -> Iterator[tuple[str, Line]]:
        reliefs: dict[str, list[ReliefItem]] = {}
        for relief in self.decision.reliefs:
            reliefs.setdefault(relief.penalty, []).append(relief)
        for item in self.decision.penalties:
            count = self.within(self.times(item))
            if count:
                how = self.penalty(item.rule).settled_by
                line = self.line(
                    item, item.against, item.kind, self.unit(item), Decimal(count), how
                )
                yield item.party or item.against, line
            if item.id in reliefs:
                yield from self.relief(reliefs[item.id], item)
        for unknown in self.decision.undetermined:
            if unknown.kind == "penalty":
                yield from self.undetermined_penalty(unknown)
            elif unknown.kind == "relief":
                certain = reliefs.get(self.about(unknown), [])
                yield from self.undetermined_relief(unknown, certain)

    def penalty(self, rule_id: str) -> Penalty:
        rule: Penalty = self.basis.ruleset.rule(rule_id)  # type: ignore[assignment]
        return rule

    def line(
        self,
        item: PenaltyItem | UndeterminedItem,
        against: str,
        kind: LineKind,
        unit: Interval,
        times: Decimal,
        how: Mapping[str, str],
    ) -> Line:
        return Line(
            case_id=self.decision.case_id,
            policy=self.decision.policy,
            against=against,
            rule=item.rule,
            clause=item.clause,
            occurrence=item.occurrence,
            kind=kind,
            unit=unit,
            times=times,
            certain=isinstance(item, PenaltyItem),
            how=how,
            penalty=item.id,
            places=self.basis.ruleset.places,
        )

    def relief_rule(self, rule_id: str) -> Relief:
        rule: Relief = self.basis.ruleset.rule(rule_id)  # type: ignore[assignment]
        return rule

    def relief(self, reliefs: list[ReliefItem], penalty: PenaltyItem) -> Iterator[tuple[str, Line]]:
        """What is taken back of a penalty. Of several reliefs one counts, as in the decision."""
        rules = [self.relief_rule(item.rule) for item in reliefs]
        left = remaining(rules)
        item, rule = min(
            zip(reliefs, rules, strict=True), key=lambda one: (not one[1].cancels, -one[1].factor)
        )
        times = self.times(penalty)
        payable = self.payable(rule, item)

        def credited(before: datetime) -> int:
            return times(before) if payable is None or payable < before else 0

        count = self.within(credited)
        if count:
            back, unit = (left - 1) * count, self.unit(penalty)
            line = self.line(penalty, penalty.against, item.kind, unit, back, rule.paid_with)
            named = replace(line, rule=item.rule, clause=item.clause)
            yield penalty.party or penalty.against, named

    def payable(self, rule: Relief, item: ReliefItem) -> datetime | None:
        """When a relief falls due: when it was granted, or with the first of the next month."""
        granted = item.granted_at
        if granted is None or rule.paid_in == "same-month":
            return granted
        local = granted.astimezone(self.basis.ruleset.calendar.timezone)
        zone = self.basis.ruleset.calendar.timezone.key
        return Period.month(local.year, local.month, zone).end

    def undetermined_penalty(self, item: UndeterminedItem) -> Iterator[tuple[str, Line]]:
        if self.within(partial(_once, self.at(item.occurrence))):
            rule = self.penalty(item.rule)
            unit = Interval(item.minimum, item.maximum)
            role = rule.against or self.duty(rule)
            line = self.line(item, role, rule.penalty_kind, unit, Decimal(1), rule.settled_by)
            yield item.party or role, line

    def undetermined_relief(
        self, item: UndeterminedItem, certain: list[ReliefItem]
    ) -> Iterator[tuple[str, Line]]:
        """What a relief may still change, beside those that are certain."""
        if not self.within(partial(_once, self.at(item.occurrence))):
            return
        rule = self.relief_rule(item.rule)
        rules = [self.relief_rule(relief.rule) for relief in certain]
        change = remaining([*rules, rule]) - remaining(rules)
        unit = self.amounts[self.about(item)]
        kind: LineKind = "cancel" if rule.cancels else "refund"
        role = self.owner(item)
        line = self.line(item, role, kind, unit, change, rule.paid_with)
        yield item.party or role, replace(line, penalty=self.about(item))

    def about(self, item: UndeterminedItem) -> str:
        assert item.penalty is not None  # noqa: S101 - a relief says whose it is
        return item.penalty

    def owner(self, item: UndeterminedItem) -> str:
        """Whose penalty an undetermined relief is about."""
        rule = self.penalty(self.rules[self.about(item)])
        return rule.against or self.duty(rule)

    def duty(self, rule: Penalty) -> str:
        owner = next(d for d in self.basis.ruleset.deadlines if d.name == rule.scope.of)
        return owner.duty_of

    # Dates and amounts

    def within(self, times: Times) -> int:
        """How many times it is incurred in the period."""
        return times(self.period.end) - times(self.period.start)

    def at(self, occurrence: str | None) -> datetime:
        """When something was incurred: with its event or its time limit, else with the case."""
        item = self.deadlines.get(occurrence or "")
        if item is not None:
            return item.due_at or item.started_at
        found = self.events.get(occurrence or "")
        if found is not None:
            return found
        dating = self.basis.state.by_type.get(self.basis.ruleset.effective_by)
        return dating[0].at if dating else self.decision.as_of

    def times(self, item: PenaltyItem) -> Times:
        """Once at its instant, or once for each overdue day."""
        deadline = self.deadlines.get(item.occurrence or "")
        if item.kind != "per-day" or deadline is None or deadline.due_at is None:
            return partial(_once, self.at(item.occurrence))
        rule: Deadline = self.basis.ruleset.rule(deadline.rule)  # type: ignore[assignment]
        due, reading = deadline.due_at, rule.overdue_days
        last = deadline.ended_at or self.decision.as_of

        def days(before: datetime) -> int:
            assert reading is not None  # noqa: S101 - the compiler wants it for amounts per day
            until = min(last, before - MICROSECOND)
            return overdue_days(due, until, reading, self.basis.ruleset.calendar)

        return days

    def unit(self, item: PenaltyItem) -> Interval:
        """The amount for one time: all of it, or that of one overdue day."""
        daily = daily_amount(self.penalty(item.rule), self.basis.state)
        return item.amount if daily is None else daily


def _once(at: datetime, before: datetime) -> int:
    return 1 if at < before else 0

"""When a penalty for each overdue day, week or other period grows, so far and from here on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from complaint_rules.errors import CalendarNotPublished, DecisionError
from complaint_rules.judging.amounts import Accruing, accruing, periods_of
from complaint_rules.judging.calendars import calendar_of
from complaint_rules.judging.decision import Basis, Decision
from complaint_rules.judging.items import DeadlineItem, PenaltyItem
from complaint_rules.judging.matching import occurrences
from complaint_rules.money import EXACT, Interval
from complaint_rules.ruleset.rules import Deadline, Penalty
from complaint_rules.time import OverdueReading, overdue_days
from complaint_rules.time.instants import read_instant
from complaint_rules.time.overdue import next_change_beside
from complaint_rules.time.periods import AccrualPeriod, next_period, periods_overdue

MOST_DAYS = 3_660
"""So many overdue days of one penalty are listed, at most."""


@dataclass(frozen=True, slots=True)
class Accrual:
    """One overdue day, week or other period of one penalty: from ``at`` on it counts, ``amount``
    more is owed for it, and ``total`` in all.
    """

    at: datetime
    penalty: str
    rule: str
    clause: str
    party: str | None
    days: int
    """How many days, or periods, it is then."""
    amount: Interval
    total: Interval


class Growth:
    """An amount that accrues for one limit, as a decision knows it."""

    def __init__(self, basis: Basis, item: PenaltyItem, limit: DeadlineItem | None) -> None:
        ruleset = basis.ruleset
        rule: Penalty = ruleset.rule(item.rule)  # type: ignore[assignment]
        self.calendar = ruleset.calendar
        self.idle = basis.state.idle.get(item.occurrence or "", ())
        self.accruing: Accruing | None = None
        self.count: int | None = None
        self.period = None if rule.amount is None else rule.amount.per
        self.reading: OverdueReading | None = None
        if rule.amount is None or self.period is None or limit is None:
            return
        owner: Deadline = ruleset.rule(limit.rule)  # type: ignore[assignment]
        self.reading = owner.overdue_days
        self.calendar = calendar_of(basis.state, owner.calendar)
        for occurrence in occurrences(basis.state, rule.scope):
            if occurrence.key == item.occurrence:
                self.accruing = accruing(rule.amount, basis.state, occurrence)
        self.count = periods_of(self.period, limit, basis.state)

    def each_time(self, places: int) -> Interval | None:
        """What each period costs, where it is an amount that can be paid, and nothing bounds them
        together.
        """
        grows = self.accruing
        if grows is None or grows.floor is not None or grows.caps is not None:
            return None
        return grows.one if grows.one == grows.one.rounded(places) else None

    def counted(self, due: datetime, at: datetime) -> int:
        """For how many periods the limit is overdue at an instant."""
        if isinstance(self.period, AccrualPeriod):
            return periods_overdue(due, at, self.period, self.calendar, self.idle)
        assert self.reading is not None  # noqa: S101 - the compiler wants it for amounts per day
        return overdue_days(due, at, self.reading, self.calendar, self.idle)

    def next(self, due: datetime, at: datetime) -> datetime | None:
        """When it is one more, if nothing else happens."""
        if isinstance(self.period, AccrualPeriod):
            return next_period(due, at, self.period, self.calendar, self.idle)
        assert self.reading is not None  # noqa: S101 - the compiler wants it for amounts per day
        return next_change_beside(due, at, self.reading, self.calendar, self.idle)


def accruals(decision: Decision, until: datetime | str) -> tuple[Accrual, ...]:
    """The instants at which the penalties for each overdue day grow, up to ``until``.

    A limit that was done later than due stops there; one that is still open goes on, as if nothing
    else happened: with ``until`` in the future this is the forecast. It ends early where the
    official calendar of a year is not published.

    Raises:
        DecisionError: the decision was read from JSON, without the policy that made it.
    """
    if decision.basis is None:
        raise DecisionError("the decision was read without its policy: evaluate the case again")
    limits = {item.id: item for item in decision.deadlines}
    last = read_instant(until, "until")
    found = [
        accrual
        for item in decision.penalties
        for limit in [limits.get(item.occurrence or "")]
        for accrual in _accruals_of(item, limit, Growth(decision.basis, item, limit), last)
    ]
    return tuple(sorted(found, key=lambda accrual: (accrual.at, accrual.penalty)))


def _accruals_of(
    item: PenaltyItem, limit: DeadlineItem | None, growth: Growth, last: datetime
) -> Iterator[Accrual]:
    grows = growth.accruing
    if grows is None or limit is None or limit.due_at is None:
        return
    end = last if limit.ended_at is None else min(last, limit.ended_at)
    at, before = limit.due_at, grows.after(0)
    for _ in range(MOST_DAYS):
        try:
            change = growth.next(limit.due_at, at)
        except CalendarNotPublished:
            return
        if change is None or change > end:
            return
        at = change
        count = growth.counted(limit.due_at, at)
        total = grows.after(count)
        if total == before == grows.caps:
            return
        if total != before:
            is_linear = total == grows.one.scaled(Decimal(count))
            step = grows.one if is_linear else _rise(before, total)
            yield Accrual(at, item.id, item.rule, item.clause, item.party, count, step, total)
        before = total


def _rise(before: Interval, after: Interval) -> Interval:
    """By how much an amount grew, end by end."""
    low, high = (
        None if was is None or now is None else EXACT.subtract(now, was)
        for was, now in ((before.minimum, after.minimum), (before.maximum, after.maximum))
    )
    return Interval(low, high)

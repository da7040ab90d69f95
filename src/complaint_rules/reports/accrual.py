"""When a penalty for each overdue day grows, so far and from here on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from complaint_rules.errors import CalendarNotPublished, DecisionError
from complaint_rules.judging.calendars import calendar_of
from complaint_rules.judging.decision import Decision
from complaint_rules.judging.state import State
from complaint_rules.money import NOTHING, Interval
from complaint_rules.ruleset.amounts import Fixed, Named
from complaint_rules.ruleset.rules import Deadline, Penalty
from complaint_rules.time import overdue_days
from complaint_rules.time.instants import read_instant
from complaint_rules.time.overdue import next_change_beside

MOST_DAYS = 3_660
"""So many overdue days of one penalty are listed, at most."""


@dataclass(frozen=True, slots=True)
class Accrual:
    """One overdue day of one penalty: from ``at`` on it counts, and ``total`` is owed."""

    at: datetime
    penalty: str
    rule: str
    clause: str
    party: str | None
    days: int
    amount: Interval
    total: Interval


def daily_amount(rule: Penalty, state: State) -> Interval | None:
    """What a penalty costs for one overdue day; ``None`` for one that is not counted by days."""
    match rule.amount:
        case Fixed(amount, True):
            return amount
        case Named(name, True):
            return state.amount(name) or NOTHING
    return None


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
    ruleset, state = decision.basis.ruleset, decision.basis.state
    limits = {item.id: item for item in decision.deadlines}
    last = read_instant(until, "until")
    growth = []
    for item in decision.penalties:
        rule: Penalty = ruleset.rule(item.rule)  # type: ignore[assignment]
        limit = limits.get(item.occurrence or "")
        unit = daily_amount(rule, state)
        if unit is None or limit is None or limit.due_at is None:
            continue
        owner: Deadline = ruleset.rule(limit.rule)  # type: ignore[assignment]
        reading = owner.overdue_days
        assert reading is not None  # noqa: S101 - the compiler wants it for amounts per day
        end = last if limit.ended_at is None else min(last, limit.ended_at)
        idle = state.idle.get(limit.id, ())
        calendar = calendar_of(state, owner.calendar)
        at, total = limit.due_at, NOTHING
        for _ in range(MOST_DAYS):
            try:
                change = next_change_beside(limit.due_at, at, reading, calendar, idle)
            except CalendarNotPublished:
                break
            if change is None or change > end:
                break
            at = change
            days = overdue_days(limit.due_at, at, reading, calendar, idle)
            total = total + unit
            growth.append(
                Accrual(at, item.id, item.rule, item.clause, item.party, days, unit, total)
            )
    return tuple(sorted(growth, key=lambda accrual: (accrual.at, accrual.penalty)))

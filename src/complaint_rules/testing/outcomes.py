"""What a decision says about a rule, as short parts that a scenario can expect.

A part is a word or two: the party, the status, ``due 2018-07-02 09:30``, ``50-200 CNY``. A scenario
names the parts it cares about; each of them has to be there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from complaint_rules.judging.decision import Decision
from complaint_rules.judging.items import (
    ChargeItem,
    DeadlineItem,
    EscalationItem,
    Item,
    Missing,
    PenaltyItem,
    Reason,
    RecordItem,
    ReliefItem,
    ScheduleItem,
    TargetItem,
    UndeterminedItem,
)
from complaint_rules.money import Interval, plain
from complaint_rules.ruleset.rules import without_version
from complaint_rules.testing.moments import say_moment

ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that follows from a rule."""

    rule: str
    parts: tuple[str, ...]
    reason: Reason
    certain: bool


class _About:
    """What the items of a decision are about, in the words of its policy."""

    def __init__(self, decision: Decision) -> None:
        events = {event.key: event.type for event in decision.known_basis().state.events}
        self.currency = decision.currency
        self.penalties = {penalty.id: penalty.rule for penalty in decision.penalties}
        self.names = dict(events)
        for limit in decision.deadlines:
            start = limit.started_by or events[limit.occurrence]
            self.names[limit.id] = f"{without_version(limit.rule)}/{start}"


def outcomes(decision: Decision, zone: ZoneInfo) -> dict[str, list[Outcome]]:
    """What follows from each rule, in the order of the decision."""
    found: dict[str, list[Outcome]] = {}
    together: dict[tuple[str, str | None], list[EscalationItem]] = {}
    for escalation in decision.escalations:
        together.setdefault((escalation.rule, escalation.occurrence), []).append(escalation)
    about = _About(decision)
    for item in decision.items():
        if isinstance(item, EscalationItem):
            # The roles of one decision to take are one outcome.
            group = together.pop((item.rule, item.occurrence), None)
            if group is not None:
                parts = tuple(dict.fromkeys(p for one in group for p in _escalation(one)))
                found.setdefault(item.rule, []).append(Outcome(item.rule, parts, item.reason, True))
            continue
        if isinstance(item, UndeterminedItem) and item.kind == "deadline":
            continue  # the time limit itself is there, with that status
        found.setdefault(item.rule, []).append(_outcome(item, about, zone))
    return found


def _outcome(item: Item, about: _About, zone: ZoneInfo) -> Outcome:
    reason = getattr(item, "reason", Reason(None))
    certain = not isinstance(item, UndeterminedItem)
    if isinstance(item, DeadlineItem):
        certain = item.status != "undetermined"
    elif isinstance(item, TargetItem):
        certain = item.counted is not None and item.achieved is not None
    parts = tuple(part for part in _parts(item, about, zone) if part)
    return Outcome(item.rule, parts, reason, certain)


def _parts(item: Item, about: _About, zone: ZoneInfo) -> Iterator[str | None]:
    match item:
        case DeadlineItem():
            yield from _deadline(item, zone)
        case PenaltyItem():
            yield from (item.against, item.party, *_penalty(item))
            yield item.occurrence and f"upon {about.names[item.occurrence]}"
            yield from (f"relieved by {relief}" for relief in item.relieved_by)
        case ReliefItem():
            amount = say_amount(Interval(item.minimum, item.maximum), item.currency)
            yield from (f"{item.kind}s", amount, about.penalties[item.penalty], item.party)
            yield f"granted {say_moment(item.granted_at, zone)}" if item.granted_at else None
        case ChargeItem():
            share = Interval(item.share_minimum, item.share_maximum).scaled(Decimal(100))
            cost = say_amount(Interval(item.minimum, item.maximum), item.currency)
            yield from (item.borne_by, item.party, item.cost, f"{_range(share)} %", cost)
        case RecordItem():
            yield item.kept_by
            yield "complete" if item.complete else None
            yield from (f"lacks {name}" for name in item.missing)
        case ScheduleItem():
            yield from (item.duty_of, f"due {say_moment(item.due_at, zone)}")
        case TargetItem():
            words = {None: "unknown", True: "achieved", False: "not achieved"}
            yield "counted" if item.counted else "maybe counted"
            yield from (words[item.achieved], *_missing(item.missing))
            yield f"{item.comparison.replace('_', ' ')} {plain(item.threshold * 100)} %"
        case UndeterminedItem():
            yield from ("undetermined", item.party, *_missing(item.missing))
            if item.kind in ("penalty", "relief"):
                yield say_amount(Interval(item.minimum, item.maximum), about.currency)


def _deadline(item: DeadlineItem, zone: ZoneInfo) -> Iterator[str | None]:
    yield from (item.duty_of, item.party, item.status)
    for word, moment in (("due", item.due_at), ("target", item.target_at), ("done", item.done_at)):
        yield f"{word} {say_moment(moment, zone)}" if moment else None
    yield f"late by {item.late_by}" if item.late_by else None
    for handed in item.handed_over:
        yield f"handed over to {handed.party or item.duty_of} {say_moment(handed.at, zone)}"
    if item.overdue_days:
        yield f"{item.overdue_days} day{'' if item.overdue_days == 1 else 's'} overdue"
    yield from _missing(item.missing)
    yield "provisional" if item.provisional else None


def _penalty(item: PenaltyItem) -> tuple[str, ...]:
    amount = say_amount(item.amount, item.currency)
    match item.kind:
        case "referral":
            return (f"as {item.referral} provides",)
        case "dismissal":
            return ("dismissal",)
        case "sanction":
            lasts = () if item.lasts is None else (f"for {item.lasts}",)
            return (f"imposes {item.imposes}", *lasts)
        case "forfeiture":
            return ("forfeits", amount)
        case "compensation":
            return ("compensates", amount)
    return (amount,)


def _escalation(item: EscalationItem) -> Iterator[str]:
    yield item.to
    if item.party is not None:
        yield item.party
    yield item.capacity
    if item.joint_with:
        yield "joint"
    if item.final:
        yield "final"
    if item.referral is not None:
        yield f"as {item.referral} provides"
    if item.complete:
        yield "complete"
    yield from (f"waiting for {role}" for role in item.waiting_for)


def _missing(missing: tuple[Missing, ...]) -> tuple[str, ...]:
    return tuple(f"missing {one.name}" for one in missing)


def say_amount(amount: Interval, currency: str) -> str:
    """An amount as scenarios write it.

    >>> say_amount(Interval(Decimal(50), Decimal(200)), "CNY"), say_amount(Interval(None, None), "")
    ('50-200 CNY', 'any amount')
    """
    if amount.minimum is None:
        return "any amount"
    if amount.maximum is None:
        return f"{plain(amount.minimum)} {currency} or more"
    return f"{_range(amount)} {currency}"


def _range(amount: Interval) -> str:
    low, high = plain(amount.minimum or Decimal(0)), plain(amount.maximum or Decimal(0))
    return low if low == high else f"{low}-{high}"

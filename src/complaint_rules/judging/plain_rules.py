"""Escalations, charges, records and schedules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from complaint_rules.errors import CalendarNotPublished
from complaint_rules.judging.items import (
    ALWAYS,
    ChargeItem,
    EscalationItem,
    Missing,
    RecordItem,
    ScheduleItem,
    TargetItem,
    UndeterminedItem,
)
from complaint_rules.judging.keys import joined
from complaint_rules.judging.matching import Judge, Judged, Judgement
from complaint_rules.judging.occurrence import Occurrence
from complaint_rules.judging.state import State
from complaint_rules.money import ZERO, Interval, apportioned
from complaint_rules.ruleset.rules import Charge, Escalation, Record, Schedule, Target
from complaint_rules.time import Recurrence

OPEN = Interval(ZERO, None)


def undetermined(judgement: Judgement) -> UndeterminedItem:
    """A rule whose condition is unknown and that costs nothing by itself."""
    rule, occurrence = judgement.rule, judgement.occurrence
    return UndeterminedItem(
        joined(rule.id, occurrence.key, None),
        rule.id,
        rule.clause,
        rule.kind,
        None,
        occurrence.key,
        judgement.missing,
        ZERO,
        ZERO,
        judgement.reason,
        rule.titles,
    )


def addressed(state: State, judgement: Judgement) -> Judgement:
    """With the one role that a parameter names; undetermined while it names none."""
    rule: Escalation = judgement.rule
    if rule.to_by is None or judgement.applies is None:
        return judgement
    role = state.parameter(rule.to_by)
    if isinstance(role, str):
        return replace(judgement, rule=replace(rule, to=(role,)))
    return replace(judgement, applies=None, missing=state.missing(rule.to_by, judgement.occurrence))


def escalations(state: State, judgement: Judgement) -> list[EscalationItem]:
    """An item for each role and each party that has it."""
    rule: Escalation = judgement.rule
    occurrence = judgement.occurrence
    waiting = _waiting_for(state, rule, occurrence)
    items = []
    for role in rule.to:
        others: tuple[str, ...] = ()
        complete, waiting_for = None, waiting or ()
        if rule.joint:
            others = tuple(other for other in rule.to if other != role)
            complete = None if waiting is None else not waiting
        elif waiting is not None:
            complete = role not in waiting
            waiting_for = () if complete else (role,)
        items += [
            EscalationItem(
                joined(rule.id, occurrence.key, party, role),
                rule.id,
                rule.clause,
                role,
                party,
                rule.capacity,
                occurrence.key,
                occurrence.at,
                others,
                waiting_for,
                complete,
                rule.final,
                rule.refers_to,
                tuple(rule.question.items()),
                judgement.reason,
                rule.titles,
            )
            for party in state.parties(role, occurrence)
        ]
    return items


def _waiting_for(state: State, rule: Escalation, occurrence: Occurrence) -> tuple[str, ...] | None:
    """The roles that have not replied; ``None`` where the policy records no replies."""
    if rule.reply_event is None or rule.reply_by is None:
        return None
    replied = {
        event.data.get(rule.reply_by)
        for event in state.by_type.get(rule.reply_event, ())
        if occurrence.at is None or event.at >= occurrence.at
    }
    return tuple(role for role in rule.to if role not in replied)


def charges(state: State, judgements: Sequence[Judgement]) -> list[ChargeItem]:
    """Who bears which costs; the amounts where they are known.

    The shares of one cost add up to it: where several rules give exact shares of it for one
    occurrence, they are rounded together, and what is left over goes to those who lost most by
    rounding down, among equals to the first in the ruleset.
    """
    places = state.ruleset.places
    amounts = [_share_of_cost(state, judgement) for judgement in judgements]
    found = [amount.rounded(places) for amount in amounts]
    together: dict[tuple[str, str | None, str | None], list[int]] = {}
    for number, judgement in enumerate(judgements):
        rule: Charge = judgement.rule
        if rule.share.is_exact:
            key = (rule.cost, judgement.occurrence.key, judgement.occurrence.party)
            together.setdefault(key, []).append(number)
    for numbers in together.values():
        if len(numbers) > 1:
            low, high = (
                _together([getattr(amounts[number], bound) for number in numbers], places)
                for bound in ("minimum", "maximum")
            )
            for number, minimum, maximum in zip(numbers, low, high, strict=True):
                found[number] = Interval(minimum, maximum)
    return [
        item
        for judgement, amount in zip(judgements, found, strict=True)
        for item in _charges(state, judgement, amount)
    ]


def _share_of_cost(state: State, judgement: Judgement) -> Interval:
    rule: Charge = judgement.rule
    cost = state.amount(rule.cost)
    return OPEN if cost is None else cost.times(rule.share)


def _together(bounds: Sequence[Decimal | None], places: int) -> Sequence[Decimal | None]:
    known = [bound for bound in bounds if bound is not None]
    return apportioned(known, places) if len(known) == len(bounds) else bounds


def _charges(state: State, judgement: Judgement, amount: Interval) -> list[ChargeItem]:
    rule: Charge = judgement.rule
    occurrence = judgement.occurrence
    return [
        ChargeItem(
            joined(rule.id, occurrence.key, party),
            rule.id,
            rule.clause,
            rule.cost,
            rule.borne_by,
            party,
            rule.share.minimum or ZERO,
            rule.share.maximum or Decimal(1),
            amount.minimum,
            amount.maximum,
            state.ruleset.currency,
            occurrence.key,
            judgement.reason,
            rule.titles,
        )
        for party in state.parties(rule.borne_by, occurrence)
    ]


def record(state: State, judgement: Judgement) -> RecordItem:
    """A form, and which of its fields have no content."""
    rule: Record = judgement.rule
    occurrence = judgement.occurrence
    absent = tuple(field for field in rule.fields if not _is_filled(state, field, occurrence))
    return RecordItem(
        joined(rule.id, occurrence.key, None),
        rule.id,
        rule.clause,
        rule.kept_by,
        occurrence.key,
        not absent,
        absent,
        judgement.reason,
        rule.titles,
    )


def _is_filled(state: State, field: str, occurrence: Occurrence) -> bool:
    owner, dot, name = field.partition(".")
    if dot and owner == "event" and occurrence.event is not None:
        event = occurrence.event
        return event.data.get(name, "") != "" or name in event.parties
    return state.facts.get(field, "") != "" or field in state.case.parties


def schedules(
    state: State, rules: Iterable[tuple[Schedule, Recurrence]]
) -> tuple[list[ScheduleItem], list[UndeterminedItem]]:
    """The next due instant of each recurring duty."""
    items: list[ScheduleItem] = []
    unknown: list[UndeterminedItem] = []
    for rule, recurrence in rules:
        try:
            due = recurrence.next_after(state.as_of)
        except CalendarNotPublished as error:
            missing = (Missing(f"{error.region} {error.year}", "calendar"),)
            unknown.append(
                UndeterminedItem(
                    rule.id,
                    rule.id,
                    rule.clause,
                    rule.kind,
                    None,
                    None,
                    missing,
                    ZERO,
                    ZERO,
                    ALWAYS,
                    rule.titles,
                )
            )
            continue
        items.append(ScheduleItem(rule.id, rule.id, rule.clause, rule.duty_of, due, rule.titles))
    return items, unknown


def targets(
    state: State, rules: Iterable[Target], judge: Judge, judged: Judged
) -> Iterator[TargetItem]:
    """What is counted for each target, and whether it is as wanted."""
    for rule in rules:
        for occurrence, results in judge.results(state, judge.scopes[rule.scope], judged):
            counted = results.get(rule.id)
            if rule.condition is not None and counted is None:
                continue
            achieved = results.get(rule.achievement.id)
            unsure = occurrence.unsure
            found = [judgement for judgement in (counted, achieved) if judgement is not None]
            yield TargetItem(
                joined(rule.id, occurrence.key, None),
                rule.id,
                rule.clause,
                occurrence.key,
                None if unsure else True if counted is None else counted.applies,
                False if achieved is None else achieved.applies,
                rule.comparison,
                rule.threshold,
                tuple(dict.fromkeys([*unsure, *(m for j in found for m in j.missing)])),
                found[0].reason if found else ALWAYS,
                rule.titles,
            )

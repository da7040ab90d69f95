"""Caps that several penalties share: what each party still owes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from complaint_rules.judging.amounts import worked_out_once
from complaint_rules.judging.items import ALWAYS, Liability, Missing, UndeterminedItem
from complaint_rules.judging.keys import joined
from complaint_rules.judging.occurrence import THE_CASE
from complaint_rules.judging.penalties import Verdict
from complaint_rules.judging.state import State
from complaint_rules.money import EXACT, NOTHING, ZERO, Interval, add_up
from complaint_rules.ruleset.caps import Cap


class Capped(NamedTuple):
    """What is owed with all caps, and the caps of which it is not known how much they are."""

    liabilities: list[Liability]
    undetermined: list[UndeterminedItem]


def with_caps(
    state: State, caps: Iterable[Cap], owed: list[Liability], verdicts: Iterable[Verdict]
) -> Capped:
    """Apply each cap to what those before it leave, so that all of them hold."""
    rules: dict[str, str] = {}
    at: dict[str, datetime | None] = {}
    for verdict in verdicts:
        rules[verdict.id] = verdict.rule.id
        at[verdict.id] = verdict.judgement.occurrence.at
    undetermined: list[UndeterminedItem] = []
    for cap in caps:
        parties: dict[tuple[str, str | None], list[int]] = {}
        for number, one in enumerate(owed):
            if one.unit == cap.at_most.unit and all(
                rules[penalty] in cap.over for penalty in one.penalties
            ):
                parties.setdefault((one.against, one.party), []).append(number)
        if not parties:
            continue
        limit = worked_out_once(cap.at_most, state, THE_CASE)
        at_most = limit.amount.rounded(state.ruleset.places_in(cap.at_most.unit))
        replaced: dict[int, Liability | None] = {}
        for (role, party), numbers in parties.items():
            mine = sorted(numbers, key=lambda number: _when(owed[number], at))
            entries = [owed[number] for number in mine]
            if not _may_reach(entries, at_most):
                continue
            if limit.missing:
                undetermined.append(_undetermined(cap, role, party, limit.missing))
            heaviest = state.ruleset.adds_up == "heaviest"
            left = _shared(cap, entries, at_most, heaviest=heaviest)
            # One entry for all stands where the first of them stood.
            places = mine if len(left) == len(mine) else [min(mine)]
            replaced.update(dict.fromkeys(mine))
            replaced.update(zip(places, left, strict=True))
        kept = (replaced.get(number, one) for number, one in enumerate(owed))
        owed = [one for one in kept if one is not None]
    return Capped(owed, undetermined)


def _when(one: Liability, at: Mapping[str, datetime | None]) -> tuple[bool, float]:
    """In order of time; what is about no instant comes last, in the order of the file."""
    moments = [moment for penalty in one.penalties if (moment := at[penalty]) is not None]
    return (False, min(moments).timestamp()) if moments else (True, 0.0)


def _may_reach(entries: Sequence[Liability], at_most: Interval) -> bool:
    total = add_up(one.amount for one in entries)
    low = at_most.minimum
    assert low is not None  # noqa: S101 - no cap is below all bounds
    return total.maximum is None or total.maximum > low


def _shared(
    cap: Cap, entries: Sequence[Liability], at_most: Interval, *, heaviest: bool
) -> list[Liability]:
    """What is left of each; one entry for all of them where that is not known of each."""
    if heaviest:
        return [_cut(cap, one, _least(one.amount, at_most)) for one in entries]
    if len(entries) > 1 and not (at_most.is_exact and all(one.amount.is_exact for one in entries)):
        return [_together(cap, entries, at_most)]
    left, so_far, used = [], NOTHING, NOTHING
    for one in entries:
        so_far = so_far + one.amount
        now = _least(so_far, at_most)
        share = now if len(entries) == 1 else _minus(now, used)
        left.append(_cut(cap, one, share))
        used = now
    return left


def _together(cap: Cap, entries: Sequence[Liability], at_most: Interval) -> Liability:
    amount = _least(add_up(one.amount for one in entries), at_most)
    before = add_up(one.before_caps for one in entries)
    penalties = tuple(penalty for one in entries for penalty in one.penalties)
    caps = tuple(dict.fromkeys(name for one in entries for name in (*one.caps, cap.id)))
    first = entries[0]
    return Liability(
        penalties,
        first.against,
        first.party,
        amount.minimum,
        amount.maximum,
        first.unit,
        caps,
        before.minimum,
        before.maximum,
    )


def _cut(cap: Cap, one: Liability, amount: Interval) -> Liability:
    if amount == one.amount:
        return one
    before = one.before_caps
    return Liability(
        one.penalties,
        one.against,
        one.party,
        amount.minimum,
        amount.maximum,
        one.unit,
        (*one.caps, cap.id),
        before.minimum,
        before.maximum,
    )


def _least(one: Interval, other: Interval) -> Interval:
    bounds = [
        other_bound if bound is None else bound if other_bound is None else min(bound, other_bound)
        for bound, other_bound in (
            (one.minimum, other.minimum),
            (one.maximum, other.maximum),
        )
    ]
    # An open lower bound stays open: the lesser of it and anything is.
    return Interval(None if one.minimum is None else bounds[0], bounds[1])


def _minus(one: Interval, other: Interval) -> Interval:
    """The difference of exact amounts."""
    return Interval.exactly(EXACT.subtract(_exact(one), _exact(other)))


def _exact(amount: Interval) -> Decimal:
    assert amount.minimum is not None  # noqa: S101 - it is exact
    return amount.minimum


def _undetermined(
    cap: Cap, role: str, party: str | None, missing: tuple[Missing, ...]
) -> UndeterminedItem:
    return UndeterminedItem(
        joined(cap.id, None, party or role),
        cap.id,
        cap.clause,
        "cap",
        party,
        None,
        missing,
        ZERO,
        ZERO,
        ALWAYS,
        cap.titles,
    )

"""What differs between two decisions for no other reason than that time has passed.

A limit that stays overdue is late by more, and by more days; an amount for each of them grows in
step, and so does what is taken back of it. Everything else that differs is a change.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from complaint_rules.judging.items import (
    DeadlineItem,
    Item,
    PenaltyItem,
    Read,
    Reason,
    ReliefItem,
    ScheduleItem,
    UndeterminedItem,
)
from complaint_rules.money import EXACT
from complaint_rules.ruleset.rules import without_version

if TYPE_CHECKING:
    from complaint_rules.judging.decision import Decision

Days = tuple[int, int]
"""How many days something was overdue, and how many it is now."""

AmountItem = PenaltyItem | ReliefItem | UndeterminedItem


class Clock:
    """The time between two decisions on a case."""

    def __init__(self, before: Decision, after: Decision) -> None:
        self.passes = before.as_of < after.as_of
        self.same_policy = before.policy_hash == after.policy_hash
        now = {limit.id: limit for limit in after.deadlines}
        self.limits: dict[str, Days | None] = {
            limit.id: _days(limit, later)
            for limit in before.deadlines
            if (later := now.get(limit.id)) is not None and _stays_overdue(limit, later)
        }
        amounts = {(type(item), item.id): item for item in _penalties(after)}
        self.penalties: dict[str, Days | None] = {
            item.id: self.limits[item.occurrence or ""]
            for item in _penalties(before)
            if (later_item := amounts.get((type(item), item.id))) is not None
            and self._grows_with_time(item, later_item)
        }

    def explains(self, before: Item, after: Item) -> bool:
        """Whether the items are equal, or would be if no time had passed."""
        return before == after or (self.passes and self._by_now(before, after) == after)

    def _by_now(self, before: Item, after: Item) -> Item:
        """The earlier item with what has grown as it is in the later one."""
        if type(before) is not type(after) or isinstance(before, ScheduleItem):
            return before
        if isinstance(before, DeadlineItem) and isinstance(after, DeadlineItem):
            return _limit_by_now(before, after)
        assert not isinstance(after, ScheduleItem)  # noqa: S101 - of the same type
        grown = _reason_by_now(before.reason, after.reason)
        if (
            isinstance(before, AmountItem)
            and isinstance(after, AmountItem)
            and self._grows(before, after)
        ):
            grown = replace(grown, arithmetic=after.reason.arithmetic)
            return replace(before, minimum=after.minimum, maximum=after.maximum, reason=grown)
        return replace(before, reason=grown)

    def _grows(self, before: AmountItem, after: AmountItem) -> bool:
        if isinstance(before, PenaltyItem) or before.penalty is None:
            return before.id in self.penalties
        # Under one policy a relief takes the same share back of whatever the penalty is.
        if before.penalty not in self.penalties:
            return False
        days = self.penalties[before.penalty]
        return self.same_policy or (days is not None and _in_step(before, after, days))

    def _grows_with_time(self, before: AmountItem, after: AmountItem) -> bool:
        limit = getattr(before, "occurrence", None) or ""
        if limit not in self.limits or _penalty_kind(before) != _penalty_kind(after):
            return False
        if _penalty_kind(before) not in ("per-day", "per-period"):
            return False
        days = self.limits[limit]
        if _penalty_kind(before) == "per-day" and days is not None:
            return _in_step(before, after, days) or _same_rate(before, after)
        return _same_rate(before, after)


def _penalties(decision: Decision) -> list[PenaltyItem | UndeterminedItem]:
    return [*decision.penalties, *(i for i in decision.undetermined if i.kind == "penalty")]


def _penalty_kind(item: AmountItem) -> str | None:
    return item.penalty_kind if isinstance(item, UndeterminedItem) else item.kind


def _days(before: DeadlineItem, after: DeadlineItem) -> Days | None:
    if before.overdue_days is None or after.overdue_days is None:
        return None
    return before.overdue_days, after.overdue_days


_RATE: Final = re.compile(
    r"(?P<rate>.*) × [1-9][0-9]*(?P<period> [^=]*?)?s? = [^,]*(?P<bounds>, at .*)?"
)
"""A calculation that counts periods, of which there are some."""


def _same_rate(before: AmountItem, after: AmountItem) -> bool:
    """Whether the calculations differ in the number of periods only, and in what that comes to."""
    was, now = (_RATE.fullmatch(item.reason.arithmetic or "") for item in (before, after))
    return was is not None and now is not None and was.groups() == now.groups()


def _in_step(before: AmountItem, after: AmountItem, days: Days) -> bool:
    """Whether the same is owed for each day. Of no days at all nobody can say."""
    bounds = ((before.minimum, after.minimum), (before.maximum, after.maximum))
    return all(_is_in_step(was, now, days) for was, now in bounds)


def _is_in_step(was: Decimal | None, now: Decimal | None, days: Days) -> bool:
    if was is None or now is None or not days[0]:
        return was == now
    return EXACT.multiply(was, Decimal(days[1])) == EXACT.multiply(now, Decimal(days[0]))


def _stays_overdue(before: DeadlineItem, after: DeadlineItem) -> bool:
    return _limit_by_now(before, after) == after and before.status == "overdue"


def _limit_by_now(before: DeadlineItem, after: DeadlineItem) -> DeadlineItem:
    reason = _reason_by_now(before.reason, after.reason)
    rule = before.rule
    if without_version(rule) == without_version(after.rule):
        rule = after.rule  # a duty that goes on under a new version says so, and is the same
    running = {before.status, after.status} == {"overdue"} and after.ended_at is None
    if not running or (before.overdue_days or 0) > (after.overdue_days or 0):
        return replace(before, rule=rule, reason=reason)
    days = before.overdue_days if after.overdue_days is None else after.overdue_days
    return replace(before, rule=rule, reason=reason, late_by=after.late_by, overdue_days=days)


def _reason_by_now(before: Reason, after: Reason) -> Reason:
    if len(before.read) != len(after.read):
        return before
    pairs = zip(before.read, after.read, strict=True)
    read = tuple(now if _same_name(was, now) and _says_it(was, now) else was for was, now in pairs)
    return replace(before, read=read)


def _same_name(was: Read, now: Read) -> bool:
    """Whether it is the same name, or that of a parameter as an earlier version had it."""
    return without_version(was.name) == without_version(now.name)


def _says_it(was: Read, now: Read) -> bool:
    """Whether it has the same value, or is a number of overdue days that has become larger."""
    if (was.value, was.assumed) == (now.value, now.assumed):
        return type(was.value) is type(now.value)
    owner, _, attribute = was.name.partition(".")
    return (
        attribute == "overdue_days"
        and owner != "event"  # there it would be a field of the policy's own
        and isinstance(was.value, int)
        and isinstance(now.value, int)
        and was.value <= now.value
    )

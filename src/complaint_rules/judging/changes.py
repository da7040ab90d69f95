"""What a host has to be told between two decisions on one case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from complaint_rules.errors import DecisionError
from complaint_rules.frozen import frozen
from complaint_rules.judging.clock import Clock
from complaint_rules.judging.items import EscalationItem, Item, ReliefItem, UndeterminedItem
from complaint_rules.public import public
from complaint_rules.ruleset.rules import without_version
from complaint_rules.ruleset.ruleset import same_text

if TYPE_CHECKING:
    from complaint_rules.judging.decision import Decision


@public
@frozen
class Change:
    """An item as it was and as it is. The id, rule and clause are those that it has now."""

    before: Item
    after: Item

    @property
    def id(self) -> str:
        return self.after.id

    @property
    def rule(self) -> str:
        return self.after.rule

    @property
    def clause(self) -> str:
        return self.after.clause


@public
@frozen
class Changes:
    """What differs from an earlier decision.

    ``changed`` are items of the same id that say something else; ``moved`` are those that another
    party has now, which is part of the id, and may say something else as well. What merely grows
    as time passes has not changed: how late something is, the number of overdue days, and amounts
    for each of them once there is one.
    """

    new: tuple[Item, ...]
    changed: tuple[Change, ...]
    moved: tuple[Change, ...]
    gone: tuple[Item, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.moved or self.gone)


def changes_between(before: Decision, after: Decision) -> Changes:
    """What is new, changed, moved and gone, in the order of the later decision."""
    was = {(type(item), item.id): item for item in before.items()}
    now = {(type(item), item.id): item for item in after.items()}
    clock = Clock(before, after)
    moved = _moved(
        _Duties(before).of(item for key, item in was.items() if key not in now),
        _Duties(after).of(item for key, item in now.items() if key not in was),
    )
    moved_from = {(type(change.before), change.before.id) for change in moved}
    moved_to = {(type(change.after), change.after.id) for change in moved}
    return Changes(
        tuple(i for key, i in now.items() if key not in was and key not in moved_to),
        tuple(
            Change(was[key], item)
            for key, item in now.items()
            if key in was and not clock.explains(was[key], item)
        ),
        moved,
        tuple(i for key, i in was.items() if key not in now and key not in moved_from),
    )


Duty = tuple[object, ...]
"""What an item is about, whoever has it, and under whichever version it began."""


class _Duties:
    """The duties behind the items of one decision."""

    def __init__(self, decision: Decision) -> None:
        self.limits = {limit.id: limit for limit in decision.deadlines}
        self.penalties: dict[str, Item] = {item.id: item for item in decision.penalties}
        self.penalties |= {i.id: i for i in decision.undetermined if i.kind == "penalty"}

    def of(self, items: Iterable[Item]) -> dict[Duty, list[Item]]:
        """The items by their duty: several, where several parties have it."""
        found: dict[Duty, list[Item]] = {}
        for item in items:
            found.setdefault(self._duty(item), []).append(item)
        return found

    def _duty(self, item: Item) -> Duty:
        role = item.to if isinstance(item, EscalationItem) else None
        kind = item.kind if isinstance(item, UndeterminedItem) else None
        return type(item), kind, without_version(item.rule), role, self._about(item)

    def _about(self, item: Item) -> Duty:
        penalty = item.penalty if isinstance(item, ReliefItem | UndeterminedItem) else None
        if penalty is not None and penalty in self.penalties:
            taken_back = self.penalties[penalty]
            return without_version(taken_back.rule), self._about(taken_back)
        occurrence: str | None = getattr(item, "occurrence", None)
        limit = self.limits.get(occurrence or "")
        if limit is None:
            return (occurrence,)
        # What started that limit may be what happened to another one, of other parties too.
        return without_version(limit.rule), self._about(limit)


def _moved(gone: dict[Duty, list[Item]], new: dict[Duty, list[Item]]) -> tuple[Change, ...]:
    """Pairs of one duty. Where more parties have it than had it before, the rest stay new."""
    return tuple(
        Change(before, after)
        for duty, items in new.items()
        for before, after in zip(gone.get(duty, ()), items, strict=False)
    )


def require_comparable(before: Decision, after: Decision, *, across_policies: bool) -> None:
    """Refuse what cannot be an earlier decision of the same kind.

    Raises:
        DecisionError: the earlier one is about another case or policy, was made by another text
            of the policy, or is not earlier.
    """
    if (before.case_id, before.policy) != (after.case_id, after.policy):
        raise DecisionError(
            f"the earlier decision is about case {before.case_id} under {before.policy}, "
            f"this one about {after.case_id} under {after.policy}: compare decisions on one case"
        )
    if before.as_of > after.as_of:
        raise DecisionError(
            f"the earlier decision on case {after.case_id} is as of {before.as_of.isoformat()}, "
            f"after this one, which is as of {after.as_of.isoformat()}: ask the later one for its "
            f"changes since the other"
        )
    edited = before.policy_version == after.policy_version and not same_text(
        before.policy_hash, after.policy_hash
    )
    if edited and not across_policies:
        raise DecisionError(
            f"policy {after.policy} version {after.policy_version} was edited between the two "
            f"decisions on case {after.case_id} ({before.policy_hash}, now {after.policy_hash}): "
            f"give edited policies a version of their own, or compare with across_policies=True"
        )

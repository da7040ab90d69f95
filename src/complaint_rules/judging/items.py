"""The items of a decision: frozen values, each with a stable id, its clause and its reason."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from complaint_rules.expressions import Value
from complaint_rules.frozen import frozen
from complaint_rules.money import Interval
from complaint_rules.public import public
from complaint_rules.ruleset.amounts import PenaltyKind
from complaint_rules.ruleset.rules import Kind
from complaint_rules.time import Duration

Title = tuple[tuple[str, str], ...]
"""The title of an item's rule, by language. It is no part of what the item says."""

Status = Literal["pending", "met", "late", "overdue", "suspended", "cancelled", "undetermined"]


@frozen
class Read:
    """A value that a condition read. A name without a value was missing.

    ``assumed`` marks a value that the policy takes unless another is recorded. ``counted`` are the
    instants of the latest that a count counted.
    """

    name: str
    value: Value
    assumed: bool = False
    counted: tuple[datetime, ...] = ()


@public
@frozen
class Reason:
    """Why an item is there: the condition as the ruleset has it, and the values it read.

    ``condition`` is ``None`` where the rule always applies; ``arithmetic`` shows a calculation.
    """

    condition: str | None
    read: tuple[Read, ...] = ()
    arithmetic: str | None = None


ALWAYS = Reason(None)


@public
@frozen
class Missing:
    """Something that must be known first.

    ``what`` says what kind of thing: a ``fact`` of the case, a field of an ``event``, a
    ``parameter`` of the policy, an official ``calendar``, or the ``history`` of a party. ``ask``
    is the question to put to a person, by language, where the policy has one.
    """

    name: str
    what: Literal["fact", "event", "parameter", "calendar", "history"]
    ask: tuple[tuple[str, str], ...] = ()


@public
@frozen
class HandedOver:
    """That a duty was given to somebody else: by whom it was had before, and by whom since."""

    at: datetime
    before: str | None
    party: str | None


@public
@frozen
class DeadlineItem:
    """A time limit that runs or ran, for one start and one party.

    ``certain`` is false while it is unknown whether it started at all. ``due_at`` is ``None``
    while a pause keeps it open, or while it is undetermined. ``late_by``
    is in the limit's own unit; ``overdue_days`` counts as the policy says, and is ``None`` where
    the policy does not say how. What is cancelled after it ran out stays ``overdue`` and grows no
    later, unless the policy says that it is ``cancelled``; both have ``cancelled_at``. Both are
    ``None`` where they reach into a year without an official
    calendar, which is then ``missing``. ``started_by`` says what happened to another limit and
    started it (``first.missed``); ``occurrence`` is then the id of that one, else of the event.
    ``ended_by`` says so where it was done or cancelled by what happened to another limit.
    ``handed_over`` says who had the duty since when; ``party`` is who has it, or had it when it
    fell due.
    """

    id: str
    rule: str
    clause: str
    duty_of: str
    party: str | None
    occurrence: str
    started_at: datetime
    due_at: datetime | None
    target_at: datetime | None
    status: Status
    done_at: datetime | None
    late_by: Duration | None
    overdue_days: int | None
    certain: bool
    provisional: bool
    missing: tuple[Missing, ...]
    reason: Reason
    cancelled_at: datetime | None = None
    title: Title = field(default=(), compare=False)
    started_by: str | None = None
    ended_by: str | None = None
    handed_over: tuple[HandedOver, ...] = ()

    @property
    def ended_at(self) -> datetime | None:
        """When the work was done or the limit cancelled, and it grew no later; ``None`` before."""
        return self.cancelled_at if self.done_at is None else self.done_at


@public
@frozen
class EscalationItem:
    """Somebody who has to act or to know, and in what capacity.

    A joint decision has an item for each role; ``complete`` is true when all of them have replied
    and ``None`` where the policy does not say how a reply is recorded. ``referral`` names the
    document by which they act; ``question`` is what is put to them, by language.
    """

    id: str
    rule: str
    clause: str
    to: str
    party: str | None
    capacity: Literal["handle", "decide", "approve", "inform", "review"]
    occurrence: str | None
    since: datetime | None
    joint_with: tuple[str, ...]
    waiting_for: tuple[str, ...]
    complete: bool | None
    final: bool
    referral: str | None
    question: tuple[tuple[str, str], ...]
    reason: Reason
    title: Title = field(default=(), compare=False)


@public
@frozen
class PenaltyItem:
    """A penalty: between ``minimum`` and ``maximum``, which is ``None`` where it is open.

    ``currency`` is what it is counted in, points of the policy's own too. ``imposes`` names a
    sanction without a number, which ``lasts`` so long; ``referral`` names the document or body
    that decides. ``relieved_by`` names the reliefs that
    take it back, wholly or partly: what remains is in the decision's liabilities.
    """

    id: str
    rule: str
    clause: str
    against: str
    party: str | None
    kind: PenaltyKind
    minimum: Decimal | None
    maximum: Decimal | None
    currency: str
    occurrence: str | None
    occurred_at: datetime | None
    referral: str | None
    relieved_by: tuple[str, ...]
    reason: Reason
    title: Title = field(default=(), compare=False)
    imposes: str | None = None
    lasts: str | None = None

    @property
    def amount(self) -> Interval:
        return Interval(self.minimum, self.maximum)


@public
@frozen
class ReliefItem:
    """A penalty taken back: cancelled, or refunded between ``minimum`` and ``maximum``.

    ``granted_at`` is known where the policy names the event that grants it.
    """

    id: str
    rule: str
    clause: str
    penalty: str
    party: str | None
    kind: Literal["cancel", "refund"]
    minimum: Decimal | None
    maximum: Decimal | None
    currency: str
    granted_at: datetime | None
    reason: Reason
    title: Title = field(default=(), compare=False)


@public
@frozen
class ChargeItem:
    """Who bears which cost, at what share; the amounts where the cost is known."""

    id: str
    rule: str
    clause: str
    cost: str
    borne_by: str
    party: str | None
    share_minimum: Decimal
    share_maximum: Decimal
    minimum: Decimal | None
    maximum: Decimal | None
    currency: str
    occurrence: str | None
    reason: Reason
    title: Title = field(default=(), compare=False)


@public
@frozen
class RecordItem:
    """A form that must be filled, and the fields that are not."""

    id: str
    rule: str
    clause: str
    kept_by: str | None
    occurrence: str | None
    complete: bool
    missing: tuple[str, ...]
    reason: Reason
    title: Title = field(default=(), compare=False)


@public
@frozen
class ScheduleItem:
    """Recurring work, and the end of the day on which it is due next."""

    id: str
    rule: str
    clause: str
    duty_of: str
    due_at: datetime
    title: Title = field(default=(), compare=False)


@public
@frozen
class TargetItem:
    """What a case contributes to a rate over many cases, which is to be at least ``threshold`` or
    below it.

    ``counted`` and ``achieved`` are ``None`` while they are unknown. What is certainly not counted
    has no item.
    """

    id: str
    rule: str
    clause: str
    occurrence: str | None
    counted: bool | None
    achieved: bool | None
    comparison: Literal["at_least", "below"]
    threshold: Decimal
    missing: tuple[Missing, ...]
    reason: Reason
    title: Title = field(default=(), compare=False)


@public
@frozen
class UndeterminedItem:
    """A rule that cannot be judged yet, what is missing for it, and the bounds of its outcome.

    The bounds are amounts for penalties and reliefs, and 0 for all else. A penalty has its
    ``penalty_kind``; a relief has the id of the ``penalty`` that it may take back.
    """

    id: str
    rule: str
    clause: str
    kind: Kind
    party: str | None
    occurrence: str | None
    missing: tuple[Missing, ...]
    minimum: Decimal | None
    maximum: Decimal | None
    reason: Reason
    title: Title = field(default=(), compare=False)
    penalty_kind: PenaltyKind | None = None
    penalty: str | None = None
    unit: str = ""
    """What the bounds are counted in, where that is not money."""


@public
@frozen
class Liability:
    """What a party owes for one or several penalties, reliefs and uncertainty taken into account.

    Penalties that except each other and are undetermined share one entry.
    """

    penalties: tuple[str, ...]
    against: str
    party: str | None
    minimum: Decimal | None
    maximum: Decimal | None
    unit: str = ""
    """What it is counted in, where that is not money."""
    caps: tuple[str, ...] = ()
    before_minimum: Decimal | None = None
    before_maximum: Decimal | None = None

    @property
    def amount(self) -> Interval:
        return Interval(self.minimum, self.maximum)

    @property
    def before_caps(self) -> Interval:
        """What it would be without the caps that lessen it."""
        return Interval(self.before_minimum, self.before_maximum) if self.caps else self.amount


@public
@frozen
class Note:
    """Something in the input that had a defined outcome worth knowing.

    * ``event-after-as-of``: the event lies in the future of ``as_of`` and was not looked at;
    * ``completion-before-start``: what would end the time limit came before anything started it;
    * ``reference-leaves-open``: it ends the time limit of the event it refers to, and no other;
    * ``repeated-completion``: the time limit had ended already, the first completion counts;
    * ``agreement-too-late``: agreed after the time limit had run out, so it changes nothing;
    * ``delivered-twice``: an event without an id says in everything the same as another, and
      counts as a second one;
    * ``version-not-checked``: the event that dates the case has not happened yet.
    """

    kind: Literal[
        "event-after-as-of",
        "completion-before-start",
        "reference-leaves-open",
        "repeated-completion",
        "agreement-too-late",
        "delivered-twice",
        "version-not-checked",
    ]
    occurrence: str | None
    rule: str | None


Item = (
    DeadlineItem
    | EscalationItem
    | PenaltyItem
    | ReliefItem
    | ChargeItem
    | RecordItem
    | ScheduleItem
    | TargetItem
    | UndeterminedItem
)

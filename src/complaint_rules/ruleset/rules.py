"""Rules as they are after reading: typed, checked against each other, ready to be judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from complaint_rules.expressions import Node, Vocabulary
from complaint_rules.expressions.durations import Units
from complaint_rules.expressions.moments import ITSELF
from complaint_rules.money import Interval
from complaint_rules.ruleset.amounts import Amount, PenaltyKind
from complaint_rules.ruleset.edges import HandOver
from complaint_rules.ruleset.limits import Extension, Limit, Several, Suspension
from complaint_rules.ruleset.scopes import Scope
from complaint_rules.time import DayCounting, Duration, OverdueReading
from complaint_rules.time.recurrence import Roll

Kind = Literal[
    "deadline",
    "escalation",
    "penalty",
    "relief",
    "charge",
    "record",
    "schedule",
    "target",
    "statistic",
    "cap",
]


ALWAYS_IN_FORCE: Final = (date.min, date.max)
"""The dates of a limit that holds as long as its version of the policy does."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as written, and its tree."""

    text: str
    node: Node


def without_version(rule_id: str) -> str:
    """The id that a rule has in its own version.

    >>> without_version("reply@1"), without_version("reply")
    ('reply', 'reply')
    """
    return rule_id.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Rule:
    """What all rules have. ``condition`` is ``None`` for a rule that always applies."""

    id: str
    clause: str
    also: tuple[str, ...]
    title: Mapping[str, str]
    reading: Mapping[str, str]
    verified: Literal["text", "secondary"] | None
    """Whether the number was read in the text of the source, or in another one about it."""

    condition: Condition | None
    scope: Scope
    titles: tuple[tuple[str, str], ...] = field(init=False, repr=False, compare=False)
    """The title by language, as the items of a decision have it: made once for all of them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "titles", tuple(self.title.items()))

    @property
    def kind(self) -> Kind:
        name: Kind = _KINDS[type(self)]
        return name

    @property
    def name(self) -> str:
        """The rule's name in conditions. A rule of an earlier version has the same one."""
        return self.lasting_id.replace("-", "_")

    @property
    def lasting_id(self) -> str:
        """The id without a version: that of the rule in the version that it is from."""
        return without_version(self.id)


@dataclass(frozen=True, slots=True)
class Deadline(Rule):
    duty_of: str
    starts: tuple[str, ...]
    """The events that start it, and what happens to other limits, such as ``first.missed``."""
    events_behind: tuple[str, ...]
    """The events that start it, or the limits that it comes from."""
    lead: Duration | None
    """How long before the limits that start it are due it begins."""
    within: Limit | None
    target: Limit | None
    by: str | None
    before: str | None
    ends: tuple[str, ...]
    in_order: bool
    """Whether a completion that names no start ends the oldest open one only."""
    while_open: Literal["separate", "ignore", "restart"]
    """What a start does while an instance of the same party is open: begin another one, nothing,
    or begin another one in its place.
    """
    ended_by_anyone: bool
    """Whether it does not matter who does the work, so that another party may end it."""
    missed_at_the_limit: bool
    """Whether what is done exactly at the due instant is late: the limit is "less than"."""
    stands_still: bool
    """Whether overdue days do not grow while a pause lasts that began after the due instant."""
    in_force: tuple[date, date]
    """The first and the last date on which it can start."""
    agreed: tuple[Extension, ...]
    suspended: tuple[Suspension, ...]
    cancelled: tuple[str, ...]
    cancelled_late: Literal["missed", "cancelled"]
    """What becomes of a limit that is cancelled after it ran out."""
    handed_over: HandOver | None
    counting: DayCounting
    overdue_days: OverdueReading | None
    late_in: Units
    """What its lateness may be counted in."""
    calendar: str = ITSELF
    several: Several | None = None

    start_edges: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """What happens to other limits and starts this one."""
    end_edges: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """What happens to other limits and ends or cancels this one."""
    stops: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """What cancels it and starts nothing in its place."""
    hand_overs: frozenset[str] = field(init=False, repr=False, compare=False)
    """What starts the limit for whom it names, and releases whoever had it before."""

    def __post_init__(self) -> None:
        Rule.__post_init__(self)
        for name, value in (
            ("start_edges", tuple(start for start in self.starts if "." in start)),
            ("end_edges", tuple(end for end in (*self.ends, *self.cancelled) if "." in end)),
            ("stops", tuple(stop for stop in self.cancelled if stop not in self.starts)),
            ("hand_overs", frozenset(self.starts) & frozenset(self.cancelled)),
        ):
            object.__setattr__(self, name, value)

    @property
    def edges(self) -> tuple[str, ...]:
        """What happens to other limits and starts, ends or cancels this one."""
        return (*self.start_edges, *self.end_edges)

    @property
    def starts_alone(self) -> bool:
        """Whether what a start does depends on no other start."""
        return self.while_open == "separate" and not self.hand_overs


@dataclass(frozen=True, slots=True)
class Escalation(Rule):
    to: tuple[str, ...]
    capacity: Literal["handle", "decide", "approve", "inform", "review"]
    joint: bool
    final: bool
    reply_event: str | None
    reply_by: str | None
    refers_to: str | None
    question: Mapping[str, str]
    to_by: str | None = None
    """The parameter that says which of ``to`` it is."""


@dataclass(frozen=True, slots=True)
class Penalty(Rule):
    """``against`` is ``None`` where the party of the deadline is meant."""

    against: str | None
    penalty_kind: PenaltyKind
    amount: Amount | None
    base: str | None
    refers_to: str | None
    exception_to: tuple[str, ...]
    settled_by: Mapping[str, str]
    imposes: str | None = None
    lasts: Duration | None = None

    @property
    def unit(self) -> str:
        """What its amount is counted in; empty for money."""
        return "" if self.amount is None else self.amount.unit


@dataclass(frozen=True, slots=True)
class Relief(Rule):
    """Takes ``factor`` of a penalty back: 1 cancels it, 1.2 refunds 120 % of it.

    ``granted_by`` is the event whose latest occurrence dates it, where the policy names one.
    """

    of: tuple[str, ...]
    cancels: bool
    factor: Decimal
    paid_with: Mapping[str, str]
    granted_by: str | None
    paid_in: Literal["same-month", "next-month"]


@dataclass(frozen=True, slots=True)
class Charge(Rule):
    cost: str
    borne_by: str
    share: Interval


@dataclass(frozen=True, slots=True)
class Record(Rule):
    kept_by: str | None
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schedule(Rule):
    duty_of: str
    recurrence: str
    roll: Roll
    calendar: str = ITSELF


@dataclass(frozen=True, slots=True)
class Target(Rule):
    """A rate over many cases that an organisation wants to reach.

    ``condition`` says what is counted and ``achieved`` what of it is as wanted. The rate is to be
    at least ``threshold``, or below it.
    """

    achieved: Condition
    comparison: Literal["at_least", "below"]
    threshold: Decimal

    @property
    def achievement(self) -> Rule:
        """``achieved`` as a rule of its own, which the engine can match."""
        return Rule(
            f"{self.id}/achieved",
            self.clause,
            (),
            self.title,
            {},
            self.verified,
            self.achieved,
            self.scope,
        )


@dataclass(frozen=True, slots=True)
class Statistic(Rule):
    """A table over many cases: how many there are for each combination of the facts ``by``, with
    the values that the facts in ``lists`` have.
    """

    by: tuple[str, ...]
    lists: tuple[str, ...]


def nodes(rule: Rule) -> list[Node]:
    """The conditions of a rule."""
    found = [] if rule.condition is None else [rule.condition.node]
    return [*found, rule.achieved.node] if isinstance(rule, Target) else found


DECISION_SECTIONS: Final = (
    "deadlines",
    "escalations",
    "penalties",
    "reliefs",
    "charges",
    "records",
    "schedules",
    "targets",
)
"""The sections of rules that a decision has items of, in the order in which it has them."""

RULE_SECTIONS: Final = (*DECISION_SECTIONS, "statistics", "caps")
"""All sections of rules, in the order in which files and rulesets have them."""

_KINDS: dict[type[Rule], Kind] = {
    Deadline: "deadline",
    Escalation: "escalation",
    Penalty: "penalty",
    Relief: "relief",
    Charge: "charge",
    Record: "record",
    Schedule: "schedule",
    Target: "target",
    Statistic: "statistic",
}


@dataclass(frozen=True, slots=True)
class ScopeRules:
    """The rules of one scope that have a condition, and the names they may use."""

    scope: Scope
    rules: tuple[Rule, ...]
    vocabulary: Vocabulary

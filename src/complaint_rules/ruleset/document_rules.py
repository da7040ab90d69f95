"""The rules of a ruleset file as typed models, one for each section."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from complaint_rules.ruleset.document_words import (
    Clause,
    Day,
    Document,
    Name,
    Names,
    RuleId,
    Titles,
)
from complaint_rules.time.overdue import OverdueReading
from complaint_rules.time.recurrence import Roll

Capacity = Literal["handle", "decide", "approve", "inform", "review"]


CLOCK_PATTERN: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class TakenInDocument(Document):
    """Until which time of a day something is taken in on that day."""

    until: Annotated[str, Field(pattern=CLOCK_PATTERN)]


class SeveralDocument(Document):
    """Limits and moments of which one counts: durations, parameters, instants and dates."""

    earliest_of: list[str] | None = Field(
        default=None,
        description="the one that ends first counts",
        json_schema_extra={"minItems": 2},
    )
    latest_of: list[str] | None = Field(
        default=None,
        description="the one that ends last counts",
        json_schema_extra={"minItems": 2},
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> SeveralDocument:
        if (self.earliest_of is None) == (self.latest_of is None):
            raise ValueError("give either earliest_of or latest_of, with a list of limits")
        if len(self.earliest_of or self.latest_of or []) < 2:
            raise ValueError("that is one limit: give at least two, or write it without the list")
        return self


Within = Annotated[
    Annotated[str, Tag("str")] | Annotated[SeveralDocument, Tag("several")],
    Discriminator(
        lambda value: "str" if not isinstance(value, dict | SeveralDocument) else "several"
    ),
]
"""A limit as a text, or several of which one counts."""


class DayCountingDocument(Document):
    first_day: Literal["excluded", "counted"] = "excluded"
    last_day_ends: Literal["midnight", "close", "same-time"] = "midnight"
    rolls: bool | Literal["counted-days"] = False
    after_hours: Literal["counts", "next-working-day"] = "counts"
    taken_in: TakenInDocument | None = None


class Rule(Document):
    id: RuleId
    clause: Clause
    also: list[Clause] = []
    title: Titles
    reading: Titles | None = None
    verified: Literal["text", "secondary"] | None = None
    when: str | bool | None = Field(
        default=None,
        description="a condition over declared names, such as urgent and loss > 100, or "
        "time_of(event.at) >= '22:00', is_open(event.at, service), is_working_day(event.at)",
    )


class InForce(Document):
    """Between which dates, both included, a rule holds within a version of the policy."""

    from_: Day | None = Field(None, alias="from")
    until: Day | None = None


class OnEvent(Document):
    """An event that gives a new due moment, or more time."""

    event: Name
    moment: Name | None = None
    more: str | None = None
    also_afterwards: bool = False


class Suspension(Document):
    """``until`` is an event, or a field of one in ``from`` (``accepted.until_at``)."""

    from_: Names = Field(alias="from")
    until: Names


class HandedOverDocument(Document):
    """What gives the duty to somebody else while it is open."""

    event: Annotated[Name, Field(description="The event that hands the duty over.")]
    to: Annotated[
        str | None,
        Field(
            description="Who has it from then on: a field of the event that names somebody, such "
            "as event.handler, or a role, such as event.manager; left out, whoever the event, "
            "else the case, names in the role that has the duty."
        ),
    ] = None
    clock: Annotated[
        Literal["continues", "restarts"],
        Field(
            description="Whether the start and the due instant stay as they are, or the time "
            "counts anew from the hand-over."
        ),
    ]


class DeadlineDocument(Rule):
    duty_of: Name
    starts: Names
    within: Within | None = Field(
        default=None,
        description="how long it runs: a duration, a parameter, or the earliest or latest of "
        "several, {earliest_of: [3 working days, event.promised_at]}",
    )
    at: Annotated[str, Field(pattern=CLOCK_PATTERN)] | None = Field(
        default=None, description="the time at which its last day ends, as 16:00"
    )
    target: str | None = None
    by: str | None = None
    at_least: str | None = None
    before: str | None = None
    ends: Names
    completes: Literal["all", "oldest"] = "all"
    while_open: Literal["separate", "ignore", "restart"] = "separate"
    ended_by: Literal["its-party", "anyone"] = "its-party"
    missed_at_the_limit: bool = False
    overdue_while_suspended: Literal["grows", "stands-still"] = "grows"
    in_force: InForce | None = None
    agreed: list[OnEvent] = []
    suspended: list[Suspension] = []
    cancelled: Names | None = None
    cancelled_late: Literal["missed", "cancelled"] = "missed"
    handed_over: HandedOverDocument | None = None
    days: DayCountingDocument | None = None
    taken_in: TakenInDocument | None = None
    overdue_days: OverdueReading | None = None
    calendar: Name | None = Field(
        None, description="one of 'calendars', on which the limit is counted; else the policy's own"
    )

    @property
    def limit(self) -> str | None:
        """The one limit within which it is to be done."""
        return self.within if isinstance(self.within, str) else None

    @property
    def several(self) -> tuple[Literal["earliest", "latest"], list[str]] | None:
        """The limits of which one counts, and which of them that is."""
        if not isinstance(self.within, SeveralDocument):
            return None
        if self.within.earliest_of is not None:
            return "earliest", self.within.earliest_of
        return "latest", self.within.latest_of or []


class Replies(Document):
    event: Name
    by: Name


class EscalationDocument(Rule):
    per: str | None = None
    to: Names
    capacity: Capacity
    joint: bool = False
    final: bool = False
    replies: Replies | None = None
    refers_to: RuleId | None = None
    question: Titles | None = None


class PenaltyDocument(Rule):
    per: str | None = None
    against: Name | None = None
    amount: Annotated[
        str | None,
        Field(
            description="What it costs: '30 CNY', '50-200 CNY', '200 CNY per overdue day', "
            "'0.05 % of price per started overdue week', the name of an amount, or arithmetic."
        ),
    ] = None
    at_least: Annotated[
        str | None, Field(description="A floor: the amount is not less as soon as it is owed.")
    ] = None
    at_most: Annotated[
        Names | None,
        Field(description="A cap, or several of which the lowest holds; caps win over the floor."),
    ] = None
    rounds: Annotated[
        Literal["each day"] | None,
        Field(description="Whether each day, or other period, is rounded by itself."),
    ] = None
    forfeits: Name | None = None
    dismisses: bool | None = None
    refers_to: RuleId | None = None
    compensates: Name | None = None
    imposes: Annotated[
        RuleId | None, Field(description="A sanction without a number, one of 'sanctions'.")
    ] = None
    for_: Annotated[
        str | None,
        Field(alias="for", description="How long what is imposed lasts: '7 calendar days'."),
    ] = None
    exception_to: Names | None = None
    settled_by: Titles | None = None


class CapDocument(Rule):
    """At most so much of each party for several penalties together."""

    over: Annotated[Names, Field(description="The penalties that share the cap, or all.")]
    of: Annotated[
        Literal["party"], Field(description="Whose penalties are added up: those of each party.")
    ] = "party"
    in_: Annotated[
        Literal["case", "month"],
        Field(alias="in", description="Within what they are added up: one case."),
    ] = "case"
    at_most: Annotated[
        str,
        Field(description="One amount: '500 CNY', '20 % of an_amount', or the name of an amount."),
    ]


class ReliefDocument(Rule):
    per: str | None = None
    of: Names | None = None
    not_of: Names | None = None
    cancels: bool | None = None
    refunds: str | None = None
    paid_with: Titles | None = None
    granted_by: Name | None = None
    paid_in: Literal["same-month", "next-month"] = "same-month"


class ChargeDocument(Rule):
    per: str | None = None
    cost: Name
    borne_by: Name
    share: str = "100 %"


class RecordDocument(Rule):
    per: str | None = None
    kept_by: Name | None = None
    fields: Annotated[list[str], Field(min_length=1)]


class ScheduleDocument(Rule):
    duty_of: Name
    every: str
    roll: Roll = "none"
    calendar: Name | None = Field(None, description="one of 'calendars', on which it rolls")


class TargetDocument(Rule):
    """A rate over many cases: of what is counted (``per``, ``when``), how much is ``achieved``."""

    per: str | None = None
    achieved: str
    at_least: str | None = None
    below: str | None = None


class StatisticDocument(Rule):
    """A table over many cases: their number by the values of some facts."""

    by: Names
    lists: list[str] = []

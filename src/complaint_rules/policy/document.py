"""A ruleset file as typed models: what may stand in it, and nothing else.

The models only say what a file looks like; what it means is worked out in ``compile``.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from complaint_rules.conditions.types import TypeName
from complaint_rules.time.counting import OverdueReading
from complaint_rules.time.recurrence import Roll

Capacity = Literal["handle", "decide", "approve", "inform", "review"]


def _read_date(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a date: write it like 2018-06-20") from None
    return value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Day = Annotated[
    date, BeforeValidator(_read_date), WithJsonSchema({"type": "string", "format": "date"})
]
RuleId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=80)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
Names = Annotated[
    list[str],
    BeforeValidator(_as_list),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
            ]
        }
    ),
]
Clause = Annotated[str, Field(min_length=1, max_length=40)]
Amount = str | int
"""Texts and whole numbers; a number with a fraction is written as a text."""


class Document(BaseModel):
    """Unknown keys are errors, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Titles(Document):
    """A name in the languages people read: Chinese, English, or both."""

    zh: str | None = None
    en: str | None = None

    @model_validator(mode="after")
    def _some_title(self) -> Titles:
        if not (self.zh or self.en):
            raise ValueError("a title needs a text in zh, in en, or in both")
        return self

    def as_mapping(self) -> dict[str, str]:
        return {k: v for k, v in (("zh", self.zh), ("en", self.en)) if v}


class SourceDocument(Document):
    """The document that the ruleset was made from.

    Where ``clauses`` lists its operative clauses, each needs a rule or a reason, and a rule can
    cite no other.
    """

    issuer: str
    document: str
    note: str | None = None
    clauses: list[Clause] | None = None


class Effective(Document):
    """From when until when the version governs, and which event's date decides that."""

    from_: Day = Field(alias="from")
    until: Day | None = None
    by: Name = "registered"


class CalendarDocument(Document):
    official: str | None = None
    hours: list[str] | dict[str, list[str]] | None = None
    rest_days: list[Day] = []
    extra_days: list[Day] | dict[str, list[str]] = []


class DayCountingDocument(Document):
    first_day: Literal["excluded", "counted"] = "excluded"
    last_day_ends: Literal["midnight", "close", "same-time"] = "midnight"
    rolls: bool = False


class FactDocument(Document):
    """A fact, or a field of an event. ``unless_recorded`` is what holds while nobody has recorded
    anything else; without it a fact that is not given is unknown, never false.
    """

    type: TypeName
    title: Titles
    values: list[str] | dict[str, Titles] | None = None
    ask: Titles | None = None
    unless_recorded: Amount | bool | None = None
    clause: Clause | None = None
    reading: Titles | None = None


class EventDocument(Document):
    title: Titles
    data: dict[Name, FactDocument] = {}
    sets: list[str] = []
    clause: Clause | None = None


class DatedValue(Document):
    from_: Day = Field(alias="from")
    value: Amount | bool


class TableRow(Document):
    """``at`` gives the value of each key; the row holds from one date until another, included."""

    from_: Day | None = Field(None, alias="from")
    until: Day | None = None
    at: list[Amount]
    value: Amount


class ParameterDocument(Document):
    """A number the organisation sets: fixed, by date, or by date and facts (a table)."""

    type: TypeName | Literal["duration"]
    title: Titles
    value: Amount | bool | None = None
    values: list[DatedValue] | None = None
    keys: list[str] | None = None
    table: list[TableRow] | None = None
    dated_by: Name | None = None
    clause: Clause | None = None
    reading: Titles | None = None


class Rule(Document):
    id: RuleId
    clause: Clause
    also: list[Clause] = []
    title: Titles
    reading: Titles | None = None
    when: str | bool | None = None


class OnEvent(Document):
    """An event that gives a new due moment, or more time."""

    event: Name
    moment: Name | None = None
    more: str | None = None


class Suspension(Document):
    from_: Names = Field(alias="from")
    until: Names


class DeadlineDocument(Rule):
    duty_of: Name
    starts: Names
    within: str | None = None
    target: str | None = None
    by: str | None = None
    at_least: str | None = None
    before: str | None = None
    ends: Names
    agreed: list[OnEvent] = []
    suspended: list[Suspension] = []
    cancelled: Names | None = None
    days: DayCountingDocument | None = None
    overdue_days: OverdueReading | None = None


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
    amount: str | None = None
    forfeits: Name | None = None
    dismisses: bool | None = None
    refers_to: RuleId | None = None
    compensates: Name | None = None
    exception_to: Names | None = None
    settled_by: Titles | None = None


class ReliefDocument(Rule):
    per: str | None = None
    of: Names | None = None
    not_of: Names | None = None
    cancels: bool | None = None
    refunds: str | None = None
    paid_with: Titles | None = None


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


class NotAutomated(Document):
    not_automated: Annotated[str, Field(min_length=1)]


class PolicyDocument(Document):
    """One version of one policy."""

    policy: RuleId
    title: Titles
    source: SourceDocument
    version: str = "1"
    effective: Effective
    timezone: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    calendar: CalendarDocument = CalendarDocument()
    days: DayCountingDocument = DayCountingDocument()
    overdue_days: OverdueReading | None = None
    adds_up: Literal["cumulative", "heaviest"] | None = None
    roles: dict[Name, Titles] = {}
    facts: dict[Name, FactDocument] = {}
    events: dict[Name, EventDocument] = {}
    parameters: dict[Name, ParameterDocument] = {}
    documents: dict[RuleId, Titles] = {}
    deadlines: list[DeadlineDocument] = []
    escalations: list[EscalationDocument] = []
    penalties: list[PenaltyDocument] = []
    reliefs: list[ReliefDocument] = []
    charges: list[ChargeDocument] = []
    records: list[RecordDocument] = []
    schedules: list[ScheduleDocument] = []
    clauses: dict[Clause, NotAutomated] = {}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a ruleset file, for editors."""
    schema = PolicyDocument.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "complaint-rules ruleset",
    }


def known_keys(section: str) -> set[str]:
    """Every key that may stand somewhere below a top-level key of the file."""
    models: dict[str, list[type[Document]]] = {
        "": [PolicyDocument],
        "deadlines": [DeadlineDocument, OnEvent, Suspension, DayCountingDocument],
        "escalations": [EscalationDocument, Replies],
        "penalties": [PenaltyDocument],
        "reliefs": [ReliefDocument],
        "charges": [ChargeDocument],
        "records": [RecordDocument],
        "schedules": [ScheduleDocument],
        "facts": [FactDocument],
        "events": [EventDocument, FactDocument],
        "parameters": [ParameterDocument, DatedValue, TableRow],
        "effective": [Effective],
        "source": [SourceDocument],
        "calendar": [CalendarDocument],
        "days": [DayCountingDocument],
        "clauses": [NotAutomated],
    }
    found: list[type[Document]] = [*models.get(section, []), Titles]
    return {field.alias or name for model in found for name, field in model.model_fields.items()}

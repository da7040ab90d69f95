"""A ruleset file as a typed model: what may stand in it, and nothing else.

The models only say what a file looks like; what it means is worked out in ``compile``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from complaint_rules.ruleset.document_rules import (
    CapDocument,
    ChargeDocument,
    DayCountingDocument,
    DeadlineDocument,
    EscalationDocument,
    HandedOverDocument,
    InForce,
    OnEvent,
    PenaltyDocument,
    RecordDocument,
    ReliefDocument,
    Replies,
    ScheduleDocument,
    SeveralDocument,
    StatisticDocument,
    Suspension,
    TakenInDocument,
    TargetDocument,
)
from complaint_rules.ruleset.document_words import (
    FORMAT,
    Clause,
    CountDocument,
    DatedValue,
    Day,
    Document,
    EventDocument,
    FactDocument,
    Format,
    Name,
    ParameterDocument,
    RuleId,
    Titles,
    VocabularyDocument,
)
from complaint_rules.time.overdue import OverdueReading


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
    """From when until when the version governs, and which event's date decides that.

    A source that names no date has none here: its policy governs every case. ``running_cases``
    says what becomes of cases of an earlier version: they stay under it, only duties that begin
    from now on are of this version, or all is.
    """

    from_: Day | None = Field(None, alias="from")
    until: Day | None = None
    by: Name = "registered"
    running_cases: Literal["stay", "new-duties", "all"] = "stay"


class CalendarDocument(Document):
    """Which days are worked, and when business is open on them."""

    title: Titles | None = None
    official: str | None = Field(default=None, description="whose working days count: CN, GB-ENG")
    hours: list[str] | dict[str, list[str]] | Name | None = Field(
        default=None,
        description="windows for Monday to Friday, or by weekday ('mon-thu', 'sat 1,3', "
        "'sat every 2 weeks from 2026-01-03'); or a parameter of type hours",
    )
    rest_days: list[Day] = []
    extra_days: list[Day] | dict[str, list[str]] = []


class UnitDocument(Document):
    """What is counted beside money; its amounts have so many decimal places."""

    title: Titles
    decimals: Annotated[int, Field(ge=0, le=2, description="Decimal places of its amounts.")] = 0


class NotAutomated(Document):
    not_automated: Annotated[str, Field(min_length=1)]


class PolicyDocument(Document):
    """One version of one policy."""

    format: Format = FORMAT
    policy: RuleId
    vocabulary: RuleId | None = None
    title: Titles
    source: SourceDocument
    version: str = "1"
    effective: Effective
    timezone: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    calendar: CalendarDocument = CalendarDocument()
    calendars: dict[Name, CalendarDocument] = Field(
        {}, description="further calendars, which limits, schedules and conditions name"
    )
    days: DayCountingDocument = DayCountingDocument()
    overdue_days: OverdueReading | None = None
    adds_up: Literal["cumulative", "heaviest"] | None = None
    roles: dict[Name, Titles] = {}
    facts: dict[Name, FactDocument] = {}
    events: dict[Name, EventDocument] = {}
    parameters: dict[Name, ParameterDocument] = {}
    counts: dict[Name, CountDocument] = {}
    documents: dict[RuleId, Titles] = {}
    units: Annotated[
        dict[Name, UnitDocument],
        Field(description="What penalties may be counted in beside money, such as points."),
    ] = {}
    sanctions: Annotated[
        dict[RuleId, Titles],
        Field(description="Consequences without a number that penalties impose: a warning."),
    ] = {}
    deadlines: list[DeadlineDocument] = []
    escalations: list[EscalationDocument] = []
    penalties: list[PenaltyDocument] = []
    reliefs: list[ReliefDocument] = []
    charges: list[ChargeDocument] = []
    records: list[RecordDocument] = []
    schedules: list[ScheduleDocument] = []
    targets: list[TargetDocument] = []
    statistics: list[StatisticDocument] = []
    caps: list[CapDocument] = []
    clauses: dict[Clause, NotAutomated] = {}


def json_schema(of: type[BaseModel] = PolicyDocument, what: str = "ruleset") -> dict[str, Any]:
    """The JSON Schema of a ruleset file, for editors; or that of another kind of file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **of.model_json_schema(by_alias=True),
        "title": f"complaint-rules {what}",
    }


def known_keys(section: str) -> set[str]:
    """Every key that may stand somewhere below a top-level key of the file."""
    models: dict[str, list[type[Document]]] = {
        "": [PolicyDocument, VocabularyDocument],
        "deadlines": [
            DeadlineDocument,
            InForce,
            OnEvent,
            Suspension,
            HandedOverDocument,
            DayCountingDocument,
            SeveralDocument,
            TakenInDocument,
        ],
        "escalations": [EscalationDocument, Replies],
        "penalties": [PenaltyDocument],
        "caps": [CapDocument],
        "reliefs": [ReliefDocument],
        "charges": [ChargeDocument],
        "records": [RecordDocument],
        "schedules": [ScheduleDocument],
        "targets": [TargetDocument],
        "statistics": [StatisticDocument],
        "facts": [FactDocument],
        "events": [EventDocument, FactDocument],
        "parameters": [ParameterDocument, DatedValue],
        "counts": [CountDocument],
        "effective": [Effective],
        "source": [SourceDocument],
        "calendar": [CalendarDocument],
        "calendars": [CalendarDocument],
        "days": [DayCountingDocument, TakenInDocument],
        "clauses": [NotAutomated],
        "units": [UnitDocument],
    }
    found: list[type[Document]] = [*models.get(section, []), Titles]
    return {field.alias or name for model in found for name, field in model.model_fields.items()}

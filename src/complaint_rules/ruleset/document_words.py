"""The words of a ruleset file as typed models: facts, events and parameters; and what all models
share. They only say what a file looks like; what it means is worked out in ``compile``.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from complaint_rules.expressions.types import GivenType
from complaint_rules.time.durations import CountedUnit


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
FieldName = Annotated[str, Field(pattern=r"^(event\.)?[a-z][a-z0-9_]*$", max_length=90)]
"""A field of an event, with or without ``event.`` before it."""
FORMAT: Final = 2
"""The version of the language that rulesets, vocabularies and scenarios are written in. It is not
that of the package. 1 is that of version 0.1, all of which means the same in 2.
"""

Format = Annotated[
    int,
    Field(
        ge=1,
        le=FORMAT,
        description="The version of the language of this file. A library that only reads earlier "
        "ones says so, and does not guess.",
    ),
]
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


class FactDocument(Document):
    """A fact, or a field of an event. ``unless_recorded`` is what holds while nobody has recorded
    anything else; without it a fact that is not given is unknown, never false. What the imported
    vocabulary says already (``type``, ``title``, ``values``) may be left out.
    """

    type: GivenType | None = None
    title: Titles | None = None
    values: list[str] | dict[str, Titles] | None = None
    unit: CountedUnit | None = Field(
        None,
        description="What a duration is counted in, always; without it each case says so, and "
        "nothing compares with it.",
    )
    ask: Titles | None = None
    unless_recorded: Amount | bool | None = None
    clause: Clause | None = None
    reading: Titles | None = None


class EventDocument(Document):
    """A kind of event. What the imported vocabulary says of it already may be left out."""

    title: Titles | None = None
    data: dict[Name, FactDocument] = {}
    sets: list[str] = []
    clause: Clause | None = None


class DatedValue(Document):
    from_: Day = Field(alias="from")
    value: Amount | bool


_BAND = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 2,
    "description": "A band of values, its bounds in words.",
    "properties": {
        "at_least": {"description": "The least value of the band."},
        "above": {"description": "Just below the least value of the band."},
        "below": {"description": "Just above the largest value of the band."},
        "at_most": {"description": "The largest value of the band."},
    },
}
_DATES = {
    "from": {"type": "string", "format": "date", "description": "The first day of the row."},
    "until": {"type": "string", "format": "date", "description": "The last day of the row."},
}
ROW_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A row of a table: values of keys, and what the parameter is for them.",
    "anyOf": [
        {
            "properties": {
                "is": {"description": "The value of the parameter."},
                **_DATES,
            },
            "required": ["is"],
            "additionalProperties": {
                "description": "A value of a key, several, or a band; a key left out: any value.",
                "anyOf": [
                    {"type": ["string", "number", "boolean"]},
                    _BAND,
                    {
                        "type": "array",
                        "minItems": 1,
                        "items": {"anyOf": [{"type": ["string", "number", "boolean"]}, _BAND]},
                    },
                ],
            },
        },
        {
            "properties": {
                "otherwise": {"description": "The value where no other row holds."},
            },
            "required": ["otherwise"],
            "additionalProperties": False,
        },
        {
            "properties": {
                "at": {"type": "array", "description": "The value of each key, in their order."},
                "value": {"description": "The value of the parameter."},
                **_DATES,
            },
            "required": ["at", "value"],
            "additionalProperties": False,
        },
    ],
}
TableRow = Annotated[dict[str, Any], WithJsonSchema(ROW_SCHEMA)]
"""A row of a table; what may stand in it depends on the keys, so it is read with them."""


class ParameterDocument(Document):
    """A value the organisation sets: fixed, by date, or by facts and date (a table)."""

    type: GivenType | Literal["hours", "percent", "role"] = Field(
        description="What kind of value it is; 'percent' is a rate, 'role' names a role."
    )
    title: Titles
    value: Amount | bool | None = Field(None, description="The value, whatever the case.")
    values: list[DatedValue] | None = Field(None, description="Values by date, in order.")
    keys: list[str] | None = Field(None, description="The facts that the rows of a table name.")
    table: list[TableRow] | None = Field(
        None, description="Rows of keys and values; no two may hold for one case."
    )
    counts: Literal["each_band"] | None = Field(
        None,
        description="each_band: the rows are rates of the part of an amount within each band.",
    )
    dated_by: Name | None = None
    clause: Clause | None = None
    reading: Titles | None = None


class CountDocument(Document):
    """A number, a sum or the different values of what happened, by a name for conditions."""

    of: Names = Field(
        description="The events that count; with over: history also the ids of penalties and "
        "sanctions, for those that were settled."
    )
    sum: FieldName | None = Field(
        None,
        description="Adds up a field of the events, such as event.amount.",
    )
    distinct: FieldName | None = Field(
        None, description="Counts the different values of a field of the events."
    )
    same: Name | None = Field(
        None, description="The role whose party has to be the same: who is liable, or has the duty."
    )
    within: str | None = Field(
        None,
        description="A window, such as 12 calendar months: an event counts until the limit that "
        "starts with it ends. Or the name of a parameter.",
    )
    cycle: str | None = Field(
        None,
        pattern=r"^(year|quarter|month|year from [0-9]{2}-[0-9]{2})$",
        description="Counts anew from the begin of each year, quarter or month; a year may begin "
        "on another day: year from 04-01.",
    )
    since: Name | None = Field(None, description="An event that sets the count to nothing.")
    when: str | bool | None = Field(
        None, description="Which of the events count, by what they carry: event.upheld."
    )
    over: Literal["case", "history"] = Field(
        "case",
        description="Whether the case alone counts, or the history of a party in other cases too.",
    )
    title: Titles | None = Field(None, description="What it is called; made up if left out.")
    clause: Clause | None = None
    reading: Titles | None = None


class VocabularyDocument(Document):
    """Words that several policies share: what they mean is said once."""

    format: Format = FORMAT
    vocabulary: RuleId
    title: Titles
    roles: dict[Name, Titles] = {}
    facts: dict[Name, FactDocument] = {}
    events: dict[Name, EventDocument] = {}

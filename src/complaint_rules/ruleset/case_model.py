"""A pydantic model of the cases that a policy understands, for hosts that publish a schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Literal, Union

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    create_model,
)

from complaint_rules.case import Case
from complaint_rules.errors import ComplaintRulesError
from complaint_rules.expressions import INSTANT, Type, read_value
from complaint_rules.expressions.types import NUMBER_PATTERN
from complaint_rules.money import money_pattern
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.vocabulary import Field as Declared

_SCHEMAS: dict[str, dict[str, Any]] = {
    "bool": {"type": "boolean"},
    "int": {"type": "integer", "minimum": -(10**15), "maximum": 10**15},
    "number": {
        "anyOf": [
            {"type": "number", "minimum": -(10**15), "maximum": 10**15},
            {"type": "string", "pattern": NUMBER_PATTERN},
        ]
    },
    "text": {"type": "string"},
    "instant": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "duration": {
        "type": "string",
        "pattern": (
            r"^ *[0-9]{1,18} +((elapsed|working) +(hour|minute|second|microsecond)s?"
            r"|(calendar +(day|week|month)s?|working +days?)( +and .+)?) *$"
        ),
        "examples": ["120 elapsed minutes", "4 working hours", "3 working days"],
    },
}
_PARTIES = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}


class CaseDocument(BaseModel):
    """What all case models have; the fields are those of one policy."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def to_case(self) -> Case:
        """The case, ready for ``Policy.evaluate``."""
        return Case.from_dict(self.model_dump(exclude_none=True))


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def build_case_model(ruleset: Ruleset) -> type[CaseDocument]:
    """Build the model of a ruleset's cases."""
    words = ruleset.words
    party: Any = Annotated[Any, WithJsonSchema(_PARTIES)]
    roles: dict[str, Any] = {
        name: (party | None, Field(None, title=_title(titles)))
        for name, titles in words.roles.items()
    }
    facts: Any = create_model("Facts", __base__=_Part, **roles, **_fields(words.facts))
    events: list[Any] = [
        create_model(
            event.name,
            __base__=_Part,
            type=(_only(event.name), Field(title=_title(event.title))),
            at=(_checked(INSTANT, "at"), ...),
            id=(str | None, None),
            ref=(str | None, None),
            **roles,
            **_fields(words.event_fields(event.name)),
        )
        for event in words.events.values()
    ]
    members: Any = Any
    if len(events) == 1:
        members = events[0]
    elif events:
        members = Annotated[Union[tuple(events)], Field(discriminator="type")]  # noqa: UP007
    several: Any = list[members]  # pyright: ignore[reportInvalidTypeForm] - built at run time
    return create_model(
        "Case",
        __base__=CaseDocument,
        __doc__=f"A case under {ruleset.id}.",
        id=(str, Field(min_length=1)),
        facts=(facts, facts()),
        events=(several, []),
    )


def _only(name: str) -> Any:
    return Literal[name]


def _fields(declared: Mapping[str, Declared]) -> dict[str, Any]:
    return {
        name: (_checked(field.type, name) | None, Field(None, title=_title(field.title)))
        for name, field in declared.items()
    }


def _checked(type_: Type, name: str) -> Any:
    schema = _SCHEMAS.get(type_.name) or {"type": "string", "enum": list(type_.values)}
    if type_.name == "money":
        schema = {
            "anyOf": [
                {"type": "string", "pattern": money_pattern(type_.places)},
                {"type": "integer", "minimum": 0, "maximum": 10**15},
            ]
        }
    return Annotated[
        Any,
        BeforeValidator(partial(_read, type_, name)),
        PlainSerializer(_plain),
        WithJsonSchema(schema),
    ]


def _read(type_: Type, name: str, value: Any) -> Any:
    # The same check as in evaluation; a ValueError is what pydantic turns into its own error.
    if value is None:
        return None
    try:
        return read_value(value, type_, name)
    except ComplaintRulesError as error:
        raise ValueError(str(error)) from None


def _plain(value: Any) -> Any:
    to_text: Callable[[], str] | None = getattr(value, "isoformat", None)
    if to_text is not None:
        return to_text()
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _title(titles: Mapping[str, str]) -> str:
    return " / ".join(titles.values())

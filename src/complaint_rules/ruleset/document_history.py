"""A history file as a typed model, for its JSON Schema; ``History.from_json`` reads it."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from complaint_rules.ruleset.document_words import Document

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class HistoryEntryDocument(Document):
    """Something that happened in another case, or a sanction that was settled."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    kind: str = Field(description="The event type, or the id of the penalty, as the policy has it.")
    at: Instant = Field(description="When, with an offset: 2026-02-01T09:00:00+08:00.")
    case: str | None = Field(None, description="The case that it belongs to.")
    id: str | None = Field(None, description="Names the entry, so that none is there twice.")


class HistoryFileDocument(Document):
    """What is known of other cases. Entries have their data and roles beside these keys."""

    complete_from: Instant | None = Field(
        None, description="Since when everything is in it; left out, it is complete."
    )
    entries: list[HistoryEntryDocument]

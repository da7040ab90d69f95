"""A history: what happened in other cases, and what was settled for them, of whoever it concerns.

It is an argument of an evaluation, like the case and the instant, and a frozen value without a
policy; whether its entries fit is checked by the policy that is asked to judge by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from complaint_rules.case import FrozenMapping, json_value, read_json
from complaint_rules.errors import CaseError, did_you_mean
from complaint_rules.public import public
from complaint_rules.time.instants import read_instant

MOST_ENTRIES: Final = 100_000
_KEYS: Final = ("entries", "complete_from")


@public
@dataclass(frozen=True, slots=True, init=False)
class HistoryEntry:
    """Something that happened in another case, or a sanction that was settled.

    Args:
        kind: the event type, or the id of the penalty, as the policy has it.
        at: when it happened; a datetime with a timezone, or its ISO 8601 text.
        case: the id of the case that it belongs to. Entries of the case that is judged are left
            out, since its own events count.
        id: names the entry, so that none is there twice.
        data: its fields, and who has which role, by name.

    Raises:
        NaiveDatetime: ``at`` has no timezone.

    >>> HistoryEntry("complaint_upheld", "2026-02-01T09:00:00+08:00", clerk="Li").data["clerk"]
    'Li'
    """

    kind: str
    at: datetime
    case: str | None
    id: str | None
    data: FrozenMapping

    def __init__(
        self,
        /,
        kind: str,
        at: datetime | str,
        *,
        case: str | None = None,
        id: str | None = None,  # noqa: A002 - the word in the file
        **data: Any,
    ) -> None:
        texts: tuple[tuple[str, Any], ...] = (("kind", kind), ("case", case), ("id", id))
        for name, value in texts:
            if not isinstance(value, str) and (name == "kind" or value is not None):
                raise CaseError(
                    f"the {name} of a history entry is {value!r}, which is not a text: write a text"
                )
        put = object.__setattr__
        put(self, "kind", kind)
        put(self, "at", read_instant(at, f"the time of history entry {kind!r}"))
        put(self, "case", case)
        put(self, "id", id)
        put(self, "data", FrozenMapping(data))

    def as_json(self) -> dict[str, Any]:
        """The entry as JSON values."""
        head: dict[str, Any] = {"kind": self.kind, "at": self.at.isoformat()}
        head |= {key: v for key, v in (("case", self.case), ("id", self.id)) if v is not None}
        return head | {key: json_value(value) for key, value in self.data.items()}


@public
@dataclass(frozen=True, slots=True, init=False)
class History:
    """What is known of other cases, for counts that go over them.

    Args:
        entries: in any order.
        complete_from: since when everything is in it; of what happened before, more may be
            missing. Left out, it is complete.

    >>> one = HistoryEntry("complaint_upheld", "2026-02-01T09:00:00+08:00", clerk="Li")
    >>> history = History([one], complete_from="2026-01-01T00:00:00+08:00")
    >>> History.from_json(history.to_json()) == history
    True
    """

    entries: tuple[HistoryEntry, ...]
    complete_from: datetime | None
    hash: str = field(compare=False, repr=False)
    """Of the entries, in whatever order, and of ``complete_from``."""

    def __init__(
        self,
        entries: Iterable[HistoryEntry] = (),
        *,
        complete_from: datetime | str | None = None,
    ) -> None:
        given: tuple[Any, ...] = tuple(entries)
        if len(given) > MOST_ENTRIES:
            raise CaseError(
                f"the history has {len(given)} entries: at most {MOST_ENTRIES} are looked at; "
                f"give those of the parties of the case"
            )
        for entry in given:
            if not isinstance(entry, HistoryEntry):
                raise CaseError(f"{entry!r} is not a HistoryEntry: use HistoryEntry(kind, at, …)")
        named = [(entry.kind, entry.case, entry.id) for entry in given if entry.id is not None]
        if len(set(named)) < len(named):
            twice = next(name for name in named if named.count(name) > 1)
            raise CaseError(
                f"two history entries {twice[0]!r} have the id {twice[2]!r}: ids differ"
            )
        since = None if complete_from is None else read_instant(complete_from, "complete_from")
        put = object.__setattr__
        put(self, "entries", given)
        put(self, "complete_from", since)
        put(self, "hash", _hash(given, since))

    @classmethod
    def from_json(cls, text: str | bytes) -> History:
        """Read ``{"complete_from": …, "entries": [{"kind": …, "at": …}]}``.

        Raises:
            CaseError: the text is no JSON, or not such an object.
            NaiveDatetime: a time has no offset.
        """
        return cls.from_dict(read_json(text, "the history"))

    @classmethod
    def from_dict(cls, document: Any) -> History:
        """Build a history from the values of its JSON form.

        Raises:
            CaseError: a key is missing or unknown, or has the wrong type.
        """
        if not isinstance(document, dict):
            raise CaseError("a history is an object with entries and complete_from")
        for key in document:
            if key not in _KEYS:
                raise CaseError(
                    f"a history has no {key!r}{did_you_mean(str(key), _KEYS)}: it has "
                    f"{' and '.join(_KEYS)}"
                )
        entries = document.get("entries")
        if not isinstance(entries, list):
            raise CaseError("the entries of a history are a list: write [ … ]")
        return cls(
            [_read_entry(entry) for entry in entries], complete_from=document.get("complete_from")
        )

    def until(self, instant: datetime) -> History:
        """What of it had happened by an instant."""
        entries = [entry for entry in self.entries if entry.at <= instant]
        return History(entries, complete_from=self.complete_from)

    def to_json(self) -> str:
        """The history as JSON text; ``from_json`` reads it back."""
        return json.dumps(self.as_dict(), ensure_ascii=False)

    def as_dict(self) -> dict[str, Any]:
        """The history as JSON values."""
        since = self.complete_from
        return {
            "complete_from": None if since is None else since.isoformat(),
            "entries": [entry.as_json() for entry in self.entries],
        }


def _read_entry(document: Any) -> HistoryEntry:
    if not isinstance(document, dict) or not {"kind", "at"} <= set(document):
        raise CaseError(f"history entry {document!r} needs a kind and a time: give 'kind' and 'at'")
    return HistoryEntry(**document)


def _hash(entries: tuple[HistoryEntry, ...], since: datetime | None) -> str:
    texts = sorted(
        json.dumps({**entry.as_json(), "at": _utc(entry.at)}, sort_keys=True, ensure_ascii=False)
        for entry in entries
    )
    content = "\n".join([*texts, "" if since is None else _utc(since)])
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()

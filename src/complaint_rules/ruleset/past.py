"""A history, checked against the words of a policy and put in order for its counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from complaint_rules.errors import CaseError, did_you_mean
from complaint_rules.expressions import Meaning, Type, Value, read_value
from complaint_rules.frozen import frozen
from complaint_rules.history import History, HistoryEntry
from complaint_rules.ruleset.counts import Count
from complaint_rules.ruleset.vocabulary import Field, Words, read_parties
from complaint_rules.time.instants import to_microseconds

if TYPE_CHECKING:
    from complaint_rules.ruleset.ruleset import Ruleset

_AMOUNT_TITLE = {"zh": "金额", "en": "amount"}


def fields_of(kind: str, words: Words, places: int) -> dict[str, Field]:
    """The data that an entry may carry: an event's, or the amount of what was settled."""
    if kind in words.events:
        return words.event_fields(kind)
    return {"amount": Field("amount", Type("money", places=places), _AMOUNT_TITLE, {}, {})}


def fields_of_all(kinds: Sequence[str], words: Words, places: int) -> dict[str, Field]:
    """The data that everything of some kinds may carry, with one type."""
    first, *others = [fields_of(kind, words, places) for kind in kinds] or [{}]
    return {
        name: field
        for name, field in first.items()
        if all(name in other and other[name].type == field.type for other in others)
    }


def names_in_counts(
    kinds: Sequence[str], words: Words, places: int, *, history: bool
) -> dict[str, Meaning]:
    """What the condition of a count may read: the data of what it counts, and facts of the case,
    which other cases do not have.
    """
    fields = fields_of_all(kinds, words, places)
    own = {f"event.{name}": field.meaning for name, field in fields.items()}
    return own if history else {name: f.meaning for name, f in words.facts.items()} | own


@frozen
class CheckedEntry:
    """An entry of a history whose data has been checked."""

    kind: str
    at: datetime
    microseconds: int
    case: str | None
    data: Mapping[str, Value]
    parties: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CheckedHistory:
    """A history that fits a policy; ``Policy.check_history`` makes one."""

    history: History
    checked_by: str
    """The hash of the policy whose words it fits."""
    complete_from: int | None
    """In microseconds; ``None`` where it is complete."""
    entries_in_order: tuple[CheckedEntry, ...]
    of_party: Mapping[tuple[str, str, str], Sequence[CheckedEntry]]
    """By kind, role and party, in order of time."""

    @property
    def hash(self) -> str:
        return self.history.hash

    @property
    def last(self) -> CheckedEntry | None:
        return self.entries_in_order[-1] if self.entries_in_order else None

    def entries(self, kinds: Sequence[str], role: str, party: str) -> list[CheckedEntry]:
        """What of some kinds a party has in a role, in order of time."""
        found = [e for kind in kinds for e in self.of_party.get((kind, role, party), ())]
        if len(kinds) > 1:
            found.sort(key=_order)
        return found


def _order(entry: CheckedEntry) -> tuple[int, str]:
    return entry.microseconds, entry.case or ""


def check_history(history: History, ruleset: Ruleset) -> CheckedHistory:
    """Check a history against what a policy counts.

    Raises:
        CaseError: an entry is of a kind that the policy does not know, has a value that does not
            fit, or does not say whose it is where that is asked.
    """
    wanted = roles_counted(ruleset.words.counts.values())
    checked = sorted((_check(entry, ruleset, wanted) for entry in history.entries), key=_order)
    of_party: dict[tuple[str, str, str], list[CheckedEntry]] = {}
    for entry in checked:
        for role in wanted.get(entry.kind, ()):
            for party in entry.parties[role]:
                of_party.setdefault((entry.kind, role, party), []).append(entry)
    since = history.complete_from
    return CheckedHistory(
        history,
        ruleset.hash,
        None if since is None else to_microseconds(since),
        tuple(checked),
        of_party,
    )


def kinds_known(ruleset: Ruleset) -> list[str]:
    """What entries may be of: events, and penalties and sanctions that were settled."""
    return [*ruleset.words.events, *(rule.id for rule in ruleset.penalties), *ruleset.sanctions]


def roles_counted(counts: Iterable[Count]) -> dict[str, set[str]]:
    """By kind, the roles by whose parties it is counted over a history."""
    found: dict[str, set[str]] = {}
    for count in counts:
        if count.over_history and count.same is not None:
            for kind in (*count.of, *([count.since] if count.since else [])):
                found.setdefault(kind, set()).add(count.same)
    return found


def _check(entry: HistoryEntry, ruleset: Ruleset, wanted: Mapping[str, set[str]]) -> CheckedEntry:
    words, kind = ruleset.words, entry.kind
    known = kinds_known(ruleset)
    if kind not in known:
        raise CaseError(
            f"history entry {kind!r} is no event, penalty or sanction of the policy"
            f"{did_you_mean(kind, known)}: leave it out, or give it the policy's name"
        )
    what = f"history entry {kind!r} of {entry.at.isoformat()}"
    fields = fields_of(kind, words, ruleset.places)
    data: dict[str, Value] = {}
    parties: dict[str, tuple[str, ...]] = {}
    for name, value in entry.data.items():
        if name in fields:
            if value is not None:
                data[name] = read_value(value, fields[name].type, f"{what}: {name}")
        elif name in words.roles:
            parties[name] = read_parties(value, f"{what}: role {name}")
        else:
            raise CaseError(
                f"{what}: {name!r} is no field of it and no role"
                f"{did_you_mean(name, [*fields, *words.roles])}: rename it, or leave it out"
            )
    for role in wanted.get(kind, ()):
        if role not in parties:
            raise CaseError(
                f"{what} does not say who is {role!r}, and is counted for one: give it {role}=…"
            )
    own = words.events[kind].fields if kind in words.events else {}
    for name, field in own.items():
        if field.unless_recorded is not None:
            data.setdefault(name, field.unless_recorded)
    return CheckedEntry(kind, entry.at, to_microseconds(entry.at), entry.case, data, parties)

"""What may count for a party, in order, and what runs of it come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from complaint_rules.expressions import Value, evaluate, missing_names
from complaint_rules.expressions.terms import plus
from complaint_rules.frozen import frozen
from complaint_rules.judging.items import Missing
from complaint_rules.ruleset.counts import Count
from complaint_rules.ruleset.past import CheckedEntry
from complaint_rules.ruleset.vocabulary import CheckedEvent
from complaint_rules.time.instants import to_microseconds

if TYPE_CHECKING:
    from complaint_rules.judging.state import State


@frozen
class Item:
    """Something that may count: whether it does, with what value, and what is missing to know."""

    microseconds: int
    counts: bool | None
    value: Value | None
    at: datetime
    missing: tuple[Missing, ...]


class Total(NamedTuple):
    """How many certainly count, the sum of their values, and of how many that is not known."""

    number: int
    sum: Any
    unknown: int


@dataclass(frozen=True, slots=True)
class Stream:
    """What may count for one party, in order."""

    items: Sequence[Item]
    places: Mapping[str, int]
    """Where the events of the case stand among them, by their keys."""
    clears: Sequence[int]
    """When the count was set to nothing."""

    lasts: dict[int, int]
    """The last instants at which they count, by their places, as far as they were asked for."""

    totals: Sequence[Total]
    """What those before each of them come to, and before none."""


def stream_of(count: Count, state: State, party: str | None) -> Stream:
    if state.counted is None:
        state.counted = {}
    key = (count.name, party)
    found = state.counted.get(key)
    if found is None:
        found = state.counted[key] = _made(count, state, party)
    return found


def _made(count: Count, state: State, party: str | None) -> Stream:
    rows: list[tuple[int, tuple[int, str, int], str | None, Item]] = []
    own_case = state.case.case.id
    for number, event in enumerate(state.events):
        if event.type in count.of:
            item = item_of(
                count, state, event, event.event.type, _is_of(count, state, event, party)
            )
            rows.append((event.microseconds, (1, own_case, number), event.key, item))
    clears = [
        event.microseconds
        for event in state.by_type.get(count.since or "", ())
        if _is_of(count, state, event, party) is not False
    ]
    if count.over_history and state.history is not None and party is not None:
        assert count.same is not None  # noqa: S101 - the compiler wants a role
        now = to_microseconds(state.as_of)
        entries = state.history.entries(count.of, count.same, party)
        for number, entry in enumerate(entries):
            if entry.microseconds <= now and entry.case != own_case:
                item = item_of(count, state, entry, entry.kind, True)
                place = (1, entry.case, number) if entry.case else (0, "", number)
                rows.append((entry.microseconds, place, None, item))
        if count.since is not None:
            clears += [
                entry.microseconds
                for entry in state.history.entries((count.since,), count.same, party)
                if entry.microseconds <= now and entry.case != own_case
            ]
    rows.sort(key=lambda row: row[:2])
    places = {key: place for place, (_, _, key, _) in enumerate(rows) if key is not None}
    items = [row[3] for row in rows]
    totals = list(accumulate(items, _with_item, initial=_zero(count)))
    return Stream(items, places, sorted(clears), {}, totals)


def _zero(count: Count) -> Total:
    return Total(0, 0 if count.type.name == "int" else Decimal(0), 0)


def _with_item(total: Total, item: Item) -> Total:
    if item.counts is False:
        return total
    if item.counts is None or item.missing:
        return total._replace(unknown=total.unknown + 1)
    value = item.value if isinstance(item.value, int | Decimal) else 0
    return Total(total.number + 1, plus(total.sum, value), total.unknown)


def _is_of(count: Count, state: State, event: CheckedEvent, party: str | None) -> bool | None:
    """Whether an event of the case is of the party; ``None`` where that is not said."""
    if count.same is None:
        return True
    parties = event.parties.get(count.same) or state.case.parties.get(count.same)
    if party is None or parties is None:
        return None
    return party in parties


def item_of(
    count: Count,
    state: State,
    what: CheckedEvent | CheckedEntry,
    kind: str,
    counts: bool | None,
) -> Item:
    missing: list[Missing] = []
    if counts is None and count.same is not None:
        missing.append(Missing(count.same, "fact"))
    if counts is not False and count.condition is not None:
        node = count.condition.node
        values: dict[str, Value] = {f"event.{name}": value for name, value in what.data.items()}
        if not count.over_history:
            values |= state.facts
        holds = evaluate(node, values)
        if holds is None:
            missing += [_missing(name, kind, state) for name in missing_names(node, values)]
        counts = False if holds is False else None if holds is None else counts
    value = None if count.field is None else what.data.get(count.field)
    if counts is not False and count.field is not None and value is None:
        missing.append(_missing(f"event.{count.field}", kind, state))
    return Item(what.microseconds, counts, value, what.at, tuple(missing))


def _missing(name: str, kind: str, state: State) -> Missing:
    owner, dot, field = name.partition(".")
    words = state.ruleset.words
    if not dot:
        return Missing(owner, "fact", tuple(words.facts[owner].ask.items()))
    fields = words.event_fields(kind) if kind in words.events else {}
    ask = tuple(fields[field].ask.items()) if field in fields else ()
    return Missing(f"{kind}.{field}", "event", ask)

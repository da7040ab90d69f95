"""Cases out of a log again, to be judged one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import polars as pl

from complaint_rules.case import Case, Event
from complaint_rules.columns.log import EventColumns, Log
from complaint_rules.columns.values import value_of
from complaint_rules.ruleset.vocabulary import Words
from complaint_rules.time.instants import EPOCH


def cases_of(log: Log, words: Words) -> Iterator[Case]:
    """The cases of a log, one by one, as a host would have given them."""
    facts = [
        (name, [_value(v, words.facts[name].type) for v in column.to_list()])
        for name, column in log.facts.items()
    ]
    parties = [(role, column.to_list()) for role, column in log.parties.items()]
    events: list[list[tuple[int, Event]]] = [[] for _ in range(len(log))]
    for columns in log.events.values():
        for case, position, event in _events(columns, words):
            events[case].append((position, event))
    for row, case_id in enumerate(log.ids.to_list()):
        known = {name: values[row] for name, values in [*facts, *parties]}
        happened = [event for _, event in sorted(events[row], key=lambda one: one[0])]
        yield Case(str(case_id), {k: v for k, v in known.items() if v is not None}, happened)


def _value(physical: Any, type_: Any) -> Any:
    return None if physical is None else value_of(physical, type_)


def _events(columns: EventColumns, words: Words) -> Iterator[tuple[int, int, Event]]:
    fields = words.event_fields(columns.type)
    data = [
        (name, [_value(v, fields[name].type) for v in column.to_list()])
        for name, column in columns.data.items()
    ]
    data += [(role, column.to_list()) for role, column in columns.parties.items()]
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(columns.at))
    ids = (nothing if columns.ids is None else columns.ids).to_list()
    refs = (nothing if columns.refs is None else columns.refs).to_list()

    for row, (case, position, at) in enumerate(
        zip(columns.case.tolist(), columns.position.tolist(), columns.at.tolist(), strict=True)
    ):
        known = {name: values[row] for name, values in data if values[row] is not None}
        yield (
            case,
            position,
            Event(columns.type, EPOCH + timedelta(0, 0, at), id=ids[row], ref=refs[row], **known),
        )

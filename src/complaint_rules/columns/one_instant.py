"""Events of one case at one instant: the order of ``ruleset.event_order.in_order``, in columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from complaint_rules.columns.log import EventColumns, Rows
from complaint_rules.columns.values import take, value_of
from complaint_rules.ruleset.event_order import carried
from complaint_rules.ruleset.vocabulary import Words


def order_of(events: pl.DataFrame, types: pl.Series, number: Rows, moments: Rows) -> pl.Series:
    """By case, time, type and id, no id first; what events carry decides later."""
    kinds = types.unique().sort().to_list()
    keys = {"case": number, "at": moments, "type": types.cast(pl.Enum(kinds)).to_physical()}
    if "id" in events.columns:
        keys["id"] = events["id"].cast(pl.String).fill_null("")
    return pl.DataFrame(keys).select(pl.arg_sort_by(*keys, maintain_order=True)).to_series()


def with_ties_in_order(events: EventColumns, words: Words) -> EventColumns:
    """Events of one type, case and instant without an id, ordered by what they carry."""
    if len(events.at) < 2:
        return events
    tied = (np.diff(events.case) == 0) & (np.diff(events.at) == 0)
    if events.ids is not None:
        unnamed = events.ids.is_null().to_numpy()
        tied &= unnamed[1:] & unnamed[:-1]
    if not tied.any() or not (events.data or events.parties or events.refs is not None):
        return events
    touched = np.flatnonzero(np.append(tied, False) | np.insert(tied, 0, False))
    group = np.cumsum(~np.insert(tied, 0, False))[touched]
    texts = _carried(events.rows(touched), words)
    order = sorted(range(len(touched)), key=lambda row: (group[row], texts[row]))
    if order == list(range(len(touched))):
        return events
    rows = np.arange(len(events.at))
    rows[touched] = touched[order]
    return replace(
        events,
        data={name: take(column, rows) for name, column in events.data.items()},
        parties={role: take(column, rows) for role, column in events.parties.items()},
        refs=None if events.refs is None else take(events.refs, rows),
    )


def _carried(events: EventColumns, words: Words) -> list[str]:
    fields = words.event_fields(events.type)
    data = {name: column.to_list() for name, column in events.data.items()}
    parties = {role: column.to_list() for role, column in events.parties.items()}
    refs = [None] * len(events.at) if events.refs is None else events.refs.to_list()
    return [
        carried(
            ref,
            {
                name: value_of(values[row], fields[name].type)
                for name, values in data.items()
                if values[row] is not None
            },
            {r: tuple(names[row]) for r, names in parties.items() if names[row] is not None},
        )
        for row, ref in enumerate(refs)
    ]

"""Finding events: the first of some types at or after each start, the second, and so on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from complaint_rules.columns.log import Rows
from complaint_rules.columns.state import StateColumns
from complaint_rules.time.columns import Instants


def first_event(
    state: StateColumns, types: tuple[str, ...], position: Rows, case: Rows
) -> Instants:
    """When the first event of some types at or after each start was; ``NONE`` if there is none."""
    times: Instants = state.padded_at[next(events_since(state, types, position, case))]
    return times


def events_since(
    state: StateColumns, types: tuple[str, ...], position: Rows, case: Rows
) -> Iterator[Rows]:
    """The positions of the first, second … event of some types at or after each start.

    The start itself is none of them; -1 where there are no more.
    """
    candidates = state.positions(types)
    end = len(candidates) - 1
    cases = state.padded_case
    index = np.searchsorted(candidates, state.ties[position])
    while True:
        found = candidates[index]
        own = found == position
        if own.any():
            index = np.where(own, index + 1, index)
            found = candidates[index]
        found[cases[found] != case] = -1
        yield found
        index = np.minimum(index + 1, end)

"""Tables with one small thing changed: a value moved, or a bound of a band."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.table_keys import OrderedKey, say_tick
from complaint_rules.ruleset.tables import Table, written

Moved = Callable[[Any, Parameter], Iterator[tuple[str, Any]]]
"""The neighbours of a value, each with what is to be said of it."""


def table_changes(parameter: Parameter, moved: Moved) -> Iterator[tuple[str, Parameter]]:
    """Each value of a table moved by one unit either way, each bound moved to its other side."""
    table = parameter.table
    if table is None:
        return
    for number, row in enumerate(table.rows):
        for what, value in moved(row.value, parameter):
            rows = [*table.rows]
            rows[number] = replace(row, value=value)
            yield f"row {written(row)}: {what}", _with(parameter, replace(table, rows=tuple(rows)))
    for place, key in enumerate(table.keys):
        if isinstance(key, OrderedKey) and place != table.each_band:
            for edge in range(len(key.edges)):
                what = f"the bound {key.name or 'date'} {say_tick(key.edges[edge], key.type)}"
                new = (
                    _other_side(table, place, edge) if key.dense else _next(table, place, key, edge)
                )
                if new is not None:
                    yield f"{what} lies on the other side", _with(parameter, new)


def _with(parameter: Parameter, table: Table) -> Parameter:
    return replace(parameter, table=table)


def _other_side(table: Table, place: int, edge: int) -> Table | None:
    """The edge itself has what holds on the side of which it is no part."""
    on, below, above = 2 * edge + 1, 2 * edge, 2 * edge + 2
    cells = dict(table.cells)
    for cell in table.cells:
        if cell[place] == on:
            sides = [
                table.row((*cell[:place], side, *cell[place + 1 :])) for side in (below, above)
            ]
            own = table.cells[cell]
            other = [row for row in sides if row != own]
            if other and other[0] is not None:
                cells[cell] = other[0]
    return None if cells == table.cells else replace(table, cells=cells)


def _next(table: Table, place: int, key: OrderedKey, edge: int) -> Table | None:
    """What begins at the edge begins one smallest unit later."""
    edges = [*key.edges]
    edges[edge] += 1
    if edge + 1 < len(edges) and edges[edge] == edges[edge + 1]:
        return None  # it was one value alone
    keys = [*table.keys]
    keys[place] = replace(key, edges=tuple(edges))
    return replace(table, keys=tuple(keys))

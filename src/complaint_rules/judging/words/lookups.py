"""Saying which row of a table applied, and which fact gave a limit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from complaint_rules.expressions import Value, names, say_value
from complaint_rules.judging.parameters import keys_of
from complaint_rules.money import Interval
from complaint_rules.ruleset.given import given_by
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.rules import Rule, nodes
from complaint_rules.ruleset.table_keys import Band
from complaint_rules.ruleset.tables import Row, Table, TableValue

if TYPE_CHECKING:
    from complaint_rules.judging.state import State
    from complaint_rules.judging.words.speaker import Speaker


def looked_up(rule: Rule, speaker: Speaker) -> Iterator[str]:
    """A line for each row of a table that a rule goes by, and for each fact that gives a limit."""
    state = speaker.state
    if state is None:
        return
    read = (name for node in nodes(rule) for name in names(node))
    for name in dict.fromkeys([*given_by(rule), *read]):
        parameter = speaker.ruleset.parameters.get(name)
        if parameter is None or parameter.table is None:
            continue
        if parameter.table.each_band is None:
            row = _row(state, parameter, parameter.table)
            if row is not None:
                yield speaker.say(
                    "row", table=speaker.field(name), row=say_row(row, parameter, speaker)
                )
    if rule.kind == "deadline":
        for name in dict.fromkeys(given_by(rule)):
            if name in state.facts:
                value = say_value(
                    state.facts[name], name, speaker.ruleset.words.of_all, speaker.language
                )
                yield speaker.say("values", values=f"{speaker.field(name)} = {value}")


def _row(state: State, parameter: Parameter, table: Table) -> Row | None:
    """The row that applies, where it is known."""
    rows = table.rows_of(keys_of(state, parameter, table))
    return table.rows[rows.pop()] if len(rows) == 1 else None


def say_row(row: Row, parameter: Parameter, speaker: Speaker) -> str:
    """A row as it is written, in words: ``priority p1, category bill: 2 working hours``."""
    said = _value(row.value, parameter, speaker)
    if not parameter.keys:  # the row was chosen by its dates alone
        return said
    alternatively = speaker.words["or"]
    parts = [
        f"{speaker.field(key)} {alternatively.join(_wanted(one, key, speaker) for one in some)}"
        for key, some in row.wanted
    ]
    return speaker.say(
        "row-is",
        keys=speaker.join(parts) or speaker.words["otherwise"],
        value=said,
    )


def _wanted(one: Value | Band, key: str, speaker: Speaker) -> str:
    if not isinstance(one, Band):
        return _say(one, key, speaker)
    bounds = []
    if one.low is not None:
        word = "at-least" if one.low_counts else "above"
        bounds.append(speaker.say(word, value=_say(one.low, key, speaker)))
    if one.high is not None:
        word = "at-most" if one.high_counts else "below"
        bounds.append(speaker.say(word, value=_say(one.high, key, speaker)))
    return speaker.words["and"].join(bounds)


def _say(value: Value, name: str, speaker: Speaker) -> str:
    return say_value(value, name, speaker.ruleset.words.of_all, speaker.language)


def _value(value: TableValue, parameter: Parameter, speaker: Speaker) -> str:
    if isinstance(value, Interval):
        rate = parameter.type == "percent" or (
            parameter.table is not None and parameter.table.each_band is not None
        )
        return f"{value.scaled(Decimal(100))} %" if rate else speaker.amount(value)
    return _say(value, parameter.name, speaker)

"""What parameters are for one case: by date, or by what it has for the keys of a table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from complaint_rules.expressions import Value
from complaint_rules.expressions.bounds import at_least, at_most
from complaint_rules.judging.items import Missing
from complaint_rules.money import EXACT, Interval, plain
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.tables import Table, due_on

if TYPE_CHECKING:
    from complaint_rules.judging.state import State


def value_of(state: State, parameter: Parameter) -> Value | Interval | None:
    """The value for a case, or ``None`` where it is not known."""
    if parameter.table is None:
        return parameter.on(_day_of(state, parameter))
    return parameter.table.choose(keys_of(state, parameter, parameter.table)).value


def bounds_of(state: State, parameter: Parameter) -> Value | Interval | None:
    """The value of an amount for a case; where a key is missing, what it may be."""
    if parameter.table is None:
        return parameter.on(_day_of(state, parameter))
    return parameter.table.choose(keys_of(state, parameter, parameter.table)).hull


def extremes_of(state: State, parameter: Parameter) -> tuple[Value, ...]:
    """The least and the largest value that a parameter may have for a case; none where it may
    have no value at all.
    """
    if parameter.table is None:
        found = value_of(state, parameter)
        values: tuple[Value | Interval, ...] = () if found is None else (found,)
    else:
        values = parameter.table.choose(keys_of(state, parameter, parameter.table)).extremes
    return tuple(bound for value in values for bound in _bounds(value))


def _bounds(value: Value | Interval) -> tuple[Value, ...]:
    if not isinstance(value, Interval):
        return (value,)
    return tuple(bound for bound in (value.minimum, value.maximum) if bound is not None)


def put(state: State, parameter: Parameter, values: dict[str, Value]) -> None:
    """Add what is known of a parameter with a table to the values that a condition reads."""
    extremes = extremes_of(state, parameter)
    if not extremes:
        return
    if extremes[0] == extremes[-1]:
        values[parameter.name] = extremes[0]
    else:
        values[at_least(parameter.name)] = extremes[0]
        values[at_most(parameter.name)] = extremes[-1]


def keys_of(state: State, parameter: Parameter, table: Table) -> list[Value | None]:
    """What a case has for the keys of a table."""
    values: list[Value | None] = [state.facts.get(key) for key in parameter.keys]
    if table.dated:
        values.append(_day_of(state, parameter))
    return values


def _day_of(state: State, parameter: Parameter) -> date | None:
    """The date by which a parameter is chosen, where it is known."""
    if parameter.dated_by is None:
        return state.governing_day
    dating = state.by_type.get(parameter.dated_by)
    zone = state.ruleset.calendar.timezone
    return dating[0].at.astimezone(zone).date() if dating else None


def worked_out(state: State, name: str) -> str | None:
    """How an amount follows that counts each band of another one."""
    parameter = state.ruleset.parameters.get(name)
    table = None if parameter is None else parameter.table
    if parameter is None or table is None or table.each_band is None:
        return None
    values = keys_of(state, parameter, table)
    number = table.each_band
    slots = table.slots([*values[:number], None, *values[number + 1 :]])
    rates = table.rates(tuple(slot or 0 for slot in slots))
    value = values[number]
    assert rates is not None  # noqa: S101 - no cell of a tariff is empty
    assert isinstance(value, Decimal)  # noqa: S101 - the amount is known
    parts = [
        f"{rate.scaled(Decimal(100))} % × "
        f"{plain(EXACT.subtract(value if high is None else min(value, high), low))}"
        for low, high, rate in rates
        if value > low or not low
    ]
    total = due_on(rates, value).rounded(state.ruleset.places)
    return f"{' + '.join(parts)} = {total}"


def missing_for(state: State, parameter: Parameter) -> tuple[Missing, ...]:
    """What has to be known for a parameter to have a value: what it depends on, or itself."""
    dating = parameter.dated_by or state.ruleset.effective_by
    if parameter.table is None:
        if parameter.needs_day and dating not in state.by_type:
            return (Missing(dating, "event"),)
        return (Missing(parameter.name, "parameter"),)
    keys = parameter.table.choose(keys_of(state, parameter, parameter.table)).keys
    facts = state.ruleset.words.facts
    if not keys:
        return (Missing(parameter.name, "parameter"),)
    return tuple(
        Missing(key, "fact", tuple(facts[key].ask.items())) if key else Missing(dating, "event")
        for key in keys
    )

"""Values of facts and event data, drawn where policies go wrong: on the constants that conditions
and tables name, and next to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from complaint_rules.expressions import Type
from complaint_rules.expressions.tree import (
    Among,
    Compare,
    CompareTerms,
    atom_names,
    atoms,
    constants_in,
)
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.tables import values_named
from complaint_rules.ruleset.vocabulary import Field
from complaint_rules.time import (
    CalendarDays,
    CalendarMonths,
    Duration,
    Elapsed,
    Working,
    WorkingDays,
)
from complaint_rules.time.durations import MINUTE, DurationUnit


class DrawnValues:
    """Values of facts: those that conditions compare with, and their neighbours."""

    def __init__(self, ruleset: Ruleset, start: datetime) -> None:
        self.ruleset = ruleset
        self.start = start
        self.constants: dict[str, list[Any]] = {}
        for group in ruleset.scopes:
            for rule in group.rules:
                for atom in atoms(rule.condition.node) if rule.condition else ():
                    name = getattr(atom, "name", "").removeprefix("event.")
                    if isinstance(atom, Compare):
                        self.constants.setdefault(name, []).append(atom.constant)
                    elif isinstance(atom, Among):
                        self.constants.setdefault(name, []).extend(atom.constants)
                    elif isinstance(atom, CompareTerms):
                        numbers = [*constants_in(atom.left), *constants_in(atom.right)]
                        for read in atom_names(atom):
                            self.constants.setdefault(read.removeprefix("event."), []).extend(
                                numbers
                            )

        for parameter in ruleset.parameters.values():
            rows = () if parameter.table is None else parameter.table.rows
            for name, value in values_named(rows):
                self.constants.setdefault(name, []).append(value)

    def of(self, field: Field) -> st.SearchStrategy[Any]:
        known = self.constants.get(field.name, [])
        return _strategy(field.type, known, self.start)


_GIVEN: Final[Mapping[DurationUnit, Duration]] = {
    "elapsed": Elapsed(90 * MINUTE),
    "working": Working(90 * MINUTE),
    "calendar days": CalendarDays(2),
    "calendar months": CalendarMonths(1),
    "working days": WorkingDays(1),
}


def _durations(type_: Type) -> list[Duration]:
    """A duration in each unit that a fact may be in."""
    return [_GIVEN[unit] for unit in type_.units if unit in _GIVEN]


def _strategy(type_: Type, known: list[Any], start: datetime) -> st.SearchStrategy[Any]:
    numbers = [
        value + step
        for value in known
        if isinstance(value, int | Decimal) and not isinstance(value, bool)
        for step in (-1, 0, 1)
    ]
    match type_.name:
        case "bool":
            return st.booleans()
        case "enum":
            return st.sampled_from(type_.values)
        case "money":
            amounts = [number for number in numbers if number >= 0]
            return st.sampled_from([0, Decimal("0.01"), 100, Decimal("61.50"), 1000, *amounts])
        case "duration":
            return st.sampled_from([*_durations(type_), *known])
        case "int":
            return st.sampled_from([0, 1, 2, *(int(number) for number in numbers)])
        case "number":
            return st.sampled_from([0, 1, Decimal("1.5"), *numbers])
        case "date":
            near = st.integers(-3, 3).map(lambda days: start.date() + timedelta(days))
            dates = [day + timedelta(step) for day in known for step in (-1, 0, 1)]
            return st.one_of(near, st.sampled_from(dates)) if dates else near
        case "instant":
            return st.integers(-60, 5 * 24 * 60).map(
                lambda minutes: start + timedelta(minutes=minutes)
            )
    return st.sampled_from(["", "x", *(value for value in known if isinstance(value, str))])

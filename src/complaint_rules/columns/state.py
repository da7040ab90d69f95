"""What is known of every case of a log at one instant, as columns named like conditions do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from complaint_rules.columns.instances import Instances, of_instances
from complaint_rules.columns.lateness import most_late
from complaint_rules.columns.log import EventColumns, Log, Rows
from complaint_rules.columns.lookups import ParameterColumn, TableColumns
from complaint_rules.columns.missing import MissingNames
from complaint_rules.columns.nullable import lists_of_one, optional
from complaint_rules.columns.values import constant, dtype, nothing, take
from complaint_rules.expressions import Type, Value
from complaint_rules.expressions.bounds import AT_LEAST, AT_MOST
from complaint_rules.expressions.moments import ITSELF
from complaint_rules.money import Interval
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.time.columns import Instants
from complaint_rules.time.instants import EPOCH
from complaint_rules.time.limit_columns import NONE, LimitColumns

if TYPE_CHECKING:
    from complaint_rules.columns.past import PastColumns

EPOCH_DAY = EPOCH.date()


@dataclass(slots=True)
class StateColumns:
    """Built up in one direction: facts and events, then deadlines, then what reads them."""

    ruleset: Ruleset
    log: Log
    as_of: int
    time: LimitColumns
    past: PastColumns | None = None
    """What is known of other cases, where counts go over a history."""
    missing: MissingNames = field(default_factory=MissingNames)
    instances: dict[str, Instances] = field(default_factory=dict)
    counted: dict[str, Any] = field(default_factory=dict)
    """What may count within each case, by the name of the count."""
    _people: dict[str, pl.Enum] = field(default_factory=dict)
    _series: dict[str, pl.Series] = field(default_factory=dict)
    _parameters: dict[str, ParameterColumn] = field(default_factory=dict)
    _tables: dict[str, TableColumns] = field(default_factory=dict)
    _times: dict[tuple[str, str | None], LimitColumns] = field(default_factory=dict)
    _positions: dict[tuple[str, ...], Rows] = field(default_factory=dict)
    _ties: Rows | None = None
    _padded: tuple[Rows, Instants] | None = None

    @property
    def events(self) -> Any:
        return self.log.events

    def series(self, name: str) -> pl.Series:
        """The column of a name that a case has one value of."""
        found = self._series.get(name)
        if found is None:
            found = self._series[name] = self._make(name)
        return found

    def _make(self, name: str) -> pl.Series:
        owner, dot, attribute = name.partition(".")
        if not dot:
            if name.removesuffix(AT_LEAST).removesuffix(AT_MOST) in self.ruleset.parameters:
                return self._parameter_series(name)
            return self._fact(name)
        if owner in self.ruleset.words.events:
            return self._of_event_type(owner, attribute)
        if attribute == "late_by":
            return most_late(self.instances.get(owner), owner, self.ruleset, len(self.log))
        return of_instances(self.instances.get(owner), attribute, len(self.log))

    def limit_columns(self, calendar: str, hours: str | None) -> LimitColumns:
        """The time of a calendar by its name, and by its hours where these depend on the case."""
        if calendar == ITSELF and hours is None:
            return self.time
        found = self._times.get((calendar, hours))
        if found is None:
            declared = self.ruleset.calendars[calendar]
            found = self._times[calendar, hours] = self.time.on(declared.with_hours(hours))
        return found

    # Facts

    def _fact(self, name: str) -> pl.Series:
        """As the case has it, then as the latest event that sets it does, else as assumed."""
        words = self.ruleset.words
        declared = words.facts[name]
        column = self.log.facts.get(name)
        if column is None:
            column = nothing(declared.type, len(self.log))
        setters = [
            events
            for type_, events in self.events.items()
            if name in words.events[type_].sets and name in events.data
        ]
        if setters:
            column = self._as_set(column, setters, name)
        if declared.unless_recorded is not None:
            assumed = constant(declared.unless_recorded, declared.type)
            column = column.fill_null(pl.Series([assumed], dtype=column.dtype)[0])
        return column

    def _as_set(self, column: pl.Series, setters: list[EventColumns], name: str) -> pl.Series:
        values = pl.concat([events.data[name] for events in setters], rechunk=True)
        position = np.concatenate([events.position for events in setters])
        case = np.concatenate([events.case for events in setters])
        order = np.argsort(position)
        order = order[values.is_not_null().to_numpy()[order]]
        # Of several for one case the last written stays.
        latest = np.full(len(self.log), -1, dtype=np.int64)
        latest[case[order]] = order
        known = latest >= 0
        return (
            pl.DataFrame({"own": column, "set": take(values, np.where(known, latest, 0))})
            .select(
                pl.when(pl.Series(known)).then(pl.col("set")).otherwise(pl.col("own")).alias(name)
            )
            .to_series()
            if len(values)
            else column
        )

    # Events

    def _of_event_type(self, type_: str, attribute: str) -> pl.Series:
        events = self.events.get(type_)
        count = len(self.log)
        if attribute in ("happened", "count"):
            counts = np.zeros(count, dtype=np.int64)
            if events is not None:
                counts = np.bincount(events.case, minlength=count)
            return pl.Series(counts > 0 if attribute == "happened" else counts)
        return optional(self.event_time(type_, last=attribute == "last_at"))

    def event_time(self, type_: str, *, last: bool = False) -> Instants:
        """When the first, or last, event of a type was; ``NONE`` where there was none."""
        times = np.full(len(self.log), NONE, dtype=np.int64)
        events = self.events.get(type_)
        if events is not None:
            step = slice(None) if last else slice(None, None, -1)
            times[events.case[step]] = events.at[step]
        return times

    def positions(self, types: tuple[str, ...]) -> Rows:
        """The positions of all events of some types, and an end that no event has."""
        found = self._positions.get(types)
        if found is None:
            parts = [self.events[type_].position for type_ in types if type_ in self.events]
            parts.append(np.array([len(self.log.at)] * 2, dtype=np.int64))
            found = self._positions[types] = np.sort(np.concatenate(parts))
        return found

    @property
    def padded_case(self) -> Rows:
        """The case of every event, and none (-1) for the end that no event has."""
        if self._padded is None:
            self._padded = (np.append(self.log.case, -1), np.append(self.log.at, NONE))
        return self._padded[0]

    @property
    def padded_at(self) -> Instants:
        """The time of every event, and ``NONE`` for the end that no event has."""
        _ = self.padded_case
        assert self._padded is not None  # noqa: S101 - made just now
        return self._padded[1]

    @property
    def ties(self) -> Rows:
        """For each event the first one of its case at the same time."""
        if self._ties is None:
            case, at = self.log.case, self.log.at
            begins = np.ones(len(at), dtype=bool)
            begins[1:] = (case[1:] != case[:-1]) | (at[1:] != at[:-1])
            self._ties = np.maximum.accumulate(np.where(begins, np.arange(len(at)), 0))
        return self._ties

    # Parameters

    def governing_days(self, event: str | None) -> Rows:
        """The date by which a parameter is chosen, as days since 1970; ``NONE`` if not known."""
        times = self.event_time(event or self.ruleset.effective_by)
        known = times != NONE
        days = np.full(len(times), NONE, dtype=np.int64)
        if known.any():
            days[known] = self.time.days(times[known])
        return days

    def parameter(self, name: str) -> ParameterColumn:
        """The value of a parameter for each case."""
        found = self._parameters.get(name)
        if found is None:
            parameter = self.ruleset.parameters[name]
            found = self._parameters[name] = (
                self._by_date(parameter)
                if parameter.table is None
                else self.table(name).look_up(self.missing, self._dating(parameter))
            )
        return found

    def table(self, name: str) -> TableColumns:
        """The table of a parameter for all cases."""
        found = self._tables.get(name)
        if found is None:
            parameter = self.ruleset.parameters[name]
            assert parameter.table is not None  # noqa: S101 - the caller has looked
            days = self.governing_days(parameter.dated_by) if parameter.table.dated else None
            found = self._tables[name] = TableColumns(parameter, parameter.table, self.series, days)
        return found

    def _dating(self, parameter: Parameter) -> str:
        """The event whose date chooses a value."""
        return parameter.dated_by or self.ruleset.effective_by

    def _by_date(self, parameter: Parameter) -> ParameterColumn:
        days = self.governing_days(parameter.dated_by) if parameter.needs_day else None
        codes = np.full(len(self.log), -1, dtype=np.int64)
        for number, (first, _) in enumerate(parameter.values):
            if first == date.min:
                codes[:] = number
            elif days is not None:
                codes[(days != NONE) & (days >= (first - EPOCH_DAY).days)] = number
        missing = np.zeros(len(codes), dtype=np.int32)
        unset = codes < 0
        if unset.any():
            missing[unset] = self.missing.code([parameter.name])
            if days is not None:
                missing[unset & (days == NONE)] = self.missing.code([self._dating(parameter)])
        values = [value for _, value in parameter.values]
        return ParameterColumn(codes, values, missing, codes, codes)

    def _parameter_series(self, name: str) -> pl.Series:
        """The value of a parameter, or the least or the most that it can be."""
        plain = name.removesuffix(AT_LEAST).removesuffix(AT_MOST)
        type_: Type = self.ruleset.words.parameters[plain].type
        column = self.parameter(plain)

        def at_end(value: Value | Interval) -> Value | None:
            if not isinstance(value, Interval):
                return value
            if name == plain:
                return value.minimum if value.is_exact else None
            return value.minimum if name.endswith(AT_LEAST) else value.maximum

        ends = map(at_end, column.values)
        codes = column.codes
        if name != plain:
            codes = column.least if name.endswith(AT_LEAST) else column.most
        physical = [None if one is None else constant(one, type_) for one in ends]
        return take(
            pl.Series([*physical, None], dtype=dtype(type_)),
            np.where(codes < 0, len(physical), codes),
        )

    # Parties

    def people(self, role: str) -> pl.Enum:
        """Everybody who has a role in some case."""
        found = self._people.get(role)
        if found is None:
            lists = [self.log.parties.get(role)]
            lists += [events.parties.get(role) for events in self.events.values()]
            names = [
                some.explode().cast(pl.String).drop_nulls().unique()
                for some in lists
                if some is not None
            ]
            every = pl.concat(names).unique() if names else pl.Series([], dtype=pl.String)
            found = self._people[role] = pl.Enum(every)
        return found

    def parties(
        self, role: str, case: Rows, bound: pl.Series | None, own: pl.Series | None = None
    ) -> tuple[Rows, pl.Series]:
        """Who has a role: rows, repeated for each of several, and names.

        ``bound`` is what an event says, ``own`` the party of a time limit.
        """
        lists = self.log.parties.get(role)
        if lists is None and bound is None and own is None:
            return np.arange(len(case)), pl.Series([None], dtype=pl.String).new_from_index(
                0, len(case)
            )
        if lists is None:
            found = pl.Series([None], dtype=pl.List(pl.String)).new_from_index(0, len(case))
        else:
            found = take(lists, case)
        if bound is not None:
            found = _first_known(bound, found)
        if own is not None:
            found = _first_known(lists_of_one(own), found)
        counts = found.list.len().fill_null(1).to_numpy()
        names = found.explode()
        return np.repeat(np.arange(len(case)), counts), names


def _first_known(one: pl.Series, other: pl.Series) -> pl.Series:
    return (
        pl.DataFrame({"one": one, "other": other}).select(pl.coalesce("one", "other")).to_series()
    )

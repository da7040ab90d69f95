"""What the rules of a scope are judged for: rows, and the columns that their conditions read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from complaint_rules.columns.count_spans import CountedColumns
from complaint_rules.columns.counts import counted
from complaint_rules.columns.expressions import expression, missing_expressions
from complaint_rules.columns.instances import LATE, MET, OVERDUE, UNDETERMINED, Instances
from complaint_rules.columns.lateness import lateness_of_instances
from complaint_rules.columns.log import EventColumns, Rows
from complaint_rules.columns.missing import Codes
from complaint_rules.columns.moments import column_of_instants, missing_of_instants
from complaint_rules.columns.nullable import optional
from complaint_rules.columns.state import StateColumns
from complaint_rules.columns.values import constant, nothing, take
from complaint_rules.expressions import names, of_instant
from complaint_rules.expressions.bounds import AT_LEAST, AT_MOST, at_least, at_most
from complaint_rules.ruleset.rules import Rule
from complaint_rules.ruleset.scopes import Scope
from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import NONE

HELD_EDGES = (".missed", ".started")
"""What happens to limits and columns hold; cases with any other of it are judged one by one."""

ROW = "row of the occurrence"
"""The one column that every frame has, so that none is without rows."""


@dataclass(slots=True)
class Occurrences:
    """One row for the case, for each event of a type, or for each instance of a time limit."""

    state: StateColumns
    scope: Scope
    case: Rows
    types: tuple[str, ...] = ()
    """The types of the events that the rows are about, or start with."""
    event_type: Rows | None = None
    event_row: Rows | None = None
    event_at: Instants | None = None
    number: Rows | None = None
    instances: Instances | None = None
    _columns: dict[str, pl.Series] = field(default_factory=dict)
    _counted: dict[str, CountedColumns] = field(default_factory=dict)

    @classmethod
    def of(cls, state: StateColumns, scope: Scope) -> Occurrences | None:
        """The rows of a scope; ``None`` where there are none."""
        match scope.kind:
            case "case":
                return cls(state, scope, np.arange(len(state.log)))
            case "event" | "start":
                events = state.events.get(scope.of)
                return None if events is None else cls._of_events(state, scope, events)
            case "deadline":
                found = state.instances.get(scope.of)
                return None if found is None else cls._of_instances(state, scope, found)
            case "edge":
                found = _happened(state.instances.get(scope.limit or ""), scope.of)
                return None if found is None else cls._of_instances(state, scope, found)

    @classmethod
    def _of_events(cls, state: StateColumns, scope: Scope, events: EventColumns) -> Occurrences:
        count = len(events.case)
        return cls(
            state,
            scope,
            events.case,
            (events.type,),
            np.zeros(count, dtype=np.int64),
            np.arange(count),
            events.at,
            numbered(events.case),
        )

    @classmethod
    def _of_instances(cls, state: StateColumns, scope: Scope, found: Instances) -> Occurrences:
        return cls(
            state,
            scope,
            found.case,
            found.types,
            found.start_type,
            found.start_row,
            found.started_at,
            numbered(found.case),
            found,
        )

    def __len__(self) -> int:
        return len(self.case)

    @property
    def occurred_at(self) -> Instants | None:
        """The time of the event, or the due instant, unless it is about the start of a limit."""
        if self.instances is None or self.scope.of.endswith(".started"):
            return self.event_at
        if not self.scope.of.endswith(".missed"):
            return self.instances.due_at
        # What was due before its duty began is missed when that begins.
        due, begun = self.instances.due_at, self.instances.started_at
        return np.where(due == NONE, NONE, np.maximum(due, begun))

    # Columns

    def column(self, name: str) -> pl.Series:
        """The values of a name, row by row."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self._make(name)
        return found

    def _make(self, name: str) -> pl.Series:
        of = of_instant(name)
        if of is not None:
            return column_of_instants(of, self.column(of.instant), self.case, self.state)
        if self.state.ruleset.words.counts:
            column = self._of_count(name)
            if column is not None:
                return column
        owner, _, attribute = name.partition(".")
        if owner == "event" and self.event_row is not None:
            return self._own_event(attribute)
        if owner == "deadline" and self.instances is not None:
            if f".{attribute.removesuffix('_at')}" in HELD_EDGES and attribute.endswith("_at"):
                at = self.occurred_at
                return optional(np.where(self.instances.certain, NONE if at is None else at, NONE))
            if attribute == "late_by":
                return optional(lateness_of_instances(self.instances, self.state.ruleset))
            return _own_deadline(self.instances, attribute)
        if attribute == "missed_before_event":
            return self._missed_before(owner)
        column = self.state.series(name)
        return column if self.scope.kind == "case" else take(column, self.case)

    def _of_count(self, name: str) -> pl.Series | None:
        """What a count comes to, or one of its bounds; ``None`` for any other name."""
        plain = name.removesuffix(AT_LEAST).removesuffix(AT_MOST)
        count = self.state.ruleset.words.counts.get(plain)
        if count is None:
            return None
        found = self._counted.get(plain)
        if found is None:
            found = self._counted[plain] = counted(self, count)
        if name == plain:
            return optional(found.exact)
        return optional(found.least if name.endswith(AT_LEAST) else found.most)

    def _own_event(self, attribute: str) -> pl.Series:
        if attribute == "at":
            return pl.Series(self.event_at)
        if attribute == "number":
            return pl.Series(self.number)
        parts = []
        for type_ in self.types:
            words = self.state.ruleset.words
            declared = words.event_fields(type_)[attribute]
            events = self.state.events[type_]
            column = events.data.get(attribute)
            if column is None:
                column = nothing(declared.type, len(events.at))
            own = words.events[type_].fields.get(attribute)
            if own is not None and own.unless_recorded is not None:
                assumed = constant(own.unless_recorded, own.type)
                column = column.fill_null(pl.Series([assumed], dtype=column.dtype)[0])
            parts.append(column)
        return self.of_events(parts)

    def of_events(self, parts: list[pl.Series]) -> pl.Series:
        """Columns of the events of each type, put together row by row."""
        assert self.event_row is not None  # noqa: S101 - the rows are about events
        assert self.event_type is not None  # noqa: S101 - the rows are about events
        if len(parts) == 1:
            if len(parts[0]) == len(self.event_row) and self.scope.kind == "event":
                return parts[0]
            return take(parts[0], self.event_row)
        offsets = np.cumsum([0, *(len(part) for part in parts[:-1])])
        joined = pl.concat([part.alias("one") for part in parts], rechunk=True)
        return take(joined, self.event_row + offsets[self.event_type])

    def _missed_before(self, deadline: str) -> pl.Series:
        """Whether a limit of the case had been missed before the event."""
        found = self.state.instances.get(deadline)
        count = len(self.state.log)
        assert self.event_at is not None  # noqa: S101 - judged per event
        never = np.iinfo(np.int64).max
        missed, unknown = np.full(count, never), np.full(count, never)
        if found is not None:
            late = (found.status == LATE) | (found.status == OVERDUE)
            rules = self.state.ruleset.deadlines
            sooner = np.array([rule.missed_at_the_limit for rule in rules], dtype=np.int64)
            due, begun = found.due_at[late], found.started_at[late]
            missed_at = np.where(due < begun, begun, due - sooner[found.rule[late]])
            np.minimum.at(missed, found.case[late], missed_at)
            open_ = found.status == UNDETERMINED
            np.minimum.at(unknown, found.case[open_], found.started_at[open_])
        before = missed[self.case] < self.event_at
        perhaps = ~before & (unknown[self.case] < self.event_at)
        return optional(np.where(perhaps, NONE, before)).cast(pl.Boolean)

    def parties_bound(self, role: str) -> pl.Series | None:
        """Who the events say has a role, as lists; ``None`` where no event says so."""
        if self.event_row is None:
            return None
        parts = []
        for type_ in self.types:
            events = self.state.events[type_]
            bound = events.parties.get(role)
            if bound is None:
                bound = pl.Series([None], dtype=pl.List(pl.String)).new_from_index(
                    0, len(events.at)
                )
            parts.append(bound)
        if all(part.null_count() == len(part) for part in parts):
            return None
        return self.of_events(parts)

    def own_party(self, role: str) -> pl.Series | None:
        """The party of the time limit that the rows are about, where it has that role."""
        found = self.instances
        if found is None or found.duty_of != role or found.party.null_count() == len(found):
            return None
        return found.party

    def parties(self, role: str, rows: Rows) -> tuple[Rows, pl.Series]:
        """Who has a role: some of the rows, repeated for each of several, and their names."""
        bound, own = self.parties_bound(role), self.own_party(role)
        repeated, names = self.state.parties(
            role,
            self.case[rows],
            None if bound is None else take(bound, rows),
            None if own is None else take(own, rows),
        )
        return rows[repeated], names

    # Conditions

    def judge(self, rules: Iterable[Rule]) -> dict[str, pl.Series]:
        """Whether each rule applies: true, false or null, row by row.

        What follows from a time limit that may not have started is not certain either.
        """
        rules = list(rules)
        vocabulary = self.state.ruleset.words.vocabulary(self.scope)
        frame = self.frame([rule for rule in rules if rule.condition is not None])
        expressions = []
        certain = None
        if self.instances is not None and not self.instances.certain.all():
            certain = pl.when(pl.Series(self.instances.certain)).then(statement=True)
        for rule in rules:
            found = pl.lit(value=True)
            if rule.condition is not None:
                found = expression(rule.condition.node, vocabulary)
            expressions.append((found if certain is None else found & certain).alias(rule.id))
        judged = frame.with_columns(expressions)
        return {rule.id: judged[rule.id] for rule in rules}

    def frame(self, rules: Iterable[Rule], rows: Rows | None = None) -> pl.DataFrame:
        names = dict.fromkeys(name for rule in rules for name in _names(rule))
        for name in [name for name in names if self._has_bounds(name)]:
            names |= {at_least(name): None, at_most(name): None}
        count = len(self) if rows is None else len(rows)
        columns = [pl.int_range(count, eager=True).alias(ROW)]
        for name in names:
            column = self.column(name).alias(name)
            columns.append(column if rows is None else take(column, rows))
        return pl.DataFrame(columns)

    def _has_bounds(self, name: str) -> bool:
        words = self.state.ruleset.words
        return name in words.counts or (
            name in words.parameters and words.parameters[name].has_bounds
        )

    def condition_missing(self, rule: Rule, rows: Rows) -> Codes:
        """For rows where a rule is unknown, the names that have to be known."""
        found = np.zeros(len(rows), dtype=np.int32)
        if self.instances is not None:
            # Where the condition holds, it is the start of the limit that is unknown.
            uncertain = ~self.instances.certain[rows]
            found[uncertain] = self.instances.missing[rows][uncertain]
        if rule.condition is None:
            return found
        vocabulary = self.state.ruleset.words.vocabulary(self.scope)
        frame = self.frame([rule], rows)
        node = rule.condition.node
        unknown = frame.with_columns(expression(node, vocabulary).is_null().alias("unknown"))
        found[unknown["unknown"].to_numpy()] = 0
        for name, where in missing_expressions(node, vocabulary).items():
            mask = frame.with_columns(where.fill_null(value=False).alias("here"))["here"].to_numpy()
            if mask.any():
                codes = np.where(mask, self.name_missing(name, rows), 0).astype(np.int32)
                found = self.state.missing.join(found, codes)
        return found

    def name_missing(self, name: str, rows: Rows) -> Codes:
        """What has to be known for a name to have a value, row by row."""
        state = self.state
        of = of_instant(name)
        if of is not None:
            instants = take(self.column(of.instant), rows)
            unknown = missing_of_instants(of, instants, self.case[rows], state)
            given = self.name_missing(of.instant, rows)
            return np.where(instants.is_null().to_numpy(), given, unknown).astype(np.int32)
        if name in state.ruleset.words.counts:
            self.column(name)
            return self._counted[name].missing(rows)
        owner, dot, attribute = name.partition(".")
        if not dot:
            if name in state.ruleset.parameters:
                return state.parameter(name).missing[self.case[rows]]
            return np.full(len(rows), state.missing.code([name]), dtype=np.int32)
        if owner == "event" and self.event_type is not None:
            codes = [state.missing.code([f"{type_}.{attribute}"]) for type_ in self.types]
            return np.array(codes, dtype=np.int32)[self.event_type[rows]]
        own = np.full(len(rows), state.missing.code([name]), dtype=np.int32)
        if owner in state.ruleset.words.events:
            return own
        if owner == "deadline" and self.instances is not None:
            found = self.instances.missing[rows]
        else:
            found = _missing_of_cases(state, owner, self.case[rows])
        return np.where(found > 0, found, own).astype(np.int32)


def _happened(found: Instances | None, of: str) -> Instances | None:
    """The instances to which it happened, those of which that is unknown as uncertain ones."""
    if found is None or of.endswith(".started"):
        return found
    unknown = found.status == UNDETERMINED
    rows = np.flatnonzero(unknown | (found.status == LATE) | (found.status == OVERDUE))
    if not len(rows):
        return None
    some = found.pick(rows)
    some.certain = ~unknown[rows]
    return some


def _names(rule: Rule) -> tuple[str, ...]:
    return () if rule.condition is None else names(rule.condition.node)


def numbered(case: Rows) -> Rows:
    """The number of each row within its case, from 1."""
    count = len(case)
    begins = np.ones(count, dtype=bool)
    begins[1:] = case[1:] != case[:-1]
    index = np.arange(count)
    numbers: Rows = index - np.maximum.accumulate(np.where(begins, index, 0)) + 1
    return numbers


def _own_deadline(found: Instances, attribute: str) -> pl.Series:
    unknown = found.status == UNDETERMINED
    late = (found.status == LATE) | (found.status == OVERDUE)
    match attribute:
        case "started":
            values = np.where(found.certain, 1, NONE)
        case "missed":
            values = np.where(unknown, NONE, late)
        case "met":
            values = np.where(unknown, NONE, found.status == MET)
        case "target_missed":
            values = np.where(unknown, NONE, found.target_missed)
        case "target_at":
            return optional(found.target_at)
        case "overdue_days":
            counted = np.where((found.overdue_days == NONE) & ~late, 0, found.overdue_days)
            return optional(np.where(unknown, NONE, counted))
        case _:
            return optional(found.due_at)
    return optional(values).cast(pl.Boolean)


def _missing_of_cases(state: StateColumns, deadline: str, case: Rows) -> Codes:
    """What is missing for any instance that each case has of a time limit."""
    codes: Codes = np.zeros(len(state.log), dtype=np.int32)
    found = state.instances.get(deadline)
    if found is not None and found.missing.any():
        rows = np.flatnonzero(found.missing)
        # The first of each case, then the second, and so on.
        rank = numbered(found.case[rows])
        for number in range(1, int(rank.max()) + 1):
            some = rows[rank == number]
            more = np.zeros(len(state.log), dtype=np.int32)
            more[found.case[some]] = found.missing[some]
            codes = state.missing.join(codes, more)
    return codes[case]

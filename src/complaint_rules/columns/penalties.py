"""Penalties and reliefs of a whole log: the columnar reading of ``evaluation.penalties``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import polars as pl

from complaint_rules.columns.amounts import AmountColumns, Unit, penalty_amounts
from complaint_rules.columns.log import Rows
from complaint_rules.columns.missing import Codes
from complaint_rules.columns.nullable import (
    Mask,
    true_mask,
    true_rows,
    unknown_mask,
    unknown_rows,
)
from complaint_rules.columns.occurrences import Occurrences
from complaint_rules.columns.state import StateColumns
from complaint_rules.columns.tables import Tables, about
from complaint_rules.columns.values import take
from complaint_rules.judging.penalties import exceptions_of
from complaint_rules.ruleset.rules import Penalty, Relief
from complaint_rules.ruleset.scopes import CASE, Scope


@dataclass(slots=True)
class Judged:
    """The penalties and reliefs of one scope, row by row."""

    occurrences: Occurrences
    penalties: Sequence[Penalty]
    own: Mapping[str, pl.Series]
    """Whether the condition of each rule holds, reliefs included."""
    stands: Mapping[str, pl.Series]
    """Whether each penalty stands: its condition holds, and no exception to it stands."""


@dataclass(slots=True)
class Verdicts:
    """One penalty for the rows where it stands or may stand, a row for each party."""

    rule: Penalty
    judged: Judged
    rows: Rows
    role: str
    party: pl.Series
    stands: Mask
    amounts: AmountColumns
    missing: Codes
    """What is missing for the condition and the amount."""
    reliefs: list[tuple[Relief, Mask, Mask]] = field(default_factory=list)
    """The reliefs that certainly and that possibly touch each row."""

    @property
    def case(self) -> Rows:
        return self.judged.occurrences.case[self.rows]

    @property
    def certain(self) -> Mask:
        """Whether it stands, and its amount is known as far as it ever will be."""
        known: Mask = self.stands & (self.missing == 0)
        return known


def judge_penalties(state: StateColumns, unit: Unit, tables: Tables) -> list[Verdicts]:
    """Put penalties, reliefs and what is undetermined of them into the tables."""
    ruleset = state.ruleset
    exceptions = exceptions_of(ruleset.penalties)
    case_reliefs = [relief for relief in ruleset.reliefs if relief.scope == CASE]
    of_case = Occurrences.of(state, CASE)
    assert of_case is not None  # noqa: S101 - every case has a row
    granted = of_case.judge(case_reliefs) if case_reliefs else {}
    found = []
    for scope in dict.fromkeys(penalty.scope for penalty in ruleset.penalties):
        occurrences = of_case if scope == CASE else Occurrences.of(state, scope)
        if occurrences is None:
            continue
        judged = _judge(state, scope, occurrences, exceptions)
        for rule in judged.penalties:
            verdicts = _verdicts(unit, judged, rule)
            if verdicts is None:
                continue
            _relieve(verdicts, granted)
            _add(state, unit, verdicts, tables, _missing(judged, rule, verdicts, exceptions, unit))
            found.append(verdicts)
    return found


def _judge(
    state: StateColumns,
    scope: Scope,
    occurrences: Occurrences,
    exceptions: Mapping[str, Sequence[str]],
) -> Judged:
    penalties = [rule for rule in state.ruleset.penalties if rule.scope == scope]
    reliefs = [rule for rule in state.ruleset.reliefs if rule.scope == scope]
    own = occurrences.judge([*penalties, *reliefs])
    stands: dict[str, pl.Series] = {}

    def standing(rule_id: str) -> pl.Series:
        if rule_id not in stands:
            excepted = [standing(other) for other in exceptions.get(rule_id, ())]
            stands[rule_id] = unless(own[rule_id], excepted)
        return stands[rule_id]

    for rule in penalties:
        standing(rule.id)
    return Judged(occurrences, penalties, own, stands)


def unless(own: pl.Series, excepted: Sequence[pl.Series]) -> pl.Series:
    """What holds and is not excepted, in three values."""
    if not excepted:
        return own
    frame = pl.DataFrame([own.alias("own"), *(one.alias(f"{i}") for i, one in enumerate(excepted))])
    none = reduce(lambda left, right: left & right, (~pl.col(str(i)) for i in range(len(excepted))))
    return frame.select(pl.col("own") & none).to_series()


def _verdicts(unit: Unit, judged: Judged, rule: Penalty) -> Verdicts | None:
    occurrences, stands = judged.occurrences, judged.stands[rule.id]
    possible = unknown_rows(stands)
    rows = true_rows(stands)
    if len(possible):
        rows = np.sort(np.concatenate([rows, possible]))
    if not len(rows):
        return None
    if rule.against is not None:
        role = rule.against
        rows, party = occurrences.parties(role, rows)
    else:
        assert occurrences.instances is not None  # noqa: S101 - the compiler wants a party elsewhere
        role = occurrences.instances.duty_of
        party = take(occurrences.instances.party, rows)
    amounts, missing = penalty_amounts(occurrences, unit, rule, rows)
    unknown = unknown_mask(judged.own[rule.id])[rows]
    if unknown.any():
        codes = np.zeros(len(rows), dtype=np.int32)
        codes[unknown] = occurrences.condition_missing(rule, rows[unknown])
        missing = occurrences.state.missing.join(codes, missing)
    certain = true_mask(stands)[rows]
    return Verdicts(rule, judged, rows, role, party, certain, amounts, missing)


def _missing(
    judged: Judged,
    rule: Penalty,
    verdicts: Verdicts,
    exceptions: Mapping[str, Sequence[str]],
    unit: Unit,
) -> Codes:
    """What is missing for a penalty, or for the exceptions to it where that is all."""
    missing = verdicts.missing
    left = ~verdicts.stands & (missing == 0)
    if not left.any():
        return missing
    state = judged.occurrences.state
    rows = verdicts.rows[left]
    codes = np.zeros(len(rows), dtype=np.int32)
    rules = {penalty.id: penalty for penalty in judged.penalties}
    for other in exceptions.get(rule.id, ()):
        its = _verdicts(unit, judged, rules[other])
        if its is None:
            continue
        by_row = np.zeros(len(judged.occurrences), dtype=np.int32)
        by_row[its.rows] = _missing(judged, rules[other], its, exceptions, unit)
        codes = state.missing.join(codes, by_row[rows])
    found = missing.copy()
    found[left] = codes
    return found


def _relieve(verdicts: Verdicts, granted: Mapping[str, pl.Series]) -> None:
    occurrences = verdicts.judged.occurrences
    for relief in occurrences.state.ruleset.reliefs:
        if verdicts.rule.id not in relief.of:
            continue
        if relief.id in granted:
            applies = take(granted[relief.id], verdicts.case)
        elif relief.scope == occurrences.scope:
            applies = take(verdicts.judged.own[relief.id], verdicts.rows)
        else:
            continue
        certain, possible = true_mask(applies), unknown_mask(applies)
        if certain.any() or possible.any():
            verdicts.reliefs.append((relief, certain, possible))


def _add(
    state: StateColumns, unit: Unit, verdicts: Verdicts, tables: Tables, missing: Codes
) -> None:
    rule, occurrences = verdicts.rule, verdicts.judged.occurrences
    bounds = unit.rounded(verdicts.amounts, rule.unit)
    in_unit = rule.unit or state.ruleset.currency
    head = {"rule": rule.id, "clause": rule.clause, "unit": in_unit, "imposes": rule.imposes}
    some = np.flatnonzero(verdicts.certain)
    if len(some):
        rows = verdicts.rows[some]
        at = occurrences.occurred_at
        relieved = np.zeros(len(some), dtype=np.int32)
        for relief, certain, _ in verdicts.reliefs:
            codes = np.where(certain[some], state.missing.code([relief.id]), 0).astype(np.int32)
            relieved = state.missing.join(relieved, codes)
        tables.add(
            "penalties",
            verdicts.case[some],
            {
                **head,
                "against": verdicts.role,
                "party": take(verdicts.party, some),
                "kind": rule.penalty_kind,
                "minimum": bounds.minimum[some],
                "maximum": bounds.maximum[some],
                **about(occurrences, rows),
                "occurred_at": None if at is None else at[rows],
                "refers_to": rule.refers_to,
                "relieved_by": state.missing.series(relieved),
            },
        )
    open_ = np.flatnonzero(~verdicts.certain)
    if len(open_):
        low = np.where(verdicts.stands[open_], bounds.minimum[open_], 0)
        tables.add(
            "undetermined",
            verdicts.case[open_],
            {
                **head,
                "kind": "penalty",
                "party": take(verdicts.party, open_),
                **about(occurrences, verdicts.rows[open_]),
                "missing": state.missing.series(missing[open_]),
                "minimum": low,
                "maximum": bounds.maximum[open_],
            },
        )
    for relief, certain, possible in verdicts.reliefs:
        _add_relief(state, unit, verdicts, tables, (relief, certain, possible))


def _add_relief(
    state: StateColumns,
    unit: Unit,
    verdicts: Verdicts,
    tables: Tables,
    one: tuple[Relief, Mask, Mask],
) -> None:
    relief, certain, possible = one
    occurrences = verdicts.judged.occurrences
    bounds = unit.rounded(unit.scaled(verdicts.amounts, relief.factor), verdicts.rule.unit)
    in_unit = verdicts.rule.unit or state.ruleset.currency
    head = {"rule": relief.id, "clause": relief.clause, "unit": in_unit}
    some = np.flatnonzero(certain & verdicts.certain)
    if len(some):
        granted = None
        if relief.granted_by is not None:
            granted = state.event_time(relief.granted_by, last=True)[verdicts.case[some]]
        tables.add(
            "reliefs",
            verdicts.case[some],
            {
                **head,
                "penalty": verdicts.rule.id,
                "party": take(verdicts.party, some),
                "kind": "cancel" if relief.cancels else "refund",
                "minimum": bounds.minimum[some],
                "maximum": bounds.maximum[some],
                **about(occurrences, verdicts.rows[some]),
                "granted_at": granted,
            },
        )
    open_ = np.flatnonzero(possible | (certain & ~verdicts.certain))
    if len(open_):
        missing = verdicts.missing[open_]
        unknown = possible[open_]
        if unknown.any():
            own = np.zeros(len(open_), dtype=np.int32)
            judged = occurrences
            rows = verdicts.rows[open_][unknown]
            if relief.scope == CASE and occurrences.scope != CASE:
                of_case = Occurrences.of(state, CASE)
                assert of_case is not None  # noqa: S101 - every case has a row
                judged, rows = of_case, verdicts.case[open_][unknown]
            own[unknown] = judged.condition_missing(relief, rows)
            missing = state.missing.join(missing, own)
        tables.add(
            "undetermined",
            verdicts.case[open_],
            {
                **head,
                "kind": "relief",
                "party": take(verdicts.party, open_),
                **about(occurrences, verdicts.rows[open_]),
                "missing": state.missing.series(missing),
                "minimum": np.zeros(len(open_), dtype=np.int64),
                "maximum": bounds.maximum[open_],
            },
        )

"""What each party owes: the columnar reading of ``evaluation.liabilities``.

Penalties that are certain stand alone. Undetermined ones of one occurrence that read the same
unknown, or except each other, are looked at together: all rows in which the same is unknown at
once, for each combination of what may turn out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import product
from math import prod
from typing import Any

import numpy as np
import polars as pl

from complaint_rules.columns.amounts import AmountColumns, Unit
from complaint_rules.columns.expressions import expression
from complaint_rules.columns.log import Rows
from complaint_rules.columns.nullable import Mask, true_mask, unknown_mask
from complaint_rules.columns.penalties import Judged, Verdicts
from complaint_rules.columns.state import StateColumns
from complaint_rules.columns.tables import Tables, about
from complaint_rules.columns.values import constant, dtype, take
from complaint_rules.expressions import Value, Vocabulary, names
from complaint_rules.expressions.bounds import at_least, at_most, turning_values
from complaint_rules.judging.liabilities import MOST_COMBINATIONS
from complaint_rules.judging.penalties import exceptions_of, linked_by_exceptions
from complaint_rules.money import EXACT
from complaint_rules.ruleset.rules import Penalty, Relief

Outcome = Mapping[str, Mask]
"""Whether the condition of each rule holds, row by row."""


def add_liabilities(
    state: StateColumns, unit: Unit, found: Sequence[Verdicts], tables: Tables
) -> None:
    """Put what each party owes into the table."""
    scopes: dict[int, list[Verdicts]] = {}
    for verdicts in found:
        _add_certain(unit, verdicts, tables)
        scopes.setdefault(id(verdicts.judged), []).append(verdicts)
    for together in scopes.values():
        _Unknown(state, unit, together, tables).add()


def remaining(unit: Unit, verdicts: Verdicts, rows: Rows) -> AmountColumns:
    """What may remain of a penalty in some of its rows, reliefs taken into account."""
    amounts = verdicts.amounts.rows(rows)
    reliefs = [
        (relief, certain[rows], possible[rows]) for relief, certain, possible in verdicts.reliefs
    ]
    if not reliefs or not len(rows):
        return amounts
    found = None
    # What is certain, and that together with each relief that is possible.
    for more in [None, *(number for number, _ in enumerate(reliefs))]:
        where = np.ones(len(rows), dtype=bool) if more is None else reliefs[more][2]
        if not where.any():
            continue
        touched = [
            (relief, certain | (possible if number == more else False))
            for number, (relief, certain, possible) in enumerate(reliefs)
        ]
        left = _relieved(unit, amounts, touched)
        found = left if found is None else _hull_where(found, left, where)
    assert found is not None  # noqa: S101 - the first is always looked at
    return found


def _hull_where(one: AmountColumns, other: AmountColumns, where: Mask) -> AmountColumns:
    joined = one.hull(other)
    return AmountColumns(
        np.where(where, joined.minimum, one.minimum), np.where(where, joined.maximum, one.maximum)
    )


def _relieved(
    unit: Unit, amounts: AmountColumns, touched: Sequence[tuple[Relief, Mask]]
) -> AmountColumns:
    """What is left when reliefs apply in some rows: the largest counts, one that cancels wins."""
    low, high = amounts.minimum.copy(), amounts.maximum.copy()
    for relief, where in sorted(touched, key=lambda one: (one[0].cancels, one[0].factor)):
        left = (
            unit.scaled(amounts, EXACT.subtract(Decimal(1), relief.factor))
            if not relief.cancels
            else None
        )
        low[where] = 0 if left is None else left.minimum[where]
        high[where] = 0 if left is None else left.maximum[where]
    return AmountColumns(low, high)


def _add_certain(unit: Unit, verdicts: Verdicts, tables: Tables) -> None:
    rows = np.flatnonzero(verdicts.stands)
    bounds = unit.rounded(remaining(unit, verdicts, rows), verdicts.rule.unit)
    _add(tables, verdicts, rows, [verdicts.rule], bounds, ~verdicts.certain[rows])


def _add(
    tables: Tables,
    verdicts: Verdicts,
    rows: Rows,
    rules: Sequence[Penalty],
    bounds: AmountColumns,
    undetermined: Mask,
) -> None:
    rules = sorted(rules, key=lambda rule: rule.id)
    ids = [rule.id for rule in rules]
    tables.add(
        "liabilities",
        verdicts.case[rows],
        {
            "rules": pl.Series([ids], dtype=pl.List(pl.String)).new_from_index(0, len(rows)),
            "clause": ", ".join(dict.fromkeys(rule.clause for rule in rules)),
            "against": verdicts.role,
            "party": take(verdicts.party, rows),
            "unit": verdicts.rule.unit or verdicts.judged.occurrences.state.ruleset.currency,
            "minimum": bounds.minimum,
            "maximum": bounds.maximum,
            **about(verdicts.judged.occurrences, verdicts.rows[rows]),
            "undetermined": undetermined,
        },
    )


class _Unknown:
    """The undetermined penalties of one scope."""

    def __init__(
        self, state: StateColumns, unit: Unit, verdicts: Sequence[Verdicts], tables: Tables
    ) -> None:
        self.state, self.unit, self.tables = state, unit, tables
        self.verdicts = {one.rule.id: one for one in verdicts}
        self.judged: Judged = verdicts[0].judged
        self.exceptions = exceptions_of(state.ruleset.penalties)
        self.names = tuple(
            dict.fromkeys(
                name
                for one in verdicts
                if one.rule.condition is not None
                for name in names(one.rule.condition.node)
            )
        )

    def add(self) -> None:
        """Group the rows by what is unknown in them, and judge each group at once."""
        occurrences = self.judged.occurrences
        unknown = {rule: unknown_mask(self.judged.stands[rule]) for rule in self.verdicts}
        rows = np.flatnonzero(np.logical_or.reduce(list(unknown.values())))
        if not len(rows):
            return
        rules = list(self.verdicts)
        bits = [unknown[rule][rows] for rule in rules]
        bits += [unknown_mask(self.judged.own[rule])[rows] for rule in rules]
        bits += [unknown_mask(occurrences.column(name))[rows] for name in self.names]
        if occurrences.instances is not None:
            bits.append(~occurrences.instances.certain[rows])
        packed = np.packbits(np.stack(bits, axis=1), axis=1)
        _, first, inverse = np.unique(packed, axis=0, return_index=True, return_inverse=True)
        for number, example in enumerate(first.tolist()):
            signature = [bool(bit[example]) for bit in bits]
            count = len(rules)
            standing = [rule for rule, bit in zip(rules, signature[:count], strict=True) if bit]
            open_ = {
                rule for rule, bit in zip(rules, signature[count : 2 * count], strict=True) if bit
            }
            absent = {
                name
                for name, bit in zip(
                    self.names, signature[2 * count : 2 * count + len(self.names)], strict=True
                )
                if bit
            }
            may_not_be = occurrences.instances is not None and signature[-1]
            some = rows[inverse.reshape(-1) == number]
            for group in self._groups(standing, absent):
                self._judge(group, open_, absent, some, may_not_be=may_not_be)

    def _absent_names(self, rule: str, absent: set[str]) -> list[str]:
        condition = self.verdicts[rule].rule.condition
        if condition is None:
            return []
        return [name for name in names(condition.node) if name in absent]

    def _groups(self, rules: Sequence[str], absent: set[str]) -> list[list[str]]:
        """Rules that are linked by exceptions, or by a name that is unknown for them."""
        groups: list[tuple[set[str], list[str]]] = []
        for rule in rules:
            links = {
                f"rule {other}"
                for other in linked_by_exceptions(
                    rule, self.state.ruleset.penalties, self.exceptions
                )
            }
            links |= {f"name {name}" for name in self._absent_names(rule, absent)}
            members = [rule]
            for entry in [entry for entry in groups if not entry[0].isdisjoint(links)]:
                groups.remove(entry)
                links |= entry[0]
                members = [*entry[1], *members]
            groups.append((links, members))
        return [members for _, members in groups]

    def _judge(
        self,
        group: Sequence[str],
        open_: set[str],
        absent: set[str],
        rows: Rows,
        *,
        may_not_be: bool,
    ) -> None:
        by_role: dict[tuple[str, str], list[str]] = {}
        for rule in group:
            key = (self.verdicts[rule].role, self.verdicts[rule].rule.unit)
            by_role.setdefault(key, []).append(rule)
        outcomes = self._outcomes(group, open_, absent, rows)
        many = None if outcomes is None else list(outcomes)
        for mine in by_role.values():
            verdicts = self.verdicts[mine[0]]
            # Rows of the verdicts, one for each party, that lie in these occurrences.
            place = np.full(len(self.judged.occurrences), -1, dtype=np.int64)
            place[rows] = np.arange(len(rows))
            picked = np.flatnonzero(place[verdicts.rows] >= 0)
            where = place[verdicts.rows[picked]]
            amounts = {rule: self._amounts(rule, rows)[1].rows(where) for rule in mine}
            owed = self._owed(mine, amounts, many, where, may_not_be=may_not_be)
            rules = [self.verdicts[rule].rule for rule in mine]
            _add(
                self.tables,
                verdicts,
                picked,
                rules,
                self.unit.rounded(owed, rules[0].unit),
                np.ones(len(picked), bool),
            )

    def _amounts(self, rule: str, rows: Rows) -> tuple[Rows, AmountColumns]:
        """What may remain of a penalty, one row for each occurrence."""
        verdicts = self.verdicts[rule]
        first = np.full(len(self.judged.occurrences), -1, dtype=np.int64)
        first[verdicts.rows[::-1]] = np.arange(len(verdicts.rows))[::-1]
        return first, remaining(self.unit, verdicts, first[rows])

    def _owed(
        self,
        mine: Sequence[str],
        amounts: Mapping[str, AmountColumns],
        outcomes: Sequence[Outcome] | None,
        where: Rows,
        *,
        may_not_be: bool,
    ) -> AmountColumns:
        count = len(where)
        nothing = AmountColumns.nothing(count)
        if outcomes is None:
            owed = nothing
            for amount in amounts.values():
                owed = owed.plus(amount.hull(nothing), np.ones(count, dtype=bool))
            return owed
        total = nothing if may_not_be else None
        for outcome in outcomes:
            owed = nothing
            for rule in mine:
                owed = owed.plus(amounts[rule], self._stands(rule, outcome)[where])
            total = owed if total is None else total.hull(owed)
        return nothing if total is None else total

    def _stands(self, rule: str, outcome: Outcome) -> Mask:
        stands: Mask = outcome[rule].copy()
        for other in self.exceptions.get(rule, ()):
            if other in outcome:
                stands &= ~self._stands(other, outcome)
        return stands

    def _outcomes(
        self, group: Sequence[str], open_: set[str], absent: set[str], rows: Rows
    ) -> Iterator[Outcome] | None:
        missing = list(
            dict.fromkeys(name for rule in group for name in self._absent_names(rule, absent))
        )
        vocabulary = self.state.ruleset.words.vocabulary(self.judged.occurrences.scope)
        domains = [self._values(name, group, vocabulary) for name in missing]
        if all(domains) and prod(map(len, domains)) <= MOST_COMBINATIONS:
            return self._by_values(group, missing, domains, rows)
        unknown = [rule for rule in group if rule in open_]
        if 2 ** len(unknown) > MOST_COMBINATIONS:
            return None
        return self._by_rules(group, unknown, len(rows))

    def _values(self, name: str, group: Sequence[str], vocabulary: Vocabulary) -> tuple[Value, ...]:
        """Values of an unknown name of which every outcome comes about with one."""
        type_ = vocabulary[name].type
        if name not in self.state.ruleset.words.counts:
            return (True, False) if type_.name == "bool" else tuple(type_.values)
        rules = [self.verdicts[rule].rule for rule in group]
        conditions = [rule.condition.node for rule in rules if rule.condition is not None]
        return turning_values(name, conditions, type_)

    def _by_values(
        self,
        group: Sequence[str],
        missing: Sequence[str],
        domains: Sequence[Sequence[object]],
        rows: Rows,
    ) -> Iterator[Outcome]:
        vocabulary = self.state.ruleset.words.vocabulary(self.judged.occurrences.scope)
        rules = [self.verdicts[rule].rule for rule in group]
        frame = self.judged.occurrences.frame(rules, rows)
        conditions = [
            (
                pl.lit(value=True)
                if rule.condition is None
                else expression(rule.condition.node, vocabulary)
            ).alias(rule.id)
            for rule in rules
        ]
        for combination in product(*domains):
            supposed = [
                column
                for name, value in zip(missing, combination, strict=True)
                for column in _supposed(name, value, vocabulary)
            ]
            judged = frame.with_columns(supposed).with_columns(conditions)
            yield {rule.id: true_mask(judged[rule.id]) for rule in rules}

    @staticmethod
    def _by_rules(group: Sequence[str], unknown: Sequence[str], count: int) -> Iterator[Outcome]:
        certain = {rule: np.ones(count, dtype=bool) for rule in group}
        for combination in product((True, False), repeat=len(unknown)):
            yield certain | {
                rule: np.full(count, holds)
                for rule, holds in zip(unknown, combination, strict=True)
            }


def _supposed(name: str, value: Any, vocabulary: Vocabulary) -> list[pl.Expr]:
    """Columns in which a name has a value, a count the nearest one between its bounds."""
    type_ = vocabulary[name].type
    if not vocabulary[name].has_bounds:
        return [pl.lit(value, dtype=dtype(type_)).alias(name)]
    wanted = pl.lit(constant(value, type_), dtype=dtype(type_))
    within = pl.max_horizontal(
        pl.min_horizontal(wanted, pl.col(at_most(name))), pl.col(at_least(name))
    )
    return [within.alias(column) for column in (name, at_least(name), at_most(name))]

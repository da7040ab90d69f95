"""Cases whose amounts are too large, or numbers too fine, for columns of whole numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from complaint_rules.columns.amounts import LARGEST, Unit
from complaint_rules.columns.figures import NUMBER_PLACES
from complaint_rules.columns.log import Log, Rows
from complaint_rules.columns.nullable import Mask
from complaint_rules.columns.values import scale_of
from complaint_rules.expressions import Type, Vocabulary
from complaint_rules.expressions.tree import (
    Between,
    Constant,
    Percent,
    Reference,
    Term,
    Times,
    inner_terms,
)
from complaint_rules.money import Interval
from complaint_rules.ruleset.amounts import Amount, OverdueDay
from complaint_rules.ruleset.rules import Penalty
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.scopes import CASE, Scope
from complaint_rules.time.instants import DAY_MICROSECONDS
from complaint_rules.time.periods import AccrualPeriod

Size = NDArray[np.float64]
"""For each case how large something may be."""

MOST_DAYS: Final = 4_000_000
"""More days than the calendar has."""

_IN_A_DAY: Final = {"minute": 1440, "hour": 24}
_COARSE: Final = rf"^-?[0-9]+(\.[0-9]{{1,{NUMBER_PLACES}}})?$"


class Sizes:
    """How large the amounts of a log may become."""

    def __init__(self, ruleset: Ruleset, log: Log, as_of: int) -> None:
        self.ruleset = ruleset
        self.log = log
        self.unit = Unit(ruleset)
        self.most_days = self._most_days(as_of)

    def _most_days(self, as_of: int) -> float:
        """A limit that falls due when an event says may have been overdue for ever."""
        anywhere = any(
            rule.by or rule.before or rule.agreed or rule.lead for rule in self.ruleset.deadlines
        )
        if anywhere or not len(self.log.at):
            return MOST_DAYS
        return max(as_of - int(self.log.at.min()), 0) / DAY_MICROSECONDS + 2

    def mark(self, alone: Mask) -> None:
        """Mark the cases that are judged one by one."""
        for rule in self.ruleset.penalties:
            self._mark_penalty(rule, alone)
        for cap in self.ruleset.caps:
            self._mark_amount(cap.at_most, CASE, alone)
        largest = self.unit.largest_cents / 10**self.unit.scale
        for charge in self.ruleset.charges:
            alone |= self._of_name(charge.cost, {}) > largest

    def _mark_penalty(self, rule: Penalty, alone: Mask) -> None:
        if rule.base is not None and rule.amount is None:
            alone |= self._of_name(rule.base, {}) > self.unit.largest_cents / 10**self.unit.scale
        if rule.amount is not None:
            self._mark_amount(rule.amount, rule.scope, alone)

    def _mark_amount(self, amount: Amount, scope: Scope, alone: Mask) -> None:
        vocabulary = self.ruleset.words.vocabulary(scope)
        size = self._of_amount(amount, vocabulary)
        fits = LARGEST / (self.unit.in_a_cent * 10**self.unit.scale * float(self.unit.factor))
        alone |= size > fits
        for name in amount.names:
            if name in vocabulary and vocabulary[name].type.name == "number":
                self._mark_fine(name, alone)

    def _of_amount(self, amount: Amount, vocabulary: Vocabulary) -> Size:
        found = self._of_term(amount.term, vocabulary) * self._most_periods(amount.per)
        for bound in amount.terms[1:]:
            found = np.maximum(found, self._of_term(bound, vocabulary))
        return found

    def _most_periods(self, per: AccrualPeriod | OverdueDay | None) -> float:
        if per is None:
            return 1
        return self.most_days * (1 if isinstance(per, str) else _IN_A_DAY.get(per.unit, 1))

    def _of_term(self, term: Term, vocabulary: Vocabulary) -> Size:
        """How large a term may be, or anything that it is worked out from."""
        inner = [self._of_term(part, vocabulary) for part in inner_terms(term)]
        match term:
            case Constant(value):
                return np.full(len(self.log), abs(float(value)))
            case Between(_, high):
                return np.full(len(self.log), float(high))
            case Reference(name):
                return self._of_name(name, vocabulary)
            case Times():
                # What is multiplied by less than one is large before it is.
                return np.maximum(inner[0], 1) * np.maximum(inner[1], 1)
            case Percent(percent, _, up_to):
                return inner[0] * max(1.0, float(up_to or percent) / 100)
            case _:
                total: Size = np.sum(inner, axis=0)
                return total

    def _of_name(self, name: str, vocabulary: Vocabulary) -> Size:
        ruleset, log = self.ruleset, self.log
        owner, dot, attribute = name.partition(".")
        if not dot and name in ruleset.parameters:
            parameter = ruleset.parameters[name]
            values: list[Any] = list(parameter.every_value())
            ends = [value.maximum if isinstance(value, Interval) else value for value in values]
            most = max((abs(float(end)) for end in ends if end), default=0.0)
            if parameter.table is not None and parameter.table.each_band is not None:
                base = parameter.table.keys[parameter.table.each_band].name
                return self._of_name(base, vocabulary) * max(most, 1.0)
            return np.full(len(log), most)
        if name in ruleset.words.facts:
            found = self._largest(log.facts.get(name), None, ruleset.words.facts[name].type)
            assumed = ruleset.words.facts[name].unless_recorded
            if isinstance(assumed, int | Decimal):
                found = np.maximum(found, abs(float(assumed)))
            setters = [events for events in log.events.values() if name in events.data]
            for events in setters:
                of_events = self._largest(
                    events.data[name], events.case, ruleset.words.facts[name].type
                )
                found = np.maximum(found, of_events)
            return found
        if owner == "event" and attribute != "number":
            found = np.zeros(len(log))
            for events in log.events.values():
                if attribute in events.data:
                    type_ = vocabulary[name].type
                    column = self._largest(events.data[attribute], events.case, type_)
                    found = np.maximum(found, column)
            return found
        if not dot:  # a sum over events
            return np.full(len(log), float(LARGEST))
        # Numbers of events, and of days.
        return np.full(len(log), max(float(len(log.at)), self.most_days))

    def _largest(self, column: pl.Series | None, case: Any, type_: Type) -> Size:
        found = np.zeros(len(self.log))
        if column is None or not column.dtype.is_numeric():
            return found
        values = column.cast(pl.Float64).abs().fill_null(0.0).to_numpy()
        if type_.name == "money":
            values = values / 10 ** scale_of(type_.places)
        if case is None:
            return values
        np.maximum.at(found, case, values)
        return found

    def _mark_fine(self, name: str, alone: Mask) -> None:
        """Mark the cases that give a number more decimal places than columns have for it."""
        attribute = name.partition(".")[2] or name
        columns: list[tuple[pl.Series | None, Rows]] = [
            (events.data.get(attribute), events.case) for events in self.log.events.values()
        ]
        for column, case in [(self.log.facts.get(attribute), np.arange(len(self.log))), *columns]:
            if column is not None and column.dtype.is_float():
                coarse = column.cast(pl.String).str.contains(_COARSE)
                alone[case[(~coarse).fill_null(value=False).to_numpy()]] = True

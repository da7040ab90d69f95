"""The tidy tables of a simulation: their columns, and how they are put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, get_args

import numpy as np
import polars as pl

from complaint_rules.columns.instances import LATE_IN, STATUSES
from complaint_rules.columns.log import Rows
from complaint_rules.columns.nullable import optional
from complaint_rules.columns.occurrences import Occurrences
from complaint_rules.columns.values import money, money_dtype, take
from complaint_rules.ruleset.amounts import PenaltyKind
from complaint_rules.ruleset.rules import Kind
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import NONE

NAMES: Final = pl.List(pl.String)
CAPACITIES: Final = ["handle", "decide", "approve", "inform", "review"]

TABLES: Final = (
    "deadlines",
    "escalations",
    "penalties",
    "reliefs",
    "charges",
    "records",
    "undetermined",
    "liabilities",
)


def schemas(ruleset: Ruleset, case: Any) -> Mapping[str, Mapping[str, Any]]:
    """The columns of every table, in order. ``case`` is the type of the cases' ids."""
    rules = list(ruleset.rules())
    rule = pl.Enum(list(dict.fromkeys(one.id for one in rules)))
    clause = pl.Enum(list(dict.fromkeys(one.clause for one in rules)))
    instant = pl.Datetime("us", ruleset.calendar.timezone.key)
    head = {"case": case, "rule": rule, "clause": clause}
    amount = money_dtype(ruleset.places)
    bounds = {"minimum": amount, "maximum": amount}
    # Only where there is more than money.
    units = [ruleset.currency, *ruleset.units]
    owed = {**bounds, "unit": pl.Enum(units)} if ruleset.units else bounds
    imposed = {"imposes": pl.Enum(list(ruleset.sanctions))} if ruleset.sanctions else {}
    # What the rule was judged for: nothing for the case, an event, or a time limit and its start.
    words = ruleset.words
    per = {"per": _names([*words.events, *words.deadlines]), "event_at": instant}
    edges = dict.fromkeys(start for rule in ruleset.deadlines for start in rule.start_edges)
    role, event = _names(words.roles), _names([*words.events, *edges])
    document, cost = _names(ruleset.documents), _names([*words.facts, *ruleset.parameters])
    return {
        "deadlines": {
            **head,
            "duty_of": role,
            "party": pl.String,
            "event": event,
            "started_at": instant,
            "due_at": instant,
            "target_at": instant,
            "status": pl.Enum(list(STATUSES)),
            "done_at": instant,
            "late_by": pl.Duration("us"),
            "late_in": pl.Enum(list(LATE_IN)),
            "overdue_days": pl.Int64,
            "certain": pl.Boolean,
        },
        "escalations": {
            **head,
            "to": role,
            "party": pl.String,
            "capacity": pl.Enum(CAPACITIES),
            **per,
            "since": instant,
            "complete": pl.Boolean,
            "final": pl.Boolean,
            "refers_to": document,
        },
        "penalties": {
            **head,
            "against": role,
            "party": pl.String,
            "kind": pl.Enum(list(get_args(PenaltyKind))),
            **owed,
            **imposed,
            **per,
            "occurred_at": instant,
            "refers_to": document,
            "relieved_by": NAMES,
        },
        "reliefs": {
            **head,
            "penalty": rule,
            "party": pl.String,
            "kind": pl.Enum(["cancel", "refund"]),
            **owed,
            **per,
            "granted_at": instant,
        },
        "charges": {
            **head,
            "cost": cost,
            "borne_by": role,
            "party": pl.String,
            **bounds,
            **per,
        },
        "records": {
            **head,
            "kept_by": role,
            **per,
            "complete": pl.Boolean,
            "missing": NAMES,
        },
        "undetermined": {
            **head,
            "kind": pl.Enum(list(get_args(Kind))),
            "party": pl.String,
            **per,
            "missing": NAMES,
            **owed,
        },
        "liabilities": {
            "case": case,
            "rules": NAMES,
            "clause": pl.String,
            "against": role,
            "party": pl.String,
            **owed,
            **per,
            "undetermined": pl.Boolean,
        },
    }


def _names(names: Iterable[str]) -> pl.Enum:
    return pl.Enum(list(dict.fromkeys(names)))


class Tables:
    """Collects the rows of every table, rule by rule; each column is made once, at the end."""

    def __init__(self, ruleset: Ruleset, ids: pl.Series) -> None:
        self.ids = ids
        self.schemas = schemas(ruleset, ids.dtype)
        self.otherwise = {"unit": ruleset.currency}
        """What stands in columns that not all rules fill."""
        self._parts: dict[str, list[tuple[Rows, Mapping[str, Any]]]] = {name: [] for name in TABLES}

    def add(self, table: str, case: Rows, columns: Mapping[str, Any]) -> None:
        """Add rows for some cases. A column is a series, an array, or one value for all."""
        if len(case):
            self._parts[table].append((case, columns))

    def done(self) -> dict[str, pl.DataFrame]:
        """All tables; one without rows has its columns all the same."""
        return {name: self._table(name) for name in TABLES}

    def _table(self, name: str) -> pl.DataFrame:
        parts, schema = self._parts[name], self.schemas[name]
        if not parts:
            return pl.DataFrame(schema=dict(schema))
        lengths = [len(case) for case, _ in parts]
        made = [take(self.ids, np.concatenate([case for case, _ in parts])).alias("case")]
        for column, kind in schema.items():
            if column != "case":
                pieces = [part.get(column, self.otherwise.get(column)) for _, part in parts]
                made.append(_column(column, pieces, kind, lengths))
        return pl.DataFrame(made)


def _column(name: str, pieces: Sequence[Any], kind: Any, lengths: Sequence[int]) -> pl.Series:
    if not any(isinstance(piece, pl.Series | np.ndarray) for piece in pieces):
        # The type is looked at once: an enum of many rules takes time to make.
        number = {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}
        labels = pl.Series(name, list(number), dtype=kind)
        return pl.concat(
            labels.new_from_index(number[piece], length)
            for piece, length in zip(pieces, lengths, strict=True)
        )
    if all(isinstance(piece, np.ndarray) for piece in pieces):
        return _typed(pl.Series(name, np.concatenate(pieces)), kind).alias(name)
    return pl.concat(
        _typed(_series(piece, kind, length), kind).alias(name)
        for piece, length in zip(pieces, lengths, strict=True)
    )


def _series(piece: Any, kind: Any, length: int) -> pl.Series:
    if isinstance(piece, pl.Series | np.ndarray):
        return pl.Series(piece)
    return pl.Series([piece], dtype=kind).new_from_index(0, length)


def _typed(column: pl.Series, kind: Any) -> pl.Series:
    if column.dtype == kind and kind != pl.Int64:
        return column
    if isinstance(kind, pl.Decimal):
        return money(optional(column.to_numpy()), kind)
    if isinstance(kind, pl.Datetime):
        moments = optional(column.to_numpy()).cast(pl.Datetime("us", "UTC"))
        return moments.dt.convert_time_zone(str(kind.time_zone))
    if kind == pl.Int64 or isinstance(kind, pl.Duration):
        return optional(column.to_numpy()).cast(kind)
    if isinstance(kind, pl.Enum) and column.dtype == pl.Int64:
        labels = pl.Series([*kind.categories, None], dtype=kind)
        codes = column.to_numpy()
        return take(labels, np.where(codes == NONE, len(labels) - 1, codes))
    return column.cast(kind)


def about(occurrences: Occurrences, rows: Rows) -> dict[str, Any]:
    """The columns that say what a rule was judged for."""
    if occurrences.event_at is None:
        return {"per": None, "event_at": None}
    event_at: Instants = occurrences.event_at[rows]
    name = occurrences.scope.limit or occurrences.scope.of
    return {"per": name, "event_at": event_at}

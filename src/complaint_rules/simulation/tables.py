"""The tidy tables of a simulation: their columns, and how they are put together."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, get_args

import numpy as np
import polars as pl

from complaint_rules.policy.rules import Kind, PenaltyKind
from complaint_rules.policy.ruleset import Ruleset
from complaint_rules.simulation.log import Rows
from complaint_rules.simulation.occurrences import Occurrences
from complaint_rules.simulation.state import LATE_IN, STATUSES, optional
from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import NONE

MONEY: Final = pl.Decimal(38, 2)
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
    bounds = {"minimum": MONEY, "maximum": MONEY}
    # What the rule was judged for: nothing for the case, an event, or a time limit and its start.
    per = {"per": pl.String, "event_at": instant}
    return {
        "deadlines": {
            **head,
            "duty_of": pl.String,
            "party": pl.String,
            "event": pl.String,
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
            "to": pl.String,
            "party": pl.String,
            "capacity": pl.Enum(CAPACITIES),
            **per,
            "since": instant,
            "complete": pl.Boolean,
            "final": pl.Boolean,
            "refers_to": pl.String,
        },
        "penalties": {
            **head,
            "against": pl.String,
            "party": pl.String,
            "kind": pl.Enum(list(get_args(PenaltyKind))),
            **bounds,
            **per,
            "occurred_at": instant,
            "refers_to": pl.String,
            "relieved_by": NAMES,
        },
        "reliefs": {
            **head,
            "penalty": rule,
            "party": pl.String,
            "kind": pl.Enum(["cancel", "refund"]),
            **bounds,
            **per,
            "granted_at": instant,
        },
        "charges": {
            **head,
            "cost": pl.String,
            "borne_by": pl.String,
            "party": pl.String,
            **bounds,
            **per,
        },
        "records": {
            **head,
            "kept_by": pl.String,
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
            **bounds,
        },
        "liabilities": {
            "case": case,
            "rules": NAMES,
            "clause": pl.String,
            "against": pl.String,
            "party": pl.String,
            **bounds,
            **per,
            "undetermined": pl.Boolean,
        },
    }


class Tables:
    """Collects the rows of every table, rule by rule."""

    def __init__(self, ruleset: Ruleset, ids: pl.Series) -> None:
        self.ids = ids
        self.schemas = schemas(ruleset, ids.dtype)
        self._parts: dict[str, list[pl.DataFrame]] = {name: [] for name in TABLES}

    def add(self, table: str, case: Rows, columns: Mapping[str, Any]) -> None:
        """Add rows for some cases. A column is a series, an array, or one value for all."""
        if not len(case):
            return
        made = []
        for name, kind in self.schemas[table].items():
            value = self.ids.gather(case) if name == "case" else columns[name]
            made.append(_column(name, value, kind, len(case)))
        self._parts[table].append(pl.DataFrame(made))

    def add_frame(self, table: str, frame: pl.DataFrame) -> None:
        """Add rows that have all columns already."""
        if len(frame):
            self._parts[table].append(frame)

    def done(self) -> dict[str, pl.DataFrame]:
        """All tables; one without rows has its columns all the same."""
        return {
            name: pl.concat(parts) if parts else pl.DataFrame(schema=schema)
            for (name, parts), schema in zip(
                self._parts.items(), self.schemas.values(), strict=True
            )
        }


def _column(name: str, value: Any, kind: Any, count: int) -> pl.Series:
    if not isinstance(value, pl.Series | np.ndarray):
        return pl.Series(name, [value], dtype=kind).new_from_index(0, count)
    column = value.alias(name) if isinstance(value, pl.Series) else pl.Series(name, value)
    if kind == MONEY:
        return money(optional(column.to_numpy())).alias(name)
    if isinstance(kind, pl.Datetime):
        column = optional(column.to_numpy()) if column.dtype == pl.Int64 else column
        return (
            column.cast(pl.Datetime("us", "UTC"))
            .dt.convert_time_zone(str(kind.time_zone))
            .alias(name)
        )
    if kind == pl.Int64 or isinstance(kind, pl.Duration):
        return optional(column.to_numpy()).cast(kind).alias(name)
    if isinstance(kind, pl.Enum) and column.dtype == pl.Int64:
        labels = pl.Series([*kind.categories, None], dtype=kind)
        codes = column.to_numpy()
        return labels.gather(np.where(codes == NONE, len(labels) - 1, codes)).alias(name)
    return column.cast(kind)


def money(cents: pl.Series) -> pl.Series:
    """Whole cents as amounts."""
    return (
        pl.DataFrame({"cents": cents})
        .select(pl.col("cents").cast(pl.Decimal(38, 0)) * pl.lit(Decimal("0.01"), dtype=MONEY))
        .to_series()
        .cast(MONEY)
    )


def about(occurrences: Occurrences, rows: Rows) -> dict[str, Any]:
    """The columns that say what a rule was judged for."""
    if occurrences.event_at is None:
        return {"per": None, "event_at": None}
    event_at: Instants = occurrences.event_at[rows]
    name = occurrences.scope.of
    return {"per": name, "event_at": event_at}

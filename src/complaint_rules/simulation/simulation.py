"""What a policy says about many cases: tidy tables, and totals of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from complaint_rules.columns.judge import judge_log
from complaint_rules.columns.log import Log
from complaint_rules.columns.one_by_one import cases_of
from complaint_rules.columns.past import PastColumns
from complaint_rules.columns.tables import TABLES
from complaint_rules.columns.values import money_dtype, readable
from complaint_rules.errors import DecisionError, did_you_mean
from complaint_rules.judging.decision import Decision
from complaint_rules.money import Interval
from complaint_rules.policy import Policy
from complaint_rules.simulation.histories import GivenHistory, read_past
from complaint_rules.simulation.progress import shown
from complaint_rules.simulation.reading import Reading, Unknown, read_log
from complaint_rules.simulation.results import Result
from complaint_rules.time import read_instant
from complaint_rules.time.columns import Instants
from complaint_rules.time.limit_columns import NONE

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 200_000
"""So many cases are judged at once: enough to be quick, few enough to be small."""

KEYS = ("party", "against", "clause", "month", "case")


class Simulation(Result):
    """A policy applied to many cases at one instant. ``simulate`` makes one.

    The tables are Polars data frames with one row for each item that the decisions have:
    ``deadlines``, ``escalations``, ``penalties``, ``reliefs``, ``charges``, ``records``,
    ``undetermined`` and ``liabilities`` (what each party owes, reliefs and uncertainty taken into
    account). ``cases`` has one row for each case, with its total. Amounts are ranges; a bound is
    null where it is open.
    """

    def __init__(
        self,
        policy: Policy,
        log: Log,
        as_of: datetime,
        tables: Mapping[str, pl.DataFrame],
        one_by_one: int,
        check_date: bool,
        past: PastColumns | None = None,
    ) -> None:
        self.policy = policy
        self.log = log
        self.as_of = as_of
        self.one_by_one = one_by_one
        """How many cases were judged one by one, which takes longer; the answer is the same."""
        self.check_date = check_date
        self.past = past
        """What is known of other cases, for counts over a history."""
        self.deadlines = tables["deadlines"]
        self.escalations = tables["escalations"]
        self.penalties = tables["penalties"]
        self.reliefs = tables["reliefs"]
        self.charges = tables["charges"]
        self.records = tables["records"]
        self.undetermined = tables["undetermined"]
        self.liabilities = tables["liabilities"]
        self._cases: pl.DataFrame | None = None

    def __len__(self) -> int:
        return len(self.log)

    def __repr__(self) -> str:
        return (
            f"<Simulation of {len(self):,} cases under {self.policy.id} as of "
            f"{self.as_of.isoformat()}: {self.total()} {self.policy.ruleset.currency}>"
        )

    def tables(self) -> dict[str, pl.DataFrame]:
        """All tables by name."""
        return {name: getattr(self, name) for name in TABLES}

    def arrow(self) -> dict[str, pa.Table]:
        """All tables by name, for Arrow."""
        return {name: table.to_arrow() for name, table in self.tables().items()}

    # Totals

    @property
    def cases(self) -> pl.DataFrame:
        """One row for each case: its facts, when it began, its month, and what is owed for it."""
        if self._cases is None:
            self._cases = self._with_totals(case_columns(self.policy, self.log))
        return self._cases

    def _with_totals(self, cases: pl.DataFrame) -> pl.DataFrame:
        owed = self.owed().group_by("case").agg(*bounds(), pl.col("undetermined").any())
        joined = cases.join(owed, on="case", how="left", maintain_order="left")
        none = ~pl.col("case").is_in(owed["case"].implode())
        zero = pl.lit(Decimal(0), dtype=money_dtype(self.policy.ruleset.places))
        return joined.with_columns(
            pl.when(none).then(zero).otherwise(pl.col("minimum")).alias("minimum"),
            pl.when(none).then(zero).otherwise(pl.col("maximum")).alias("maximum"),
            pl.col("undetermined").fill_null(value=False),
        )

    def liabilities_in_money(self) -> pl.DataFrame:
        """The liabilities without those in other units, which are never added to money."""
        ruleset = self.policy.ruleset
        if not ruleset.units:
            return self.liabilities
        return self.liabilities.filter(pl.col("unit") == ruleset.currency)

    def owed(self) -> pl.DataFrame:
        """What each party owes in each case in money, as the policy says how penalties add up."""
        liabilities = self.liabilities_in_money()
        if self.policy.ruleset.adds_up != "heaviest":
            return liabilities
        heaviest = pl.when(pl.col("maximum").has_nulls()).then(None).otherwise(pl.max("maximum"))
        return liabilities.group_by("case", "against", "party", maintain_order=True).agg(
            pl.max("minimum"), heaviest.alias("maximum"), pl.col("undetermined").any()
        )

    def total(self) -> Interval:
        """What all parties owe together in all cases."""
        found = self.owed().select(bounds()).row(0)
        return Interval(*found)

    def by(self, *keys: str) -> pl.DataFrame:
        """Totals by one or several of party, against, clause, month, case, or facts of the case.

        Each row has the number of ``cases`` and of ``liabilities``; the bounds of the total, null
        as soon as one liability is open in that direction; how many are ``open``, and the bounds
        of all others without them; and the share that is still ``undetermined``.

        Raises:
            DecisionError: there is nothing of that name to go by.
        """
        known = [*KEYS, *(name for name in self.cases.columns if name in self.log.facts)]
        for key in keys:
            if key not in known:
                raise DecisionError(
                    f"totals cannot go by {key!r}{did_you_mean(key, known)}: use {', '.join(known)}"
                )
        owed = self.owed()
        if "clause" in keys and "clause" not in owed.columns:
            raise DecisionError(
                "under this policy the heaviest penalty counts for each party, so no clause has a "
                "share of the total: go by party, or look at the table of penalties"
            )
        of_case = [key for key in keys if key not in owed.columns]
        if of_case:
            owed = owed.join(self.cases.select("case", *of_case), on="case", how="left")
        return owed.group_by(*keys).agg(counted()).sort(*keys, nulls_last=True)

    # Showing

    def table(self) -> pl.DataFrame:
        """The totals by party."""
        return self.by("against", "party")

    def picture(self, by: str = "against") -> Any:
        """The range of the total by party, clause, month or a fact. Needs ``notebook``."""
        from complaint_rules.pictures import ranges

        return ranges(self.by(by), by, self.policy.ruleset.currency)

    def distribution(self) -> Any:
        """How many cases cost how much. Needs the extra ``notebook``."""
        from complaint_rules.pictures import distribution

        return distribution(self.cases, self.policy.ruleset.currency)

    # One case

    def decision(self, case: Any) -> Decision:
        """The decision on one case, with its reasons.

        Raises:
            DecisionError: there is no such case.
        """
        rows = np.flatnonzero((self.log.ids == case).to_numpy())
        if not len(rows):
            raise DecisionError(f"there is no case {case!r}: use one of the ids in 'cases'")
        some = self.log.pick(rows)
        (one,) = cases_of(some, self.policy.ruleset.words)
        past = self.past
        return self.policy.evaluate(
            one,
            as_of=self.as_of,
            history=None if past is None else past.history_of(some, 0, self.as_of),
            check_date=self.check_date,
        )


def totals() -> list[pl.Expr]:
    """The sums of both bounds, null where one of them is open; how many are open in either
    direction, and the sums of both bounds of the others.
    """
    sums = [
        pl.when(pl.col(bound).has_nulls()).then(None).otherwise(pl.sum(bound)).alias(bound)
        for bound in ("minimum", "maximum")
    ]
    open_ = pl.col("minimum").is_null() | pl.col("maximum").is_null()
    closed = [
        pl.col(bound).filter(~open_).sum().alias(f"{bound}_without_open")
        for bound in ("minimum", "maximum")
    ]
    return [*sums, open_.sum().alias("open"), *closed]


def counted() -> list[pl.Expr]:
    """How many cases and liabilities, their totals, and the share that is undetermined."""
    return [
        pl.col("case").n_unique().alias("cases"),
        pl.len().alias("liabilities"),
        *totals(),
        pl.col("undetermined").mean().fill_null(0.0),
    ]


def bounds() -> list[pl.Expr]:
    """The sums of both bounds alone."""
    return totals()[:2]


def case_columns(policy: Policy, log: Log) -> pl.DataFrame:
    """The cases of a log: id, when they began and in which month, and their facts."""
    ruleset = policy.ruleset
    began: Instants = np.full(len(log), NONE, dtype=np.int64)
    events = log.events.get(ruleset.effective_by)
    if events is not None:
        began[events.case[::-1]] = events.at[::-1]
    zone = ruleset.calendar.timezone.key
    moments = pl.Series("began_at", began).set(pl.Series(began == NONE), None)
    local = moments.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone)
    facts = [
        readable(column, ruleset.words.facts[name].type, zone).alias(name)
        for name, column in log.facts.items()
        if name not in (*KEYS, "began_at", "minimum", "maximum", "undetermined")
    ]
    month = local.dt.strftime("%Y-%m").alias("month")
    return pl.DataFrame([log.ids.alias("case"), local, month, *facts])


def simulate(
    policy: Policy,
    cases: Any,
    events: Any = None,
    *,
    as_of: datetime | str,
    case: str | None = None,
    event: str | None = None,
    time: str | None = None,
    timezone: str | None = None,
    activities: Mapping[str, str] | None = None,
    unknown: Unknown = "refuse",
    history: GivenHistory | None = None,
    complete_from: datetime | str | None = None,
    check_date: bool = False,
    progress: bool | None = None,
) -> Simulation:
    """What a policy says about many cases: the same as ``evaluate`` says about each.

    ``cases`` has one row for each case, with facts and roles as columns, and either the events as
    a column of lists of structs (``type``, ``at``, optionally ``id`` and ``ref``, and their data)
    or beside it in ``events``, one row for each. Or it is an event log: one row for each event
    with case, activity and time, as pm4py and bupaR name them, and attributes; what is said of
    the case stands in columns that begin with ``case:``, or in any of its rows.

    Args:
        policy: the policy, which may be a draft.
        cases: a frame of Polars or pandas, an Arrow table, or a list of ``Case``.
        events: the events, where they are a frame of their own.
        as_of: the instant at which to judge. Events after it are not looked at.
        case: the column that names the case, where it is not called so.
        event: the column with the types of events.
        time: the column with the times of events.
        timezone: whose time it is, for times without a timezone.
        activities: the policy's event types by the names that the log has for them.
        unknown: refuse columns and events that the policy does not know, or leave them out.
        history: what counts over a history go over: ``"cases"`` for the log itself, of which each
            case sees what came before it in others; a frame with one row for each entry (``kind``,
            ``at``, ``case`` where known, and its data and roles as columns); or a ``History``.
            Without it such counts are not known beyond the case itself.
        complete_from: since when a history that is a frame has everything; left out, all of it.
        check_date: refuse cases of dates on which the policy is not in force. Without it the
            answer is what the policy would have said.
        progress: show a bar while it works; by itself in a terminal or notebook, after a second.

    Raises:
        CaseError: a column, event or value does not fit the policy's words.
        NaiveDatetime: times have no timezone, and none is given.
        PolicyNotInForce: ``check_date``, and a case is of a date that the policy does not govern.

    >>> from complaint_rules import load_policy
    >>> log = pl.DataFrame({
    ...     "case": ["C-1", "C-1", "C-2"],
    ...     "activity": ["registered", "delivered", "registered"],
    ...     "timestamp": [
    ...         "2018-07-02T09:00+08:00", "2018-07-02T09:40+08:00", "2018-07-03T09:00+08:00"
    ...     ],
    ...     "case:complaint_origin": ["external", None, "external"],
    ... })
    >>> found = simulate(load_policy("yundewu-2018"), log, as_of="2018-07-04T00:00+08:00")
    >>> found.deadlines.filter(pl.col("rule") == "deliver").select("case", "status").rows()
    [('C-1', 'late'), ('C-2', 'overdue')]
    """
    how = Reading(case, event, time, timezone, activities, unknown)
    log = read_log(policy.ruleset.words, cases, events, how)
    moment = read_instant(as_of, "as_of")
    log, past = read_past(policy, log, history, moment, complete_from, how)
    return judge(policy, log, moment, check_date=check_date, progress=progress, past=past)


def judge(
    policy: Policy,
    log: Log,
    as_of: datetime,
    *,
    check_date: bool,
    progress: bool | None,
    past: PastColumns | None = None,
) -> Simulation:
    """Judge a log in batches."""
    found: list[dict[str, pl.DataFrame]] = []
    alone = 0
    for part in shown(batches(log), len(log), "cases", progress):
        tables, one_by_one = judge_log(policy, part, as_of, check_date=check_date, past=past)
        found.append(tables)
        alone += one_by_one
    joined = {name: pl.concat([tables[name] for tables in found]) for name in TABLES}
    return Simulation(policy, log, as_of, joined, alone, check_date, past)


def batches(log: Log, size: int = BATCH) -> Iterator[Log]:
    """The cases of a log, some at a time."""
    if len(log) <= size:
        yield log
        return
    for first in range(0, len(log), size):
        yield log.part(first, min(first + size, len(log)))

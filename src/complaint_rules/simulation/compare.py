"""Two policies on the same cases: who pays more or less, and by which clause."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any, Final, Unpack

import polars as pl

from complaint_rules.policy import Policy
from complaint_rules.simulation.histories import GivenHistory, read_past
from complaint_rules.simulation.options import ReadingOptions, reading
from complaint_rules.simulation.progress import shown
from complaint_rules.simulation.reading import read_log
from complaint_rules.simulation.results import Result
from complaint_rules.simulation.simulation import Simulation, bounds, judge
from complaint_rules.time import read_instant

CHANGES: Final = ("less", "same", "more", "unclear")
"""``unclear`` where one bound rises and the other falls."""

BOUNDS: Final = ("minimum_before", "maximum_before", "minimum_after", "maximum_after")


class Comparison(Result):
    """Two simulations of the same cases. ``compare`` makes one."""

    def __init__(self, before: Simulation, after: Simulation) -> None:
        self.before = before
        self.after = after

    def __repr__(self) -> str:
        counts = {row["change"]: row["cases"] for row in self.summary.to_dicts()}
        told = ", ".join(f"{counts.get(change, 0):,} {change}" for change in CHANGES)
        return f"<Comparison of {len(self.before):,} cases: {told}>"

    @cached_property
    def cases(self) -> pl.DataFrame:
        """For each case the total before and after, and whether it is less, the same or more."""
        after = self.after.cases.select("case", "minimum", "maximum")
        known = self.before.cases.drop("minimum", "maximum", "undetermined")
        before = self.before.cases.select("case", "minimum", "maximum")
        return known.join(_side_by_side(before, after, ["case"]), on="case", how="left")

    @cached_property
    def parties(self) -> pl.DataFrame:
        """The same for each party in each case that owes anything before or after."""
        keys = ["case", "against", "party"]
        return _side_by_side(_by(self.before.owed(), keys), _by(self.after.owed(), keys), keys)

    @cached_property
    def reasons(self) -> pl.DataFrame:
        """What differs: for each case and party the rules by which it owes more or less."""
        keys = ["case", "against", "party", "clause", "rule"]
        before, after = (
            _by(
                one.liabilities_in_money().with_columns(
                    pl.col("rules").list.join(", ").alias("rule")
                ),
                keys,
            )
            for one in (self.before, self.after)
        )
        return _side_by_side(before, after, keys).filter(pl.col("change") != "same")

    @cached_property
    def clauses(self) -> pl.DataFrame:
        """What differs, added up by rule: how many cases, and by how much the bounds move."""
        return (
            self.reasons.group_by("clause", "rule", "change")
            .agg(pl.col("case").n_unique().alias("cases"), *_moves())
            .sort("clause", "rule", "change")
        )

    @cached_property
    def summary(self) -> pl.DataFrame:
        """How many cases cost less, the same and more, and by how much the bounds move."""
        return (
            self.cases.group_by("change")
            .agg(pl.len().alias("cases"), *_moves())
            .with_columns((pl.col("cases") / len(self.before)).alias("share"))
            .sort("change")
        )

    def table(self) -> pl.DataFrame:
        """What a notebook shows."""
        return self.summary

    def picture(self) -> Any:
        """How many cases cost less, the same or more, and which clauses are the reason.

        Needs the extra ``notebook``.
        """
        from complaint_rules.pictures import comparison

        return comparison(self.summary, self.clauses, self.before.policy.ruleset.currency)


def _by(owed: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    text = [pl.col(key).cast(pl.String) if key != "case" else pl.col(key) for key in keys]
    return owed.group_by(text, maintain_order=True).agg(bounds())


def _side_by_side(before: pl.DataFrame, after: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    # Where one side has no row nothing is owed, which is not the same as an open bound.
    sides = [
        side.rename({"minimum": f"minimum_{when}", "maximum": f"maximum_{when}"}).with_columns(
            pl.lit(value=True).alias(when)
        )
        for side, when in ((before, "before"), (after, "after"))
    ]
    joined = sides[0].join(sides[1], on=keys, how="full", coalesce=True, nulls_equal=True)
    zero = pl.lit(0).cast(before["minimum"].dtype)
    joined = joined.with_columns(
        pl.when(pl.col(bound.rpartition("_")[2]).is_null()).then(zero).otherwise(bound).alias(bound)
        for bound in BOUNDS
    )
    return joined.drop("before", "after").with_columns(_change().alias("change"))


def _change() -> pl.Expr:
    """Whether a range is less, the same or more; an open bound is above all others."""
    falls, rises = [], []
    for bound in ("minimum", "maximum"):
        before, after = pl.col(f"{bound}_before"), pl.col(f"{bound}_after")
        falls.append((after < before).fill_null(before.is_null() & after.is_not_null()))
        rises.append((after > before).fill_null(before.is_not_null() & after.is_null()))
    fall, rise = falls[0] | falls[1], rises[0] | rises[1]
    return (
        pl.when(fall & rise)
        .then(pl.lit("unclear"))
        .when(fall)
        .then(pl.lit("less"))
        .when(rise)
        .then(pl.lit("more"))
        .otherwise(pl.lit("same"))
        .cast(pl.Enum(CHANGES))
    )


def _moves() -> list[pl.Expr]:
    """By how much the sums of the bounds move; null where one is open."""
    moves = []
    for bound in ("minimum", "maximum"):
        before, after = pl.col(f"{bound}_before"), pl.col(f"{bound}_after")
        known = ~(before.has_nulls() | after.has_nulls())
        moves.append(
            pl.when(known).then((after - before).sum()).otherwise(None).alias(f"{bound}_change")
        )
    return moves


def compare(
    policy_a: Policy,
    policy_b: Policy,
    cases: Any,
    events: Any = None,
    *,
    as_of: datetime | str,
    history: GivenHistory | None = None,
    complete_from: datetime | str | None = None,
    check_date: bool = False,
    progress: bool | None = None,
    **options: Unpack[ReadingOptions],
) -> Comparison:
    """Who pays more or less under the second policy than under the first, and by which clause.

    The cases and all other arguments are those of ``simulate``. Two policies with words of their
    own need ``unknown="leave-out"``, so that each takes what it knows.

    >>> from complaint_rules import Case, Event, load_policy
    >>> policy = load_policy("yundewu-2018")
    >>> draft = policy.changed({"staff-misconduct.amount": "100-300 CNY"})
    >>> case = Case("C", {}, [Event("staff_misconduct", "2018-07-02T12:00+08:00")])
    >>> found = compare(policy, draft, [case], as_of="2018-07-03T00:00Z")
    >>> found.clauses.select("clause", "change", "minimum_change", "maximum_change").rows()
    [('7.2.5', 'more', Decimal('70.00'), Decimal('100.00'))]
    """
    how = reading(options)
    moment = read_instant(as_of, "as_of")
    log = read_log(policy_a.ruleset.words, cases, events, how)
    other = log
    if policy_b.ruleset.words != policy_a.ruleset.words:
        other = read_log(policy_b.ruleset.words, cases, events, how)
    work = shown([(policy_a, log), (policy_b, other)], 2, "policies", progress)
    found = []
    for policy, one in work:
        own, past = read_past(policy, one, history, moment, complete_from, how)
        found.append(judge(policy, own, moment, check_date=check_date, progress=False, past=past))
    return Comparison(*found)

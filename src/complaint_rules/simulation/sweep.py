"""What other limits and amounts would cost: one simulation for each point of a grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product
from math import prod
from typing import Any, Final, Unpack

import polars as pl

from complaint_rules.errors import DecisionError
from complaint_rules.policy import Policy
from complaint_rules.simulation.histories import GivenHistory, read_past
from complaint_rules.simulation.options import ReadingOptions, reading
from complaint_rules.simulation.progress import shown
from complaint_rules.simulation.reading import read_log
from complaint_rules.simulation.results import Result
from complaint_rules.simulation.simulation import Simulation, counted, judge
from complaint_rules.time import read_instant

MOST_POINTS: Final = 10_000


class Sweep(Result):
    """Totals for each point of a grid of limits and amounts. ``sweep`` makes one."""

    def __init__(self, policy: Policy, names: Sequence[str], frame: pl.DataFrame) -> None:
        self.policy = policy
        self.names = tuple(names)
        self.frame = frame

    def __repr__(self) -> str:
        return f"<Sweep of {self.policy.id} over {', '.join(self.names)}: {len(self.frame)} rows>"

    def table(self) -> pl.DataFrame:
        """One row for each point: the values, cases with a liability, bounds of the total, and the
        share of liabilities that is undetermined; one for each key as well where keys were given.
        """
        return self.frame

    def picture(self, bound: str = "maximum") -> Any:
        """One value: the range of the total. Two: a heat map of one bound of it.

        Needs the extra ``notebook``.
        """
        from complaint_rules.pictures import heat_map, swept

        currency = self.policy.ruleset.currency
        if len(self.names) == 1:
            return swept(self.frame, self.names[0], currency)
        if len(self.names) == 2:
            return heat_map(self.frame, self.names, bound, currency)
        raise DecisionError(
            f"{len(self.names)} values at once have no picture: filter the table, or sweep two"
        )


def sweep(
    policy: Policy,
    cases: Any,
    grid: Mapping[str, Sequence[Any]],
    events: Any = None,
    *,
    as_of: datetime | str,
    by: Sequence[str] = (),
    history: GivenHistory | None = None,
    complete_from: datetime | str | None = None,
    check_date: bool = False,
    progress: bool | None = None,
    **options: Unpack[ReadingOptions],
) -> Sweep:
    """What the total would be with other values of parameters, limits and amounts.

    Args:
        policy: the policy to start from.
        cases: as for ``simulate``, like all arguments that are not explained here.
        grid: the values to try, by the name of a parameter or of a rule and its key:
            ``{"deliver.within": ["30 elapsed minutes", "1 elapsed hour"]}``.
        events: the events, where they are a frame of their own.
        as_of: the instant at which to judge.
        by: break each total down, as ``Simulation.by`` does.
        history: what counts over a history go over, as for ``simulate``.
        complete_from: since when a history that is a frame has everything.
        check_date: refuse cases of dates on which the policy is not in force.
        progress: show a bar while it works.

    Raises:
        PolicyError: a name is not there, or a value does not fit.
        DecisionError: the grid is empty, or has too many points.

    >>> from complaint_rules import Case, Event, load_policy
    >>> case = Case("C", {}, [Event("staff_misconduct", "2018-07-02T12:00+08:00")])
    >>> amounts = {"staff-misconduct.amount": ["30-200 CNY", "100 CNY"]}
    >>> found = sweep(load_policy("yundewu-2018"), [case], amounts, as_of="2018-07-03T00:00Z")
    >>> found.table().select("minimum", "maximum").rows()
    [(Decimal('30.00'), Decimal('200.00')), (Decimal('100.00'), Decimal('100.00'))]
    """
    points = prod(len(values) for values in grid.values()) if grid else 0
    if not 0 < points <= MOST_POINTS:
        raise DecisionError(
            f"the grid has {points} points: give each name one value at least, and at most "
            f"{MOST_POINTS} combinations in all"
        )
    how = reading(options)
    log = read_log(policy.ruleset.words, cases, events, how)
    moment = read_instant(as_of, "as_of")

    def simulations() -> Iterator[tuple[tuple[Any, ...], Simulation]]:
        for values in product(*grid.values()):
            draft = policy.changed(dict(zip(grid, values, strict=True)))
            own, past = read_past(draft, log, history, moment, complete_from, how)
            yield (
                values,
                judge(draft, own, moment, check_date=check_date, progress=False, past=past),
            )

    rows = [
        simulation_row(simulation, by).select(
            *(_value(value).alias(name) for name, value in zip(grid, values, strict=True)),
            pl.all(),
        )
        for values, simulation in shown(simulations(), points, "policies", progress)
    ]
    return Sweep(policy, list(grid), pl.concat(rows, how="vertical_relaxed"))


def _value(value: Any) -> pl.Expr:
    plain = isinstance(value, int | float | str) and not isinstance(value, bool)
    return pl.lit(value if plain else str(value))


def simulation_row(simulation: Simulation, by: Sequence[str]) -> pl.DataFrame:
    """The totals of a simulation, in one row or one for each key."""
    if by:
        return simulation.by(*by)
    return simulation.owed().select(counted())

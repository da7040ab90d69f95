"""What is owed as time goes by: the same cases judged at one instant after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Unpack

import polars as pl

from complaint_rules.errors import DecisionError
from complaint_rules.policy import Policy
from complaint_rules.simulation.options import ReadingOptions, reading
from complaint_rules.simulation.progress import shown
from complaint_rules.simulation.reading import read_log
from complaint_rules.simulation.results import Result
from complaint_rules.simulation.simulation import judge
from complaint_rules.simulation.sweep import simulation_row
from complaint_rules.time import read_instant
from complaint_rules.time.instants import to_microseconds


class Accrual(Result):
    """Totals at one instant after the other. ``accrue`` makes one."""

    def __init__(self, policy: Policy, frame: pl.DataFrame, by: Sequence[str]) -> None:
        self.policy = policy
        self.frame = frame
        self.by = tuple(by)

    def __repr__(self) -> str:
        moments = self.frame["at"]
        return f"<Accrual under {self.policy.id} from {moments[0]} until {moments[-1]}>"

    def table(self) -> pl.DataFrame:
        """One row for each instant (and key): cases with a liability, open time limits, bounds of
        the total, and the share that is undetermined.
        """
        return self.frame

    def picture(self) -> Any:
        """The range of the total over time. Needs the extra ``notebook``."""
        from complaint_rules.pictures import over_time

        return over_time(self.frame, self.by, self.policy.ruleset.currency)


def accrue(
    policy: Policy,
    cases: Any,
    instants: Iterable[datetime | str],
    events: Any = None,
    *,
    by: Sequence[str] = (),
    check_date: bool = False,
    progress: bool | None = None,
    **options: Unpack[ReadingOptions],
) -> Accrual:
    """What is owed at each of several instants, as far as things had happened by then.

    A case whose first event is still to come is not there yet.

    Args:
        policy: whose rules are asked.
        cases: as for ``simulate``, like all arguments that are not explained here.
        instants: when to judge; in any order.
        events: the events, where they are a frame of their own.
        by: break each total down, as ``Simulation.by`` does.
        check_date: refuse cases of dates on which the policy is not in force.
        progress: show a bar while it works.

    Raises:
        DecisionError: there is no instant.

    >>> from complaint_rules import Case, Event, load_policy
    >>> case = Case("C", {"grave": False}, [
    ...     Event("registered", "2026-03-02T09:00+08:00"),
    ...     Event("service_ordered", "2026-03-02T10:00+08:00",
    ...           promised_at="2026-03-04T12:00+08:00"),
    ... ])
    >>> days = [f"2026-03-0{day}T18:00+08:00" for day in (3, 5, 7)]
    >>> accrue(load_policy("nanjing-cable-2007"), [case], days).table()["maximum"].to_list()
    [Decimal('0.00'), Decimal('200.00'), Decimal('600.00')]
    """
    moments = sorted({read_instant(one, "an instant") for one in instants})
    if not moments:
        raise DecisionError("there is no instant to judge at: give at least one")
    log = read_log(policy.ruleset.words, cases, events, reading(options))
    kind = pl.Datetime("us", policy.ruleset.calendar.timezone.key)

    def rows() -> Iterator[pl.DataFrame]:
        for moment in moments:
            begun = log.begun(to_microseconds(moment))
            found = judge(policy, begun, moment, check_date=check_date, progress=False)
            running = found.deadlines["status"].is_in(["pending", "overdue", "suspended"]).sum()
            row = simulation_row(found, by)
            at = pl.lit(pl.Series([moment]).cast(kind)).alias("at")
            more = [] if by else [pl.lit(int(running)).alias("open_limits")]
            yield row.select(at.first(), *more, pl.all())

    found = list(shown(rows(), len(moments), "instants", progress))
    return Accrual(policy, pl.concat(found), by)

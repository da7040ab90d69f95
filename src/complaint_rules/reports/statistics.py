"""How many complaints of which kind: the classified tables that policies ask for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from complaint_rules.case import Case
from complaint_rules.errors import DecisionError
from complaint_rules.expressions import Value
from complaint_rules.judging.decision import Decision
from complaint_rules.money import NOTHING, Interval, add_up
from complaint_rules.reports.period import Period
from complaint_rules.ruleset.rules import Statistic


@dataclass(frozen=True, slots=True)
class Row:
    """The complaints of one class. ``values`` are those of the facts that classify, ``None`` where
    a fact is not known; ``listed`` has the values of the facts that are listed.
    """

    values: tuple[Value | None, ...]
    count: int
    case_ids: tuple[str, ...]
    listed: tuple[tuple[Value, ...], ...]
    open_limits: int
    """Time limits that run or are overdue."""
    missed_limits: int
    penalties: Interval


@dataclass(frozen=True, slots=True)
class Statistics:
    """A table of complaints by class."""

    period: Period
    by: tuple[str, ...]
    lists: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def count(self) -> int:
        return sum(row.count for row in self.rows)

    def dicts(self) -> list[dict[str, Any]]:
        """The rows as dictionaries, for a data frame."""
        return [
            dict(zip(self.by, row.values, strict=True))
            | {
                "count": row.count,
                "open_limits": row.open_limits,
                "missed_limits": row.missed_limits,
                "penalties_minimum": row.penalties.minimum,
                "penalties_maximum": row.penalties.maximum,
            }
            | dict(zip(self.lists, row.listed, strict=True))
            for row in self.rows
        ]


def statistics(
    cases: Iterable[Case],
    decisions: Iterable[Decision],
    period: Period,
    *,
    by: Sequence[str] | None = None,
    lists: Sequence[str] | None = None,
    dated_by: str = "registered",
) -> Statistics:
    """The table of the cases that fall in a period, each with its decision.

    Args:
        cases: the cases.
        decisions: one for each of them, in any order.
        period: a case belongs to it by its first event of the type ``dated_by``.
        by: the facts that classify; those of the policy's first statistic if not given.
        lists: the facts whose values are collected; likewise.
        dated_by: the type of event that dates a case.

    Raises:
        DecisionError: a case has no decision or a decision no case; or ``by`` is not given, and
            the policy has no statistic, or a decision was read without its policy.
    """
    decided = {decision.case_id: decision for decision in decisions}
    known = {case.id: case for case in cases}
    odd = sorted(decided.keys() ^ known.keys())
    if odd:
        raise DecisionError(
            f"case and decision do not pair for {', '.join(odd)}: give one for each"
        )
    statistic = _statistic(decided) if by is None else None
    names = statistic.by if statistic is not None else tuple(by or ())
    listed = statistic.lists if statistic is not None and lists is None else tuple(lists or ())
    classes: dict[tuple[Value | None, ...], list[Decision]] = {}
    for case_id, case in known.items():
        if _date(case, dated_by) in period:
            decision = decided[case_id]
            facts = _facts(case, decision)
            classes.setdefault(tuple(facts.get(name) for name in names), []).append(decision)
    rows = (
        _row(values, found, [_facts(known[one.case_id], one) for one in found], listed)
        for values, found in classes.items()
    )
    ordered = sorted(rows, key=lambda row: [(value is None, str(value)) for value in row.values])
    return Statistics(period, names, listed, tuple(ordered))


def _statistic(decisions: dict[str, Decision]) -> Statistic:
    for decision in decisions.values():
        if decision.basis is None:
            break
        if decision.basis.ruleset.statistics:
            return decision.basis.ruleset.statistics[0]
    raise DecisionError("no statistic is known for these decisions: say by which facts, by=[…]")


def _date(case: Case, dated_by: str) -> datetime:
    dates = [event.at for event in case.events if event.type == dated_by]
    if not dates:
        raise DecisionError(
            f"case {case.id} has no event {dated_by!r} to date it: give another one as dated_by"
        )
    return min(dates)


def _facts(case: Case, decision: Decision) -> dict[str, Any]:
    """The facts as the decision saw them, those that events have set included."""
    return dict(case.facts) if decision.basis is None else decision.basis.state.facts


def _row(
    values: tuple[Value | None, ...],
    decisions: list[Decision],
    facts: list[dict[str, Any]],
    lists: tuple[str, ...],
) -> Row:
    limits = [item.status for decision in decisions for item in decision.deadlines]
    return Row(
        values=values,
        count=len(decisions),
        case_ids=tuple(decision.case_id for decision in decisions),
        listed=tuple(tuple(one[name] for one in facts if name in one) for name in lists),
        open_limits=sum(status in ("pending", "overdue", "suspended") for status in limits),
        missed_limits=sum(status in ("late", "overdue") for status in limits),
        penalties=add_up([decision.total() for decision in decisions] or [NOTHING]),
    )

"""A company's time limits beside those of the law, on one case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from complaint_rules.errors import DecisionError
from complaint_rules.judging.decision import Basis, Decision
from complaint_rules.judging.items import DeadlineItem
from complaint_rules.ruleset.rules import Deadline
from complaint_rules.time import Elapsed
from complaint_rules.time.instants import MICROSECOND


@dataclass(frozen=True, slots=True)
class LooserLimit:
    """A limit of the law that the company's own limits do not keep, in one of its cycles.

    ``company_rule`` is the strictest of the company's that serves the same cycle, and ``None``
    where it has none, or none that is determined. ``by`` is how much later that one falls due.
    """

    law: str
    law_rule: str
    law_clause: str
    law_due: datetime
    verified: bool
    company_rule: str | None
    company_due: datetime | None
    by: Elapsed | None


def looser_limits(company: Decision, law: Decision) -> tuple[LooserLimit, ...]:
    """The limits of the law that the company allows itself to exceed, in this case.

    A limit that starts several times in a case is compared each time by itself, with the company's
    limits that end with the same event and serve the same cycle: those that the same event has
    started; where there are none, those that were running when the law's started, or started before
    it ended or started anew. Each keeps its own clock: what suspends the company's does not suspend
    the law's.

    Raises:
        DecisionError: the decisions are about different cases, or were read from JSON.

    >>> from complaint_rules import Case, Event, load_policy
    >>> case = Case("C", {}, [Event("registered", "2026-03-02T09:00:00+08:00")])
    >>> company, law = (
    ...     load_policy(name).evaluate(case, as_of="2026-03-02T09:00:00+08:00")
    ...     for name in ("contingency-plan", "cn-telecom-appeals")
    ... )
    >>> [(limit.law_rule, limit.company_rule) for limit in looser_limits(company, law)]
    [('operator-answers', None)]
    """
    if company.case_id != law.case_id:
        raise DecisionError(
            f"decisions on case {company.case_id} and case {law.case_id}: compare those on one case"
        )
    own, statutory = list(_cycles(company)), list(_cycles(law))
    looser = []
    for cycle in statutory:
        serving = _serving(cycle, _ends_before(cycle, statutory), own)
        strictest = min(serving, key=lambda limit: limit.due, default=None)
        if strictest is None or strictest.due > cycle.due:
            looser.append(_looser(law.policy, cycle, strictest))
    return tuple(looser)


@dataclass(frozen=True, slots=True)
class _Cycle:
    """A limit from one start on, and when it is due."""

    item: DeadlineItem
    rule: Deadline
    due: datetime


def _cycles(decision: Decision) -> Iterator[_Cycle]:
    if decision.basis is None:
        raise DecisionError(
            f"the decision on case {decision.case_id} was read without its policy: evaluate the "
            f"case again, the same input gives the same decision"
        )
    basis: Basis = decision.basis
    rules = {rule.id: rule for rule in basis.ruleset.deadlines}
    for item in decision.deadlines:
        if item.due_at is not None and item.status != "cancelled":
            yield _Cycle(item, rules[item.rule], item.due_at)


def _ends_before(cycle: _Cycle, statutory: Sequence[_Cycle]) -> datetime | None:
    """When a cycle is over: it was ended, or its limit started anew; ``None`` while it runs."""
    anew = [
        other.item.started_at
        for other in statutory
        if (other.item.rule, other.item.party) == (cycle.item.rule, cycle.item.party)
        and other.item.started_at > cycle.item.started_at
    ]
    ended = () if cycle.item.ended_at is None else (cycle.item.ended_at,)
    return min((*anew, *ended), default=None)


def _serving(cycle: _Cycle, over: datetime | None, own: Sequence[_Cycle]) -> Sequence[_Cycle]:
    """The company's limits that ask for what a cycle of the law's limit asks for."""
    same_end = [limit for limit in own if set(cycle.rule.ends) & set(limit.rule.ends)]
    of_party = [limit for limit in same_end if limit.item.party == cycle.item.party]
    candidates = of_party or same_end
    of_start = [limit for limit in candidates if limit.item.occurrence == cycle.item.occurrence]
    return of_start or [
        limit
        for limit in candidates
        if _runs_at(limit, cycle.item.started_at)
        or (
            limit.item.started_at >= cycle.item.started_at
            and (over is None or limit.item.started_at < over)
        )
    ]


def _runs_at(limit: _Cycle, instant: datetime) -> bool:
    """Whether it was neither over nor past due: what it asks for was still to come."""
    ended = limit.item.ended_at
    return limit.item.started_at <= instant <= limit.due and (ended is None or ended >= instant)


def _looser(law: str, cycle: _Cycle, strictest: _Cycle | None) -> LooserLimit:
    return LooserLimit(
        law=law,
        law_rule=cycle.item.rule,
        law_clause=cycle.item.clause,
        law_due=cycle.due,
        verified=cycle.rule.verified == "text",
        company_rule=strictest.item.rule if strictest else None,
        company_due=strictest.due if strictest else None,
        by=Elapsed((strictest.due - cycle.due) // MICROSECOND) if strictest else None,
    )

"""A company's time limits beside those of the law, on one case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from complaint_rules.errors import DecisionError
from complaint_rules.evaluation.decision import Basis, Decision
from complaint_rules.evaluation.items import DeadlineItem
from complaint_rules.policy.rules import Deadline
from complaint_rules.time import Elapsed
from complaint_rules.time.instants import MICROSECOND


@dataclass(frozen=True, slots=True)
class LooserLimit:
    """A limit of the law that the company's own limits do not keep.

    ``company_rule`` is the strictest of the company's that ends with the same event, and ``None``
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

    A limit of the law is compared with the company's limits that end with the same event. Each
    keeps its own clock: what suspends the company's does not suspend the law's.

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
    own = list(_limits(company))
    found = []
    for law_due, item, rule in _limits(law):
        same = [limit for limit in own if set(rule.ends) & set(limit[2].ends)]
        strictest = min(same, key=lambda limit: limit[0]) if same else None
        if strictest is not None and strictest[0] <= law_due:
            continue
        found.append(
            LooserLimit(
                law=law.policy,
                law_rule=item.rule,
                law_clause=item.clause,
                law_due=law_due,
                verified=rule.verified == "text",
                company_rule=strictest[1].rule if strictest else None,
                company_due=strictest[0] if strictest else None,
                by=Elapsed((strictest[0] - law_due) // MICROSECOND) if strictest else None,
            )
        )
    return tuple(found)


def _limits(decision: Decision) -> Iterator[tuple[datetime, DeadlineItem, Deadline]]:
    if decision.basis is None:
        raise DecisionError(
            f"the decision on case {decision.case_id} was read without its policy: evaluate the "
            f"case again, the same input gives the same decision"
        )
    basis: Basis = decision.basis
    rules = {rule.id: rule for rule in basis.ruleset.deadlines}
    for item in decision.deadlines:
        if item.due_at is not None and item.status != "cancelled":
            yield item.due_at, item, rules[item.rule]

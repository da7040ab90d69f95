"""Evaluate complaint-handling policies: a case and a ruleset in, a decision out.

>>> from complaint_rules import Case, Event, load_policy
>>> policy = load_policy("yundewu-2018")
>>> registered = Event("registered", "2018-07-02T09:00:00+08:00")
>>> case = Case("C-1", {"complaint_origin": "external"}, [registered])
>>> decision = policy.evaluate(case, as_of="2018-07-02T10:00:00+08:00")
>>> [(item.clause, item.status) for item in decision.deadlines if item.rule == "deliver"]
[('5.2.2', 'overdue')]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from complaint_rules.case import Case, Event
from complaint_rules.errors import (
    CalendarError,
    CalendarNotPublished,
    CaseError,
    ComplaintRulesError,
    ConditionError,
    DecisionError,
    DurationError,
    EngineUnavailable,
    MoneyError,
    NaiveDatetime,
    PolicyError,
    PolicyNotFound,
    PolicyNotInForce,
    Problem,
    ScenarioError,
    TimeError,
)

if TYPE_CHECKING:
    from complaint_rules.evaluation.decision import Decision
    from complaint_rules.money import Interval
    from complaint_rules.policies import Policy, load_policy, shipped_rulesets
    from complaint_rules.versions import PolicyVersions, load_versions

__version__ = "0.1.0"

__all__ = [
    "CalendarError",
    "CalendarNotPublished",
    "Case",
    "CaseError",
    "ComplaintRulesError",
    "ConditionError",
    "Decision",
    "DecisionError",
    "DurationError",
    "EngineUnavailable",
    "Event",
    "Interval",
    "MoneyError",
    "NaiveDatetime",
    "Policy",
    "PolicyError",
    "PolicyNotFound",
    "PolicyNotInForce",
    "PolicyVersions",
    "Problem",
    "ScenarioError",
    "TimeError",
    "load_policy",
    "load_versions",
    "shipped_rulesets",
]

_LATER = {
    "Decision": "complaint_rules.evaluation.decision",
    "Interval": "complaint_rules.money",
    "Policy": "complaint_rules.policies",
    "PolicyVersions": "complaint_rules.versions",
    "load_policy": "complaint_rules.policies",
    "load_versions": "complaint_rules.versions",
    "shipped_rulesets": "complaint_rules.policies",
}


def __getattr__(name: str) -> Any:
    # pydantic alone takes longer to import than this package may: it waits for the first policy.
    if name in _LATER:
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_LATER[name]), name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

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
    from complaint_rules.conditions import Language
    from complaint_rules.evaluation.changes import Change, Changes
    from complaint_rules.evaluation.decision import Decision
    from complaint_rules.evaluation.items import (
        ChargeItem,
        DeadlineItem,
        EscalationItem,
        Item,
        Liability,
        Missing,
        Note,
        PenaltyItem,
        Reason,
        RecordItem,
        ReliefItem,
        ScheduleItem,
        Status,
        TargetItem,
        UndeterminedItem,
    )
    from complaint_rules.evaluation.why_not import WhyNot
    from complaint_rules.money import Interval
    from complaint_rules.policies import Policy, load_policy, shipped_rulesets
    from complaint_rules.versions import PolicyVersions, load_versions

__version__ = "0.1.0"

__all__ = [
    "CalendarError",
    "CalendarNotPublished",
    "Case",
    "CaseError",
    "Change",
    "Changes",
    "ChargeItem",
    "ComplaintRulesError",
    "ConditionError",
    "DeadlineItem",
    "Decision",
    "DecisionError",
    "DurationError",
    "EngineUnavailable",
    "EscalationItem",
    "Event",
    "Interval",
    "Item",
    "Language",
    "Liability",
    "Missing",
    "MoneyError",
    "NaiveDatetime",
    "Note",
    "PenaltyItem",
    "Policy",
    "PolicyError",
    "PolicyNotFound",
    "PolicyNotInForce",
    "PolicyVersions",
    "Problem",
    "Reason",
    "RecordItem",
    "ReliefItem",
    "ScenarioError",
    "ScheduleItem",
    "Status",
    "TargetItem",
    "TimeError",
    "UndeterminedItem",
    "WhyNot",
    "load_policy",
    "load_versions",
    "shipped_rulesets",
]

_LATER = {
    "Change": "complaint_rules.evaluation.changes",
    "Changes": "complaint_rules.evaluation.changes",
    "ChargeItem": "complaint_rules.evaluation.items",
    "DeadlineItem": "complaint_rules.evaluation.items",
    "Decision": "complaint_rules.evaluation.decision",
    "EscalationItem": "complaint_rules.evaluation.items",
    "Interval": "complaint_rules.money",
    "Item": "complaint_rules.evaluation.items",
    "Language": "complaint_rules.conditions",
    "Liability": "complaint_rules.evaluation.items",
    "Missing": "complaint_rules.evaluation.items",
    "Note": "complaint_rules.evaluation.items",
    "PenaltyItem": "complaint_rules.evaluation.items",
    "Policy": "complaint_rules.policies",
    "PolicyVersions": "complaint_rules.versions",
    "Reason": "complaint_rules.evaluation.items",
    "RecordItem": "complaint_rules.evaluation.items",
    "ReliefItem": "complaint_rules.evaluation.items",
    "ScheduleItem": "complaint_rules.evaluation.items",
    "Status": "complaint_rules.evaluation.items",
    "TargetItem": "complaint_rules.evaluation.items",
    "UndeterminedItem": "complaint_rules.evaluation.items",
    "WhyNot": "complaint_rules.evaluation.why_not",
    "load_policy": "complaint_rules.policies",
    "load_versions": "complaint_rules.versions",
    "shipped_rulesets": "complaint_rules.policies",
}


# Hidden from type checkers, which would take every misspelt name for one of these.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        # pydantic alone takes longer to import than this package may: it waits for a policy.
        if name in _LATER:
            from importlib import import_module

            value = globals()[name] = getattr(import_module(_LATER[name]), name)
            return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

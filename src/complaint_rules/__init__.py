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
from complaint_rules.history import History, HistoryEntry

if TYPE_CHECKING:
    from complaint_rules.expressions import Language
    from complaint_rules.judging.changes import Change, Changes
    from complaint_rules.judging.decision import Decision
    from complaint_rules.judging.items import (
        ChargeItem,
        DeadlineItem,
        EscalationItem,
        HandedOver,
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
    from complaint_rules.judging.why_not import WhyNot
    from complaint_rules.money import Interval
    from complaint_rules.policy import Policy, load_policy, shipped_rulesets
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
    "HandedOver",
    "History",
    "HistoryEntry",
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
    "Change": "complaint_rules.judging.changes",
    "Changes": "complaint_rules.judging.changes",
    "ChargeItem": "complaint_rules.judging.items",
    "DeadlineItem": "complaint_rules.judging.items",
    "HandedOver": "complaint_rules.judging.items",
    "Decision": "complaint_rules.judging.decision",
    "EscalationItem": "complaint_rules.judging.items",
    "Interval": "complaint_rules.money",
    "Item": "complaint_rules.judging.items",
    "Language": "complaint_rules.expressions",
    "Liability": "complaint_rules.judging.items",
    "Missing": "complaint_rules.judging.items",
    "Note": "complaint_rules.judging.items",
    "PenaltyItem": "complaint_rules.judging.items",
    "Policy": "complaint_rules.policy",
    "PolicyVersions": "complaint_rules.versions",
    "Reason": "complaint_rules.judging.items",
    "RecordItem": "complaint_rules.judging.items",
    "ReliefItem": "complaint_rules.judging.items",
    "ScheduleItem": "complaint_rules.judging.items",
    "Status": "complaint_rules.judging.items",
    "TargetItem": "complaint_rules.judging.items",
    "UndeterminedItem": "complaint_rules.judging.items",
    "WhyNot": "complaint_rules.judging.why_not",
    "load_policy": "complaint_rules.policy",
    "load_versions": "complaint_rules.versions",
    "shipped_rulesets": "complaint_rules.policy",
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

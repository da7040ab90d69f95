"""Testing a policy: scenarios in YAML, their coverage, mutants, and properties of cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from complaint_rules.testing.coverage import Coverage
    from complaint_rules.testing.mutation import Mutation, mutate
    from complaint_rules.testing.properties import (
        answering_earlier_never_costs_more,
        later_never_turns_late_into_met,
        more_facts_never_contradict,
    )
    from complaint_rules.testing.run import CheckResult, report, run_scenario
    from complaint_rules.testing.scenarios import Scenario, ScenarioFile, read_scenarios
    from complaint_rules.testing.strategies import cases, histories, instants

__all__ = [
    "CheckResult",
    "Coverage",
    "Mutation",
    "Scenario",
    "ScenarioFile",
    "answering_earlier_never_costs_more",
    "cases",
    "histories",
    "instants",
    "later_never_turns_late_into_met",
    "more_facts_never_contradict",
    "mutate",
    "read_scenarios",
    "report",
    "run_scenario",
]

_HOMES = {
    "coverage": ("Coverage",),
    "mutation": ("Mutation", "mutate"),
    "properties": (
        "answering_earlier_never_costs_more",
        "later_never_turns_late_into_met",
        "more_facts_never_contradict",
    ),
    "run": ("CheckResult", "report", "run_scenario"),
    "scenarios": ("Scenario", "ScenarioFile", "read_scenarios"),
    "strategies": ("cases", "histories", "instants"),
}


def __getattr__(name: str) -> Any:
    # The pytest plugin is imported in every run of pytest, and hypothesis may not be installed.
    for module, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            value = getattr(import_module(f"complaint_rules.testing.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

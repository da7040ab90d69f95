"""Policies that others wrote, under ``examples/policies``: their scenarios were worked out by hand from the public
texts before there was a ruleset, so that they test the language and not only the files.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from complaint_rules import Policy
from complaint_rules.testing import Coverage, read_scenarios, run_scenario
from complaint_rules.testing.run import installed_engines
from simulated import assert_same

FOLDER = Path(__file__).parent.parent / "examples" / "policies"
POLICIES = sorted(path for path in FOLDER.glob("*.yaml") if ".scenario" not in path.name)
NAMES = [path.stem for path in POLICIES]
EACH = pytest.mark.parametrize("path", POLICIES, ids=NAMES)


def scenarios_of(path: Path):
    return read_scenarios(path.with_suffix(".scenario.yaml"))


def load(path: Path) -> Policy:
    return Policy(path.read_text(encoding="utf-8"), path.name)


def test_every_policy_has_its_scenarios_and_its_place_in_the_list():
    assert sorted(p.name.partition(".")[0] for p in FOLDER.glob("*.scenario.yaml")) == NAMES
    listed = re.findall(r"\[`([a-z0-9-]+)`\]", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == NAMES


@EACH
def test_the_values_worked_out_by_hand_hold(path):
    file = scenarios_of(path)
    for engine in installed_engines():
        for scenario in file.scenarios:
            for result in run_scenario(scenario, engine):
                assert not result.mismatches, (engine, scenario.name, result.mismatches)


@EACH
def test_every_rule_is_decided_and_every_comparison_comes_out_both_ways(path):
    file = scenarios_of(path)
    results = [result for scenario in file.scenarios for result in run_scenario(scenario, "native")]
    coverage = Coverage.of(file, results)
    assert not coverage.missing("rules")
    assert not coverage.missing("comparisons")


@EACH
def test_many_cases_come_out_as_each_by_itself(path):
    cases_at: dict = {}
    for number, scenario in enumerate(scenarios_of(path).scenarios):
        for check in scenario.checks:
            key = (scenario.policy, check.as_of)
            cases_at.setdefault(key, {})[number] = scenario.case
    for (policy, as_of), cases in cases_at.items():
        assert_same(policy, list(cases.values()), as_of)


@EACH
def test_each_rule_says_where_it_comes_from(path):
    policy = load(path)
    assert all(rule.clause for rule in policy.ruleset.rules())
    assert "source:" in path.read_text(encoding="utf-8")

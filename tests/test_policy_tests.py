"""The scenarios that ship with the nine policies: how much of each policy they look at."""

from __future__ import annotations

import pytest

from complaint_rules import shipped_rulesets
from complaint_rules.testing import Coverage, mutate, read_scenarios, run_scenario

FEWEST_KILLED = 0.9


@pytest.fixture(scope="module", params=sorted(shipped_rulesets()))
def tested(request):
    path = shipped_rulesets()[request.param].with_name(f"{request.param}.scenario.yaml")
    file = read_scenarios(path)
    results = [result for s in file.scenarios for result in run_scenario(s, "native")]
    return file, results


def test_every_rule_is_decided_and_every_boundary_met_from_both_sides(tested):
    file, results = tested
    coverage = Coverage.of(file, results)
    assert not coverage.missing(), coverage.report()
    assert coverage.counts("rules")[1] == sum(
        rule.kind != "statistic" for rule in file.policy.ruleset.rules()
    )


def test_every_expectation_holds(tested):
    _, results = tested
    assert results
    assert not [result for result in results if result.mismatches]


def test_small_mistakes_in_the_policy_are_noticed(tested):
    file, _ = tested
    mutation = mutate(file)
    assert mutation.total >= 8
    assert len(mutation.killed) >= FEWEST_KILLED * mutation.total, mutation.report()
    assert not mutation.stale
    assert {mutant.id for mutant in mutation.survived} <= set(mutation.accepted), mutation.report()

"""Terms in whole policies: engines, columns, exploration, coverage, mutants and drawn cases."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, Event, Policy, PolicyError
from complaint_rules.exploration import nearest_changes
from complaint_rules.testing.coverage import Coverage
from complaint_rules.testing.mutants import mutants
from complaint_rules.testing.strategies import cases as cases_of
from simulated import assert_same
from test_amounts import DUE_DATE, HEAD, START, policy

RULES = """
  - {id: dear, clause: "2", title: {en: D}, per: registered, against: debtor, when: price - paid > 2 * tariff + 99.95, amount: 10 EUR}
  - {id: share, clause: "3", title: {en: S}, per: registered, against: debtor, when: paid < 5 % of price, amount: 5 % of price}
  - {id: used, clause: "4", title: {en: U}, per: pay, when: deadline.overdue_days * 2 >= units + ended.count, amount: 3 EUR}
  - {id: much, clause: "5", title: {en: M}, per: registered, against: debtor, when: "max(usage, 0) * 0.5 > 6.25", amount: 7 EUR, at_least: 1 EUR, at_most: price}
"""
POLICY = Policy(HEAD + RULES, "terms.yaml")


def decide(**facts):
    case = Case("C", facts, [Event("registered", START)])
    return POLICY.evaluate(case, as_of=DUE_DATE)


@pytest.mark.parametrize(
    ("facts", "rules"),
    [
        ({"price": 200, "paid": "99.35", "usage": 0}, []),  # 100.65 is not more than 100.65
        ({"price": 200, "paid": "99.34", "usage": 0}, ["dear"]),
        ({"price": 100, "paid": 5, "usage": 0}, []),
        ({"price": 100, "paid": "4.99", "usage": 0}, ["share"]),
        ({"price": 100, "paid": 5, "usage": "12.5"}, []),
        ({"price": 100, "paid": 5, "usage": "12.51"}, ["much"]),
    ],
)
def test_at_the_bounds(facts, rules):
    assert [item.rule for item in decide(**facts, units=9).penalties] == rules


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_drawn_cases_are_judged_alike_by_both_paths_and_engines(data):
    drawn = data.draw(cases_of(POLICY))
    as_of = max([event.at for event in drawn.events], default=START) + timedelta(days=20)
    assert_same(POLICY, [drawn], as_of)
    if find_spec("durable_rules_engine") is not None:
        native, durable = (
            POLICY.evaluate(drawn, as_of=as_of, engine=engine, check_date=False)
            for engine in ("native", "durable")
        )
        assert native.to_json() == durable.to_json()


def test_the_nearest_change_of_a_fact_is_where_both_sides_are_equal():
    facts = {"price": 200, "paid": 100, "units": 9, "usage": 0}
    case = Case("C", facts, [Event("registered", START)])
    found = nearest_changes(POLICY, case, as_of=DUE_DATE)
    changed = {(c.name, c.becomes) for c in found if c.kind == "fact"}
    assert ("paid", Decimal("99.34")) in changed
    assert ("price", Decimal("200.66")) in changed
    assert ("usage", Decimal("12.51")) in changed


def test_mutants_of_amounts_and_terms():
    changes = {mutant.id for mutant in mutants(POLICY.ruleset)}
    assert {
        "dear: when price − paid > 2 × tariff + 99.95 → price − paid >= 2 × tariff + 99.95",
        "dear: when price − paid → price + paid",
        "dear: when 99.95 → 99.94",
        "share: share 5 % → 6 %",
        "much: without at_least",
        "much: at least 1 → 2",
        "much: without a cap",
    } <= changes
    changes = {m.id for m in mutants(policy("25 EUR per started overdue week").ruleset)}
    assert "late: per started week → full week" in changes


def goals(**facts):
    """The goals of the rule with bounds, and whether a case with these facts reaches them."""
    decision = decide(**facts)
    coverage = Coverage.of(cast("Any", SimpleNamespace(policy=POLICY)), [])
    coverage._see(decision, decision.known_basis())
    amounts = [goal for goal in coverage.goals if goal.rule == "much" and "amount" in goal.what]
    return {goal.what: coverage.goals[goal] for goal in amounts}


@pytest.mark.parametrize(
    ("price", "reached"),
    [
        (100, "its amount is never between its bounds"),
        (5, "a cap never decides its amount"),
    ],
)
def test_goals_of_floors_and_caps(price, reached):
    found = goals(price=price, paid=5, usage=100)
    assert found == {
        what: what == reached
        for what in (
            "its amount is never between its bounds",
            "the floor never decides its amount",
            "a cap never decides its amount",
        )
    }


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("price + units > 3", "puts together an amount with a whole number"),
        ("usage > 5 % price", "takes a remainder: a percentage is written '5 % of price'"),
        ("price / 3 > 1", "divides: amounts stay exact"),
    ],
)
def test_what_is_wrong_names_line_and_path(when, message):
    rule = (
        '  - {id: p, clause: "2", title: {en: P}, per: pay, amount: 3 EUR, when: "' + when + '"}\n'
    )
    with pytest.raises(PolicyError) as error:
        Policy(HEAD + rule, "terms.yaml")
    assert f"terms.yaml:{HEAD.count(chr(10)) + 1}: [p] penalties[0].when: " in str(error.value)
    assert message in str(error.value)

"""What is counted beside money: points that never add to it, and sanctions without a number."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, Decision, DecisionError, Event, Interval, Policy, PolicyError
from complaint_rules.money import NOTHING
from complaint_rules.reports import Period, settle
from complaint_rules.simulation import simulate
from simulated import assert_same

HEAD = """
policy: points
title: {en: Points, zh: 记分}
source: {issuer: A company, document: Terms}
effective: {from: 2000-01-01, by: registered}
timezone: Asia/Shanghai
currency: CNY
overdue_days: calendar-dates
adds_up: %s
units: {points: {title: {zh: 分, en: points}}, shares: {title: {en: shares}, decimals: 1}}
sanctions: {warning: {en: a warning, zh: 警告}, block: {en: a block of orders}}
roles: {shop: {en: shop}, owner: {en: owner}}
facts:
  grave: {type: bool, title: {en: grave}}
  price: {type: money, title: {en: price}}
events:
  registered: {title: {en: registered}, data: {weight: {type: int, title: {en: weight}}}}
  ended: {title: {en: ended}}
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: shop, starts: registered, within: 2 calendar days, ends: ended}
penalties:
"""
RULES = """
  - {id: p1, clause: "2", title: {en: P}, per: reply, when: deadline.missed, amount: 2 points per overdue day, at_most: 5 points}
  - {id: p2, clause: "3", title: {en: P}, per: reply, when: deadline.missed and grave, amount: 30 CNY}
  - {id: p3, clause: "3", title: {en: P}, per: reply, when: deadline.missed and not grave, amount: 1 points, exception_to: p2}
  - {id: p4, clause: "4", title: {en: P}, per: reply, when: deadline.missed and grave, amount: 0.5 * 0.5 shares * deadline.overdue_days}
  - {id: p5, clause: "5", title: {en: P}, per: reply, when: deadline.missed and grave, imposes: warning, for: 7 calendar days}
reliefs:
  - {id: back, clause: "6", title: {en: B}, when: grave, of: [p1, p2], refunds: 50 %%}
"""
START = datetime.fromisoformat("2026-03-02T12:00:00+08:00")


def load(adds_up: str = "cumulative", rules: str = RULES) -> Policy:
    return Policy((HEAD + rules) % adds_up, "points.yaml")


def decide(days: float, policy: Policy | None = None, **facts) -> Decision:
    """So many days after the due date."""
    case = Case("C", facts, [Event("registered", START)])
    return (policy or load()).evaluate(case, as_of=START + timedelta(days=2 + days))


def exactly(amount: str) -> Interval:
    return Interval(Decimal(amount), Decimal(amount))


def test_points_are_never_added_to_money():
    decision = decide(3, grave=True)
    assert decision.total() == exactly("15")  # 30 CNY, half of them refunded
    assert decision.total(unit="points") == exactly("2.5").rounded(0)  # 5 at most, half refunded
    assert decision.total(unit="shares") == exactly("0.8")  # 0.75 rounded to one place
    assert [item.currency for item in decision.penalties] == ["points", "CNY", "shares", "CNY"]


def test_bounds_in_each_unit():
    decision = decide(3)
    assert decision.total() == Interval(Decimal(0), Decimal(30))
    assert decision.total("shop", unit="points").maximum == Decimal(6)
    assert {item.unit for item in decision.undetermined} >= {"", "points", "shares"}


def test_a_unit_that_there_is_not():
    with pytest.raises(DecisionError, match="did you mean 'points'"):
        decide(3).total(unit="point")


def test_sanctions_have_no_number():
    (item,) = [item for item in decide(3, grave=True).penalties if item.rule == "p5"]
    assert (item.kind, item.imposes, item.lasts) == ("sanction", "warning", "7 calendar days")
    assert item.amount == NOTHING


def test_explained_in_both_languages():
    decision = decide(3, grave=True)
    english, chinese = decision.explain("en"), decision.explain("zh")
    assert "2 points × 3 = 6, at most 5" in english
    assert "2 分 × 3 = 6，最高 5" in chinese
    assert "a warning for 7 calendar days" in english
    assert "警告，为期 7 天" in chinese
    assert "Total of penalties after reliefs: 15 CNY\n" in english
    assert "Total of penalties after reliefs: 3 points\n" in english
    assert "3 分" in chinese
    assert "3 points" in decision.html("en")


def test_a_decision_is_read_back_from_json():
    for decision in (decide(3, grave=True), decide(3)):
        again = Decision.from_json(decision.to_json())
        assert again == decision
        assert again.total(unit="points") == decision.total(unit="points")


def test_statements_are_of_money_or_of_one_unit():
    decision = decide(3, grave=True)
    month = Period.month(2026, 3, "Asia/Shanghai")
    assert [str(s.total) for s in settle([decision], month)] == ["15"]
    (statement,) = settle([decision], month, unit="points")
    assert (str(statement.total), statement.currency) == ("3", "points")
    with pytest.raises(DecisionError, match="no unit 'stars'"):
        settle([decision], month, unit="stars")


def test_totals_of_many_cases_are_of_money():
    cases = [Case(f"C{n}", {"grave": True}, [Event("registered", START)]) for n in range(3)]
    found = simulate(load(), cases, as_of=START + timedelta(days=5))
    assert found.total() == exactly("45")
    points = found.liabilities.filter(found.liabilities["unit"] == "points")
    assert points["maximum"].sum() == 9


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        ("amount: 2 points + 3 CNY", "puts together an amount in points with an amount"),
        ("amount: 2 points, at_most: 5 CNY", "'5 CNY' is in CNY, and the amount in points"),
        ("amount: 2 CNY, at_least: 1 points", "'1 points' is in points, and the amount in CNY"),
        ("amount: 2 pionts", "'pionts' in '2 pionts' is no unit (did you mean 'points'?)"),
        ("amount: 2.5 points", "decimal places"),
        ("amount: 2 points * price", "multiplies two amounts"),
        ("amount: deadline.overdue_days * 2 points - 1 points", "write at_least: 0 points"),
        ("imposes: warnign", "did you mean 'warning'"),
        ("imposes: warning, for: a while", "a while"),
        ("amount: 3 CNY, for: 7 calendar days", "'for' without 'imposes'"),
        ("imposes: warning, amount: 3 CNY", "exactly one of"),
    ],
)
def test_refused(amount, message):
    rule = '\n  - {id: p, clause: "2", title: {en: P}, per: reply, when: deadline.missed, %s}\n'
    with pytest.raises(PolicyError) as error:
        load(rules=rule % amount)
    assert message in str(error.value)


@settings(max_examples=40)
@given(
    st.sampled_from(["cumulative", "heaviest"]),
    st.lists(
        st.tuples(st.sampled_from([{}, {"grave": True}, {"grave": False}]), st.integers(0, 9)),
        min_size=4,
        max_size=12,
    ),
)
def test_one_case_and_many_alike(adds_up, drawn):
    cases = []
    for number, (facts, days) in enumerate(drawn):
        events = [Event("registered", START)]
        if days:
            events.append(Event("ended", START + timedelta(days=days)))
        cases.append(Case(f"C{number}", facts, events))
    assert_same(load(adds_up), cases, START + timedelta(days=6))

"""Tables for many cases at once are those of each case."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, Event, Policy
from complaint_rules.columns.log import log_of_cases
from samples import at
from simulated import assert_same
from test_tables import AMOUNTS, CREDITS, DESK, HANDLERS, LIMITS, TARIFF, WORDS, load

AS_OF = at("09T10:00")

DEADLINE = """
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: clerk, starts: registered, within: LIMIT, target: LIMIT, ends: replied,
     agreed: [{event: agreed, more: LIMIT}]}
penalties:
  - {id: late, clause: "1", title: {en: Late}, per: reply, when: deadline.missed, amount: 5 CNY}
"""

MANY = """
parameters:
  most: {type: int, title: {en: most}, keys: [grade], table: [{grade: low, is: 1}, {otherwise: 3}]}
  far: {type: number, title: {en: far}, keys: [visits], table: [{visits: {at_most: 2}, is: 1.5}, {visits: {above: 2}, is: 7}]}
  dear: {type: money, title: {en: dear}, keys: [bought_on], table: [{bought_on: {below: 2018-01-01}, is: 5}, {otherwise: 6}]}
  allowed: {type: bool, title: {en: allowed}, keys: [note], table: [{note: [a, b], is: true}, {otherwise: false}]}
  level: {type: enum, title: {en: level}, keys: [loss, urgent], table: [{loss: {below: 100}, is: small}, {loss: {at_least: 100}, urgent: true, is: large}, {otherwise: middle}]}
  soon: {type: duration, title: {en: soon}, keys: [wanted_at], table: [{wanted_at: {below: "2018-07-03T00:00:00+08:00"}, is: 1 elapsed hour}, {otherwise: 2 elapsed hours}]}
  dated:
    type: money
    title: {en: dated}
    keys: [grade, urgent]
    table:
      - {grade: low, until: 2018-07-02, is: 1}
      - {grade: low, from: 2018-07-03, is: 1-2}
      - {grade: [middle, high], urgent: true, is: 3}
      - {otherwise: 4}
  old:
    type: money
    title: {en: old}
    keys: [grade]
    table: [{at: [low], value: 5-7}, {from: 2018-07-03, at: [high], value: 11}]
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: clerk, starts: registered, within: soon, ends: replied}
escalations:
  - {id: visits, clause: "1", title: {en: V}, to: boss, capacity: inform, when: visits > most}
  - {id: far, clause: "1", title: {en: F}, to: boss, capacity: inform, when: distance >= far}
  - {id: dear, clause: "1", title: {en: D}, to: boss, capacity: inform, when: loss > dear}
  - {id: allowed, clause: "1", title: {en: A}, to: boss, capacity: inform, when: allowed or urgent}
  - {id: level, clause: "1", title: {en: L}, to: boss, capacity: inform, when: level != 'large'}
  - {id: late, clause: "1", title: {en: S}, to: boss, capacity: inform, when: reply.late_by > soon}
penalties:
  - {id: by-date, clause: "2", title: {en: P}, per: reply, when: deadline.missed, amount: dated per overdue day}
  - {id: by-old, clause: "2", title: {en: P}, per: registered, against: clerk, amount: old}
  - {id: share, clause: "2", title: {en: P}, per: registered, against: clerk, amount: 12.5 % of dated}
  - {id: lost, clause: "2", title: {en: P}, per: registered, against: clerk, forfeits: dated}
  - {id: up-to, clause: "2", title: {en: P}, per: registered, against: clerk, compensates: dated}
charges:
  - {id: half, clause: "3", title: {en: C}, cost: dated, borne_by: clerk, share: 50 %}
  - {id: rest, clause: "3", title: {en: C}, cost: dated, borne_by: boss, share: 50 %}
"""

EXCEPTED = (
    MANY.partition("deadlines:")[0]
    + """
penalties:
  - {id: some, clause: "1", title: {en: S}, per: registered, against: clerk, when: visits > most, amount: 5 CNY}
  - {id: more, clause: "1", title: {en: M}, per: registered, against: clerk, when: visits > most and loss > dear, amount: 9 CNY, exception_to: some}
  - {id: none, clause: "1", title: {en: N}, per: registered, against: clerk, when: visits <= most, amount: dated, exception_to: more}
  - {id: level, clause: "1", title: {en: L}, against: clerk, when: level == 'small' or not allowed, amount: 2 CNY}
reliefs:
  - {id: off, clause: "2", title: {en: O}, per: registered, of: [some, none], cancels: true, when: distance < far}
"""
)

TWO_KEYS = TARIFF.replace("keys: [loss]", "keys: [loss, urgent]").replace(
    "{loss: {above: 5000}, is: 20 %}",
    "{loss: {above: 5000}, urgent: true, is: 12.5-20 %}\n"
    "      - {loss: {above: 5000}, urgent: false, is: 120 %}",
) + """
  - {id: part, clause: "1", title: {en: Part}, per: registered, against: clerk, amount: 33.3 % of tax}
reliefs:
  - {id: half, clause: "4", title: {en: Half}, per: registered, of: [tax], refunds: 12.5 %}
"""  # fmt: skip

POLICIES = {
    "limits": LIMITS.split("deadlines")[0] + DEADLINE.replace("LIMIT", "answer_limit"),
    "desk": DESK + DEADLINE.replace("LIMIT", "reply_limit"),
    "credits": CREDITS,
    "hull": CREDITS.replace("is: 0 %", "is: 5-6 %").replace("is: 100 %", "is: 0.5 %"),
    "amounts": AMOUNTS,
    "tariff": TARIFF,
    "tariff by two keys": TWO_KEYS,
    "many": MANY,
    "excepted": EXCEPTED,
    "handlers": HANDLERS,
}

VALUES = {
    "priority": ["p1", "p2", "p3"],
    "category": ["bill", "other"],
    "uptime": ["95", "94.99", "99", "98.9999", "99.99", "99.98", "100", "-1"],
    "fee": [0, "0.05", 1000, "999.99"],
    "grade": ["low", "middle", "high"],
    "urgent": [True, False],
    "visits": [0, 1, 2, 3, 4],
    "distance": ["1.4", "1.5", "7", "6.99"],
    "bought_on": ["2017-12-31", "2018-01-01"],
    "note": ["a", "b", "c"],
    "loss": ["99.99", 100, "5.01", 1000, "1000.05", 5000, 6000, "5000.01"],
    "wanted_at": ["2018-07-02T23:59:00+08:00", "2018-07-03T00:00:00+08:00"],
}


@st.composite
def drawn(draw):
    cases = []
    for number in range(draw(st.integers(3, 10))):
        facts = {
            name: draw(st.sampled_from(values))
            for name, values in VALUES.items()
            if draw(st.integers(0, 2))
        }
        events = []
        if draw(st.integers(0, 4)):
            began = draw(st.sampled_from(["02T09:00", "02T17:00", "03T09:00"]))
            events.append(Event("registered", at(began)))
            if draw(st.booleans()):
                events.append(Event("agreed", at("03T10:00")))
            if draw(st.booleans()):
                events.append(
                    Event(
                        "replied", at(draw(st.sampled_from(["02T11:00", "03T10:30", "06T10:00"])))
                    )
                )
        cases.append(Case(f"C{number}", facts, events))
    return cases


@pytest.mark.parametrize("name", POLICIES)
@settings(max_examples=30)
@given(cases=drawn())
def test_columns_are_the_decisions(name, cases):
    policy = _policies()[name]
    assert_same(policy, cases, AS_OF)


@cache
def _policies() -> dict[str, Policy]:
    return {name: load(body) for name, body in POLICIES.items()}


def test_nothing_of_a_table_is_judged_one_by_one():
    from complaint_rules.columns.judge import judge_log

    for policy in _policies().values():
        cases = [Case("A", {}, [Event("registered", at("02T09:00"))]), Case("B", {}, [])]
        log = log_of_cases(policy.ruleset.words, cases)
        assert judge_log(policy, log, AS_OF, check_date=False)[1] == 0


def test_numbers_that_a_float_cannot_tell_apart_are_told_apart():
    """An edge of more digits than a column has lies beside the number with its float."""
    body = CREDITS.replace("99.99", "99.98999999999999999999")
    policy = Policy(WORDS + body, "sample.yaml")
    cases = [
        Case(f"C{n}", {"uptime": Decimal(text), "fee": 1000}, [Event("registered", at("02T09:00"))])
        for n, text in enumerate(["99.99", "99.98999999999", "99.9900000000001"])
    ]
    assert_same(policy, cases, AS_OF)
    found = policy.evaluate(cases[0], as_of=AS_OF)
    assert str(found.penalties[0].minimum) == "0.00"


@pytest.mark.parametrize("name", ["tariff by two keys", "credits"])
def test_amounts_too_large_for_columns_are_judged_one_by_one(name):
    from complaint_rules.columns.judge import judge_log

    policy = _policies()[name]
    cases = [
        Case(
            f"C{power}",
            {"loss": 10**power, "fee": 10**power, "uptime": 94, "urgent": False},
            [Event("registered", at("02T09:00"))],
        )
        for power in (3, 9, 12, 14, 15)
    ]
    assert_same(policy, cases, AS_OF)
    log = log_of_cases(policy.ruleset.words, cases)
    assert 0 < judge_log(policy, log, AS_OF, check_date=False)[1] < 5


def test_rates_of_many_times_an_amount_do_not_overflow():
    policy = load(CREDITS.replace("is: 100 %", "is: 100000000 %"))
    cases = [
        Case(f"C{n}", {"fee": fee, "uptime": 94}, [Event("registered", at("02T09:00"))])
        for n, fee in enumerate((1, 10**6, 10**9))
    ]
    assert_same(policy, cases, AS_OF)

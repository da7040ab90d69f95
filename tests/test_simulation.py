"""Many cases at once come out as each does by itself."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulated
import strategies
from complaint_rules import Case, Event, Policy, load_policy, shipped_rulesets
from complaint_rules.columns.judge import judge_log
from complaint_rules.columns.log import log_of_cases
from complaint_rules.judging.occurrence import THE_CASE
from complaint_rules.ruleset.scopes import CASE
from complaint_rules.simulation import matches
from complaint_rules.testing.scenarios import read_scenarios
from complaint_rules.testing.strategies import cases as policy_cases
from complaint_rules.testing.strategies import instants as policy_instants
from samples import at, load
from simulated import assert_same

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def numbered(cases):
    return [Case(f"C{i}", dict(case.facts), case.events) for i, case in enumerate(cases)]


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(
    strategies.rulesets(),
    st.lists(strategies.cases(), min_size=1, max_size=6),
    strategies.instants,
)
def test_generated_policies(body, cases, as_of):
    assert_same(load(body), numbered(cases), as_of)


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(
    simulated.rulesets(),
    st.lists(simulated.cases(), min_size=1, max_size=6),
    strategies.instants.flatmap(
        lambda at: st.sampled_from([timedelta(0), timedelta(days=40), timedelta(days=9 * 365)]).map(
            lambda more: at + more
        )
    ),
)
def test_generated_policies_with_all_that_rules_can_say(body, cases, as_of):
    assert_same(simulated.load(body), numbered(cases), as_of)


RULESETS = sorted(shipped_rulesets())


@pytest.mark.parametrize("name", RULESETS)
def test_the_scenarios_of_every_ruleset_come_out_as_one_by_one(name):
    """All cases of a policy's own tests, at every instant that one of them is about."""
    scenarios = read_scenarios(shipped_rulesets()[name].with_suffix(".scenario.yaml")).scenarios
    by_policy: dict[str, list] = {}
    for scenario in scenarios:
        by_policy.setdefault(scenario.policy.hash, []).append(scenario)
    for some in by_policy.values():
        cases = [
            Case(f"{i}", dict(scenario.case.facts), scenario.case.events)
            for i, scenario in enumerate(some)
        ]
        instants = sorted({check.as_of for scenario in some for check in scenario.checks})
        for as_of in instants[:: max(1, len(instants) // 6)] + instants[-1:]:
            assert_same(some[0].policy, cases, as_of)


@pytest.mark.parametrize("name", RULESETS)
def test_generated_cases_of_every_ruleset_come_out_as_one_by_one(name):
    policy = load_policy(name)

    @settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
    @given(st.lists(policy_cases(policy), min_size=1, max_size=6), policy_instants(policy))
    def same(cases, as_of):
        assert_same(policy, numbered(cases), as_of)

    same()


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(
    simulated.rulesets(), st.lists(simulated.cases(), min_size=1, max_size=5), strategies.instants
)
def test_which_rules_apply_as_one_column_each(body, cases, as_of):
    policy, cases = simulated.load(body), numbered(cases)
    rows = matches(policy, cases, as_of=as_of).to_dicts()
    assert [row["case"] for row in rows] == [case.id for case in cases]
    for case, row in zip(cases, rows, strict=True):
        basis = policy.evaluate(case, as_of=as_of, engine="native", check_date=False).basis
        scope = basis.judge.scopes.get(CASE)
        found = scope.judge(basis.state, THE_CASE) if scope else {}
        expected = {rule: judgement.applies for rule, judgement in found.items()}
        of_case = [r.id for r in policy.ruleset.rules() if r.scope == CASE and r.condition]
        assert row == {"case": case.id} | {rule: expected.get(rule, False) for rule in of_case}


def test_more_combinations_than_are_tried():
    """Nine penalties that hang on one unknown number: the bounds are wider, and the same."""
    lines = ["penalties:"]
    lines += [
        f"  - {{id: p{number}, clause: '1', title: {{en: P}}, against: clerk, amount: "
        f"{number + 1} CNY, when: visits > {number}}}"
        for number in range(9)
    ]
    policy = simulated.load("\n".join(lines) + "\n")
    cases = [Case("A"), Case("B", {"visits": 4}), Case("C", {"clerk": ["X", "Y"]})]
    assert_same(policy, cases, at("03T09:00"))
    assert str(policy.evaluate(cases[0], as_of=at("03T09:00")).total()) == "0–45"


@pytest.mark.parametrize("amount", [100, 10**10, 10**13, 10**15])
def test_very_large_amounts(amount):
    """What does not fit into a column goes one by one, also where an event sets it."""
    head = simulated.MORE_HEAD.replace("sets: [urgent]", "sets: [urgent, loss]")
    body = """
penalties:
  - {id: p, clause: "1", title: {en: P}, against: clerk, amount: 12.55-20 % of loss}
reliefs:
  - {id: r, clause: "2", title: {en: R}, of: all, when: urgent, refunds: 133.33 %}
charges:
  - {id: c, clause: "3", title: {en: C}, cost: loss, borne_by: clerk, share: 30-60 %}
"""
    policy = Policy(head + body, "large.yaml")
    cases = [
        Case("A", {"loss": amount, "urgent": True}),
        Case("B", {}, [Event("reclassified", at("02T09:00"), loss=amount, urgent=False)]),
        Case("C", {"loss": 1}),
    ]
    assert_same(policy, cases, at("03T09:00"))
    large = judge_log(
        policy, log_of_cases(policy.ruleset.words, cases), at("03T09:00"), check_date=False
    )
    assert large[1] == (0 if amount == 100 else 2)


def test_what_is_needed_is_said(monkeypatch):
    import builtins
    import importlib

    real = builtins.__import__

    def without(name, *args, **more):
        if name in ("polars", "altair"):
            raise ImportError(f"No module named {name!r}")
        return real(name, *args, **more)

    import complaint_rules.pictures
    import complaint_rules.simulation

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"complaint-rules\[simulation\]"):
        importlib.reload(complaint_rules.simulation)
    with pytest.raises(ImportError, match=r"complaint-rules\[notebook\]"):
        importlib.reload(complaint_rules.pictures)


EDGES = """
deadlines:
  - id: reply
    clause: "1"
    title: {en: Reply}
    duty_of: department
    starts: registered
    within: 30 elapsed minutes
    ends: replied
    cancelled: withdrawn
    agreed: [{event: agreed, moment: until_when}]
  - id: next-visit
    clause: "2"
    title: {en: Next visit}
    duty_of: clerk
    starts: visited
    within: 1 elapsed hour
    ends: visited
  - id: maybe
    clause: "3"
    title: {en: Maybe}
    duty_of: clerk
    starts: registered
    when: urgent
    within: 1 elapsed hour
    ends: replied
penalties:
  - {id: late, clause: "4", title: {en: L}, per: reply, when: deadline.missed, amount: 20 CNY}
  - {id: any, clause: "5", title: {en: A}, per: maybe, amount: 10-15 CNY}
  - {id: both, clause: "6", title: {en: B}, against: clerk, when: urgent and visits > 2, amount: 5 CNY}
  - {id: one, clause: "7", title: {en: O}, against: clerk, when: urgent or visits > 2, amount: 3 CNY}
  - {id: again, clause: "8", title: {en: R}, per: complained_again, against: clerk,
     when: reply.missed_before_event, amount: 2 CNY}
"""


def test_every_order_of_a_few_events_at_the_same_and_nearly_the_same_time():
    policy = simulated.load(EDGES)
    minutes = [None, 29, 30, 31]
    cases = []
    for replied, withdrawn, agreed, visited in product(
        minutes, [None, 30, 31], minutes, [(), (0,), (0, 0), (0, 60), (0, 61)]
    ):
        happened = [
            ("registered", 0, {}),
            ("complained_again", 30, {}),
            ("complained_again", 31, {}),
        ]
        happened += [("replied", replied, {})] if replied is not None else []
        happened += [("withdrawn", withdrawn, {})] if withdrawn is not None else []
        if agreed is not None:
            happened.append(("agreed", agreed, {"until_when": at("02T09:31")}))
        happened += [("visited", minute, {}) for minute in visited]
        facts = [{}, {"urgent": False}, {"urgent": True}, {"visits": 1}, {"visits": 3}]
        events = [
            Event(name, at("02T09:00") + timedelta(minutes=minute), **data)
            for name, minute, data in happened
        ]
        cases.append(Case(f"C{len(cases)}", facts[len(cases) % len(facts)], events))
    for as_of in ("02T09:30", "02T09:31", "03T09:00"):
        assert_same(policy, cases, at(as_of))


def test_facts_that_events_set_and_parameters_by_date():
    policy = simulated.load(
        simulated.PARAMETERS
        + """
penalties:
  - {id: set, clause: "1", title: {en: S}, against: clerk, when: urgent, amount: 1 CNY}
  - {id: by-day, clause: "2", title: {en: D}, against: clerk, when: dated > 15, amount: dated}
  - {id: by-key, clause: "3", title: {en: K}, against: clerk, amount: by_grade}
"""
    )
    cases = []
    days = ("02T23:59", "03T00:00", None)
    sets = ([True, None], [None, True], [True, False], [False, True], [None], [])
    for day, values, grade in product(days, sets, ("low", "high", "middle", None)):
        events = [Event("registered", at(day))] if day else []
        events += [
            Event("reclassified", at("04T09:00") + timedelta(hours=hour), urgent=value)
            for hour, value in enumerate(values)
        ]
        facts = {"grade": grade} if grade else {}
        cases.append(Case(f"C{len(cases)}", facts, events))
    for as_of in ("02T12:00", "04T09:00", "05T09:00"):
        assert_same(policy, cases, at(as_of))


def test_completions_in_order_by_party_and_replies():
    policy = simulated.load(
        """
deadlines:
  - {id: order, clause: "1", title: {en: O}, duty_of: clerk, starts: visited,
     within: 30 elapsed minutes, ends: replied, completes: oldest}
  - {id: own, clause: "2", title: {en: W}, duty_of: department, starts: registered,
     within: 30 elapsed minutes, ends: answered}
penalties:
  - {id: late, clause: "3", title: {en: L}, per: order, when: deadline.missed, amount: 1 CNY}
  - {id: days, clause: "4", title: {en: D}, against: clerk, when: own.overdue_days > 5, amount: 2 CNY}
escalations:
  - {id: ask, clause: "5", title: {en: A}, to: [boss, clerk], capacity: approve, joint: true,
     per: complained_again, replies: {event: answered, by: by_whom}}
"""
    )
    cases = []
    departments = ({}, {"department": ["A", "B"]})
    answers = (
        [],
        [("boss", 60, None), ("clerk", 5_000, None)],
        [("boss", 60, "A"), ("clerk", 5_000, "B")],
    )
    for visits, replies, facts, answered in product(
        ((0,), (0, 10), (0, 10, 20)), ((), (15,), (15, 40), (5, 15, 40)), departments, answers
    ):
        events = [Event("registered", at("02T09:00")), Event("registered", at("04T09:00"))]
        events += [Event("visited", at("02T09:00") + timedelta(minutes=one)) for one in visits]
        events += [Event("replied", at("02T09:00") + timedelta(minutes=one)) for one in replies]
        events.append(Event("complained_again", at("02T10:00")))
        for who, minute, department in answered:
            data = {"by_whom": who} | ({"department": department} if department else {})
            events.append(Event("answered", at("02T09:00") + timedelta(minutes=minute), **data))
        cases.append(Case(f"C{len(cases)}", facts, events))
    for as_of in ("02T10:00", "04T12:00", "09T09:00"):
        assert_same(policy, cases, at(as_of))

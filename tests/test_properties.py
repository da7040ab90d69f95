"""The ready properties hold of the nine policies, and find policies of which they do not hold."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from complaint_rules import Case, Event, load_policy, shipped_rulesets
from complaint_rules.testing import (
    answering_earlier_never_costs_more,
    cases,
    instants,
    later_never_turns_late_into_met,
    more_facts_never_contradict,
)
from complaint_rules.testing.strategies import edges
from samples import HEAD, REPLY, at, load

PROPERTIES = [
    answering_earlier_never_costs_more,
    later_never_turns_late_into_met,
    more_facts_never_contradict,
]
quick = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("name", sorted(shipped_rulesets()))
@pytest.mark.parametrize("prop", PROPERTIES, ids=lambda prop: prop.__name__)
def test_the_nine_policies_are_sensible(prop, name):
    policy = load_policy(name)

    @quick
    @given(st.data())
    def holds(data):
        prop(policy, data)

    holds()


@pytest.mark.parametrize("name", sorted(shipped_rulesets()))
def test_drawn_cases_are_understood_and_governed(name):
    policy = load_policy(name)

    @quick
    @given(cases(policy), instants(policy))
    def understood(case, as_of):
        policy.check(case)
        policy.evaluate(case, as_of=max(as_of, case.events[0].at))

    understood()


def finds(prop, policy) -> bool:
    @settings(
        max_examples=150,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],
    )
    @given(st.data())
    def holds(data):
        prop(policy, data)

    try:
        holds()
    except AssertionError:
        return True
    except Unsatisfiable:
        return False
    return False


class Prepared:
    """Stands for hypothesis, and draws what it was given: a counterexample, found every time."""

    def __init__(self, *values):
        self.values = list(values)

    def draw(self, _strategy):
        return self.values.pop(0)


def run_once(prop, policy, *values):
    @settings(max_examples=1, database=None, phases=[Phase.generate])
    @given(st.none())
    def once(_):
        prop(policy, Prepared(*values))

    once()


def event(type_: str, minute: int, **data) -> Event:
    return Event(type_, at("02T09:00") + timedelta(minutes=minute), **data)


def test_a_policy_that_fines_the_punctual_is_found():
    perverse = """
penalties:
  - {id: fast, clause: "2", title: {en: Fast}, per: reply, when: deadline.met, amount: 50 CNY}
"""
    late = Case("C", {}, [event("registered", 0), event("replied", 40)])
    # the second event, twenty minutes earlier, judged as of then
    drawn = (late, 1, 20 * 60_000_000, timedelta(0))
    with pytest.raises(AssertionError, match=r"raises the penalties from 0 to 50"):
        run_once(answering_earlier_never_costs_more, load(REPLY + perverse), *drawn)
    sensible = load(REPLY + perverse.replace("deadline.met", "deadline.missed"))
    run_once(answering_earlier_never_costs_more, sensible, *drawn)
    assert not finds(answering_earlier_never_costs_more, sensible)


def test_a_limit_that_an_event_moves_afterwards_is_found():
    body = REPLY.replace(
        "within: 30 elapsed minutes", "within: 30 elapsed minutes\n    by: wanted_at"
    )
    head = HEAD.replace(
        "reclassified: {title: {en: reclassified}, sets: [urgent]}",
        "reclassified: {title: {en: reclassified}, sets: [wanted_at]}",
    )
    moved = event("reclassified", 50, wanted_at=at("02T12:00"))
    case = Case("C", {}, [event("registered", 0), event("replied", 40), moved])
    drawn = (case, at("02T09:45"), at("02T10:00"))
    with pytest.raises(AssertionError, match=r"is late as of .* and met as of"):
        run_once(later_never_turns_late_into_met, load(body, head=head), *drawn)
    run_once(later_never_turns_late_into_met, load(REPLY, head=head), *drawn)


def test_an_answer_that_a_fact_contradicts_is_found(monkeypatch):
    """Where missing were taken for false, more facts would contradict."""
    from complaint_rules.judging.matching import ScopeMatcher

    policy = load(REPLY.replace("    within", "    when: not urgent\n    within"))
    drawn = (Case("C", {"urgent": True}, [event("registered", 0)]), ["urgent"], timedelta(0))
    run_once(more_facts_never_contradict, policy, *drawn)
    assert not finds(more_facts_never_contradict, policy)
    original = ScopeMatcher.values
    monkeypatch.setattr(
        ScopeMatcher, "values", lambda self, *args: {"urgent": False} | original(self, *args)
    )
    with pytest.raises(AssertionError, match="is gone once"):
        run_once(more_facts_never_contradict, policy, *drawn)


def test_the_edges_of_the_calendar():
    china = load_policy("yundewu-2018").ruleset.calendar
    found = edges(china, date(2026, 2, 1), date(2026, 3, 1))
    assert date(2026, 2, 14) in found  # a make-up Saturday, and the eve of Spring Festival
    assert date(2026, 2, 28) in found  # a make-up Saturday at the end of the month
    assert date(2026, 2, 16) in found  # a holiday on a Monday
    assert date(2026, 2, 4) not in found


def test_drawn_cases_lie_on_due_instants_and_thresholds():
    """What the strategies are for: a completion exactly when it is due, a value on its threshold."""
    policy = load_policy("yundewu-2018", parameters={"penalty_authority": 300})
    on_time, on_threshold = [], []

    @settings(max_examples=400, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(cases(policy))
    def look(case):
        decision = policy.evaluate(case, as_of=max(event.at for event in case.events))
        on_time.extend(
            i for i in decision.deadlines if i.done_at is not None and i.done_at == i.due_at
        )
        on_threshold.extend([1] if case.facts.get("proposed_penalty") in (0, 1) else [])

    look()
    assert on_time
    assert on_threshold


def test_cases_are_drawn_for_a_calendar_that_knows_a_single_year():
    from complaint_rules import Policy
    from complaint_rules.time import DatedCalendar

    one_year = DatedCalendar("CN", "1", frozenset({2026}), frozenset(), frozenset())
    policy = Policy(HEAD + REPLY, calendars={"CN": one_year})

    @quick
    @given(cases(policy))
    def drawn(case):
        assert case.events[0].at.year == 2026
        policy.evaluate(case, as_of=case.events[0].at)

    drawn()

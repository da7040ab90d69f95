"""Edges in words and in columns, and under everything else that reads a policy."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules import Case, Decision
from complaint_rules.evaluation.items import Missing
from complaint_rules.exploration import nearest_changes
from complaint_rules.exploration.outcome import is_exact
from complaint_rules.simulation import simulate
from complaint_rules.testing import properties, strategies
from ladders import (
    FINES,
    FIRST,
    LADDER,
    REMIND,
    REMINDER,
    SECOND,
    THIRD,
    decide,
    event,
    lines,
    load,
    march,
    registered,
)
from samples import only
from simulated import assert_same

BOTH = "deadlines:\n" + REMIND + THIRD + SECOND + FIRST + FINES


def test_explanations_say_what_started_it():
    text = "\n".join(lines(decide(LADDER, "05T12:00", registered())))
    assert "upon: time limit “Owner decides” was missed, 2026-03-04 24:00" in text
    decision = decide(LADDER, "05T12:00", registered())
    chinese = decision.explain("zh")
    assert "（时限「经办人决定」已超时，2026-03-04 24:00）" in chinese
    assert "（时限「经办人决定」已超时，2026-03-04 24:00）" in decision.html("zh")
    reminder = decide(REMINDER, "04T15:30", registered())
    assert (
        "upon: time limit “Owner decides” is due within 2 hours of working time, 2026-03-04 15:00"
        in reminder.explain()
    )
    assert only(reminder.deadlines, "remind").reason.arithmetic == (
        "first.due - 2 working hours + 1 working hour"
    )
    unknown = decide(
        LADDER.replace("within: 2 working days", "within: no_time", 1), "05T12:00", registered()
    )
    assert "upon: time limit “Owner decides” was missed\n" in unknown.explain()


def test_why_not_says_what_did_not_happen_to_the_other_limit():
    found = decide(LADDER, "03T12:00", registered()).why_not("second")
    assert [o.outcome for o in found.outcomes] == ["did-not-come-up"]
    assert str(found) == (
        "“Manager decides [2]” did not come up: there is no time limit “Owner decides” that was missed"
    )
    assert "没有已超时的时限「经办人决定」" in found.explain("zh")
    decision = decide(LADDER, "05T12:00", registered())
    assert [o.outcome for o in decision.why_not("second").outcomes] == ["applied"]
    assert decision.why_not("second").outcomes[0].occurrence == decision.deadlines[0].id
    body = LADDER.replace("starts: first.missed", "starts: first.missed, when: event.grave")
    refused = decide(body, "05T12:00", registered(grave=False)).why_not("second")
    assert [(o.outcome, o.needed[0].names) for o in refused.outcomes] == [
        ("did-not-apply", ("event.grave",))
    ]
    unknown = decide(
        LADDER.replace("within: 2 working days", "within: no_time", 1), "05T12:00", registered()
    ).why_not("second")
    assert [(o.outcome, o.missing) for o in unknown.outcomes] == [
        ("undetermined", (Missing("no_time", "parameter"),))
    ]
    reminder = decide(REMINDER, "04T12:00", registered()).why_not("remind")
    assert "that is open and due within 2 hours of working time" in str(reminder)
    for rule in ("fine-manager", "tell"):
        assert (
            decide(LADDER, "03T12:00", registered()).why_not(rule).outcomes[0].outcome
            == "did-not-come-up"
        )


def test_only_cases_in_which_an_edge_may_come_to_be_are_judged_one_by_one():
    second = SECOND.replace("starts: first.missed", "starts: [withdrawn, first.missed]")
    policy = load("deadlines:\n" + FIRST + second + FINES.replace("per: third", "per: second"))
    cases = [
        Case("with a start", {}, [registered()]),
        Case("later", {}, [registered("09T10:00")]),
        Case("without", {}, [event("withdrawn", "02T10:00")]),
        Case("empty", {}, []),
    ]
    as_of = march("05T12:00")
    found = simulate(policy, cases, as_of=as_of, check_date=False)
    assert found.one_by_one == 1
    assert found.deadlines.sort("case", "rule").select("case", "rule", "event").rows() == [
        ("with a start", "first", "registered"),
        ("with a start", "second", "first.missed"),
        ("without", "second", "withdrawn"),
    ]
    assert_same(policy, cases, as_of)


def test_only_what_reads_no_edge_is_explored_exactly():
    case = Case("C", {}, [registered()])
    assert is_exact(load("deadlines:\n" + FIRST).ruleset, case)
    assert not is_exact(load(LADDER).ruleset, case)
    found = nearest_changes(load(LADDER), case, as_of=march("10T12:00"))
    assert found
    assert not any(change.exact for change in found)


@pytest.mark.parametrize("body", [LADDER, REMINDER])
@given(data=st.data())
def test_cases_that_are_drawn_are_judged_alike(body, data):
    policy = load(body)
    drawn = [data.draw(strategies.cases(policy)) for _ in range(2)]
    as_of = drawn[0].events[0].at + data.draw(st.timedeltas(timedelta(0), timedelta(30)))
    named = [Case(str(number), dict(case.facts), case.events) for number, case in enumerate(drawn)]
    assert_same(policy, named, as_of)
    for case in named:
        native = policy.evaluate(case, as_of=as_of, engine="native", check_date=False)
        assert policy.evaluate(case, as_of=as_of, check_date=False) == native
        assert Decision.from_json(native.to_json()) == native


@given(data=st.data())
def test_a_chain_keeps_what_every_policy_keeps(data):
    check = data.draw(
        st.sampled_from(
            [
                properties.answering_earlier_never_costs_more,
                properties.more_facts_never_contradict,
                properties.later_never_turns_late_into_met,
            ]
        )
    )
    check(load(BOTH), data)

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules import Case, Decision, DecisionError, load_policy
from samples import ROOT, at, case, event, judge, load, only
from test_penalties import RELIEVED

Y = load_policy("yundewu-2018")
N = load_policy("nanjing-cable-2007")
DEALER = Case.from_json((ROOT / "examples/cases/store-dealer.json").read_text(encoding="utf-8"))
REPAIR = Case.from_json((ROOT / "examples/cases/late-repair.json").read_text(encoding="utf-8"))
INSTANTS = st.integers(0, 60 * 24 * 20)


def at_minute(policy, the_case, minutes, **more):
    from datetime import timedelta

    start = min(e.at for e in the_case.events) - timedelta(minutes=30)
    return policy.evaluate(
        the_case, as_of=start + timedelta(minutes=minutes), engine="native", **more
    )


@given(st.sampled_from([(Y, DEALER), (N, REPAIR)]), INSTANTS)
def test_json_keeps_every_part(pair, minutes):
    decision = at_minute(*pair, minutes)
    text = decision.to_json()
    read = Decision.from_json(text)
    assert read == decision
    assert read.to_json() == text
    assert pickle.loads(pickle.dumps(decision)) == decision
    json.loads(text)


def test_the_same_input_gives_the_same_bytes():
    again = load_policy("yundewu-2018").evaluate(
        Case.from_json(DEALER.to_json()), as_of="2018-07-03T09:00:00+08:00"
    )
    assert Y.evaluate(DEALER, as_of="2018-07-03T09:00:00+08:00").to_json() == again.to_json()


def test_a_decision_says_what_it_was_made_with():
    decision = judge(Y, DEALER, "03T09:00")
    assert (decision.policy, decision.policy_version, decision.policy_hash) == (
        "yundewu-2018",
        "1",
        Y.hash,
    )
    assert decision.calendar.startswith("chinesecalendar ")
    assert (decision.engine, decision.as_of) == ("native", at("03T09:00"))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"case_id": "C"}', "null"])
def test_what_is_no_decision_is_refused(text):
    with pytest.raises(DecisionError, match="no decision in JSON"):
        Decision.from_json(text)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("as_of",), "yesterday"),
        (("deadlines", 0, "status"), "lat"),
        (("deadlines", 0, "due_at"), 5),
        (("deadlines", 0, "missing"), None),
        (("penalties", 0, "minimum"), "many"),
        (("penalties", 0, "extra"), 1),
        (("penalties", 0, "reason", "read", 0, "value"), [1]),
    ],
)
def test_a_decision_that_was_tampered_with_is_refused(path, value):
    document = json.loads(judge(Y, DEALER, "03T09:00").to_json())
    target = document
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    with pytest.raises(DecisionError):
        Decision.from_json(json.dumps(document))


def test_a_decision_from_json_cannot_explain_itself_and_says_so():
    read = Decision.from_json(judge(Y, DEALER, "03T09:00").to_json())
    with pytest.raises(DecisionError, match="decision.bind"):
        read.explain()
    with pytest.raises(DecisionError):
        read.why_not("late-answer")
    assert read.total() == judge(Y, DEALER, "03T09:00").total()


# Changes


def test_what_is_new_changed_and_gone():
    first, second = judge(Y, DEALER, "02T11:00"), judge(Y, DEALER, "02T16:30")
    changes = second.changes_since(first)
    assert {item.rule for item in changes.new} == {
        "general-affairs-answer",
        "superior-decides",
        "late-answer",
    }
    assert {change.rule for change in changes.changed} == {
        "report-same-day",
        "investigate",
        "department-answer",
        "compensation",
    }
    assert changes.gone == ()
    assert not second.changes_since(judge(Y, DEALER, "02T16:30"))
    with pytest.raises(DecisionError, match="compare decisions on one case"):
        second.changes_since(judge(N, REPAIR, "2007-05-24T12:00:00+08:00"))


@given(INSTANTS, INSTANTS)
def test_changes_account_for_every_item(one, other):
    first, second = (at_minute(N, REPAIR, minutes) for minutes in sorted((one, other)))
    changes = second.changes_since(first)
    before = {(type(i), i.id) for i in first.items()}
    now = {(type(i), i.id) for i in second.items()}
    assert {(type(i), i.id) for i in changes.new} == now - before
    assert {(type(i), i.id) for i in changes.gone} == before - now
    assert changes.moved == ()
    if tuple(first.items()) == tuple(second.items()):
        assert not changes


@given(st.sampled_from([(Y, DEALER), (N, REPAIR)]), INSTANTS)
def test_ids_are_unique(pair, minutes):
    ids = [(type(item), item.id) for item in at_minute(*pair, minutes).items()]
    assert len(set(ids)) == len(ids)


@given(st.sampled_from([(Y, DEALER), (N, REPAIR)]), INSTANTS)
def test_between_now_and_the_next_change_nothing_changes(pair, minutes):
    from datetime import timedelta

    policy, the_case = pair
    decision = at_minute(policy, the_case, minutes)
    change = decision.next_change_at
    if change is not None:
        just_before = policy.evaluate(
            the_case, as_of=change - timedelta(milliseconds=1), engine="native"
        )
        same = [
            (i.id, getattr(i, "status", None), getattr(i, "overdue_days", None))
            for i in decision.items()
        ]
        assert same == [
            (i.id, getattr(i, "status", None), getattr(i, "overdue_days", None))
            for i in just_before.items()
        ]
        assert just_before.total() == decision.total()


# Words


@given(st.sampled_from([(Y, DEALER), (N, REPAIR)]), INSTANTS, st.sampled_from(["zh", "en"]))
def test_every_decision_can_be_said_with_every_clause(pair, minutes, language):
    decision = at_minute(*pair, minutes)
    text = decision.explain(language)
    for item in decision.items():
        assert item.clause in text
    assert "{" not in text


def test_chinese_explanations_are_chinese_throughout():
    import re

    for policy, the_case, when in (
        (Y, DEALER, "04T12:00"),
        (N, REPAIR, "2007-05-24T12:00:00+08:00"),
    ):
        body = judge(policy, the_case, when).explain("zh").splitlines()[2:-1]
        english = [line for line in body if re.search(r"[a-z]{3}", line) and "table" not in line]
        assert english == []


def test_why_a_rule_did_not_apply():
    decision = judge(Y, DEALER, "04T12:00")
    why = decision.why_not("leader-late")
    (outcome,) = why.outcomes
    assert (outcome.outcome, [change.names for change in outcome.needed]) == (
        "did-not-apply",
        [("leader_solves.missed_before_event",)],
    )
    assert not why.applied
    assert "it would, if" in str(why)
    assert "再次投诉" in why.explain("zh")
    assert decision.why_not("late-answer").applied
    assert decision.why_not("platform-failure").outcomes[0].outcome == "did-not-come-up"
    assert "there is no event" in str(decision.why_not("platform-failure"))
    assert decision.why_not("deliver").applied
    with pytest.raises(DecisionError, match="did you mean 'deliver'"):
        decision.why_not("delivr")


def test_why_not_knows_exceptions_unknowns_and_deadlines():
    policy = load(RELIEVED)
    events = [event("registered", "02T09:00"), event("complained_again", "02T11:00", rude=False)]
    decision = judge(policy, case(*events, urgent=True), "03T09:00")
    assert [(o.outcome, o.excepted_by) for o in decision.why_not("late").outcomes] == [
        ("excepted", "serious")
    ]
    assert "replaced by its exception" in str(decision.why_not("late"))
    unknown = judge(policy, case(*events), "03T09:00").why_not("serious").outcomes[0]
    assert (unknown.outcome, unknown.needed[0].actual) == ("undetermined", (("urgent", None),))
    assert judge(N, REPAIR, "2007-05-10T12:00:00+08:00").why_not("service-time-limit").outcomes[
        0
    ].needed[0].actual == (("deadline.overdue_days", 0),)
    nothing = judge(N, case(event("registered", "02T09:00")), "03T09:00").why_not(
        "service-time-limit"
    )
    assert "no time limit" in str(nothing)


@given(st.sampled_from([(Y, DEALER), (N, REPAIR)]), INSTANTS)
def test_why_not_agrees_with_the_decision(pair, minutes):
    decision = at_minute(*pair, minutes)
    applied = {i.rule for i in decision.items() if type(i).__name__ != "UndeterminedItem"}
    unknown = {i.rule for i in decision.undetermined}
    for rule in pair[0].ruleset.rules():
        if rule.kind in ("penalty", "escalation", "charge", "record"):
            outcomes = {o.outcome for o in decision.why_not(rule.id).outcomes}
            assert ("applied" in outcomes) == (rule.id in applied), rule.id
            if "undetermined" in outcomes:
                assert rule.id in unknown


def test_the_timeline_of_a_decision_is_only_as_of():
    late = judge(Y, DEALER, "02T11:00")
    assert only(late.deadlines, "department-answer").status == "overdue"
    assert {note.kind for note in late.notes} == {"event-after-as-of"}

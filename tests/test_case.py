from __future__ import annotations

import pickle
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules import Case, CaseError, ComplaintRulesError, Event, NaiveDatetime
from samples import REPLY, at, case, event, judge, load, only, rules

POLICY = load(REPLY)


def test_a_case_survives_json_and_pickle():
    the_case = Case(
        "C-1",
        {"loss": Decimal("12.50"), "department": ["A", "B"], "urgent": True},
        [event("registered", "02T09:00", id="r1"), event("replied", "02T09:10", ref="r1")],
    )
    read = Case.from_json(the_case.to_json())
    assert read.events == the_case.events
    assert read.facts["department"] == ("A", "B")
    assert Case.from_json(read.to_json()) == read
    assert pickle.loads(pickle.dumps(read)) == read
    assert hash(read) == hash(pickle.loads(pickle.dumps(read)))


def test_a_case_cannot_be_changed():
    the_case = case(event("registered", "02T09:00"))
    with pytest.raises(AttributeError):
        the_case.id = "other"
    with pytest.raises(TypeError):
        the_case.facts["urgent"] = True
    with pytest.raises(AttributeError):
        the_case.events[0].type = "other"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON"),
        ("[1]", "object with id, facts and events"),
        ('{"id": "C", "fcats": {}}', "did you mean 'facts'"),
        ('{"id": "C", "facts": []}', "facts are an object"),
        ('{"id": "", "facts": {}}', "the case id is ''"),
        ('{"facts": {}}', "the case id is ''"),
        ('{"id": 3}', "the case id is 3"),
        ('{"id": "C", "events": [{"type": "registered"}]}', "needs a type and a time"),
        ('{"id": "C", "events": ["registered"]}', "needs a type and a time"),
        (
            '{"id": "C", "events": [{"type": 3, "at": "2018-07-02T09:00:00+08:00"}]}',
            "event type is 3",
        ),
        ('{"id": "C", "events": [{"type": "x", "at": "2018-07-02T09:00:00"}]}', "no timezone"),
        ('{"id": "C", "events": [{"type": "x", "at": "2018-07-02"}]}', "not a date and time"),
        ('{"id": "C", "events": [{"type": "x", "at": 5}]}', "not a date and time"),
        ('{"id": "C", "id": "D"}', "'id' stands twice"),
        ('{"id": "C", "facts": {"a": 1, "a": 2}}', "'a' stands twice"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_json_that_is_no_case(text, message):
    with pytest.raises(ComplaintRulesError, match=message):
        Case.from_json(text)


def test_an_event_may_carry_anything_by_name():
    odd = Case.from_json(
        '{"id": "C", "events": [{"type": "x", "at": "2018-07-02T09:00:00+08:00", "self": 1}]}'
    )
    assert odd.events[0].data["self"] == 1


def test_ids_differ_and_references_exist():
    with pytest.raises(CaseError, match="two events have the id 'a'"):
        case(event("registered", "02T09:00", id="a"), event("replied", "02T10:00", id="a"))
    with pytest.raises(CaseError, match="no event has that id.*did you mean 'first'"):
        case(event("registered", "02T09:00", id="first"), event("replied", "02T10:00", ref="frist"))
    with pytest.raises(CaseError, match="is not an Event"):
        Case("C", {}, [{"type": "registered"}])  # type: ignore[list-item]
    with pytest.raises(CaseError, match="at most"):
        Case("C", {}, [event("registered", "02T09:00")] * 2_001)


def test_naive_instants_are_errors_everywhere():
    with pytest.raises(NaiveDatetime, match=r"\+08:00"):
        Event("registered", datetime(2018, 7, 2, 9))
    with pytest.raises(NaiveDatetime, match="as_of"):
        POLICY.evaluate(case(), as_of=datetime(2018, 7, 2, 9))


@pytest.mark.parametrize(
    ("the_case", "message"),
    [
        (
            case(event("registred", "02T09:00")),
            "event 'registred' is not declared .did you mean 'registered'",
        ),
        (case(urgnet=True), "fact 'urgnet' is not declared .did you mean 'urgent'"),
        (case(grade="hihg"), "did you mean 'high'"),
        (case(loss=12.5), "float"),
        (case(loss=-1), "not negative"),
        (case(urgent="yes"), "not true or false"),
        (case(clerk=""), "names nobody"),
        (case(clerk=[]), "names nobody"),
        (case(clerk=[1]), "names nobody"),
        (case(event("complained_again", "02T09:00", rdue=True)), "did you mean 'rude'"),
        (case(event("complained_again", "02T09:00", rude="x")), "complained_again.rude is 'x'"),
        (case(event("registered", "02T09:00", urgent=True)), "registered.urgent is not declared"),
    ],
)
def test_what_the_policy_does_not_know_is_refused(the_case, message):
    with pytest.raises(CaseError, match=message):
        judge(POLICY, the_case, "02T10:00")


def test_evaluate_wants_a_case():
    with pytest.raises(CaseError, match="is not a Case"):
        POLICY.evaluate({"id": "C"}, as_of=at("02T09:00"))  # type: ignore[arg-type]


def test_a_fact_that_is_null_is_not_known():
    policy = load(REPLY + "    when: urgent\n")
    decision = judge(policy, case(event("registered", "02T09:00"), urgent=None), "02T10:00")
    assert rules(decision.undetermined) == ["reply"]


def test_an_empty_case_gets_an_empty_decision_that_says_what_was_not_checked():
    decision = judge(POLICY, case(), "02T10:00")
    assert list(decision.items()) == []
    assert [note.kind for note in decision.notes] == ["version-not-checked"]
    assert decision.total().maximum == 0
    assert decision.next_change_at is None


def test_an_event_sets_a_fact_from_its_moment_on():
    policy = load(
        REPLY
        + """
escalations:
  - {id: to-boss, clause: "2", title: {en: To the boss}, when: urgent, to: boss, capacity: inform}
"""
    )
    the_case = case(
        event("registered", "02T09:00"),
        event("reclassified", "02T12:00", urgent=True),
        urgent=False,
    )
    assert rules(judge(policy, the_case, "02T11:59").escalations) == []
    assert rules(judge(policy, the_case, "02T12:00").escalations) == ["to-boss"]


def test_what_holds_unless_recorded_is_marked_as_assumed():
    from samples import HEAD

    head = HEAD.replace(
        "  visits: {type: int,", "  visits: {type: int, unless_recorded: 0,"
    ).replace("rude: {type: bool,", "rude: {type: bool, unless_recorded: false,")
    policy = load(
        REPLY
        + """
escalations:
  - {id: few, clause: "2", title: {en: Few}, when: visits < 3, to: boss, capacity: inform}
  - {id: polite, clause: "3", title: {en: Polite}, per: complained_again, when: not event.rude, to: boss, capacity: inform}
""",
        head=head,
    )
    again = event("complained_again", "02T09:00")
    assumed = judge(policy, case(again), "02T10:00").escalations
    assert [item.reason.read[0].assumed for item in assumed] == [True, True]
    assert "(assumed, nothing recorded)" in judge(policy, case(again), "02T10:00").explain("en")
    known = judge(
        policy, case(event("complained_again", "02T09:00", rude=False), visits=1), "02T10:00"
    )
    assert [item.reason.read[0].assumed for item in known.escalations] == [False, False]
    assert not judge(
        policy, case(event("complained_again", "02T09:00", rude=True), visits=5), "02T10:00"
    ).escalations


@given(st.permutations(["registered", "replied", "complained_again", "paused"]))
def test_the_order_of_events_in_the_case_does_not_matter(order):
    times = {
        "registered": "02T09:00",
        "replied": "02T09:20",
        "complained_again": "02T11:00",
        "paused": "02T12:00",
    }
    shuffled = judge(POLICY, case(*(event(name, times[name]) for name in order)), "03T10:00")
    straight = judge(POLICY, case(*(event(name, times[name]) for name in times)), "03T10:00")
    assert shuffled == straight
    assert only(shuffled.deadlines, "reply").status == "met"

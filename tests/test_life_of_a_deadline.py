"""Cancelled too late, and completions that name the start they are about; alike in columns."""

from __future__ import annotations

import pytest

from complaint_rules import Note, Policy
from complaint_rules.time import Elapsed
from samples import HEAD, at, case, event
from simulated import assert_same

RULES = """
events:
  registered: {title: {en: registered}}
  answered: {title: {en: answered}}
  merged: {title: {en: merged}}
  result: {title: {en: result}}
deadlines:
  - id: reply
    clause: "1"
    title: {en: Reply}
    duty_of: department
    starts: registered
    within: 1 elapsed hour
    ends: answered
    cancelled: merged
  - id: daily
    clause: "2"
    title: {en: Daily}
    duty_of: department
    starts: registered
    within: 1 calendar day
    ends: answered
    cancelled: merged
  - {id: pass-on, clause: "3", title: {en: Pass on}, duty_of: clerk, starts: result, within: 1 elapsed hour, ends: answered}
penalties:
  - {id: fine, clause: "4", title: {en: Fine}, per: reply, when: deadline.missed, amount: 30 CNY}
  - {id: each-day, clause: "5", title: {en: Each day}, per: daily, when: deadline.missed, amount: 10 CNY per overdue day}
  - {id: not-passed-on, clause: "6", title: {en: Not passed on}, per: pass-on, when: deadline.missed, amount: 5 CNY}
"""


def head():
    return HEAD.partition("events:")[0]


def decide(*events, when, rules=RULES):
    policy = Policy(head() + rules, "life.yaml")
    the_case = case(*events)
    assert_same(policy, [the_case], at(when))
    return policy.evaluate(the_case, as_of=at(when), engine="native")


def limit(decision, rule):
    (item,) = [item for item in decision.deadlines if item.rule == rule]
    return item


def test_what_is_cancelled_in_time_is_cancelled():
    events = (event("registered", "02T12:00"), event("merged", "02T13:00"))
    item = limit(decide(*events, when="03T09:00"), "reply")  # exactly when it falls due
    assert (item.status, item.cancelled_at, item.late_by) == ("cancelled", at("02T13:00"), None)
    assert decide(*events, when="20T09:00").total().maximum == 0


def test_a_fine_that_is_owed_is_not_undone_by_cancelling():
    events = (event("registered", "02T12:00"), event("merged", "02T13:30"))
    assert decide(*events, when="02T13:10").total().maximum == 30
    for when in ("02T13:30", "20T09:00"):  # half an hour late, however long ago that was
        decision = decide(*events, when=when)
        item = limit(decision, "reply")
        assert (item.status, item.late_by) == ("overdue", Elapsed.of(minutes=30))
        assert (item.done_at, item.cancelled_at) == (None, at("02T13:30"))
        assert decision.total().maximum == 30


def test_a_daily_fine_stops_with_the_day_of_the_cancelling():
    events = (event("registered", "02T12:00"), event("merged", "06T08:00"))
    # Due on the 3rd; the 4th, the 5th and the 6th count. The 30 of the reply stand besides.
    for when, owed in (("05T12:00", 50), ("06T12:00", 60), ("20T12:00", 60)):
        decision = decide(*events, when=when)
        assert decision.total().maximum == owed, when
    assert limit(decision, "daily").overdue_days == 3
    assert decision.next_change_at is None


def test_the_other_reading_is_a_setting():
    rules = RULES.replace("cancelled: merged", "cancelled: merged\n    cancelled_late: cancelled")
    events = (event("registered", "02T12:00"), event("merged", "06T08:00"))
    decision = decide(*events, when="20T09:00", rules=rules)
    assert [item.status for item in decision.deadlines] == ["cancelled", "cancelled"]
    assert decision.total().maximum == 0


def test_a_reply_after_the_cancelling_changes_nothing():
    events = [event("registered", "02T12:00"), event("merged", "02T13:30")]
    decision = decide(*events, event("answered", "02T14:00"), when="20T09:00")
    assert limit(decision, "reply").cancelled_at == at("02T13:30")
    assert limit(decision, "reply").late_by == Elapsed.of(minutes=30)


@pytest.mark.parametrize("ref", [None, "result-1"])
def test_a_reference_restricts_only_limits_that_its_event_can_start(ref):
    events = (
        event("registered", "02T12:00"),
        event("result", "02T12:10", id="result-1"),
        event("answered", "02T12:40", **({} if ref is None else {"ref": ref})),
    )
    decision = decide(*events, when="20T09:00")
    assert [item.status for item in decision.deadlines] == ["met", "met", "met"]
    assert decision.total().maximum == 0
    assert decision.notes == ()


def test_what_a_reference_leaves_open_is_noted():
    events = (
        event("registered", "02T12:00"),
        event("result", "02T12:10", id="result-1"),
        event("result", "02T12:20", id="result-2"),
        event("answered", "02T12:40", id="answer", ref="result-2"),
    )
    decision = decide(*events, when="20T09:00")
    assert [i.status for i in decision.deadlines if i.rule == "pass-on"] == ["overdue", "met"]
    assert decision.notes == (Note("reference-leaves-open", "answer", "pass-on"),)
    assert "names another start" in decision.explain("en")
    assert "另一次开始" in decision.explain("zh")


DESK = """
events:
  registered: {title: {en: registered}}
  wrote: {title: {en: the customer wrote}}
  replied: {title: {en: replied}}
  assigned: {title: {en: assigned}}
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: clerk, starts: wrote, within: 1 elapsed hour, ends: replied, while_open: ignore}
  - {id: answer, clause: "2", title: {en: Answer}, duty_of: department, starts: assigned, within: 4 elapsed hours, ends: replied, cancelled: assigned}
penalties:
  - {id: silent, clause: "3", title: {en: Silent}, per: reply, when: deadline.missed, amount: 30 CNY}
  - {id: unanswered, clause: "4", title: {en: Unanswered}, per: answer, when: deadline.missed, amount: 50 CNY}
"""
THREE = [event("wrote", f"02T09:{minute}") for minute in ("00", "05", "10")]


def limits(decision, rule):
    return [item for item in decision.deadlines if item.rule == rule]


def test_three_messages_and_one_reply_are_one_duty():
    decision = decide(*THREE, event("replied", "02T11:00"), when="03T09:00", rules=DESK)
    (item,) = limits(decision, "reply")
    assert (item.started_at, item.late_by) == (at("02T09:00"), Elapsed.of(hours=1))
    assert decision.total().maximum == 30


def test_a_message_after_the_reply_starts_anew():
    events = [*THREE, event("replied", "02T09:30"), event("wrote", "02T09:40")]
    decision = decide(*events, when="02T10:41", rules=DESK)
    assert [i.status for i in limits(decision, "reply")] == ["met", "overdue"]


def test_each_message_starts_its_own_unless_the_policy_says_otherwise():
    rules = DESK.replace(", while_open: ignore", "")
    decision = decide(*THREE, event("replied", "02T11:00"), when="03T09:00", rules=rules)
    assert len(limits(decision, "reply")) == 3
    assert decision.total().maximum == 90


def test_a_clock_that_restarts():
    rules = DESK.replace("while_open: ignore", "while_open: restart")
    decision = decide(*THREE, event("replied", "02T10:08"), when="03T09:00", rules=rules)
    assert [i.status for i in limits(decision, "reply")] == ["cancelled", "cancelled", "met"]
    late = [event("wrote", "02T09:00"), event("wrote", "02T10:30")]  # the first had run out
    decision = decide(*late, event("replied", "02T10:40"), when="03T09:00", rules=rules)
    assert [i.status for i in limits(decision, "reply")] == ["overdue", "met"]
    assert decision.total().maximum == 30


def handed(*steps, when):
    events = [event("assigned", at_, department=who) for at_, who in steps]
    decision = decide(*events, when=when, rules=DESK)
    return [(i.party, i.status) for i in limits(decision, "answer")], decision.total().maximum


def test_a_hand_over_releases_the_first_holder():
    steps = [("02T09:10", "Li"), ("02T11:00", "Wang")]
    assert handed(*steps, when="02T15:30") == ([("Li", "cancelled"), ("Wang", "overdue")], 50)
    assert handed(*steps, when="02T14:00") == ([("Li", "cancelled"), ("Wang", "pending")], 0)


def test_a_hand_over_after_the_limit_leaves_the_first_holder_his_fine():
    steps = [("02T09:10", "Li"), ("02T13:11", "Wang")]
    assert handed(*steps, when="02T14:00") == ([("Li", "overdue"), ("Wang", "pending")], 50)


def test_a_hand_over_to_the_same_person_changes_nothing():
    steps = [("02T09:10", "Li"), ("02T12:00", "Li")]
    assert handed(*steps, when="02T13:11") == ([("Li", "overdue")], 50)
    back = [("02T09:10", "Li"), ("02T10:00", "Wang"), ("02T11:00", "Li")]
    assert handed(*back, when="02T15:01") == (
        [("Li", "cancelled"), ("Wang", "cancelled"), ("Li", "overdue")],
        50,
    )


# Starts of which it is not known whether they are any

URGENT = (
    DESK.replace("starts: wrote, within", "starts: wrote, when: event.urgent, within")
    .replace(
        "wrote: {title: {en: the customer wrote}}",
        "wrote: {title: {en: the customer wrote}, data: {urgent: {type: bool, title: {en: urgent}}}}",
    )
    .replace("starts: assigned, within", "starts: assigned, when: event.real, within")
    .replace(
        "assigned: {title: {en: assigned}}",
        "assigned: {title: {en: assigned}, data: {real: {type: bool, title: {en: real}}}}",
    )
)


def wrote(minute, urgent=None):
    data = {} if urgent is None else {"urgent": urgent}
    return event("wrote", f"02T09:{minute}", **data)


def certainty(decision, rule="reply"):
    return [(i.certain, i.status) for i in limits(decision, rule)]


def test_a_start_that_may_not_be_one_does_not_hide_a_later_one():
    # If the first is urgent there is one duty, from 9:00; if not one from 9:05. Neither is certain.
    decision = decide(wrote("00"), wrote("05", urgent=True), when="02T12:00", rules=URGENT)
    assert certainty(decision) == [(False, "undetermined")] * 2
    total = decision.total()
    assert (total.minimum, total.maximum) == (0, 60)
    # Once the first is known there is one.
    first = decide(
        wrote("00", urgent=True), wrote("05", urgent=True), when="02T12:00", rules=URGENT
    )
    assert certainty(first) == [(True, "overdue")]
    second = decide(
        wrote("00", urgent=False), wrote("05", urgent=True), when="02T12:00", rules=URGENT
    )
    assert [i.started_at for i in limits(second, "reply")] == [at("02T09:05")]
    # What may be a start while one is open changes nothing.
    open_ = decide(wrote("00", urgent=True), wrote("05"), when="02T12:00", rules=URGENT)
    assert certainty(open_) == [(True, "overdue")]


def test_a_restart_that_may_not_be_one_leaves_the_earlier_one_open():
    rules = URGENT.replace("while_open: ignore", "while_open: restart")
    some = [wrote("00", urgent=True), wrote("50"), event("replied", "02T10:10")]
    assert certainty(decide(*some, when="02T12:00", rules=rules)) == [(False, "undetermined")] * 2
    some[1] = wrote("50", urgent=True)
    assert certainty(decide(*some, when="02T12:00", rules=rules)) == [
        (True, "cancelled"),
        (True, "met"),
    ]
    some[1] = wrote("50", urgent=False)
    assert certainty(decide(*some, when="02T12:00", rules=rules)) == [(True, "late")]


def test_a_hand_over_that_may_not_be_one_releases_nobody_for_certain():
    def assigned(minute, who, **data):
        return event("assigned", f"02T09:{minute}", department=who, **data)

    some = [assigned("00", "East", real=True), assigned("30", "West")]
    decision = decide(*some, when="02T15:00", rules=URGENT)
    assert certainty(decision, "answer") == [(False, "undetermined")] * 2
    some[1] = assigned("30", "West", real=True)
    decision = decide(*some, when="02T15:00", rules=URGENT)
    assert certainty(decision, "answer") == [(True, "cancelled"), (True, "overdue")]


def test_the_explanation_says_when_it_was_cancelled():
    decision = decide(event("registered", "02T12:00"), event("merged", "02T13:30"), when="04T09:00")
    assert "overdue by 30 minutes when it was cancelled 2018-07-02 13:30" in decision.explain("en")
    assert "2018-07-02 13:30 取消时已超时" in decision.explain("zh")

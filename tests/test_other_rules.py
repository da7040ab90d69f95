from __future__ import annotations

from decimal import Decimal

import pytest

from samples import REPLY, at, case, event, judge, load, only, problems, rules

D = Decimal
ESCALATIONS = (
    REPLY
    + """
escalations:
  - {id: plain, clause: "1", title: {en: Plain}, when: urgent, to: boss, capacity: inform}
  - {id: on-miss, clause: "2", title: {en: On miss}, per: reply, when: deadline.missed, to: boss, capacity: handle}
  - id: both
    clause: "3"
    title: {en: Both}
    per: complained_again
    to: [clerk, boss]
    capacity: decide
    joint: true
    replies: {event: answered, by: by_whom}
    question: {en: What now?}
  - id: appeal
    clause: "4"
    title: {en: Appeal}
    per: complained_again
    when: event.number >= 2
    to: boss
    capacity: review
    final: true
    replies: {event: answered, by: by_whom}
  - {id: by-rules, clause: "5", title: {en: By rules}, per: withdrawn, to: clerk, capacity: approve, refers_to: rules}
"""
)
POLICY = load(ESCALATIONS)


def decide(*events, when="20T09:00", policy=POLICY, **facts):
    return judge(policy, case(*events, **facts), when)


def test_an_escalation_says_to_whom_and_in_what_capacity():
    (item,) = decide(urgent=True, boss="Wang").escalations
    assert (item.rule, item.clause, item.to, item.capacity, item.party) == (
        "plain",
        "1",
        "boss",
        "inform",
        "Wang",
    )
    assert (item.complete, item.final, item.joint_with, item.since) == (None, False, (), None)
    assert decide(urgent=False).escalations == ()
    assert rules(decide().undetermined) == ["plain"]


def test_a_missed_limit_escalates_from_its_due_instant():
    (item,) = decide(event("registered", "02T09:00"), urgent=False).escalations
    assert (item.rule, item.since) == ("on-miss", at("02T09:30"))


@pytest.mark.parametrize(
    ("answers", "waiting", "complete"),
    [
        ([], ("clerk", "boss"), False),
        ([("02T12:00", "boss")], ("clerk",), False),
        ([("02T12:00", "boss"), ("02T13:00", "clerk")], (), True),
        ([("02T08:00", "boss"), ("02T13:00", "clerk")], ("boss",), False),  # before it was asked
    ],
)
def test_a_joint_decision_is_complete_when_all_have_replied(answers, waiting, complete):
    events = [event("answered", when, by_whom=who) for when, who in answers]
    decision = decide(event("complained_again", "02T11:00"), *events, urgent=False)
    items = [item for item in decision.escalations if item.rule == "both"]
    assert [(item.to, item.joint_with) for item in items] == [
        ("clerk", ("boss",)),
        ("boss", ("clerk",)),
    ]
    assert {(item.waiting_for, item.complete) for item in items} == {(waiting, complete)}
    # Told once, for all of them.
    assert decision.explain("en").count("What now?") == 1


def test_an_appeal_is_final_and_only_the_second_time():
    decision = decide(
        event("complained_again", "02T11:00"), event("complained_again", "03T11:00"), urgent=False
    )
    item = only(decision.escalations, "appeal")
    assert (item.final, item.since, item.complete, item.waiting_for) == (
        True,
        at("03T11:00"),
        False,
        ("boss",),
    )
    answered = decide(
        event("complained_again", "02T11:00"),
        event("complained_again", "03T11:00"),
        event("answered", "04T09:00", by_whom="boss"),
        urgent=False,
    )
    assert only(answered.escalations, "appeal").complete is True


def test_an_escalation_can_go_by_another_document():
    item = only(decide(event("withdrawn", "02T11:00"), urgent=False).escalations, "by-rules")
    assert item.referral == "rules"
    assert "under the rules" in decide(event("withdrawn", "02T11:00"), urgent=False).explain("en")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("to: bos\n    capacity: inform", "did you mean 'boss'"),
        ("to: boss\n    capacity: infrom", "inform"),
        ("to: boss\n    capacity: decide\n    joint: true", "needs several roles"),
        (
            "to: [clerk, boss]\n    capacity: decide\n    replies: {event: answerd, by: by_whom}",
            "did you mean 'answered'",
        ),
        (
            "to: [clerk, boss]\n    capacity: decide\n    replies: {event: answered, by: who}",
            "'who' is not declared",
        ),
        (
            "to: [department]\n    capacity: decide\n    replies: {event: answered, by: by_whom}",
            "cannot be department",
        ),
        ("to: boss\n    capacity: decide\n    refers_to: ruels", "did you mean 'rules'"),
    ],
)
def test_escalations_that_are_wrong(lines, message):
    body = (
        REPLY + f"escalations:\n  - id: it\n    clause: '1'\n    title: {{en: It}}\n    {lines}\n"
    )
    assert any(message in problem.message for problem in problems(body)), problems(body)


# Charges

CHARGES = (
    REPLY
    + """
charges:
  - {id: freight, clause: "1", title: {en: Freight}, when: grade == 'low', cost: loss, borne_by: department}
  - {id: shared, clause: "2", title: {en: Shared}, when: grade == 'high', cost: loss, borne_by: clerk, share: 30-60 %}
"""
)


@pytest.mark.parametrize(
    ("facts", "rule", "shares", "amounts"),
    [
        ({"grade": "low", "loss": "99.99"}, "freight", ("1", "1"), ("99.99", "99.99")),
        ({"grade": "high", "loss": "99.99"}, "shared", ("0.3", "0.6"), ("30.00", "59.99")),
        ({"grade": "high"}, "shared", ("0.3", "0.6"), ("0.00", None)),
    ],
)
def test_charges(facts, rule, shares, amounts):
    decision = decide(policy=load(CHARGES), clerk="Li", **facts)
    (item,) = decision.charges
    assert item.rule == rule
    assert (item.share_minimum, item.share_maximum) == tuple(map(D, shares))
    assert (str(item.minimum), item.maximum) == (
        amounts[0],
        None if amounts[1] is None else D(amounts[1]),
    )
    assert item.party == ("Li" if rule == "shared" else None)
    assert decision.total().maximum == 0  # who bears a cost is no penalty
    assert "30–60 %" in decision.explain("zh") or rule == "freight"


def test_a_charge_that_is_unknown():
    assert rules(decide(policy=load(CHARGES)).undetermined) == ["freight", "shared"]


# Records

RECORDS = (
    REPLY
    + """
records:
  - {id: form, clause: "1", title: {en: Form}, per: registered, fields: [note, clerk, department]}
  - {id: complaint, clause: "2", title: {en: Complaint}, per: complained_again, kept_by: clerk, fields: [event.rude, event.boss, urgent]}
  - {id: when-urgent, clause: "3", title: {en: When urgent}, when: urgent, fields: [loss]}
"""
)


def test_records_name_the_fields_that_are_missing():
    decision = decide(
        event("registered", "02T09:00", department="Sales"),
        event("complained_again", "02T10:00", rude=False),
        policy=load(RECORDS),
        note="",
        clerk="Li",
        urgent=True,
        loss=0,
    )
    assert [(r.rule, r.complete, r.missing) for r in decision.records] == [
        ("form", False, ("note", "department")),
        ("complaint", False, ("event.boss",)),
        ("when-urgent", True, ()),
    ]
    assert "to be filled in: note, department" in decision.explain("en")
    assert rules(decide(policy=load(RECORDS)).undetermined) == ["when-urgent"]


def test_a_record_names_fields_that_exist():
    body = REPLY + "records:\n  - {id: f, clause: '1', title: {en: F}, fields: [noet]}\n"
    assert any("did you mean 'note'" in problem.message for problem in problems(body))


# Schedules

SCHEDULES = """
schedules:
  - {id: weekly, clause: "1", title: {en: Weekly}, duty_of: clerk, every: week}
  - {id: month-end, clause: "1", title: {en: Month end}, duty_of: clerk, every: month, roll: previous}
  - {id: fridays, clause: "1", title: {en: Fridays}, duty_of: clerk, every: FREQ=WEEKLY;BYDAY=FR, roll: next}
"""


@pytest.mark.parametrize(
    ("when", "weekly", "month_end", "fridays"),
    [
        (
            "2026-02-26T12:00:00+08:00",
            "2026-03-01",
            "2026-02-28",
            "2026-02-27",
        ),  # a working Saturday
        ("2026-01-31T12:00:00+08:00", "2026-02-01", "2026-02-28", "2026-02-06"),
        ("2026-05-29T12:00:00+08:00", "2026-05-31", "2026-05-29", "2026-05-29"),  # ends on a Sunday
        ("2026-05-30T00:00:00+08:00", "2026-05-31", "2026-06-30", "2026-06-05"),
        (
            "2026-02-17T12:00:00+08:00",
            "2026-02-22",
            "2026-02-28",
            "2026-02-24",
        ),  # Friday is a holiday
    ],
)
def test_the_next_due_day(when, weekly, month_end, fridays):
    decision = judge(load(SCHEDULES), case(), when)
    assert {s.rule: s.due_at.date().isoformat() for s in decision.schedules} == {
        "weekly": weekly,
        "month-end": month_end,
        "fridays": fridays,
    }


def test_the_day_itself_is_due_until_its_end():
    due = only(
        judge(load(SCHEDULES), case(), "2026-02-28T23:00:00+08:00").schedules, "month-end"
    ).due_at
    assert due == at("2026-02-28T23:59:59.999999+08:00")
    assert only(judge(load(SCHEDULES), case(), due.isoformat()).schedules, "month-end").due_at > due


def test_a_schedule_that_rolls_into_an_unpublished_year():
    decision = judge(load(SCHEDULES), case(), "2027-01-05T12:00:00+08:00")
    assert rules(decision.schedules) == ["weekly"]
    assert [(u.rule, u.missing[0].name) for u in decision.undetermined] == [
        ("month-end", "CN 2027"),
        ("fridays", "CN 2027"),
    ]


@pytest.mark.parametrize(
    ("every", "message"),
    [
        ("fortnight", "cannot be read"),
        ("FREQ=HOURLY", "HOURLY"),
        ("FREQ=DAILY;COUNT=3", "COUNT"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never happens"),
    ],
)
def test_recurrences_that_are_wrong(every, message):
    body = SCHEDULES.replace("every: week}", f"every: {every}}}")
    assert any(message in problem.message for problem in problems(body)), problems(body)


def test_a_schedule_has_no_condition():
    body = SCHEDULES.replace("every: week}", "every: week, when: urgent}")
    assert any("no condition" in problem.message for problem in problems(body))

"""What stops a daily fine, who may end a limit, and limits that are missed at their very end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules import Policy
from complaint_rules.reports import accruals
from complaint_rules.time import (
    OVERDUE_READINGS,
    DatedCalendar,
    Pause,
    WorkingCalendar,
    overdue_days,
)
from complaint_rules.time.overdue import next_change_beside
from samples import HEAD, at, case, event, judge, load, only, problems
from simulated import assert_same

DAILY = """
overdue_days: calendar-dates
deadlines:
  - id: reply
    clause: "1"
    title: {en: Reply}
    duty_of: department
    starts: registered
    within: 2 calendar days
    ends: replied
    suspended: [{from: paused, until: resumed}]
    overdue_while_suspended: stands-still
penalties:
  - {id: fine, clause: "2", title: {en: Fine}, per: reply, when: deadline.missed, amount: 10 CNY per overdue day}
"""
HELD = [
    event("registered", "02T09:00"),
    event("paused", "06T18:00"),
    event("resumed", "16T18:00"),
    event("replied", "17T09:00"),
]


def policy(body=DAILY, reading="calendar-dates"):
    head = HEAD.replace("overdue_days: calendar-dates\n", "")
    return load(body.replace("overdue_days: calendar-dates", f"overdue_days: {reading}"), head=head)


def days(some, when, reading="calendar-dates", body=DAILY):
    """The overdue days, which a simulation gives just so; and when the answer next changes."""
    judged = policy(body, reading)
    assert_same(judged, [some], at(when))
    decision = judge(judged, some, when)
    return only(decision.deadlines, "reply").overdue_days, decision.next_change_at


def test_a_daily_fine_stands_still_while_the_customer_is_awaited():
    # Due on the 4th: the 5th, the 6th, and the 17th are overdue; held from the 6th to the 16th.
    open_ = case(*HELD[:2])
    assert days(open_, "06T18:00") == (2, None)
    assert days(open_, "12T09:00") == (2, None)
    assert str(judge(policy(), open_, "12T09:00").total()) == "20"
    done = case(*HELD)
    assert days(done, "16T20:00") == (2, at("17T00:00"))
    assert days(done, "20T09:00")[0] == 3
    assert str(judge(policy(), done, "20T09:00").total()) == "30"


def test_it_grows_unless_the_policy_says_otherwise():
    grows = DAILY.replace("    overdue_while_suspended: stands-still\n", "")
    assert days(case(*HELD), "20T09:00", body=grows)[0] == 13
    # Neither the status nor how late it was done changes by the setting.
    for body in (DAILY, grows):
        item = only(judge(policy(body), case(*HELD), "20T09:00").deadlines, "reply")
        assert (item.status, str(item.late_by)) == ("late", "13 calendar days")


@pytest.mark.parametrize(
    ("reading", "held", "afterwards"),
    [
        # due Wednesday 4 July 24:00, held from Friday the 6th 18:00 to Monday the 16th 18:00
        ("calendar-dates", 2, 3),
        ("working-dates", 2, 3),
        # 42 hours until it is held, 15 more until Tuesday 9:00
        ("started-days", 2, 3),
        ("completed-days", 1, 2),
        # two working days of 7.5 hours, and nothing more before 9:00
        ("started-working-days", 2, 2),
    ],
)
def test_every_reading_stands_still(reading, held, afterwards):
    assert days(case(*HELD[:2]), "12T09:00", reading) == (held, None)
    assert days(case(*HELD), "20T09:00", reading)[0] == afterwards


def test_the_accrual_stands_still_too():
    decision = judge(policy(), case(*HELD), "20T09:00")
    steps = [(step.at, step.days) for step in accruals(decision, at("25T09:00"))]
    assert steps == [(at("05T00:00"), 1), (at("06T00:00"), 2), (at("17T00:00"), 3)]
    held = judge(policy(), case(*HELD[:2]), "12T09:00")
    assert len(accruals(held, at("25T09:00"))) == 2


def test_a_pause_of_unknown_end_leaves_the_days_open():
    body = DAILY.replace(
        "{from: paused, until: resumed}", "{from: agreed, until: agreed.until_when}"
    )
    some = case(event("registered", "02T09:00"), event("agreed", "06T18:00"))
    judged = policy(body)
    assert_same(judged, [some], at("12T09:00"))
    decision = judge(judged, some, "12T09:00")
    item = only(decision.deadlines, "reply")
    assert (item.status, item.overdue_days) == ("overdue", None)
    assert [m.name for m in item.missing] == ["agreed.until_when"]
    known = case(
        event("registered", "02T09:00"), event("agreed", "06T18:00", until_when=at("10T12:00"))
    )
    assert days(known, "12T09:00", body=body) == (4, at("13T00:00"))  # 5, 6, 11, 12
    # The pause ends by itself: on the 10th nothing grows before the 11th begins.
    assert days(known, "08T09:00", body=body) == (2, at("11T00:00"))


CALENDAR = WorkingCalendar("Asia/Shanghai", ["09:00-12:00", "13:30-18:00"])
HOURS = st.integers(0, 24 * 20).map(lambda hours: timedelta(hours=hours))


@given(
    st.sampled_from(OVERDUE_READINGS),
    st.lists(st.tuples(HOURS, HOURS), max_size=3),
    HOURS,
    st.booleans(),
)
def test_the_next_change_is_the_first_one(reading, spans, later, open_ended):
    due = at("04T17:00")
    pauses = [Pause(due + begin, due + begin + length) for begin, length in spans if length]
    if open_ended and pauses:
        pauses[-1] = Pause(pauses[-1].start, None)
    now = due + later
    count = overdue_days(due, now, reading, CALENDAR, pauses)
    change = next_change_beside(due, now, reading, CALENDAR, pauses)
    if change is None:
        far = due + timedelta(days=90)
        assert overdue_days(due, far, reading, CALENDAR, pauses) == count
        return
    assert change > now
    before = overdue_days(due, change - timedelta(microseconds=1), reading, CALENDAR, pauses)
    assert before <= count
    assert overdue_days(due, change, reading, CALENDAR, pauses) == count + 1


# Who ends it

BY_ANYONE = """
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: clerk, starts: registered,
     within: 30 elapsed minutes, ends: replied, ended_by: anyone}
"""


def test_a_colleague_may_answer_where_it_does_not_matter_who_did():
    some = case(
        event("registered", "02T09:00", clerk="Li"), event("replied", "02T09:20", clerk="Wang")
    )
    for ended_by, status in (("anyone", "met"), ("its-party", "overdue")):
        judged = load(BY_ANYONE.replace("anyone", ended_by))
        assert_same(judged, [some], at("02T12:00"))
        item = only(judge(judged, some, "02T12:00").deadlines, "reply")
        assert (item.party, item.status) == ("Li", status)


# At the limit

AT_LIMIT = """
deadlines:
  - {id: b15, clause: "1", title: {en: B15}, duty_of: clerk, starts: registered,
     within: 15 elapsed minutes, ends: replied, cancelled: withdrawn, missed_at_the_limit: true}
penalties:
  - {id: fine, clause: "2", title: {en: Fine}, per: complained_again, against: clerk,
     when: b15.missed_before_event, amount: 10 CNY}
"""
A_MICROSECOND = timedelta(microseconds=1)


def at_limit(*events, when):
    judged = load(AT_LIMIT)
    some = case(event("registered", "02T09:00"), *events)
    assert_same(judged, [some], when)
    return judged.evaluate(some, as_of=when, engine="native")


def test_fifteen_minutes_or_more():
    limit = at("02T09:15")
    for moment, status in (
        (limit - A_MICROSECOND, "met"),
        (limit, "late"),
        (limit + A_MICROSECOND, "late"),
    ):
        done = at_limit(event("replied", moment.isoformat()), when=at("02T12:00"))
        assert only(done.deadlines, "b15").status == status
    assert only(at_limit(when=limit - A_MICROSECOND).deadlines, "b15").status == "pending"
    assert only(at_limit(when=limit).deadlines, "b15").status == "overdue"
    # The next change is at the limit, not after it.
    assert at_limit(when=at("02T09:10")).next_change_at == limit
    # What is cancelled at the limit comes too late.
    late = at_limit(event("withdrawn", limit.isoformat()), when=at("02T12:00"))
    assert only(late.deadlines, "b15").status == "overdue"
    # Missed before an event of that very instant.
    fined = at_limit(event("complained_again", limit.isoformat()), when=at("02T12:00"))
    assert [item.rule for item in fined.penalties] == ["fine"]
    early = at_limit(
        event("complained_again", (limit - A_MICROSECOND).isoformat()), when=at("02T12:00")
    )
    assert early.penalties == ()


def test_the_lateness_into_an_unpublished_year_is_provisional():
    body = """
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: clerk, starts: registered,
     within: 1 working day, ends: replied}
  - {id: call, clause: "1", title: {en: Call}, duty_of: clerk, starts: registered,
     within: 1 calendar day, ends: replied}
"""
    some = case(event("registered", "2026-12-28T09:00:00+08:00"))
    calm = HEAD.replace("overdue_days: calendar-dates\n", "")
    policy = Policy(calm + body, calendars={"CN": OF_2026})
    decision = policy.evaluate(some, as_of="2027-01-05T09:00:00+08:00", provisional=True)
    assert [item.provisional for item in decision.deadlines] == [True, False]


OF_2026 = DatedCalendar("CN", "1", frozenset({2026}), frozenset(), frozenset())


def test_the_next_change_where_a_year_without_a_calendar_begins():
    """Two working days overdue on New Year's Eve; from midnight on nobody knows how many."""
    body = DAILY.replace("2 calendar days", "1 working day")
    head = HEAD.replace("overdue_days: calendar-dates\n", "")
    judged = Policy(
        head + body.replace("calendar-dates", "working-dates"), calendars={"CN": OF_2026}
    )
    some = case(event("registered", "2026-12-28T09:00:00+08:00"))
    eve = judged.evaluate(some, as_of="2026-12-31T20:00:00+08:00", engine="native")
    assert only(eve.deadlines, "reply").overdue_days == 2
    assert eve.next_change_at.isoformat() == "2027-01-01T00:00:00+08:00"
    after = judged.evaluate(some, as_of=eve.next_change_at, engine="native")
    assert only(after.deadlines, "reply").overdue_days is None


def test_what_a_policy_target_reads_is_checked_too():
    body = TARGET.replace(" target: 30 elapsed minutes,", "").partition("escalations:")[0]
    body += """
targets:
  - {id: quick, clause: "4", title: {en: Quick}, per: reply, achieved: not deadline.target_missed, at_least: 90 %}
"""
    assert any("'reply' has no target" in problem.message for problem in problems(body))


# Targets

TARGET = """
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: clerk, starts: registered,
     within: 2 elapsed hours, target: 30 elapsed minutes, ends: replied, cancelled: withdrawn,
     suspended: [{from: paused, until: resumed}], when: visits != 7}
escalations:
  - {id: remind, clause: "2", title: {en: Remind}, per: reply, to: boss, capacity: inform,
     when: deadline.target_missed and not deadline.met}
  - {id: tell, clause: "3", title: {en: Tell}, to: boss, capacity: inform,
     when: reply.target_missed and registered.first_at < reply.target_at}
"""


def reminded(*events, when, **facts):
    judged = load(TARGET)
    some = case(event("registered", "02T09:00"), *events, **{"visits": 1, **facts})
    assert_same(judged, [some], at(when))
    decision = judge(judged, some, when)
    return {item.rule for item in decision.escalations}, decision


def test_a_reminder_when_the_target_has_passed():
    assert reminded(when="02T09:30")[0] == set()
    rules, decision = reminded(when="02T09:31")
    assert rules == {"remind", "tell"}
    assert decision.next_change_at.replace(microsecond=0) == at("02T11:00")
    # Set a timer, and the reminder is there when it goes off.
    _, early = reminded(when="02T09:10")
    assert early.next_change_at == at("02T09:30") + timedelta(milliseconds=1)
    fired = early.next_change_at.isoformat()
    assert {
        i.rule
        for i in judge(
            load(TARGET), case(event("registered", "02T09:00"), visits=1), fired
        ).escalations
    } == {"remind", "tell"}


def test_the_target_of_what_was_done_cancelled_or_paused():
    assert reminded(event("replied", "02T09:30"), when="02T12:00")[0] == set()
    assert reminded(event("replied", "02T09:31"), when="02T12:00")[0] == {"tell"}
    assert reminded(event("withdrawn", "02T09:20"), when="02T12:00")[0] == set()
    assert reminded(event("paused", "02T09:20"), when="02T12:00")[0] == set()
    held = (event("paused", "02T09:20"), event("resumed", "02T10:20"))
    assert reminded(*held, when="02T10:30")[0] == set()
    assert reminded(*held, when="02T10:31")[0] == {"remind", "tell"}
    # Where the limit may not have started, neither is certain.
    unknown = load(TARGET)
    open_ = case(event("registered", "02T09:00"))
    assert_same(unknown, [open_], at("02T12:00"))
    assert {item.rule for item in judge(unknown, open_, "02T12:00").undetermined} >= {
        "remind",
        "tell",
    }


def test_the_target_of_a_limit_without_one_cannot_be_read():
    for name in ("reply.target_missed", "reply.target_at > registered.first_at"):
        body = TARGET.replace(" target: 30 elapsed minutes,", "").replace(
            "reply.target_missed and registered.first_at < reply.target_at", name
        )
        messages = [problem.message for problem in problems(body)]
        assert any("'reply' has no target" in message for message in messages)

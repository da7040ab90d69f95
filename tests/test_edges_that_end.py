"""What happens to a limit ends or cancels another, and rules are judged for it: right values, written
before the code.
"""

from __future__ import annotations

import pytest

from complaint_rules.errors import PolicyError
from complaint_rules.judging.items import Missing
from ladders import END_OF_4, FIRST, HEAD, SECOND, TICK, decide, event, load, march, registered
from samples import only

# Reminders end when what they are about does, whatever ended that.
NAG = '  - {id: nag, clause: "8", title: {en: Nag, zh: 催办}, duty_of: clerk, starts: registered, within: 3 working days, ends: first.met, cancelled: first.missed}\n'
NAGGED = "deadlines:\n" + FIRST + NAG


def states(decision):
    return [(d.rule, d.status) for d in decision.deadlines]


def test_it_ends_when_the_other_is_met():
    decision = decide(NAGGED, "05T12:00", registered(), event("decided", "03T12:00"))
    assert states(decision) == [("first", "met"), ("nag", "met")]
    nag = only(decision.deadlines, "nag")
    assert (nag.done_at, nag.ended_by, nag.cancelled_at) == (march("03T12:00"), "first.met", None)


def test_it_is_cancelled_when_the_other_is_missed():
    for when, status in ((END_OF_4, "pending"), (END_OF_4 + TICK, "cancelled")):
        assert states(decide(NAGGED, when, registered()))[1] == ("nag", status)
    decision = decide(NAGGED, "20T12:00", registered(), event("decided", "05T12:00"))
    nag = only(decision.deadlines, "nag")
    assert (nag.status, nag.cancelled_at, nag.ended_by) == ("cancelled", END_OF_4, "first.missed")
    assert "time limit “Owner decides” was missed" in decision.explain("en")
    assert "时限「经办人决定」已超时" in decision.explain("zh")


def test_the_next_change_is_that_of_the_other():
    assert decide(NAGGED, "03T12:00", registered()).next_change_at == march("05T00:00")
    due = "deadlines:\n" + FIRST + NAG.replace("cancelled: first.missed", "cancelled: first.due")
    decision = decide(due, "03T12:00", registered())
    assert decision.next_change_at == march("05T00:00")  # the due instant, in whole milliseconds
    assert states(decide(due, END_OF_4, registered()))[1] == ("nag", "cancelled")
    assert states(decide(due, END_OF_4 - TICK, registered()))[1] == ("nag", "pending")


def test_each_start_is_ended_by_what_happened_to_its_own():
    two = (registered("02T10:00", id="A"), registered("03T10:00", id="B"))
    decision = decide(NAGGED, "03T18:00", *two, event("decided", "03T12:00", ref="B"))
    assert [(d.rule, d.occurrence, d.status) for d in decision.deadlines] == [
        ("first", "A", "pending"),
        ("first", "B", "met"),
        ("nag", "A", "pending"),
        ("nag", "B", "met"),
    ]


def test_what_began_otherwise_is_ended_by_all_of_them():
    body = NAGGED.replace("clerk, starts: registered", "clerk, starts: reviewed")
    decision = decide(
        body, "03T18:00", registered(), event("reviewed", "02T12:00"), event("decided", "03T12:00")
    )
    assert states(decision) == [("first", "met"), ("nag", "met")]
    early = decide(
        body, "03T18:00", registered(), event("reviewed", "03T15:00"), event("decided", "03T12:00")
    )
    assert states(early) == [("first", "met"), ("nag", "pending")]


def test_of_two_who_have_the_duty_each_ends_their_own():
    body = NAGGED.replace("duty_of: clerk", "duty_of: owner")
    two = registered(owner=["A", "B"])
    decision = decide(body, "03T18:00", two, event("decided", "03T12:00", owner="A"))
    assert [(d.rule, d.party, d.status) for d in decision.deadlines] == [
        ("first", "A", "met"),
        ("first", "B", "pending"),
        ("nag", "A", "met"),
        ("nag", "B", "pending"),
    ]
    anyone = body.replace("cancelled: first.missed", "ended_by: anyone")
    decision = decide(anyone, "03T18:00", two, event("decided", "03T12:00", owner="A"))
    assert [d.status for d in decision.deadlines if d.rule == "nag"] == ["met", "met"]


def test_a_chain_that_starts_and_ends_by_edges():
    chase = '  - {id: chase, clause: "9", title: {en: Chase}, duty_of: clerk, starts: first.missed, within: 5 working days, ends: first.ended}\n'
    body = "deadlines:\n" + chase + FIRST
    decision = decide(body, "20T12:00", registered(), event("decided", "06T12:00"))
    chased = only(decision.deadlines, "chase")
    assert (chased.status, chased.started_at, chased.done_at) == (
        "met",
        END_OF_4,
        march("06T12:00"),
    )
    assert states(decide(body, "20T12:00", registered())) == [
        ("chase", "overdue"), ("first", "overdue"),
    ]  # fmt: skip


def test_what_is_done_at_the_same_instant_is_done_first():
    body = "deadlines:\n" + FIRST + NAG.replace("ends: first.met", "ends: [reviewed, first.met]")
    decision = decide(
        body,
        "20T12:00",
        registered(),
        event("reviewed", "03T12:00"),
        event("decided", "03T12:00"),
    )
    assert only(decision.deadlines, "nag").ended_by is None


# What is not known


def test_what_may_have_ended_it_leaves_it_open():
    body = NAGGED.replace("within: 2 working days", "within: no_time")
    decision = decide(body, "20T12:00", registered())
    nag = only(decision.deadlines, "nag")
    assert (nag.status, nag.certain, nag.missing) == (
        "undetermined", True, (Missing("no_time", "parameter"),),
    )  # fmt: skip


def test_what_was_done_before_anything_may_have_ended_it_is_done():
    body = (
        NAGGED.replace("within: 2 working days", "within: no_time")
        .replace("ends: first.met, cancelled: first.missed", "ends: [reviewed, first.met]")
        .replace("clerk, starts: registered", "clerk, starts: reminded")
    )
    events = [event("reminded", "01T10:00"), event("reviewed", "01T12:00"), registered()]
    decision = decide(body, "20T12:00", *events, event("decided", "03T12:00"))
    assert only(decision.deadlines, "nag").status == "met"
    decision = decide(body, "20T12:00", events[0], registered(), event("decided", "03T12:00"))
    assert only(decision.deadlines, "nag").status == "undetermined"


def test_a_limit_that_may_have_ended_passes_its_doubt_on():
    body = (
        NAGGED.replace("within: 2 working days", "within: no_time")
        + SECOND.replace("first.missed", "nag.ended")
        + THIRD_OF_NAG
    )
    decision = decide(body, "20T12:00", registered(), event("decided", "03T12:00"))
    assert {(d.rule, d.status) for d in decision.deadlines} == {
        (rule, "undetermined") for rule in ("first", "nag", "second", "pay")
    }


THIRD_OF_NAG = '  - {id: pay, clause: "3", title: {en: P}, duty_of: clerk, starts: nag.met, within: 1 working day, ends: reviewed}\n'


def test_a_second_message_while_it_may_be_open_may_begin():
    body = NAGGED.replace("within: 2 working days", "within: no_time").replace(
        "clerk, starts: registered", "clerk, while_open: ignore, starts: reminded"
    )
    steps = [registered(), event("reminded", "03T10:00"), event("reminded", "04T10:00")]
    nags = [d for d in decide(body, "20T12:00", *steps).deadlines if d.rule == "nag"]
    assert [(d.status, d.certain) for d in nags] == [
        ("undetermined", True), ("undetermined", False),
    ]  # fmt: skip


# Rules that are judged for what happens

PER = """\
penalties:
  - {id: fine, clause: "4", title: {en: Fine, zh: 罚款}, per: first.missed, amount: 50 CNY}
  - {id: daily, clause: "5", title: {en: Daily}, per: first.missed, when: "deadline.missed_at > registered.first_at", amount: 10 CNY per overdue day}
  - {id: praise, clause: "6", title: {en: Praise}, per: first.met, when: "deadline.met_at < '2026-03-03T00:00:00+08:00'", against: manager, amount: 1 CNY}
escalations:
  - {id: tell, clause: "7", title: {en: Tell, zh: 告知}, per: first.missed, to: manager, capacity: inform}
  - {id: soon, clause: "8", title: {en: Soon}, per: first.due, to: board, capacity: inform}
  - {id: begun, clause: "8", title: {en: Begun}, per: first.started, when: event.grave, to: board, capacity: inform}
records:
  - {id: book, clause: "9", title: {en: Book}, per: first.ended, fields: [owner], kept_by: clerk}
reliefs:
  - {id: mercy, clause: "10", title: {en: Mercy}, per: first.missed, of: fine, cancels: true, when: event.grave == False}
charges:
  - {id: share, clause: "11", title: {en: Share}, per: first.missed, cost: cost, borne_by: owner}
targets:
  - {id: rate, clause: "12", title: {en: Rate}, per: first.missed, achieved: event.grave, below: 3 %}
"""
RULES = "deadlines:\n" + FIRST + PER
WITH_COST = HEAD.replace("facts:\n", "facts:\n  cost: {type: money, title: {en: cost}}\n")


def judged(when, *events, facts=None):
    return decide(RULES, when, *events, facts=facts, head=WITH_COST)


def test_a_rule_is_judged_once_for_each_that_was_missed():
    decision = judged("05T12:00", registered(grave=True, owner=["A", "B"]))
    assert [(p.rule, p.party, int(p.minimum), p.occurred_at) for p in decision.penalties] == [
        ("fine", "A", 50, END_OF_4),
        ("fine", "B", 50, END_OF_4),
        ("daily", "A", 10, END_OF_4),
        ("daily", "B", 10, END_OF_4),
    ]
    assert [(e.rule, e.since) for e in decision.escalations] == [
        ("tell", END_OF_4), ("tell", END_OF_4),
        ("soon", END_OF_4), ("soon", END_OF_4),
        ("begun", march("02T10:00")), ("begun", march("02T10:00")),
    ]  # fmt: skip
    assert [(c.borne_by, c.party) for c in decision.charges] == [("owner", "A"), ("owner", "B")]
    assert [(t.counted, t.achieved) for t in decision.targets] == [(True, True)] * 2
    assert {item.occurrence for item in decision.penalties} == {d.id for d in decision.deadlines}
    assert len({item.id for item in decision.items()}) == len(list(decision.items()))


def test_before_it_happens_there_is_nothing():
    decision = judged(END_OF_4 - TICK, registered(grave=False))
    assert [*decision.penalties, *decision.escalations, *decision.records] == []
    at_due = judged(END_OF_4, registered(grave=False))
    assert [e.rule for e in at_due.escalations] == ["soon"]
    # The due instant is a change ahead, in whole milliseconds, as that of a miss.
    assert judged("03T12:00", registered()).next_change_at == march("05T00:00")


def test_what_was_met_has_its_own():
    decision = judged("20T12:00", registered(grave=False), event("decided", "02T23:00"))
    assert [(p.rule, p.against, p.occurred_at) for p in decision.penalties] == [
        ("praise", "manager", march("02T23:00"))
    ]
    assert [r.complete for r in decision.records] == [False]
    assert [
        p.rule for p in judged("20T12:00", registered(), event("decided", "03T12:00")).penalties
    ] == []


def test_reliefs_of_what_was_missed():
    decision = judged("05T12:00", registered(grave=False))
    assert [(p.rule, p.relieved_by) for p in decision.penalties] == [
        ("fine", ("mercy",)), ("daily", ()),
    ]  # fmt: skip
    assert decision.total().maximum == 10


def test_what_may_have_happened_leaves_all_of_it_open():
    body = RULES.replace("within: 2 working days", "within: no_time")
    decision = decide(body, "05T12:00", registered(grave=True), head=WITH_COST)
    assert [*decision.penalties, *decision.charges] == []
    assert {(u.rule, u.kind) for u in decision.undetermined} >= {
        ("fine", "penalty"), ("daily", "penalty"), ("tell", "escalation"), ("soon", "escalation"),
    }  # fmt: skip
    assert decision.total().minimum == 0
    assert [(t.counted, t.achieved) for t in decision.targets] == [(None, True)]
    assert [e.rule for e in decision.escalations] == ["begun"]


def test_why_not_says_what_did_not_happen():
    decision = judged("03T12:00", registered(grave=True))
    assert "no time limit “Owner decides” that was missed" in decision.why_not("fine").explain("en")
    assert "已超时的时限" in decision.why_not("tell").explain("zh")


def test_only_what_columns_do_not_hold_goes_one_by_one():
    from complaint_rules import Case
    from complaint_rules.columns.judge import judge_log
    from complaint_rules.columns.log import log_of_cases

    lines = [line for line in PER.splitlines(keepends=True) if "praise" not in line]
    lines = [
        line
        for line in lines
        if "soon" not in line and "ended" not in line and "records" not in line
    ]
    policy = load("deadlines:\n" + FIRST + "".join(lines), head=WITH_COST)
    cases = [Case("A", {}, [registered()]), Case("B", {}, [])]
    log = log_of_cases(policy.ruleset.words, cases)
    assert judge_log(policy, log, march("09T12:00"), check_date=False)[1] == 0
    log = log_of_cases(load(RULES, head=WITH_COST).ruleset.words, cases)
    assert judge_log(load(RULES, head=WITH_COST), log, march("09T12:00"), check_date=False)[1] == 1


# What is refused


@pytest.mark.parametrize(
    ("rules", "circle"),
    [
        ([FIRST.replace("ends: decided", "ends: second.met"), SECOND], "first → second → first"),
        (
            [FIRST.replace("ends: decided", "ends: decided, cancelled: second.started"), SECOND],
            "first → second → first",
        ),
        ([FIRST.replace("ends: decided", "ends: [decided, first.due]")], "first → first"),
        (
            [
                FIRST.replace("ends: decided", "ends: nag.ended"),
                NAG.replace("ends: first.met, cancelled: first.missed", "ends: first.met"),
            ],
            "→",
        ),
    ],
)
def test_limits_that_end_each_other_are_refused(rules, circle):
    with pytest.raises(PolicyError) as error:
        load("deadlines:\n" + "".join(rules))
    assert circle in str(error.value)
    assert "start or end each other" in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("ends: first.met", "ends: first.mett", "did you mean 'met'"),
        ("ends: first.met", "ends: frist.met", "did you mean 'first'"),
        ("ends: first.met", "ends: first", "such as first.missed"),
        ("cancelled: first.missed", "cancelled: registered.missed", "is an event"),
        ("per: first.missed", "per: first.mised", "did you mean 'missed'"),
        ("per: first.missed", "per: decided.missed", "is an event"),
        ("deadline.missed_at >", "deadline.met_at >", "deadline.m"),
    ],
)
def test_what_happens_to_no_limit_is_refused(old, new, says):
    body = NAGGED + PER
    with pytest.raises(PolicyError) as error:
        load(body.replace(old, new, 1), head=WITH_COST)
    assert says in str(error.value)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules import Decision
from complaint_rules.time import CalendarDays, Elapsed, Working, WorkingDays
from samples import HEAD, REPLY, at, case, event, judge, load, only, rules

POLICY = load(REPLY)


def reply(*events, when="02T12:00", policy=POLICY, **facts):
    return only(
        judge(policy, case(event("registered", "02T09:00"), *events, **facts), when).deadlines,
        "reply",
    )


# Status


@pytest.mark.parametrize(
    ("done", "when", "status", "late_by"),
    [
        (None, "02T09:00", "pending", None),
        (None, "02T09:30", "pending", None),
        (None, "02T09:30:01", "overdue", Elapsed.of(seconds=1)),
        ("02T09:10", "02T12:00", "met", None),
        ("02T09:30", "02T12:00", "met", None),
        ("02T09:30:01", "02T12:00", "late", Elapsed.of(seconds=1)),
        ("02T09:45", "02T09:40", "overdue", Elapsed.of(minutes=10)),
    ],
)
def test_status_on_both_sides_and_exactly_on_the_limit(done, when, status, late_by):
    item = reply(*([event("replied", done)] if done else []), when=when)
    assert (item.status, item.late_by, item.due_at) == (status, late_by, at("02T09:30"))


def test_an_item_says_what_it_is():
    item = reply(event("replied", "02T09:10"), department="Sales")
    assert (item.rule, item.clause, item.duty_of, item.party) == (
        "reply",
        "1",
        "department",
        "Sales",
    )
    assert (item.started_at, item.done_at) == (at("02T09:00"), at("02T09:10"))
    assert item.overdue_days == 0
    assert not item.provisional
    assert item.id == "reply/registered@2018-07-02T01:00:00Z/Sales"


@pytest.mark.parametrize(
    ("within", "done", "due", "late_by", "days"),
    [
        ("2 working hours", "02T14:30", "02T11:00", Working.of(hours=2), 0),
        ("1 working day", "05T09:00", "2018-07-03T23:59:59.999999+08:00", WorkingDays(2), 2),
        ("1 calendar day", "05T09:00", "2018-07-03T23:59:59.999999+08:00", CalendarDays(2), 2),
        ("1 calendar week", "10T09:00", "2018-07-09T23:59:59.999999+08:00", CalendarDays(1), 1),
        ("same day", "03T00:00", "2018-07-02T23:59:59.999999+08:00", CalendarDays(1), 1),
    ],
)
def test_every_unit(within, done, due, late_by, days):
    policy = load(REPLY.replace("30 elapsed minutes", within))
    item = reply(event("replied", done), when="20T09:00", policy=policy)
    assert (item.due_at, item.late_by, item.overdue_days) == (at(due), late_by, days)
    assert item.status == "late"


def test_overdue_days_are_not_counted_where_the_policy_does_not_say_how():
    policy = load(REPLY, head=HEAD.replace("overdue_days: calendar-dates\n", ""))
    assert reply(policy=policy).overdue_days is None


def test_target_and_limit():
    policy = load(REPLY + "    target: 20 elapsed minutes\n")
    item = reply(policy=policy)
    assert (item.target_at, item.due_at) == (at("02T09:20"), at("02T09:30"))


# Moments


def test_a_moment_wins_over_the_limit_and_is_awaited_without_one():
    policy = load(REPLY + "    by: wanted_at\n")
    assert reply(policy=policy, wanted_at="2018-07-02T10:00:00+08:00").due_at == at("02T10:00")
    assert reply(policy=policy).due_at == at("02T09:30")
    without = load((REPLY + "    by: wanted_at\n").replace("    within: 30 elapsed minutes\n", ""))
    item = reply(policy=without)
    assert (item.status, [m.name for m in item.missing]) == ("undetermined", ["wanted_at"])


LEAD = """
deadlines:
  - id: notice
    clause: "1"
    title: {en: Notice}
    duty_of: clerk
    starts: change_planned
    at_least: 1 working day
    before: event.takes_effect_at
    ends: replied
"""


@pytest.mark.parametrize(
    ("effect", "done", "status"),
    [
        ("2018-07-10T00:00:00+08:00", "09T23:00", "met"),
        ("2018-07-10T00:00:00+08:00", "10T00:00", "late"),
        ("2018-07-09T10:00:00+08:00", "06T18:00", "met"),  # over the weekend
        ("2018-07-09T10:00:00+08:00", "07T09:00", "late"),
    ],
)
def test_lead_time_before_an_instant(effect, done, status):
    events = [event("change_planned", "02T09:00", takes_effect_at=effect), event("replied", done)]
    item = only(judge(load(LEAD), case(*events), "20T09:00").deadlines, "notice")
    assert item.status == status


@pytest.mark.parametrize(
    ("lead", "due"),
    [
        ("30 elapsed minutes", "2018-07-10T09:30:00+08:00"),
        ("2 working hours", "2018-07-09T17:00:00+08:00"),
        ("3 calendar days", "2018-07-07T23:59:59.999999+08:00"),
        ("1 calendar month", "2018-06-10T23:59:59.999999+08:00"),
    ],
)
def test_lead_time_in_every_unit(lead, due):
    planned = event("change_planned", "02T09:00", takes_effect_at="2018-07-10T10:00:00+08:00")
    item = only(
        judge(load(LEAD.replace("1 working day", lead)), case(planned), "02T10:00").deadlines,
        "notice",
    )
    assert item.due_at == at(due)


def test_lead_time_without_the_instant_is_undetermined():
    decision = judge(load(LEAD), case(event("change_planned", "02T09:00")), "20T09:00")
    assert only(decision.deadlines, "notice").status == "undetermined"
    assert only(decision.undetermined, "notice").missing[0].name == "change_planned.takes_effect_at"


AGREED = REPLY + "    agreed: [{event: agreed, moment: until_when}]\n"


@pytest.mark.parametrize(
    ("agreed_at", "due", "notes"),
    [
        ("02T09:20", "02T15:00", []),
        ("02T09:30", "02T15:00", []),
        ("02T09:31", "02T09:30", ["agreement-too-late"]),
    ],
)
def test_an_agreed_moment_replaces_the_limit_if_agreed_in_time(agreed_at, due, notes):
    the_case = case(
        event("registered", "02T09:00"),
        event("agreed", agreed_at, until_when="2018-07-02T15:00:00+08:00"),
    )
    decision = judge(load(AGREED), the_case, "02T16:00")
    assert only(decision.deadlines, "reply").due_at == at(due)
    assert [note.kind for note in decision.notes] == notes


def test_an_agreement_without_its_moment_is_undetermined():
    assert reply(event("agreed", "02T09:10"), policy=load(AGREED)).status == "undetermined"


def test_an_extension_adds_time():
    policy = load(REPLY + "    agreed: [{event: agreed, more: 1 elapsed hour}]\n")
    assert reply(event("agreed", "02T09:10"), policy=policy).due_at == at("02T10:30")
    twice = [event("agreed", "02T09:10"), event("agreed", "02T10:00")]
    assert reply(*twice, policy=policy).due_at == at("02T11:30")


# Pauses and cancelling

PAUSED = REPLY + "    suspended: [{from: paused, until: resumed}]\n    cancelled: withdrawn\n"


@pytest.mark.parametrize(
    ("events", "status", "due"),
    [
        ([("paused", "02T09:10")], "suspended", None),
        ([("paused", "02T09:10"), ("resumed", "02T10:10")], "overdue", "02T10:30"),
        (
            [("paused", "02T09:10"), ("paused", "02T09:20"), ("resumed", "02T10:10")],
            "overdue",
            "02T10:30",
        ),
        ([("paused", "02T09:40"), ("resumed", "02T10:10")], "overdue", "02T09:30"),
        ([("paused", "02T08:00"), ("resumed", "02T09:10")], "overdue", "02T09:40"),
        ([("paused", "02T09:10"), ("replied", "02T11:00")], "met", "02T11:20"),
        ([("paused", "02T09:40"), ("replied", "02T11:00")], "late", "02T09:30"),
        ([("withdrawn", "02T09:10")], "cancelled", "02T09:30"),
        ([("withdrawn", "02T10:10"), ("replied", "02T10:00")], "late", "02T09:30"),
        ([("withdrawn", "02T09:10"), ("replied", "02T10:00")], "cancelled", "02T09:30"),
    ],
)
def test_pauses_and_cancelling(events, status, due):
    item = reply(*(event(name, when) for name, when in events), policy=load(PAUSED))
    assert (item.status, item.due_at) == (status, None if due is None else at(due))


# Occurrences and parties


def test_every_start_opens_its_own_instance():
    the_case = case(
        event("registered", "02T09:00"),
        event("registered", "02T10:00"),
        event("replied", "02T10:10"),
    )
    items = judge(POLICY, the_case, "02T12:00").deadlines
    assert [(item.started_at, item.status) for item in items] == [
        (at("02T09:00"), "late"),
        (at("02T10:00"), "met"),
    ]
    assert len({item.id for item in items}) == 2


def test_a_completion_can_name_the_start_it_answers():
    the_case = case(
        event("registered", "02T09:00", id="one"),
        event("registered", "02T09:05", id="two"),
        event("replied", "02T09:10", ref="two"),
    )
    items = judge(POLICY, the_case, "02T12:00").deadlines
    assert [(item.occurrence, item.status) for item in items] == [
        ("one", "overdue"),
        ("two", "met"),
    ]


def test_two_departments_have_two_deadlines():
    the_case = case(
        event("registered", "02T09:00", department=["Sales", "Repair"]),
        event("replied", "02T09:10", department="Repair"),
    )
    items = judge(POLICY, the_case, "02T12:00").deadlines
    assert [(item.party, item.status) for item in items] == [
        ("Sales", "overdue"),
        ("Repair", "met"),
    ]


def test_events_at_one_instant_are_told_apart():
    the_case = case(event("registered", "02T09:00"), event("registered", "02T09:00"))
    ids = [item.id for item in judge(POLICY, the_case, "02T12:00").deadlines]
    assert ids == [
        "reply/registered@2018-07-02T01:00:00Z",
        "reply/registered@2018-07-02T01:00:00Z#2",
    ]


def test_a_condition_decides_whether_the_limit_starts():
    policy = load(REPLY + "    when: urgent\n")
    assert reply(policy=policy, urgent=True).reason.condition == "urgent"
    started = case(event("registered", "02T09:00"))
    assert (
        judge(policy, case(event("registered", "02T09:00"), urgent=False), "02T12:00").deadlines
        == ()
    )
    decision = judge(policy, started, "02T12:00")
    possible = only(decision.deadlines, "reply")
    assert (possible.status, possible.certain, possible.due_at) == ("undetermined", False, None)
    assert [(m.name, dict(m.ask)["en"]) for m in only(decision.undetermined, "reply").missing] == [
        ("urgent", "Is it urgent?")
    ]


# Input with a defined outcome


@pytest.mark.parametrize(
    ("events", "kinds"),
    [
        ([("replied", "02T08:00"), ("registered", "02T09:00")], ["completion-before-start"]),
        ([("replied", "02T08:00")], ["version-not-checked", "completion-before-start"]),
        (
            [("registered", "02T09:00"), ("replied", "02T09:10"), ("replied", "02T09:20")],
            ["repeated-completion"],
        ),
        ([("registered", "02T09:00"), ("replied", "03T09:00")], ["event-after-as-of"]),
    ],
)
def test_odd_input_is_noted(events, kinds):
    decision = judge(POLICY, case(*(event(name, when) for name, when in events)), "02T12:00")
    assert [note.kind for note in decision.notes] == kinds
    assert all(text in decision.explain("zh") for text in ["对输入的说明"])
    for item in decision.deadlines:
        assert item.done_at in (None, at("02T09:10"))


def test_an_unpublished_calendar_year_is_undetermined_or_provisional():
    policy = load(REPLY.replace("30 elapsed minutes", "3 working days"))
    the_case = case(event("registered", "2026-12-30T09:00:00+08:00"))
    decision = judge(policy, the_case, "2026-12-31T09:00:00+08:00")
    assert [(m.name, m.what) for m in only(decision.deadlines, "reply").missing] == [
        ("CN 2027", "calendar")
    ]
    assert "CN 2027" in decision.explain("zh")
    item = only(
        judge(policy, the_case, "2026-12-31T09:00:00+08:00", provisional=True).deadlines, "reply"
    )
    assert item.due_at == at("2027-01-04T23:59:59.999999+08:00")
    assert item.provisional
    published = case(event("registered", "2026-12-28T09:00:00+08:00"))
    assert not only(
        judge(policy, published, "2026-12-31T09:00:00+08:00", provisional=True).deadlines, "reply"
    ).provisional


# The next change

LIMITS = st.sampled_from(
    ["30 elapsed minutes", "2 working hours", "1 calendar day", "1 working day", "same day"]
)
READINGS = st.sampled_from(
    ["calendar-dates", "started-days", "completed-days", "working-dates", "started-working-days"]
)


@given(LIMITS, READINGS, st.integers(0, 20_000), st.integers(0, 6_000), st.booleans())
def test_nothing_changes_before_the_next_change_and_something_does_then(
    within, reading, now, done, replied
):
    from datetime import timedelta

    head = HEAD.replace("calendar-dates", reading)
    policy = load(REPLY.replace("30 elapsed minutes", within), head=head)
    start = at("02T09:00")
    events = [event("registered", "02T09:00")]
    if replied:
        events.append(event("replied", (start + timedelta(minutes=done)).isoformat()))
    the_case, as_of = case(*events), start + timedelta(minutes=now)

    def said(moment):
        decision = policy.evaluate(the_case, as_of=moment, engine="native")
        return [(i.id, i.status, i.overdue_days) for i in decision.deadlines], decision.notes

    decision = policy.evaluate(the_case, as_of=as_of, engine="native")
    change = decision.next_change_at
    if change is None:
        assert said(as_of + timedelta(days=400)) == said(as_of)
    else:
        assert as_of < change
        assert said(max(as_of, change - timedelta(milliseconds=1))) == said(as_of)
        assert said(change) != said(as_of)


@given(st.integers(0, 5_000), st.integers(0, 5_000), st.integers(0, 5_000))
def test_what_is_late_stays_late_and_replying_earlier_never_hurts(done, now, later):
    from datetime import timedelta

    start = at("02T09:00")

    def status(minutes, moment):
        replied = event("replied", (start + timedelta(minutes=minutes)).isoformat())
        decision = POLICY.evaluate(
            case(event("registered", "02T09:00"), replied),
            as_of=start + timedelta(minutes=moment),
            engine="native",
        )
        return only(decision.deadlines, "reply").status

    first, second = status(done, now), status(done, now + later)
    if first in ("late", "met"):
        assert second == first
    if first == "overdue":
        assert second in ("overdue", "late")
    if status(done, 10_000) == "met":
        assert status(done // 2, 10_000) == "met"


def test_rules_that_read_a_limit_see_all_its_instances():
    policy = load(
        REPLY
        + """
escalations:
  - {id: any, clause: "2", title: {en: Any missed}, when: reply.missed, to: boss, capacity: inform}
  - {id: all-met, clause: "2", title: {en: All met}, when: reply.met, to: boss, capacity: inform}
  - {id: long, clause: "2", title: {en: Long}, when: reply.overdue_days >= 2, to: boss, capacity: inform}
  - {id: due, clause: "2", title: {en: Due}, when: reply.due_at > registered.first_at, to: boss, capacity: inform}
  - {id: twice, clause: "2", title: {en: Twice}, when: registered.count > 1 and replied.last_at > registered.last_at, to: boss, capacity: inform}
  - {id: never, clause: "2", title: {en: Never}, when: not reply.started, to: boss, capacity: inform}
"""
    )

    def told(when, *events):
        return rules(judge(policy, case(*(event(n, w) for n, w in events)), when).escalations)

    assert told("02T09:10") == ["never"]
    assert told("02T09:10", ("registered", "02T09:00")) == ["due"]
    assert told("04T09:10", ("registered", "02T09:00")) == ["any", "long", "due"]
    assert told("04T09:10", ("registered", "02T09:00"), ("replied", "02T09:10")) == [
        "all-met",
        "due",
    ]
    both = (("registered", "02T09:00"), ("registered", "02T10:00"), ("replied", "02T10:10"))
    assert told("04T09:10", *both) == ["any", "due", "twice"]


def test_what_follows_from_a_limit_that_may_not_have_started_is_not_certain():
    policy = load(
        REPLY
        + """    when: urgent
penalties:
  - {id: always, clause: "2", title: {en: Always}, per: reply, amount: 5 CNY}
  - {id: started, clause: "2", title: {en: Started}, when: reply.started, against: clerk, amount: 7 CNY}
"""
    )
    decision = judge(policy, case(event("registered", "02T09:00")), "02T12:00")
    assert rules(decision.undetermined) == ["reply", "always", "started"]
    assert {m.name for u in decision.undetermined for m in u.missing} == {"urgent"}
    assert (decision.total().minimum, decision.total().maximum) == (0, 12)
    certain = judge(policy, case(event("registered", "02T09:00"), urgent=True), "02T12:00")
    assert rules(certain.penalties) == ["always", "started"]


def test_how_late_is_unknown_in_a_year_without_calendar_that_it_is_late_is_not():
    policy = load(
        REPLY.replace("30 elapsed minutes", "2 working days")
        + """
    overdue_days: working-dates
penalties:
  - {id: fine, clause: "2", title: {en: F}, per: reply, when: deadline.overdue_days > 0,
     amount: 20 CNY per overdue day}
  - {id: once, clause: "3", title: {en: O}, per: reply, when: deadline.missed, amount: 5 CNY}
""".lstrip("\n")
    )
    overdue = judge(
        policy, case(event("registered", "2026-12-21T09:00:00+08:00")), "2031-01-05T09:00:00+08:00"
    )
    (item,) = overdue.deadlines
    assert (item.status, item.late_by, item.overdue_days) == ("overdue", None, None)
    assert [missing.what for missing in item.missing] == ["calendar"]
    assert "overdue" in overdue.explain("en")
    assert Decision.from_json(overdue.to_json()) == overdue
    assert [penalty.rule for penalty in overdue.penalties] == ["once"]
    assert [unknown.rule for unknown in overdue.undetermined] == ["fine"]
    assert overdue.total().maximum is None

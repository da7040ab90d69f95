"""What happens to a time limit starts another one: right values, written down before the code."""

from __future__ import annotations

from datetime import timedelta

import jsonschema
import pytest
import yaml

from complaint_rules import Case
from complaint_rules.errors import PolicyError
from complaint_rules.judging.items import Missing
from complaint_rules.ruleset.document import json_schema
from ladders import (
    END_OF_4,
    END_OF_6,
    END_OF_9,
    FINES,
    FIRST,
    HEAD,
    LADDER,
    REMIND,
    REMINDER,
    SECOND,
    THIRD,
    TICK,
    decide,
    event,
    load,
    march,
    registered,
    told,
)
from samples import only

# A limit that ran out unmet


def test_only_the_first_runs_until_it_is_missed():
    decision = decide(LADDER, "03T12:00", registered())
    assert told(decision) == [("first", "pending", march("02T10:00"), END_OF_4)]
    assert decision.next_change_at == march("05T00:00")


def test_the_next_one_runs_from_the_instant_at_which_it_was_missed():
    decision = decide(LADDER, "05T12:00", registered())
    assert told(decision) == [
        ("first", "overdue", march("02T10:00"), END_OF_4),
        ("second", "pending", END_OF_4, END_OF_6),
    ]
    assert decision.total().maximum == 50
    assert decision.next_change_at == march("06T00:00")  # the first is one more day overdue
    assert decide(LADDER, "06T12:00", registered()).next_change_at == march("07T00:00")


@pytest.mark.parametrize(
    ("when", "rules"), [(END_OF_4, ["first"]), (END_OF_4 + TICK, ["first", "second"])]
)
def test_at_the_due_instant_it_is_not_missed_yet(when, rules):
    assert [item.rule for item in decide(LADDER, when, registered()).deadlines] == rules


def test_a_ladder_of_three_with_a_penalty_for_each_level():
    decision = decide(LADDER, "07T12:00", registered())
    assert [(d.rule, d.status) for d in decision.deadlines] == [
        ("first", "overdue"),
        ("second", "overdue"),
        ("third", "pending"),
    ]
    assert decision.total().maximum == 150
    decision = decide(LADDER, "11T12:00", registered())  # the 10th and the 11th are overdue
    assert only(decision.deadlines, "third").due_at == END_OF_9
    assert decision.total().maximum == 170
    assert [(p.rule, p.against, p.minimum) for p in decision.penalties] == [
        ("fine-owner", "owner", 50),
        ("fine-manager", "manager", 100),
        ("fine-board", "board", 20),
    ]
    assert [step.to for step in decision.escalations] == ["board"]


def test_a_level_that_was_done_late_was_missed_all_the_same():
    decision = decide(LADDER, "20T12:00", registered(), event("decided", "05T15:00"))
    assert told(decision) == [
        ("first", "late", march("02T10:00"), END_OF_4),
        ("second", "met", END_OF_4, END_OF_6),
    ]
    assert decision.total().maximum == 50
    assert decision.next_change_at is None
    decision = decide(LADDER, "20T12:00", registered(), event("decided", "10T10:00"))
    assert [(d.rule, d.status) for d in decision.deadlines] == [
        ("first", "late"),
        ("second", "late"),
        ("third", "late"),
    ]
    assert decision.total().maximum == 160


@pytest.mark.parametrize("done", ["02T10:00", "04T12:00", END_OF_4])
def test_what_was_done_in_time_starts_nothing(done):
    decision = decide(LADDER, "20T12:00", registered(), event("decided", done))
    assert told(decision) == [("first", "met", march("02T10:00"), END_OF_4)]
    assert decision.notes == ()


def test_missed_at_the_limit_is_missed_at_its_due_instant():
    body = LADDER.replace("ends: decided}", "ends: decided, missed_at_the_limit: true}", 1)
    assert [d.rule for d in decide(body, END_OF_4 - TICK, registered()).deadlines] == ["first"]
    at_the_limit = decide(body, END_OF_4, registered())
    assert [d.rule for d in at_the_limit.deadlines] == ["first", "second"]
    # What is done at that very instant is done late, and ends the duty that has begun by then.
    decision = decide(body, "20T12:00", registered(), event("decided", END_OF_4))
    assert [(d.rule, d.status) for d in decision.deadlines] == [
        ("first", "late"),
        ("second", "met"),
    ]


def test_what_was_cancelled_after_it_ran_out_was_missed():
    body = LADDER.replace("ends: decided}", "ends: decided, cancelled: withdrawn}", 1)
    assert [
        d.rule
        for d in decide(body, "20T12:00", registered(), event("withdrawn", "04T12:00")).deadlines
    ] == ["first"]
    decision = decide(body, "05T18:00", registered(), event("withdrawn", "05T12:00"))
    assert [(d.rule, d.status) for d in decision.deadlines] == [
        ("first", "overdue"),
        ("second", "pending"),
    ]


def test_a_pause_or_an_extension_moves_what_follows():
    first = FIRST.replace(
        "ends: decided",
        "ends: decided, suspended: [{from: paused, until: resumed}], agreed: [{event: extended, more: 1 working day}]",
    )
    body = "deadlines:\n" + first + SECOND
    assert [
        d.status
        for d in decide(body, "20T12:00", registered(), event("paused", "03T12:00")).deadlines
    ] == ["suspended"]
    decision = decide(body, "06T12:00", registered(), event("extended", "03T12:00"))
    assert told(decision) == [
        ("first", "overdue", march("02T10:00"), march("05T23:59:59.999999")),
        ("second", "pending", march("05T23:59:59.999999"), END_OF_9),
    ]


def test_a_pause_that_begins_at_the_very_start_of_what_follows_moves_it():
    second = SECOND.replace(
        "ends: decided", "ends: decided, suspended: [{from: paused, until: resumed}]"
    )
    decision = decide(
        "deadlines:\n" + FIRST + second, "20T12:00", registered(), event("paused", END_OF_4)
    )
    assert only(decision.deadlines, "second").status == "suspended"


# What is not known


def test_a_limit_that_cannot_be_worked_out_leaves_open_what_it_starts():
    body = LADDER.replace("within: 2 working days", "within: no_time", 1)
    decision = decide(body, "20T12:00", registered())
    assert [(d.rule, d.status, d.certain) for d in decision.deadlines] == [
        ("first", "undetermined", True),
        ("second", "undetermined", False),
        ("third", "undetermined", False),
    ]
    assert {d.missing for d in decision.deadlines} == {(Missing("no_time", "parameter"),)}
    assert (decision.total().minimum, decision.total().maximum) == (0, None)
    assert [u.rule for u in decision.undetermined if u.kind == "deadline"] == [
        "first",
        "second",
        "third",
    ]


def test_a_start_that_is_not_known_leaves_open_what_it_starts():
    body = LADDER.replace("within: 2 working days", "within: 2 working days, when: urgent", 1)
    decision = decide(body, "20T12:00", registered())
    assert [(d.rule, d.status, d.certain) for d in decision.deadlines] == [
        ("first", "undetermined", False),
        ("second", "undetermined", False),
        ("third", "undetermined", False),
    ]
    assert {m.name for d in decision.deadlines for m in d.missing} == {"urgent"}
    urgent = decide(body, "20T12:00", registered(), facts={"urgent": True})
    assert [d.status for d in urgent.deadlines] == ["overdue", "overdue", "overdue"]
    assert decide(body, "20T12:00", registered(), facts={"urgent": False}).deadlines == ()


PAY = '  - {id: pay, clause: "2", title: {en: Pay}, duty_of: clerk, starts: first.met, within: 1 working day, ends: reviewed}\n'


def test_what_may_have_started_has_only_been_met_if_something_completes_it():
    first = FIRST.replace("within", "when: urgent, cancelled: withdrawn, within")
    for happening, ending in (("met", "decided"), ("ended", "decided"), ("ended", "withdrawn")):
        body = "deadlines:\n" + first + PAY.replace("first.met", f"first.{happening}")
        open_ = decide(body, "20T12:00", registered(), event("reviewed", "03T12:00"))
        assert [d.rule for d in open_.deadlines] == ["first"]
        ended = decide(body, "20T12:00", registered(), event(ending, "03T12:00"))
        assert [(d.rule, d.status) for d in ended.deadlines] == [
            ("first", "undetermined"),
            ("pay", "undetermined"),
        ]
    withdrawn = decide(
        "deadlines:\n" + first + PAY, "20T12:00", registered(), event("withdrawn", "03T12:00")
    )
    assert [d.rule for d in withdrawn.deadlines] == ["first"]


def test_what_was_done_may_have_been_met_when_it_was_done():
    body = "deadlines:\n" + FIRST.replace("within: 2 working days", "within: no_time") + PAY
    assert len(decide(body, "20T12:00", registered()).deadlines) == 1
    decision = decide(body, "20T12:00", registered(), event("decided", "03T12:00"))
    pay = only(decision.deadlines, "pay")
    assert (pay.status, pay.certain, pay.started_at) == ("undetermined", False, march("03T12:00"))


def test_what_is_cancelled_whenever_it_would_have_been_due_may_have_fallen_due_before():
    first = FIRST.replace(
        "within: 2 working days", "within: no_time, cancelled: withdrawn, cancelled_late: cancelled"
    )
    decision = decide(
        "deadlines:\n" + first + REMIND + SECOND,
        "20T12:00",
        registered(),
        event("withdrawn", "03T12:00"),
    )
    assert [(d.rule, d.status) for d in decision.deadlines] == [
        ("first", "cancelled"),
        ("remind", "undetermined"),
    ]
    assert only(decision.deadlines, "remind").missing == (Missing("no_time", "parameter"),)


def test_a_condition_of_its_own_is_judged_by_the_event_at_the_beginning():
    body = LADDER.replace("starts: first.missed", "starts: first.missed, when: event.grave")
    for grave, rules in ((True, ["first", "second", "third"]), (False, ["first"])):
        decision = decide(body, "20T12:00", registered(grave=grave))
        assert [d.rule for d in decision.deadlines] == rules
    decision = decide(body, "20T12:00", registered())
    assert [(d.rule, d.status) for d in decision.deadlines] == [
        ("first", "overdue"),
        ("second", "undetermined"),
        ("third", "undetermined"),
    ]
    assert only(decision.deadlines, "second").missing == (Missing("registered.grave", "event"),)


# What ends it


def test_what_came_before_its_start_ends_nothing():
    body = LADDER.replace(
        "starts: first.missed, within: 2 working days, ends: decided",
        "starts: first.missed, within: 2 working days, ends: reviewed",
    )
    for when in ("03T12:00", END_OF_4):
        decision = decide(body, "05T12:00", registered(), event("reviewed", when))
        assert only(decision.deadlines, "second").status == "pending"
        (note,) = decision.notes
        assert (note.kind, note.rule) == ("completion-before-start", "second")
    decision = decide(body, "05T12:00", registered(), event("reviewed", END_OF_4 + TICK))
    assert only(decision.deadlines, "second").status == "met"
    assert decision.notes == ()
    # Before the duty has begun there is nothing to say about it.
    assert decide(body, "04T12:00", registered(), event("reviewed", "03T12:00")).notes == ()


def test_what_completed_the_limit_before_is_no_early_completion():
    events = (registered("02T10:00"), event("decided", "03T12:00"), registered("05T10:00"))
    decision = decide(LADDER, "10T12:00", *events)
    assert told(decision)[-1] == ("second", "pending", END_OF_9, march("11T23:59:59.999999"))
    assert decision.notes == ()


def test_a_reference_to_the_event_at_the_beginning_says_which_one_is_done():
    events = (
        registered("02T10:00", id="R1"),
        registered("02T11:00", id="R2"),
        event("decided", "05T12:00", ref="R2"),
    )
    decision = decide(LADDER, "06T12:00", *events)
    assert [(d.rule, d.status) for d in decision.deadlines] == [
        ("first", "overdue"),
        ("first", "late"),
        ("second", "pending"),
        ("second", "met"),
    ]
    assert {note.kind for note in decision.notes} == {"reference-leaves-open"}


# Who has the duty


def test_each_of_several_that_missed_it_starts_one():
    first, second = FIRST.replace("owner, starts", "clerk, starts"), SECOND
    decision = decide(
        "deadlines:\n" + first + second,
        "05T12:00",
        registered(clerk=["A", "B"]),
        event("decided", "03T12:00", clerk="A"),
        facts={"manager": "M"},
    )
    assert [(d.rule, d.party, d.status) for d in decision.deadlines] == [
        ("first", "A", "met"),
        ("first", "B", "overdue"),
        ("second", "M", "pending"),
    ]
    met, missed, next_one = decision.deadlines
    assert next_one.occurrence == missed.id
    assert next_one.id == f"second/{missed.id}/M"
    assert next_one.started_by == "first.missed"
    assert met.started_by is None


def test_whoever_missed_it_has_the_duty_in_the_same_role_all_along_the_chain():
    again = '  - {id: again, clause: "9", title: {en: Again}, duty_of: owner, starts: second.missed, within: 1 working day, ends: decided}\n'
    decision = decide(
        "deadlines:\n" + FIRST + SECOND + again,
        "20T12:00",
        registered(owner=["A", "B"]),
        event("decided", "03T12:00", owner="A"),
    )
    assert [(d.rule, d.party) for d in decision.deadlines] == [
        ("first", "A"),
        ("first", "B"),
        ("second", None),
        ("again", "B"),
    ]


def test_parties_of_the_event_at_the_beginning_go_before_those_of_the_case():
    decision = decide(
        LADDER, "05T12:00", registered(manager="by event"), facts={"manager": "by case"}
    )
    assert only(decision.deadlines, "second").party == "by event"


# Other edges


def test_a_limit_that_was_met_starts_one_at_its_completion():
    paid = '  - {id: pay, clause: "2", title: {en: Pay}, duty_of: clerk, starts: first.met, within: 1 working day, ends: [reviewed, decided]}\n'
    body = "deadlines:\n" + FIRST + paid
    decision = decide(body, "20T12:00", registered(), event("decided", "03T12:00"))
    assert told(decision)[1:] == [("pay", "overdue", march("03T12:00"), END_OF_4)]
    assert len(decide(body, "20T12:00", registered(), event("decided", "05T12:00")).deadlines) == 1
    assert len(decide(body, "20T12:00", registered()).deadlines) == 1


def test_started_and_ended():
    more = '  - {id: begun, clause: "2", title: {en: Begun}, duty_of: clerk, starts: first.started, within: 1 working day, ends: decided}\n'
    more += '  - {id: over, clause: "3", title: {en: Over}, duty_of: clerk, starts: first.ended, within: 1 working day, ends: reviewed}\n'
    first = FIRST.replace("ends: decided", "ends: decided, cancelled: withdrawn")
    body = "deadlines:\n" + first + more
    decision = decide(body, "20T12:00", registered(), event("withdrawn", "05T12:00"))
    assert [(d.rule, d.started_at) for d in decision.deadlines] == [
        ("first", march("02T10:00")),
        ("begun", march("02T10:00")),
        ("over", march("05T12:00")),
    ]
    decision = decide(body, "20T12:00", registered(), event("decided", "02T10:00"))
    assert [(d.rule, d.status) for d in decision.deadlines] == [
        ("first", "met"),
        ("begun", "met"),
        ("over", "overdue"),
    ]


def test_whichever_comes_first():
    more = '  - {id: over, clause: "3", title: {en: Over}, duty_of: clerk, starts: [first.met, first.missed], within: 1 working day, ends: reviewed}\n'
    body = "deadlines:\n" + FIRST + more
    for done, start in (("03T12:00", march("03T12:00")), ("05T12:00", END_OF_4)):
        decision = decide(body, "20T12:00", registered(), event("decided", done))
        assert only(decision.deadlines, "over").started_at == start


def test_an_event_and_an_edge_start_the_same_limit():
    second = SECOND.replace("starts: first.missed", "starts: [withdrawn, first.missed]")
    events = (registered(), event("withdrawn", "05T10:00"), event("decided", "06T10:00"))
    decision = decide("deadlines:\n" + FIRST + second, "20T12:00", *events)
    assert [(d.rule, d.started_at, d.started_by) for d in decision.deadlines[1:]] == [
        ("second", END_OF_4, "first.missed"),
        ("second", march("05T10:00"), None),
    ]
    ignoring = second.replace("ends: decided", "ends: decided, while_open: ignore")
    decision = decide("deadlines:\n" + FIRST + ignoring, "20T12:00", *events)
    assert [d.started_at for d in decision.deadlines[1:]] == [END_OF_4]


def test_what_falls_due_while_it_is_open():
    body = REMINDER.replace(", before: 2 working hours", "")
    assert len(decide(body, END_OF_4 - TICK, registered()).deadlines) == 1
    decision = decide(body, END_OF_4, registered())
    assert told(decision)[1:] == [
        ("remind", "pending", END_OF_4, march("05T10:00")),
    ]
    assert len(decide(body, "20T12:00", registered(), event("decided", END_OF_4)).deadlines) == 1


# A reminder


def test_a_reminder_begins_so_long_before():
    decision = decide(REMINDER, "03T12:00", registered())
    assert [d.rule for d in decision.deadlines] == ["first"]
    assert decision.next_change_at == march("04T15:00")
    decision = decide(REMINDER, "04T15:00", registered())
    assert told(decision) == [
        ("first", "pending", march("02T10:00"), END_OF_4),
        ("remind", "pending", march("04T15:00"), march("04T16:00")),
    ]
    assert decision.next_change_at == march("04T16:00:00.001")
    decision = decide(REMINDER, "20T12:00", registered(), event("reminded", "04T15:30"))
    assert only(decision.deadlines, "remind").status == "met"


def test_nobody_is_reminded_of_what_is_done():
    for done in ("04T14:00", "04T15:00"):
        decision = decide(REMINDER, "20T12:00", registered(), event("decided", done))
        assert [d.rule for d in decision.deadlines] == ["first"]
    decision = decide(REMINDER, "20T12:00", registered(), event("decided", "04T15:01"))
    assert [d.rule for d in decision.deadlines] == ["first", "remind"]


def test_a_reminder_of_a_short_limit_begins_with_it():
    body = REMINDER.replace("within: 2 working days", "within: 1 working hour", 1)
    decision = decide(body, "02T10:30", registered())
    assert told(decision) == [
        ("first", "pending", march("02T10:00"), march("02T11:00")),
        ("remind", "pending", march("02T10:00"), march("02T11:00")),
    ]


def test_a_reminder_counts_days_back_as_a_lead_time_does():
    body = REMINDER.replace("before: 2 working hours", "before: 1 working day")
    decision = decide(body, "04T09:30", registered())
    assert told(decision)[1:] == [
        ("remind", "pending", march("03T23:59:59.999999"), march("04T10:00")),
    ]
    assert decide(body, "03T12:00", registered()).next_change_at == march("04T00:00")


def test_a_reminder_that_cannot_begin_is_no_change_ahead():
    body = REMINDER.replace("starts: first.due", "starts: first.due, when: urgent")
    calm, urgent = ({"urgent": value} for value in (False, True))
    assert decide(body, "03T12:00", registered(), facts=calm).next_change_at == march("05T00:00")
    assert decide(body, "03T12:00", registered(), facts=urgent).next_change_at == march("04T15:00")
    assert decide(body, "03T12:00", registered()).next_change_at == march("04T15:00")


def test_the_next_change_is_the_first_instant_at_which_something_changes():
    body = "deadlines:\n" + FIRST + REMIND + SECOND + THIRD + FINES
    policy = load(body)
    the_case = Case("C", {}, [registered()])
    moment = march("02T10:00")
    seen = []
    for _ in range(7):
        decision = policy.evaluate(the_case, as_of=moment, engine="native")
        ahead = decision.next_change_at
        assert ahead is not None
        just_before = policy.evaluate(
            the_case, as_of=ahead - timedelta(milliseconds=2), engine="native"
        )
        assert told(just_before) == told(decision)
        assert just_before.penalties == decision.penalties
        moment = ahead
        seen.append(ahead)
    assert seen == [
        march("04T15:00"),
        march("04T16:00:00.001"),
        march("05T00:00"),
        march("06T00:00"),
        march("07T00:00"),
        march("08T00:00"),
        march("09T00:00"),
    ]


# The order of a file, and what is wrong in it


def test_the_order_of_rules_in_the_file_does_not_matter():
    backwards = "deadlines:\n" + THIRD + SECOND + FIRST + FINES
    for when in ("03T12:00", "05T12:00", "20T12:00"):
        there = decide(LADDER, when, registered())
        back = decide(backwards, when, registered())
        assert {d.id: d for d in there.deadlines} == {d.id: d for d in back.deadlines}
        assert there.total() == back.total()
    assert [d.rule for d in back.deadlines] == ["third", "second", "first"]


def problem(body: str) -> str:
    with pytest.raises(PolicyError) as caught:
        load(body)
    (found,) = caught.value.problems
    return str(found)


def test_limits_that_start_each_other_are_refused():
    body = (
        "deadlines:\n"
        + FIRST.replace("starts: registered", "starts: third.missed")
        + SECOND
        + THIRD
    )
    assert "first → second → third → first" in problem(body)
    assert problem(body).endswith("let one of them start by an event")
    body = "deadlines:\n" + FIRST.replace(
        "starts: registered", "starts: [registered, first.missed]"
    )
    assert "first → first" in problem(body)


def test_a_circle_that_another_limit_only_leads_to_is_found():
    first = FIRST.replace("starts: registered", "starts: second.missed")
    found = problem("deadlines:\n" + THIRD + SECOND + first)
    assert "first → second → first" in found or "second → first → second" in found


@pytest.mark.parametrize(
    ("starts", "says"),
    [
        ("frist.missed", "did you mean 'first'?"),
        ("first.mised", "did you mean 'missed'?"),
        ("first.overdue_days", "started, due, missed, met, ended"),
        ("decided.missed", "'decided' is an event"),
        ("first", "'first' is a time limit: say what happens to it, such as first.missed"),
        ("[first.missed, first.due]", "'first' twice"),
        ("[first.missed, first.missed]", "'first' twice"),
        ("registred", "did you mean 'registered'?"),
    ],
)
def test_a_start_that_is_none_is_refused(starts, says):
    assert says in problem("deadlines:\n" + FIRST + SECOND.replace("first.missed", starts))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("starts: first.due", "starts: registered", "'registered'"),
        ("starts: first.due", "starts: first.missed", "'first.missed'"),
        ("within: 1 working hour, ", "", "within"),
        ("before: 2 working hours", "before: 2 hours", "ambiguous"),
        ("before: 2 working hours", "before: same day", "no lead time"),
        (
            "before: 2 working hours",
            "before: 2 working hours, at_least: 1 working hour",
            "at_least",
        ),
    ],
)
def test_a_reminder_that_is_none_is_refused(old, new, says):
    assert says in problem("deadlines:\n" + FIRST + REMIND.replace(old, new))


def test_ids_of_several_words_are_written_as_they_are_and_as_in_conditions():
    for written in ("owner-decides.missed", "owner_decides.missed"):
        body = (
            LADDER.replace("id: first", "id: owner-decides")
            .replace("per: first", "per: owner-decides")
            .replace("first.missed", written)
        )
        decision = decide(body, "05T12:00", registered())
        assert only(decision.deadlines, "second").started_by == "owner_decides.missed"


def test_the_schema_of_rulesets_takes_the_new_spellings():
    content = yaml.safe_load(HEAD.replace("2026-01-01", '"2026-01-01"') + REMINDER)
    jsonschema.validate(content, json_schema())


# Together with the rest of the language


MORE = """
records:
  - {id: form, clause: "10", title: {en: Form}, per: second, fields: [urgent]}
targets:
  - {id: quick, clause: "11", title: {en: Quick}, per: second, achieved: deadline.met, at_least: 90 %}
reliefs:
  - {id: grave, clause: "12", title: {en: Grave}, per: second, of: fine-manager, when: event.grave, cancels: true}
charges:
  - {id: costs, clause: "13", title: {en: Costs}, per: second, cost: loss, borne_by: manager, when: second.missed}
"""


@pytest.mark.parametrize("grave", [True, False, None])
@pytest.mark.parametrize("when", ["03T12:00", "05T12:00", "20T12:00"])
def test_every_kind_of_rule_is_judged_for_a_limit_that_another_started(grave, when):
    loss = "facts:\n  loss: {type: money, title: {en: loss}}\n"
    head = HEAD.replace("facts:\n", loss)
    start = registered() if grave is None else registered(grave=grave)
    decision = decide(LADDER + MORE, when, start, facts={"loss": 7}, head=head)
    counts = (len(decision.records), len(decision.targets), len(decision.charges))
    assert counts == {"03T12:00": (0, 0, 0), "05T12:00": (1, 1, 0), "20T12:00": (1, 1, 1)}[when]
    if when == "20T12:00":
        assert [relief.rule for relief in decision.reliefs] == (["grave"] if grave else [])
        assert (decision.total("manager").minimum, decision.total("manager").maximum) == {
            True: (0, 0),
            False: (100, 100),
            None: (0, 100),
        }[grave]


def test_only_the_oldest_that_another_started_is_completed():
    body = LADDER.replace("missed, within: 2", "missed, completes: oldest, within: 2", 1)
    events = (
        registered("03T10:00"),
        registered("02T10:00"),
        event("decided", "06T12:00"),
        event("decided", "06T13:00"),
    )
    decision = decide(body, "20T12:00", *events)
    assert [d.done_at for d in decision.deadlines if d.rule == "second"] == [
        march("06T12:00"),
        march("06T13:00"),
    ]


@pytest.mark.parametrize(
    ("while_open", "expected"),
    [
        ("separate", [("met", END_OF_4), ("met", march("05T23:59:59.999999"))]),
        ("ignore", [("met", END_OF_4)]),
        ("restart", [("cancelled", END_OF_4), ("met", march("05T23:59:59.999999"))]),
    ],
)
def test_what_a_second_edge_does_while_the_first_is_open(while_open, expected):
    body = LADDER.replace("missed, within: 2", f"missed, while_open: {while_open}, within: 2", 1)
    events = (registered("02T10:00"), registered("03T10:00"), event("decided", "06T12:00"))
    decision = decide(body, "20T12:00", *events)
    assert [(d.status, d.started_at) for d in decision.deadlines if d.rule == "second"] == expected


def test_the_first_edge_is_the_earliest_not_that_of_the_first_start():
    body = LADDER.replace("within: 2 working days", "by: event.promised_at", 1)
    body = body.replace("missed, within: 2", "missed, while_open: ignore, within: 2", 1)
    events = (
        registered("02T10:00", promised_at="2026-03-04T12:00:00+08:00"),
        registered("02T11:00", promised_at="2026-03-03T12:00:00+08:00"),
    )
    decision = decide(body, "04T18:00", *events)
    assert told(decision)[2:] == [
        ("second", "pending", march("03T12:00"), march("05T23:59:59.999999"))
    ]
    assert only(decision.deadlines, "second").occurrence == decision.deadlines[1].id


def test_what_is_taken_in_after_hours_counts_from_the_next_opening():
    body = LADDER.replace(
        "missed, within: 2 working days",
        "missed, taken_in: {until: '15:00'}, within: 1 working day",
        1,
    )
    decision = decide(body, "05T12:00", registered())
    second = only(decision.deadlines, "second")
    # From Thursday at nine on, so Friday is the day that counts.
    assert (second.started_at, second.due_at) == (END_OF_4, END_OF_6)


def test_a_reminder_in_working_hours_that_nobody_has_set_is_left_open():
    head = HEAD.replace('{hours: ["09:00-17:00"]}', "{hours: opening}").replace(
        "parameters:\n", "parameters:\n  opening: {type: hours, title: {en: opening}}\n"
    )
    body = REMINDER.replace("within: 2 working days", "within: 2 elapsed hours")
    decision = decide(body, "02T10:30", registered(), head=head)
    assert [(d.rule, d.status, d.missing) for d in decision.deadlines] == [
        ("first", "pending", ()),
        ("remind", "undetermined", (Missing("opening", "parameter"),)),
    ]


def test_a_reminder_before_a_year_without_a_calendar_is_left_open():
    head = HEAD.replace('{hours: ["09:00-17:00"]}', '{official: CN, hours: ["09:00-17:00"]}')
    body = REMINDER.replace("within: 2 working days", "by: event.promised_at").replace(
        "before: 2 working hours", "before: 1 working day"
    )
    start = registered(promised_at="2090-03-05T12:00:00+08:00")
    decision = decide(body, "02T10:30", start, head=head)
    assert [(d.rule, d.status, d.missing) for d in decision.deadlines] == [
        ("first", "pending", ()),
        ("remind", "undetermined", (Missing("CN 2090", "calendar"),)),
    ]

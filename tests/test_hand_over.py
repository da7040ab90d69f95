"""Who has a duty that is handed over, and when it falls due: right values, written before the code."""

from __future__ import annotations

import re
from datetime import timedelta

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules import Case, Decision
from complaint_rules.errors import PolicyError
from complaint_rules.judging.items import Missing
from complaint_rules.pictures import timeline
from complaint_rules.ruleset.document import json_schema
from complaint_rules.testing import (
    Coverage,
    mutate,
    read_scenarios,
    report,
    run_scenario,
    strategies,
)
from ladders import HEAD, decide, event, lines, load, march
from samples import ROOT
from simulated import assert_same

EVENTS = (
    HEAD
    + """\
  reassigned:
    title: {en: reassigned, zh: 转派}
    data: {handler: {type: text, title: {en: handler, zh: 接手人}}}
"""
)
CONTINUES = """
deadlines:
  - id: answer
    clause: "1"
    title: {en: Answer, zh: 答复}
    duty_of: owner
    starts: registered
    within: 4 elapsed hours
    ends: decided
    suspended: [{from: paused, until: resumed}]
    agreed: [{event: extended, more: 1 elapsed hour}]
    cancelled: withdrawn
    handed_over: {event: reassigned, to: event.handler, clock: continues}
penalties:
  - {id: fine, clause: "2", title: {en: Fine}, per: answer, when: deadline.missed, amount: 50 CNY}
"""
RESTARTS = CONTINUES.replace("clock: continues", "clock: restarts")
NAMED = CONTINUES.replace("to: event.handler, ", "")

LI = event("registered", "02T09:00", owner="Li")
"""Li has until 13:00."""


def to(who: str, when: str, **more: object):
    return event("reassigned", when, handler=who, **more)


def answers(body, when, *events, facts=None):
    decision = decide(body, when, *events, facts=facts, head=EVENTS)
    found = [(d.party, d.status) for d in decision.deadlines if d.rule == "answer"]
    return found, {p.party: int(p.minimum) for p in decision.penalties}


def test_the_clock_goes_on_and_the_duty_moves():
    handed = [LI, to("Wang", "02T11:00")]
    decision = decide(CONTINUES, "02T12:00", *handed, head=EVENTS)
    (item,) = decision.deadlines
    assert (item.party, item.status, item.id) == (
        "Wang", "pending", "answer/registered@2026-03-02T01:00:00Z/Wang",
    )  # fmt: skip
    assert (item.started_at, item.due_at) == (march("02T09:00"), march("02T13:00"))
    assert [(h.at, h.before, h.party) for h in item.handed_over] == [
        (march("02T11:00"), "Li", "Wang")
    ]
    assert answers(CONTINUES, "02T14:00", *handed) == ([("Wang", "overdue")], {"Wang": 50})


@pytest.mark.parametrize(
    ("when", "liable"),
    [("02T12:59", "Wang"), ("02T13:00", "Wang"), ("02T13:00:00.000001", "Li"), ("02T15:00", "Li")],
)
def test_liable_is_who_holds_it_when_it_falls_due(when, liable):
    found = answers(CONTINUES, "02T16:00", LI, to("Wang", when))
    assert found == ([(liable, "overdue")], {liable: 50})


def test_missed_at_the_limit_it_is_missed_before_it_is_handed_over_then():
    body = CONTINUES.replace("    handed_over", "    missed_at_the_limit: true\n    handed_over")
    assert answers(body, "02T16:00", LI, to("Wang", "02T13:00"))[1] == {"Li": 50}
    assert answers(body, "02T16:00", LI, to("Wang", "02T12:59:59.999999"))[1] == {"Wang": 50}


def test_a_hand_over_to_the_same_person_changes_nothing():
    decision = decide(CONTINUES, "02T12:00", LI, to("Li", "02T11:00"), head=EVENTS)
    assert [(d.party, d.handed_over) for d in decision.deadlines] == [("Li", ())]
    plain = decide(RESTARTS, "02T12:00", LI, to("Li", "02T11:00"), head=EVENTS)
    assert [(d.party, d.due_at) for d in plain.deadlines] == [("Li", march("02T13:00"))]


def test_there_and_back_again():
    back = [LI, to("Wang", "02T10:00"), to("Li", "02T11:00")]
    decision = decide(CONTINUES, "02T16:00", *back, head=EVENTS)
    assert [(h.before, h.party) for h in decision.deadlines[0].handed_over] == [
        ("Li", "Wang"), ("Wang", "Li"),
    ]  # fmt: skip
    assert answers(CONTINUES, "02T16:00", *back) == ([("Li", "overdue")], {"Li": 50})
    assert answers(RESTARTS, "02T16:00", *back) == (
        [("Li", "cancelled"), ("Wang", "cancelled"), ("Li", "overdue")],
        {"Li": 50},
    )


def test_anew_from_the_hand_over():
    handed = [LI, to("Wang", "02T11:00")]
    decision = decide(RESTARTS, "02T12:00", *handed, head=EVENTS)
    assert [(d.party, d.status, d.started_at, d.due_at) for d in decision.deadlines] == [
        ("Li", "cancelled", march("02T09:00"), march("02T13:00")),
        ("Wang", "pending", march("02T11:00"), march("02T15:00")),
    ]
    assert answers(RESTARTS, "02T15:30", *handed)[1] == {"Wang": 50}
    late = answers(RESTARTS, "02T18:00", LI, to("Wang", "02T13:30"))
    assert late == ([("Li", "overdue"), ("Wang", "overdue")], {"Li": 50, "Wang": 50})


@pytest.mark.parametrize("body", [CONTINUES, RESTARTS])
def test_what_is_not_open_is_not_handed_over(body):
    done = [LI, event("decided", "02T10:00"), to("Wang", "02T11:00")]
    assert answers(body, "02T18:00", *done) == ([("Li", "met")], {})
    withdrawn = [LI, event("withdrawn", "02T10:00"), to("Wang", "02T11:00")]
    assert answers(body, "02T18:00", *withdrawn) == ([("Li", "cancelled")], {})
    before = [to("Wang", "02T08:00"), LI]
    assert answers(body, "02T12:00", *before) == ([("Li", "pending")], {})


@pytest.mark.parametrize("body", [CONTINUES, RESTARTS])
def test_whoever_has_it_may_complete_it_and_nobody_else(body):
    handed = [LI, to("Wang", "02T11:00")]

    def by(who):
        return event("decided", "02T11:30", owner=who)

    assert answers(body, "02T12:00", *handed, by("Wang"))[0][-1] == ("Wang", "met")
    assert answers(body, "02T12:00", *handed, by("Li"))[0][-1] == ("Wang", "pending")
    assert answers(body, "02T12:00", *handed, event("decided", "02T11:30"))[0][-1] == (
        "Wang",
        "met",
    )


def test_after_it_ran_out_whoever_has_it_completes_what_another_missed():
    late = [LI, to("Wang", "02T14:00"), event("decided", "02T15:00", owner="Wang")]
    assert answers(CONTINUES, "02T16:00", *late) == ([("Li", "late")], {"Li": 50})
    decision = decide(CONTINUES, "02T16:00", *late, head=EVENTS)
    assert str(decision.deadlines[0].late_by) == "2 elapsed hours"


def test_pauses_and_agreements_stay_with_what_goes_on():
    steps = [
        LI,
        event("paused", "02T09:30", owner="Li"),
        event("resumed", "02T10:30", owner="Li"),
        event("extended", "02T10:45", owner="Li"),
        to("Wang", "02T11:00"),
        event("extended", "02T11:30", owner="Wang"),
        event("extended", "02T11:40", owner="Li"),  # no longer theirs
    ]
    decision = decide(CONTINUES, "02T12:00", *steps, head=EVENTS)
    assert [(d.party, d.due_at) for d in decision.deadlines] == [("Wang", march("02T16:00"))]
    decision = decide(RESTARTS, "02T12:00", *steps, head=EVENTS)
    assert [(d.party, d.due_at) for d in decision.deadlines][-1] == ("Wang", march("02T16:00"))


def test_a_pause_that_lasts_goes_with_the_duty():
    steps = [LI, event("paused", "02T10:00", owner="Li"), to("Wang", "02T11:00")]
    assert answers(CONTINUES, "03T12:00", *steps) == ([("Wang", "suspended")], {})
    steps.append(event("resumed", "02T13:00", owner="Wang"))
    decision = decide(CONTINUES, "03T12:00", *steps, head=EVENTS)
    assert decision.deadlines[0].due_at == march("02T16:00")


def test_a_reference_says_which_duty_is_handed_over():
    two = [
        event("registered", "02T09:00", id="A", owner="Li"),
        event("registered", "02T09:10", id="B", owner="Li"),
    ]
    found = answers(CONTINUES, "02T12:00", *two, to("Wang", "02T11:00", ref="B"))[0]
    assert found == [("Li", "pending"), ("Wang", "pending")]
    both = answers(CONTINUES, "02T12:00", *two, to("Wang", "02T11:00"))[0]
    assert both == [("Wang", "pending"), ("Wang", "pending")]
    # What began anew is still about the event at the beginning.
    steps = [*two, to("Wang", "02T11:00", id="H", ref="B"), event("decided", "02T12:00", ref="B")]
    assert answers(RESTARTS, "02T12:30", *steps)[0] == [
        ("Li", "pending"), ("Li", "cancelled"), ("Wang", "met"),
    ]  # fmt: skip


def test_to_whom_the_event_names_in_the_role():
    handed = [LI, event("reassigned", "02T11:00", owner="Wang")]
    assert answers(NAMED, "02T14:00", *handed) == ([("Wang", "overdue")], {"Wang": 50})
    role = CONTINUES.replace("to: event.handler", "to: event.manager")
    handed = [LI, event("reassigned", "02T11:00", manager="Boss")]
    assert answers(role, "02T14:00", *handed) == ([("Boss", "overdue")], {"Boss": 50})
    # One who is named in the case only has the role all along.
    handed = [event("registered", "02T09:00"), event("reassigned", "02T11:00")]
    assert answers(NAMED, "02T14:00", *handed, facts={"owner": "Li"})[0] == [("Li", "overdue")]


def test_to_several_and_from_several():
    handed = [LI, event("reassigned", "02T11:00", owner=["Wang", "Zhao"])]
    assert answers(NAMED, "02T14:00", *handed)[1] == {"Wang": 50, "Zhao": 50}
    joined = [LI, event("reassigned", "02T11:00", owner=["Li", "Zhao"])]
    assert answers(NAMED, "02T14:00", *joined)[1] == {"Li": 50, "Zhao": 50}
    two = event("registered", "02T09:00", owner=["Li", "Zhao"])
    assert answers(NAMED, "02T14:00", two, event("reassigned", "02T11:00", owner="Wang")) == (
        [("Wang", "overdue")],
        {"Wang": 50},
    )


@pytest.mark.parametrize("body", [CONTINUES, RESTARTS])
def test_one_of_whom_is_not_known_to_whom(body):
    unknown = [LI, event("reassigned", "02T11:00")]
    decision = decide(body, "02T16:00", *unknown, head=EVENTS)
    assert {d.status for d in decision.deadlines} == {"undetermined"}
    assert {m for d in decision.deadlines for m in d.missing} == {
        Missing("reassigned.handler", "event", ())
    }
    assert decision.total().minimum == 0
    # What ran out before is Li's all the same.
    late = [LI, event("reassigned", "02T14:00")]
    assert answers(CONTINUES, "02T16:00", *late) == ([("Li", "overdue")], {"Li": 50})


def test_whose_limit_it_was_is_not_known_while_it_is_not_known_when_it_fell_due():
    body = CONTINUES.replace("within: 4 elapsed hours", "within: no_time")
    decision = decide(body, "02T16:00", LI, to("Wang", "02T11:00"), head=EVENTS)
    assert [(d.party, d.status, d.certain) for d in decision.deadlines] == [
        ("Li", "undetermined", True), ("Wang", "undetermined", True),
    ]  # fmt: skip
    assert {u.party for u in decision.undetermined if u.kind == "penalty"} == {"Li", "Wang"}


def test_one_that_may_have_begun_is_handed_over_too():
    body = CONTINUES.replace("within: 4", "when: urgent\n    within: 4")
    decision = decide(body, "02T16:00", LI, to("Wang", "02T11:00"), head=EVENTS)
    assert [(d.party, d.certain) for d in decision.deadlines] == [("Li", False), ("Wang", False)]
    decision = decide(
        body, "02T16:00", LI, to("Wang", "02T11:00"), facts={"urgent": True}, head=EVENTS
    )
    assert [(d.party, d.status) for d in decision.deadlines] == [("Wang", "overdue")]


def test_one_duty_for_three_messages_whoever_has_it():
    body = CONTINUES.replace("    handed_over", "    while_open: ignore\n    handed_over")
    steps = [LI, to("Wang", "02T10:00"), event("registered", "02T11:00", owner="Li")]
    assert answers(body, "02T12:00", *steps)[0] == [("Wang", "pending")]
    body = body.replace("ignore", "restart")
    decision = decide(body, "02T12:00", *steps, head=EVENTS)
    assert [(d.party, d.status) for d in decision.deadlines] == [
        ("Wang", "cancelled"), ("Li", "pending"),
    ]  # fmt: skip


def test_what_a_host_is_told_is_that_it_moved():
    policy = load(CONTINUES, head=EVENTS)
    events = [LI, to("Wang", "02T11:00")]
    before = policy.evaluate(Case("C", {}, events[:1]), as_of=march("02T10:00"))
    after = policy.evaluate(Case("C", {}, events), as_of=march("02T11:00"))
    changes = after.changes_since(before)
    assert [(c.before.party, c.after.party) for c in changes.moved] == [("Li", "Wang")]
    assert (changes.new, changes.gone, changes.changed) == ((), (), ())


def test_explanations_say_to_whom_and_since_when():
    handed = [LI, to("Wang", "02T11:00")]
    pending = decide(CONTINUES, "02T12:00", *handed, head=EVENTS)
    assert "handed over to Wang 2026-03-02 11:00, who has had it since" in "\n".join(lines(pending))
    assert "2026-03-02 11:00 移交 Wang，此后由其负责" in pending.explain("zh")
    late = decide(CONTINUES, "02T15:00", LI, to("Wang", "02T14:00"), head=EVENTS)
    assert "handed over to Wang 2026-03-02 14:00, after it had run out" in late.explain("en")
    assert "2026-03-02 14:00 移交 Wang，此前已到期" in late.explain("zh")
    anew = decide(RESTARTS, "02T12:00", *handed, head=EVENTS)
    assert "handed over to Wang 2026-03-02 11:00, for whom it began anew" in anew.explain("en")
    assert "2026-03-02 11:00 移交 Wang，重新起算" in anew.explain("zh")
    plain = Decision.from_json(pending.to_json())
    assert plain == pending


def test_decisions_without_a_hand_over_are_written_as_before():
    text = decide(CONTINUES, "02T12:00", LI, head=EVENTS).to_json()
    assert '"handed_over"' not in text
    assert '"ended_by"' not in text


def test_only_cases_with_a_hand_over_are_judged_one_by_one():
    from complaint_rules.columns.judge import judge_log
    from complaint_rules.columns.log import log_of_cases

    policy = load(CONTINUES, head=EVENTS)
    cases = [Case("A", {}, [LI]), Case("B", {}, [LI, to("Wang", "02T11:00")])]
    log = log_of_cases(policy.ruleset.words, cases)
    assert judge_log(policy, log, march("02T16:00"), check_date=False)[1] == 1
    assert_same(policy, cases, march("02T16:00"))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("event: reassigned", "event: reasigned", "did you mean 'reassigned'"),
        ("event: reassigned", "event: registered", "'registered' starts it too"),
        ("event: reassigned", "event: decided", "'decided' ends it too"),
        ("event: reassigned", "event: withdrawn", "'withdrawn' cancels it too"),
        ("to: event.handler", "to: event.handlr", "did you mean"),
        ("to: event.handler", "to: handler", "event.handler"),
        (", clock: continues", "", "clock"),
        ("clock: continues", "clock: goes_on", "continues"),
        ("    handed_over", "    completes: oldest\n    handed_over", "completes: oldest"),
    ],
)
def test_a_hand_over_that_is_none_is_refused(old, new, says):
    with pytest.raises(PolicyError) as error:
        load(CONTINUES.replace(old, new), head=EVENTS)
    assert says in str(error.value)
    assert "handed_over" in str(error.value)


def test_a_field_that_is_no_text_names_nobody():
    head = EVENTS.replace("handler: {type: text", "handler: {type: instant")
    with pytest.raises(PolicyError, match=r"is of type instant: .*text"):
        load(CONTINUES, head=head)


def test_the_schema_takes_and_describes_it():
    schema = json_schema()
    content = EVENTS.replace("2026-01-01", '"2026-01-01"') + CONTINUES
    jsonschema.validate(yaml.safe_load(content), schema)
    described = schema["$defs"]["HandedOverDocument"]
    assert all(described["properties"][key]["description"] for key in ("event", "to", "clock"))


# Pictures, and what tests of policies look at


def rows_of(chart):
    return [layer["data"]["values"] for layer in chart.to_dict()["vconcat"][1]["layer"]]


def test_the_timeline_shows_it_and_each_limit_on_a_row_of_its_own():
    decision = decide(CONTINUES, "02T12:00", LI, to("Wang", "02T11:00"), head=EVENTS)
    (mark,) = [row for rows in rows_of(timeline(decision)) for row in rows if "→" in str(row)][:1]
    assert (mark["label"], mark["what"]) == ("Answer 1 (Wang)", "Li → Wang")
    two = [LI, event("registered", "02T10:00", owner="Li"), event("decided", "02T11:00")]
    twice = [*two, event("registered", "02T10:00", owner="Li", id="again")]
    for events, expected in ((two, 2), (twice, 3)):
        bars = rows_of(timeline(decide(CONTINUES, "02T12:00", *events, head=EVENTS)))[0]
        assert len({bar["label"] for bar in bars}) == expected


SCENARIOS = """policy: ladder
day: 2026-03-02
scenarios:
  - name: handed over in time
    events: [{type: registered, at: 09:00, owner: Li}, {type: reassigned, at: 11:00, handler: Wang}]
    expect:
      "2026-03-02 12:00": {answer: "Wang, pending, handed over to Wang 2026-03-02 11:00"}
      "2026-03-02 16:00": {answer: "Wang, overdue", fine: "Wang, 50 CNY"}
"""


def test_scenarios_cover_it_and_kill_mutants(tmp_path):
    (tmp_path / "ladder.yaml").write_text(EVENTS + CONTINUES, encoding="utf-8")
    path = tmp_path / "ladder.scenario.yaml"
    path.write_text(SCENARIOS, encoding="utf-8")
    file = read_scenarios(path)
    results = [result for scenario in file.scenarios for result in run_scenario(scenario)]
    assert not any(result.mismatches for result in results), report(results)
    missed = [str(goal) for goal in Coverage.of(file, results).missing("rules")]
    assert missed == ["[1] answer: never handed over after it was due"]
    killed = {mutant.id for mutant in mutate(file).killed}
    assert {"answer: not handed over", "answer: clock restarts"} <= killed


@pytest.mark.parametrize("body", [CONTINUES, RESTARTS, NAMED])
@given(data=st.data())
def test_cases_that_are_drawn_are_judged_alike(body, data):
    policy = load(body, head=EVENTS)
    case = data.draw(strategies.cases(policy))
    as_of = case.events[0].at + data.draw(st.timedeltas(timedelta(0), timedelta(2)))
    assert_same(policy, [case], as_of)
    decision = policy.evaluate(case, as_of=as_of, engine="native", check_date=False)
    assert policy.evaluate(case, as_of=as_of, check_date=False) == decision
    assert decision.explain("zh")


def test_the_examples_in_the_docs():
    page = (ROOT / "docs/rulesets.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```text\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    ends, hands = (
        block for block in blocks if "per: reply.missed" in block or "reassigned" in block
    )
    late = decide(ends, "20T12:00", event("registered", "02T10:00"), event("decided", "06T12:00"))
    assert [(d.rule, d.status) for d in late.deadlines] == [
        ("reply", "late"),
        ("chase", "met"),
        ("draft", "overdue"),
    ]
    assert late.total().maximum == 50
    for when, liable in (("02T11:00", "Wang"), ("02T13:30", "Li")):
        decision = decide(hands, "02T14:00", LI, to("Wang", when), head=EVENTS)
        assert [(p.party, p.minimum) for p in decision.penalties] == [(liable, 50)]

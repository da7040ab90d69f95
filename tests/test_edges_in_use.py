"""Edges in words and in columns, and under everything else that reads a policy."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules import Case, Decision, Policy
from complaint_rules.exploration import by_time, nearest_changes
from complaint_rules.exploration.outcome import is_exact
from complaint_rules.judging.items import Missing
from complaint_rules.simulation import simulate
from complaint_rules.testing import (
    Coverage,
    mutate,
    properties,
    read_scenarios,
    report,
    run_scenario,
    strategies,
)
from complaint_rules.testing.words_used import events_with_a_part
from complaint_rules.versions import PolicyVersions
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
    decide,
    event,
    lines,
    load,
    march,
    registered,
)
from samples import ROOT, only
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
    late = Case("C", {}, [registered(), event("decided", "05T12:00")])
    assert is_exact(load("deadlines:\n" + FIRST).ruleset, late)
    policy = load(LADDER)
    assert not is_exact(policy.ruleset, late)
    first = str(nearest_changes(policy, late, as_of=march("10T12:00"))[0])
    assert "“decided” 12 h 1 µs earlier (2026-03-04 24:00): no “Tell the board 7”" in first
    assert first.endswith("(searched for)")
    curve = by_time(
        policy,
        late,
        "decided",
        as_of=march("20T12:00"),
        since=march("02T10:00"),
        until=march("11T12:00"),
    )
    assert [(piece.first, piece.total.maximum) for piece in curve.pieces] == [
        (march("02T10:00"), 0),
        (march("05T00:00"), 50),
        (march("07T00:00"), 150),
        (march("10T00:00"), 160),
        (march("11T00:00"), 170),
    ]
    assert not curve.exact


def version(name: str, since: str, body: str) -> Policy:
    effective = f"version: '{name}'\neffective: {{from: {since}, by: registered, running_cases: new-duties}}"
    head = HEAD.replace("effective: {from: 2026-01-01, by: registered}", effective)
    return Policy(head + body, f"version-{name}.yaml")


def test_what_began_under_a_version_starts_what_the_next_one_has():
    old = version("1", "2026-01-01", LADDER)
    quicker = LADDER.replace(
        "first.missed, within: 2 working days", "first.missed, within: 1 working day"
    )
    new = version("2", "2026-03-05", quicker)
    versions = PolicyVersions([old, new])
    case = Case("C", {}, [registered()])
    decision = versions.evaluate(case, as_of=march("20T12:00"))
    # The first is missed at the end of the 4th, so the manager's duty is of the version before.
    assert [(d.rule, d.due_at, d.started_by) for d in decision.deadlines] == [
        ("first@1", END_OF_4, None),
        ("second@1", END_OF_6, "first.missed"),
        ("third", END_OF_9, "second.missed"),
    ]
    assert decision.why_not("third").applied
    day_later = Case("C", {}, [registered("03T10:00")])
    decision = versions.evaluate(day_later, as_of=march("20T12:00"))
    assert [(d.rule, d.due_at) for d in decision.deadlines] == [
        ("first@1", march("05T23:59:59.999999")),
        ("second", END_OF_6),
        ("third", END_OF_9),
    ]


def test_the_next_version_may_turn_a_chain_round():
    turned = FIRST.replace("starts: registered", "starts: second.missed")
    turned += SECOND.replace("starts: first.missed", "starts: registered")
    versions = PolicyVersions(
        [
            version("1", "2026-01-01", "deadlines:\n" + FIRST + SECOND),
            version("2", "2026-03-05", "deadlines:\n" + turned),
        ]
    )
    decision = versions.evaluate(Case("C", {}, [registered()]), as_of=march("20T12:00"))
    assert [(d.rule, d.started_at, d.started_by) for d in decision.deadlines] == [
        ("first@1", march("02T10:00"), None),
        ("first", END_OF_6, "second.missed"),
        ("second@1", END_OF_4, "first.missed"),
    ]


def test_what_may_have_begun_under_one_version_or_the_next_is_one_duty():
    body = LADDER.replace("within: 2 working days", "within: no_time", 1)
    versions = PolicyVersions([version("1", "2026-01-01", body), version("2", "2026-03-05", body)])
    case = Case("C", {}, [registered()])
    decision = versions.evaluate(case, as_of=march("20T12:00"))
    assert [(d.rule, d.status) for d in decision.deadlines] == [
        ("first@1", "undetermined"),
        ("second@1", "undetermined"),
        ("third@1", "undetermined"),
    ]
    # One that may begin only under the next version is there too.
    old, new = LADDER.replace(SECOND, "").replace(THIRD, "").partition("penalties:")[0], body
    old = old.replace("within: 2 working days", "within: no_time", 1)
    versions = PolicyVersions([version("1", "2026-01-01", old), version("2", "2026-03-05", new)])
    decision = versions.evaluate(case, as_of=march("20T12:00"))
    assert [d.rule for d in decision.deadlines] == ["first@1", "second", "third"]


def test_a_reminder_that_a_version_has_dropped_is_no_change_ahead():
    dropped = "deadlines:\n" + FIRST
    versions = PolicyVersions(
        [version("1", "2026-01-01", REMINDER), version("2", "2026-03-04", dropped)]
    )
    case = Case("C", {}, [registered()])
    assert versions.evaluate(case, as_of=march("03T12:00")).next_change_at == march("04T00:00")
    decision = versions.evaluate(case, as_of=march("04T12:00"))
    assert decision.next_change_at == march("05T00:00")
    later = versions.evaluate(case, as_of=march("04T16:00"))
    assert [d.rule for d in later.deadlines] == ["first@1"]


def test_a_duty_whose_chain_has_another_party_or_version_has_moved():
    policy = load(LADDER)
    before, after = (
        policy.evaluate(Case("C", {"owner": name}, [registered()]), as_of=march(when))
        for name, when in (("A", "11T11:00"), ("B", "11T12:00"))
    )
    changes = after.changes_since(before)
    assert (changes.new, changes.changed, changes.gone) == ((), (), ())
    assert [change.rule for change in changes.moved] == [
        "first",
        "second",
        "third",
        "tell",
        "fine-owner",
        "fine-manager",
        "fine-board",
    ]
    old, new = version("1", "2026-01-01", LADDER), version("2", "2026-03-10", LADDER)
    versions = PolicyVersions([old, new])
    case = Case("C", {}, [registered()])
    changes = versions.evaluate(case, as_of=march("10T12:00")).changes_since(
        versions.evaluate(case, as_of=march("09T12:00"))
    )
    # A version that takes a case over renames no duty.
    assert (changes.moved, changes.gone) == ((), ())
    assert [item.rule for item in changes.new] == ["fine-board"]


SCENARIOS = """policy: ladder
day: 2026-03-02
scenarios:
  - name: nobody decides
    events: [registered 10:00]
    expect:
      "2026-03-05 12:00": {first: overdue, second: "manager, pending, due 2026-03-06 24:00"}
      "2026-03-20 12:00": {third: overdue, total: 260 CNY}
  - name: grave
    events: [{type: registered, at: 10:00, grave: true}]
    expect:
      "2026-03-04 16:00": {remind: "clerk, pending, due 2026-03-04 17:00"}
"""


def test_scenarios_look_at_edges(tmp_path):
    reminder = REMIND.replace("first.due", "first.due, when: event.grave").replace(
        "1 working hour", "2 working hours"
    )
    (tmp_path / "ladder.yaml").write_text(HEAD + BOTH.replace(REMIND, reminder), encoding="utf-8")
    path = tmp_path / "ladder.scenario.yaml"
    path.write_text(SCENARIOS, encoding="utf-8")
    file = read_scenarios(path)
    results = [result for scenario in file.scenarios for result in run_scenario(scenario)]
    assert not any(result.mismatches for result in results), report(results)
    coverage = Coverage.of(file, results)
    missing = [str(goal) for goal in coverage.missing("comparisons")]
    assert [goal for goal in missing if "remind" in goal] == [
        "[8] remind: 1. “grave” is never false"
    ]
    survivors = mutate(file).report()
    assert "[8] remind: before 2 working hours → 1 working hour" not in survivors
    assert "[2] second: within 2 working days → 3 working days" not in survivors


POLICIES = {"reminder": load(REMINDER), "both": load(BOTH)}


@pytest.mark.parametrize("name", sorted(POLICIES))
@given(data=st.data())
def test_cases_that_are_drawn_are_judged_alike(name, data):
    policy = POLICIES[name]
    drawn = [data.draw(strategies.cases(policy)) for _ in range(2)]
    as_of = drawn[0].events[0].at + data.draw(st.timedeltas(timedelta(0), timedelta(30)))
    named = [Case(str(number), dict(case.facts), case.events) for number, case in enumerate(drawn)]
    assert_same(policy, named, as_of)
    for case in named:
        native = policy.evaluate(case, as_of=as_of, engine="native", check_date=False)
        assert policy.evaluate(case, as_of=as_of, check_date=False) == native
        assert Decision.from_json(native.to_json()) == native


def test_what_may_come_too_early_does_more_than_complete():
    assert events_with_a_part(POLICIES["both"].ruleset) == {"registered", "reminded"}
    paid = SECOND.replace("first.missed", "first.met")
    assert "decided" in events_with_a_part(load("deadlines:\n" + FIRST + paid).ruleset)


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
    check(POLICIES["both"], data)


def test_the_example_in_the_docs():
    page = (ROOT / "docs/rulesets.md").read_text(encoding="utf-8")
    rules, *_ = re.findall(r"^```text\n(deadlines:.*?)^```", page, re.MULTILINE | re.DOTALL)
    decision = decide(rules, "07T12:00", registered())
    assert [(d.rule, d.status) for d in decision.deadlines] == [
        ("first", "overdue"),
        ("second", "overdue"),
        ("remind", "overdue"),
    ]
    assert decision.total().maximum == 100

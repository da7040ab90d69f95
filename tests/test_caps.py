"""Caps that several penalties share: right values, written before the code."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, Decision
from complaint_rules.errors import PolicyError
from complaint_rules.judging.items import Missing
from complaint_rules.money import Interval
from complaint_rules.reports import Period, settle
from complaint_rules.ruleset.document import json_schema
from complaint_rules.simulation import simulate
from complaint_rules.testing import Coverage, read_scenarios, report, run_scenario
from complaint_rules.testing.mutants import mutants
from ladders import HEAD, decide, event, load, march, registered
from samples import ROOT
from simulated import assert_same

WORDS = HEAD.replace(
    "facts:\n",
    "facts:\n  monthly_pay: {type: money, title: {en: monthly pay, zh: 月工资}}\n"
    "  rude: {type: bool, title: {en: rude}}\n",
)
RULES = """
deadlines:
  - {id: answer, clause: "1", title: {en: Answer}, duty_of: owner, starts: registered, within: 1 elapsed hour, ends: decided}
penalties:
  - {id: late, clause: "2", title: {en: Late, zh: 逾期}, per: answer.missed, amount: 200 CNY}
  - {id: reminded-often, clause: "3", title: {en: Reminded}, per: reminded, against: owner, amount: 50 CNY}
  - {id: rough, clause: "4", title: {en: Rough}, against: owner, when: rude, amount: 120 CNY}
  - {id: other, clause: "5", title: {en: Other}, against: owner, when: urgent, amount: 30 CNY}
"""
CAP = """
caps:
  - {id: pay-cap, clause: "6", title: {en: Cap, zh: 上限}, over: [late, reminded-often, rough], at_most: 300 CNY}
"""
SHARE = CAP.replace("300 CNY", "20 % of monthly_pay")
LI = {"owner": "Li"}


def owed(body, *events, when="09T12:00", **facts):
    decision = decide(
        RULES + body, when, *events, facts={**LI, "urgent": False, **facts}, head=WORDS
    )
    ids = {item.id: item.rule for item in (*decision.penalties, *decision.undetermined)}
    found = {
        ", ".join(ids[id_] for id_ in one.penalties): (one.minimum, one.maximum)
        for one in decision.liabilities
    }
    return decision, found


def exactly(**amounts):
    return {rule.replace("_", "-"): (amount, amount) for rule, amount in amounts.items()}


def test_the_later_ones_are_cut():
    steps = [registered("02T10:00"), event("reminded", "02T09:00"), event("reminded", "02T12:00")]
    decision, _ = owed(CAP, *steps, rude=False)
    # 50 at nine, 200 when it was missed at eleven, and 50 at noon: all of the 300.
    assert decision.total() == Interval.exactly(Decimal(300))
    steps.insert(0, event("reminded", "02T08:00"))
    decision, _ = owed(CAP, *steps, rude=False)
    assert [(one.penalties[0], one.minimum) for one in decision.liabilities][-1][1] == 0
    assert sorted(one.minimum for one in decision.liabilities) == [0, 50, 50, 200]
    assert decision.total("Li") == Interval.exactly(Decimal(300))
    assert [p.minimum for p in decision.penalties if p.rule == "reminded-often"] == [50, 50, 50]


def test_a_policy_whose_rules_are_all_judged_for_an_event():
    only = RULES.replace("when: rude", "per: reminded").replace("when: urgent", "per: reminded")
    steps = [registered("02T10:00"), event("reminded", "02T09:00")]
    decision = decide(only + CAP, "09T12:00", *steps, facts={**LI, "urgent": False}, head=WORDS)
    # 50 and 120 at nine, 130 of the 200 at eleven; the other 30 are not of the cap.
    assert decision.total() == Interval.exactly(Decimal(330))


def test_what_is_judged_for_the_case_comes_last():
    decision, found = owed(CAP, registered("02T10:00"), rude=True)
    assert found == exactly(late=200, rough=100)
    (cut,) = [one for one in decision.liabilities if one.caps]
    assert (cut.caps, cut.before_caps) == (("pay-cap",), Interval.exactly(Decimal(120)))
    assert Decision.from_json(decision.to_json()) == decision


def test_what_is_not_over_the_cap_is_owed_besides():
    decision, found = owed(CAP, registered("02T10:00"), rude=True, urgent=True)
    assert found == exactly(late=200, rough=100, other=30)
    assert decision.total().maximum == 330
    _, found = owed(
        CAP.replace("[late, reminded-often, rough]", "all"),
        registered("02T10:00"),
        rude=True,
        urgent=True,
    )
    assert found == exactly(late=200, rough=100, other=0)


def test_below_the_cap_nothing_is_said():
    decision, found = owed(CAP, registered("02T10:00"), rude=False)
    assert found == exactly(late=200)
    assert '"caps"' not in decision.to_json()


def test_a_share_of_a_fact():
    decision, found = owed(SHARE, registered("02T10:00"), rude=True, monthly_pay="1200.05")
    assert found == exactly(late=200, rough=Decimal("40.01"))  # 20 % are 240.01
    assert decision.total().maximum == Decimal("240.01")


def test_each_party_has_its_own():
    both = registered("02T10:00", owner=["A", "B"])
    decision = decide(
        RULES + CAP.replace("300", "150"), "09T12:00", both,
        facts={"rude": False, "urgent": False}, head=WORDS,
    )  # fmt: skip
    assert [(one.party, one.minimum) for one in decision.liabilities] == [("A", 150), ("B", 150)]
    assert decision.total().maximum == 300


def test_reliefs_come_first():
    mercy = 'reliefs:\n  - {id: mercy, clause: "7", title: {en: Mercy}, of: late, refunds: 50 %}\n'
    _, found = owed(CAP.replace("300", "150") + mercy, registered("02T10:00"), rude=True)
    assert found == exactly(late=100, rough=50)


def test_the_lower_of_two_wins():
    two = CAP + CAP.splitlines()[2].replace("pay-cap", "second").replace("300", "250") + "\n"
    decision, found = owed(two, registered("02T10:00"), rude=True)
    assert found == exactly(late=200, rough=50)
    assert decision.liabilities[1].caps == ("pay-cap", "second")
    assert decision.liabilities[1].before_caps == Interval.exactly(Decimal(120))
    overlapping = two.replace(
        "over: [late, reminded-often, rough], at_most: 250", "over: [rough, other], at_most: 60"
    )
    _, found = owed(overlapping, registered("02T10:00"), rude=True, urgent=True)
    assert found == exactly(late=200, rough=60, other=0)


def test_of_the_heaviest_each_is_cut_by_itself():
    head = WORDS.replace("adds_up: cumulative", "adds_up: heaviest")
    decision = decide(
        RULES + CAP.replace("300", "150"), "09T12:00", registered("02T10:00"),
        facts={**LI, "rude": True, "urgent": False}, head=head,
    )  # fmt: skip
    assert [one.minimum for one in decision.liabilities] == [150, 120]
    assert decision.total().maximum == 150


# Ranges, and what is not known


def test_ranges_and_what_is_unknown_share_one_entry():
    rules = RULES.replace("amount: 120 CNY", "amount: 50-200 CNY")
    decision = decide(
        rules + CAP, "09T12:00", registered("02T10:00"),
        facts={**LI, "rude": True, "urgent": False}, head=WORDS,
    )  # fmt: skip
    (one,) = decision.liabilities
    assert (one.minimum, one.maximum, len(one.penalties)) == (250, 300, 2)
    assert one.before_caps == Interval(Decimal(250), Decimal(400))
    assert decision.total() == Interval(Decimal(250), Decimal(300))
    unknown, _ = owed(CAP, registered("02T10:00"))  # whether it was rude
    assert unknown.total() == Interval(Decimal(200), Decimal(300))
    assert unknown.undetermined[0].rule == "rough"


def test_a_cap_that_is_not_known_leaves_it_open():
    decision, _ = owed(SHARE, registered("02T10:00"), rude=True)
    assert decision.total() == Interval(Decimal(0), Decimal(320))
    (item,) = [one for one in decision.undetermined if one.kind == "cap"]
    assert (item.id, item.rule, item.party, item.missing) == (
        "pay-cap/Li", "pay-cap", "Li", (Missing("monthly_pay", "fact", ()),),
    )  # fmt: skip
    assert "monthly pay" in decision.explain("en")
    nothing, _ = owed(SHARE, event("registered", "09T11:30"), rude=False)
    assert nothing.undetermined == ()


# Words


def test_explanations_say_how_it_is_shared():
    decision, _ = owed(CAP, registered("02T10:00"), rude=True)
    assert "Caps\n" in decision.explain("en")
    assert "  – Cap [6]" in decision.explain("en")
    assert "owner (Li): 100 CNY of 120 CNY for “Rough”" in decision.explain("en")
    assert "100 元，原为 120 元" in decision.explain("zh")
    assert "Caps\n" not in owed(CAP, registered("02T10:00"), rude=False)[0].explain("en")
    assert decision.html("en")


# Many cases


CASES = st.builds(
    lambda number, facts, events: Case(
        f"C{number}", facts, [registered("02T10:00"), *(event("reminded", when) for when in events)]
    ),
    st.integers(0, 10**6),
    st.fixed_dictionaries(
        {},
        optional={
            "owner": st.sampled_from(["Li", ["A", "B"]]),
            "rude": st.booleans(),
            "urgent": st.booleans(),
            "monthly_pay": st.sampled_from([0, 1000, "1500.02", 1600, 2000]),
        },
    ),
    st.lists(st.sampled_from(["02T09:00", "02T11:00", "02T12:00", "03T12:00"]), max_size=4),
)
TWO = CAP + SHARE.splitlines()[2].replace("pay-cap", "second").replace("rough", "other") + "\n"
NAMED = CAP.replace("300 CNY", "monthly_pay")


@cache
def policy_of(body):
    return load(RULES + body, head=WORDS)


@pytest.mark.parametrize("body", [CAP, SHARE, TWO, NAMED, CAP.replace("300", "250.5")])
@settings(max_examples=25)
@given(cases=st.lists(CASES, min_size=4, max_size=16, unique_by=lambda case: case.id))
def test_many_cases_are_judged_alike(body, cases):
    policy = policy_of(body)
    assert_same(policy, cases, march("02T20:00"))
    for case in cases:
        decision = policy.evaluate(case, as_of=march("02T20:00"), engine="native", check_date=False)
        assert policy.evaluate(case, as_of=march("02T20:00"), check_date=False) == decision
        assert Decision.from_json(decision.to_json()) == decision
        ids = [id_ for one in decision.liabilities for id_ in one.penalties]
        assert len(ids) == len(set(ids))


def test_only_those_that_reach_it_are_judged_one_by_one():
    policy = load(RULES + CAP, head=WORDS)
    cases = [
        Case("below", {**LI, "rude": False, "urgent": True}, [registered("02T10:00")]),
        Case("above", {**LI, "rude": True, "urgent": True}, [registered("02T10:00")]),
    ]
    found = simulate(policy, cases, as_of=march("09T12:00"))
    assert found.one_by_one == 1
    assert found.liabilities["maximum"].sum() == Decimal(230 + 330)


def test_mutants_move_it():
    found = {
        mutant.what
        for mutant in mutants(load(RULES + CAP, head=WORDS).ruleset)
        if mutant.rule == "pay-cap"
    }
    assert found == {
        "dropped", "at most 300 → 299", "at most 300 → 301",
        "without late", "without reminded-often", "without rough",
    }  # fmt: skip


# What is refused


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("over: [late,", "over: [latte,", "did you mean 'late'"),
        ("300 CNY", "300 EUR", "in EUR, the policy in CNY"),
        ("300 CNY", "20 % of monthly_pya", "did you mean 'monthly_pay'"),
        ("300 CNY", "20 % of urgent", "arithmetic is for numbers and amounts"),
        ("300 CNY", "100-300 CNY", "is a range"),
        ("300 CNY", "30 CNY per overdue day", "of each day"),
        ("300 CNY", "-3 CNY", "can be negative"),
        ("at_most", "in: month, at_most", "WageCap"),
        ("at_most", "in: year, at_most", "'case' or 'month'"),
        ("at_most", "when: urgent, at_most", "no condition"),
        ("over: [late, reminded-often, rough]", "over: []", "give at least one"),
        ("id: pay-cap", "id: late", "taken"),
    ],
)
def test_a_cap_that_is_none_is_refused(old, new, says):
    with pytest.raises(PolicyError) as error:
        load(RULES + CAP.replace(old, new), head=WORDS)
    assert says in str(error.value)
    assert "caps[0]" in str(error.value)


def test_the_schema_takes_and_describes_it():
    schema = json_schema()
    jsonschema.validate(
        yaml.safe_load(WORDS.replace("2026-01-01", '"2026-01-01"') + RULES + CAP), schema
    )
    described = schema["$defs"]["CapDocument"]["properties"]
    assert all(described[key]["description"] for key in ("over", "of", "in", "at_most"))


def test_the_example_in_the_docs():
    page = (ROOT / "docs/rulesets.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```text\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (rules,) = (block for block in blocks if "pay-cap" in block)
    deadlines = RULES[: RULES.index("penalties:")]
    decision = decide(
        deadlines + rules,
        "09T12:00",
        registered("02T10:00"),
        facts={**LI, "rude": True},
        head=WORDS,
    )
    assert [(one.minimum, one.before_caps.maximum) for one in decision.liabilities] == [
        (200, 200),
        (100, 120),
    ]


# Statements


def test_a_statement_has_a_line_for_what_is_above_the_cap():
    decision, _ = owed(CAP, registered("02T10:00"), rude=True, when="09T12:00")
    month = Period(march("01T00:00"), march("09T12:00"))
    (statement,) = settle([decision], month)
    assert statement.total == Interval.exactly(Decimal(300))
    assert [(line.rule, line.kind, line.amount.maximum) for line in statement.lines] == [
        ("late", "fixed", 200),
        ("rough", "fixed", 120),
        ("pay-cap", "cap", -20),
    ]
    assert sum(line.amount.maximum for line in statement.lines) == 300


def test_what_comes_later_meets_the_cap_later():
    steps = [registered("02T10:00"), *(event("reminded", f"1{day}T12:00") for day in range(1, 5))]
    decision, _ = owed(CAP, *steps, rude=False, when="20T12:00")
    first = Period(march("01T00:00"), march("13T00:00"))
    second = Period(march("13T00:00"), march("20T00:00"))
    (one,), (other,) = settle([decision], first), settle([decision], second)
    assert (str(one.total), str(other.total), str(other.balance)) == ("300", "0", "300")
    assert [line.kind for line in other.lines] == ["fixed", "fixed", "cap", "cap"]


SCENARIOS = """policy: ladder
day: 2026-03-02
scenarios:
  - name: late and rough
    events: [{type: registered, at: 10:00, owner: Li}]
    facts: {owner: Li, rude: true, urgent: false}
    expect:
      "2026-03-02 12:00": {late: 200 CNY, rough: 120 CNY, total: 300 CNY}
"""


@pytest.mark.parametrize("limit", [300, 400])
def test_scenarios_reach_it(tmp_path, limit):
    (tmp_path / "ladder.yaml").write_text(
        WORDS + RULES + CAP.replace("300", str(limit)), encoding="utf-8"
    )
    path = tmp_path / "ladder.scenario.yaml"
    path.write_text(SCENARIOS.replace("total: 300", f"total: {min(limit, 320)}"), encoding="utf-8")
    file = read_scenarios(path)
    results = [result for scenario in file.scenarios for result in run_scenario(scenario)]
    assert not any(result.mismatches for result in results), report(results)
    missed = [str(goal) for goal in Coverage.of(file, results).missing("rules")]
    assert ("[6] pay-cap: never reached" in missed) == (limit == 400)


POINTS = WORDS.replace(
    "adds_up: cumulative\n", "adds_up: cumulative\nunits: {points: {title: {en: points}}}\n"
)
COUNTED = RULES.replace("200 CNY", "6 points").replace("50 CNY", "2 points")


def test_points_have_caps_of_their_own():
    cap = CAP.replace(", rough]", "]").replace("300 CNY", "9 points")
    steps = [registered("02T10:00"), *[event("reminded", f"0{day}T12:00") for day in (3, 4, 5)]]
    decision = decide(
        COUNTED + cap, "09T12:00", *steps, facts={**LI, "rude": True, "urgent": False}, head=POINTS
    )
    assert decision.total(unit="points").maximum == 9
    assert decision.total().maximum == 120
    assert [one.minimum for one in decision.liabilities if one.unit] == [6, 2, 1, 0]
    with pytest.raises(PolicyError, match="cap is in points and 'rough' in money"):
        load(COUNTED + CAP.replace("300 CNY", "9 points"), head=POINTS)
    with pytest.raises(PolicyError, match="cap is in money and 'late' in points"):
        load(COUNTED + CAP, head=POINTS)


def test_a_cap_needs_no_rule_of_the_case():
    rules = RULES.split("  - {id: reminded-often", maxsplit=1)[0]
    cap = CAP.replace("[late, reminded-often, rough], at_most: 300", "late, at_most: 150")
    decision = decide(rules + cap, "09T12:00", registered("02T10:00"), facts=LI, head=WORDS)
    assert decision.total().maximum == 150

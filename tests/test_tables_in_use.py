"""Tables where policies are read, tested and explored: in words, coverage, mutants, drawn cases."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from complaint_rules.exploration import nearest_changes
from complaint_rules.policy import Policy
from complaint_rules.simulation import simulate
from complaint_rules.testing import read_scenarios, run_scenario
from complaint_rules.testing.coverage import Coverage
from complaint_rules.testing.mutants import mutants
from complaint_rules.testing.mutation import mutate
from complaint_rules.testing.strategies import cases
from samples import case, event, judge
from test_tables import CREDITS, LIMITS, TARIFF, WORDS, load

# In words


@pytest.mark.parametrize(
    ("facts", "en", "zh"),
    [
        (
            {"priority": "p2", "category": "bill"},
            "table “time to answer”: priority p2, category bill: 1 working day",
            "查表「答复时限」：优先级 p2、category bill：1 个工作日",
        ),
        (
            {"priority": "p3"},
            "table “time to answer”: otherwise: 3 working days",
            "查表「答复时限」：其他情况：3 个工作日",
        ),
    ],
)
def test_the_row_that_applied_is_said(facts, en, zh):
    decision = judge(load(LIMITS), case(event("registered", "02T09:00"), **facts), "02T10:00")
    assert en in decision.explain("en")
    assert zh in decision.explain("zh")


def test_bands_are_said_in_words():
    the_case = case(event("registered", "02T09:00"), uptime=99, fee=1000)
    decision = judge(load(CREDITS), the_case, "02T10:00")
    assert "table “credit”: uptime at least 99 and below 99.99: 10 %" in decision.explain("en")
    assert "worked out: 10 % × 1000 = 100" in decision.explain("en")
    assert "查表「credit」：uptime 不少于 99 且 少于 99.99：10 %" in decision.explain("zh")


def test_a_tariff_is_worked_out_part_by_part():
    decision = judge(load(TARIFF), case(event("registered", "02T09:00"), loss=6000), "02T10:00")
    assert decision.penalties[0].reason.arithmetic == (
        "0 % × 1000 + 10 % × 4000 + 20 % × 1000 = 600"
    )


def test_why_a_limit_is_not_determined_is_said():
    decision = judge(load(LIMITS), case(event("registered", "02T09:00"), priority="p2"), "02T10:00")
    assert "missing: category" in decision.explain("en")


# Scenarios

SCENARIOS = """
policy: sample
day: 2018-07-02
scenarios:
  - name: first
    facts: {priority: p1}
    events: [registered 09:00]
    expect:
      "10:00": {reply: "pending, due 11:00"}
  - name: bill
    facts: {priority: p2, category: bill}
    events: [registered 09:00]
    expect:
      "10:00": {reply: "pending, due 2018-07-03 24:00"}
"""


def scenario_file(tmp_path, body, scenarios):
    (tmp_path / "sample.yaml").write_text(WORDS + body, encoding="utf-8")
    path = tmp_path / "sample.scenario.yaml"
    path.write_text(scenarios, encoding="utf-8")
    return read_scenarios(path)


def test_rows_that_no_scenario_uses_are_reported(tmp_path):
    file = scenario_file(tmp_path, LIMITS, SCENARIOS)
    results = [result for scenario in file.scenarios for result in run_scenario(scenario)]
    coverage = Coverage.of(file, results)
    assert coverage.counts("rows") == (2, 3)
    assert [goal.what for goal in coverage.missing("rows")] == ["no case of the row {otherwise}"]
    assert "rows         2 of 3" in coverage.report()


def test_a_changed_cell_is_noticed_by_its_scenario_and_by_no_other(tmp_path):
    file = scenario_file(tmp_path, LIMITS, SCENARIOS)
    found = mutate(file)
    of_table = {
        mutant.what: mutant in found.killed
        for mutant in (*found.killed, *found.survived)
        if mutant.rule == "answer_limit"
    }
    assert of_table == {
        "row {priority: p1}: 2 working hours → 1 working hour": True,
        "row {priority: p1}: 2 working hours → 3 working hours": True,
        "row {priority: p2, category: bill}: 1 working day → 0 working days": True,
        "row {priority: p2, category: bill}: 1 working day → 2 working days": True,
        "row {otherwise}: 3 working days → 2 working days": False,
        "row {otherwise}: 3 working days → 4 working days": False,
    }


def test_bounds_are_moved_to_their_other_side():
    policy = load(CREDITS)
    by_what = {mutant.what: mutant for mutant in mutants(policy.ruleset)}
    assert "row {uptime: {at_least: 99, below: 99.99}}: 10 % → 11 %" in by_what
    mutant = by_what["the bound uptime 99 lies on the other side"]
    changed = mutant.of(policy.ruleset).parameters["credit"].table
    kept = policy.ruleset.parameters["credit"].table
    assert changed is not None
    assert kept is not None
    for uptime, moved in ((99, True), ("98.99", False), ("99.01", False)):
        values = [Decimal(uptime)]
        assert (changed.choose(values) != kept.choose(values)) == moved
    tariff = {mutant.what for mutant in mutants(load(TARIFF).ruleset)}
    assert "row {loss: {at_most: 1000}}: 0 % → 1 %" in tariff
    assert not any("-1 %" in what for what in tariff)
    amounts = load(TARIFF.replace("    counts: each_band\n", "").replace(" %", ""))
    mutant = next(m for m in mutants(amounts.ruleset) if "bound loss 1000.01" in m.what)
    changed = mutant.of(amounts.ruleset).parameters["tax"].table
    kept = amounts.ruleset.parameters["tax"].table
    for loss, moved in (("1000.01", True), ("1000.02", False), (1000, False)):
        values = [Decimal(loss)]
        assert (changed.choose(values) != kept.choose(values)) == moved


@pytest.mark.parametrize(
    ("body", "name"), [(LIMITS, "answer_limit"), (CREDITS, "credit"), (TARIFF, "tax")]
)
def test_drawn_cases_hit_every_row(body, name):
    policy = load(body)
    table = policy.ruleset.parameters[name].table
    assert table is not None
    for number in range(len(table.rows)):

        def hits(drawn, number=number):
            facts = policy.check(drawn).facts
            values = [facts.get(key.name) for key in table.keys]
            return table.rows_of(values) == {number}

        find(
            cases(policy),
            hits,
            settings=settings(
                max_examples=2_000,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )


# What-if


def test_the_nearest_band_is_found():
    policy = load(CREDITS)
    the_case = case(event("registered", "02T09:00"), uptime="99.5", fee=1000)
    changes = nearest_changes(policy, the_case, as_of="2018-07-03T10:00:00+08:00")
    found = {change.becomes for change in changes if change.name == "uptime"}
    assert found == {Decimal("99.99"), Decimal("98.99")}


def test_another_value_of_a_key_is_found():
    policy = load(
        LIMITS
        + """
penalties:
  - {id: late, clause: "2", title: {en: Late}, per: reply, when: deadline.missed, amount: 5 CNY}
"""
    )
    the_case = case(event("registered", "02T09:00"), priority="p1", category="bill")
    changes = nearest_changes(policy, the_case, as_of="2018-07-02T12:00:00+08:00")
    assert {c.becomes for c in changes if c.name == "priority"} == {"p2", "p3"}


def test_a_sweep_over_whole_tables():
    policy = Policy(WORDS + LIMITS, "sample.yaml")
    the_case = case(event("registered", "02T09:00"), event("replied", "02T10:30"), priority="p1")
    result = simulate(policy, [the_case], as_of="2018-07-09T10:00:00+08:00")
    assert result.deadlines["status"].to_list() == ["met"]
    draft = policy.changed({"answer_limit.table": [{"otherwise": "1 working hour"}]})
    assert simulate(draft, [the_case], as_of="2018-07-09T10:00:00+08:00").deadlines[
        "status"
    ].to_list() == ["late"]


# A desk

FIVE = """
policy: desk
title: {en: A service desk}
source: {issuer: A company, document: Service agreement}
effective: {from: 2026-01-01, by: registered}
timezone: Europe/Berlin
currency: EUR
calendar: {hours: ["09:00-17:00"]}
overdue_days: calendar-dates
adds_up: cumulative
roles: {desk: {en: desk}, manager: {en: manager}}
facts:
  priority: {type: enum, values: [p1, p2, p3, p4, p5], title: {en: priority}}
  fee: {type: money, title: {en: monthly fee}}
events: {registered: {title: {en: registered}}, replied: {title: {en: replied}}, solved: {title: {en: solved}}}
parameters:
  reply_limit:
    type: duration
    title: {en: time to reply}
    keys: [priority]
    table:
      - {priority: p1, is: 15 elapsed minutes}
      - {priority: p2, is: 1 working hour}
      - {priority: p3, is: 4 working hours}
      - {priority: [p4, p5], is: 1 working day}
  solve_limit:
    type: duration
    title: {en: time to solve}
    keys: [priority]
    table:
      - {priority: p1, is: 4 elapsed hours}
      - {priority: p2, is: 8 working hours}
      - {priority: p3, is: 3 working days}
      - {priority: p4, is: 5 working days}
      - {priority: p5, is: 10 working days}
  rebate:
    type: percent
    title: {en: rebate}
    keys: [priority]
    table: [{priority: p1, is: 10 %}, {priority: p2, is: 5 %}, {otherwise: 2 %}]
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: desk, starts: registered, within: reply_limit, ends: replied}
  - {id: solve, clause: "2", title: {en: Solve}, duty_of: desk, starts: registered, within: solve_limit, ends: solved}
escalations:
  - {id: tell, clause: "3", title: {en: Tell}, per: solve, when: deadline.missed, to: manager, capacity: inform}
penalties:
  - {id: rebate, clause: "4", title: {en: Rebate}, per: solve, when: deadline.missed, amount: rebate of fee}
"""


@pytest.mark.parametrize(
    ("priority", "reply", "solve", "owed"),
    [
        ("p1", "2026-03-02T09:15", "2026-03-02T13:00", "100.00"),
        ("p2", "2026-03-02T10:00", "2026-03-02T17:00", "50.00"),
        ("p3", "2026-03-02T13:00", "2026-03-05T23:59", "20.00"),
        ("p4", "2026-03-03T23:59", "2026-03-09T23:59", "20.00"),
        ("p5", "2026-03-03T23:59", "2026-03-16T23:59", "20.00"),
    ],
)
def test_a_desk_of_five_priorities_is_a_table_a_limit_and_four_rules(priority, reply, solve, owed):
    policy = Policy(FIVE, "desk.yaml")
    assert len(list(policy.ruleset.rules())) == 4
    assert len(FIVE.strip().splitlines()) < 50
    the_case = case(event("registered", "2026-03-02T09:00:00+01:00"), priority=priority, fee=1000)
    decision = judge(policy, the_case, "2026-04-02T09:00:00+02:00")
    due = [f"{item.due_at:%Y-%m-%dT%H:%M}" for item in decision.deadlines]
    assert due == [reply, solve]
    assert str(decision.total().minimum) == str(decision.total().maximum) == owed
    assert [item.to for item in decision.escalations] == ["manager"]


def test_drawn_completions_lie_on_the_limits_of_rows():
    policy = load(
        LIMITS
        + """
penalties:
  - {id: late, clause: "2", title: {en: Late}, per: reply, when: deadline.missed, amount: 5 CNY}
"""
    )

    def exactly_at_the_shortest(drawn):
        if drawn.facts.get("priority") != "p1":
            return False
        decision = policy.evaluate(drawn, as_of=drawn.events[-1].at, check_date=False)
        return any(
            item.done_at is not None and item.done_at == item.due_at for item in decision.deadlines
        )

    find(
        cases(policy),
        exactly_at_the_shortest,
        settings=settings(
            max_examples=3_000,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )

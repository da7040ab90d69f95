"""Counts in everything around a decision: scenarios, coverage, mutation, exploration, versions."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import find, settings

from complaint_rules import CaseError, Event, History, HistoryEntry, Policy, PolicyVersions
from complaint_rules.exploration import by_time, nearest_changes
from complaint_rules.simulation import compare, simulate, sweep
from complaint_rules.testing import Coverage, cases, histories, mutate, read_scenarios, run_scenario
from samples import at, case, judge
from test_counts import MORE, NOW, clear, day, policy
from test_history import LI, entry
from test_history import policy as over_history

SCENARIOS = """
policy: counted
scenarios:
  - name: the third in a year
    facts: {clerk: Li}
    events: [registered 2026-01-01 09:00, offence 2026-02-01 09:00]
    history:
      complete_from: 2024-01-01 00:00
      entries:
        - {kind: offence, at: "2025-02-01 09:00", clerk: Li}
        - {kind: offence, at: "2025-06-01 09:00", clerk: Li}
    expect:
      "2026-03-01 09:00": {late-fine: "clerk, Li, 100 CNY"}
  - name: the first of them is too long ago
    facts: {clerk: Li}
    events: [registered 2026-01-01 09:00, offence 2026-02-01 09:00]
    history:
      entries:
        - {kind: offence, at: "2025-01-31 09:00", clerk: Li}
        - {kind: offence, at: "2025-06-01 09:00", clerk: Li}
    expect:
      "2026-03-01 09:00": {late-fine: absent}
  - name: nobody knows the others
    facts: {clerk: Li}
    events: [registered 2026-01-01 09:00, offence 2026-02-01 09:00]
    expect:
      "2026-03-01 09:00": {late-fine: "undetermined, missing history"}
"""
BODY = """
counts:
  n: {of: offence, same: clerk, within: 12 calendar months, over: history}
penalties:
  - {id: late-fine, clause: "1", title: {en: Fine}, against: clerk, amount: 100 CNY, per: offence,
     when: n == 3}
"""


@pytest.fixture
def file(tmp_path):
    head = MORE.replace("policy: sample", "policy: counted")
    (tmp_path / "counted.yaml").write_text(head + BODY, encoding="utf-8")
    path = tmp_path / "counted.scenario.yaml"
    path.write_text(SCENARIOS, encoding="utf-8")
    return read_scenarios(path)


def test_scenarios_have_a_history(file):
    for scenario in file.scenarios:
        for result in run_scenario(scenario):
            assert not result.mismatches, result.mismatches


def test_coverage_sees_how_counts_compare(file):
    results = [result for scenario in file.scenarios for result in run_scenario(scenario)]
    missing = [str(goal) for goal in Coverage.of(file, results).missing()]
    assert not any("never true" in text or "never false" in text for text in missing)
    assert any("never above it" in text for text in missing)


def test_mutants_of_a_count_are_noticed(file):
    found = mutate(file)
    killed = {mutant.id for mutant in found.killed}
    assert "n: within 12 calendar months → 11 calendar months" in killed
    assert "n: without within 12 calendar months" in killed
    survived = {mutant.id for mutant in found.survived}
    assert "n: within 12 calendar months → 13 calendar months" in killed | survived
    assert "late-fine: when n == 3 → 4" in killed
    assert "late-fine: when n == 3 → 2" in killed


def test_a_parameter_may_be_the_window():
    body = """
parameters: {period: {type: duration, title: {en: period}, value: 30 calendar days}}
counts: {n: {of: offence, within: period}}
penalties:
  - {id: p, clause: "1", title: {en: P}, against: clerk, amount: 1 CNY, per: offence, when: n == 2}
"""
    some = case(day("2026-01-01"), day("2026-02-01"))
    judged = Policy(MORE + body, "sample.yaml")
    assert not judge(judged, some, NOW).penalties
    longer = judged.changed({"period": "31 calendar days"})
    assert len(judge(longer, some, NOW).penalties) == 1
    window = Policy(MORE + body.replace("within: period", "within: 30 calendar days"), "s.yaml")
    assert judge(window.changed({"n.within": "31 calendar days"}), some, NOW).penalties


def test_nearest_changes_and_times_know_windows():
    judged = policy("n: {of: offence, within: 30 calendar days}", "n == 2")
    some = case(day("2026-01-01"), day("2026-02-01"))
    changes = nearest_changes(judged, some, as_of=NOW)
    # 31 January, 24:00 is nine hours before the second one
    assert changes[0].by == timedelta(hours=9, microseconds=1)
    curve = by_time(
        judged,
        some,
        some.events[1],
        since="2026-01-02T00:00:00+08:00",
        until="2026-02-10T00:00:00+08:00",
        as_of=NOW,
    )
    assert [(str(piece.total), piece.last.isoformat()[:16]) for piece in curve.pieces] == [
        ("100", "2026-01-31T23:59"),
        ("0", "2026-02-10T00:00"),
    ]


def test_by_time_sees_a_history():
    judged = over_history(when="n == 2")
    curve = by_time(
        judged,
        LI,
        "offence",
        since="2026-01-01T00:00:00+08:00",
        until="2026-03-01T00:00:00+08:00",
        as_of=NOW,
        history=History([entry("2025-02-10")]),
    )
    assert [(str(piece.total), piece.last.isoformat()[:10]) for piece in curve.pieces] == [
        ("100", "2026-02-10"),
        ("0", "2026-03-01"),
    ]


def test_drawn_cases_lie_on_the_edge_of_a_window():
    judged = policy("n: {of: offence, within: 30 calendar days}", "n == 2")

    def on_the_edge(some):
        return any(item.rule == "p" for item in judge(judged, some, NOW).penalties) and any(
            (later.at - first.at) > timedelta(days=29)
            for first in some.events
            for later in some.events
            if first.type == later.type == "offence"
        )

    assert find(cases(judged), on_the_edge, settings=settings(max_examples=2_000, database=None))


def test_drawn_histories_lie_around_the_window():
    judged = over_history(when="n == 2")
    until = at(NOW)
    some = case(Event("offence", until), clerk="A")

    def second(past):
        return bool(judge(judged, some, NOW, history=past).penalties)

    drawn = histories(judged, until)
    assert find(drawn, second, settings=settings(max_examples=2_000, database=None))
    assert find(
        drawn, lambda past: not second(past) and any(e.data["clerk"] == "A" for e in past.entries)
    )


def test_versions_pass_the_history_on():
    def version(number: str, since: str, amount: str) -> Policy:
        head = MORE.replace(
            "effective: {from: 2018-01-01, by: registered}",
            f'version: "{number}"\neffective: {{from: {since}, by: offence}}',
        )
        return Policy(head + BODY.replace("100 CNY", amount), f"{number}.yaml")

    versions = PolicyVersions(
        [version("1", "2018-01-01", "100 CNY"), version("2", "2026-01-01", "200 CNY")]
    )
    history = History([entry("2025-06-01"), entry("2025-07-01")])
    decision = versions.evaluate(LI, as_of=at(NOW), history=history)
    assert str(decision.total()) == "200"
    assert decision.history == history.hash
    earlier = decision.basis.at(at("2026-02-02T00:00:00+08:00"))
    assert str(earlier.total()) == "200"


def test_the_same_unknown_count_is_one_number():
    body = """
counts: {n: {of: offence, same: clerk, cycle: year, over: history}}
penalties:
  - {id: a, clause: "1", title: {en: A}, against: clerk, amount: 100 CNY, per: offence, when: n == 1}
  - {id: b, clause: "1", title: {en: B}, against: clerk, amount: 200 CNY, per: offence, when: n == 2}
  - {id: c, clause: "1", title: {en: C}, against: clerk, amount: 300 CNY, per: offence, when: n >= 3}
"""
    judged = Policy(MORE + body, "sample.yaml")
    assert str(judge(judged, LI, NOW).total()) == "100–300"
    known = History([entry("2026-01-10")], complete_from="2026-01-05T00:00:00+08:00")
    assert str(judge(judged, LI, NOW, history=known).total()) == "200–300"
    found = simulate(judged, [LI], as_of=NOW)
    assert str(found.total()) == "100–300"
    assert found.one_by_one == 0


def test_a_log_is_not_the_history_of_settled_penalties():
    counts = "n: {of: late-fine, same: clerk, cycle: year, over: history}"
    with pytest.raises(CaseError, match="'late-fine' is settled, and no event of the log"):
        simulate(over_history(counts), [LI], as_of=NOW, history="cases")
    with pytest.raises(CaseError, match="do not say who is 'clerk'"):
        simulate(over_history(), [case(day("2026-02-01"))], as_of=NOW, history="cases")
    with pytest.raises(CaseError, match="give a History, a frame, or 'cases'"):
        simulate(over_history(), [LI], as_of=NOW, history="case")
    with pytest.raises(CaseError, match="history entries 'offence' are after as_of"):
        simulate(over_history(), [LI], as_of=NOW, history=History([entry("2027-06-01")]))


def test_a_simulated_case_explains_itself_by_its_history():
    found = simulate(
        over_history(), [LI], as_of=NOW, history=History([entry("2025-06-01"), entry("2025-07-01")])
    )
    assert found.penalties["rule"].to_list() == ["late-fine"]
    assert "= 3 (2025-06-01 09:00" in found.decision("C").explain()


def test_drafts_are_compared_by_a_history():
    judged = over_history(when="n == 2")
    draft = judged.changed({"n.within": "6 calendar months"})
    history = History([entry("2025-06-01")])
    found = compare(judged, draft, [LI], as_of=NOW, history=history)
    assert [str(one.total()) for one in (found.before, found.after)] == ["100", "0"]
    tried = sweep(
        judged,
        [LI],
        {"n.within": ["7 calendar months", "8 calendar months"]},
        as_of=NOW,
        history=history,
    )
    assert tried.table()["maximum"].to_list() == [0, 100]


def test_clearing_is_said_of_the_same_case_too():
    judged = over_history("n: {of: offence, same: clerk, since: cleared, over: history}", "n == 1")
    some = case(day("2026-02-01"), clear("2026-02-02"), day("2026-02-03"), clerk="Li")
    decision = judge(judged, some, NOW, history=History([entry("2026-01-01")]))
    assert [str(item.occurred_at.date()) for item in decision.penalties] == ["2026-02-03"]


def test_schemas_say_what_counts_and_histories_are():
    testing = pytest.importorskip("typer.testing")
    from complaint_rules.cli.app import app

    run = testing.CliRunner().invoke(app, ["schema"])
    count = json.loads(run.stdout)["$defs"]["CountDocument"]
    assert all("description" in count["properties"][key] for key in ("of", "sum", "within", "over"))
    run = testing.CliRunner().invoke(app, ["schema", "--of", "history"])
    schema = json.loads(run.stdout)
    jsonschema = pytest.importorskip("jsonschema")
    history = History([entry("2025-06-01")], complete_from="2025-01-01T00:00:00+08:00")
    jsonschema.validate(history.as_dict(), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"entries": [{"kind": "offence"}]}, schema)


def test_the_command_line_takes_a_history(tmp_path):
    testing = pytest.importorskip("typer.testing")
    from complaint_rules.cli.app import app

    (tmp_path / "p.yaml").write_text(MORE + BODY, encoding="utf-8")
    (tmp_path / "c.json").write_text(LI.to_json(), encoding="utf-8")
    history = History(
        [entry("2025-06-01"), HistoryEntry("offence", "2025-07-01T00:00Z", clerk="Li")]
    )
    (tmp_path / "h.json").write_text(history.to_json(), encoding="utf-8")
    words = ["evaluate", f"{tmp_path}/p.yaml", f"{tmp_path}/c.json", "--as-of", NOW, "--json"]
    run = testing.CliRunner().invoke(app, [*words, "--history", f"{tmp_path}/h.json"])
    assert json.loads(run.stdout)["history"] == history.hash
    (tmp_path / "h.json").write_text("{}", encoding="utf-8")
    assert (
        testing.CliRunner().invoke(app, [*words, "--history", f"{tmp_path}/h.json"]).exit_code == 4
    )

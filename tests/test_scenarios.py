"""Scenario files: what they may say, what a failing one shows, and who runs them."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from complaint_rules import ScenarioError, TimeError, shipped_rulesets
from complaint_rules.testing import Coverage, mutate, read_scenarios, report, run_scenario
from complaint_rules.testing.moments import read_moment, say_moment
from samples import HEAD, load

pytest_plugins = ["pytester"]

RULES = """
parameters:
  limit: {type: duration, title: {en: limit}, value: 30 elapsed minutes}
  tariff:
    type: money
    title: {en: tariff}
    values: [{from: 2018-01-01, value: 20}, {from: 2018-07-03, value: 40}]
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: department, starts: registered,
     when: urgent, within: limit, ends: replied}
escalations:
  - {id: tell, clause: "2", title: {en: Tell}, when: visits >= 2, to: [boss, clerk], capacity: inform}
penalties:
  - {id: late, clause: "3", title: {en: Late}, per: reply, when: deadline.missed, amount: 50-200 CNY}
  - {id: named, clause: "4", title: {en: Named}, per: complained_again, against: clerk, amount: tariff}
records:
  - {id: form, clause: "5", title: {en: Form}, per: registered, fields: [note]}
schedules:
  - {id: weekly, clause: "6", title: {en: Weekly}, duty_of: clerk, every: week}
"""
GOOD = """policy: sample
day: 2018-07-02
only: [penalties]
scenarios:
  - name: late
    facts: {urgent: true, visits: 2}
    events: [registered 09:00]
    expect:
      "09:29": {reply: "department, pending, due 09:30"}
      "09:30": {reply: pending, tell: "boss, clerk, inform", form: lacks note}
      "09:31": {reply: overdue, late: 50-200 CNY, total: 50-200 CNY, weekly: due 2018-07-08 24:00}
"""


@pytest.fixture
def files(tmp_path):
    """Writes a policy and its scenarios, and reads the scenarios."""

    def write(scenarios: str = GOOD, rules: str = RULES):
        (tmp_path / "sample.yaml").write_text(HEAD + rules, encoding="utf-8")
        path = tmp_path / "sample.scenario.yaml"
        path.write_text(scenarios, encoding="utf-8")
        return read_scenarios(path)

    return write


def run(file, engine="native"):
    return [result for scenario in file.scenarios for result in run_scenario(scenario, engine)]


def problem(files, scenarios: str):
    with pytest.raises(ScenarioError) as caught:
        files(scenarios)
    (found,) = caught.value.problems
    return found


# Times


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("09:30", "2018-07-02T09:30:00+08:00"),
        ("+1 09:30", "2018-07-03T09:30:00+08:00"),
        ("-2 09:30:05", "2018-06-30T09:30:05+08:00"),
        ("09:30:05.000001", "2018-07-02T09:30:05.000001+08:00"),
        ("24:00", "2018-07-02T23:59:59.999999+08:00"),
        ("2018-12-31 24:00", "2018-12-31T23:59:59.999999+08:00"),
        ("2018-07-05T10:00", "2018-07-05T10:00:00+08:00"),
        ("2018-07-05T10:00:00+00:00", "2018-07-05T10:00:00+00:00"),
    ],
)
def test_times_are_on_the_clock_of_the_policy(text, instant):
    zone = ZoneInfo("Asia/Shanghai")
    moment = read_moment(text, date(2018, 7, 2), zone)
    assert moment.isoformat() == instant
    assert read_moment(say_moment(moment, zone), None, zone) == moment


@pytest.mark.parametrize(
    "text", ["9:30", "25:00", "09:60", "24:01", "2018-02-30 09:00", "noon", ""]
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(TimeError, match=r"no time|no day there is"):
        read_moment(text, date(2018, 7, 2), ZoneInfo("Asia/Shanghai"))


def test_a_short_time_needs_a_day(files):
    found = problem(files, GOOD.replace("day: 2018-07-02\n", ""))
    assert "is a time of which day?" in found.message


# Files


def test_a_good_file_holds(files):
    results = run(files())
    assert len(results) == 3
    assert report(results) == ""


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("reply: pending, tell", "reeply: pending, tell", 10, "did you mean 'reply'"),
        ("only: [penalties]", "only: [penaltys]", 5, "did you mean 'penalties'"),
        ("facts: {urgent", "facts: {urgnt", 5, "did you mean 'urgent'"),
        ("events: [registered 09:00]", "events: [registerd 09:00]", 5, "did you mean 'registered'"),
        ("    facts:", "    fcts:", 6, "did you mean 'facts'"),
        ("policy: sample", "policy: sample\npolcy: x", 2, "did you mean 'policy'"),
        ("total: 50-200 CNY", "total: [30 CNY]", 11, "the total is one amount"),
        (
            '"09:29": {reply: "department, pending, due 09:30"}',
            '"09:29": nothing',
            9,
            "says nothing",
        ),
        ("    facts: {urgent: true, visits: 2}", "    facts: {urgent: 2}", 5, "urgent"),
    ],
)
def test_a_mistake_in_a_scenario_is_reported_with_its_line(files, old, new, line, message):
    found = problem(files, GOOD.replace(old, new))
    assert message in found.message
    assert found.line == line


def test_two_scenarios_cannot_have_one_name(files):
    again = GOOD + GOOD.partition("scenarios:\n")[2]
    assert "a second scenario 'late'" in problem(files, again).message


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ScenarioError, match="there is no such file"):
        read_scenarios(tmp_path / "x.scenario.yaml")


def test_the_head_gives_what_a_scenario_does_not(files):
    text = GOOD.replace("only:", "facts: {visits: 5}\nparameters: {limit: 1 elapsed hour}\nonly:")
    text = text.replace(", visits: 2}", "}").replace("due 09:30", "due 10:00")
    (scenario,) = files(text).scenarios
    assert scenario.case.facts["visits"] == 5
    results = run_scenario(scenario, "native")
    assert [len(result.mismatches) for result in results] == [0, 0, 3]


def test_null_takes_back_what_the_head_gives(files):
    text = GOOD.replace("only:", "facts: {note: x}\nparameters: {limit: 1 elapsed hour}\nonly:")
    text = text.replace("visits: 2}", "visits: 2, note: null}\n    parameters: {limit: null}")
    assert not report(run(files(text)))


def test_events_carry_data_ids_and_parties(files):
    text = """policy: sample
scenarios:
  - name: agreed
    day: 2018-07-02
    facts: {urgent: true}
    events:
      - {type: registered, at: "09:00", id: first, department: North}
      - {type: replied, at: "09:10", ref: first}
      - {type: agreed, at: "09:05", until_when: "11:00"}
    expect:
      "10:00": {reply: "North, met, done 09:10"}
"""
    (scenario,) = files(text).scenarios
    assert scenario.case.events[2].data["until_when"].isoformat() == "2018-07-02T11:00:00+08:00"
    assert not report(run_scenario(scenario, "native"))


# What is checked


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("reply: pending, tell", "reply: overdue, tell", "reply"),
        ("reply: pending, tell", "reply: absent, tell", "reply"),
        ("reply: pending, tell", "reply: undetermined, tell", "reply"),
        ("reply: pending, tell", "reply: [pending, pending], tell", "reply"),
        ("department, pending", "clerk, pending", "reply"),
        ("due 09:30", "due 09:31", "reply"),
        ('"boss, clerk, inform"', '"boss, clerk, decide"', "tell"),
        ('"boss, clerk, inform"', "absent", "tell"),
        ("lacks note", "complete", "form"),
        ("late: 50-200 CNY", "late: 50-201 CNY", "late"),
        ("late: 50-200 CNY, ", "", "late"),  # a penalty that nobody expected
        ("total: 50-200 CNY", "total: 0 CNY", "total"),
        ("due 2018-07-08 24:00", "due 2018-07-07 24:00", "weekly"),
    ],
)
def test_what_is_not_as_expected_is_found(files, old, new, what):
    assert old in GOOD
    mismatches = [m for result in run(files(GOOD.replace(old, new))) for m in result.mismatches]
    assert [mismatch.what for mismatch in mismatches] == [what]


def test_expected_and_actual_stand_side_by_side_with_the_reason(files):
    shown = report(run(files(GOOD.replace("late: 50-200", "late: 60-200"))))
    assert "sample.scenario.yaml:11: late, as of 2018-07-02 09:31, engine native" in shown
    assert "late (line 11)" in shown
    assert "expected     actual\n" in shown
    assert "60-200 CNY   department, 50-200 CNY, upon reply/registered" in shown
    assert "· Late [3]" in shown
    assert "because:" in shown
    assert "Traceback" not in shown


def test_what_engines_agree_on_is_shown_once(files):
    pytest.importorskip("durable.engine")
    file = files(GOOD.replace("late: 50-200", "late: 60-200"))
    shown = report([*run(file, "native"), *run(file, "durable")])
    assert "engine native and durable" in shown
    assert shown.count("60-200 CNY") == 1


def test_a_rule_that_is_absent_says_what_would_have_had_to_differ(files):
    shown = report(run(files(GOOD.replace("visits: 2", "visits: 1"))))
    assert "absent" in shown
    assert "visits is at least 2 (now 1)" in shown


def test_a_policy_that_is_not_in_force_is_expected_so(files):
    text = GOOD.replace("day: 2018-07-02", "day: 2017-07-02")
    results = run(files(text))
    assert [m.actual for r in results for m in r.mismatches] == [("not in force",)] * 3
    plain = text.partition('      "09:30"')[0].replace(
        '{reply: "department, pending, due 09:30"}', "not in force"
    )
    assert not report(run(files(plain)))
    (result,) = run(files(plain.replace("2017", "2018")))
    assert [m.actual for m in result.mismatches] == [("in force",)]


# Coverage


def test_coverage_names_the_clause_that_is_not_tested(files):
    file = files()
    coverage = Coverage.of(file, run(file))
    missing = {str(goal) for goal in coverage.missing()}
    assert "[4] named: never decided" in missing
    assert "[1] reply: 1. “urgent” is never false" in missing
    assert "[2] tell: 1. “visits is at least 2”: never below it" in missing
    assert "[2] tell: 1. “visits is at least 2”: never above it" in missing
    assert "[effective] sample: no case of the first day the policy is in force" in missing
    assert "[parameter] tariff: no case of the time since 2018-07-03" in missing
    assert not any("reply: never" in goal for goal in missing)  # before, on and after 09:30
    assert coverage.counts("rules") == (5, 6)
    assert "rules        5 of 6" in coverage.report()


def test_nothing_lies_below_zero(files):
    file = files(rules=RULES.replace("visits >= 2", "loss > 0 or registered.count > 0"))
    goals = {goal.what for goal in Coverage.of(file, []).goals if goal.rule == "tell"}
    assert "1. “loss is more than 0”: never exactly on it" in goals
    assert not any("never below" in what for what in goals)


def test_an_interval_counts_once_a_case_lies_in_it(files):
    text = GOOD.replace("2018-07-02", "2018-01-01").partition('      "09:30"')[0]
    file = files(text.replace("{reply", "{named: absent, reply"))
    days = {goal.what for goal in Coverage.of(file, run(file)).missing("intervals")}
    assert days == {
        "no case of the day before the policy is in force",
        "no case of the time since 2018-07-03",
    }


# Mutation


def test_mutants_that_nothing_notices_survive(files):
    file = files()
    survived = {mutant.id for mutant in mutate(file).survived}
    assert survived == {
        "tell: when visits >= 2 → 1",
        "named: dropped",
        "named: against clerk → department",
        "tariff: 20 → 19",
        "tariff: 20 → 21",
        "tariff: 40 → 39",
        "tariff: 40 → 41",
        "weekly: duty_of clerk → department",
    }


def test_a_survivor_can_be_accepted_with_a_reason(files):
    text = GOOD.replace(
        "scenarios:",
        'accepted: {"named: dropped": nobody complains twice, "x: y": gone}\nscenarios:',
    )
    mutation = mutate(files(text))
    assert "accepted, nobody complains twice: [4] named: dropped" in mutation.report()
    assert mutation.stale == ("x: y",)
    assert "a reason for no survivor: x: y" in mutation.report()


PARTS = ["not visits < 3", "wanted_at > registered.first_at", "bought_on <= 2018-01-01"]


def test_every_kind_of_mutant_is_made(files):
    from complaint_rules.testing.mutants import mutants

    rules = """
deadlines:
  - {id: a, clause: "1", title: {en: A}, duty_of: clerk, starts: registered, within: 2 working days,
     target: 1 working hour, agreed: [{event: agreed, more: 1 calendar month}], ends: replied}
  - {id: b, clause: "1", title: {en: B}, duty_of: clerk, starts: registered, within: same day, ends: replied}
escalations:
  - {id: e, clause: "2", title: {en: E}, to: boss, capacity: inform,
     when: "not (visits < 3) or wanted_at > registered.first_at or bought_on <= '2018-01-01'"}
penalties:
  - {id: p, clause: "3", title: {en: P}, against: clerk, amount: 50-200 CNY}
  - {id: q, clause: "3", title: {en: Q}, against: clerk, amount: 30-60 % of loss}
reliefs:
  - {id: r, clause: "4", title: {en: R}, of: p, refunds: 120 %}
charges:
  - {id: c, clause: "5", title: {en: C}, cost: loss, borne_by: boss, share: 50 %}
targets:
  - {id: t, clause: "6", title: {en: T}, achieved: visits > 1, at_least: 90 %}
"""
    made = {mutant.id for mutant in mutants(load(rules).ruleset)}
    assert made == {
        "a: dropped",
        "a: duty_of clerk → department",
        "a: within 2 working days → 1 working day",
        "a: within 2 working days → 3 working days",
        "a: target 1 working hour → 0 working minutes",
        "a: target 1 working hour → 2 working hours",
        "a: more 1 calendar month → 0 calendar months",
        "a: more 1 calendar month → 2 calendar months",
        "b: dropped",
        "b: duty_of clerk → department",
        "b: within same day → 1 calendar day",
        "e: dropped",
        "e: to boss → clerk",
        "e: when visits < 3 → visits <= 3",
        "e: when visits < 3 → 2",
        "e: when visits < 3 → 4",
        "e: when wanted_at > registered.first_at → wanted_at >= registered.first_at",
        "e: when bought_on <= 2018-01-01 → bought_on < 2018-01-01",
        "e: when bought_on <= 2018-01-01 → 2017-12-31",
        "e: when bought_on <= 2018-01-01 → 2018-01-02",
        "e: when without not: visits < 3",
        "e: when without not visits < 3",
        "e: when without wanted_at > registered.first_at",
        "e: when without bought_on <= 2018-01-01",
        f"e: when ({' or '.join(PARTS)}) → ({' and '.join(PARTS)})",
        "p: dropped",
        "p: against clerk → department",
        "p: amount 50–200 → 49–200",
        "p: amount 50–200 → 50–199",
        "p: amount 50–200 → 51–200",
        "p: amount 50–200 → 50–201",
        "q: dropped",
        "q: against clerk → department",
        "q: share 30–60 % → 29–60 %",
        "q: share 30–60 % → 30–59 %",
        "q: share 30–60 % → 31–60 %",
        "q: share 30–60 % → 30–61 %",
        "r: dropped",
        "r: refunds 120 % → 119 %",
        "r: refunds 120 % → 121 %",
        "c: dropped",
        "c: borne_by boss → clerk",
        "c: share 50 % → 49 %",
        "c: share 50 % → 51 %",
        "t: dropped",
        "t: threshold 90 % → 89 %",
        "t: threshold 90 % → 91 %",
        "t: achieved visits > 1 → visits >= 1",
        "t: achieved visits > 1 → 0",
        "t: achieved visits > 1 → 2",
    }


# The pytest plugin


def lay_out(pytester, scenarios: str = GOOD):
    (pytester.path / "sample.yaml").write_text(HEAD + RULES, encoding="utf-8")
    (pytester.path / "sample.scenario.yaml").write_text(scenarios, encoding="utf-8")


def test_pytest_runs_scenario_files(pytester):
    lay_out(pytester)
    result = pytester.runpytest("-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*sample.scenario.yaml::late PASSED*"])


def test_a_failing_scenario_shows_no_python(pytester):
    lay_out(pytester, GOOD.replace("late: 50-200", "late: 60-200"))
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*expected * actual*", "*60-200 CNY*department, 50-200 CNY*"])
    assert "Traceback" not in result.stdout.str()
    assert "site-packages" not in result.stdout.str()


def test_a_wrong_file_is_a_collection_error_with_its_line(pytester):
    lay_out(pytester, GOOD.replace("reply: pending, tell", "reeply: pending, tell"))
    result = pytester.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*sample.scenario.yaml:10:*did you mean 'reply'*"])


def test_pytest_shows_the_coverage_of_the_policy_on_request(pytester):
    lay_out(pytester)
    result = pytester.runpytest("--policy-coverage")
    result.stdout.fnmatch_lines(["*coverage of policy sample*", "*rules*5 of 6*"])
    assert "5 of 6" not in pytester.runpytest().stdout.str()


# The command line


@pytest.fixture
def command(tmp_path, monkeypatch):
    testing = pytest.importorskip("typer.testing")
    from complaint_rules.cli.app import app

    monkeypatch.chdir(tmp_path)
    return lambda *words: testing.CliRunner().invoke(app, ["test", *words])


def test_the_command_runs_a_folder(files, command):
    files()
    done = command(".")
    assert done.exit_code == 0
    assert "sample: 1 scenarios," in done.stdout
    assert "0 failing" in done.stdout


def test_the_command_fails_with_the_scenario(files, command):
    files(GOOD.replace("late: 50-200", "late: 60-200"))
    done = command("sample.scenario.yaml", "--engine", "native", "--mutation")
    assert done.exit_code == 1
    assert "60-200 CNY" in done.stdout
    assert "mutants" not in done.stdout  # of scenarios that fail they would say nothing


def test_the_command_shows_coverage_and_mutants(files, command):
    files()
    done = command(".", "--coverage", "--mutation")
    assert "not tested: [4] named: never decided" in done.stdout
    assert "survived: [4] named: dropped" in done.stdout


def test_the_command_knows_shipped_rulesets_by_id(command):
    done = command("user-visits")
    assert done.exit_code == 0
    assert "user-visits: 7 scenarios" in done.stdout


def test_a_folder_without_scenarios_is_an_error(command):
    done = command(".")
    assert done.exit_code == 3
    assert "write one beside the ruleset" in done.output


def test_every_shipped_ruleset_has_scenarios():
    for name, path in shipped_rulesets().items():
        assert path.with_name(f"{name}.scenario.yaml").is_file()


def test_unknown_is_no_outcome_and_undetermined_is_not_decided(files):
    text = """policy: sample
day: 2018-07-02
scenarios:
  - name: nothing is known
    events: [registered 09:00]
    expect:
      "10:00": {reply: "undetermined, missing urgent", tell: undetermined}
"""
    file = files(text)
    missing = {str(goal) for goal in Coverage.of(file, run(file)).missing()}
    assert "[1] reply: never decided" in missing
    assert "[2] tell: never decided" in missing
    assert {
        "[1] reply: 1. “urgent” is never true",
        "[1] reply: 1. “urgent” is never false",
    } <= missing


def test_each_outcome_answers_one_expectation(files):
    """One that is overdue and one that is met are not two that are overdue."""
    text = """policy: sample
day: 2018-07-02
scenarios:
  - name: two departments, one of them late
    facts: {urgent: true, department: [North, South]}
    events: [registered 09:00, {type: replied, at: "09:10", department: North}]
    expect:
      "10:00": {reply: ["North, met", overdue]}
"""
    assert not report(run(files(text)))
    assert report(run(files(text.replace('["North, met", overdue]', "[overdue, overdue]"))))


@pytest.mark.parametrize(
    ("condition", "changed"),
    [
        ("urgent", {"urgent → not urgent"}),
        ("not urgent", {"without not: urgent"}),
        ("grade == 'low'", {"grade == low → grade != low"}),
        ("grade in ('low', 'high')", set()),
        (
            "urgent and visits == 1",
            {
                "(urgent and visits == 1) → (urgent or visits == 1)",
                "without urgent",
                "without visits == 1",
                "urgent → not urgent",
                "visits == 1 → 0",
                "visits == 1 → 2",
            },
        ),
    ],
)
def test_mutants_of_a_condition(condition, changed):
    from complaint_rules.testing.mutants import mutants

    body = f"""
escalations:
  - {{id: e, clause: "2", title: {{en: E}}, to: boss, capacity: inform, when: "{condition}"}}
"""
    made = {m.what.removeprefix("when ") for m in mutants(load(body).ruleset)}
    assert made == {"dropped", "to boss → clerk", *changed}


def test_lateness_may_be_written_in_any_unit_that_is_as_long(tmp_path):
    path = tmp_path / "late.scenario.yaml"
    path.write_text(
        """
policy: yundewu-2018
day: 2018-07-02
facts: {complaint_origin: external}
scenarios:
  - name: in another unit
    events: [registered 09:00, delivered 09:45]
    expect: {"10:00": {deliver: "late, late by 15 elapsed minutes"}}
  - name: in seconds
    events: [registered 09:00, delivered 11:30]
    expect: {"12:00": {deliver: "late, late by 120 elapsed minutes"}}
  - name: too much
    events: [registered 09:00, delivered 11:30]
    expect: {"12:00": {deliver: "late, late by 3 elapsed hours"}}
""",
        encoding="utf-8",
    )
    said = [report(run_scenario(scenario)) for scenario in read_scenarios(path).scenarios]
    assert [bool(text) for text in said] == [False, False, True]

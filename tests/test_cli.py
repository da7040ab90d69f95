from __future__ import annotations

import json

import jsonschema
import pytest

from complaint_rules import Decision, load_policy
from samples import ROOT

typer_testing = pytest.importorskip("typer.testing")

from complaint_rules.cli.app import app  # noqa: E402

DEALER = str(ROOT / "examples/cases/store-dealer.json")
REPAIR = str(ROOT / "examples/cases/late-repair.json")
AT = "--as-of=2018-07-02T16:30:00+08:00"


def run(*arguments: str):
    return typer_testing.CliRunner().invoke(app, list(arguments), env={"COLUMNS": "160"})


def test_evaluate_shows_the_decision_in_both_languages():
    english = run("evaluate", "yundewu-2018", DEALER, AT)
    assert english.exit_code == 0, english.output
    assert "Total of penalties after reliefs: 230 CNY" in english.output
    assert "7.2.4" in english.output
    chinese = run("evaluate", "yundewu-2018", DEALER, AT, "-l", "zh")
    assert "230 元" in chinese.output
    assert "太原小店经销商" in chinese.output


def test_evaluate_prints_json_one_decision_a_line(tmp_path):
    lines = tmp_path / "cases.jsonl"
    one = json.dumps(json.loads((ROOT / "examples/cases/store-dealer.json").read_text("utf-8")))
    lines.write_text(f"{one}\n\n{one}\n", encoding="utf-8")
    done = run("evaluate", "yundewu-2018", str(lines), AT, "--json", "--engine", "native")
    assert done.exit_code == 0
    first, second = done.output.splitlines()
    assert first == second
    from complaint_rules import Case

    decision = load_policy("yundewu-2018").evaluate(
        Case.from_json(one), as_of="2018-07-02T16:30:00+08:00", engine="native"
    )
    assert Decision.from_json(first) == decision


def test_parameters_are_given_by_name():
    done = run(
        "evaluate",
        "yundewu-2018",
        DEALER,
        AT,
        "--json",
        "-p",
        "department_answer_limit=5 elapsed hours",
        "-p",
        "penalty_authority=300",
    )
    statuses = {d["rule"]: d["status"] for d in json.loads(done.output)["deadlines"]}
    assert statuses["department-answer"] == "met"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["evaluate", "yundewu-2081", DEALER, AT], 3, "did you mean 'yundewu-2018'"),
        (["evaluate", "yundewu-2018", REPAIR, AT], 4, "fact 'complaint_class' is not declared"),
        (["evaluate", "yundewu-2018", "nowhere.json", AT], 4, "cannot be read"),
        (["evaluate", "yundewu-2018", DEALER, "--as-of=2018-07-02T16:30:00"], 4, "no timezone"),
        (["evaluate", "yundewu-2018", DEALER, AT, "-p", "x"], 2, "no name=value"),
        (["evaluate", "yundewu-2018", DEALER, AT, "-p", "x=1"], 3, "'x' is not declared"),
        (["evaluate", "yundewu-2018", DEALER], 2, "as-of"),
        (["check", "nothing.yaml"], 3, "no such file"),
        (["explain", "yundewu-2018", DEALER, "delivr", AT], 4, "did you mean 'deliver'"),
    ],
)
def test_exit_codes_and_messages(arguments, code, message):
    done = run(*arguments)
    assert done.exit_code == code, done.output
    assert message in " ".join(done.output.split())
    assert "Traceback" not in done.output


def test_a_policy_out_of_force_has_its_own_code(tmp_path):
    early = tmp_path / "early.json"
    early.write_text(
        '{"id": "E", "events": [{"type": "registered", "at": "2018-06-19T09:00:00+08:00"}]}'
    )
    assert run("evaluate", "yundewu-2018", str(early), AT).exit_code == 5


def test_an_engine_that_is_missing_has_its_own_code(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "durable", None)
    assert run("evaluate", "yundewu-2018", DEALER, AT, "--engine", "durable").exit_code == 6


def test_schema_of_rulesets_and_of_cases(tmp_path):
    path = tmp_path / "ruleset.json"
    assert run("schema", "--output", str(path)).exit_code == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text("utf-8")))
    case_schema = json.loads(run("schema", "yundewu-2018").output)
    jsonschema.validate(
        json.loads((ROOT / "examples/cases/store-dealer.json").read_text("utf-8")), case_schema
    )


def test_explain_check_and_list():
    why = run("explain", "yundewu-2018", DEALER, "leader-late", AT)
    assert "did not apply" in why.output
    assert "rules, hash" in run("check", "yundewu-2018", "nanjing-cable-2007").output
    assert "yundewu-2018" in run("list").output


def test_without_the_extra_it_says_what_to_install(monkeypatch, capsys):
    import sys

    from complaint_rules import cli

    monkeypatch.setitem(sys.modules, "typer", None)
    monkeypatch.delitem(sys.modules, "complaint_rules.cli.app", raising=False)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    assert "complaint-rules[cli]" in capsys.readouterr().err


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_narrow_terminal_cuts_nothing_off(tmp_path, language):
    case = tmp_path / "case.json"
    facts = {
        "complaint_subject": "product_quality",
        "quality_finding": "undeterminable",
        "determinable_on_site": True,
        "regional_manager_at_fault": True,
        "freight": "61.50",
    }
    events = [{"type": "registered", "at": "2018-07-02T09:00:00+08:00"}]
    case.write_text(json.dumps({"id": "Q", "facts": facts, "events": events}), encoding="utf-8")
    arguments = ["evaluate", "product-quality", str(case), AT, "-l", language]
    done = typer_testing.CliRunner().invoke(app, arguments, env={"COLUMNS": "80"})
    assert done.exit_code == 0
    assert "…" not in done.output


@pytest.mark.parametrize("kind", ["ruleset", "vocabulary", "scenarios"])
def test_the_schema_of_each_kind_of_file_fits_those_that_are_shipped(kind):
    import yaml

    done = run("schema", "--of", kind)
    assert done.exit_code == 0, done.output
    schema = json.loads(done.output)
    jsonschema.Draft202012Validator.check_schema(schema)
    patterns = {
        "ruleset": "*[0-9a-z].yaml",
        "vocabulary": "*.vocabulary.yaml",
        "scenarios": "*.scenario.yaml",
    }
    paths = [
        path
        for path in (ROOT / "rulesets").glob(patterns[kind])
        if kind != "ruleset" or "." not in path.stem
    ]
    assert paths
    validator = jsonschema.Draft202012Validator(schema)
    for path in paths:
        text = path.read_text(encoding="utf-8")
        content = yaml.load(text, Loader=_core_loader())  # noqa: S506 - a loader of plain values
        assert [error.message for error in validator.iter_errors(content)] == [], path


def _core_loader():
    """YAML 1.2's core schema, near enough: no dates, no times, no yes and no."""
    import re

    import yaml

    class Core(yaml.SafeLoader):
        yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own protocol

    Core.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))
    Core.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?\d+$"), list("-0123456789"))
    Core.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(null|~|)$"), ["n", "~", ""])
    return Core

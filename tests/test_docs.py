"""Every block of code in the README and the docs runs, in order, as one session each."""

from __future__ import annotations

import re
import shlex

import pytest

from samples import ROOT

PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(path, language):
    text = path.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_blocks_run(page, capsys):
    session: dict = {}
    found = blocks(page, "python")
    assert found
    for block in found:
        # not the page's own name: its lines are no Python, and hypothesis reads the source
        exec(compile(block, f"<{page.name}>", "exec"), session)  # noqa: S102


def test_the_decision_shown_in_the_readme_is_what_the_demo_prints(capsys):
    from complaint_rules import Case, load_policy

    case = Case.from_json((ROOT / "examples/cases/store-dealer.json").read_text(encoding="utf-8"))
    text = (
        load_policy("yundewu-2018").evaluate(case, as_of="2018-07-04T12:00:00+08:00").explain("en")
    )
    (shown,) = blocks(ROOT / "README.md", "text")
    for line in shown.strip().splitlines():
        assert line in text.splitlines(), line


def test_shell_commands_are_commands_there_are(monkeypatch):
    typer_testing = pytest.importorskip("typer.testing")
    from complaint_rules.cli.app import app

    monkeypatch.chdir(ROOT)
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    ran = 0
    for page in PAGES:
        for line in "\n".join(blocks(page, "sh")).splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["make"]:
                assert words[1] in targets
            elif words[:1] == ["complaint-rules"]:
                assert typer_testing.CliRunner().invoke(app, words[1:]).exit_code == 0, line
                ran += 1
    assert ran == 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_scenarios_in_the_pages_hold(page, tmp_path):
    from complaint_rules.testing import read_scenarios, report, run_scenario

    for number, block in enumerate(blocks(page, "yaml")):
        path = tmp_path / f"{number}.scenario.yaml"
        path.write_text(block, encoding="utf-8")
        for scenario in read_scenarios(path).scenarios:
            assert not report(run_scenario(scenario))


def test_the_table_of_policies_counts_their_rules():
    from complaint_rules import load_policy, shipped_rulesets

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([\w-]+)` \|.*\| (\d+) \|$", text, re.MULTILINE))
    assert rows == {
        name: str(sum(1 for _ in load_policy(name).ruleset.rules())) for name in shipped_rulesets()
    }


def test_the_demo_runs(capsys):
    import runpy

    runpy.run_path(str(ROOT / "examples/demo.py"), run_name="__main__")
    shown = capsys.readouterr().out
    assert "Total of penalties after reliefs: 230 CNY" in shown
    assert "-120 元" in shown


def test_links_of_the_pages_exist():
    for page in [*PAGES, ROOT / "benchmarks/README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page.name, target)

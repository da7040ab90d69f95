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


EVERY_FORM = """
policy: every-form
title: {en: Every form}
source: {issuer: A company, document: House rules}
effective: {from: 2026-01-01, by: registered}
timezone: Asia/Shanghai
calendar: {official: CN, hours: ["09:00-18:00"]}
adds_up: cumulative
roles: {handler: {en: handler}, person: {en: person}}
units: {points: {title: {en: points}, decimals: 0}}
sanctions: {warning: {en: a warning}}
facts:
  price: {type: money, title: {en: price}}
  priority: {type: enum, values: [p1, p2], title: {en: priority}}
  uptime: {type: number, title: {en: uptime}}
events:
  registered: {title: {en: registered}, data: {promised_at: {type: instant, title: {en: promised}}}}
  visited: {title: {en: visited}}
  paid: {title: {en: paid}}
  reassigned: {title: {en: reassigned}, data: {handler: {type: text, title: {en: to whom}}}}
  complaint_upheld: {title: {en: upheld}, data: {person: {type: text, title: {en: of whom}}}}
parameters:
  answer:
    type: duration
    title: {en: limit}
    keys: [priority]
    table: [ROW1, {otherwise: 1 working day}]
  credit:
    type: percent
    title: {en: credit}
    keys: [uptime]
    table: [ROW2, {otherwise: 0 %}]
counts: COUNTS
deadlines:
  - {id: visit, clause: "1", title: {en: Visit}, duty_of: handler, starts: registered, within: EARLIEST, AT, ends: visited, HANDED}
  - {id: year, clause: "2", title: {en: Year}, duty_of: handler, starts: registered, within: COMPOUND, ends: paid}
  - {id: reply, clause: "3", title: {en: Reply}, duty_of: handler, starts: registered, within: answer, ends: visited}
  - {id: pay, clause: "4", title: {en: Pay}, duty_of: handler, EDGE, within: 10 working days, ends: paid}
penalties:
  - {id: late, clause: "5", title: {en: Late}, per: visit, when: deadline.missed, AMOUNT, MOST}
  - {id: pay-back, clause: "6", title: {en: Credit}, against: handler, amount: credit of price}
  - {id: third, clause: "7", title: {en: Third}, per: complaint_upheld, when: upheld == 3, against: person, POINTS}
  - {id: warned, clause: "8", title: {en: Warned}, per: reply, when: deadline.missed, IMPOSES}
caps:
  - {id: together, clause: "9", title: {en: Cap}, over: [late, pay-back], of: party, in: case, at_most: 300 CNY}
"""


def test_what_the_readme_says_a_ruleset_says_is_read():
    from complaint_rules import Policy

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"\| a policy says \| a ruleset says \|\n(.*?)\n\n", text, re.DOTALL)
    shown = re.findall(r"`([^`]+)`", table)
    amount, most, _, row, band, compound, earliest, at, edge, handed, counts, *rest = shown
    assert rest == ["caps:", "units:", "amount: 2 points", "imposes: warning, for: 7 calendar days"]
    ruleset = EVERY_FORM
    for mark, spelling in {
        "ROW1": row,
        "ROW2": band,
        "COUNTS": counts.removeprefix("counts: "),
        "EARLIEST": earliest,
        "AT": at,
        "HANDED": handed,
        "COMPOUND": compound,
        "EDGE": edge,
        "AMOUNT": amount,
        "MOST": most,
        "POINTS": rest[2],
        "IMPOSES": rest[3],
    }.items():
        assert mark in ruleset
        ruleset = re.sub(rf"\b{mark}\b", lambda _, spelling=spelling: spelling, ruleset, count=1)
    assert Policy(ruleset, "every.yaml").id == "every-form"

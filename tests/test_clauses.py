"""Every row of the inventory of clauses is a rule, a fact, or explained; and no text is copied."""

from __future__ import annotations

import re

import pytest

from complaint_rules import load_policy
from samples import ROOT

POLICIES = {"Y": "yundewu-2018", "N": "nanjing-cable-2007"}
SEEDS = {"Y": "000_8fc678934410a73d.txt", "N": "003_7bf933d970abb17e.txt"}


def rows(text: str, letter: str) -> list[str]:
    section = text.split(f"\n## {letter} — ")[1].split("\n## ", maxsplit=1)[0]
    found = []
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0] not in ("clause", "---"):
            found.append(cells[0])
    return found


def clauses_of(cell: str) -> list[str]:
    """``4.2.1, tables 1–5`` as its parts."""
    found = []
    for part in (part.strip() for part in cell.split(",")):
        if span := re.fullmatch(r"tables? (\d)–(\d)", part):
            found += [f"table {number}" for number in range(int(span[1]), int(span[2]) + 1)]
        else:
            found.append(part)
    return found


@pytest.mark.parametrize("letter", POLICIES)
def test_no_row_of_the_inventory_is_missing(shared, letter):
    policy = load_policy(POLICIES[letter])
    words = policy.ruleset.words
    declared = {fact.clause for fact in words.facts.values()}
    listed = rows((shared / "CLAUSES.md").read_text(encoding="utf-8"), letter)
    assert len(listed) > 15
    for cell in listed:
        for clause in clauses_of(cell):
            assert clause in declared or policy.clause(clause) is not None, clause


@pytest.mark.parametrize("letter", POLICIES)
def test_rulesets_paraphrase(shared, letter):
    """No run of fifteen characters of the source stands in the ruleset."""
    source = re.sub(r"\s", "", (shared / "seeds" / SEEDS[letter]).read_text(encoding="utf-8"))
    ruleset = (ROOT / "rulesets" / f"{POLICIES[letter]}.yaml").read_text(encoding="utf-8")
    for line in re.findall(r"[\u4e00-\u9fff、，。：；0-9]{15,}", ruleset):
        for start in range(len(line) - 14):
            assert line[start : start + 15] not in source, line

"""Every row of the inventory of clauses is a rule, a fact, or explained; and no text is copied."""

from __future__ import annotations

import re

import pytest

from complaint_rules import load_policy, shipped_rulesets
from samples import ROOT

POLICIES = {
    "Y": "yundewu-2018",
    "A1": "aftersales-handling",
    "A2": "aftersales-service",
    "A3": "metering-service",
    "A4": "user-visits",
    "A5": "bank-collection",
    "Q": "product-quality",
    "N": "nanjing-cable-2007",
    "E": "contingency-plan",
}
ROWS = {"Y": 27, "A1": 6, "A2": 7, "A3": 12, "A4": 3, "A5": 12, "Q": 19, "N": 19, "E": 6}
"""How many rows the inventory has for each, so that none is lost in reading it."""

SPANS = {
    "4.3.2–4.3.4": ["4.3.2", "4.3.3", "4.3.4"],
    "tables 1–5": [f"table {number}" for number in range(1, 6)],
    "5.3.1⑴⑵": ["5.3.1⑴", "5.3.1⑵"],
    "5.4.1–5.4.3": ["5.4.1", "5.4.2", "5.4.3"],
    "—": [],
}


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
    parts = [part.strip() for part in cell.split(",")]
    return [clause for part in parts for clause in SPANS.get(part, [part])]


def clauses_of_words(policy) -> set[str | None]:
    ruleset = policy.ruleset
    declared = {fact.clause for fact in ruleset.words.facts.values()}
    return declared | set(ruleset.not_automated)


def test_the_inventory_has_as_many_rows_as_we_know(shared):
    text = (shared / "CLAUSES.md").read_text(encoding="utf-8")
    assert {letter: len(rows(text, letter)) for letter in POLICIES} == ROWS
    assert set(re.findall(r"^## (\S+) — ", text, re.MULTILINE)) == set(POLICIES)


@pytest.mark.parametrize("letter", POLICIES)
def test_no_row_of_the_inventory_is_missing(shared, letter):
    policy = load_policy(POLICIES[letter])
    declared = clauses_of_words(policy)
    for cell in rows((shared / "CLAUSES.md").read_text(encoding="utf-8"), letter):
        for clause in clauses_of(cell):
            assert clause in declared or policy.clause(clause), clause


@pytest.mark.parametrize("letter", POLICIES)
def test_no_rule_cites_a_clause_that_is_not_in_the_source(shared, letter):
    """The other way round: each clause that a ruleset cites stands in the inventory, or in the
    text of the source.
    """
    policy = load_policy(POLICIES[letter])
    text = (shared / "CLAUSES.md").read_text(encoding="utf-8")
    known = {clause for cell in rows(text, letter) for clause in clauses_of(cell)}
    # Parts of a clause that the inventory has as a whole, and what it says is missing.
    known |= {"Y": set(), "N": {"4.2.5", "5.2"}, "E": {"五(二)", "五(三)"}}.get(letter, set())
    cited = {c for rule in policy.ruleset.rules() for c in (rule.clause, *rule.also)}
    cited |= {clause for clause in clauses_of_words(policy) if clause}
    assert cited <= known, sorted(cited - known)


def test_every_shipped_ruleset_is_one_of_the_inventory():
    law = {"cn-consumer-complaints", "cn-telecom-appeals", "uk-fca-disp"}
    assert set(shipped_rulesets()) == {*POLICIES.values(), *law}


@pytest.mark.parametrize("letter", POLICIES)
def test_every_ruleset_lists_its_clauses(letter):
    import yaml

    text = (ROOT / "rulesets" / f"{POLICIES[letter]}.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["source"]["clauses"]


SIMPLE = str.maketrans(
    "產質務處規範細則為強戶報從見時將給進應關統計與設備錄認顧問題條員責訴辦單圖產種維護們對個這銷營總經長後開",
    "产质务处规范细则为强户报从见时将给进应关统计与设备录认顾问题条员责诉办单图产种维护们对个这销营总经长后开",
)


@pytest.mark.parametrize("policy", POLICIES.values())
def test_rulesets_paraphrase(shared, policy):
    """No run of fifteen characters of any source stands in a ruleset or its scenarios."""
    sources = "".join(
        re.sub(r"\s", "", path.read_text(encoding="utf-8")).translate(SIMPLE)
        for path in sorted((shared / "seeds").glob("*.txt"))
    )
    for path in sorted((ROOT / "rulesets").glob(f"{policy}.*yaml")):
        text = path.read_text(encoding="utf-8").translate(SIMPLE)
        for line in re.findall(r"[\u4e00-\u9fff、，。：；0-9]{15,}", text):
            for start in range(len(line) - 14):
                assert line[start : start + 15] not in sources, line


@pytest.mark.parametrize("policy", POLICIES.values())
def test_titles_and_readings_are_in_both_languages(policy):
    ruleset = load_policy(policy).ruleset
    for rule in ruleset.rules():
        assert set(rule.title) == {"zh", "en"}, rule.id
        assert set(rule.reading) in (set(), {"zh", "en"}), rule.id
        assert not re.search("[a-z]{4,}", rule.reading.get("zh", "").replace("elapsed hours", ""))
        assert not re.search("[\u4e00-\u9fff]", rule.title["en"]), rule.id

"""The version of the language in rulesets, vocabularies and scenarios."""

from __future__ import annotations

import pytest

from complaint_rules import Policy, PolicyError, ScenarioError
from complaint_rules.ruleset.document import PolicyDocument, json_schema
from complaint_rules.ruleset.document_words import FORMAT, VocabularyDocument
from complaint_rules.testing.scenarios import ScenarioFileDocument, read_scenarios
from samples import ROOT

RULESET = (ROOT / "rulesets/yundewu-2018.yaml").read_text(encoding="utf-8")
VOCABULARY = (ROOT / "rulesets/complaints.vocabulary.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [1, FORMAT])
def test_a_file_of_this_format_or_an_earlier_one_is_read(number):
    policy = Policy(f"format: {number}\n{RULESET}", vocabulary=f"format: {number}\n{VOCABULARY}")
    assert policy.id == "yundewu-2018"


def test_a_ruleset_of_a_later_format_is_not_guessed_at():
    text = f"{RULESET}\nformat: 9\nlater_key: something\n"
    with pytest.raises(PolicyError) as raised:
        Policy(text, "mine.yaml")
    (problem,) = raised.value.problems
    line = text.splitlines().index("format: 9") + 1
    assert (problem.file, problem.line, problem.path) == ("mine.yaml", line, "format")
    assert problem.message == (
        f"the file is written in format 9, and this version reads formats up to {FORMAT}: "
        f"update complaint-rules, or write the file in format {FORMAT}"
    )


def test_a_vocabulary_of_a_later_format_is_not_guessed_at():
    with pytest.raises(PolicyError, match="vocabulary.yaml:1: .*format 3"):
        Policy(RULESET, vocabulary=f"format: 3\n{VOCABULARY}")


def test_scenarios_of_a_later_format_are_not_guessed_at(tmp_path):
    text = (ROOT / "rulesets/yundewu-2018.scenario.yaml").read_text(encoding="utf-8")
    path = tmp_path / "later.scenario.yaml"
    path.write_text(f"format: 3\n{text}", encoding="utf-8")
    with pytest.raises(ScenarioError, match="later.scenario.yaml:1: .*format 3"):
        read_scenarios(path)
    path.write_text(f"format: 2\n{text}", encoding="utf-8")
    assert read_scenarios(path).scenarios


@pytest.mark.parametrize("wrong", ["0", "'2'", "two", "true"])
def test_a_format_is_a_number_from_1_on(wrong):
    with pytest.raises(PolicyError, match="format"):
        Policy(f"format: {wrong}\n{RULESET}")


@pytest.mark.parametrize("model", [PolicyDocument, VocabularyDocument, ScenarioFileDocument])
def test_the_schema_says_what_the_format_is(model):
    said = json_schema(model)["properties"]["format"]
    assert (said["minimum"], said["maximum"]) == (1, FORMAT)
    assert said["description"]

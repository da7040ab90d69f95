"""The vocabulary that policies share: taken over, added to, never contradicted."""

from __future__ import annotations

import pickle
import re

import pytest

from complaint_rules import Case, Event, Policy, PolicyError, load_policy, shipped_rulesets
from samples import ROOT

VOCABULARY = """vocabulary: common
title: {en: common}
roles:
  clerk: {en: clerk}
facts:
  urgent: {type: bool, title: {en: urgent}, ask: {en: "Is it urgent?"}}
  grade: {type: enum, values: [low, high], title: {en: grade}}
events:
  registered: {title: {en: registered}}
  replied:
    title: {en: replied}
    data:
      politely: {type: bool, title: {en: politely}}
"""
RULESET = """policy: ours
vocabulary: common
title: {en: Ours}
source: {issuer: Us, document: Ours}
effective: {by: registered}
timezone: UTC
EXTRA
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: clerk, starts: registered,
     when: urgent, within: 30 elapsed minutes, ends: replied}
"""
CASE = Case("C", {"urgent": True}, [Event("registered", "2026-01-05T09:00:00+00:00")])


def policy(extra: str = "", *, words: str = VOCABULARY) -> Policy:
    return Policy(RULESET.replace("EXTRA", extra), "ours.yaml", vocabulary=words)


def the_problem(extra: str = "", *, words: str = VOCABULARY):
    with pytest.raises(PolicyError) as caught:
        policy(extra, words=words)
    (problem,) = caught.value.problems
    return problem


def test_a_ruleset_uses_the_words_it_imports():
    (item,) = policy().evaluate(CASE, as_of="2026-01-05T10:00:00+00:00").deadlines
    assert (item.rule, item.status) == ("reply", "overdue")


def test_a_ruleset_without_a_vocabulary_has_its_own_words_only():
    with pytest.raises(PolicyError, match="event 'registered' is not declared"):
        Policy(RULESET.replace("vocabulary: common\n", "").replace("EXTRA", ""), "ours.yaml")


def test_a_ruleset_says_more_about_a_shared_word():
    ours = policy('facts: {urgent: {unless_recorded: true, clause: "7", title: {en: hurried}}}')
    words = ours.ruleset.words
    assert words.facts["urgent"].title == {"en": "hurried"}
    assert words.facts["urgent"].ask == {"en": "Is it urgent?"}
    assert (words.facts["urgent"].clause, words.assumed) == ("7", {"urgent": True})


def test_a_ruleset_adds_data_to_a_shared_event():
    ours = policy("events: {replied: {data: {loudly: {type: bool, title: {en: loudly}}}}}")
    assert list(ours.ruleset.words.events["replied"].fields) == ["politely", "loudly"]


def test_a_ruleset_lets_a_shared_event_set_more_facts():
    words = VOCABULARY.replace(
        "    title: {en: replied}\n", "    title: {en: replied}\n    sets: [urgent]\n"
    )
    ours = policy("events: {replied: {sets: [grade]}}", words=words)
    assert ours.ruleset.words.events["replied"].sets == ("urgent", "grade")


def test_a_ruleset_adds_words_and_renames_roles():
    ours = policy("roles: {clerk: {en: desk clerk}, boss: {en: boss}}")
    assert ours.ruleset.words.roles == {"clerk": {"en": "desk clerk"}, "boss": {"en": "boss"}}


@pytest.mark.parametrize(
    ("extra", "path"),
    [
        ("facts: {urgent: {type: int}}", "facts.urgent.type"),
        ("facts: {grade: {values: [low]}}", "facts.grade.values"),
        (
            "events: {replied: {data: {politely: {type: text}}}}",
            "events.replied.data.politely.type",
        ),
    ],
)
def test_what_a_shared_word_means_cannot_be_changed(extra, path):
    problem = the_problem(extra)
    assert problem.path == path
    assert "has its" in problem.message
    assert "take another name" in problem.message


@pytest.mark.parametrize("extra", ["facts: {odd: {type: bool}}", "events: {odd: {}}"])
def test_a_word_of_its_own_is_declared_in_full(extra):
    assert the_problem(extra).message == "'title' is missing: add it"


def test_a_mistake_in_the_vocabulary_is_reported_in_its_file_and_line():
    problem = the_problem(words=VOCABULARY.replace("values: [low, high], ", ""))
    assert str(problem).startswith("common.vocabulary.yaml:7: facts.grade:")
    problem = the_problem(
        words=VOCABULARY.replace("title: {en: replied}", "sets: [urgnt]\n    title: {en: r}")
    )
    assert (problem.file, problem.line) == ("common.vocabulary.yaml", 11)
    assert "did you mean 'urgent'" in problem.message
    problem = the_problem(words=VOCABULARY.replace("roles:", "rolls:"))
    assert "did you mean 'roles'" in problem.message
    problem = the_problem(
        words=VOCABULARY.replace("  registered: {title: {en: registered}}", "  registered: {}")
    )
    assert (problem.line, problem.path) == (9, "events.registered")


def test_a_vocabulary_that_is_not_there_is_an_error():
    with pytest.raises(PolicyError, match=r"ours.yaml:2: vocabulary: there is no common.vocab"):
        Policy(RULESET.replace("EXTRA", ""), "ours.yaml")


def test_a_vocabulary_beside_the_ruleset_is_found(tmp_path):
    (tmp_path / "common.vocabulary.yaml").write_text(VOCABULARY, encoding="utf-8")
    (tmp_path / "ours.yaml").write_text(RULESET.replace("EXTRA", ""), encoding="utf-8")
    assert load_policy(tmp_path / "ours.yaml").ruleset.words.roles["clerk"] == {"en": "clerk"}


def test_the_hash_and_a_pickle_hold_the_vocabulary(tmp_path):
    ours = policy()
    other = policy(words=VOCABULARY.replace("en: clerk", "en: desk"))
    assert ours.hash != other.hash
    (tmp_path / "common.vocabulary.yaml").write_text(VOCABULARY, encoding="utf-8")
    (tmp_path / "ours.yaml").write_text(RULESET.replace("EXTRA", ""), encoding="utf-8")
    loaded = load_policy(tmp_path / "ours.yaml")
    data = pickle.dumps(loaded)
    (tmp_path / "common.vocabulary.yaml").unlink()
    assert pickle.loads(data).hash == loaded.hash == ours.hash


# The vocabulary that is shipped


def shared_document():
    from complaint_rules.ruleset.document_words import VocabularyDocument
    from complaint_rules.ruleset.load import validate
    from complaint_rules.ruleset.source import read_yaml

    path = ROOT / "rulesets/complaints.vocabulary.yaml"
    return validate(VocabularyDocument, read_yaml(path.read_text(encoding="utf-8"), str(path)))


def test_every_shared_word_has_titles_and_every_fact_a_question_in_both_languages():
    words = shared_document()
    fields = [*words.facts.values(), *(f for e in words.events.values() for f in e.data.values())]
    for one in [*words.roles.values(), *(e.title for e in words.events.values())]:
        assert one.zh
        assert one.en
    for field in fields:
        assert field.title.zh
        assert field.title.en
        assert field.ask.zh.endswith("？")
        assert field.ask.en.endswith("?")


def test_every_shared_word_is_used_by_some_policy():
    from complaint_rules.testing.words_used import events_used, facts_used, roles_used

    words = shared_document()
    rulesets = [load_policy(name).ruleset for name in shipped_rulesets()]
    texts = "\n".join(path.read_text(encoding="utf-8") for path in shipped_rulesets().values())
    for found, declared in (
        (facts_used, words.facts),
        (events_used, words.events),
        (roles_used, words.roles),
    ):
        used = {name for ruleset in rulesets for name in found(ruleset)}
        # what a form holds, or a clause is about, is named in the file
        unused = [n for n in declared if n not in used and not re.search(rf"\b{n}\b", texts)]
        assert not unused


def test_the_page_about_the_vocabulary_lists_it_all():
    page = (ROOT / "docs/vocabulary.md").read_text(encoding="utf-8")
    words = shared_document()
    for name, fact in words.facts.items():
        assert (
            f"| `{name}` | {fact.type} | {fact.title.zh} | {fact.title.en} | {fact.ask.en} |"
            in page
        )
    for name, event in words.events.items():
        data = ", ".join(f"`{field}`" for field in event.data)
        assert f"| `{name}` | {event.title.zh} | {event.title.en} | {data} |" in page
    for name, role in words.roles.items():
        assert f"| `{name}` | {role.zh} | {role.en} |" in page
    listed = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert len(listed) == len(words.facts) + len(words.events) + len(words.roles)

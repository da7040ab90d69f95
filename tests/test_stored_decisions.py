"""Decisions that are kept: read back whole, by later versions too, and bound to their case again."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import complaint_rules
from complaint_rules import Case, Decision, Event, load_policy, shipped_rulesets
from complaint_rules.errors import CaseError, DecisionError
from complaint_rules.testing.strategies import cases

FIXTURES = Path(__file__).parent / "fixtures"
NANJING = load_policy("nanjing-cable-2007")
STORED_CASE = Case.from_json((FIXTURES / "case-0.1.json").read_text(encoding="utf-8"))
AS_OF = "2007-05-24T12:00:00+08:00"
POLICIES = {name: load_policy(name) for name in shipped_rulesets()}


@pytest.mark.parametrize("name", sorted(POLICIES))
@given(data=st.data())
def test_every_decision_is_read_back_equal(name, data):
    case = data.draw(cases(POLICIES[name]))
    start = min((event.at for event in case.events), default=datetime(2018, 7, 2, tzinfo=UTC))
    later = data.draw(st.integers(0, 60 * 86_400 * 1_000_000))
    decision = POLICIES[name].evaluate(
        case, as_of=start + timedelta(microseconds=later), check_date=False
    )
    text = decision.to_json()
    again = Decision.from_json(text)
    assert again == decision
    assert again.to_json() == text
    assert pickle.loads(pickle.dumps(decision)) == decision
    assert again.bind(POLICIES[name], case, check_date=False).explain("zh") == decision.explain(
        "zh"
    )


def test_lateness_to_the_microsecond_is_read_back():
    policy = POLICIES["yundewu-2018"]
    case = Case(
        "C", {"complaint_origin": "external"}, [Event("registered", "2018-07-02T09:00:00+08:00")]
    )
    decision = policy.evaluate(case, as_of="2018-07-02T11:12:30.123456+08:00")
    assert "microseconds" in decision.to_json()
    assert Decision.from_json(decision.to_json()) == decision


def test_decisions_of_version_0_1_are_read():
    old = Decision.from_json((FIXTURES / "decision-0.1.json").read_text(encoding="utf-8"))
    assert pickle.loads((FIXTURES / "decision-0.1.pickle").read_bytes()) == old
    assert (old.case_id, old.policy, str(old.total())) == (STORED_CASE.id, NANJING.id, "-120")
    assert old.library == ""
    now = NANJING.evaluate(STORED_CASE, as_of=AS_OF)
    changes = now.changes_since(old, across_policies=True)
    assert (changes.new, changes.moved, changes.gone) == ((), (), ())


def test_a_stored_decision_says_what_made_it():
    stored = json.loads(NANJING.evaluate(STORED_CASE, as_of=AS_OF).to_json())
    assert stored["format"] == 3
    assert stored["library"] == complaint_rules.__version__
    assert stored["tzdata"]
    assert stored["policy_hash"] == NANJING.hash


@pytest.mark.parametrize("name", sorted(POLICIES))
@settings(max_examples=20)
@given(data=st.data())
def test_every_item_has_its_clause_and_its_title(name, data):
    """In JSON too, so that a host needs no policy beside it."""
    policy = POLICIES[name]
    case = data.draw(cases(policy))
    as_of = max(event.at for event in case.events) + timedelta(days=data.draw(st.integers(0, 9)))
    decision = policy.evaluate(case, as_of=as_of, check_date=False, engine="native")
    rules = {rule.id: rule for rule in policy.ruleset.rules()}
    sections = json.loads(decision.to_json())
    for section, items in decision.sections():
        for item, stored in zip(items, sections[section], strict=True):
            assert item.clause == stored["clause"] == rules[item.rule].clause
            assert dict(item.title) == dict(stored["title"]) == rules[item.rule].title
            assert dict(item.title)["zh"]


def test_decisions_without_titles_are_read_and_bound():
    """Titles explain a decision, and are no part of what it says."""
    decision = NANJING.evaluate(STORED_CASE, as_of=AS_OF)
    document = json.loads(decision.to_json()) | {"format": 2}
    for section, _ in decision.sections():
        for item in document[section]:
            del item["title"]
    stored = Decision.from_json(json.dumps(document))
    assert stored == decision
    assert stored.penalties[0].title == ()
    assert stored.bind(NANJING, STORED_CASE).penalties[0].title == decision.penalties[0].title


def test_a_party_that_a_stored_decision_does_not_know_is_refused():
    decision = NANJING.evaluate(STORED_CASE, as_of=AS_OF)
    stored = Decision.from_json(decision.to_json())
    (owed,) = stored.liabilities
    for party in (owed.party, owed.against, decision.records[0].kept_by):
        assert stored.total(party) == decision.total(party)
    with pytest.raises(DecisionError, match=r"'nobdy' is in no item.*bind"):
        stored.total("nobdy")
    with pytest.raises(DecisionError, match=f"did you mean '{owed.against}'"):
        stored.total(owed.against[:-1])
    with pytest.raises(DecisionError, match="'nobdy' is no party or role here"):
        decision.total("nobdy")


def test_what_a_later_version_adds_is_left_out_and_a_misspelt_key_is_not():
    document = json.loads(NANJING.evaluate(STORED_CASE, as_of=AS_OF).to_json())
    document["penalties"][0]["mood"] = "grim"
    document["weather"] = "fine"
    with pytest.raises(DecisionError, match="weather"):
        Decision.from_json(json.dumps(document))
    later = document | {"format": 4}
    assert Decision.from_json(json.dumps(later)) == NANJING.evaluate(STORED_CASE, as_of=AS_OF)
    del later["penalties"][0]["minimum"]
    with pytest.raises(DecisionError, match="minimum"):
        Decision.from_json(json.dumps(later))
    with pytest.raises(DecisionError, match="format is 'two'"):
        Decision.from_json(json.dumps(document | {"format": "two"}))


def test_a_decision_is_bound_to_its_own_case_and_policy_only():
    decision = NANJING.evaluate(STORED_CASE, as_of=AS_OF)
    stored = Decision.from_json(decision.to_json())
    with pytest.raises(DecisionError, match="without its policy"):
        stored.explain()
    bound = stored.bind(NANJING, STORED_CASE)
    assert bound == decision
    assert bound.html("zh") == decision.html("zh")
    assert bound.why_not("service-time-limit") == decision.why_not("service-time-limit")
    with pytest.raises(DecisionError, match="another decision"):
        stored.bind(NANJING, Case(STORED_CASE.id, STORED_CASE.facts, STORED_CASE.events[:-1]))
    with pytest.raises(DecisionError, match="made under nanjing"):
        stored.bind(POLICIES["yundewu-2018"], STORED_CASE)


def test_copies_keep_what_a_decision_explains_by():
    decision = NANJING.evaluate(STORED_CASE, as_of=AS_OF)
    for twin in (copy.copy(decision), copy.deepcopy(decision)):
        assert twin == decision
        assert twin.explain() == decision.explain()


def test_the_engines_give_equal_decisions_and_equal_texts():
    pytest.importorskip("durable.engine")
    native, durable = (
        NANJING.evaluate(STORED_CASE, as_of=AS_OF, engine=engine)
        for engine in ("native", "durable")
    )
    assert (native.engine, durable.engine) == ("native", "durable")
    assert native == durable
    assert hash(native) == hash(durable)
    assert native.to_json() == durable.to_json()


def test_a_case_checked_by_another_policy_is_refused():
    checked = POLICIES["yundewu-2018"].check(Case("C", {}, []))
    with pytest.raises(CaseError, match="checked by another policy"):
        NANJING.evaluate(checked, as_of=AS_OF)


def test_a_clock_of_milliseconds_does_not_spin():
    """Due at 10:00 sharp and still in time then: what changes is seen at 10:00:00.001."""
    policy = POLICIES["yundewu-2018"]
    case = Case(
        "C", {"complaint_origin": "external"}, [Event("registered", "2018-07-02T09:00:00+08:00")]
    )
    decision = policy.evaluate(case, as_of="2018-07-02T09:00:00+08:00")
    seen = []
    while decision.next_change_at is not None and len(seen) < 5:
        moment = decision.next_change_at
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        later = policy.evaluate(case, as_of=moment)
        assert later.changes_since(decision) or later.next_change_at != decision.next_change_at
        seen.append(moment)
        decision = later
    assert len(set(seen)) == len(seen) > 1

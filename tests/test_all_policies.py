"""One case under all nine policies: the vocabulary they share lets their answers be compared."""

from __future__ import annotations

import pytest

from complaint_rules import Case, Event, load_policy, shipped_rulesets
from samples import at, rules
from test_clauses import POLICIES

CASE = Case(
    "K-2018-0417",
    {
        "complaint_origin": "external",
        "complaint_channel": "hotline",
        "complaint_subject": "product_quality",
        "complaint_cause": "quality",
        "our_fault": True,
        "verified_true": True,
        "customer_accepts": False,
        "receiver_can_decide": False,
        "solvable_normally": False,
        "major": False,
        "grave": False,
        "in_warranty": True,
        "freight": 60,
        "parts_cost": 200,
        "labour_cost": 100,
        "matter": "电表显示异常",
        "complainant": "王女士",
        "responsible_person": "赵刚",
        "responsible_department": "技术部",
    },
    [
        Event("registered", at("02T09:00")),
        Event("delivered", at("02T09:20")),
        Event("arrived_on_site", at("03T10:00")),
        Event("result_available", at("04T11:00")),
        Event("answered_customer", at("04T11:30")),
        Event("complained_again", at("05T09:00"), level="repeat"),
        Event("staff_misconduct", at("05T09:30")),
        Event("closed", at("06T17:00")),
        Event("followed_up", at("09T10:00"), satisfied=False),
    ],
)


def decide(name: str, engine: str = "native"):
    return load_policy(name).evaluate(CASE, as_of=at("10T09:00"), engine=engine)


@pytest.fixture(scope="module")
def decisions():
    return {name: decide(name) for name in POLICIES.values()}


def test_all_nine_policies_understand_the_case(decisions):
    assert len(decisions) == 9
    for name, decision in decisions.items():
        assert decision.policy == name
        assert list(decision.items()), name


def test_the_law_understands_it_as_well():
    assert len(shipped_rulesets()) == 12
    (item,) = decide("cn-telecom-appeals").deadlines
    assert (item.rule, item.status) == ("operator-answers", "met")


def test_who_has_to_be_told_differs(decisions):
    told = {
        name: sorted({item.to for item in decision.escalations if item.capacity == "inform"})
        for name, decision in decisions.items()
    }
    assert told["product-quality"] == ["general_manager", "management_representative"]
    assert told["aftersales-handling"] == ["responsible_department"]
    assert told["bank-collection"] == ["bank", "superior"]
    assert told["yundewu-2018"] == []


def test_when_the_customer_has_to_be_answered_differs(decisions):
    """The same answer, two and a half days after the registration."""
    answers = {
        (name, item.rule): item.status
        for name, decision in decisions.items()
        for item in decision.deadlines
        if item.done_at == at("04T11:30")
    }
    assert answers == {
        ("yundewu-2018", "investigate"): "late",
        ("yundewu-2018", "department-answer"): "late",
        ("yundewu-2018", "answer-customer"): "late",
        ("user-visits", "answer-quality"): "met",
    }


def test_what_it_costs_whom_differs(decisions):
    fines = {
        name: [(item.rule, item.party or item.against, str(item.amount)) for item in d.penalties]
        for name, d in decisions.items()
        if d.penalties
    }
    assert fines == {
        "nanjing-cable-2007": [("service-conduct", "技术部", "200")],
        "user-visits": [("responsible-person", "赵刚", "0 or more")],
        "yundewu-2018": [
            ("late-handling", "赵刚", "50"),
            ("receiver-late", "first_handler", "30–50"),
            ("staff-misconduct", "赵刚", "30–200"),
        ],
    }
    assert "late-answer" in rules(decisions["yundewu-2018"].undetermined)  # how complex it was


def test_who_bears_the_costs_differs(decisions):
    borne = {
        name: {(item.cost, item.borne_by) for item in decision.charges}
        for name, decision in decisions.items()
        if decision.charges
    }
    assert borne["aftersales-service"] == {("parts_cost", "company"), ("labour_cost", "company")}
    assert ("parts_cost", "manufacturing") in borne["metering-service"]
    assert set(borne) == {"aftersales-service", "metering-service"}


def test_both_engines_agree_on_all_nine(decisions):
    pytest.importorskip("durable.engine")
    for name, decision in decisions.items():
        other = decide(name, "durable")
        assert not decision.changes_since(other), name
        assert (other.total(), other.next_change_at) == (decision.total(), decision.next_change_at)


def test_the_explanations_can_be_read(decisions):
    for name, decision in decisions.items():
        assert decision.basis.ruleset.title["zh"] in decision.explain("zh"), name
        english = decision.explain("en")
        assert "Time limits" in english or "Who has to act" in english

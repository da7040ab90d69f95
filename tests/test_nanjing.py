"""Policy N, clause by clause."""

from __future__ import annotations

from decimal import Decimal

import pytest

from complaint_rules import Interval, load_policy
from samples import at, case, event, judge, only, rules

POLICY = load_policy("nanjing-cable-2007")
D = Decimal
SETTLED = {
    "complaint_class": "regular",
    "verified_true": True,
    "customer_accepts": True,
    "major": False,
    "image_harmed": False,
    "responsible_department": "Repair",
}
REGISTERED = event("registered", "02T08:00")


def decide(*events, when="25T09:00", policy=POLICY, **facts):
    return judge(policy, case(REGISTERED, *events, **{**SETTLED, **facts}), when)


def fined(decision):
    return [(p.rule, p.party or p.against, p.minimum, p.maximum) for p in decision.penalties]


def test_a_settled_case_leaves_nothing_open():
    assert decide().undetermined == ()
    assert decide().penalties == ()


@pytest.mark.parametrize(("done", "status"), [("08T23:59", "met"), ("09T00:00", "late")])
def test_4_2_2_three_days_include_rest_days(done, status):
    # From Thursday the last day is Sunday; it does not roll on to Monday.
    decision = decide(event("delivered", "05T09:00"), event("corrective_record_filed", done))
    item = only(decision.deadlines, "corrective-record")
    assert (item.due_at, item.status) == (at("2018-07-08T23:59:59.999999+08:00"), status)
    escalation = only(decision.escalations, "record-to-leader")
    assert (escalation.to, escalation.capacity) == ("leader_in_charge", "review")


def test_4_2_3_dissatisfied_once_and_twice():
    once = decide(event("followed_up", "05T09:00", satisfied=False))
    assert only(once.deadlines, "handle-again").missing[0].name == "at_once"
    assert "dissatisfied-again" not in rules(once.escalations)
    twice = decide(
        event("followed_up", "05T09:00", satisfied=False),
        event("followed_up", "06T09:00", satisfied=False),
    )
    item = only(twice.escalations, "dissatisfied-again")
    assert (item.to, item.final, item.since) == ("leader_in_charge", True, at("06T09:00"))
    assert decide(event("followed_up", "05T09:00", satisfied=True)).deadlines == ()
    policy = load_policy("nanjing-cable-2007", parameters={"at_once": "1 calendar day"})
    handled = decide(
        event("followed_up", "05T09:00", satisfied=False),
        event("handled", "06T09:00"),
        policy=policy,
    )
    assert only(handled.deadlines, "handle-again").status == "met"


def test_4_2_4_a_penalty_notice_is_audited():
    item = only(decide(event("penalty_notice_issued", "05T09:00")).escalations, "audit-penalty")
    assert (item.clause, item.to, item.capacity) == ("4.2.4", "general_affairs", "approve")


def test_4_3_1_without_the_customers_consent_the_leader_must_agree():
    assert (
        only(decide(customer_accepts=False).escalations, "customer-does-not-accept").to
        == "leader_in_charge"
    )
    assert "customer-does-not-accept" not in rules(
        decide(customer_accepts=False, verified_true=False).escalations
    )
    unknown = decide(customer_accepts=None)
    assert rules(unknown.undetermined) == ["customer-does-not-accept"]


def test_4_3_2a_conduct():
    twice = [event("staff_misconduct", "05T09:00"), event("staff_misconduct", "06T09:00")]
    assert fined(decide(*twice)) == [("service-conduct", "Repair", D(200), D(200))] * 2
    grave = decide(twice[0], grave=True)
    assert fined(grave) == [("service-conduct-grave", "Repair", D(0), None)]
    assert grave.penalties[0].referral == "company"


@pytest.mark.parametrize(
    ("done", "days"), [("03T18:00", 0), ("03T20:00", 0), ("04T09:00", 1), ("06T09:00", 3)]
)
def test_4_3_2b_service_limit_by_promise(done, days):
    ordered = event("service_ordered", "02T09:00", promised_at="2018-07-03T18:00:00+08:00")
    decision = decide(ordered, event("service_done", done))
    expected = [("service-time-limit", "Repair", D(200 * days), D(200 * days))] if days else []
    assert fined(decision) == expected


def test_4_3_2b_without_a_promise_the_limit_is_a_parameter():
    ordered = event("service_ordered", "02T09:00")
    assert only(decide(ordered).undetermined, "service-promise").missing[0].name == "service_limit"
    policy = load_policy("nanjing-cable-2007", parameters={"service_limit": "2 calendar days"})
    running = decide(ordered, policy=policy, when="08T12:00")
    assert fined(running) == [("service-time-limit", "Repair", D(800), D(800))]
    assert fined(decide(ordered, policy=policy, when="08T12:00", grave=True)) == [
        ("service-time-limit-grave", "Repair", D(0), None)
    ]


CHANGE = event(
    "change_planned",
    "02T09:00",
    takes_effect_at="2018-07-05T00:00:00+08:00",
    publishing_department="Net",
    receiving_department="Shop",
)
EXECUTED = event("change_executed", "04T20:00")


@pytest.mark.parametrize(
    ("notice", "facts", "harmed", "fine"),
    [
        ("04T17:00", {}, True, []),
        ("05T00:00", {}, True, ["notice-fault"]),
        ("05T00:00", {}, False, []),
        ("04T17:00", {"notice_complete": False}, True, ["notice-fault"]),
        ("04T17:00", {"notice_in_writing": False}, True, ["notice-fault"]),
        ("04T17:00", {"impact_assessed_rightly": False}, True, ["notice-fault"]),
        ("05T00:00", {"notice_complete": False}, True, ["notice-fault"]),
        (None, {}, True, ["notice-fault"]),
    ],
)
def test_4_3_2c_notice(notice, facts, harmed, fine):
    events = [CHANGE, EXECUTED]
    if notice:
        events.append(event("notice_given", notice, **facts))
    decision = decide(*events, image_harmed=harmed)
    assert rules(decision.penalties) == fine
    for penalty in decision.penalties:
        assert (penalty.against, penalty.party, penalty.minimum) == (
            "publishing_department",
            "Net",
            D(200),
        )


def test_4_3_2c_execution():
    notice = event("notice_given", "03T09:00")
    late = decide(CHANGE, notice, event("change_executed", "05T00:01"), image_harmed=True)
    assert fined(late) == [("execution-late", "Shop", D(200), D(200))]
    in_time = decide(CHANGE, notice, event("change_executed", "05T00:00"), image_harmed=True)
    assert fined(in_time) == []
    both = decide(CHANGE, image_harmed=True, grave=True)
    assert [row[:2] for row in fined(both)] == [
        ("notice-fault-grave", "Net"),
        ("execution-late-grave", "Shop"),
    ]


def test_4_3_2d_work_orders():
    order = event("work_order_received", "02T09:00", due_by="2018-07-03T12:00:00+08:00")
    assert fined(decide(order, event("work_order_passed_on", "05T09:00"))) == [
        ("work-order-late", "Repair", D(400), D(400))
    ]
    assert fined(decide(order, event("work_order_passed_on", "03T12:00"))) == []
    assert fined(decide(order, event("work_order_passed_on", "05T09:00"), grave=True)) == [
        ("work-order-late-grave", "Repair", D(0), None)
    ]
    limit = only(decide(event("work_order_received", "02T09:00")).undetermined, "work-order")
    assert limit.missing[0].name == "work_order_limit"


def failure(**data):
    return event(
        "system_failed", "02T09:00", **{"human_fault": False, "manned_indoor": False, **data}
    )


EXEMPT = [
    event("failure_report_filed", "05T09:00"),
    event("improvement_proposed", "05T10:00"),
    event("exemption_confirmed", "06T09:00"),
]


def test_4_3_2e_system_failures():
    assert fined(decide(failure(human_fault=True))) == [
        ("system-failure-human", "Repair", D(200), D(200))
    ]
    other = decide(failure())
    assert fined(other) == [("system-failure-other", "Repair", D(200), D(200))]
    assert other.total() == Interval(D("200.00"), D("200.00"))
    exempt = decide(failure(), *EXEMPT)
    assert [(r.rule, r.kind) for r in exempt.reliefs] == [("not-human-exempt", "cancel")]
    assert exempt.total() == Interval(D("0.00"), D("0.00"))
    for missing in range(3):
        partly = [e for number, e in enumerate(EXEMPT) if number != missing]
        assert decide(failure(), *partly).reliefs == ()
    assert decide(failure(human_fault=True), *EXEMPT).reliefs == ()
    assert decide(failure(repeat_through_poor_implementation=True), *EXEMPT).reliefs == ()
    assert rules(decide(failure(), grave=True).penalties) == ["system-failure-grave"]
    unknown = decide(failure(human_fault=None))
    assert rules(unknown.undetermined) == ["system-failure-human", "system-failure-other"]
    assert unknown.total() == Interval(D("200.00"), D("200.00"))  # it is one of the two


@pytest.mark.parametrize(
    ("told", "fine"),
    [("02T09:10", []), ("02T09:11", ["failure-not-told"]), (None, ["failure-not-told"])],
)
def test_4_3_2e_customer_service_is_told_within_ten_minutes(told, fine):
    events = [failure(manned_indoor=True), *EXEMPT]
    if told:
        events.append(event("customer_service_told", told))
    decision = decide(*events)
    assert [p.rule for p in decision.penalties if p.rule != "system-failure-other"] == fine


def test_4_3_3_no_rule():
    assert fined(decide(not_covered=True, liability_determinable=True)) == [
        ("by-analogy", "Repair", D(0), None)
    ]
    unclear = decide(not_covered=True, liability_determinable=False)
    assert only(unclear.escalations, "liability-unclear").referral == "company"
    assert unclear.penalties == ()
    assert rules(decide(not_covered=True).undetermined) == ["liability-unclear", "by-analogy"]


APPROVALS = [
    "exemption_requested",
    "general_affairs_verified",
    "customer_service_verified",
    "leader_approved",
    "general_manager_approved",
]


@pytest.mark.parametrize("missing", [None, *APPROVALS])
def test_4_3_6_an_approved_exemption_returns_120_percent(missing):
    steps = [event(name, "10T09:00") for name in APPROVALS if name != missing]
    decision = decide(event("staff_misconduct", "05T09:00"), *steps)
    if missing:
        assert decision.reliefs == ()
        assert decision.total() == Interval(D("200.00"), D("200.00"))
        return
    (relief,) = decision.reliefs
    assert (relief.clause, relief.minimum, relief.maximum, relief.party) == (
        "4.3.6",
        D(240),
        D(240),
        "Repair",
    )
    assert decision.total() == Interval(D("-40.00"), D("-40.00"))
    assert "next month's performance pay" in decision.explain("en")


def test_5_1_a_major_complaint_is_handled_by_two():
    items = [i for i in decide(major=True).escalations if i.rule == "major-complaint"]
    assert [(i.to, i.joint_with, i.complete) for i in items] == [
        ("general_affairs", ("customer_service",), None),
        ("customer_service", ("general_affairs",), None),
    ]


def test_5_3_an_adopted_suggestion():
    item = only(decide(event("suggestion_adopted", "05T09:00")).escalations, "suggestion-reward")
    assert item.referral == "user-compensation"


def test_the_forms():
    events = [
        event("corrective_record_filed", "05T09:00"),
        event("penalty_notice_issued", "05T09:00"),
        event("exemption_requested", "05T09:00"),
    ]
    records = decide(*events, matter="x", incident="y").records
    assert [(r.rule, r.clause, r.complete) for r in records] == [
        ("form-1", "table 1", False),
        ("form-2", "table 2", False),
        ("form-3", "table 3", False),
        ("form-5", "table 5", False),
    ]
    assert "matter" not in records[0].missing
    assert "responsible_department" not in records[3].missing


def test_4_1_the_class_is_a_fact_and_4_3_4_is_explained():
    assert POLICY.ruleset.words.facts["complaint_class"].clause == "4.1"
    assert POLICY.clause("4.3.4") == ()

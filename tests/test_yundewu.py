"""Policy Y, clause by clause: what decides, and what does not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from complaint_rules import Interval, load_policy
from samples import at, case, event, judge, only, rules

POLICY = load_policy("yundewu-2018")
D = Decimal
SETTLED = {
    "complaint_origin": "external",
    "receiver_can_decide": False,
    "general_affairs_can_decide": True,
    "solvable_normally": True,
    "compensation_involved": False,
    "other_companies_involved": False,
    "major": False,
    "specially_complex": False,
}
REGISTERED = event("registered", "02T09:00")


def decide(*events, when="20T09:00", policy=POLICY, **facts):
    return judge(policy, case(REGISTERED, *events, **{**SETTLED, **facts}), when)


def fined(decision):
    return [(p.rule, p.against, p.kind, p.minimum, p.maximum) for p in decision.penalties]


def test_a_settled_case_leaves_nothing_open():
    assert decide().undetermined == ()
    assert decide().penalties == ()


# Deadlines: on the limit, and a second after it

LIMITS = [
    ("5.2.2", "deliver", [], "first_handler", "delivered", "02T09:30"),
    (
        "5.2.3",
        "investigate",
        [("delivered", "02T09:10")],
        "second_handler",
        "answered_first_handler",
        "02T09:40",
    ),
    (
        "5.2.3",
        "investigate",
        [("delivered", "02T09:10")],
        "second_handler",
        "answered_customer",
        "02T09:40",
    ),
    (
        "5.2.4",
        "supply-data",
        [("data_requested", "02T09:10")],
        "manufacturing_centre",
        "data_supplied",
        "02T09:30",
    ),
    (
        "5.2.5",
        "answer-customer",
        [("result_available", "02T10:00")],
        "first_handler",
        "answered_customer",
        "02T10:10",
    ),
    ("5.2.7", "follow-up", [("closed", "02T17:00")], "first_handler", "followed_up", "09T23:59:59"),
    (
        "6.1",
        "leader-answer",
        [("escalated_to_leader", "02T10:00")],
        "department_leader",
        "leader_answered",
        "02T11:00",
    ),
    ("5.1.2", "report-same-day", [], "first_handler", "reported_to_superior", "02T23:59:59"),
    (
        "7.1.1",
        "general-affairs-answer",
        [("reported_to_superior", "02T10:00")],
        "general_affairs",
        "general_affairs_answered",
        "05T23:59:59",
    ),
    (
        "7.2.1",
        "department-answer",
        [("delivered", "02T09:10")],
        "department_manager",
        "answered_first_handler",
        "02T10:10",
    ),
    (
        "7.2.2",
        "leader-solves",
        [("escalated_to_leader", "02T10:00")],
        "department_leader",
        "leader_solved",
        "02T23:59:59",
    ),
]


@pytest.mark.parametrize(("clause", "rule", "before", "duty_of", "ends", "last"), LIMITS)
def test_limit(clause, rule, before, duty_of, ends, last):
    from datetime import timedelta

    events = [event(name, when) for name, when in before]
    for seconds, status in ((0, "met"), (1, "late")):
        done = (at(last) + timedelta(seconds=seconds)).isoformat()
        item = only(decide(*events, event(ends, done)).deadlines, rule)
        assert (item.clause, item.duty_of, item.status) == (clause, duty_of, status)
    assert only(decide(*events).deadlines, rule).status == "overdue"


def test_5_2_2_only_a_customers_complaint_is_delivered():
    internal = decide(complaint_origin="internal")
    assert "deliver" not in rules(internal.deadlines)
    assert "deliver" in rules(judge(POLICY, case(REGISTERED), "02T10:00").undetermined)


def test_5_2_2_a_promised_time_is_kept():
    promised = event("on_site_reply_promised", "02T09:10", promised_at="2018-07-02T15:00:00+08:00")
    assert (
        only(
            decide(promised, event("answered_customer", "02T15:00")).deadlines, "on-site-promise"
        ).status
        == "met"
    )
    assert (
        only(
            decide(promised, event("answered_customer", "02T15:01")).deadlines, "on-site-promise"
        ).status
        == "late"
    )


def test_5_2_5_the_customer_may_ask_for_another_time():
    asked = event("result_available", "02T10:00", customer_wants_at="2018-07-03T09:00:00+08:00")
    assert only(decide(asked).deadlines, "answer-customer").due_at == at("03T09:00")


def test_5_1_2_at_once_is_undetermined_until_somebody_says_what_it_means():
    decision = decide(receiver_can_decide=True)
    assert only(decision.undetermined, "explain-at-once").missing[0].name == "at_once"
    assert "report-same-day" not in rules(decision.deadlines)
    policy = load_policy("yundewu-2018", parameters={"at_once": "15 elapsed minutes"})
    decision = decide(event("explained", "02T09:15"), policy=policy, receiver_can_decide=True)
    assert only(decision.deadlines, "explain-at-once").status == "met"


def test_7_1_1_rest_days_roll_on():
    friday = case(
        event("registered", "05T09:00"), event("reported_to_superior", "05T10:00"), **SETTLED
    )
    item = only(judge(POLICY, friday, "05T12:00").deadlines, "general-affairs-answer")
    assert item.due_at == at("2018-07-09T23:59:59.999999+08:00")  # Sunday rolls on to Monday


def test_7_1_1_a_major_undecidable_matter_goes_to_the_chairman():
    reported = event("reported_to_superior", "02T10:00")
    decision = decide(reported, major=True, general_affairs_can_decide=False)
    assert only(decision.deadlines, "chairman-report").due_at == at(
        "2018-07-03T23:59:59.999999+08:00"
    )
    item = only(decision.escalations, "chairman-rules")
    assert (item.to, item.capacity, item.final) == ("chairman", "decide", True)
    assert "chairman-report" not in rules(decide(reported, major=True).deadlines)


# Escalations


@pytest.mark.parametrize(
    ("clause", "rule", "events", "facts", "to"),
    [
        ("4.1.2b", "manager-decides", [], {}, [("general_affairs_manager", "decide")]),
        (
            "5.1.2",
            "superior-decides",
            [event("reported_to_superior", "02T10:00")],
            {},
            [("superior", "decide")],
        ),
        (
            "5.1.2",
            "contested-ruling",
            [event("ruling_contested", "05T10:00", contested_by="complainant")],
            {},
            [("general_manager", "review"), ("chairman", "review")],
        ),
        (
            "6.1",
            "beyond-normal-procedure",
            [],
            {"solvable_normally": False},
            [("department_leader", "handle")],
        ),
        (
            "6.2",
            "compensation",
            [],
            {"compensation_involved": True},
            [
                ("general_affairs_manager", "decide"),
                ("marketing_manager", "decide"),
                ("research_manager", "decide"),
            ],
        ),
        ("6.3", "to-chairman", [], {"other_companies_involved": True}, [("chairman", "handle")]),
        ("6.3", "to-chairman", [], {"major": True}, [("chairman", "handle")]),
        (
            "7.2.7",
            "praise",
            [event("praised_in_writing", "05T10:00")],
            {},
            [("general_affairs_manager", "decide")],
        ),
    ],
)
def test_escalation(clause, rule, events, facts, to):
    items = [item for item in decide(*events, **facts).escalations if item.rule == rule]
    assert [(item.to, item.capacity) for item in items] == to
    assert {item.clause for item in items} == {clause}
    if rule != "manager-decides":
        assert rule not in rules(decide().escalations)


def test_4_1_2b_a_penalty_beyond_the_managers_authority_goes_up():
    unset = decide(proposed_penalty=300)
    assert (
        only(unset.undetermined, "penalty-beyond-authority").missing[0].name == "penalty_authority"
    )
    policy = load_policy("yundewu-2018", parameters={"penalty_authority": 300})
    assert "penalty-beyond-authority" not in rules(
        decide(policy=policy, proposed_penalty=300).escalations
    )
    item = only(
        decide(policy=policy, proposed_penalty="300.01").escalations, "penalty-beyond-authority"
    )
    assert (item.to, item.capacity, item.referral) == ("superior", "approve", "company-rules")
    assert "penalty-beyond-authority" not in rules(decide().escalations)


def test_6_2_needs_all_three_replies():
    replies = [
        event("manager_replied", "02T10:00", manager=m)
        for m in ("general_affairs_manager", "marketing_manager")
    ]
    waiting = decide(*replies, compensation_involved=True).escalations
    assert {i.waiting_for for i in waiting if i.rule == "compensation"} == {("research_manager",)}
    last = event("manager_replied", "02T11:00", manager="research_manager")
    complete = decide(*replies, last, compensation_involved=True).escalations
    assert {i.complete for i in complete if i.rule == "compensation"} == {True}


def test_7_2_7_praise_is_rewarded_by_the_companys_rules():
    assert (
        only(decide(event("praised_in_writing", "05T10:00")).escalations, "praise").referral
        == "company-rules"
    )


# Penalties

AGAIN = event("complained_again", "10T09:00", level="repeat")


def test_7_1_1_late_handling():
    late = [
        event("reported_to_superior", "02T10:00"),
        event("general_affairs_answered", "06T09:00"),
    ]
    assert fined(decide(*late, AGAIN)) == [
        ("late-handling", "responsible_person", "fixed", D(50), D(50))
    ]
    in_time = [
        event("reported_to_superior", "02T10:00"),
        event("general_affairs_answered", "05T09:00"),
    ]
    assert fined(decide(*in_time, AGAIN)) == []
    early = event("complained_again", "05T09:00", level="skip_level")
    assert fined(decide(*late, early)) == []
    assert fined(decide(event("reported_to_superior", "03T00:00"), AGAIN))[0][0] == "late-handling"


REPORTED = [
    event("reported_to_superior", "02T10:00"),
    event("general_affairs_answered", "03T09:00"),
]
DELIVERED = event("delivered", "02T09:10")


def test_7_2_1_late_answer():
    late = event("answered_first_handler", "02T10:11")
    assert fined(decide(*REPORTED, DELIVERED, late, AGAIN)) == [
        ("late-answer", "responsible_person", "fixed", D(30), D(30))
    ]
    assert (
        fined(decide(*REPORTED, DELIVERED, event("answered_first_handler", "02T10:10"), AGAIN))
        == []
    )
    two_hours = load_policy(
        "yundewu-2018", parameters={"department_answer_limit": "2 elapsed hours"}
    )
    assert fined(decide(*REPORTED, DELIVERED, late, AGAIN, policy=two_hours)) == []


def test_7_2_1_a_complex_matter():
    answered = event("answered_first_handler", "04T09:00")
    agreed = event("later_time_agreed", "02T10:00", agreed_at="2018-07-04T12:00:00+08:00")
    decision = decide(*REPORTED, DELIVERED, agreed, answered, AGAIN, specially_complex=True)
    assert only(decision.deadlines, "department-answer").status == "met"
    assert fined(decision) == [("complex-matter", "responsible_person", "range", D(50), D(200))]
    assert fined(decide(*REPORTED, DELIVERED, agreed, answered, specially_complex=True)) == []
    late = decide(*REPORTED, DELIVERED, answered, AGAIN, specially_complex=True)
    assert [row[0] for row in fined(late)] == ["complex-matter"]  # instead of late-answer
    unknown = decide(*REPORTED, DELIVERED, answered, AGAIN, specially_complex=None)
    assert unknown.total() == Interval(D("30.00"), D("200.00"))


def test_7_2_2_the_leader():
    escalated = event("escalated_to_leader", "02T10:00")
    assert fined(decide(*REPORTED, escalated, event("leader_solved", "03T00:00"), AGAIN)) == [
        ("leader-late", "department_leader", "fixed", D(100), D(100))
    ]
    assert fined(decide(*REPORTED, escalated, event("leader_solved", "02T23:00"), AGAIN)) == []


@pytest.mark.parametrize(
    ("missed", "kept"),
    [
        ([event("result_available", "02T10:00")], event("answered_customer", "02T10:10")),
        ([event("closed", "02T10:00")], event("followed_up", "09T10:00")),
        (
            [event("on_site_reply_promised", "02T10:00", promised_at="2018-07-02T12:00:00+08:00")],
            event("answered_customer", "02T12:00"),
        ),
    ],
)
def test_7_2_3_the_receiver(missed, kept):
    again = event("complained_again", "12T09:00")
    assert fined(decide(*REPORTED, *missed, again)) == [
        ("receiver-late", "first_handler", "range", D(30), D(50))
    ]
    assert fined(decide(*REPORTED, *missed, kept, again)) == []
    assert fined(decide(*REPORTED, *missed)) == []
    grave = decide(*REPORTED, *missed, again, grave=True)
    assert fined(grave) == [("receiver-grave", "first_handler", "referral", D(0), None)]
    assert grave.penalties[0].referral == "company-rules"


def test_7_2_4_stores():
    direct = event("store_mishandled", "05T10:00", store_kind="directly_operated")
    assert fined(decide(direct, complaint_bonus=300)) == [
        ("store-forfeits-bonus", "store", "forfeiture", D(300), D(300))
    ]
    assert fined(decide(direct)) == [("store-forfeits-bonus", "store", "forfeiture", D(0), None)]
    dealer = event("store_mishandled", "05T10:00", store_kind="dealer")
    twice = [dealer, event("store_mishandled", "06T10:00", store_kind="dealer")]
    assert decide(*twice).total() == Interval(D("400.00"), D("400.00"))
    assert "在货款中扣除" in decide(dealer).explain("zh")
    unknown = decide(event("store_mishandled", "05T10:00"))
    assert rules(unknown.undetermined) == ["store-forfeits-bonus", "dealer-pays"]
    assert dict(unknown.undetermined[0].missing[0].ask)["zh"] == "是直营店还是经销商？"


def test_7_2_5_own_staff():
    plain = event("staff_misconduct", "05T10:00")
    assert fined(decide(plain)) == [
        ("staff-misconduct", "responsible_person", "range", D(30), D(200))
    ]
    media = event("staff_misconduct", "05T10:00", reached_media=True, harmed_company=True)
    assert fined(decide(media, actual_loss=1000)) == [
        ("staff-misconduct-media", "responsible_person", "range", D(100), D(500)),
        ("staff-misconduct-loss", "responsible_person", "compensation", D(0), D(1000)),
    ]
    harmless = event("staff_misconduct", "05T10:00", reached_media=True, harmed_company=False)
    assert [row[0] for row in fined(decide(harmless))] == ["staff-misconduct"]


def test_7_2_6_the_platform():
    assert fined(decide(event("platform_failed", "05T10:00"))) == []
    media = event("platform_failed", "05T10:00", reached_media=True)
    assert fined(decide(media)) == [
        ("platform-failure", "responsible_person", "range", D(50), D(500)),
        ("platform-failure-loss", "responsible_person", "compensation", D(0), None),
    ]


def test_7_2_8_anything_else():
    assert fined(decide(not_covered=True)) == [
        ("not-provided-for", "responsible_person", "referral", D(0), None)
    ]


# Forms and schedules


def test_5_1_1_and_5_2_1_the_forms():
    decision = decide(matter="x", contact_phone="y")
    form, customer = decision.records
    assert (form.clause, form.missing) == (
        "5.1.1",
        ("responsible_person", "course_of_events", "handling_result", "demand"),
    )
    assert (customer.clause, customer.missing) == ("5.2.1", ("contract_number", "address"))
    assert rules(decide(complaint_origin="internal").records) == ["complaint-form"]


def test_5_1_3_and_5_2_7_the_recurring_work():
    assert {
        (s.clause, s.rule, s.due_at.date().isoformat()) for s in decide(when="02T09:00").schedules
    } == {
        ("5.1.3", "weekly-statistics", "2018-07-06"),
        ("5.1.3", "month-end-statistics", "2018-07-31"),
        ("5.2.7", "weekly-follow-up", "2018-07-06"),
    }

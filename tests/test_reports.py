"""Statements, statistics and targets over many decisions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, Decision, DecisionError, Event, MoneyError, TimeError, load_policy
from complaint_rules.money import NOTHING, add_up
from complaint_rules.reports import Period, WageCap, settle, statistics, targets
from samples import HEAD, REPLY, at, load
from strategies import cases as generated_cases
from strategies import rulesets

CHINA = "Asia/Shanghai"
JUNE, JULY, AUGUST = (Period.month(2018, month, CHINA) for month in (6, 7, 8))
NANJING = load_policy("nanjing-cable-2007")
YUNDEWU = load_policy("yundewu-2018")


def instant(text: str) -> str:
    return f"2018-{text}:00+08:00"


def decide(policy, case_id, events, as_of="09-01T00:00", **facts):
    made = [
        Event(one, instant(at)) if isinstance(one, str) else Event(one[0], instant(at), **one[1])
        for one, at in events
    ]
    return policy.evaluate(Case(case_id, facts, made), as_of=instant(as_of), engine="native")


def lines(statement):
    return [(line.case_id, line.rule, line.kind, str(line.amount)) for line in statement.lines]


# Periods


def test_a_month_and_a_week_are_half_open():
    assert JULY.end == AUGUST.start
    assert (JULY.start in JULY, JULY.end in JULY) == (True, False)
    week = Period.week(date(2018, 7, 5), CHINA)
    assert (week.start.date(), week.end.date()) == (date(2018, 7, 2), date(2018, 7, 9))
    assert Period.month(2018, 12, CHINA).end.year == 2019


def test_a_period_that_ends_before_it_starts_is_refused():
    with pytest.raises(TimeError, match="swap the two"):
        Period(JULY.end, JULY.start)


# Statements


def test_a_penalty_belongs_to_the_month_of_its_occurrence():
    decision = decide(
        YUNDEWU,
        "C",
        [
            ("registered", "06-29T09:00"),
            (("staff_misconduct", {"responsible_person": "Zhao"}), "06-30T23:59"),
            (("staff_misconduct", {"responsible_person": "Zhao"}), "07-01T00:00"),
        ],
        receiver_can_decide=True,
    )
    (june,) = settle([decision], JUNE)
    (july,) = settle([decision], JULY)
    assert lines(june) == lines(july) == [("C", "staff-misconduct", "range", "30–200")]
    assert (june.party, str(june.total), june.final) == ("Zhao", "30–200", True)
    assert june.lines[0].clause == "7.2.5"
    assert june.lines[0].occurrence == "staff_misconduct@2018-06-30T15:59:00Z"
    assert settle([decision], AUGUST) == ()


def test_each_overdue_day_belongs_to_its_own_month():
    decision = decide(
        NANJING,
        "C",
        [
            ("registered", "07-25T09:00"),
            (("service_ordered", {"promised_at": instant("07-28T18:00")}), "07-25T09:00"),
            ("service_done", "08-03T10:00"),
        ],
        responsible_department="North",
        not_covered=False,
    )
    assert str(decision.total()) == "1200"  # 29, 30, 31 July and 1, 2, 3 August
    (july,) = settle([decision], JULY)
    (august,) = settle([decision], AUGUST)
    assert lines(july) == [("C", "service-time-limit", "per-day", "600")]
    assert lines(august) == [("C", "service-time-limit", "per-day", "600")]
    assert july.total + august.total == decision.total()


def test_a_refund_comes_with_the_pay_of_the_next_month():
    steps = ["exemption_requested", "general_affairs_verified", "customer_service_verified"]
    decision = decide(
        NANJING,
        "C",
        [
            ("registered", "06-04T09:00"),
            ("staff_misconduct", "06-04T09:00"),
            *((step, "07-30T10:00") for step in [*steps, "leader_approved"]),
            ("general_manager_approved", "07-31T23:59"),
        ],
        responsible_department="North",
        not_covered=False,
    )
    (june,), july, (august,) = (settle([decision], month) for month in (JUNE, JULY, AUGUST))
    assert lines(june) == [("C", "service-conduct", "fixed", "200")]
    assert july == ()
    assert lines(august) == [("C", "approved-exemption", "refund", "-240")]
    assert (str(august.refunds), str(august.total)) == ("-240", "-240")
    assert august.settled("zh") == {"下月绩效工资": august.total}
    assert june.total + august.total == decision.total()


def test_a_cancelled_penalty_is_taken_back_when_that_is_granted():
    events = [
        ("registered", "06-04T09:00"),
        (("system_failed", {"human_fault": False, "manned_indoor": False}), "06-04T09:00"),
        *((e, "07-02T09:00") for e in ("failure_report_filed", "improvement_proposed")),
        ("exemption_confirmed", "07-03T09:00"),
    ]
    decision = decide(NANJING, "C", events, not_covered=False)
    (june,), (july,) = settle([decision], JUNE), settle([decision], JULY)
    assert lines(june) == [("C", "system-failure-other", "fixed", "200")]
    assert lines(july) == [("C", "not-human-exempt", "cancel", "-200")]
    assert june.total + july.total == decision.total()


def test_what_dealers_and_stores_owe_is_summed_by_how_it_is_settled():
    events = [("registered", "07-02T09:00")]
    events += [
        (("store_mishandled", {"store_kind": "dealer", "store": "Small"}), f"07-0{n}T09:00")
        for n in (3, 4)
    ]
    events += [
        (("store_mishandled", {"store_kind": "directly_operated", "store": "Own"}), "07-05T09:00")
    ]
    decision = decide(YUNDEWU, "C", events, complaint_bonus=500, receiver_can_decide=True)
    own, small = settle([decision], JULY)
    assert (own.party, str(own.forfeitures), str(small.forfeitures)) == ("Own", "500", "0")
    assert small.settled("en") == {
        "summed monthly for finance, deducted from payment for goods": small.total
    }
    assert str(small.total) == "400"


def test_what_is_undetermined_keeps_its_bounds_and_is_marked():
    decision = decide(
        YUNDEWU,
        "C",
        [
            ("registered", "07-02T09:00"),
            ("delivered", "07-02T09:20"),
            ("complained_again", "07-02T12:00"),
        ],
        receiver_can_decide=True,
        responsible_person="Zhao",
    )
    (statement,) = settle([decision], JULY)
    assert {(line.rule, str(line.amount), line.certain) for line in statement.lines} == {
        ("late-answer", "0–30", False),
        ("complex-matter", "0–200", False),
    }
    # each line has its own bounds; the total knows, as the decision does, that one excludes the other
    assert (str(statement.total), str(decision.total())) == ("30–200", "30–200")


def test_a_relief_that_may_come_may_take_it_all_back():
    failed = ("system_failed", {"human_fault": None, "manned_indoor": False})
    events = [("registered", "06-04T09:00"), (failed, "06-04T09:00")]
    steps = ["failure_report_filed", "improvement_proposed", "exemption_confirmed"]
    events += [(step, "06-05T09:00") for step in steps]
    decision = decide(NANJING, "C", events, responsible_department="North", not_covered=False)
    (statement,) = settle([decision], JUNE)
    assert {(line.rule, line.kind, str(line.amount), line.certain) for line in statement.lines} == {
        ("system-failure-human", "fixed", "0–200", False),
        ("system-failure-other", "fixed", "0–200", False),
        ("not-human-exempt", "cancel", "-200–0", False),
    }
    low, high = statement.total.minimum, statement.total.maximum
    assert low <= decision.total().minimum <= decision.total().maximum <= high


def test_a_relief_of_a_role_nobody_has_is_stated_by_role():
    body = (
        REPLY
        + """
penalties:
  - {id: p, clause: "2", title: {en: P}, per: reply, when: deadline.missed, amount: 20 CNY}
reliefs:
  - {id: r, clause: "3", title: {en: R}, of: p, when: urgent, refunds: 100 %}
"""
    )
    decision = decide(load(body), "C", [("registered", "07-02T09:00")])
    (statement,) = settle([decision], JULY)
    assert statement.party == "department"
    assert {(line.kind, str(line.amount)) for line in statement.lines} == {
        ("fixed", "20"),
        ("refund", "-20–0"),
    }
    assert {line.penalty for line in statement.lines} == {decision.penalties[0].id}


def test_an_amount_that_a_parameter_gives_for_each_day():
    body = (
        REPLY
        + """
parameters: {tariff: {type: money, title: {en: tariff}, value: 15}}
penalties:
  - {id: p, clause: "2", title: {en: P}, per: reply, when: deadline.overdue_days > 0,
     amount: tariff per overdue day}
"""
    )
    decision = decide(load(body), "C", [("registered", "07-29T09:00"), ("replied", "08-02T09:00")])
    totals = [str(settle([decision], month)[0].total) for month in (JULY, AUGUST)]
    assert totals == ["30", "30"]


RELIEFS = """
penalties:
  - {id: p, clause: "2", title: {en: P}, per: complained_again, against: clerk, amount: 100 CNY}
reliefs:
  - {id: whole, clause: "3", title: {en: Whole}, of: p, when: visits > 0, refunds: 100 %}
  - {id: more, clause: "3", title: {en: More}, of: p, when: visits > 1, refunds: 120 %}
  - {id: none, clause: "3", title: {en: None}, of: p, when: urgent, cancels: true}
"""


@pytest.mark.parametrize(
    ("facts", "stated", "total"),
    [
        ({"visits": 1, "urgent": False}, [("fixed", "100"), ("refund", "-100")], "0"),
        # the larger counts
        ({"visits": 2, "urgent": False}, [("fixed", "100"), ("refund", "-120")], "-20"),
        # nothing is refunded of what is cancelled
        ({"visits": 2, "urgent": True}, [("cancel", "0")], "0"),
        # a cancelling would take the refund back
        ({"visits": 2}, [("fixed", "100"), ("refund", "-120"), ("cancel", "0–20")], "-20–0"),
        # what may still be refunded of it is nothing
        ({"urgent": True}, [("cancel", "0")], "0"),
        ({"visits": 0}, [("fixed", "100"), ("cancel", "-100–0")], "0–100"),
    ],
)
def test_of_several_reliefs_of_one_penalty_one_counts(facts, stated, total):
    events = [("registered", "07-02T09:00"), ("complained_again", "07-02T10:00")]
    decision = decide(load(RELIEFS), "C", events, **facts)
    (statement,) = settle([decision], JULY)
    assert [(line.kind, str(line.amount)) for line in statement.lines] == stated
    assert str(statement.total) == total == str(decision.total())


def test_parties_are_stated_by_name_else_by_role():
    events = [("registered", "07-02T09:00"), ("staff_misconduct", "07-02T09:00")]
    named = decide(YUNDEWU, "A", events, receiver_can_decide=True, responsible_person="Zhao")
    unnamed = decide(YUNDEWU, "B", events, receiver_can_decide=True)
    assert [s.party for s in settle([named, unnamed], JULY)] == ["Zhao", "responsible_person"]


def test_of_a_case_only_the_heaviest_counts_where_the_policy_says_so():
    body = """
penalties:
  - {id: one, clause: "1", title: {en: One}, per: complained_again, against: clerk, amount: 30 CNY}
  - {id: two, clause: "2", title: {en: Two}, per: complained_again, against: clerk, amount: 20-50 CNY}
"""
    policy = load(body, head=HEAD.replace("cumulative", "heaviest"))
    events = [("registered", "07-02T09:00"), ("complained_again", "07-02T10:00")]
    decisions = [decide(policy, name, events) for name in ("A", "B")]
    (statement,) = settle(decisions, JULY)
    assert str(statement.total) == "60–100"
    assert len(statement.lines) == 4


def test_the_heaviest_is_found_for_each_role_as_in_the_decision():
    body = """
penalties:
  - {id: one, clause: "1", title: {en: One}, per: complained_again, against: clerk, amount: 30 CNY}
  - {id: two, clause: "2", title: {en: Two}, per: complained_again, against: boss, amount: 50 CNY}
"""
    policy = load(body, head=HEAD.replace("cumulative", "heaviest"))
    events = [("registered", "07-02T09:00"), ("complained_again", "07-02T10:00")]
    decision = decide(policy, "C", events, clerk="Li", boss="Li")
    (statement,) = settle([decision], JULY)
    assert str(statement.total) == str(decision.total("Li")) == "80"


def test_a_statement_of_a_month_that_is_not_over_says_so():
    events = [("registered", "07-02T09:00"), ("staff_misconduct", "07-02T09:00")]
    early = decide(YUNDEWU, "A", events, as_of="07-31T23:59", receiver_can_decide=True)
    assert [s.final for s in settle([early], JULY)] == [False]
    late = decide(YUNDEWU, "A", events, as_of="08-01T00:00", receiver_can_decide=True)
    assert [s.final for s in settle([late], JULY)] == [True]


def test_decisions_that_cannot_be_settled_are_refused():
    decision = decide(
        YUNDEWU, "A", [("registered", "07-02T09:00"), ("staff_misconduct", "07-02T09:00")]
    )
    with pytest.raises(DecisionError, match="two decisions on case A"):
        settle([decision, decision], JULY)
    with pytest.raises(DecisionError, match="read without its policy"):
        settle([Decision.from_json(decision.to_json())], JULY)
    euro = load(
        'penalties:\n  - {id: p, clause: "1", title: {en: P}, against: clerk, amount: 1 EUR}\n',
        head=HEAD.replace("CNY", "EUR"),
    )
    other = decide(euro, "B", [("registered", "07-02T09:00")])
    with pytest.raises(DecisionError, match="settle each currency by itself"):
        settle([decision, other], JULY)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 92), st.integers(0, 40)), min_size=1, max_size=4),
    st.booleans(),
)
def test_the_statements_of_all_months_add_up_to_the_decision(orders, exempt):
    """However the overdue days and the exemption fall on the months."""
    start = date(2018, 6, 1).toordinal()
    events = [("registered", "06-01T00:00")]
    for day, late in orders:
        due = date.fromordinal(start + day).strftime("%m-%d")
        done = date.fromordinal(start + day + late).strftime("%m-%d")
        order = {"id": f"{day}-{late}-{len(events)}", "promised_at": instant(f"{due}T12:00")}
        events.append((("service_ordered", order), "06-01T00:00"))
        events.append((("service_done", {"ref": order["id"]}), f"{done}T13:00"))
    if exempt:
        steps = ["general_affairs_verified", "customer_service_verified", "leader_approved"]
        steps = ["exemption_requested", *steps, "general_manager_approved"]
        events += [(step, "07-20T10:00") for step in steps]
    decision = decide(NANJING, "C", events, as_of="12-31T00:00", not_covered=False)
    months = [Period.month(2018, month, CHINA) for month in range(5, 13)]
    found = [statement.total for month in months for statement in settle([decision], month)]
    total = sum((interval.minimum for interval in found), Decimal(0))
    assert total == decision.total().minimum


# Wages


def compensation(loss: int):
    return decide(
        YUNDEWU,
        "C",
        [
            ("registered", "07-02T09:00"),
            (("platform_failed", {"reached_media": True}), "07-02T09:00"),
        ],
        receiver_can_decide=True,
        responsible_person="Zhao",
        actual_loss=loss,
    )


@pytest.mark.parametrize(
    ("wage", "minimum_wage", "now", "later"),
    [
        (10_000, 2_000, "50–2500", "0–3000"),  # 20 % of the wage
        (2_300, 2_000, "50–800", "0–4700"),  # down to the minimum wage
        (1_900, 2_000, "50–500", "0–5000"),  # nothing above the minimum wage
        (90_000, 2_000, "50–5500", "0"),
    ],
)
def test_compensation_is_deducted_up_to_the_cap(wage, minimum_wage, now, later):
    (statement,) = settle(
        [compensation(5000)], JULY, wage_cap=WageCap({"Zhao": wage}, minimum_wage)
    )
    assert (str(statement.due_now), str(statement.carried_over)) == (now, later)
    assert str(statement.total) == "50–5500"


def test_the_cap_is_off_unless_asked_for_and_holds_only_for_wages():
    (statement,) = settle([compensation(5000)], JULY)
    assert (statement.due_now, str(statement.carried_over)) == (statement.total, "0")
    (statement,) = settle([compensation(5000)], JULY, wage_cap=WageCap({"Li": 3000}, 2000))
    assert statement.due_now == statement.total


def test_the_cap_can_be_applied_to_fines_as_well():
    cap = WageCap({"Zhao": 3000}, 2900, kinds=("compensation", "range"))
    (statement,) = settle([compensation(5000)], JULY, wage_cap=cap)
    assert (str(statement.due_now), str(statement.carried_over)) == ("50–100", "0–5400")


@pytest.mark.parametrize(
    "wrong", [{"share": 0.2}, {"share": Decimal("1.1")}, {"minimum_wage": 1.5}]
)
def test_a_cap_of_floats_or_above_the_wage_is_refused(wrong):
    with pytest.raises(MoneyError):
        WageCap(**({"wages": {}, "minimum_wage": 2000} | wrong))


# Statistics


def complaint(case_id, day, **facts):
    return Case(case_id, facts, [Event("registered", instant(f"07-{day:02}T09:00"))])


CASES = [
    complaint("A", 2, fault_type="network", fault_kind="trunk", matter="no picture"),
    complaint(
        "B", 3, fault_type="network", fault_kind="trunk", matter="noise", problem_cause="dig"
    ),
    complaint("C", 4, fault_type="broadband"),
    complaint("D", 31, matter="slow"),
]


def judged(cases, policy=NANJING):
    return [policy.evaluate(case, as_of=instant("08-01T00:00"), engine="native") for case in cases]


def test_the_classified_table_of_the_policy():
    table = statistics(CASES, judged(CASES), JULY)
    assert (table.by, table.lists, table.count) == (
        ("fault_type", "fault_kind"),
        ("matter", "problem_cause"),
        4,
    )
    assert [(row.values, row.count, row.case_ids) for row in table.rows] == [
        (("broadband", None), 1, ("C",)),
        (("network", "trunk"), 2, ("A", "B")),
        ((None, None), 1, ("D",)),
    ]
    assert table.rows[1].listed == (("no picture", "noise"), ("dig",))
    assert table.dicts()[1]["fault_type"] == "network"


def test_a_week_has_the_cases_registered_in_it():
    week = Period.week(date(2018, 7, 2), CHINA)
    assert statistics(CASES, judged(CASES), week).count == 3


def test_any_facts_can_classify_and_limits_and_penalties_are_counted():
    case = Case(
        "A",
        {"complaint_origin": "external", "receiver_can_decide": True},
        [
            Event("registered", instant("07-02T09:00")),
            Event("staff_misconduct", instant("07-02T10:00")),
        ],
    )
    table = statistics([case], judged([case], YUNDEWU), JULY, by=["complaint_origin"])
    (row,) = table.rows
    assert (row.values, row.open_limits, row.missed_limits) == (("external",), 1, 1)
    assert str(row.penalties) == "30–200"
    assert statistics([case], judged([case], YUNDEWU), JULY).by == (
        "complaint_origin",
        "complaint_subject",
    )


def test_statistics_from_json_need_to_be_told_the_facts():
    read = [Decision.from_json(decision.to_json()) for decision in judged(CASES)]
    with pytest.raises(DecisionError, match=r"say by which facts, by=\[…\]"):
        statistics(CASES, read, JULY)
    assert statistics(CASES, read, JULY, by=["fault_type"]).count == 4


def test_cases_and_decisions_have_to_pair_and_be_dated():
    with pytest.raises(DecisionError, match="do not pair for D"):
        statistics(CASES, judged(CASES[:3]), JULY)
    with pytest.raises(DecisionError, match="no event 'closed' to date it"):
        statistics(CASES, judged(CASES), JULY, dated_by="closed")


# Targets

METERING = load_policy("metering-service")


def service(case_id, hours, **facts):
    events = [Event("registered", instant("07-02T09:00"))]
    if hours is not None:
        events.append(
            Event("arrived_on_site", instant(f"07-{2 + hours // 24:02}T{9 + hours % 24:02}:00"))
        )
    return METERING.evaluate(
        Case(case_id, facts, events), as_of=instant("07-10T00:00"), engine="native"
    )


def timeliness(decisions):
    return next(r for r in targets(METERING, decisions) if r.rule == "service-timeliness")


def test_a_target_is_reached_or_not():
    good = [service(str(n), 3, distance_km=10) for n in range(9)]
    result = timeliness([*good, service("late", 30, distance_km=10)])
    assert (result.counted, result.achieved, result.undetermined) == (10, 9, 0)
    assert result.lowest == result.highest == Fraction(9, 10)
    assert result.reached is True  # exactly 90 %
    assert timeliness([*good[1:], service("late", 30, distance_km=10)]).reached is False


def test_what_is_undetermined_leaves_a_range():
    unknown = service("far?", 30)
    good = [service(str(n), 3, distance_km=10) for n in range(8)]
    result = timeliness([*good, unknown])
    assert (result.counted, result.undetermined) == (8, 1)
    assert (result.lowest, result.highest) == (Fraction(8, 9), Fraction(1))
    assert result.reached is None
    assert timeliness([*good, good[0], unknown]).reached is True


def test_a_target_without_cases_is_not_decided():
    (timely, satisfied, complaints) = targets(METERING, [])
    assert (timely.lowest, timely.reached) == (None, None)
    assert (satisfied.threshold, complaints.comparison) == (Decimal("0.85"), "below")


def test_a_rate_that_has_to_stay_below():
    body = (
        REPLY
        + """
targets:
  - {id: few, clause: "1", title: {en: Few}, achieved: urgent, below: 50 %}
"""
    )
    policy = load(body)

    def outcome(*urgent):
        cases = [Case(str(n), {} if u is None else {"urgent": u}) for n, u in enumerate(urgent)]
        decisions = [policy.evaluate(c, as_of=instant("07-02T09:00")) for c in cases]
        (result,) = targets(policy, decisions)
        return result.reached

    assert outcome(True, False, False) is True
    assert outcome(True, False) is False
    assert outcome(False, False, None) is True
    assert outcome(False, True, None, False) is None


def test_targets_serve_decisions_from_json_and_leave_out_other_policies():
    decisions = [service("a", 3, distance_km=10), *judged(CASES)]
    read = [Decision.from_json(decision.to_json()) for decision in decisions]
    assert timeliness(read) == timeliness(decisions)
    assert timeliness(read).counted == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([True, False, None]), st.sampled_from([True, False, None])),
        max_size=7,
    )
)
def test_the_bounds_of_a_rate_hold_every_way_it_can_turn_out(outcomes):
    """Against trying out everything that is unknown."""
    from itertools import product

    body = """
targets:
  - {id: t, clause: "1", title: {en: T}, when: urgent, achieved: visits > 0, at_least: 50 %}
"""
    policy = load(REPLY + body)
    decisions = []
    for number, (counted, achieved) in enumerate(outcomes):
        facts = {"urgent": counted, "visits": None if achieved is None else int(achieved)}
        decisions.append(policy.evaluate(Case(str(number), facts), as_of=instant("07-02T09:00")))
    (result,) = targets(policy, decisions)
    rates = set()
    choices = [
        [
            (c, a)
            for c in ([True, False] if counted is None else [counted])
            for a in ([True, False] if achieved is None else [achieved])
        ]
        for counted, achieved in outcomes
    ]
    for world in product(*choices):
        of = [achieved for counted, achieved in world if counted]
        if of:
            rates.add(Fraction(sum(of), len(of)))
    if rates:
        assert (result.lowest, result.highest) == (min(rates), max(rates))
        verdicts = {rate >= Fraction(1, 2) for rate in rates}
        assert result.reached is (verdicts.pop() if len(verdicts) == 1 else None)
    else:
        assert result.reached is None


@settings(max_examples=150, deadline=None)
@given(rulesets(), generated_cases(), st.sampled_from(["02T12:00", "05T12:00", "30T12:00"]))
def test_one_statement_over_all_time_says_what_the_decision_says(body, case, as_of):
    """Of any policy and case that has come in, whatever is undetermined."""
    decision = load(body).evaluate(case, as_of=at(as_of), engine="native")
    always = Period(at("01T00:00").replace(year=2000), at("01T00:00").replace(year=2040))
    dates = [event.at for event in case.events if event.type == "registered"]
    if decision.liabilities and not dates:
        with pytest.raises(DecisionError, match="to date it"):
            settle([decision], always)
        return
    total = add_up(statement.total for statement in settle([decision], always))
    came_in = any(date_ <= at(as_of) for date_ in dates)
    assert total == (decision.total() if came_in else NOTHING)

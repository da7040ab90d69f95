from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules import DecisionError, Interval
from samples import HEAD, REPLY, at, case, event, judge, load, only, rules

D = Decimal
FINES = (
    REPLY
    + """
penalties:
  - id: late
    clause: "2.1"
    title: {en: Late reply}
    per: complained_again
    when: reply.missed_before_event
    against: clerk
    amount: 30 CNY
  - id: serious
    clause: "2.2"
    title: {en: Serious}
    per: complained_again
    when: urgent and reply.missed_before_event
    against: clerk
    amount: 50-200 CNY
    exception_to: late
  - id: rude
    clause: "2.3"
    title: {en: Rude}
    per: complained_again
    when: event.rude
    against: department
    amount: 100 CNY
"""
)
POLICY = load(FINES)
REGISTERED = event("registered", "02T09:00")


def decide(*events, policy=POLICY, when="10T09:00", **facts):
    return judge(policy, case(REGISTERED, *events, **facts), when)


# Causal order


@pytest.mark.parametrize(
    ("replied", "again", "fined"),
    [
        (None, "02T09:29", False),
        (None, "02T09:30", False),  # the limit has not passed yet
        (None, "02T09:31", True),
        ("02T09:30", "02T11:00", False),
        ("02T09:40", "02T11:00", True),
        ("02T09:40", "02T09:20", False),  # the complaint came first
    ],
)
def test_a_fine_for_lateness_needs_the_complaint_to_come_after_it(replied, again, fined):
    events = [event("complained_again", again, rude=False)]
    if replied:
        events.append(event("replied", replied))
    decision = decide(*events, urgent=False)
    assert rules(decision.penalties) == (["late"] if fined else [])
    assert decision.undetermined == ()


def test_every_occurrence_is_fined():
    decision = decide(
        event("complained_again", "02T11:00", rude=False),
        event("complained_again", "02T12:00", rude=True),
        urgent=False,
        clerk="Li",
        department="Sales",
    )
    assert [(p.rule, p.against, p.party, p.occurred_at) for p in decision.penalties] == [
        ("late", "clerk", "Li", at("02T11:00")),
        ("late", "clerk", "Li", at("02T12:00")),
        ("rude", "department", "Sales", at("02T12:00")),
    ]
    assert decision.total() == Interval(D("160.00"), D("160.00"))
    assert decision.total("Li") == decision.total("clerk") == Interval(D("60.00"), D("60.00"))
    with pytest.raises(DecisionError, match=r"did you mean 'Sales'"):
        decision.total("Salse")
    with pytest.raises(DecisionError, match="'fr' is not a language"):
        decision.explain("fr")


def test_a_penalty_says_what_it_is():
    decision = decide(event("complained_again", "02T11:00", rude=False), urgent=True)
    (item,) = decision.penalties
    assert (item.rule, item.clause, item.against, item.kind) == ("serious", "2.2", "clerk", "range")
    assert (item.minimum, item.maximum, item.currency) == (D("50.00"), D("200.00"), "CNY")
    assert item.occurrence == "complained_again@2018-07-02T03:00:00Z"
    assert item.referral is None
    assert item.reason.condition == "urgent and reply.missed_before_event"
    assert [(read.name, read.value) for read in item.reason.read] == [
        ("urgent", True),
        ("reply.missed_before_event", True),
    ]


SHARED = (
    REPLY
    + """
penalties:
  - {id: late, clause: "2", title: {en: Late}, per: complained_again, when: reply.missed_before_event, against: department, amount: 30 CNY}
  - {id: serious, clause: "3", title: {en: Serious}, per: complained_again, when: urgent and reply.missed_before_event, against: department, amount: 50 CNY, exception_to: late}
  - {id: other, clause: "4", title: {en: Other}, per: complained_again, when: reply.missed_before_event, against: clerk, amount: 7 CNY}
"""
)


@pytest.mark.parametrize(
    ("urgent", "fined", "total"),
    [
        (False, [("late", "Repair")], (37, 37)),
        (True, [("serious", "Repair")], (57, 57)),
        (None, [], (37, 57)),
    ],
)
def test_of_two_departments_only_the_late_one_is_fined(urgent, fined, total):
    the_case = case(
        event("registered", "02T09:00"),
        event("replied", "02T09:10", department="Sales"),
        event("complained_again", "02T11:00"),
        urgent=urgent,
        department=["Sales", "Repair"],
    )
    decision = judge(load(SHARED), the_case, "03T09:00")
    assert [(p.rule, p.party) for p in decision.penalties] == [*fined, ("other", None)]
    assert (decision.total().minimum, decision.total().maximum) == total
    assert decision.total("Sales") == Interval(D(0), D(0))
    assert {u.party for u in decision.undetermined} == ({"Repair"} if urgent is None else set())


# Exceptions


def test_an_exception_replaces_the_rule_and_unknown_leaves_both_open():
    again = event("complained_again", "02T11:00", rude=False)
    assert rules(decide(again, urgent=True).penalties) == ["serious"]
    assert rules(decide(again, urgent=False).penalties) == ["late"]
    unknown = decide(again)
    assert unknown.penalties == ()
    assert rules(unknown.undetermined) == ["late", "serious"]
    assert [m.name for u in unknown.undetermined for m in u.missing] == ["urgent", "urgent"]
    # Exactly one of them applies: never nothing, never both.
    assert unknown.total() == Interval(D("30.00"), D("200.00"))


def test_an_exception_to_an_exception_restores_the_rule():
    policy = load(
        FINES
        + """
  - id: excused
    clause: "2.4"
    title: {en: Excused}
    per: complained_again
    when: visits > 5
    against: clerk
    refers_to: rules
    exception_to: serious
"""
    )
    again = event("complained_again", "02T11:00", rude=False)
    assert rules(decide(again, policy=policy, urgent=True, visits=6).penalties) == [
        "late",
        "excused",
    ]
    assert rules(decide(again, policy=policy, urgent=True, visits=1).penalties) == ["serious"]


@given(st.sampled_from([True, False, None]), st.sampled_from([True, False, None]))
def test_the_total_of_unknowns_contains_every_outcome_and_no_more(urgent, rude):
    def total(urgent, rude):
        return decide(event("complained_again", "02T11:00", rude=rude), urgent=urgent).total()

    outcomes = [
        total(u, r)
        for u in ([urgent] if urgent is not None else [True, False])
        for r in ([rude] if rude is not None else [True, False])
    ]
    hull = outcomes[0]
    for outcome in outcomes[1:]:
        hull = hull.hull(outcome)
    assert total(urgent, rude) == hull


# Kinds


def one(
    consequence: str,
    *,
    per: str = "complained_again",
    against: str = "    against: clerk\n",
    more: str = "",
    **facts,
):
    body = (
        REPLY
        + f"""
penalties:
  - id: it
    clause: "2"
    title: {{en: It}}
    per: {per}
{against}    {consequence}
"""
    )
    decision = decide(event("complained_again", "05T11:00"), policy=load(body), **facts)
    return (decision.penalties or decision.undetermined)[0], decision


@pytest.mark.parametrize(
    ("consequence", "facts", "kind", "low", "high"),
    [
        ("amount: 30 CNY", {}, "fixed", "30.00", "30.00"),
        ("amount: 30-50 CNY", {}, "range", "30.00", "50.00"),
        ("amount: 30-60 % of loss", {"loss": "99.99"}, "share", "30.00", "59.99"),
        ("amount: 50 % of loss", {"loss": "0.01"}, "share", "0.01", "0.01"),
        ("amount: loss", {"loss": 7}, "fixed", "7.00", "7.00"),
        ("forfeits: loss", {"loss": 7}, "forfeiture", "7.00", "7.00"),
        ("forfeits: loss", {}, "forfeiture", "0.00", None),
        ("compensates: loss", {"loss": 7}, "compensation", "0.00", "7.00"),
        ("compensates: loss", {}, "compensation", "0.00", None),
        ("dismisses: true", {}, "dismissal", "0.00", "0.00"),
        ("refers_to: rules", {}, "referral", "0.00", None),
    ],
)
def test_every_kind(consequence, facts, kind, low, high):
    item, decision = one(consequence, **facts)
    assert (item.kind, str(item.minimum), item.maximum) == (
        kind,
        low,
        None if high is None else D(high),
    )
    assert item.referral == ("rules" if kind == "referral" else None)
    assert decision.total().maximum == (None if high is None else D(high))


@pytest.mark.parametrize("consequence", ["amount: 30-60 % of loss", "amount: loss"])
def test_an_amount_that_cannot_be_worked_out_is_undetermined(consequence):
    item, decision = one(consequence)
    assert [m.name for m in item.missing] == ["loss"]
    assert (item.minimum, item.maximum) == (D("0.00"), None)
    assert decision.total() == Interval(D("0.00"), None)


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        ("calendar-dates", 4),
        ("started-days", 4),
        ("completed-days", 3),
        ("working-dates", 2),
        ("started-working-days", 2),
    ],
)
def test_per_overdue_day_under_each_reading(reading, expected):
    body = (
        REPLY.replace("30 elapsed minutes", "same day")
        + """
penalties:
  - {id: it, clause: "2", title: {en: It}, per: reply, when: deadline.missed, amount: 200 CNY per overdue day}
"""
    )
    policy = load(body, head=HEAD.replace("calendar-dates", reading))
    the_case = case(
        event("registered", "05T09:00"), event("replied", "09T13:40"), department="Sales"
    )
    (item,) = judge(policy, the_case, "20T09:00").penalties
    assert item.minimum == item.maximum == D(200 * expected)
    assert (item.kind, item.party, item.against) == ("per-day", "Sales", "department")
    assert item.reason.arithmetic == f"200 CNY × {expected} = {200 * expected}"


def test_a_per_day_fine_of_an_undetermined_limit_is_undetermined():
    body = (
        """
parameters: {limit: {type: duration, title: {en: limit}}}
"""
        + REPLY.replace("30 elapsed minutes", "limit")
        + """
penalties:
  - {id: it, clause: "2", title: {en: It}, per: reply, when: deadline.missed, amount: 200 CNY per overdue day}
"""
    )
    decision = decide(policy=load(body))
    assert [(u.rule, [m.name for m in u.missing]) for u in decision.undetermined] == [
        ("reply", ["limit"]),
        ("it", ["limit"]),
    ]
    assert decision.total() == Interval(D("0.00"), None)


# Adding up


@pytest.mark.parametrize(
    ("adds_up", "urgent", "rude", "total"),
    [
        ("cumulative", False, True, ("130.00", "130.00")),
        ("heaviest", False, True, ("100.00", "100.00")),
        ("heaviest", True, True, ("100.00", "200.00")),
        ("heaviest", True, None, ("50.00", "200.00")),
    ],
)
def test_adding_up_for_one_party(adds_up, urgent, rude, total):
    body = FINES.replace("against: department", "against: clerk")
    policy = load(body, head=HEAD.replace("cumulative", adds_up))
    decision = decide(
        event("complained_again", "02T11:00", rude=rude), policy=policy, urgent=urgent
    )
    assert decision.total() == Interval(D(total[0]), D(total[1]))


# Reliefs

RELIEVED = (
    FINES
    + """
reliefs:
  - id: excused
    clause: "3.1"
    title: {en: Excused}
    of: late
    when: visits >= 3
    cancels: true
  - id: refunded
    clause: "3.2"
    title: {en: Refunded}
    not_of: rude
    when: answered.happened
    refunds: 120 %
    paid_with: {en: next pay}
"""
)


@pytest.mark.parametrize(
    ("urgent", "visits", "answered", "total", "reliefs"),
    [
        (False, 0, False, ("130", "130"), []),
        (False, 3, False, ("100", "100"), ["cancel"]),
        (False, 0, True, ("94", "94"), ["refund"]),
        (False, 3, True, ("100", "100"), ["cancel", "refund"]),  # nothing is refunded of nothing
        (True, 3, True, ("60", "90"), ["refund"]),  # -20 % of 50 to 200, not 50-240 to 200-60
        (False, None, False, ("100", "130"), []),
        (False, None, True, ("94", "100"), ["refund"]),
    ],
)
def test_reliefs(urgent, visits, answered, total, reliefs):
    events = [event("complained_again", "02T11:00", rude=True)]
    if answered:
        events.append(event("answered", "05T09:00"))
    decision = decide(*events, policy=load(RELIEVED), urgent=urgent, visits=visits)
    assert [item.kind for item in decision.reliefs] == reliefs
    assert decision.total() == Interval(
        D(total[0]).quantize(D("0.01")), D(total[1]).quantize(D("0.01"))
    )
    assert (visits is None) == ("excused" in rules(decision.undetermined))


def test_a_relief_says_what_it_takes_back():
    events = [event("complained_again", "02T11:00", rude=True), event("answered", "05T09:00")]
    decision = decide(*events, policy=load(RELIEVED), urgent=True, visits=0, clerk="Li")
    (relief,) = decision.reliefs
    penalty = only(decision.penalties, "serious")
    assert (relief.penalty, relief.party) == (penalty.id, "Li")
    assert (relief.minimum, relief.maximum) == (D("60.00"), D("240.00"))
    assert relief.reason.arithmetic == "120 % × 50–200 = 60–240"
    assert penalty.relieved_by == ("refunded",)
    assert only(decision.penalties, "rude").relieved_by == ()
    assert "next pay" in decision.explain("en")


def test_of_two_refunds_the_larger_counts_and_they_do_not_add_up():
    policy = load(
        REPLY
        + """
penalties:
  - {id: it, clause: "2", title: {en: It}, per: complained_again, against: clerk, amount: 100 CNY}
reliefs:
  - {id: half, clause: "3", title: {en: Half}, of: it, refunds: 50 %}
  - {id: most, clause: "3", title: {en: Most}, of: it, when: urgent, refunds: 80 %}
"""
    )
    again = event("complained_again", "02T11:00")
    assert decide(again, policy=policy, urgent=True).total() == Interval(D("20.00"), D("20.00"))
    assert decide(again, policy=policy, urgent=False).total() == Interval(D("50.00"), D("50.00"))
    assert decide(again, policy=policy).total() == Interval(D("20.00"), D("50.00"))


def test_a_refund_of_an_open_amount_leaves_the_total_open_below():
    policy = load(
        REPLY
        + """
penalties:
  - {id: it, clause: "2", title: {en: It}, per: complained_again, against: clerk, refers_to: rules}
reliefs:
  - {id: back, clause: "3", title: {en: Back}, of: all, refunds: 120 %}
"""
    )
    decision = decide(event("complained_again", "02T11:00"), policy=policy)
    assert decision.total().minimum is None


def test_a_relief_of_one_occurrence_leaves_the_others():
    policy = load(
        FINES
        + """
reliefs:
  - {id: polite, clause: "3", title: {en: Polite}, per: complained_again, of: late, when: not event.rude, cancels: true}
"""
    )
    decision = decide(
        event("complained_again", "02T11:00", rude=False),
        event("complained_again", "02T12:00", rude=True),
        policy=policy,
        urgent=False,
    )
    assert [(p.rule, bool(p.relieved_by)) for p in decision.penalties] == [
        ("late", True),
        ("late", False),
        ("rude", False),
    ]
    assert decision.total() == Interval(D("130.00"), D("130.00"))


@given(st.integers(0, 300))
def test_replying_earlier_never_raises_the_total(minutes):
    from datetime import timedelta

    def total(after):
        replied = event("replied", (at("02T09:00") + timedelta(minutes=after)).isoformat())
        return decide(
            replied, event("complained_again", "02T11:00", rude=False), urgent=False
        ).total()

    assert total(minutes).maximum >= total(minutes // 2).maximum


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("    of: all\n", "either cancels: true or refunds"),
        ("    of: all\n    cancels: true\n    refunds: 120 %\n", "either cancels: true or refunds"),
        ("    cancels: true\n", "'of', or those it is 'not_of'"),
        ("    of: lat\n    cancels: true\n", "did you mean 'late'"),
        ("    of: late\n    refunds: much\n", "not a percentage"),
        ("    of: late\n    refunds: 10-20 %\n", "one percentage"),
    ],
)
def test_reliefs_that_are_wrong(lines, message):
    from samples import problems

    body = FINES + "reliefs:\n  - id: relief\n    clause: '3'\n    title: {en: Relief}\n" + lines
    assert any(message in problem.message for problem in problems(body))

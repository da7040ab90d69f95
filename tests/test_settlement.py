"""Statements made month after month: together they say what the decision says."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import (
    Case,
    DecisionError,
    Event,
    MoneyError,
    Policy,
    PolicyVersions,
    load_policy,
)
from complaint_rules.money import NOTHING, Interval, add_up
from complaint_rules.reports import Period, Statement, WageCap, settle
from complaint_rules.testing.strategies import cases as cases_of
from samples import HEAD, REPLY, case, event, judge, load
from strategies import cases as sample_cases
from strategies import conditions, rulesets

CHINA = "Asia/Shanghai"
JUNE, JULY, AUGUST, SEPTEMBER = (Period.month(2018, month, CHINA) for month in (6, 7, 8, 9))
HEAVIEST = HEAD.replace("cumulative", "heaviest")


def june(day: int) -> str:
    return f"2018-06-{day:02}T09:00:00+08:00"


def july(day: int) -> str:
    return f"2018-07-{day:02}T09:00:00+08:00"


def august(day: int) -> str:
    return f"2018-08-{day:02}T09:00:00+08:00"


def at_the_end(policy: Policy | PolicyVersions, the_case: Case, month: Period):
    """The decision with which the statement of a month is made: nothing later is known."""
    so_far = Case(
        the_case.id, the_case.facts, [one for one in the_case.events if one.at < month.end]
    )
    return policy.evaluate(so_far, as_of=month.end - timedelta(microseconds=1))


def stated(policy: Policy | PolicyVersions, the_case: Case, month: Period):
    """Kind and amount of each line of the month, as it is stated at its end, and the total."""
    statements = settle([at_the_end(policy, the_case, month)], month)
    lines = [(line.kind, str(line.amount)) for one in statements for line in one.lines]
    return lines, str(add_up(one.total for one in statements))


NOTHING_STATED: tuple[list[tuple[str, str]], str] = ([], "0")


# When a penalty is stated: in the month in which it first stood


def test_a_penalty_of_the_case_is_stated_when_it_comes_to_stand():
    policy = load("""
penalties:
  - {id: p, clause: "1", title: {en: P}, against: clerk, amount: 30 CNY,
     when: complained_again.count >= 2}
""")
    events = [("registered", june(29)), ("complained_again", june(30))]
    events.append(("complained_again", july(3)))
    the_case = case(*(event(*one) for one in events))
    # by its registration it would belong to June, which was closed before it stood
    assert stated(policy, the_case, JUNE) == NOTHING_STATED
    assert stated(policy, the_case, JULY) == ([("fixed", "30")], "30")
    assert stated(policy, the_case, AUGUST) == NOTHING_STATED


def test_a_penalty_of_a_limit_is_stated_when_it_comes_to_stand():
    policy = load(
        REPLY
        + """
penalties:
  - {id: p, clause: "2", title: {en: P}, per: reply, amount: 30 CNY,
     when: deadline.missed and urgent}
"""
    )
    the_case = case(event("registered", june(29)), event("reclassified", july(3), urgent=True))
    known = Case("C", {"urgent": False}, the_case.events)
    # by its due date it would belong to June
    assert stated(policy, known, JUNE) == NOTHING_STATED
    assert stated(policy, known, JULY) == ([("fixed", "30")], "30")


def test_what_missed_its_limit_at_the_end_of_a_month_belongs_to_the_next():
    body = (
        REPLY
        + """
penalties:
  - {id: p, clause: "2", title: {en: P}, per: reply, when: deadline.missed, amount: 30 CNY}
"""
    )
    policy = load(body.replace("30 elapsed minutes", "1 calendar day"))
    the_case = case(event("registered", june(29)))
    assert judge(policy, the_case, "02T09:00").deadlines[0].due_at < JUNE.end
    assert stated(policy, the_case, JUNE) == NOTHING_STATED
    assert stated(policy, the_case, JULY) == ([("fixed", "30")], "30")


EXCEPTED = """
penalties:
  - {id: plain, clause: "1", title: {en: Plain}, against: clerk, amount: 30 CNY, when: visits > 0}
  - {id: graver, clause: "2", title: {en: Graver}, against: clerk, amount: 50 CNY,
     exception_to: plain, when: complained_again.happened}
"""


def test_a_penalty_that_another_replaces_later_is_corrected():
    the_case = case(event("registered", june(29)), event("complained_again", july(3)), visits=1)
    policy = load(EXCEPTED)
    assert stated(policy, the_case, JUNE) == ([("fixed", "30")], "30")
    assert stated(policy, the_case, JULY) == ([("fixed", "50"), ("correction", "-30")], "20")


def test_what_was_undetermined_is_corrected_once_it_is_known():
    policy = load("""
penalties:
  - {id: p, clause: "1", title: {en: P}, against: clerk, amount: 30 CNY, when: urgent}
""")
    yes, no = (
        case(event("registered", june(29)), event("reclassified", july(3), urgent=urgent))
        for urgent in (True, False)
    )
    assert stated(policy, yes, JUNE) == ([("fixed", "0–30")], "0–30")
    assert stated(policy, yes, JULY) == ([("correction", "-30–0"), ("fixed", "30")], "0–30")
    assert stated(policy, no, JULY) == ([("correction", "-30–0")], "-30–0")
    (statement,) = settle([at_the_end(policy, yes, JULY)], JULY)
    assert (str(statement.brought_forward), str(statement.balance)) == ("0–30", "30")


def test_bounds_that_turn_out_to_be_a_range_are_not_taken_for_the_same():
    policy = load("""
penalties:
  - {id: p, clause: "1", title: {en: P}, against: clerk, compensates: loss, when: urgent}
""")
    the_case = case(
        event("registered", june(29)), event("reclassified", july(3), urgent=True), loss=200
    )
    # up to 200 if it is owed at all; then somebody decides how much of 200
    assert stated(policy, the_case, JUNE) == ([("compensation", "0–200")], "0–200")
    assert stated(policy, the_case, JULY) == (
        [("correction", "-200–0"), ("compensation", "0–200")],
        "-200–200",
    )


def test_what_stays_undetermined_is_stated_once():
    policy = load("""
penalties:
  - {id: p, clause: "1", title: {en: P}, against: clerk, amount: 30 CNY, when: urgent}
""")
    the_case = case(event("registered", june(29)))
    assert stated(policy, the_case, JUNE) == ([("fixed", "0–30")], "0–30")
    assert stated(policy, the_case, JULY) == NOTHING_STATED


def test_what_was_before_the_registration_is_stated_with_it():
    policy = load("""
penalties:
  - {id: p, clause: "1", title: {en: P}, per: complained_again, against: clerk, amount: 30 CNY}
""")
    # the statement of June was made without the case, which came in on 2 July
    the_case = case(event("complained_again", june(30)), event("registered", july(2)))
    late = at_the_end(policy, the_case, JULY)
    assert settle([late], JUNE) == ()
    (statement,) = settle([late], JULY)
    assert str(statement.total) == "30"


def test_a_case_without_a_date_is_refused_where_it_owes_something():
    policy = load(EXCEPTED)
    undated = judge(policy, Case("C", {"visits": 1}, []), "31T09:00")
    with pytest.raises(DecisionError, match=r"no event 'registered' to date it: record that event"):
        settle([undated], JULY)
    owes_nothing = judge(policy, Case("C", {"visits": 0}, []), "31T09:00")
    assert settle([owes_nothing], JULY) == ()
    (statement,) = settle([undated], JULY, previous=[owes_nothing])
    assert str(statement.total) == "30"


# What the statement before was made from


def test_what_became_known_afterwards_is_stated_beside_what_was_stated():
    policy = load(EXCEPTED)
    unknown, answered = (
        Case("C", facts, [Event("registered", june(29))]) for facts in ({}, {"visits": 1})
    )
    before, now = at_the_end(policy, unknown, JUNE), at_the_end(policy, answered, JULY)
    # as it is known now, it stood in June already
    assert settle([now], JULY) == ()
    (statement,) = settle([now], JULY, previous=[before])
    assert [(line.kind, str(line.amount)) for line in statement.lines] == [
        ("correction", "-30–0"),
        ("fixed", "30"),
    ]
    assert (str(statement.brought_forward), str(statement.balance)) == ("0–30", "30")


def test_a_case_that_was_not_among_the_previous_ones_is_stated_wholly():
    policy = load(EXCEPTED)
    older = Case("A", {"visits": 1}, [Event("registered", june(28))])
    forgotten = Case("B", {"visits": 1}, [Event("registered", june(29))])
    now = [at_the_end(policy, one, JULY) for one in (older, forgotten)]
    (statement,) = settle(now, JULY, previous=[at_the_end(policy, older, JUNE)])
    assert [(line.case_id, str(line.amount)) for line in statement.lines] == [("B", "30")]


def test_under_versions_each_month_is_judged_by_the_version_in_force_then():
    text = HEAD + EXCEPTED
    first = text.replace("policy: sample", "policy: sample\nversion: '1'")
    second = first.replace("'1'", "'2'", 1).replace("30 CNY", "40 CNY")
    second = second.replace("2018-01-01,", "2018-07-01, running_cases: all,")
    versions = PolicyVersions([Policy(first, "1.yaml"), Policy(second, "2.yaml")])
    the_case = case(event("registered", june(29)), visits=1)
    assert stated(versions, the_case, JUNE) == ([("fixed", "30")], "30")
    assert stated(versions, the_case, JULY) == ([("correction", "-30"), ("fixed", "40")], "10")


def test_a_version_that_lets_only_the_heaviest_count():
    text = (
        HEAD
        + """
penalties:
  - {id: some, clause: "1", title: {en: Some}, against: clerk, amount: 30 CNY}
  - {id: more, clause: "2", title: {en: More}, against: clerk, amount: 20 CNY}
"""
    )
    first = text.replace("policy: sample", "policy: sample\nversion: '1'")
    second = first.replace("'1'", "'2'", 1).replace("cumulative", "heaviest")
    second = second.replace("2018-01-01,", "2018-07-01, running_cases: all,")
    versions = PolicyVersions([Policy(first, "1.yaml"), Policy(second, "2.yaml")])
    the_case = case(event("registered", june(29)))
    assert stated(versions, the_case, JUNE) == ([("fixed", "30"), ("fixed", "20")], "50")
    assert stated(versions, the_case, JULY) == ([("fixed", "-20")], "-20")


def test_before_any_version_was_in_force_nothing_was_owed():
    text = (HEAD + EXCEPTED).replace("2018-01-01", "2018-07-01")
    versions = PolicyVersions([Policy(text, "1.yaml")])
    undated = Case("C", {"visits": 1}, [])
    early = versions.evaluate(undated, as_of=july(5))
    now = versions.evaluate(undated, as_of=july(31))
    (statement,) = settle([now], JULY, previous=[early])
    assert str(statement.total) == "30"


# A cancelled penalty is shown once

CANCELLED = """
penalties:
  - {id: p, clause: "1", title: {en: P}, per: complained_again, against: clerk, amount: 100 CNY}
reliefs:
  - {id: whole, clause: "2", title: {en: Whole}, of: p, when: replied.happened, refunds: 100 %}
  - {id: none, clause: "3", title: {en: None}, of: p, when: resumed.happened, cancels: true}
  - {id: maybe, clause: "4", title: {en: Maybe}, of: p, when: urgent, refunds: 120 %}
"""


def cancelled(*events: tuple[str, str], **facts):
    begun = [("registered", june(20)), ("complained_again", june(21))]
    return case(*(event(*one) for one in [*begun, *events]), **facts)


def test_a_penalty_that_is_cancelled_in_its_month_is_shown_once():
    policy = load(CANCELLED)
    the_case = cancelled(("resumed", june(25)), urgent=False)
    assert stated(policy, the_case, JUNE) == ([("cancel", "0")], "0")
    (statement,) = settle([at_the_end(policy, the_case, JUNE)], JUNE)
    (line,) = statement.lines
    assert (line.rule, line.clause, str(line.unit), line.times) == ("none", "3", "100", 0)
    assert stated(policy, the_case, JULY) == NOTHING_STATED


def test_what_is_cancelled_has_no_refund_besides_even_if_one_may_come():
    # whether it is urgent is unknown: nothing is refunded of what is not paid
    assert stated(load(CANCELLED), cancelled(("resumed", june(25))), JUNE) == (
        [("cancel", "0")],
        "0",
    )


def test_a_penalty_that_is_cancelled_later_is_taken_back_once():
    policy, the_case = load(CANCELLED), cancelled(("resumed", july(5)), urgent=False)
    assert stated(policy, the_case, JUNE) == ([("fixed", "100")], "100")
    assert stated(policy, the_case, JULY) == ([("cancel", "-100")], "-100")


def test_what_was_refunded_and_then_cancelled_is_not_taken_back_twice():
    policy = load(CANCELLED)
    the_case = cancelled(("replied", july(5)), ("resumed", august(5)), urgent=False)
    assert stated(policy, the_case, JUNE) == ([("fixed", "100")], "100")
    assert stated(policy, the_case, JULY) == ([("refund", "-100")], "-100")
    assert stated(policy, the_case, AUGUST) == ([("cancel", "-100"), ("correction", "100")], "0")


def test_overdue_days_of_what_is_cancelled_are_not_stated():
    policy = load(
        REPLY
        + """
penalties:
  - {id: p, clause: "2", title: {en: P}, per: reply, when: deadline.overdue_days > 0,
     amount: 10 CNY per overdue day}
reliefs:
  - {id: none, clause: "3", title: {en: None}, of: p, when: resumed.happened, cancels: true}
"""
    )
    the_case = case(event("registered", june(28)), event("resumed", july(5)))
    assert stated(policy, the_case, JUNE) == ([("per-day", "20")], "20")  # 29 and 30 June
    assert stated(policy, the_case, JULY) == ([("cancel", "-20")], "-20")
    assert stated(policy, the_case, AUGUST) == NOTHING_STATED


RANGE = """
penalties:
  - {id: p, clause: "1", title: {en: P}, per: complained_again, against: clerk, amount: 50-200 CNY}
reliefs:
  - {id: part, clause: "2", title: {en: Part}, of: p, when: replied.happened, refunds: 30 %}
  - {id: more, clause: "3", title: {en: More}, of: p, when: resumed.happened, refunds: 120 %}
"""


def test_what_is_refunded_of_a_range_is_a_share_of_what_was_chosen_in_it():
    policy = load(RANGE)
    the_case = cancelled(("replied", july(5)), ("resumed", august(5)))
    assert stated(policy, the_case, JUNE) == ([("range", "50–200")], "50–200")
    assert stated(policy, the_case, JULY) == ([("refund", "-60–-15")], "-60–-15")
    # 120 % instead of 30 %
    assert stated(policy, the_case, AUGUST) == ([("refund", "-180–-45")], "-180–-45")
    (statement,) = settle([at_the_end(policy, the_case, AUGUST)], AUGUST)
    assert (str(statement.brought_forward), str(statement.balance)) == ("35–140", "-40–-10")


def test_a_relief_that_might_have_come_and_does_not_is_corrected():
    the_case = case(
        event("registered", june(20)),
        event("complained_again", june(21)),
        event("reclassified", july(3), urgent=False),
    )
    policy = load(RELIEVED.replace("30 CNY", "100 CNY"))
    assert stated(policy, the_case, JUNE) == ([("fixed", "100"), ("cancel", "-100–0")], "0–100")
    assert stated(policy, the_case, JULY) == ([("correction", "0–100")], "0–100")


# Only the heaviest is owed

LIGHT_AND_HEAVY = """
penalties:
  - {id: light, clause: "1", title: {en: Light}, per: complained_again, against: clerk, amount: 30 CNY}
  - {id: heavy, clause: "2", title: {en: Heavy}, per: replied, against: clerk, amount: 50 CNY}
reliefs:
  - {id: none, clause: "3", title: {en: None}, of: heavy, when: resumed.happened, cancels: true}
"""


def test_a_heavier_penalty_of_a_later_month_adds_only_what_it_is_heavier_by():
    policy = load(LIGHT_AND_HEAVY, head=HEAVIEST)
    the_case = case(
        event("registered", june(20)),
        event("complained_again", june(21)),
        event("replied", july(2)),
        event("complained_again", july(3)),
        event("resumed", august(2)),
    )
    assert stated(policy, the_case, JUNE) == ([("fixed", "30")], "30")
    # the first is owed no more beside the heavier one, the third never was
    assert stated(policy, the_case, JULY) == (
        [("fixed", "-30"), ("fixed", "0"), ("fixed", "50")],
        "20",
    )
    # and is owed again when the heavier one is cancelled
    assert stated(policy, the_case, AUGUST) == ([("fixed", "30"), ("cancel", "-50")], "-20")
    assert stated(policy, the_case, SEPTEMBER) == NOTHING_STATED


def test_what_is_settled_in_one_way_adds_up_where_the_heaviest_is_known():
    body = LIGHT_AND_HEAVY.replace("amount: 50 CNY", "amount: 50 CNY, settled_by: {en: wage}")
    policy = load(body, head=HEAVIEST)
    the_case = case(
        event("registered", july(1)), event("complained_again", july(2)), event("replied", july(3))
    )
    (statement,) = settle([at_the_end(policy, the_case, JULY)], JULY)
    assert {how: str(sum_) for how, sum_ in statement.settled("en").items()} == {
        "wage": "50",
        "": "0",
    }
    assert str(statement.total) == "50"


def test_which_of_two_ranges_is_the_heavier_is_not_guessed():
    body = LIGHT_AND_HEAVY.replace("amount: 30 CNY", "amount: 20-60 CNY")
    policy = load(body, head=HEAVIEST)
    the_case = case(
        event("registered", june(20)),
        event("complained_again", june(21)),
        event("replied", july(2)),
    )
    assert stated(policy, the_case, JUNE) == ([("range", "20–60")], "20–60")
    # 50 on top of 20, nothing on top of 50 or more
    assert stated(policy, the_case, JULY) == ([("fixed", "50")], "0–30")
    (statement,) = settle([at_the_end(policy, the_case, JULY)], JULY)
    assert (str(statement.brought_forward), str(statement.balance)) == ("20–60", "50–60")


# What a relief is about

RELIEVED = """
penalties:
  - {id: p, clause: "1", title: {en: P}, per: complained_again, against: clerk, amount: 30 CNY}
reliefs:
  - {id: r, clause: "2", title: {en: R}, of: p, when: urgent, cancels: true}
"""


def test_an_undetermined_relief_names_the_penalty_it_is_about():
    the_case = case(event("registered", "02T09:00"), event("complained_again", "02T10:00"))
    decision = judge(load(RELIEVED), the_case, "03T09:00")
    (penalty,) = decision.penalties
    assert [(item.rule, item.penalty) for item in decision.undetermined] == [("r", penalty.id)]
    assert type(decision).from_json(decision.to_json()) == decision


def test_what_may_be_refunded_next_month_does_not_lessen_this_one():
    """Neither for certain nor in the bounds of what is undetermined."""
    body = """
penalties:
  - {id: p, clause: "1", title: {en: P}, against: clerk, amount: 100 CNY, when: CONDITION}
reliefs:
  - {id: r, clause: "2", title: {en: R}, of: p, refunds: 120 %, when: replied.happened,
     granted_by: replied, paid_in: next-month}
"""
    the_case = case(event("registered", july(1)), event("replied", july(31)))
    certain = load(body.replace("CONDITION", "registered.happened"))
    assert stated(certain, the_case, JULY) == ([("fixed", "100")], "100")
    assert stated(certain, the_case, AUGUST) == ([("refund", "-120")], "-120")
    early = certain.evaluate(the_case, as_of=AUGUST.start)
    (statement,) = settle([early], AUGUST)
    assert (str(statement.total), statement.final) == ("-120", False)
    perhaps = "  - {id: none, clause: '3', title: {en: None}, of: p, cancels: true, when: urgent}\n"
    certain = load(body.replace("CONDITION", "registered.happened") + perhaps)
    assert stated(certain, the_case, JULY) == ([("fixed", "100"), ("cancel", "-100–0")], "0–100")
    unknown = load(body.replace("CONDITION", "urgent"))
    (statement,) = settle([at_the_end(unknown, the_case, JULY)], JULY)
    assert str(statement.total) == "-20–100"
    (statement,) = settle([at_the_end(unknown, the_case, AUGUST)], AUGUST)
    assert str(statement.balance) == "-20–0"


# Amounts that accrue by weeks, in shares of cents, or up to a cap


@pytest.mark.parametrize(
    ("amount", "stated"),
    [
        # Due on 2 July: 29 days overdue at the end of July, 60 of August, 90 of September.
        ("10 CNY per started overdue week", ["50", "40", "40"]),
        ("0.3 CNY per overdue day, at_most: 10 CNY", ["8.70", "1.30"]),
        ("10 CNY per overdue day, at_most: 450 CNY", ["290", "160"]),
        ("0.5 % of loss per overdue day", ["0.36", "0.38", "0.37"]),  # 0.358, 0.741, 1.1115
        ('"max(10 CNY, 1 CNY * deadline.overdue_days)"', ["29", "31", "30"]),
    ],
)
def test_statements_of_amounts_that_accrue(amount, stated):
    body = REPLY + DAILY.format(amount)
    policy = load(body)
    the_case = case(event("registered", "02T09:00"), loss="2.47")
    months = months_from(month_of(the_case), 3)
    chain = [settle([at_the_end(policy, the_case, month)], month) for month in months]
    owed = at_the_end(policy, the_case, months[-1]).total()
    check_chain(chain, owed)
    assert [str(statement.total) for (statement,) in chain[: len(stated)]] == stated
    for statements in chain:
        for statement in statements:
            assert add_up(line.amount for line in statement.lines) == statement.total
            assert all(line.kind != "correction" for line in statement.lines)


# Whatever the policy and the case: month after month adds up to the decision


def months_from(first: Period, count: int) -> list[Period]:
    numbers = range(first.start.month - 1, first.start.month - 1 + count)
    return [Period.month(first.start.year + n // 12, n % 12 + 1, CHINA) for n in numbers]


def month_of(the_case: Case) -> Period:
    first = min(one.at for one in the_case.events).astimezone(JULY.start.tzinfo)
    return Period.month(first.year, first.month, CHINA)


def holds(outer: Interval, inner: Interval) -> bool:
    low = outer.minimum is None or (inner.minimum is not None and outer.minimum <= inner.minimum)
    high = outer.maximum is None or (inner.maximum is not None and inner.maximum <= outer.maximum)
    return low and high


def check_chain(monthly: list[tuple[Statement, ...]], owed: Interval) -> None:
    """Each statement takes up where the last one left off, and the last ones say what is owed."""
    balances: dict[str, Interval] = {}
    totals = []
    for statements in monthly:
        for statement in statements:
            stated_before = balances.get(statement.party, NOTHING)
            assert statement.brought_forward == stated_before
            change = stated_before + statement.total
            assert holds(change, statement.balance)
            balances[statement.party] = statement.balance
            totals.append(statement.total)
    assert add_up(balances.values()) == owed
    assert holds(add_up(totals), owed)
    if all(total.is_exact for total in totals):
        assert add_up(totals) == owed


def stretched(the_case: Case, factor: int) -> Case:
    """The same case over months, where it took days."""
    start = min(one.at for one in the_case.events)
    events = [
        Event(one.type, start + (one.at - start) * factor, **one.data) for one in the_case.events
    ]
    return Case(the_case.id, the_case.facts, events)


DAILY = """penalties:
  - {{id: daily, clause: "9", title: {{en: D}}, per: reply, when: deadline.overdue_days > 0,
     amount: {}}}
"""
ACCRUING = [
    "5-6 CNY per overdue day",
    "0.125 % of loss per overdue day, at_most: 20 CNY",
    "7.77 CNY per started overdue week, at_most: [loss, 30 CNY]",
    "20-30 CNY per started overdue month, at_most: 70 CNY",
    "33 % of loss per full overdue week, at_least: 1 CNY",
    "1 CNY per 36 overdue hours",
]
LATER = "    of: all\n    granted_by: replied\n    paid_in: next-month"

MORE = """  - id: r1
    clause: "5"
    title: {{en: R}}
    of: p0
    when: {}
    {}
"""


@st.composite
def policies(draw):
    body = draw(rulesets())
    if draw(st.booleans()):
        body = body.replace("penalties:\n", DAILY.format(draw(st.sampled_from(ACCRUING))))
    if draw(st.booleans()):
        body = body.replace("    of: all", LATER)
    if draw(st.booleans()):
        body += MORE.format(
            draw(conditions()), draw(st.sampled_from(["refunds: 50 %", "cancels: true"]))
        )
    return load(body, head=draw(st.sampled_from([HEAD, HEAVIEST])))


registered_cases = sample_cases().filter(
    lambda one: any(event_.type == "registered" for event_ in one.events)
)


@settings(max_examples=100, deadline=None)
@given(policies(), registered_cases, st.sampled_from([1, 15, 25]))
def test_statements_of_all_months_add_up_to_the_decision(policy, drawn, factor):
    the_case = stretched(drawn, factor)
    months = months_from(month_of(the_case), 6)
    decisions = [
        policy.evaluate(the_case, as_of=month.end - timedelta(microseconds=1), engine="native")
        for month in months
    ]
    monthly = [settle([made], month) for made, month in zip(decisions, months, strict=True)]
    check_chain(monthly, decisions[-1].total())
    # they are the same whenever they are made
    assert monthly == [settle([decisions[-1]], month) for month in months]


@settings(max_examples=60, deadline=None)
@given(policies(), registered_cases, st.data())
def test_so_they_do_whenever_something_becomes_known(policy, drawn, data):
    """Facts are filled in late, and events are recorded late: each statement knows the last one."""
    the_case = stretched(drawn, 15)
    months = months_from(month_of(the_case), 6)
    learnt = {name: data.draw(st.integers(0, 5), label=name) for name in the_case.facts}
    recorded = [data.draw(st.integers(0, 5), label=one.type) for one in the_case.events]
    previous, monthly = [], []
    for number, month in enumerate(months):
        facts = {name: the_case.facts[name] for name, since in learnt.items() if since <= number}
        events = [
            one
            for one, since in zip(the_case.events, recorded, strict=True)
            if since <= number and one.at < month.end
        ]
        if not any(one.type == "registered" for one in events):
            monthly.append(())
            continue
        made = policy.evaluate(
            Case("C", facts, events),
            as_of=month.end - timedelta(microseconds=1),
            engine="native",
        )
        monthly.append(settle([made], month, previous=previous))
        previous = [made]
    if previous:
        check_chain(monthly, previous[0].total())


SHIPPED = {name: load_policy(name) for name in ("yundewu-2018", "nanjing-cable-2007")}


@pytest.mark.parametrize("name", sorted(SHIPPED))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_so_they_do_for_policies_that_are_in_use(name, data):
    the_case = data.draw(cases_of(SHIPPED[name]))
    months = months_from(month_of(the_case), 6)
    decisions = [
        SHIPPED[name].evaluate(
            the_case,
            as_of=month.end - timedelta(microseconds=1),
            engine="native",
            check_date=False,
        )
        for month in months
    ]
    monthly = [settle([made], month) for made, month in zip(decisions, months, strict=True)]
    check_chain(monthly, decisions[-1].total())


# What may be deducted from a wage

FINED = """
penalties:
  - {id: fine, clause: "1", title: {en: Fine}, per: complained_again, against: clerk, amount: 1000 CNY}
  - {id: range, clause: "2", title: {en: Range}, per: replied, against: clerk, amount: 100-300 CNY}
reliefs:
  - {id: part, clause: "3", title: {en: Part}, of: fine, when: paused.happened, refunds: 30 %}
  - {id: whole, clause: "4", title: {en: Whole}, of: fine, when: resumed.happened, refunds: 100 %}
  - {id: none, clause: "5", title: {en: None}, of: fine, when: withdrawn.happened, cancels: true}
  - {id: other, clause: "6", title: {en: Other}, of: range, when: agreed.happened, refunds: 100 %}
"""


def cap(kinds=("fixed",), **carried_over: Interval) -> WageCap:
    """The clerk earns 3000, and 2600 is the least: 400 may be deducted."""
    return WageCap({"Li": 3000}, 2600, kinds=kinds, carried_over=carried_over)


def split_of(month: Period, wage_cap: WageCap, *events: tuple[str, str], body: str = FINED):
    """What the month's total is, what is due now, and what is carried over."""
    the_case = case(event("registered", june(1)), *(event(*one) for one in events), clerk="Li")
    made = at_the_end(load(body), the_case, month)
    (statement,) = settle([made], month, wage_cap=wage_cap)
    return tuple(map(str, (statement.total, statement.due_now, statement.carried_over)))


FINE = ("complained_again", june(2))


def test_what_is_cancelled_is_not_deducted():
    assert split_of(JUNE, cap(), FINE, ("withdrawn", june(3))) == ("0", "0", "0")


def test_a_refund_lessens_what_the_cap_is_applied_to():
    # 700 remain of the fine: 400 now and 300 later
    assert split_of(JUNE, cap(), FINE, ("paused", june(3))) == ("700", "400", "300")
    assert split_of(JUNE, cap(), FINE, ("resumed", june(3))) == ("0", "0", "0")


def test_a_later_refund_first_lessens_what_was_not_deducted_yet():
    assert split_of(JUNE, cap(), FINE) == ("1000", "400", "600")
    outstanding = Interval.exactly(Decimal(600))
    # all of it: the 600 are not deducted any more, and the 400 are paid back
    whole = [FINE, ("resumed", july(3))]
    assert split_of(JULY, cap(Li=outstanding), *whole) == ("-1000", "-400", "0")
    # 30 %: 300 are left of the 600
    part = [FINE, ("paused", july(3))]
    assert split_of(JULY, cap(Li=outstanding), *part) == ("-300", "300", "0")
    # who has deducted all of it pays all of it back
    assert split_of(JULY, cap(), *whole) == ("-1000", "-1000", "0")


def test_a_refund_of_what_is_not_capped_makes_no_room_for_deductions():
    events = [FINE, ("replied", june(2))]
    assert split_of(JUNE, cap(), *events) == ("1100–1300", "500–700", "600")
    # of the fine of July 400 are deducted, and the refund of June's other penalty is paid
    events = [("replied", june(2)), ("complained_again", july(2)), ("agreed", july(3))]
    assert split_of(JULY, cap(), *events) == ("700–900", "100–300", "600")


def test_what_was_carried_over_is_due_without_a_new_penalty():
    made = at_the_end(load(FINED), case(event("registered", june(1)), clerk="Li"), JULY)
    outstanding = Interval.exactly(Decimal(600))
    (statement,) = settle([made], JULY, wage_cap=cap(Li=outstanding))
    assert (statement.party, statement.lines, str(statement.total)) == ("Li", (), "0")
    assert (str(statement.due_now), str(statement.carried_over)) == ("400", "200")
    # whoever earns no wage any more owes it all
    (statement,) = settle([made], JULY, wage_cap=cap(Wang=outstanding))
    assert (statement.party, str(statement.due_now)) == ("Wang", "600")


def test_a_refund_of_an_unknown_loss_may_be_any_amount():
    body = """
penalties:
  - {id: p, clause: "1", title: {en: P}, per: complained_again, against: clerk, compensates: loss}
reliefs:
  - {id: r, clause: "2", title: {en: R}, of: p, when: resumed.happened, refunds: 100 %}
"""
    wage_cap = cap(kinds=("compensation",))
    assert split_of(JUNE, wage_cap, FINE, body=body) == ("0 or more", "0–400", "0 or more")
    assert split_of(JULY, wage_cap, FINE, ("resumed", july(3)), body=body) == (
        "at most 0",
        "at most 0",
        "0",
    )


def test_granting_again_what_was_granted_does_not_put_off_its_payment():
    policy = load("""
penalties:
  - {id: p, clause: "1", title: {en: P}, against: clerk, amount: 100 CNY}
reliefs:
  - {id: r, clause: "2", title: {en: R}, of: p, refunds: 120 %, granted_by: replied,
     paid_in: next-month, when: replied.happened and paused.happened}
""")
    start = [("registered", june(1)), ("paused", june(1)), ("replied", june(2))]
    the_case = case(*(event(*one) for one in [*start, ("replied", july(5))]))
    assert stated(policy, the_case, JUNE) == ([("fixed", "100")], "100")
    assert stated(policy, the_case, JULY) == ([("refund", "-120")], "-120")
    assert stated(policy, the_case, AUGUST) == NOTHING_STATED
    # what could not be granted yet at the first event is by the second
    start[1] = ("paused", july(6))
    the_case = case(*(event(*one) for one in [*start, ("replied", july(5))]))
    assert stated(policy, the_case, JULY) == NOTHING_STATED
    assert stated(policy, the_case, AUGUST) == ([("refund", "-120")], "-120")


def test_nothing_to_settle_is_no_statement_unless_something_is_carried_over():
    assert settle([], JULY) == settle([], JULY, wage_cap=cap()) == ()
    with pytest.raises(DecisionError, match="no decision says in which currency"):
        settle([], JULY, wage_cap=cap(Li=Interval.exactly(Decimal(600))))


def test_the_cap_is_never_exceeded_by_rounding():
    wage_cap = WageCap({"Li": "3333.33"}, 2000, kinds=("fixed",))  # 20 % are 666.666
    assert split_of(JUNE, wage_cap, FINE) == ("1000", "666.66", "333.34")


def test_a_cap_where_only_the_heaviest_is_owed():
    policy = load(FINED.replace("100-300 CNY", "1200 CNY"), head=HEAVIEST)
    events = [event("registered", june(1)), event(*FINE), event("replied", july(2))]
    the_case = case(*events, clerk="Li")
    # neither is more than what is owed together
    (statement,) = settle([at_the_end(policy, the_case, JULY)], JULY, wage_cap=cap())
    assert (str(statement.total), str(statement.due_now)) == ("200", "200")


def test_a_cap_where_it_is_open_which_kind_is_the_heaviest():
    policy = load(FINED.replace("100-300 CNY", "900-1100 CNY"), head=HEAVIEST)
    the_case = case(
        event("registered", june(1)), event(*FINE), event("replied", june(2)), clerk="Li"
    )
    (statement,) = settle([at_the_end(policy, the_case, JUNE)], JUNE, wage_cap=cap())
    assert str(statement.total) == "1000–1100"
    assert (str(statement.due_now), str(statement.carried_over)) == ("400–1100", "0–700")


def test_what_is_carried_over_is_read_from_statements_only():
    no_interval: Any = 600
    with pytest.raises(MoneyError, match=r"carried over for Li is 600, no Interval: give"):
        WageCap({}, 2000, carried_over={"Li": no_interval})


@settings(max_examples=40, deadline=None)
@given(policies(), registered_cases, st.sampled_from([("fixed",), ("range", "per-day")]))
def test_what_is_deducted_month_by_month_adds_up_too(policy, drawn, kinds):
    the_case = stretched(drawn, 15)
    months = months_from(month_of(the_case), 6)
    decision = policy.evaluate(
        the_case, as_of=months[-1].end - timedelta(microseconds=1), engine="native"
    )
    outstanding, deducted, totals = {}, [], []
    for month in months:
        wage_cap = WageCap({"clerk": 1000}, 975, kinds=kinds, carried_over=outstanding)
        statements = settle([decision], month, wage_cap=wage_cap)
        outstanding = {one.party: one.carried_over for one in statements}
        deducted += [one.due_now for one in statements]
        totals += [one.total for one in statements]
    altogether = add_up([*deducted, *outstanding.values()])
    assert holds(altogether, decision.total())
    if all(amount.is_exact for amount in (*totals, *deducted, *outstanding.values())):
        assert altogether == decision.total()

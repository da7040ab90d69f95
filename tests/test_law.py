"""The law beside a company's policy, on one case; and what grows from day to day."""

from __future__ import annotations

from datetime import datetime

import pytest

from complaint_rules import Case, CaseError, Decision, DecisionError, Event, load_policy
from complaint_rules.reports import accruals, looser_limits
from samples import HEAD, load

LAW = load_policy("cn-telecom-appeals")
COMPANY = """
deadlines:
  - {id: answer, clause: "1", title: {en: Answer}, duty_of: clerk, starts: registered,
     within: DAYS calendar days, ends: answered_customer, suspended: [{from: paused, until: resumed}]}
"""
EVENTS = "  answered_customer: {title: {en: answered the customer}}\n"


def company(days: int):
    return load(COMPANY.replace("DAYS", str(days)), head=HEAD + EVENTS)


def compare(days: int, *events: tuple[str, str]):
    made = [Event("registered", "2026-03-02T09:00:00+08:00")]
    made += [Event(type_, f"2026-03-{at}:00+08:00") for type_, at in events]
    case = Case("C", {}, made)
    as_of = "2026-03-20T00:00:00+08:00"
    return looser_limits(
        company(days).evaluate(case, as_of=as_of), LAW.evaluate(LAW.understood(case), as_of=as_of)
    )


def test_a_company_limit_as_strict_as_the_law_is_not_reported():
    assert compare(15) == ()
    assert compare(7) == ()


def test_a_looser_one_is_reported_with_both_due_instants():
    (found,) = compare(16)
    assert (found.law, found.law_rule, found.law_clause) == (
        "cn-telecom-appeals",
        "operator-answers",
        "art. 10(4)",
    )
    assert (found.company_rule, str(found.by), found.verified) == (
        "answer",
        "24 elapsed hours",
        True,
    )
    assert found.law_due.date().isoformat() == "2026-03-17"
    assert found.company_due.date().isoformat() == "2026-03-18"


def test_what_the_company_suspends_the_law_does_not():
    """Both clocks run on one case; the company's pause moves its own limit past the law's."""
    assert compare(14, ("paused", "04T09:00"), ("resumed", "05T09:00")) == ()
    (found,) = compare(14, ("paused", "04T09:00"), ("resumed", "06T09:00"))
    assert found.company_due.date().isoformat() == "2026-03-18"


def test_a_company_without_any_limit_is_reported_too():
    case = Case("C", {}, [Event("registered", "2026-03-02T09:00:00+08:00")])
    as_of = "2026-03-20T00:00:00+08:00"
    nanjing = load_policy("nanjing-cable-2007").evaluate(case, as_of=as_of)
    (found,) = looser_limits(nanjing, LAW.evaluate(case, as_of=as_of))
    assert (found.company_rule, found.company_due, found.by) == (None, None, None)


def test_what_the_law_has_no_words_for_is_left_out():
    case = Case(
        "C",
        {"major": True, "our_code": 7, "operator": "Net", "clerk": "Li"},
        [
            Event("registered", "2026-03-02T09:00:00+08:00", id="a", operator="Net", our_code=7),
            Event("paused", "2026-03-02T10:00:00+08:00", id="b", ref="a"),
            Event("answered_customer", "2026-03-02T11:00:00+08:00", ref="b"),
            Event("followed_up", "2026-03-02T12:00:00+08:00", ref="a", satisfied=True),
        ],
    )
    with pytest.raises(CaseError, match="our_code"):
        LAW.check(case)
    part = LAW.understood(case)
    LAW.check(part)
    assert part.facts == {"major": True, "operator": "Net"}
    assert [(e.type, e.id, e.ref, dict(e.data)) for e in part.events] == [
        ("registered", "a", None, {"operator": "Net"}),
        ("answered_customer", None, None, {}),
        ("followed_up", None, "a", {"satisfied": True}),
    ]
    assert LAW.understood(part) == part


def test_only_decisions_on_one_case_are_compared():
    one, other = (
        LAW.evaluate(
            Case(name, {}, [Event("registered", "2026-03-02T09:00:00+08:00")]),
            as_of="2026-03-02T09:00:00+08:00",
        )
        for name in "AB"
    )
    with pytest.raises(DecisionError, match="compare those on one case"):
        looser_limits(one, other)
    with pytest.raises(DecisionError, match="read without its policy"):
        looser_limits(one, Decision.from_json(one.to_json()))


def test_every_limit_of_the_law_says_whether_it_was_verified():
    for name in ("cn-consumer-complaints", "cn-telecom-appeals", "uk-fca-disp"):
        for rule in load_policy(name).ruleset.deadlines:
            assert rule.verified == "text", rule.id


def test_an_unverified_number_is_marked_so():
    body = COMPANY.replace("DAYS", "15").replace(
        "{id: answer,", "{id: answer, verified: secondary,"
    )
    decision = load(body, head=HEAD + EVENTS).evaluate(
        Case("C", {}, [Event("registered", "2026-03-02T09:00:00+08:00")]),
        as_of="2026-03-02T09:00:00+08:00",
    )
    assert "not verified: the number is from a secondary source" in decision.explain("en")
    assert "未经核实" in decision.explain("zh")


# Accruals

DAILY = """
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: department, starts: registered,
     within: 2 elapsed hours, ends: replied, overdue_days: READING}
penalties:
  - {id: late, clause: "2", title: {en: Late}, per: reply, when: deadline.overdue_days > 0,
     amount: 200-300 CNY per overdue day}
  - {id: once, clause: "3", title: {en: Once}, per: reply, when: deadline.missed, amount: 5 CNY}
"""


def grown(
    reading: str, until: str, *, done: str | None = None, as_of: str = "2018-07-07T12:00:00+08:00"
):
    events = [Event("registered", "2018-07-05T09:00:00+08:00")]
    if done:
        events.append(Event("replied", done))
    decision = load(DAILY.replace("READING", reading)).evaluate(
        Case("C", {}, events), as_of=as_of, engine="native"
    )
    return [(a.at.isoformat()[5:16], a.days, str(a.total)) for a in accruals(decision, until)]


def test_the_dates_on_which_a_daily_penalty_grows_are_forecast():
    """As of Saturday noon, until Monday evening."""
    until = "2018-07-09T20:00:00+08:00"
    assert grown("calendar-dates", until) == [
        ("07-06T00:00", 1, "200–300"),
        ("07-07T00:00", 2, "400–600"),
        ("07-08T00:00", 3, "600–900"),
        ("07-09T00:00", 4, "800–1200"),
    ]
    assert [at for at, *_ in grown("completed-days", until)] == [
        "07-06T11:00",
        "07-07T11:00",
        "07-08T11:00",
        "07-09T11:00",
    ]
    assert [at for at, *_ in grown("working-dates", until)] == ["07-06T00:00", "07-09T00:00"]


def test_an_accrual_at_the_very_instant_is_listed():
    assert grown("calendar-dates", "2018-07-06T00:00:00+08:00") == [("07-06T00:00", 1, "200–300")]
    assert grown("calendar-dates", "2018-07-05T23:59:59+08:00") == []


def test_what_was_done_grows_no_more():
    assert [
        at
        for at, *_ in grown(
            "calendar-dates", "2018-08-01T00:00:00+08:00", done="2018-07-07T09:00:00+08:00"
        )
    ] == [
        "07-06T00:00",
        "07-07T00:00",
    ]


def test_the_forecast_is_what_a_later_decision_says():
    policy = load(DAILY.replace("READING", "calendar-dates"))
    case = Case("C", {}, [Event("registered", "2018-07-05T09:00:00+08:00")])
    now = policy.evaluate(case, as_of="2018-07-06T12:00:00+08:00")
    for accrual in accruals(now, datetime.fromisoformat("2018-07-20T00:00:00+08:00")):
        later = policy.evaluate(case, as_of=accrual.at)
        assert later.penalties[0].amount == accrual.total


def test_the_forecast_ends_where_the_calendar_does():
    decision = load(DAILY.replace("READING", "working-dates")).evaluate(
        Case("C", {}, [Event("registered", "2026-12-28T09:00:00+08:00")]),
        as_of="2026-12-29T12:00:00+08:00",
    )
    days = [a.at.date().isoformat() for a in accruals(decision, "2028-01-01T00:00:00+08:00")]
    assert days[:3] == ["2026-12-29", "2026-12-30", "2026-12-31"]
    with pytest.raises(DecisionError, match="read without its policy"):
        accruals(Decision.from_json(decision.to_json()), "2028-01-01T00:00:00+08:00")

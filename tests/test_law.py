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


# Cycles: a limit starts anew with every event that starts it

CYCLES = """
deadlines:
  - {id: STATUTE, clause: "1", title: {en: S}, duty_of: clerk, starts: [registered, complained_again],
     within: 15 calendar days, ends: answered_customer, suspended: [{from: paused, until: resumed}]}
"""
AS_OF = "2026-05-01T00:00:00+08:00"


def march(*events: tuple[str, str] | tuple[str, str, dict]):
    made = [
        Event(type_, f"2026-03-{at}:00+08:00", **(data[0] if data else {}))
        for type_, at, *data in events
    ]
    return Case("C", {}, made)


def beside_the_law(own: str, case: Case):
    """Law due, company's rule and due, of each limit that the company does not keep."""
    law = load(CYCLES.replace("STATUTE", "statute"), head=HEAD + EVENTS)
    ours = load("deadlines:\n" + own, head=HEAD + EVENTS)
    found = looser_limits(*(policy.evaluate(case, as_of=AS_OF) for policy in (ours, law)))
    return [
        (
            limit.law_due.isoformat()[5:10],
            limit.company_rule,
            limit.company_due and limit.company_due.isoformat()[5:10],
        )
        for limit in found
    ]


def own_limit(id_: str, starts: str, days: int, more: str = "") -> str:
    return (
        f'  - {{id: {id_}, clause: "1", title: {{en: A}}, duty_of: clerk, starts: {starts},\n'
        f"     within: {days} calendar days, ends: answered_customer{more}}}\n"
    )


TWICE = march(
    ("registered", "02T09:00"), ("answered_customer", "05T09:00"), ("complained_again", "10T09:00")
)


def test_a_second_cycle_is_compared_with_the_companys_own_second_cycle():
    first, again = own_limit("first", "registered", 7), own_limit("again", "complained_again", 20)
    # due on 9 March and 30 March, where the law says 17 March and 25 March
    assert beside_the_law(first + again, TWICE) == [("03-25", "again", "03-30")]
    assert beside_the_law(own_limit("both", "[registered, complained_again]", 15), TWICE) == []
    assert beside_the_law(own_limit("both", "[registered, complained_again]", 16), TWICE) == [
        ("03-17", "both", "03-18"),
        ("03-25", "both", "03-26"),
    ]


def test_a_cycle_that_the_company_does_not_know_is_reported_without_a_limit():
    assert beside_the_law(own_limit("first", "registered", 7), TWICE) == [("03-25", None, None)]


def test_what_starts_only_with_the_second_complaint_says_nothing_of_the_first():
    again = own_limit("again", "complained_again", 1)
    assert beside_the_law(again, TWICE) == [("03-17", None, None)]


def test_a_limit_that_starts_with_another_event_of_the_same_cycle_is_compared():
    own = own_limit("from-dispatch", "change_planned", 10)
    later = march(
        ("registered", "02T09:00"),
        ("change_planned", "04T09:00"),
        ("answered_customer", "06T09:00"),
        ("complained_again", "10T09:00"),
        ("change_planned", "17T09:00"),
    )
    # 14 March keeps 17 March; 27 March does not keep 25 March
    assert beside_the_law(own, later) == [("03-25", "from-dispatch", "03-27")]


def test_a_limit_that_still_runs_when_the_laws_begins_is_compared():
    own = own_limit("first", "registered", 20)
    open_still = march(("registered", "02T09:00"), ("complained_again", "10T09:00"))
    # one answer until 22 March serves both: too late for the first, in time for the second
    assert beside_the_law(own, open_still) == [("03-17", "first", "03-22")]


def test_a_limit_that_had_run_out_when_the_laws_begins_does_not_keep_it():
    own = own_limit("first", "registered", 2)
    overdue = march(("registered", "02T09:00"), ("complained_again", "10T09:00"))
    assert beside_the_law(own, overdue) == [("03-25", None, None)]


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

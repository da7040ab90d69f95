"""What penalties cost: arithmetic, accrual, floors and caps, alike for one case and for many."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, Event, Interval, Policy, PolicyError
from complaint_rules.reports import accruals
from simulated import assert_same

D = Decimal

HEAD = """
policy: amounts
title: {en: Amounts}
source: {issuer: A company, document: House rules}
effective: {from: 2000-01-01, by: registered}
timezone: Europe/Berlin
currency: EUR
overdue_days: calendar-dates
adds_up: cumulative
roles: {debtor: {en: debtor}}
facts:
  price: {type: money, title: {en: price, zh: 价款}}
  most: {type: money, title: {en: most}}
  paid: {type: money, title: {en: paid}}
  units: {type: int, title: {en: units}}
  usage: {type: number, title: {en: usage}}
  grave: {type: bool, title: {en: grave}}
  grade: {type: enum, values: [low, high], title: {en: grade}}
parameters:
  tariff: {type: money, title: {en: tariff}, value: "0.35"}
  spread: {type: money, title: {en: spread}, keys: [grade], table: [{at: [low], value: 10-20}, {at: [high], value: 5}]}
events:
  registered: {title: {en: billed}}
  ended: {title: {en: paid}, data: {fee: {type: money, title: {en: fee}}}}
deadlines:
  - {id: pay, clause: "1", title: {en: Pay}, duty_of: debtor, starts: registered, within: 10 calendar days, ends: ended}
penalties:
"""
LATE = '  - {{id: late, clause: "2", title: {{en: Late}}, per: pay, when: deadline.missed, amount: "{amount}"{more}}}\n'
START = datetime.fromisoformat("2026-01-01T12:00:00+01:00")
DUE_DATE = datetime.fromisoformat("2026-01-11T12:00:00+01:00")
"""Noon of the due date: the limit ends at its midnight."""


def policy(amount: str, more: str = "") -> Policy:
    return Policy(
        HEAD + LATE.format(amount=amount, more=f", {more}" if more else ""), "amounts.yaml"
    )


def owed(amount: str, days: float, more: str = "", **facts) -> Interval:
    """What is owed so many days after the due date, at noon."""
    case = Case("C", facts, [Event("registered", START)])
    return policy(amount, more).evaluate(case, as_of=DUE_DATE + timedelta(days=days)).total()


def exactly(amount: str) -> Interval:
    return Interval(D(amount), D(amount))


@pytest.mark.parametrize(
    ("amount", "days", "more", "right"),
    [
        ("0.05 % of price per started overdue week", 15, "", "3.00"),  # 2,000 × 0.05 % × 3
        ("0.05 % of price per started overdue week", 14, "", "2.00"),
        ("0.05 % of price per full overdue week", 15, "", "2.00"),
        ("0.0005 * price per overdue day", 3, "", "3.00"),
        ("25 EUR per started overdue month", 31, "", "25"),
        ("25 EUR per started overdue month", 32, "", "50"),
        ("25 EUR per 2 started overdue months", 60, "", "50"),
        ("45 EUR per 12 overdue hours", 2, "", "135"),  # 36 hours from midnight to noon
        ("1 EUR per full overdue hour", 1.5, "", "24"),
        ("5 EUR per overdue day", 4, "at_most: most", "20"),
        ("5 EUR per overdue day", 7, "at_most: most", "32"),
        ("5 EUR per overdue day", 100, "at_most: [5 % of price, 500 EUR, most]", "32"),
        ("1 % of price per overdue day", 100, "at_most: [5 % of price, 500 EUR]", "100"),
        ("0.001 % of price per overdue day", 1, "at_least: 1 EUR", "1"),
        ("300 EUR + 5 % of price", 1, "", "400"),
        ("max(300 EUR, 5 % of price)", 1, "", "300"),
        ("min(300 EUR, 5 % of price)", 1, "", "100"),
        ("2 EUR * units", 1, "at_least: 0 EUR", "6"),
        ("price - paid", 1, "at_least: 0 EUR", "1500"),
        ("paid - price", 1, "at_least: 0 EUR", "0"),
        ("usage * tariff", 1, "at_least: 0 EUR", "4.38"),  # 12.5 × 0.35 = 4.375
        ("3 EUR * deadline.overdue_days", 5, "", "15"),
        ("10.5 % of (price + paid) per overdue day", 2, "", "525"),
    ],
)
def test_amounts(amount, days, more, right):
    found = owed(amount, days, more, price=2000, most=32, paid=500, units=3, usage="12.5")
    assert found == exactly(right)


def test_the_sum_is_rounded_once_and_half_up():
    # 98.76536, and not 8 × 12.35 = 98.80
    assert owed("0.1 % of price per overdue day", 8, price="12345.67") == exactly("98.77")
    assert owed("0.1 % of price per overdue day", 1, price="12345") == exactly("12.35")  # 12.345


def test_each_day_is_rounded_where_the_source_says_so():
    more = "rounds: each day"
    assert owed("0.1 % of price per overdue day", 8, more, price="12345.67") == exactly("98.80")


def test_the_cap_comes_after_the_sum_and_before_rounding():
    # 3 × 33.335 = 100.005, at most 100.004 (50 % of 200.008 cannot be written, so of cents)
    assert owed("33.335 % of price per overdue day", 3, "at_most: price", price=100) == exactly(
        "100"
    )
    more = "at_most: 0.5 % of most"
    assert owed("1 EUR per overdue day", 9, more, most="0.99") == exactly("0.00")  # 0.00495


def test_a_cap_that_turns_out_below_the_floor_wins():
    assert owed("1 EUR", 1, "at_least: 10 EUR, at_most: most", most=3) == exactly("3")


# What is not known


def test_an_unknown_cap_leaves_what_is_owed_without_it_at_most():
    found = policy("5 EUR per overdue day", "at_most: most")
    case = Case("C", {}, [Event("registered", START)])
    decision = found.evaluate(case, as_of=DUE_DATE + timedelta(days=4))
    assert decision.total() == Interval(D(0), D(20))
    (item,) = decision.undetermined
    assert [missing.name for missing in item.missing] == ["most"]


@pytest.mark.parametrize(
    ("amount", "more", "low", "high"),
    [
        ("5 % of price", "", "0", None),
        ("5 % of price", "at_most: 100 EUR", "0", "100"),
        ("5 % of price", "at_least: 10 EUR", "10", None),
        ("5 % of price", "at_least: 10 EUR, at_most: 100 EUR", "10", "100"),
        ("300 EUR + 5 % of price", "", "300", None),
        ("max(300 EUR, price)", "", "300", None),
        ("min(300 EUR, price)", "", "0", "300"),
        ("300 EUR - price", "at_least: 0 EUR", "0", "300"),  # what is taken away crosses the ends
        ("spread + 1 EUR", "", "6", "21"),
        ("50-200 EUR per started overdue week", "at_most: 300 EUR", "150", "300"),
        ("10-20 EUR", "at_most: [15 EUR, most]", "0", "15"),
        ("10-20 % of 1000 EUR", "", "100", "200"),
    ],
)
def test_bounds(amount, more, low, high):
    found = owed(amount, 15, more)
    assert found == Interval(D(low), None if high is None else D(high))


def test_what_cannot_matter_is_not_asked():
    case = Case("C", {}, [Event("registered", START)])
    found = policy("5 EUR per full overdue week", "at_most: most")
    decision = found.evaluate(case, as_of=DUE_DATE + timedelta(days=3))
    assert (decision.total(), decision.undetermined) == (exactly("0"), ())
    found = policy("min(300 EUR, price)", "at_least: 300 EUR, at_most: 300 EUR")
    assert found.evaluate(case, as_of=DUE_DATE + timedelta(days=3)).undetermined == ()


def test_the_next_change_is_when_one_more_period_counts():
    case = Case("C", {}, [Event("registered", START)])
    found = policy("25 EUR per started overdue month")
    decision = found.evaluate(case, as_of=DUE_DATE + timedelta(days=3))
    # One more overdue day is a change too, of the limit.
    assert decision.next_change_at.isoformat() == "2026-01-15T00:00:00+01:00"
    text = HEAD + LATE.format(amount="25 EUR per started overdue month", more="")
    without = Policy(text.replace("overdue_days: calendar-dates\n", ""), "amounts.yaml")
    decision = without.evaluate(case, as_of=DUE_DATE + timedelta(days=3))
    assert decision.next_change_at.isoformat() == "2026-02-12T00:00:00+01:00"


# Words


def explained(language: str, amount: str, more: str = "", **facts) -> str:
    case = Case("C", facts, [Event("registered", START)])
    return (
        policy(amount, more).evaluate(case, as_of=DUE_DATE + timedelta(days=15)).explain(language)
    )


@pytest.mark.parametrize(
    ("amount", "more", "en", "zh"),
    [
        (
            "0.05 % of price per started overdue week",
            "at_most: 100 EUR",
            "0.05 % of 2000 × 3 started weeks = 3, at most 100",
            "2000 的 0.05 % × 3 周（不足一周按一周计） = 3，最高 100",
        ),
        (
            "45 EUR per 12 overdue hours",
            "at_least: 1 EUR, at_most: [price, 500 EUR]",
            "45 EUR × 29 full periods of 12 hours = 1305, at least 1, at most 500",
            "45 EUR × 29 个满 12 小时 = 1305，最低 1，最高 500",
        ),
        ("5 EUR per overdue day", "", "5 EUR × 15 = 75", "5 EUR × 15 = 75"),
        ("300 EUR + 5 % of price", "", "300 + 5 % of 2000 = 400", "300 + 2000 的 5 % = 400"),
        (
            "min(price, max(5 % of price, 300 EUR)) * 2 + (0.5 % of price) * 3",
            "",
            "(the smallest of 2000, (the largest of 5 % of 2000, 300)) × 2 + (0.5 % of 2000) × 3 = 630",
            "(2000、(2000 的 5 %、300中最大者)中最小者) × 2 + (2000 的 0.5 %) × 3 = 630",
        ),
    ],
)
def test_explained_in_both_languages(amount, more, en, zh):
    assert f"worked out: {en}\n" in explained("en", amount, more, price=2000)
    assert f"计算：{zh}\n" in explained("zh", amount, more, price=2000)


# What is refused when it is loaded


@pytest.mark.parametrize(
    ("amount", "more", "message"),
    [
        ("30 USD", "", "is in USD, the policy in EUR: use one currency"),
        ("30 EUR per started overdue fortnight", "", "per started overdue week"),
        ("30 EUR per overdue week", "", "write 'per started overdue week' or"),
        ("30 EUR per started overdue day of delay", "", "is not an amount"),
        ("price - paid", "", "can be negative: write at_least: 0 EUR"),
        ("usage * price", "", "can be negative"),
        ("price * paid", "", "multiplies two amounts"),
        ("price + units", "", "puts together an amount with a whole number"),
        ("units * 2", "", "is a whole number, and no amount"),
        ("price / 3", "", "divides"),
        ("grave + price", "", "true or false, and arithmetic"),
        ("5 % of pricee", "", "did you mean 'price'"),
        ("50-200 EUR + price", "", "a range stands alone"),
        ("10 EUR", "at_most: 5 USD", "is in USD"),
        ("10 EUR", "at_most: units", "is a whole number, and no amount"),
        ("10 EUR", "at_least: 20 EUR, at_most: 15 EUR", "below its floor"),
        ("10 EUR", "at_least: 20 EUR, at_most: [price, 15 EUR]", "below its floor"),
        ("10 EUR", "at_most: 1 EUR per overdue day", "is not an amount"),
        ("10 EUR", "at_most: price - paid", "can be negative"),
        ("10 EUR", "rounds: each day", "nothing that is rounded each day"),
    ],
)
def test_refused(amount, more, message):
    with pytest.raises(PolicyError, match=r"amounts\.yaml:2\d") as error:
        policy(amount, more)
    assert message in str(error.value)


def test_floors_and_caps_need_an_amount():
    text = HEAD + (
        '  - {id: late, clause: "2", title: {en: Late}, per: pay, when: deadline.missed, '
        "forfeits: price, at_most: 5 EUR}\n"
    )
    with pytest.raises(PolicyError, match="at_most.* without an amount"):
        Policy(text, "amounts.yaml")


# One case and many alike

AMOUNTS = st.sampled_from(
    [
        "0.05 % of price per started overdue week",
        "0.125 % of price per overdue day",
        "5 EUR per full overdue day",
        "10-20 % of price",
        "25-30 EUR per started overdue month",
        "45 EUR per 12 overdue hours",
        "tariff per overdue day",
        "spread per started overdue week",
        "300 EUR + 5 % of price",
        "max(300 EUR, 5 % of price, paid) per full overdue week",
        "min(spread, price)",
        "2 EUR * units",
        "usage * tariff",
        "price - paid",
        "3 EUR * deadline.overdue_days",
        "0.5 * (price + most)",
        "price",
        "7 EUR",
    ]
)
BOUNDS = st.sampled_from(
    [
        [],
        ["at_most: most"],
        ["at_most: [5 % of price, 500 EUR]"],
        ["at_least: 1 EUR"],
        ["at_least: most", "at_most: price"],
        ["at_least: 1.5 EUR", "at_most: [most, paid]"],
    ]
)
MONEY = st.sampled_from(["0", "0.01", "10", "333.33", "12345.67"])
FACTS = {
    "price": MONEY,
    "most": MONEY,
    "paid": MONEY,
    "units": st.integers(-2, 5),
    "usage": st.sampled_from(["0", "12.5", "-3", "0.333"]),
    "grave": st.booleans(),
    "grade": st.sampled_from(["low", "high"]),
}


@st.composite
def policies(draw):
    amount = draw(AMOUNTS)
    more = list(draw(BOUNDS))
    if amount.startswith(("usage", "price -", "2 EUR")) and not any("at_least" in m for m in more):
        more.append("at_least: 0 EUR")
    if " per " in amount and draw(st.booleans()):
        more.append("rounds: each day")
    relief = draw(st.sampled_from(["", "50 %", "120 %"]))
    text = HEAD + LATE.format(amount=amount, more="".join(f", {m}" for m in more))
    text += (
        '  - {id: also, clause: "3", title: {en: A}, per: pay, when: "units > 1", amount: 3 EUR}\n'
    )
    if relief:
        text += (
            "reliefs:\n"
            '  - {id: back, clause: "4", title: {en: B}, when: grave, of: [late], '
            f"refunds: {relief}}}\n"
        )
    return Policy(text, "amounts.yaml")


@st.composite
def drawn_cases(draw):
    found = []
    for number in range(draw(st.integers(1, 4))):
        facts = {name: draw(values) for name, values in FACTS.items() if draw(st.booleans())}
        events = [Event("registered", START + timedelta(hours=draw(st.integers(0, 100))))]
        if draw(st.booleans()):
            ended = START + timedelta(hours=draw(st.integers(0, 3000)))
            events.append(Event("ended", ended, fee=draw(MONEY)))
        found.append(Case(f"C{number}", facts, events))
    return found


@settings(deadline=None)
@given(policies(), drawn_cases(), st.integers(0, 3000))
def test_one_case_and_many_alike(found, cases, hours):
    assert_same(found, cases, START + timedelta(hours=hours))


# What grows with time is no change


@pytest.mark.parametrize(
    ("amount", "more"),
    [
        ("5 EUR per overdue day", "at_most: most"),
        ("0.05 % of price per started overdue week", ""),
        ("45 EUR per 12 overdue hours", "at_least: 1 EUR, at_most: 500 EUR"),
    ],
)
def test_what_grows_with_time_is_no_change_unless_the_rate_is_another(amount, more):
    found = policy(amount, more)

    def decide(days, price):
        case = Case("C", {"price": price, "most": 32}, [Event("registered", START)])
        return found.evaluate(case, as_of=DUE_DATE + timedelta(days=days))

    assert not decide(30, 2000).changes_since(decide(3, 2000))
    if "price" in amount:
        assert decide(30, 2100).changes_since(decide(3, 2000))


@pytest.mark.parametrize(
    ("amount", "more", "grown"),
    [
        (
            "25 EUR per started overdue month",
            "at_most: 60 EUR",
            [("2026-01-12", "25", "25"), ("2026-02-12", "25", "50"), ("2026-03-12", "10", "60")],
        ),
        (
            "5 EUR per overdue day",
            "at_most: 8 EUR",
            [("2026-01-12", "5", "5"), ("2026-01-13", "3", "8")],
        ),
        ("0.5 EUR per 480 overdue hours", "", [("2026-01-31", "0.50", "0.50")]),
    ],
)
def test_the_instants_at_which_an_amount_grows(amount, more, grown):
    case = Case("C", {}, [Event("registered", START)])
    decision = policy(amount, more).evaluate(case, as_of=DUE_DATE + timedelta(days=1))
    found = accruals(decision, "2026-04-01T00:00:00+02:00" if more else "2026-02-10T00:00:00+01:00")
    berlin = ZoneInfo("Europe/Berlin")
    days = [f"{one.at.astimezone(berlin):%Y-%m-%d}" for one in found]
    assert [(day, str(o.amount), str(o.total)) for day, o in zip(days, found, strict=True)] == grown

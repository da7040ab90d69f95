"""Amounts: the places of the currency, shares that add up, any decimal context, one grammar."""

from __future__ import annotations

import re
import textwrap
from decimal import ROUND_DOWN, Context, Decimal, Inexact, localcontext
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules import Case, CaseError, ComplaintRulesError, Event, Policy, PolicyError
from complaint_rules.currencies import MINOR_UNITS
from complaint_rules.money import Interval, apportioned, plain
from complaint_rules.reports import Period, settle
from complaint_rules.simulation import simulate

HEAD = """
policy: example
title: {{en: Example}}
source: {{issuer: A company, document: House rules}}
effective: {{from: 2000-01-01, by: registered}}
timezone: Asia/Tokyo
currency: {currency}
overdue_days: calendar-dates
adds_up: cumulative
roles: {{a: {{en: a}}, b: {{en: b}}, c: {{en: c}}}}
facts:
  bill: {{type: money, title: {{en: bill}}}}
  size: {{type: number, title: {{en: size}}}}
  only_a: {{type: bool, title: {{en: only a}}}}
events: {{registered: {{title: {{en: r}}}}}}
"""
FINE = """
penalties:
  - {id: fine, clause: "1", title: {en: Fine}, per: registered, against: a, amount: AMOUNT}
"""
AT = "2026-03-02T09:00:00+08:00"
AS_OF = "2026-04-02T09:00:00+08:00"


def policy(body: str, currency: str = "CNY") -> Policy:
    return Policy(HEAD.format(currency=currency) + textwrap.dedent(body), "example.yaml")


def case(**facts: Any) -> Case:
    return Case("C-1", facts, [Event("registered", AT)])


def both(rules: Policy, **facts: Any) -> list[Decimal]:
    """The total of one case, by itself and in columns."""
    one = case(**facts)
    many = simulate(rules, [one], as_of=AS_OF)
    assert many.one_by_one == 0
    totals = [rules.evaluate(one, as_of=AS_OF).total(), many.total()]
    for total in totals:
        assert total.is_exact
    return [total.maximum for total in totals if total.maximum is not None]


@pytest.mark.parametrize(
    ("currency", "share", "bill", "right"),
    [
        ("JPY", "12.5 % of bill", "1001", "125"),  # 125.125
        ("JPY", "12.5 % of bill", "1004", "126"),  # 125.5: halves up
        ("KRW", "0.5 % of bill", "99", "0"),  # 0.495
        ("KWD", "12.5 % of bill", "1.001", "0.125"),  # 0.125125
        ("BHD", "50 % of bill", "0.005", "0.003"),  # 0.0025
        ("CNY", "12.5 % of bill", "10.01", "1.25"),  # 1.25125
        ("EUR", "50 % of bill", "0.01", "0.01"),
        ("CLF", "50 % of bill", "0.0003", "0.0002"),
    ],
)
def test_amounts_have_the_places_of_their_currency(
    currency: str, share: str, bill: str, right: str
) -> None:
    found = both(policy(FINE.replace("AMOUNT", share), currency), bill=bill)
    assert [plain(amount) for amount in found] == [right, right]
    assert found == [Decimal(right)] * 2


def test_more_places_than_the_currency_has_are_refused() -> None:
    with pytest.raises(PolicyError, match="10.5.*no decimal places in this currency"):
        policy(FINE.replace("AMOUNT", "10.5 JPY"), "JPY")
    with pytest.raises(PolicyError, match="at most 3 decimal places"):
        policy(FINE.replace("AMOUNT", "10.1234 KWD"), "KWD")
    yen = policy(FINE.replace("AMOUNT", "bill"), "JPY")
    assert both(yen, bill="10.00") == [10, 10]
    for judge in (yen.evaluate, lambda one, as_of: simulate(yen, [one], as_of=as_of)):
        with pytest.raises(CaseError, match="decimal"):
            judge(case(bill="10.5"), as_of=AS_OF)


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(PolicyError, match="'ABC' is no code of ISO 4217"):
        policy(FINE.replace("AMOUNT", "10 ABC"), "ABC")
    assert {code: MINOR_UNITS[code] for code in ("CNY", "JPY", "KWD", "CLF", "ISK", "TND")} == {
        "CNY": 2, "JPY": 0, "KWD": 3, "CLF": 4, "ISK": 0, "TND": 3,
    }  # fmt: skip


def test_statements_have_the_places_of_their_currency() -> None:
    for currency, bill, right in (("KWD", "1.001", "0.125"), ("JPY", "1004", "126")):
        rules = policy(FINE.replace("AMOUNT", "12.5 % of bill"), currency)
        decision = rules.evaluate(case(bill=bill), as_of=AS_OF)
        (statement,) = settle([decision], Period.month(2026, 3, "Asia/Tokyo"))
        assert str(statement.total) == right


# Shares


def charges(*shares: str, when: str = "") -> str:
    lines = [
        f'  - {{id: {role}-share, clause: "1", title: {{en: x}}, cost: bill, borne_by: {role}, '
        f"share: {share}{when if role == 'b' else ''}}}"
        for role, share in zip("abc", shares, strict=False)
    ]
    return "charges:\n" + "\n".join(lines)


def borne(rules: Policy, **facts: Any) -> list[Decimal]:
    one = case(**facts)
    alone = [item.maximum for item in rules.evaluate(one, as_of=AS_OF).charges]
    many = simulate(rules, [one, Case("C-2", {}, [])], as_of=AS_OF)
    assert many.one_by_one == 0
    together = many.charges.filter(pl.col("case") == "C-1")["maximum"].to_list()
    assert together == alone
    return together


@pytest.mark.parametrize(
    ("shares", "bill", "right"),
    [
        (("50 %", "50 %"), "99.99", ["50.00", "49.99"]),
        (("33.33 %", "33.33 %", "33.34 %"), "100", ["33.33", "33.33", "33.34"]),
        # 33.33, 33.33 and 33.34 thousandths of 0.10: each loses, and the largest loss takes it.
        (("33.33 %", "33.33 %", "33.34 %"), "0.10", ["0.03", "0.03", "0.04"]),
        (("30 %", "70 %"), "0.05", ["0.02", "0.03"]),  # 0.015 and 0.035: the first takes it
        (("50 %", "25 %", "25 %"), "0.01", ["0.01", "0.00", "0.00"]),
    ],
)
def test_shares_of_a_cost_add_up_to_it(
    shares: tuple[str, ...], bill: str, right: list[str]
) -> None:
    found = borne(policy(charges(*shares)), bill=bill)
    assert found == [Decimal(amount) for amount in right]
    assert sum(found) == Decimal(bill)


def test_a_share_that_nobody_bears_is_not_made_up_for() -> None:
    rules = policy(charges("50 %", "50 %", when=", when: not only_a"))
    assert borne(rules, bill="99.99", only_a=True) == [Decimal("50.00")]
    assert borne(rules, bill="99.99", only_a=False) == [Decimal("50.00"), Decimal("49.99")]
    assert borne(policy(charges("50 %", "50 %"))) == [None, None]


@given(st.lists(st.decimals(0, 1000, places=5), min_size=1, max_size=6), st.integers(0, 4))
def test_apportioned_amounts_are_near_their_shares(shares: list[Decimal], places: int) -> None:
    found = apportioned(shares, places)
    assert sum(found) == Interval.exactly(sum(shares)).rounded(places).maximum
    assert (
        all(
            abs(one - share) < Decimal(1).scaleb(-places)
            for one, share in zip(found, shares, strict=True)
        )
        or len(shares) == 1
    )


# The context


def hostile() -> Context:
    return Context(prec=3, rounding=ROUND_DOWN, traps=[Inexact])


def test_the_decimal_context_of_the_thread_does_not_matter() -> None:
    body = FINE.replace("AMOUNT", "12.5 % of bill") + charges("33.33 %", "33.33 %", "33.34 %")
    one = case(bill="12345678.91", size="123456.789")
    plainly = policy(body)
    right = plainly.evaluate(one, as_of=AS_OF)
    assert right.total().maximum == Decimal("1543209.86")  # 1543209.86375
    with localcontext(hostile()):
        rules = policy(body)
        decision = rules.evaluate(one, as_of=AS_OF)
        found = simulate(rules, [one], as_of=AS_OF)
        assert decision == right
        assert decision.explain("en") == right.explain("en")
        assert str(decision.total()) == "1543209.86"
        assert str(found.total()) == "1543209.86"
        assert found.charges["maximum"].to_list() == [c.maximum for c in right.charges]


def test_there_is_no_negative_zero() -> None:
    zero = Interval.exactly(Decimal("-0.001")).rounded()
    assert str(zero.minimum) == "0.00"
    assert plain(Decimal("-0.00")) == "0"
    assert plain(Decimal("-0.00001")) == "0.0000"
    assert str(Interval.exactly(Decimal(5)).scaled(Decimal("-0"))) == "0"


# One grammar

TEXTS = [
    "1_000", "1e3", "１２", "+5", " 5", "5 ", "5.", ".5", "", "-", "NaN", "Infinity", "-inf", "0x1",
    "1,000", "٣", "5\n", "12.5", "0012", "12.50", "12.500", "12.505", "-0", "-1", "0", "0.0",
    "1000000000000000", "1000000000000001", "1000000000000000.0", "1000000000000000.01",
    "999999999999999.99", "9" * 20, "0.1234567890123456", "123456789012345", "1234567890123456",
    "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("name", ["bill", "size"])
@pytest.mark.parametrize("currency", ["CNY", "JPY", "KWD"])
@given(text=st.from_regex(r"[-+]?[0-9_]{0,17}([.,][0-9]{0,4})?(e[0-9])?", fullmatch=True))
def test_a_value_is_read_alike_everywhere(name: str, currency: str, text: str) -> None:
    alike(policy(FINE.replace("AMOUNT", "bill"), currency), name, text)


@pytest.mark.parametrize("name", ["bill", "size"])
@pytest.mark.parametrize("text", TEXTS)
def test_values_that_are_written_oddly(name: str, text: str) -> None:
    alike(policy(FINE.replace("AMOUNT", "bill")), name, text)


def alike(rules: Policy, name: str, text: str) -> None:
    schema = rules.case_model.model_json_schema()["$defs"]["Facts"]["properties"][name]
    patterns = [
        one["pattern"] for way in schema["anyOf"] for one in way.get("anyOf", [way])
        if one.get("type") == "string"
    ]  # fmt: skip
    assert len(patterns) == 1
    by_schema = re.search(patterns[0].removesuffix("$") + r"\Z", text) is not None
    try:
        rules.check(case(**{name: text}))
        alone = True
    except ComplaintRulesError:
        alone = False
    try:
        frame = pl.DataFrame({"case": ["C-1"], name: pl.Series([text], dtype=pl.String)})
        simulate(rules, frame, as_of=AS_OF)
        together = True
    except (ComplaintRulesError, UnicodeEncodeError):
        together = False
    # A column of numbers is one of floats: what it cannot hold exactly is refused there, and said.
    fits = name != "size" or sum(map(str.isdecimal, text)) <= 15
    assert (by_schema, together) == (alone, alone and fits), text


def test_what_is_in_the_grammar_and_what_is_not() -> None:
    rules = policy(FINE.replace("AMOUNT", "bill"))
    for text in ("1_000", "1e3", "１２", "+5", " 5", "NaN", "Infinity"):
        for name in ("bill", "size"):
            with pytest.raises(CaseError, match="plain digits"):
                rules.check(case(**{name: text}))
    assert rules.check(case(bill="0012.5", size="-12.50")).facts == {
        "bill": Decimal("12.50"), "size": Decimal("-12.5"),
    }  # fmt: skip
    for value in (float("nan"), float("inf"), Decimal("NaN"), Decimal("Infinity")):
        for name in ("bill", "size"):
            with pytest.raises(CaseError):
                rules.check(case(**{name: value}))

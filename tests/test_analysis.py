"""Rules that can never apply are found, and nothing else is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from complaint_rules import load_policy, shipped_rulesets
from complaint_rules.analysis import findings
from complaint_rules.analysis.never_applies import impossible
from complaint_rules.cli.app import app
from complaint_rules.expressions import evaluate, parse_condition
from complaint_rules.expressions.types import (
    BOOL,
    DATE,
    INT,
    MONEY,
    NUMBER,
    TEXT,
    Meaning,
    Type,
)

NAMES = {
    "uptime": Meaning(NUMBER, {"en": "uptime"}),
    "visits": Meaning(INT, {"en": "visits"}),
    "loss": Meaning(MONEY, {"en": "loss"}),
    "urgent": Meaning(BOOL, {"en": "urgent"}),
    "grade": Meaning(Type("enum", ("low", "middle", "high")), {"en": "grade"}),
    "note": Meaning(TEXT, {"en": "note"}),
    "day": Meaning(DATE, {"en": "day"}),
    "reply.overdue_days": Meaning(INT, {"en": "days overdue"}),
}


@pytest.mark.parametrize(
    "condition",
    [
        "uptime < 99 and uptime >= 99.5",
        "uptime < 99 and uptime >= 99",
        "uptime == 1 and uptime != 1",
        "uptime <= 1 and uptime >= 1 and uptime != 1",
        "2 < visits < 3",
        "2 < visits <= 3 and visits != 3",
        "loss < 0",
        "reply.overdue_days < 0",
        "urgent and not urgent",
        "grade == 'low' and grade == 'high'",
        "grade != 'low' and grade not in ('middle', 'high')",
        "grade in ('low',) and grade in ('high', 'middle')",
        "note == 'x' and note in ('y', 'z')",
        "day < '2026-01-01' and day > '2026-01-01'",
        "False",
        "urgent and False",
        "(uptime < 1 or uptime > 3) and uptime == 2",
        "not (uptime < 2 or uptime > 1)",
    ],
)
def test_what_nothing_can_satisfy_is_found(condition):
    assert impossible(parse_condition(condition, NAMES), NAMES) is not None


@pytest.mark.parametrize(
    "condition",
    [
        "uptime < 99.5 and uptime >= 99",
        "uptime <= 1 and uptime >= 1",
        "2 < uptime < 3",
        "2 < visits < 4",
        "loss <= 0",
        "urgent or not urgent",
        "grade != 'low'",
        "(uptime < 1 or uptime > 3) and uptime == 4",
        "note != 'x' and note != 'y'",
        "uptime + 1 < 0 and uptime > 5",  # terms are not looked into
    ],
)
def test_what_something_can_satisfy_is_not(condition):
    assert impossible(parse_condition(condition, NAMES), NAMES) is None


OPERATORS = ["==", "!=", "<", "<=", ">", ">="]
ATOMS = st.one_of(
    st.builds("{} {} {}".format, st.just("uptime"), st.sampled_from(OPERATORS), st.integers(0, 3)),
    st.builds("{} {} {}".format, st.just("visits"), st.sampled_from(OPERATORS), st.integers(0, 3)),
    st.sampled_from(["urgent", "grade == 'low'", "grade in ('low', 'high')", "note != 'x'"]),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
    ),
    max_leaves=6,
)
VALUES = st.fixed_dictionaries(
    {
        "uptime": st.sampled_from([Decimal(n) / 2 for n in range(-1, 8)]),
        "visits": st.integers(-1, 4),
        "urgent": st.booleans(),
        "grade": st.sampled_from(["low", "middle", "high"]),
        "note": st.sampled_from(["x", "y"]),
    }
)


@settings(max_examples=300)
@given(CONDITIONS, st.lists(VALUES, min_size=5, max_size=20))
def test_what_is_found_is_never_true(text, many):
    node = parse_condition(text, NAMES)
    if any(evaluate(node, values) for values in many):
        assert impossible(node, NAMES) is None


@settings(max_examples=100)
@given(st.lists(ATOMS.filter(lambda atom: "uptime" not in atom), min_size=1, max_size=4))
def test_what_no_value_satisfies_is_found(parts):
    node = parse_condition(" and ".join(f"({part})" for part in parts), NAMES)
    everything = (
        {"visits": visits, "urgent": urgent, "grade": grade, "note": note}
        for visits in range(-1, 5)
        for urgent in (True, False)
        for grade in ("low", "middle", "high")
        for note in ("x", "y")
    )
    possible = any(evaluate(node, values) for values in everything)
    assert (impossible(node, NAMES) is None) is possible


@pytest.mark.parametrize("name", sorted(shipped_rulesets()))
def test_the_shipped_policies_have_none(name):
    assert list(findings(load_policy(name))) == []


def test_the_command_says_it_and_fails(tmp_path):
    text = """
policy: hosting
title: {en: Hosting}
source: {issuer: A vendor, document: Agreement}
effective: {from: 2026-01-01, by: closed}
timezone: UTC
currency: USD
adds_up: cumulative
roles: {vendor: {en: vendor}}
facts: {fee: {type: money, title: {en: fee}}, uptime: {type: number, title: {en: uptime}}}
events: {closed: {title: {en: month closed}}}
penalties:
  - {id: t1, clause: "1", title: {en: S}, per: closed, against: vendor, when: uptime < 99.9 and uptime >= 99.5, amount: 10 % of fee}
  - {id: t2, clause: "2", title: {en: S}, per: closed, against: vendor, when: uptime < 99 and uptime >= 99.5, amount: 15 % of fee}
"""
    path = tmp_path / "hosting.yaml"
    path.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(app, ["check", str(path)])
    assert done.exit_code == 1
    assert (
        "[t2] 2: it can never apply: “uptime is less than 99 and uptime is at least" in done.output
    )
    assert "t1" not in done.output

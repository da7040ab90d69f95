from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from decimal import Decimal

import pytest

from complaint_rules import Interval, load_policy
from samples import ROOT

HERE = ROOT / "examples/traffic_fines"


def example(name: str):
    spec = importlib.util.spec_from_file_location(f"traffic_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


RUN, PREPARE = example("run"), example("prepare")
POLICY = load_policy(HERE / "italian-traffic-fines.yaml")


def test_the_fixture_is_what_it_says():
    rows = list(RUN.fixture())
    assert len(rows) == 2_000
    assert len({row["case"] for row in rows}) == 2_000


def test_the_fixture_is_judged_as_the_register_has_it():
    found = RUN.judge(POLICY, RUN.fixture())
    rows = list(RUN.fixture())
    notified = sum(bool(row["notified"]) for row in rows)
    assert found["cases"] == 2_000
    assert found["penalty date as registered"] == found["notified"] == notified > 900
    assert found["penalty amount as registered"] == found["penalties"] > 800
    assert found["had nobody paid or appealed: amount differs"] == 0
    expected = Counter()
    from datetime import date

    for row in rows:
        if row["sent"]:
            days = (date.fromisoformat(row["sent"]) - date.fromisoformat(row["created"])).days
            expected["late"] += days > 90
            expected["on day 90"] += days == 90
    assert (found["sent late"], found["sent on day 90"]) == (
        expected["late"],
        expected["on day 90"],
    )


@pytest.mark.parametrize(("sent", "status"), [("2007-04-01", "met"), ("2007-04-02", "late")])
def test_day_90_is_in_time_across_the_change_of_clocks(sent, status):
    row = dict.fromkeys(PREPARE.COLUMNS, "")
    row |= {
        "case": "X",
        "article": "7",
        "statutory_minimum": "36.00",
        "created": "2007-01-01",
        "sent": sent,
    }
    decision = POLICY.evaluate(RUN.case_of(row), as_of=RUN.END, engine="native")
    assert decision.deadlines[0].status == status


@pytest.mark.parametrize(
    ("created", "minimum", "amount"),
    [
        ("2006-12-31", "35.00", Interval(Decimal("71.50"), Decimal("71.50"))),
        ("2007-01-01", "36.00", Interval(Decimal("74.00"), Decimal("74.00"))),
        (
            "2002-06-01",
            "65.00",
            Interval(Decimal("130.00"), Decimal("131.00")),
        ),  # two in the schedule
        ("2007-01-01", "35.00", None),  # the minimum of the period before
    ],
)
def test_the_amount_is_that_of_the_period(created, minimum, amount):
    row = dict.fromkeys(PREPARE.COLUMNS, "")
    article = "158" if minimum == "65.00" else "7"
    row |= {
        "case": "X",
        "article": article,
        "statutory_minimum": minimum,
        "created": created,
        "notified": created,
    }
    decision = POLICY.evaluate(RUN.case_of(row), as_of=RUN.END, engine="native")
    if amount is None:
        assert decision.undetermined[0].missing[0].name == "half_maximum"
    else:
        assert decision.penalties[0].amount == amount


def test_the_table_is_that_of_the_schedule(shared):
    text = (HERE / "italian-traffic-fines.yaml").read_text(encoding="utf-8")
    rows = PREPARE.table_rows(shared / "data/traffic_fines/derived_penalty_schedule.csv")
    assert len(rows) == 222  # 224 in the schedule, two of them for the same key as another
    assert all(row in text for row in rows)

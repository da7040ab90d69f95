"""A table without keys: an amount by date, with gaps of which nothing is known."""

from __future__ import annotations

from datetime import datetime

import pytest

from complaint_rules import Case, Event, Policy
from simulated import assert_same

VISITS = Policy(
    """
policy: visits
title: {en: Visits, zh: 上门}
source: {issuer: A company, document: Visits}
effective: {from: 2020-01-01, by: missed}
timezone: UTC
currency: GBP
adds_up: cumulative
roles: {desk: {en: desk}}
parameters:
  rate:
    type: money
    title: {en: missed visit, zh: 失约一次赔偿}
    dated_by: missed
    keys: []
    table:
      - {from: 2024-04-01, until: 2025-03-31, at: [], value: "30.49"}
      - {from: 2026-04-01, at: [], value: "32.31"}
events: {missed: {title: {en: missed}}}
penalties:
  - {id: pay, clause: "1", title: {en: Pay}, per: missed, against: desk, amount: rate}
"""
)


def case(day: str) -> Case:
    return Case(day, {}, [Event("missed", f"{day}T12:00+00:00")])


DAYS = [
    ("2024-03-31", "open amount"),
    ("2024-04-01", "30.49 GBP"),
    ("2025-03-31", "30.49 GBP"),
    ("2025-04-01", "open amount"),
    ("2026-03-31", "open amount"),
    ("2026-04-01", "32.31 GBP"),
]


@pytest.mark.parametrize(("day", "owed"), DAYS)
def test_by_date_alone(day, owed):
    decision = VISITS.evaluate(case(day), as_of="2026-06-01T00:00+00:00")
    text = decision.explain("en")
    assert f"Total of penalties after reliefs: {owed}\n" in text
    assert bool(decision.penalties) == (owed != "open amount")
    if decision.penalties:
        assert f"table “missed visit”: {owed}\n" in text
    else:
        assert "missing: the policy's parameter “missed visit”; outcome: open amount\n" in text


def test_columns_say_the_same():
    as_of = datetime.fromisoformat("2026-06-01T00:00+00:00")
    assert_same(VISITS, [case(day) for day, _ in DAYS], as_of)

"""Events of one instant: their order is a rule, not the input's; the same one twice is noted."""

from __future__ import annotations

import textwrap
from itertools import permutations

import polars as pl
import pytest

from complaint_rules import Case, Event, Policy
from complaint_rules.simulation import simulate

POLICY = Policy(
    textwrap.dedent("""
    policy: example
    title: {en: Example}
    source: {issuer: A company, document: House rules}
    effective: {from: 2000-01-01, by: registered}
    timezone: Asia/Shanghai
    adds_up: cumulative
    roles: {desk: {en: desk}}
    facts:
      grade: {type: enum, values: [low, high], title: {en: g}}
      loss: {type: money, title: {en: l}}
    events:
      registered: {title: {en: r}}
      graded: {title: {en: g}, sets: [grade, loss]}
      changed: {title: {en: c}, sets: [grade]}
    penalties:
      - {id: fine, clause: "1", title: {en: F}, against: desk, when: grade == 'high', amount: loss}
    """),
    "example.yaml",
)
AT = "2026-03-02T09:00:00+08:00"
AS_OF = "2026-03-03T09:00:00+08:00"


def owed(events: list[dict[str, str]]) -> set[str]:
    """The totals in every order of the events: of a list of cases, and of an event log."""
    totals = set()
    for order in permutations(events):
        case = Case("C", {}, [Event(at=AT, **event) for event in order])
        totals.add(str(POLICY.evaluate(case, as_of=AS_OF).total()))
        names = sorted({name for event in events for name in event})
        log = pl.DataFrame(
            {"case": ["C"] * len(order), "at": [AT] * len(order)}
            | {name: [event.get(name) for event in order] for name in names}
        )
        totals.add(str(simulate(POLICY, log, as_of=AS_OF).total()))
    return totals


REGISTERED = {"type": "registered"}


@pytest.mark.parametrize(
    ("events", "right"),
    [
        # By type: graded comes after changed.
        (
            [{"type": "changed", "grade": "low"}, {"type": "graded", "grade": "high", "loss": "5"}],
            "5",
        ),
        (
            [{"type": "changed", "grade": "high"}, {"type": "graded", "grade": "low", "loss": "5"}],
            "0",
        ),
        # By id, none first.
        (
            [
                {"type": "graded", "id": "a", "grade": "high", "loss": "5"},
                {"type": "graded", "id": "b", "loss": "7"},
                {"type": "graded", "loss": "9"},
            ],
            "7",
        ),
        # By what they carry: 12.00 is written before 7 as a text.
        (
            [
                {"type": "graded", "grade": "high", "loss": "7"},
                {"type": "graded", "grade": "high", "loss": "12.00"},
                {"type": "graded", "grade": "high", "loss": "12"},
            ],
            "7",
        ),
    ],
)
def test_the_order_of_the_input_does_not_matter(events: list[dict[str, str]], right: str) -> None:
    assert owed([REGISTERED, *events]) == {right}


def test_an_event_delivered_twice_is_noted() -> None:
    def notes(*events: Event) -> list[tuple[str, str | None]]:
        case = Case("C", {}, [Event("registered", AT), *events])
        decision = POLICY.evaluate(case, as_of=AS_OF)
        assert ("says the same" in decision.explain("en")) == bool(decision.notes)
        return [(note.kind, note.occurrence) for note in decision.notes]

    twice = [Event("graded", AT, loss="12"), Event("graded", "2026-03-02T01:00:00Z", loss="12.00")]
    ((kind, occurrence),) = notes(*twice)
    assert kind == "delivered-twice"
    assert occurrence is not None
    assert notes(*[Event("graded", AT, loss="12"), Event("graded", AT, loss="13")]) == []
    assert notes(*[Event("graded", AT, id=name, loss="12") for name in "ab"]) == []

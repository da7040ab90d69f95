"""A lead time that could no longer be kept when its duty began is missed at that instant, not before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from complaint_rules import Case, Event, Policy
from simulated import assert_same

VISITS = """
policy: visits
title: {en: Visits}
source: {issuer: A company, document: Visits}
effective: {from: 2026-01-01, by: agreed}
timezone: UTC
currency: EUR
adds_up: cumulative
calendar: {hours: ["09:00-17:00"]}
roles: {desk: {en: desk}}
events:
  agreed: {title: {en: agreed}}
  called_off: {title: {en: called off}, data: {visit_at: {type: instant, title: {en: visit}}}}
  told: {title: {en: told}}
  paid: {title: {en: paid}}
deadlines:
  - {id: notice, clause: "1", title: {en: Notice}, duty_of: desk, starts: called_off, at_least: 1 working day, before: event.visit_at, ends: told}
  - {id: pay, clause: "2", title: {en: Pay}, duty_of: desk, starts: notice.missed, within: 2 elapsed hours, ends: paid}
penalties:
  - {id: fine, clause: "3", title: {en: Fine}, per: notice.missed, when: "deadline.missed_at >= called_off.first_at", amount: 10 EUR}
  - {id: again, clause: "4", title: {en: Again}, per: called_off, against: desk, when: notice.missed_before_event, amount: 1 EUR}
"""


def case(*, off: str, told: str | None = None, again: str | None = None) -> Case:
    events = [
        Event("agreed", "2026-03-02T09:00+00:00"),
        Event("called_off", off, visit_at="2026-03-09T08:00+00:00"),
    ]
    if again is not None:
        events.append(Event("called_off", again, visit_at="2026-03-09T08:00+00:00"))
    if told is not None:
        events.append(Event("told", told))
    return Case("C", {}, events)


def judged(given: Case) -> tuple[list[str], str]:
    decision = Policy(VISITS).evaluate(given, as_of="2026-03-10T00:00+00:00")
    due = [f"{item.due_at:%a %H:%M}" for item in decision.deadlines if item.rule == "pay"]
    return due, str(decision.total())


# The visit is on Monday the 9th: notice is in time until the end of Friday.
CASES = [
    (case(off="2026-03-06T17:00+00:00", told="2026-03-06T17:00+00:00"), ([], "0")),
    (case(off="2026-03-06T17:00+00:00"), (["Sat 01:59"], "10")),
    (case(off="2026-03-09T07:00+00:00", told="2026-03-09T07:00+00:00"), (["Mon 09:00"], "10")),
    (case(off="2026-03-09T07:00+00:00"), (["Mon 09:00"], "10")),
    # called off twice, both too late: the second time the first notice had been missed before
    (
        case(off="2026-03-09T07:00+00:00", again="2026-03-09T07:30+00:00"),
        (["Mon 09:00", "Mon 09:30"], "21"),
    ),
]


@pytest.mark.parametrize(("given", "expected"), CASES)
def test_it_is_missed_when_it_begins(given, expected):
    assert judged(given) == expected


@pytest.mark.parametrize("text", [VISITS, VISITS.replace("starts: notice.missed", "starts: told")])
def test_columns_say_the_same(text):
    """Cases of the first go one by one, those of the second do not."""
    cases = [replace(given, id=f"C-{number}") for number, (given, _) in enumerate(CASES)]
    assert_same(Policy(text), cases, datetime(2026, 3, 10, tzinfo=UTC))

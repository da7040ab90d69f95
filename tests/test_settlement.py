"""Statements made month after month: together they say what the decision says."""

from __future__ import annotations

from samples import case, event, judge, load

RELIEVED = """
penalties:
  - {id: p, clause: "1", title: {en: P}, per: complained_again, against: clerk, amount: 30 CNY}
reliefs:
  - {id: r, clause: "2", title: {en: R}, of: p, when: urgent, cancels: true}
"""


# What a relief is about


def test_an_undetermined_relief_names_the_penalty_it_is_about():
    the_case = case(event("registered", "02T09:00"), event("complained_again", "02T10:00"))
    decision = judge(load(RELIEVED), the_case, "03T09:00")
    (penalty,) = decision.penalties
    assert [(item.rule, item.penalty) for item in decision.undetermined] == [("r", penalty.id)]
    assert type(decision).from_json(decision.to_json()) == decision

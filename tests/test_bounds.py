"""More knowledge never contradicts: what was determined stays, and totals stay within bounds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, Event, Interval
from samples import load
from strategies import FACTS, cases, instants, rulesets


def contains(outer: Interval, inner: Interval) -> bool:
    low = outer.minimum is None or (inner.minimum is not None and inner.minimum >= outer.minimum)
    high = outer.maximum is None or (inner.maximum is not None and inner.maximum <= outer.maximum)
    return low and high


@settings(max_examples=100)
@given(rulesets(), cases(), instants, st.fixed_dictionaries(FACTS), st.booleans())
def test_filling_in_what_is_missing_stays_within_the_bounds(body, the_case, as_of, others, rude):
    policy = load(body)
    events = [
        Event(
            e.type,
            e.at,
            **({"rude": rude} | dict(e.data) if e.type == "complained_again" else dict(e.data)),
        )
        for e in the_case.events
    ]
    full = Case("C", others | dict(the_case.facts), events)
    partly = policy.evaluate(the_case, as_of=as_of, engine="native")
    decided = policy.evaluate(full, as_of=as_of, engine="native")
    assert contains(partly.total(), decided.total()), (partly.total(), decided.total())
    open_rules = {(u.rule, u.occurrence) for u in partly.undetermined}
    certain = {(p.rule, p.occurrence) for p in partly.penalties}
    now = {(p.rule, p.occurrence) for p in decided.penalties}
    assert certain <= now
    new = {rule for rule, _ in now - certain}
    waiting = {rule for rule, _ in open_rules}
    assert new <= waiting or "reply" in waiting

"""What should hold of any sensible policy, ready to be run with hypothesis.

::

    @given(st.data())
    def test_nobody_gains_by_answering_late(data):
        answering_earlier_never_costs_more(load_policy("policies/ours.yaml"), data)
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from complaint_rules.case import Case, Event
from complaint_rules.judging.decision import Decision
from complaint_rules.judging.items import PenaltyItem
from complaint_rules.money import NOTHING, Interval, add_up
from complaint_rules.policy import Policy
from complaint_rules.testing.strategies import cases
from complaint_rules.testing.words_used import events_used, events_with_a_part

_FAR = timedelta(days=30)


def answering_earlier_never_costs_more(policy: Policy, data: st.DataObject) -> None:
    """To do earlier what ends a time limit never raises the penalties.

    Only what does nothing else is moved (reporting up ends one limit and starts another), and not
    past another event. Refunds of more than the penalty are left out: with them, less penalty is
    less refund.

    Raises:
        AssertionError: it does; the message has the case and both amounts.
    """
    bound = events_with_a_part(policy.ruleset)
    if not events_used(policy.ruleset) - bound:
        return  # there is nothing that only ends a time limit
    case = data.draw(cases(policy))
    free = [number for number, event in enumerate(case.events) if event.type not in bound]
    assume(free)
    number = data.draw(st.sampled_from(free))
    event = case.events[number]
    others = [*case.events[:number], *case.events[number + 1 :]]
    before = [other.at for other in others if other.at <= event.at]
    assume(before and max(before) < event.at)
    gap = (event.at - max(before)) // timedelta(microseconds=1)
    earlier = event.at - timedelta(microseconds=data.draw(st.integers(1, gap)))
    moved = Case(case.id, case.facts, [*others, _at(event, earlier)])
    as_of = max(one.at for one in case.events) + data.draw(st.timedeltas(timedelta(0), _FAR))
    late, soon = _penalties(policy, case, as_of), _penalties(policy, moved, as_of)
    assert _at_most(soon.maximum, late.maximum) and _at_most(soon.minimum, late.minimum), (  # noqa: S101, PT018
        f"doing {event.type} at {earlier} rather than {event.at} raises the penalties from {late} "
        f"to {soon}, as of {as_of}, in case {case.to_json()}"
    )


def more_facts_never_contradict(policy: Policy, data: st.DataObject) -> None:
    """What is determined with some facts stays so with more, and nothing else turns up.

    Facts that a policy assumes, unless another is recorded, are always given: recording another is
    to change the outcome. So are moments that take the place of a limit.

    Raises:
        AssertionError: something changes; the message says what.
    """
    case = data.draw(cases(policy))
    words = policy.ruleset.words
    moments = {rule.by for rule in policy.ruleset.deadlines}
    optional = [
        name
        for name in case.facts
        if name in words.facts and name not in words.assumed and name not in moments
    ]
    dropped = set(data.draw(st.lists(st.sampled_from(optional), unique=True))) if optional else ()
    facts = {name: value for name, value in case.facts.items() if name not in dropped}
    as_of = max(event.at for event in case.events) + data.draw(st.timedeltas(timedelta(0), _FAR))
    more = policy.evaluate(case, as_of=as_of, engine="native")
    less = policy.evaluate(Case(case.id, facts, case.events), as_of=as_of, engine="native")
    known = dict(_determined(more))
    open_ = {(item.rule, item.occurrence) for item in less.undetermined}
    open_ |= {(i.rule, i.occurrence) for i in less.targets if None in (i.counted, i.achieved)}
    for key, item in _determined(less):
        assert key in known, f"{key} is gone once {sorted(dropped)} are known: {item}"  # noqa: S101
        assert _agrees(item, known[key]), f"{item} becomes {known[key]}"  # noqa: S101
    settled = {key[1:3] for key, _ in _determined(less)}
    for key in known:
        new = key[1:3] in settled or key[1:3] in open_
        assert new, f"{key} turns up with {sorted(dropped)}, and was not undetermined"  # noqa: S101
    low, high = less.total(), more.total()
    assert _at_most(high.maximum, low.maximum) and (  # noqa: S101, PT018
        low.minimum is None or (high.minimum is not None and low.minimum <= high.minimum)
    ), f"the total {low} becomes {high} once {sorted(dropped)} are known"


def later_never_turns_late_into_met(policy: Policy, data: st.DataObject) -> None:
    """What was late or overdue at an instant is not met, and not running, at a later one.

    Raises:
        AssertionError: it is; the message says which time limit.
    """
    case = data.draw(cases(policy))
    start = case.events[0].at
    moment = st.one_of(
        st.sampled_from([event.at for event in case.events]),
        st.timedeltas(timedelta(0), _FAR).map(lambda later: start + later),
    )
    first, second = sorted((data.draw(moment), data.draw(moment)))
    before, after = (
        policy.evaluate(case, as_of=as_of, engine="native") for as_of in (first, second)
    )
    status = {item.id: item.status for item in after.deadlines}
    for item in before.deadlines:
        if item.status in ("late", "overdue"):
            now = status.get(item.id)
            assert now not in ("met", "pending"), (  # noqa: S101
                f"{item.id} is {item.status} as of {first} and {now} as of {second}"
            )


def _at(event: Event, at: datetime) -> Event:
    return Event(event.type, at, id=event.id, ref=event.ref, **dict(event.data))


def _penalties(policy: Policy, case: Case, as_of: datetime) -> Interval:
    """What the penalties come to before reliefs, with what is not determined yet."""
    decision = policy.evaluate(case, as_of=as_of, engine="native")
    unknown = (
        Interval(item.minimum, item.maximum)
        for item in decision.undetermined
        if item.kind == "penalty"
    )
    return add_up([NOTHING, *(item.amount for item in decision.penalties), *unknown])


def _at_most(one: Any, other: Any) -> bool:
    return other is None or (one is not None and one <= other)


def _determined(decision: Decision) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """What is certain, by section, rule, occurrence and party; forms say what is missing anyway."""
    for section, items in decision.sections():
        if section in ("records", "reliefs", "undetermined"):
            continue
        for item in items:
            if getattr(item, "status", None) == "undetermined":
                continue
            if section == "targets" and None in (item.counted, item.achieved):  # type: ignore[union-attr]
                continue
            occurrence = getattr(item, "occurrence", None)
            yield (section, item.rule, occurrence, item.id), item


def _agrees(less: Any, more: Any) -> bool:
    if hasattr(less, "status"):
        return bool((less.status, less.due_at) == (more.status, more.due_at))
    if hasattr(less, "achieved"):
        return bool((less.counted, less.achieved) == (more.counted, more.achieved))
    if isinstance(less, PenaltyItem) or hasattr(less, "share_minimum"):
        low = less.minimum is None or (more.minimum is not None and less.minimum <= more.minimum)
        return low and _at_most(more.maximum, less.maximum)
    return True

"""The smallest changes to a case that change the decision on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, Literal

from complaint_rules.case import Case, Event
from complaint_rules.conditions import Language, Value
from complaint_rules.conditions.tree import Among, Compare, CompareNames, atoms
from complaint_rules.conditions.types import Type, read_value
from complaint_rules.errors import ComplaintRulesError
from complaint_rules.evaluation.decision import Decision
from complaint_rules.exploration.curves import Judge, critical_points
from complaint_rules.exploration.outcome import (
    Outcome,
    is_exact,
    names_read,
    outcome,
    with_event,
)
from complaint_rules.exploration.words import explain_change
from complaint_rules.money import smallest
from complaint_rules.policies import Policy
from complaint_rules.policy.rules import nodes
from complaint_rules.time import read_instant
from complaint_rules.time.instants import from_microseconds, to_microseconds

Kind = Literal["earlier", "later", "fact", "more", "fewer"]

LOOK_BACK: Final = timedelta(days=366)
"""How much earlier the first event of a case is tried; others are not tried before it."""

CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class NearestChange:
    """One change to a case, the smallest of its kind after which the decision is another one.

    ``kind`` says what is changed: an event comes ``earlier`` or ``later`` (``by`` that much, from
    ``was`` to ``becomes``), a ``fact`` has another value, there is one ``more`` event, or one
    ``fewer``. ``exact`` is false where the smallest change was searched for.
    """

    kind: Kind
    name: str
    was: Value | None
    becomes: Value | None
    by: timedelta | None
    exact: bool
    before: Decision
    after: Decision

    @property
    def gone(self) -> tuple[tuple[Any, ...], ...]:
        """What follows no longer: kind, rule, party and amounts."""
        return _ordered(outcome(self.before) - outcome(self.after))

    @property
    def new(self) -> tuple[tuple[Any, ...], ...]:
        """What follows in its place."""
        return _ordered(outcome(self.after) - outcome(self.before))

    def explain(self, language: Language = "en") -> str:
        """The change and what comes of it, in plain Chinese or English."""
        return explain_change(
            (self.kind, self.name, self.was, self.becomes, self.by),
            (self.before, self.gone, self.new, self.after),
            language,
            exact=self.exact,
        )

    def __str__(self) -> str:
        return self.explain()


def _ordered(found: Outcome) -> tuple[tuple[Any, ...], ...]:
    return tuple(sorted((one for one in found if one[0] != "total"), key=repr))


def nearest_changes(
    policy: Policy, case: Case, *, as_of: datetime | str
) -> tuple[NearestChange, ...]:
    """The smallest single changes to a case that change who is fined, excused, charged or called.

    Every event is tried earlier and later, every fact that a condition reads at the values where a
    comparison changes, and every type of event once more and once less. Of each kind the smallest
    change is given, times first and the smallest first.

    Raises:
        CaseError: the case does not fit the policy's words.

    >>> from complaint_rules import load_policy
    >>> facts = {"receiver_can_decide": True, "specially_complex": False}
    >>> case = Case("C", facts, [
    ...     Event("registered", "2018-07-02T09:00+08:00"),
    ...     Event("delivered", "2018-07-02T09:10+08:00"),
    ...     Event("answered_customer", "2018-07-02T10:24+08:00"),
    ...     Event("complained_again", "2018-07-02T12:00+08:00"),
    ... ])
    >>> changes = nearest_changes(load_policy("yundewu-2018"), case, as_of="2018-07-03T00:00Z")
    >>> print(changes[0])
    “customer answered” 14 min earlier (2018-07-02 10:10): no “Late answer that led to another
    complaint 7.2.1” 30 CNY: responsible person; in all 0 CNY (not 30 CNY)
    """
    moment = read_instant(as_of, "as_of")
    policy.check(case)
    before = policy.evaluate(case, as_of=moment, engine="native", check_date=False)
    explorer = _Explorer(policy, case, moment, before)
    found = [*explorer.times(), *explorer.facts(), *explorer.counts()]
    order = ("earlier", "later", "fact", "more", "fewer")
    return tuple(
        sorted(
            found,
            key=lambda one: (
                one.by is None,
                one.by or timedelta(0),
                order.index(one.kind),
                one.name,
                str(one.becomes),
            ),
        )
    )


class _Explorer:
    def __init__(self, policy: Policy, case: Case, as_of: datetime, before: Decision) -> None:
        self.policy, self.case, self.as_of, self.before = policy, case, as_of, before
        self.outcome = outcome(before)
        self.exact = is_exact(policy.ruleset, case)

    def _change(self, kind: Kind, name: str, after: Decision, **more: Any) -> NearestChange:
        values = {"was": None, "becomes": None, "by": None, "exact": self.exact, **more}
        return NearestChange(kind, name, before=self.before, after=after, **values)

    # Times

    def times(self) -> Iterator[NearestChange]:
        """Each event, as little earlier and as little later as changes anything."""
        happened = [event for event in self.case.events if event.at <= self.as_of]
        for event in happened:
            others = [to_microseconds(one.at) for one in happened if one is not event]
            own = to_microseconds(event.at)
            first = min([own, *others])
            if first == own:
                first = own - LOOK_BACK // timedelta(microseconds=1)
            judge = Judge(self.policy, self.case, event, event, self.as_of)
            points = critical_points(
                self.policy, self.case, event, first, to_microseconds(self.as_of)
            )
            later = self._later(judge, [own, *(point for point in points if point > own)])
            earlier = self._earlier(judge, [*(point for point in points if point < own), own])
            found: tuple[tuple[Kind, int | None], ...] = (("earlier", earlier), ("later", later))
            for kind, at in found:
                if at is not None:
                    becomes = from_microseconds(at, self.policy.ruleset.calendar.timezone)
                    yield self._change(
                        kind,
                        event.type,
                        judge.decision(at),
                        was=event.at,
                        becomes=becomes,
                        by=abs(becomes - event.at),
                    )

    def _later(self, judge: Judge, points: list[int]) -> int | None:
        for low, high in pairwise(points):
            at = low
            while (found := judge.next_change(at, high)) is not None:
                if judge.state(found)[0] != self.outcome:
                    return found
                at = found
        return None

    def _earlier(self, judge: Judge, points: list[int]) -> int | None:
        backwards = list(reversed(points))
        for high, low in pairwise(backwards):
            at = high
            while (found := judge.last_change(low, at)) is not None:
                if judge.state(found)[0] != self.outcome:
                    return found
                at = found
        return None

    # Facts

    def facts(self) -> Iterator[NearestChange]:
        """Each fact at the nearest values, above and below, at which a comparison changes."""
        words = self.policy.ruleset.words
        state = self.before.basis.state if self.before.basis is not None else None
        for name in sorted(names_read(self.policy) & set(words.facts)):
            declared = words.facts[name].type
            now = state.facts.get(name) if state is not None else None
            found: list[tuple[Any, NearestChange]] = []
            for value, exact in self._candidates(name, declared, now):
                case = Case(self.case.id, {**self.case.facts, name: value}, self.case.events)
                try:
                    after = self._judged(case)
                except ComplaintRulesError:
                    continue  # an amount below zero, say
                if outcome(after) != self.outcome:
                    change = self._change("fact", name, after, was=now, becomes=value, exact=exact)
                    found.append((value, change))
            yield from _nearest(found, now, declared)

    def _judged(self, case: Case) -> Decision:
        return self.policy.evaluate(case, as_of=self.as_of, engine="native", check_date=False)

    def _candidates(
        self, name: str, type_: Type, now: Value | None
    ) -> Iterator[tuple[Value, bool]]:
        """Values of a fact at which some comparison with it may come out differently."""
        if type_.name == "bool":
            yield from ((value, True) for value in (True, False) if value is not now)
            return
        if type_.name == "enum":
            yield from ((value, True) for value in type_.values if value != now)
            return
        seen: set[Value] = set()
        for constant, exact in self._compared(name):
            for value in _around(constant, type_):
                if value != now and value not in seen:
                    seen.add(value)
                    yield value, exact

    def _compared(self, name: str) -> Iterator[tuple[Value, bool]]:
        for rule in self.policy.ruleset.rules():
            for node in nodes(rule):
                for atom in atoms(node):
                    match atom:
                        case Compare(own, _, constant) if own == name:
                            yield constant, True
                        case Among(own, constants) if own == name:
                            yield from ((constant, True) for constant in constants)
                        case CompareNames(left, _, right) if name in (left, right):
                            other = self._value(right if name == left else left)
                            if other is not None:
                                yield other, False

    def _value(self, name: str) -> Value | None:
        """What another name has as its value, where that is a fact or a parameter."""
        basis = self.before.basis
        if basis is None or "." in name:
            return None
        if name in basis.ruleset.parameters:
            value = basis.state.parameter(name)
            return value if isinstance(value, bool | int | Decimal | str | date) else None
        return basis.state.facts.get(name)

    # Events more and fewer

    def counts(self) -> Iterator[NearestChange]:
        """One more event of each type, at the end, and each event left out."""
        for type_ in self.policy.ruleset.words.events:
            after = self._judged(with_event(self.case, None, Event(type_, self.as_of)))
            if outcome(after) != self.outcome:
                yield self._change("more", type_, after, becomes=self.as_of, exact=True)
        for event in self.case.events:
            if event.at <= self.as_of:
                after = self._judged(with_event(self.case, event, None))
                if outcome(after) != self.outcome:
                    yield self._change("fewer", event.type, after, was=event.at, exact=True)


def _around(constant: Value, type_: Type) -> Iterator[Value]:
    """A constant and its neighbours, as far as the type has any."""
    step: Any
    match type_.name:
        case "int":
            step = 1
        case "money":
            step = smallest(type_.places)
        case "number":
            step = CENT
        case "date":
            step = timedelta(days=1)
        case "instant":
            step = timedelta(microseconds=1)
        case _:
            yield constant
            return
    for value in (constant - step, constant, constant + step):
        try:
            yield read_value(value, type_, "the value")
        except ComplaintRulesError:
            continue


def _nearest(
    found: list[tuple[Any, NearestChange]], now: Any, type_: Type
) -> Iterator[NearestChange]:
    """Of ordered values the nearest above and below; of others, or where there is none yet, all."""
    if now is None or type_.name in ("bool", "enum", "text"):
        yield from (change for _, change in found)
        return
    above = [one for one in found if one[0] > now]
    below = [one for one in found if one[0] < now]
    if below:
        yield max(below, key=lambda one: one[0])[1]
    if above:
        yield min(above, key=lambda one: one[0])[1]

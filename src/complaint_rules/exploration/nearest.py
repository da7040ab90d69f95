"""The smallest changes to a case that change the decision on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from math import floor
from typing import Any, Final

from complaint_rules.case import MOST_EVENTS, Case, Event
from complaint_rules.errors import ComplaintRulesError
from complaint_rules.exploration.changes import Kind, NearestChange, NearestChanges, Untried
from complaint_rules.exploration.judge import Judge, Variants
from complaint_rules.exploration.outcome import (
    is_exact,
    names_read,
    outcome,
    with_event,
)
from complaint_rules.exploration.search import Direction, Search
from complaint_rules.expressions import Value
from complaint_rules.expressions.terms import plus, term_value
from complaint_rules.expressions.tree import (
    Among,
    Compare,
    CompareNames,
    CompareTerms,
    Minus,
    atom_names,
    atoms,
)
from complaint_rules.expressions.types import Type, read_value
from complaint_rules.history import History
from complaint_rules.judging.decision import Decision
from complaint_rules.money import smallest
from complaint_rules.policy import Policy
from complaint_rules.ruleset.rules import nodes
from complaint_rules.ruleset.tables import values_named
from complaint_rules.time import read_instant
from complaint_rules.time.instants import from_microseconds, to_microseconds

CENT: Final = Decimal("0.01")

_PLACES: Final = {"int": 0, "number": 6}
"""The decimal places down to which a value is looked for at which two terms are equal."""

MOST_TRIED: Final = 80_000
"""So many events are judged for changes of times, and again for all others: some two seconds each.
A judgement counts eight events more than the case has. With 25 events everything is tried."""

FEWEST_TRIED: Final = 60
"""So often a case is judged at least, however many events it has."""

FEWEST_OF_A_TIME: Final = 8
"""So often it is judged at least for a change of one time, if at all."""

DIRECTIONS: Final[tuple[Direction, ...]] = ("earlier", "later")


def nearest_changes(
    policy: Policy, case: Case, *, as_of: datetime | str, history: History | None = None
) -> NearestChanges:
    """The smallest single changes to a case that change who is fined, excused, charged or called.

    Every event is tried earlier and later, every fact that a condition reads at the values where a
    comparison changes, and every type of event once more and once less. Of each kind the smallest
    change is given, times first and the smallest first. Of a case with very many events not all is
    tried; ``untried`` of the result says what is missing. ``history`` is what is known of other
    cases; it stays as it is.

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
    variants = Variants(policy, case, moment, history)
    explorer = _Explorer(variants)
    changes = [*explorer.times(), *explorer.facts(), *explorer.counts()]
    order = ("earlier", "later", "fact", "more", "fewer")
    return NearestChanges(
        sorted(
            changes,
            key=lambda change: (
                change.by is None,
                change.by or timedelta(0),
                order.index(change.kind),
                change.name,
                str(change.becomes),
            ),
        ),
        explorer.untried,
    )


class _Explorer:
    def __init__(self, variants: Variants) -> None:
        self.variants = variants
        self.policy, self.case, self.as_of = variants.policy, variants.case, variants.as_of
        self.before = variants.decision(self.case)
        self.outcome = outcome(self.before)
        self.exact = is_exact(self.policy.ruleset, self.case)
        self.happened = [event for event in self.case.events if event.at <= self.as_of]
        self.untried: list[Untried] = []
        self.most = max(FEWEST_TRIED, MOST_TRIED // (len(self.case.events) + 8))
        self.judged_for_times = 0

    def _change(self, kind: Kind, name: str, after: Decision, **more: Any) -> NearestChange:
        values = {"was": None, "becomes": None, "by": None, "exact": self.exact, **more}
        return NearestChange(kind, name, before=self.before, after=after, **values)

    # Times

    def times(self) -> Iterator[NearestChange]:
        """Each event, as little earlier and as little later as changes anything."""
        begun = self.variants.judged
        begins = min((to_microseconds(event.at) for event in self.happened), default=0)
        searches = [
            Search(judge, direction, begins, self.outcome)
            for judge in (Judge(self.variants, event, event) for event in self.happened)
            for direction in DIRECTIONS
        ]
        open_ = searches
        while open_ and self.variants.judged - begun < self.most:
            for number, search in enumerate(open_):
                left = self.most - (self.variants.judged - begun)
                if left <= 0:
                    break
                # What one of them does not need is for the others.
                search.go_on(max(FEWEST_OF_A_TIME, left // (len(open_) - number)))
            open_ = [search for search in open_ if not search.is_over]
        self.judged_for_times = self.variants.judged
        for search in searches:
            if search.change is not None:
                yield self._moved(search, search.change)
            elif not search.is_over:
                self._leave_out(search.direction, search.event, self._moment(search.tried_to))

    def _moved(self, search: Search, at: int) -> NearestChange:
        was, becomes = search.event.at, self._moment(at)
        return self._change(
            search.direction,
            search.event.type,
            search.judge.decision(at),
            was=was,
            becomes=becomes,
            by=abs(becomes - was),
        )

    def _moment(self, at: int) -> datetime:
        return from_microseconds(at, self.policy.ruleset.calendar.timezone)

    def _leave_out(self, kind: Kind, event: Event, tried_to: datetime | None) -> None:
        self.untried.append(Untried(kind, event.type, event.at, tried_to))

    # Facts

    def facts(self) -> Iterator[NearestChange]:
        """Each fact at the nearest values, above and below, at which a comparison changes."""
        words = self.policy.ruleset.words
        state = self.before.basis.state if self.before.basis is not None else None
        for name in sorted(names_read(self.policy) & set(words.facts)):
            declared = words.facts[name].type
            now = state.facts.get(name) if state is not None else None
            if self._tried_enough():
                # Its nearest value is known when all of them were tried.
                self.untried.append(Untried("fact", name, now, None))
                continue
            found: list[tuple[Any, NearestChange]] = []
            for value, exact in self._candidates(name, declared, now):
                case = Case(self.case.id, {**self.case.facts, name: value}, self.case.events)
                try:
                    after = self.variants.decision(case)
                except ComplaintRulesError:
                    continue  # an amount below zero, say
                if outcome(after) != self.outcome:
                    change = self._change("fact", name, after, was=now, becomes=value, exact=exact)
                    found.append((value, change))
            yield from _nearest(found, now, declared)

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
        for constant, exact in chain(self._compared(name, type_), self._in_tables(name)):
            for value in _around(constant, type_):
                if value != now and value not in seen:
                    seen.add(value)
                    yield value, exact

    def _compared(self, name: str, type_: Type) -> Iterator[tuple[Value, bool]]:
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
                        case CompareTerms() if name in atom_names(atom):
                            yield from (
                                (value, False) for value in self._where_equal(atom, name, type_)
                            )

    def _in_tables(self, name: str) -> Iterator[tuple[Value, bool]]:
        """The values of a key that the rows of tables name, and the bounds of bands."""
        for parameter in self.policy.ruleset.parameters.values():
            if parameter.table is not None and name in parameter.keys:
                for key, value in values_named(parameter.table.rows):
                    if key == name:
                        yield value, True

    def _where_equal(self, atom: CompareTerms, name: str, type_: Type) -> Iterator[Value]:
        """Values near which both sides of a comparison are equal, as far as they lie on a line.

        It is drawn through 0 and 1, and through what the name is now and one more.
        """
        values = {read: self._value(read) for read in atom_names(atom)}
        now = values.pop(name)
        if None in values.values():
            return
        for first in dict.fromkeys((0, now if isinstance(now, int | Decimal) else 0)):
            gaps = [
                Fraction(term_value(Minus(atom.left, atom.right), {**values, name: value}))
                for value in (first, plus(first, 1))
            ]
            if gaps[0] != gaps[1]:
                root = Fraction(first) + gaps[0] / (gaps[0] - gaps[1])
                places = _PLACES.get(type_.name, type_.places)
                whole = floor(root * 10**places)
                yield Decimal(f"{whole}E-{places}") if places else whole

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
            if self._tried_enough() or len(self.case.events) >= MOST_EVENTS:
                self.untried.append(Untried("more", type_, None, None))
                continue
            after = self.variants.decision(with_event(self.case, None, Event(type_, self.as_of)))
            if outcome(after) != self.outcome:
                yield self._change("more", type_, after, becomes=self.as_of, exact=True)
        for event in self.happened:
            if self._tried_enough():
                self._leave_out("fewer", event, None)
                continue
            after = self.variants.decision(with_event(self.case, event, None))
            if outcome(after) != self.outcome:
                yield self._change("fewer", event.type, after, was=event.at, exact=True)

    def _tried_enough(self) -> bool:
        return self.variants.judged - self.judged_for_times >= self.most


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

"""The statement of a month: who owes what for which case, and who gets what back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from complaint_rules.currencies import places_of
from complaint_rules.errors import DecisionError, did_you_mean
from complaint_rules.judging.decision import Decision
from complaint_rules.money import NOTHING, Interval
from complaint_rules.reports.account import Account, account_at, known_basis, registered_at
from complaint_rules.reports.lines import Line, LineKind, changed_lines, sum_of
from complaint_rules.reports.period import Period
from complaint_rules.reports.shares import Movement, Shares, change, movements
from complaint_rules.reports.wages import WageCap, divided
from complaint_rules.time.instants import MICROSECOND

UNIT_PLACES: Final = 2
"""No unit has more decimal places."""

Cases = dict[tuple[str, str], Decision]
"""Decisions by case and policy."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a party owes for a period. ``party`` is a name, or the role where nobody is named.

    ``total`` leads from what the cases given came to before the period, ``brought_forward``, to
    what they come to at its end, ``balance``: that of one statement is brought forward to the next.
    ``final`` is false while a decision behind it is of an instant before the end of the period.
    """

    party: str
    period: Period
    currency: str
    lines: tuple[Line, ...]
    total: Interval
    final: bool
    due_now: Interval
    """The total, less what a cap on wage deductions carries over to later months."""
    carried_over: Interval
    brought_forward: Interval = NOTHING
    balance: Interval = NOTHING

    def of(self, *kinds: LineKind) -> Interval:
        """The sum of the lines of some kinds: ``statement.of("refund")``."""
        return sum_of(line for line in self.lines if line.kind in kinds)

    @property
    def refunds(self) -> Interval:
        return self.of("refund")

    @property
    def forfeitures(self) -> Interval:
        return self.of("forfeiture")

    def settled(self, language: str) -> dict[str, Interval]:
        """The sums by how they are settled, in the policy's words; ``""`` for what is not said."""
        by_how: dict[str, list[Line]] = {}
        for line in self.lines:
            by_how.setdefault(line.how.get(language, ""), []).append(line)
        return {how: sum_of(lines) for how, lines in by_how.items()}


def settle(
    decisions: Iterable[Decision],
    period: Period,
    *,
    previous: Iterable[Decision] | None = None,
    wage_cap: WageCap | None = None,
    unit: str = "",
) -> tuple[Statement, ...]:
    """The statements of a period, one for each party, in order of their names: of money, or of what
    is counted in another ``unit``.

    A statement leads from what stood just before the period to what stands at its end: the same
    case is judged at both instants. So a penalty belongs to the period in which it first stood, one
    for each overdue day with the days that were counted in the period, and the statements of
    periods that follow each other add up to the decision. A case begins with its registration:
    what its events say of earlier days belongs to that period too. What is taken back belongs to
    the period from which on it is, or to the month after it was granted where the policy pays it
    with the next month's pay.

    Args:
        decisions: one for each case, of an instant at or after the end of the period.
        period: a month, a week, or any other.
        previous: the decisions that the statements of the period before were made from, where they
            were kept. What became known only afterwards, of earlier periods too, is then stated
            now, and a case that is not among them wholly. Without them what stood before the period
            is worked out from the case as it is known now.
        wage_cap: how much may be deducted from the wages of a month.
        unit: a unit of the policy, such as points, in place of money.

    Raises:
        DecisionError: two decisions are about the same case and policy, or are in different
            currencies, or one was read from JSON, without the policy that made it; or a case in
            which something is owed has no event that dates it.
    """
    cases, earlier = _by_case(decisions), None if previous is None else _by_case(previous)
    if unit:
        _require_unit(cases.values(), unit, wage_cap)
    last = period.end - MICROSECOND
    ledger = _Ledger(
        period=period,
        currency=unit or _currency([*cases.values(), *(earlier or {}).values()]),
        places=UNIT_PLACES if unit else None,
        final=all(decision.as_of >= last for decision in cases.values()),
        wage_cap=wage_cap,
    )
    for key, decision in cases.items():
        after = account_at(decision, last, unit)
        if earlier is None:
            _check_dated(decision, after)
        stated = decision if earlier is None else earlier.get(key)
        before = (
            Account() if stated is None else account_at(stated, period.start - MICROSECOND, unit)
        )
        ledger.enter(before, after)
    return tuple(ledger.statements())


def _require_unit(decisions: Iterable[Decision], unit: str, wage_cap: WageCap | None) -> None:
    if wage_cap is not None:
        raise DecisionError(f"{unit!r} are not deducted from wages: leave out the wage_cap")
    for decision in decisions:
        units = known_basis(decision).ruleset.units
        if unit not in units:
            raise DecisionError(
                f"policy {decision.policy} has no unit {unit!r}{did_you_mean(unit, units)}: "
                f"settle what it counts in"
            )


def _by_case(decisions: Iterable[Decision]) -> Cases:
    cases: Cases = {}
    for decision in decisions:
        known_basis(decision)
        key = (decision.case_id, decision.policy)
        if key in cases:
            raise DecisionError(
                f"two decisions on case {decision.case_id} under {decision.policy}: give the latest"
            )
        cases[key] = decision
    return cases


def _currency(decisions: Iterable[Decision]) -> str:
    currencies = list(dict.fromkeys(decision.currency for decision in decisions))
    if len(currencies) > 1:
        raise DecisionError(
            f"decisions in {' and '.join(currencies)}: settle each currency by itself"
        )
    return currencies[0] if currencies else ""


def _check_dated(decision: Decision, account: Account) -> None:
    """What a case without a date owes stood at any time: it would be in no period, or in every."""
    if account.lines and registered_at(decision) is None:
        dating = known_basis(decision).ruleset.effective_by
        raise DecisionError(
            f"case {decision.case_id} owes something and has no event {dating!r} to date it: "
            f"record that event, or give the decisions of the last statements as previous=[…]"
        )


@dataclass(slots=True)
class _Sums:
    """What one party's statement is made of."""

    lines: list[Line] = field(default_factory=list)
    brought_forward: Interval = NOTHING
    total: Interval = NOTHING
    balance: Interval = NOTHING
    movements: list[Movement] = field(default_factory=list)


class _Ledger:
    """Sums by party over all cases."""

    def __init__(
        self,
        *,
        period: Period,
        currency: str,
        final: bool,
        wage_cap: WageCap | None,
        places: int | None = None,
    ) -> None:
        self.places = places
        self.period = period
        self.currency = currency
        self.final = final
        self.wage_cap = wage_cap
        self.parties: dict[str, _Sums] = {}
        if wage_cap is not None:
            for party in wage_cap.carried_over:
                self.sums(party)

    def sums(self, party: str) -> _Sums:
        return self.parties.setdefault(party, _Sums())

    def enter(self, before: Account, after: Account) -> None:
        """Enter one case."""
        for party, line in changed_lines(before.lines, after.lines):
            self.sums(party).lines.append(line)
        for liable in {**before.owed, **after.owed}:
            was = before.owed.get(liable, Shares())
            now = after.owed.get(liable, Shares())
            role, name = liable
            sums = self.sums(name or role)
            sums.brought_forward = sums.brought_forward + was.owed
            sums.total = sums.total + change(was, now)
            sums.balance = sums.balance + now.owed
            sums.movements += movements(was, now)

    def statements(self) -> Iterator[Statement]:
        """Those of all parties for whom something changed, or is carried over."""
        if not self.parties:
            return
        if not self.currency:
            raise DecisionError(
                "something is carried over, and no decision says in which currency: give the "
                "decision of one case that is settled in it"
            )
        places = places_of(self.currency) if self.places is None else self.places
        for party, sums in sorted(self.parties.items()):
            due_now, carried_over = sums.total, NOTHING
            if self.wage_cap is not None and self.wage_cap.applies_to(party):
                due_now, carried_over = divided(sums.movements, self.wage_cap, party, places)
            if not sums.lines and NOTHING == sums.total == due_now == carried_over:
                continue
            yield Statement(
                party=party,
                period=self.period,
                currency=self.currency,
                lines=tuple(sums.lines),
                total=sums.total,
                final=self.final,
                due_now=due_now.rounded(places),
                carried_over=carried_over.rounded(places),
                brought_forward=sums.brought_forward,
                balance=sums.balance,
            )

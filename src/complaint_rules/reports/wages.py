"""How much of a compensation may be taken from one month's wage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from complaint_rules.errors import MoneyError
from complaint_rules.money import EXACT, NOTHING, ZERO, Interval, add_up, read_money, smallest
from complaint_rules.reports.shares import Movement
from complaint_rules.ruleset.amounts import PenaltyKind


@dataclass(frozen=True, slots=True)
class WageCap:
    """The limit of 工资支付暂行规定 (劳部发〔1994〕489号) art. 16, as read here.

    Compensation of a loss may be deducted from the wage, in a month at most 20 % of that month's
    wage, and what remains is never below the local minimum wage. The article is about compensation
    of loss; whether it also holds for fines is disputed, so ``kinds`` says what it is applied to.

    ``wages`` has the month's wage of each person by name. Whoever is not in it earns no wage here
    (a store, a department), and is not capped.

    What is taken back of a penalty that is capped lessens what may be deducted before the cap is
    applied, first of all what was not deducted yet: ``carried_over`` has what the statements of the
    month before carried over, ``{s.party: s.carried_over for s in statements}``. What then is to be
    paid back is paid at once. What is taken back of a penalty that is not capped is paid whole, and
    leaves no more room for deductions.
    """

    wages: Mapping[str, Decimal]
    minimum_wage: Decimal
    share: Decimal = Decimal("0.20")
    kinds: tuple[PenaltyKind, ...] = field(default=("compensation",))
    carried_over: Mapping[str, Interval] = field(default_factory=dict)

    def __post_init__(self) -> None:
        put = object.__setattr__
        wages: Mapping[str, Any] = self.wages
        put(self, "wages", {name: read_money(wage) for name, wage in wages.items()})
        put(self, "minimum_wage", read_money(self.minimum_wage))
        share: Any = self.share
        if not isinstance(share, Decimal) or not 0 <= share <= 1:
            raise MoneyError(
                f"the share {share!r} is no Decimal from 0 to 1: write Decimal('0.20')"
            )
        for party, amount in self.carried_over.items():
            if not isinstance(amount, Interval):
                raise MoneyError(
                    f"what is carried over for {party} is {amount!r}, no Interval: give the "
                    f"carried_over of that party's statement of the month before"
                )

    def applies_to(self, party: str) -> bool:
        """Whether it says anything of a party."""
        return party in self.wages or party in self.carried_over

    def limit(self, party: str) -> Decimal | None:
        """What may be deducted in the month; ``None`` for one who earns no wage here.

        >>> WageCap({"Zhao": 3000}, 2600).limit("Zhao")
        Decimal('400.00')
        """
        wage = self.wages.get(party)
        if wage is None:
            return None
        above_minimum = EXACT.subtract(wage, self.minimum_wage)
        return max(ZERO, min(EXACT.multiply(wage, self.share), above_minimum))


def divided(
    movements: Iterable[Movement], cap: WageCap, party: str, places: int
) -> tuple[Interval, Interval]:
    """What of a statement is taken now, and what is carried over."""
    limit = cap.limit(party)
    outstanding = cap.carried_over.get(party, NOTHING)
    if limit is None:
        return add_up(movement.amount for movement in movements) + outstanding, NOTHING
    # At most: rounding up would take more.
    limit = limit.quantize(smallest(places), rounding=ROUND_FLOOR, context=EXACT)
    capped = either = free = NOTHING
    for movement in movements:
        if movement.kinds <= set(cap.kinds):
            capped = capped + movement.amount
        elif movement.kinds.isdisjoint(cap.kinds):
            free = free + movement.amount
        else:
            either = either + movement.amount
    now, later = split(outstanding + capped, limit)
    now = now + free + either
    if either != NOTHING:
        # It is not known yet whether it is of the kinds that are capped.
        other_now, other_later = split(outstanding + capped + either, limit)
        now, later = now.hull(other_now + free), later.hull(other_later)
    return now, later


def split(amount: Interval, limit: Decimal) -> tuple[Interval, Interval]:
    """What of an amount is taken now, and what is carried over; what is paid back is paid now.

    >>> split(Interval(Decimal(-50), Decimal(500)), Decimal(400))[0].minimum
    Decimal('-50')
    """
    low, high = amount.minimum, amount.maximum
    now = Interval(
        None if low is None else min(low, limit), limit if high is None else min(high, limit)
    )
    later = Interval(
        ZERO if low is None else max(EXACT.subtract(low, limit), ZERO),
        None if high is None else max(EXACT.subtract(high, limit), ZERO),
    )
    return now, later

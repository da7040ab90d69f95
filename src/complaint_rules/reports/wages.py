"""How much of a compensation may be taken from one month's wage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from complaint_rules.errors import MoneyError
from complaint_rules.money import ZERO, Interval, read_money
from complaint_rules.policy.rules import PenaltyKind


@dataclass(frozen=True, slots=True)
class WageCap:
    """The limit of 工资支付暂行规定 (劳部发〔1994〕489号) art. 16, as read here.

    Compensation of a loss may be deducted from the wage, in a month at most 20 % of that month's
    wage, and what remains is never below the local minimum wage. The article is about compensation
    of loss; whether it also holds for fines is disputed, so ``kinds`` says what it is applied to.

    ``wages`` has the month's wage of each person by name. Whoever is not in it earns no wage here
    (a store, a department), and is not capped.
    """

    wages: Mapping[str, Decimal]
    minimum_wage: Decimal
    share: Decimal = Decimal("0.20")
    kinds: tuple[PenaltyKind, ...] = field(default=("compensation",))

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

    def limit(self, party: str) -> Decimal | None:
        """What may be deducted in the month; ``None`` for one who earns no wage here.

        >>> WageCap({"Zhao": 3000}, 2600).limit("Zhao")
        Decimal('400.00')
        """
        wage = self.wages.get(party)
        if wage is None:
            return None
        return max(ZERO, min(wage * self.share, wage - self.minimum_wage))


def split(amount: Interval, limit: Decimal) -> tuple[Interval, Interval]:
    """What of an amount is taken now, and what is carried over."""
    low = amount.minimum or ZERO
    high = amount.maximum
    now = Interval(min(low, limit), limit if high is None else min(high, limit))
    later = Interval(max(low - limit, ZERO), None if high is None else max(high - limit, ZERO))
    return now, later

"""Caps with one small thing changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from complaint_rules.money import Interval, plain
from complaint_rules.ruleset.amounts import Fixed, Share
from complaint_rules.ruleset.caps import Cap


def cap_changes(cap: Cap) -> Iterator[tuple[str, Cap]]:
    """The cap moved by one unit either way, and each penalty left out of it."""
    match cap.at_most:
        case Fixed(Interval(Decimal() as amount)):
            for moved in (amount - 1, amount + 1):
                changed = Fixed(Interval.exactly(moved))
                yield f"at most {plain(amount)} → {plain(moved)}", replace(cap, at_most=changed)
        case Share(Interval(Decimal() as rate), base):
            for percent in (rate * 100 - 1, rate * 100 + 1):
                share = Share(Interval.exactly(percent / 100), base)
                what = f"at most {plain(rate * 100)} % → {plain(percent)} %"
                yield what, replace(cap, at_most=share)
    for name in cap.over if len(cap.over) > 1 else ():
        rest = tuple(other for other in cap.over if other != name)
        yield f"without {name}", replace(cap, over=rest)

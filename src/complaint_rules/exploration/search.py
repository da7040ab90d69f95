"""The search for the nearest time of an event at which another outcome follows."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from complaint_rules.exploration.judge import Judge, critical_points
from complaint_rules.exploration.outcome import Outcome
from complaint_rules.time.instants import to_microseconds

LOOK_BACK: Final = timedelta(days=366)
"""How much earlier the first event of a case is tried; others are not tried before it."""

Direction = Literal["earlier", "later"]


class Search:
    """Goes from an event's own time on in one direction, and can be stopped and go on.

    Args:
        judge: judges the case with the event at other times.
        direction: where to.
        begins: when the first event of the case happened.
        own_outcome: what follows now.
    """

    def __init__(
        self, judge: Judge, direction: Direction, begins: int, own_outcome: Outcome
    ) -> None:
        self.judge, self.event = judge, judge.pattern
        self.direction: Direction = direction
        self._begins, self._outcome = begins, own_outcome
        self.tried_to: int = to_microseconds(self.event.at)
        """Up to here the outcome is the same."""
        self.change: int | None = None
        """The first instant with another outcome, once it is known."""
        self.is_over = False
        self._points: list[int] | None = None

    def go_on(self, most: int) -> None:
        """Go on until a change, or the end; or until the case has been judged so often."""
        begun = self.judge.times_judged
        if self._points is None:
            # The nearest last, from where they are taken.
            self._points = self._ahead()[::-1]
        while self._points:
            if self.judge.times_judged - begun >= most:
                return
            change = self._next(self._points[-1])
            if change is None:
                self.tried_to = self._points.pop()
            elif self.judge.state(change)[0] != self._outcome:
                self.change = change
                break
            else:
                self.tried_to = change
        self.is_over = True

    def _next(self, point: int) -> int | None:
        if self.direction == "later":
            return self.judge.change_after(self.tried_to, point)
        return self.judge.change_before(self.tried_to, point)

    def _ahead(self) -> list[int]:
        """The instants between which a status changes at most once, the nearest first."""
        variants, own = self.judge.variants, self.tried_to
        if self.direction == "later":
            last = to_microseconds(variants.as_of)
            return critical_points(variants, self.event, own, last)[1:]
        first = (
            own - LOOK_BACK // timedelta(microseconds=1) if own == self._begins else self._begins
        )
        return critical_points(variants, self.event, first, own)[-2::-1]

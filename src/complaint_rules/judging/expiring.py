"""When counts change by themselves, since what counts now no longer does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from complaint_rules.judging.counts import expiries
from complaint_rules.judging.matching import Judge, occurrences
from complaint_rules.judging.state import State
from complaint_rules.ruleset.counts import Count
from complaint_rules.ruleset.scopes import Scope

Expiring = tuple[tuple[Scope, tuple[Count, ...]], ...]
"""The counts that are as of now, with what they are read for."""


def expiring(judge: Judge) -> Expiring:
    """Those that rules of the case read, and rules of time limits that may not be due yet."""
    return tuple(
        (scope, matcher.counts)
        for scope, matcher in judge.scopes.items()
        if scope.kind in ("case", "deadline") and matcher.counts
    )


def count_changes(state: State, of: Expiring) -> Iterator[datetime]:
    """When the first of what counts now no longer does."""
    for scope, counts in of:
        for occurrence in occurrences(state, scope):
            # What is judged when a limit is due does not change any more after that.
            if occurrence.at is None or occurrence.at > state.as_of:
                for count in counts:
                    yield from expiries(count, state, occurrence)

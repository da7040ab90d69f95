"""What happens to time limits, as the start of others: names, the events behind them, the order in
which limits are judged, and cycles, which are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from complaint_rules.ruleset.rules import Deadline

HAPPENINGS: Final = ("started", "due", "missed", "met", "ended")
"""What happens to a time limit."""

EXCLUSIVE: Final = frozenset({"missed", "met"})
"""Of these only one happens to an instance of a limit."""


def limit_and_happening(start: str) -> tuple[str, str] | None:
    """The name of a limit and what happens to it; ``None`` for an event.

    >>> limit_and_happening("first.missed"), limit_and_happening("registered")
    (('first', 'missed'), None)
    """
    limit, dot, happening = start.partition(".")
    return (limit, happening) if dot else None


def limits_behind(starts: Iterable[str]) -> tuple[str, ...]:
    """The names of the limits that some starts come from."""
    found = (limit_and_happening(start) for start in starts)
    return tuple(dict.fromkeys(edge[0] for edge in found if edge is not None))


def events_behind(starts: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """For each limit the events that start it, or the limits that it comes from.

    >>> events_behind({"second": ["first.missed", "asked"], "first": ["registered"]})
    {'second': ('registered', 'asked'), 'first': ('registered',)}
    """

    def events(limit: str, seen: frozenset[str]) -> list[str]:
        behind: list[str] = []
        for start in starts.get(limit, ()):
            edge = limit_and_happening(start)
            if edge is None:
                behind.append(start)
            elif edge[0] not in seen:  # a cycle is refused, not followed
                behind += events(edge[0], seen | {edge[0]})
        return behind

    return {limit: tuple(dict.fromkeys(events(limit, frozenset({limit})))) for limit in starts}


def cycle(starts: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Limits of which each starts the next one and the last the first, if there are any."""

    def back_to_itself(path: list[str], seen: set[str]) -> list[str] | None:
        for limit in limits_behind(starts.get(path[-1], ())):
            if limit in path:
                # Found against the direction in which they start each other.
                return [*path[path.index(limit) :], limit][::-1]
            if limit not in seen:
                seen.add(limit)
                found = back_to_itself([*path, limit], seen)
                if found is not None:
                    return found
        return None

    seen: set[str] = set()
    for limit in starts:
        if limit not in seen:
            seen.add(limit)
            found = back_to_itself([limit], seen)
            if found is not None:
                return found
    return None


def judging_order(deadlines: Sequence[Deadline]) -> list[int]:
    """The places of limits in an order in which each comes after those that may start it.

    What began under an earlier version of a policy starts what belongs to the next one, and never
    the other way round, so that the limits of earlier versions come first.
    """
    order: list[int] = []
    versions: dict[str, list[int]] = {}
    for place, rule in enumerate(deadlines):
        versions.setdefault(rule.id.partition("@")[2], []).append(place)
    for places in versions.values():
        by_name: dict[str, list[int]] = {}
        for place in places:
            by_name.setdefault(deadlines[place].name, []).append(place)
        done: set[int] = set()

        def visit(place: int, by_name: dict[str, list[int]], done: set[int]) -> None:
            if place in done:
                return
            done.add(place)
            for limit in limits_behind(deadlines[place].starts):
                for before in by_name.get(limit, ()):
                    visit(before, by_name, done)
            order.append(place)

        for place in places:
            visit(place, by_name, done)
    return order

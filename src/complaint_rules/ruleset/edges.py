"""What happens to time limits, as the start or the end of others: names, the events behind them,
the order in which limits are judged, and cycles, which are refused; and hand-overs of a duty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from complaint_rules.ruleset.rules import Deadline, Rule

HAPPENINGS: Final = ("started", "due", "missed", "met", "ended")
"""What happens to a time limit."""

HAPPENED_AT: Final = {
    "started": {"zh": "「{}」的开始时间", "en": "when “{}” started"},
    "due": {"zh": "「{}」到期时间", "en": "due time: {}"},
    "missed": {"zh": "「{}」的超时时间", "en": "when “{}” was missed"},
    "met": {"zh": "「{}」的按时完成时间", "en": "when “{}” was met"},
    "ended": {"zh": "「{}」的结束时间", "en": "when “{}” ended"},
}
"""The titles of the instants at which it did."""

EXCLUSIVE: Final = frozenset({"missed", "met"})
"""Of these only one happens to an instance of a limit."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """An event that gives a duty to somebody else: to whom its ``field`` names, else to whoever
    has the ``role``.
    """

    event: str
    field: str | None
    role: str
    restarts: bool
    """Whether the time counts anew from then on."""


def limit_and_happening(start: str) -> tuple[str, str] | None:
    """The name of a limit and what happens to it; ``None`` for an event.

    >>> limit_and_happening("first.missed"), limit_and_happening("registered")
    (('first', 'missed'), None)
    """
    limit, dot, happening = start.partition(".")
    return (limit, happening) if dot else None


def limits_behind(starts: Iterable[str]) -> tuple[str, ...]:
    """The names of the limits that some starts, or ends, come from."""
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


def cycle(moved_by: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Limits of which each starts or ends the next one and the last the first, if there are any."""

    def back_to_itself(path: list[str], seen: set[str]) -> list[str] | None:
        for limit in limits_behind(moved_by.get(path[-1], ())):
            if limit in path:
                # Found against the direction in which they move each other.
                return [*path[path.index(limit) :], limit][::-1]
            if limit not in seen:
                seen.add(limit)
                found = back_to_itself([*path, limit], seen)
                if found is not None:
                    return found
        return None

    seen: set[str] = set()
    for limit in moved_by:
        if limit not in seen:
            seen.add(limit)
            found = back_to_itself([limit], seen)
            if found is not None:
                return found
    return None


def looked_at_when_due(deadlines: Iterable[Deadline], rules: Iterable[Rule]) -> tuple[str, ...]:
    """What falls due and then ends a limit, or has a rule that is judged for it."""
    looked_at = [end for rule in deadlines for end in rule.end_edges]
    looked_at += [rule.scope.of for rule in rules if rule.scope.kind == "edge"]
    return tuple(dict.fromkeys(one for one in looked_at if one.endswith(".due")))


def judging_order(deadlines: Sequence[Deadline]) -> list[int]:
    """The places of limits in an order in which each comes after those that may start or end it.

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
            for limit in limits_behind(deadlines[place].edges):
                for before in by_name.get(limit, ()):
                    visit(before, by_name, done)
            order.append(place)

        for place in places:
            visit(place, by_name, done)
    return order

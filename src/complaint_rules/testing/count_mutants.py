"""Counts with one small thing changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from complaint_rules.expressions import Node
from complaint_rules.ruleset.counts import Count
from complaint_rules.time import Duration


def count_changes(
    count: Count,
    moved: Callable[[Duration], tuple[Duration, ...]],
    node_changes: Callable[[Node], Iterator[tuple[str, Node]]],
) -> Iterator[tuple[str, Count]]:
    """A window a unit longer or shorter (``moved``), and each part of a count left out; its
    condition changed like those of rules.
    """
    if count.within is not None:
        for duration in moved(count.within):
            if duration.amount > 0:
                what = f"within {count.within} → {duration}"
                yield what, replace(count, within=duration)
        yield f"without within {count.within}", replace(count, within=None)
    if count.cycle is not None:
        yield f"without cycle {count.cycle}", replace(count, cycle=None)
    if count.since is not None:
        yield f"without since {count.since}", replace(count, since=None)
    if count.same is not None and not count.over_history:
        yield f"without same {count.same}", replace(count, same=None)
    if count.condition is not None:
        yield f"without when {count.condition.text}", replace(count, condition=None)
        for what, node in node_changes(count.condition.node):
            yield f"when {what}", replace(count, condition=replace(count.condition, node=node))

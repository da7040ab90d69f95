"""Time limits that are not handed over, with another clock, or not ended by what ends them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from complaint_rules.ruleset.rules import Deadline


def edge_changes(rule: Deadline) -> Iterator[tuple[str, Deadline]]:
    """What hands it over left out, its clock turned round; what ends it elsewhere left out."""
    given = rule.handed_over
    if given is not None:
        yield "not handed over", replace(rule, handed_over=None)
        clock = "continues" if given.restarts else "restarts"
        turned = replace(given, restarts=not given.restarts)
        yield f"clock {clock}", replace(rule, handed_over=turned)
    for edge in rule.end_edges:
        if edge in rule.ends:
            rest = tuple(end for end in rule.ends if end != edge)
            yield f"ends without {edge}", replace(rule, ends=rest)
        else:
            rest = tuple(end for end in rule.cancelled if end != edge)
            yield f"cancelled without {edge}", replace(rule, cancelled=rest)

"""Caps with one small thing changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from complaint_rules.ruleset.caps import Cap
from complaint_rules.testing.term_mutants import term_changes


def cap_changes(cap: Cap) -> Iterator[tuple[str, Cap]]:
    """The cap with one of its figures moved either way, and each penalty left out of it."""
    for what, term in term_changes(cap.at_most.term):
        yield f"at most {what}", replace(cap, at_most=replace(cap.at_most, term=term))
    for name in cap.over if len(cap.over) > 1 else ():
        rest = tuple(other for other in cap.over if other != name)
        yield f"without {name}", replace(cap, over=rest)

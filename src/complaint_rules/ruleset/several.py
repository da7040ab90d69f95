"""Limits of which one counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from complaint_rules.ruleset.rules import Limit


@dataclass(frozen=True, slots=True)
class Several:
    """Limits and moments of which the earliest or the latest counts. A moment is the name of an
    instant, or of a date, which is meant with its end.
    """

    which: Literal["earliest", "latest"]
    parts: tuple[Limit | str, ...]

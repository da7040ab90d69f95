"""How long time limits run, and what moves them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from complaint_rules.time import Duration


@dataclass(frozen=True, slots=True)
class Limit:
    """A duration, or the name that gives it: of a parameter, a fact, or data of the event that
    starts the limit (``event.promised``).
    """

    duration: Duration | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Several:
    """Limits and moments of which the earliest or the latest counts. A moment is the name of an
    instant, or of a date, which is meant with its end.
    """

    which: Literal["earliest", "latest"]
    parts: tuple[Limit | str, ...]


@dataclass(frozen=True, slots=True)
class Extension:
    """An event whose data gives a new due moment (``moment``), or that adds ``more`` time.

    ``also_afterwards`` lets it count though the limit had run out by then.
    """

    event: str
    moment: str | None
    more: Limit | None
    also_afterwards: bool = False


@dataclass(frozen=True, slots=True)
class Suspension:
    """``fields`` are those of beginning events whose data says until when the pause lasts."""

    start: tuple[str, ...]
    end: tuple[str, ...]
    fields: tuple[tuple[str, str], ...] = ()

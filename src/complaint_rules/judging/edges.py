"""What happens to an instance of a time limit, as the start of another limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from complaint_rules.judging.items import DeadlineItem, Missing
from complaint_rules.ruleset.vocabulary import CheckedEvent


@dataclass(frozen=True, slots=True)
class Edge:
    """Something that happens to an instance of a limit, such as that it is missed.

    It has what an event has to start a limit: a type, a key, and a place in the order of time.
    """

    type: str
    """As ``starts`` has it: ``first.missed``."""

    limit: DeadlineItem
    event: CheckedEvent
    """The event at the beginning: it started the limit, or the first of several in a row."""

    number: int
    """The number that event has among its kind."""

    at: datetime
    microseconds: int
    """Its place in the order of time: mostly after all else that happens at its instant."""

    missing: tuple[Missing, ...] = ()
    """What has to be known to tell whether it happened at all."""

    @property
    def key(self) -> str:
        return self.limit.id

    @property
    def completion(self) -> str:
        """What it is called among completions: several things may happen to one limit."""
        return f"{self.type} {self.limit.id}"


Beginning = CheckedEvent | Edge
"""What starts a time limit: an event, or what happens to another limit."""

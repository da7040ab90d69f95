"""What rules are judged for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from complaint_rules.frozen import frozen
from complaint_rules.judging.edges import Edge
from complaint_rules.judging.items import DeadlineItem, Missing
from complaint_rules.ruleset.vocabulary import CheckedEvent


@frozen
class Occurrence:
    """What a rule is judged for: nothing in particular, an event, or an instance of a deadline.

    Where ``party`` is given the rule is judged for one of several who have a ``role``: the time
    limits of the others in that role are not theirs.
    """

    event: CheckedEvent | None = None
    number: int = 0
    deadline: DeadlineItem | None = None
    role: str | None = None
    party: str | None = None
    edge: Edge | None = None
    """What happened to the limit, where the rule is judged for that."""

    moment: datetime | None = None
    """When what happened to another limit did, where that starts one."""

    @property
    def key(self) -> str | None:
        if self.deadline is not None:
            return self.deadline.id
        return self.event.key if self.event is not None else None

    @property
    def at(self) -> datetime | None:
        if self.edge is not None:
            return self.edge.at
        if self.deadline is not None:
            return self.deadline.due_at
        return self.event.at if self.event is not None else None

    @property
    def unsure(self) -> tuple[Missing, ...]:
        """What has to be known to tell whether there is such an occurrence at all."""
        if self.edge is not None:
            return self.edge.missing
        item = self.deadline
        return () if item is None or item.certain else item.missing


THE_CASE: Final = Occurrence()


@frozen
class Happened:
    """Events by their keys, and the event that started a time limit, if not at once, by the
    limit's id; of each kind the events in order of time.
    """

    by_key: Mapping[str, CheckedEvent]
    of_kind: Mapping[str, Sequence[CheckedEvent]]

"""What the rules of a policy are judged for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Scope:
    """What a rule is judged for: once for the case, or once for each event of a type, each start
    of a deadline by such an event, each instance of a deadline, or each of them to which something
    happened (``first.missed``).
    """

    kind: Literal["case", "event", "start", "deadline", "edge"]
    of: str = ""

    @property
    def limit(self) -> str | None:
        """The deadline whose instances it is about."""
        if self.kind == "edge":
            return self.of.partition(".")[0]
        return self.of if self.kind == "deadline" else None

    def __str__(self) -> str:
        return f"{self.kind} {self.of}".strip()


CASE = Scope("case")

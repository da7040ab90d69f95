"""One thing that is wrong with a ruleset that loads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """``kind`` stays the same from version to version; ``message`` says what to do."""

    kind: str
    rule: str
    clause: str
    message: str

    def __str__(self) -> str:
        return f"[{self.rule}] {self.clause}: {self.message} ({self.kind})"

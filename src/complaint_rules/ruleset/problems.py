"""Collecting everything that is wrong in a file, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from complaint_rules.errors import (
    ComplaintRulesError,
    PolicyError,
    Problem,
    did_you_mean,
)
from complaint_rules.ruleset.amounts import AmountError
from complaint_rules.ruleset.source import Path, Source

T = TypeVar("T")


class Problems:
    """The problems found so far."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Problem] = []

    def report(self, path: Path, message: str) -> None:
        self.found.append(self.source.problem(path, message))

    def unknown(self, path: Path, what: str, name: str, known: Iterable[str]) -> None:
        """Report a name that is not declared."""
        names = list(known)
        hint = did_you_mean(name, names)
        listed = f"declared are {', '.join(names[:12])}" if names else "none is declared"
        more = ", …" if len(names) > 12 else ""
        self.report(path, f"{what} {name!r} is not declared{hint}: {listed}{more}")

    def attempt(self, path: Path, work: Callable[[], T]) -> T | None:
        """The result of ``work``, or ``None`` after reporting why there is none."""
        try:
            return work()
        except (ComplaintRulesError, AmountError, ValueError) as error:
            self.report(path, str(error))
            return None

    def stop_if_any(self) -> None:
        if self.found:
            raise PolicyError(self.found)

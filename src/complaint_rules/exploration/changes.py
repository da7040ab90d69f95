"""Changes to a case that change the decision on it, and which were not tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from complaint_rules.exploration.outcome import Outcome, outcome
from complaint_rules.exploration.sentences import WORDS, explain_change
from complaint_rules.expressions import Language, Value
from complaint_rules.judging.decision import Decision

Kind = Literal["earlier", "later", "fact", "more", "fewer"]


@dataclass(frozen=True, slots=True)
class NearestChange:
    """One change to a case, the smallest of its kind after which the decision is another one.

    ``kind`` says what is changed: an event comes ``earlier`` or ``later`` (``by`` that much, from
    ``was`` to ``becomes``), a ``fact`` has another value, there is one ``more`` event, or one
    ``fewer``. ``exact`` is false where the smallest change was searched for.
    """

    kind: Kind
    name: str
    was: Value | None
    becomes: Value | None
    by: timedelta | None
    exact: bool
    before: Decision
    after: Decision

    @property
    def gone(self) -> tuple[tuple[Any, ...], ...]:
        """What follows no longer: kind, rule, party and amounts."""
        return _ordered(outcome(self.before) - outcome(self.after))

    @property
    def new(self) -> tuple[tuple[Any, ...], ...]:
        """What follows in its place."""
        return _ordered(outcome(self.after) - outcome(self.before))

    def explain(self, language: Language = "en") -> str:
        """The change and what comes of it, in plain Chinese or English."""
        return explain_change(
            (self.kind, self.name, self.was, self.becomes, self.by),
            (self.before, self.gone, self.new, self.after),
            language,
            exact=self.exact,
        )

    def __str__(self) -> str:
        return self.explain()


def _ordered(found: Outcome) -> tuple[tuple[Any, ...], ...]:
    return tuple(sorted((one for one in found if one[0] != "total"), key=repr))


@dataclass(frozen=True, slots=True)
class Untried:
    """A change of which it is not known whether it would change the decision.

    Of a time that is ``earlier`` or ``later``, ``tried_to`` is the instant up to which it changes
    nothing; it is null where nothing was tried.
    """

    kind: Kind
    name: str
    was: Value | None
    tried_to: datetime | None


class NearestChanges(tuple[NearestChange, ...]):  # noqa: SLOT001 - it has more than its items
    """The changes, and those that were not tried because the case has too many events."""

    untried: tuple[Untried, ...]

    def __new__(
        cls, changes: Iterable[NearestChange] = (), untried: Iterable[Untried] = ()
    ) -> Self:
        made = super().__new__(cls, changes)
        made.untried = tuple(untried)
        return made

    @property
    def is_complete(self) -> bool:
        """Whether everything was tried, so that no smaller change is missing."""
        return not self.untried

    def explain(self, language: Language = "en") -> str:
        """Each change in plain Chinese or English, and how many were not tried."""
        lines = [change.explain(language) for change in self]
        if self.untried:
            words = WORDS[language]
            counts = Counter(untried.kind for untried in self.untried)
            kinds = [words[f"untried-{kind}"].format(count) for kind, count in counts.items()]
            lines.append(words["untried"].format(words["comma"].join(kinds)))
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.explain()

"""Every error this library raises, drawn once.

::

    ComplaintRulesError
    ├── PolicyError                 a ruleset file cannot be used; lists every problem found
    │   ├── PolicyNotFound          no file or shipped ruleset of that name
    │   └── ScenarioError           a scenario file, the tests of a policy, cannot be used
    ├── PolicyNotInForce            the policy does not govern the date of the case
    ├── CaseError                   facts or events do not fit the policy's vocabulary
    ├── ConditionError              a condition cannot be read, or compares what cannot be compared
    ├── DecisionError               a decision is asked for something it cannot say
    ├── EngineUnavailable           the rule engine asked for is not installed, or failed
    ├── MoneyError                  an amount that is a float, negative, too large or too fine
    └── TimeError
        ├── NaiveDatetime           a datetime without a timezone
        ├── DurationError           a duration that cannot be read, or whose unit is ambiguous
        ├── CalendarError           a calendar that contradicts itself
        └── CalendarNotPublished    the official calendar of that year does not exist yet

Each message starts with what is wrong and ends with what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from complaint_rules.public import public


@public
class ComplaintRulesError(Exception):
    """Root of the tree: catching it catches everything the library raises on purpose."""


@public
@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a ruleset file.

    ``line`` counts from 1 and is 0 where no line is to blame (an empty file).
    """

    file: str
    line: int
    path: str
    message: str
    rule: str | None = None

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        rule = f" [{self.rule}]" if self.rule else ""
        path = f" {self.path}:" if self.path else ""
        return f"{where}:{rule}{path} {self.message}"


@public
class PolicyError(ComplaintRulesError):
    """A ruleset file cannot be used. ``problems`` holds all of them, in file order."""

    _what = "the ruleset"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.file, problem.line)))
        count = len(self.problems)
        head = "1 problem" if count == 1 else f"{count} problems"
        super().__init__("\n".join([f"{head} in {self._what}:", *map(str, self.problems)]))

    def __reduce__(self) -> tuple[type[PolicyError], tuple[Sequence[Problem]]]:
        return type(self), (self.problems,)


@public
class PolicyNotFound(PolicyError):
    """No file or shipped ruleset has that name."""


@public
class ScenarioError(PolicyError):
    """A scenario file cannot be used."""

    _what = "the scenario file"


@public
class PolicyNotInForce(ComplaintRulesError):
    """The policy does not govern the date of the case."""


@public
class CaseError(ComplaintRulesError):
    """Facts or events do not fit the policy's vocabulary."""


@public
class ConditionError(ComplaintRulesError):
    """A condition cannot be read, or compares what cannot be compared.

    ``offset`` is the column in the condition's text, counted from 0, where known.
    """

    def __init__(self, message: str, offset: int | None = None) -> None:
        self.offset = offset
        super().__init__(message)


@public
class DecisionError(ComplaintRulesError):
    """A decision is asked for something it cannot say."""


@public
class EngineUnavailable(ComplaintRulesError):
    """The rule engine asked for is not installed, or failed while matching."""


@public
class MoneyError(ComplaintRulesError, ValueError):
    """An amount that is a float, negative, too large or too fine."""


@public
class TimeError(ComplaintRulesError):
    """Something about time."""


@public
class NaiveDatetime(TimeError):
    """A datetime without a timezone."""


@public
class DurationError(TimeError):
    """A duration that cannot be read, or whose unit is ambiguous."""


@public
class CalendarError(TimeError):
    """A calendar that contradicts itself."""


@public
class CalendarNotPublished(TimeError):
    """The official calendar of that year does not exist yet.

    ``region`` and ``year`` say which one is missing.
    """

    def __init__(self, region: str, year: int) -> None:
        self.region = region
        self.year = year
        super().__init__(
            f"the official calendar {region} {year} is not published here: update the calendar "
            f"package, add the year from a JSON file, or ask for a provisional result"
        )

    def __reduce__(self) -> tuple[type[CalendarNotPublished], tuple[str, int]]:
        return type(self), (self.region, self.year)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the closest known name, or an empty string.

    >>> did_you_mean("registred", ["registered", "delivered"])
    " (did you mean 'registered'?)"
    >>> did_you_mean("zzz", ["registered"])
    ''
    """
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""

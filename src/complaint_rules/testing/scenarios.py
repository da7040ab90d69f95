"""Scenario files: a policy's tests, in YAML, beside the policy.

A scenario is a case, and at one or several instants what is to follow from which rule, what is not
to follow, and what cannot be determined yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import Field

from complaint_rules.case import Case, Event
from complaint_rules.errors import (
    ComplaintRulesError,
    DurationError,
    PolicyError,
    Problem,
    ScenarioError,
    did_you_mean,
)
from complaint_rules.history import History, HistoryEntry
from complaint_rules.policy import Policy, load_policy
from complaint_rules.ruleset.document_words import FORMAT, Day, Document, Format, Name
from complaint_rules.ruleset.load import read_text, validate
from complaint_rules.ruleset.rules import DECISION_SECTIONS
from complaint_rules.ruleset.source import Path as Place
from complaint_rules.ruleset.source import Source, read_yaml
from complaint_rules.ruleset.vocabulary import Field as Declared
from complaint_rules.testing.moments import full_moment, read_moment
from complaint_rules.time import parse_duration

NOT_IN_FORCE: Final = "not in force"
TOTAL: Final = "total"
SUFFIX: Final = ".scenario.yaml"

Expected = str | list[str]


class HistoryDocument(Document):
    """What is known of other cases. An entry is ``offence 2025-06-01 09:00``, or a mapping with
    kind and at, optionally case and id, and its data and roles.
    """

    complete_from: str | None = Field(
        None, description="Since when everything is in it; left out, it is complete."
    )
    entries: list[str | dict[str, Any]] = []


class ScenarioDocument(Document):
    """One scenario. ``expect`` says for each instant what follows from which rule.

    ``null`` takes back a fact or parameter that the head of the file gives.
    """

    name: str = Field(min_length=1)
    day: Day | None = None
    facts: dict[str, Any] = {}
    parameters: dict[Name, Any] = {}
    events: list[str | dict[str, Any]] = []
    history: HistoryDocument | None = Field(
        None, description="What counts over a history go over; left out, there is none."
    )
    only: list[str] | None = None
    expect: dict[str, str | dict[str, Expected]]


class ScenarioFileDocument(Document):
    """A file of scenarios for one policy; what stands at its head holds for all of them.

    ``accepted`` names mutants that no scenario can tell from the policy, and says why.
    """

    format: Format = FORMAT
    policy: str
    day: Day | None = None
    facts: dict[str, Any] = {}
    parameters: dict[Name, Any] = {}
    only: list[str] = []
    accepted: dict[str, str] = {}
    scenarios: list[ScenarioDocument] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is to follow from one rule: the parts of each outcome, none where it is absent."""

    rule: str
    outcomes: tuple[tuple[str, ...], ...]
    line: int


@dataclass(frozen=True, slots=True)
class Check:
    """What is to hold at one instant. ``only`` names sections in which nothing else may follow."""

    as_of: datetime
    in_force: bool
    expectations: tuple[Expectation, ...]
    total: str | None
    only: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """A case under a policy, and what is checked of it."""

    name: str
    file: str
    line: int
    policy: Policy
    case: Case
    checks: tuple[Check, ...]
    history: History | None = None


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """The scenarios of a file, their policy with the parameters of the head, and the mutants that
    the file accepts, each with the reason.
    """

    path: Path
    policy: Policy
    scenarios: tuple[Scenario, ...]
    accepted: Mapping[str, str]


def read_scenarios(path: str | Path) -> ScenarioFile:
    """Read a file of scenarios.

    Raises:
        ScenarioError: the file is wrong; every problem is listed with its line.
        PolicyError: the policy it is about cannot be loaded.

    >>> from complaint_rules import shipped_rulesets
    >>> path = shipped_rulesets()["yundewu-2018"].with_suffix(".scenario.yaml")
    >>> read_scenarios(path).scenarios[0].policy.id
    'yundewu-2018'
    """
    path = Path(path)
    if not path.is_file():
        raise ScenarioError([Problem(str(path), 0, "", "there is no such file: check the path")])
    try:
        source = read_yaml(read_text(path), str(path))
        document = validate(ScenarioFileDocument, source, _keys)
    except PolicyError as error:
        raise ScenarioError(error.problems) from None
    reader = _Reader(document, source, path)
    scenarios = tuple(reader.scenarios())
    return ScenarioFile(path, reader.policy(document.parameters), scenarios, document.accepted)


def _keys(section: str) -> Iterable[str]:
    return (ScenarioDocument if section else ScenarioFileDocument).model_fields


class _Reader:
    def __init__(self, document: ScenarioFileDocument, source: Source, path: Path) -> None:
        self.document = document
        self.source = source
        self.path = path
        self.policies: dict[str, Policy] = {}
        self.problems: list[Problem] = []

    def scenarios(self) -> Iterator[Scenario]:
        found = []
        for number, document in enumerate(self.document.scenarios):
            place: Place = ("scenarios", number)
            policy = self.policy({**self.document.parameters, **document.parameters})
            scenario = self.attempt(place, partial(self.scenario, document, policy, place))
            if scenario is not None:
                found.append(scenario)
        names = [scenario.name for scenario in found]
        for number, name in enumerate(names):
            if name in names[:number]:
                self.report(("scenarios", number, "name"), f"a second scenario {name!r}: rename it")
        if self.problems:
            raise ScenarioError(self.problems)
        yield from found

    def attempt(self, place: Place, work: Any) -> Any:
        try:
            return work()
        except ComplaintRulesError as error:
            self.report(place, str(error))
            return None

    def report(self, place: Place, message: str) -> None:
        self.problems.append(self.source.problem(place, message))

    def policy(self, parameters: Mapping[str, Any]) -> Policy:
        parameters = {name: value for name, value in parameters.items() if value is not None}
        key = repr(sorted(parameters.items()))
        if key not in self.policies:
            wanted = self.document.policy
            beside = self.path.parent / f"{wanted}.yaml"
            self.policies[key] = load_policy(
                beside if beside.is_file() else wanted, parameters=parameters
            )
        return self.policies[key]

    def scenario(self, document: ScenarioDocument, policy: Policy, place: Place) -> Scenario:
        day = document.day or self.document.day
        clock = _Clock(policy, day)
        facts = {**self.document.facts, **document.facts}
        declared = policy.ruleset.words.facts
        case = Case(
            document.name,
            clock.values(facts, declared),
            [clock.event(event) for event in document.events],
        )
        policy.check(case)
        only = self.document.only if document.only is None else document.only
        for number, section in enumerate(only):
            if section not in DECISION_SECTIONS:
                hint = did_you_mean(section, DECISION_SECTIONS)
                known = ", ".join(DECISION_SECTIONS)
                self.report((*place, "only", number), f"no section {section!r}{hint}: use {known}")
        checks = tuple(
            self.check(moment, expected, policy, clock, tuple(only), (*place, "expect", moment))
            for moment, expected in document.expect.items()
        )
        file, line = self.source.file, self.source.line((*place, "name"))
        history = None if document.history is None else clock.history(document.history)
        if history is not None:
            policy.check_history(history)
        return Scenario(document.name, file, line, policy, case, checks, history)

    def check(
        self,
        moment: str,
        expected: str | dict[str, Expected],
        policy: Policy,
        clock: _Clock,
        only: tuple[str, ...],
        place: Place,
    ) -> Check:
        as_of, line = clock.moment(moment), self.source.line(place)
        if isinstance(expected, str):
            if expected != NOT_IN_FORCE:
                self.report(place, f"{expected!r} says nothing: list rules, or '{NOT_IN_FORCE}'")
            return Check(as_of, False, (), None, (), line)
        known = {rule.id for rule in policy.ruleset.rules()} - {
            statistic.id for statistic in policy.ruleset.statistics
        }
        total = expected.get(TOTAL)
        expectations = []
        for rule, outcomes in expected.items():
            here = (*place, rule)
            if rule == TOTAL:
                continue
            if rule not in known:
                hint = did_you_mean(rule, known)
                self.report(here, f"policy {policy.id} has no rule {rule!r}{hint}: use a rule's id")
                continue
            listed = [outcomes] if isinstance(outcomes, str) else outcomes
            parts = tuple(clock.parts(one) for one in listed if one != "absent")
            expectations.append(Expectation(rule, parts, self.source.line(here)))
        if total is not None and not isinstance(total, str):
            self.report((*place, TOTAL), "the total is one amount: write '30 CNY' or '50-200 CNY'")
            total = None
        return Check(as_of, True, tuple(expectations), total, only, line)


@dataclass(frozen=True, slots=True)
class _Clock:
    """Reads the times of a scenario, which are on its policy's clock."""

    policy: Policy
    day: date | None

    @property
    def zone(self) -> ZoneInfo:
        return self.policy.ruleset.calendar.timezone

    def moment(self, text: str) -> datetime:
        return read_moment(text, self.day, self.zone)

    def parts(self, text: str) -> tuple[str, ...]:
        return tuple(
            _usual_lateness(full_moment(" ".join(part.split()), self.day, self.zone))
            for part in text.split(",")
        )

    def values(self, values: Mapping[str, Any], declared: Mapping[str, Declared]) -> dict[str, Any]:
        """Facts or data, with the instants among them read."""
        return {
            name: self.moment(value)
            if name in declared and declared[name].type.name == "instant" and value is not None
            else value
            for name, value in values.items()
        }

    def history(self, document: HistoryDocument) -> History:
        """Entries as events are written, ``kind`` in place of ``type``."""
        since = document.complete_from
        entries = [self.entry(entry) for entry in document.entries]
        return History(entries, complete_from=None if since is None else self.moment(since))

    def entry(self, document: str | dict[str, Any]) -> HistoryEntry:
        if isinstance(document, str):
            kind, _, at = document.partition(" ")
            return HistoryEntry(kind, self.moment(at.strip()))
        data = dict(document)
        kind, at = str(data.pop("kind", "")), str(data.pop("at", ""))
        named = {key: data.pop(key) for key in ("case", "id") if key in data}
        words = self.policy.ruleset.words
        fields = words.event_fields(kind) if kind in words.events else {}
        return HistoryEntry(kind, self.moment(at), **named, **self.values(data, fields))

    def event(self, document: str | dict[str, Any]) -> Event:
        """``registered 09:00``, or a mapping as in a case file."""
        words = self.policy.ruleset.words
        if isinstance(document, str):
            type_, _, at = document.partition(" ")
            return Event(type_, self.moment(at.strip()))
        data = dict(document)
        type_, at = str(data.pop("type", "")), str(data.pop("at", ""))
        fields = words.event_fields(type_) if type_ in words.events else {}
        named = {key: data.pop(key) for key in ("id", "ref") if key in data}
        return Event(type_, self.moment(at), **named, **self.values(data, fields))


def _usual_lateness(part: str) -> str:
    """``late by 180 elapsed minutes`` as decisions say it, in hours."""
    words, _, amount = part.partition("late by ")
    if words or not amount:
        return part
    try:
        return f"late by {parse_duration(amount)}"
    except DurationError:
        return part

"""The words of a document: facts, events, roles, and the names of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from complaint_rules.currencies import MINOR_UNITS
from complaint_rules.expressions import Meaning, Type, Value, read_value
from complaint_rules.expressions.durations import UNITS_OF_LIMITS, Units
from complaint_rules.expressions.moments import ITSELF
from complaint_rules.expressions.types import CALENDAR
from complaint_rules.ruleset import document_words as doc
from complaint_rules.ruleset.document import CalendarDocument, PolicyDocument
from complaint_rules.ruleset.document_rules import DeadlineDocument
from complaint_rules.ruleset.edges import events_behind
from complaint_rules.ruleset.problems import Problems
from complaint_rules.ruleset.source import Path
from complaint_rules.ruleset.vocabulary import (
    EventType,
    Field,
    Words,
    names_of_all,
    names_of_deadlines,
)

RESERVED = frozenset(
    {"event", "deadline", "id", "type", "at", "ref", "and", "or", "not", "in", "is"}
)


OF_EVERY_EVENT = frozenset({"id", "type", "at", "ref", "number"})
"""What every event has by itself: data of such a name could never be read."""

_OPERATORS = frozenset({"and", "or", "not", "in", "is"})


def refuse_own_names(name: str, path: Path, problems: Problems) -> None:
    """Report event data whose name has a meaning of its own."""
    if name in OF_EVERY_EVENT:
        problems.report(
            path,
            f"'event.{name}' is what every event has by itself, so data of that name is never "
            f"read: rename it, such as '{name}_given'",
        )
    elif name in _OPERATORS:
        problems.report(path, f"{name!r} has a meaning of its own in conditions: rename it")


def compile_words(document: PolicyDocument, problems: Problems) -> Words:
    """Look through everything a case may use, and refuse names that mean two things."""
    places = MINOR_UNITS.get(document.currency, 2)  # an unknown one is reported elsewhere
    facts = {
        name: compile_field(name, fact, ("facts", name), problems, places)
        for name, fact in document.facts.items()
    }
    events = {}
    for name, event in document.events.items():
        fields = {
            key: compile_field(key, fact, ("events", name, "data", key), problems, places)
            for key, fact in event.data.items()
        }
        for key in event.data:
            refuse_own_names(key, ("events", name, "data", key), problems)
        for number, fact_name in enumerate(event.sets):
            if fact_name not in facts:
                problems.unknown(("events", name, "sets", number), "fact", fact_name, facts)
            elif fact_name not in RESERVED:  # those are refused where they are declared
                refuse_own_names(fact_name, ("events", name, "sets", number), problems)
        sets = tuple(fact_name for fact_name in event.sets if fact_name in facts)
        for key in set(fields) & set(sets):
            problems.report(
                ("events", name, "data", key), f"{key!r} is set as a fact too: keep one"
            )
        assert event.title is not None  # noqa: S101 - said or shared
        events[name] = EventType(name, event.title.as_mapping(), fields, sets)
    _refuse_double_names(document, problems)
    parameters = {
        name: Meaning(Type(parameter.type, places=places), parameter.title.as_mapping())
        for name, parameter in document.parameters.items()
        if parameter.type != "duration"  # noqa: PLR1714 - narrows
        and parameter.type != "hours"
        and parameter.type != "enum"
        and parameter.type != "role"
        and parameter.type != "percent"
        and parameter.counts is None
    }
    deadlines = {
        deadline.id.replace("-", "_"): deadline.title.as_mapping()
        for deadline in document.deadlines
    }
    return Words(
        facts=facts,
        events=events,
        roles={name: titles.as_mapping() for name, titles in document.roles.items()},
        parameters=parameters,
        deadlines=deadlines,
        starts=_events_behind(document),
        assumed={
            name: fact.unless_recorded
            for name, fact in facts.items()
            if fact.unless_recorded is not None
        },
        lateness={},  # parameters are read first
        of_all=names_of_all(facts, parameters, _calendars(document), events),
        of_deadlines=names_of_deadlines(deadlines),
    )


def _calendars(document: PolicyDocument) -> dict[str, Meaning]:
    """The calendars by name, and the policy's own without one; with what each of them knows."""
    declared = {ITSELF: document.calendar, **document.calendars}
    return {name: _calendar(entry) for name, entry in declared.items()}


def _calendar(entry: CalendarDocument) -> Meaning:
    knows = {"hours", "days"} if entry.hours is not None else set()
    if entry.official is not None:
        knows.add("days")
    title = entry.title.as_mapping() if entry.title else {}
    return Meaning(replace(CALENDAR, knows=frozenset(knows)), title)


def _events_behind(document: PolicyDocument) -> dict[str, tuple[str, ...]]:
    """The declared events behind each deadline; other starts are reported elsewhere."""
    starts = {
        deadline.id.replace("-", "_"): [
            start.replace("-", "_")
            for start in [*deadline.starts, *_restarts(deadline)]
            if start in document.events or "." in start
        ]
        for deadline in document.deadlines
    }
    return events_behind(starts)


def _restarts(deadline: DeadlineDocument) -> list[str]:
    """The event from which the time of a deadline counts anew when the duty is handed over."""
    given = deadline.handed_over
    return [given.event] if given is not None and given.clock == "restarts" else []


def _refuse_double_names(document: PolicyDocument, problems: Problems) -> None:
    plain: dict[str, str] = {}
    for section in ("facts", "roles", "parameters", "calendars"):
        for name in getattr(document, section):
            if name in plain:
                problems.report(
                    (section, name), f"{name!r} is declared in {plain[name]} too: rename one"
                )
            plain[name] = section
    for number, deadline in enumerate(document.deadlines):
        name = deadline.id.replace("-", "_")
        if name in document.events:
            problems.report(
                ("deadlines", number, "id"),
                f"in conditions this is {name!r}, which is an event too: rename one",
            )
    for section in ("facts", "roles", "parameters", "events", "calendars"):
        for name in getattr(document, section):
            if name in RESERVED:
                problems.report((section, name), f"{name!r} has a meaning of its own: rename it")


def compile_field(
    name: str | int, fact: doc.FactDocument, path: Path, problems: Problems, places: int = 2
) -> Field:
    """A fact, or a field of an event; what is wrong with it is reported."""
    assert fact.type is not None and fact.title is not None  # noqa: S101, PT018 - said or shared
    values: tuple[str, ...] = ()
    titles: dict[str, Mapping[str, str]] = {}
    if (fact.type == "enum") != bool(fact.values):
        problems.report(path, "an enum lists its values, and only an enum does")
    elif isinstance(fact.values, dict):
        values = tuple(fact.values)
        titles = {value: title.as_mapping() for value, title in fact.values.items()}
    elif fact.values:
        values = tuple(fact.values)
        if len(set(values)) < len(values):
            problems.report(path, "a value is listed twice: remove one")
    ask = fact.ask.as_mapping() if fact.ask else {}
    if fact.unit is not None and fact.type != "duration":
        problems.report((*path, "unit"), "only a duration has a unit: leave it out")
    units: Units = ()
    if fact.type == "duration":
        units = UNITS_OF_LIMITS if fact.unit is None else (fact.unit,)
    type_ = Type(fact.type, values, places, units)
    assumed: Value | None = None
    if fact.unless_recorded is not None:
        raw = fact.unless_recorded
        assumed = problems.attempt(
            (*path, "unless_recorded"), lambda: read_value(raw, type_, "the value")
        )
    return Field(str(name), type_, fact.title.as_mapping(), ask, titles, fact.clause, assumed)

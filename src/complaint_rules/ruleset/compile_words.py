"""The words of a document: facts, events, roles, and parameters with their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from complaint_rules.currencies import MINOR_UNITS
from complaint_rules.errors import CaseError, ComplaintRulesError
from complaint_rules.expressions import Meaning, Type, Value, read_value
from complaint_rules.expressions.moments import ITSELF
from complaint_rules.expressions.types import CALENDAR
from complaint_rules.ruleset import document_words as doc
from complaint_rules.ruleset.amounts import parse_range
from complaint_rules.ruleset.document import CalendarDocument, PolicyDocument
from complaint_rules.ruleset.document_rules import DeadlineDocument
from complaint_rules.ruleset.edges import events_behind
from complaint_rules.ruleset.problems import Problems
from complaint_rules.ruleset.rules import Parameter
from complaint_rules.ruleset.source import Path
from complaint_rules.ruleset.vocabulary import (
    EventType,
    Field,
    Words,
    names_of_all,
    names_of_deadlines,
)
from complaint_rules.time import Duration, parse_duration

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
    type_ = Type(fact.type, values, places)
    assumed: Value | None = None
    if fact.unless_recorded is not None:
        raw = fact.unless_recorded
        assumed = problems.attempt(
            (*path, "unless_recorded"), lambda: read_value(raw, type_, "the value")
        )
    return Field(str(name), type_, fact.title.as_mapping(), ask, titles, fact.clause, assumed)


# Parameters


def compile_parameters(
    document: PolicyDocument,
    words: Words,
    overrides: Mapping[str, Any],
    problems: Problems,
) -> dict[str, Parameter]:
    """Read the values of parameters; ``overrides`` replace those of the file."""
    for name in overrides:
        if name not in document.parameters:
            problems.unknown(("parameters",), "parameter", name, document.parameters)
    places = MINOR_UNITS.get(document.currency, 2)
    return {
        name: _parameter(name, parameter, words, overrides, problems, places)
        for name, parameter in document.parameters.items()
    }


def _parameter(
    name: str,
    parameter: doc.ParameterDocument,
    words: Words,
    overrides: Mapping[str, Any],
    problems: Problems,
    places: int,
) -> Parameter:
    path: Path = ("parameters", name)
    title = parameter.title.as_mapping()
    if parameter.type == "enum":
        problems.report((*path, "type"), "a parameter is no enum: use a text or a fact")
    if parameter.dated_by is not None and parameter.dated_by not in words.events:
        problems.unknown((*path, "dated_by"), "event", parameter.dated_by, words.events)
    forms = [parameter.value is not None, parameter.values is not None, parameter.table is not None]
    if sum(forms) > 1:
        problems.report(path, "give one of value, values and table, not several")
    if (parameter.table is None) != (parameter.keys is None):
        problems.report(path, "a table has keys, and only a table does")
    values: list[tuple[date, Any]] = []
    if name in overrides:
        values = [(date.min, _value(overrides[name], parameter.type, path, problems, places))]
    elif parameter.table is not None:
        return _table(name, parameter, words, problems, places)
    elif parameter.value is not None:
        values = [
            (date.min, _value(parameter.value, parameter.type, (*path, "value"), problems, places))
        ]
    elif parameter.values is not None:
        for number, dated in enumerate(parameter.values):
            here = (*path, "values", number)
            values.append(
                (dated.from_, _value(dated.value, parameter.type, here, problems, places))
            )
            if number and values[-2][0] >= dated.from_:
                problems.report(
                    here, f"{dated.from_} is not after the date before it: put them in order"
                )
    return Parameter(name, parameter.type, title, parameter.dated_by, tuple(values))


def read_hours(raw: Any) -> list[str]:
    """Business hours that are a parameter: a text, ``"09:00-12:00, 13:30-18:00"``, or a list.

    Raises:
        CaseError: it is neither.
    """
    windows = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(windows, list) or not all(isinstance(window, str) for window in windows):
        raise CaseError(f"{raw!r} are no hours: write a text like '09:00-12:00, 13:30-18:00'")
    return [window.strip() for window in windows]


def _value(
    raw: Any, type_: str, path: Path, problems: Problems, places: int
) -> Value | Duration | None:
    try:
        if type_ == "hours":
            return ", ".join(read_hours(raw))
        if type_ == "duration":
            if not isinstance(raw, str):
                raise CaseError(f"{raw!r} is not a duration: write a text like '3 working days'")
            return parse_duration(raw)
        return read_value(raw, Type(type_, places=places), "the value")  # type: ignore[arg-type]
    except ComplaintRulesError as error:
        problems.report(path, str(error))
        return None


def _table(
    name: str, parameter: doc.ParameterDocument, words: Words, problems: Problems, places: int
) -> Parameter:
    keys = parameter.keys or []
    types = []
    for number, key in enumerate(keys):
        if key not in words.facts:
            problems.unknown(("parameters", name, "keys", number), "fact", key, words.facts)
            return Parameter(name, parameter.type, {}, None)
        types.append(words.facts[key].type)
    if parameter.type not in ("money", "hours"):
        problems.report(
            ("parameters", name, "type"), "a table gives amounts, or hours: its type is money"
        )
    table: dict[tuple[Value, ...], list[tuple[date, date, Any]]] = {}
    for number, row in enumerate(parameter.table or ()):
        path = ("parameters", name, "table", number)
        if len(row.at) != len(keys):
            problems.report(
                path, f"'at' has {len(row.at)} values for {len(keys)} keys: give one each"
            )
            continue
        at = problems.attempt(
            path,
            lambda row=row: tuple(  # type: ignore[misc]
                read_value(value, type_, f"key {key}")
                for value, type_, key in zip(row.at, types, keys, strict=True)
            ),
        )
        value: Any
        if parameter.type == "hours":
            value = _value(row.value, "hours", path, problems, places)
        else:
            value = problems.attempt(path, lambda row=row: parse_range(str(row.value), "", places))  # type: ignore[misc]
        if at is None or value is None:
            continue
        first, last = row.from_ or date.min, row.until or date.max
        if last < first:
            problems.report(path, f"{last} is before {first}: swap them")
        for other_first, other_last, _ in table.setdefault(at, []):
            if first <= other_last and other_first <= last:
                problems.report(
                    path, "an earlier row holds for the same keys and dates: remove one"
                )
        table[at].append((first, last, value))
    return Parameter(
        name,
        parameter.type,
        parameter.title.as_mapping(),
        parameter.dated_by,
        keys=tuple(keys),
        table={at: tuple(rows) for at, rows in table.items()},
    )

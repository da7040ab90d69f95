"""What durations are counted in: parameters that are some, and the lateness of each time limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import get_args

from complaint_rules.errors import DurationError
from complaint_rules.expressions import Meaning, Type, Value
from complaint_rules.expressions.durations import Units
from complaint_rules.expressions.tree import Among, Atom, Compare, CompareNames, atoms
from complaint_rules.ruleset import document_rules as doc
from complaint_rules.ruleset.document import PolicyDocument
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.rules import Rule, nodes
from complaint_rules.ruleset.vocabulary import Field, Words, names_of_lateness
from complaint_rules.time import Duration, lateness_unit, parse_duration
from complaint_rules.time.durations import CountedUnit, DurationUnit, duration_in, unit_of
from complaint_rules.time.overdue import LatenessUnit


def with_durations(
    words: Words, document: PolicyDocument, parameters: Mapping[str, Parameter]
) -> Words:
    """The words of a document, with the parameters that are durations, and with how late each of
    its limits is.
    """
    durations = {
        name: Meaning(Type("duration", units=_distinct(map(unit_of, values_of(one)))), one.title)
        for name, one in parameters.items()
        if one.type == "duration"
    }
    lateness = {
        entry.id.replace("-", "_"): _distinct(_late_in(entry, words, parameters))
        for entry in document.deadlines
    }
    return replace(
        words,
        parameters={**words.parameters, **durations},
        lateness=lateness,
        of_all={**words.of_all, **durations},
        of_deadlines={**words.of_deadlines, **names_of_lateness(words.deadlines, lateness)},
    )


def values_of(parameter: Parameter) -> Iterator[Duration]:
    """Every value that a duration can have."""
    for value in parameter.every_value():
        if isinstance(value, Duration):
            yield value


def _late_in(
    entry: doc.DeadlineDocument, words: Words, parameters: Mapping[str, Parameter]
) -> Iterator[str]:
    """What the lateness of a limit may be counted in. More time that is agreed changes nothing; a
    moment that is given or agreed has the clock.
    """
    if entry.by is not None or any(one.moment is not None for one in entry.agreed):
        yield lateness_unit(None)
    _, texts = entry.several or ("", [])
    alone = entry.limit if entry.at_least is None else entry.at_least
    events = words.starts[entry.id.replace("-", "_")]
    for text in (*([] if alone is None else [alone]), *texts):
        given = duration_fields(text, words, events)
        if text in parameters and parameters[text].type == "duration":
            yield from map(lateness_unit, values_of(parameters[text]))
        elif given:
            for units in (field.type.units for field in given):
                yield from _lateness_of(units)
        else:
            yield _unit_of(text)


def _unit_of(text: str) -> str:
    """The unit of a duration; what is none is a moment, or is reported where the limit is read."""
    try:
        return lateness_unit(parse_duration(text))
    except DurationError:
        return lateness_unit(None)


def _lateness_of(units: Units) -> Iterator[str]:
    """What lateness is counted in of a limit that a fact gives, in one unit or in any."""
    if len(units) > 1:
        yield from get_args(LatenessUnit)
    for unit in get_args(CountedUnit):
        if units == (unit,):
            yield lateness_unit(duration_in(unit, 1))


def duration_fields(name: str, words: Words, events: Iterable[str]) -> list[Field]:
    """The fact of that name, or the data of events, that give a duration."""
    owner, dot, attribute = name.partition(".")
    if not dot:
        found = [words.facts.get(name)]
    elif owner == "event":
        known = [type_ for type_ in events if type_ in words.events]
        found = [words.event_fields(type_).get(attribute) for type_ in known]
    else:
        found = []
    return [field for field in found if field is not None and field.type.name == "duration"]


def _distinct(units: Iterator[str]) -> Units:
    return tuple(dict.fromkeys(units))  # type: ignore[arg-type]


def with_units_compared(words: Words, rules: Iterable[Rule]) -> Words:
    """The words, where the lateness of a limit whose parameter has no value is counted in the one
    unit that conditions compare it with: what does not run is late by none of it.
    """
    compared: dict[str, dict[DurationUnit, None]] = {
        name: {} for name, units in words.lateness.items() if not units
    }
    if not compared:
        return words
    for rule in rules:
        for node in nodes(rule):
            for atom in atoms(node):
                for name, units in _units_beside(atom, words):
                    limit = rule.scope.limit if name == "deadline" else name
                    if limit in compared:
                        compared[limit].update(dict.fromkeys(units))
    chosen = {
        name: tuple(units)
        for name, units in compared.items()
        if len(units) == 1 and units.keys() <= set(get_args(LatenessUnit))
    }
    return replace(words, lateness={**words.lateness, **chosen})


def _units_beside(atom: Atom, words: Words) -> Iterator[tuple[str, Units]]:
    """The owner of each lateness in a comparison, with the units of what it is compared with."""
    match atom:
        case Compare(name, _, constant):
            sides = [(name, _units_of(constant))]
        case Among(name, constants):
            sides = [(name, _units_of(constant)) for constant in constants]
        case CompareNames(left, _, right):
            sides = [
                (one, words.of_all[other].type.units)
                for one, other in ((left, right), (right, left))
                if other in words.of_all
            ]
        case _:
            return
    for name, units in sides:
        owner, _, attribute = name.partition(".")
        if attribute == "late_by":
            yield owner, units


def _units_of(constant: Value) -> Units:
    return (unit_of(constant),) if isinstance(constant, Duration) else ()

"""What durations are counted in: parameters that are some, and the lateness of each time limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from complaint_rules.conditions import Meaning, Type
from complaint_rules.conditions.durations import Units
from complaint_rules.errors import DurationError
from complaint_rules.policy import document_rules as doc
from complaint_rules.policy.document import PolicyDocument
from complaint_rules.policy.rules import Parameter
from complaint_rules.policy.vocabulary import Words, names_of_lateness
from complaint_rules.time import Duration, lateness_unit, parse_duration
from complaint_rules.time.durations import unit_of


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
        entry.id.replace("-", "_"): _distinct(_late_in(entry, parameters))
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
    """Every value that a duration can have; tables are of amounts of money."""
    for _, value in parameter.values:
        if isinstance(value, Duration):
            yield value


def _late_in(entry: doc.DeadlineDocument, parameters: Mapping[str, Parameter]) -> Iterator[str]:
    """What the lateness of a limit may be counted in. More time that is agreed changes nothing; a
    moment that is given or agreed has the clock.
    """
    if entry.by is not None or any(one.moment is not None for one in entry.agreed):
        yield lateness_unit(None)
    text = entry.within if entry.at_least is None else entry.at_least
    if text is None:
        return
    if text in parameters:
        yield from map(lateness_unit, values_of(parameters[text]))
    else:
        with suppress(DurationError):  # which is reported where the limit is read
            yield lateness_unit(parse_duration(text))


def _distinct(units: Iterator[str]) -> Units:
    return tuple(dict.fromkeys(units))  # type: ignore[arg-type]

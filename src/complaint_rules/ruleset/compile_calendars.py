"""The calendars of a document: their days, and their hours, which may depend on the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from complaint_rules.errors import CalendarError, did_you_mean
from complaint_rules.expressions.moments import ITSELF
from complaint_rules.ruleset.calendars import PolicyCalendar
from complaint_rules.ruleset.compile_parameters import read_hours
from complaint_rules.ruleset.document import CalendarDocument, PolicyDocument
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.problems import Problems
from complaint_rules.ruleset.source import Path
from complaint_rules.time import WorkingCalendar
from complaint_rules.time.official import OFFICIAL_CALENDARS, OfficialCalendar

Given = Mapping[str, OfficialCalendar]
"""Official calendars by region, in place of those of the package."""


def calendar_named(region: str | None, given: Given) -> OfficialCalendar | None:
    """The official calendar of a region: one that is given, else that of the package."""
    if region is None or region in given:
        return None if region is None else given[region]
    return OFFICIAL_CALENDARS[region]() if region in OFFICIAL_CALENDARS else None


def declared_calendars(document: PolicyDocument) -> dict[str, tuple[CalendarDocument, Path]]:
    """The policy's own calendar and those that it names, with their places in the file."""
    found: dict[str, tuple[CalendarDocument, Path]] = {ITSELF: (document.calendar, ("calendar",))}
    for name, entry in document.calendars.items():
        found[name] = (entry, ("calendars", name))
    return found


def compile_calendars(
    document: PolicyDocument, overrides: Mapping[str, Any], given: Given, problems: Problems
) -> dict[str, PolicyCalendar]:
    """The calendars by name; those whose hours depend on the case get them by the parameter."""
    found = {}
    for name, (entry, path) in declared_calendars(document).items():
        hours, parameter = _hours(entry, document, overrides, (*path, "hours"), problems)
        plain = problems.attempt(
            path,
            lambda entry=entry, hours=hours: _calendar(entry, document, hours, given),  # type: ignore[misc]
        )
        if plain is not None:
            title = entry.title.as_mapping() if entry.title else {}
            found[name] = PolicyCalendar(title, entry, plain.official, plain, parameter)
    return found


def with_hours_of_cases(
    calendars: Mapping[str, PolicyCalendar],
    document: PolicyDocument,
    parameters: Mapping[str, Parameter],
    problems: Problems,
) -> dict[str, PolicyCalendar]:
    """The calendars, with one for each value of the parameter that gives their hours."""
    found = {}
    for name, one in calendars.items():
        by_hours = {}
        for value in [] if one.hours is None else _values(parameters[one.hours]):
            calendar = problems.attempt(
                ("parameters", str(one.hours)),
                lambda one=one, value=value: _with(one, document, read_hours(value)),  # type: ignore[misc]
            )
            if calendar is not None:
                by_hours[value] = calendar
        found[name] = replace(one, by_hours=by_hours)
    return found


def _values(parameter: Parameter) -> list[str]:
    """The hours that a parameter may give."""
    return [value for value in parameter.every_value() if isinstance(value, str)]


def _hours(
    entry: CalendarDocument,
    document: PolicyDocument,
    overrides: Mapping[str, Any],
    path: Path,
    problems: Problems,
) -> tuple[Any, str | None]:
    """The business hours, or the parameter by which they depend on the case, or are not set."""
    name = entry.hours
    if not isinstance(name, str):
        return name, None
    parameter = document.parameters.get(name)
    if parameter is None:
        problems.unknown(path, "parameter", name, document.parameters)
    elif parameter.type != "hours":
        problems.report(path, f"{name!r} is of type {parameter.type}: name hours")
    else:
        value = overrides.get(name, parameter.value)
        if value is None:
            return None, name
        return problems.attempt(path, lambda: read_hours(value)), None
    return None, None


def _calendar(
    entry: CalendarDocument, document: PolicyDocument, hours: Any, given: Given
) -> WorkingCalendar:
    official = calendar_named(entry.official, given)
    if official is None and entry.official is not None:
        raise CalendarError(
            f"official calendar {entry.official!r} is unknown"
            f"{did_you_mean(entry.official, OFFICIAL_CALENDARS)}: "
            f"use {', '.join(OFFICIAL_CALENDARS)}, pass one as calendars={{…}}, "
            f"or leave it out and list days"
        )
    return _working(entry, document, hours, official)


def _with(one: PolicyCalendar, document: PolicyDocument, hours: Any) -> WorkingCalendar:
    return _working(one.declared, document, hours, one.official)


def _working(
    entry: CalendarDocument, document: PolicyDocument, hours: Any, official: OfficialCalendar | None
) -> WorkingCalendar:
    extra: Any = entry.extra_days
    if isinstance(extra, dict):
        extra = {date.fromisoformat(day): windows for day, windows in extra.items()}
    return WorkingCalendar(
        document.timezone,
        hours,
        rest_days=entry.rest_days,
        extra_days=extra,
        official=official,
    )

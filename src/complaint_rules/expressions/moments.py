"""What is worked out from an instant: its time of day, and whether business is open, or worked.

A call in a condition is a name like others, in one spelling (``is_open(event.at, service)``): its
value comes from that of the instant, and is unknown where that is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from complaint_rules.expressions.types import BOOL, CALENDAR, TIME, Meaning

Function = Literal["time_of", "is_open", "is_working_day"]
FUNCTIONS: Final[tuple[Function, ...]] = get_args(Function)

ITSELF: Final = ""
"""The name of the policy's own calendar, which no condition has to write."""

NEEDED: Final[Mapping[Function, tuple[str, str]]] = {
    "is_open": ("hours", "hours"),
    "is_working_day": ("days", "official or {}hours"),
}
"""What a calendar has to know to be asked, and what gives it that."""

_TITLES: Final[Mapping[Function, tuple[Mapping[str, str], Mapping[str, str]]]] = {
    "time_of": ({"zh": "{}（当地时刻）", "en": "{} (local time)"}, {}),
    "is_open": (
        {"zh": "{}在营业时间内", "en": "{} is within opening hours"},
        {"zh": "{}在「{}」的营业时间内", "en": "{} is within the opening hours of “{}”"},
    ),
    "is_working_day": (
        {"zh": "{}为工作日", "en": "{} is on a working day"},
        {"zh": "{}为「{}」的工作日", "en": "{} is on a working day of “{}”"},
    ),
}
"""Of the policy's own calendar, and of another one."""

_CALL: Final = re.compile(r"(\w+)\((.+?)(?:, (.+))?\)")
"""Names that were kept from an earlier version of a policy have that in them: ``service@1``."""


@dataclass(frozen=True, slots=True)
class OfInstant:
    """A function of the instant that a name has as its value.

    >>> str(OfInstant("is_open", "event.at", "service"))
    'is_open(event.at, service)'
    """

    function: Function
    instant: str
    calendar: str = ITSELF

    def __str__(self) -> str:
        more = f", {self.calendar}" if self.calendar else ""
        return f"{self.function}({self.instant}{more})"


def of_instant(name: str) -> OfInstant | None:
    """The function that a name stands for; ``None`` for a name that is given a value itself.

    >>> of_instant("time_of(event.at)")
    OfInstant(function='time_of', instant='event.at', calendar='')
    """
    found = _CALL.fullmatch(name) if name.endswith(")") else None
    if found is None or found[1] not in FUNCTIONS:
        return None
    return OfInstant(cast("Function", found[1]), found[2], found[3] or ITSELF)


def source(name: str) -> str:
    """The name whose value a name is worked out from: itself, unless it is a function.

    >>> source("time_of(event.at)"), source("event.at")
    ('event.at', 'event.at')
    """
    worked_out = of_instant(name)
    return name if worked_out is None else worked_out.instant


def sources(names: Iterable[str]) -> tuple[str, ...]:
    """The names that others are worked out from, once each."""
    return tuple(dict.fromkeys(map(source, names)))


class Names(dict[str, Meaning]):
    """The names that a condition may use; those of functions are worked out when asked for.

    >>> from complaint_rules.expressions.types import INSTANT
    >>> names = Names({"at": Meaning(INSTANT, {"en": "time of the call"})})
    >>> names["time_of(at)"].title["en"]
    'time of the call (local time)'
    """

    def __missing__(self, name: str) -> Meaning:
        worked_out = of_instant(name)
        if worked_out is None:
            raise KeyError(name)
        return _meaning(worked_out, self)


def _meaning(of: OfInstant, names: Mapping[str, Meaning]) -> Meaning:
    instant = names[of.instant]
    own, named = _TITLES[of.function]
    name, _, _ = of.calendar.partition("@")
    calendar = names[of.calendar].title if name else {}
    titles = {
        language: template.format(
            _in(language, instant.title, of.instant), _in(language, calendar, name)
        )
        for language, template in (named if name else own).items()
    }
    if of.function == "time_of":
        return Meaning(TIME, titles, instant.always_known)
    return Meaning(BOOL, titles)


def _in(language: str, titles: Mapping[str, str], name: str) -> str:
    return titles.get(language) or next(iter(titles.values()), name)


def calendars(names: Mapping[str, Meaning]) -> list[str]:
    """The calendars that a condition may name."""
    return [name for name, meaning in names.items() if meaning.type == CALENDAR and name]

"""The types that names have in conditions, and values of those types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final, Literal

from complaint_rules.errors import CaseError, MoneyError, TimeError, did_you_mean
from complaint_rules.expressions.durations import Units, read_given_duration, say_units
from complaint_rules.expressions.tree import Value
from complaint_rules.money import read_money
from complaint_rules.time.instants import read_instant

GivenType = Literal["bool", "int", "number", "money", "enum", "text", "instant", "date", "duration"]
"""The types that a case can give values of."""

TypeName = GivenType | Literal["time", "calendar", "percent"]
"""``time`` is a time of day, by the clock of the policy's timezone."""

LONGEST_TEXT: Final = 10_000
LARGEST_NUMBER: Final = 10**15
MOST_DIGITS: Final = 34
"""As many as a decimal of 128 bits has (IEEE 754)."""

NUMBER_PATTERN: Final = r"^(?=([-.]*[0-9]){1,34}[-.]*$)-?[0-9]{1,15}(\.[0-9]+)?$"
"""How a number is written as a text: ASCII digits, a point; no exponent, underscore or space."""
_NUMBER: Final = re.compile(NUMBER_PATTERN[:-1] + r"\Z")

_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?\Z")

ORDERED: Final[frozenset[str]] = frozenset(
    {"int", "number", "money", "instant", "date", "duration", "time"}
)


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a name; ``values`` are an enum's members, ``units`` those of a duration, and
    ``knows`` says whether a calendar has ``hours``, and says which ``days`` are worked.
    """

    name: TypeName
    values: tuple[str, ...] = ()
    places: int = field(default=2, compare=False)
    """The decimal places of amounts, those of the policy's currency."""
    units: Units = ()
    unit: str = ""
    """What amounts are counted in, where that is not money."""
    knows: frozenset[str] = field(default=frozenset(), compare=False)

    def __str__(self) -> str:
        if self.name == "duration" and self.units:
            return f"duration in {say_units(self.units)}"
        return f"one of {', '.join(self.values)}" if self.name == "enum" else self.name


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name stands for, for the checker and for readers.

    ``always_known`` names (whether an event happened) never make a condition unknown.
    ``has_bounds`` names (counts) may be known between bounds only.
    """

    type: Type
    title: Mapping[str, str]
    always_known: bool = False
    value_titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    has_bounds: bool = False


Vocabulary = Mapping[str, Meaning]
"""The names a condition may use."""


def is_lateness(name: str, vocabulary: Vocabulary) -> bool:
    """Whether a name is how late a time limit is; an event may have other data called so."""
    return name.endswith(".late_by") and vocabulary[name].type.name == "duration"


BOOL: Final = Type("bool")
INT: Final = Type("int")
NUMBER: Final = Type("number")
MONEY: Final = Type("money")
TEXT: Final = Type("text")
INSTANT: Final = Type("instant")
DATE: Final = Type("date")
TIME: Final = Type("time")
CALENDAR: Final = Type("calendar")


def read_value(value: object, type_: Type, what: str) -> Value:
    """Check a value from outside against its type, and give it the type's one form.

    Numbers and amounts become ``Decimal``; instants and dates may be given as ISO texts.

    Raises:
        CaseError: it does not fit; nothing is converted silently (``"5"`` is no number, 1 is no
            bool).

    >>> read_value("2026-02-28", DATE, "fact start")
    datetime.date(2026, 2, 28)
    >>> read_value("regluar", Type("enum", ("regular", "urgent")), "fact class")
    Traceback (most recent call last):
    ...
    complaint_rules.CaseError: fact class is 'regluar', which is not one of regular, urgent \
(did you mean 'regular'?)
    """
    match type_.name:
        case "bool":
            if isinstance(value, bool):
                return value
            raise CaseError(f"{what} is {value!r}, which is not true or false: write true or false")
        case "int":
            if isinstance(value, int) and not isinstance(value, bool):
                if abs(value) <= LARGEST_NUMBER:
                    return value
                raise CaseError(f"{what} is {value!r}: whole numbers go up to {LARGEST_NUMBER}")
            raise CaseError(f"{what} is {value!r}, which is not a whole number: write one")
        case "enum":
            if isinstance(value, str) and value in type_.values:
                return value
            hint = did_you_mean(value, type_.values) if isinstance(value, str) else ""
            raise CaseError(
                f"{what} is {value!r}, which is not one of {', '.join(type_.values)}{hint}"
            )
        case "text":
            if isinstance(value, str) and len(value) <= LONGEST_TEXT:
                if is_unicode(value):
                    return value
                raise CaseError(
                    f"{what} is {value!r}, which has half a character (a surrogate): decode the "
                    f"text anew"
                )
            if isinstance(value, str):
                raise CaseError(f"{what} is longer than {LONGEST_TEXT} characters: shorten it")
            raise CaseError(f"{what} is {value!r}, which is not a text: write one in quotes")
        case "money":
            try:
                return read_money(value, what, type_.places)
            except MoneyError as error:
                raise CaseError(str(error)) from None
        case "instant":
            return read_instant(value, what)
        case "date":
            return _read_date(value, what)
        case "number":
            return _read_number(value, what)
        case "duration":
            return read_given_duration(value, type_.units, what)
        case "time":
            return _read_time(value, what)
        case "calendar":
            raise CaseError(f"{what} is {value!r}: a calendar has no value, ask it something")
        case "percent":
            raise CaseError(f"{what} is {value!r}: only parameters are percentages, name one")


def is_unicode(text: str) -> bool:
    """Whether a text can be written as UTF-8; one with half a character cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_date(value: object, what: str) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise TimeError(f"{what} is {value!r}, which is not a date: write it like 2026-02-28")


def _read_time(value: object, what: str) -> time:
    if isinstance(value, time) and value.tzinfo is None:
        return value.replace(fold=0)
    if value == "24:00":
        raise CaseError(
            f"{what} is '24:00', which no moment has: write '00:00' for the beginning of a day, or "
            f"leave the comparison out"
        )
    if not isinstance(value, str) or not _TIME.match(value):
        raise CaseError(f"{what} is {value!r}, which is not a time of day: write it like '07:00'")
    return time.fromisoformat(value)


def _read_number(value: object, what: str) -> Decimal:
    # A measurement may come as a float (JSON has no other fraction); its shortest text is meant.
    if isinstance(value, int | float | Decimal | str) and not isinstance(value, bool):
        if isinstance(value, str):
            number = Decimal(value if _NUMBER.match(value) else "NaN")
        else:
            number = Decimal(repr(value) if isinstance(value, float) else value)
        if (
            number.is_finite()
            and number.copy_abs() <= LARGEST_NUMBER
            and (isinstance(value, float) or _digits(number) <= MOST_DIGITS)
        ):
            return number or number.copy_abs()
    raise CaseError(
        f"{what} is {value!r}, which is not a number: write one like 12 or '12.5', in plain "
        f"digits, at most {MOST_DIGITS} of them"
    )


def _digits(number: Decimal) -> int:
    return len("".join(map(str, number.as_tuple().digits)).strip("0"))

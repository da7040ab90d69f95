"""Durations in conditions: each name has one unit, and is compared with amounts of that unit."""

from __future__ import annotations

from typing import Final, get_args

from complaint_rules.errors import CaseError, DurationError
from complaint_rules.time.counting import LONGEST_LIMIT_DAYS
from complaint_rules.time.durations import (
    CalendarDays,
    Duration,
    DurationUnit,
    Elapsed,
    Working,
    WorkingDays,
    parse_duration,
    parts_of,
    unit_of,
)
from complaint_rules.time.instants import DAY_MICROSECONDS

Units = tuple[DurationUnit, ...]
"""What a name may be counted in: one unit, several (which cannot be compared), or none while no
value is set, which is compared with anything and stays unknown."""

UNITS_OF_LIMITS: Final[Units] = (
    "elapsed",
    "working",
    "calendar days",
    "calendar months",
    "working days",
    "several parts",
)
"""What a duration that a case gives may be counted in, where its fact names no unit."""

DURATION_TYPES: Final = get_args(Duration)

_SAID: Final[dict[DurationUnit, str]] = {"elapsed": "elapsed time", "working": "working time"}
_EXAMPLES: Final[dict[DurationUnit, Duration]] = {
    "elapsed": Elapsed.of(minutes=15),
    "working": Working.of(minutes=15),
    "calendar days": CalendarDays(1),
    "working days": WorkingDays(1),
}


def say_units(units: Units) -> str:
    """Units as messages have them.

    >>> say_units(("elapsed", "working days"))
    'elapsed time or working days'
    """
    return " or ".join(_SAID.get(unit, unit) for unit in units)


def read_duration(value: object, units: Units, what: str) -> Duration:
    """Check an amount of time against the unit that is wanted.

    Raises:
        CaseError: it is no duration, is negative, or is in another unit.

    >>> read_duration("15 elapsed minutes", ("elapsed",), "'arrive.late_by'")
    Elapsed(microseconds=900000000)
    >>> read_duration("15 working minutes", ("elapsed",), "'arrive.late_by'")
    Traceback (most recent call last):
    ...
    complaint_rules.CaseError: '15 working minutes' is in working time, and \
'arrive.late_by' in elapsed time: write '15 elapsed minutes'
    """
    duration = _read(value, units, what)
    _check_amount(duration)
    if len(units) > 1:
        other = ", or compare overdue_days" if ".late_by" in what else ""
        raise CaseError(
            f"{what} may be in {say_units(units)}, so that nothing compares with it: give it one "
            f"unit, whatever the case{other}"
        )
    if units and units != (unit_of(duration),):
        raise CaseError(
            f"'{duration}' is in {say_units((unit_of(duration),))}, and {what} in "
            f"{say_units(units)}: write {_instead(duration, units)}"
        )
    return duration


def read_given_duration(value: object, units: Units, what: str) -> Duration:
    """Check an amount of time that a case gives; it may be in any of several units.

    Raises:
        CaseError: it is no duration, lasts no time, or is in another unit.

    >>> read_given_duration("120 elapsed minutes", UNITS_OF_LIMITS, "fact threshold")
    Elapsed(microseconds=7200000000)
    """
    try:
        duration = _read(value, units, what)
        for part in parts_of(duration) if "several parts" in units else (duration,):
            _check_amount(part)
    except CaseError as error:
        raise CaseError(f"{what}: {error}") from None
    if duration.amount == 0:
        raise CaseError(f"{what}: '{duration}' lasts no time: give a longer one, or none")
    if units and unit_of(duration) not in units:
        raise CaseError(
            f"{what}: '{duration}' is in {say_units((unit_of(duration),))}, and the fact in "
            f"{say_units(units)}: write {_instead(duration, units)}"
        )
    return duration


def _read(value: object, units: Units, what: str) -> Duration:
    if isinstance(value, str):
        try:
            duration = parse_duration(value)
        except DurationError as error:
            raise CaseError(str(error)) from None
    elif isinstance(value, Duration):
        duration = value
    else:
        raise CaseError(
            f"{value!r} is no duration, and {what} is one: write {_instead(None, units)}"
        )
    return duration


def _check_amount(duration: Duration) -> None:
    unit, amount = unit_of(duration), duration.amount
    if unit == "same day":
        raise CaseError("'same day' is no amount of time: write one such as '1 calendar day'")
    if unit == "several parts":
        raise CaseError(f"'{duration}' is of several parts, which have no order: write one amount")
    if amount < 0:
        raise CaseError(f"'{duration}' is negative: nothing lasts less than no time, write 0")
    if amount > LONGEST_LIMIT_DAYS * (DAY_MICROSECONDS if unit in _SAID else 1):
        raise CaseError(f"'{duration}' is longer than {LONGEST_LIMIT_DAYS} days: shorten it")


def _instead(duration: Duration | None, units: Units) -> str:
    """The same amount by the other clock, or an example of the unit that is wanted."""
    match duration, units:
        case Elapsed(amount), ("working",):
            return f"'{Working(amount)}'"
        case Working(amount), ("elapsed",):
            return f"'{Elapsed(amount)}'"
    example = _EXAMPLES.get(units[0]) if units else None
    return f"a duration such as '{example or _EXAMPLES['elapsed']}'"

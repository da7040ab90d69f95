"""Instants: timezone-aware datetimes, and the integers they are computed with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache, lru_cache, wraps
from importlib.metadata import PackageNotFoundError, version
from typing import Final, ParamSpec, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from complaint_rules.errors import CalendarError, NaiveDatetime, TimeError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DAY_MICROSECONDS: Final = 86_400_000_000
MICROSECOND: Final = timedelta(microseconds=1)

FIRST_INSTANT: Final = (datetime(2, 1, 1, tzinfo=UTC) - EPOCH) // MICROSECOND
LAST_INSTANT: Final = (datetime(9999, 1, 1, tzinfo=UTC) - EPOCH) // MICROSECOND - 1
"""The first and the last instant that is read: a day before and after them has a date too."""


def require_aware(value: datetime, what: str) -> datetime:
    """Return ``value``, when it has a timezone, at the fixed offset that its zone has just then.

    Python compares and subtracts two datetimes of one zone by their clock time, which is wrong
    across a change of the clocks (PEP 495); at fixed offsets it does so in real time. Inside the
    library, instants have no other form.

    Raises:
        NaiveDatetime: it has none; nothing is assumed.

    >>> from zoneinfo import ZoneInfo
    >>> london = ZoneInfo("Europe/London")
    >>> before = datetime(2026, 3, 29, 0, 30, tzinfo=london)
    >>> after = datetime(2026, 3, 29, 2, 30, tzinfo=london)
    >>> str(after - before), str(require_aware(after, "end") - require_aware(before, "start"))
    ('2:00:00', '1:00:00')
    """
    if type(value.tzinfo) is timezone and type(value) is datetime:
        return value
    offset = value.utcoffset()
    if offset is None:
        raise NaiveDatetime(
            f"{what} {value.isoformat()} has no timezone: add one, such as "
            f"{value.isoformat()}+08:00 or tzinfo=ZoneInfo('Asia/Shanghai')"
        )
    return datetime(
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond,
        timezone(offset),
    )


def require_year(value: datetime, what: str) -> datetime:
    """Return ``value``, when a day before and after it has a date, wherever it is told.

    Raises:
        TimeError: it is of the first or the last year that Python knows.
    """
    if not (2 < value.year < 9998 or FIRST_INSTANT <= to_microseconds(value) <= LAST_INSTANT):
        raise TimeError(
            f"{what} {value.isoformat()} is outside the years 2 to 9998, which calendars know: "
            f"leave it out, or correct it"
        )
    return value


def read_instant(value: object, what: str) -> datetime:
    """Read an aware datetime, or its ISO 8601 text.

    Raises:
        NaiveDatetime: it has no timezone.
        TimeError: it is no datetime at all, or lies outside the years 2 to 9998.

    >>> read_instant("2018-07-02T09:00:00+08:00", "the event").isoformat()
    '2018-07-02T09:00:00+08:00'
    """
    if isinstance(value, datetime):
        return require_year(require_aware(value, what), what)
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            parsed = None
        if parsed is not None and len(value) > len("2018-07-02"):
            return require_year(require_aware(parsed, what), what)
    raise TimeError(
        f"{what} is {value!r}, which is not a date and time: "
        f"write ISO 8601 with an offset, such as 2018-07-02T09:00:00+08:00"
    )


def beyond_all_years() -> TimeError:
    """What to say where Python's dates end."""
    return TimeError("the answer lies beyond the years 1 to 9999: check the dates and the duration")


def within_years(
    function: Callable[Parameters, Result],
) -> Callable[Parameters, Result]:
    """Say what is wrong where an answer lies beyond the years that a date can have."""

    @wraps(function)
    def checked(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except OverflowError:
            raise beyond_all_years() from None

    return checked


def to_microseconds(instant: datetime) -> int:
    """Microseconds from 1970-01-01T00:00Z to an aware instant."""
    return (instant - EPOCH) // MICROSECOND


def from_microseconds(value: int, zone: ZoneInfo) -> datetime:
    """The instant so many microseconds after 1970-01-01T00:00Z, with the offset of ``zone``.

    The offset is a fixed one: Python holds a time that a zone's clock shows twice to be unequal
    to the same instant in any other zone (PEP 495), which would make equal decisions differ.
    """
    since = timedelta(0, 0, value)
    return epoch_at((EPOCH + since).astimezone(zone).utcoffset()) + since


def wall_time(day: date, microseconds: int, zone: ZoneInfo) -> datetime:
    """The instant so long after a date's midnight by the clock on the wall.

    It is shifted forward where the clocks skip it, and the first where they show it twice.
    """
    return from_microseconds(wall_microseconds(day, microseconds, zone), zone)


def wall_microseconds(day: date, microseconds: int, zone: ZoneInfo) -> int:
    """The same, as microseconds since 1970-01-01T00:00Z."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(0, 0, microseconds)
    return (local - EPOCH) // MICROSECOND


@lru_cache(maxsize=512)
def epoch_at(offset: timedelta | None) -> datetime:
    """1970-01-01T00:00Z as shown at a fixed offset; adding to it is adding real time."""
    return EPOCH.astimezone(timezone(offset or timedelta()))


@cache
def tzdata_version() -> str:
    """The version of the rules of time zones; empty where the system's are used."""
    try:
        return version("tzdata")
    except PackageNotFoundError:
        return ""


def read_timezone(name: str) -> ZoneInfo:
    """Look up an IANA timezone.

    Raises:
        CalendarError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CalendarError(
            f"timezone {name!r} is unknown: use an IANA name such as 'Asia/Shanghai'"
        ) from None

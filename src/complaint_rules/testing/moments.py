"""Times in scenario files: short, on the policy's clock, and still exact.

A scenario file is about one policy, and a policy has one timezone: there, and only there, a time
without an offset is on that clock.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from complaint_rules.errors import TimeError
from complaint_rules.time.instants import MICROSECOND, require_aware

_CLOCK: Final = r"(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?"
_SHORT: Final = re.compile(rf"(?:([+-]\d{{1,4}}) )?{_CLOCK}")
_LONG: Final = re.compile(rf"(\d{{4}}-\d{{2}}-\d{{2}})[ T]{_CLOCK}")
_ANYWHERE: Final = re.compile(rf"(?:[+-]\d{{1,4}} )?\b{_CLOCK}$")


def read_moment(text: str, day: date | None, zone: ZoneInfo) -> datetime:
    """Read ``09:30`` (of the scenario's day), ``+1 09:30`` (a day later), ``2018-07-02 09:30``, or
    ISO 8601 with an offset. ``24:00`` is the last microsecond of the day.

    Raises:
        TimeError: it is none of these, or there is no day to count from.

    >>> read_moment("+1 24:00", date(2018, 7, 2), ZoneInfo("Asia/Shanghai")).isoformat()
    '2018-07-03T23:59:59.999999+08:00'
    """
    if short := _SHORT.fullmatch(text):
        if day is None:
            raise TimeError(f"{text!r} is a time of which day? Give the scenario a 'day'")
        return _at(day + timedelta(int(short[1] or 0)), short.groups()[1:], text, zone)
    if long := _LONG.fullmatch(text):
        return _at(_date(long[1], text), long.groups()[1:], text, zone)
    try:
        return require_aware(datetime.fromisoformat(text), text)
    except ValueError:
        raise TimeError(
            f"{text!r} is no time: write '09:30', '+1 09:30', '2018-07-02 09:30', or ISO 8601 "
            f"with an offset"
        ) from None


def _date(text: str, whole: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise TimeError(f"{whole!r} is on no day there is: check month and day") from None


def _at(day: date, clock: tuple[str | None, ...], text: str, zone: ZoneInfo) -> datetime:
    hour, minute, second = (int(part or 0) for part in clock[:3])
    microsecond = int((clock[3] or "").ljust(6, "0"))
    if (hour, minute, second, microsecond) == (24, 0, 0, 0):
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(1)
        return _fixed(midnight) - MICROSECOND
    if hour > 23 or minute > 59 or second > 59:
        raise TimeError(f"{text!r} is no time of a day: write 00:00 to 24:00")
    return _fixed(
        datetime(day.year, day.month, day.day, hour, minute, second, microsecond, tzinfo=zone)
    )


def _fixed(moment: datetime) -> datetime:
    return datetime.fromisoformat(moment.isoformat())


def say_moment(moment: datetime, zone: ZoneInfo) -> str:
    """The other way round: ``2018-07-02 09:30``, and ``24:00`` for the end of a day.

    >>> end = read_moment("2018-07-02 24:00", None, ZoneInfo("Asia/Shanghai"))
    >>> say_moment(end, ZoneInfo("Asia/Shanghai"))
    '2018-07-02 24:00'
    """
    local = moment.astimezone(zone)
    if (local + MICROSECOND).time().isoformat() == "00:00:00":
        return f"{local.date()} 24:00"
    clock = local.time().isoformat("microseconds" if local.microsecond else "seconds")
    return f"{local.date()} {clock.removesuffix(':00')}"


def full_moment(text: str, day: date | None, zone: ZoneInfo) -> str:
    """A text that ends with a short time (``due 09:30``), with the time in full."""
    found = _ANYWHERE.search(text)
    if found is None or _LONG.search(text):
        return text
    return text[: found.start()] + say_moment(read_moment(found[0], day, zone), zone)

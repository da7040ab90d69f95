"""Official calendars: which dates a state declares working days and rest days."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

from complaint_rules.errors import CalendarError, CalendarNotPublished

SATURDAY, SUNDAY = 5, 6


class OfficialCalendar(Protocol):
    """What the library asks of an official calendar; a host may bring its own.

    One that also has ``declares(day)``, as ``DatedCalendar`` has, can be used beside hours that
    name Saturdays or Sundays: it tells a holiday from the end of a week.
    """

    @property
    def region(self) -> str:
        """For messages: ``"CN"``."""
        ...

    @property
    def version(self) -> str:
        """Names the data, so that a decision can be replayed."""
        ...

    def is_published(self, year: int) -> bool:
        """Whether the dates of that year are known."""
        ...

    def is_working_day(self, day: date) -> bool:
        """Whether people work on ``day``; raises CalendarNotPublished for an unknown year."""
        ...


@dataclass(frozen=True, slots=True)
class DatedCalendar:
    """The week without its ``weekend`` (0 is Monday), except the rest days and working days that
    were declared by date.

    >>> calendar = DatedCalendar("XX", "1", frozenset({2026}), rest=frozenset(),
    ...                          work=frozenset({date(2026, 2, 28)}))
    >>> calendar.is_working_day(date(2026, 2, 28))
    True
    """

    region: str
    version: str
    years: frozenset[int]
    rest: frozenset[date]
    work: frozenset[date]
    weekend: frozenset[int] = frozenset({SATURDAY, SUNDAY})

    def is_published(self, year: int) -> bool:
        return year in self.years

    def declares(self, day: date) -> bool | None:
        """Whether ``day`` is declared a working day, or a rest day; ``None`` where it is neither.

        Raises:
            CalendarNotPublished: the year is not known.
        """
        if day.year not in self.years:
            raise CalendarNotPublished(self.region, day.year)
        if day in self.work:
            return True
        return False if day in self.rest else None

    def is_working_day(self, day: date) -> bool:
        declared = self.declares(day)
        return day.weekday() not in self.weekend if declared is None else declared

    @classmethod
    def from_json(cls, path: str | Path) -> DatedCalendar:
        """Read ``{"region": …, "version": …, "years": {"2027": {"rest": […], "work": […]}}}``.

        Raises:
            CalendarError: a key is missing or unknown, a date cannot be read, lies in another
                year, or is both a rest day and a working day.
        """
        document = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(document, dict) or set(document) != {"region", "version", "years"}:
            raise CalendarError(f"{path}: a calendar file has the keys region, version and years")
        rest: set[date] = set()
        work: set[date] = set()
        for year, days in document["years"].items():
            if not isinstance(days, dict) or set(days) - {"rest", "work"}:
                raise CalendarError(f"{path}: year {year} may have the keys rest and work only")
            rest |= _dates(path, year, days.get("rest", []))
            work |= _dates(path, year, days.get("work", []))
        if rest & work:
            raise CalendarError(
                f"{path}: {min(rest & work)} is a rest day and a working day: keep one of them"
            )
        years = frozenset(int(year) for year in document["years"])
        return cls(
            str(document["region"]),
            str(document["version"]),
            years,
            frozenset(rest),
            frozenset(work),
        )

    def extended_by(self, other: DatedCalendar) -> DatedCalendar:
        """Add the years of ``other``; where both know a year, ``other`` wins."""

        def join(mine: frozenset[date], theirs: frozenset[date]) -> frozenset[date]:
            return theirs | {day for day in mine if day.year not in other.years}

        return DatedCalendar(
            self.region,
            f"{self.version}+{other.version}",
            self.years | other.years,
            join(self.rest, other.rest),
            join(self.work, other.work),
            self.weekend,
        )


def declared_on(official: OfficialCalendar, day: date) -> bool | None:
    """Whether a date is declared a working day or a rest day, beside the ordinary week.

    One that cannot tell says so only where a date is unlike Monday to Friday, or unlike a weekend.
    """
    declares: Callable[[date], bool | None] | None = getattr(official, "declares", None)
    if declares is not None:
        return declares(day)
    works = official.is_working_day(day)
    return None if works == (day.weekday() < SATURDAY) else works


def _dates(path: str | Path, year: Any, texts: Iterable[Any]) -> set[date]:
    found = set()
    for text in texts:
        try:
            day = date.fromisoformat(text)
        except (TypeError, ValueError):
            raise CalendarError(f"{path}: {text!r} is not a date: write 2027-01-01") from None
        if str(day.year) != str(year):
            raise CalendarError(f"{path}: {text} does not lie in {year}: move it to its year")
        found.add(day)
    return found


@lru_cache(maxsize=1)
def china() -> DatedCalendar:
    """The State Council's arrangement of holidays and make-up working days.

    From the package ``chinesecalendar``: its two public dictionaries are read once, because its
    own ``is_workday`` looks through all of them at every call.
    """
    from importlib.metadata import version

    import chinese_calendar

    rest = frozenset(chinese_calendar.holidays)
    work = frozenset(chinese_calendar.workdays)
    years = frozenset(day.year for day in rest)
    return DatedCalendar("CN", f"chinesecalendar {version('chinesecalendar')}", years, rest, work)


@lru_cache(maxsize=1)
def england() -> DatedCalendar:
    """The bank holidays of England and Wales, from a file that comes with the package.

    Source: www.gov.uk/bank-holidays. Its business days are those of FCA DISP.
    """
    return DatedCalendar.from_json(Path(__file__).with_name("GB-ENG.json"))


OFFICIAL_CALENDARS: Final[Mapping[str, Callable[[], OfficialCalendar]]] = {
    "CN": china,
    "GB-ENG": england,
}
"""The calendars that a ruleset can name."""


def days_of(calendar: OfficialCalendar) -> list[Any]:
    """What a calendar says of every year it knows, as JSON values.

    The version of dated days is not part of it, because two sets of days may bear one.

    A calendar of a host's own kind is asked about every day.
    """
    if isinstance(calendar, DatedCalendar):
        rest, work = sorted(map(str, calendar.rest)), sorted(map(str, calendar.work))
        return [calendar.region, sorted(calendar.years), rest, work, sorted(calendar.weekend)]
    years = [
        year for year in range(date.min.year, date.max.year + 1) if calendar.is_published(year)
    ]
    # 1970 to 2100 is where cases lie; a calendar of rules that knows every year is asked there.
    asked = [year for year in years if 1970 <= year <= 2100]
    first = date.toordinal
    working = [
        "".join(
            "w" if calendar.is_working_day(date.fromordinal(day)) else "r"
            for day in range(first(date(year, 1, 1)), first(date(year, 12, 31)) + 1)
        )
        for year in asked
    ]
    return [calendar.region, calendar.version, years, working]


def unpublished_next_year(calendar: OfficialCalendar, today: date) -> str | None:
    """What to say in December while the calendar of the next year is missing; else ``None``.

    The State Council publishes the next year's arrangement in November; a limit of a few working
    days that begins at the end of December needs it.

    >>> empty = DatedCalendar("XX", "1", frozenset(), frozenset(), frozenset())
    >>> unpublished_next_year(empty, date(2026, 11, 30)) is None
    True
    """
    if today.month < 12 or calendar.is_published(today.year + 1):
        return None
    return (
        f"the official calendar {calendar.region} {today.year + 1} is missing in "
        f"{calendar.version}: update the calendar package, or add the year from a JSON file"
    )

"""Official calendars of other regions, from the package ``holidays`` (the extra ``holidays``)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from importlib.metadata import version

from complaint_rules.errors import CalendarError
from complaint_rules.time.official import DatedCalendar


def from_holidays(
    country: str, subdivision: str | None = None, *, years: Iterable[int]
) -> DatedCalendar:
    """The public holidays of a region, and its declared working days where the package knows them.

    Args:
        country: its ISO 3166 code, ``"TW"``.
        subdivision: of the country, ``"ENG"``.
        years: those you vouch for. The package also answers for years that no authority has
            decided on yet, and does not say which; only the years named here count as published.

    Raises:
        CalendarError: the package is not installed, or does not know the region.
    """
    try:
        import holidays
    except ModuleNotFoundError:
        raise CalendarError(
            "the package holidays is not installed: install complaint-rules[holidays]"
        ) from None
    wanted = sorted(set(years))
    try:
        known = holidays.country_holidays(country, subdiv=subdivision, years=wanted)
    except NotImplementedError as error:
        raise CalendarError(
            f"the package holidays does not know it ({error}): check country and subdivision"
        ) from None
    days = [date(year, 1, 1) + timedelta(n) for year in wanted for n in range(_length(year))]
    weekend = frozenset(known.weekend)
    return DatedCalendar(
        region=f"{country}-{subdivision}" if subdivision else country,
        version=f"holidays {version('holidays')}",
        years=frozenset(wanted),
        rest=frozenset(day for day in days if day in known),
        work=frozenset(d for d in days if d.weekday() in weekend and known.is_working_day(d)),
        weekend=weekend,
    )


def _length(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days

"""Counting open minutes one by one, by what the clock on the wall shows. Slow, and plainly right."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def windows(calendar: dict, day: date) -> list[str]:
    """The windows that begin on a day."""
    text, weekday = day.isoformat(), WEEKDAYS[day.weekday()]
    hours = calendar["hours"]
    usual = hours.get(weekday) or hours.get("extra", [])
    if text in calendar["rest_days"]:
        return []
    if text in calendar["extra_days"]:
        return calendar["extra_days"][text] or usual
    official = calendar["official"]
    if official is None:
        return hours.get(weekday, [])
    assert day.year in official["years"], text
    if text in official["work"]:
        return usual
    rests = text in official["rest"] or day.weekday() > 4
    return [] if rests else hours.get(weekday, [])


def is_open(calendar: dict, minute: datetime) -> bool:
    local = minute.astimezone(ZoneInfo(calendar["timezone"]))
    now = local.hour * 60 + local.minute
    for days_ago in (0, 1):
        for window in windows(calendar, local.date() - timedelta(days=days_ago)):
            opens, closes = (int(t[:2]) * 60 + int(t[3:]) for t in window.split("-"))
            if closes <= opens:
                closes += 24 * 60
            if opens <= now + days_ago * 24 * 60 < closes:
                return True
    return False


def count_add(calendar: dict, start: str, duration: str) -> str:
    """The end of the minute in which an amount of whole minutes, not zero, is used up."""
    left = int(duration.split(maxsplit=1)[0])
    now = datetime.fromisoformat(start).astimezone(UTC)
    while left:
        if left > 0:
            left -= is_open(calendar, now)
            now += MINUTE
        else:
            now -= MINUTE
            left += is_open(calendar, now)
    return now.astimezone(ZoneInfo(calendar["timezone"])).isoformat()


def count_between(calendar: dict, start: str, end: str) -> int:
    now, last = (datetime.fromisoformat(text).astimezone(UTC) for text in (start, end))
    count = 0
    while now < last:
        count += is_open(calendar, now)
        now += MINUTE
    return count

"""How a limit runs: from its start over pauses and agreements to the instant it is due.

Whatever happens to a limit counts in the order of time. A pause or an agreement counts if the
limit, as it stood then, had not run out. A last day that rolls is rolled at the very end, once:
pauses and extensions in days move the day as it was before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from complaint_rules.frozen import frozen
from complaint_rules.time.counting import (
    DayCounting,
    Pause,
    count_working,
    count_working_dates,
    merge_pauses,
    require_duration,
)
from complaint_rules.time.durations import (
    CLOCK_TIME,
    CalendarDays,
    CalendarMonths,
    Compound,
    Duration,
    Elapsed,
    SameDay,
    Working,
    WorkingDays,
    parts_of,
)
from complaint_rules.time.instants import (
    beyond_all_years,
    from_microseconds,
    require_aware,
    to_microseconds,
    within_years,
)
from complaint_rules.time.last_day import (
    clock_of,
    end_of_day,
    last_day,
    taken_in,
)
from complaint_rules.time.working import WorkingCalendar

NEVER_ROLLED: Final = (WorkingDays, SameDay)
_PLAIN: Final = DayCounting()
"""As the law has it, and the day an extension begins with does not count."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed ``at`` an instant: ``more`` time, or another moment.

    ``also_afterwards`` lets it count where the limit had run out by then. One that gives neither
    stands for something agreed that is not known.
    """

    at: datetime
    more: Duration | None = None
    moment: datetime | None = None
    also_afterwards: bool = False


@frozen
class Course:
    """When a limit is due, ``None`` while a pause keeps it open, and what made it so.

    ``parts`` are the agreements that count and the pauses that moved the limit, in the order in
    which they add up; a new moment stands for all that was before it. ``unknown`` is the agreement
    that counts and of which it is not known what was agreed; then there is no due instant.
    """

    due: datetime | None
    parts: tuple[Agreement | Pause, ...] = ()
    too_late: tuple[Agreement, ...] = ()
    unknown: Agreement | None = None


def due_instant(
    start: datetime,
    duration: Duration,
    calendar: WorkingCalendar,
    counting: DayCounting = _PLAIN,
    pauses: Sequence[Pause] = (),
) -> datetime | None:
    """When a limit that starts at ``start`` ends; ``None`` while a pause keeps it open.

    Pauses are merged and cut by the calendar: paused minutes outside business hours take nothing
    from a limit in working time. A limit in days moves by the days (calendar or working, as it
    counts) from the date a pause begins to the date it ends. One that began before the limit
    counts from the start on; one that begins after the limit has run out changes nothing.

    A negative duration counts back from ``start``: the latest moment for something that must be
    done so long before it. Pauses do not move it.

    Raises:
        NaiveDatetime: ``start`` has no timezone.
        CalendarNotPublished: the limit reaches into a year without an official calendar.

    >>> calendar = WorkingCalendar("Asia/Shanghai", None)
    >>> start = datetime.fromisoformat("2018-07-02T09:00:00+08:00")
    >>> due_instant(start, CalendarDays(3), calendar).isoformat()
    '2018-07-05T23:59:59.999999+08:00'
    """
    start = require_aware(start, "the start")
    require_duration(duration)
    if not pauses:
        return undisturbed(start, duration, calendar, counting)
    return course(start, duration, calendar, counting, pauses).due


@within_years
def course(
    start: datetime,
    limit: Duration | datetime,
    calendar: WorkingCalendar,
    counting: DayCounting = _PLAIN,
    pauses: Sequence[Pause] = (),
    agreements: Sequence[Agreement] = (),
) -> Course:
    """The course of a limit: a duration from ``start`` on, or a moment that was given.

    Agreements are in the order in which they count at one instant; they count by time. Pauses do
    not move a moment.
    """
    return _course(start, limit, calendar, counting, pauses, agreements)


def undisturbed(
    start: datetime, limit: Duration | datetime, calendar: WorkingCalendar, counting: DayCounting
) -> datetime:
    """When a limit is due that nothing pauses, and for which nothing was agreed."""
    try:
        if counting.taken_in is None:
            if isinstance(limit, Elapsed):
                at = to_microseconds(start) + limit.microseconds
                return from_microseconds(at, calendar.timezone)
            if isinstance(limit, Working):
                return calendar.add(start, limit)
        return _Legs(start, limit, calendar, counting).undisturbed()
    except OverflowError:
        raise beyond_all_years() from None


def _course(
    start: datetime,
    limit: Duration | datetime,
    calendar: WorkingCalendar,
    counting: DayCounting,
    pauses: Sequence[Pause],
    agreements: Sequence[Agreement],
) -> Course:
    legs = _Legs(start, limit, calendar, counting)
    waiting = legs.since_start(pauses) if pauses else []
    due: datetime | None = legs.undisturbed()
    parts: tuple[Agreement | Pause, ...] = ()
    if not waiting and not agreements:
        return Course(due)
    happened: list[tuple[int, int, Agreement | Pause]] = [
        *((to_microseconds(agreement.at), 0, agreement) for agreement in agreements),
        *((to_microseconds(pause.start), 1, pause) for pause in waiting),
    ]
    happened.sort(key=lambda one: one[:2])
    agreed: list[Agreement] = []
    counted: list[Pause] = []
    after: list[tuple[int, Pause]] = []
    too_late = []
    for at, _, one in happened:
        expired = due is not None and at > to_microseconds(due)
        if isinstance(one, Pause):
            if expired:
                after.append((at, one))
                continue
            counted.append(one)
        elif expired and not one.also_afterwards:
            too_late.append(one)
            continue
        elif one.more is None and one.moment is None:
            return Course(None, (), tuple(too_late), one)
        else:
            agreed = [one] if one.moment is not None else [*agreed, one]
        due, parts = legs.run(agreed, counted)
        # What was agreed afterwards lets the pauses since then count.
        while after and (due is None or after[0][0] <= to_microseconds(due)):
            counted.append(after.pop(0)[1])
            due, parts = legs.run(agreed, counted)
    return Course(due, parts, tuple(too_late))


class _Place(NamedTuple):
    """Where a leg ends: an instant, or a day with the instant whose time of day it has.

    ``rolls`` tells whether a day without work moves it on, ``worked`` whether working days are
    counted.
    """

    instant: datetime
    day: date | None = None
    rolls: bool = False
    worked: bool = False


class _Legs:
    """A limit as a first leg, and one more for each agreement."""

    def __init__(
        self,
        start: datetime,
        limit: Duration | datetime,
        calendar: WorkingCalendar,
        counting: DayCounting,
    ) -> None:
        self.calendar, self.counting = calendar, counting
        self.limit = limit
        self.backwards = not isinstance(limit, datetime) and limit.amount < 0
        if isinstance(limit, datetime) or self.backwards:
            self.start = start
        else:
            self.start = taken_in(start, limit, calendar, counting)

    def since_start(self, pauses: Iterable[Pause]) -> list[Pause]:
        """The pauses in order, overlapping ones joined, from the start on."""
        return _since(merge_pauses(pauses), self.start)

    def undisturbed(self) -> datetime:
        """The due instant if there are neither pauses nor agreements."""
        limit = self.limit
        if isinstance(limit, datetime):
            return self._end(_Place(limit, rolls=self.counting.rolls is True))
        if isinstance(limit, CLOCK_TIME):
            return self._added(self.start, limit, limit.microseconds)
        return self._end(self._first_leg(limit))

    def _first_leg(self, leg: Duration) -> _Place:
        """Where the limit ends without pauses; those that count back have none."""
        if isinstance(leg, CLOCK_TIME):
            return _Place(self._added(self.start, leg, leg.microseconds))
        first = self.start.astimezone(self.calendar.timezone)
        last = last_day(first.date(), leg, self.calendar, self.counting)
        return _Place(first, last, self._rolls(leg) and not self.backwards, _counts_work(leg))

    def _rolls(self, leg: Duration) -> bool:
        return bool(self.counting.rolls) and not isinstance(parts_of(leg)[-1], NEVER_ROLLED)

    def run(
        self, agreed: Sequence[Agreement], pauses: Sequence[Pause]
    ) -> tuple[datetime | None, tuple[Agreement | Pause, ...]]:
        """The due instant after all agreements and pauses, and those that moved it."""
        legs: list[tuple[Duration | datetime, Agreement | None]] = []
        parts: list[Agreement | Pause] = []
        if not agreed or agreed[0].moment is None:
            # What counts back has no pauses, so that its parts need not be told apart.
            whole = isinstance(self.limit, datetime) or self.backwards
            legs += [(leg, None) for leg in ((self.limit,) if whole else _parts(self.limit))]
        for agreement in agreed:
            first, *others = _parts(_leg(agreement))
            legs += [(first, agreement), *((leg, None) for leg in others)]
        left = list(pauses)
        place: _Place | None = _Place(self.start)
        for number, (leg, agreement_made) in enumerate(legs):
            assert place is not None  # noqa: S101 - left below otherwise
            if agreement_made is not None:
                parts.append(agreement_made)
            following = legs[number + 1][0] if number + 1 < len(legs) else None
            if isinstance(leg, datetime):
                place = _Place(leg, rolls=self.counting.rolls is True)
                left = _since(left, leg)
            elif number == 0 and self.backwards:
                place = self._first_leg(leg)
            elif isinstance(leg, CLOCK_TIME):
                place = self._clock_leg(place, leg, left, parts)
            else:
                assert not isinstance(leg, Compound)  # noqa: S101 - its parts are legs
                place = self._day_leg(
                    place, leg, (left, parts), following, self.counting if number == 0 else _PLAIN
                )
            if place is None:
                return None, tuple(parts)
        assert place is not None  # noqa: S101 - there is a leg
        return self._end(place), tuple(parts)

    def _clock_leg(
        self,
        place: _Place,
        leg: Elapsed | Working,
        left: list[Pause],
        parts: list[Agreement | Pause],
    ) -> _Place | None:
        since = self._end(place)
        end = self._added(since, leg, leg.microseconds)
        while left and to_microseconds(left[0].start) < to_microseconds(end):
            pause = left.pop(0)
            if pause.end is None:
                return None
            from_ = max(pause.start, since, key=to_microseconds)
            if to_microseconds(pause.end) <= to_microseconds(from_):
                continue
            if isinstance(leg, Working):
                remaining = self.calendar.between(from_, end).microseconds
            else:
                remaining = to_microseconds(end) - to_microseconds(from_)
            moved = self._added(pause.end, leg, remaining)
            if moved != end:
                parts.append(pause)
            end = moved
        return _Place(end)

    def _added(self, instant: datetime, leg: Elapsed | Working, microseconds: int) -> datetime:
        if isinstance(leg, Working):
            return self.calendar.add(instant, Working(microseconds))
        return from_microseconds(to_microseconds(instant) + microseconds, self.calendar.timezone)

    def _day_leg(
        self,
        place: _Place,
        leg: CalendarDays | CalendarMonths | WorkingDays | SameDay,
        happened: tuple[list[Pause], list[Agreement | Pause]],
        following: Duration | datetime | None,
        counting: DayCounting,
    ) -> _Place | None:
        left, parts = happened
        zone = self.calendar.timezone
        first = place.instant.astimezone(zone)
        day = last_day(place.day or first.date(), leg, self.calendar, counting)
        rolls = self._rolls(leg)
        while left:
            # Until the next extension begins; without one all pauses that count are of this leg.
            if following is not None:
                ends = _Place(first, day, rolls and isinstance(following, CLOCK_TIME))
                if to_microseconds(left[0].start) > to_microseconds(self._end(ends)):
                    break
            pause = left.pop(0)
            if pause.end is None:
                return None
            dates = (pause.start.astimezone(zone).date(), pause.end.astimezone(zone).date())
            if isinstance(leg, WorkingDays):
                moved = count_working(
                    day, count_working_dates(*dates, self.calendar), self.calendar
                )
            else:
                moved = day + (dates[1] - dates[0])
            if moved != day:
                parts.append(pause)
            day = moved
        return _Place(first, day, rolls, _counts_work(leg))

    def _end(self, place: _Place) -> datetime:
        """The instant of a place, rolled if it rolls."""
        if place.day is not None:
            day = self._rolled(place.day) if place.rolls else place.day
            end = end_of_day(
                day, place.instant, self.calendar, self.counting, backwards=self.backwards
            )
            if self.counting.at is None or self.backwards:
                return end
            if to_microseconds(end) > to_microseconds(place.instant):
                return end
            # A limit never ends before it begins: the next day counts.
            following = place.rolls or place.worked
            day = count_working(day, 1, self.calendar) if following else day + timedelta(days=1)
            return end_of_day(day, place.instant, self.calendar, self.counting)
        if not place.rolls:
            return place.instant
        local = place.instant.astimezone(self.calendar.timezone)
        day = self._rolled(local.date())
        return place.instant if day == local.date() else self.calendar.wall(day, clock_of(local))

    def _rolled(self, day: date) -> date:
        return day if self.calendar.is_working_day(day) else count_working(day, 1, self.calendar)


def _counts_work(leg: Duration) -> bool:
    return isinstance(parts_of(leg)[-1], WorkingDays)


def _parts(leg: Duration | datetime) -> tuple[Duration | datetime, ...]:
    return (leg,) if isinstance(leg, datetime) else parts_of(leg)


def _leg(agreement: Agreement) -> Duration | datetime:
    found = agreement.moment if agreement.moment is not None else agreement.more
    assert found is not None  # noqa: S101 - what is not known was left before
    return found


def _since(pauses: Iterable[Pause], start: datetime) -> list[Pause]:
    """What is left of pauses from an instant on."""
    at = to_microseconds(start)
    return [
        pause if to_microseconds(pause.start) >= at else Pause(start, pause.end)
        for pause in pauses
        if pause.end is None or to_microseconds(pause.end) > at
    ]

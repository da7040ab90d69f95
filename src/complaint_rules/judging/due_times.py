"""When an instance of a time limit falls due: its duration, agreements and pauses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from complaint_rules.judging.calendars import calendar_of, missing_hours
from complaint_rules.judging.instance import Instance
from complaint_rules.judging.items import Missing, Note
from complaint_rules.judging.keys import joined
from complaint_rules.judging.pauses import Pauses, changes_of, pauses_of
from complaint_rules.judging.readers import reader
from complaint_rules.judging.state import State
from complaint_rules.ruleset.calendars import PolicyCalendar
from complaint_rules.ruleset.limits import Limit, Several
from complaint_rules.ruleset.rules import Deadline
from complaint_rules.ruleset.vocabulary import CheckedEvent
from complaint_rules.time import (
    Agreement,
    Course,
    Duration,
    Pause,
    WorkingCalendar,
    due_instant,
    needs_hours,
    taken_in,
)
from complaint_rules.time.last_day import end_of_date
from complaint_rules.time.plain_due import undisturbed_for
from complaint_rules.time.several import Agreed, OneLimit, course_of_one, number_that_counts

Notes = dict[Note, None]
"""Notes in the order they were made, each once however many instances give rise to it."""


class Unknown(Exception):
    """The due instant cannot be worked out; what is missing."""

    def __init__(self, missing: tuple[Missing, ...]) -> None:
        self.missing = missing


@dataclass(frozen=True, slots=True)
class _Agreed(Agreed):
    """An agreement, the field that gives its moment, and what is missing to know it."""

    event: CheckedEvent
    field: str
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class _Limit:
    """A limit as it begins, and how that is said."""

    limit: OneLimit
    arithmetic: str

    def moved_by(self, ran: Course, agreed: Sequence[_Agreed]) -> tuple[Duration | None, str]:
        """In what it was counted in the end, and how it was worked out."""
        duration = None if isinstance(self.limit.limit, datetime) else self.limit.limit
        arithmetic = self.arithmetic
        for part in ran.parts:
            if isinstance(part, Pause):
                until = "…" if part.end is None else part.end.isoformat()
                arithmetic += f" (+ {part.start.isoformat()} – {until})"
            elif part.more is not None:
                arithmetic += f" + {part.more}"
            else:
                duration = None
                arithmetic = next(one.field for one in agreed if one.agreement is part)
        return duration, arithmetic


class DueTimes:
    """Works out when instances of one deadline fall due."""

    def __init__(self, rule: Deadline, calendar: PolicyCalendar) -> None:
        self.rule = rule
        self.fixed = calendar.plain if calendar.hours is None else None
        """The calendar, where it is the same for every case."""
        limit = rule.within.duration if rule.within is not None else None
        # Most limits just run from what starts them: said once for all instances.
        lead = "" if rule.lead is None else f" - {rule.lead}"
        clock = rule.counting.at
        self.at = "" if clock is None else f" at {clock:%H:%M}"
        given = rule.handed_over
        anew = () if given is None or not given.restarts else (given.event,)
        self.plain = {type_: f"{type_}{lead} + {limit}{self.at}" for type_ in (*rule.starts, *anew)}
        moved = (rule.by, rule.before, rule.counting.taken_in, rule.agreed, rule.suspended)
        self.is_moved = any(moved)
        self.always = None if self.is_moved or self.fixed is None else limit
        """The duration that a limit has whatever the case, where nothing moves it."""
        self.due_after: Callable[[datetime], datetime] | None = None
        if self.always is not None and self.fixed is not None:
            self.due_after = undisturbed_for(self.always, self.fixed, rule.counting)

    def calendar(self, state: State) -> WorkingCalendar:
        """The calendar on which the limit is counted in a case."""
        return self.fixed or calendar_of(state, self.rule.calendar)

    def require_hours(self, state: State) -> None:
        """Business hours are needed, and may be a parameter that has no value."""
        unset = missing_hours(state, self.rule.calendar) if self.fixed is None else ()
        if unset:
            raise Unknown(unset)

    def due(
        self, state: State, instance: Instance, end: datetime | None, notes: Notes
    ) -> tuple[datetime | None, Duration | None, str]:
        rule, since = self.rule, instance.start.at
        if self.due_after is not None:
            return self.due_after(since), self.always, self.plain[instance.start.type]
        limits: list[_Limit] = []
        if rule.by is not None and (moment := self._moment(state, instance, rule.by)) is not None:
            limits = [_Limit(OneLimit(since, moment), rule.by)]
        elif rule.several is not None:
            limits = self._several(state, instance, rule.several)
        elif rule.within is None:
            assert rule.by is not None  # noqa: S101 - the compiler wants one of the two
            raise Unknown(state.missing(rule.by, instance.occurrence))
        else:
            limits = [self._within(state, instance, rule.within)]
        agreed = self._agreed(state, instance, end) if rule.agreed else []
        paused = self._pauses(state, instance) if rule.suspended else Pauses()
        pauses, calendar = paused.all(end), self.calendar(state)
        courses = [
            course_of_one(one.limit, calendar, rule.counting, pauses, agreed) for one in limits
        ]
        counts = 0 if rule.several is None else number_that_counts(rule.several.which, courses)
        for one in agreed:
            if any(one.agreement is late for late in courses[counts].too_late):
                notes[Note("agreement-too-late", one.event.key, rule.id)] = None
        for ran in courses:
            _require_known(ran, agreed, paused)
        duration, arithmetic = limits[counts].moved_by(courses[counts], agreed)
        if rule.several is not None:
            each = ", ".join(one.arithmetic for one in limits)
            arithmetic = f"the {rule.several.which} of {each}: {arithmetic}"
        return courses[counts].due, duration, arithmetic

    def _within(self, state: State, instance: Instance, within: Limit) -> _Limit:
        """A duration, from the start or from a moment before which something is to be done."""
        rule, since = self.rule, instance.start.at
        duration = self._counted(state, instance, within)
        if rule.before is not None:
            moment = self._known_moment(state, instance, rule.before)
            return _Limit(OneLimit(moment, duration), f"{rule.before} + {duration}")
        counts = taken_in(since, duration, self.calendar(state), rule.counting)
        type_ = instance.start.type
        arithmetic = f"{type_} + {duration}{self.at}"
        if counts != since:
            arithmetic = f"{type_} (from {counts.isoformat()}) + {duration}{self.at}"
        elif within is rule.within and within.duration is not None:
            arithmetic = self.plain[type_]
        return _Limit(OneLimit(since, duration), arithmetic)

    def _several(self, state: State, instance: Instance, several: Several) -> list[_Limit]:
        """Limits of which one counts; one that is not known leaves open which."""
        limits: list[_Limit] = []
        missing: dict[Missing, None] = {}
        for part in several.parts:
            try:
                if isinstance(part, Limit):
                    limits.append(self._within(state, instance, part))
                    continue
                moment = self._known_moment(state, instance, part)
                limits.append(_Limit(OneLimit(instance.start.at, moment, fixed=True), part))
            except Unknown as unknown:
                missing.update(dict.fromkeys(unknown.missing))
        if missing:
            raise Unknown(tuple(missing))
        return limits

    def _agreed(self, state: State, instance: Instance, end: datetime | None) -> list[_Agreed]:
        """What was agreed until the work was done, and what is missing to know it."""
        found: list[_Agreed] = []
        for extension in self.rule.agreed:
            for event in state.by_type.get(extension.event, ()):
                if not instance.concerns(event) or (end is not None and event.at > end):
                    continue
                more: Duration | None = None
                moment: datetime | None = None
                missing: tuple[Missing, ...] = ()
                field = f"{event.type}.{extension.moment}"
                if extension.more is not None:
                    try:
                        more = self._counted(state, instance, extension.more)
                    except Unknown as unknown:
                        missing = unknown.missing
                elif extension.moment is not None:
                    value = event.data.get(extension.moment)
                    if isinstance(value, datetime):
                        moment = value
                    else:
                        missing = (Missing(field, "event"),)
                agreement = Agreement(event.at, more, moment, extension.also_afterwards)
                adds = extension.more is not None
                found.append(_Agreed(agreement, adds, event, field, missing))
        return found

    def _moment(self, state: State, instance: Instance, name: str) -> datetime | None:
        value = reader(name, state.ruleset)(state, instance.occurrence)
        if isinstance(value, date) and not isinstance(value, datetime):
            return end_of_date(value, self.calendar(state), self.rule.counting)
        return value if isinstance(value, datetime) else None

    def _known_moment(self, state: State, instance: Instance, name: str) -> datetime:
        moment = self._moment(state, instance, name)
        if moment is None:
            raise Unknown(state.missing(name, instance.occurrence))
        return moment

    def _duration(self, state: State, instance: Instance, limit: Limit) -> Duration:
        if limit.duration is not None:
            return limit.duration
        assert limit.name is not None  # noqa: S101 - a limit is one or the other
        value = reader(limit.name, state.ruleset)(state, instance.occurrence)
        if value is None:
            raise Unknown(state.missing(limit.name, instance.occurrence))
        return value  # type: ignore[return-value]

    def _counted(self, state: State, instance: Instance, limit: Limit) -> Duration:
        """A duration that can be counted: working time, and days that end at the close of
        business, need business hours, which may be a parameter that nobody has set.
        """
        duration = self._duration(state, instance, limit)
        if needs_hours(duration, self.rule.counting):
            self.require_hours(state)
        return duration

    def idle(
        self, state: State, instance: Instance, due: datetime, end: datetime | None
    ) -> tuple[Pause, ...]:
        """The pauses that began after the limit ran out, where these stop its overdue days."""
        paused = self._pauses(state, instance)
        unknown = tuple(Missing(name, "event") for name in paused.unknown_since(due))
        if unknown:
            raise Unknown(unknown)
        idle = tuple(pause for pause in paused.all(end) if due < pause.start)
        state.idle[joined(self.rule.lasting_id, instance.start.key, instance.party)] = idle
        return idle

    def target(
        self, state: State, instance: Instance, target: Limit, end: datetime | None
    ) -> datetime | None:
        duration = self._counted(state, instance, target)
        paused = self._pauses(state, instance) if self.rule.suspended else Pauses()
        return due_instant(
            instance.start.at, duration, self.calendar(state), self.rule.counting, paused.all(end)
        )

    def _pauses(self, state: State, instance: Instance) -> Pauses:
        """All pauses about the instance, those from before its start too."""
        found = Pauses()
        for suspension in self.rule.suspended:
            types = (*suspension.start, *suspension.end)
            events = (event for type_ in types for event in state.by_type.get(type_, ()))
            about = [event for event in events if instance.may_pause(event)]
            pauses_of(suspension, changes_of(suspension, about), found)
        return found


def _require_known(ran: Course, agreed: Sequence[_Agreed], paused: Pauses) -> None:
    """What was agreed may not be known; a limit that is kept open may be so by a pause of which the
    end is not known.
    """
    for one in agreed:
        if one.agreement is ran.unknown:
            raise Unknown(one.missing)
    if ran.due is None and paused.unknown:
        raise Unknown(tuple(Missing(name, "event") for name in paused.unknown))

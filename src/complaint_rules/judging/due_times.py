"""When an instance of a time limit falls due: its duration, agreements and pauses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from complaint_rules.judging.calendars import calendar_of, missing_hours
from complaint_rules.judging.instance import Instance
from complaint_rules.judging.items import Missing, Note
from complaint_rules.judging.keys import joined
from complaint_rules.judging.pauses import Pauses, changes_of, pauses_of
from complaint_rules.judging.readers import reader
from complaint_rules.judging.state import State
from complaint_rules.ruleset.calendars import PolicyCalendar
from complaint_rules.ruleset.rules import Deadline, Limit
from complaint_rules.ruleset.vocabulary import CheckedEvent
from complaint_rules.time import (
    Agreement,
    Duration,
    Pause,
    WorkingCalendar,
    course,
    due_instant,
    needs_hours,
    taken_in,
)
from complaint_rules.time.due import undisturbed
from complaint_rules.time.plain_due import undisturbed_for

Notes = dict[Note, None]
"""Notes in the order they were made, each once however many instances give rise to it."""


class Unknown(Exception):
    """The due instant cannot be worked out; what is missing."""

    def __init__(self, missing: tuple[Missing, ...]) -> None:
        self.missing = missing


@dataclass(frozen=True, slots=True)
class _Agreed:
    """An agreement, the field that gives its moment, and what is missing to know it."""

    event: CheckedEvent
    agreement: Agreement
    field: str
    missing: tuple[Missing, ...]


class DueTimes:
    """Works out when instances of one deadline fall due."""

    def __init__(self, rule: Deadline, calendar: PolicyCalendar) -> None:
        self.rule = rule
        self.fixed = calendar.plain if calendar.hours is None else None
        """The calendar, where it is the same for every case."""
        limit = rule.within.duration if rule.within is not None else None
        # Most limits just run from what starts them: said once for all instances.
        lead = "" if rule.lead is None else f" - {rule.lead}"
        given = rule.handed_over
        anew = () if given is None or not given.restarts else (given.event,)
        self.plain = {type_: f"{type_}{lead} + {limit}" for type_ in (*rule.starts, *anew)}
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
        calendar = self.calendar(state)
        duration: Duration | None = None
        limit: Duration | datetime
        if rule.by is not None and (moment := self._moment(state, instance, rule.by)) is not None:
            limit, arithmetic = moment, rule.by
        elif rule.within is None:
            assert rule.by is not None  # noqa: S101 - the compiler wants one of the two
            raise Unknown(state.missing(rule.by, instance.occurrence))
        else:
            duration = self._counted(state, instance, rule.within)
            arithmetic = self.plain[instance.start.type]
            if rule.before is not None:
                moment = self._moment(state, instance, rule.before)
                if moment is None:
                    raise Unknown(state.missing(rule.before, instance.occurrence))
                since, arithmetic = moment, f"{rule.before} + {duration}"
            else:
                counts = taken_in(since, duration, calendar, rule.counting)
                if counts != since:
                    type_ = instance.start.type
                    arithmetic = f"{type_} (from {counts.isoformat()}) + {duration}"
                elif rule.within.duration is None:
                    arithmetic = f"{instance.start.type} + {duration}"
            if not self.is_moved:
                return undisturbed(since, duration, calendar, rule.counting), duration, arithmetic
            limit = duration
        agreed = self._agreed(state, instance, end) if rule.agreed else []
        paused = self._pauses(state, instance) if rule.suspended else Pauses()
        ran = course(
            since,
            limit,
            calendar,
            rule.counting,
            paused.all(end),
            [one.agreement for one in agreed],
        )
        for one in agreed:
            if any(one.agreement is late for late in ran.too_late):
                notes[Note("agreement-too-late", one.event.key, rule.id)] = None
            if one.agreement is ran.unknown:
                raise Unknown(one.missing)
        _require_ends(ran.due, paused)
        for part in ran.parts:
            if isinstance(part, Pause):
                until = "…" if part.end is None else part.end.isoformat()
                arithmetic += f" (+ {part.start.isoformat()} – {until})"
            elif part.more is not None:
                arithmetic += f" + {part.more}"
            else:
                duration = None
                arithmetic = next(one.field for one in agreed if one.agreement is part)
        return ran.due, duration, arithmetic

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
                found.append(_Agreed(event, agreement, field, missing))
        return found

    def _moment(self, state: State, instance: Instance, name: str) -> datetime | None:
        value = reader(name, state.ruleset)(state, instance.occurrence)
        return value if isinstance(value, datetime) else None

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


def _require_ends(due: datetime | None, paused: Pauses) -> None:
    """A limit that is kept open may be so by a pause of which the end is not known."""
    if due is None and paused.unknown:
        raise Unknown(tuple(Missing(name, "event") for name in paused.unknown))

"""Deadlines: every start opens an instance of its own, the first fitting completion closes it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from complaint_rules.errors import CalendarNotPublished
from complaint_rules.evaluation.items import (
    ALWAYS,
    DeadlineItem,
    Missing,
    Note,
    Reason,
    Status,
    item_id,
)
from complaint_rules.evaluation.matching import Judgement
from complaint_rules.evaluation.state import Occurrence, State, reader
from complaint_rules.policy.rules import Deadline, Limit
from complaint_rules.policy.vocabulary import CheckedEvent
from complaint_rules.time import (
    Duration,
    Elapsed,
    Pause,
    Working,
    WorkingCalendar,
    due_instant,
    lateness,
    overdue_days,
)

Notes = dict[Note, None]
"""Notes in the order they were made, each once however many instances give rise to it."""


class _Unknown(Exception):
    """The due instant cannot be worked out; what is missing."""

    def __init__(self, missing: tuple[Missing, ...]) -> None:
        self.missing = missing


@dataclass(slots=True)
class _Instance:
    """One start of one deadline for one party, while it is being worked out."""

    rule: Deadline
    start: CheckedEvent
    occurrence: Occurrence
    party: str | None

    def concerns(self, event: CheckedEvent) -> bool:
        """Whether an event is about this instance: later, of the same party, by reference."""
        if event.microseconds < self.start.microseconds or event is self.start:
            return False
        bound = event.parties.get(self.rule.duty_of)
        if bound is not None and self.party is not None and self.party not in bound:
            return False
        return event.event.ref is None or event.event.ref == self.start.event.id

    def first(
        self, types: Iterable[str], state: State, taken: Container[str] = ()
    ) -> CheckedEvent | None:
        """The first event of some types that is about this instance, and is not taken."""
        found = None
        for type_ in types:
            events = state.by_type.get(type_)
            if events is None:
                continue
            # Events of a type are in order of time: those before the start need no look.
            since = bisect_left(events, self.start.microseconds, key=_microseconds)
            for event in islice(events, since, None):
                if event.key not in taken and self.concerns(event):
                    if found is None or event.microseconds < found.microseconds:
                        found = event
                    break
        return found


def _microseconds(event: CheckedEvent) -> int:
    return event.microseconds


class DeadlineJudge:
    """Works out the instances of one deadline."""

    def __init__(self, rule: Deadline, state_calendar: WorkingCalendar) -> None:
        self.rule = rule
        self.name = rule.name
        self.calendar = state_calendar
        limit = rule.within.duration if rule.within is not None else None
        # Most limits just run from the event that starts them: said once for all instances.
        self.plain = {type_: f"{type_} + {limit}" for type_ in rule.starts}
        self.plain_reasons = {
            type_: Reason(None, (), arithmetic) for type_, arithmetic in self.plain.items()
        }

    def instances(
        self, state: State, start: CheckedEvent, number: int, reason: Reason, notes: Notes
    ) -> list[DeadlineItem]:
        """The instances that one event starts: one for each party that has the duty."""
        occurrence = Occurrence(start, number)
        return [
            self._judge(state, _Instance(self.rule, start, occurrence, party), reason, notes)
            for party in state.parties(self.rule.duty_of, occurrence)
        ]

    def possible(self, state: State, judgement: Judgement) -> list[DeadlineItem]:
        """The instances that an event may start, while it is unknown whether it does."""
        start = judgement.occurrence.event
        assert start is not None  # noqa: S101 - an event starts a deadline
        return [
            DeadlineItem(
                id=item_id(self.rule.id, start.key, party),
                rule=self.rule.id,
                clause=self.rule.clause,
                duty_of=self.rule.duty_of,
                party=party,
                occurrence=start.key,
                started_at=start.at,
                due_at=None,
                target_at=None,
                status="undetermined",
                done_at=None,
                late_by=None,
                overdue_days=None,
                certain=False,
                provisional=False,
                missing=judgement.missing,
                reason=judgement.reason,
            )
            for party in state.parties(self.rule.duty_of, judgement.occurrence)
        ]

    def _judge(
        self, state: State, instance: _Instance, reason: Reason, notes: Notes
    ) -> DeadlineItem:
        rule = self.rule
        taken = state.taken.setdefault((self.name, instance.party), set()) if rule.in_order else ()
        done = instance.first(rule.ends, state, taken)
        stopped = instance.first(rule.cancelled, state) if rule.cancelled else None
        if stopped is not None and (done is None or stopped.microseconds < done.microseconds):
            done = None
        else:
            stopped = None
        if done is not None and isinstance(taken, set):
            taken.add(done.key)
        end = done.at if done is not None else None
        missing: tuple[Missing, ...] = ()
        due = target = duration = None
        try:
            due, duration, arithmetic = self._due(state, instance, end, notes)
            if rule.target is not None:
                target = self._target(state, instance, rule.target)
            status = _status(due, end, state.as_of)
            start_type = instance.start.event.type
            if reason is ALWAYS and arithmetic is self.plain[start_type]:
                reason = self.plain_reasons[start_type]
            else:
                reason = Reason(reason.condition, reason.read, arithmetic)
        except _Unknown as unknown:
            missing, status = unknown.missing, "undetermined"
        except CalendarNotPublished as error:
            missing, status = (Missing(f"{error.region} {error.year}", "calendar"),), "undetermined"
        if stopped is not None:
            status = "cancelled"
        late_by, days = None, 0 if rule.overdue_days is not None else None
        if status in ("late", "overdue") and due is not None:
            until = end or state.as_of
            try:
                late_by = lateness(due, until, duration, self.calendar)
                if rule.overdue_days is not None:
                    days = overdue_days(due, until, rule.overdue_days, self.calendar)
            except CalendarNotPublished as error:  # that it is late is certain, by how much is not
                missing, days = (Missing(f"{error.region} {error.year}", "calendar"),), None
        key = instance.start.key
        return DeadlineItem(
            id=item_id(rule.id, key, instance.party),
            rule=rule.id,
            clause=rule.clause,
            duty_of=rule.duty_of,
            party=instance.party,
            occurrence=key,
            started_at=instance.start.at,
            due_at=due,
            target_at=target,
            status=status,
            done_at=end,
            late_by=late_by,
            overdue_days=days if status != "undetermined" else None,
            certain=True,
            provisional=self.calendar.provisional
            and due is not None
            and self.calendar.is_provisional(due),
            missing=missing,
            reason=reason,
        )

    def _due(
        self, state: State, instance: _Instance, end: datetime | None, notes: Notes
    ) -> tuple[datetime | None, Duration | None, str]:
        rule, start = self.rule, instance.start.at
        duration: Duration | None = None
        if rule.by is not None and (moment := self._moment(state, instance, rule.by)) is not None:
            due: datetime | None = moment
            arithmetic = rule.by
        elif rule.within is None:
            assert rule.by is not None  # noqa: S101 - the compiler wants one of the two
            raise _Unknown(state.missing(rule.by, instance.occurrence))
        else:
            duration = self._countable(self._duration(state, rule.within), state)
            since = start
            arithmetic = self.plain[instance.start.event.type]
            if rule.before is not None:
                moment = self._moment(state, instance, rule.before)
                if moment is None:
                    raise _Unknown(state.missing(rule.before, instance.occurrence))
                since, arithmetic = moment, f"{rule.before} + {duration}"
            elif rule.within.duration is None:
                arithmetic = f"{instance.start.event.type} + {duration}"
            pauses = self._pauses(state, instance, end) if rule.suspended else ()
            due = due_instant(since, duration, self.calendar, rule.counting, pauses)
            for pause in pauses:
                until = "…" if pause.end is None else pause.end.isoformat()
                arithmetic += f" (+ {pause.start.isoformat()} – {until})"
        for extension in rule.agreed:
            for event in state.by_type.get(extension.event, ()):
                if not instance.concerns(event) or (end is not None and event.at > end):
                    continue
                if due is not None and event.at > due:
                    notes[Note("agreement-too-late", event.key, rule.id)] = None
                    continue
                if extension.more is not None and due is not None:
                    more = self._countable(extension.more, state)
                    due = due_instant(due, more, self.calendar, rule.counting)
                    arithmetic += f" + {extension.more}"
                elif extension.moment is not None:
                    agreed = event.data.get(extension.moment)
                    if not isinstance(agreed, datetime):
                        raise _Unknown((Missing(f"{event.type}.{extension.moment}", "event"),))
                    due, duration = agreed, None
                    arithmetic = f"{event.type}.{extension.moment}"
        return due, duration, arithmetic

    def _moment(self, state: State, instance: _Instance, name: str) -> datetime | None:
        value = reader(name, state.ruleset)(state, instance.occurrence)
        return value if isinstance(value, datetime) else None

    def _duration(self, state: State, limit: Limit) -> Duration:
        if limit.duration is not None:
            return limit.duration
        assert limit.parameter is not None  # noqa: S101 - a limit is one or the other
        value = state.parameter(limit.parameter)
        if value is None:
            raise _Unknown(state.missing_parameter(limit.parameter))
        return value  # type: ignore[return-value]

    def _countable(self, duration: Duration, state: State) -> Duration:
        """Working time, and days that end at the close of business, need business hours, which
        may be a parameter that nobody has set.
        """
        unset = state.ruleset.unset_hours
        closes = self.rule.counting.last_day_ends == "close" and not isinstance(duration, Elapsed)
        if unset is not None and (closes or isinstance(duration, Working)):
            raise _Unknown((Missing(unset, "parameter"),))
        return duration

    def _target(self, state: State, instance: _Instance, target: Limit) -> datetime | None:
        duration = self._countable(self._duration(state, target), state)
        return due_instant(instance.start.at, duration, self.calendar, self.rule.counting)

    def _pauses(self, state: State, instance: _Instance, end: datetime | None) -> tuple[Pause, ...]:
        """Pauses since the start; one that still lasts when the work is done ends there."""
        found: list[Pause] = []
        for suspension in self.rule.suspended:
            changes = [(e, True) for t in suspension.start for e in state.by_type.get(t, ())]
            changes += [(e, False) for t in suspension.end for e in state.by_type.get(t, ())]
            changes.sort(key=lambda change: change[0].microseconds)
            found += pauses((e.at, starts) for e, starts in changes if instance.concerns(e))
        return closed_pauses(found, end)


def pauses(changes: Iterable[tuple[datetime, bool]]) -> list[Pause]:
    """The pauses that instants begin (true) and end (false); ``None`` ends one that lasts."""
    found: list[Pause] = []
    began: datetime | None = None
    for at, begins in changes:
        if begins and began is None:
            began = at
        elif not begins and began is not None:
            found.append(Pause(began, at))
            began = None
    if began is not None:
        found.append(Pause(began, None))
    return found


def closed_pauses(found: Iterable[Pause], end: datetime | None) -> tuple[Pause, ...]:
    """Pauses without empty ones; one that still lasts at the ``end`` of the work ends there."""
    closed = []
    for pause in found:
        until = end if pause.end is None else pause.end
        if until is None or until > pause.start:
            closed.append(pause if until == pause.end else Pause(pause.start, until))
    return tuple(closed)


def _status(due: datetime | None, done: datetime | None, as_of: datetime) -> Status:
    if done is not None:
        return "met" if due is None or done <= due else "late"
    if due is None:
        return "suspended"
    return "pending" if as_of <= due else "overdue"


def completion_notes(state: State, rule: Deadline, items: Sequence[DeadlineItem]) -> list[Note]:
    """Completions that came before any start, or after the one that counted."""
    ends = [event for type_ in rule.ends for event in state.by_type.get(type_, ())]
    # nearly always: it did what it is for
    if len(ends) == 1 and items and all(item.done_at is ends[0].at for item in items):
        return []
    starts = [event for type_ in rule.starts for event in state.by_type.get(type_, ())]
    started_by = {start.key for start in starts}
    counted = {item.done_at for item in items}
    first = min((start.microseconds for start in starts), default=None)
    notes = []
    for end in sorted(ends, key=lambda event: event.microseconds):
        if end.key in started_by:
            continue
        if first is None or end.microseconds < first:
            notes.append(Note("completion-before-start", end.key, rule.id))
        elif end.at not in counted and end.event.ref is None and counted:
            notes.append(Note("repeated-completion", end.key, rule.id))
    return notes

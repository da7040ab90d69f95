"""Deadlines: every start opens an instance of its own, the first fitting completion closes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from complaint_rules.errors import CalendarNotPublished
from complaint_rules.evaluation.instance import Begun, Instance, Start
from complaint_rules.evaluation.items import (
    ALWAYS,
    DeadlineItem,
    Missing,
    Note,
    Reason,
    Status,
)
from complaint_rules.evaluation.keys import joined
from complaint_rules.evaluation.matching import Judgement
from complaint_rules.evaluation.pauses import Pauses, changes_of, pauses_of
from complaint_rules.evaluation.state import Occurrence, State, reader
from complaint_rules.policy.rules import Deadline, Limit
from complaint_rules.policy.vocabulary import CheckedEvent
from complaint_rules.time import (
    Agreement,
    Duration,
    Pause,
    WorkingCalendar,
    course,
    due_instant,
    lateness,
    needs_hours,
    overdue_days,
    taken_in,
)

Notes = dict[Note, None]
"""Notes in the order they were made, each once however many instances give rise to it."""


class _Unknown(Exception):
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


class DeadlineJudge:
    """Works out the instances of one deadline."""

    def __init__(self, rule: Deadline, state_calendar: WorkingCalendar) -> None:
        self.rule = rule
        self.name = rule.name
        # Made once, and without the version: a new one that takes over renames no duty.
        self.lasting_id = rule.lasting_id
        self.starts_alone = rule.starts_alone
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
            self._judge(state, Instance(self.rule, start, occurrence, party), reason, notes)
            for party in state.parties(self.rule.duty_of, occurrence)
        ]

    def judge_all(self, state: State, starts: Sequence[Start], notes: Notes) -> list[DeadlineItem]:
        """The instances of several starts, where what one does depends on those before it."""
        rule = self.rule
        open_by: dict[str | None, Begun] = {}
        begun: list[Begun] = []
        for start, number, reason in starts:
            occurrence = Occurrence(start, number)
            parties = state.parties(rule.duty_of, occurrence)
            hands_over = start.type in rule.hand_overs
            if hands_over:
                for party in [party for party in open_by if party not in parties]:
                    open_by.pop(party).stop_at(start, state)
            for party in parties:
                earlier = open_by.get(party)
                if earlier is not None and earlier.is_open_at(start, state):
                    if rule.while_open == "ignore" or hands_over:
                        continue
                    if rule.while_open == "restart":
                        earlier.stop_at(start, state)
                instance = Instance(rule, start, occurrence, party)
                open_by[party] = Begun(instance, reason)
                begun.append(open_by[party])
        return [self._judge(state, b.instance, b.reason, notes, b.stopped) for b in begun]

    def possible(self, state: State, judgement: Judgement) -> list[DeadlineItem]:
        """The instances that an event may start, while it is unknown whether it does."""
        start = judgement.occurrence.event
        assert start is not None  # noqa: S101 - an event starts a deadline
        return [
            DeadlineItem(
                id=joined(self.lasting_id, start.key, party),
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
                title=self.rule.titles,
            )
            for party in state.parties(self.rule.duty_of, judgement.occurrence)
        ]

    def _judge(
        self,
        state: State,
        instance: Instance,
        reason: Reason,
        notes: Notes,
        stop: CheckedEvent | None = None,
    ) -> DeadlineItem:
        rule = self.rule
        taken = state.taken.setdefault((self.name, instance.party), set()) if rule.in_order else ()
        done, stopped = instance.end(state, taken, stop)
        if done is not None and isinstance(taken, set):
            taken.add(done.key)
        end = done.at if done is not None else None
        ended = stopped.at if stopped is not None else end
        missing: tuple[Missing, ...] = ()
        due = target = duration = None
        try:
            due, duration, arithmetic = self._due(state, instance, ended, notes)
            if rule.target is not None:
                target = self._target(state, instance, rule.target, ended)
            if stopped is None:
                status = _status(due, end, state.as_of)
            else:
                status = _status_of_cancelled(rule, due, stopped.at)
            start_type = instance.start.event.type
            if reason is ALWAYS and arithmetic is self.plain[start_type]:
                reason = self.plain_reasons[start_type]
            else:
                reason = Reason(reason.condition, reason.read, arithmetic)
        except _Unknown as unknown:
            missing, status = unknown.missing, "undetermined"
        except CalendarNotPublished as error:
            missing, status = (Missing(f"{error.region} {error.year}", "calendar"),), "undetermined"
        if stopped is not None and rule.cancelled_late == "cancelled":
            status = "cancelled"
        late_by, days = None, 0 if rule.overdue_days is not None else None
        if status in ("late", "overdue") and due is not None:
            until = ended or state.as_of
            try:
                late_by = lateness(due, until, duration, self.calendar)
                if rule.overdue_days is not None:
                    days = overdue_days(due, until, rule.overdue_days, self.calendar)
            except CalendarNotPublished as error:  # that it is late is certain, by how much is not
                missing, days = (Missing(f"{error.region} {error.year}", "calendar"),), None
        key = instance.start.key
        return DeadlineItem(
            id=joined(self.lasting_id, key, instance.party),
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
            cancelled_at=stopped.at if stopped is not None else None,
            title=rule.titles,
        )

    def _due(
        self, state: State, instance: Instance, end: datetime | None, notes: Notes
    ) -> tuple[datetime | None, Duration | None, str]:
        rule, since = self.rule, instance.start.at
        duration: Duration | None = None
        limit: Duration | datetime
        if rule.by is not None and (moment := self._moment(state, instance, rule.by)) is not None:
            limit, arithmetic = moment, rule.by
        elif rule.within is None:
            assert rule.by is not None  # noqa: S101 - the compiler wants one of the two
            raise _Unknown(state.missing(rule.by, instance.occurrence))
        else:
            duration = self._countable(self._duration(state, rule.within), state)
            arithmetic = self.plain[instance.start.event.type]
            if rule.before is not None:
                moment = self._moment(state, instance, rule.before)
                if moment is None:
                    raise _Unknown(state.missing(rule.before, instance.occurrence))
                since, arithmetic = moment, f"{rule.before} + {duration}"
            else:
                counts = taken_in(since, duration, self.calendar, rule.counting)
                if counts != since:
                    type_ = instance.start.event.type
                    arithmetic = f"{type_} (from {counts.isoformat()}) + {duration}"
                elif rule.within.duration is None:
                    arithmetic = f"{instance.start.event.type} + {duration}"
            limit = duration
        agreed = self._agreed(state, instance, end) if rule.agreed else []
        paused = self._pauses(state, instance) if rule.suspended else Pauses()
        ran = course(
            since,
            limit,
            self.calendar,
            rule.counting,
            paused.all(end),
            [one.agreement for one in agreed],
        )
        for one in agreed:
            if any(one.agreement is late for late in ran.too_late):
                notes[Note("agreement-too-late", one.event.key, rule.id)] = None
            if one.agreement is ran.unknown:
                raise _Unknown(one.missing)
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
                        more = self._countable(self._duration(state, extension.more), state)
                    except _Unknown as unknown:
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
        if unset is not None and needs_hours(duration, self.rule.counting):
            raise _Unknown((Missing(unset, "parameter"),))
        return duration

    def _target(
        self, state: State, instance: Instance, target: Limit, end: datetime | None
    ) -> datetime | None:
        duration = self._countable(self._duration(state, target), state)
        paused = self._pauses(state, instance) if self.rule.suspended else Pauses()
        return due_instant(
            instance.start.at, duration, self.calendar, self.rule.counting, paused.all(end)
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
        raise _Unknown(tuple(Missing(name, "event") for name in paused.unknown))


def _status(due: datetime | None, done: datetime | None, as_of: datetime) -> Status:
    if done is not None:
        return "met" if due is None or done <= due else "late"
    if due is None:
        return "suspended"
    return "pending" if as_of <= due else "overdue"


def _status_of_cancelled(rule: Deadline, due: datetime | None, at: datetime) -> Status:
    """A limit that had run out by then stays missed: what is owed for it is not undone."""
    missed = due is not None and at > due
    return "overdue" if missed and rule.cancelled_late == "missed" else "cancelled"

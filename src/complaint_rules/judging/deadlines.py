"""Deadlines: every start opens an instance of its own, the first fitting completion closes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from complaint_rules.errors import CalendarNotPublished
from complaint_rules.judging.due_times import DueTimes, Notes, Unknown
from complaint_rules.judging.edges import Beginning, Edge
from complaint_rules.judging.instance import Instance, Start
from complaint_rules.judging.items import (
    ALWAYS,
    DeadlineItem,
    Missing,
    Reason,
    Status,
)
from complaint_rules.judging.keys import joined
from complaint_rules.judging.state import State
from complaint_rules.judging.succession import Succession
from complaint_rules.ruleset.calendars import PolicyCalendar
from complaint_rules.ruleset.rules import Deadline
from complaint_rules.time import (
    Duration,
    Working,
    WorkingDays,
    lateness,
    overdue_days,
)


class DeadlineJudge:
    """Works out the instances of one deadline."""

    def __init__(self, rule: Deadline, calendar: PolicyCalendar) -> None:
        self.rule = rule
        self.name = rule.name
        # Made once, and without the version: a new one that takes over renames no duty.
        self.lasting_id = rule.lasting_id
        self.starts_alone = rule.starts_alone
        self.edges = rule.start_edges
        self.plain_calendar = calendar.plain
        self.times = DueTimes(rule, calendar)
        self.plain_reasons = {
            type_: Reason(None, (), arithmetic) for type_, arithmetic in self.times.plain.items()
        }

    def instances(self, state: State, start: Start, notes: Notes) -> list[DeadlineItem]:
        """The instances that one start begins: one for each party that has the duty."""
        return [
            self._judge(state, instance, start.reason, notes)
            for instance in self._for_each_party(state, start)
        ]

    def _for_each_party(self, state: State, start: Start) -> list[Instance]:
        return [
            Instance(self.rule, start.beginning, start.occurrence, party)
            for party in state.parties(self.rule.duty_of, start.occurrence)
        ]

    def judge_all(self, state: State, starts: Sequence[Start], notes: Notes) -> list[DeadlineItem]:
        """The instances of several starts, where what one does depends on those before it."""
        items: dict[str, DeadlineItem] = {}
        for begun in Succession.of(state, self.rule, starts):
            instance = begun.instance
            if begun.missing:
                item = self._possible(state, instance, begun.missing, begun.reason)
            else:
                item = self._judge(state, instance, begun.reason, notes, begun.stopped)
            if begun.handed_over:
                item = replace(item, handed_over=begun.handed_over)
            for each in self._of_each_holder(state, instance, item):
                items.setdefault(each.id, each)  # what several had is one duty of who has it now
        return list(items.values())

    def _of_each_holder(
        self, state: State, instance: Instance, item: DeadlineItem
    ) -> Iterator[DeadlineItem]:
        """Whose limit it was is not known while it is not known when it fell due."""
        if item.status != "undetermined" or not instance.holdings:
            yield item
            return
        for party in dict.fromkeys(holding.party for holding in instance.holdings):
            instance.party = party
            yield replace(item, id=self._identify(state, instance)[0], party=party)

    def possible(self, state: State, start: Start) -> list[DeadlineItem]:
        """The instances that something may start, while it is unknown whether it does."""
        return [
            self._possible(state, instance, start.missing, start.reason)
            for instance in self._for_each_party(state, start)
        ]

    def _identify(self, state: State, instance: Instance) -> tuple[str, str | None]:
        """The id of an instance, and what started it besides an event, which is kept."""
        start = instance.start
        key = joined(self.lasting_id, start.key, instance.party)
        if not isinstance(start, Edge):
            return key, None
        state.edges[key] = start
        return key, start.type

    def _possible(
        self, state: State, instance: Instance, missing: tuple[Missing, ...], reason: Reason
    ) -> DeadlineItem:
        start = instance.start
        key, started_by = self._identify(state, instance)
        return DeadlineItem(
            id=key,
            rule=self.rule.id,
            clause=self.rule.clause,
            duty_of=self.rule.duty_of,
            party=instance.party,
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
            missing=missing,
            reason=reason,
            title=self.rule.titles,
            started_by=started_by,
            handed_over=instance.handed_over if instance.holdings else (),
        )

    def _judge(
        self,
        state: State,
        instance: Instance,
        reason: Reason,
        notes: Notes,
        stop: Beginning | None = None,
    ) -> DeadlineItem:
        rule = self.rule
        taken = state.taken.setdefault((self.name, instance.party), set()) if rule.in_order else ()
        done, stopped = instance.end(state, taken, stop)
        if done is not None and isinstance(taken, set):
            taken.add(done.completion if isinstance(done, Edge) else done.key)
        doubts = instance.doubts(state, done or stopped)
        if doubts:
            done = stopped = None
        end = done.at if done is not None else None
        ended = stopped.at if stopped is not None else end
        missing: tuple[Missing, ...] = ()
        due = target = duration = None
        try:
            _require_known(doubts)
            due, duration, arithmetic = self.times.due(state, instance, ended, notes)
            if instance.holdings:
                _require_known(instance.fall_due(due))
            if rule.target is not None:
                target = self.times.target(state, instance, rule.target, ended)
            status = (
                _status(rule, due, end, state.as_of)
                if stopped is None
                else _status_of_cancelled(rule, due, stopped.at)
            )
            reason = self._with_arithmetic(reason, arithmetic, instance.start.type)
        except Unknown as unknown:
            missing, status = unknown.missing, "undetermined"
        except CalendarNotPublished as error:
            missing, status = (Missing(f"{error.region} {error.year}", "calendar"),), "undetermined"
        if stopped is not None and rule.cancelled_late == "cancelled":
            status = "cancelled"
        late_by, days = None, 0 if rule.overdue_days is not None else None
        if status in ("late", "overdue") and due is not None:
            until = ended or state.as_of
            calendar = self.times.calendar(state)
            try:
                late_by = lateness(due, until, duration, calendar)
                if rule.overdue_days is not None:
                    if rule.overdue_days == "started-working-days":
                        self.times.require_hours(state)
                    idle = self.times.idle(state, instance, due, ended) if rule.stands_still else ()
                    days = overdue_days(due, until, rule.overdue_days, calendar, idle)
            except Unknown as unknown:
                missing, days = unknown.missing, None
            except CalendarNotPublished as error:  # that it is late is certain, by how much is not
                missing, days = (Missing(f"{error.region} {error.year}", "calendar"),), None
        key, started_by = self._identify(state, instance)
        return DeadlineItem(
            id=key,
            rule=rule.id,
            clause=rule.clause,
            duty_of=rule.duty_of,
            party=instance.party,
            occurrence=instance.start.key,
            started_at=instance.start.at,
            due_at=due,
            target_at=target,
            status=status,
            done_at=end,
            late_by=late_by,
            overdue_days=days if status != "undetermined" else None,
            certain=True,
            provisional=self._is_provisional(due, late_by, ended or state.as_of),
            missing=missing,
            reason=reason,
            cancelled_at=stopped.at if stopped is not None else None,
            title=rule.titles,
            started_by=started_by,
            ended_by=ending.type if isinstance(ending := done or stopped, Edge) else None,
            handed_over=instance.handed_over if instance.holdings else (),
        )

    def _with_arithmetic(self, reason: Reason, arithmetic: str | None, start: str) -> Reason:
        if reason is ALWAYS and arithmetic is self.times.plain[start]:
            return self.plain_reasons[start]
        return Reason(reason.condition, reason.read, arithmetic)

    def _is_provisional(
        self, due: datetime | None, late_by: Duration | None, until: datetime
    ) -> bool:
        """Whether it rests on days of a year whose calendar is not published yet."""
        calendar = self.plain_calendar
        if not calendar.provisional or due is None:
            return False
        late = late_by is not None and _counts_work(late_by, self.rule)
        return calendar.is_provisional(due) or (late and calendar.is_provisional(until))


def _require_known(missing: tuple[Missing, ...]) -> None:
    """What may have ended it, or who had it when it fell due."""
    if missing:
        raise Unknown(missing)


def _counts_work(late_by: Duration, rule: Deadline) -> bool:
    """Whether how late something is depends on which days are worked."""
    reading = rule.overdue_days or ""
    return isinstance(late_by, Working | WorkingDays) or "working" in reading


def _status(rule: Deadline, due: datetime | None, done: datetime | None, as_of: datetime) -> Status:
    if due is None:
        return "suspended" if done is None else "met"
    until = as_of if done is None else done
    in_time = until < due or (until == due and not rule.missed_at_the_limit)
    if done is None:
        return "pending" if in_time else "overdue"
    return "met" if in_time else "late"


def _status_of_cancelled(rule: Deadline, due: datetime | None, at: datetime) -> Status:
    """A limit that had run out by then stays missed: what is owed for it is not undone."""
    missed = due is not None and (at > due or (at == due and rule.missed_at_the_limit))
    return "overdue" if missed and rule.cancelled_late == "missed" else "cancelled"

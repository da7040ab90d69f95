"""From a case to a decision: timeline, deadlines, and then every rule that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from complaint_rules import __version__
from complaint_rules.engines import Engine
from complaint_rules.errors import CalendarNotPublished, PolicyNotInForce
from complaint_rules.judging import plain_rules
from complaint_rules.judging.all_deadlines import AllDeadlines
from complaint_rules.judging.amounts import next_periods, periods_by_limit
from complaint_rules.judging.calendars import calendar_of
from complaint_rules.judging.caps import with_caps
from complaint_rules.judging.decision import Basis, Decision
from complaint_rules.judging.due_times import Notes
from complaint_rules.judging.expiring import count_changes, expiring
from complaint_rules.judging.items import (
    DeadlineItem,
    EscalationItem,
    Missing,
    Note,
    RecordItem,
)
from complaint_rules.judging.lateness import lateness_changes, unknown_from
from complaint_rules.judging.liabilities import liabilities
from complaint_rules.judging.matching import Judge, Judged, Judgement
from complaint_rules.judging.penalties import PenaltyJudge, exceptions_of
from complaint_rules.judging.reliefs import relieve
from complaint_rules.judging.state import State
from complaint_rules.ruleset.calendars import versions_of
from complaint_rules.ruleset.event_order import delivered_twice
from complaint_rules.ruleset.past import CheckedHistory
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.vocabulary import CheckedCase
from complaint_rules.time import OverdueReading, Recurrence
from complaint_rules.time.instants import tzdata_version
from complaint_rules.time.overdue import next_change_beside

ONE_MICROSECOND = timedelta(microseconds=1)
NOTHING_MISSING: tuple[Missing, ...] = ()


class Evaluator:
    """A ruleset with the matchers of one engine. Threads may share it."""

    def __init__(self, ruleset: Ruleset, engine: Engine) -> None:
        self.ruleset = ruleset
        self.engine = engine
        self.judge = Judge(ruleset, engine)
        self.escalations = self.judge.plan(ruleset.escalations)
        self.penalties = self.judge.plan(ruleset.penalties)
        self.reliefs = self.judge.plan(ruleset.reliefs)
        self.charges = self.judge.plan(ruleset.charges)
        self.records = self.judge.plan(ruleset.records)
        self.deadlines = AllDeadlines(ruleset, self.judge)
        self.exceptions = exceptions_of(ruleset.penalties)
        self.periods = periods_by_limit(ruleset)
        missed = (rule.id for rule in ruleset.deadlines if rule.missed_at_the_limit)
        self.missed_at_limit = frozenset(missed)
        self.readings: dict[str, tuple[OverdueReading | None, str]] = {
            rule.id: (rule.overdue_days, rule.calendar) for rule in ruleset.deadlines
        }
        self.calendar_versions = versions_of(ruleset.calendars)
        self.expiring = expiring(self.judge)
        self.schedules = [
            (rule, Recurrence(rule.recurrence, ruleset.calendars[rule.calendar].plain, rule.roll))
            for rule in ruleset.schedules
        ]

    def evaluate(
        self,
        case: CheckedCase,
        as_of: datetime,
        check_date: bool = True,
        history: CheckedHistory | None = None,
    ) -> Decision:
        """Judge a checked case; without ``check_date`` also one of a date not governed.

        Raises:
            PolicyNotInForce: the policy does not govern the date of the case.
        """
        ruleset = self.ruleset
        state = State.at(ruleset, case, as_of, history)
        state.missed_at_limit = self.missed_at_limit
        notes: Notes = {Note("event-after-as-of", e.key, None): None for e in state.ignored}
        notes.update(
            {Note("delivered-twice", e.key, None): None for e in delivered_twice(state.events)}
        )
        if check_date:
            self._check_in_force(state, notes)
        judged: Judged = {}
        unknown = self.deadlines.judge_all(state, notes)

        found_escalations: list[EscalationItem] = []
        for found in self.judge.judge(state, self.escalations, judged):
            judgement = plain_rules.addressed(state, found)
            if judgement.applies is None:
                unknown.append(plain_rules.undetermined(judgement))
            else:
                found_escalations += plain_rules.escalations(state, judgement)

        penalty_judge = PenaltyJudge(state, self.exceptions)
        verdicts = penalty_judge.verdicts(self.judge.judge(state, self.penalties, judged))
        penalties, unknown_penalties = penalty_judge.items(verdicts)
        unknown += unknown_penalties
        reliefs = relieve(self.judge.judge(state, self.reliefs, judged), verdicts, state)
        penalties = reliefs.mark(penalties)
        unknown += reliefs.undetermined

        borne: list[Judgement] = []
        for judgement in self.judge.judge(state, self.charges, judged):
            if judgement.applies is None:
                unknown.append(plain_rules.undetermined(judgement))
            else:
                borne.append(judgement)
        records: list[RecordItem] = []
        for judgement in self.judge.judge(state, self.records, judged):
            if judgement.applies is None:
                unknown.append(plain_rules.undetermined(judgement))
            else:
                records.append(plain_rules.record(state, judgement))
        targets = tuple(plain_rules.targets(state, ruleset.targets, self.judge, judged))
        schedules, unknown_schedules = plain_rules.schedules(state, self.schedules)
        unknown += unknown_schedules

        owed = liabilities(penalty_judge, verdicts, reliefs.remains())
        if ruleset.caps:
            owed, unknown_caps = with_caps(state, ruleset.caps, owed, verdicts)
            unknown += unknown_caps
        deadlines = tuple(item for items in state.deadlines.values() for item in items)
        return Decision(
            case_id=case.case.id,
            policy=ruleset.id,
            policy_version=ruleset.version,
            policy_hash=ruleset.hash,
            calendar=self.calendar_versions,
            as_of=as_of,
            currency=ruleset.currency,
            adds_up=ruleset.adds_up,
            deadlines=deadlines,
            escalations=tuple(found_escalations),
            penalties=tuple(penalties),
            reliefs=tuple(reliefs.items),
            charges=tuple(plain_rules.charges(state, borne)),
            records=tuple(records),
            schedules=tuple(schedules),
            targets=targets,
            undetermined=tuple(unknown),
            liabilities=tuple(owed),
            notes=tuple(notes),
            next_change_at=self._next_change(state, deadlines, [s.due_at for s in schedules]),
            history=None if history is None else history.hash,
            library=__version__,
            tzdata=tzdata_version(),
            engine=self.engine.name,
            basis=Basis(
                ruleset,
                state,
                self.judge,
                partial(self.evaluate, case, check_date=False, history=history),
            ),
        )

    def _check_in_force(self, state: State, notes: Notes) -> None:
        ruleset, day = self.ruleset, state.governing_day
        if day is None:
            notes[Note("version-not-checked", None, None)] = None
        elif day < ruleset.effective_from or (
            ruleset.effective_until is not None and day > ruleset.effective_until
        ):
            until = ruleset.effective_until or "now"
            raise PolicyNotInForce(
                f"policy {ruleset.id} {ruleset.version} is in force from {ruleset.effective_from} "
                f"until {until}, and case {state.case.case.id} is of {day} "
                f"({ruleset.effective_by}): evaluate it under the version in force then"
            )

    # The next change

    def _next_overdue_day(
        self, state: State, item: DeadlineItem, due: datetime
    ) -> Iterator[datetime]:
        """When an open limit is one more day overdue; nothing while that is not known."""
        reading, name = self.readings[item.rule]
        if reading is None or item.overdue_days is None:
            return
        calendar = calendar_of(state, name)
        idle = state.idle.get(item.id, ())
        try:
            change = next_change_beside(due, state.as_of, reading, calendar, idle)
        except CalendarNotPublished:
            change = unknown_from(due, state.as_of, "working days", calendar)
        if change is not None:
            yield change

    def _next_change(
        self, state: State, deadlines: tuple[DeadlineItem, ...], scheduled: list[datetime]
    ) -> datetime | None:
        """The first instant after ``as_of`` at which the answer differs if nothing else happens.

        Events of the case that lie ahead count as things that will happen. What changes within a
        millisecond is given at its end, since a clock of whole milliseconds would still show its
        begin, and a scheduler would ask again and again.
        """
        moments = [*(event.at for event in state.ignored[:1]), *scheduled]
        for item in deadlines:
            if item.status == "pending" and item.due_at is not None:
                moments.append(state.missed_from(item) + ONE_MICROSECOND)
                if item.target_at is not None and item.target_at >= state.as_of:
                    moments.append(item.target_at + ONE_MICROSECOND)
            elif item.status == "overdue" and item.due_at is not None and item.ended_at is None:
                moments += self._next_overdue_day(state, item, item.due_at)
                moments += next_periods(state, item, self.periods.get(item.rule, ()))
        moments += self.deadlines.ahead(state)
        moments += lateness_changes(state, self.judge.thresholds)
        moments += count_changes(state, self.expiring)
        return _whole_millisecond(min(moments)) if moments else None


def _whole_millisecond(moment: datetime) -> datetime:
    return moment + timedelta(microseconds=-moment.microsecond % 1000)

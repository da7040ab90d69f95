"""From a case to a decision: timeline, deadlines, and then every rule that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from complaint_rules import __version__
from complaint_rules.engines import Engine
from complaint_rules.errors import CalendarNotPublished, PolicyNotInForce
from complaint_rules.evaluation import others
from complaint_rules.evaluation.completion_notes import completion_notes
from complaint_rules.evaluation.deadlines import DeadlineJudge, Notes
from complaint_rules.evaluation.decision import Basis, Decision
from complaint_rules.evaluation.instance import Start
from complaint_rules.evaluation.items import (
    ALWAYS,
    DeadlineItem,
    EscalationItem,
    Note,
    Reason,
    RecordItem,
    UndeterminedItem,
)
from complaint_rules.evaluation.liabilities import liabilities
from complaint_rules.evaluation.matching import Judge, Judged, Judgement, ScopeMatcher
from complaint_rules.evaluation.penalties import PenaltyJudge, exceptions_of
from complaint_rules.evaluation.reliefs import relieve
from complaint_rules.evaluation.state import Occurrence, State
from complaint_rules.money import ZERO
from complaint_rules.policy.rules import ALWAYS_IN_FORCE, Deadline, Scope
from complaint_rules.policy.ruleset import Ruleset
from complaint_rules.policy.vocabulary import CheckedCase, CheckedEvent, delivered_twice
from complaint_rules.time import Recurrence, next_overdue_change
from complaint_rules.time.instants import tzdata_version

ONE_MICROSECOND = timedelta(microseconds=1)


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
        self.deadline_judges = [
            (
                DeadlineJudge(rule, ruleset.calendar),
                rule,
                tuple(
                    (type_, self.judge.scopes.get(Scope("start", type_))) for type_ in rule.starts
                ),
            )
            for rule in ruleset.deadlines
        ]
        self.exceptions = exceptions_of(ruleset.penalties)
        self.readings = {rule.id: rule.overdue_days for rule in ruleset.deadlines}
        self.schedules = [
            (rule, Recurrence(rule.recurrence, ruleset.calendar, rule.roll))
            for rule in ruleset.schedules
        ]

    def evaluate(self, case: CheckedCase, as_of: datetime, check_date: bool = True) -> Decision:
        """Judge a checked case; without ``check_date`` also one of a date not governed.

        Raises:
            PolicyNotInForce: the policy does not govern the date of the case.
        """
        ruleset = self.ruleset
        state = State.at(ruleset, case, as_of)
        notes: Notes = {Note("event-after-as-of", e.key, None): None for e in state.ignored}
        notes.update(
            {Note("delivered-twice", e.key, None): None for e in delivered_twice(state.events)}
        )
        if check_date:
            self._check_in_force(state, notes)
        judged: Judged = {}
        unknown = self._judge_deadlines(state, notes)

        found_escalations: list[EscalationItem] = []
        for judgement in self.judge.judge(state, self.escalations, judged):
            if judgement.applies is None:
                unknown.append(others.undetermined(judgement))
            else:
                found_escalations += others.escalations(state, judgement)

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
                unknown.append(others.undetermined(judgement))
            else:
                borne.append(judgement)
        records: list[RecordItem] = []
        for judgement in self.judge.judge(state, self.records, judged):
            if judgement.applies is None:
                unknown.append(others.undetermined(judgement))
            else:
                records.append(others.record(state, judgement))
        targets = tuple(others.targets(state, ruleset.targets, self.judge, judged))
        schedules, unknown_schedules = others.schedules(state, self.schedules)
        unknown += unknown_schedules

        deadlines = tuple(item for items in state.deadlines.values() for item in items)
        return Decision(
            case_id=case.case.id,
            policy=ruleset.id,
            policy_version=ruleset.version,
            policy_hash=ruleset.hash,
            calendar=ruleset.calendar.version,
            as_of=as_of,
            currency=ruleset.currency,
            adds_up=ruleset.adds_up,
            deadlines=deadlines,
            escalations=tuple(found_escalations),
            penalties=tuple(penalties),
            reliefs=tuple(reliefs.items),
            charges=tuple(others.charges(state, borne)),
            records=tuple(records),
            schedules=tuple(schedules),
            targets=targets,
            undetermined=tuple(unknown),
            liabilities=tuple(liabilities(penalty_judge, verdicts, reliefs.remains())),
            notes=tuple(notes),
            next_change_at=self._next_change(state, deadlines, [s.due_at for s in schedules]),
            library=__version__,
            tzdata=tzdata_version(),
            engine=self.engine.name,
            basis=Basis(ruleset, state, self.judge),
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

    # Deadlines

    def _judge_deadlines(self, state: State, notes: Notes) -> list[UndeterminedItem]:
        unknown: list[UndeterminedItem] = []
        # What an event starts is judged before any time limit exists, so once for each event.
        starts: dict[str, dict[str, Judgement]] = {}
        for judge, rule, types in self.deadline_judges:
            items: list[DeadlineItem] = []
            together: list[Start] = []
            for event, number, matcher in _begun(state, types):
                if rule.in_force is not ALWAYS_IN_FORCE and not self._starts(rule, event):
                    continue
                reason = ALWAYS
                if rule.condition is not None and matcher is not None:
                    judged = starts.get(event.key)
                    if judged is None:
                        judged = starts[event.key] = matcher.judge(state, Occurrence(event, number))
                    judgement = judged.get(rule.id)
                    if judgement is None:
                        continue
                    if judgement.applies is None:
                        items += judge.possible(state, judgement)
                        continue
                    reason = judgement.reason
                if judge.starts_alone:
                    items += judge.instances(state, event, number, reason, notes)
                else:
                    together.append((event, number, reason))
            if together:
                items += judge.judge_all(state, together, notes)
            if items:
                # A limit of an earlier version has the same name as that of this one.
                earlier = state.deadlines.get(judge.name)
                state.deadlines[judge.name] = [*earlier, *items] if earlier else items
                unknown += [_undetermined_deadline(i) for i in items if i.status == "undetermined"]
        for judge, rule, _ in self.deadline_judges:
            if not state.by_type.keys().isdisjoint(rule.ends):
                limits = state.deadlines.get(judge.name, ())
                notes.update(dict.fromkeys(completion_notes(state, rule, limits)))
        return unknown

    def _starts(self, rule: Deadline, event: CheckedEvent) -> bool:
        day = event.at.astimezone(self.ruleset.calendar.timezone).date()
        return rule.in_force[0] <= day <= rule.in_force[1]

    # The next change

    def _next_change(
        self, state: State, deadlines: tuple[DeadlineItem, ...], scheduled: list[datetime]
    ) -> datetime | None:
        """The first instant after ``as_of`` at which the answer differs if nothing else happens.

        Events of the case that lie ahead count as things that will happen. What changes within a
        millisecond is given at its end, since a clock of whole milliseconds would still show its
        begin, and a scheduler would ask again and again.
        """
        now = state.as_of
        moments = [event.at for event in state.ignored[:1]]
        moments += scheduled
        for item in deadlines:
            if item.status == "pending" and item.due_at is not None:
                moments.append(item.due_at + ONE_MICROSECOND)
            elif item.status == "overdue" and item.due_at is not None and item.ended_at is None:
                reading = self.readings[item.rule]
                if reading is not None:
                    try:
                        moments.append(
                            next_overdue_change(item.due_at, now, reading, self.ruleset.calendar)
                        )
                    except CalendarNotPublished:
                        continue
        return _whole_millisecond(min(moments)) if moments else None


def _whole_millisecond(moment: datetime) -> datetime:
    return moment + timedelta(microseconds=-moment.microsecond % 1000)


def _begun(
    state: State, types: Sequence[tuple[str, ScopeMatcher | None]]
) -> Sequence[tuple[CheckedEvent, int, ScopeMatcher | None]]:
    """The events that may start a time limit, in order, with their number and their matcher."""
    begun = [
        (event, number, matcher)
        for type_, matcher in types
        if type_ in state.by_type
        for number, event in enumerate(state.by_type[type_], start=1)
    ]
    if len(types) > 1:
        begun.sort(key=lambda one: one[0].microseconds)
    return begun


def _undetermined_deadline(item: DeadlineItem) -> UndeterminedItem:
    reason = Reason(item.reason.condition, item.reason.read)
    return UndeterminedItem(
        item.id,
        item.rule,
        item.clause,
        "deadline",
        item.party,
        item.occurrence,
        item.missing,
        ZERO,
        ZERO,
        reason,
        item.title,
    )

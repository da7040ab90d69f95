"""Deadlines: when they start, how long they run, what moves and what ends them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time
from typing import TYPE_CHECKING, Final

from complaint_rules.errors import did_you_mean
from complaint_rules.expressions import Vocabulary
from complaint_rules.expressions.types import is_lateness
from complaint_rules.ruleset import document_rules as doc
from complaint_rules.ruleset.document import CalendarDocument
from complaint_rules.ruleset.edges import limit_and_happening
from complaint_rules.ruleset.lateness import values_of
from complaint_rules.ruleset.limits import Extension, Limit, Several, Suspension
from complaint_rules.ruleset.rules import ALWAYS_IN_FORCE, Deadline
from complaint_rules.ruleset.scopes import Scope
from complaint_rules.ruleset.source import Path
from complaint_rules.time import (
    DayCounting,
    Duration,
    TakenIn,
    Working,
    WorkingDays,
    counted_back,
    parse_duration,
)
from complaint_rules.time.durations import CLOCK_TIME, parts_of

if TYPE_CHECKING:
    from complaint_rules.ruleset.compile_rules import RuleCompiler


class DeadlineCompiler:
    """Reads the section of deadlines."""

    def __init__(self, rules: RuleCompiler) -> None:
        self.rules = rules
        self.problems = rules.problems
        self.words = rules.words
        self.edges = rules.edges

    def deadline(self, entry: doc.DeadlineDocument, path: Path) -> Deadline:
        starts = self.edges.starts(entry.starts, (*path, "starts"))
        vocabulary: Vocabulary = self.words.start_vocabulary(starts) if starts else {}
        hand_over = self.edges.hand_over(entry, path)
        begins = starts
        if hand_over is not None and hand_over.restarts:
            begins = (*starts, hand_over.event)
        moments = vocabulary if begins is starts else self.words.start_vocabulary(begins)
        self.rules.role(entry.duty_of, (*path, "duty_of"))
        lead = self.lead_of_start(entry, starts, path)
        self.check_limits(entry, path)
        for key in ("by", "before"):
            name = getattr(entry, key)
            if name is not None and not _is_amount(name):
                self.instant_name(name, moments, (*path, key))
        within = self.limit(entry.limit, (*path, "within"), vocabulary)
        several = self.several(entry, moments, (*path, "within"))
        if entry.at_least is not None:
            here = (*path, "at_least")
            within = self.lead(self.limit(entry.at_least, here, vocabulary), here)
        return Deadline(
            **self.rules.head(entry, path, Scope("start", "|".join(starts)), vocabulary),
            duty_of=entry.duty_of,
            starts=starts,
            events_behind=self.words.events_behind(begins),
            lead=lead,
            within=within,
            target=self.limit(entry.target, (*path, "target"), vocabulary),
            by=entry.by,
            before=None if _is_amount(entry.before) else entry.before,
            ends=self.edges.events_and_edges(entry.ends, (*path, "ends")),
            in_order=entry.completes == "oldest",
            while_open=entry.while_open,
            ended_by_anyone=entry.ended_by == "anyone",
            missed_at_the_limit=entry.missed_at_the_limit,
            stands_still=entry.overdue_while_suspended == "stands-still",
            in_force=self.in_force(entry, path),
            agreed=tuple(
                self.extension(extension, (*path, "agreed", number))
                for number, extension in enumerate(entry.agreed)
            ),
            suspended=tuple(
                self.suspension(suspension, (*path, "suspended", number))
                for number, suspension in enumerate(entry.suspended)
            ),
            cancelled=self.edges.events_and_edges(entry.cancelled or [], (*path, "cancelled")),
            cancelled_late=entry.cancelled_late,
            handed_over=hand_over,
            counting=self.counting(entry, (within, several), moments, path),
            overdue_days=entry.overdue_days or self.rules.document.overdue_days,
            late_in=self.words.lateness[entry.id.replace("-", "_")],
            calendar=self.rules.calendar_name(entry.calendar, path),
            several=several,
        )

    def several(
        self, entry: doc.DeadlineDocument, vocabulary: Vocabulary, path: Path
    ) -> Several | None:
        """The limits of which one counts."""
        if entry.several is None:
            return None
        which, texts = entry.several
        parts: list[Limit | str] = []
        for number, text in enumerate(texts):
            here = (*path, f"{which}_of", number)
            type_ = vocabulary[text].type.name if text in vocabulary else None
            if type_ in ("instant", "date"):
                parts.append(text)
            elif type_ is not None and type_ != "duration":
                self.problems.report(
                    here,
                    f"{text!r} is of type {vocabulary[text].type}: name an instant or a date, or "
                    f"give a duration",
                )
            elif type_ is None and _NAME.fullmatch(text.strip()):
                names = (
                    name
                    for name, one in vocabulary.items()
                    if one.type.name in ("instant", "date", "duration")
                )
                self.rules.known(here, "instant, date or duration", text.strip(), names)
            else:
                limit = self.limit(text, here, vocabulary)
                parts += [] if limit is None else [limit]
        return Several(which, tuple(parts))

    def time_of_last_day(
        self, entry: doc.DeadlineDocument, path: Path, *, in_days: bool
    ) -> time | None:
        """When the last day ends, which only a limit in days has."""
        if entry.at is None:
            return None
        here = (*path, "at")
        if not in_days:
            self.problems.report(
                here,
                f"the limit is not counted in days, so that it has no last day to end at "
                f"{entry.at}: leave it out, or count days",
            )
        if entry.days is not None and entry.days.last_day_ends != "midnight":
            self.problems.report(
                here,
                f"{entry.at} and last_day_ends: {entry.days.last_day_ends} are two ends of the "
                f"last day: keep one of them",
            )
        return time.fromisoformat(entry.at)

    def in_days(self, limit: Limit, vocabulary: Vocabulary) -> bool:
        """Whether a limit may be counted in days, and so have a last one."""
        if limit.name is None:
            return limit.duration is None or not isinstance(limit.duration, CLOCK_TIME)
        units = vocabulary[limit.name].type.units
        return not units or bool({*units} - {"elapsed", "working"})

    def counting(
        self,
        entry: doc.DeadlineDocument,
        limits: tuple[Limit | None, Several | None],
        vocabulary: Vocabulary,
        path: Path,
    ) -> DayCounting:
        given = entry.days or self.rules.document.days
        if entry.days is not None or entry.taken_in is not None:
            where: Path = (*path, "days" if entry.taken_in is None else "taken_in")
        else:
            where = ("days",)
        ways = (given.after_hours != "counts", given.taken_in is not None)
        if all(ways):
            self.problems.report(
                where, "after_hours and taken_in.until are two cut-offs: give one of them"
            )
        taken_in = None
        if entry.taken_in is not None:
            # What a limit says of itself holds for its hours too.
            taken_in = TakenIn(time.fromisoformat(entry.taken_in.until), hours_too=True)
        elif given.taken_in is not None:
            taken_in = TakenIn(time.fromisoformat(given.taken_in.until))
        elif given.after_hours != "counts":
            taken_in = TakenIn()
        calendar, named = self.calendar(entry)
        if taken_in is not None and calendar.hours is None:
            self.problems.report(
                where,
                f"what comes in too late counts from the next opening, and the calendar has no "
                f"hours: give {named}.hours",
            )
        within, several = limits
        parts: Sequence[Limit | str] = () if within is None else (within,)
        if several is not None:
            parts = several.parts
        in_days = any(
            vocabulary[part].type.name == "date"
            if isinstance(part, str)
            else self.in_days(part, vocabulary)
            for part in parts
        )
        at = self.time_of_last_day(entry, path, in_days=in_days)
        return DayCounting(given.first_day, given.last_day_ends, given.rolls, taken_in, at)

    def calendar(self, entry: doc.DeadlineDocument) -> tuple[CalendarDocument, str]:
        """The calendar of a limit, and where it is declared."""
        document = self.rules.document
        if entry.calendar is None or entry.calendar not in document.calendars:
            return document.calendar, "calendar"
        return document.calendars[entry.calendar], f"calendars.{entry.calendar}"

    def suspension(self, entry: doc.Suspension, path: Path) -> Suspension:
        begins = self.events(entry.from_, (*path, "from"))
        ends: list[str] = []
        fields: list[tuple[str, str]] = []
        for number, name in enumerate(entry.until):
            where = (*path, "until", number)
            event, dot, field = name.partition(".")
            if not dot:
                ends += self.events([name], where[:-1])
            elif self.rules.known(where, "event of 'from'", event, begins):
                known = self.words.event_fields(event)
                if self.rules.known(where, "field", field, known):
                    if known[field].type.name != "instant":
                        self.problems.report(where, f"{name!r} is no instant: name one")
                    elif event in dict(fields):
                        self.problems.report(where, f"{event!r} has two ends: name one field")
                    fields.append((event, field))
        return Suspension(begins, tuple(ends), tuple(fields))

    def in_force(self, entry: doc.DeadlineDocument, path: Path) -> tuple[date, date]:
        given = entry.in_force
        if given is None:
            return ALWAYS_IN_FORCE
        first, last = given.from_ or date.min, given.until or date.max
        if last < first:
            self.problems.report((*path, "in_force"), f"{last} is before {first}: swap them")
        return first, last

    def check_limits(self, entry: doc.DeadlineDocument, path: Path) -> None:
        if _is_amount(entry.before):
            return  # that is a reminder, looked at on its own
        leads = (entry.at_least is not None, entry.before is not None)
        if any(leads) and (not all(leads) or entry.within or entry.by):
            self.problems.report(
                path,
                "a lead time is at_least and before, and neither within nor by: give these two",
            )
        if not (entry.within or entry.by or any(leads)):
            self.problems.report(
                path, "no time limit: give within, or by (an agreed moment), or at_least and before"
            )

    def lead_of_start(
        self, entry: doc.DeadlineDocument, starts: tuple[str, ...], path: Path
    ) -> Duration | None:
        """How long before a limit is due this one begins, where ``before`` is a duration."""
        if not _is_amount(entry.before):
            return None
        here = (*path, "before")
        for start in starts:
            edge = limit_and_happening(start)
            if edge is None or edge[1] != "due":
                self.problems.report(
                    here,
                    f"it is to begin {entry.before} before a time limit is due, and {start!r} is "
                    f"something else: start it by a limit that falls due, such as "
                    f"{edge[0] if edge else 'reply'}.due",
                )
        if entry.at_least is not None:
            self.problems.report(
                here,
                f"{entry.before} before a time limit is due it begins, and at_least says when "
                f"another one is due: give within (or by), and not at_least",
            )
        elif not (entry.within or entry.by):
            self.problems.report(
                path,
                f"no time limit: it begins {entry.before} before another is due, so say with "
                f"within (or by) how long it runs from then on",
            )
        limit = self.limit(entry.before, here, self.words.of_all)
        self.lead(limit, here)  # one that cannot be counted back is none
        return None if limit is None else limit.duration

    def events(self, names: list[str], path: Path) -> tuple[str, ...]:
        found = []
        for number, name in enumerate(names):
            if self.rules.known((*path, number), "event", name, self.words.events):
                found.append(name)
        return tuple(found)

    def instant_name(self, name: str, vocabulary: Vocabulary, path: Path) -> None:
        instants = [n for n, meaning in vocabulary.items() if meaning.type.name == "instant"]
        if name in vocabulary and name not in instants:
            self.problems.report(
                path, f"{name!r} is of type {vocabulary[name].type}: name an instant"
            )
        else:
            self.rules.known(path, "instant", name, instants)

    def limit(self, text: str | None, path: Path, vocabulary: Vocabulary) -> Limit | None:
        """A duration, or the name of one: of a parameter, a fact, or data of the event."""
        if text is None:
            return None
        parameter = self.rules.parameters.get(text)
        if parameter is not None:
            if parameter.type != "duration":
                self.problems.report(path, f"{text!r} is of type {parameter.type}: name a duration")
            for value in values_of(parameter):
                self.check_unit(value, path)
            return Limit(None, text)
        if text in vocabulary:
            type_ = vocabulary[text].type
            if type_.name != "duration" or is_lateness(text, vocabulary):
                self.problems.report(path, f"{text!r} is of type {type_}: name a duration")
            return Limit(None, text)
        if _NAME.fullmatch(text.strip()):
            known = (name for name, one in vocabulary.items() if one.type.name == "duration")
            self.problems.report(
                path,
                f"{text.strip()!r} is not a duration, and names none here"
                f"{did_you_mean(text.strip(), known)}: write one such as '3 working days', or "
                f"name a parameter or fact of that type",
            )
            return None
        duration = self.problems.attempt(path, lambda: parse_duration(text))
        if duration is not None:
            self.check_unit(duration, path)
        return Limit(duration)

    def check_unit(self, duration: Duration, path: Path) -> None:
        calendar, named = self.calendar(self.rules.document.deadlines[int(path[1])])
        if str(duration).startswith("-"):
            self.problems.report(
                path, f"{duration} is negative: a lead time is at_least and before"
            )
        if isinstance(duration, Working) and calendar.hours is None:
            self.problems.report(
                path,
                f"{duration}, and the calendar has no hours: give {named}.hours, or count days",
            )
        if (
            any(isinstance(part, WorkingDays) for part in parts_of(duration))
            and calendar.hours is None
            and calendar.official is None
        ):
            self.problems.report(
                path,
                f"{duration}, and no calendar says which days are working days: "
                f"give {named}.official or {named}.hours",
            )

    def lead(self, limit: Limit | None, here: Path) -> Limit | None:
        """The same limit, counted back."""
        if limit is None or limit.duration is None:
            if limit is not None and limit.name is not None:
                self.problems.report(here, "a lead time is a duration: write it out")
            return limit
        backwards = counted_back(limit.duration)
        if backwards is not None:
            return Limit(backwards)
        self.problems.report(here, "'same day' is no lead time: give an amount")
        return limit

    def extension(self, entry: doc.OnEvent, path: Path) -> Extension:
        if self.rules.known((*path, "event"), "event", entry.event, self.words.events):
            fields = self.words.event_fields(entry.event)
            if (
                entry.moment is not None
                and self.rules.known((*path, "moment"), "field", entry.moment, fields)
                and fields[entry.moment].type.name != "instant"
            ):
                self.problems.report((*path, "moment"), f"{entry.moment!r} is no instant")
        if (entry.moment is None) == (entry.more is None):
            self.problems.report(path, "give either the moment field, or how much more time")
        limit = self.limit(entry.more, (*path, "more"), self.words.of_all)
        return Extension(entry.event, entry.moment, limit, entry.also_afterwards)


_NAME: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")


def _is_amount(text: str | None) -> bool:
    """Whether a text can only be a duration, and is no name."""
    return text is not None and (text.strip()[:1].isdigit() or " " in text.strip())

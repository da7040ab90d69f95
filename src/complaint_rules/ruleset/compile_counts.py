"""From the counts of a document to counts, those that are written in conditions included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from complaint_rules.currencies import MINOR_UNITS
from complaint_rules.errors import ConditionError
from complaint_rules.expressions import INT, parse_condition
from complaint_rules.expressions.counts import Measure, WrittenCount, written_counts
from complaint_rules.expressions.render import say_duration
from complaint_rules.ruleset import document_words as doc
from complaint_rules.ruleset.counts import Count, Cycle
from complaint_rules.ruleset.document import PolicyDocument
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.past import fields_of_all, names_in_counts
from complaint_rules.ruleset.problems import Problems
from complaint_rules.ruleset.rules import RULE_SECTIONS, Condition, Penalty
from complaint_rules.ruleset.source import Path
from complaint_rules.ruleset.vocabulary import Field, Words
from complaint_rules.time import DayCounting, Duration, Working, WorkingDays, parse_duration
from complaint_rules.time.durations import parts_of

ADDED_UP: Final = ("money", "number", "int")
"""The types that sums are of."""

_TITLES: Final[Mapping[Measure, Mapping[str, str]]] = {
    "count": {"zh": "{}的次数", "en": "number of times: {}"},
    "sum": {"zh": "{}合计", "en": "sum of: {}"},
    "distinct": {"zh": "不同的{}数", "en": "number of different: {}"},
}


def with_counts(
    words: Words, document: PolicyDocument, parameters: Mapping[str, Parameter], problems: Problems
) -> Words:
    """The words of a document, with the counts that it declares or that conditions have."""
    compiler = _CountCompiler(words, document, parameters, problems)
    counts = {
        name: compiler.declared(name, entry, ("counts", name))
        for name, entry in document.counts.items()
    }
    for path, text in _conditions(document):
        counts |= compiler.written(text, path)
    found = {name: count for name, count in counts.items() if count is not None}
    if not found:
        return words
    meanings = {name: count.meaning for name, count in found.items()}
    return replace(words, counts=found, of_all={**words.of_all, **meanings})


def check_units_of_sums(words: Words, penalties: Iterable[Penalty], problems: Problems) -> None:
    """What is settled is added up in money: penalties in points are events of their own."""
    units = {penalty.id: penalty.unit for penalty in penalties}
    for name, count in words.counts.items():
        for kind in count.of:
            if count.measure == "sum" and kind not in words.events and units.get(kind):
                problems.report(
                    ("counts", name, "sum"),
                    f"{kind!r} comes to {units[kind]}, and only money adds up here: give them as "
                    f"an event that carries them, sum: event.{units[kind]}",
                )


def _conditions(document: PolicyDocument) -> Iterator[tuple[Path, str]]:
    for section in RULE_SECTIONS:
        for number, entry in enumerate(getattr(document, section)):
            for key in ("when", "achieved"):
                text = getattr(entry, key, None)
                if isinstance(text, str):
                    yield (section, number, key), text


@dataclass(frozen=True, slots=True)
class _CountCompiler:
    words: Words
    document: PolicyDocument
    parameters: Mapping[str, Parameter]
    problems: Problems

    @property
    def places(self) -> int:
        return MINOR_UNITS.get(self.document.currency, 2)  # an unknown one is reported elsewhere

    # Those that conditions have

    def written(self, text: str, path: Path) -> dict[str, Count | None]:
        """The counts of a condition by their names."""
        try:
            found = list(written_counts(text))
        except ConditionError as error:
            self.problems.report(path, str(error))
            return {}
        return {one.name: self._written(one, path) for one in found}

    def _written(self, one: WrittenCount, path: Path) -> Count | None:
        if one.event not in self.words.events:
            self.problems.unknown(path, "event", one.event, self.words.events)
            return None
        field = None
        if one.field is not None:
            field = self.field((one.event,), one.field, one.measure, path)
            if field is None:
                return None
        self.check_window(one.within, path)
        return self.count(one.name, one.measure, (one.event,), field, within=one.within)

    # Those that are declared

    def declared(self, name: str, entry: doc.CountDocument, path: Path) -> Count | None:
        """A count of the section, or ``None`` after reporting what is wrong with it."""
        before = len(self.problems.found)
        self.check_name(name, path)
        of = self.kinds(entry, path)
        measure: Measure = "count"
        field = None
        if entry.sum is not None and entry.distinct is not None:
            self.problems.report(
                path, "sum and distinct are two measures: keep one, or write two counts"
            )
        for key in ("sum", "distinct"):
            named = getattr(entry, key)
            if named is not None:
                measure = key
                field = self.field(of, named.removeprefix("event."), measure, (*path, key))
        history = entry.over == "history"
        self.check_reach(entry, path)
        within = self.window(entry.within, (*path, "within"))
        condition = self.condition(entry, of, path)
        if len(self.problems.found) > before:
            return None
        return self.count(
            name,
            measure,
            of,
            field,
            same=entry.same,
            within=within,
            cycle=self.cycle(entry.cycle, (*path, "cycle")),
            since=entry.since,
            condition=condition,
            over_history=history,
            title=entry.title.as_mapping() if entry.title else None,
        )

    def count(
        self,
        name: str,
        measure: Measure,
        of: tuple[str, ...],
        field: Field | None,
        *,
        same: str | None = None,
        within: Duration | None = None,
        cycle: Cycle | None = None,
        since: str | None = None,
        condition: Condition | None = None,
        over_history: bool = False,
        title: Mapping[str, str] | None = None,
    ) -> Count:
        """The count, with a title made up where it has none."""
        days = self.document.days
        return Count(
            name,
            measure,
            of,
            None if field is None else field.name,
            field.type if measure == "sum" and field is not None else INT,
            same,
            within,
            DayCounting(days.first_day, days.last_day_ends),
            cycle,
            since,
            condition,
            over_history,
            title or self.title(measure, of, field, within, cycle),
            field.type.values if measure == "distinct" and field is not None else (),
        )

    # Its parts

    def check_name(self, name: str, path: Path) -> None:
        for section in ("facts", "roles", "parameters", "events"):
            if name in getattr(self.document, section):
                self.problems.report(path, f"{name!r} is declared in {section} too: rename one")
        if name in self.words.deadlines:
            self.problems.report(path, f"{name!r} is a time limit in conditions: rename one")

    def kinds(self, entry: doc.CountDocument, path: Path) -> tuple[str, ...]:
        """The events that count, and the penalties whose settled ones do."""
        settled = [*(rule.id for rule in self.document.penalties), *self.document.sanctions]
        known = [*self.words.events, *settled] if entry.over == "history" else self.words.events
        for number, kind in enumerate(entry.of):
            if kind in known:
                continue
            here: Path = (*path, "of", number) if len(entry.of) > 1 else (*path, "of")
            if kind in settled:
                self.problems.report(
                    here,
                    f"{kind!r} is a penalty or sanction, and what this case comes to cannot count "
                    f"in it: count those that were settled, over: history",
                )
            elif kind in self.document.counts:
                self.problems.report(here, f"{kind!r} is a count: name the events that it counts")
            else:
                self.problems.unknown(here, "event", kind, known)
        return tuple(dict.fromkeys(kind for kind in entry.of if kind in known))

    def field(
        self, kinds: tuple[str, ...], name: str, measure: Measure, path: Path
    ) -> Field | None:
        """The field that is added up, or whose values are counted."""
        fields = fields_of_all(kinds, self.words, self.places)
        if name not in fields:
            if kinds:
                self.problems.unknown(path, f"field of {' and '.join(kinds)}", name, fields)
            return None
        field = fields[name]
        if measure == "sum" and field.type.name not in ADDED_UP:
            self.problems.report(
                path,
                f"{name!r} is {field.type}, and only amounts and numbers add up: count the "
                f"events, or the different values, distinct: event.{name}",
            )
            return None
        return field

    def check_reach(self, entry: doc.CountDocument, path: Path) -> None:
        """Whose events count, and how far back they do."""
        if entry.same is not None and entry.same not in self.words.roles:
            what = "fact" if entry.same in self.words.facts else None
            if what is None:
                self.problems.unknown((*path, "same"), "role", entry.same, self.words.roles)
            else:
                self.problems.report(
                    (*path, "same"),
                    f"{entry.same!r} is a fact, and cases are counted for a party: declare it "
                    f"under roles",
                )
        if entry.since is not None and entry.since not in self.words.events:
            self.problems.unknown((*path, "since"), "event", entry.since, self.words.events)
        if entry.within is not None and entry.cycle is not None:
            self.problems.report(
                path, "within and cycle are two windows: keep one, or write two counts"
            )
        if entry.over == "history":
            if entry.within is None and entry.cycle is None and entry.since is None:
                self.problems.report(
                    path,
                    "over: history has no end in the past: say how far back it goes, within: 12 "
                    "calendar months, cycle: year, or since: an event",
                )
            if entry.same is None:
                self.problems.report(
                    path, "over: history, and whose? Say same: the role whose party it is of"
                )

    def window(self, text: str | None, path: Path) -> Duration | None:
        """A duration, or that of a parameter which has one value."""
        if text is None:
            return None
        parameter = self.parameters.get(text)
        if parameter is not None:
            values = [value for _, value in parameter.values if isinstance(value, Duration)]
            if len(values) != 1 or len(parameter.values) != 1 or parameter.needs_day:
                self.problems.report(
                    path,
                    f"the parameter {text!r} is not one duration whatever the date: write the "
                    f"window out, such as 12 calendar months",
                )
                return None
            duration: Duration | None = values[0]
        else:
            duration = self.problems.attempt(path, lambda: parse_duration(text))
        self.check_window(duration, path)
        return duration

    def check_window(self, duration: Duration | None, path: Path) -> None:
        calendar = self.document.calendar
        if isinstance(duration, Working):
            self.problems.report(
                path,
                f"{duration} is no window: write working days, calendar days, or elapsed hours",
            )
        elif duration is not None and duration.amount <= 0 and str(duration) != "same day":
            self.problems.report(path, f"{duration} holds nothing: give a longer window")
        elif _counts_work(duration) and calendar.hours is calendar.official is None:
            self.problems.report(
                path,
                f"{duration}, and no calendar says which days are working days: give "
                f"calendar.official or calendar.hours",
            )

    def cycle(self, text: str | None, path: Path) -> Cycle | None:
        if text is None:
            return None
        unit, _, first = text.partition(" from ")
        if not first:
            return Cycle(unit)  # type: ignore[arg-type]
        try:  # a year that has no 29 February
            day = date.fromisoformat(f"2001-{first}")
        except ValueError:
            self.problems.report(path, f"{first!r} is no day of every year: write one like 04-01")
            return None
        return Cycle("year", day.month, day.day)

    def condition(
        self, entry: doc.CountDocument, of: tuple[str, ...], path: Path
    ) -> Condition | None:
        """Which events count, by what they carry."""
        if entry.when is None:
            return None
        text, here = str(entry.when), (*path, "when")
        for name in self.document.counts:
            if name in _words_of(text):
                self.problems.report(
                    here,
                    f"reads the count {name!r}, and counts that read counts go round in circles: "
                    f"read what the event carries, such as event.grade",
                )
                return None
        try:
            vocabulary = names_in_counts(
                of, self.words, self.places, history=entry.over == "history"
            )
            node = parse_condition(text, vocabulary)
            return Condition(" ".join(text.split()), node)
        except ConditionError as error:
            self.problems.report(here, str(error))
            return None

    def title(
        self,
        measure: Measure,
        of: tuple[str, ...],
        field: Field | None,
        within: Duration | None,
        cycle: Cycle | None,
    ) -> dict[str, str]:
        """``number of times: offence (within 12 calendar months)``."""
        found = {}
        for language, template in _TITLES[measure].items():
            events = [self._title_of(kind, language) for kind in of]
            what = ("、" if language == "zh" else " or ").join(events)
            if field is not None:
                named = field.title.get(language) or next(iter(field.title.values()), field.name)
                what = f"{what}{named}" if language == "zh" else f"{named} of {what}"
            text = template.format(what)
            found[language] = text + _span(within, cycle, language)
        return found

    def _title_of(self, kind: str, language: str) -> str:
        if kind in self.words.events:
            title = self.words.events[kind].title
        elif kind in self.document.sanctions:
            title = self.document.sanctions[kind].as_mapping()
        else:
            (title,) = (p.title.as_mapping() for p in self.document.penalties if p.id == kind)
        return title.get(language) or next(iter(title.values()), kind)


_CYCLES: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {"year": "本年度", "quarter": "本季度", "month": "本月"},
    "en": {"year": "this year", "quarter": "this quarter", "month": "this month"},
}


def _span(within: Duration | None, cycle: Cycle | None, language: Any) -> str:
    if cycle is not None:
        text = _CYCLES[language][cycle.unit]
    elif within is not None:
        said = say_duration(within, language)
        text = f"{said}内" if language == "zh" else f"within {said}"
    else:
        return ""
    return f"（{text}）" if language == "zh" else f" ({text})"


def _words_of(text: str) -> set[str]:
    return set("".join(c if c.isalnum() or c in "_." else " " for c in text).split())


def _counts_work(duration: Duration | None) -> bool:
    parts = () if duration is None else parts_of(duration)
    return any(isinstance(part, WorkingDays) for part in parts)

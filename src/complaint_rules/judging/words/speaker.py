"""Saying the parts of a decision in one language, with the titles of one policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from complaint_rules.errors import DecisionError
from complaint_rules.expressions import (
    Language,
    Value,
    Vocabulary,
    render,
    say_duration,
    say_instant,
    say_value,
    title,
)
from complaint_rules.judging.amounts import arithmetic_in
from complaint_rules.judging.items import Missing, PenaltyItem, Read, Reason, ReliefItem
from complaint_rules.judging.occurrence import Happened
from complaint_rules.judging.state import State
from complaint_rules.judging.words.wording import WORDS
from complaint_rules.money import Interval, plain
from complaint_rules.ruleset.edges import limit_and_happening
from complaint_rules.ruleset.limits import Limit
from complaint_rules.ruleset.rules import Deadline, Penalty, Rule
from complaint_rules.ruleset.ruleset import Ruleset

if TYPE_CHECKING:
    from complaint_rules.judging.decision import Decision


_MOST_COUNTED: Final = 12
"""So many of what a count counted are told, the latest ones."""


class Speaker:
    """Says the parts of a decision in one language, with the titles of one policy.

    Events and penalties that items are about are known to a speaker ``of`` a decision, and to no
    other.
    """

    def __init__(self, ruleset: Ruleset, language: Language, state: State | None = None) -> None:
        if language not in WORDS:
            raise DecisionError(
                f"{language!r} is not a language of explanations: "
                f"choose {' or '.join(map(repr, WORDS))}"
            )
        self.ruleset = ruleset
        self.language: Language = language
        self.words = WORDS[language]
        self.rules = {rule.id: rule for rule in ruleset.rules()}
        self.state = state
        self.happened = Happened({}, {}) if state is None else state.happened()
        self.names = dict(self._names_of_events())
        self.penalties: dict[str, PenaltyItem] = {}

    @classmethod
    def of(cls, decision: Decision, language: Language) -> Speaker:
        """One that says what a decision is about.

        Raises:
            DecisionError: the decision was read from JSON without its policy.
        """
        basis = decision.known_basis()
        speaker = cls(basis.ruleset, language, basis.state)
        speaker.penalties = {penalty.id: penalty for penalty in decision.penalties}
        return speaker

    def say(self, key: str, **values: object) -> str:
        return self.words[key].format(**values)

    def join(self, parts: Sequence[str]) -> str:
        return self.words["comma"].join(parts)

    def rule_title(self, rule_id: str) -> str:
        return title(self.rules[rule_id].title, self.language, rule_id)

    def head(self, rule_id: str) -> str:
        rule = self.rules[rule_id]
        clause = self.words["clause"].format(self.join([rule.clause, *rule.also]))
        return f"{self.rule_title(rule_id)} {clause}"

    def role(self, role: str, party: str | None = None) -> str:
        name = title(self.ruleset.words.roles.get(role, {}), self.language, role)
        if party is None:
            return name
        return f"{name}（{party}）" if self.language == "zh" else f"{name} ({party})"

    def relieved(self, relief: ReliefItem) -> str:
        """Who is relieved: whoever the penalty is against."""
        penalty = self.penalties.get(relief.penalty)
        if penalty is not None:
            return self.role(penalty.against, penalty.party)
        return relief.party or self.rule_title(relief.rule)

    def about(self, relief: ReliefItem) -> str | None:
        """What the penalty that is taken back is about."""
        penalty = self.penalties.get(relief.penalty)
        return None if penalty is None else penalty.occurrence

    def amount(self, amount: Interval, unit: str = "") -> str:
        """An amount of money, or in another unit of the policy."""
        currency = self.ruleset.currency
        if unit in self.ruleset.units:
            currency = title(self.ruleset.units[unit].title, self.language, unit)
        if (self.language, currency) == ("zh", "CNY"):
            currency = "元"
        if amount.maximum is None:
            if not amount.minimum:
                return self.words["any"]
            return self.say("open", low=plain(amount.minimum), currency=currency)
        return self.say("amount", amount=amount, currency=currency)

    def occurrence(self, key: str) -> str:
        """The event of that key, or the one that started the limit of that id."""
        event = self.happened.by_key.get(key)
        return key if event is None else self.names[event.key]

    def _names_of_events(self) -> Iterator[tuple[str, str]]:
        """Each event by its title and instant, and by its number where those are not enough."""
        for events in self.happened.of_kind.values():
            names = [f"{self.field(event.type)} {self.moment(event.at)}" for event in events]
            often = Counter(names)
            for number, (event, name) in enumerate(zip(events, names, strict=True), start=1):
                alone = often[name] == 1
                yield (
                    event.key,
                    name if alone else self.say("number", occurrence=name, number=number),
                )

    def is_one_of_several(self, key: str) -> bool:
        """Whether there are more events of the kind, so that it has to be said which is meant."""
        event = self.happened.by_key.get(key)
        return event is not None and len(self.happened.of_kind[event.type]) > 1

    def limit_title(self, name: str) -> str:
        """The title of a time limit, by its name in conditions."""
        return title(self.ruleset.words.deadlines.get(name, {}), self.language, name)

    def edge(self, form: Literal["edge", "of"], start: str, rule: Rule | None) -> str:
        """What happens to another limit and starts one by ``rule``: ``first.missed``, in words."""
        limit, happening = limit_and_happening(start) or (start, "started")
        lead = rule.lead if isinstance(rule, Deadline) and happening == "due" else None
        key = f"{form}-{happening if lead is None else 'before'}"
        said = "" if lead is None else say_duration(lead, self.language)
        return self.say(key, title=self.limit_title(limit), lead=said)

    def part(self, part: Limit | str, rule: Rule) -> str:
        """One of several limits of which one counts."""
        if isinstance(part, Limit) and part.duration is not None:
            return say_duration(part.duration, self.language)
        name = part if isinstance(part, str) else part.name or ""
        return title(self.vocabulary(rule)[name].title, self.language, name)

    def moment(self, instant: datetime) -> str:
        """An instant in the policy's timezone, which the head of an explanation names."""
        return say_instant(instant.astimezone(self.ruleset.calendar.timezone))

    def clock(self, instant: datetime) -> str:
        """When to look again, to the second; a day's end stays its 24:00."""
        exact = instant.microsecond == 999_999
        return self.moment(instant if exact else instant.replace(microsecond=0))

    def value(self, value: Value, name: str, vocabulary: Vocabulary) -> str:
        if isinstance(value, datetime):
            return self.moment(value)
        return say_value(value, name, vocabulary, self.language)

    def missing(self, missing: Sequence[Missing]) -> str:
        return self.say("missing", names=self.join([self.missing_one(one) for one in missing]))

    def missing_one(self, missing: Missing) -> str:
        ask = title(dict(missing.ask), self.language, "")
        if missing.what == "calendar":
            return self.say("calendar", name=missing.name)
        if missing.what == "parameter":
            parameter = self.ruleset.parameters[missing.name]
            return self.say("parameter", name=title(parameter.title, self.language, missing.name))
        if missing.what == "history":
            return self.words["history"]
        name = self.field(missing.name)
        if not ask:
            return name
        return f"{name}（{ask}）" if self.language == "zh" else f"{name} ({ask})"

    def field(self, name: str) -> str:
        """The title of a fact, a parameter, a role, an event, or a field of an event."""
        words = self.ruleset.words
        owner, _, attribute = name.partition(".")
        if name in words.facts:
            return title(words.facts[name].title, self.language, name)
        if name in self.ruleset.parameters:
            return title(self.ruleset.parameters[name].title, self.language, name)
        if name in words.roles:
            return title(words.roles[name], self.language, name)
        if owner in words.events:
            event = title(words.events[owner].title, self.language, owner)
            fields = words.event_fields(owner)
            if attribute in fields:
                return f"{event}: {title(fields[attribute].title, self.language, attribute)}"
            return event
        return name

    def field_of(self, name: str, occurrence: str | None) -> str:
        """The title of a field, where ``event.`` means the event that something is about."""
        owner, dot, attribute = name.partition(".")
        event = self.happened.by_key.get(occurrence or "")
        if event is None or owner != "event":
            return self.field(name)
        return self.field(f"{event.type}{dot}{attribute}")

    def reason(self, reason: Reason, rule: Rule) -> list[str]:
        lines = []
        if rule.condition is not None:
            vocabulary = self.vocabulary(rule)
            condition = render(rule.condition.node, vocabulary, self.language)
            lines.append(self.say("because", condition=condition))
            values = [
                f"{title(vocabulary[read.name].title, self.language, read.name)} = "
                f"{self.value(read.value, read.name, vocabulary)}"
                f"{self.words['assumed'] if read.assumed else ''}{self._counted(read)}"
                for read in reason.read
            ]
            if values:
                lines.append(self.say("values", values=self.join(values)))
        if reason.arithmetic is not None and rule.kind != "deadline":
            lines.append(self.say("arithmetic", text=self._worked_out(reason.arithmetic, rule)))
        return lines

    def _counted(self, read: Read) -> str:
        """When what a count counted happened."""
        if not read.counted:
            return ""
        more = len(read.counted) - _MOST_COUNTED
        shown = [self.moment(at) for at in read.counted[-_MOST_COUNTED:]]
        if more > 0:
            shown.insert(0, "…")
        return self.say("counted", at=self.join(shown))

    def _worked_out(self, arithmetic: str, rule: Rule) -> str:
        arithmetic = arithmetic_in(self.language, arithmetic)
        unit = rule.unit if isinstance(rule, Penalty) else ""
        if unit:
            said = title(self.ruleset.units[unit].title, self.language, unit)
            arithmetic = arithmetic.replace(f" {unit} ×", f" {said} ×", 1)
        base = rule.base if isinstance(rule, Penalty) else None
        if base is None:
            return arithmetic
        return arithmetic.replace(f"{base} = ", f"{self.field(base)} = ", 1)

    def vocabulary(self, rule: Rule) -> Vocabulary:
        words = self.ruleset.words
        if rule.scope.kind == "start":
            return words.start_vocabulary(tuple(rule.scope.of.split("|")))
        return words.vocabulary(rule.scope)

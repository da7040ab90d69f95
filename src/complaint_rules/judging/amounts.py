"""What a penalty costs in one case: the reference reading of ``ruleset.amounts``.

What is not known lies between nothing, or no end, and no end; the sum, the floor and the caps are
then taken end by end. A penalty of which both ends agree needs nothing more to be known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple, cast

from complaint_rules.expressions import Language
from complaint_rules.expressions.intervals import greatest, interval_of, least, product
from complaint_rules.expressions.render_terms import say_term
from complaint_rules.expressions.tree import (
    Between,
    Constant,
    Minus,
    Percent,
    Plus,
    Reference,
    Term,
)
from complaint_rules.judging.items import DeadlineItem, Missing
from complaint_rules.judging.occurrence import Occurrence
from complaint_rules.judging.parameters import worked_out
from complaint_rules.judging.readers import reader
from complaint_rules.judging.state import State
from complaint_rules.money import NOTHING, ZERO, Interval
from complaint_rules.ruleset.amounts import Amount, OverdueDay
from complaint_rules.ruleset.rules import Deadline, Penalty
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.time.periods import AccrualPeriod, next_period, periods_overdue

OPEN: Final = Interval(ZERO, None)
ANY: Final = Interval(None, None)
"""What a number that is not known lies between."""


class Worked(NamedTuple):
    """An amount before rounding, how it was worked out, and what is missing to know it."""

    amount: Interval
    arithmetic: str | None = None
    missing: tuple[Missing, ...] = ()


def penalty_amount(rule: Penalty, state: State, occurrence: Occurrence) -> Worked:
    """What a penalty costs."""
    match rule.penalty_kind:
        case "dismissal" | "sanction":
            return Worked(NOTHING)
        case "referral":
            return Worked(OPEN)
        case "compensation" | "forfeiture":
            return _of_base(rule, state)
    assert rule.amount is not None  # noqa: S101 - the compiler left no other
    if rule.amount.is_constant and rule.amount.constant is not None:
        return Worked(rule.amount.constant)
    return _Reading(rule.amount, state, occurrence).worked()


def _of_base(rule: Penalty, state: State) -> Worked:
    assert rule.base is not None  # noqa: S101 - the compiler wants it
    base = state.amount(rule.base)
    if base is None:
        return Worked(OPEN)
    if rule.penalty_kind == "forfeiture":
        return Worked(base, f"{rule.base} = {base}")
    # As the case warrants: nothing up to the whole loss.
    return Worked(Interval(ZERO, base.maximum), f"0 – {rule.base} = {base}")


def worked_out_once(amount: Amount, state: State, occurrence: Occurrence) -> Worked:
    """An amount that does not accrue."""
    return _Reading(amount, state, occurrence).worked()


class Accruing(NamedTuple):
    """An amount that grows with each period, as far as it is known."""

    one: Interval
    """What one period costs."""
    floor: Interval | None
    caps: Interval | None

    def after(self, count: int) -> Interval:
        """What is owed for so many periods."""
        return self.bounded(self.one.scaled(Decimal(count)))

    def bounded(self, total: Interval) -> Interval:
        """Not less than the floor, and not more than the caps, which come last."""
        if self.floor is not None:
            total = greatest([total, self.floor])
        return total if self.caps is None else least([total, self.caps])


def accruing(amount: Amount, state: State, occurrence: Occurrence) -> Accruing | None:
    """What grows, where all of it is known."""
    reading = _Reading(amount, state, occurrence)
    found = reading.parts()
    return None if reading.absent else found


def held_by(amount: Amount, state: State, occurrence: Occurrence) -> str | None:
    """Whether the floor or a cap decides what an amount is; ``None`` where neither does."""
    grows = accruing(amount, state, occurrence)
    count = 1 if amount.per is None else periods_of(amount.per, occurrence.deadline, state)
    if grows is None or count is None:
        return None
    total = grows.one.scaled(Decimal(count))
    raised = total if grows.floor is None else greatest([total, grows.floor])
    if grows.bounded(total) != raised:
        return "a cap"
    return None if raised == total else "the floor"


class _Reading:
    """One amount for one occurrence."""

    def __init__(self, amount: Amount, state: State, occurrence: Occurrence) -> None:
        self.amount = amount
        self.state = state
        self.occurrence = occurrence
        self.absent: dict[str, None] = {}

    @property
    def places(self) -> int:
        return self.state.ruleset.places_in(self.amount.unit)

    def term(self, term: Term) -> Interval:
        return interval_of(term, self.name)

    def name(self, name: str) -> Interval:
        found = self.value(name)
        if found is None or not self.is_known(name):
            self.absent[name] = None
        if found is not None:  # what is possible, where it is not known
            return found
        return ANY if name in self.amount.signed else OPEN

    def is_known(self, name: str) -> bool:
        return name not in self.state.ruleset.parameters or self.state.parameter(name) is not None

    def value(self, name: str) -> Interval | None:
        if name in self.state.ruleset.parameters or name in self.state.ruleset.words.facts:
            return self.state.amount(name)
        value = reader(name, self.state.ruleset)(self.state, self.occurrence)
        return None if value is None else Interval.exactly(Decimal(cast("int | Decimal", value)))

    def parts(self) -> Accruing:
        amount = self.amount
        one = self.term(amount.term) if amount.constant is None else amount.constant
        if amount.rounds:
            one = one.rounded(self.places)
        floor = None if amount.at_least is None else self.term(amount.at_least)
        caps = least([self.term(cap) for cap in amount.at_most]) if amount.at_most else None
        return Accruing(one, floor, caps)

    def worked(self) -> Worked:
        parts = self.parts()
        count: int | None = 1
        if self.amount.per is not None:
            count = periods_of(self.amount.per, self.occurrence.deadline, self.state)
        total = product(parts.one, OPEN if count is None else Interval.exactly(Decimal(count)))
        found = parts.bounded(total)
        missing = () if found.is_exact else self.missing(unknown_count=count is None)
        if self.absent or count is None:
            return Worked(found, None, missing)
        return Worked(found, self.arithmetic(parts, count, total))

    def missing(self, *, unknown_count: bool) -> tuple[Missing, ...]:
        found = [m for name in self.absent for m in self.state.missing(name, self.occurrence)]
        if unknown_count and not found:
            assert self.occurrence.deadline is not None  # noqa: S101 - its periods are counted
            found += self.occurrence.deadline.missing
        return tuple(dict.fromkeys(found))

    def arithmetic(self, parts: Accruing, count: int, total: Interval) -> str | None:
        """The calculation in English; ``arithmetic_in`` says it in another language."""
        amount, places = self.amount, self.places
        single = isinstance(amount.term, Constant | Between | Reference)
        if single and amount.per is None and not amount.is_bounded:
            name = amount.term.name if isinstance(amount.term, Reference) else ""
            return worked_out(self.state, name)
        text = (
            f"{parts.one} {amount.unit or self.state.ruleset.currency}"
            if single
            else self.with_values(amount.term)
        )
        if amount.per is not None:
            text = f"({text})" if isinstance(amount.term, Plus | Minus) else text
            text += f" × {count}"
            if isinstance(amount.per, AccrualPeriod):
                text += f" {_said(amount.per, count)}"
        text += f" = {total.rounded(places)}"
        if parts.floor is not None:
            text += f", at least {parts.floor.rounded(places)}"
        if parts.caps is not None:
            text += f", at most {parts.caps.rounded(places)}"
        return text

    def with_values(self, term: Term) -> str:
        """A term with what its names come to in their place."""
        match term:
            case Percent(percent, Reference(name), up_to) if not (
                self.amount.per or self.amount.is_bounded
            ):
                share = Interval(percent, percent if up_to is None else up_to)
                return f"{share} % × {self.value(name)}"
        return say_term(term, self.said, "en")

    def said(self, name: str) -> str:
        value = self.value(name)
        parameter = self.state.ruleset.parameters.get(name)
        if value is not None and parameter is not None and parameter.type == "percent":
            return f"{value.scaled(Decimal(100))} %"
        return str(value)


def periods_of(
    per: AccrualPeriod | OverdueDay, limit: DeadlineItem | None, state: State
) -> int | None:
    """For how many periods a limit is overdue; ``None`` where that is not known."""
    assert limit is not None  # noqa: S101 - the compiler wants a deadline
    if per == "overdue day":
        return limit.overdue_days
    if limit.status == "undetermined":
        return None
    if limit.status not in ("late", "overdue") or limit.due_at is None:
        return 0
    if limit.id not in state.idle and _may_stand_still(limit, state):
        return None
    idle = state.idle.get(limit.id, ())
    calendar = state.ruleset.calendar
    return periods_overdue(limit.due_at, limit.ended_at or state.as_of, per, calendar, idle)


def _may_stand_still(limit: DeadlineItem, state: State) -> bool:
    """Whether pauses take out overdue time of which it is not known how much."""
    rule = cast("Deadline", state.ruleset.rule(limit.rule))
    begins = {type_ for suspension in rule.suspended for type_ in suspension.start}
    return rule.stands_still and not begins.isdisjoint(state.by_type)


# When amounts grow


def periods_by_limit(ruleset: Ruleset) -> Mapping[str, tuple[AccrualPeriod, ...]]:
    """The periods for which amounts accrue, by the rule of the limit that is overdue."""
    found: dict[str, dict[AccrualPeriod, None]] = {}
    for rule in ruleset.penalties:
        if rule.amount is not None and isinstance(rule.amount.per, AccrualPeriod):
            for limit in ruleset.deadlines:
                if limit.name == rule.scope.limit:
                    found.setdefault(limit.id, {})[rule.amount.per] = None
    return {limit: tuple(periods) for limit, periods in found.items()}


def next_periods(
    state: State, limit: DeadlineItem, periods: Sequence[AccrualPeriod]
) -> Iterator[datetime]:
    """When one more period counts of a limit that is open and overdue."""
    for period in periods:
        assert limit.due_at is not None  # noqa: S101 - it is overdue
        idle = state.idle.get(limit.id, ())
        change = next_period(limit.due_at, state.as_of, period, state.ruleset.calendar, idle)
        if change is not None:
            yield change


# Words


def _said(per: AccrualPeriod, count: int) -> str:
    word = "started" if per.started else "full"
    if per.number == 1:
        return f"{word} {per.unit}{'' if count == 1 else 's'}"
    return f"{word} period{'' if count == 1 else 's'} of {per.number} {per.unit}s"


_UNITS_ZH: Final[Mapping[str, str]] = {
    "minute": "分钟",
    "hour": "小时",
    "day": "天",
    "week": "周",
    "month": "个月",
}
_COUNTED: Final = re.compile(
    r"(\d+) (started|full) (?:periods? of (\d+) )?(minute|hour|day|week|month)s?\b"
)
_SHARE: Final = re.compile(r"([^\s()]+) % of (\([^()]*\)|[^\s(),]+)")
_LAST_CHOICE: Final = re.compile(r"(.*)the (smallest|largest) of (.*)")


def arithmetic_in(language: Language, text: str) -> str:
    """A calculation in another language than English.

    >>> arithmetic_in("zh", "0.05 % of 2000 × 3 started weeks = 3, at most 100")
    '2000 的 0.05 % × 3 周（不足一周按一周计） = 3，最高 100'
    >>> arithmetic_in("zh", "(2 % of 300) × (the smallest of 34, 16) = 96")
    '(300 的 2 %) × (34、16中最小者) = 96'
    """
    if language == "en":
        return text
    text = _COUNTED.sub(lambda found: _counted_zh(*found.groups()), text)
    text = _SHARE.sub(r"\2 的 \1 %", text)
    while found := _LAST_CHOICE.fullmatch(text):
        text = found[1] + _chosen_zh(found[2], found[3])
    return text.replace(", at least ", "，最低 ").replace(", at most ", "，最高 ")


def _chosen_zh(word: str, text: str) -> str:
    """The numbers that ``text`` begins with, of which one is chosen, and what follows them."""
    depth, end = 0, 0
    while end < len(text) and depth >= 0 and not text.startswith(" = ", end):
        depth += (text[end] == "(") - (text[end] == ")")
        end += depth >= 0
    numbers = text[:end].replace(", ", "、")
    return f"{numbers}中最{'小' if word == 'smallest' else '大'}者{text[end:]}"


def _counted_zh(count: str, word: str, number: str | None, unit: str) -> str:
    said = _UNITS_ZH[unit]
    if number is not None:
        begun = "（不足者按一个计）" if word == "started" else ""
        return f"{count} 个{'' if begun else '满'} {number} {said}{begun}"
    if word == "full":
        return f"{count} 个满{said.removeprefix('个')}"
    return f"{count} {said}（不足一{said}按一{said}计）"

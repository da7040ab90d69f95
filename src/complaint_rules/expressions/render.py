"""Conditions in plain Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final, Literal

from complaint_rules.expressions.render_terms import say_term
from complaint_rules.expressions.tree import (
    MIRRORED,
    Among,
    And,
    Compare,
    CompareNames,
    CompareTerms,
    IsTrue,
    Node,
    Not,
    Or,
    Truth,
    Value,
)
from complaint_rules.expressions.types import Vocabulary, is_lateness
from complaint_rules.money import EXACT, plain
from complaint_rules.time.durations import (
    CalendarDays,
    CalendarMonths,
    Compound,
    Duration,
    Elapsed,
    Working,
    WorkingDays,
)

Language = Literal["zh", "en"]

_WORDS: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "and": " 且 ",
        "or": " 或 ",
        "not": "并非：{}",
        "among": "{} 属于 {}",
        "true": "是",
        "false": "否",
        "always": "任何情况",
        "never": "绝不",
        "==": "{} 为 {}",
        "!=": "{} 不为 {}",
        "<": "{} 小于 {}",
        "<=": "{} 不超过 {}",
        ">": "{} 大于 {}",
        ">=": "{} 不少于 {}",
        "before": "{} 早于 {}",
        "after": "{} 晚于 {}",
        "time==": "{}为 {}",
        "time!=": "{}不为 {}",
        "time<": "{}早于 {}",
        "time<=": "{}不晚于 {}",
        "time>": "{}晚于 {}",
        "time>=": "{}不早于 {}",
        "late among": "{}属于 {}",
        "late==": "{}为 {}",
        "late!=": "{}不为 {}",
        "late<": "{}不足 {}",
        "late<=": "{}不超过 {}",
        "late>": "{}超过 {}",
        "late>=": "{}至少 {}",
    },
    "en": {
        "and": " and ",
        "or": " or ",
        "not": "not: {}",
        "among": "{} is one of {}",
        "true": "yes",
        "false": "no",
        "always": "always",
        "never": "never",
        "==": "{} is {}",
        "!=": "{} is not {}",
        "<": "{} is less than {}",
        "<=": "{} is at most {}",
        ">": "{} is more than {}",
        ">=": "{} is at least {}",
        "before": "{} is before {}",
        "after": "{} is after {}",
        "time==": "{} is {}",
        "time!=": "{} is not {}",
        "time<": "{} is before {}",
        "time<=": "{} is {} or earlier",
        "time>": "{} is after {}",
        "time>=": "{} is {} or later",
        "late among": "{} one of {}",
        "late==": "{} {}",
        "late!=": "{} other than {}",
        "late<": "{} less than {}",
        "late<=": "{} at most {}",
        "late>": "{} more than {}",
        "late>=": "{} at least {}",
    },
}

_UNITS_ZH: Final = {
    "hour": "小时",
    "minute": "分钟",
    "second": "秒",
    "microsecond": "微秒",
    "day": "天",
}


def title(titles: Mapping[str, str], language: Language, fallback: str) -> str:
    """The title in a language, else in any, else the name itself."""
    return titles.get(language) or next(iter(titles.values()), fallback)


def render(node: Node, vocabulary: Vocabulary, language: Language) -> str:
    """Say a condition in a language.

    >>> from complaint_rules.expressions.types import INT, Meaning
    >>> days = Meaning(INT, {"en": "days overdue", "zh": "超期天数"})
    >>> render(Compare("days", ">", 3), {"days": days}, "zh")
    '超期天数 大于 3'
    """
    return _render(node, vocabulary, language, inside=False)


def _render(node: Node, vocabulary: Vocabulary, language: Language, *, inside: bool) -> str:
    words = _WORDS[language]

    def name(of: str) -> str:
        return title(vocabulary[of].title, language, of)

    match node:
        case And(operands) | Or(operands):
            word = words["and" if isinstance(node, And) else "or"]
            text = word.join(_render(o, vocabulary, language, inside=True) for o in operands)
            if not inside:
                return text
            return f"（{text}）" if language == "zh" else f"({text})"
        case Not(operand):
            return words["not"].format(_render(operand, vocabulary, language, inside=True))
        case Truth(value):
            return words["always" if value else "never"]
        case IsTrue(of):
            return name(of)
        case Compare(of, operator, constant):
            shown = say_value(constant, of, vocabulary, language)
            return _ordered(of, operator, vocabulary, words).format(name(of), shown)
        case CompareNames(left, operator, right):
            if is_lateness(right, vocabulary):  # "late by at least the tolerance", either way
                left, operator, right = right, MIRRORED[operator], left
            return _ordered(left, operator, vocabulary, words).format(name(left), name(right))
        case CompareTerms(first, operator, second):
            sides = [say_term(side, name, language) for side in (first, second)]
            return words[operator].format(*sides)
        case Among(of, constants):
            shown = " / ".join(say_value(c, of, vocabulary, language) for c in constants)
            word = "late among" if is_lateness(of, vocabulary) else "among"
            return words[word].format(name(of), shown)


def _ordered(name: str, operator: str, vocabulary: Vocabulary, words: Mapping[str, str]) -> str:
    if vocabulary[name].type.name in ("instant", "date"):
        return words[{"<": "before", ">": "after"}.get(operator, operator)]
    if vocabulary[name].type.name == "time":
        return words[f"time{operator}"]
    if is_lateness(name, vocabulary):
        return words[f"late{operator}"]
    return words[operator]


def say_value(value: Value, name: str, vocabulary: Vocabulary, language: Language) -> str:
    """A value as people write it, an enum's member by its title."""
    words = _WORDS[language]
    match value:
        case bool():
            return words["true" if value else "false"]
        case Decimal():
            whole = EXACT.normalize(value)
            is_number = name in vocabulary and vocabulary[name].type.name == "number"
            if is_number or int(whole.as_tuple().exponent) < -2:
                return f"{whole:f}"
            return plain(value)
        case datetime():
            return f"{say_instant(value)} {value:%z}"
        case date():
            return value.isoformat()
        case time():
            return value.isoformat(
                "minutes" if value.replace(second=0, microsecond=0) == value else "auto"
            )
        case Elapsed() | Working() | CalendarDays() | CalendarMonths() | WorkingDays() | Compound():
            return say_duration(value, language, exact=True)
        case str():
            titles = vocabulary[name].value_titles.get(value, {}) if name in vocabulary else {}
            return title(titles, language, value)
        case _:
            return str(value)


def say_instant(instant: datetime) -> str:
    """``2018-07-02 09:00``, in the zone it has; a day's last microsecond is its 24:00.

    >>> say_instant(datetime.fromisoformat("2018-07-05T23:59:59.999999+08:00"))
    '2018-07-05 24:00'
    """
    clock = (instant.hour, instant.minute, instant.second)
    if instant.microsecond == 999_999 and clock == (23, 59, 59):
        return f"{instant:%Y-%m-%d} 24:00"
    if instant.microsecond:
        return f"{instant:%Y-%m-%d %H:%M:%S.%f}"
    return f"{instant:%Y-%m-%d %H:%M:%S}" if instant.second else f"{instant:%Y-%m-%d %H:%M}"


def say_duration(duration: Duration, language: Language, *, exact: bool = False) -> str:
    """How long, as people say it; ``exact`` to the microsecond, and in hours where days of the
    calendar could be meant.

    >>> from complaint_rules.time import Elapsed, WorkingDays
    >>> say_duration(Elapsed.of(minutes=15), "zh"), say_duration(Elapsed.of(minutes=75), "en")
    ('15 分钟', '1 hour 15 minutes')
    >>> say_duration(WorkingDays(3), "zh")
    '3 个工作日'
    """
    if isinstance(duration, Elapsed | Working):
        kind = "working" if isinstance(duration, Working) else "elapsed"
        return _say_clock(duration.microseconds, kind, language, exact=exact)
    if language == "en":
        return str(duration)
    match duration:
        case CalendarDays(days):
            return f"{days} 天"
        case CalendarMonths(months):
            return f"{months} 个月"
        case WorkingDays(days):
            return f"{days} 个工作日"
        case Compound(parts):
            return "零 ".join(say_duration(part, language) for part in parts)
    return "当日"


def _say_clock(microseconds: int, kind: str, language: Language, *, exact: bool) -> str:
    minutes, rest = divmod(microseconds, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24) if kind == "elapsed" and not exact else (0, hours)
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute"), (rest // 1_000_000, "second")]
    shown = [(amount, unit) for amount, unit in parts if amount] or [(0, "minute")]
    if not any(amount for amount, _ in parts) and microseconds:
        shown = [(microseconds, "microsecond")]
    elif exact and rest % 1_000_000:
        shown.append((rest % 1_000_000, "microsecond"))
    if language == "zh":
        text = " ".join(f"{amount} {_UNITS_ZH[unit]}" for amount, unit in shown)
        return f"{text}（工作时间）" if kind == "working" else text
    text = " ".join(f"{amount} {unit}{'' if amount == 1 else 's'}" for amount, unit in shown)
    return f"{text} of working time" if kind == "working" else text

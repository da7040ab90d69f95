"""Changes said in plain Chinese and English."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from complaint_rules.expressions import Language
from complaint_rules.judging.decision import Decision
from complaint_rules.judging.words.speaker import Speaker
from complaint_rules.money import Interval

WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "earlier": "“{what}” {by} earlier ({at})",
        "later": "“{what}” {by} later ({at})",
        "fact": "“{what}” is {value} (not {was})",
        "fact-new": "“{what}” is {value}",
        "more": "one more “{what}”",
        "fewer": "without “{what}” ({at})",
        "gone": "no {what}",
        "new": "{what}",
        "total": "in all {after} (not {before})",
        "same-total": "in all {after}, as before",
        "penalty": "“{rule}” {amount}: {party}",
        "relief": "“{rule}” {amount}: {party}",
        "charge": "“{rule}” {amount}: {party}",
        "escalation": "“{rule}”: {party}",
        "undetermined": "“{rule}” is not determined",
        "determined": "“{rule}” is no longer undetermined",
        "then": ": ",
        "and": "; ",
        "searched": " (searched for)",
        "untried": "not all is known, since the case has very many events; left out: {}",
        "untried-earlier": "{} events earlier",
        "untried-later": "{} events later",
        "untried-fact": "{} facts",
        "untried-more": "{} events more",
        "untried-fewer": "{} events fewer",
        "comma": ", ",
        "yes": "true",
        "no": "false",
        "days": "{} d",
        "hours": "{} h",
        "minutes": "{} min",
        "seconds": "{} s",
        "microseconds": "{} µs",
        "space": " ",
    },
    "zh": {
        "earlier": "“{what}”提前{by}（{at}）",
        "later": "“{what}”推迟{by}（{at}）",
        "fact": "“{what}”为{value}（原为{was}）",
        "fact-new": "“{what}”为{value}",
        "more": "再有一次“{what}”",
        "fewer": "没有“{what}”（{at}）",
        "gone": "不再适用{what}",
        "new": "适用{what}",
        "total": "合计{after}（原为{before}）",
        "same-total": "合计仍为{after}",
        "penalty": "“{rule}”{amount}：{party}",
        "relief": "“{rule}”{amount}：{party}",
        "charge": "“{rule}”{amount}：{party}",
        "escalation": "“{rule}”：{party}",
        "undetermined": "“{rule}”待定",
        "determined": "“{rule}”不再待定",
        "then": "：",
        "and": "；",
        "searched": "（搜索所得）",
        "untried": "事件过多，未能全部试算；未试完：{}",
        "untried-earlier": "提前{}个事件",
        "untried-later": "推迟{}个事件",
        "untried-fact": "{}项事实",
        "untried-more": "增加{}种事件",
        "untried-fewer": "减少{}个事件",
        "comma": "、",
        "yes": "是",
        "no": "否",
        "days": "{}天",
        "hours": "{}小时",
        "minutes": "{}分钟",
        "seconds": "{}秒",
        "microseconds": "{}微秒",
        "space": "",
    },
}


Change = tuple[str, str, Any, Any, timedelta | None]
"""The kind of a change, what is changed, its value before and after, and by how much."""

Entries = tuple[tuple[Any, ...], ...]
Effect = tuple[Decision, Entries, Entries, Decision]
"""The decision before, what follows no longer, what follows instead, and the decision after."""


def explain_change(change: Change, effect: Effect, language: Language, *, exact: bool) -> str:
    """What is changed, what follows no longer, what follows instead, and the total."""
    kind, name, was, becomes, by = change
    first, gone, new, then = effect
    assert first.basis is not None  # noqa: S101 - it was evaluated just now
    speaker, words = Speaker(first.basis.ruleset, language), WORDS[language]
    at = was if kind == "fewer" else becomes
    head = words["fact-new" if kind == "fact" and was is None else kind].format(
        what=speaker.field(name),
        by="" if by is None else span(by, language),
        at=speaker.moment(at) if isinstance(at, datetime) else "",
        value=_value(becomes, name, speaker, words),
        was=_value(was, name, speaker, words),
    )
    parts = [_part(one, "gone", speaker, words) for one in gone]
    parts += [_part(one, "new", speaker, words) for one in new]
    before, after = (speaker.amount(decision.total()) for decision in (first, then))
    key = "same-total" if before == after else "total"
    parts.append(words[key].format(before=before, after=after))
    text = head + words["then"] + words["and"].join(parts)
    return text if exact else text + words["searched"]


def _value(value: Any, name: str, speaker: Speaker, words: dict[str, str]) -> str:
    if value is None:
        return speaker.words["unknown"]
    if isinstance(value, bool):
        return words["yes"] if value else words["no"]
    if name in speaker.ruleset.words.facts:
        vocabulary = speaker.ruleset.words.of_all
        return speaker.value(value, name, vocabulary)
    return str(value)


def _part(one: tuple[Any, ...], key: str, speaker: Speaker, words: dict[str, str]) -> str:
    text = _item(one, key, speaker, words)
    return text if one[0] == "undetermined" else words[key].format(what=text)


def _item(one: tuple[Any, ...], key: str, speaker: Speaker, words: dict[str, str]) -> str:
    kind, rule_id = one[0], one[1]
    rule = speaker.rules[rule_id]
    title = f"{speaker.rule_title(rule_id)} {rule.clause}"
    if kind == "undetermined":
        return words["determined" if key == "gone" else kind].format(rule=title)
    if kind == "escalation":
        return words[kind].format(rule=title, party=speaker.role(one[3], one[2]))
    amount = speaker.amount(Interval(one[3], one[4]))
    role = getattr(rule, "against", None) or getattr(rule, "borne_by", None)
    if role is None and one[2] is None and kind == "penalty":
        deadline = next(d for d in speaker.ruleset.deadlines if d.name == rule.scope.limit)
        role = deadline.duty_of
    party = speaker.role(role, one[2]) if role else (one[2] or "")
    text = words[kind].format(rule=title, amount=amount, party=party)
    return text.rstrip(": ：")


def span(by: timedelta, language: Language) -> str:
    """A span of time in its two largest units."""
    words = WORDS[language]
    seconds = by.days * 86_400 + by.seconds
    counts = [
        ("days", seconds // 86_400),
        ("hours", seconds // 3_600 % 24),
        ("minutes", seconds // 60 % 60),
        ("seconds", seconds % 60),
        ("microseconds", by.microseconds),
    ]
    shown = [words[unit].format(count) for unit, count in counts if count]
    return words["space"].join(shown[:3])

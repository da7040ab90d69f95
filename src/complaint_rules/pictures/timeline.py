"""The timeline of one case: events, time limits with their due instants, pauses and statuses."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import altair as alt

from complaint_rules.errors import DecisionError
from complaint_rules.expressions import Language, title
from complaint_rules.judging.decision import Decision
from complaint_rules.judging.items import DeadlineItem
from complaint_rules.judging.pauses import Pauses, changes_of, closed_pauses, pauses_of
from complaint_rules.judging.state import State
from complaint_rules.judging.words.speaker import Speaker
from complaint_rules.pictures.style import (
    GREY,
    PALE_RED,
    STATUS_COLOURS,
    WIDTH,
    data,
    finished,
    local,
)
from complaint_rules.ruleset.rules import Deadline
from complaint_rules.time import merge_pauses

OPEN = ("pending", "overdue", "suspended", "undetermined")

STATUSES = {
    "en": {status: status for status in STATUS_COLOURS},
    "zh": {
        "met": "按时完成",
        "late": "逾期完成",
        "overdue": "已超时",
        "pending": "进行中",
        "suspended": "暂停计时",
        "cancelled": "已取消",
        "undetermined": "待定",
    },
}
WORDS = {
    "en": {"status": "status", "due": "due", "handed over": "handed over"},
    "zh": {"status": "状态", "due": "到期", "handed over": "移交"},
}


def timeline(decision: Decision, language: Language = "en") -> Any:
    """The time limits of a decision as bars from their start until they were done, with the due
    instant as a mark, what came in time paler, and pauses grey; the events of the case above.

    Raises:
        DecisionError: the decision was read from JSON without its policy and case.
    """
    if decision.basis is None:
        raise DecisionError("the decision was read without its case: evaluate the case again")
    state = decision.basis.state
    speaker = Speaker(decision.basis.ruleset, language)
    zone = state.ruleset.calendar.timezone
    words = WORDS[language]
    end = _end(decision, state)
    bars, in_time, due, grey, handed = [], [], [], [], []
    for item, label in zip(decision.deadlines, _labels(decision, speaker), strict=True):
        stop = item.ended_at or (decision.as_of if item.status != "met" else item.started_at)
        bars.append(
            {
                "label": label,
                "start": _shown(item.started_at, zone),
                "stop": _shown(max(stop, item.started_at), zone),
                "status": STATUSES[language][item.status],
            }
        )
        if item.status in ("late", "overdue") and item.due_at is not None:
            in_time.append({**bars[-1], "stop": _shown(item.due_at, zone)})
        if item.due_at is not None:
            due.append(
                {
                    "label": label,
                    "at": _shown(item.due_at, zone),
                    "what": speaker.moment(item.due_at),
                }
            )
        handed += [
            {
                "label": label,
                "at": _shown(one.at, zone),
                "what": f"{one.before or '–'} → {one.party or '–'}",
            }
            for one in item.handed_over
        ]
        grey += [
            {"label": label, "start": _shown(first, zone), "stop": _shown(last or end, zone)}
            for first, last in _pauses(item, state)
        ]
    events = [
        {
            "what": title(state.ruleset.words.events[event.type].title, language, event.type),
            "at": _shown(event.at, zone),
        }
        for event in state.events
    ]
    span = alt.Scale(domain=[_shown(_begin(decision, state), zone), _shown(end, zone)])
    axis = alt.Axis(format="%m-%d %H:%M", labelAngle=-30, title=None)
    x = alt.X("at:T", scale=span, axis=axis)
    order = list(dict.fromkeys(bar["label"] for bar in bars))
    y = alt.Y("label:N", sort=order, title=None)
    colours = alt.Scale(
        domain=[STATUSES[language][status] for status in STATUS_COLOURS],
        range=list(STATUS_COLOURS.values()),
    )
    known = list(dict.fromkeys(bar["status"] for bar in bars))
    layers = [
        alt.Chart(data(bars))
        .mark_bar(height=12)
        .encode(
            x=alt.X("start:T", scale=span, axis=axis),
            x2="stop:T",
            y=y,
            color=alt.Color(
                "status:N",
                scale=colours,
                legend=alt.Legend(title=words["status"], values=known, orient="bottom"),
            ),
            tooltip=["label:N", "status:N", "start:T", "stop:T"],
        ),
        alt.Chart(data(in_time))
        .mark_bar(height=12, color=PALE_RED)
        .encode(x=alt.X("start:T", scale=span, axis=axis), x2="stop:T", y=y),
        alt.Chart(data(grey))
        .mark_bar(height=12, color=GREY, opacity=0.9)
        .encode(x=alt.X("start:T", scale=span, axis=axis), x2="stop:T", y=y),
        alt.Chart(data(due))
        .mark_tick(color="black", thickness=2, height=20, opacity=1)
        .encode(x=x, y=y, tooltip=[alt.Tooltip("what:N", title=words["due"])]),
        *_hand_overs(handed, x, y, words["handed over"]),
        alt.Chart(data([{"at": _shown(decision.as_of, zone)}] if decision.as_of <= end else []))
        .mark_rule(strokeDash=[4, 3], color="#555")
        .encode(x=x),
    ]
    below = alt.layer(*layers).properties(width=WIDTH, height=alt.Step(26))
    above = _events(events, span)
    head = speaker.say(
        "case",
        case=decision.case_id,
        as_of=speaker.moment(decision.as_of),
        zone=zone.key,
    )
    return finished(alt.vconcat(above, below, spacing=4) if bars else above, head)


def _hand_overs(handed: list[dict[str, Any]], x: alt.X, y: alt.Y, title: str) -> list[Any]:
    """A mark where a duty changed hands, with the names; nothing where none did."""
    if not handed:
        return []
    base = alt.Chart(data(handed)).encode(
        x=x, y=y, tooltip=[alt.Tooltip("what:N", title=title), "at:T"]
    )
    return [
        base.mark_point(shape="triangle-right", filled=True, size=70, color="black", opacity=1),
        base.mark_text(align="left", dx=7, dy=-9, fontSize=9).encode(text="what:N"),
    ]


def _events(events: list[dict[str, Any]], span: alt.Scale) -> Any:
    """The events as points with their titles, on rows of their own so that none hides another."""
    for row, event in enumerate(events):
        event["row"] = row
    base = alt.Chart(data(events)).encode(
        x=alt.X("at:T", scale=span, axis=None), y=alt.Y("row:O", axis=None)
    )
    chart = alt.layer(
        base.mark_point(filled=True, size=45, color="#333"),
        base.mark_text(align="left", dx=8).encode(text="what:N"),
    )
    return chart.properties(width=WIDTH, height=alt.Step(17))


def _labels(decision: Decision, speaker: Speaker) -> list[str]:
    """A row for each limit: those of one rule and party are told apart by their start."""
    names = [_label(item, speaker) for item in decision.deadlines]
    often = Counter(names)
    labels = [
        name if often[name] == 1 else f"{name} {speaker.moment(item.started_at)}"
        for item, name in zip(decision.deadlines, names, strict=True)
    ]
    again: Counter[str] = Counter()
    for number, label in enumerate(labels):
        again[label] += 1
        if again[label] > 1:
            labels[number] = f"{label} ({again[label]})"
    return labels


def _label(item: DeadlineItem, speaker: Speaker) -> str:
    text = f"{speaker.rule_title(item.rule)} {item.clause}"
    return f"{text} ({item.party})" if item.party else text


def _shown(moment: datetime, zone: ZoneInfo) -> str:
    return local(moment.astimezone(zone))


def _begin(decision: Decision, state: State) -> datetime:
    return min([decision.as_of, *(event.at for event in state.events)])


def _end(decision: Decision, state: State) -> datetime:
    """A little after the last thing that is shown."""
    shown = [event.at for event in state.events]
    shown += [item.due_at for item in decision.deadlines if item.due_at is not None]
    if not shown or any(item.status in OPEN for item in decision.deadlines):
        shown.append(decision.as_of)
    last = max(shown)
    return last + max((last - _begin(decision, state)) / 5, timedelta(minutes=5))


def _pauses(item: DeadlineItem, state: State) -> list[tuple[datetime, datetime | None]]:
    rule = state.ruleset.rule(item.rule)
    assert isinstance(rule, Deadline)  # noqa: S101 - it made a time limit
    found = Pauses()
    for suspension in rule.suspended:
        types = {*suspension.start, *suspension.end}
        events = [event for event in state.events if event.type in types]
        pauses_of(suspension, changes_of(suspension, events), found)
    shown = [
        (max(pause.start, item.started_at), pause.end)
        for pause in merge_pauses(closed_pauses(found.known, item.ended_at))
        if pause.end is None or pause.end > item.started_at
    ]
    return [(start, end) for start, end in shown if item.due_at is None or start <= item.due_at]

"""A small policy to test with, and helpers to build cases and find items."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from complaint_rules import Case, Decision, Event, Policy
from complaint_rules.errors import PolicyError, Problem

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

HEAD = """
policy: sample
title: {en: Sample, zh: 样例}
source: {issuer: Us, document: Ours}
effective: {from: 2018-01-01, by: registered}
timezone: Asia/Shanghai
currency: CNY
calendar: {official: CN, hours: ["09:00-12:00", "13:30-18:00"]}
overdue_days: calendar-dates
adds_up: cumulative
roles:
  clerk: {en: clerk, zh: 文员}
  department: {en: department, zh: 部门}
  boss: {en: boss, zh: 老板}
documents:
  rules: {en: the rules, zh: 规则}
facts:
  urgent: {type: bool, title: {en: urgent, zh: 紧急}, ask: {en: "Is it urgent?", zh: 紧急吗？}}
  grade: {type: enum, values: [low, middle, high], title: {en: grade}}
  loss: {type: money, title: {en: loss}}
  visits: {type: int, title: {en: visits}}
  distance: {type: number, title: {en: distance}}
  note: {type: text, title: {en: note}}
  wanted_at: {type: instant, title: {en: wanted at}}
  bought_on: {type: date, title: {en: bought on}}
events:
  registered: {title: {en: registered, zh: 登记}}
  replied: {title: {en: replied, zh: 回复}}
  complained_again:
    title: {en: complained again, zh: 再次投诉}
    data:
      rude: {type: bool, title: {en: rude}}
  paused: {title: {en: paused}}
  resumed: {title: {en: resumed}}
  withdrawn: {title: {en: withdrawn}}
  agreed: {title: {en: agreed}, data: {until_when: {type: instant, title: {en: until when}}}}
  reclassified: {title: {en: reclassified}, sets: [urgent]}
  answered: {title: {en: answered}, data: {by_whom: {type: enum, values: [clerk, boss], title: {en: by whom}}}}
  change_planned:
    title: {en: change planned}
    data: {takes_effect_at: {type: instant, title: {en: takes effect at}}}
"""

REPLY = """
deadlines:
  - id: reply
    clause: "1"
    title: {en: Reply, zh: 回复}
    duty_of: department
    starts: registered
    within: 30 elapsed minutes
    ends: replied
"""


def load(body: str, *, head: str = HEAD, **parameters: Any) -> Policy:
    return Policy(head + body, "sample.yaml", parameters=parameters)


def problems(body: str, *, head: str = HEAD) -> tuple[Problem, ...]:
    with pytest.raises(PolicyError) as caught:
        load(body, head=head)
    return caught.value.problems


def the_problem(body: str, *, head: str = HEAD) -> Problem:
    found = problems(body, head=head)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


def line_of(body: str, part: str, *, head: str = HEAD) -> int:
    """The line of the whole file on which the body has ``part``."""
    for number, line in enumerate(body.splitlines(), start=head.count("\n") + 1):
        if part in line:
            return number
    raise AssertionError(part)


def at(text: str) -> datetime:
    """``"02T09:30"`` in July 2018 in Shanghai, or a whole ISO text."""
    if re.fullmatch(r"\d\dT\d\d:\d\d(:\d\d)?", text):
        text = f"2018-07-{text}+08:00"
    return datetime.fromisoformat(text)


def case(*events: Event, **facts: Any) -> Case:
    return Case("C", facts, events)


def event(type_: str, when: str, **data: Any) -> Event:
    return Event(type_, at(when), **data)


def judge(policy: Policy, the_case: Case, when: str, **more: Any) -> Decision:
    """Judge with the native engine; that the other one agrees is tested on its own."""
    return policy.evaluate(the_case, as_of=at(when), engine="native", **more)


def only(items: tuple[Any, ...], rule: str) -> Any:
    found = [item for item in items if item.rule == rule]
    assert len(found) == 1, [item.rule for item in items]
    return found[0]


def rules(items: tuple[Any, ...]) -> list[str]:
    return [item.rule for item in items]

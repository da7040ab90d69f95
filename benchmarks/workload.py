"""The matching workload: 24 rules over 16 facts, as a ruleset, as a person would write them in Python,
and for peers. ``copies`` repeats them with other numbers, for 2,400 rules."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

GRADES = ("regular", "discovered", "concentrated", "other")
CHANNELS = ("phone", "web", "letter", "visit", "press", "authority")

LIMITS = [  # minutes used, and the limit
    ("deliver_minutes", 30),
    ("investigate_minutes", 30),
    ("data_minutes", 20),
    ("answer_minutes", 10),
    ("leader_minutes", 60),
    ("record_hours", 72),
    ("visit_days", 7),
    ("report_hours", 24),
]


def rules(copies: int = 1) -> list[tuple[str, str]]:
    """Ids and conditions, in the syntax of rulesets, which is also Python's."""
    found = []
    for copy in range(copies):
        suffix = f"-{copy}" if copies > 1 else ""
        more = copy % 50
        found += [
            (f"late-{name.replace('_', '-')}{suffix}", f"{name} > {limit + more}")
            for name, limit in LIMITS
        ]
        found += [
            (f"to-manager{suffix}", f"not can_decide and visit_days > {more}"),
            (f"to-leader{suffix}", f"leader_minutes > {60 + more} and repeats >= 1"),
            (f"to-chairman{suffix}", f"major and repeats >= {1 + more % 3}"),
            (f"joint{suffix}", f"compensation and loss > {1000 + more}"),
            (f"outage{suffix}", f"grade == 'concentrated' and report_hours > {24 + more}"),
            (f"press{suffix}", f"channel == 'press' and repeats >= {more % 3}"),
            (f"fine-late-answer{suffix}", f"answer_minutes > {10 + more} and repeats >= 1"),
            (f"fine-late-report{suffix}", f"report_hours > {24 + more} and repeats >= 1"),
            (f"fine-leader{suffix}", f"leader_minutes > {60 + more} and repeats >= 2"),
            (
                f"fine-receiver{suffix}",
                f"(visit_days > {7 + more} or answer_minutes > {10 + more}) and repeats >= 1",
            ),
            (f"fine-rude{suffix}", f"rude and repeats >= {more % 2}"),
            (f"fine-rude-press{suffix}", f"rude and channel == 'press' and loss > {more}"),
            (f"fine-record{suffix}", f"grade == 'regular' and record_hours > {72 + more}"),
            (f"fine-data{suffix}", f"grade == 'discovered' and data_minutes > {20 + more}"),
            (f"fine-store{suffix}", f"channel == 'visit' and rude and loss > {10 + more}"),
            (f"fine-grave{suffix}", f"major and rude and loss > {5000 + more}"),
        ]
    return found


def ruleset(copies: int = 1) -> str:
    facts = "\n".join(
        [f"  {name}: {{type: int, title: {{en: {name}}}}}" for name, _ in LIMITS]
        + [
            f"  {name}: {{type: bool, title: {{en: {name}}}}}"
            for name in ("can_decide", "major", "compensation", "rude")
        ]
        + [f"  {name}: {{type: int, title: {{en: {name}}}}}" for name in ("repeats", "loss")]
        + [f"  grade: {{type: enum, values: [{', '.join(GRADES)}], title: {{en: grade}}}}"]
        + [f"  channel: {{type: enum, values: [{', '.join(CHANNELS)}], title: {{en: channel}}}}"]
    )
    entries = "\n".join(
        f'  - {{id: {rule}, clause: "1", title: {{en: R}}, to: boss, capacity: inform, when: "{condition}"}}'
        for rule, condition in rules(copies)
    )
    return f"""
policy: workload
title: {{en: Workload}}
source: {{issuer: Us, document: Ours}}
effective: {{from: 2018-01-01, by: registered}}
timezone: Asia/Shanghai
roles: {{boss: {{en: boss}}}}
facts:
{facts}
events: {{registered: {{title: {{en: registered}}}}}}
escalations:
{entries}
"""


def by_hand(copies: int = 1) -> Callable[[dict[str, Any]], list[str]]:
    """What a careful person writes: each fact looked up once, one ``if`` a rule, in order."""
    names = sorted(
        {name for name, _ in LIMITS}
        | {"can_decide", "major", "compensation", "rude", "repeats", "loss", "grade", "channel"}
    )
    lines = ["def by_hand(facts):", "    matched = []"]
    lines += [f"    {name} = facts[{name!r}]" for name in names]
    for rule, condition in rules(copies):
        lines += [f"    if {condition}:", f"        matched.append({rule!r})"]
    lines.append("    return matched")
    space: dict[str, Any] = {}
    exec("\n".join(lines), space)  # noqa: S102 - our own text
    return space["by_hand"]


def cases(count: int, seed: int = 7) -> list[dict[str, Any]]:
    """Plausible facts: most limits kept, few complaints rude, major or in the press."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        facts: dict[str, Any] = {
            name: int(limit * chance.choice([0.3, 0.5, 0.8, 1.0, 1.2, 3.0]))
            for name, limit in LIMITS
        }
        facts |= {name: chance.random() < 0.2 for name in ("major", "compensation", "rude")}
        facts["can_decide"] = chance.random() < 0.7
        facts["repeats"] = chance.choice([0, 0, 0, 1, 1, 2])
        facts["loss"] = chance.choice([0, 0, 50, 800, 2_000, 6_000])
        facts["grade"] = chance.choice(GRADES)
        facts["channel"] = chance.choice(CHANNELS)
        found.append(facts)
    return found

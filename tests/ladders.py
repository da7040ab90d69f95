"""A ladder of time limits, of which each starts the next one, and helpers to ask about it."""

from __future__ import annotations

from datetime import datetime, timedelta

from complaint_rules import Case, Decision, Event, Policy
from simulated import assert_same

HEAD = """
policy: ladder
title: {en: Ladder, zh: 逐级督办}
source: {issuer: Us, document: Ours}
effective: {from: 2026-01-01, by: registered}
timezone: Asia/Shanghai
currency: CNY
adds_up: cumulative
calendar: {hours: ["09:00-17:00"]}
overdue_days: calendar-dates
roles:
  owner: {en: owner, zh: 经办人}
  manager: {en: manager, zh: 经理}
  board: {en: board, zh: 董事会}
  clerk: {en: clerk, zh: 文员}
facts:
  urgent: {type: bool, title: {en: urgent, zh: 紧急}, ask: {en: "Is it urgent?", zh: 紧急吗？}}
parameters:
  no_time: {type: duration, title: {en: no time, zh: 未定时限}}
events:
  registered:
    title: {en: registered, zh: 登记}
    data: {grave: {type: bool, title: {en: grave}}, promised_at: {type: instant, title: {en: promised}}}
  decided: {title: {en: decided, zh: 决定}}
  reviewed: {title: {en: reviewed, zh: 复核}}
  reminded: {title: {en: reminded, zh: 提醒}}
  paused: {title: {en: paused}}
  resumed: {title: {en: resumed}}
  withdrawn: {title: {en: withdrawn}}
  extended: {title: {en: extended}}
"""

FIRST = '  - {id: first, clause: "1", title: {en: Owner decides, zh: 经办人决定}, duty_of: owner, starts: registered, within: 2 working days, ends: decided}\n'
SECOND = '  - {id: second, clause: "2", title: {en: Manager decides, zh: 经理决定}, duty_of: manager, starts: first.missed, within: 2 working days, ends: decided}\n'
THIRD = '  - {id: third, clause: "3", title: {en: Board decides, zh: 董事会决定}, duty_of: board, starts: second.missed, within: 1 working day, ends: decided}\n'
FINES = """
penalties:
  - {id: fine-owner, clause: "4", title: {en: Fine of the owner}, per: first, when: deadline.missed, amount: 50 CNY}
  - {id: fine-manager, clause: "5", title: {en: Fine of the manager}, per: second, when: deadline.missed, amount: 100 CNY}
  - {id: fine-board, clause: "6", title: {en: Fine of the board}, per: third, when: deadline.missed, amount: 10 CNY per overdue day}
escalations:
  - {id: tell, clause: "7", title: {en: Tell the board}, per: second, to: board, capacity: inform}
"""
LADDER = "deadlines:\n" + FIRST + SECOND + THIRD + FINES
REMIND = '  - {id: remind, clause: "8", title: {en: Reminder, zh: 提醒}, duty_of: clerk, starts: first.due, before: 2 working hours, within: 1 working hour, ends: reminded}\n'
REMINDER = "deadlines:\n" + FIRST + REMIND


def march(text: str) -> datetime:
    """``"02T10:00"`` in March 2026 in Shanghai."""
    return datetime.fromisoformat(f"2026-03-{text}+08:00")


END_OF_4 = march("04T23:59:59.999999")
END_OF_6 = march("06T23:59:59.999999")
END_OF_9 = march("09T23:59:59.999999")
TICK = timedelta(microseconds=1)


def event(type_: str, when: str | datetime, **data: object) -> Event:
    return Event(type_, march(when) if isinstance(when, str) else when, **data)


def registered(when: str | datetime = "02T10:00", **data: object) -> Event:
    return event("registered", when, **data)


def load(body: str, *, head: str = HEAD) -> Policy:
    return Policy(head + body, "edges.yaml")


def decide(
    body: str,
    when: str | datetime,
    *events: Event,
    facts: dict[str, object] | None = None,
    head: str = HEAD,
) -> Decision:
    """A decision, after a look whether it is the same in columns and in JSON."""
    policy = load(body, head=head)
    the_case = Case("C", facts or {}, events)
    as_of = march(when) if isinstance(when, str) else when
    assert_same(policy, [the_case, Case("none", {}, ())], as_of)
    decision = policy.evaluate(the_case, as_of=as_of, engine="native")
    again = Decision.from_json(decision.to_json())
    assert again == decision
    bound = again.bind(policy, the_case)
    for language in ("zh", "en"):  # but for the engine, in the last line
        assert bound.explain(language).splitlines()[:-1] == lines(decision, language)[:-1]
    return decision


def lines(decision: Decision, language: str = "en") -> list[str]:
    return decision.explain(language).splitlines()


def told(decision: Decision) -> list[tuple[str, str, datetime, datetime | None]]:
    return [(d.rule, d.status, d.started_at, d.due_at) for d in decision.deadlines]

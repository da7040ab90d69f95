"""Generated policies and cases: any condition over the sample vocabulary, any rule around it."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from complaint_rules import Case, Event
from samples import at

FACTS = {
    "urgent": st.booleans(),
    "grade": st.sampled_from(["low", "middle", "high"]),
    "loss": st.sampled_from([0, "0.01", "99.99", 100, "100.01", 2**31]),
    "visits": st.sampled_from([-1, 0, 1, 2, 3, 2**31 - 1, 2**31, -(2**40)]),
    "distance": st.sampled_from(["-0.5", 0, "0.5", "1.005"]),
    "note": st.sampled_from(["", "x", "5", "100"]),
    "bought_on": st.sampled_from(["2018-07-01", "2018-07-02"]),
    "wanted_at": st.sampled_from(["2018-07-02T09:00:00+08:00", "2018-07-03T01:00:00+00:00"]),
}
BOOLS = ["urgent", "replied.happened", "reply.missed", "reply.met", "reply.started"]
COMPARISONS = [
    "grade == 'low'",
    "grade != 'high'",
    "grade in ('low', 'high')",
    "grade not in ('middle',)",
    "loss > 100",
    "loss == '99.99'",
    "loss <= 0",
    "loss != 2147483648",
    "visits > 2",
    "visits == -1",
    "0 <= visits < 3",
    "visits >= 2147483647",
    "visits < 2147483648",
    "distance > '0.1'",
    "distance <= '1.005'",
    "note == '5'",
    "note != 'x'",
    "note in ('5', '100')",
    "bought_on == '2018-07-02'",
    "bought_on < '2018-07-02'",
    "wanted_at > '2018-07-02T10:00:00+08:00'",
    "wanted_at >= registered.first_at",
    "complained_again.count >= 2",
    "reply.overdue_days > 0",
    "reply.due_at < wanted_at",
    "replied.last_at > registered.last_at",
    "limit > 50",
    "True",
    "False",
]
PER_EVENT = [
    "event.rude",
    "reply.missed_before_event",
    "event.number > 1",
    "event.at > registered.first_at",
]
PER_DEADLINE = ["deadline.missed", "deadline.overdue_days > 1", "deadline.met"]


LATE = {
    "30 elapsed minutes": "60 elapsed minutes",
    "2 working hours": "90 working minutes",
    "1 calendar day": "1 calendar day",
    "2 working days": "1 working day",
}


@st.composite
def conditions(draw, per="", within=""):
    own = {"complained_again": PER_EVENT, "reply": PER_DEADLINE}.get(per, [])
    if within:
        own = [*own, f"reply.late_by >= '{LATE[within]}'"]
    if within and per == "reply":
        own = [*own, f"deadline.late_by > '{LATE[within]}'"]
    leaf = st.sampled_from([*BOOLS, *COMPARISONS, *own, *own])
    inner = st.recursive(
        leaf,
        lambda some: st.one_of(
            some.map(lambda one: f"not ({one})"),
            st.lists(some, min_size=2, max_size=3).map(lambda many: "(" + " and ".join(many) + ")"),
            st.lists(some, min_size=2, max_size=3).map(lambda many: "(" + " or ".join(many) + ")"),
        ),
        max_leaves=6,
    )
    return draw(inner)


@st.composite
def rulesets(draw):
    """The body of a ruleset: a deadline, and penalties, escalations and reliefs around it."""
    lines = ["parameters: {limit: {type: money, title: {en: limit}, value: 60}}", "deadlines:"]
    within = draw(st.sampled_from(list(LATE)))
    lines += [
        "  - id: reply",
        '    clause: "1"',
        "    title: {en: Reply}",
        "    duty_of: department",
        "    starts: registered",
        f"    within: {within}",
        "    ends: replied",
        "    suspended: [{from: paused, until: resumed}]",
    ]
    if draw(st.booleans()):
        lines.append(
            f"    when: {draw(st.sampled_from(['urgent', 'visits > 1', 'grade == ' + repr('low')]))}"
        )
    per = draw(st.sampled_from(["", "complained_again", "reply"]))
    amounts = st.sampled_from(["30 CNY", "50-200 CNY", "10-20 % of loss", "loss"])
    lines.append("penalties:")
    count = draw(st.integers(1, 4))
    for number in range(count):
        lines += [
            f"  - id: p{number}",
            '    clause: "2"',
            "    title: {en: P}",
            "    against: clerk",
            f"    amount: {draw(amounts)}",
            f"    when: {draw(conditions(per, within))}",
        ]
        if per:
            lines.append(f"    per: {per}")
        if number and draw(st.booleans()):
            lines.append(f"    exception_to: p{draw(st.integers(0, number - 1))}")
    lines += [
        "escalations:",
        "  - id: e0",
        "    clause: '3'",
        "    title: {en: E}",
        "    to: boss",
        "    capacity: inform",
        f"    when: {draw(conditions('', within))}",
        "reliefs:",
        "  - id: r0",
        "    clause: '4'",
        "    title: {en: R}",
        "    of: all",
        f"    when: {draw(conditions('', within))}",
        draw(st.sampled_from(["    cancels: true", "    refunds: 120 %"])),
    ]
    return "\n".join(lines) + "\n"


@st.composite
def cases(draw):
    facts = {name: draw(values) for name, values in FACTS.items() if draw(st.booleans())}
    events = []
    if draw(st.booleans()) or draw(st.booleans()):
        events.append(Event("registered", at("02T09:00")))
    names = st.sampled_from(["replied", "complained_again", "paused", "resumed", "registered"])
    for name in draw(st.lists(names, max_size=5)):
        minutes = draw(st.sampled_from([0, 10, 30, 31, 90, 600, 1440, 3000]))
        data = {}
        if name == "complained_again" and draw(st.booleans()):
            data["rude"] = draw(st.booleans())
        events.append(Event(name, at("02T09:00") + timedelta(minutes=minutes), **data))
    return Case("C", facts, events)


instants = st.sampled_from(
    ["02T08:00", "02T09:30", "02T09:31", "02T12:00", "04T12:00", "09T12:00"]
).map(at)

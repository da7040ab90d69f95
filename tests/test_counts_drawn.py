"""Counts of drawn cases: one at a time and all at once, by both engines, they are the same."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, Event
from samples import at, load
from simulated import assert_same
from test_counts import MORE, durable

START = at("2026-03-02T09:00:00+08:00")
STEPS = [
    timedelta(0),
    timedelta(0),
    timedelta(hours=1),
    timedelta(hours=15),
    timedelta(days=1) - timedelta(microseconds=1),
    timedelta(days=1),
    timedelta(days=2, hours=15),
    timedelta(days=30),
    timedelta(days=31, hours=14, minutes=59, seconds=59),
    timedelta(days=31, hours=15),
]
WINDOWS = [
    "within: 1 calendar day",
    "within: 31 calendar days",
    "within: 1 calendar month",
    "within: 24 elapsed hours",
    "within: 2 working days",
    "within: same day",
    "cycle: month",
    "cycle: quarter",
    "cycle: year from 04-02",
    "",
]


@st.composite
def counts(draw, *, history: bool = False):
    """What stands in the braces of a count."""
    of = draw(
        st.sampled_from(["offence", "offence", "complained_again", "[offence, complained_again]"])
    )
    parts = [f"of: {of}"]
    if of == "offence":
        parts += draw(
            st.sampled_from(
                [
                    [],
                    [],
                    ["sum: event.points"],
                    ["sum: event.cost"],
                    ["sum: event.weight"],
                    ["distinct: event.grade"],
                    ["distinct: event.witness"],
                ]
            )
        )
        conditions = ["event.grade == 'high'", "event.points > 1 or event.cost > 5"]
        if not history:
            conditions.append("urgent and event.grade == 'low'")
        if draw(st.integers(0, 2)) == 0:
            parts.append(f'when: "{draw(st.sampled_from(conditions))}"')
    if history or draw(st.integers(0, 2)) == 0:
        parts.append("same: clerk")
    window = draw(st.sampled_from(WINDOWS))
    clears = draw(st.integers(0, 3)) == 0 or (history and not window)
    parts += [window] if window else []
    parts += ["since: cleared"] if clears else []
    parts += ["over: history"] if history else []
    return ", ".join(parts)


@st.composite
def bodies(draw, **more):
    """Rules of every scope that read one or two counts."""
    names = draw(st.sampled_from([["n"], ["n", "m"]]))
    lines = ["counts:", *(f"  {name}: {{{draw(counts(**more))}}}" for name in names)]

    def condition():
        name = draw(st.sampled_from(names))
        known = st.sampled_from([0, 1, 1, 2, 2, 3, 5])
        operator = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
        sums_of_numbers = "weight" in next(line for line in lines if line.startswith(f"  {name}:"))
        constant = f"'{draw(known)}'" if sums_of_numbers else draw(known)
        atom = f"{name} {operator} {constant}"
        form = draw(st.sampled_from(["{}", "{}", "not ({})", "{} and urgent", "{} or urgent"]))
        return form.format(atom)

    lines.append("deadlines:")
    start = draw(st.sampled_from(["offence", "registered"]))
    lines.append(
        f'  - {{id: reply, clause: "1", title: {{en: R}}, duty_of: clerk, starts: {start}, '
        f"within: 2 calendar days, ends: replied"
        + (f', when: "{condition()}"}}' if draw(st.booleans()) else "}")
    )
    if draw(st.integers(0, 3)) == 0:
        lines.append(
            '  - {id: second, clause: "1", title: {en: R}, duty_of: boss, starts: reply.missed, '
            f'within: 1 calendar day, ends: replied, when: "{condition()}"}}'
        )
    lines.append("penalties:")
    for number in range(draw(st.integers(1, 3))):
        per = draw(
            st.sampled_from(
                [
                    "",
                    *(["per: offence,"] * 3),
                    "per: complained_again,",
                    "per: reply,",
                    "per: reply.missed,",
                    "per: reply.started,",
                ]
            )
        )
        against = draw(st.sampled_from(["clerk", "boss"]))
        lines.append(
            f'  - {{id: p{number}, clause: "2", title: {{en: P}}, {per} against: {against}, '
            f'amount: 10 CNY, when: "{condition()}"}}'
        )
    lines += [
        "escalations:",
        '  - {id: e, clause: "3", title: {en: E}, per: offence, to: boss, capacity: inform,',
        f'     when: "{condition()}"}}',
    ]
    return "\n".join(lines) + "\n"


WHO = [None, None, "Li", "Li", "Wang", ["Li", "Wang"]]


@st.composite
def some_cases(draw, name: str = "C", *, named: bool = False):
    """A case, where everybody is ``named`` or not."""
    facts = {}
    who = st.sampled_from(["Li", "Li", "Wang"] if named else WHO)
    if draw(st.booleans()):
        facts["urgent"] = draw(st.booleans())
    clerk = draw(who)
    if clerk is not None:
        facts["clerk"] = clerk
    events = []
    moment = START
    kinds = [
        "offence",
        "offence",
        "offence",
        "complained_again",
        "cleared",
        "replied",
        "registered",
    ]
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=7)):
        moment += draw(st.sampled_from(STEPS))
        data = {}
        if kind == "offence":
            values = {
                "grade": st.sampled_from(["low", "high"]),
                "points": st.integers(-1, 3),
                "cost": st.sampled_from([0, 1, 5, "5.50"]),
                "weight": st.sampled_from(["0.1", "0.2", "1"]),
                "witness": st.sampled_from(["a", "b", "c"]),
            }
            for field, value in values.items():
                if draw(st.integers(0, 3)):
                    data[field] = draw(value)
        if draw(st.integers(0, 2)) == 0:
            own = draw(who)
            if own is not None:
                data["clerk"] = own
        if draw(st.integers(0, 3)) == 0:
            data["id"] = f"i{len(events)}"
        events.append(Event(kind, moment, **data))
    return Case(name, facts, events)


@settings(max_examples=100)
@given(bodies(), st.lists(some_cases(), min_size=1, max_size=3), st.sampled_from([0, 1, 40, 400]))
def test_all_cases_at_once_are_each_by_itself(body, cases, days):
    judged = load(body, head=MORE)
    named = [Case(f"C{number}", case.facts, case.events) for number, case in enumerate(cases)]
    as_of = START + timedelta(days=days)
    assert_same(judged, named, as_of)
    if durable is not None:
        for case in named:
            native = judged.evaluate(case, as_of=as_of, engine="native", check_date=False)
            again = judged.evaluate(case, as_of=as_of, engine="durable", check_date=False)
            assert again == native


@st.composite
def as_of_now(draw):
    """Rules that read a count as of now, or as of a limit that may not be due yet."""
    window = draw(st.sampled_from([window for window in WINDOWS if window]))
    operator, number = draw(st.sampled_from(["==", ">=", "<"])), draw(st.sampled_from([1, 2, 3]))
    return f"""
counts:
  n: {{of: offence, {window}}}
deadlines:
  - {{id: reply, clause: "1", title: {{en: R}}, duty_of: clerk, starts: offence,
     within: 35 calendar days, ends: replied}}
penalties:
  - {{id: a, clause: "2", title: {{en: P}}, against: clerk, amount: 10 CNY, when: n {operator} {number}}}
  - {{id: b, clause: "3", title: {{en: P}}, against: clerk, amount: 20 CNY, per: reply,
     when: n {operator} {number}}}
"""


@settings(max_examples=150)
@given(as_of_now(), some_cases(), st.sampled_from(STEPS), st.sampled_from(STEPS))
def test_nothing_changes_before_the_next_change(body, case, step, later):
    judged = load(body, head=MORE)
    as_of = max((event.at for event in case.events), default=START) + step

    def outcome(moment):
        decision = judged.evaluate(case, as_of=moment, engine="native", check_date=False)
        penalties = [(item.id, item.amount) for item in decision.penalties]
        return (penalties, str(decision.total())), decision.next_change_at

    now, change = outcome(as_of)
    then = as_of + later
    if change is not None:
        assert change > as_of
        then = min(then, change - timedelta(milliseconds=1))
    if then > as_of:
        assert outcome(then)[0] == now

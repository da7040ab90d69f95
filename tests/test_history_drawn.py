"""Counts over histories of drawn cases: one at a time and all at once they are the same."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, History, HistoryEntry
from complaint_rules.columns.judge import judge_log
from complaint_rules.columns.log import log_of_cases
from complaint_rules.columns.of_decision import frames_of
from complaint_rules.simulation.histories import read_past
from complaint_rules.simulation.reading import Reading
from complaint_rules.simulation.simulation import batches
from complaint_rules.time.instants import MICROSECOND
from samples import load
from simulated import rows
from test_counts import MORE
from test_counts_drawn import START, STEPS, bodies, some_cases


def assert_same_with(policy, cases, as_of, history, own):
    """The tables of all cases at once are those of each decision by its own history."""
    plain = log_of_cases(policy.ruleset.words, cases)
    log, past = read_past(policy, plain, history, as_of, None, Reading())
    found, _ = judge_log(policy, log, as_of, check_date=False, past=past)
    parts = [
        judge_log(policy, part, as_of, check_date=False, past=past)[0] for part in batches(log, 2)
    ]
    for name, table in found.items():
        assert rows(pl.concat([part[name] for part in parts])) == rows(table), name
    decisions = [
        (
            case.id,
            policy.evaluate(
                case, as_of=as_of, history=own(case), engine="native", check_date=False
            ),
        )
        for case in cases
    ]
    expected = frames_of(decisions, policy.ruleset, found["deadlines"]["case"].dtype)
    for name, table in expected.items():
        assert rows(found[name]) == rows(table), name


def entries_of(cases, as_of, kinds=("offence", "complained_again", "cleared")):
    """What happened in cases until an instant, as a history has it."""
    return [
        HistoryEntry(
            event.type,
            event.at,
            case=case.id,
            **{"clerk": case.facts["clerk"], **event.data},
        )
        for case in cases
        for event in case.events
        if event.type in kinds and event.at <= as_of
    ]


AS_OF = st.sampled_from([0, 1, 40, 400]).map(lambda days: START + timedelta(days=days))


@st.composite
def named_cases(draw):
    who = st.sampled_from(["Li", "Li", "Wang"])
    found = []
    for number in range(draw(st.integers(1, 4))):
        case = draw(some_cases(f"C{number}", named=True))
        found.append(Case(case.id, {"clerk": draw(who), **case.facts}, case.events))
    return found


@settings(max_examples=60)
@given(bodies(history=True), named_cases(), AS_OF)
def test_the_log_is_the_history_of_its_own_cases(body, cases, as_of):
    policy = load(body, head=MORE)
    history = History(entries_of(cases, as_of))
    assert_same_with(policy, cases, as_of, "cases", lambda _: history)


@st.composite
def histories(draw):
    """Entries around the instants of the cases, some of the cases themselves."""
    entries = []
    moment = START - draw(st.sampled_from([timedelta(0), timedelta(days=40)]))
    for _ in range(draw(st.integers(0, 6))):
        moment += draw(st.sampled_from(STEPS))
        kind = draw(st.sampled_from(["offence", "offence", "complained_again", "cleared"]))
        data = {"clerk": draw(st.sampled_from(["Li", "Li", "Wang", ["Li", "Wang"]]))}
        if kind == "offence":
            values = {
                "grade": st.sampled_from(["low", "high"]),
                "points": st.integers(-1, 3),
                "cost": st.sampled_from([0, 1, 5, "5.50"]),
                "witness": st.sampled_from(["a", "b", "c"]),
            }
            data |= {name: draw(value) for name, value in values.items() if draw(st.booleans())}
        case = draw(st.sampled_from([None, "A", "C0", "C1x", "D"]))
        entries.append(HistoryEntry(kind, moment, case=case, **data))
    steps = [*STEPS, MICROSECOND]
    since = draw(st.none() | st.sampled_from(steps).map(lambda step: START + step))
    return History(entries, complete_from=since)


@settings(max_examples=80)
@given(bodies(history=True), named_cases(), st.none() | histories(), AS_OF)
def test_a_history_beside_the_log(body, cases, history, as_of):
    policy = load(body, head=MORE)
    if history is not None:
        history = History(
            [entry for entry in history.entries if entry.at <= as_of],
            complete_from=history.complete_from,
        )
    assert_same_with(policy, cases, as_of, history, lambda _: history)

"""How late something is: coverage, mutants, drawn cases, what-if, versions and several parties."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from complaint_rules import Policy, TimeError
from complaint_rules.exploration import by_time, nearest_changes
from complaint_rules.exploration.outcome import outcome
from complaint_rules.testing import Coverage, mutate, read_scenarios, run_scenario
from complaint_rules.testing.mutants import mutants
from complaint_rules.testing.strategies import cases
from complaint_rules.time import (
    CalendarDays,
    Elapsed,
    SameDay,
    Working,
    WorkingDays,
    lateness,
    when_late_by,
)
from complaint_rules.versions import PolicyVersions
from samples import at, case, event, load, rules
from simulated import assert_same
from test_late_by import TRAIN, changes, decided, limit, policy, refunds

SCENARIOS = """policy: sample
day: 2018-07-02
scenarios:
  - {name: early, facts: {fare: 40}, events: [registered 09:00, arrived 09:14], expect: {"12:00": {total: 0 CNY}}}
  - {name: quarter, facts: {fare: 40}, events: [registered 09:00, arrived 09:15], expect: {"12:00": {total: 10 CNY}}}
  - {name: almost half, facts: {fare: 40}, events: [registered 09:00, arrived 09:29], expect: {"12:00": {total: 10 CNY}}}
  - {name: half, facts: {fare: 40}, events: [registered 09:00, arrived 09:30], expect: {"12:00": {total: 20 CNY}}}
  - {name: open, facts: {fare: 40}, events: [registered 09:00], expect: {"09:31": {total: 20 CNY}, "09:00": {total: 0 CNY}}}
"""


def written(folder, scenarios: str = SCENARIOS):
    body = limit("0 elapsed minutes") + refunds(
        "deadline.late_by", "15 elapsed minutes", "30 elapsed minutes", "per: arrive,"
    )
    (folder / "sample.yaml").write_text(TRAIN + body, encoding="utf-8")
    path = folder / "sample.scenario.yaml"
    path.write_text(scenarios, encoding="utf-8")
    return read_scenarios(path)


def test_coverage_looks_below_exactly_on_and_above(tmp_path):
    file = written(tmp_path)
    results = [result for one in file.scenarios for result in run_scenario(one, "native")]
    assert not [result for result in results if result.mismatches]
    missing = {str(goal) for goal in Coverage.of(file, results).missing("boundaries")}
    assert not missing
    only_early = written(tmp_path, "\n".join(SCENARIOS.splitlines()[:4]) + "\n")
    results = [result for one in only_early.scenarios for result in run_scenario(one, "native")]
    missing = {str(goal) for goal in Coverage.of(only_early, results).missing("boundaries")}
    assert {
        "[2.1] b15: 1. “Arrive” late by at least 15 minutes: never exactly on it".replace(
            "“Arrive” late by at least 15 minutes", "““Arrive” late by at least 15 minutes”"
        ),
        "[2.1] b15: 1. ““Arrive” late by at least 15 minutes”: never above it",
    } <= missing
    assert "[2.1] b15: 1. ““Arrive” late by at least 15 minutes”: never below it" not in missing


def test_nothing_is_less_late_than_by_nothing():
    judged = policy("0 elapsed minutes", "0 elapsed minutes", "1 elapsed minute")
    goals = {
        goal.what
        for goal in Coverage.of(SimpleNamespace(policy=judged), []).goals
        if goal.rule == "b15"
    }
    assert any("never exactly on it" in what for what in goals)
    assert not any("never below it" in what for what in goals)


def test_mutants_move_an_amount_of_lateness_and_its_bound(tmp_path):
    made = {
        m.id for m in mutants(policy("1 working day", "1 working day", "2 working days").ruleset)
    }
    assert {
        "b15: when deadline.late_by >= 1 working day → deadline.late_by > 1 working day",
        "b15: when deadline.late_by >= 1 working day → 0 working days",
        "b15: when deadline.late_by >= 1 working day → 2 working days",
        "b30: when deadline.late_by >= 2 working days → 3 working days",
    } <= made
    none = policy("0 elapsed minutes", "0 elapsed minutes", "30 elapsed minutes")
    assert not [m.id for m in mutants(none.ruleset) if "→ -" in m.id and m.id.startswith("b")]
    survived = {mutant.id for mutant in mutate(written(tmp_path)).survived}
    assert not {one for one in survived if "late_by" in one}


@pytest.mark.parametrize(
    ("within", "less", "more"),
    [
        ("0 elapsed minutes", "15 elapsed minutes", "30 elapsed minutes"),
        ("2 working hours", "90 working minutes", "8 working hours"),
        ("2 working days", "3 working days", "5 working days"),
    ],
)
def test_drawn_cases_are_exactly_so_late_and_a_little_less(within, less, more):
    judged = policy(within, less, more)

    def late(case):
        as_of = max(one.at for one in case.events)
        decision = judged.evaluate(case, as_of=as_of, engine="native", check_date=False)
        return {str(item.late_by) for item in decision.deadlines}

    quiet = settings(max_examples=5000, phases=[Phase.generate])
    assert find(cases(judged, max_events=2), lambda drawn: more in late(drawn), settings=quiet)
    if "days" not in more:
        assert find(
            cases(judged, max_events=2),
            lambda drawn: any("999999 " in text for text in late(drawn)),
            settings=quiet,
        )


# What if


def banded(unit: str = "elapsed"):
    """A penalty between two amounts of lateness only: it comes and goes again."""
    return load(
        limit(f"0 {unit} minutes" if unit == "elapsed" else f"30 {unit} minutes")
        + f"""
penalties:
  - {{id: some, clause: "2", title: {{en: Some}}, per: arrive, amount: 5 CNY,
     when: "'15 {unit} minutes' <= deadline.late_by < '20 {unit} minutes'"}}
  - {{id: more, clause: "3", title: {{en: More}}, against: clerk, amount: 7 CNY,
     when: "arrive.late_by > '60 {unit} minutes'"}}
""",
        head=TRAIN,
    )


def test_the_curve_of_a_penalty_that_comes_and_goes():
    some = case(event("registered", "02T09:00"))
    curve = by_time(
        banded(), some, "arrived", since=at("02T09:00"), until=at("02T12:00"), as_of=at("02T12:00")
    )
    assert curve.exact
    tick = timedelta(microseconds=1)
    assert [(piece.first, str(piece.total)) for piece in curve.pieces] == [
        (at("02T09:00"), "0"),
        (at("02T09:15"), "5"),
        (at("02T09:20"), "0"),
        (at("02T10:00") + tick, "7"),
    ]


def test_the_nearest_change_of_a_late_arrival():
    some = case(event("registered", "02T09:00"), event("arrived", "02T09:17"))
    found = nearest_changes(banded(), some, as_of=at("02T12:00"))
    by = {(one.kind, one.name): one for one in found}
    tick = timedelta(microseconds=1)
    assert by["earlier", "arrived"].by == timedelta(minutes=2) + tick
    assert by["later", "arrived"].by == timedelta(minutes=3)
    assert by["later", "registered"].by == timedelta(minutes=2) + tick
    assert all(one.exact for one in found)


@settings(max_examples=30)
@given(st.integers(0, 300), st.sampled_from(["elapsed", "working"]))
def test_every_piece_of_a_curve_is_what_judging_says(minute, unit):
    some = case(event("registered", "02T11:00"))
    judged = banded(unit)
    end = at("02T17:00")
    moment = at("02T11:00") + timedelta(minutes=minute)
    curve = by_time(judged, some, "arrived", since=at("02T11:00"), until=end, as_of=end)
    (piece,) = [one for one in curve.pieces if one.first <= moment <= one.last]
    then = case(*some.events, event("arrived", moment.isoformat()))
    assert outcome(judged.evaluate(then, as_of=end, engine="native")) == outcome(piece.decision)


# Versions


def version(name: str, since: str, within: str, than: str) -> Policy:
    effective = f"{{from: {since}, by: registered, running_cases: new-duties}}"
    head = TRAIN.replace("{from: 2018-01-01, by: registered}", effective)
    head = head.replace("source:", f"version: '{name}'\nsource:")
    body = limit(within).replace("starts: registered", "starts: [registered, agreed]")
    body += refunds("arrive.late_by", than, than, "")
    return Policy(head + body, f"v{name}.yaml")


def test_a_duty_of_an_earlier_version_that_counts_otherwise_is_not_compared():
    both = PolicyVersions(
        [
            version("1", "2018-01-01", "1 elapsed hour", "9 elapsed hours"),
            version("2", "2018-07-04", "1 calendar day", "1 calendar day"),
        ]
    )
    start = event("registered", "02T09:00")
    missed = case(start, event("arrived", "09T12:00"), fare=40)
    decision = both.evaluate(missed, as_of=at("10T12:00"))
    assert rules(decision.penalties) == []
    assert set(rules(decision.undetermined)) == {"b15", "b30"}
    combined = both._paths[0][1]
    assert_same(combined, [missed], at("10T12:00"))
    # What was in time then is late by nothing, in the unit that counts now.
    in_time = case(start, event("arrived", "02T09:30"), event("agreed", "05T09:00"), fare=40)
    assert rules(both.evaluate(in_time, as_of=at("06T12:00")).penalties) == []
    assert rules(both.evaluate(in_time, as_of=at("07T12:00")).penalties) == ["b30"]
    assert_same(combined, [in_time], at("07T12:00"))


# Several parties


def test_each_of_several_is_judged_by_its_own_lateness():
    judged = load(
        limit("0 elapsed minutes")
        + refunds("arrive.late_by", "15 elapsed minutes", "30 elapsed minutes", ""),
        head=TRAIN,
    )
    some = case(
        event("registered", "02T09:00", department="A"),
        event("registered", "02T09:10", department="B"),
        event("arrived", "02T09:26", department="A"),
        fare=40,
        department=["A", "B"],
    )
    assert [(item.rule, item.party) for item in decided(judged, some, "02T09:26").penalties] == [
        ("b15", "A"),
        ("b15", "B"),
    ]
    # A was as late by then, and still B's own lateness is compared.
    assert decided(judged, some, "02T09:20").next_change_at == at("02T09:25")
    assert changes(judged, some, "02T09:00", "03T00:00")


CALENDAR = policy("1 elapsed hour", "1 elapsed hour", "2 elapsed hours").ruleset.calendar
MICROSECOND = timedelta(microseconds=1)


@given(
    st.integers(0, 40 * 24 * 60).map(lambda minutes: at("01T00:00") + timedelta(minutes=minutes)),
    st.sampled_from([timedelta(0), -MICROSECOND, MICROSECOND]),
    st.one_of(
        st.integers(1, 10_000).map(lambda minutes: Elapsed.of(minutes=minutes)),
        st.integers(1, 3_000).map(lambda minutes: Working.of(minutes=minutes)),
        st.integers(1, 10**10).map(Working),
        st.integers(1, 30).map(WorkingDays),
        st.integers(1, 30).map(CalendarDays),
    ),
)
def test_the_first_instant_of_a_lateness_is_the_first(minute, beside, amount):
    due = minute + beside
    moment = when_late_by(due, amount, CALENDAR)
    assert moment > due

    def late(then):
        found = lateness(due, then, amount, CALENDAR)
        return found.amount if type(found) is type(amount) else 0  # within a date no day

    assert late(moment) >= amount.amount > late(moment - MICROSECOND)


def test_when_something_is_so_late_can_be_asked():
    with pytest.raises(TimeError, match="nothing is late by same day"):
        when_late_by(at("02T09:00"), SameDay(), CALENDAR)

"""Limits that facts of the case and data of events give."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from complaint_rules import Case, Event, Policy
from complaint_rules.errors import CaseError, PolicyError
from complaint_rules.simulation import simulate
from samples import HEAD, at, case, event, judge, only
from simulated import assert_same

WORDS = HEAD.replace(
    "  grade: {type: enum",
    """\
  threshold: {type: duration, title: {en: threshold, zh: 阈值}, ask: {en: "How long may it take?"}}
  allowed: {type: duration, unit: elapsed, title: {en: allowed time}}
  grace: {type: duration, unit: working days, unless_recorded: 1 working day, title: {en: grace}}
  grade: {type: enum""",
).replace(
    "  paused: {title: {en: paused}}",
    "  paused: {title: {en: paused}, data: {more: {type: duration, title: {en: more}}}}\n"
    "  visited: {title: {en: visited}, data: {promised: {type: duration, title: {en: promised}}},"
    " sets: [threshold]}",
)

RULES = """
deadlines:
  - {id: resolve, clause: "1", title: {en: Resolve}, duty_of: clerk, starts: registered, within: threshold, ends: replied}
"""


def load(body):
    return Policy(WORDS + body, "sample.yaml")


def resolve(policy, *events, until="09T10:00", **facts):
    return only(judge(policy, case(*events, **facts), until).deadlines, "resolve")


# The three incidents of the source: minutes taken against the threshold of each.


@pytest.mark.parametrize(
    ("minutes", "threshold", "right"),
    [(130, 120, "late"), (90, 100, "met"), (250, 180, "late"), (120, 120, "met")],
)
def test_a_fact_gives_the_limit(minutes, threshold, right):
    start = at("02T09:00")
    item = resolve(
        load(RULES),
        Event("registered", start),
        Event("replied", start + timedelta(minutes=minutes)),
        threshold=f"{threshold} elapsed minutes",
    )
    assert item.status == right
    assert item.due_at == start + timedelta(minutes=threshold)


@pytest.mark.parametrize(
    ("threshold", "right"),
    [
        ("90 working minutes", "2018-07-02T13:30:00+08:00"),
        ("2 working days", "2018-07-04T23:59:59.999999+08:00"),
        ("1 calendar week", "2018-07-09T23:59:59.999999+08:00"),
        ("1 calendar month", "2018-08-02T23:59:59.999999+08:00"),
        ("1 calendar month and 2 calendar days", "2018-08-04T23:59:59.999999+08:00"),
    ],
)
def test_it_is_in_any_unit(threshold, right):
    item = resolve(load(RULES), event("registered", "02T12:00"), threshold=threshold)
    if threshold == "90 working minutes":
        right = "2018-07-02T15:00:00+08:00"
    assert item.due_at == at(right)


def test_without_it_the_limit_is_undetermined():
    item = resolve(load(RULES), event("registered", "02T12:00"))
    assert (item.status, item.due_at) == ("undetermined", None)
    (missing,) = item.missing
    assert (missing.name, missing.what) == ("threshold", "fact")
    assert dict(missing.ask) == {"en": "How long may it take?"}


def test_an_event_may_set_it():
    policy = load(RULES)
    the_case = case(
        event("registered", "02T09:00"),
        event("visited", "02T09:30", threshold="1 elapsed hour"),
        threshold="4 elapsed hours",
    )
    assert only(judge(policy, the_case, "02T09:10").deadlines, "resolve").due_at == at("02T13:00")
    assert only(judge(policy, the_case, "02T09:30").deadlines, "resolve").due_at == at("02T10:00")


def test_data_of_the_event_that_starts_it_gives_the_limit():
    policy = load(
        RULES.replace("starts: registered", "starts: visited").replace(
            "threshold", "event.promised"
        )
    )
    item = resolve(
        policy, event("registered", "02T08:00"), event("visited", "02T09:00", promised="30 elapsed minutes")
    )  # fmt: skip
    assert item.due_at == at("02T09:30")
    item = resolve(policy, event("registered", "02T08:00"), event("visited", "02T09:00"))
    assert [m.name for m in item.missing] == ["visited.promised"]


def test_targets_and_more_time_from_facts():
    policy = load(
        RULES.replace(
            "within: threshold",
            "within: 2 working days, target: threshold, agreed: [{event: agreed, more: allowed}]",
        )
    )
    facts = {"threshold": "1 elapsed hour", "allowed": "2 elapsed hours"}
    item = resolve(policy, event("registered", "02T09:00"), event("agreed", "02T10:00"), **facts)
    assert item.target_at == at("02T10:00")
    assert item.due_at == at("2018-07-05T01:59:59.999999+08:00")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0 elapsed minutes", "lasts no time"),
        ("-5 elapsed minutes", "negative"),
        ("99999999 calendar days", "longer than"),
        ("same day", "no amount of time"),
        ("3 days", "ambiguous"),
        ("soon", "not a duration"),
        (120, "no duration"),
    ],
)
def test_a_duration_that_is_none(value, message):
    with pytest.raises(CaseError, match=message):
        resolve(load(RULES), event("registered", "02T09:00"), threshold=value)
    with pytest.raises(CaseError, match=f"threshold.*{message}"):
        simulate(
            load(RULES),
            pl.DataFrame({"case": ["A"], "threshold": [value]}),
            pl.DataFrame(
                {"case": ["A"], "type": ["registered"], "at": ["2018-07-02T09:00:00+08:00"]}
            ),
            as_of=at("03T09:00"),
        )


def test_a_fact_with_a_unit_is_in_that_unit_and_is_compared():
    policy = load(
        RULES.replace("threshold", "allowed")
        + """
penalties:
  - {id: late, clause: "2", title: {en: Late}, per: resolve, when: deadline.late_by > '15 elapsed minutes', amount: 5 CNY}
  - {id: twice, clause: "2", title: {en: Twice}, per: resolve, when: deadline.late_by > allowed, amount: 7 CNY}
escalations:
  - {id: long, clause: "3", title: {en: Long}, to: boss, capacity: inform, when: allowed >= '2 elapsed hours' and grace == '1 working day'}
"""
    )

    def owed(until, allowed):
        events = (event("registered", "02T09:00"), event("replied", until))
        decision = judge(policy, case(*events, allowed=allowed), "09T09:00")
        return {item.rule for item in (*decision.penalties, *decision.escalations)}

    assert owed("02T09:45", "30 elapsed minutes") == set()
    assert owed("02T09:46", "30 elapsed minutes") == {"late"}
    assert owed("02T10:01", "30 elapsed minutes") == {"late", "twice"}
    assert owed("02T10:01", "2 elapsed hours") == {"long"}
    with pytest.raises(CaseError, match="in working time, and .* in elapsed time"):
        owed("02T10:01", "30 working minutes")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("within: threshold", "within: thresold", "did you mean 'threshold'"),
        ("within: threshold", "within: visits", "is of type int: name a duration"),
        ("within: threshold", "within: event.promised", "names none here"),
        ("within: threshold", "within: threshold, when: threshold > '1 elapsed hour'", "may be in"),
        ("within: threshold", "at_least: threshold, before: event.at", "write it out"),
    ],
)
def test_what_is_wrong_with_such_a_limit(old, new, message):
    with pytest.raises(PolicyError, match=message):
        load(RULES.replace(old, new))


def test_units_that_are_wrong():
    with pytest.raises(PolicyError, match="unit"):
        Policy(WORDS.replace("unit: elapsed", "unit: hours") + RULES, "sample.yaml")
    with pytest.raises(PolicyError, match="only a duration has a unit"):
        Policy(
            WORDS.replace("visits: {type: int", "visits: {type: int, unit: elapsed") + RULES,
            "s.yaml",
        )
    with pytest.raises(PolicyError, match="working days"):
        Policy(WORDS.replace("1 working day,", "1 calendar day,") + RULES, "sample.yaml")


def test_the_schema_of_cases_and_their_json():
    policy = load(RULES)
    model = policy.case_model
    the_case = model.model_validate(
        {
            "id": "C",
            "facts": {"threshold": "2 elapsed hours"},
            "events": [{"type": "registered", "at": "2018-07-02T09:00:00+08:00"}],
        }
    ).to_case()
    assert resolve_of(policy, the_case).due_at == at("02T11:00")
    with pytest.raises(ValidationError, match="ambiguous"):
        model.model_validate({"id": "C", "facts": {"threshold": "2 hours"}, "events": []})
    facts = model.model_json_schema()["$defs"]["Facts"]["properties"]
    assert "elapsed" in str(facts["threshold"])


def resolve_of(policy, the_case):
    return only(judge(policy, the_case, "09T10:00").deadlines, "resolve")


def test_a_decision_that_read_one_is_stored_and_read_again():
    from complaint_rules import Decision

    policy = load(
        RULES
        + """
escalations:
  - {id: long, clause: "3", title: {en: Long}, to: boss, capacity: inform, when: allowed >= '2 elapsed hours'}
"""
    )
    decision = judge(
        policy,
        case(event("registered", "02T09:00"), allowed="3 elapsed hours", threshold="1 working day"),
        "02T10:00",
    )
    assert Decision.from_json(decision.to_json()) == decision
    assert "allowed time = 3 hours" in decision.explain("en")


# Many cases at once

BOTH = """
deadlines:
  - {id: resolve, clause: "1", title: {en: Resolve}, duty_of: clerk, starts: registered, within: threshold, target: allowed,
     ends: replied, agreed: [{event: agreed, more: grace}]}
  - {id: visit, clause: "1", title: {en: Visit}, duty_of: clerk, starts: [visited, paused], within: LIMIT, ends: resumed}
penalties:
  - {id: late, clause: "2", title: {en: Late}, per: visit, when: deadline.missed, amount: 5 CNY per overdue day}
escalations:
  - {id: long, clause: "3", title: {en: Long}, to: boss, capacity: inform, when: allowed >= '2 elapsed hours'}
"""

DURATIONS = ["30 elapsed minutes", "2 elapsed hours", "1 working day", "2 working hours", "1 calendar month", "1 calendar month and 1 working day"]  # fmt: skip


@st.composite
def drawn(draw):
    def some(values):
        return draw(st.sampled_from([None, *values]))

    cases = []
    for number in range(draw(st.integers(3, 8))):
        facts = {
            "threshold": some(DURATIONS),
            "allowed": some(DURATIONS[:2]),
            "grace": some(["2 working days", "3 working days"]),
        }
        events = [Event("registered", at("02T09:00"))]
        for type_, data in (
            ("visited", {"promised": some(DURATIONS), "threshold": some(DURATIONS)}),
            ("paused", {"more": some(DURATIONS)}),
            ("visited", {"promised": some(DURATIONS)}),
        ):
            when = some(["02T10:00", "03T09:00", "02T09:30"])
            if when is not None:
                kept = {name: value for name, value in data.items() if value is not None}
                events.append(Event(type_, at(when), **kept))
        for type_ in ("agreed", "replied", "resumed"):
            when = some(["02T09:20", "02T11:30", "03T10:00"])
            if when is not None:
                events.append(Event(type_, at(when)))
        cases.append(Case(f"C{number}", {n: v for n, v in facts.items() if v is not None}, events))
    return cases


@pytest.mark.parametrize("limit", ["threshold", "allowed", "event.promised"])
@settings(max_examples=30)
@given(cases=drawn())
def test_columns_are_the_decisions(limit, cases):
    starts = "visited" if limit == "event.promised" else "[visited, paused]"
    policy = _policy(BOTH.replace("LIMIT", limit).replace("[visited, paused]", starts))
    assert_same(policy, cases, at("09T10:00"))


@cache
def _policy(body):
    return load(body)


def test_simulate_reads_them_from_texts():
    result = simulate(
        load(RULES),
        pl.DataFrame(
            {"case": ["A", "B", "C"], "threshold": ["120 elapsed minutes", "1 working day", None]}
        ),
        pl.DataFrame(
            {
                "case": ["A", "B", "C", "A"],
                "type": ["registered", "registered", "registered", "replied"],
                "at": ["2018-07-02T09:00:00+08:00"] * 3 + ["2018-07-02T11:10:00+08:00"],
            }
        ),
        as_of=at("09T09:00"),
    )
    assert result.deadlines.sort("case")["status"].to_list() == [
        "late",
        "overdue",
        "undetermined",
    ]
    assert result.cases.sort("case")["threshold"].to_list() == [
        "2 elapsed hours",
        "1 working day",
        None,
    ]

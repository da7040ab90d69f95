"""Conditions on a moment: its time of day, opening hours, working days."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Policy
from complaint_rules.time import DatedCalendar, china
from samples import HEAD, at, case, event, judge, load, only, the_problem
from simulated import assert_same
from test_late_by import decided

BERLIN = HEAD.replace("Asia/Shanghai", "Europe/Berlin").replace(
    'calendar: {official: CN, hours: ["09:00-12:00", "13:30-18:00"]}',
    'calendar: {hours: {mon-fri: ["09:00-17:00"], sat: ["22:00-06:00"]}}',
)


def told(when: str, per: str = "registered") -> str:
    where = f"per: {per}," if per else ""
    return f"""
escalations:
  - {{id: told, clause: "1", title: {{en: Told}}, {where} when: "{when}", to: boss, capacity: handle}}
"""


def answer(policy, some, when: str = "2026-06-01T12:00+08:00"):
    """Whether the boss is told: yes, no, or the names that are missing to know it."""
    decision = decided(policy, some, when)
    unknown = [item for item in decision.undetermined if item.rule == "told"]
    if unknown:
        return tuple(missing.name for missing in unknown[0].missing)
    return bool(decision.escalations)


def on(policy, moment: str, when: str = "2026-06-01T12:00+08:00", **facts):
    return answer(policy, case(event("registered", moment), **facts), when)


NIGHT = "time_of(event.at) >= '22:00' or time_of(event.at) < '06:00'"


@pytest.mark.parametrize("spelling", [NIGHT, NIGHT.replace("time_of(event.at)", "event.at.time")])
@pytest.mark.parametrize(
    ("time", "night"),
    [("21:59:59", False), ("22:00", True), ("23:59", True), ("05:59", True), ("06:00", False)],
)
def test_a_night_by_the_local_clock(spelling, time, night):
    assert on(load(told(spelling)), f"2026-03-02T{time}+08:00") is night


def test_the_time_of_day_is_that_of_the_policy_wherever_the_event_was_written_down():
    policy = load(told("time_of(event.at) == '06:00'"))
    assert on(policy, "2026-03-01T22:00+00:00") is True
    assert on(policy, "2026-03-02T06:00+00:00") is False


@pytest.mark.parametrize(
    ("moment", "time"),
    [
        ("2026-03-29T00:59:59+00:00", "01:59:59"),  # clocks go on from 02:00 to 03:00
        ("2026-03-29T01:00:00+00:00", "03:00"),
        ("2026-10-25T00:30:00+00:00", "02:30"),  # 02:30 comes twice
        ("2026-10-25T01:30:00+00:00", "02:30"),
        ("2026-10-25T23:00:00+00:00", "00:00"),
    ],
)
def test_on_days_on_which_clocks_change(moment, time):
    policy = load(told(f"time_of(event.at) == '{time}'"), head=BERLIN)
    assert on(policy, moment, "2026-12-01T12:00+01:00") is True


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2026-03-02T08:59:59+08:00", False),
        ("2026-03-02T09:00+08:00", True),  # the opening is open, the closing is not
        ("2026-03-02T12:00+08:00", False),
        ("2026-03-02T13:30+08:00", True),
        ("2026-03-02T18:00+08:00", False),
        ("2026-02-14T10:00+08:00", True),  # a make-up Saturday
        ("2026-02-17T10:00+08:00", False),  # the Spring Festival, a Tuesday
    ],
)
def test_opening_hours(moment, open_):
    assert on(load(told("is_open(event.at)")), moment) is open_
    assert on(load(told("not is_open(event.at)")), moment) is not open_


def test_hours_over_midnight_belong_to_the_day_before():
    policy = load(told("is_open(event.at)"), head=BERLIN)
    assert on(policy, "2026-10-25T00:30:00+02:00", "2026-12-01T12:00+01:00") is True
    # Clocks were put back: until 06:00 by the new time.
    assert on(policy, "2026-10-25T05:59:00+01:00", "2026-12-01T12:00+01:00") is True
    assert on(policy, "2026-10-25T06:00:00+01:00", "2026-12-01T12:00+01:00") is False


def test_working_days_by_the_local_date():
    policy = load(told("is_working_day(event.at)"))
    assert on(policy, "2026-02-13T16:30:00+00:00") is True  # the make-up Saturday has begun
    assert on(policy, "2026-02-14T16:00:00+00:00") is False  # Sunday has
    assert on(policy, "2026-03-02T03:00+08:00") is True


def test_a_year_without_a_published_calendar_is_unknown():
    dated = china()
    known = DatedCalendar("CN", "1", frozenset({2026}), dated.rest, dated.work)
    for function in ("is_open", "is_working_day"):
        policy = Policy(HEAD + told(f"{function}(event.at)"), calendars={"CN": known})
        assert on(policy, "2031-03-03T10:00+08:00", "2031-06-01T12:00+08:00") == ("CN 2031",)
        assert on(policy, "2026-03-02T10:00+08:00", "2031-06-01T12:00+08:00") is True
    policy = load(told("time_of(event.at) == '10:00'"))
    assert on(policy, "2031-03-03T10:00+08:00", "2031-06-01T12:00+08:00") is True


def test_hours_that_nobody_has_set_are_asked_for():
    head = HEAD.replace('hours: ["09:00-12:00", "13:30-18:00"]', "hours: opening")
    body = "\nparameters:\n  opening: {type: hours, title: {en: hours}}\n"
    policy = load(body + told("is_open(event.at)"), head=head)
    assert on(policy, "2026-03-02T10:00+08:00") == ("opening",)
    policy = load(body + told("is_open(event.at)"), head=head, opening="09:00-12:00")
    assert on(policy, "2026-03-02T10:00+08:00") is True
    # Whether a day is worked is known without hours.
    policy = load(body + told("is_working_day(event.at)"), head=head)
    assert on(policy, "2026-03-02T10:00+08:00") is True


def test_facts_due_instants_and_first_times_are_moments_too():
    body = """
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: department, starts: registered, within: 3 elapsed hours, ends: replied}
"""
    registered = event("registered", "2026-03-02T10:00+08:00")
    for when, right in [
        ("time_of(wanted_at) == '10:30'", ("wanted_at",)),
        ("is_working_day(wanted_at)", ("wanted_at",)),
        ("time_of(reply.due_at) == '13:00'", True),
        ("is_open(reply.due_at)", False),
        ("registered.first_at.time < '10:00:01'", True),
        ("time_of(replied.last_at) == '10:00'", ("replied.last_at",)),
    ]:
        policy = load(body + told(when, per=""))
        assert answer(policy, case(registered)) == right, when
    policy = load(told("time_of(wanted_at) == '10:30'", per=""))
    assert answer(policy, case(registered, wanted_at="2026-03-02T10:30+08:00")) is True
    policy = load(told("is_open(deadline.due_at)", per="reply") + body)
    assert answer(policy, case(registered)) is False
    policy = load(told("time_of(event.takes_effect_at) == '08:00'", per="change_planned"))
    planned = event("change_planned", "2026-03-02T10:00+08:00")
    assert answer(policy, case(registered, planned)) == ("change_planned.takes_effect_at",)


def test_two_times_of_day_are_compared():
    policy = load(told("time_of(event.at) <= time_of(wanted_at)"))
    wanted = "2026-01-01T10:00+08:00"
    assert on(policy, "2026-03-02T10:00+08:00", wanted_at=wanted) is True
    assert on(policy, "2026-03-02T10:00:01+08:00", wanted_at=wanted) is False


def test_a_limit_begins_only_by_day():
    policy = load("""
deadlines:
  - {id: call, clause: "1", title: {en: Call}, duty_of: department, starts: registered, within: 30 elapsed minutes, ends: replied, when: is_open(event.at)}
""")
    some = case(
        event("registered", "2026-03-02T08:59+08:00"), event("registered", "2026-03-02T09:00+08:00")
    )
    (limit,) = decided(policy, some, "2026-03-02T09:10+08:00").deadlines
    assert limit.started_at == at("2026-03-02T09:00+08:00")


def test_a_past_moment_never_changes():
    policy = load(told(NIGHT))
    assert (
        decided(
            policy, case(event("registered", "2026-03-02T21:00+08:00")), "2026-03-02T21:30+08:00"
        ).next_change_at
        is None
    )


def test_explained_in_both_languages():
    some = case(event("registered", "2026-03-02T22:00+08:00"))
    decision = judge(load(told(NIGHT)), some, "2026-06-01T12:00+08:00")
    english, chinese = decision.explain("en"), decision.explain("zh")
    assert (
        "time of this event (local time) is 22:00 or later or "
        "time of this event (local time) is before 06:00"
    ) in english
    assert "time of this event (local time) = 22:00" in english
    assert "本次事件时间（当地时刻）不早于 22:00 或 本次事件时间（当地时刻）早于 06:00" in chinese
    some = case(event("registered", "2026-03-02T10:00+08:00"))
    policy = load(told("is_open(event.at) and is_working_day(event.at)"))
    decision = judge(policy, some, "2026-06-01T12:00+08:00")
    assert (
        "time of this event is within opening hours and time of this event is on a working day"
    ) in decision.explain("en")
    assert "本次事件时间在营业时间内 且 本次事件时间为工作日" in decision.explain("zh")


def test_why_not():
    some = case(event("registered", "2026-03-02T21:59+08:00"))
    decision = judge(load(told("time_of(event.at) >= '22:00'")), some, "2026-06-01T12:00+08:00")
    assert "time of this event (local time) is 22:00 or later (now 21:59)" in (
        decision.why_not("told").explain("en")
    )


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("time_off(event.at) > '22:00'", "did you mean 'time_of'?"),
        ("urgent(event.at)", "time_of(…), is_open(…) and is_working_day(…)"),
        ("time_of(event.att) > '22:00'", "did you mean 'event.at'?"),
        ("time_of(urgent) > '22:00'", "'urgent' is true or false: give an instant"),
        ("time_of(bought_on) > '22:00'", "'bought_on' is a date: give an instant"),
        ("time_of(event.at, event.at) > '22:00'", "takes one instant: write time_of(event.at)"),
        ("is_open(event.at, servce)", "'servce' is no calendar"),
        ("is_open(event.at, urgent)", "'urgent' is no calendar"),
        ("is_open()", "takes an instant, and a calendar"),
        ("is_open(instant=event.at)", "takes an instant, and a calendar"),
        ("is_open('2026-01-01')", "give an instant"),
        ("time_of(event.at)", "is a time of day, not true or false: compare it"),
        ("time_of(event.at) > '24:00'", "which no moment has: write '00:00'"),
        ("time_of(event.at) > '7:00'", "write it like '07:00'"),
        ("time_of(event.at) > '25:00'", "is not a time of day"),
        ("time_of(event.at) > 7", "write it like '07:00'"),
        ("time_of(event.at) > event.at", "compares a time of day with an instant"),
        ("is_open(event.at) > 1", "orders true or false"),
        ("urgent.time > '22:00'", "is not"),
    ],
)
def test_what_is_wrong_is_said(when, message):
    body = told(when)
    problem = the_problem(body)
    assert message in str(problem)
    assert problem.path == "escalations[0].when"


def test_a_calendar_that_does_not_know_cannot_be_asked():
    bare = HEAD.replace('calendar: {official: CN, hours: ["09:00-12:00", "13:30-18:00"]}\n', "")
    assert "give calendar.hours" in str(the_problem(told("is_open(event.at)"), head=bare))
    assert "give calendar.official or calendar.hours" in str(
        the_problem(told("is_working_day(event.at)"), head=bare)
    )
    days = HEAD.replace(', hours: ["09:00-12:00", "13:30-18:00"]', "")
    assert "give calendar.hours" in str(the_problem(told("is_open(event.at)"), head=days))
    load(told("is_working_day(event.at)"), head=days)


CONDITIONS = [
    NIGHT,
    "is_open(event.at)",
    "not is_working_day(event.at) or urgent",
    "is_open(event.at) and time_of(event.at) > '16:00'",
    "time_of(wanted_at) < time_of(event.at)",
    "is_open(wanted_at) or is_working_day(wanted_at)",
    "is_open(reply.due_at) or time_of(reply.due_at) in ('00:00', '12:00')",
    "is_working_day(registered.first_at)",
]


@settings(max_examples=60)
@given(data=st.data())
def test_all_cases_at_once_answer_as_one_by_one(data):
    head = data.draw(st.sampled_from([HEAD, BERLIN]))
    conditions = data.draw(st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3))
    body = """
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: department, starts: registered, within: 3 elapsed hours, ends: replied}
escalations:
"""
    for number, when in enumerate(conditions):
        body += (
            f'  - {{id: e{number}, clause: "1", title: {{en: E}}, per: registered, when: "{when}", '
            f"to: boss, capacity: inform}}\n"
        )
    policy = load(body, head=head)
    hours = st.integers(0, 24 * 4 * 400).map(lambda quarters: quarters * 15)
    starts = data.draw(st.lists(st.lists(hours, min_size=1, max_size=3), min_size=1, max_size=4))
    begin = at("2026-02-01T00:00+01:00")
    from datetime import timedelta

    from complaint_rules import Case, Event

    cases = [
        Case(
            f"C{number}",
            data.draw(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "urgent": st.booleans(),
                        "wanted_at": hours.map(lambda minutes: begin + timedelta(minutes=minutes)),
                    },
                )
            ),
            [Event("registered", begin + timedelta(minutes=minutes)) for minutes in several],
        )
        for number, several in enumerate(starts)
    ]
    assert_same(policy, cases, at("2028-06-01T12:00+08:00"))


def test_only_items_that_apply_read_it():
    decision = judge(
        load(told(NIGHT)),
        case(event("registered", "2026-03-02T23:00+08:00")),
        "2026-06-01T12:00+08:00",
    )
    told_item = only(decision.escalations, "told")
    assert [read.name for read in told_item.reason.read] == ["time_of(event.at)"]
    again = type(decision).from_json(decision.to_json())
    assert again == decision


def test_no_case_is_judged_one_by_one_for_it():
    from complaint_rules.columns.judge import judge_log
    from complaint_rules.columns.log import log_of_cases

    policy = load(told("is_open(event.at) and time_of(event.at) < '22:00'"))
    some = case(event("registered", "2026-03-02T22:00+08:00"), wanted_at="9998-01-01T00:00+00:00")
    log = log_of_cases(policy.ruleset.words, [some])
    assert judge_log(policy, log, at("2026-06-01T12:00+08:00"), check_date=False)[1] == 0


def test_moments_of_other_centuries():
    policy = load(told("time_of(wanted_at) < '12:00' and not is_open(wanted_at)"), head=BERLIN)
    for moment in ("9998-07-01T11:59:59+02:00", "0003-01-03T03:00+00:00"):
        when = "2026-06-01T12:00+08:00"
        right = moment.startswith("9998") and at(moment).weekday() > 4
        expected = right or moment.startswith("0003")
        assert on(policy, "2026-03-02T10:00+08:00", when, wanted_at=moment) is expected


# Tools


def written(folder, scenarios):
    from complaint_rules.testing import read_scenarios

    body = told("time_of(event.at) >= '22:00'")
    (folder / "sample.yaml").write_text(HEAD + body, encoding="utf-8")
    path = folder / "sample.scenario.yaml"
    path.write_text(scenarios, encoding="utf-8")
    return read_scenarios(path)


SCENARIOS = """policy: sample
day: 2018-07-02
scenarios:
  - {name: before, events: [registered 21:59], expect: {"23:59": {told: absent}}}
  - {name: at, events: [registered 22:00], expect: {"23:59": {told: "boss, handle"}}}
  - {name: after, events: [registered 22:01], expect: {"23:59": {told: "boss, handle"}}}
"""


def test_coverage_and_mutants_look_at_the_minute(tmp_path):
    from complaint_rules.testing import Coverage, mutate, run_scenario

    file = written(tmp_path, SCENARIOS)
    results = [result for one in file.scenarios for result in run_scenario(one, "native")]
    assert not [result for result in results if result.mismatches]
    assert not Coverage.of(file, results).missing("boundaries")
    assert not [mutant for mutant in mutate(file).survived if "22:0" in mutant.id]
    weak = written(tmp_path, SCENARIOS.replace("22:0", "22:3").replace("21:59", "20:00"))
    results = [result for one in weak.scenarios for result in run_scenario(one, "native")]
    assert any(
        "never exactly on it" in str(g) for g in Coverage.of(weak, results).missing("boundaries")
    )
    survivors = [mutant.id for mutant in mutate(weak).survived]
    assert any("22:01" in what for what in survivors), survivors


def test_drawn_cases_come_to_the_minute():
    from hypothesis import find

    from complaint_rules.testing.strategies import cases

    policy = load(told("time_of(event.at) == '22:17'"))
    find(
        cases(policy),
        lambda some: bool(
            policy.evaluate(some, as_of=at("2030-01-01T00:00+08:00"), check_date=False).escalations
        ),
        settings=settings(max_examples=2000, database=None),
    )


def test_nearest_changes_and_curves():
    from complaint_rules.exploration import by_time, nearest_changes

    policy = load(told(NIGHT))
    some = case(event("registered", "2018-07-02T21:59+08:00"))
    found = nearest_changes(policy, some, as_of=at("2018-07-09T12:00+08:00"))
    assert {(change.kind, change.becomes) for change in found} >= {
        ("later", at("2018-07-02T22:00+08:00")),
        ("earlier", at("2018-07-02T05:59:59.999999+08:00")),
    }
    curve = by_time(
        policy, some, "registered", since="2018-07-02T00:00+08:00", until="2018-07-04T00:00+08:00"
    )
    assert [
        (f"{piece.first:%d %H:%M}", len(piece.decision.escalations)) for piece in curve.pieces
    ] == [("02 00:00", 1), ("02 06:00", 0), ("02 22:00", 1), ("03 06:00", 0), ("03 22:00", 1)]

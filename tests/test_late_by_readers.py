"""How late something is: everything else that reads conditions knows it too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules import Case, Decision, Event
from complaint_rules.engines.native import NativeMatcher
from complaint_rules.errors import CaseError, PolicyError
from complaint_rules.expressions import parse_condition, render
from complaint_rules.ruleset.scopes import CASE
from complaint_rules.time import Elapsed, Working, WorkingDays
from samples import at, case, event, load, problems
from simulated import assert_same
from test_late_by import TRAIN, changes, decided, durable, limit, policy, refunds

UNITS = {
    "elapsed": ("15 elapsed minutes", "2 elapsed hours"),
    "working": ("15 working minutes", "3 working hours"),
    "calendar": ("1 calendar day", "4 calendar days"),
    "days": ("1 working day", "3 working days"),
}
LIMITS = [
    ("0 elapsed minutes", "elapsed"),
    ("30 elapsed minutes, target: 10 elapsed minutes", "elapsed"),
    ("30 elapsed minutes, agreed: [{event: agreed, moment: until_when}]", "elapsed"),
    ("30 elapsed minutes, by: wanted_at", "elapsed"),
    ("short", "elapsed"),
    ("30 working minutes", "working"),
    ("2 working hours, suspended: [{from: paused, until: resumed}]", "working"),
    ("2 working hours, missed_at_the_limit: true", "working"),
    ("1 calendar day, days: {last_day_ends: close}", "calendar"),
    ("1 calendar day, days: {rolls: true}, cancelled: withdrawn", "calendar"),
    ("same day", "calendar"),
    ("1 calendar month", "calendar"),
    ("1 working day", "days"),
    ("1 working day, days: {last_day_ends: close}, while_open: restart", "days"),
    ("1 working day, agreed: [{event: agreed, more: 1 working hour}]", "days"),
]
OPERATORS = ["<", "<=", ">", ">=", "==", "!="]
PARAMETERS = """
parameters:
  short: {type: duration, title: {en: short}, value: 40 elapsed minutes}
"""


@st.composite
def late_policies(draw):
    within, unit = draw(st.sampled_from(LIMITS))
    body = PARAMETERS + limit(within, "when: urgent or visits != 2")
    body += "penalties:\n"
    for number in range(draw(st.integers(1, 3))):
        own = draw(st.booleans())
        name = "deadline.late_by" if own else "arrive.late_by"
        operator, than = draw(st.sampled_from(OPERATORS)), draw(st.sampled_from(UNITS[unit]))
        test = f"{name} {operator} '{than}'"
        if draw(st.integers(0, 3)) == 0:
            test = f"{name} in ('{UNITS[unit][0]}', '{UNITS[unit][1]}')"
        elif unit == "elapsed" and draw(st.booleans()):
            test = f"{name} {operator} short"
        extra = draw(st.sampled_from(["", " and urgent", " or visits > 5"]))
        body += (
            f"  - {{id: p{number}, clause: '2', title: {{en: P}}, against: department,"
            f' amount: {10**number} CNY, {"per: arrive," if own else ""} when: "{test}{extra}"}}\n'
        )
    return load(body, head=TRAIN)


@st.composite
def late_cases(draw):
    facts = {"urgent": True, "visits": 1}
    if draw(st.integers(0, 3)) == 0:
        facts = {"visits": draw(st.sampled_from([1, 2, 6]))}
    if draw(st.booleans()):
        facts["department"] = draw(st.sampled_from(["A", ["A", "B"]]))
    if draw(st.booleans()):
        facts["wanted_at"] = "2018-07-06T11:50:00+08:00"
    start = at("06T11:20")  # a Friday, before lunch
    events = [Event("registered", start)]
    names = ["registered", "arrived", "agreed", "paused", "resumed", "withdrawn"]
    minutes = st.sampled_from([0, 15, 29, 30, 40, 45, 55, 110, 150, 600, 4320, 5760, 50_000])
    for name in draw(st.lists(st.sampled_from(names), max_size=4)):
        data = {}
        if name == "agreed" and draw(st.booleans()):
            data["until_when"] = start + timedelta(minutes=draw(minutes))
        events.append(Event(name, start + timedelta(minutes=draw(minutes)), **data))
    return Case("C", facts, events)


moments = st.builds(
    lambda minutes, more: at("06T11:20") + timedelta(minutes=minutes, microseconds=more),
    st.sampled_from([0, 30, 40, 44, 45, 70, 135, 150, 160, 700, 2200, 4320, 7000, 60_000]),
    st.sampled_from([-1, 0, 0, 0, 1]),
)


@given(late_policies(), late_cases(), moments)
def test_every_reading_agrees(judged, some, when):
    assert_same(judged, [some], when)
    native = judged.evaluate(some, as_of=when, engine="native")
    if durable is not None:
        assert judged.evaluate(some, as_of=when, engine="durable") == native
    assert Decision.from_json(native.to_json()) == native


def said(decision: Decision):
    """What a decision says, but for how late what is open is by the clock."""
    return (
        [(item.id, item.status, item.overdue_days) for item in decision.deadlines],
        [(item.id, item.minimum, item.maximum) for item in decision.penalties],
        [(item.id, item.missing) for item in decision.undetermined],
        decision.total(),
    )


@given(late_policies(), late_cases(), moments, st.data())
def test_nothing_changes_before_the_next_change(judged, some, when, data):
    before = judged.evaluate(some, as_of=when, engine="native")
    until = before.next_change_at or when + timedelta(days=400)
    assert until > when
    length = (until - when) // timedelta(milliseconds=1)
    steps = [length - 1, data.draw(st.integers(0, max(length - 1, 0))), length // 2, length // 3]
    for step in steps:
        moment = when + timedelta(milliseconds=step)
        if when < moment < until:
            assert said(judged.evaluate(some, as_of=moment, engine="native")) == said(before)


# Years without an official calendar


@pytest.mark.parametrize(
    ("within", "less", "more", "reached"),
    [
        ("1 working day", "1 working day", "9 working days", "31T00:00"),
        ("30 working minutes", "15 working minutes", "90 working hours", "29T10:45"),
    ],
)
def test_lateness_that_reaches_into_an_unknown_year(within, less, more, reached):
    judged = policy(within, less, more)
    some = case(event("registered", "2026-12-29T10:00:00+08:00"), fare=40)
    # Though it was as late before, nobody knows how late it is in the new year.
    assert changes(judged, some, "2026-12-29T10:00:00+08:00", "2027-03-01T00:00:00+08:00") == [
        ("29T10:00", "0"),
        (reached, "10"),
        ("01T00:00", "0–20"),
    ]
    unknown = decided(judged, some, "2027-01-05T00:00:00+08:00")
    assert {m.name for item in unknown.undetermined for m in item.missing} == {"CN 2027"}


def test_a_day_that_the_company_knows_is_known_in_an_unknown_year():
    head = TRAIN.replace("{official: CN,", "{official: CN, rest_days: [2027-01-01],")
    body = limit("1 working day") + refunds("arrive.late_by", "1 working day", "9 working days", "")
    some = case(event("registered", "2026-12-29T10:00:00+08:00"), fare=40)
    judged = load(body, head=head)
    assert changes(judged, some, "2026-12-29T10:00:00+08:00", "2027-03-01T00:00:00+08:00") == [
        ("29T10:00", "0"),
        ("31T00:00", "10"),
        ("02T00:00", "0–20"),
    ]


def test_an_unknown_year_may_be_answered_provisionally():
    judged = policy("1 working day", "1 working day", "3 working days")
    some = case(event("registered", "2026-12-29T10:00:00+08:00"), fare=40)
    moment = "2026-12-31T09:00:00+08:00"
    decision = judged.evaluate(some, as_of=moment, provisional=True)
    assert decision.next_change_at == at("2027-01-01T00:00:00+08:00")  # one more day overdue
    late = judged.evaluate(some, as_of="2027-01-05T09:00:00+08:00", provisional=True)
    assert str(late.total()) == "20"


# What is wrong


@pytest.mark.parametrize(
    ("within", "than", "says"),
    [
        (
            "0 elapsed minutes",
            "15 working minutes",
            (
                "'15 working minutes' is in working time, and 'arrive.late_by' in elapsed time: "
                "write '15 elapsed minutes'"
            ),
        ),
        (
            "2 working hours",
            "1 elapsed hour",
            (
                "'1 elapsed hour' is in elapsed time, and 'arrive.late_by' in working time: "
                "write '1 working hour'"
            ),
        ),
        (
            "1 calendar month",
            "15 elapsed minutes",
            (
                "'15 elapsed minutes' is in elapsed time, and 'arrive.late_by' in calendar days: "
                "write a duration such as '1 calendar day'"
            ),
        ),
        ("1 calendar month", "1 calendar month", "write a duration such as '1 calendar day'"),
        ("1 elapsed hour", "15 minutes", "write elapsed minutes or working minutes"),
        ("1 elapsed hour", "-1 elapsed minutes", "is negative"),
        ("1 elapsed hour", "99999999999 elapsed hours", "is longer than 36600 days"),
        ("1 calendar day", "same day", "is no amount of time"),
        ("1 calendar day, by: wanted_at", "1 calendar day", "give it one unit"),
        (
            "1 working day, agreed: [{event: agreed, moment: until_when}]",
            "1 working day",
            (
                "'arrive.late_by' may be in elapsed time or working days, so that nothing compares "
                "with it: give it one unit, whatever the case, or compare overdue_days"
            ),
        ),
        ("several", "1 working day", "may be in working days or elapsed time"),
    ],
)
def test_a_lateness_in_another_unit_is_an_error(within, than, says):
    body = SEVERAL + limit(within) + refunds("arrive.late_by", than, than, "")
    found = problems(body, head=TRAIN)
    assert len(found) == 2
    assert says in found[0].message


SEVERAL = """
parameters:
  several:
    type: duration
    title: {en: several}
    values: [{from: 2018-01-01, value: 1 working day}, {from: 2018-07-03, value: 9 elapsed hours}]
  unset: {type: duration, title: {en: unset}}
  tolerance:
    type: duration
    title: {en: tolerance}
    values:
      - {from: 2018-01-01, value: 15 elapsed minutes}
      - {from: 2018-07-03, value: 20 elapsed minutes}
"""


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("arrive.late_by >= 15", "15 is no duration, and 'arrive.late_by' is one"),
        ("arrive.late_by", "is a duration in elapsed time, not true or false: compare it"),
        ("arrive.late_by > registered.first_at", "with an instant: compare like with like"),
        ("arrive.late_by > several", "in working days or elapsed time: compare like with like"),
        ("several > '1 working day'", "'several' may be in working days or elapsed time"),
        ("arrive.late_by > arrive.late_by", "compare each with an amount of time"),
        ("arrive.late_by in ('1 working day',)", "write a duration such as '15 elapsed minutes'"),
    ],
)
def test_what_is_no_amount_of_that_time_is_an_error(condition, says):
    body = SEVERAL + limit("1 elapsed hour") + told(condition)
    (problem,) = problems(body, head=TRAIN)
    assert says in problem.message


def told(condition: str) -> str:
    return f"""
escalations:
  - {{id: tell, clause: "3", title: {{en: Tell}}, to: boss, capacity: inform,
     when: "{condition}"}}
"""


# Parameters


def test_a_tolerance_that_is_a_parameter():
    judged = load(
        SEVERAL + limit("0 elapsed minutes") + told("arrive.late_by >= tolerance"), head=TRAIN
    )
    first, second = event("registered", "02T09:00"), event("registered", "04T09:00")
    assert decided(judged, case(first), "02T09:14").next_change_at == at("02T09:15")
    assert decided(judged, case(first), "02T09:15").escalations
    assert not decided(judged, case(second), "04T09:19").escalations
    assert decided(judged, case(second), "04T09:15").next_change_at == at("04T09:20")
    assert decided(judged, case(second), "04T09:20").escalations


def test_a_limit_without_a_value_is_undetermined_and_checked_when_it_has_one():
    body = SEVERAL + limit("unset") + told("arrive.late_by >= '15 elapsed minutes'")
    judged = load(body, head=TRAIN)
    decision = decided(judged, case(event("registered", "02T09:00")), "02T12:00")
    assert {m.name for item in decision.undetermined for m in item.missing} == {"unset"}
    # What has not begun is not late, in whatever it will be counted.
    nothing = decided(judged, case(event("replied", "02T09:00")), "02T12:00")
    assert (nothing.undetermined, nothing.escalations) == ((), ())
    later = load(body, head=TRAIN, unset="2 elapsed hours")
    assert decided(later, case(event("registered", "02T09:00")), "02T12:00").escalations
    with pytest.raises(PolicyError, match="'arrive.late_by' in working days"):
        load(body, head=TRAIN, unset="2 working days")


# Values from a host


def test_lateness_that_a_host_gives_is_checked():
    judged = policy("0 elapsed minutes", "15 elapsed minutes", "30 elapsed minutes")
    matcher = NativeMatcher(next(s for s in judged.ruleset.scopes if s.scope.kind == "deadline"))
    name = "deadline.late_by"
    assert matcher.matching({name: Elapsed.of(minutes=15)}) == ("b15",)
    assert matcher.matching({name: "30 elapsed minutes"}) == ("b15", "b30")
    assert matcher.trace({name: Elapsed.of(minutes=1)}).values == (Elapsed.of(minutes=1),)
    for value in (Working.of(minutes=15), "15 working minutes", 15, "late", WorkingDays(1)):
        with pytest.raises(CaseError, match=r"elapsed|not a duration"):
            matcher.matching({name: value})


def test_amounts_of_one_unit_have_an_order():
    assert Elapsed.of(minutes=14) < Elapsed.of(minutes=15) <= Elapsed.of(minutes=15)
    with pytest.raises(TypeError):
        assert Elapsed.of(minutes=14) < Working.of(minutes=15)


def test_a_lead_time_is_late_in_its_unit():
    judged = load(
        """
deadlines:
  - {id: arrive, clause: "1", title: {en: Arrive}, duty_of: department, starts: change_planned,
     at_least: 2 working days, before: event.takes_effect_at, ends: arrived}
"""
        + refunds("arrive.late_by", "1 working day", "2 working days", ""),
        head=TRAIN,
    )
    # To be done two working days before Tuesday 10 July: by the end of Friday.
    planned = event("change_planned", "02T09:00", takes_effect_at=at("10T09:00"))
    due = decided(judged, case(planned, fare=40), "02T10:00").deadlines[0].due_at
    assert due.date() == at("06T09:00").date()
    assert changes(judged, case(planned, fare=40), "02T09:00", "20T00:00") == [
        ("02T09:00", "0"),
        ("09T00:00", "10"),
        ("10T00:00", "20"),
    ]


@pytest.mark.parametrize(
    ("condition", "known"),
    [
        ("arrive.late_by >= tolerance", True),
        ("arrive.late_by in ('1 working day', '2 working days')", True),
        ("arrive.late_by >= '1 working day' or arrive.late_by > tolerance", False),
        ("arrive.late_by >= '1 calendar month'", False),
        ("arrive.late_by >= unset", False),
    ],
)
def test_what_a_limit_without_a_value_is_compared_in(condition, known):
    judged = load(SEVERAL + limit("unset") + told(condition), head=TRAIN)
    nothing = decided(judged, case(event("answered", "02T09:00")), "02T12:00")
    dated = {m.name for item in nothing.undetermined for m in item.missing}
    assert dated <= ({"registered"} if known else {"registered", "unset", "arrive.late_by"})
    assert bool(nothing.undetermined) is (not known or "tolerance" in condition)


# In words


def test_lateness_in_words():
    judged = policy("30 working minutes", "15 working minutes", "30 working minutes")
    decision = decided(judged, case(event("registered", "02T09:00"), fare=40), "02T09:50")
    english, chinese = decision.explain("en"), decision.explain("zh")
    assert "because: “Arrive” late by at least 15 minutes of working time" in english
    assert "known: “Arrive” late by = 20 minutes of working time" in english
    assert "「到达」超时至少 15 分钟（工作时间）" in chinese
    assert "「到达」超时 = 20 分钟（工作时间）" in chinese
    why = decision.why_not("b30")
    assert "“Arrive” late by at least 30 minutes of working time (now 20 minutes" in why.explain()
    (needed,) = why.outcomes[0].needed
    assert needed.actual == (("deadline.late_by", Working.of(minutes=20)),)
    stored = Decision.from_json(decision.to_json())
    assert stored == decision
    assert stored.penalties[0].reason.read[0].value == Working.of(minutes=20)


def test_other_comparisons_in_words():
    judged = load(PARAMETERS + limit("1 elapsed hour"), head=TRAIN)
    names = judged.ruleset.words.vocabulary(CASE)
    for condition, english, chinese in [
        ("arrive.late_by < '1 elapsed hour'", "less than 1 hour", "不足 1 小时"),
        ("arrive.late_by <= '1 elapsed hour'", "at most 1 hour", "不超过 1 小时"),
        ("arrive.late_by > '1 elapsed hour'", "more than 1 hour", "超过 1 小时"),
        ("arrive.late_by == '1 elapsed hour'", "1 hour", "为 1 小时"),
        ("arrive.late_by != '0 elapsed hours'", "other than 0 minutes", "不为 0 分钟"),
        ("arrive.late_by > '1 elapsed microsecond'", "more than 1 microsecond", "超过 1 微秒"),
        ("arrive.late_by > '48 elapsed hours'", "more than 48 hours", "超过 48 小时"),
        ("arrive.late_by in ('9 elapsed hours',)", "one of 9 hours", "属于 9 小时"),
        ("short <= arrive.late_by", "at least short", "至少 short"),
    ]:
        node = parse_condition(condition, names)
        assert render(node, names, "en") == f"“Arrive” late by {english}"
        assert render(node, names, "zh") == f"「到达」超时{chinese}"

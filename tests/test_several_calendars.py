"""Several calendars in one policy, and hours that depend on the case."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, Event, Policy
from complaint_rules.time import DatedCalendar, china
from samples import HEAD, at, case, event, judge, line_of, load, only, problems, the_problem
from simulated import assert_same
from test_late_by import decided

SERVICE = HEAD.replace(
    "overdue_days: calendar-dates\n",
    "overdue_days: calendar-dates\n"
    "calendars:\n"
    '  service: {title: {en: service line, zh: 服务热线}, official: CN, hours: ["08:00-20:00"]}\n'
    '  every_day: {hours: {mon-sun: ["00:00-24:00"]}}\n'
    "  bank: {official: GB-ENG}\n",
)


def limits(*rows: str, more: str = "") -> str:
    found = "deadlines:\n"
    for number, row in enumerate(rows):
        found += (
            f'  - {{id: l{number}, clause: "1", title: {{en: L}}, duty_of: department, '
            f"starts: registered, ends: replied, {row}}}\n"
        )
    return found + more


def due(policy, when: str, rule: str, start: str, **facts) -> str | None:
    decision = decided(policy, case(event("registered", start), **facts), when)
    found = only(decision.deadlines, rule).due_at
    return None if found is None else found.isoformat()


def test_each_limit_counts_on_its_calendar():
    policy = load(
        limits(
            "within: 4 working hours",
            "within: 4 working hours, calendar: service",
            "within: 4 working hours, calendar: every_day",
            "within: 1 working day, calendar: every_day",
            "within: 1 working day, calendar: bank",
            "within: 1 calendar day, calendar: service, days: {last_day_ends: close}",
        ),
        head=SERVICE,
    )
    start = "2026-03-06T17:00+08:00"  # a Friday
    decision = decided(policy, case(event("registered", start)), "2026-03-06T17:30+08:00")
    assert [item.due_at.isoformat() for item in decision.deadlines] == [
        "2026-03-09T12:00:00+08:00",
        "2026-03-09T09:00:00+08:00",
        "2026-03-06T21:00:00+08:00",
        "2026-03-07T23:59:59.999999+08:00",
        "2026-03-09T23:59:59.999999+08:00",
        "2026-03-09T20:00:00+08:00",
    ]


def test_lateness_and_overdue_days_count_on_it_too():
    row = "within: 1 working day, calendar: {}, overdue_days: {}"
    readings = ["working-dates", "started-working-days"]
    policy = load(
        limits(
            *(
                row.format(name, reading)
                for name in ("service", "every_day")
                for reading in readings
            )
        ),
        head=SERVICE,
    )
    some = case(event("registered", "2026-03-05T10:00+08:00"))
    decision = decided(policy, some, "2026-03-10T10:00+08:00")  # due on Friday, late on Tuesday
    assert [(str(item.late_by), item.overdue_days) for item in decision.deadlines] == [
        ("2 working days", 2),
        ("2 working days", 2),
        ("4 working days", 4),
        ("4 working days", 4),
    ]
    # The next day overdue begins at the next midnight of a working day.
    weekend = decided(policy, some, "2026-03-07T10:00+08:00")
    assert weekend.next_change_at == at("2026-03-08T00:00:00+08:00")
    alone = load(limits(row.format("service", "working-dates")), head=SERVICE)
    assert decided(alone, some, "2026-03-07T10:00+08:00").next_change_at == at(
        "2026-03-09T00:00+08:00"
    )


def test_a_comparison_with_lateness_changes_by_its_calendar():
    more = """
escalations:
  - {id: told, clause: "2", title: {en: T}, per: l0, to: boss, capacity: inform, when: deadline.late_by >= '2 working hours'}
"""
    for name, when, change in (
        ("service", "2026-03-06T00:30+08:00", "2026-03-06T10:00+08:00"),
        ("every_day", "2026-03-05T20:01+08:00", "2026-03-05T22:00+08:00"),
    ):
        policy = load(limits(f"within: 1 working hour, calendar: {name}", more=more), head=SERVICE)
        some = case(event("registered", "2026-03-05T19:00+08:00"))
        assert decided(policy, some, when).next_change_at == at(change)


def test_a_reminder_counts_back_on_its_own_calendar():
    body = limits("within: 1 working day, calendar: service, days: {last_day_ends: close}") + (
        '  - {id: remind, clause: "2", title: {en: R}, duty_of: clerk, starts: l0.due, ends: replied, '
        "before: 3 working hours, within: 1 elapsed hour%s}\n"
    )
    some = case(event("registered", "2026-03-05T10:00+08:00"))  # due on Friday at 20:00
    for more, begins in (
        ("", "15:00"),
        (", calendar: service", "17:00"),
        (", calendar: every_day", "17:00"),
    ):
        decision = judge(load(body % more, head=SERVICE), some, "2026-03-06T19:00+08:00")
        started = only(decision.deadlines, "remind").started_at
        assert started == at(f"2026-03-06T{begins}+08:00")


def test_conditions_name_calendars():
    body = """
escalations:
  - {id: open, clause: "1", title: {en: O}, per: registered, to: boss, capacity: inform, when: "is_open(event.at, service) and not is_open(event.at)"}
  - {id: day, clause: "1", title: {en: D}, per: registered, to: boss, capacity: inform, when: "is_working_day(event.at, every_day) and not is_working_day(event.at, bank)"}
"""
    policy = load(body, head=SERVICE)

    def told(moment):
        decision = decided(policy, case(event("registered", moment)), "2026-06-01T12:00+08:00")
        return [item.rule for item in decision.escalations]

    assert told("2026-03-06T19:00+08:00") == ["open"]
    assert told("2026-03-06T17:00+08:00") == []
    assert told("2026-04-03T17:00+08:00") == ["day"]  # Good Friday
    decision = judge(
        policy, case(event("registered", "2026-03-06T19:00+08:00")), "2026-06-01T12:00+08:00"
    )
    assert "within the opening hours of “service line”" in decision.explain("en")
    assert "在「服务热线」的营业时间内" in decision.explain("zh")


def test_schedules_roll_on_their_calendar():
    body = """
schedules:
  - {id: own, clause: "1", title: {en: S}, duty_of: clerk, every: month, roll: previous}
  - {id: other, clause: "1", title: {en: S}, duty_of: clerk, every: month, roll: previous, calendar: every_day}
"""
    decision = judge(
        load(body, head=SERVICE),
        case(event("registered", "2026-05-10T09:00+08:00")),
        "2026-05-10T09:00+08:00",
    )
    assert [item.due_at.date().isoformat() for item in decision.schedules] == [
        "2026-05-29",
        "2026-05-31",
    ]


# Hours by the case

OPENING = """
parameters:
  opening:
    type: hours
    title: {en: opening hours, zh: 营业时间}
    keys: [grade]
    table: [{at: [low], value: "09:00-17:00"}, {at: [high], value: "08:00-12:00, 14:00-20:00"}]
"""
BY_CASE = HEAD.replace('hours: ["09:00-12:00", "13:30-18:00"]', "hours: opening")


@pytest.mark.parametrize(
    ("grade", "right"),
    [("low", "2026-03-09T12:00:00+08:00"), ("high", "2026-03-06T20:00:00+08:00")],
)
def test_hours_of_the_customer(grade, right):
    policy = load(OPENING + limits("within: 4 working hours"), head=BY_CASE)
    start = "2026-03-06T16:00+08:00"
    assert due(policy, "2026-03-06T16:30+08:00", "l0", start, grade=grade) == right


def test_a_missing_fact_is_asked_for_where_hours_are_needed():
    policy = load(
        OPENING
        + limits(
            "within: 4 working hours",
            "within: 1 working day",
            "within: 1 working day, days: {last_day_ends: close}",
            "within: 1 working day, overdue_days: started-working-days",
        ),
        head=BY_CASE,
    )
    some = case(event("registered", "2026-03-05T16:00+08:00"))
    decision = decided(policy, some, "2026-03-05T16:30+08:00")
    assert [item.status for item in decision.deadlines] == [
        "undetermined",
        "pending",
        "undetermined",
        "pending",
    ]
    for item in (decision.deadlines[0], decision.deadlines[2]):
        assert [(missing.name, missing.what) for missing in item.missing] == [("grade", "fact")]
    # That it is late is certain, by how many days of work is not.
    late = decided(policy, some, "2026-03-09T16:30+08:00").deadlines[3]
    assert (late.status, late.overdue_days, [m.name for m in late.missing]) == (
        "overdue",
        None,
        ["grade"],
    )
    # A value that the table does not have is a parameter without value.
    some = case(event("registered", "2026-03-05T16:00+08:00"), grade="middle")
    (first, *_) = decided(policy, some, "2026-03-05T16:30+08:00").deadlines
    assert [(missing.name, missing.what) for missing in first.missing] == [("opening", "parameter")]


def test_conditions_ask_the_calendar_of_the_case():
    body = """
escalations:
  - {id: open, clause: "1", title: {en: O}, per: registered, to: boss, capacity: inform, when: is_open(event.at)}
"""
    policy = load(OPENING + body, head=BY_CASE)
    some = event("registered", "2026-03-06T19:00+08:00")
    assert decided(policy, case(some, grade="high"), "2026-06-01T12:00+08:00").escalations
    assert not decided(policy, case(some, grade="low"), "2026-06-01T12:00+08:00").escalations
    (unknown,) = decided(policy, case(some), "2026-06-01T12:00+08:00").undetermined
    assert [missing.name for missing in unknown.missing] == ["grade"]


def test_hours_that_change_on_a_date():
    dated = """
parameters:
  opening: {type: hours, title: {en: hours}, values: [{from: 2018-01-01, value: "09:00-17:00"}, {from: 2026-03-06, value: "08:00-20:00"}]}
"""
    policy = load(dated + limits("within: 2 working hours"), head=BY_CASE)
    assert (
        due(policy, "2026-03-05T16:30+08:00", "l0", "2026-03-05T16:00+08:00")
        == "2026-03-06T10:00:00+08:00"
    )
    assert (
        due(policy, "2026-03-06T16:30+08:00", "l0", "2026-03-06T16:00+08:00")
        == "2026-03-06T18:00:00+08:00"
    )


def test_a_named_calendar_may_have_hours_by_the_case():
    head = SERVICE.replace('official: CN, hours: ["08:00-20:00"]', "official: CN, hours: opening")
    policy = load(
        OPENING + limits("within: 4 working hours", "within: 4 working hours, calendar: service"),
        head=head,
    )
    decision = decided(
        policy,
        case(event("registered", "2026-03-06T16:00+08:00"), grade="high"),
        "2026-03-06T16:30+08:00",
    )
    assert [item.due_at.isoformat() for item in decision.deadlines] == [
        "2026-03-09T11:00:00+08:00",
        "2026-03-06T20:00:00+08:00",
    ]


# What is wrong


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("within: 1 working day, calendar: servce", "did you mean 'service'?"),
        ("within: 1 working hour, calendar: bank", "give calendars.bank.hours, or count days"),
        (
            "within: 1 working day, calendar: bank, taken_in: {until: '15:00'}",
            "give calendars.bank.hours",
        ),
    ],
)
def test_wrong_limits(row, message):
    body = limits(row)
    problem = the_problem(body, head=SERVICE)
    assert message in str(problem)
    assert problem.line == line_of(body, "l0", head=SERVICE)


@pytest.mark.parametrize(
    ("calendar", "message"),
    [
        ("service: {official: ZZ}", "official calendar 'ZZ' is unknown"),
        ('service: {hours: ["9-17"]}', "is not a window of hours"),
        ("service: {hours: openin}", "openin"),
        ("service: {offical: CN}", "did you mean 'official'?"),
        ("grade: {official: CN}", "is declared in"),
        ("event: {official: CN}", "has a meaning of its own"),
    ],
)
def test_wrong_calendars(calendar, message):
    head = HEAD.replace("adds_up: ", f"calendars:\n  {calendar}\nadds_up: ")
    found = problems(limits("within: 1 working day"), head=head)
    assert any(message in str(problem) and problem.line > 1 for problem in found), found


def test_wrong_hours_in_a_table():
    body = OPENING.replace("09:00-17:00", "9-17") + limits("within: 1 working hour")
    assert any("window of hours" in str(p) for p in problems(body, head=BY_CASE))


def test_did_you_mean_in_conditions():
    body = """
escalations:
  - {id: e, clause: "1", title: {en: E}, per: registered, to: boss, capacity: inform, when: "is_open(event.at, servce)"}
"""
    assert "did you mean 'service'?" in str(the_problem(body, head=SERVICE))
    assert "give calendars.bank.hours" in str(
        the_problem(body.replace("servce", "bank"), head=SERVICE)
    )


# Hashes, provisional answers, versions


def test_the_hash_covers_the_days_of_every_calendar():
    body = limits("within: 1 working day, calendar: service")
    head = SERVICE.replace("calendar: {official: CN, ", "calendar: {")
    first = Policy(head + body)
    other = DatedCalendar("CN", "x", china().years, china().rest | {date(2026, 3, 6)}, china().work)
    assert Policy(head + body, calendars={"CN": other}).hash != first.hash
    assert Policy(head + body, calendars={"CN": china()}).hash == first.hash


def test_a_policy_of_one_calendar_keeps_its_hash():
    # As version 0.2 made it, before there were several.
    assert Policy(HEAD + limits("within: 1 working day")).hash == KNOWN_HASH


KNOWN_HASH = "85950930f947882b"


def test_a_decision_names_every_calendar():
    some = case(event("registered", "2026-03-06T19:00+08:00"))
    policy = load(limits("within: 1 working day, calendar: bank"), head=SERVICE)
    assert "bank: gov.uk" in judge(policy, some, "2026-03-06T19:30+08:00").calendar.replace(
        "www.", ""
    )
    alone = load(limits("within: 1 working day"))
    assert judge(alone, some, "2026-03-06T19:30+08:00").calendar == china().version


def test_a_year_that_is_not_published_is_missing_by_its_region():
    policy = load(
        limits(
            "within: 1 working day, calendar: bank", "within: 1 working day, calendar: every_day"
        ),
        head=SERVICE,
    )
    some = case(event("registered", "2035-03-02T10:00+08:00"))
    bank, every = decided(policy, some, "2035-03-02T11:00+08:00").deadlines
    assert [missing.name for missing in bank.missing] == ["GB-ENG 2035"]
    assert every.due_at is not None
    guessed = judge(policy, some, "2035-03-02T11:00+08:00", provisional=True).deadlines
    assert [item.provisional for item in guessed] == [True, False]


def test_duties_of_an_earlier_version_keep_their_calendar():
    from complaint_rules.versions import PolicyVersions

    def version(number: str, since: str, hours: str, until: str = "") -> Policy:
        head = HEAD.replace(
            "effective: {from: 2018-01-01, by: registered}",
            f"version: '{number}'\neffective: {{from: {since}, {until}by: registered, running_cases: new-duties}}\n"
            f"calendars: {{service: {{hours: ['{hours}']}}}}",
        )
        return Policy(head + limits("within: 4 working hours, calendar: service"))

    versions = PolicyVersions(
        [
            version("1", "2018-01-01", "09:00-17:00", "until: 2026-03-08, "),
            version("2", "2026-03-09", "08:00-20:00"),
        ]
    )
    some = case(
        event("registered", "2026-03-06T16:00+08:00"), event("registered", "2026-03-09T16:00+08:00")
    )
    decision = versions.evaluate(some, as_of=at("2026-03-09T16:30+08:00"))
    assert [item.due_at.isoformat() for item in decision.deadlines] == [
        "2026-03-09T12:00:00+08:00",
        "2026-03-09T20:00:00+08:00",
    ]


@settings(max_examples=60)
@given(data=st.data())
def test_all_cases_at_once(data):
    rows = data.draw(
        st.lists(
            st.sampled_from(
                [
                    "within: 4 working hours",
                    "within: 4 working hours, calendar: service, target: 1 working hour",
                    "within: 2 working days, calendar: every_day, overdue_days: working-dates",
                    "within: 1 working day, calendar: service, days: {last_day_ends: close}, overdue_days: started-working-days",
                    "within: 3 working hours, calendar: service, suspended: [{from: paused, until: resumed}]",
                    "within: 1 working day, calendar: service, agreed: [{event: agreed, more: 2 working hours}]",
                    "within: 1 working hour, calendar: service, taken_in: {until: '15:00'}",
                    "within: 1 calendar day, calendar: bank, days: {rolls: true}, when: 'is_open(event.at, service)'",
                    "by: wanted_at, within: 1 working hour, calendar: service",
                ]
            ),
            min_size=1,
            max_size=3,
        )
    )
    head = SERVICE
    if data.draw(st.booleans()):
        head = head.replace('official: CN, hours: ["08:00-20:00"]', "official: CN, hours: opening")
    elif data.draw(st.booleans()):
        head = head.replace('hours: ["09:00-12:00", "13:30-18:00"]', "hours: opening")
    more = """
penalties:
  - {id: fine, clause: "2", title: {en: F}, per: l0, against: department, when: deadline.missed, amount: 10 CNY per overdue day}
  - {id: shut, clause: "2", title: {en: F}, per: registered, against: clerk, when: not is_open(event.at), amount: 5 CNY}
"""
    policy = load(OPENING + limits(*rows, more=more), head=head)
    begin = at("2026-02-10T00:00+08:00")
    hours = st.integers(0, 24 * 40).map(lambda n: begin + timedelta(hours=n))
    types = st.sampled_from(["registered", "paused", "resumed", "agreed", "replied"])
    cases = [
        Case(
            f"C{number}",
            data.draw(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "grade": st.sampled_from(["low", "high", "middle"]),
                        "wanted_at": hours,
                    },
                )
            ),
            [
                Event("registered", data.draw(hours)),
                *(
                    Event(data.draw(types), data.draw(hours))
                    for _ in range(data.draw(st.integers(0, 4)))
                ),
            ],
        )
        for number in range(data.draw(st.integers(1, 4)))
    ]
    assert_same(policy, cases, data.draw(hours) + timedelta(days=10))


def test_conditions_of_an_earlier_version_ask_its_calendar():
    from complaint_rules.versions import PolicyVersions

    def version(number: str, since: str, hours: str, until: str = "") -> Policy:
        head = HEAD.replace(
            "effective: {from: 2018-01-01, by: registered}",
            f"version: '{number}'\neffective: {{from: {since}, {until}by: registered, running_cases: new-duties}}\n"
            "parameters: {opening: {type: hours, title: {en: hours}, keys: [grade], "
            f"table: [{{at: [low], value: '{hours}'}}]}}}}",
        ).replace('hours: ["09:00-12:00", "13:30-18:00"]', "hours: opening")
        return Policy(head + limits("within: 1 working hour, when: is_open(event.at)"))

    versions = PolicyVersions(
        [
            version("1", "2018-01-01", "09:00-17:00", "until: 2026-03-08, "),
            version("2", "2026-03-09", "19:00-23:00"),
        ]
    )
    some = case(
        event("registered", "2026-03-06T16:30+08:00"),
        event("registered", "2026-03-09T16:30+08:00"),
        event("registered", "2026-03-09T20:30+08:00"),
        grade="low",
    )
    decision = versions.evaluate(some, as_of=at("2026-03-09T20:45+08:00"))
    assert [f"{item.due_at:%d %H:%M}" for item in decision.deadlines] == ["09 09:30", "09 21:30"]
    assert "time of this event is within opening hours" in decision.explain("en")
    assert decision.why_not("l0@1").explain("en")

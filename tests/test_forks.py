"""The seventeen questions of time on which shipped software disagrees: what is answered here, and
which setting gives the other answers.
"""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from complaint_rules import CalendarError, Case, Event, PolicyError
from complaint_rules.time import (
    OVERDUE_READINGS,
    DayCounting,
    Working,
    WorkingCalendar,
    due_instant,
    overdue_days,
    parse_duration,
)
from samples import HEAD, judge, load, only


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def calendar(zone: str, hours, **more) -> WorkingCalendar:
    return WorkingCalendar(zone, hours, **more)


EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TESTED = set()


def fork(name: str):
    """Marks a test with the fork it is about, so that none is left out."""
    TESTED.add(name)
    return pytest.mark.filterwarnings("error")


def test_every_fork_has_a_test(shared):
    text = (shared / "vectors/semantic_forks.json").read_text(encoding="utf-8")
    assert {one["id"] for one in json.loads(text)["forks"]} == TESTED
    assert len(TESTED) == 17


@fork("fork-boundary")
def test_used_up_at_closing_is_due_at_closing_and_late_only_after_it():
    berlin = calendar("Europe/Berlin", {"mon-sun": ["09:00-18:00"]})
    start = instant("2013-06-04T14:00:00+00:00")
    assert berlin.add(start, Working.of(hours=2)) == instant("2013-06-04T16:00:00+00:00")


@fork("fork-zero")
def test_no_time_outside_hours_is_the_next_opening():
    berlin = calendar("Europe/Berlin", ["09:00-18:00"])
    closed = instant("2013-06-04T20:00:00+02:00")
    assert berlin.add(closed, Working(0)) == instant("2013-06-05T09:00:00+02:00")
    # the start unchanged is what elapsed time gives
    assert due_instant(closed, parse_duration("0 elapsed minutes"), berlin) == closed


@fork("fork-dst-day")
def test_a_day_has_as_many_hours_as_it_has():
    paris = calendar("Europe/Paris", {"mon-sun": ["00:00-24:00"]})
    worked = paris.between(
        instant("2020-10-25T00:00:00+02:00"), instant("2020-10-26T00:00:00+01:00")
    )
    assert worked == Working.of(hours=25)
    # one day by name, whatever its hours, is a limit in days
    noon = instant("2020-10-24T12:00:00+02:00")
    same_time = DayCounting(last_day_ends="same-time")
    assert due_instant(noon, parse_duration("1 calendar day"), paris, same_time) == instant(
        "2020-10-25T12:00:00+01:00"
    )


@fork("fork-gap")
def test_a_wall_time_that_does_not_exist_is_shifted_forward():
    berlin = calendar("Europe/Berlin", {"mon-sun": ["02:30-05:00"]})
    assert berlin.next_open(instant("2026-03-29T00:00:00+01:00")) == instant(
        "2026-03-29T03:30:00+02:00"
    )


@fork("fork-overlap")
def test_a_wall_time_that_happens_twice_is_the_first():
    berlin = calendar("Europe/Berlin", {"mon-sun": ["02:30-05:00"]})
    assert berlin.next_open(instant("2026-10-25T00:00:00+02:00")) == instant(
        "2026-10-25T02:30:00+02:00"
    )


@fork("fork-subminute")
def test_seconds_are_kept_and_elapsed_time_reads_no_hours():
    policy = load(
        """
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: clerk, starts: registered, ends: replied,
     within: 2 working hours, suspended: [{from: paused, until: resumed}]}
"""
    )
    case = Case(
        "C",
        {},
        [
            Event("registered", "2018-07-02T09:00:14+08:00"),
            Event("paused", "2018-07-02T09:30:00+08:00"),
            Event("resumed", "2018-07-02T09:31:36+08:00"),
        ],
    )
    (item,) = judge(policy, case, "02T10:00").deadlines
    assert item.due_at == instant("2018-07-02T11:01:50+08:00")


@fork("fork-days")
@pytest.mark.parametrize(
    ("duration", "counting", "due"),
    [
        # one business day, wall time kept
        ("1 working day", DayCounting(last_day_ends="same-time"), "2018-07-03T10:30:00"),
        # one business day, to the end of the working day
        ("1 working day", DayCounting(last_day_ends="close"), "2018-07-03T18:00:00"),
        # one business day, to midnight: the default
        ("1 working day", DayCounting(), "2018-07-03T23:59:59.999999"),
        # twenty-four working hours
        ("24 working hours", DayCounting(), "2018-07-05T12:00:00"),
        # a calendar day
        ("1 calendar day", DayCounting(), "2018-07-03T23:59:59.999999"),
        # twenty-four hours by the clock
        ("24 elapsed hours", DayCounting(), "2018-07-03T10:30:00"),
    ],
)
def test_what_one_day_is_the_author_says(duration, counting, due):
    office = calendar("Asia/Shanghai", ["09:00-12:00", "13:30-18:00"])
    start = instant("2018-07-02T10:30:00+08:00")
    found = due_instant(start, parse_duration(duration), office, counting)
    assert found == instant(f"{due}+08:00")


@fork("fork-day-snap")
def test_a_result_in_days_is_not_moved_into_hours():
    office = calendar("Asia/Shanghai", ["09:00-18:00"])
    late = instant("2018-07-02T20:00:00+08:00")
    kept = DayCounting(last_day_ends="same-time")
    assert due_instant(late, parse_duration("1 working day"), office, kept) == instant(
        "2018-07-03T20:00:00+08:00"
    )
    # the close of business is the setting for those who want it within hours
    close = DayCounting(last_day_ends="close")
    assert due_instant(late, parse_duration("1 working day"), office, close) == instant(
        "2018-07-03T18:00:00+08:00"
    )


@fork("fork-origin-holiday")
def test_days_count_from_the_day_after_a_holiday_too():
    office = calendar(
        "Europe/Berlin", ["09:00-17:00"], rest_days=[instant("2014-04-09T00:00+00:00").date()]
    )
    wednesday = instant("2014-04-09T12:00:00+02:00")
    due = due_instant(wednesday, parse_duration("1 working day"), office)
    assert due.date().isoformat() == "2014-04-10"
    # to roll the start first is to ask for one more
    assert (
        due_instant(wednesday, parse_duration("2 working days"), office).date().isoformat()
        == "2014-04-11"
    )


TWO_CLOCKS = """
deadlines:
  - {id: respond, clause: "1", title: {en: Respond}, duty_of: clerk, starts: registered, ends: replied,
     within: 2 elapsed hours}
  - {id: resolve, clause: "2", title: {en: Resolve}, duty_of: clerk, starts: registered, ends: answered,
     within: 8 elapsed hours, suspended: [{from: paused, until: resumed}]}
"""


@fork("fork-pause-scope")
def test_which_clocks_a_pause_stops_is_said_for_each():
    case = Case(
        "C",
        {},
        [
            Event("registered", "2018-07-02T09:00:00+08:00"),
            Event("paused", "2018-07-02T10:00:00+08:00"),
            Event("resumed", "2018-07-02T11:00:00+08:00"),
        ],
    )
    only_resolution = judge(load(TWO_CLOCKS), case, "02T12:00").deadlines
    every_clock = judge(
        load(
            TWO_CLOCKS.replace(
                "2 elapsed hours}",
                "2 elapsed hours,\n     suspended: [{from: paused, until: resumed}]}",
            )
        ),
        case,
        "02T12:00",
    ).deadlines
    assert [i.due_at.hour for i in only_resolution] == [11, 18]
    assert [i.due_at.hour for i in every_clock] == [12, 18]


@fork("fork-pause-measure")
def test_a_pause_is_added_back_as_working_time():
    working = load(TWO_CLOCKS.replace("8 elapsed hours", "8 working hours"))
    case = Case(
        "C",
        {},
        [
            Event("registered", "2018-07-02T09:00:00+08:00"),
            Event("paused", "2018-07-02T17:00:00+08:00"),  # an hour before closing
            Event("resumed", "2018-07-03T10:00:00+08:00"),  # an hour after opening
        ],
    )
    assert only(judge(working, case, "03T10:00").deadlines, "resolve").due_at == instant(
        "2018-07-03T11:30:00+08:00"
    )
    # a limit by the clock is moved by the clock
    clock = only(judge(load(TWO_CLOCKS), case, "03T10:00").deadlines, "resolve")
    assert clock.due_at == instant("2018-07-02T17:00:00+08:00")  # it had run out just then


def reopened(deadline: str):
    events = "  reopened: {title: {en: reopened}}\n  closed: {title: {en: closed}}\n"
    policy = load(
        "deadlines:\n  - {id: resolve, clause: '1', title: {en: R}, duty_of: clerk, "
        + deadline
        + "}\n",
        head=HEAD + events,
    )
    case = Case(
        "C",
        {},
        [
            Event("registered", "2018-07-02T09:00:00+08:00"),
            Event("closed", "2018-07-02T10:00:00+08:00"),
            Event("reopened", "2018-07-02T14:00:00+08:00"),
            Event("closed", "2018-07-02T15:00:00+08:00"),
        ],
    )
    items = judge(policy, case, "02T16:00").deadlines
    return [
        (i.status, i.due_at.strftime("%H:%M"), i.done_at and i.done_at.strftime("%H:%M"))
        for i in items
    ]


@fork("fork-reopen")
def test_a_case_opened_again_is_what_the_policy_says():
    two_hours = "within: 2 elapsed hours"
    # the time it was closed is a pause, and an event of its own ends it: an hour was left at ten
    suspended = "suspended: [{from: closed, until: reopened}]"
    assert reopened(f"starts: registered, ends: replied, {two_hours}, {suspended}") == [
        ("overdue", "15:00", None)
    ]
    # the first closing ends it for good: the default of a limit that ends with the closing
    assert reopened(f"starts: registered, ends: closed, {two_hours}") == [("met", "11:00", "10:00")]
    # a new cycle from zero, the earlier one kept
    assert reopened(f"starts: [registered, reopened], ends: closed, {two_hours}") == [
        ("met", "11:00", "10:00"),
        ("met", "16:00", "15:00"),
    ]
    # the clock starts again with the opening
    assert reopened(f"starts: reopened, ends: closed, {two_hours}") == [("met", "16:00", "15:00")]
    # the time it was closed counts
    assert reopened(f"starts: registered, ends: replied, {two_hours}") == [
        ("overdue", "11:00", None)
    ]


def changed(body: str):
    case = Case(
        "C",
        {"urgent": False},
        [
            Event("registered", "2018-07-02T09:00:00+08:00", was_urgent=False),
            Event("reclassified", "2018-07-02T10:00:00+08:00", urgent=True),
        ],
    )
    head = HEAD.replace(
        "registered: {title: {en: registered, zh: 登记}}",
        "registered: {title: {en: registered}, data: {was_urgent: {type: bool, title: {en: was urgent}}}}",
    )
    items = judge(load(body, head=head), case, "02T10:30").deadlines
    return [(item.rule, item.due_at.strftime("%H:%M")) for item in items]


RULE = '  - {{id: {}, clause: "1", title: {{en: R}}, duty_of: clerk, ends: replied, {}}}\n'


@fork("fork-change")
def test_what_a_change_in_mid_case_does_is_written_down():
    fast, slow = "within: 2 elapsed hours", "within: 8 elapsed hours"
    # by the fact of the case, as it is now: worked out anew from the registration
    anew = "deadlines:\n" + RULE.format("fast", f"starts: registered, when: urgent, {fast}")
    anew += RULE.format("slow", f"starts: registered, when: not urgent, {slow}")
    assert changed(anew) == [("fast", "11:00")]
    # by what the event of the registration said: frozen
    frozen = "deadlines:\n" + RULE.format(
        "fast", f"starts: registered, when: event.was_urgent, {fast}"
    )
    frozen += RULE.format("slow", f"starts: registered, when: not event.was_urgent, {slow}")
    assert changed(frozen) == [("slow", "17:00")]
    # started by the change: from the change on
    restarted = "deadlines:\n" + RULE.format("fast", f"starts: reclassified, when: urgent, {fast}")
    restarted += RULE.format("slow", f"starts: registered, {slow}, cancelled: reclassified")
    assert changed(restarted) == [("fast", "12:00"), ("slow", "17:00")]


@fork("fork-empty-calendar")
def test_no_working_time_at_all_is_an_error_when_the_policy_is_loaded():
    with pytest.raises(CalendarError, match="no weekday has any hours"):
        calendar("UTC", {"mon": []})
    with pytest.raises(PolicyError, match="no weekday has any hours"):
        load(TWO_CLOCKS, head=HEAD.replace('["09:00-12:00", "13:30-18:00"]', "{mon: []}"))


@fork("fork-overnight")
def test_a_night_shift_of_friday_runs_into_saturday():
    shifts = calendar("Europe/Berlin", ["22:00-06:00"])
    friday = instant("2026-01-09T23:00:00+01:00")
    assert shifts.add(friday, Working.of(hours=6)) == instant("2026-01-10T05:00:00+01:00")


@fork("fork-holiday-zone")
def test_a_holiday_begins_at_midnight_of_the_calendar():
    china = calendar(
        "Asia/Shanghai",
        {"mon-sun": ["00:00-24:00"]},
        rest_days=[instant("2026-05-01T00:00+08:00").date()],
    )
    assert not china.is_open(instant("2026-04-30T16:00:00+00:00"))  # 00:00 on 1 May there
    assert china.is_open(instant("2026-05-01T16:00:00+00:00"))


@fork("fork-overdue-days")
def test_each_day_overdue_has_five_readings_and_none_by_default():
    from datetime import timedelta

    from complaint_rules.time import china

    office = calendar("Asia/Shanghai", ["08:30-12:00", "13:30-17:30"], official=china())
    due, done = instant("2026-02-13T17:30:00+08:00"), instant("2026-02-25T10:00:00+08:00")
    counted = [overdue_days(due, done, reading, office) for reading in OVERDUE_READINGS]
    assert counted == [12, 12, 11, 3, 3]
    assert done - due == timedelta(days=11, hours=16, minutes=30)
    body = (
        TWO_CLOCKS
        + """
penalties:
  - {id: p, clause: "3", title: {en: P}, per: resolve, when: deadline.missed, amount: 200 CNY per overdue day}
"""
    )
    with pytest.raises(PolicyError, match="can mean five things"):
        load(body, head=HEAD.replace("overdue_days: calendar-dates\n", ""))

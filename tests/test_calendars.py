"""Official calendars: shipped, from a file, from another package; and what is said when one is missing."""

from __future__ import annotations

import json
import pickle
import warnings
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import CalendarError, CalendarNotPublished, Case, Event, Policy, PolicyError
from complaint_rules.time import (
    DatedCalendar,
    WorkingCalendar,
    WorkingDays,
    china,
    due_instant,
    england,
    from_holidays,
    unpublished_next_year,
)
from complaint_rules.time.counting import count_working_dates
from samples import HEAD, judge, load

LIMIT = """
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: clerk, starts: registered, ends: replied,
     within: 3 working days}
"""
LATE = Case("C", {}, [Event("registered", "2026-12-29T09:00:00+08:00")])


@pytest.fixture
def next_year(tmp_path) -> DatedCalendar:
    """The notice for 2027, as if it had come out before the package knew it."""
    path = tmp_path / "cn-2027.json"
    days = {"rest": ["2027-01-01"], "work": ["2027-01-02"]}
    path.write_text(json.dumps({"region": "CN", "version": "notice 2027", "years": {"2027": days}}))
    return DatedCalendar.from_json(path)


def test_a_year_from_a_file_answers_what_the_package_cannot_yet(next_year):
    known = china()
    if known.is_published(2027):
        pytest.skip("the package knows 2027 by now")
    (open_,) = load(LIMIT).evaluate(LATE, as_of=LATE.events[0].at).deadlines
    assert (open_.status, open_.missing[0].name) == ("undetermined", "CN 2027")
    policy = Policy(HEAD + LIMIT, calendars={"CN": known.extended_by(next_year)})
    decision = policy.evaluate(LATE, as_of=LATE.events[0].at)
    (item,) = decision.deadlines
    # Wednesday, Thursday, and Saturday 2 January, which is worked
    assert (item.due_at.date(), item.provisional) == (date(2027, 1, 2), False)
    assert "notice 2027" in decision.calendar
    assert pickle.loads(pickle.dumps(policy)).evaluate(LATE, as_of=LATE.events[0].at) == decision


def test_a_region_of_the_host(next_year):
    head = HEAD.replace("official: CN", "official: OURS")
    with pytest.raises(PolicyError, match="'OURS' is unknown"):
        Policy(head + LIMIT)
    every_day = DatedCalendar("OURS", "1", frozenset({2026}), frozenset(), frozenset())
    assert (
        Policy(head + LIMIT, calendars={"OURS": every_day}).ruleset.calendar.official is every_day
    )


def test_december_without_the_next_calendar_is_warned_about():
    known = DatedCalendar("CN", "v1", frozenset({2026}), frozenset(), frozenset())
    assert unpublished_next_year(known, date(2026, 11, 30)) is None
    said = unpublished_next_year(known, date(2026, 12, 1))
    assert said is not None
    assert "CN 2027 is missing in v1" in said
    assert unpublished_next_year(known, date(2025, 12, 31)) is None


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("calendar", [china(), england()], ids=lambda calendar: calendar.region)
def test_the_calendar_of_the_next_year_is_here_in_december(calendar):
    """Warns, and does not fail: the State Council may be late."""
    said = unpublished_next_year(calendar, datetime.now().astimezone().date())
    if said is not None:
        warnings.warn(said, stacklevel=1)


# Other regions


def test_the_bank_holidays_of_england():
    bank = england()
    assert not bank.is_working_day(date(2026, 12, 28))  # Boxing Day is a Saturday
    assert bank.is_working_day(date(2026, 12, 29))
    with pytest.raises(CalendarNotPublished):
        bank.is_working_day(date(2023, 5, 8))


def test_the_bank_holidays_are_those_of_the_package_holidays():
    pytest.importorskip("holidays")
    ours = england()
    theirs = from_holidays("GB", "ENG", years=ours.years)
    assert theirs.region == "GB-ENG"
    assert theirs.version.startswith("holidays ")
    days = [date(year, 1, 1).toordinal() + n for year in ours.years for n in range(365)]
    assert [
        d for d in map(date.fromordinal, days) if ours.is_working_day(d) != theirs.is_working_day(d)
    ] == []


def test_make_up_days_come_from_the_package_too():
    pytest.importorskip("holidays")
    taiwan = from_holidays("TW", years=[2025])
    assert taiwan.is_working_day(date(2025, 2, 8))  # a Saturday
    assert not taiwan.is_working_day(date(2025, 1, 27))
    with pytest.raises(CalendarNotPublished):  # it was not vouched for
        taiwan.is_working_day(date(2026, 1, 5))
    theirs, ours = from_holidays("CN", years=[2026]), china()
    days = [date.fromordinal(date(2026, 1, 1).toordinal() + n) for n in range(365)]
    assert [d for d in days if theirs.is_working_day(d) != ours.is_working_day(d)] == []


def test_a_weekend_on_other_days():
    pytest.importorskip("holidays")
    israel = from_holidays("IL", years=[2026])
    calendar = WorkingCalendar("Asia/Jerusalem", None, official=israel)
    assert not calendar.is_working_day(date(2026, 6, 5))  # a Friday


def test_a_region_that_nobody_knows():
    pytest.importorskip("holidays")
    with pytest.raises(CalendarError, match="check country and subdivision"):
        from_holidays("XX", years=[2026])


def test_without_the_package_it_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(CalendarError, match=r"install complaint-rules\[holidays\]"):
        from_holidays("TW", years=[2025])


# Working days, as NumPy counts them

DAYS = st.dates(date(2017, 6, 1), date(2026, 6, 1))
FIRST, LAST = date(2017, 1, 1).toordinal(), date(2026, 12, 31).toordinal()
IDLE = [d for d in map(date.fromordinal, range(FIRST, LAST)) if not china().is_working_day(d)]


@settings(max_examples=200, deadline=None)
@given(DAYS, st.integers(1, 60))
def test_working_days_are_those_of_numpy(day, amount):
    numpy = pytest.importorskip("numpy")
    known = china()
    calendar = WorkingCalendar("Asia/Shanghai", None, official=known)
    start = datetime(day.year, day.month, day.day, 10, tzinfo=calendar.timezone)
    due = due_instant(start, WorkingDays(amount), calendar)
    assert due is not None
    # NumPy has no working Saturdays: every date that rests is named to it as a holiday
    found = numpy.busday_offset(day, amount, roll="backward", weekmask="1111111", holidays=IDLE)
    assert due.date() == found.astype(date)
    # NumPy counts the first day and not the last
    count = numpy.busday_count(day, due.date(), weekmask="1111111", holidays=IDLE)
    assert count == amount - 1 + known.is_working_day(day)
    assert count_working_dates(day, due.date(), calendar) == amount


# Completions in order

ORDER = """
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: department, starts: [registered, complained_again],
     within: 2 elapsed hours, ends: replied, completes: oldest}
"""


def done(policy, *events):
    case = Case(
        "C",
        {},
        [
            Event(one[0], f"2018-07-02T{one[1]}:00+08:00", **(one[2] if len(one) > 2 else {}))
            for one in events
        ],
    )
    items = judge(policy, case, "02T18:00").deadlines
    return [
        (i.started_at.strftime("%H:%M"), i.done_at and i.done_at.strftime("%H:%M"), i.status)
        for i in items
    ]


FOUR = [
    ("registered", "09:00"),
    ("complained_again", "09:30"),
    ("replied", "10:00"),
    ("replied", "12:00"),
]


def test_a_completion_ends_all_that_is_open_or_the_oldest():
    assert done(load(ORDER.replace(", completes: oldest", "")), *FOUR) == [
        ("09:00", "10:00", "met"),
        ("09:30", "10:00", "met"),
    ]
    assert done(load(ORDER), *FOUR) == [("09:00", "10:00", "met"), ("09:30", "12:00", "late")]
    assert done(load(ORDER), *FOUR[:3]) == [("09:00", "10:00", "met"), ("09:30", None, "overdue")]


def test_the_oldest_is_the_oldest_whatever_started_it():
    events = [("complained_again", "09:00"), ("registered", "09:30"), ("replied", "10:00")]
    assert done(load(ORDER), *events) == [("09:00", "10:00", "met"), ("09:30", None, "overdue")]


def test_a_completion_by_reference_leaves_the_others_their_own():
    events = [
        ("registered", "09:00"),
        ("complained_again", "09:30", {"id": "second"}),
        ("replied", "10:00", {"ref": "second"}),
        ("replied", "10:30"),
    ]
    assert done(load(ORDER), *events) == [("09:00", "10:30", "met"), ("09:30", "10:00", "met")]


def test_a_completion_before_a_start_is_not_kept_for_it():
    events = [
        ("registered", "09:00"),
        ("replied", "09:10"),
        ("replied", "09:20"),
        ("complained_again", "09:30"),
    ]
    assert done(load(ORDER), *events) == [("09:00", "09:10", "met"), ("09:30", None, "overdue")]


def test_each_party_has_its_own_order():
    events = [
        ("registered", "09:00", {"department": ["North", "South"]}),
        ("replied", "09:30", {"department": "South"}),
        ("replied", "10:00", {"department": "North"}),
    ]
    assert done(load(ORDER), *events) == [("09:00", "10:00", "met"), ("09:00", "09:30", "met")]


def test_what_was_cancelled_takes_no_completion():
    policy = load(ORDER.replace("completes: oldest", "completes: oldest, cancelled: withdrawn"))
    events = [
        ("registered", "09:00", {"id": "a"}),
        ("complained_again", "09:10"),
        ("withdrawn", "09:20", {"ref": "a"}),
        ("replied", "09:30"),
    ]
    assert done(policy, *events) == [("09:00", None, "cancelled"), ("09:10", "09:30", "met")]


# A rule's own dates


def test_a_limit_holds_from_one_date_to_another():
    policy = load(
        LIMIT.replace("within: 3", "in_force: {from: 2018-07-02, until: 2018-07-03}, within: 3")
    )
    for day, expected in [("01", 0), ("02", 1), ("03", 1), ("04", 0)]:
        case = Case("C", {}, [Event("registered", f"2018-07-{day}T23:59:59+08:00")])
        assert len(judge(policy, case, "05T00:00").deadlines) == expected, day


def test_dates_that_run_backwards_are_refused():
    body = LIMIT.replace("within: 3", "in_force: {from: 2018-07-03, until: 2018-07-02}, within: 3")
    with pytest.raises(PolicyError, match="2018-07-02 is before 2018-07-03"):
        load(body)

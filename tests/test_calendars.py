"""Official calendars: shipped, from a file, from another package; and what is said when one is missing."""

from __future__ import annotations

import json
import os
import pickle
import time
import warnings
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import (
    CalendarError,
    CalendarNotPublished,
    Case,
    Event,
    Policy,
    PolicyError,
    TimeError,
)
from complaint_rules.time import (
    OVERDUE_READINGS,
    CalendarDays,
    CalendarMonths,
    DatedCalendar,
    DayCounting,
    Elapsed,
    Pause,
    SameDay,
    Working,
    WorkingCalendar,
    WorkingDays,
    china,
    due_instant,
    england,
    from_holidays,
    lateness,
    next_overdue_change,
    overdue_days,
    unpublished_next_year,
)
from complaint_rules.time.counting import count_working_dates
from complaint_rules.time.durations import HOUR
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


WEEK = {"mon-fri": ["09:00-17:00"], "sat": ["09:00-13:00"], "extra": ["09:00-17:00"]}


def test_declared_saturdays_are_worked_unless_they_are_holidays():
    """An official calendar takes dates out of a company's week; it does not replace it."""
    shop = WorkingCalendar("Asia/Shanghai", WEEK, official=china())
    assert shop.is_working_day(date(2026, 3, 7))
    assert not shop.is_working_day(date(2026, 2, 21))  # of the Spring Festival
    assert shop.is_working_day(date(2026, 2, 28))  # a make-up day
    assert not shop.is_working_day(date(2026, 3, 8))
    # Thursday, Friday and Saturday: three working days from Wednesday
    start = datetime.fromisoformat("2026-03-04T10:00:00+08:00")
    due = due_instant(start, WorkingDays(3), shop)
    assert due is not None
    assert due.date() == date(2026, 3, 7)
    # Saturday has four hours, so five and a half working hours from Friday 15:30 end at noon.
    friday = datetime.fromisoformat("2026-03-06T15:30:00+08:00")
    assert (
        shop.add(friday, Working.of(hours=4, minutes=30)).isoformat() == "2026-03-07T12:00:00+08:00"
    )


def test_a_weekday_without_hours_is_not_worked():
    shop = WorkingCalendar(
        "Asia/Shanghai", {"mon-thu": ["09:00-17:00"], "extra": ["09:00-17:00"]}, official=china()
    )
    assert not shop.is_working_day(date(2026, 3, 6))
    assert shop.windows(date(2026, 2, 28)) == shop.windows(date(2026, 3, 5))  # a make-up Saturday


def test_hours_of_extra_days_are_wanted_only_where_there_are_any():
    week = {"mon-fri": ["09:00-17:00"]}
    assert WorkingCalendar("Europe/London", week, official=england()).windows(date(2026, 12, 24))
    with pytest.raises(CalendarError, match=r"such as 2004-01-17.*'extra'"):
        WorkingCalendar("Asia/Shanghai", week, official=china())


class TuesdaysOff:
    """A host's own calendar, which tells only whether a date is worked."""

    region, version = "ZZ", "1"

    def is_published(self, year: int) -> bool:
        return year > 1900

    def is_working_day(self, day: date) -> bool:
        return day.weekday() in (0, 2, 3, 4) or day == date(2026, 3, 14)


class TuesdaysAndHolidays(TuesdaysOff):
    def declares(self, day: date) -> bool | None:
        return False if day.weekday() == 1 or day == date(2026, 3, 7) else None


def test_a_calendar_of_the_host_beside_hours_by_weekday():
    week = WorkingCalendar("Etc/UTC", {"mon-fri": ["09:00-17:00"]}, official=TuesdaysOff())
    assert [week.is_working_day(date(2026, 3, day)) for day in (9, 10, 13, 15)] == [
        True,
        False,
        True,
        False,
    ]
    with pytest.raises(CalendarError, match=r"2026-03-14 is declared a working day.*'extra'"):
        week.windows(date(2026, 3, 14))
    with pytest.raises(CalendarError, match="declares"):
        WorkingCalendar("Etc/UTC", WEEK, official=TuesdaysOff())
    shop = WorkingCalendar("Etc/UTC", WEEK, official=TuesdaysAndHolidays())
    assert not shop.is_working_day(date(2026, 3, 7))
    assert shop.is_working_day(date(2026, 3, 14))


@pytest.mark.parametrize(
    ("key", "message"),
    [("sat 1,6", "numbers from 1 to 5"), ("sat first", "numbers from 1"), ("sat 1,1", "twice")],
)
def test_saturdays_of_a_month_that_cannot_be_meant(key, message):
    with pytest.raises(CalendarError, match=message):
        WorkingCalendar("Etc/UTC", {"mon-fri": ["09:00-17:00"], key: ["09:00-12:00"]})


def test_the_first_and_third_saturday_of_each_month():
    odd = WorkingCalendar("Etc/UTC", {"mon-fri": ["09:00-17:00"], "sat 1,3": ["09:00-13:00"]})
    worked = [day for day in range(1, 32) if odd.is_working_day(date(2026, 8, day))]
    assert [day for day in worked if date(2026, 8, day).weekday() == 5] == [1, 15]
    # Other hours for one of them, none for another; the rest as every Saturday.
    late = {"sat": ["09:00-12:00"], "sat 2": ["13:00-14:00"], "sat 5": []}
    some = WorkingCalendar("Etc/UTC", late)
    hours = [some.between(at(day, 0), at(day + 1, 0)).microseconds for day in (1, 8, 29)]
    assert hours == [3 * HOUR, HOUR, 0]


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 8, day, hour, tzinfo=UTC)


def test_one_wrong_year_slows_nothing_down():
    """An event of the year 206 neither grows nor displaces the years that are in use."""
    shop = WorkingCalendar("Asia/Shanghai", ["09:00-17:00"])
    monday, wrong = at(3, 1), datetime(206, 3, 4, 5, tzinfo=UTC)
    expected = shop.add(monday, Working.of(hours=3))
    span = shop._spans.current
    assert shop.add(wrong, Working.of(hours=1)) < monday
    years = shop.between(wrong, monday)
    assert shop.add(monday, Working.of(hours=3)) == expected
    assert shop._spans.current is span
    fresh = WorkingCalendar("Asia/Shanghai", ["09:00-17:00"])
    assert fresh.between(wrong, monday) == years
    assert fresh.between(monday, wrong) == Working(-years.microseconds)


def test_working_time_over_centuries_is_that_of_its_parts():
    night = WorkingCalendar("America/New_York", {"mon-sun": ["22:00-06:00"]})
    first, last = datetime(1890, 3, 4, 5, tzinfo=UTC), datetime(2031, 7, 1, 4, tzinfo=UTC)
    parts = [first, *(datetime(year, 5, 6, 7, tzinfo=UTC) for year in range(1900, 2030, 10)), last]
    total = sum(night.between(a, b).microseconds for a, b in pairwise(parts))
    assert night.between(first, last).microseconds == total


@pytest.mark.parametrize("year", [1, 2, 206, 9998, 9999])
def test_the_edges_of_the_calendar(year):
    """Every answer, or an error of the tree: never what Python says of dates."""
    shop = WorkingCalendar("Asia/Shanghai", {"mon-sun": ["20:00-04:00"]})
    for month, day in ((1, 1), (12, 31)):
        for offset in (-11, 0, 14):
            start = datetime(year, month, day, 3, tzinfo=timezone(timedelta(hours=offset)))
            for duration in (
                Elapsed.of(hours=900_000),
                Working.of(hours=5),
                WorkingDays(3),
                CalendarDays(36_600),
                CalendarMonths(1_200),
                SameDay(),
            ):
                for counting in (DayCounting(), DayCounting(last_day_ends="close", rolls=True)):
                    with suppress(TimeError):
                        due_instant(start, duration, shop, counting)
            for ask in (shop.is_open, shop.next_open, shop.previous_close):
                with suppress(TimeError):
                    ask(start)
            for reading in OVERDUE_READINGS:
                with suppress(TimeError):
                    overdue_days(start, at(3, 1), reading, shop)
                with suppress(TimeError):
                    next_overdue_change(start, start, reading, shop)
            with suppress(TimeError):
                lateness(start, at(3, 1), WorkingDays(1), shop)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"])
def test_instants_that_no_calendar_can_hold_are_refused(text):
    with pytest.raises(TimeError, match="years 2 to 9998"):
        Event("registered", text)
    with pytest.raises(TimeError, match="years 2 to 9998"):
        load(LIMIT).evaluate(LATE, as_of=text)


def test_a_year_beyond_reach_says_so():
    with pytest.raises(TimeError, match="years 1 to 9999"):
        due_instant(datetime(9990, 1, 1, tzinfo=UTC), CalendarDays(36_600), EVERY_DAY)
    with pytest.raises(TimeError, match="years 2 to 9998"):
        EVERY_DAY.add(datetime(9998, 12, 31, 23, 59, tzinfo=UTC), Working.of(hours=1))
    pause = Pause(datetime(206, 1, 1, tzinfo=UTC), at(3, 1))
    with pytest.raises(TimeError, match="36600: check the dates"):
        due_instant(datetime(205, 12, 31, tzinfo=UTC), WorkingDays(2), EVERY_DAY, pauses=[pause])


EVERY_DAY = WorkingCalendar("Etc/UTC", {"mon-sun": ["00:00-24:00"]})


def test_a_worker_lives_in_the_zone_it_was_given():
    zone = os.environ.get("TZ")
    if zone:  # `make test` gives two workers one each
        new_year = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone))
        assert time.localtime(new_year.timestamp()).tm_hour == 0

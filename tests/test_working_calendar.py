from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules.errors import (
    CalendarError,
    CalendarNotPublished,
    DurationError,
    NaiveDatetime,
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
    lateness,
    merge_pauses,
    next_overdue_change,
    overdue_days,
    parse_duration,
)
from complaint_rules.time.instants import to_microseconds
from samples import ROOT

FIXTURES = ROOT / "tests/fixtures"
OFFICE = ["09:00-12:00", "13:30-18:00"]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def office(**more: object) -> WorkingCalendar:
    return WorkingCalendar("Asia/Shanghai", OFFICE, official=china(), **more)


# Vectors of others


def vectors(name: str) -> list[tuple[dict, dict]]:
    document = json.loads((FIXTURES / name).read_text(encoding="utf-8"))
    named = document.get("calendars", {})
    return [
        (
            vector,
            named[vector["calendar"]]
            if isinstance(vector["calendar"], str)
            else vector["calendar"],
        )
        for vector in document["vectors"]
    ]


def build(calendar: dict) -> WorkingCalendar:
    def windows(pairs: list) -> list[str]:
        return [f"{opens}-{closes}" for opens, closes in pairs]

    hours = (
        {day: windows(pairs) for day, pairs in calendar["weekly"].items()}
        if "weekly" in calendar
        else None
    )
    dated = {date.fromisoformat(d): windows(p) for d, p in calendar.get("overrides", {}).items()}
    rest = {date.fromisoformat(day) for day in calendar.get("holidays", ())} - set(dated)
    return WorkingCalendar(calendar["tz"], hours, rest_days=rest, extra_days=dated)


def pauses(vector: dict, calendar: dict) -> list[Pause]:
    zone = ZoneInfo(calendar["tz"])
    found = [Pause(instant(p["from"]), instant(p["to"])) for p in vector.get("pauses", ())]
    for day, breaks in calendar.get("breaks", {}).items():
        for start, end in breaks:
            found.append(
                Pause(
                    instant(f"{day}T{start}").replace(tzinfo=zone),
                    instant(f"{day}T{end}").replace(tzinfo=zone),
                )
            )
    return found


ALL = [
    pytest.param(vector, calendar, id=vector["id"])
    for name in ("biz.json", "derived_china.json")
    for vector, calendar in vectors(name)
]
DUE = [p for p in ALL if p.values[0]["kind"] in ("due", "due_backward")]
OTHER = [
    p
    for p in ALL
    if p.values[0]["kind"] in ("next_open", "prev_close", "is_open", "elapsed", "wall_to_instant")
    and not p.values[1].get("breaks")
]
DAYS = [p for p in ALL if p.values[0]["kind"] == "due_business_days"]


@pytest.mark.parametrize(("vector", "calendar"), DUE)
def test_due_vector(vector, calendar):
    duration = Working(vector["duration_seconds"] * 1_000_000)
    due = due_instant(
        instant(vector["start"]), duration, build(calendar), pauses=pauses(vector, calendar)
    )
    assert due == instant(vector["expected_due"])


@pytest.mark.parametrize(("vector", "calendar"), OTHER)
def test_other_vector(vector, calendar):
    working = build(calendar)
    match vector["kind"]:
        case "next_open":
            assert working.next_open(instant(vector["at"])) == instant(vector["expected"])
        case "prev_close":
            assert working.previous_close(instant(vector["at"])) == instant(vector["expected"])
        case "is_open":
            assert working.is_open(instant(vector["at"])) is vector["expected"]
        case "elapsed":
            worked = working.between(instant(vector["start"]), instant(vector["end"]))
            expected = vector["expected_working_seconds"]
            if "reversed_interval" in vector["semantics"]:
                # Stated differently on purpose: the other way round is negative, not nothing.
                assert expected == 0
                assert worked.microseconds < 0
            else:
                assert worked.microseconds == expected * 1_000_000
        case "wall_to_instant":
            hour, minute, *second = map(int, vector["wall"].split(":"))
            wall = timedelta(hours=hour, minutes=minute, seconds=second[0] if second else 0)
            found = working.wall(
                date.fromisoformat(vector["date"]), wall // timedelta(microseconds=1)
            )
            assert found == instant(vector["expected"])


@pytest.mark.parametrize(("vector", "calendar"), DAYS)
def test_business_days_keep_the_wall_time(vector, calendar):
    counting = DayCounting(last_day_ends="same-time")
    due = due_instant(
        instant(vector["start"]), WorkingDays(vector["business_days"]), build(calendar), counting
    )
    if "snap_result_into_hours" in vector["semantics"]:
        # Stated differently on purpose: the wall time is kept; the caller may move it into hours.
        assert due != instant(vector["expected_due"])
        due = build(calendar).next_open(due)
    assert due == instant(vector["expected_due"])


def test_overdue_days_fork_by_reading():
    document = json.loads((FIXTURES / "derived_overdue_days_forks.json").read_text("utf-8"))
    calendar = build(document["calendar"])
    columns = dict(
        zip(
            OVERDUE_READINGS,
            (
                "calendar_dates_after_due_date",
                "started_24h_periods",
                "completed_24h_periods",
                "working_dates_after_due_date",
                "started_working_days_of_hours",
            ),
            strict=True,
        )
    )
    for row in document["cases"]:
        for reading, column in columns.items():
            found = overdue_days(instant(row["due"]), instant(row["done"]), reading, calendar)
            assert found == row[column], (row["case"], reading)


# Working time


def test_a_make_up_saturday_is_worked_and_a_holiday_is_not():
    calendar = office()
    assert calendar.add(instant("2026-02-13T17:30:00+08:00"), Working.of(hours=1)) == instant(
        "2026-02-14T09:30:00+08:00"
    )
    assert not calendar.is_working_day(date(2026, 2, 17))
    assert calendar.is_working_day(date(2026, 2, 28))


def test_used_up_at_closing_is_due_at_closing():
    due = office().add(instant("2026-01-05T11:30:00+08:00"), timedelta(minutes=30))
    assert due == instant("2026-01-05T12:00:00+08:00")


def test_company_days_win_over_the_official_calendar():
    calendar = office(rest_days=[date(2026, 1, 5)], extra_days=[date(2026, 1, 2)])
    assert not calendar.is_working_day(date(2026, 1, 5))
    assert calendar.is_working_day(date(2026, 1, 2))  # an official rest day


def test_overnight_hours_run_into_the_next_day():
    calendar = WorkingCalendar("Europe/Berlin", {"fri": ["22:00-06:00"]})
    assert calendar.is_open(instant("2026-01-10T05:59:00+01:00"))
    assert not calendar.is_open(instant("2026-01-10T06:00:00+01:00"))
    new_year = WorkingCalendar("Etc/UTC", {"thu": ["22:00-06:00"]})
    assert new_year.is_open(instant("2027-01-01T05:00:00+00:00"))


def test_all_day_hours_follow_real_time_when_clocks_change():
    calendar = WorkingCalendar("Europe/Paris", {"mon-sun": ["00:00-24:00"]})
    start, end = instant("2020-10-25T00:00:00+02:00"), instant("2020-10-26T00:00:00+01:00")
    assert calendar.between(start, end) == Working.of(hours=25)


def test_an_unpublished_year_is_an_error_or_provisional():
    calendar = office()
    start = instant("2026-12-31T17:00:00+08:00")
    with pytest.raises(CalendarNotPublished, match="CN 2027"):
        calendar.add(start, Working.of(hours=5))
    provisional = calendar.provisionally()
    due = provisional.add(start, Working.of(hours=5))
    assert due == instant("2027-01-01T14:30:00+08:00")
    assert provisional.is_provisional(due)
    assert not provisional.is_provisional(start)
    assert calendar.add(instant("2026-12-30T09:00:00+08:00"), Working.of(hours=3))


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        (["09:00-12:00", "11:00-15:00"], "overlap"),
        (["9-12"], "not a window"),
        (["09:00-09:00"], "empty window"),
        (["09:00-25:00"], "outside 00:00-24:00"),
        (["09:99-12:00"], "outside 00:00-24:00"),
        ([], "no weekday has any hours"),
        ({"mo": ["09:00-12:00"]}, "did you mean 'mon'"),
        ({"fri-mon": ["09:00-12:00"]}, "runs backwards"),
        ({"mon": ["09:00-12:00"], "mon-tue": ["09:00-12:00"]}, "hours twice"),
        ({"mon": ["22:00-06:00"], "tue": ["05:00-09:00"]}, "overlap those of the next day"),
        ("09:00-12:00", "one text"),
    ],
)
def test_contradictory_hours_are_refused(hours, message):
    with pytest.raises(CalendarError, match=message):
        WorkingCalendar("Asia/Shanghai", hours)


def test_make_up_days_need_hours():
    with pytest.raises(CalendarError, match="'extra'"):
        WorkingCalendar("Asia/Shanghai", {"mon-fri": ["09:00-17:00"]}, official=china())
    with pytest.raises(CalendarError, match="'extra'"):
        WorkingCalendar("Etc/UTC", {"mon-fri": ["09:00-17:00"]}, extra_days=[date(2026, 1, 3)])
    with pytest.raises(CalendarError, match="rest day and an extra day"):
        office(rest_days=[date(2026, 1, 3)], extra_days=[date(2026, 1, 3)])


def test_unknown_timezone_and_naive_instants():
    with pytest.raises(CalendarError, match="timezone 'Asia/Shanghia'"):
        WorkingCalendar("Asia/Shanghia", OFFICE)
    with pytest.raises(NaiveDatetime, match="no timezone"):
        office().add(datetime(2026, 1, 5, 9), Working.of(hours=1))
    with pytest.raises(NaiveDatetime):
        due_instant(datetime(2026, 1, 5, 9), CalendarDays(1), office())


def test_a_calendar_without_hours_counts_days_only():
    calendar = WorkingCalendar("Asia/Shanghai", None, official=china())
    assert calendar.is_working_day(date(2026, 2, 28))
    with pytest.raises(CalendarError, match="no business hours"):
        calendar.add(instant("2026-01-05T09:00:00+08:00"), Working.of(hours=1))
    with pytest.raises(TimeError, match="not working time"):
        office().add(instant("2026-01-05T09:00:00+08:00"), WorkingDays(1))  # type: ignore[arg-type]


def test_a_calendar_file_adds_a_year(tmp_path: Path):
    path = tmp_path / "cn-2027.json"
    path.write_text(
        '{"region": "CN", "version": "x", "years": {"2027": {"rest": ["2027-01-01"], "work": ["2027-01-02"]}}}'
    )
    extended = china().extended_by(DatedCalendar.from_json(path))
    assert not extended.is_working_day(date(2027, 1, 1))
    assert extended.is_working_day(date(2027, 1, 2))
    assert extended.is_working_day(date(2026, 2, 28))
    assert extended.version.endswith("+x")
    for text, message in [
        ('{"region": "CN"}', "has the keys"),
        ('{"region": "CN", "version": "x", "years": {"2027": {"rset": []}}}', "rest and work only"),
        (
            '{"region": "CN", "version": "x", "years": {"2027": {"rest": ["2026-01-01"]}}}',
            "does not lie in 2027",
        ),
        ('{"region": "CN", "version": "x", "years": {"2027": {"rest": ["1.1."]}}}', "not a date"),
        (
            '{"region": "CN", "version": "x", "years": {"2027": {"rest": ["2027-01-01"], "work": ["2027-01-01"]}}}',
            "keep one",
        ),
    ]:
        path.write_text(text)
        with pytest.raises(CalendarError, match=message):
            DatedCalendar.from_json(path)


instants = st.datetimes(datetime(2024, 1, 1), datetime(2026, 6, 30), timezones=st.just(SHANGHAI))
amounts = st.integers(-30 * 3600, 30 * 3600).map(lambda seconds: Working(seconds * 1_000_000))


@given(instants, amounts)
def test_adding_then_differencing_returns_the_amount(start, amount):
    calendar = office()
    if not calendar.is_open(start):
        start = calendar.next_open(start)
    assert calendar.between(start, calendar.add(start, amount)) == amount


@given(instants, amounts, amounts)
def test_adding_is_monotone_and_adds_up(start, one, other):
    calendar = office()
    low, high = sorted((one, other), key=lambda amount: amount.microseconds)
    assert calendar.add(start, low) <= calendar.add(start, high)
    if one.microseconds > 0 and other.microseconds > 0:
        both = Working(one.microseconds + other.microseconds)
        assert calendar.add(calendar.add(start, one), other) == calendar.add(start, both)


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2025, 12, 1), timezones=st.just(UTC)),
    st.integers(0, 2000),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe"]),
    st.sets(st.integers(0, 47), min_size=2, max_size=8)
    .map(sorted)
    .filter(lambda c: len(c) % 2 == 0),
)
def test_a_minute_by_minute_count_agrees(start, minutes, zone, cuts):
    windows = [
        f"{a // 2:02}:{a % 2 * 30:02}-{b // 2:02}:{b % 2 * 30:02}"
        for a, b in zip(cuts[::2], cuts[1::2], strict=True)
    ]
    calendar = WorkingCalendar(zone, {"mon-sat": windows})
    start = start.replace(second=0, microsecond=0)
    end = start + timedelta(minutes=minutes)
    local = ZoneInfo(zone)

    def is_open(moment: datetime) -> bool:
        wall = moment.astimezone(local)
        clock = wall.hour * 60 + wall.minute
        return wall.weekday() < 6 and any(
            a * 30 <= clock < b * 30 for a, b in zip(cuts[::2], cuts[1::2], strict=True)
        )

    if _clock_changes_between(start, end, local):
        return  # windows are cut or stretched by the change: covered by the cases above
    counted = sum(is_open(start + timedelta(minutes=number)) for number in range(minutes))
    assert calendar.between(start, end) == Working.of(minutes=counted)


def _clock_changes_between(start: datetime, end: datetime, zone: ZoneInfo) -> bool:
    day = timedelta(days=1)
    offsets = {
        (start - day + number * day).astimezone(zone).utcoffset()
        for number in range((end - start).days + 4)
    }
    return len(offsets) > 1


# Days


@pytest.mark.parametrize(
    ("duration", "counting", "expected"),
    [
        (CalendarDays(3), DayCounting(), "2018-07-05T23:59:59.999999+08:00"),
        (CalendarDays(3), DayCounting(first_day="counted"), "2018-07-04T23:59:59.999999+08:00"),
        (CalendarDays(0), DayCounting(first_day="counted"), "2018-07-02T23:59:59.999999+08:00"),
        (WorkingDays(0), DayCounting(first_day="counted"), "2018-07-02T23:59:59.999999+08:00"),
        (CalendarDays(3), DayCounting(last_day_ends="close"), "2018-07-05T18:00:00+08:00"),
        (CalendarDays(3), DayCounting(last_day_ends="same-time"), "2018-07-05T10:00:00+08:00"),
        (CalendarDays(5), DayCounting(), "2018-07-07T23:59:59.999999+08:00"),
        (CalendarDays(5), DayCounting(rolls=True), "2018-07-09T23:59:59.999999+08:00"),
        (WorkingDays(5), DayCounting(), "2018-07-09T23:59:59.999999+08:00"),
        (WorkingDays(1), DayCounting(first_day="counted"), "2018-07-02T23:59:59.999999+08:00"),
        (WorkingDays(-1), DayCounting(), "2018-06-29T23:59:59.999999+08:00"),
        (CalendarDays(-2), DayCounting(rolls=True), "2018-06-30T23:59:59.999999+08:00"),
        (CalendarMonths(1), DayCounting(), "2018-08-02T23:59:59.999999+08:00"),
        (SameDay(), DayCounting(), "2018-07-02T23:59:59.999999+08:00"),
        (SameDay(), DayCounting(last_day_ends="close"), "2018-07-02T18:00:00+08:00"),
        (Elapsed.of(minutes=30), DayCounting(), "2018-07-02T10:30:00+08:00"),
        (Working.of(hours=4), DayCounting(), "2018-07-02T15:30:00+08:00"),
    ],
)
def test_due(duration, counting, expected):
    monday = instant("2018-07-02T10:00:00+08:00")
    assert due_instant(monday, duration, office(), counting) == instant(expected)


def test_a_same_day_limit_after_closing_ends_at_the_next_closing():
    evening = instant("2018-07-06T19:00:00+08:00")
    due = due_instant(evening, SameDay(), office(), DayCounting(last_day_ends="close"))
    assert due == instant("2018-07-09T18:00:00+08:00")


def test_same_day_never_rolls():
    sunday = instant("2018-07-01T10:00:00+08:00")
    due = due_instant(sunday, SameDay(), office(), DayCounting(rolls=True))
    assert due == instant("2018-07-01T23:59:59.999999+08:00")


def test_a_month_without_the_day_ends_on_its_last():
    start = instant("2026-01-31T10:00:00+08:00")
    due = due_instant(start, CalendarMonths(1), office())
    assert due == instant("2026-02-28T23:59:59.999999+08:00")


def test_pauses_are_merged_and_cut_by_the_calendar():
    start = instant("2018-07-02T09:00:00+08:00")
    overlapping = [
        Pause(instant("2018-07-02T10:00:00+08:00"), instant("2018-07-02T11:00:00+08:00")),
        Pause(instant("2018-07-02T10:30:00+08:00"), instant("2018-07-02T12:30:00+08:00")),
    ]
    assert len(merge_pauses(overlapping)) == 1
    # 9-10 worked, 10-12 paused, half past one goes on: an hour left.
    assert due_instant(start, Working.of(hours=2), office(), pauses=overlapping) == instant(
        "2018-07-02T14:30:00+08:00"
    )
    assert due_instant(start, Elapsed.of(hours=2), office(), pauses=overlapping) == instant(
        "2018-07-02T13:30:00+08:00"
    )
    open_ended = [Pause(instant("2018-07-02T10:00:00+08:00"), None)]
    assert due_instant(start, Working.of(hours=2), office(), pauses=open_ended) is None
    assert due_instant(start, CalendarDays(2), office(), pauses=open_ended) is None
    assert due_instant(start, Working.of(hours=1), office(), pauses=open_ended) == instant(
        "2018-07-02T10:00:00+08:00"
    )


def test_a_pause_moves_a_limit_in_days_by_days():
    start = instant("2018-07-02T09:00:00+08:00")
    pause = [Pause(instant("2018-07-03T10:00:00+08:00"), instant("2018-07-06T10:00:00+08:00"))]
    assert due_instant(start, CalendarDays(3), office(), pauses=pause) == instant(
        "2018-07-08T23:59:59.999999+08:00"
    )
    assert due_instant(start, WorkingDays(3), office(), pauses=pause) == instant(
        "2018-07-10T23:59:59.999999+08:00"
    )


@given(
    st.datetimes(datetime(2018, 1, 1), datetime(2018, 12, 1), timezones=st.just(SHANGHAI)),
    st.integers(1, 40),
    st.integers(0, 60 * 24 * 20),
    st.sampled_from(OVERDUE_READINGS),
)
def test_overdue_days_change_exactly_when_said(start, days, minutes, reading):
    calendar = office()
    due = due_instant(start, CalendarDays(days), calendar)
    now = due + timedelta(minutes=minutes)
    change = next_overdue_change(due, now, reading, calendar)
    before, count = change - timedelta(microseconds=1), overdue_days(due, now, reading, calendar)
    assert now < change
    assert overdue_days(due, before, reading, calendar) == count
    assert overdue_days(due, change, reading, calendar) == count + 1


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (Working.of(hours=1), Working.of(minutes=90)),
        (Elapsed.of(hours=1), Elapsed.of(hours=17)),
        (WorkingDays(1), WorkingDays(1)),
        (CalendarDays(1), CalendarDays(1)),
        (None, Elapsed.of(hours=17)),
    ],
)
def test_lateness_is_in_the_unit_of_the_limit(duration, expected):
    due, done = instant("2018-07-02T17:00:00+08:00"), instant("2018-07-03T10:00:00+08:00")
    if isinstance(duration, Working):
        done = instant("2018-07-03T09:30:00+08:00")
    assert lateness(due, done, duration, office()) == expected


# Durations


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 elapsed minutes", Elapsed.of(minutes=30)),
        ("1 working hour", Working.of(hours=1)),
        ("2  calendar weeks", CalendarDays(14)),
        ("1 calendar month", CalendarMonths(1)),
        ("same day", SameDay()),
    ],
)
def test_durations_are_read_and_written(text, expected):
    assert parse_duration(text) == expected
    assert parse_duration(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3 days", "ambiguous: write calendar days or working days"),
        ("30 minutes", "ambiguous: write elapsed minutes or working minutes"),
        ("P1M", "not a duration"),
        ("3 workng days", "did you mean 'working day'"),
        ("3 fortnights", "unknown unit"),
        ("1.5 working hours", "not a duration"),
    ],
)
def test_ambiguous_or_unknown_units_are_refused(text, message):
    with pytest.raises(DurationError, match=message):
        parse_duration(text)


def test_instants_from_integers_equal_those_from_utc():
    start = instant("2014-11-02T01:30:00-07:00")
    calendar = WorkingCalendar("America/Los_Angeles", {"mon-sun": ["00:00-24:00"]})
    assert calendar.add(start, Working.of(hours=1)) == datetime(2014, 11, 2, 9, 30, tzinfo=UTC)
    assert to_microseconds(start) == to_microseconds(start.astimezone(UTC))


def test_too_long_limits_and_empty_calendars_are_refused():
    with pytest.raises(TimeError, match="longer than"):
        due_instant(instant("2018-07-02T09:00:00+08:00"), CalendarDays(100_000), office())
    closed = WorkingCalendar("Etc/UTC", {"mon": ["09:00-10:00"]})
    with pytest.raises(TimeError, match="no such amount"):
        closed.add(instant("2018-07-02T09:00:00+00:00"), Working.of(hours=10_000))


def test_years_that_are_published_answer_whatever_was_asked_before():
    """A calendar may know 2018 and 2026, and not the years between."""
    from complaint_rules.time import DatedCalendar

    known = DatedCalendar("XX", "1", frozenset({2018, 2026}), frozenset(), frozenset())
    calendar = WorkingCalendar("Asia/Shanghai", ["09:00-17:00"], official=known)
    early, late = instant("2018-07-02T16:00:00+08:00"), instant("2026-03-02T16:00:00+08:00")
    for start, due in [
        (early, "2018-07-03T10:00:00+08:00"),
        (late, "2026-03-03T10:00:00+08:00"),
    ] * 2:
        assert calendar.add(start, Working.of(hours=2)) == instant(due)
    with pytest.raises(CalendarNotPublished):
        calendar.between(early, late)

"""Working time of many instants at once is that of one at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import CalendarNotPublished, TimeError
from complaint_rules.time import (
    OVERDUE_READINGS,
    CalendarDays,
    CalendarMonths,
    DayCounting,
    Elapsed,
    SameDay,
    Working,
    WorkingCalendar,
    WorkingDays,
    china,
    due_instant,
    lateness,
    overdue_days,
)
from complaint_rules.time.instants import to_microseconds

numpy = pytest.importorskip("numpy")
from complaint_rules.time.columns import WorkingColumns  # noqa: E402 - needs NumPy
from complaint_rules.time.limit_columns import NONE, LimitColumns  # noqa: E402 - needs NumPy

CALENDARS = {
    "office": WorkingCalendar("Asia/Shanghai", ["09:00-12:00", "13:30-18:00"], official=china()),
    "shifts": WorkingCalendar("Europe/Berlin", ["22:00-06:00"]),
    "all day": WorkingCalendar("America/New_York", {"mon-sun": ["00:00-24:00"]}),
}
COLUMNS = {
    name: WorkingColumns(calendar, date(2024, 1, 1), date(2026, 12, 31))
    for name, calendar in CALENDARS.items()
}
INSTANTS = st.one_of(
    st.datetimes(datetime(2024, 6, 1), datetime(2026, 6, 1)),
    st.builds(
        lambda day, hour: datetime(2024, 6, 1) + timedelta(days=day, hours=hour),
        st.integers(0, 700),
        st.sampled_from([1, 4, 5.5, 10, 20, 21]),  # openings and closings, in UTC
    ),
).map(lambda moment: moment.replace(tzinfo=UTC))
AMOUNTS = st.one_of(
    st.sampled_from([0, 1, -1, 7_200_000_000, -7_200_000_000, 27_000_000_000]),
    st.integers(-(10**11), 10**12),
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(CALENDARS)),
    st.lists(st.tuples(INSTANTS, AMOUNTS), min_size=1, max_size=5),
)
def test_adding_and_differencing_columns(name, rows):
    calendar, columns = CALENDARS[name], COLUMNS[name]
    starts = [to_microseconds(start) for start, _ in rows]
    amounts = [amount for _, amount in rows]
    ends = columns.add(starts, amounts)
    one_by_one = [calendar.add(start, Working(amount)) for start, amount in rows]
    assert ends.tolist() == [to_microseconds(end) for end in one_by_one]
    worked = columns.between(starts, ends).tolist()
    assert worked == [
        calendar.between(start, end).microseconds
        for (start, _), end in zip(rows, one_by_one, strict=True)
    ]


def test_one_amount_for_all_and_arrow_microseconds():
    instants = numpy.array(["2026-03-02T03:30", "2026-03-06T09:30"], dtype="datetime64[us]")
    due = COLUMNS["office"].add(instants.astype("int64"), 3_600_000_000)
    assert due.astype("datetime64[us]").astype("datetime64[m]").astype(str).tolist() == [
        "2026-03-02T06:00",
        "2026-03-09T01:30",
    ]


def test_nothing_at_all():
    assert COLUMNS["office"].add([], []).tolist() == []


@pytest.mark.parametrize(
    ("start", "amount"),
    [
        ("2023-12-31T00:00", 1),
        ("2027-01-01T00:00", 1),
        ("2026-12-31T00:00", 10**12),
        ("2024-01-02T02:00", -(10**12)),
    ],
)
def test_outside_the_years_covered_is_an_error(start, amount):
    at = to_microseconds(datetime.fromisoformat(f"{start}+00:00"))
    with pytest.raises(TimeError, match=r"1 of 1 \w+ lie outside the years covered"):
        COLUMNS["office"].add([at], [amount])


def test_years_without_a_calendar_or_without_hours_are_refused():
    with pytest.raises(CalendarNotPublished):
        WorkingColumns(CALENDARS["office"], date(2026, 1, 1), date(2032, 1, 1))
    with pytest.raises(TimeError, match="no business hours"):
        WorkingColumns(WorkingCalendar("UTC", None), date(2026, 1, 1), date(2026, 1, 1))


LIMITS = [
    Elapsed.of(minutes=30),
    Working.of(hours=2),
    Working.of(hours=0),
    Working.of(hours=-3),
    CalendarDays(3),
    CalendarDays(-2),
    CalendarMonths(2),
    WorkingDays(1),
    WorkingDays(45),
    WorkingDays(-2),
    SameDay(),
]
COUNTINGS = [
    DayCounting(),
    DayCounting(first_day="counted"),
    DayCounting(rolls=True),
    DayCounting(last_day_ends="close"),
    DayCounting(last_day_ends="same-time", rolls=True),
]
ZONED = {
    **CALENDARS,
    "company": WorkingCalendar(
        "Asia/Shanghai",
        ["09:00-12:00", "13:30-18:00"],
        official=china(),
        rest_days=[date(2026, 3, 4)],
    ),
    "skipped a date": WorkingCalendar("Pacific/Apia", ["09:00-17:00"]),
    "midnight changes": WorkingCalendar("America/Havana", ["00:00-12:00"]),
}
MOMENTS = st.one_of(
    INSTANTS,
    st.datetimes(datetime(2011, 12, 25), datetime(2012, 1, 5)).map(lambda m: m.replace(tzinfo=UTC)),
    st.datetimes(datetime(2026, 12, 1), datetime(2028, 2, 1)).map(lambda m: m.replace(tzinfo=UTC)),
)


def one_or_unpublished(work):
    try:
        return work()
    except CalendarNotPublished as error:
        return f"{error.region} {error.year}"


def answers(found):
    return [found.unpublished.get(row, value) for row, value in enumerate(found.values.tolist())]


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(ZONED)),
    st.sampled_from(LIMITS),
    st.sampled_from(COUNTINGS),
    st.lists(MOMENTS, min_size=1, max_size=4),
)
def test_limits_of_columns(name, limit, counting, starts):
    calendar = ZONED[name]
    at = numpy.array([to_microseconds(start) for start in starts])
    columns = LimitColumns(calendar, int(at[0]), int(at[0]))  # it covers more when it has to
    assert answers(columns.due(at, limit, counting)) == [
        one_or_unpublished(
            lambda s=start: to_microseconds(due_instant(s, limit, calendar, counting))
        )
        for start in starts
    ]


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(ZONED)),
    st.sampled_from(OVERDUE_READINGS),
    st.lists(st.tuples(MOMENTS, MOMENTS), min_size=1, max_size=4),
)
def test_overdue_days_of_columns(name, reading, pairs):
    calendar = ZONED[name]
    due, until = (numpy.array([to_microseconds(pair[i]) for pair in pairs]) for i in (0, 1))
    columns = LimitColumns(
        calendar, int(min(due.min(), until.min())), int(max(due.max(), until.max()))
    )
    assert answers(columns.overdue_days(due, until, reading)) == [
        one_or_unpublished(lambda p=pair: overdue_days(*p, reading, calendar)) for pair in pairs
    ]


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(ZONED)),
    st.sampled_from([None, *LIMITS]),
    st.lists(st.tuples(MOMENTS, MOMENTS).map(sorted), min_size=1, max_size=4),
)
def test_lateness_of_columns(name, limit, pairs):
    calendar = ZONED[name]
    due, done = (numpy.array([to_microseconds(pair[i]) for pair in pairs]) for i in (0, 1))
    columns = LimitColumns(calendar, int(due.min()), int(done.max()))
    found, unit = columns.lateness(due, done, limit)
    for row, pair in enumerate(pairs):
        wanted = one_or_unpublished(lambda p=pair: lateness(*p, limit, calendar))
        value = answers(found)[row]
        if isinstance(wanted, str):
            assert value == wanted
        elif value == NONE:
            assert (wanted, unit) == (Elapsed(int(done[row] - due[row])), "calendar days")
        else:
            kinds = {
                "elapsed": Elapsed,
                "working": Working,
                "calendar days": CalendarDays,
                "working days": WorkingDays,
            }
            assert wanted == kinds[unit](value)


def test_local_dates_of_columns_across_a_skipped_date():
    calendar = ZONED["skipped a date"]
    at = [to_microseconds(datetime(2011, 12, 30, hour, tzinfo=UTC)) for hour in (9, 10, 11)]
    days = LimitColumns(calendar, at[0], at[2]).days(numpy.array(at))
    assert [str(day) for day in days.astype("datetime64[D]")] == [
        "2011-12-29",
        "2011-12-31",
        "2011-12-31",
    ]

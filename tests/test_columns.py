"""Working time of many instants at once is that of one at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import CalendarNotPublished, TimeError
from complaint_rules.time import Working, WorkingCalendar, china
from complaint_rules.time.instants import to_microseconds

numpy = pytest.importorskip("numpy")
from complaint_rules.time.columns import WorkingColumns  # noqa: E402 - needs NumPy

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

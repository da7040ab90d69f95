"""Limits that just run are due when all others are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules.errors import TimeError
from complaint_rules.time import DayCounting, Duration, WorkingCalendar, parse_duration
from complaint_rules.time.due import undisturbed
from complaint_rules.time.plain_due import undisturbed_for

HOURS = {"hours": ["09:00-17:00"]}
CALENDARS = [
    WorkingCalendar(zone, **HOURS)
    for zone in ("Asia/Shanghai", "Europe/London", "America/St_Johns", "Pacific/Apia")
]
LIMITS = [
    "same day",
    "0 calendar days",
    "1 calendar day",
    "40 calendar days",
    "1 calendar month",
    "3 working days",
    "30 elapsed minutes",
    "26 elapsed hours",
    "2 working hours",
]
STARTS = st.datetimes(
    datetime(1999, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)
)  # fmt: skip


@given(
    limit=st.sampled_from(LIMITS).map(parse_duration),
    calendar=st.sampled_from(CALENDARS),
    counting=st.builds(
        DayCounting,
        st.sampled_from(["excluded", "counted"]),
        st.sampled_from(["midnight", "close", "same-time"]),
        st.sampled_from([False, True, "counted-days"]),
    ),
    start=STARTS,
)
def test_what_is_worked_out_once_is_the_same(
    limit: Duration, calendar: WorkingCalendar, counting: DayCounting, start: datetime
):
    found = undisturbed_for(limit, calendar, counting)(start)
    expected = undisturbed(start, limit, calendar, counting)
    assert (found, found.utcoffset()) == (expected, expected.utcoffset())


@pytest.mark.parametrize(
    "limit", ["40000 calendar days", "100000 elapsed hours", "3 calendar days"]
)
def test_beyond_all_years_it_says_so(limit):
    due = undisturbed_for(parse_duration(limit), CALENDARS[0], DayCounting())
    with pytest.raises(TimeError):
        due(datetime(9999, 12, 31, 12, tzinfo=UTC) - timedelta(hours=1))

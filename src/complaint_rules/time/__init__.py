"""Time: units that are types, calendars, working time, day counting and recurrence.

>>> from datetime import datetime
>>> calendar = WorkingCalendar("Asia/Shanghai", ["09:00-12:00", "13:30-18:00"], official=china())
>>> start = datetime.fromisoformat("2026-02-13T17:30:00+08:00")  # the eve of a make-up Saturday
>>> calendar.add(start, Working.of(hours=1)).isoformat()
'2026-02-14T09:30:00+08:00'
"""

from complaint_rules.time.counting import DayCounting, Pause, TakenIn, merge_pauses
from complaint_rules.time.due import Agreement, Course, course, due_instant
from complaint_rules.time.durations import (
    CalendarDays,
    CalendarMonths,
    Compound,
    Duration,
    Elapsed,
    SameDay,
    Working,
    WorkingDays,
    counted_back,
    parse_duration,
)
from complaint_rules.time.holidays import from_holidays
from complaint_rules.time.instants import read_instant
from complaint_rules.time.last_day import needs_hours, taken_in
from complaint_rules.time.official import (
    DatedCalendar,
    OfficialCalendar,
    china,
    england,
    unpublished_next_year,
)
from complaint_rules.time.overdue import (
    OVERDUE_READINGS,
    OverdueReading,
    lateness,
    lateness_unit,
    next_overdue_change,
    overdue_days,
    when_late_by,
)
from complaint_rules.time.recurrence import NAMED_RULES, Recurrence
from complaint_rules.time.working import WorkingCalendar

__all__ = [
    "NAMED_RULES",
    "OVERDUE_READINGS",
    "Agreement",
    "CalendarDays",
    "CalendarMonths",
    "Compound",
    "Course",
    "DatedCalendar",
    "DayCounting",
    "Duration",
    "Elapsed",
    "OfficialCalendar",
    "OverdueReading",
    "Pause",
    "Recurrence",
    "SameDay",
    "TakenIn",
    "Working",
    "WorkingCalendar",
    "WorkingDays",
    "china",
    "counted_back",
    "course",
    "due_instant",
    "england",
    "from_holidays",
    "lateness",
    "lateness_unit",
    "merge_pauses",
    "needs_hours",
    "next_overdue_change",
    "overdue_days",
    "parse_duration",
    "read_instant",
    "taken_in",
    "unpublished_next_year",
    "when_late_by",
]

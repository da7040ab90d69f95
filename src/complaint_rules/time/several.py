"""Several limits of which the earliest or the latest counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from complaint_rules.time.counting import DayCounting, Pause
from complaint_rules.time.due import Agreement, Course, course
from complaint_rules.time.durations import Duration
from complaint_rules.time.working import WorkingCalendar


@dataclass(frozen=True, slots=True)
class OneLimit:
    """A limit as it begins: from when on, and how long or until when.

    Neither pauses nor more time move one that is ``fixed``, a moment beside limits that run; an
    agreed moment takes its place.
    """

    since: datetime
    limit: Duration | datetime
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Agreed:
    """An agreement; ``adds`` tells whether it is about more time, which may not be known."""

    agreement: Agreement
    adds: bool


def course_of_one(
    one: OneLimit,
    calendar: WorkingCalendar,
    counting: DayCounting,
    pauses: Sequence[Pause],
    agreed: Sequence[Agreed],
) -> Course:
    """The course of one of several limits."""
    every = [each.agreement for each in agreed]
    if not one.fixed:
        return course(one.since, one.limit, calendar, counting, pauses, every)
    moments = [each.agreement for each in agreed if not each.adds]
    ran = course(one.since, one.limit, calendar, counting, (), moments)
    counted = [part for part in ran.parts if isinstance(part, Agreement)]
    if not counted:
        return ran
    since = counted[-1].at
    some = [each.agreement for each in agreed if not each.adds or each.agreement.at > since]
    return course(one.since, one.limit, calendar, counting, pauses, some)


def number_that_counts(which: Literal["earliest", "latest"], courses: Sequence[Course]) -> int:
    """Which of the courses counts; of equal ones the first. One without a due instant is open, and
    ends later than all that have one.

    >>> from complaint_rules.time.instants import EPOCH
    >>> number_that_counts("latest", [Course(EPOCH), Course(None)])
    1
    """
    known = [one.due for one in courses if one.due is not None]
    if len(known) < len(courses) and (which == "latest" or not known):
        return next(number for number, one in enumerate(courses) if one.due is None)
    due = max(known) if which == "latest" else min(known)
    return next(number for number, one in enumerate(courses) if one.due == due)

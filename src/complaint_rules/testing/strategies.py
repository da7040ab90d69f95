"""Hypothesis strategies: cases that a policy understands, drawn where policies go wrong.

Events fall on the edges of the calendar (the eve of a holiday, a make-up working day, the last day
of a month), exactly on due instants, so late as conditions ask, and a microsecond to either side;
values lie on the constants that conditions compare with, and next to them.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from hypothesis import strategies as st

from complaint_rules.case import Case, Event
from complaint_rules.errors import TimeError
from complaint_rules.exploration.moments import turning_clocks
from complaint_rules.history import History, HistoryEntry
from complaint_rules.judging.lateness import Threshold, thresholds
from complaint_rules.policy import Policy
from complaint_rules.ruleset.counts import Count
from complaint_rules.ruleset.edges import limit_and_happening, limits_behind
from complaint_rules.ruleset.lateness import values_of
from complaint_rules.ruleset.limits import Limit
from complaint_rules.ruleset.past import fields_of, roles_counted
from complaint_rules.ruleset.rules import Deadline
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.testing.drawn_values import DrawnValues
from complaint_rules.testing.words_used import counts_used, events_used, facts_used, roles_used
from complaint_rules.time import (
    Duration,
    WorkingCalendar,
    due_instant,
    when_late_by,
)
from complaint_rules.time.instants import MICROSECOND, from_microseconds, to_microseconds

_CLOCK: Final = (0, 8 * 60 + 59, 9 * 60, 11 * 60 + 59, 12 * 60, 17 * 60 + 30, 18 * 60, 23 * 60 + 59)
_NEAR: Final = (
    -timedelta(minutes=1),
    -MICROSECOND,
    timedelta(0),
    timedelta(0),
    MICROSECOND,
    timedelta(minutes=1),
    timedelta(days=1),
)


_BEFORE: Final = (timedelta(0), MICROSECOND, timedelta(days=1), timedelta(days=30))
_MOST_ROWS: Final = 8
"""Of so many rows of a table it is drawn when a limit is due."""

_LATER: Final = st.integers(0, 14 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


def edges(calendar: WorkingCalendar, first: date, last: date) -> list[date]:
    """The days from ``first`` to ``last`` on which counting days goes wrong.

    >>> from complaint_rules import load_policy
    >>> china = load_policy("yundewu-2018").ruleset.calendar
    >>> [day.isoformat() for day in edges(china, date(2018, 9, 28), date(2018, 10, 1))]
    ['2018-09-29', '2018-09-30', '2018-10-01']
    """
    found = []
    for number in range((last - first).days + 1):
        day = first + timedelta(number)
        works, ordinary = calendar.is_working_day(day), day.weekday() < 5
        eve = works and not calendar.is_working_day(day + timedelta(1))
        month_end = day.day == monthrange(day.year, day.month)[1]
        if works != ordinary or (eve and day.weekday() != 4) or month_end:
            found.append(day)
    return found


def _days(ruleset: Ruleset) -> st.SearchStrategy[date]:
    first = max(ruleset.effective_from, date(2018, 7, 1))
    last = min(ruleset.effective_until or date.max, first + timedelta(800))
    official = ruleset.calendar.official
    if official is not None:
        known = [y for y in range(first.year, first.year + 30) if official.is_published(y)]
        if known and known[0] > first.year:
            first = date(known[0], 1, 1)
            last = first + timedelta(800)
        until = first.year
        while official.is_published(until + 1):
            until += 1
        last = min(last, date(until, 12, 30))  # whether a day is an eve, the next one says
    special = edges(ruleset.calendar, first, last)
    anything = st.dates(first, last)
    return st.one_of(st.sampled_from(special), anything) if special else anything


def instants(policy: Policy) -> st.SearchStrategy[datetime]:
    """Instants on the policy's clock, on edges of its calendar or at any minute."""
    zone = policy.ruleset.calendar.timezone

    def instant(day: date, minute: int) -> datetime:
        moment = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minute)
        return from_microseconds(to_microseconds(moment), zone)

    minutes = st.one_of(st.sampled_from(_CLOCK), st.integers(0, 24 * 60 - 1))
    clocks = turning_clocks(policy.ruleset)
    if clocks:
        named = st.sampled_from(clocks).map(lambda clock: clock // (60 * 1_000_000))
        minutes = st.one_of(named, minutes)
    return st.builds(instant, _days(policy.ruleset), minutes)


def cases(policy: Policy, *, max_events: int = 8) -> st.SearchStrategy[Case]:
    """Cases that the policy governs and understands, with gaps as real ones have.

    Args:
        policy: whose words the cases use, those that its rules read above all.
        max_events: how many events follow the one that dates the case, at most.
    """
    return _cases(policy, instants(policy), max_events)


@st.composite
def _cases(
    draw: st.DrawFn, policy: Policy, starts: st.SearchStrategy[datetime], max_events: int
) -> Case:
    # hypothesis prints the arguments of a strategy: a policy is short, its ruleset is not
    ruleset = policy.ruleset
    words = ruleset.words
    start = draw(starts)
    values = DrawnValues(ruleset, start)
    used = sorted(events_used(ruleset)) or sorted(words.events)
    late = thresholds(ruleset)
    counted = counts_used(ruleset)
    clocks = turning_clocks(ruleset)
    events = [draw(_event(values, ruleset.effective_by, start))]
    for _ in range(draw(st.integers(0, max_events))):
        running = [
            (e, rule)
            for e in events
            for rule in ruleset.deadlines
            if e.type in rule.events_behind and _completions(rule)
        ]
        answers = draw(st.booleans())
        if running and answers:
            started, rule = draw(st.sampled_from(running))
            type_ = draw(st.sampled_from(_completions(rule)))
            at = draw(_around_due(ruleset, started, rule, late.get(rule.name, ())))
        else:
            type_ = draw(st.sampled_from(used))
            at = draw(_later(events, clocks, ruleset.calendar))
            windows = [
                (event, count)
                for count in counted
                if type_ in count.of and count.within is not None
                for event in events
                if event.type in count.of
            ]
            if windows:
                event, count = draw(st.sampled_from(windows))
                at = draw(st.one_of(st.just(at), _around_window(ruleset, event, count)))
        if type_ == ruleset.effective_by:
            at = max(at, start)  # an earlier one would date the case
        events.append(draw(_event(values, type_, at)))
    facts: dict[str, Any] = {}
    for name in sorted(facts_used(ruleset)):
        if draw(st.booleans()):
            facts[name] = draw(values.of(words.facts[name]))
    for role in sorted(roles_used(ruleset)):
        who = draw(st.sampled_from([None, None, "A", "B", ["A", "B"]]))
        if who is not None:
            facts[role] = who
    return Case("drawn", facts, events)


def _completions(rule: Deadline) -> list[str]:
    """The events that complete a limit; what happens to others may do so too."""
    return [end for end in rule.ends if limit_and_happening(end) is None]


def histories(
    policy: Policy, until: datetime, *, max_entries: int = 6
) -> st.SearchStrategy[History]:
    """What may have happened in other cases until an instant, of parties that ``cases`` have."""
    ruleset = policy.ruleset
    counted = roles_counted(ruleset.words.counts.values())
    if not counted:
        return st.just(History())
    values = DrawnValues(ruleset, until)

    @st.composite
    def entry(draw: st.DrawFn) -> HistoryEntry:
        kind = draw(st.sampled_from(sorted(counted)))
        data: dict[str, Any] = {role: draw(st.sampled_from("AB")) for role in sorted(counted[kind])}
        for name, field in fields_of(kind, ruleset.words, ruleset.places).items():
            if draw(st.booleans()):
                data[name] = draw(values.of(field))
        since = draw(st.one_of(st.sampled_from(_windows(ruleset, until)), _LATER))
        return HistoryEntry(kind, until - since - draw(st.sampled_from(_BEFORE)), **data)

    since = st.none() | st.sampled_from([until - span for span in _windows(ruleset, until)])
    return st.builds(
        lambda entries, since: History(entries, complete_from=since),
        st.lists(entry(), max_size=max_entries),
        since,
    )


def _windows(ruleset: Ruleset, until: datetime) -> list[timedelta]:
    """About how far back counts go."""
    found = [timedelta(0)]
    for count in ruleset.words.counts.values():
        if count.within is not None:
            with suppress(TimeError):
                last = due_instant(until, count.within, ruleset.calendar, count.counting)
                found += [] if last is None else [last - until]
    return found


def _later(
    events: list[Event], clocks: Sequence[int], calendar: WorkingCalendar
) -> st.SearchStrategy[datetime]:
    """At an earlier event, next to one, or some time after it; or about a time of day that
    conditions name.
    """
    found = st.builds(
        lambda since, near, later: since.at + near + later,
        st.sampled_from(events),
        st.sampled_from(_NEAR),
        st.one_of(st.just(timedelta(0)), _LATER),
    )
    if not clocks:
        return found
    named = st.builds(
        lambda moment, clock, near: _at_clock(moment, clock, calendar) + near,
        found,
        st.sampled_from(clocks),
        st.sampled_from(_NEAR),
    )
    return st.one_of(found, named)


def _at_clock(moment: datetime, clock: int, calendar: WorkingCalendar) -> datetime:
    return calendar.wall(moment.astimezone(calendar.timezone).date(), clock)


def _around_window(ruleset: Ruleset, event: Event, count: Count) -> st.SearchStrategy[datetime]:
    """When an event no longer counts, or next to it."""
    assert count.within is not None  # noqa: S101 - the caller has looked
    with suppress(TimeError):  # an official calendar may not be published yet
        last = due_instant(event.at, count.within, ruleset.calendar, count.counting)
        if last is not None:
            return st.sampled_from(_NEAR).map(lambda near: last + near)
    return _LATER.map(lambda later: event.at + later)


def _around_due(
    ruleset: Ruleset, start: Event, rule: Deadline, late: Sequence[Threshold]
) -> st.SearchStrategy[datetime]:
    """When a limit that started falls due or is as late as conditions ask, or next to it; some time
    later where no due instant is known.
    """
    moments = list(_dues(ruleset, start, rule))
    if not moments:
        return _LATER.map(lambda later: start.at + later)
    for due in tuple(moments):
        for duration in _compared(ruleset, late):
            with suppress(TimeError):
                moments.append(when_late_by(due, duration, ruleset.calendars[rule.calendar].any))
    return st.builds(
        lambda moment, near: moment + near, st.sampled_from(moments), st.sampled_from(_NEAR)
    )


def _dues(ruleset: Ruleset, start: Event, rule: Deadline) -> Iterator[datetime]:
    """When a limit may be due that nothing moves: one by a table, by each of some of its rows."""
    parameter = ruleset.parameters.get("" if rule.within is None else rule.within.name or "")
    if parameter is None or parameter.table is None:
        due = _due(ruleset, start, start.at, rule)
        if due is not None:
            yield due
        return
    for duration in islice(dict.fromkeys(values_of(parameter)), _MOST_ROWS):
        by_row = replace(rule, within=Limit(duration))
        due = _due(ruleset, start, start.at, by_row)
        if due is not None:
            yield due


def _compared(ruleset: Ruleset, late: Sequence[Threshold]) -> Iterator[Duration]:
    """The amounts of lateness that conditions compare with."""
    for threshold in late:
        if isinstance(threshold.against, str):
            if threshold.against in ruleset.parameters:
                yield from values_of(ruleset.parameters[threshold.against])
        else:
            yield threshold.against


def _due(ruleset: Ruleset, start: Event, since: datetime, rule: Deadline) -> datetime | None:
    """When a limit is due that nothing moves, where that is known.

    One that another starts is counted from when that one is due.
    """
    owner, _, field = (rule.by or "").partition(".")
    if owner == "event" and isinstance(start.data.get(field), datetime):
        moment: datetime = start.data[field]
        return moment
    for before in ruleset.deadlines:
        if before.name in limits_behind(rule.starts):
            since = _due(ruleset, start, since, before) or since
    if rule.several is not None:
        limits = [part for part in rule.several.parts if isinstance(part, Limit)]
        ends = [_due_within(ruleset, since, rule, limit) for limit in limits]
        known = [end for end in ends if end is not None]
        choose = min if rule.several.which == "earliest" else max
        return choose(known) if known else None
    return None if rule.within is None else _due_within(ruleset, since, rule, rule.within)


def _due_within(
    ruleset: Ruleset, since: datetime, rule: Deadline, within: Limit
) -> datetime | None:
    limit = within.duration
    parameter = ruleset.parameters.get(within.name or "")
    if parameter is not None:
        value = parameter.on(since.date())
        limit = value if isinstance(value, Duration) else None
    if limit is not None and rule.before is None:
        # an official calendar may not be published yet, business hours may not be set
        with suppress(TimeError):
            return due_instant(since, limit, ruleset.calendars[rule.calendar].any, rule.counting)
    return None


@st.composite
def _event(draw: st.DrawFn, values: DrawnValues, type_: str, at: datetime) -> Event:
    data: dict[str, Any] = {}
    for name, field in values.ruleset.words.event_fields(type_).items():
        if draw(st.booleans()):
            data[name] = draw(values.of(field))
    for rule in values.ruleset.deadlines:
        given = rule.handed_over
        if given is not None and given.event == type_ and draw(st.integers(0, 3)):
            several = [] if given.field else [["A", "B"]]
            data[given.field or given.role] = draw(st.sampled_from(["A", "B", "C", *several]))
    return Event(type_, at, **data)

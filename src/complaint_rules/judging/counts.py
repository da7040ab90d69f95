"""What counts come to for an occurrence: exactly, or between bounds where something is missing.

The reference for ``columns.counts``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from complaint_rules.errors import CalendarNotPublished
from complaint_rules.expressions import Value
from complaint_rules.expressions.bounds import at_least, at_most
from complaint_rules.expressions.terms import minus, plus
from complaint_rules.frozen import frozen
from complaint_rules.judging.count_streams import Item, Stream, item_of, stream_of
from complaint_rules.judging.items import Missing
from complaint_rules.ruleset.counts import Count
from complaint_rules.time import due_instant
from complaint_rules.time.instants import MICROSECOND, from_microseconds, to_microseconds

if TYPE_CHECKING:
    from complaint_rules.judging.occurrence import Occurrence
    from complaint_rules.judging.state import State

HISTORY: Final = Missing("history", "history")
MOST_KEPT: Final = 13
"""Of what counted, the instants of so many are kept, the latest: one more than are told."""

_NEVER: Final = 1 << 62
"""After every instant: from then on a history that is not given would be complete."""


@frozen
class Counted:
    """What a count comes to. A bound is ``None`` where there is none.

    ``at`` are the instants of the latest that certainly count; what keeps the bounds apart is
    ``missing``.
    """

    least: Value | None
    most: Value | None
    missing: tuple[Missing, ...] = ()
    at: tuple[datetime, ...] = ()

    @property
    def exact(self) -> Value | None:
        return self.least if self.least == self.most else None

    def put(self, name: str, values: dict[str, Value]) -> None:
        """Add what is known of it to the values that a condition reads."""
        if self.least is not None and self.least == self.most:
            values[name] = self.least
            return
        if self.least is not None:
            values[at_least(name)] = self.least
        if self.most is not None:
            values[at_most(name)] = self.most


def counted(count: Count, state: State, occurrence: Occurrence) -> Counted:
    """What a count comes to as of an occurrence, or as of now for the case as a whole."""
    if count.same is None:
        return _of_party(count, state, occurrence, None)
    found = [
        _of_party(count, state, occurrence, party)
        for party in state.parties(count.same, occurrence)
    ]
    first = found[0]
    if all(one == first for one in found):
        return first
    # Whose count is meant is not said: that of one of several.
    least, most = [one.least for one in found], [one.most for one in found]
    missing = [missing for one in found for missing in one.missing]
    return Counted(
        None if None in least else min(least),  # type: ignore[type-var]
        None if None in most else max(most),  # type: ignore[type-var]
        tuple(dict.fromkeys([Missing(count.same, "fact"), *missing])),
    )


def _of_party(count: Count, state: State, occurrence: Occurrence, party: str | None) -> Counted:
    stream = stream_of(count, state, party)
    moment = _moment(state, occurrence)
    now = to_microseconds(moment)
    event = occurrence.event if occurrence.deadline is None else None
    own = None if event is None else stream.places.get(event.key)
    end = bisect_right(stream.items, now, key=_microseconds) if own is None else own + 1
    since = _since(count, state, stream, moment, now)
    begin = bisect_left(stream.items, since, hi=end, key=_microseconds)
    known = stream.items[begin:end]
    present = None
    if event is not None and own is not None:  # whose ever it is, it is of the same party
        present = stream.items[own]
        if party is None and count.same is not None:
            present = item_of(count, state, event, event.type, True)
            known = [*known[:-1], present]
    is_own = present is None or present is stream.items[end - 1]
    if is_own and (count.same is None or party is not None) and not count.over_history:
        first = _first_within(count, state, stream, (begin, end), now)
        if first is not None and stream.totals[first].unknown == stream.totals[end].unknown:
            return _exactly(count, stream, first, end)
    items = list(_within(count, state, known, now))
    missing: list[Missing] = []
    more_may_count = False
    if count.same is not None and party is None:
        missing.append(Missing(count.same, "fact"))
        more_may_count = count.over_history
    if count.over_history:
        known_from = _known_from(state)
        if _reaches(count, state, since, known_from, now):
            missing.append(HISTORY)
            more_may_count = True
            if count.since is not None:  # it may have been set to nothing since
                items = [
                    one if one.microseconds >= known_from or one is present else _doubtful(one)
                    for one in items
                ]
    return _fold(count, items, missing, more_may_count=more_may_count)


def _microseconds(item: Item) -> int:
    return item.microseconds


def _moment(state: State, occurrence: Occurrence) -> datetime:
    """The instant as of which something is judged: of the event, or when a limit is due."""
    at = occurrence.moment or occurrence.at
    return state.as_of if at is None or at > state.as_of else at


# How far back


def _since(count: Count, state: State, stream: Stream, moment: datetime, now: int) -> int:
    """The first instant at which something counts: the last clearing, or the cycle's begin.

    At one instant what clears comes before what counts.
    """
    cleared = bisect_right(stream.clears, now)
    since = stream.clears[cleared - 1] if cleared else -_NEVER
    if count.cycle is None:
        return since
    calendar = state.ruleset.calendar
    begin = count.cycle.begin(moment.astimezone(calendar.timezone).date())
    return max(since, to_microseconds(calendar.wall(begin, 0)))


def _within(count: Count, state: State, items: Sequence[Item], now: int) -> Iterator[Item]:
    """Those that are not after the limit that starts with them."""
    if count.within is None:
        yield from items
        return
    try:
        first = bisect_left(items, True, key=lambda item: _last(count, state, item.at) >= now)
    except CalendarNotPublished:
        yield from _within_as_far_as_known(count, state, items, now)
        return
    yield from items[first:]


def _first_within(
    count: Count, state: State, stream: Stream, run: tuple[int, int], now: int
) -> int | None:
    """The place of the first of a run that is not after its limit; ``None`` where a year without a
    calendar leaves that open.
    """
    begin, end = run
    if count.within is None:
        return begin

    def is_within(place: int) -> bool:
        last = stream.lasts.get(place)
        if last is None:
            last = stream.lasts[place] = _last(count, state, stream.items[place].at)
        return last >= now

    try:
        return bisect_left(range(end), True, begin, end, key=is_within)
    except CalendarNotPublished:
        return None


def _within_as_far_as_known(
    count: Count, state: State, items: Sequence[Item], now: int
) -> Iterator[Item]:
    """The same where some limit ends in a year without a calendar: limits end in the order in
    which they start, so that those before and after it tell as much as they can.
    """
    found: list[tuple[Item, int | None, tuple[Missing, ...]]] = []
    for item in items:
        try:
            found.append((item, _last(count, state, item.at), ()))
        except CalendarNotPublished as error:
            year = Missing(f"{error.region} {error.year}", "calendar")
            found.append((item, None, (year,)))
    over = [number for number, (_, last, _) in enumerate(found) if last is not None and last < now]
    begin = over[-1] + 1 if over else 0
    certain = False
    for item, last, missing in found[begin:]:
        certain = certain or last is not None
        yield item if certain else _doubtful(item, *missing)


def _last(count: Count, state: State, at: datetime) -> int:
    """The last instant at which something that happened counts."""
    assert count.within is not None  # noqa: S101 - only windows have one
    due = due_instant(at, count.within, state.ruleset.calendar, count.counting)
    assert due is not None  # noqa: S101 - nothing pauses it
    return to_microseconds(due)


def _doubtful(item: Item, *missing: Missing) -> Item:
    counts = False if item.counts is False else None
    return Item(item.microseconds, counts, item.value, item.at, (*item.missing, *missing))


def _known_from(state: State) -> int:
    """Since when everything that happened in other cases is known."""
    if state.history is None:
        return _NEVER
    since = state.history.complete_from
    return -_NEVER if since is None else since


def _reaches(count: Count, state: State, since: int, known_from: int, now: int) -> bool:
    """Whether something may count that happened before the history is complete."""
    if known_from == -_NEVER or since >= known_from:
        return False
    if count.within is None or known_from > now:
        return True
    before = from_microseconds(known_from - 1, state.ruleset.calendar.timezone)
    try:
        return _last(count, state, before) >= now
    except CalendarNotPublished:
        return True


# What it comes to


def _exactly(count: Count, stream: Stream, begin: int, end: int) -> Counted:
    """What a run of items comes to of which everything is known."""
    before, after = stream.totals[begin], stream.totals[end]
    latest: list[datetime] = []
    for item in reversed(stream.items[begin:end]):
        if len(latest) == MOST_KEPT:
            break
        if item.counts:
            latest.append(item.at)
    value: Value
    match count.measure:
        case "count":
            value = after.number - before.number
        case "distinct":
            value = len({item.value for item in stream.items[begin:end] if item.counts})
        case _:
            value = minus(after.sum, before.sum)
    return Counted(value, value, (), tuple(reversed(latest)))


def _fold(
    count: Count, items: Sequence[Item], missing: Sequence[Missing], *, more_may_count: bool
) -> Counted:
    certain = [item for item in items if item.counts]
    possible = [item for item in items if item.counts is None]
    least: Any
    most: Any
    match count.measure:
        case "count":
            least, most = len(certain), len(certain) + len(possible)
        case "distinct":
            least, most = _different(count, certain, possible)
        case _:
            least, most = _sums(count, certain, possible)
    if more_may_count:
        most = len(count.values) or None if count.measure == "distinct" else None
        least = least if count.never_negative else None
    at = tuple(item.at for item in certain[-MOST_KEPT:])
    if least is not None and least == most:
        return Counted(least, most, (), at)
    every = [*missing, *(m for item in items if item.counts is not False for m in item.missing)]
    return Counted(least, most, tuple(dict.fromkeys(every)), at)


def _different(count: Count, certain: Sequence[Item], possible: Sequence[Item]) -> tuple[int, int]:
    known = {item.value for item in certain if item.value is not None}
    perhaps = known | {item.value for item in possible if item.value is not None}
    nameless = sum(item.value is None for item in (*certain, *possible))
    most = len(perhaps) + nameless
    return (
        len(known) or int(bool(certain)),
        min(most, len(count.values)) if count.values else most,
    )


def _sums(count: Count, certain: Sequence[Item], possible: Sequence[Item]) -> tuple[Any, Any]:
    zero: Any = 0 if count.type.name == "int" else Decimal(0)
    values: list[Any] = [item.value for item in certain if item.value is not None]
    perhaps: list[Any] = [item.value for item in possible if item.value is not None]
    known = _sum(values, zero)
    least = _sum((v for v in perhaps if v < 0), known)
    most = _sum((v for v in perhaps if v > 0), known)
    if any(item.value is None for item in (*certain, *possible)):
        return (least if count.never_negative else None), None
    return least, most


def _sum(values: Iterable[Any], start: Any) -> Any:
    """The exact sum, whatever the thread's own context says."""
    return reduce(plus, values, start)


# When it changes by itself


def expiries(count: Count, state: State, occurrence: Occurrence) -> Iterator[datetime]:
    """When the first of what counts now no longer does, if nothing else happens."""
    parties = (None,) if count.same is None else state.parties(count.same, occurrence)
    now = to_microseconds(state.as_of)
    for party in parties:
        stream = stream_of(count, state, party)
        since = _since(count, state, stream, state.as_of, now)
        begin = bisect_left(stream.items, since, key=_microseconds)
        items = list(_within(count, state, stream.items[begin:], now))
        first = next((item for item in items if item.counts is not False), None)
        if first is None:
            continue
        calendar = state.ruleset.calendar
        if count.cycle is not None:
            today = state.as_of.astimezone(calendar.timezone).date()
            yield calendar.wall(count.cycle.end(today), 0)
        elif count.within is not None:
            try:
                last = _last(count, state, first.at)
            except CalendarNotPublished:
                continue
            yield from_microseconds(last, calendar.timezone) + MICROSECOND

"""A policy applied to many cases at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import polars as pl

from complaint_rules.columns.amounts import Unit
from complaint_rules.columns.caps import cases_at_caps
from complaint_rules.columns.counted_alone import counted_alone
from complaint_rules.columns.deadlines import judge_deadlines
from complaint_rules.columns.liabilities import add_liabilities
from complaint_rules.columns.log import Log, Rows
from complaint_rules.columns.nullable import Mask
from complaint_rules.columns.occurrences import HELD_EDGES
from complaint_rules.columns.of_decision import frames_of
from complaint_rules.columns.one_by_one import cases_of
from complaint_rules.columns.past import PastColumns
from complaint_rules.columns.penalties import judge_penalties
from complaint_rules.columns.plain_rules import add_deadlines, judge_plain_rules
from complaint_rules.columns.sizes import Sizes
from complaint_rules.columns.state import EPOCH_DAY, StateColumns
from complaint_rules.columns.tables import TABLES, Tables
from complaint_rules.errors import PolicyNotInForce
from complaint_rules.expressions import names, sources
from complaint_rules.policy import Policy
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.time.instants import from_microseconds, to_microseconds
from complaint_rules.time.limit_columns import NONE, LimitColumns
from complaint_rules.time.periods import AccrualPeriod


def judge_log(
    policy: Policy,
    log: Log,
    as_of: datetime,
    *,
    check_date: bool,
    past: PastColumns | None = None,
) -> tuple[dict[str, pl.DataFrame], int]:
    """The tables of a log, and how many of its cases were judged one by one."""
    ruleset = policy.ruleset
    whole = log
    log = whole.until(to_microseconds(as_of))
    unit = Unit(ruleset)
    alone = judged_alone(ruleset, log, to_microseconds(as_of), past)
    parts: list[Mapping[str, pl.DataFrame]] = []
    rows = np.flatnonzero(alone)
    others = np.flatnonzero(~alone)
    together = log if not len(rows) else log.pick(others)
    if len(together):
        found, at_caps = _judge_columns(
            ruleset, together, as_of, unit, check_date=check_date, past=past
        )
        if len(at_caps):
            rows = np.sort(np.concatenate([rows, others[at_caps]]))
            capped = together.ids.gather(at_caps)
            found = {
                name: table.filter(~pl.col("case").is_in(capped.implode()))
                for name, table in found.items()
            }
        parts.append(found)
    if len(rows):
        single = whole.pick(rows)  # an event may refer to one that is still to come
        decisions = (
            (
                case_id,
                policy.evaluate(
                    case,
                    as_of=as_of,
                    history=None if past is None else past.history_of(single, row, as_of),
                    engine="native",
                    check_date=check_date,
                ),
            )
            for row, (case_id, case) in enumerate(
                zip(single.ids.to_list(), cases_of(single, ruleset.words), strict=True)
            )
        )
        parts.append(frames_of(decisions, ruleset, log.ids.dtype))
    if not parts:
        parts.append(Tables(ruleset, log.ids).done())
    tables = {name: pl.concat([part[name] for part in parts]) for name in TABLES}
    return tables, len(rows)


def columns_of(
    ruleset: Ruleset, log: Log, as_of: datetime, past: PastColumns | None = None
) -> StateColumns:
    """What is known of every case at an instant, its time limits included."""
    now = to_microseconds(as_of)
    first = min(now, int(log.at.min())) if len(log.at) else now
    state = StateColumns(ruleset, log, now, LimitColumns(ruleset.calendar, first, now), past)
    judge_deadlines(state)
    return state


def _judge_columns(
    ruleset: Ruleset,
    log: Log,
    as_of: datetime,
    unit: Unit,
    *,
    check_date: bool,
    past: PastColumns | None,
) -> tuple[dict[str, pl.DataFrame], Rows]:
    """The tables, and the cases of it that reach a cap and have to be judged one by one."""
    state = columns_of(ruleset, log, as_of, past)
    if check_date:
        _check_in_force(state)
    tables = Tables(ruleset, log.ids)
    add_deadlines(state, tables)
    found = judge_penalties(state, unit, tables)
    add_liabilities(state, unit, found, tables)
    judge_plain_rules(state, unit, tables)
    done = tables.done()
    return done, cases_at_caps(state, unit, done["liabilities"])


def _check_in_force(state: StateColumns) -> None:
    ruleset = state.ruleset
    times = state.event_time(ruleset.effective_by)
    days = state.governing_days(None)
    known = days != NONE
    outside = known & (days < (ruleset.effective_from - EPOCH_DAY).days)
    if ruleset.effective_until is not None:
        outside |= known & (days > (ruleset.effective_until - EPOCH_DAY).days)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        day = from_microseconds(int(times[row]), ruleset.calendar.timezone).date()
        raise PolicyNotInForce(
            f"policy {ruleset.id} {ruleset.version} is in force from {ruleset.effective_from} "
            f"until {ruleset.effective_until or 'now'}, and {int(outside.sum())} cases are of "
            f"other dates, the first {state.log.ids[row]!r} of {day} ({ruleset.effective_by}): "
            f"leave them out, or ask what it would have said, check_date=False"
        )


# Which cases the columns do not hold


def judged_alone(ruleset: Ruleset, log: Log, as_of: int, past: PastColumns | None = None) -> Mask:
    """The cases that are judged one by one, because what happens in them depends on its order in
    a way that columns do not hold: events that refer to others, parties of which each has its own
    completions, completions that end one instance each, starts that depend on earlier
    ones or on what happened to other limits, ends that do, duties that are handed over, and very
    large amounts.
    """
    alone = np.zeros(len(log), dtype=bool)
    for events in log.events.values():
        if events.refs is not None:
            alone[events.case[events.refs.is_not_null().to_numpy()]] = True
    _several_liable(ruleset, log, alone)
    counted_alone(ruleset, log, alone, past)
    for rule in ruleset.deadlines:
        followers = {*rule.ends, *rule.cancelled, *(agreed.event for agreed in rule.agreed)}
        for suspension in rule.suspended:
            followers |= {*suspension.start, *suspension.end}
        for type_ in followers & set(log.events):
            events = log.events[type_]
            bound = events.parties.get(rule.duty_of)
            if bound is not None:
                alone[events.case[bound.is_not_null().to_numpy()]] = True
        if rule.in_order or not rule.starts_alone:
            counts = np.zeros(len(log), dtype=np.int64)
            for other in ruleset.deadlines:
                if other.name == rule.name:
                    for type_ in set(other.starts) & set(log.events):
                        counts += np.bincount(log.events[type_].case, minlength=len(log))
            alone |= counts > 1
        given = rule.handed_over
        if given is not None and given.event in log.events:
            alone[log.events[given.event].case] = True
    edges = [edge for rule in ruleset.deadlines for edge in rule.edges]
    edges += [
        rule.scope.of
        for rule in ruleset.rules()
        if rule.scope.kind == "edge" and not rule.scope.of.endswith(HELD_EDGES)
    ]
    for type_ in ruleset.words.events_behind(edges):
        if type_ in log.events:  # it starts the limit that an edge comes from
            alone[log.events[type_].case] = True
    _accruing_while_paused(ruleset, log, alone)
    Sizes(ruleset, log, as_of).mark(alone)
    return alone


def _accruing_while_paused(ruleset: Ruleset, log: Log, alone: Mask) -> None:
    """Pauses of limits whose overdue time stands still, where amounts accrue by weeks or such."""
    accruing = {
        rule.scope.limit
        for rule in ruleset.penalties
        if rule.amount is not None and isinstance(rule.amount.per, AccrualPeriod)
    }
    for rule in ruleset.deadlines:
        if rule.stands_still and rule.name in accruing:
            for suspension in rule.suspended:
                for type_ in {*suspension.start} & set(log.events):
                    alone[log.events[type_].case] = True


def _several_liable(ruleset: Ruleset, log: Log, alone: Mask) -> None:
    """Several names in a role, each of which is liable for time limits of its own: those of the
    case, and of whoever an event names.
    """
    duties = {deadline.name: deadline.duty_of for deadline in ruleset.deadlines}
    roles = set()
    for rule in ruleset.penalties:
        if rule.condition is not None and rule.scope.limit is None:
            owners = {name.partition(".")[0] for name in sources(names(rule.condition.node))}
            roles |= {duties[owner] for owner in owners if owner in duties} & {rule.against}
    for role in roles:
        names_of = [log.parties.get(str(role))]
        rows = [pl.int_range(len(log), dtype=pl.Int64, eager=True)]
        for events in log.events.values():
            names_of.append(events.parties.get(str(role)))
            rows.append(pl.Series(events.case, dtype=pl.Int64))
        named = [
            pl.DataFrame({"case": case, "name": lists.cast(pl.List(pl.String))})
            for case, lists in zip(rows, names_of, strict=True)
            if lists is not None
        ]
        if named:
            people = pl.concat(named).explode("name").drop_nulls().unique()
            several = people.group_by("case").len().filter(pl.col("len") > 1)
            alone[several["case"].to_numpy()] = True

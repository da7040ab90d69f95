"""From one version of a policy to the next, for cases that run on.

A duty that began under a version stays under it; what begins later is of the next one. So the
ruleset of such a case has the rules of the new version, and besides them the time limits of the
old one, for what began before the change. Those have the version in their id: ``reply@1``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from complaint_rules.expressions import names, of_instant
from complaint_rules.expressions.tree import (
    And,
    CompareNames,
    CompareTerms,
    Node,
    Not,
    Or,
    Reference,
    Term,
    Truth,
    inner_terms,
    with_inner,
)
from complaint_rules.ruleset.calendars import PolicyCalendar
from complaint_rules.ruleset.compile import group_by_scope
from complaint_rules.ruleset.limits import Limit, Several
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.rules import RULE_SECTIONS, Deadline
from complaint_rules.ruleset.ruleset import Ruleset, hash_of_both


def transition(old: Ruleset, new: Ruleset) -> Ruleset:
    """The ruleset for cases of the old version that are running when the new one takes over.

    Words, parameters and calendars are those of both. A parameter that has other values in the old
    version, or a calendar with other days or hours, keeps them for the duties of the old version.
    """
    since = new.effective_from
    renamed = {
        name: f"{name}@{old.version}"
        for name, parameter in old.parameters.items()
        if name in new.parameters and new.parameters[name] != parameter
    }
    calendars = _calendars(old, new, renamed)
    names_now = {**renamed, **_functions_renamed(old, renamed, calendars)}
    earlier = [
        replace(
            _earlier(rule, old.version, names_now, since - timedelta(1)),
            calendar=calendars.get(rule.calendar, rule.calendar),
        )
        for rule in old.deadlines
    ]
    later = [
        replace(rule, in_force=(max(rule.in_force[0], since), rule.in_force[1]))
        for rule in new.deadlines
    ]
    parameters: dict[str, Parameter] = {**old.parameters, **new.parameters}
    for name, other in renamed.items():
        parameters[other] = replace(old.parameters[name], name=other)
    words = replace(
        new.words,
        facts={**old.words.facts, **new.words.facts},
        events={**old.words.events, **new.words.events},
        roles={**old.words.roles, **new.words.roles},
        parameters=_both(old.words.parameters, new.words.parameters, renamed),
        deadlines={**old.words.deadlines, **new.words.deadlines},
        starts={
            name: tuple(
                dict.fromkeys([*old.words.starts.get(name, ()), *new.words.starts.get(name, ())])
            )
            for name in {**old.words.starts, **new.words.starts}
        },
        assumed={**old.words.assumed, **new.words.assumed},
        lateness={**old.words.lateness, **new.words.lateness},
        of_all=_both(old.words.of_all, new.words.of_all, {**renamed, **calendars}),
        of_deadlines={**old.words.of_deadlines, **new.words.of_deadlines},
        counts={**old.words.counts, **new.words.counts},
    )
    kept = {
        name: _with_hours_of(old.calendars[before], renamed) for before, name in calendars.items()
    }
    deadlines = (*earlier, *later)
    sections = {section: getattr(new, section) for section in RULE_SECTIONS}
    every = [*deadlines, *(r for s, rules in sections.items() if s != "deadlines" for r in rules)]
    return replace(
        new,
        deadlines=deadlines,
        words=words,
        parameters=parameters,
        calendars={**new.calendars, **kept},
        documents={**old.documents, **new.documents},
        units={**old.units, **new.units},
        sanctions={**old.sanctions, **new.sanctions},
        effective_from=old.effective_from,
        hash=hash_of_both(old.hash, new.hash),
        scopes=group_by_scope(every, words),
    )


def _calendars(old: Ruleset, new: Ruleset, renamed: Mapping[str, str]) -> dict[str, str]:
    """The names that calendars of the old version have, where the new one has none like it."""
    return {
        name: f"{name}@{old.version}" if name in new.calendars else name
        for name, calendar in old.calendars.items()
        if new.calendars.get(name) != calendar or calendar.hours in renamed
    }


def _with_hours_of(calendar: PolicyCalendar, renamed: Mapping[str, str]) -> PolicyCalendar:
    if calendar.hours is None:
        return calendar
    return replace(calendar, hours=renamed.get(calendar.hours, calendar.hours))


def _functions_renamed(
    old: Ruleset, renamed: Mapping[str, str], calendars: Mapping[str, str]
) -> dict[str, str]:
    """The functions of instants in conditions of the old version, with the names they have now."""
    found = {}
    for rule in old.deadlines:
        for name in names(rule.condition.node) if rule.condition else ():
            of = of_instant(name)
            if of is not None:
                found[name] = str(
                    replace(
                        of,
                        instant=renamed.get(of.instant, of.instant),
                        calendar=calendars.get(of.calendar, of.calendar),
                    )
                )
    return found


def _both(old: Mapping[str, Any], new: Mapping[str, Any], renamed: Mapping[str, str]) -> Any:
    kept = {renamed[name]: old[name] for name in renamed if name in old}
    return {**old, **new, **kept}


def _earlier(rule: Deadline, version: str, renamed: Mapping[str, str], last: Any) -> Deadline:
    condition = rule.condition
    if condition is not None:
        condition = replace(condition, node=_rename(condition.node, renamed))
    return replace(
        rule,
        # what an even earlier version began keeps that one's name
        id=rule.id if "@" in rule.id else f"{rule.id}@{version}",
        condition=condition,
        within=_limit(rule.within, renamed),
        target=_limit(rule.target, renamed),
        several=_several(rule.several, renamed),
        in_force=(rule.in_force[0], min(rule.in_force[1], last)),
    )


def _limit(limit: Limit | None, renamed: Mapping[str, str]) -> Limit | None:
    if limit is None or limit.name is None:
        return limit
    return Limit(None, renamed.get(limit.name, limit.name))


def _several(several: Several | None, renamed: Mapping[str, str]) -> Several | None:
    if several is None:
        return None
    parts = [
        renamed.get(part, part) if isinstance(part, str) else _limit(part, renamed) or part
        for part in several.parts
    ]
    return replace(several, parts=tuple(parts))


def _rename(node: Node, renamed: Mapping[str, str]) -> Node:
    match node:
        case Not(operand):
            return Not(_rename(operand, renamed))
        case And(operands) | Or(operands):
            return type(node)(tuple(_rename(operand, renamed) for operand in operands))
        case CompareNames(left, operator, right):
            return CompareNames(renamed.get(left, left), operator, renamed.get(right, right))
        case CompareTerms(first, operator, second):
            return CompareTerms(
                _rename_term(first, renamed), operator, _rename_term(second, renamed)
            )
        case Truth():
            return node
        case _:
            return replace(node, name=renamed.get(node.name, node.name))


def _rename_term(term: Term, renamed: Mapping[str, str]) -> Term:
    if isinstance(term, Reference):
        return Reference(renamed.get(term.name, term.name))
    return with_inner(term, tuple(_rename_term(part, renamed) for part in inner_terms(term)))

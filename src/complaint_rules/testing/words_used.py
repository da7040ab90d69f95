"""Which of the words it declares a policy's rules use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from complaint_rules.expressions import names, sources
from complaint_rules.ruleset.amounts import Amount
from complaint_rules.ruleset.counts import Count
from complaint_rules.ruleset.edges import limit_and_happening
from complaint_rules.ruleset.given import given_by
from complaint_rules.ruleset.rules import (
    Charge,
    Deadline,
    Escalation,
    Penalty,
    Record,
    Relief,
    Rule,
    Schedule,
    Statistic,
    Target,
)
from complaint_rules.ruleset.ruleset import Ruleset


def names_read(rule: Rule) -> Iterator[str]:
    """The names that a rule's conditions and moments read, or work something out from."""
    if rule.condition is not None:
        yield from sources(names(rule.condition.node))
    match rule:
        case Deadline(by=by, before=before, several=several):
            yield from (name for name in (by, before) if name is not None)
            if several is not None:
                yield from (part for part in several.parts if isinstance(part, str))
        case Target(achieved=achieved):
            yield from sources(names(achieved.node))
        case Penalty(amount=Amount(names=read)):
            yield from sources(read)


def counts_used(ruleset: Ruleset) -> list[Count]:
    """The counts that rules read."""
    read = dict.fromkeys(name for rule in ruleset.rules() for name in names_read(rule))
    return [ruleset.words.counts[name] for name in read if name in ruleset.words.counts]


def facts_used(ruleset: Ruleset) -> set[str]:
    """The facts that rules read: in conditions, limits, amounts, tables and statistics."""
    found = {name for rule in ruleset.rules() for name in names_read(rule)}
    for count in counts_used(ruleset):
        if count.condition is not None:
            found |= set(names(count.condition.node))
    for rule in ruleset.rules():
        found |= set(given_by(rule))
        if isinstance(rule, Statistic):
            found |= {*rule.by, *rule.lists}
    for parameter in ruleset.parameters.values():
        found |= set(parameter.keys)
    return found & set(ruleset.words.facts)


def roles_used(ruleset: Ruleset) -> set[str]:
    """The roles that have a duty, are liable, or are to act."""
    found: set[str | None] = set()
    for rule in ruleset.rules():
        match rule:
            case Deadline(duty_of=role, handed_over=handed):
                found |= {role} if handed is None else {role, handed.role}
            case Schedule(duty_of=role) | Charge(borne_by=role):
                found.add(role)
            case Penalty(against=role) | Record(kept_by=role):
                found.add(role)
            case Escalation(to=to):
                found |= set(to)
    found |= {count.same for count in counts_used(ruleset)}
    return {role for role in found if role is not None}


def events_used(ruleset: Ruleset) -> set[str]:
    """The types of event that some rule looks at."""
    found = events_with_a_part(ruleset)
    for rule in ruleset.deadlines:
        found |= set(rule.ends)
    return found & set(ruleset.words.events)


def events_with_a_part(ruleset: Ruleset) -> set[str]:
    """The types of event that do more than complete time limits: they start or move one, or some
    rule is judged for them or reads them.
    """
    found = {ruleset.effective_by}
    for rule in ruleset.rules():
        found |= {name.partition(".")[0] for name in names_read(rule)}
        if rule.scope.kind == "event":
            found.add(rule.scope.of)
        elif rule.scope.kind == "edge":
            found |= _ends_of(rule.scope.of, ruleset)
        match rule:
            case Deadline():
                found |= _moves(rule) | _bound_by_edges(rule, ruleset)
            case Escalation(reply_event=event) | Relief(granted_by=event):
                found.add(event or "")
    for count in counts_used(ruleset):
        found |= {*count.of, count.since or ""}
    found |= {p.dated_by or "" for p in ruleset.parameters.values()}
    found |= {event.name for event in ruleset.words.events.values() if event.sets}
    return found & set(ruleset.words.events)


def _bound_by_edges(rule: Deadline, ruleset: Ruleset) -> set[str]:
    """Completions that start a limit, or come too early for one unless they end the limit before.

    The instant at which that one is missed is no event that they could be moved past.
    """
    bound: set[str] = set()
    for start in rule.start_edges:
        limit, _ = limit_and_happening(start) or ("", "")
        for other in ruleset.deadlines:
            if other.name == limit:
                bound |= set(rule.ends) - set(other.ends)
    for edge in rule.edges:
        bound |= _ends_of(edge, ruleset)
    return bound


def _ends_of(edge: str, ruleset: Ruleset) -> set[str]:
    """The completions of a limit, where it matters when it is done."""
    limit, happening = limit_and_happening(edge) or ("", "")
    if happening not in ("met", "ended"):
        return set()
    return {end for other in ruleset.deadlines if other.name == limit for end in other.ends}


def _moves(rule: Deadline) -> set[str]:
    def of(events: Iterable[tuple[str, ...]]) -> set[str]:
        return {event for one in events for event in one}

    suspensions = ((*suspension.start, *suspension.end) for suspension in rule.suspended)
    agreed = (extension.event for extension in rule.agreed)
    handed = () if rule.handed_over is None else (rule.handed_over.event,)
    return {*rule.starts, *rule.cancelled, *of(suspensions), *agreed, *handed}

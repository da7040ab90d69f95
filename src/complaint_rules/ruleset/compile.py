"""From the document to the ruleset: every name looked up, every condition read, every contradiction
found. All problems of a file are collected, so that an author sees them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from complaint_rules.currencies import places_of
from complaint_rules.expressions import names, sources
from complaint_rules.expressions.moments import ITSELF
from complaint_rules.ruleset.compile_calendars import compile_calendars, with_hours_of_cases
from complaint_rules.ruleset.compile_caps import check_caps
from complaint_rules.ruleset.compile_counts import check_units_of_sums, with_counts
from complaint_rules.ruleset.compile_parameters import compile_parameters, with_choices
from complaint_rules.ruleset.compile_rules import RuleCompiler
from complaint_rules.ruleset.compile_words import compile_words
from complaint_rules.ruleset.document import PolicyDocument
from complaint_rules.ruleset.document_words import VocabularyDocument
from complaint_rules.ruleset.edges import cycle, limits_behind
from complaint_rules.ruleset.lateness import with_durations, with_units_compared
from complaint_rules.ruleset.problems import Problems
from complaint_rules.ruleset.rules import (
    RULE_SECTIONS,
    Deadline,
    Penalty,
    Rule,
    ScopeRules,
    Target,
    nodes,
)
from complaint_rules.ruleset.ruleset import Ruleset, Unit
from complaint_rules.ruleset.scopes import Scope
from complaint_rules.ruleset.shared_words import NOTHING_SHARED, with_shared_words
from complaint_rules.ruleset.source import Source
from complaint_rules.ruleset.vocabulary import Words
from complaint_rules.time import OfficialCalendar


def compile_policy(
    document: PolicyDocument,
    source: Source,
    digest: str,
    overrides: Mapping[str, Any],
    shared: VocabularyDocument | None = None,
    vocabulary_text: str | None = None,
    calendars: Mapping[str, OfficialCalendar] | None = None,
) -> Ruleset:
    """Work out what a document means, with the words of the vocabulary it imports.

    ``calendars`` are official calendars by region, in place of those of the package.

    Raises:
        PolicyError: with every problem found.
    """
    problems = Problems(source)
    document = with_shared_words(document, shared or NOTHING_SHARED, problems)
    problems.stop_if_any()
    found = compile_calendars(document, overrides, calendars or {}, problems)
    problems.attempt(("currency",), lambda: places_of(document.currency))
    words = compile_words(document, problems)
    parameters = compile_parameters(document, words, overrides, problems)
    problems.stop_if_any()
    words = with_choices(with_durations(words, document, parameters), parameters)
    found = with_hours_of_cases(found, document, parameters, problems)
    words = with_counts(words, document, parameters, problems)
    problems.stop_if_any()
    compiler = RuleCompiler(document, words, parameters, problems)
    rules = compiler.compile()
    check_units_of_sums(words, rules["penalties"], problems)
    _check_cycles(rules["deadlines"], problems)
    _check_dates(document, words, problems)
    _check_exceptions(rules["penalties"], document, problems)
    check_caps(rules["caps"], rules["penalties"], problems)
    _check_clauses(document, problems)
    _check_overdue_days(rules, problems)
    _check_targets(rules, problems)
    problems.stop_if_any()
    every = [rule for section in rules.values() for rule in section]
    words = with_units_compared(words, every)
    return Ruleset(
        id=document.policy,
        version=document.version,
        title=document.title.as_mapping(),
        issuer=document.source.issuer,
        document=document.source.document,
        hash=digest,
        effective_from=document.effective.from_ or date.min,
        effective_until=document.effective.until,
        effective_by=document.effective.by,
        running_cases=document.effective.running_cases,
        currency=document.currency,
        adds_up=document.adds_up or "cumulative",
        calendar=found[ITSELF].plain,
        calendars=found,
        words=words,
        parameters=parameters,
        documents={name: titles.as_mapping() for name, titles in document.documents.items()},
        not_automated={number: entry.not_automated for number, entry in document.clauses.items()},
        scopes=group_by_scope(every, words),
        vocabulary=vocabulary_text,
        units={
            name: Unit(unit.title.as_mapping(), unit.decimals)
            for name, unit in document.units.items()
        },
        sanctions={name: titles.as_mapping() for name, titles in document.sanctions.items()},
        **{section: tuple(found) for section, found in rules.items()},
    )


def _check_cycles(deadlines: list[Deadline], problems: Problems) -> None:
    """Limits that start or end each other would never begin, or never stop."""
    found = cycle({rule.name: rule.edges for rule in deadlines})
    if found is None:
        return
    places = {rule.name: number for number, rule in enumerate(deadlines)}
    number = places[found[0]]
    by = limits_behind(deadlines[number].start_edges)
    starts = all(
        before in limits_behind(deadlines[places[limit]].start_edges)
        for before, limit in pairwise(found)
    )
    if starts:
        does, instead = "start", "let one of them start by an event"
    else:
        does, instead = "start or end", "let one of them start, or end, by an event"
    key = "starts" if found[-2] in by else "ends"
    if key == "ends" and found[-2] not in limits_behind(deadlines[number].ends):
        key = "cancelled"
    problems.report(
        ("deadlines", number, key),
        f"the time limits {does} each other, {' → '.join(found)}: {instead}",
    )


def _check_dates(document: PolicyDocument, words: Words, problems: Problems) -> None:
    effective = document.effective
    first, last = effective.from_, effective.until
    if first is not None and last is not None and last < first:
        problems.report(("effective", "until"), f"{effective.until} is before the start: swap them")
    if "by" not in effective.model_fields_set and effective.by not in words.events:
        problems.report(
            ("effective",),
            f"it does not say which event dates a case, and there is no {effective.by!r}: write "
            f"by: and one of {', '.join(words.events) or 'the events you declare'}",
        )
    elif effective.by not in words.events:
        problems.unknown(("effective", "by"), "event", effective.by, words.events)


def _check_exceptions(
    penalties: list[Penalty], document: PolicyDocument, problems: Problems
) -> None:
    by_id = {penalty.id: penalty for penalty in penalties}
    for number, penalty in enumerate(penalties):
        path = ("penalties", number, "exception_to")
        for other in penalty.exception_to:
            if other not in by_id:
                problems.unknown(path, "penalty", other, by_id)
            elif by_id[other].scope != penalty.scope:
                problems.report(
                    path,
                    f"{other!r} is judged per {by_id[other].scope} and this rule per "
                    f"{penalty.scope}: give both the same 'per'",
                )
            elif _reaches(other, penalty.id, by_id):
                problems.report(
                    path, f"{penalty.id!r} and {other!r} except each other: remove one of the two"
                )
    if penalties and document.adds_up is None:
        problems.report(
            ("penalties",),
            "the ruleset has penalties and does not say how they add up: "
            "write adds_up: cumulative (all of them) or heaviest (the largest for each party)",
        )


def _reaches(start: str, goal: str, by_id: Mapping[str, Penalty]) -> bool:
    seen: set[str] = set()
    todo = [start]
    while todo:
        current = todo.pop()
        if current == goal:
            return True
        if current not in seen:
            seen.add(current)
            todo.extend(by_id[current].exception_to if current in by_id else ())
    return False


def _check_overdue_days(rules: Mapping[str, list[Any]], problems: Problems) -> None:
    """A condition that reads overdue days needs a time limit that says how they are counted."""
    unsaid = {rule.name for rule in rules["deadlines"] if rule.overdue_days is None}
    for section, found in rules.items():
        for number, rule in enumerate(found):
            read = sources(name for node in nodes(rule) for name in names(node))
            own = rule.scope.limit
            if any(f"{name}.overdue_days" in read for name in unsaid) or (
                own in unsaid and "deadline.overdue_days" in read
            ):
                problems.report(
                    (section, number, "when"),
                    "overdue days can mean five things: write overdue_days: calendar-dates, "
                    "started-days, completed-days, working-dates or started-working-days",
                )


def _check_targets(rules: Mapping[str, list[Any]], problems: Problems) -> None:
    """A condition that reads the target of a time limit needs one that has a target."""
    without = {rule.name for rule in rules["deadlines"] if rule.target is None}
    for section, found in rules.items():
        for number, rule in enumerate(found):
            for name in sources(name for node in nodes(rule) for name in names(node)):
                owner, _, attribute = name.partition(".")
                limit = rule.scope.limit if owner == "deadline" else owner
                if attribute in ("target_at", "target_missed") and limit in without:
                    problems.report(
                        (section, number, "when"),
                        f"{name!r}: the time limit {limit!r} has no target: give it one, or read "
                        f"its due_at",
                    )


def _check_clauses(document: PolicyDocument, problems: Problems) -> None:
    """Where the ruleset lists the clauses of its source, both directions must agree."""
    listed = document.source.clauses
    used = set(document.clauses)
    for section in RULE_SECTIONS:
        for number, rule in enumerate(getattr(document, section)):
            for clause in (rule.clause, *rule.also):
                used.add(clause)
                if listed is not None and clause not in listed:
                    problems.unknown((section, number, "clause"), "clause", clause, listed)
    used |= {fact.clause for fact in document.facts.values() if fact.clause}
    used |= {parameter.clause for parameter in document.parameters.values() if parameter.clause}
    used |= {event.clause for event in document.events.values() if event.clause}
    for clause in listed or ():
        if clause not in used:
            problems.report(
                ("source", "clauses"),
                f"clause {clause!r} has no rule: write one, or say under clauses why not",
            )
    for clause in document.clauses:
        if listed is not None and clause not in listed:
            problems.unknown(("clauses", clause), "clause", clause, listed)


def group_by_scope(rules: Iterable[Rule], words: Words) -> tuple[ScopeRules, ...]:
    """The rules that have a condition, by what they are judged for."""
    grouped: dict[Scope, list[Rule]] = {}
    for rule in rules:
        if isinstance(rule, Target):
            grouped.setdefault(rule.scope, []).append(rule.achievement)
        if rule.condition is None:
            continue
        if rule.scope.kind == "start":
            for event in rule.scope.of.split("|"):
                grouped.setdefault(Scope("start", event), []).append(rule)
        else:
            grouped.setdefault(rule.scope, []).append(rule)
    return tuple(
        ScopeRules(scope, tuple(found), words.vocabulary(scope)) for scope, found in grouped.items()
    )

"""What each party owes: the tightest interval that holds every outcome still possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import product
from math import prod
from typing import Any, Final

from complaint_rules.expressions import Type, Value, evaluate, names
from complaint_rules.expressions.bounds import turning_values
from complaint_rules.judging.counts import counted
from complaint_rules.judging.items import Liability
from complaint_rules.judging.keys import ItemKey
from complaint_rules.judging.penalties import Known, PenaltyJudge, Verdict
from complaint_rules.money import NOTHING, Interval, add_up
from complaint_rules.ruleset.ruleset import Ruleset

MOST_COMBINATIONS: Final = 256
"""So many combinations of what is missing are looked at; beyond it the bounds are wider."""

Remains = Mapping[ItemKey, Sequence[Decimal]]
"""The factors that may remain of a penalty, by its key, where a relief touches it."""

Outcome = dict[str, bool | None]
"""Whether the condition of each rule holds."""


def liabilities(
    judge: PenaltyJudge, verdicts: Sequence[Verdict], remains: Remains
) -> list[Liability]:
    """One entry for each penalty and party, or for several that depend on each other."""
    if all(verdict.applies for verdict in verdicts):
        return [_certain(verdict, remains, judge.state.ruleset) for verdict in verdicts]
    found = []
    for group in _groups(judge, verdicts):
        for role, party, unit in dict.fromkeys((v.role, v.party, v.rule.unit) for v in group):
            mine = [v for v in group if (v.role, v.party, v.rule.unit) == (role, party, unit)]
            places = judge.state.ruleset.places_in(unit)
            amount = _amount(judge, group, mine, remains).rounded(places)
            ids = tuple(verdict.id for verdict in mine)
            found.append(Liability(ids, role, party, amount.minimum, amount.maximum, unit))
    return found


def _certain(verdict: Verdict, remains: Remains, ruleset: Ruleset) -> Liability:
    unit = verdict.rule.unit
    amount = verdict.amount
    if remains and (factors := remains.get(verdict.key)) is not None:
        amount = _remaining(amount, factors)
    amount = amount.rounded(ruleset.places_in(unit))
    return Liability(
        (verdict.id,), verdict.role, verdict.party, amount.minimum, amount.maximum, unit
    )


def _groups(judge: PenaltyJudge, verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
    """Undetermined verdicts of one occurrence that read the same unknown, or except each other.

    All others stand alone.
    """
    groups: list[list[Verdict]] = []
    linked: dict[tuple[str | None, str | None], list[tuple[set[str], list[Verdict]]]] = {}
    for verdict in verdicts:
        if verdict.applies is not None:
            groups.append([verdict])
            continue
        occurrence = verdict.judgement.occurrence
        here = linked.setdefault((occurrence.key, occurrence.party), [])
        links = {f"rule {rule}" for rule in judge.linked(verdict.rule.id)}
        links |= {f"name {name}" for name in _unknown_names(verdict)}
        members = [verdict]
        for entry in [entry for entry in here if not entry[0].isdisjoint(links)]:
            here.remove(entry)
            links |= entry[0]
            members = [*entry[1], *members]
        here.append((links, members))
    return groups + [members for here in linked.values() for _, members in here]


def _unknown_names(verdict: Verdict) -> tuple[str, ...]:
    condition = verdict.rule.condition
    if condition is None:
        return ()
    known = {read.name for read in verdict.judgement.reason.read}
    return tuple(name for name in names(condition.node) if name not in known)


def _amount(
    judge: PenaltyJudge, group: Sequence[Verdict], mine: Sequence[Verdict], remains: Remains
) -> Interval:
    amounts = {v.key: _remaining(v.amount, remains.get(v.key, (Decimal(1),))) for v in mine}
    if group[0].applies:
        return amounts[group[0].key]
    outcomes = _outcomes(judge, group)
    if outcomes is None:
        return add_up(amount.hull(NOTHING) for amount in amounts.values())
    occurrence = group[0].judgement.occurrence
    # Where it is unknown whether the time limit started at all, nothing may be owed.
    total: Interval | None = NOTHING if occurrence.unsure else None
    for outcome in outcomes:
        known: Known = {
            (rule, occurrence.key): {occurrence.party: holds} for rule, holds in outcome.items()
        }
        standing = [v for v in mine if judge.applies(v.rule.id, occurrence, known)]
        owed = add_up(amounts[v.key] for v in standing)
        total = owed if total is None else total.hull(owed)
    return NOTHING if total is None else total


def _outcomes(judge: PenaltyJudge, group: Sequence[Verdict]) -> Iterator[Outcome] | None:
    """Every combination of conditions that may turn out to hold; ``None`` where there are too many.

    Where all that is missing are yes-or-no values, members of enums and counts compared with
    constants, their combinations are tried, so that a condition and its opposite are never both
    true.
    """
    rules = {verdict.rule.id: verdict for verdict in group}
    missing = dict.fromkeys(name for verdict in group for name in _unknown_names(verdict))
    vocabulary = judge.state.ruleset.words.vocabulary(group[0].rule.scope)
    domains: list[tuple[Value, ...]] = []
    for name in missing:
        type_ = vocabulary[name].type
        if name in judge.state.ruleset.words.counts:
            domains.append(_between(judge, name, group, type_))
        else:
            domains.append((True, False) if type_.name == "bool" else tuple(type_.values))
    if all(domains) and prod(map(len, domains)) <= MOST_COMBINATIONS:
        return _by_values(rules, tuple(missing), domains)
    unknown = [rule for rule, verdict in rules.items() if verdict.judgement.applies is None]
    if 2 ** len(unknown) > MOST_COMBINATIONS:
        return None
    return _by_rules(rules, unknown)


def _between(
    judge: PenaltyJudge, name: str, group: Sequence[Verdict], type_: Type
) -> tuple[Value, ...]:
    """Values of a count between its bounds, of which each outcome comes about with one."""
    conditions = [v.rule.condition.node for v in group if v.rule.condition is not None]
    count = judge.state.ruleset.words.counts[name]
    known = counted(count, judge.state, group[0].judgement.occurrence)
    least: Any = known.least
    most: Any = known.most
    found: list[Any] = [*turning_values(name, conditions, type_)]
    if most is not None:
        found = [min(value, most) for value in found]
    return tuple(found if least is None else [max(value, least) for value in found])


def _by_values(
    rules: Mapping[str, Verdict], missing: Sequence[str], domains: Sequence[Sequence[Value]]
) -> Iterator[Outcome]:
    for combination in product(*domains):
        supposed = dict(zip(missing, combination, strict=True))
        outcome: Outcome = {}
        for rule_id, verdict in rules.items():
            condition = verdict.rule.condition
            read = {read.name: read.value for read in verdict.judgement.reason.read}
            outcome[rule_id] = condition is None or evaluate(condition.node, read | supposed)
        yield outcome


def _by_rules(rules: Mapping[str, Verdict], unknown: Sequence[str]) -> Iterator[Outcome]:
    certain = {rule: verdict.judgement.applies for rule, verdict in rules.items()}
    for combination in product((True, False), repeat=len(unknown)):
        yield certain | dict(zip(unknown, combination, strict=True))


def _remaining(amount: Interval, factors: Sequence[Decimal]) -> Interval:
    result = amount.scaled(factors[0])
    for factor in factors[1:]:
        result = result.hull(amount.scaled(factor))
    return result

"""Which rules apply to which cases: one column for each rule."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Unpack

import numpy as np
import polars as pl

from complaint_rules.columns.judge import columns_of, judged_alone
from complaint_rules.columns.log import Log
from complaint_rules.columns.occurrences import Occurrences
from complaint_rules.columns.one_by_one import cases_of
from complaint_rules.judging.occurrence import THE_CASE
from complaint_rules.policy import Policy
from complaint_rules.ruleset.rules import Rule
from complaint_rules.ruleset.scopes import CASE
from complaint_rules.simulation.options import ReadingOptions, reading
from complaint_rules.simulation.reading import read_log
from complaint_rules.time import read_instant
from complaint_rules.time.instants import to_microseconds


def matches(
    policy: Policy,
    cases: Any,
    events: Any = None,
    *,
    as_of: datetime | str,
    **options: Unpack[ReadingOptions],
) -> pl.DataFrame:
    """One row for each case and one column for each rule that is judged for the case as a whole:
    true, false, or null while it is unknown.

    That is the condition alone, before exceptions and reliefs, and much less work than tables.
    Rules that are judged for each event or time limit have no column. The arguments are those of
    ``simulate``.

    >>> from complaint_rules import load_policy
    >>> cases = pl.DataFrame({"case": ["C-1", "C-2"], "major": [True, None]})
    >>> found = matches(load_policy("nanjing-cable-2007"), cases, as_of="2018-07-04T00:00Z")
    >>> found.select("case", "major-complaint").rows()
    [('C-1', True), ('C-2', None)]
    """
    log = read_log(policy.ruleset.words, cases, events, reading(options))
    moment = read_instant(as_of, "as_of")
    rules = [rule for rule in policy.ruleset.rules() if rule.scope == CASE and rule.condition]
    now = to_microseconds(moment)
    alone = judged_alone(policy.ruleset, log.until(now), now)
    rows = np.flatnonzero(alone)
    parts = []
    together = np.flatnonzero(~alone)
    if len(together) or not len(rows):
        some = log if not len(rows) else log.pick(together)
        parts.append(_columns(policy, some, rules, moment).with_columns(order=pl.Series(together)))
    if len(rows):
        single = _one_by_one(policy, log.pick(rows), rules, moment)
        parts.append(single.with_columns(order=pl.Series(rows)))
    found = pl.concat(parts)
    return (found if len(parts) == 1 else found.sort("order")).drop("order")


def _columns(policy: Policy, log: Log, rules: list[Rule], as_of: datetime) -> pl.DataFrame:
    state = columns_of(policy.ruleset, log.until(to_microseconds(as_of)), as_of)
    of_case = Occurrences.of(state, CASE)
    assert of_case is not None  # noqa: S101 - every case has a row
    judged = of_case.judge(rules)
    return pl.DataFrame([log.ids.alias("case"), *(judged[rule.id] for rule in rules)])


def _one_by_one(policy: Policy, log: Log, rules: list[Rule], as_of: datetime) -> pl.DataFrame:
    rows = []
    for case_id, case in zip(log.ids.to_list(), cases_of(log, policy.ruleset.words), strict=True):
        decision = policy.evaluate(case, as_of=as_of, engine="native", check_date=False)
        basis = decision.basis
        assert basis is not None  # noqa: S101 - it was evaluated just now
        found = basis.judge.scopes[CASE].judge(basis.state, THE_CASE) if rules else {}
        applies = {rule: judgement.applies for rule, judgement in found.items()}
        rows.append({"case": case_id, **{rule.id: applies.get(rule.id, False) for rule in rules}})
    schema: dict[str, Any] = {"case": log.ids.dtype, **{rule.id: pl.Boolean for rule in rules}}
    return pl.DataFrame(rows, schema=schema)

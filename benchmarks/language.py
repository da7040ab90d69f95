"""What the mechanisms of the language cost: a desk with tables, large tables, caps, windows.

    make bench-language   # or: python benchmarks/language.py

Ratios of one run, medians of interleaved rounds, as in ``run.py``.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from many_cases import DAY, MINUTE, START
from run import EXAMPLES, medians, show
from simulation import median

from complaint_rules import Case, Event, Policy, load_policy
from complaint_rules.simulation import simulate

ROOT = Path(__file__).parents[1]
HEAD = """
policy: bench
title: {en: Bench}
source: {issuer: A company, document: House rules}
effective: {from: 2000-01-01, by: registered}
timezone: Asia/Shanghai
currency: CNY
overdue_days: calendar-dates
adds_up: cumulative
roles: {clerk: {en: clerk}}
"""


def desk() -> None:
    """`evaluate` of a desk with five priorities in tables, against policy Y."""
    policy = load_policy("yundewu-2018")
    case = Case.from_json((EXAMPLES / "store-dealer.json").read_text(encoding="utf-8"))
    checked = policy.check(case)
    late = policy.check(case).events[-1].at + timedelta(days=1)
    small = load_policy(ROOT / "examples/policies/five-priorities.yaml")
    ticket = Case(
        "T-1",
        {"priority": "p3"},
        [
            Event("registered", "2026-03-02T09:00:00+08:00"),
            Event("replied", "2026-03-02T15:00:00+08:00"),
            Event("solved", "2026-03-09T15:00:00+08:00"),
        ],
    )
    seen = small.check(ticket)
    works = {
        "Y": partial(policy.evaluate, checked, as_of=late, engine="native"),
        "desk": partial(small.evaluate, seen, as_of="2026-03-12T09:00:00+08:00", engine="native"),
    }
    times = medians(works, 20)
    show(
        "A checked case, whole evaluate",
        [
            ("policy Y, six events", f"{times['Y'] * 1e6:.0f} µs", ""),
            (
                "desk of five priorities, tables of limits and fines",
                f"{times['desk'] * 1e6:.0f} µs",
                f"{times['desk'] / times['Y']:.2f} × (goal 1.5 ×)",
            ),
        ],
    )


def tabled(cells: int) -> tuple[Policy, Any]:
    """A ruleset whose fine stands in a table of so many cells, and a case of its last one."""
    side = round(cells**0.5)
    rows = "\n".join(
        f"      - {{a: a{i}, b: b{j}, is: {i + j + 1}}}" for i in range(side) for j in range(side)
    )
    facts = ", ".join(
        f"{name}: {{type: enum, values: [{', '.join(f'{name}{i}' for i in range(side))}], "
        f"title: {{en: {name}}}}}"
        for name in "ab"
    )
    policy = Policy(
        f"""{HEAD}
facts: {{{facts}}}
events: {{registered: {{title: {{en: registered}}}}}}
parameters:
  fine:
    type: money
    title: {{en: fine}}
    keys: [a, b]
    table:
{rows}
penalties:
  - {{id: fined, clause: "1", title: {{en: Fined}}, against: clerk, amount: fine}}
"""
    )
    case = Case(
        "C",
        {"a": f"a{side - 1}", "b": f"b{side - 1}"},
        [Event("registered", "2026-03-02T09:00:00+08:00")],
    )
    return policy, policy.check(case)


def tables() -> None:
    """A lookup does not depend on how many cells there are."""
    works = {}
    for cells in (4, 100, 10_000):
        policy, checked = tabled(cells)
        works[cells] = partial(
            policy.evaluate, checked, as_of="2026-03-03T09:00:00+08:00", engine="native"
        )
    times = medians({str(cells): work for cells, work in works.items()}, 200)
    show(
        "A fine out of a table, whole evaluate",
        [
            (
                f"{cells:,} cells",
                f"{times[str(cells)] * 1e6:.0f} µs",
                f"{times[str(cells)] / times['4']:.2f} ×",
            )
            for cells in works
        ],
    )


COLUMNS = (
    HEAD
    + """
facts:
  price: {type: money, title: {en: price}}
  grade: {type: enum, values: [low, middle, high], title: {en: grade}}
  share: {type: number, title: {en: share}}
events:
  registered: {title: {en: registered}}
  done: {title: {en: done}}
  offence: {title: {en: offence}}
parameters:
  limit:
    type: duration
    title: {en: limit}
    keys: [grade]
    table: [{grade: low, is: 10 calendar days}, {grade: middle, is: 5 calendar days}, {otherwise: 2 calendar days}]
  credit:
    type: percent
    title: {en: credit}
    keys: [share]
    table: [{share: {at_least: 50, below: 90}, is: 10 %}, {share: {below: 50}, is: 25 %}, {otherwise: 0 %}]
counts:
  offences: {of: offence, within: 30 calendar days}
deadlines:
  - {id: finish, clause: "1", title: {en: Finish}, duty_of: clerk, starts: registered, within: limit, ends: done}
penalties:
  - {id: late, clause: "2", title: {en: Late}, per: finish, when: deadline.missed, amount: 0.5 % of price per started overdue week, at_least: 1 CNY, at_most: [5 % of price, 500 CNY]}
  - {id: credited, clause: "3", title: {en: Credit}, against: clerk, amount: credit of price}
  - {id: again, clause: "4", title: {en: Again}, per: offence, against: clerk, when: offences >= 3, amount: 20 CNY}
"""
)


def log(count: int, seed: int = 7) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cases with a price, a grade and a share, done late or not, and two offences on average."""
    chance = np.random.default_rng(seed)
    began = START + np.sort(chance.integers(0, 300 * DAY, count)) // MINUTE * MINUTE
    grades = pl.Series(["low", "middle", "high"])
    cases = pl.DataFrame(
        {
            "case": np.arange(count),
            "price": chance.integers(100, 100_000, count),
            "grade": grades.gather(chance.integers(0, 3, count)),
            "share": chance.integers(0, 101, count),
        }
    )
    offences = chance.poisson(2, count)
    of_case = np.repeat(np.arange(count), offences)
    parts = [
        ("registered", np.arange(count), began),
        ("done", np.arange(count), began + chance.integers(0, 20 * DAY, count)),
        ("offence", of_case, began[of_case] + chance.integers(0, 60 * DAY, len(of_case))),
    ]
    events = pl.concat(
        pl.DataFrame(
            {
                "case": case,
                "event": [kind] * len(case),
                "at": pl.Series(at).cast(pl.Datetime("us", "UTC")),
            }
        )
        for kind, case, at in parts
    )
    return cases, events


def columns(count: int = 1_000_000) -> None:
    """Caps, tables and windows over many cases."""
    policy = Policy(COLUMNS, "bench.yaml")
    cases, events = log(count)
    seconds = median(partial(simulate, policy, cases, events, as_of="2019-01-01T00:00:00+08:00"), 3)
    show(
        f"{count:,} cases, {len(events):,} events",
        [
            (
                "shares by started weeks with a floor and caps, tables, a window",
                f"{count / seconds:,.0f}/s",
                "goal 250,000/s",
            )
        ],
    )


def histories(count: int = 1_000_000) -> None:
    """A window over the other cases of a party, with the log as its own history."""
    window = "{of: offence, same: clerk, within: 12 calendar months, over: history}"
    policy = Policy(
        COLUMNS.replace("{of: offence, within: 30 calendar days}", window), "bench.yaml"
    )
    cases, events = log(count)
    cases = cases.with_columns(
        (pl.col("case") * 7919 % (count // 20)).cast(pl.String).alias("clerk")
    )
    work = partial(simulate, policy, cases, events, as_of="2019-01-01T00:00:00+08:00")
    seconds = median(partial(work, history="cases"), 3)
    show(
        f"{count:,} cases, {len(events):,} events",
        [("the same, the window over the history of a party", f"{count / seconds:,.0f}/s", "")],
    )


if __name__ == "__main__":
    desk()
    tables()
    columns()
    histories()

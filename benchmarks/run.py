"""Measure in one run, as ratios against what a user would pick instead.

    make bench            # or: python benchmarks/run.py
    python benchmarks/run.py adapter        # one part: matching, evaluation, adapter, …

Every figure is the median of nine rounds, interleaved, so that noise of the machine meets all alike.
Peers are measured where they are installed.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from workload import by_hand, cases, ruleset

from complaint_rules import Case, Policy, load_policy
from complaint_rules.engines.native import NativeMatcher
from complaint_rules.time import Working, WorkingCalendar, china
from complaint_rules.time.columns import WorkingColumns
from complaint_rules.time.instants import to_microseconds

ROUNDS = 9
EXAMPLES = Path(__file__).parents[1] / "examples/cases"


def medians(works: dict[str, Callable[[], Any]], times: int) -> dict[str, float]:
    """Seconds a call, for each work."""
    seen: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            start = time.perf_counter()
            for _ in range(times):
                work()
            seen[name].append((time.perf_counter() - start) / times)
    return {name: statistics.median(values) for name, values in seen.items()}


def show(title: str, rows: list[tuple[str, str, str]]) -> None:
    print(f"\n{title}")
    for name, value, goal in rows:
        print(f"  {name:<58} {value:>14}   {goal}")


def matching() -> None:
    some = cases(2_000)
    for copies, goals in ((1, ("at most 1.3", "at most 2")), (100, ("at most 1", ""))):
        policy = Policy(ruleset(copies), "workload.yaml")
        matcher = NativeMatcher(policy.ruleset.scopes[0])
        hand = by_hand(copies)
        for facts in some:
            assert list(matcher.matching(facts)) == hand(facts)
            assert list(matcher.trace(facts).matched) == hand(facts)
        sample = some if copies == 1 else some[:100]
        works = {
            "hand": lambda: [hand(f) for f in sample],  # noqa: B023 - called in this round
            "validated": lambda: [matcher.matching(f) for f in sample],  # noqa: B023
            "traced": lambda: [matcher.trace(f) for f in sample],  # noqa: B023
            **(peers(sample) if copies == 1 else {}),
        }
        found = medians(works, 5)
        base = found["hand"]
        rows = [("written by hand", f"{base / len(sample) * 1e6:.2f} µs", "")]
        rows += [
            (name, f"{found[key] / base:.2f} ×", goal)
            for name, key, goal in (
                ("native engine, input validated", "validated", goals[0]),
                ("native engine, validated, values kept", "traced", goals[1]),
            )
        ]
        rows += [
            (key, f"{found[key] / base:.1f} ×", "peer") for key in found if key.startswith("peer")
        ]
        show(f"Matching {24 * copies:,} rules over 16 facts", rows)


def peers(sample: list[dict[str, Any]]) -> dict[str, Callable[[], Any]]:
    from workload import rules

    found: dict[str, Callable[[], Any]] = {}
    few = sample[:40]

    def scaled(work: Callable[[dict[str, Any]], Any]) -> Callable[[], Any]:
        # A slow peer judges a fiftieth of the cases, and is timed as if it had judged all.
        def run() -> None:
            start = time.perf_counter()
            for facts in few:
                work(facts)
            spent = time.perf_counter() - start
            deadline = time.perf_counter() + spent * (len(sample) / len(few) - 1)
            while time.perf_counter() < deadline:
                pass

        return run

    try:
        import zen

        expressions = [
            {
                "id": f"e{n}",
                "key": f"r{n}",
                "value": condition.replace("'", '"').replace("==", "=="),
            }
            for n, (_, condition) in enumerate(rules())
        ]
        graph = {
            "nodes": [
                {"id": "i", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
                {
                    "id": "x",
                    "type": "expressionNode",
                    "name": "x",
                    "position": {"x": 0, "y": 0},
                    "content": {"expressions": expressions},
                },
                {"id": "o", "type": "outputNode", "name": "out", "position": {"x": 0, "y": 0}},
            ],
            "edges": [
                {"id": "a", "sourceId": "i", "targetId": "x", "type": "edge"},
                {"id": "b", "sourceId": "x", "targetId": "o", "type": "edge"},
            ],
        }
        decision = zen.ZenEngine().create_decision(graph)
        hand = by_hand()
        for facts in few:
            result = decision.evaluate(facts)["result"]
            assert [rule for n, (rule, _) in enumerate(rules()) if result[f"r{n}"]] == hand(facts)
        found["peer: zen-engine, conditions alone"] = scaled(decision.evaluate)
    except ImportError:
        pass
    try:
        import rule_engine

        compiled = [rule_engine.Rule(condition) for _, condition in rules()]
        found["peer: rule-engine"] = scaled(
            lambda facts: [rule.matches(facts) for rule in compiled]
        )
    except ImportError:
        pass
    return found


def evaluation() -> None:
    policy = load_policy("yundewu-2018")
    whole = Case.from_json((EXAMPLES / "store-dealer.json").read_text(encoding="utf-8"))
    case = Case(whole.id, whole.facts, whole.events[:6])
    checked = policy.check(case)
    as_of = datetime.fromisoformat("2018-07-02T17:00:00+08:00")
    evaluator = policy._evaluator("native", provisional=False)
    hand, facts = by_hand(), cases(1)[0]
    from complaint_rules.judging.state import State

    def deadlines() -> None:
        evaluator.deadlines.judge_all(State.at(policy.ruleset, checked, as_of), {})

    found = medians(
        {
            "hand": lambda: hand(facts),
            "evaluate": lambda: policy.evaluate(checked, as_of=as_of, engine="native"),
            "check": lambda: policy.check(case),
            "timeline": lambda: State.at(policy.ruleset, checked, as_of),
            "deadlines": deadlines,
            "json": lambda: policy.evaluate(checked, as_of=as_of, engine="native").to_json(),
        },
        200,
    )
    base = found["hand"]
    items = len(list(policy.evaluate(checked, as_of=as_of, engine="native").items()))
    show(
        f"A whole evaluate: policy Y, six events, {items} items with reasons",
        [
            (
                "evaluate, case checked before",
                f"{found['evaluate'] * 1e6:.0f} µs",
                f"{found['evaluate'] / base:.0f} × (aim 45)",
            ),
            ("  of it the timeline", f"{found['timeline'] * 1e6:.0f} µs", ""),
            ("  of it timeline and deadlines", f"{found['deadlines'] * 1e6:.0f} µs", ""),
            ("checking the case", f"{found['check'] * 1e6:.0f} µs", ""),
            ("evaluate and to_json", f"{found['json'] * 1e6:.0f} µs", ""),
        ],
    )


def adapter() -> None:
    try:
        from durable import engine

        from complaint_rules.engines.durable import DurableEngine
    except ImportError:
        print("\ndurable-rules is not installed here")
        return

    from workload import rules

    class Quiet(engine.Host):
        def _run(self) -> None:
            pass

    policy = Policy(ruleset(), "workload.yaml")
    matcher: Any = DurableEngine().matcher(policy.ruleset.scopes[0])
    found: list[str] = []

    def collect(rule: str) -> Callable[[Any], None]:
        def run(_context: Any) -> None:
            found.append(rule)

        return run

    # By hand, in the safe way: the same conjunctions, one fact on one session, numbers only.
    host = Quiet()
    definition = {
        name: {"all": rule["all"], "run": collect(name)}
        for name, rule in matcher.definition().items()
    }
    host.register_rulesets({"direct": definition})
    encoders = matcher._direct  # the same integers
    some = cases(200)

    def direct(facts: dict[str, Any]) -> list[str]:
        fact: dict[str, Any] = {"sid": "1", "on": 1}
        for name, (field, encode) in encoders.items():
            fact[field] = encode(facts[name])
        found.clear()
        host.assert_fact("direct", fact)
        host.retract_fact("direct", fact)
        return list(dict.fromkeys(found))

    native = NativeMatcher(policy.ruleset.scopes[0])
    hand = by_hand()
    for facts in some:
        assert list(matcher.match(facts).matched) == list(native.match(facts).matched)
        assert list(matcher.match(facts).matched) == hand(facts)
    assert len(rules()) == 24
    times = medians(
        {
            "direct": lambda: [direct(f) for f in some],
            "adapter": lambda: [matcher.match(f) for f in some],
            "native": lambda: [native.match(f) for f in some],
        },
        1,
    )
    show(
        "durable-rules, 24 rules",
        [
            (
                "through its host in Python, in the safe way",
                f"{times['direct'] / len(some) * 1e6:.0f} µs",
                "",
            ),
            ("through the adapter", f"{times['adapter'] / times['direct']:.2f} ×", "at most 1.3"),
            (
                "through the adapter, against the native engine",
                f"{times['adapter'] / times['native']:.0f} ×",
                "",
            ),
        ],
    )
    whole_decisions()


def whole_decisions() -> None:
    """What choosing durable-rules costs for a whole decision, at the time of each event."""
    rows = []
    for name, file in (
        ("yundewu-2018", "store-dealer.json"),
        ("nanjing-cable-2007", "late-repair.json"),
    ):
        policy = load_policy(name)
        case = Case.from_json((EXAMPLES / file).read_text(encoding="utf-8"))
        checked = policy.check(case)

        def judge(engine: Any, policy: Policy = policy, checked: Any = checked) -> None:
            for event in checked.events:
                policy.evaluate(checked, as_of=event.at, engine=engine)

        works = {name: partial(judge, name) for name in ("native", "durable")}
        times = medians(works, 5)
        each = {engine: seconds / len(checked.events) for engine, seconds in times.items()}
        rows.append(
            (
                f"{name}: native, durable-rules",
                f"{each['native'] * 1e6:.0f}, {each['durable'] * 1e6:.0f} µs",
                f"{each['durable'] / each['native']:.2f} ×",
            )
        )
    show("A whole evaluate by either engine, at the time of each event", rows)


def working_time() -> None:
    calendar = WorkingCalendar("Asia/Shanghai", ["09:00-12:00", "13:30-18:00"], official=china())
    start = datetime(2026, 3, 3, 9, 5, tzinfo=calendar.timezone)
    amount = Working.of(hours=20)
    end = calendar.add(start, amount)
    calendar.between(datetime(2017, 1, 3, tzinfo=calendar.timezone), end)  # ten years of segments
    found = medians(
        {
            "add": lambda: calendar.add(start, amount),
            "difference": lambda: calendar.between(start, end),
        },
        5_000,
    )
    build = medians(
        {"build": lambda: WorkingCalendar("Asia/Shanghai", ["09:00-12:00"]).segments(2017, 2026)}, 1
    )
    columns = WorkingColumns(calendar, date(2017, 1, 1), date(2026, 12, 31))
    random = np.random.default_rng(1)
    nine_years = 9 * 365 * 86_400_000_000
    starts = to_microseconds(datetime(2017, 1, 3, tzinfo=UTC)) + random.integers(
        0, nine_years, 1_000_000
    )
    amounts = random.integers(1, 200 * 3_600_000_000, 1_000_000)
    ends = columns.add(starts, amounts)
    many = medians(
        {
            "a million adds at once": lambda: columns.add(starts, amounts),
            "a million differences": lambda: columns.between(starts, ends),
        },
        1,
    )
    show(
        "Working time, ten-year calendar, aware datetimes",
        [
            *((name, f"{value * 1e6:.1f} µs", "at most 5 µs") for name, value in found.items()),
            ("building ten years", f"{build['build'] * 1e3:.1f} ms", "at most 10 ms"),
            *((name, f"{value:.2f} s", "at most 0.5 s") for name, value in many.items()),
        ],
    )


def loading() -> None:
    code = "import time; t = time.perf_counter(); import complaint_rules; print(time.perf_counter() - t)"
    imports = [
        float(
            subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(ROUNDS)
    ]
    load_policy("yundewu-2018")
    found = medians({"load": lambda: load_policy("yundewu-2018")}, 1)
    show(
        "Loading",
        [
            (
                "import complaint_rules",
                f"{statistics.median(imports) * 1e3:.0f} ms",
                "at most 150 ms",
            ),
            ("load and compile policy Y", f"{found['load'] * 1e3:.0f} ms", "at most 50 ms"),
        ],
    )


if __name__ == "__main__":
    began = time.perf_counter()
    parts = [matching, evaluation, adapter, working_time, loading]
    names = [part.__name__ for part in parts]
    wanted = sys.argv[1:] or names
    if not set(wanted) <= set(names):
        sys.exit(f"{' '.join(wanted)} is not a part: choose among {', '.join(names)}")
    for part in parts:
        if part.__name__ in wanted:
            part()
    print(
        f"\nmeasured in {timedelta(seconds=round(time.perf_counter() - began))} on CPython {sys.version.split()[0]}"
    )

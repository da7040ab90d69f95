"""Many cases at once, in one run, as ratios against what a user would pick instead.

    make bench-simulation         # or: python benchmarks/simulation.py [--quick]

Peers are measured where they are installed: zen-engine, rule-engine, business-rules, durable-rules,
OpenFisca, DuckDB. Each peer's answers are compared with the hand-written function's first.
"""

from __future__ import annotations

import ast
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import many_cases
import numpy as np
import polars as pl
from workload import CHANNELS, GRADES, by_hand, cases, rules, ruleset

from complaint_rules import Policy, load_policy
from complaint_rules.columns.one_by_one import cases_of
from complaint_rules.simulation import matches, simulate

HERE = Path(__file__).parent
QUICK = "--quick" in sys.argv
ROUNDS = 3
AS_OF = "2020-01-01T00:00+08:00"


def median(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    seen = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seen.append(time.perf_counter() - start)
    return statistics.median(seen)


def columns(count: int) -> dict[str, list[Any]]:
    some = cases(min(count, 100_000))
    return {name: [case[name] for case in some] * (count // len(some)) for name in some[0]}


def loop(facts: dict[str, list[Any]], copies: int = 1) -> Callable[[], tuple[list[int], list[str]]]:
    """What a careful person writes: one pass over the columns, columns of what matched out."""
    names = ", ".join(facts)
    lines = ["def run():", "    case, rule = [], []"]
    lines.append(f"    for number, ({names}) in enumerate(zip(*columns)):")
    for name, condition in rules(copies):
        lines += [f"        if {condition}:", "            case.append(number)"]
        lines.append(f"            rule.append({name!r})")
    lines.append("    return case, rule")
    space: dict[str, Any] = {"columns": list(facts.values())}
    exec("\n".join(lines), space)  # noqa: S102 - our own text
    run: Callable[[], tuple[list[int], list[str]]] = space["run"]
    return run


def conditions_alone() -> None:
    few = 20_000
    count = 100_000 if QUICK else 1_000_000
    facts = columns(count)
    frame = pl.DataFrame({"case": np.arange(count), **facts})
    policy = Policy(ruleset())
    by_loop = loop(facts)
    matched = by_loop()
    found = simulate(policy, frame, as_of=AS_OF)
    expected = len(matched[0])
    rows = found.escalations.select("case", pl.col("rule").cast(pl.String)).sort("case", "rule")
    by_hand_rows = pl.DataFrame(dict(zip(("case", "rule"), matched, strict=True)))
    assert rows.equals(by_hand_rows.sort("case", "rule"))
    del rows, by_hand_rows
    seconds: dict[str, list[float]] = {"loop": [], "simulate": []}
    for _ in range(ROUNDS):  # interleaved
        seconds["loop"].append(median(by_loop, 1))
        seconds["simulate"].append(median(lambda: simulate(policy, frame, as_of=AS_OF), 1))
    slow, quick = (statistics.median(values) for values in seconds.values())
    print(f"\n{count:,} cases, 24 rules, facts alone, columns in and {expected:,} rows out")
    print(f"  hand-written loop over the same columns   {count / slow:>12,.0f} cases/s")
    print(f"  simulate, checked, tidy rows out          {count / quick:>12,.0f} cases/s", end="")
    print(f"   {slow / quick:.1f} ×")
    judged = median(lambda: matches(policy, frame, as_of=AS_OF))
    print(f"  matches, checked, booleans out            {count / judged:>12,.0f} cases/s", end="")
    print(f"   {slow / judged:.1f} ×   (goal 10 ×)")
    function = by_hand()
    calls = [dict(zip(facts, row, strict=True)) for row in zip(*facts.values(), strict=True)][:few]
    each = median(lambda: [function(one) for one in calls]) / len(calls)
    print(f"  hand-written function of one case, called {1 / each:>12,.0f} cases/s", end="")
    print(f"   {slow / count / each:.1f} ×")


def everything() -> None:
    count = 100_000 if QUICK else 1_000_000
    for name, make in (
        ("yundewu-2018", many_cases.yundewu),
        ("nanjing-cable-2007", many_cases.nanjing),
    ):
        policy = load_policy(name)
        facts, events = make(count)
        took = median(lambda: simulate(policy, facts, events, as_of=AS_OF))  # noqa: B023
        found = simulate(policy, facts, events, as_of=AS_OF)
        few = 2_000
        log = found.log.part(0, few)
        some = list(cases_of(log, policy.ruleset.words))

        def one_by_one() -> None:
            for case in some:  # noqa: B023
                policy.evaluate(case, as_of=AS_OF, engine="native", check_date=False)  # noqa: B023

        each = median(one_by_one) / few
        rows = sum(len(table) for table in found.tables().values())
        print(f"\n{count:,} cases under {name}, {len(events) / count:.1f} events each")
        print(f"  simulate: {took:.1f} s, {count / took:,.0f} cases/s   (goal 200,000)")
        print(
            f"  evaluate in a loop: {each * 1e6:.0f} µs a case: {each * count / took:.0f} ×   (goal 20 ×)"
        )
        print(f"  {rows:,} rows out, {found.one_by_one} cases judged one by one")


# Peers


def columnar(condition: str) -> str:
    """A condition for arrays: ``and`` and ``or`` written as ``&`` and ``|``."""

    class Arrays(ast.NodeTransformer):
        def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
            self.generic_visit(node)
            joined = node.values[0]
            sign = ast.BitAnd() if isinstance(node.op, ast.And) else ast.BitOr()
            for value in node.values[1:]:
                joined = ast.BinOp(joined, sign, value)
            return joined

        def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
            self.generic_visit(node)
            if isinstance(node.op, ast.Not):
                return ast.UnaryOp(ast.Invert(), node.operand)
            return node

    return ast.unparse(Arrays().visit(ast.parse(condition, mode="eval")))


def with_codes(condition: str) -> str:
    """Texts as numbers, for peers whose columns hold no texts."""
    for names in (GRADES, CHANNELS):
        for number, name in enumerate(names):
            condition = condition.replace(f"'{name}'", str(number))
    return condition


def peers() -> None:
    count = 10_000 if QUICK else 100_000
    facts = columns(count)
    by_loop = loop(facts)
    expected = len(by_loop()[0])
    base = count / median(by_loop)
    few = 2_000
    rows = [dict(zip(facts, row, strict=True)) for row in zip(*facts.values(), strict=True)][:few]
    few_expected = sum(len(by_hand()(row)) for row in rows)
    frame = pl.DataFrame({"case": np.arange(count), **facts})
    policy = Policy(ruleset())
    print(f"\nThe same 24 conditions over {count:,} cases, side by side (cases/s, and × the loop)")

    def show(name: str, speed: float) -> None:
        print(f"  {name:<58} {speed:>12,.0f}   {speed / base:>8.2f} ×")

    show("hand-written loop", base)
    show("matches (booleans out)", count / median(lambda: matches(policy, frame, as_of=AS_OF)))
    show("simulate (tidy rows out)", count / median(lambda: simulate(policy, frame, as_of=AS_OF)))
    for name, make in (
        ("DuckDB, SQL written by hand (booleans out)", duckdb_sql),
        ("OpenFisca, vectorised (booleans out)", openfisca),
    ):
        try:
            work = make(facts)
        except ImportError:
            print(f"  {name:<58} not installed")
            continue
        assert work() == expected, name
        show(name, count / median(work))
    for name, make_one in (
        ("zen-engine, one case at a time", zen),
        ("rule-engine, one case at a time", rule_engine),
        ("business-rules, one case at a time", business_rules),
        ("durable-rules through the adapter, one case at a time", durable_rules),
    ):
        try:
            one = make_one()
        except ImportError:
            print(f"  {name:<58} not installed")
            continue
        assert sum(one(row) for row in rows) == few_expected, name
        show(name, few / median(lambda: [one(row) for row in rows], 1))  # noqa: B023


def duckdb_sql(facts: dict[str, list[Any]]) -> Callable[[], int]:
    import duckdb

    table = pl.DataFrame(facts).to_arrow()
    selected = ", ".join(
        f"({condition.replace('==', '=')}) AS r{number}"
        for number, (_, condition) in enumerate(rules())
    )
    connection = duckdb.connect()
    connection.register("cases", table)

    def run() -> int:
        query = f"SELECT {selected} FROM cases"  # noqa: S608 - our text
        found = pl.DataFrame(connection.sql(query).to_arrow_table())
        return int(sum(found.sum().row(0)))

    return run


def openfisca(facts: dict[str, list[Any]]) -> Callable[[], int]:
    from openfisca_core import entities, periods, taxbenefitsystems, variables
    from openfisca_core.simulation_builder import SimulationBuilder

    complaint = entities.Entity("complaint", "complaints", "a complaint", "")
    system = taxbenefitsystems.TaxBenefitSystem([complaint])
    arrays = {}
    for name, values in facts.items():
        codes = values
        if isinstance(values[0], str):
            known = list(GRADES if name == "grade" else CHANNELS)
            codes = [known.index(value) for value in values]
        arrays[name] = np.array(codes)
        kind = bool if arrays[name].dtype == bool else int
        system.add_variable(_variable(variables, periods, complaint, name, kind, None))
    names = []
    for number, (_, condition) in enumerate(rules()):
        code = compile(columnar(with_codes(condition)), "rule", "eval")
        used = [name for name in facts if name in condition]

        def formula(entity: Any, period: Any, code: Any = code, used: list[str] = used) -> Any:
            return eval(code, {name: entity(name, period) for name in used})  # noqa: S307

        names.append(f"rule_{number}")
        system.add_variable(_variable(variables, periods, complaint, names[-1], bool, formula))
    count = len(next(iter(arrays.values())))

    def run() -> int:
        builder = SimulationBuilder()
        builder.create_entities(system)
        builder.declare_person_entity("complaint", range(count))
        simulation = builder.build(system)
        for name, values in arrays.items():
            simulation.set_input(name, "2018-01", values)
        return int(sum(simulation.calculate(name, "2018-01").sum() for name in names))

    return run


def _variable(variables: Any, periods: Any, entity: Any, name: str, kind: Any, formula: Any) -> Any:
    space = {
        "value_type": kind,
        "entity": entity,
        "definition_period": periods.DateUnit.MONTH,
        "label": name,
    }
    if formula is not None:
        space["formula"] = lambda entity, period, _=None: formula(entity, period)
    return type(name, (variables.Variable,), space)


def zen() -> Callable[[dict[str, Any]], int]:
    import zen

    expressions = [
        {"id": f"e{n}", "key": f"r{n}", "value": condition.replace("'", '"')}
        for n, (_, condition) in enumerate(rules())
    ]
    place = {"x": 0, "y": 0}
    graph = {
        "nodes": [
            {"id": "i", "type": "inputNode", "name": "in", "position": place},
            {
                "id": "x",
                "type": "expressionNode",
                "name": "x",
                "position": place,
                "content": {"expressions": expressions},
            },
            {"id": "o", "type": "outputNode", "name": "out", "position": place},
        ],
        "edges": [
            {"id": "a", "sourceId": "i", "targetId": "x", "type": "edge"},
            {"id": "b", "sourceId": "x", "targetId": "o", "type": "edge"},
        ],
    }
    decision = zen.ZenEngine().create_decision(graph)
    keys = [f"r{n}" for n in range(len(expressions))]

    def one(facts: dict[str, Any]) -> int:
        result = decision.evaluate(facts)["result"]
        return sum(bool(result[key]) for key in keys)

    return one


def rule_engine() -> Callable[[dict[str, Any]], int]:
    import rule_engine

    compiled = [rule_engine.Rule(condition) for _, condition in rules()]
    return lambda facts: sum(rule.matches(facts) for rule in compiled)


def business_rules() -> Callable[[dict[str, Any]], int]:
    import collections
    import collections.abc

    # business-rules (2016) looks for what Python 3.10 moved.
    collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]
    from business_rules import run_all
    from business_rules.actions import BaseActions, rule_action
    from business_rules.variables import (
        BaseVariables,
        boolean_rule_variable,
        numeric_rule_variable,
        string_rule_variable,
    )

    kinds = {bool: boolean_rule_variable, int: numeric_rule_variable, str: string_rule_variable}
    sample = cases(1)[0]

    def reader(name: str, kind: type) -> Any:
        def read(self: Any) -> Any:
            return self.facts[name]

        read.__name__ = name
        return kinds[kind](label=name)(read)

    space = {name: reader(name, type(value)) for name, value in sample.items()}
    space["__init__"] = lambda self, facts: setattr(self, "facts", facts)
    variables = type("Variables", (BaseVariables,), space)
    matched: list[str] = []

    class Actions(BaseActions):
        @rule_action(params={})
        def note(self) -> None:
            matched.append("")

    translated = [
        {
            "conditions": _business(ast.parse(condition, mode="eval").body),
            "actions": [{"name": "note", "params": {}}],
        }
        for _, condition in rules()
    ]
    actions = Actions()

    def one(facts: dict[str, Any]) -> int:
        matched.clear()
        run_all(translated, variables(facts), actions)
        return len(matched)

    return one


def _business(node: ast.expr) -> dict[str, Any]:
    match node:
        case ast.BoolOp(ast.And(), values):
            return {"all": [_business(value) for value in values]}
        case ast.BoolOp(_, values):
            return {"any": [_business(value) for value in values]}
        case ast.UnaryOp(ast.Not(), ast.Name(name)):
            return {"name": name, "operator": "is_false", "value": True}
        case ast.Name(name):
            return {"name": name, "operator": "is_true", "value": True}
        case ast.Compare(ast.Name(name), [sign], [ast.Constant(value)]):
            signs = {
                ast.Gt: "greater_than",
                ast.GtE: "greater_than_or_equal_to",
                ast.Eq: "equal_to",
            }
            return {"name": name, "operator": signs[type(sign)], "value": value}
    raise ValueError(ast.unparse(node))


def durable_rules() -> Callable[[dict[str, Any]], int]:
    from complaint_rules.engines.durable import DurableEngine

    policy = Policy(ruleset())
    words = policy.ruleset.words
    matcher = DurableEngine().matcher(policy.ruleset.scopes[0])
    from complaint_rules.expressions.types import read_value

    types = {name: field.type for name, field in words.facts.items()}

    def one(facts: dict[str, Any]) -> int:
        values = {name: read_value(value, types[name], name) for name, value in facts.items()}
        return len(matcher.match(values)[0])

    return one


# Scaling


def scaling() -> None:
    print("\nSeconds against cases (24 rules, facts alone; and policy Y with six events)")
    rows = []
    policy, yundewu = Policy(ruleset()), load_policy("yundewu-2018")
    sizes = [10_000, 100_000, 1_000_000] + ([] if QUICK else [10_000_000])
    for count in sizes:
        part = pl.DataFrame(columns(min(count, 100_000)))
        frame = pl.concat([part] * (count // len(part))).with_row_index("case")
        took = median(lambda: simulate(policy, frame, as_of=AS_OF), 1)  # noqa: B023
        rows.append({"what": "24 rules, facts alone", "cases": count, "seconds": took})
        del frame
        if count <= 1_000_000:
            facts, events = many_cases.yundewu(count)
            took = median(lambda: simulate(yundewu, facts, events, as_of=AS_OF), 1)  # noqa: B023
            rows.append({"what": "policy Y, six events", "cases": count, "seconds": took})
    for row in rows:
        print(
            f"  {row['what']:<24} {row['cases']:>12,}  {row['seconds']:>8.2f} s  {row['seconds'] / row['cases'] * 1e6:>7.2f} µs a case"
        )
    print("\nSeconds against rules (20,000 cases, facts alone)")
    by_rules = []
    frame = pl.DataFrame({"case": np.arange(20_000), **columns(20_000)})
    for copies in (1, 10, 100):
        large = Policy(ruleset(copies))
        took = median(lambda: simulate(large, frame, as_of=AS_OF), 1)  # noqa: B023
        by_rules.append({"rules": 24 * copies, "seconds": took})
        print(
            f"  {24 * copies:>6,} rules  {took:>8.2f} s  {took / copies / 24 * 1e3:>7.2f} ms a rule"
        )
    draw(rows, by_rules)


def draw(rows: list[dict[str, Any]], by_rules: list[dict[str, Any]]) -> None:
    try:
        import altair as alt
    except ImportError:
        return
    log = alt.Scale(type="log")
    left = (
        alt.Chart(pl.DataFrame(rows), title="cases")
        .mark_line(point=True)
        .encode(
            x=alt.X("cases:Q", scale=log, axis=alt.Axis(format="~s")),
            y=alt.Y("seconds:Q", scale=log),
            color=alt.Color("what:N", title=None, legend=alt.Legend(orient="bottom")),
        )
        .properties(width=300, height=240)
    )
    right = (
        alt.Chart(pl.DataFrame(by_rules), title="rules (20,000 cases)")
        .mark_line(point=True)
        .encode(x=alt.X("rules:Q", scale=log), y=alt.Y("seconds:Q", scale=log))
        .properties(width=300, height=240)
    )
    (left | right).save(HERE / "scaling.png", scale_factor=1.5)
    print(f"  drawn in {HERE.name}/scaling.png; both axes are logarithmic")


if __name__ == "__main__":
    conditions_alone()
    everything()
    peers()
    scaling()

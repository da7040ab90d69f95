"""Running scenarios: what was expected beside what came out, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

from complaint_rules.errors import PolicyNotInForce
from complaint_rules.expressions import title
from complaint_rules.judging.decision import Decision
from complaint_rules.judging.words.speaker import Speaker
from complaint_rules.policy import EngineName
from complaint_rules.testing.moments import say_moment
from complaint_rules.testing.outcomes import ABSENT, Outcome, outcomes, say_amount
from complaint_rules.testing.scenarios import NOT_IN_FORCE, Check, Expectation, Scenario

Evaluate = Callable[[Scenario, Check], Decision]
"""Judges the case of a scenario at the instant of a check."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An expectation that does not hold. ``actual`` has the parts of what came out instead."""

    line: int
    what: str
    expected: tuple[str, ...]
    actual: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one check of a scenario came out; the decision is missing where none was made."""

    scenario: Scenario
    check: Check
    decision: Decision | None
    mismatches: tuple[Mismatch, ...]


def installed_engines() -> tuple[Literal["native", "durable"], ...]:
    """The engines that can run here."""
    return ("native", "durable") if find_spec("durable") is not None else ("native",)


def evaluate_with(engine: EngineName) -> Evaluate:
    """The way the library evaluates, with an engine."""

    def evaluate(scenario: Scenario, check: Check) -> Decision:
        return scenario.policy.evaluate(
            scenario.case, as_of=check.as_of, history=scenario.history, engine=engine
        )

    return evaluate


def run_scenario(scenario: Scenario, engine: EngineName = "auto") -> list[CheckResult]:
    """Check a scenario at each of its instants."""
    evaluate = evaluate_with(engine)
    return [run_check(scenario, check, evaluate) for check in scenario.checks]


def run_check(scenario: Scenario, check: Check, evaluate: Evaluate) -> CheckResult:
    """Evaluate the case at one instant, and compare."""
    try:
        decision = evaluate(scenario, check)
    except PolicyNotInForce as error:
        if not check.in_force:
            return CheckResult(scenario, check, None, ())
        mismatch = Mismatch(check.line, "the policy", ("in force",), (NOT_IN_FORCE,), (str(error),))
        return CheckResult(scenario, check, None, (mismatch,))
    if not check.in_force:
        mismatch = Mismatch(check.line, "the policy", (NOT_IN_FORCE,), ("in force",), ())
        return CheckResult(scenario, check, decision, (mismatch,))
    return CheckResult(scenario, check, decision, tuple(_mismatches(scenario, check, decision)))


def holds(scenario: Scenario, check: Check, evaluate: Evaluate) -> bool:
    """Whether all of a check holds; quicker than ``run_check``, which says why not."""
    try:
        decision = evaluate(scenario, check)
    except PolicyNotInForce:
        return not check.in_force
    return (
        check.in_force
        and next(_wrong(scenario, check, decision), None) is None
        and _total(check, decision) is None
    )


def _mismatches(scenario: Scenario, check: Check, decision: Decision) -> list[Mismatch]:
    wrong = [
        _mismatch(expectation, found, decision, scenario)
        for expectation, found in _wrong(scenario, check, decision)
    ]
    total = _total(check, decision)
    return [*wrong, total] if total is not None else wrong


def _wrong(
    scenario: Scenario, check: Check, decision: Decision
) -> Iterator[tuple[Expectation, list[Outcome]]]:
    """The expectations that do not hold, each with what came out instead."""
    found = outcomes(decision, scenario.policy.ruleset.calendar.timezone)
    for expectation in check.expectations:
        came = found.get(expectation.rule, [])
        if not _as_expected(expectation, came):
            yield expectation, came
    listed = {expectation.rule for expectation in check.expectations}
    for section in check.only:
        for rule in getattr(scenario.policy.ruleset, section):
            came = found.get(rule.id, [])
            if rule.id not in listed and any(outcome.certain for outcome in came):
                yield Expectation(rule.id, (), check.line), came


def _total(check: Check, decision: Decision) -> Mismatch | None:
    actual = say_amount(decision.total(), decision.currency)
    if check.total is None or actual == check.total:
        return None
    return Mismatch(check.line, "total", (check.total,), (actual,), ())


def _as_expected(expectation: Expectation, found: list[Outcome]) -> bool:
    """As many outcomes as expected, in any order, each with all the parts expected of it."""
    if len(found) != len(expectation.outcomes):
        return False
    rest = list(found)
    for parts in expectation.outcomes:
        fitting = next((one for one in rest if set(parts) <= set(one.parts)), None)
        if fitting is None:
            return False
        rest.remove(fitting)
    return True


def _mismatch(
    expectation: Expectation, found: list[Outcome], decision: Decision, scenario: Scenario
) -> Mismatch:
    speaker = Speaker(scenario.policy.ruleset, "en")
    rule = speaker.rules[expectation.rule]
    why = [f"{title(rule.title, 'en', rule.id)} [{rule.clause}]"]
    if found:
        for one in found:
            why += speaker.reason(one.reason, rule)
    elif rule.kind != "schedule":
        why += str(decision.why_not(rule.id)).splitlines()
    return Mismatch(
        expectation.line,
        expectation.rule,
        tuple(", ".join(parts) for parts in expectation.outcomes) or (ABSENT,),
        tuple(", ".join(one.parts) for one in found) or (ABSENT,),
        tuple(dict.fromkeys(why)),
    )


def report(results: Iterable[CheckResult]) -> str:
    """The mismatches as text: expected and actual side by side, and the reason. Empty if none."""
    engines: dict[tuple[str, tuple[Mismatch, ...]], list[str]] = {}
    for result in results:
        if result.mismatches:
            zone = result.scenario.policy.ruleset.calendar.timezone
            where = (
                f"{result.scenario.file}:{result.check.line}: {result.scenario.name}, "
                f"as of {say_moment(result.check.as_of, zone)}"
            )
            # What engines agree on is shown once.
            agreeing = engines.setdefault((where, result.mismatches), [])
            if result.decision is not None and result.decision.engine not in agreeing:
                agreeing.append(result.decision.engine)
    lines: list[str] = []
    for (where, mismatches), agreeing in engines.items():
        lines.append(f"{where}, engine {' and '.join(agreeing)}" if agreeing else where)
        for mismatch in mismatches:
            lines += _side_by_side(mismatch)
    return "\n".join(lines)


def _side_by_side(mismatch: Mismatch) -> list[str]:
    rows = max(len(mismatch.expected), len(mismatch.actual))
    left = [*mismatch.expected, *[""] * (rows - len(mismatch.expected))]
    right = [*mismatch.actual, *[""] * (rows - len(mismatch.actual))]
    width = max(len("expected"), *map(len, left))
    lines = [
        f"  {mismatch.what} (line {mismatch.line})",
        f"    {'expected':<{width}}   actual",
        *(f"    {one:<{width}}   {other}".rstrip() for one, other in zip(left, right, strict=True)),
    ]
    return lines + [f"    · {line}" for line in mismatch.why]

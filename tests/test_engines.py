from __future__ import annotations

import sys
import threading
from dataclasses import replace

import pytest
from hypothesis import given, settings

from complaint_rules import EngineUnavailable, load_policy
from complaint_rules.engines.native import NativeMatcher
from complaint_rules.errors import CaseError
from complaint_rules.expressions import evaluate
from samples import REPLY, case, event, load
from strategies import cases, instants, rulesets

try:
    import durable.engine
except ImportError:
    durable = None

needs_durable = pytest.mark.skipif(durable is None, reason="durable-rules is not installed here")
ESCALATE = (
    REPLY
    + """
escalations:
  - {id: urgent, clause: "2", title: {en: Urgent}, when: urgent and visits > 2, to: boss, capacity: inform}
  - {id: known, clause: "2", title: {en: Known}, when: "grade in ('low', 'high') or note == '5'", to: boss, capacity: inform}
"""
)


@needs_durable
@settings(max_examples=150)
@given(rulesets(), cases(), instants)
def test_the_engines_give_equal_decisions(body, the_case, as_of):
    policy = load(body)
    native = policy.evaluate(the_case, as_of=as_of, engine="native")
    other = policy.evaluate(the_case, as_of=as_of, engine="durable")
    assert other.engine == "durable"
    assert replace(other, engine="native") == native


@settings(max_examples=100)
@given(rulesets(), cases(), instants)
def test_the_native_engine_matches_what_the_interpreter_says(body, the_case, as_of):
    policy = load(body)
    decision = policy.evaluate(the_case, as_of=as_of, engine="native")
    basis = decision.basis
    for scope, matcher in basis.judge.scopes.items():
        from complaint_rules.judging.matching import occurrences

        for occurrence in occurrences(basis.state, scope):
            values = matcher.values(basis.state, occurrence)
            match = matcher.matcher.match(values)
            outcomes = {r.id: evaluate(r.condition.node, values) for r in matcher.rules.values()}
            assert match.matched == tuple(rule for rule, outcome in outcomes.items() if outcome)
            assert match.unknown == tuple(
                rule for rule, outcome in outcomes.items() if outcome is None
            )


@needs_durable
def test_auto_uses_durable_rules_where_it_is_installed():
    decision = load(REPLY).evaluate(case(), as_of="2018-07-02T09:00:00+08:00")
    assert decision.engine == "durable"


@needs_durable
def test_auto_and_the_engine_it_stands_for_are_one():
    policy = load(ESCALATE)
    first = policy._evaluator("auto", provisional=False)
    assert first is policy._evaluator("durable", provisional=False)
    assert first is not policy._evaluator("native", provisional=False)
    assert first is not policy._evaluator("auto", provisional=True)


def test_without_durable_rules_auto_is_native_and_durable_an_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "durable", None)
    policy = load(REPLY)
    assert policy.evaluate(case(), as_of="2018-07-02T09:00:00+08:00").engine == "native"
    with pytest.raises(EngineUnavailable, match=r"complaint-rules\[durable\]"):
        policy.evaluate(case(), as_of="2018-07-02T09:00:00+08:00", engine="durable")


def test_an_unknown_engine_is_refused():
    with pytest.raises(EngineUnavailable, match="use 'auto', 'durable' or 'native'"):
        load(REPLY).evaluate(case(), as_of="2018-07-02T09:00:00+08:00", engine="rete")  # type: ignore[arg-type]


@needs_durable
def test_threads_share_a_policy_and_no_thread_is_left_running():
    policy = load(ESCALATE)
    expected = {
        urgent: [
            i.rule
            for i in policy.evaluate(
                case(urgent=urgent, visits=3, grade="low"), as_of="2018-07-02T09:00:00+08:00"
            ).escalations
        ]
        for urgent in (True, False)
    }
    assert expected == {True: ["urgent", "known"], False: ["known"]}
    wrong = []
    before = threading.active_count()

    def work(urgent):
        for _ in range(200):
            decision = policy.evaluate(
                case(urgent=urgent, visits=3, grade="low"), as_of="2018-07-02T09:00:00+08:00"
            )
            if [item.rule for item in decision.escalations] != expected[urgent]:
                wrong.append(decision)

    threads = [threading.Thread(target=work, args=(number % 2 == 0,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert threading.active_count() == before


@needs_durable
def test_a_lost_match_is_an_error_and_never_silence(monkeypatch):
    policy = load(ESCALATE)
    policy.evaluate(case(urgent=True), as_of="2018-07-02T09:00:00+08:00", engine="durable")
    matcher = next(
        iter(policy._evaluator("durable", provisional=False).judge.scopes.values())
    ).matcher
    engine = matcher._engine
    for lost in ({"start_action_for_state": None}, {"assert_fact": (1, 0)}):
        with monkeypatch.context() as patch:
            patch.setattr(matcher, "_engine", Altered(engine, lost))
            with pytest.raises(EngineUnavailable, match="lost a match"):
                policy.evaluate(
                    case(urgent=True), as_of="2018-07-02T09:00:00+08:00", engine="durable"
                )
        assert matcher.match({"urgent": True, "visits": 3}).matched == ("urgent",)


class Altered:
    """durable-rules, of which some functions give something else."""

    def __init__(self, engine, results):
        self.engine, self.results = engine, results

    def __getattr__(self, name):
        if name in self.results:
            return lambda *_: self.results[name]
        return getattr(self.engine, name)


@needs_durable
@pytest.mark.parametrize(
    "at", ["assert_fact", "start_action_for_state", "complete_and_start_action", "retract_fact"]
)
@pytest.mark.parametrize("after", [False, True])
def test_after_an_interruption_no_match_of_an_earlier_fact_is_left(monkeypatch, at, after):
    policy = load(ESCALATE)
    policy.evaluate(case(urgent=True), as_of="2018-07-02T09:00:00+08:00", engine="durable")
    matcher = next(
        iter(policy._evaluator("durable", provisional=False).judge.scopes.values())
    ).matcher
    engine = matcher._engine
    every = {"urgent": True, "visits": 3, "grade": "low", "note": "5"}
    assert matcher.match(every).matched == ("urgent", "known")

    class Interrupted:
        def __getattr__(self, name):
            if name != at:
                return getattr(engine, name)

            def interrupt(*args):
                if after:
                    getattr(engine, name)(*args)
                raise KeyboardInterrupt

            return interrupt

    with monkeypatch.context() as patch:
        patch.setattr(matcher, "_engine", Interrupted())
        with pytest.raises(KeyboardInterrupt):
            matcher.match(every)
    for _ in range(3):
        assert matcher.match({**every, "urgent": False, "grade": "middle", "note": ""}) == ((), ())
        assert matcher.match(every).matched == ("urgent", "known")


@needs_durable
@pytest.mark.parametrize("value", [2**31 - 2, 2**31 - 1, 2**31, 2**40, -(2**31), -(2**40)])
@pytest.mark.parametrize(
    "condition",
    [
        f"visits {operator} {constant}"
        for operator in ("<", ">=", "==")
        for constant in (2**31 - 1, 2**31, -(2**31))
    ]
    + ["loss > '21474836.47'", "loss >= '21474836.48'"],
)
def test_numbers_beyond_32_bits_compare_rightly(condition, value):
    policy = load(
        REPLY
        + f"""
escalations:
  - {{id: it, clause: "2", title: {{en: It}}, when: "{condition}", to: boss, capacity: inform}}
"""
    )
    the_case = case(visits=value, loss=abs(value) // 100 + 1)
    told = [
        bool(
            policy.evaluate(the_case, as_of="2018-07-02T09:00:00+08:00", engine=engine).escalations
        )
        for engine in ("native", "durable")
    ]
    assert told[0] is told[1]


@needs_durable
def test_conditions_too_long_to_write_out_are_still_decided():
    many = " and ".join(f"(visits == {n} or visits == {n + 1} or urgent)" for n in range(12))
    policy = load(
        REPLY
        + f"""
escalations:
  - {{id: it, clause: "2", title: {{en: It}}, when: {many}, to: boss, capacity: inform}}
"""
    )
    for urgent in (True, False):
        decision = policy.evaluate(
            case(urgent=urgent, visits=3), as_of="2018-07-02T09:00:00+08:00", engine="durable"
        )
        assert bool(decision.escalations) is urgent


def test_matching_unchecked_facts():
    policy = load(ESCALATE)
    matcher = NativeMatcher(next(s for s in policy.ruleset.scopes if s.scope.kind == "case"))
    facts = {"urgent": True, "visits": 3, "grade": "middle", "note": "5"}
    assert matcher.matching(facts) == ("urgent", "known")
    traced = matcher.trace(facts)
    assert traced.matched == ("urgent", "known")
    assert traced.values_behind(("urgent", "visits")) == {"urgent": True, "visits": 3}
    for change, message in [
        ({"visits": "3"}, "not a whole number"),
        ({"grade": "hihg"}, "did you mean 'high'"),
        ({"urgent": 1}, "not true or false"),
    ]:
        with pytest.raises(CaseError, match=message):
            matcher.matching({**facts, **change})
        with pytest.raises(CaseError, match=message):
            matcher.trace({**facts, **change})
    with pytest.raises(CaseError, match="fact 'urgent' is missing .did you mean 'urgnet'"):
        matcher.matching({"urgnet": True, "visits": 3, "grade": "low", "note": ""})


@needs_durable
def test_shipped_policies_agree_on_their_examples():
    from test_decision import DEALER, REPAIR

    for name, the_case in (("yundewu-2018", DEALER), ("nanjing-cable-2007", REPAIR)):
        policy = load_policy(name)
        for the_event in the_case.events:
            native = policy.evaluate(the_case, as_of=the_event.at, engine="native")
            other = policy.evaluate(the_case, as_of=the_event.at, engine="durable")
            assert replace(other, engine="native") == native


def test_importing_starts_no_thread():
    import subprocess

    code = "import threading, complaint_rules; from complaint_rules import load_policy; load_policy('yundewu-2018'); print(threading.active_count())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


@needs_durable
def test_a_decision_by_durable_rules_names_it():
    policy = load(ESCALATE)
    decision = policy.evaluate(
        case(event("registered", "02T09:00"), urgent=True, visits=3, grade="low"),
        as_of="2018-07-02T09:00:00+08:00",
    )
    assert "durable" in decision.explain("en")

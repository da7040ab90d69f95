"""Damaged rulesets: either every problem is named, or the policy works and explains itself."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, ComplaintRulesError, Decision, Policy, PolicyError
from samples import ROOT

TEXTS = {
    name: (ROOT / f"rulesets/{name}.yaml").read_text(encoding="utf-8")
    for name in ("yundewu-2018", "nanjing-cable-2007")
}
CASES = {
    "yundewu-2018": Case.from_json(
        (ROOT / "examples/cases/store-dealer.json").read_text(encoding="utf-8")
    ),
    "nanjing-cable-2007": Case.from_json(
        (ROOT / "examples/cases/late-repair.json").read_text(encoding="utf-8")
    ),
}
TOKENS = [
    "true", "null", "[]", "{}", "5", "-1", "1.5", "'x'", "[a, b]", "{zh: x}", "*a", "&a x", "registered",
    "not x", "a and b", "deliver", "deadline.missed", "event.x", "30 CNY", "0-1 CNY", "3 days", "same day",
    "all", "", "~", "2018-06-20", '"\\0"', "99999999999999999999", "1 working day",
]  # fmt: skip


@settings(max_examples=250)
@given(st.sampled_from(sorted(TEXTS)), st.randoms(use_true_random=False), st.integers(1, 3))
def test_a_damaged_ruleset_is_refused_with_reasons_or_works(name, chance, wounds):
    lines = TEXTS[name].split("\n")
    for _ in range(wounds):
        number, kind = chance.randrange(len(lines)), chance.random()
        if kind < 0.25:
            del lines[number]
        elif kind < 0.4:
            lines.insert(number, lines[chance.randrange(len(lines))])
        else:
            key, colon, _value = lines[number].partition(":")
            lines[number] = f"{key}{colon} {chance.choice(TOKENS)}"
    policy, found = None, ()
    try:
        policy = Policy("\n".join(lines), "damaged.yaml")
    except PolicyError as error:
        found = error.problems
    assert all(problem.message for problem in found)
    if policy is None:
        assert found
        return
    case = CASES[name]
    try:
        decision = policy.evaluate(
            case, as_of=chance.choice(case.events).at, engine="native", provisional=True
        )
    except ComplaintRulesError:
        return  # the vocabulary lost something that the case uses
    assert Decision.from_json(decision.to_json()) == decision
    assert decision.explain("zh")
    for rule in policy.ruleset.rules():
        assert str(decision.why_not(rule.id))

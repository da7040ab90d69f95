"""`why_not` says what the decision says: for every rule, occurrence and party, whatever the case."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from complaint_rules import Case, Decision, Policy, load_policy, shipped_rulesets
from complaint_rules.testing.strategies import cases as policy_cases
from complaint_rules.testing.strategies import instants as policy_instants
from samples import REPLY, at, case, event, judge, load
from simulated import assert_same
from strategies import cases, instants, rulesets

SECTIONS = ("penalties", "escalations", "reliefs", "charges", "records", "deadlines")
POLICIES = {name: load_policy(name) for name in shipped_rulesets()}


def agrees(policy: Policy, decision: Decision) -> None:
    """Every outcome of every rule is that of the decision."""
    for section in SECTIONS:
        for rule in getattr(policy.ruleset, section):
            outcomes = decision.why_not(rule.id).outcomes
            applied = {o.occurrence for o in outcomes if o.outcome == "applied"}
            unknown = {o.occurrence for o in outcomes if o.outcome == "undetermined"}
            items = [item for item in getattr(decision, section) if item.rule == rule.id]
            open_ = [item for item in decision.undetermined if item.rule == rule.id]
            if section == "deadlines":
                assert applied == {item.occurrence for item in items if item.certain}
                assert unknown == {item.occurrence for item in items if not item.certain}
            elif section == "reliefs":
                # One that holds takes a penalty back for certain only if that stands for certain.
                assert bool(applied) <= bool(items or open_)
                assert bool(unknown) <= bool(open_)
                assert bool(items) <= bool(applied)
            else:
                assert {item.occurrence for item in items} <= applied
                assert applied <= {item.occurrence for item in [*items, *open_]}
                assert unknown <= {item.occurrence for item in open_}
                for outcome in outcomes:
                    if outcome.outcome in ("did-not-apply", "excepted") and not outcome.party:
                        all_items = [*items, *open_]
                        assert outcome.occurrence not in {i.occurrence for i in all_items}
            for outcome in outcomes:
                if outcome.outcome == "undetermined":
                    assert outcome.missing, (rule.id, outcome)


@given(rulesets(), cases(), instants)
def test_it_agrees_with_the_decision_of_any_ruleset(body, some, moment):
    policy = load(body)
    agrees(policy, policy.evaluate(some, as_of=moment, engine="native"))


@given(st.data(), st.sampled_from(sorted(POLICIES)))
def test_it_agrees_with_the_decision_of_the_nine(data, name):
    policy = POLICIES[name]
    some = data.draw(policy_cases(policy))
    decision = policy.evaluate(
        some, as_of=data.draw(policy_instants(policy)), check_date=False, engine="native"
    )
    agrees(policy, decision)


def outcomes(policy: Policy, decision: Decision, rule: str) -> list[tuple[str, str | None]]:
    return [(o.outcome, o.excepted_by) for o in decision.why_not(rule).outcomes]


CHAIN = """
penalties:
  - {id: base, clause: "1", title: {en: Base}, against: clerk, amount: 10 CNY, when: "True"}
  - {id: milder, clause: "2", title: {en: Milder}, against: clerk, amount: 5 CNY, when: urgent,
     exception_to: base}
  - {id: grave, clause: "3", title: {en: Grave}, against: clerk, amount: 50 CNY, when: visits > 1,
     exception_to: milder}
"""


def test_an_exception_that_is_excepted_itself_replaces_nothing():
    policy = load(CHAIN)
    decision = judge(
        policy, case(event("registered", "02T09:00"), urgent=True, visits=2), "03T09:00"
    )
    assert {item.rule for item in decision.penalties} == {"base", "grave"}
    assert outcomes(policy, decision, "base") == [("applied", None)]
    assert outcomes(policy, decision, "milder") == [("excepted", "grave")]
    unknown = judge(policy, case(event("registered", "02T09:00"), urgent=True), "03T09:00")
    (outcome,) = unknown.why_not("base").outcomes
    assert (outcome.outcome, [m.name for m in outcome.missing]) == ("undetermined", ["visits"])
    assert "missing: visits" in str(unknown.why_not("base"))


LIMITED = (
    REPLY.replace("    ends: replied", "    when: urgent\n    ends: replied")
    + """
penalties:
  - {id: late, clause: "2", title: {en: Late}, per: reply, amount: 30 CNY}
"""
)


def test_what_hangs_on_a_limit_that_may_not_have_started_is_undetermined():
    decision = judge(load(LIMITED), case(event("registered", "02T09:00")), "03T09:00")
    (outcome,) = decision.why_not("late").outcomes
    assert (outcome.outcome, [m.name for m in outcome.missing]) == ("undetermined", ["urgent"])
    (limit,) = decision.why_not("reply").outcomes
    assert (limit.outcome, limit.needed[0].names) == ("undetermined", ("urgent",))


def test_a_limit_before_and_after_its_time_in_force():
    policy = load(REPLY.replace("within:", "in_force: {from: 2018-07-03}\n    within:"))
    some = case(event("registered", "02T09:00"), event("registered", "03T09:00"))
    decision = judge(policy, some, "03T09:10")
    assert [o for o, _ in outcomes(policy, decision, "reply")] == ["not-in-force", "applied"]
    assert "was not in force" in str(decision.why_not("reply"))
    assert "当时不适用" in decision.why_not("reply").explain("zh")


def test_a_start_while_an_earlier_one_is_open():
    policy = load(REPLY.replace("within:", "while_open: ignore\n    within:"))
    some = case(event("registered", "02T09:00"), event("registered", "02T09:10"))
    decision = judge(policy, some, "02T09:20")
    assert [o for o, _ in outcomes(policy, decision, "reply")] == ["applied", "already-open"]
    assert "was running already" in str(decision.why_not("reply"))


SEVERAL = """
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: department, starts: registered,
     within: 30 elapsed minutes, ends: replied}
penalties:
  - {id: late, clause: "2", title: {en: Late}, against: department, amount: 30 CNY,
     when: reply.missed}
reliefs:
  - {id: excused, clause: "3", title: {en: Excused}, of: late, cancels: true, when: urgent}
"""


def test_several_parties_are_told_apart():
    policy = load(SEVERAL)
    some = case(
        event("registered", "02T09:00", department="East"),
        event("registered", "02T09:00", department="West"),
        event("replied", "02T09:10", department="East"),
        department=["East", "West"],
        urgent=False,
    )
    decision = judge(policy, some, "02T12:00")
    assert [item.party for item in decision.penalties] == ["West"]
    why = decision.why_not("late")
    assert [(o.party, o.outcome) for o in why.outcomes] == [
        ("East", "did-not-apply"),
        ("West", "applied"),
    ]
    assert "East" in str(why)


def test_one_named_party_does_not_pay_for_what_another_missed():
    policy = load(SEVERAL)
    some = case(
        event("registered", "02T09:00", department="East"),
        event("registered", "02T09:00", department="West"),
        event("replied", "02T09:10", department="East"),
        department="East",
    )
    decision = judge(policy, some, "02T12:00")
    assert decision.penalties == ()
    assert outcomes(policy, decision, "late") == [("did-not-apply", None)]
    # Its own is its own, though it is named by the event only.
    own = judge(policy, case(event("registered", "02T09:00", department="East")), "02T12:00")
    assert [item.rule for item in own.penalties] == ["late"]


def test_whose_limits_count_is_alike_for_many_cases():
    policy = load(SEVERAL)
    parties = [None, "East", "West", ["East", "West"]]
    bound = [(), ("East",), ("West",), ("East", "West")]
    some = [
        Case(
            f"{party}-{names}-{replied}",
            {} if party is None else {"department": party},
            [
                *(event("registered", "02T09:00", department=name) for name in names),
                *(() if names else (event("registered", "02T09:00"),)),
                *((event("replied", "02T09:10", department=replied),) if replied else ()),
            ],
        )
        for party in parties
        for names in bound
        for replied in (None, "East")
    ]
    assert_same(policy, some, at("02T12:00"))


def test_a_relief_without_a_penalty():
    policy = load(SEVERAL)
    some = case(event("registered", "02T09:00"), event("replied", "02T09:10"), urgent=True)
    decision = judge(policy, some, "02T12:00")
    assert decision.reliefs == ()
    assert outcomes(policy, decision, "excused") == [("nothing-to-relieve", None)]
    assert "no penalty that it could take back" in str(decision.why_not("excused"))

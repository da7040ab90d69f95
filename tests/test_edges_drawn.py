"""Edges of drawn policies on drawn cases: in columns, in both engines, in any order of the file."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from complaint_rules import Case, Decision, Policy
from ladders import HEAD, event, load, march, registered
from simulated import assert_same

START = march("02T10:00")
TIMES = ["2 working hours", "1 working day", "2 working days", "1 calendar day", "same day"]
LEADS = ["2 working hours", "1 working day", "30 elapsed minutes", "3 working days"]
BESIDES = [
    "",
    ", when: urgent",
    ", when: event.grave",
    ", cancelled: withdrawn",
    ", cancelled: withdrawn, cancelled_late: cancelled",
    ", suspended: [{from: paused, until: resumed}]",
    ", agreed: [{event: extended, more: 1 working day}]",
    ", missed_at_the_limit: true",
    ", completes: oldest",
    ", while_open: restart",
    ", handed_over: {event: reassigned, to: event.handler, clock: continues}",
    ", handed_over: {event: reassigned, clock: restarts}",
    ", while_open: ignore, handed_over: {event: reassigned, clock: continues}",
]
HANDED = (
    HEAD
    + """\
  reassigned:
    title: {en: reassigned}
    data: {handler: {type: text, title: {en: handler}}, grave: {type: bool, title: {en: grave}}}
"""
)


@st.composite
def chains(draw) -> list[str]:
    """Limits of which each but the first is started by one before it."""
    rules = []
    for number in range(draw(st.integers(2, 4))):
        starts, lead = "registered", ""
        if number:
            happening = draw(
                st.sampled_from(["missed", "missed", "due", "met", "ended", "started"])
            )
            starts = f"limit-{draw(st.integers(0, number - 1))}.{happening}"
            if happening == "due" and draw(st.booleans()):
                lead = f", before: {draw(st.sampled_from(LEADS))}"
        ends = draw(st.sampled_from(["decided", "reviewed", "[decided, reminded]"]))
        besides = draw(st.sampled_from(BESIDES))
        if number and draw(st.integers(0, 2)) == 0:
            edge = draw(st.sampled_from(["missed", "due", "met", "ended", "started"]))
            edge = f"limit-{draw(st.integers(0, number - 1))}.{edge}"
            if "cancelled:" in besides or draw(st.booleans()):
                ends = f"[reviewed, {edge}]"
            else:
                besides += f", cancelled: {edge}"
        rules.append(
            f'  - {{id: limit-{number}, clause: "{number}", title: {{en: Limit {number}}}, '
            f"duty_of: {draw(st.sampled_from(['owner', 'manager']))}, starts: {starts}{lead}, "
            f"within: {draw(st.sampled_from([*TIMES, 'no_time']))}, "
            f"ends: {ends}{besides}}}\n"
        )
    return rules


def policy_of(rules: list[str]) -> Policy:
    fines = [
        f'  - {{id: fine-{number}, clause: "{number}", title: {{en: Fine}}, per: limit-{number}, '
        f"when: deadline.missed, amount: {10**number} CNY}}\n"
        for number in range(len(rules))
    ]
    fines += [
        f'  - {{id: at-{what}, clause: "9", title: {{en: Fine}}, per: limit-0.{what}, '
        f"{when}amount: {100**number} CNY}}\n"
        for number, (what, when) in enumerate(PER.items())
    ]
    body = "deadlines:\n" + "".join(rules) + "penalties:\n" + "".join(fines)
    return load(body, head=HANDED)


PER = {
    "missed": "when: event.grave, ",
    "due": "",
    "met": "when: deadline.met_at > registered.first_at, ",
    "ended": "",
    "started": "when: deadline.missed or urgent, ",
}

MOMENTS = st.builds(
    lambda hours, minutes, before: (
        START + timedelta(hours=hours, minutes=minutes, microseconds=-before)
    ),
    st.sampled_from([0, 2, 5, 14, 38, 62, 86]),  # an opening, and the ends of days
    st.sampled_from([0, 0, 30]),
    st.integers(0, 1),
)


@st.composite
def drawn_cases(draw, name: str) -> Case:
    types = ["registered", "decided", "decided", "reviewed", "reminded"]
    types += ["withdrawn", "paused", "resumed", "extended"]
    said = draw(st.sampled_from([{}, {"grave": True}, {"grave": False, "owner": ["A", "B"]}]))
    more = st.builds(event, st.sampled_from(types), MOMENTS)
    to = st.sampled_from(
        [{}, {"owner": "B"}, {"handler": "A"}, {"handler": "C", "manager": ["M", "O"]}]
    )
    handed = st.builds(lambda moment, to: event("reassigned", moment, **to), MOMENTS, to)
    events = [registered(START, **said), *draw(st.lists(more, max_size=5))]
    events += draw(st.lists(handed, max_size=2))
    facts = draw(st.sampled_from([{}, {"urgent": True}, {"urgent": False, "manager": ["M", "N"]}]))
    return Case(name, facts, events)


def standing(decision: Decision) -> set[tuple[object, ...]]:
    """What changes at certain instants only, and not with every microsecond."""
    limits = {(d.id, d.status, d.started_at, d.due_at, d.overdue_days) for d in decision.deadlines}
    return {*limits, *((p.id, p.minimum, p.maximum) for p in decision.penalties)}


@given(
    rules=chains(),
    cases=st.tuples(drawn_cases("A"), drawn_cases("B")),
    as_of=st.one_of(MOMENTS, st.integers(0, 9 * 24).map(lambda n: START + timedelta(hours=n))),
)
def test_chains_are_judged_alike_everywhere(rules, cases, as_of):
    policy, backwards = policy_of(rules), policy_of(rules[::-1])
    assert_same(policy, list(cases), as_of)
    for case in cases:
        decision = policy.evaluate(case, as_of=as_of, engine="native", check_date=False)
        assert policy.evaluate(case, as_of=as_of, check_date=False) == decision
        assert Decision.from_json(decision.to_json()) == decision
        turned = backwards.evaluate(case, as_of=as_of, engine="native", check_date=False)
        assert set(turned.deadlines) == set(decision.deadlines)
        assert set(turned.notes) == set(decision.notes)
        assert len({item.id for item in decision.deadlines}) == len(decision.deadlines)
        for rule in policy.ruleset.rules():
            assert decision.why_not(rule.id).explain("zh")


@given(rules=chains(), case=drawn_cases("A"), hours=st.integers(0, 9 * 24))
def test_the_next_change_is_the_first_one(rules, case, hours):
    policy, as_of = policy_of(rules), START + timedelta(hours=hours)
    decision = policy.evaluate(case, as_of=as_of, engine="native", check_date=False)
    ahead = decision.next_change_at
    before = as_of + timedelta(30) if ahead is None else ahead - timedelta(milliseconds=2)
    until = policy.evaluate(case, as_of=max(before, as_of), engine="native", check_date=False)
    assert standing(until) == standing(decision)
    if ahead is not None:
        then = policy.evaluate(case, as_of=ahead, engine="native", check_date=False)
        assert standing(then) != standing(decision) or then.notes != decision.notes

"""Totals, comparisons, sweeps and accruals add up to what each decision says."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulated
import strategies
from complaint_rules import Case, DecisionError, Event, Policy, PolicyError
from complaint_rules.money import NOTHING, add_up
from complaint_rules.simulation import accrue, compare, simulate, sweep
from samples import REPLY, at

BODY = (
    REPLY
    + """
penalties:
  - {id: fine, clause: "2", title: {en: F}, per: reply, when: deadline.missed, amount: 20-50 CNY}
  - {id: daily, clause: "3", title: {en: D}, per: reply, when: deadline.overdue_days > 0,
     amount: 10 CNY per overdue day}
  - {id: costly, clause: "4", title: {en: C}, against: clerk, when: loss > 100, amount: 10 % of loss}
  - {id: referred, clause: "5", title: {en: R}, against: clerk, when: grade == 'high', refers_to: rules}
reliefs:
  - {id: excused, clause: "6", title: {en: X}, of: fine, when: withdrawn.happened, refunds: 120 %}
"""
)
POLICY = simulated.load(BODY)
HEAVIEST = Policy(simulated.MORE_HEAD.replace("cumulative", "heaviest") + BODY, "heaviest.yaml")
LATER = at("05T12:00")


def numbered(cases):
    return [Case(f"C{i}", dict(case.facts), case.events) for i, case in enumerate(cases)]


def some(count=12):
    """Cases that reply ever later, with ever larger losses."""
    return [
        Case(
            f"C{i}",
            {"loss": 60 + 10 * i, "grade": "high" if i == 3 else "low", "department": "AB"[i % 2]},
            [
                Event("registered", at("02T09:00") + timedelta(days=i % 2)),
                Event("replied", at("02T09:20") + timedelta(days=i % 2, minutes=5 * i)),
                *([Event("withdrawn", at("04T09:00"))] if i == 5 else []),
            ],
        )
        for i in range(count)
    ]


SLOW = list(HealthCheck)


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(
    simulated.rulesets(),
    st.lists(simulated.cases(), min_size=1, max_size=5),
    strategies.instants,
    st.sampled_from(["cumulative", "heaviest"]),
)
def test_totals_are_those_of_the_decisions(body, cases, as_of, adds_up):
    policy = Policy(simulated.MORE_HEAD.replace("cumulative", adds_up) + body, "sample.yaml")
    cases = numbered(cases)
    found = simulate(policy, cases, as_of=as_of)
    totals = [policy.evaluate(case, as_of=as_of, check_date=False).total() for case in cases]
    shown = found.cases.sort("case").select("minimum", "maximum").rows()
    assert shown == [
        (total.minimum, total.maximum)
        for _, total in sorted(zip(cases, totals, strict=True), key=lambda one: one[0].id)
    ]
    whole = found.total()
    expected = add_up(totals) if totals else NOTHING
    assert (whole.minimum, whole.maximum) == (expected.minimum, expected.maximum)


def test_totals_by_party_clause_month_and_fact():
    found = simulate(POLICY, some(), as_of=LATER)
    by_clause = {row["clause"]: row for row in found.by("clause").to_dicts()}
    assert list(by_clause) == ["2", "4", "5"]
    assert by_clause["2"]["liabilities"] == 9
    # One of the nine is refunded 120 %: -4 to -10 instead of 20 to 50.
    assert (by_clause["2"]["minimum"], by_clause["2"]["maximum"]) == (150, 396)
    assert by_clause["5"]["maximum"] is None
    assert (by_clause["5"]["open"], by_clause["5"]["maximum_without_open"]) == (1, 0)
    for keys in (("party",), ("month",), ("grade",), ("against", "party"), ("case",)):
        table = found.by(*keys)
        assert (
            table["maximum_without_open"].sum() == found.by("clause")["maximum_without_open"].sum()
        )
        assert table.columns[: len(keys)] == list(keys)
    assert found.by("month")["month"].to_list() == ["2018-07"]
    with pytest.raises(DecisionError, match="cannot go by 'partty' \\(did you mean 'party'\\?\\)"):
        found.by("partty")


def test_under_the_heaviest_no_clause_has_a_share():
    found = simulate(HEAVIEST, some(), as_of=LATER)
    assert found.by("party")["maximum_without_open"].sum() > 0
    with pytest.raises(DecisionError, match="no clause has a share"):
        found.by("clause")


def test_one_case_again_with_its_reasons():
    found = simulate(POLICY, some(), as_of=LATER)
    decision = found.decision("C7")
    assert [penalty.rule for penalty in decision.penalties] == ["fine", "costly"]
    assert "because" in decision.explain()
    with pytest.raises(DecisionError, match="no case 'C99'"):
        found.decision("C99")


def test_who_pays_more_and_by_which_clause():
    draft = POLICY.changed({"fine.amount": "30-40 CNY", "costly.amount": "20 % of loss"})
    found = compare(POLICY, draft, some(), as_of=LATER)
    for row in found.cases.to_dicts():
        case = next(case for case in some() if case.id == row["case"])
        for policy, when in ((POLICY, "before"), (draft, "after")):
            total = policy.evaluate(case, as_of=LATER).total()
            assert (row[f"minimum_{when}"], row[f"maximum_{when}"]) == (
                total.minimum,
                total.maximum,
            )
    changes = dict(found.cases.select("case", "change").rows())
    assert changes["C0"] == "same"
    assert changes["C4"] == "unclear"  # a higher minimum and a lower maximum of the fine
    assert changes["C9"] == "more"
    # Refunded at 120 %: from -10..-4 to -8..-6, and the share of the loss doubles.
    assert changes["C5"] == "more"
    assert {row["clause"]: row["change"] for row in found.clauses.to_dicts()}["4"] == "more"
    assert set(found.reasons.select("clause", "rule").rows()) == {("2", "fine"), ("4", "costly")}
    assert dict(found.summary.select("change", "cases").rows())["same"] == 3
    assert "3 same" in repr(found)


def test_the_same_policy_changes_nothing():
    found = compare(POLICY, POLICY, some(), as_of=LATER)
    assert found.summary["change"].to_list() == ["same"]
    assert len(found.reasons) == 0


def test_policies_with_words_of_their_own():
    other = simulated.load(
        REPLY.replace("30 elapsed", "60 elapsed") + "penalties:\n  - {id: fine, "
        "clause: '9', title: {en: F}, per: reply, when: deadline.missed, amount: 20-50 CNY}\n"
    )
    found = compare(POLICY, other, some(), as_of=LATER)
    changes = set(found.clauses.select("clause", "change").rows())
    # Without clause 2 nobody is fined under it, and the one who was refunded gets nothing back.
    assert changes == {
        ("2", "less"),
        ("2", "more"),
        ("4", "less"),
        ("5", "less"),
        ("9", "more"),
    }


def test_a_sweep_is_one_simulation_for_each_point():
    grid = {
        "reply.within": ["10 elapsed minutes", "1 elapsed hour"],
        "fine.amount": ["5 CNY", "7 CNY"],
    }
    found = sweep(POLICY, some(), grid, as_of=LATER).table()
    assert len(found) == 4
    for row in found.to_dicts():
        values = {name: row[name] for name in grid}
        total = simulate(POLICY.changed(values), some(), as_of=LATER).total()
        assert (row["minimum"], row["maximum"]) == (total.minimum, total.maximum)
    by_party = sweep(POLICY, some(), {"fine.amount": ["5 CNY"]}, as_of=LATER, by=["party"]).table()
    assert by_party.columns[:2] == ["fine.amount", "party"]
    assert "1 rows" not in repr(by_party)


def test_what_cannot_be_swept():
    with pytest.raises(PolicyError, match="did you mean 'fine.amount'"):
        sweep(POLICY, some(), {"fin.amount": ["5 CNY"]}, as_of=LATER)
    with pytest.raises(DecisionError, match="0 points"):
        sweep(POLICY, some(), {}, as_of=LATER)
    with pytest.raises(DecisionError, match="at most 10000"):
        sweep(POLICY, some(), {"fine.amount": ["5 CNY"] * 10_001}, as_of=LATER)


def test_what_is_owed_as_time_goes_by():
    instants = [at("02T08:00"), at("02T12:00"), at("03T12:00"), LATER]
    found = accrue(POLICY, some(), reversed(instants)).table()
    assert found["at"].to_list() == instants
    for row in found.to_dicts():
        begun = [case for case in some() if case.events[0].at <= row["at"]]
        totals = [POLICY.evaluate(case, as_of=row["at"]).total() for case in begun]
        expected = add_up(totals)
        assert (row["minimum"], row["maximum"]) == (expected.minimum, expected.maximum)
    assert found["cases"][0] == 0  # nothing has happened yet, so no case is there
    assert found["open_limits"].to_list()[:2] == [0, 0]
    by_party = accrue(POLICY, some(), instants, by=["party"]).table()
    assert by_party.columns[:2] == ["at", "party"]
    with pytest.raises(DecisionError, match="no instant"):
        accrue(POLICY, some(), [])


def test_open_limits_are_those_that_run():
    case = Case("C", {"loss": 0, "grade": "low"}, [Event("registered", at("02T09:00"))])
    found = accrue(POLICY, [case], [at("02T09:10"), LATER]).table()
    assert found["open_limits"].to_list() == [1, 1]
    assert found["maximum"].to_list() == [Decimal("0.00"), Decimal("80.00")]

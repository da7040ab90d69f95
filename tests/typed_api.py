"""The public face as a type checker sees it. Checked by a test, never run."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import assert_type

from complaint_rules import Case, Change, Decision, Event, Interval, Policy, load_policy
from complaint_rules.exploration import NearestChanges, TimeCurve, by_time, nearest_changes
from complaint_rules.reports import Period, Statement, TargetResult, settle, targets
from complaint_rules.simulation import Comparison, Simulation, Sweep, compare, simulate, sweep
from complaint_rules.testing import Scenario, read_scenarios
from complaint_rules.time import Duration, Working, WorkingCalendar


def public_face() -> None:
    policy = load_policy("yundewu-2018")
    assert_type(policy, Policy)
    case = Case("C", {"major": True}, [Event("registered", "2018-07-02T09:00:00+08:00", cause="x")])
    decision = policy.evaluate(case, as_of=datetime.now().astimezone(), engine="native")
    assert_type(decision, Decision)
    assert_type(decision.total("clerk"), Interval)
    assert_type(decision.total().maximum, Decimal | None)
    assert_type(decision.to_json(), str)
    changes = decision.changes_since(decision, across_policies=True)
    assert_type(changes.moved, tuple[Change, ...])
    assert_type(changes.changed[0].id, str)
    assert_type(Decision.from_json("{}"), Decision)
    assert_type(decision.next_change_at, datetime | None)
    assert_type(decision.explain("zh"), str)
    for deadline in decision.deadlines:
        assert_type(deadline.due_at, datetime | None)
        assert_type(deadline.late_by, Duration | None)
        assert_type(deadline.overdue_days, int | None)
    for escalation in decision.escalations:
        assert_type(escalation.to, str)
    for penalty in decision.penalties:
        assert_type(penalty.minimum, Decimal | None)
        assert_type(penalty.referral, str | None)
    calendar = WorkingCalendar("Asia/Shanghai", ["09:00-18:00"])
    assert_type(calendar.between(datetime.now().astimezone(), datetime.now().astimezone()), Working)
    july = Period.month(2018, 7, "Asia/Shanghai")
    assert_type(settle([decision], july), tuple[Statement, ...])
    assert_type(targets(policy, [decision]), tuple[TargetResult, ...])
    assert_type(read_scenarios("x.scenario.yaml").scenarios, tuple[Scenario, ...])
    policy.evaluate(case, as_of="2018-07-02T09:00:00+08:00", engine="rete")  # type: ignore[arg-type]
    decision.explain("fr")  # type: ignore[arg-type]
    found = simulate(policy, [case], as_of="2018-07-03T00:00:00Z", unknown="leave-out")
    assert_type(found, Simulation)
    assert_type(found.total(), Interval)
    assert_type(found.decision("C"), Decision)
    draft = policy.changed({"late-answer.amount": "10 CNY"})
    assert_type(draft, Policy)
    assert_type(compare(policy, draft, [case], as_of="2018-07-03T00:00:00Z"), Comparison)
    grid = {"late-answer.amount": ["10 CNY", "20 CNY"]}
    assert_type(sweep(policy, [case], grid, as_of="2018-07-03T00:00:00Z"), Sweep)
    nearest = nearest_changes(policy, case, as_of="2018-07-03T00:00:00Z")
    assert_type(nearest, NearestChanges)
    curve = by_time(
        policy, case, "delivered", since="2018-07-02T09:00:00Z", until="2018-07-03T09:00:00Z"
    )
    assert_type(curve, TimeCurve)
    assert_type(curve.at_most(100), tuple[tuple[datetime, datetime], ...])

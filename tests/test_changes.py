"""What a host is told between two decisions: what is new, changed, moved and gone, and no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simulated
from complaint_rules import Case, Decision, DecisionError, Event, load_policy, shipped_rulesets
from complaint_rules.testing.strategies import cases
from samples import REPLY, at, case, event, judge, load, only, rules
from test_versions import both

DAILY = (
    REPLY
    + """
parameters:
  rate: {type: money, title: {en: rate}, keys: [grade], table: [{at: [low], value: 5}, {at: [high], value: 7}]}
penalties:
  - {id: late, clause: "2", title: {en: Late}, per: reply, when: deadline.overdue_days > 0,
     amount: rate per overdue day}
  - {id: maybe, clause: "2", title: {en: Maybe}, per: reply, when: urgent, amount: 3.33 CNY per overdue day}
  - {id: from-the-first, clause: "2", title: {en: First}, per: reply, when: deadline.missed,
     amount: 1 CNY per overdue day}
reliefs:
  - {id: back, clause: "3", title: {en: Back}, of: late, when: visits > 0, refunds: 33.3 %}
  - {id: perhaps, clause: "3", title: {en: Perhaps}, of: late, when: distance > 0, refunds: 33.3 %}
escalations:
  - {id: tell, clause: "4", title: {en: Tell}, to: boss, capacity: inform, when: reply.overdue_days > 0}
  - {id: ask, clause: "4", title: {en: Ask}, to: [clerk, boss], capacity: handle, per: registered}
""".replace("        table", "table")
)
DAILY_POLICY = load(DAILY.replace("reclassified", "reclassified"))
STARTED = event("registered", "02T09:00", id="r-1")


def daily(when, *more, **facts):
    given_ = {"grade": "low", "visits": 1} | facts
    return judge(DAILY_POLICY, case(STARTED, *more, **given_), when)


def said(changes) -> dict[str, list[str]]:
    """The rules by what has become of their items."""
    found = {
        "new": rules(changes.new),
        "changed": [change.rule for change in changes.changed],
        "moved": [change.rule for change in changes.moved],
        "gone": rules(changes.gone),
    }
    return {word: names for word, names in found.items() if names}


# Pairs


def test_what_has_changed_is_a_pair():
    changes = daily("02T09:40", event("replied", "02T09:35")).changes_since(daily("02T09:30"))
    (change,) = changes.changed
    assert (change.before.status, change.after.status) == ("pending", "late")
    assert (change.id, change.rule, change.clause) == ("reply/r-1", "reply", "1")
    assert bool(changes)


# The clock


@pytest.mark.parametrize("name", sorted(shipped_rulesets()))
@settings(max_examples=15)
@given(data=st.data())
def test_nothing_has_changed_before_the_next_change(name, data):
    policy = load_policy(name)
    some = data.draw(cases(policy))
    start = min(event.at for event in some.events)
    as_of = start + timedelta(minutes=data.draw(st.integers(0, 60 * 24 * 40)))
    decision = policy.evaluate(some, as_of=as_of, engine="native", check_date=False)
    until = decision.next_change_at or as_of + timedelta(days=400)
    # what changes within a millisecond is announced for its end
    until -= timedelta(milliseconds=1, microseconds=1)
    span = (until - as_of) // timedelta(microseconds=1)
    if span > 0:
        later = as_of + timedelta(microseconds=data.draw(st.integers(0, span)))
        then = policy.evaluate(some, as_of=later, engine="native", check_date=False)
        assert said(then.changes_since(decision)) == {}


@settings(max_examples=40)
@given(simulated.rulesets(), simulated.cases(), st.integers(0, 7), st.integers(1, 5000))
def test_of_any_policy_nothing_has_changed_before_the_next_change(body, some, days, minutes):
    policy = simulated.load(body)
    as_of = at("02T09:00") + timedelta(days=days)
    decision = policy.evaluate(some, as_of=as_of, engine="native", check_date=False)
    until = decision.next_change_at or as_of + timedelta(days=400)
    later = min(
        as_of + timedelta(minutes=minutes), until - timedelta(milliseconds=1, microseconds=1)
    )
    if later > as_of:
        then = policy.evaluate(some, as_of=later, engine="native", check_date=False)
        assert said(then.changes_since(decision)) == {}


@settings(max_examples=40)
@given(simulated.rulesets(), simulated.cases(), st.integers(0, 7), st.integers(0, 6))
def test_at_one_instant_everything_that_differs_is_told(body, some, days, number):
    """Nothing has grown by the clock then: the host has learnt of an event."""
    policy = simulated.load(body)
    left_out = some.events[number].id if number < len(some.events) else None
    fewer = [
        e
        for place, e in enumerate(some.events)
        if place != number and (left_out is None or e.ref != left_out)
    ]
    known = Case(some.id, dict(some.facts), [e for e in fewer if _refers_to_one_of(e, fewer)])
    before, after = (
        policy.evaluate(
            one, as_of=at("02T09:00") + timedelta(days=days), engine="native", check_date=False
        )
        for one in (known, some)
    )
    changes = after.changes_since(before)
    was, now = ({(type(i), i.id): i for i in d.items()} for d in (before, after))
    differ = {key for key in was.keys() & now.keys() if was[key] != now[key]}
    assert {(type(change.after), change.id) for change in changes.changed} == differ
    told = [*changes.new, *(change.after for change in changes.moved)]
    assert {(type(item), item.id) for item in told} == now.keys() - was.keys()
    told = [*changes.gone, *(change.before for change in changes.moved)]
    assert {(type(item), item.id) for item in told} == was.keys() - now.keys()


def _refers_to_one_of(one, events) -> bool:
    return one.ref is None or any(other.id == one.ref for other in events)


def test_what_grows_by_the_clock_alone_is_silent():
    """Overdue by more, fined for more days, and what is taken back of it."""
    earlier, later = daily("03T12:00"), daily("09T13:00")
    assert only(earlier.deadlines, "reply").overdue_days == 1
    assert only(later.deadlines, "reply").overdue_days == 7
    assert [str(d.total("department")) for d in (earlier, later)] != ["0", "0"]
    assert [str(only(d.reliefs, "back").maximum) for d in (earlier, later)] == ["1.67", "11.66"]
    assert {item.rule for item in later.undetermined} == {"maybe", "perhaps"}
    assert said(later.changes_since(earlier)) == {}
    assert not later.changes_since(earlier)


def test_a_daily_amount_that_leaves_nothing_is_told_once():
    same_day, next_day, later = daily("02T12:00"), daily("03T12:00"), daily("04T12:00")
    assert str(only(same_day.penalties, "from-the-first").amount) == "0"
    changes = next_day.changes_since(same_day)
    assert "from-the-first" in said(changes)["changed"]
    assert "late" in said(changes)["new"]
    assert said(later.changes_since(next_day)) == {}


@pytest.mark.parametrize(
    ("facts", "changed"),
    [
        ({"grade": "high"}, ["late", "back", "perhaps"]),  # another amount for each day
        ({"visits": 2}, ["back"]),  # the reason reads another value
    ],
)
def test_what_grows_for_another_reason_too_is_told(facts, changed):
    found = said(daily("05T12:00", **facts).changes_since(daily("03T12:00")))
    assert found == {"changed": changed}


def test_fewer_days_because_the_work_was_done_earlier_than_known_are_told():
    """Three days instead of five, in proportion: it is late now, and grows no more."""
    found = daily("07T13:00", event("replied", "05T09:00")).changes_since(daily("07T12:00"))
    assert said(found) == {
        "changed": ["reply", "tell", "late", "from-the-first", "back", "maybe", "perhaps"]
    }


# Who has it


def test_another_party_is_a_move():
    was, now = (
        daily("02T12:00", department=party, clerk="Li") for party in ("Sales", "Service/North")
    )
    changes = now.changes_since(was)
    assert said(changes) == {"moved": ["reply", "from-the-first", "maybe"]}
    assert [(c.before.party, c.after.party) for c in changes.moved] == [
        ("Sales", "Service/North")
    ] * 3
    assert changes.moved[0].before.id == "reply/r-1/Sales"
    assert changes.moved[0].id == "reply/r-1/Service%2FNorth"
    back = replace(was, as_of=now.as_of).changes_since(now)
    assert [(c.before.party, c.after.party) for c in back.moved] == [("Service/North", "Sales")] * 3


def test_an_escalation_goes_to_whoever_has_the_role_now():
    was, now = daily("02T09:10", clerk="Li"), daily("02T09:20", clerk=["Zhao", "Qian"])
    changes = now.changes_since(was)
    assert said(changes) == {"moved": ["ask"], "new": ["ask"]}
    (move,) = changes.moved
    assert (move.before.party, move.after.party) == ("Li", "Zhao")
    assert (changes.new[0].to, changes.new[0].party) == ("clerk", "Qian")


def test_who_stays_has_not_moved():
    was, now = daily("02T09:10", clerk=["Li", "Zhao"]), daily("02T09:20", clerk=["Zhao", "Qian"])
    changes = now.changes_since(was)
    assert said(changes) == {"moved": ["ask"]}
    assert (changes.moved[0].before.party, changes.moved[0].after.party) == ("Li", "Qian")


def test_a_relief_moves_with_its_penalty():
    was, now = (daily("05T12:00", department=party) for party in ("A", "B"))
    moved = said(now.changes_since(was))["moved"]
    assert {"late", "back", "perhaps"} <= set(moved)
    assert set(said(now.changes_since(was))) == {"moved"}


# Another version


RUNNING = Case(
    "C",
    {"visits": 9},
    [Event("registered", "2018-07-31T23:00:00+08:00", id="r-1")],
)


def test_a_version_that_takes_over_renames_nothing():
    versions = both("new-duties")
    before, after = (
        versions.evaluate(RUNNING, as_of=f"2018-{when}:00+08:00", engine="native")
        for when in ("07-31T23:20", "08-01T00:00")
    )
    assert rules(after.deadlines) == ["reply@1", "visit@1"]
    assert [item.id for item in after.deadlines] == ["reply/r-1", "visit/r-1"]
    changes = after.changes_since(before)
    # overdue by then, and fined by the new version
    assert said(changes) == {"changed": ["reply@1"], "new": ["late"]}
    quiet = versions.evaluate(RUNNING, as_of="2018-07-31T23:40:00+08:00", engine="native")
    assert said(after.changes_since(quiet)) == {"changed": ["late"]}
    (fine,) = after.changes_since(quiet).changed
    assert (str(fine.before.amount), str(fine.after.amount)) == ("10", "99")


def test_ids_with_a_version_as_earlier_versions_of_the_library_gave_them_are_found_again():
    after = both("new-duties").evaluate(RUNNING, as_of="2018-08-01T00:10:00+08:00", engine="native")

    def old(text: str) -> str:
        return text.replace("reply/", "reply@1/").replace("visit/", "visit@1/")

    stored = replace(
        after,
        deadlines=tuple(replace(item, id=old(item.id)) for item in after.deadlines),
        penalties=tuple(
            replace(item, id=old(item.id), occurrence=old(item.occurrence))
            for item in after.penalties
        ),
    )
    assert said(after.changes_since(stored)) == {"moved": ["reply@1", "visit@1", "late"]}


# What is refused


def test_a_later_decision_is_refused():
    with pytest.raises(DecisionError, match=r"after this one.*: ask the later one"):
        daily("02T09:10").changes_since(daily("02T09:20"))
    assert not daily("02T09:10").changes_since(daily("02T09:10"))


def test_a_decision_by_an_edited_policy_is_refused_unless_asked_for():
    edited = load(DAILY.replace("amount: 1 CNY", "amount: 2 CNY"))
    was = daily("03T12:00")
    now = judge(edited, case(STARTED, grade="low", visits=1), "03T12:00")
    with pytest.raises(DecisionError, match=r"edited.*across_policies=True"):
        now.changes_since(was)
    changes = now.changes_since(was, across_policies=True)
    assert said(changes) == {"changed": ["from-the-first"]}
    other = judge(edited, Case("D", {}, [STARTED]), "03T12:00")
    with pytest.raises(DecisionError, match="compare decisions on one case"):
        other.changes_since(was, across_policies=True)


def test_versions_are_no_edits():
    """What governs a case may change with its date, too."""
    combined = both("new-duties").evaluate(
        RUNNING, as_of="2018-08-01T00:10:00+08:00", engine="native"
    )
    later = Case("C", {"visits": 9}, [Event("registered", "2018-08-01T00:00:00+08:00", id="r-1")])
    own = both("new-duties").evaluate(later, as_of="2018-08-01T00:10:00+08:00", engine="native")
    assert combined.policy_version == own.policy_version == "2"
    assert combined.policy_hash != own.policy_hash
    assert own.changes_since(combined)
    edited = replace(own, policy_hash="0" * 16)
    with pytest.raises(DecisionError, match="edited"):
        edited.changes_since(combined)


def test_a_stored_decision_is_compared_as_a_fresh_one():
    was, now = daily("02T12:00", department="A"), daily("05T12:00", department="B")
    stored = Decision.from_json(was.to_json())
    assert now.changes_since(stored) == now.changes_since(was)

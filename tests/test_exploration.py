"""What if: curves over time and nearest changes are what judging the changed case gives."""

from __future__ import annotations

import pickle
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import strategies
from complaint_rules import Case, CaseError, DecisionError, Event, MoneyError, load_policy
from complaint_rules.exploration import by_time, nearest_changes
from complaint_rules.exploration.judge import MINUTE, first_past
from complaint_rules.exploration.outcome import moved, outcome, with_event
from samples import REPLY, ROOT, at, case, event, load

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
FINED = (
    REPLY
    + """
penalties:
  - {id: fine, clause: "2", title: {en: Fine, zh: 罚款}, per: reply, when: deadline.missed, amount: 20-50 CNY}
  - {id: daily, clause: "3", title: {en: Daily}, per: reply, when: deadline.overdue_days > 0,
     amount: 10 CNY per overdue day}
  - {id: costly, clause: "4", title: {en: Costly}, against: clerk, when: loss > 100, amount: 5 CNY}
  - {id: graded, clause: "5", title: {en: Graded}, against: clerk, when: grade == 'low', amount: 1 CNY}
escalations:
  - {id: again, clause: "6", title: {en: Again}, to: boss, capacity: handle, when: complained_again.count >= 2}
"""
)
LATE = case(event("registered", "02T09:00"), event("replied", "02T09:44"), loss=100, grade="high")


def test_answered_fourteen_minutes_earlier_no_fine():
    changes = nearest_changes(load(FINED), LATE, as_of=at("04T12:00"))
    first = changes[0]
    assert (first.kind, first.name, first.by) == ("earlier", "replied", timedelta(minutes=14))
    assert first.exact
    assert first.explain("en") == (
        "“replied” 14 min earlier (2018-07-02 09:30): no “Fine 2” 20–50 CNY: department; "
        "in all 0 CNY (not 20–50 CNY)"
    )
    assert first.explain("zh") == (
        "“回复”提前14分钟（2018-07-02 09:30）：不再适用“罚款 2”20–50 元：部门；合计0 元（原为20–50 元）"
    )


def test_later_a_day_more_and_facts_and_counts():
    changes = nearest_changes(load(FINED), LATE, as_of=at("04T12:00"))
    found = {(one.kind, one.name, str(one.becomes)): one for one in changes}
    later = next(one for one in changes if (one.kind, one.name) == ("later", "replied"))
    assert later.becomes == at("03T00:00")  # the first instant of the next date
    assert ("penalty", "daily", None, Decimal("10.00"), Decimal("10.00"), 1) in later.new
    assert found["fact", "loss", "100.01"].new == (
        ("penalty", "costly", None, Decimal("5.00"), Decimal("5.00"), 1),
    )
    assert ("fact", "grade", "low") in found
    assert ("fact", "grade", "middle") not in found  # changes nothing
    assert ("more", "complained_again", str(at("04T12:00"))) not in found  # one is not enough
    assert any((one.kind, one.name) == ("fewer", "replied") for one in changes)


def test_one_more_repeat_complaint_to_the_department_head():
    again = case(*LATE.events, event("complained_again", "02T10:00"))
    changes = nearest_changes(load(FINED), again, as_of=at("04T12:00"))
    more = next(one for one in changes if one.kind == "more")
    assert more.name == "complained_again"
    assert ("escalation", "again", None, "boss", 1) in more.new
    assert "“Again 6”: boss" in more.explain()


def test_comparisons_of_two_names_are_searched_and_say_so():
    policy = load(
        FINED + "charges:\n  - {id: c, clause: '7', title: {en: C}, cost: loss, borne_by: clerk,"
        " when: replied.last_at > wanted_at}\n"
    )
    wanted = case(*LATE.events, loss=100, grade="high", wanted_at="2018-07-02T09:40:00+08:00")
    changes = nearest_changes(policy, wanted, as_of=at("04T12:00"))
    first = changes[0]
    assert (first.name, first.becomes, first.exact) == ("replied", at("02T09:40"), False)
    assert first.explain().endswith("(searched for)")
    facts = [one for one in changes if one.kind == "fact" and one.name == "loss"]
    assert all(one.exact for one in facts)


def test_which_reply_times_keep_the_total_at_or_below_100():
    policy = load(FINED)
    curve = by_time(policy, LATE, "replied", since=at("02T08:00"), until=at("20T12:00"))
    assert curve.exact
    keeps = curve.at_most(100)
    # Before the complaint a reply ends nothing; then until the fifth date overdue.
    assert keeps == ((at("02T09:00"), at("08T00:00") - timedelta(microseconds=1)),)
    for first, last in keeps:
        for moment in (first, last):
            changed = with_event(LATE, LATE.events[1], moved(LATE.events[1], moment))
            total = policy.evaluate(changed, as_of=at("20T12:00")).total()
            assert total.maximum is not None
            assert total.maximum <= 100
    with pytest.raises(MoneyError, match="is not an amount"):
        curve.at_most(99.5)


def test_an_event_that_has_not_happened_is_tried_too():
    policy = load(FINED)
    unanswered = case(event("registered", "02T09:00"), loss=100, grade="high")
    curve = by_time(policy, unanswered, "replied", since=at("02T09:00"), until=at("02T12:00"))
    assert [(piece.last, str(piece.total)) for piece in curve.pieces] == [
        (at("02T09:30"), "0"),
        (at("02T12:00"), "20–50"),
    ]
    assert curve.pieces[1].clauses == ("2",)


def test_what_cannot_be_asked():
    policy = load(FINED)
    with pytest.raises(CaseError, match="did you mean 'replied'"):
        by_time(policy, LATE, "repleid", since=at("02T08:00"), until=at("03T12:00"))
    twice = case(*LATE.events, event("replied", "02T11:00"))
    with pytest.raises(CaseError, match="give the one that is meant"):
        by_time(policy, twice, "replied", since=at("02T08:00"), until=at("03T12:00"))
    curve = by_time(policy, twice, twice.events[2], since=at("02T08:00"), until=at("02T12:00"))
    assert curve.event == "replied"
    with pytest.raises(DecisionError, match="swap them"):
        by_time(policy, LATE, "replied", since=at("03T08:00"), until=at("02T12:00"))


@pytest.fixture
def judged(monkeypatch):
    """Counts how often a case is judged."""
    from complaint_rules.judging.evaluator import Evaluator

    counted = []
    evaluate = Evaluator.evaluate
    monkeypatch.setattr(
        Evaluator, "evaluate", lambda *args, **more: counted.append(1) or evaluate(*args, **more)
    )
    return counted


def of_times(changes):
    return [(change.kind, change.name, change.by) for change in changes if change.by is not None]


def test_days_overdue_that_decide_nothing_are_not_tried_one_by_one(judged):
    """An open limit is one day more overdue on each day of ten years, whatever is moved."""
    policy = load_policy("nanjing-cable-2007")
    file = ROOT / "examples/cases/late-repair.json"
    repair = Case.from_json(file.read_text(encoding="utf-8"))
    soon = nearest_changes(policy, repair, as_of="2007-06-10T00:00:00+08:00")
    judged.clear()
    late = nearest_changes(policy, repair, as_of="2017-06-10T00:00:00+08:00")
    assert len(judged) < 600  # 333,000 day by day
    assert len(of_times(late)) == 3
    assert of_times(late) == of_times(soon)
    for change in late:
        if change.by is not None:
            (moving,) = (one for one in repair.events if one.type == change.name)
            for share in range(50):
                when = moving.at + (change.becomes - moving.at) * share / 50
                again = with_event(repair, moving, moved(moving, when))
                decision = policy.evaluate(
                    again, as_of="2017-06-10T00:00:00+08:00", engine="native"
                )
                assert outcome(decision) == outcome(change.before)


@pytest.mark.parametrize(
    ("condition", "days"),
    [
        ("deadline.overdue_days > 30", 31),
        ("deadline.overdue_days >= 30", 30),
        ("deadline.overdue_days == 30", 30),
        ("deadline.overdue_days in (40, 30)", 30),
        ("not deadline.overdue_days <= 30 and deadline.overdue_days < 33", 31),
        ("deadline.overdue_days > visits", 8),
    ],
)
def test_days_overdue_that_a_condition_compares_are_found(condition, days):
    policy = load(
        REPLY
        + f"""
escalations:
  - {{id: far, clause: "2", title: {{en: Far}}, per: reply, when: "{condition}", to: boss, capacity: inform}}
"""
    )
    the_case = case(event("registered", "02T09:00"), event("replied", "02T10:00"), visits=7)
    changes = nearest_changes(policy, the_case, as_of="2019-07-02T09:00:00+08:00")
    (later,) = (change for change in changes if (change.kind, change.name) == ("later", "replied"))
    assert later.becomes == at("02T00:00") + timedelta(days=days)
    assert later.exact is ("visits" not in condition)


def test_a_search_that_is_cut_says_what_was_not_tried(monkeypatch, judged):
    from complaint_rules.exploration import nearest

    policy, the_case = (
        load(FINED),
        case(
            *LATE.events,
            *(Event("complained_again", at("02T10:00") + timedelta(minutes=n)) for n in range(8)),
            loss=100,
            grade="high",
        ),
    )
    as_of = at("20T12:00")
    everything = nearest_changes(policy, the_case, as_of=as_of)
    assert everything.is_complete
    assert len(everything.untried) == 0
    assert "not all is known" not in everything.explain()
    assert str(everything) == "\n".join(map(str, everything))
    monkeypatch.setattr(nearest, "FEWEST_TRIED", 30)
    monkeypatch.setattr(nearest, "MOST_TRIED", 0)
    judged.clear()
    some = nearest_changes(policy, the_case, as_of=as_of)
    assert len(judged) < 2 * 30 + 60  # an instant that is being looked for is still found
    assert not some.is_complete
    assert 0 < len(some) < len(everything)
    # What is given is right, and what is missing is named.
    named = {(untried.kind, untried.name, untried.was) for untried in some.untried}
    for change in everything:
        was = change.was if change.kind not in ("fact", "more") else None
        assert change in some or (change.kind, change.name, was) in {
            (kind, name, None if kind in ("fact", "more") else when) for kind, name, when in named
        }
    assert set(some) <= set(everything)
    assert "not all is known, since the case has very many events; left out: " in some.explain()
    assert "未试完：" in some.explain("zh")
    assert pickle.loads(pickle.dumps(some)).untried == some.untried


def test_up_to_where_a_time_was_tried_nothing_changes(monkeypatch):
    from complaint_rules.exploration import nearest

    monkeypatch.setattr(nearest, "FEWEST_TRIED", 200)
    monkeypatch.setattr(nearest, "MOST_TRIED", 0)
    the_case = case(
        *LATE.events,
        *(Event("complained_again", at("02T10:00") + timedelta(minutes=n)) for n in range(30)),
    )
    policy, as_of = load(FINED), at("20T12:00")
    times = [
        untried
        for untried in nearest_changes(policy, the_case, as_of=as_of).untried
        if untried.kind in ("earlier", "later")
    ]
    assert any(untried.tried_to != untried.was for untried in times)
    own = outcome(policy.evaluate(the_case, as_of=as_of, engine="native"))
    for untried in times:
        (moving,) = (
            one for one in the_case.events if (one.type, one.at) == (untried.name, untried.was)
        )
        for share in range(5):
            when = moving.at + (untried.tried_to - moving.at) * share / 4
            changed = with_event(the_case, moving, moved(moving, when))
            assert outcome(policy.evaluate(changed, as_of=as_of, engine="native")) == own


def test_the_longest_case_there_may_be_is_answered(monkeypatch):
    from complaint_rules.exploration import nearest

    monkeypatch.setattr(nearest, "FEWEST_TRIED", 4)
    events = [Event("registered", at("02T09:00") + timedelta(minutes=n)) for n in range(2_000)]
    changes = nearest_changes(load(REPLY), case(*events), as_of=at("20T12:00"))
    assert {untried.kind for untried in changes.untried} >= {"earlier", "later", "more", "fewer"}


@given(st.integers(0, 10**12), st.integers(1, 10**10), st.data())
def test_the_instant_of_a_change_is_found_to_the_microsecond(low, length, data):
    minutes = st.integers(low // MINUTE + 1, (low + length) // MINUTE + 1)
    near_minutes = st.builds(
        lambda minute, step: minute * MINUTE + step, minutes, st.integers(-1, 1)
    )
    begins = data.draw(st.one_of(st.integers(low + 1, low + length), near_minutes))
    begins = min(max(begins, low + 1), low + length)
    tried = []
    past = first_past(low, low + length, lambda at: tried.append(at) or at >= begins)
    assert past == begins
    assert all(low < at < low + length for at in tried)
    assert len(tried) < 45


@settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
@given(strategies.rulesets(), strategies.cases(), st.data())
def test_a_curve_is_what_each_time_gives(body, the_case, data):
    policy = load(body)
    since, until = at("02T08:00"), at("05T12:00")
    events = [one for one in the_case.events if one.type == "replied"]
    pattern = events[0] if events else Event("replied", since)
    curve = by_time(policy, the_case, pattern, since=since, until=until)
    assert curve.pieces[0].first == since
    assert curve.pieces[-1].last == until
    for _ in range(5):
        when = data.draw(st.datetimes(since.replace(tzinfo=None), until.replace(tzinfo=None)))
        when = when.replace(tzinfo=since.tzinfo)
        (piece,) = [one for one in curve.pieces if one.first <= when <= one.last]
        changed = with_event(the_case, events[0] if events else None, moved(pattern, when))
        decision = policy.evaluate(changed, as_of=until, engine="native", check_date=False)
        assert outcome(decision) == outcome(piece.decision), when


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(strategies.rulesets(), strategies.cases(), strategies.instants, st.data())
def test_no_smaller_change_of_a_time_changes_anything(body, the_case, as_of, data):
    policy = load(body)
    before = policy.evaluate(the_case, as_of=as_of, engine="native", check_date=False)
    for change in nearest_changes(policy, the_case, as_of=as_of):
        assert outcome(change.after) != outcome(before)
        if change.by is None:
            continue
        sign = -1 if change.kind == "earlier" else 1
        found = [one for one in the_case.events if one.type == change.name and one.at == change.was]
        share = data.draw(st.floats(0, 1, exclude_max=True))
        smaller = timedelta(microseconds=int(change.by / timedelta(microseconds=1) * share))
        changed = with_event(the_case, found[0], moved(found[0], found[0].at + sign * smaller))
        if len(found) == 1 and smaller < change.by:
            again = policy.evaluate(changed, as_of=as_of, engine="native", check_date=False)
            assert outcome(again) == outcome(before), (change, smaller)


@pytest.mark.parametrize("name", ["yundewu-2018", "nanjing-cable-2007"])
def test_drafts_are_policies_with_other_values(name):
    policy = load_policy(name)
    for rule in policy.ruleset.rules():
        changes = {f"{rule.id}.title": {"zh": "新", "en": "New"}, f"{rule.id}.clause": rule.clause}
        draft = policy.changed(changes)
        assert draft.rule(rule.id).title["en"] == "New"
        assert [one.id for one in draft.ruleset.rules()] == [
            one.id for one in policy.ruleset.rules()
        ]
        assert draft.rule(rule.id).condition == rule.condition
        assert draft.hash != policy.hash


def test_a_value_that_does_not_fit_is_refused_with_its_line():
    policy = load_policy("yundewu-2018")
    with pytest.raises(Exception, match=r"\.yaml:\d+: \[deliver\].*'soon' is not a duration"):
        policy.changed({"deliver.within": "soon"})
    with pytest.raises(Exception, match=r"did you mean 'deliver.within'"):
        policy.changed({"delivr.within": "1 calendar day"})
    with pytest.raises(Exception, match="parameter 'nope' is not declared"):
        policy.changed({"nope": 3})
    assert policy.changed({"at_once": "10 elapsed minutes"}).hash != policy.hash


def test_what_is_searched_for_is_not_called_exact():
    """Limits that start on some dates only, and events of one instant, change the answer between
    the instants that are looked at.
    """
    body = REPLY + "    in_force: {from: 2018-07-01}\n"
    the_case = case(event("registered", "02T09:00"), event("replied", "02T10:00"))
    times = {"since": at("02T08:00"), "until": at("02T12:00")}
    assert by_time(load(REPLY), the_case, "replied", **times).exact
    assert not by_time(load(body), the_case, "replied", **times).exact
    together = case(event("registered", "02T09:00"), event("replied", "02T09:00"))
    assert not by_time(load(REPLY), together, "replied", **times).exact

"""Several versions of one policy: which governs a case, and what becomes of running duties."""

from __future__ import annotations

import pickle

import pytest

from complaint_rules import Case, Event, Policy, PolicyError, PolicyNotInForce, load_versions
from complaint_rules.versions import PolicyVersions
from samples import HEAD, only, rules

ONE = """
parameters:
  limit: {type: duration, title: {en: limit}, value: 30 elapsed minutes}
  threshold: {type: int, title: {en: threshold}, value: 1}
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: department, starts: registered,
     when: visits >= threshold, within: limit, ends: replied}
  - {id: visit, clause: "1", title: {en: Visit}, duty_of: clerk, starts: registered,
     within: 1 elapsed hour, ends: answered}
penalties:
  - {id: late, clause: "2", title: {en: Late}, per: reply, when: deadline.missed, amount: 10 CNY}
"""
TWO = """
parameters:
  limit: {type: duration, title: {en: limit}, value: 2 elapsed hours}
  threshold: {type: int, title: {en: threshold}, value: 5}
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: boss, starts: [registered, complained_again],
     when: visits >= threshold, within: limit, ends: replied}
penalties:
  - {id: late, clause: "2", title: {en: Late}, per: reply, when: deadline.missed, amount: 99 CNY}
"""


def version(name: str, since: str, body: str, running: str = "stay", until: str = "") -> Policy:
    effective = f"{{from: {since}, by: registered, running_cases: {running}{until}}}"
    head = HEAD.replace("{from: 2018-01-01, by: registered}", effective)
    return (
        Policy(head.replace("source:", f"version: '{name}'\nsource:"), "x")
        if not body
        else (
            Policy(head.replace("source:", f"version: '{name}'\nsource:") + body, f"v{name}.yaml")
        )
    )


def both(running: str = "stay") -> PolicyVersions:
    return PolicyVersions(
        [version("2", "2018-08-01", TWO, running), version("1", "2018-01-01", ONE)]
    )


def at(text: str) -> str:
    return f"2018-{text}:00+08:00"


def case(*events: tuple[str, str], **facts) -> Case:
    return Case("C", {"visits": 9} | facts, [Event(type_, at(when)) for type_, when in events])


def judged(versions, the_case, when):
    return versions.evaluate(the_case, as_of=at(when), engine="native")


# Which version


@pytest.mark.parametrize(
    ("registered", "expected"),
    [("01-01T00:00", "1"), ("07-31T23:59", "1"), ("08-01T00:00", "2"), ("12-31T23:59", "2")],
)
def test_the_version_of_the_case_is_that_of_its_registration(registered, expected):
    decision = judged(both(), case(("registered", registered)), "12-31T23:59")
    assert decision.policy_version == expected


def test_the_date_is_on_the_clock_of_the_policy():
    """In UTC it is still July."""
    the_case = Case("C", {}, [Event("registered", "2018-07-31T16:30:00+00:00")])
    assert both().version_for(the_case, as_of=at("09-01T00:00")).version == "2"


def test_a_case_without_a_date_is_of_the_version_of_the_moment():
    versions = both()
    assert judged(versions, case(), "07-01T00:00").policy_version == "1"
    assert judged(versions, case(), "09-01T00:00").policy_version == "2"
    # a registration that lies ahead dates nothing yet
    later = case(("registered", "08-05T09:00"))
    assert judged(versions, later, "07-01T00:00").policy_version == "1"


def test_before_the_first_and_after_the_last_version_none_is_in_force():
    with pytest.raises(PolicyNotInForce, match="versions from 2018-01-01 until now"):
        judged(
            both(), Case("C", {}, [Event("registered", "2017-12-31T23:59:00+08:00")]), "09-01T00:00"
        )
    ended = PolicyVersions([version("1", "2018-01-01", ONE, until=", until: 2018-06-30")])
    with pytest.raises(PolicyNotInForce, match="until 2018-06-30"):
        judged(ended, case(("registered", "07-01T09:00")), "09-01T00:00")


def test_between_two_versions_there_may_be_none():
    versions = PolicyVersions(
        [
            version("1", "2018-01-01", ONE, until=", until: 2018-06-30"),
            version("2", "2018-08-01", TWO),
        ]
    )
    assert (
        judged(versions, case(("registered", "06-30T09:00")), "09-01T00:00").policy_version == "1"
    )
    with pytest.raises(PolicyNotInForce):
        judged(versions, case(("registered", "07-01T09:00")), "09-01T00:00")


def test_another_event_can_date_the_case():
    two = version("2", "2018-08-01", TWO)
    closing = Policy(
        HEAD.replace("by: registered", "by: replied").replace("source:", "version: '1'\nsource:")
        + ONE,
        "v1.yaml",
    )
    versions = PolicyVersions([closing, two])
    assert judged(versions, case(("replied", "07-20T09:00")), "09-01T00:00").policy_version == "1"


# Running cases


def test_a_case_stays_under_its_version_unless_the_new_one_says_otherwise():
    the_case = case(("registered", "07-31T23:00"), ("complained_again", "08-02T09:00"))
    decision = judged(both(), the_case, "08-02T12:00")
    assert decision.policy_version == "1"
    assert (only(decision.deadlines, "reply").duty_of, str(decision.total())) == (
        "department",
        "10",
    )


def test_duties_that_began_before_stay_and_later_ones_are_new():
    the_case = case(("registered", "07-31T23:00"), ("complained_again", "08-02T09:00"))
    versions = both("new-duties")
    before = judged(versions, the_case, "07-31T23:20")
    assert (before.policy_version, rules(before.deadlines)) == ("1", ["reply", "visit"])
    after = judged(versions, the_case, "08-02T12:00")
    assert after.policy_version == "2"
    assert [(i.rule, i.duty_of, i.status) for i in after.deadlines] == [
        ("reply@1", "department", "overdue"),
        ("reply", "boss", "overdue"),
        ("visit@1", "clerk", "overdue"),
    ]
    due = {item.rule: item.due_at.isoformat() for item in after.deadlines}
    assert due["reply@1"] == "2018-07-31T23:30:00+08:00"  # the limit of version 1
    assert due["reply"] == "2018-08-02T11:00:00+08:00"  # the limit of version 2
    assert [str(item.amount) for item in after.penalties] == ["99", "99"]
    assert "Reply" in after.explain("en")


def test_parameters_of_earlier_duties_keep_their_values():
    """Three visits are enough for a duty of version 1, and too few for one of version 2."""
    the_case = case(("registered", "07-31T23:00"), ("complained_again", "08-02T09:00"), visits=3)
    decision = judged(both("new-duties"), the_case, "08-02T12:00")
    assert rules(decision.deadlines) == ["reply@1", "visit@1"]
    none = case(("registered", "07-31T23:00"), visits=0)
    assert rules(judged(both("new-duties"), none, "08-02T12:00").deadlines) == ["visit@1"]


def test_what_begins_on_the_first_day_is_new():
    the_case = case(("registered", "07-31T23:59"), ("registered", "08-01T00:00"))
    decision = judged(both("new-duties"), the_case, "08-02T12:00")
    assert rules(decision.deadlines) == ["reply@1", "reply", "visit@1"]


def test_a_new_version_can_take_over_everything():
    the_case = case(("registered", "07-31T23:00"))
    versions = both("all")
    assert judged(versions, the_case, "07-31T23:59").policy_version == "1"
    decision = judged(versions, the_case, "08-01T00:30")
    assert (decision.policy_version, rules(decision.deadlines)) == ("2", ["reply"])
    assert only(decision.deadlines, "reply").due_at.isoformat() == "2018-08-01T01:00:00+08:00"


def test_duties_of_three_versions_in_one_case():
    """What began under the second version stays under the second when the third takes over."""
    three = TWO.replace("2 elapsed hours", "3 elapsed hours").replace("99 CNY", "77 CNY")
    versions = PolicyVersions(
        [
            version("1", "2018-01-01", ONE),
            version("2", "2018-08-01", TWO, "new-duties"),
            version("3", "2018-09-01", three, "new-duties"),
        ]
    )
    the_case = case(
        ("registered", "07-31T23:00"),
        ("complained_again", "08-02T09:00"),
        ("complained_again", "09-01T00:00"),
    )
    decision = judged(versions, the_case, "09-02T12:00")
    due = {item.rule: item.due_at.strftime("%m-%d %H:%M") for item in decision.deadlines}
    assert due == {
        "reply@1": "07-31 23:30",
        "reply@2": "08-02 11:00",
        "reply": "09-01 03:00",
        "visit@1": "08-01 00:00",
    }
    assert str(decision.total()) == "231"
    ids = [(type(item), item.id) for item in decision.items()]
    assert len(set(ids)) == len(ids)
    stays = PolicyVersions(
        [
            version("1", "2018-01-01", ONE),
            version("2", "2018-08-01", TWO),
            version("3", "2018-09-01", three, "new-duties"),
        ]
    )
    assert rules(judged(stays, the_case, "08-20T00:00").deadlines) == ["reply", "visit"]
    assert rules(judged(stays, the_case, "09-02T12:00").deadlines) == [
        "reply@1",
        "reply",
        "visit@1",
    ]


@pytest.mark.parametrize(
    ("running", "change"),
    [
        ("stay", None),
        ("new-duties", "2018-08-01T00:00:00+08:00"),
        ("all", "2018-08-01T00:00:00+08:00"),
    ],
)
def test_the_next_change_is_a_version_that_takes_over(running, change):
    the_case = case(
        ("registered", "07-20T09:00"), ("replied", "07-20T09:10"), ("answered", "07-20T09:20")
    )
    found = judged(both(running), the_case, "07-25T09:00").next_change_at
    assert (found and found.isoformat()) == change
    # what falls due before it comes first
    open_ = case(("registered", "07-25T08:50"))
    assert (
        judged(both(running), open_, "07-25T09:00")
        .next_change_at.isoformat()
        .startswith("2018-07-25T09:20")
    )


def test_a_completion_of_an_earlier_duty_is_no_odd_input():
    the_case = case(
        ("registered", "07-31T23:00"),
        ("replied", "07-31T23:10"),
        ("complained_again", "08-02T09:00"),
        ("replied", "08-02T09:10"),
    )
    assert judged(both("new-duties"), the_case, "08-02T12:00").notes == ()


def test_both_engines_agree_about_running_cases():
    pytest.importorskip("durable.engine")
    the_case = case(("registered", "07-31T23:00"), ("complained_again", "08-02T09:00"))
    native, durable = (
        both("new-duties").evaluate(the_case, as_of=at("08-02T12:00"), engine=engine)
        for engine in ("native", "durable")
    )
    assert not native.changes_since(durable)


# Replay


def test_a_past_decision_is_replayed_byte_for_byte():
    """Adding a version changes nothing about what was decided before it was in force."""
    the_case = case(("registered", "07-02T09:00"), ("complained_again", "07-02T12:00"))
    alone = PolicyVersions([version("1", "2018-01-01", ONE)])
    decided = judged(alone, the_case, "07-03T00:00").to_json()
    for running in ("stay", "new-duties", "all"):
        assert judged(both(running), the_case, "07-03T00:00").to_json() == decided
        again = pickle.loads(pickle.dumps(both(running)))
        assert judged(again, the_case, "07-03T00:00").to_json() == decided


# What does not fit together


def test_versions_that_do_not_fit_are_refused():
    one = version("1", "2018-01-01", ONE)
    other = Policy(HEAD.replace("policy: sample", "policy: other") + ONE, "other.yaml")
    overlapping = version("2", "2018-06-01", TWO)
    long = version("1", "2018-01-01", ONE, until=", until: 2018-12-31")
    for policies, message in [
        ([], "no versions"),
        ([one, other], "versions of several policies, other, sample"),
        ([one, version("1", "2018-06-01", TWO)], "version 1 is there twice"),
        ([one, version("2", "2018-01-01", TWO)], "both in force on 2018-01-01"),
        ([long, overlapping], "both in force on 2018-06-01"),
    ]:
        with pytest.raises(PolicyError, match=message):
            PolicyVersions(policies)


def test_versions_are_loaded_from_files(tmp_path):
    head = HEAD.replace("from: 2018-01-01", "from: 2018-08-01").replace(
        "source:", "version: '2'\nsource:"
    )
    (tmp_path / "one.yaml").write_text(HEAD + ONE, encoding="utf-8")
    (tmp_path / "two.yaml").write_text(head + TWO, encoding="utf-8")
    versions = load_versions([tmp_path / "two.yaml", tmp_path / "one.yaml"])
    assert repr(versions) == "<PolicyVersions sample 1, 2>"
    assert versions.id == "sample"


def test_a_ruleset_worked_out_from_others_is_not_pickled_by_itself():
    versions = both("new-duties")
    combined = versions._paths[0][1]
    with pytest.raises(TypeError, match="pickle those it is made from"):
        pickle.dumps(combined)

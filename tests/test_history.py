"""Counts over the history of a party: given, incomplete, absent, and wrong."""

from __future__ import annotations

import pytest

from complaint_rules import Case, CaseError, Decision, DecisionError, Event, History, HistoryEntry
from complaint_rules.errors import NaiveDatetime
from samples import at, case, judge, line_of, load, rules, the_problem
from test_counts import MORE, NOW, day, decided

COUNTS = "n: {of: offence, same: clerk, within: 12 calendar months, over: history}"


def policy(counts: str = COUNTS, when: str = "n == 3", per: str = "per: offence,"):
    return load(
        f"""
counts:
  {counts}
penalties:
  - {{id: late-fine, clause: "1", title: {{en: Fine}}, against: clerk, amount: 100 CNY, {per}
     when: "{when}"}}
""",
        head=MORE,
    )


def entry(when: str, kind: str = "offence", clerk: str = "Li", **data):
    return HistoryEntry(kind, f"{when}T09:00:00+08:00", clerk=clerk, **data)


def outcome(judged, some, history, when: str = NOW):
    """Whether the one rule applies; None while that is unknown."""
    decision = decided(judged, some, when, history=history)
    if decision.undetermined:
        return None
    return bool(decision.penalties)


LI = case(day("2026-02-01"), clerk="Li")


@pytest.mark.parametrize(
    ("days", "applies"),
    [
        ([], False),
        (["2025-02-01", "2025-06-01"], True),  # the anniversary counts
        (["2025-01-31", "2025-06-01"], False),  # a day earlier does not
        (["2025-05-01", "2025-06-01", "2025-07-01"], False),  # it is the fourth
        (["2025-06-01", "2026-02-02"], False),  # what came later does not count
    ],
)
def test_the_third_of_a_party_in_a_year(days, applies):
    assert outcome(policy(), LI, History(map(entry, days))) is applies


def test_others_and_the_own_case_are_left_out():
    of_others = [entry("2025-06-01", clerk="Wang"), entry("2025-07-01", clerk="Li", case="D")]
    again = entry("2026-02-01", case="C")  # the case itself, which counts by its own event
    assert outcome(policy(when="n == 2"), LI, History([*of_others, again])) is True


def test_several_parties_of_an_entry_have_it_each():
    both = entry("2025-06-01", clerk=["Li", "Wang"])
    assert outcome(policy(when="n == 2"), LI, History([both])) is True


def test_without_a_history_only_what_the_case_shows_is_known():
    for when, applies in (("n == 3", None), ("n >= 1", True), ("n < 1", False), ("n >= 2", None)):
        assert outcome(policy(when=when), LI, None) is applies, when
    (item,) = judge(policy(), LI, NOW).undetermined
    assert [(m.name, m.what) for m in item.missing] == [("history", "history")]
    assert "the history of other cases" in judge(policy(), LI, NOW).explain("en")
    assert "其他投诉件的历史记录" in judge(policy(), LI, NOW).explain("zh")


@pytest.mark.parametrize(
    ("since", "when", "applies"),
    [
        # the window reaches back to 1 February 2025
        ("2025-02-01T00:00:00+08:00", "n == 3", True),
        ("2025-02-01T00:00:00.000001+08:00", "n == 3", None),
        ("2025-06-02T00:00:00+08:00", "n == 3", None),
        ("2025-06-02T00:00:00+08:00", "n >= 3", True),
        ("2025-06-02T00:00:00+08:00", "n < 3", False),
        ("2025-06-02T00:00:00+08:00", "n >= 4", None),
    ],
)
def test_a_history_may_be_complete_since_some_day_only(since, when, applies):
    history = History([entry("2025-05-01"), entry("2025-07-01")], complete_from=since)
    assert outcome(policy(when=when), LI, history) is applies


def test_points_of_a_year_are_cleared():
    counts = (
        "n: {sum: event.points, of: offence, same: clerk, cycle: year, since: cleared, "
        "over: history}"
    )
    judged = policy(counts, "n >= 12")
    some = case(day("2026-05-01", points=3), clerk="Li")

    def after(*entries):
        return outcome(judged, some, History(entries))

    nine, six = entry("2026-01-01", points=9), entry("2026-03-01", points=6)
    clear = entry("2026-02-01", kind="cleared")
    assert after(nine) is True
    assert after(entry("2025-12-31", points=9)) is False
    assert after(nine, clear, six) is False
    assert after(nine, clear, six, entry("2026-03-02", points=3)) is True
    # what is cleared may be missing
    complete = History([nine, six], complete_from="2026-04-01T00:00:00+08:00")
    assert outcome(judged, some, complete) is None
    since_cleared = History([clear, entry("2026-03-01", points=9)], complete_from=clear.at)
    assert outcome(judged, some, since_cleared) is True


def test_settled_sanctions_are_entries():
    counts = "n: {of: late-fine, same: clerk, within: 12 calendar months, over: history}"
    judged = policy(counts, "n == 0")
    assert outcome(judged, LI, History([])) is True
    assert outcome(judged, LI, History([entry("2025-06-01", kind="late-fine")])) is False
    counts = (
        "n: {sum: amount, of: late-fine, same: clerk, within: 12 calendar months, over: history}"
    )
    paid = [entry("2025-06-01", kind="late-fine", amount="99.50")]
    assert outcome(policy(counts, "n == 99.5"), LI, History(paid)) is True


def test_entries_of_one_instant_count_in_the_order_of_their_cases():
    judged = policy(when="n == 2")
    for other, applies in (("B", True), ("D", False), (None, True)):
        history = History(
            [HistoryEntry("offence", "2026-02-01T09:00:00+08:00", case=other, clerk="Li")]
        )
        assert outcome(judged, LI, history) is applies, other


def test_what_an_entry_carries_decides_whether_it_counts():
    counts = (
        "n: {of: offence, same: clerk, within: 12 calendar months, over: history, "
        "when: event.grade == 'high'}"
    )
    some = case(day("2026-02-01", grade="high"), clerk="Li")
    for grade, applies in (("high", True), ("low", False), (None, None)):
        history = History([entry("2025-06-01", grade=grade)])
        assert outcome(policy(counts, "n == 2"), some, history) is applies


def test_a_window_over_history_runs_out():
    judged = policy(when="n >= 2", per="")
    history = History([entry("2025-06-01")])
    decision = judge(judged, LI, "2026-02-02T00:00:00+08:00", history=history)
    assert rules(decision.penalties) == ["late-fine"]
    assert decision.next_change_at == at("2026-06-02T00:00:00+08:00")
    assert not judge(judged, LI, "2026-06-02T00:00:00+08:00", history=history).penalties


# What a history is


def test_a_history_is_a_value():
    one, two = entry("2025-06-01", points=1), entry("2025-07-01", case="D", id="7")
    history = History([one, two], complete_from="2025-01-01T00:00:00+08:00")
    assert History.from_json(history.to_json()) == history
    assert History.from_json(history.to_json()).hash == history.hash
    assert History([two, one], complete_from=history.complete_from).hash == history.hash
    assert History([one, two]).hash != history.hash
    assert History([one]).hash != History([two]).hash
    assert hash(history) == hash(History.from_json(history.to_json()))
    with pytest.raises(AttributeError):
        history.complete_from = None


def test_a_decision_keeps_the_hash_of_the_history():
    judged = policy()
    history = History([entry("2025-06-01"), entry("2025-07-01")])
    decision = judge(judged, LI, NOW, history=history)
    stored = Decision.from_json(decision.to_json())
    assert decision.history == history.hash
    assert stored == decision
    assert "= 3 (2025-06-01 09:00" in stored.bind(judged, LI, history=history).explain("en")
    with pytest.raises(DecisionError, match="was made by history"):
        stored.bind(judged, LI)
    with pytest.raises(DecisionError, match="bind it with the history as it was then"):
        stored.bind(judged, LI, history=History([]))
    without = judge(judged, LI, NOW)
    assert without != decision
    assert "history" not in without.to_json().replace('"what": "history"', "").replace(
        '"name": "history"', ""
    )


def test_a_checked_history_is_for_one_policy():
    judged, other = policy(), policy(when="n == 4")
    checked = judged.check_history(History([entry("2025-06-01")]))
    assert judge(judged, LI, NOW, history=checked) == judge(
        judged, LI, NOW, history=checked.history
    )
    with pytest.raises(CaseError, match="the history was checked by another policy"):
        judge(other, LI, NOW, history=checked)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (
            lambda: entry("2025-06-01", kind="ofence"),
            "is no event, penalty or sanction of the policy (did you",
        ),
        (
            lambda: entry("2025-06-01", clerck="Li"),
            "is no field of it and no role (did you mean 'clerk'",
        ),
        (lambda: entry("2025-06-01", points="3"), "points is '3', which is not a whole number"),
        (lambda: entry("2027-06-01"), "after as_of, which is 2026-12-31"),
        (
            lambda: HistoryEntry("offence", "2025-06-01T09:00:00+08:00"),
            "does not say who is 'clerk', and is counted for one: give it clerk=…",
        ),
    ],
)
def test_an_entry_that_does_not_fit_is_refused(made, says):
    with pytest.raises(CaseError) as caught:
        judge(policy(), LI, NOW, history=History([made()]))
    assert says in str(caught.value)


def test_what_is_no_history_is_refused():
    with pytest.raises(NaiveDatetime):
        HistoryEntry("offence", "2025-06-01T09:00:00")
    with pytest.raises(NaiveDatetime):
        History([], complete_from="2025-06-01T09:00:00")
    with pytest.raises(CaseError, match="is not a HistoryEntry"):
        History([Event("offence", "2025-06-01T09:00:00+08:00")])
    with pytest.raises(CaseError, match="is not a History"):
        judge(policy(), LI, NOW, history=[])
    with pytest.raises(CaseError, match="two history entries 'offence' have the id '1'"):
        History([entry("2025-06-01", id="1"), entry("2025-06-02", id="1")])
    for text in ("[]", "{", '{"entries": 1}', '{"entires": []}', '{"entries": [{"kind": "x"}]}'):
        with pytest.raises(CaseError):
            History.from_json(text)


def test_the_earlier_of_two_instants_sees_less_of_the_history():
    judged = policy(when="n >= 2", per="")
    history = History([entry("2025-06-01")])
    decision = judge(
        judged, Case("C", {"clerk": "Li"}, []), "2026-02-02T00:00:00+08:00", history=history
    )
    earlier = decision.basis.at(at("2025-05-01T00:00:00+08:00"))
    assert not earlier.undetermined
    assert not earlier.penalties


def test_sanctions_without_a_number_count_once_they_are_settled():
    head = MORE.replace("roles:\n", "sanctions: {warning: {en: a warning}}\nroles:\n")
    judged = load(
        """
counts:
  warned: {of: warning, same: clerk, within: 12 calendar months, over: history}
penalties:
  - {id: first, clause: "1", title: {en: First}, per: offence, against: clerk, imposes: warning,
     when: warned == 0}
  - {id: second, clause: "2", title: {en: Second}, per: offence, against: clerk, amount: 50 CNY,
     when: warned >= 1}
""",
        head=head,
    )
    assert rules(decided(judged, LI, NOW, history=History([])).penalties) == ["first"]
    settled = History([entry("2025-06-01", kind="warning")])
    assert rules(decided(judged, LI, NOW, history=settled).penalties) == ["second"]
    assert (
        judged.ruleset.words.counts["warned"].title["en"].startswith("number of times: a warning")
    )


def test_what_is_settled_in_points_is_not_added_up_as_money():
    head = MORE.replace("roles:\n", "units: {points: {title: {en: points}}}\nroles:\n")
    body = """
counts: {n: {sum: amount, of: fined, same: clerk, cycle: year, over: history}}
penalties:
  - {id: fined, clause: "1", title: {en: P}, per: offence, against: clerk, amount: 3 points}
  - {id: other, clause: "2", title: {en: P}, per: offence, against: clerk, amount: 1 CNY, when: n > 5}
"""
    problem = the_problem(body, head=head)
    assert "'fined' comes to points, and only money adds up here" in problem.message
    assert problem.line == line_of(body, "counts:", head=head)

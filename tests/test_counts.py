"""Counts of what happened: within a case, in windows and cycles, and between bounds."""

from __future__ import annotations

import pytest

from complaint_rules import Case, Event, Policy
from samples import HEAD, at, case, judge, line_of, load, only, rules, the_problem
from simulated import assert_same

try:
    import durable
except ImportError:  # on Python 3.13 it is not there
    durable = None

MORE = HEAD.replace(
    "events:\n",
    """events:
  offence:
    title: {en: offence, zh: 违规}
    data:
      grade: {type: enum, values: [low, high], title: {en: grade, zh: 等级}, ask: {en: "How bad?"}}
      points: {type: int, title: {en: points, zh: 分}}
      cost: {type: money, title: {en: cost, zh: 费用}}
      weight: {type: number, title: {en: weight}}
      witness: {type: text, title: {en: witness}}
  cleared: {title: {en: cleared, zh: 清零}}
""",
)


def policy(counts: str, when: str, per: str = "per: offence,", more: str = ""):
    body = f"""
counts:
  {counts}
penalties:
  - {{id: p, clause: "1", title: {{en: P, zh: 罚}}, against: clerk, amount: 100 CNY, {per}
     when: "{when}"}}
{more}"""
    return load(body, head=MORE)


def day(text: str, **data):
    return Event("offence", f"{text}T09:00:00+08:00", **data)


def clear(text: str):
    return Event("cleared", f"{text}T09:00:00+08:00")


def decided(judged, some, when: str, **more):
    """The decision, the same from both engines and from all cases at once."""
    native = judge(judged, some, when, **more)
    if durable is not None:
        again = judged.evaluate(some, as_of=at(when), engine="durable", **more)
        assert again == native
        assert again.to_json() == native.to_json()
    if not more:
        assert_same(judged, [some], at(when))
    return native


def struck(judged, some, when: str) -> list[str]:
    """The days of the events that are fined."""
    decision = decided(judged, some, when)
    assert not decision.undetermined
    return [str(item.occurred_at.date()) for item in decision.penalties]


NOW = "2026-12-31T12:00:00+08:00"


# Windows


@pytest.mark.parametrize(
    ("within", "days", "fined"),
    [
        # 365 days after 1 June 2025 is 1 June 2026, the whole day
        ("365 calendar days", ["2025-06-01", "2026-06-01"], ["2026-06-01"]),
        ("365 calendar days", ["2025-06-01", "2026-06-02"], []),
        ("12 calendar months", ["2025-06-01", "2026-06-01"], ["2026-06-01"]),
        ("12 calendar months", ["2025-06-01", "2026-06-02"], []),
        # a month after 31 January ends on the last of February
        ("1 calendar month", ["2026-01-31", "2026-02-28"], ["2026-02-28"]),
        ("1 calendar month", ["2026-01-31", "2026-03-01"], []),
        ("same day", ["2026-01-31", "2026-02-01"], []),
        # 24 hours later to the microsecond
        ("24 elapsed hours", ["2026-01-30", "2026-01-31"], ["2026-01-31"]),
        ("23 elapsed hours", ["2026-01-30", "2026-01-31"], []),
        # Friday, and the Monday and Tuesday after it
        ("1 working day", ["2026-03-06", "2026-03-09"], ["2026-03-09"]),
        ("1 working day", ["2026-03-06", "2026-03-10"], []),
    ],
)
def test_an_event_counts_until_the_limit_that_starts_with_it(within, days, fined):
    judged = policy(f"n: {{of: offence, within: {within}}}", "n == 2")
    assert struck(judged, case(*map(day, days)), NOW) == fined


def test_a_window_rolls_on_no_holiday():
    head = MORE.replace("adds_up: cumulative\n", "adds_up: cumulative\ndays: {rolls: true}\n")
    judged = load(
        """
counts: {n: {of: offence, within: 1 calendar day}}
penalties:
  - {id: p, clause: "1", title: {en: P}, against: clerk, amount: 1 CNY, per: offence, when: n == 2}
""",
        head=head,
    )
    # Friday, then Monday: the limit of one day ends on Saturday
    assert struck(judged, case(day("2026-03-06"), day("2026-03-09")), NOW) == []
    assert struck(judged, case(day("2026-03-06"), day("2026-03-07")), NOW) == ["2026-03-07"]


def test_the_first_day_is_counted_where_the_policy_says_so():
    head = MORE.replace(
        "adds_up: cumulative\n", "adds_up: cumulative\ndays: {first_day: counted}\n"
    )
    body = """
counts: {n: {of: offence, within: 2 calendar days}}
penalties:
  - {id: p, clause: "1", title: {en: P}, against: clerk, amount: 1 CNY, per: offence, when: n == 2}
"""
    for last, fined in (("2026-03-07", ["2026-03-07"]), ("2026-03-08", [])):
        assert struck(load(body, head=head), case(day("2026-03-06"), day(last)), NOW) == fined


def test_only_what_happened_until_then_counts_for_an_occurrence():
    judged = policy("n: {of: offence, within: 365 calendar days}", "n == 2")
    days = ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert struck(judged, case(*map(day, days)), NOW) == ["2026-02-01"]


def test_events_of_one_instant_are_told_apart_by_their_ids():
    judged = policy("n: {of: offence, within: 365 calendar days}", "n == 2")
    b, a = (Event("offence", "2026-01-01T09:00:00+08:00", id=name) for name in "ba")
    (fine,) = decided(judged, case(b, a), NOW).penalties
    assert fine.id == "p/b"


def test_a_rule_of_the_case_counts_as_of_now():
    judged = policy("n: {of: offence, within: 30 calendar days}", "n >= 2", per="")
    some = case(day("2026-01-01"), day("2026-01-20"))
    assert rules(decided(judged, some, "2026-01-19T12:00:00+08:00").penalties) == []
    decision = decided(judged, some, "2026-01-31T12:00:00+08:00")
    assert rules(decision.penalties) == ["p"]
    # 30 days after 1 January end with 31 January
    assert decision.next_change_at == at("2026-02-01T00:00:00+08:00")
    assert rules(decided(judged, some, "2026-02-01T00:00:00+08:00").penalties) == []


def test_a_rule_per_limit_counts_as_of_its_due_instant():
    judged = policy(
        "n: {of: offence, within: 30 calendar days}",
        "deadline.missed and n >= 2",
        per="per: reply,",
        more="""
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: department, starts: registered,
     within: 10 calendar days, ends: replied}
""",
    )
    registered = Event("registered", "2026-01-01T09:00:00+08:00")
    before = case(registered, day("2026-01-02"), day("2026-01-11"))
    after = case(registered, day("2026-01-02"), day("2026-01-12"))
    assert rules(decided(judged, before, "2026-06-01T00:00:00+08:00").penalties) == ["p"]
    assert rules(decided(judged, after, "2026-06-01T00:00:00+08:00").penalties) == []


def test_a_start_is_judged_as_of_itself():
    judged = load(
        """
counts: {n: {of: offence, within: 30 calendar days}}
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: department, starts: offence,
     within: 10 calendar days, ends: replied, when: n == 2}
""",
        head=MORE,
    )
    some = case(day("2026-01-02"), day("2026-01-12"), day("2026-01-13"))
    (limit,) = decided(judged, some, "2026-01-14T00:00:00+08:00").deadlines
    assert limit.started_at == at("2026-01-12T09:00:00+08:00")


# Cycles and clearing


@pytest.mark.parametrize(
    ("cycle", "days", "fined"),
    [
        ("year", ["2025-12-31", "2026-01-01"], []),
        ("year", ["2026-01-01", "2026-12-31"], ["2026-12-31"]),
        ("quarter", ["2026-03-31", "2026-04-01"], []),
        ("quarter", ["2026-04-01", "2026-06-30"], ["2026-06-30"]),
        ("month", ["2026-02-28", "2026-03-01"], []),
        ("month", ["2026-02-01", "2026-02-28"], ["2026-02-28"]),
        ("year from 04-01", ["2026-03-31", "2026-04-01"], []),
        ("year from 04-01", ["2025-04-01", "2026-03-31"], ["2026-03-31"]),
    ],
)
def test_a_cycle_is_half_open(cycle, days, fined):
    judged = policy(f"n: {{of: offence, cycle: {cycle}}}", "n == 2")
    assert struck(judged, case(*map(day, days)), NOW) == fined


def test_a_cycle_begins_at_midnight_of_the_policys_clock():
    judged = policy("n: {of: offence, cycle: month}", "n == 2")
    first = Event("offence", "2026-01-31T15:59:59.999999+00:00")  # the last of January in Shanghai
    second = Event("offence", "2026-01-31T16:00:00+00:00")
    third = Event("offence", "2026-02-28T15:59:59+00:00")
    found = decided(judged, case(first, second, third), NOW).penalties
    assert [item.occurred_at for item in found] == [third.at]


def test_an_event_sets_the_count_to_nothing():
    judged = policy("n: {of: offence, since: cleared}", "n == 2")
    some = case(day("2026-01-01"), clear("2026-01-02"), day("2026-01-03"), day("2026-01-04"))
    assert struck(judged, some, NOW) == ["2026-01-04"]
    # at one instant what clears comes first
    some = case(day("2026-01-01"), clear("2026-01-03"), day("2026-01-03"), day("2026-01-04"))
    assert struck(judged, some, NOW) == ["2026-01-04"]


def test_the_next_cycle_changes_a_count_of_the_case():
    judged = policy("n: {of: offence, cycle: quarter}", "n >= 1", per="")
    decision = decided(judged, case(day("2026-02-01")), "2026-02-02T00:00:00+08:00")
    assert decision.next_change_at == at("2026-04-01T00:00:00+08:00")
    assert decided(judged, case(day("2026-02-01")), NOW).next_change_at is None


# Sums and different values


def test_sums_and_different_values():
    some = case(
        day("2026-01-01", points=2, cost="10.50", grade="low", weight="0.1"),
        day("2026-01-02", points=1, cost="0.50", grade="low", weight="0.2"),
        day("2026-01-03", points=-1, cost="20", grade="high", weight="0.3"),
    )
    for count, when, fined in (
        ("{sum: event.points, of: offence}", "n == 3", ["2026-01-02"]),
        ("{sum: points, of: offence}", "n == 2", ["2026-01-01", "2026-01-03"]),
        ("{sum: event.cost, of: offence}", "n == 11", ["2026-01-02"]),
        ("{sum: event.cost, of: offence}", "n > 11", ["2026-01-03"]),
        ("{sum: event.weight, of: offence}", "n == '0.3'", ["2026-01-02"]),
        ("{sum: event.weight, of: offence}", "n == '0.6'", ["2026-01-03"]),
        ("{distinct: event.grade, of: offence}", "n == 2", ["2026-01-03"]),
        ("{of: offence, when: event.grade == 'low'}", "n == 2", ["2026-01-02", "2026-01-03"]),
    ):
        assert struck(policy(f"n: {count}", when), some, NOW) == fined, count


def test_different_values_within_a_window():
    judged = policy("n: {distinct: event.witness, of: offence, within: 10 calendar days}", "n == 2")
    some = case(
        day("2026-01-01", witness="a"),
        day("2026-01-02", witness="b"),
        day("2026-01-12", witness="b"),  # a is too long ago
        day("2026-01-13", witness="a"),
    )
    assert struck(judged, some, NOW) == ["2026-01-02", "2026-01-13"]


def test_several_kinds_count_together():
    judged = policy("n: {of: [offence, complained_again], within: 30 calendar days}", "n == 2")
    again = Event("complained_again", "2026-01-01T09:00:00+08:00")
    assert struck(judged, case(again, day("2026-01-02")), NOW) == ["2026-01-02"]


# What is missing


@pytest.mark.parametrize(
    ("when", "outcome"),
    [
        ("n >= 1", True),
        ("n >= 2", None),
        ("n >= 3", False),
        ("n == 2", None),
        ("n == 3", False),
        ("n != 3", True),
        ("n <= 2", True),
        ("n < 2", None),
        ("not n > 2", True),
        ("n in (1, 2)", None),
        ("n in (3, 4)", False),
        ("n > visits", None),
        ("n >= 2 or n < 2", None),
    ],
)
def test_a_count_may_be_known_between_bounds(when, outcome):
    judged = policy("n: {of: offence, when: event.grade == 'high'}", when, per="")
    decision = decided(judged, case(day("2026-01-01", grade="high"), day("2026-01-02")), NOW)
    assert bool(decision.penalties) == (outcome is True)
    assert bool(decision.undetermined) == (outcome is None)
    if outcome is None and "visits" not in when:
        (item,) = decision.undetermined
        assert [(m.name, m.what) for m in item.missing] == [("offence.grade", "event")]
        assert dict(item.missing[0].ask) == {"en": "How bad?"}


@pytest.mark.parametrize(
    ("sum_of", "when", "outcome"),
    [
        ("cost", "n >= 10", True),
        ("cost", "n > 10", None),
        ("cost", "n < 10", False),
        # what is not known may be less than nothing
        ("points", "n >= 2", None),
        ("points", "n < 2", None),
    ],
)
def test_a_sum_without_one_of_its_parts(sum_of, when, outcome):
    judged = policy(f"n: {{sum: event.{sum_of}, of: offence}}", when, per="")
    some = case(day("2026-01-01", cost=10, points=2), day("2026-01-02"))
    decision = decided(judged, some, NOW)
    assert bool(decision.penalties) == (outcome is True)
    assert bool(decision.undetermined) == (outcome is None)


@pytest.mark.parametrize(
    ("when", "outcome"),
    [("n >= 1", True), ("n >= 2", None), ("n >= 3", False)],
)
def test_different_values_where_one_is_missing(when, outcome):
    judged = policy("n: {distinct: event.grade, of: offence}", when, per="")
    some = case(day("2026-01-01", grade="low"), day("2026-01-02"), day("2026-01-03"))
    decision = decided(judged, some, NOW)
    assert bool(decision.penalties) == (outcome is True)
    assert bool(decision.undetermined) == (outcome is None)


def test_a_year_without_a_calendar_leaves_a_window_open():
    judged = policy("n: {of: offence, within: 3 working days}", "n == 2", per="")
    some = case(day("2031-01-02"), day("2031-01-03"))
    (item,) = decided(judged, some, "2031-01-04T00:00:00+08:00").undetermined
    assert [(m.name, m.what) for m in item.missing] == [("CN 2031", "calendar")]


# Whose


def test_events_of_the_same_party_count():
    judged = policy("n: {of: offence, same: clerk, within: 30 calendar days}", "n == 2")
    some = case(
        day("2026-01-01", clerk="Li"),
        day("2026-01-02", clerk="Wang"),
        day("2026-01-03", clerk="Li"),
    )
    assert struck(judged, some, NOW) == ["2026-01-03"]


def test_several_who_are_liable_are_counted_each_by_themselves():
    judged = policy("n: {of: offence, same: clerk, within: 30 calendar days}", "n == 2")
    some = case(day("2026-01-01", clerk="Li"), day("2026-01-02", clerk=["Li", "Wang"]))
    decision = decided(judged, some, NOW)
    assert [(item.party, item.occurrence) for item in decision.penalties] == [
        ("Li", "offence@2026-01-02T01:00:00Z")
    ]


def test_an_event_of_nobody_may_be_of_anybody():
    judged = policy("n: {of: offence, same: clerk, within: 30 calendar days}", "n >= 2")
    some = case(day("2026-01-01", clerk="Li"), day("2026-01-02"), day("2026-01-03", clerk="Li"))
    decision = decided(judged, some, NOW)
    assert [str(item.occurred_at.date()) for item in decision.penalties] == ["2026-01-03"]
    (open_,) = decision.undetermined  # the one of nobody
    assert [(m.name, m.what) for m in open_.missing] == [("clerk", "fact")]


def test_whose_count_it_is_has_to_be_said_where_nobody_is_judged_by_themselves():
    body = """
counts: {n: {of: offence, same: clerk, within: 30 calendar days}}
escalations:
  - {id: e, clause: "1", title: {en: E}, to: boss, capacity: inform, when: n >= 2}
"""
    judged = load(body, head=MORE)
    events = (day("2026-01-01", clerk="Li"), day("2026-01-02", clerk="Li"))
    assert rules(
        decided(judged, case(*events, clerk="Li"), "2026-01-04T00:00:00+08:00").escalations
    )
    for clerk in ({"clerk": ["Li", "Wang"]}, {}):
        decision = decided(judged, case(*events, **clerk), "2026-01-04T00:00:00+08:00")
        (item,) = decision.undetermined
        assert ("clerk", "fact") in [(m.name, m.what) for m in item.missing]


# In conditions themselves


def test_counts_written_in_conditions():
    body = """
penalties:
  - {id: a, clause: "1", title: {en: A}, per: offence, against: clerk, amount: 1 CNY,
     when: "offence.count_within('1 calendar week') == 2"}
  - {id: b, clause: "1", title: {en: B}, per: offence, against: clerk, amount: 1 CNY,
     when: "3 <= offence.points.sum < 5"}
  - {id: c, clause: "1", title: {en: C}, per: offence, against: clerk, amount: 1 CNY,
     when: offence.grade.distinct == 2 and offence.count_within('7 calendar days') == 2}
"""
    judged = load(body, head=MORE)
    assert sorted(judged.ruleset.words.counts) == [
        "offence.count_within(7 calendar days)",
        "offence.grade.distinct",
        "offence.points.sum",
    ]
    some = case(day("2026-01-01", points=3, grade="low"), day("2026-01-05", points=4, grade="high"))
    assert sorted(rules(decided(judged, some, NOW).penalties)) == ["a", "b", "c"]


# Errors


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ("n: {of: ofence}", "event 'ofence' is not declared (did you mean 'offence'?)"),
        ("n: {of: p}", "'p' is a penalty or sanction, and what this case comes to cannot count"),
        ("n: {of: offence, same: clark}", "role 'clark' is not declared (did you mean 'clerk'?)"),
        ("n: {of: offence, same: urgent}", "'urgent' is a fact, and cases are counted for a party"),
        ("n: {of: offence, since: clered}", "event 'clered' is not declared (did you mean"),
        ("n: {of: offence, sum: event.pints}", "field of offence 'pints' is not declared (did you"),
        ("n: {of: offence, sum: event.grade}", "only amounts and numbers add up: count the"),
        ("n: {of: offence, sum: points, distinct: grade}", "sum and distinct are two measures"),
        ("n: {of: offence, within: 3 days}", "'3 days' is ambiguous: write calendar days or"),
        (
            "n: {of: offence, within: 3 working hours}",
            "3 working hours is no window: write working",
        ),
        ("n: {of: offence, within: 0 calendar days}", "0 calendar days holds nothing"),
        ("n: {of: offence, within: -1 calendar days}", "-1 calendar days holds nothing"),
        (
            "n: {of: offence, within: 1 calendar day, cycle: year}",
            "within and cycle are two windows",
        ),
        ("n: {of: offence, cycle: year from 02-29}", "'02-29' is no day of every year"),
        ("n: {of: offence, over: history, same: clerk}", "over: history has no end in the past"),
        ("n: {of: offence, over: history, cycle: year}", "over: history, and whose? Say same"),
        ("n: {of: offence, when: n > 1}", "reads the count 'n', and counts that read counts go"),
        ("n: {of: offence, when: event.graed == 'low'}", "'event.graed' is not declared here (did"),
        ("clerk: {of: offence}", "'clerk' is declared in roles too: rename one"),
    ],
)
def test_what_is_wrong_with_a_count_is_said_at_its_line(counts, says):
    body = f"""
counts:
  {counts}
penalties:
  - {{id: p, clause: "1", title: {{en: P}}, against: clerk, amount: 1 CNY}}
"""
    problem = the_problem(body, head=MORE)
    assert says in problem.message
    assert problem.path.startswith("counts.")
    assert problem.line == line_of(body, counts, head=MORE)


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("ofence.count_within('1 calendar day') > 1", "event 'ofence' is not declared (did you"),
        ("offence.count_within('1 day') > 1", "'1 day' is ambiguous: write calendar days or"),
        ("offence.count_within(7) > 1", "wants one window, in quotes: write offence.count_within"),
        ("offence.count_within('2 working hours') > 1", "is no window: write working days"),
        ("offence.grade.sum > 1", "only amounts and numbers add up"),
        ("offence.grad.distinct > 1", "field of offence 'grad' is not declared (did you mean"),
        ("offence.sum > 1", "'offence.sum' is not declared here"),
        ("n", "is a whole number, not true or false: compare it"),
    ],
)
def test_what_is_wrong_with_a_count_in_a_condition(when, says):
    body = f"""
counts:
  n: {{of: offence}}
penalties:
  - {{id: p, clause: "1", title: {{en: P}}, against: clerk, amount: 1 CNY, per: offence,
     when: "{when}"}}
"""
    assert says in the_problem(body, head=MORE).message


def test_a_count_that_is_missing_is_asked_for_by_its_name():
    problem = the_problem(
        """
counts: {offences: {of: offence}}
penalties:
  - {id: p, clause: "1", title: {en: P}, against: clerk, amount: 1 CNY, when: ofences > 1}
""",
        head=MORE,
    )
    assert "did you mean 'offences'?" in problem.message


# Words


def test_a_count_is_explained_with_what_it_counted():
    judged = policy("n: {of: offence, within: 12 calendar months}", "n >= 3")
    some = case(*map(day, ["2026-02-01", "2026-03-01", "2026-04-01"]))
    decision = decided(judged, some, NOW)
    item = only(decision.penalties, "p")
    assert len(item.reason.read[0].counted) == 3
    english, chinese = decision.explain("en"), decision.explain("zh")
    assert (
        "number of times: offence (within 12 calendar months) = 3 "
        "(2026-02-01 09:00, 2026-03-01 09:00, 2026-04-01 09:00)" in english
    )
    assert (
        "违规的次数（12 个月内） = 3（2026-02-01 09:00、2026-03-01 09:00、2026-04-01 09:00）"
        in chinese
    )
    assert type(decision).from_json(decision.to_json()) == decision


def test_why_a_rule_did_not_apply_says_how_often_it_was():
    judged = policy("n: {of: offence, within: 12 calendar months}", "n >= 3", per="")
    decision = judge(judged, case(day("2026-02-01")), "2026-03-01T00:00:00+08:00")
    text = str(decision.why_not("p"))
    assert "number of times: offence (within 12 calendar months) is at least 3" in text


def test_why_a_rule_is_open_says_between_what_a_count_lies():
    judged = policy("n: {of: offence, when: event.grade == 'high'}", "n >= 2", per="")
    decision = judge(judged, case(day("2026-01-01", grade="high"), day("2026-01-02")), NOW)
    assert "(now 1 to 2)" in decision.why_not("p").explain("en")
    assert "（目前：1 至 2）" in decision.why_not("p").explain("zh")
    judged = policy("n: {sum: event.cost, of: offence}", "n >= 20", per="")
    decision = judge(judged, case(day("2026-01-01", cost=10), day("2026-01-02")), NOW)
    assert "(now at least 10)" in decision.why_not("p").explain("en")


def test_many_events_cost_no_more_than_their_number():
    """Of what a count counted only the latest are kept, so that a decision stays small."""
    events = [
        ("offence", f"2026-01-01T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}+08:00")
        for n in range(600)
    ]
    policy = Policy(
        HEAD_OF_MANY
        + """
counts: {n: {of: offence, within: 12 calendar months}}
penalties:
  - {id: p, clause: "1", title: {en: P}, per: offence, against: clerk, when: n > 3, amount: 1 CNY}
"""
    )
    case = Case("C", {}, [Event(kind, at) for kind, at in events])
    decision = policy.evaluate(case, as_of="2026-02-01T00:00:00+08:00")
    assert str(decision.total()) == "597"
    read = decision.penalties[-1].reason.read[0]
    assert (read.value, len(read.counted)) == (600, 13)
    assert [at.second for at in read.counted[-2:]] == [58, 59]
    assert len(decision.to_json()) < 600 * 2_000


HEAD_OF_MANY = """
policy: many
title: {en: Many}
source: {issuer: A, document: B}
effective: {from: 2000-01-01, by: offence}
timezone: Asia/Shanghai
adds_up: cumulative
roles: {clerk: {en: clerk}}
events: {offence: {title: {en: offence}}}
"""

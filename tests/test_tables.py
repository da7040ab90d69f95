"""Tables: limits, amounts, rates and numbers by facts, with bands; and what is wrong with one."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest

from complaint_rules import Policy
from complaint_rules.errors import CaseError, PolicyError
from samples import HEAD, at, case, event, judge, only

WORDS = HEAD.replace(
    "  grade: {type: enum",
    """\
  priority: {type: enum, values: [p1, p2, p3], title: {en: priority, zh: 优先级}, ask: {en: "Which priority?"}}
  category: {type: enum, values: [bill, other], title: {en: category}}
  uptime: {type: number, title: {en: uptime}}
  fee: {type: money, title: {en: fee}}
  grade: {type: enum""",
)

LIMITS = """
parameters:
  answer_limit:
    type: duration
    title: {en: time to answer, zh: 答复时限}
    keys: [priority, category]
    table:
      - {priority: p1, is: 2 working hours}
      - {priority: p2, category: bill, is: 1 working day}
      - {otherwise: 3 working days}
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: clerk, starts: registered, within: answer_limit, ends: replied}
"""


def when(text):
    """As ``at``, where 24:00 is the last microsecond of a day."""
    return at(f"2018-07-{text[:2]}T23:59:59.999999+08:00" if "24:00" in text else text)


def load(body, name="sample.yaml", **parameters):
    return Policy(WORDS + body, name, parameters=parameters or None)


def due(policy, **facts):
    decision = judge(policy, case(event("registered", "02T09:00"), **facts), "02T09:30")
    return only(decision.deadlines, "reply")


# Limits by facts


@pytest.mark.parametrize(
    ("facts", "right"),
    [
        ({"priority": "p1", "category": "bill"}, "02T11:00"),
        ({"priority": "p1", "category": "other"}, "02T11:00"),
        ({"priority": "p2", "category": "bill"}, "03T24:00"),
        ({"priority": "p2", "category": "other"}, "05T24:00"),
        ({"priority": "p3", "category": "bill"}, "05T24:00"),
    ],
)
def test_a_limit_is_that_of_the_row(facts, right):
    item = due(load(LIMITS), **facts)
    assert (item.status, item.due_at) == ("pending", when(right))


def test_a_key_that_cannot_matter_is_not_asked():
    # A first priority has two hours whatever the category; a bill of the third three days.
    assert due(load(LIMITS), priority="p1").due_at == when("02T11:00")
    assert due(load(LIMITS), priority="p3").due_at == when("05T24:00")


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        ({"priority": "p2"}, ["category"]),
        ({"category": "other"}, ["priority"]),
        ({}, ["priority", "category"]),
    ],
)
def test_a_limit_is_undetermined_while_a_key_is_missing_that_matters(facts, missing):
    item = due(load(LIMITS), **facts)
    assert (item.status, item.due_at) == ("undetermined", None)
    assert [m.name for m in item.missing] == missing
    assert all(m.what == "fact" for m in item.missing)


def test_the_question_of_a_missing_key_is_put():
    (missing,) = due(load(LIMITS), category="other").missing
    assert dict(missing.ask) == {"en": "Which priority?"}


def test_a_target_and_more_time_by_table():
    policy = load(
        LIMITS.replace("within: answer_limit", "within: 5 working days, target: answer_limit")
    )
    assert due(policy, priority="p1").target_at == when("02T11:00")
    policy = load(
        LIMITS.replace(
            "within: answer_limit",
            "within: 1 working day, agreed: [{event: agreed, more: answer_limit}]",
        )
    )
    the_case = case(
        event("registered", "02T09:00"), event("agreed", "02T10:00"), priority="p2", category="bill"
    )
    item = only(judge(policy, the_case, "02T11:00").deadlines, "reply")
    assert item.due_at == when("04T24:00")


# Bands

CREDITS = """
parameters:
  credit:
    type: percent
    title: {en: credit}
    keys: [uptime]
    table:
      - {uptime: {at_least: 99.99}, is: 0 %}
      - {uptime: {at_least: 99, below: 99.99}, is: 10 %}
      - {uptime: {at_least: 95, below: 99}, is: 25 %}
      - {uptime: {below: 95}, is: 100 %}
penalties:
  - {id: pay-credit, clause: "1", title: {en: Credit}, per: registered, against: clerk, amount: credit of fee}
"""


@pytest.mark.parametrize(
    ("uptime", "right"),
    [
        ("100", "0.00"),
        ("99.99", "0.00"),
        ("99.98999999999999999999", "100.00"),
        ("99", "100.00"),
        ("98.9999", "250.00"),
        (95, "250.00"),
        ("94.99", "1000.00"),
        ("-3", "1000.00"),
    ],
)
def test_bands_hold_from_bound_to_bound(uptime, right):
    decision = judge(
        load(CREDITS), case(event("registered", "02T09:00"), uptime=uptime, fee=1000), "02T10:00"
    )
    item = only(decision.penalties, "pay-credit")
    assert (str(item.minimum), str(item.maximum)) == (right, right)


def test_a_missing_key_gives_the_hull_of_what_is_possible():
    body = CREDITS.replace("is: 0 %", "is: 5 %").replace("is: 100 %", "is: 50 %")
    decision = judge(load(body), case(event("registered", "02T09:00"), fee=1000), "02T10:00")
    item = only(decision.undetermined, "pay-credit")
    assert (str(item.minimum), str(item.maximum)) == ("50.00", "500.00")
    assert [m.name for m in item.missing] == ["uptime"]
    total = decision.total()
    assert (str(total.minimum), str(total.maximum)) == ("50.00", "500.00")


def test_an_unknown_base_is_open_and_both_are_missing():
    decision = judge(load(CREDITS), case(event("registered", "02T09:00")), "02T10:00")
    item = only(decision.undetermined, "pay-credit")
    assert (str(item.minimum), item.maximum) == ("0.00", None)
    assert {m.name for m in item.missing} == {"uptime", "fee"}


AMOUNTS = """
parameters:
  fine:
    type: money
    title: {en: fine}
    keys: [priority, urgent]
    table:
      - {priority: [p1, p2], urgent: true, is: 100-200}
      - {priority: [p1, p2], urgent: false, is: 50.50}
      - {priority: p3, is: 10}
penalties:
  - {id: late, clause: "1", title: {en: Late}, per: registered, against: clerk, amount: fine}
"""


@pytest.mark.parametrize(
    ("facts", "right", "missing"),
    [
        ({"priority": "p1", "urgent": True}, ("100.00", "200.00"), None),
        ({"priority": "p2", "urgent": False}, ("50.50", "50.50"), None),
        ({"priority": "p3"}, ("10.00", "10.00"), None),
        ({"priority": "p2"}, ("50.50", "200.00"), ["urgent"]),
        ({"urgent": False}, ("10.00", "50.50"), ["priority"]),
        ({}, ("10.00", "200.00"), ["priority", "urgent"]),
    ],
)
def test_amounts_by_lists_and_bools(facts, right, missing):
    decision = judge(load(AMOUNTS), case(event("registered", "02T09:00"), **facts), "02T10:00")
    items = decision.penalties if missing is None else decision.undetermined
    item = only(items, "late")
    assert (str(item.minimum), str(item.maximum)) == right
    if missing is not None:
        assert [m.name for m in item.missing] == missing


def test_numbers_of_every_type_are_compared_with():
    body = """
parameters:
  most: {type: int, title: {en: most}, keys: [grade], table: [{grade: low, is: 1}, {otherwise: 3}]}
  far: {type: number, title: {en: far}, keys: [visits], table: [{visits: {at_most: 2}, is: 1.5}, {visits: {above: 2}, is: 7}]}
  dear: {type: money, title: {en: dear}, keys: [bought_on], table: [{bought_on: {below: 2018-01-01}, is: 5}, {otherwise: 6}]}
  allowed: {type: bool, title: {en: allowed}, keys: [note], table: [{note: [a, b], is: true}, {otherwise: false}]}
  level: {type: enum, title: {en: level}, keys: [loss], table: [{loss: {below: 100}, is: small}, {loss: {at_least: 100}, is: large}]}
  since: {type: date, title: {en: since}, keys: [urgent], table: [{urgent: true, is: 2018-07-01}, {urgent: false, is: 2018-01-01}]}
escalations:
  - {id: visits, clause: "1", title: {en: V}, to: boss, capacity: inform, when: visits > most}
  - {id: far, clause: "1", title: {en: F}, to: boss, capacity: inform, when: distance >= far}
  - {id: dear, clause: "1", title: {en: D}, to: boss, capacity: inform, when: loss > dear}
  - {id: allowed, clause: "1", title: {en: A}, to: boss, capacity: inform, when: allowed}
  - {id: level, clause: "1", title: {en: L}, to: boss, capacity: inform, when: level == 'large'}
  - {id: since, clause: "1", title: {en: S}, to: boss, capacity: inform, when: bought_on >= since}
"""
    policy = load(body)

    def told(**facts):
        decision = judge(policy, case(event("registered", "02T09:00"), **facts), "02T10:00")
        return {item.rule for item in decision.escalations}

    assert told(visits=2, grade="low") == {"visits"}
    assert told(visits=3, grade="high") == set()
    assert told(visits=2, distance="1.5") == {"far"}
    assert told(visits=3, distance="6.9999") == set()
    assert told(loss="5.01", bought_on="2017-12-31") == {"dear"}
    assert told(loss="5.01", bought_on="2018-01-01") == set()
    assert told(note="b") == {"allowed"}
    assert told(note="c") == set()
    assert told(loss="99.99", bought_on="2020-01-01", urgent=True) == {"dear", "since"}
    assert told(loss=100, bought_on="2018-06-30", urgent=True) == {"level", "dear"}
    # Whatever the missing key is, so the comparison comes out: the answer is known.
    assert told(visits=4) == {"visits"}
    assert told(distance=7) == {"far"}
    assert told(loss="6.01") == {"dear"}
    assert told(bought_on="2018-07-01") == {"since"}
    with pytest.raises(PolicyError, match=re.escape("is not one of small, large")):
        load(body.replace("level == 'large'", "level == 'huge'"))


TARIFF = """
parameters:
  tax:
    type: money
    title: {en: tax}
    counts: each_band
    keys: [loss]
    table:
      - {loss: {at_most: 1000}, is: 0 %}
      - {loss: {above: 1000, at_most: 5000}, is: 10 %}
      - {loss: {above: 5000}, is: 20 %}
penalties:
  - {id: tax, clause: "1", title: {en: Tax}, per: registered, against: clerk, amount: tax}
"""


@pytest.mark.parametrize(
    ("loss", "right"),
    [
        (0, "0.00"),
        (1000, "0.00"),
        ("1000.05", "0.01"),  # 10 % of 0.05, rounded half up once
        (5000, "400.00"),
        (6000, "600.00"),
    ],
)
def test_a_tariff_counts_each_part_at_its_rate(loss, right):
    decision = judge(load(TARIFF), case(event("registered", "02T09:00"), loss=loss), "02T10:00")
    item = only(decision.penalties, "tax")
    assert (str(item.minimum), str(item.maximum)) == (right, right)


def test_a_tariff_of_an_unknown_value_is_open():
    decision = judge(load(TARIFF), case(event("registered", "02T09:00")), "02T10:00")
    item = only(decision.undetermined, "tax")
    assert (str(item.minimum), item.maximum) == ("0.00", None)
    capped = TARIFF.replace("is: 20 %", "is: 0 %")
    item = only(
        judge(load(capped), case(event("registered", "02T09:00")), "02T10:00").undetermined, "tax"
    )
    assert (str(item.minimum), str(item.maximum)) == ("0.00", "400.00")


def test_a_row_may_hold_for_some_time():
    body = AMOUNTS.replace("{priority: p3, is: 10}", "{priority: p3, until: 2018-07-01, is: 10}\n"
                           "      - {priority: p3, from: 2018-07-02, is: 12}")  # fmt: skip
    policy = load(body)
    for day, right in (("01T09:00", "10.00"), ("02T00:00", "12.00")):
        decision = judge(policy, case(event("registered", day), priority="p3"), "09T10:00")
        assert str(only(decision.penalties, "late").minimum) == right
    with pytest.raises(
        PolicyError, match="no row for priority = p3, urgent = true, date = 2018-07-02"
    ):
        load(body.replace("from: 2018-07-02", "from: 2018-07-03"))


# Roles

HANDLERS = """
parameters:
  handler:
    type: role
    title: {en: handler}
    keys: [priority, urgent]
    table:
      - {priority: p1, is: boss}
      - {urgent: true, priority: [p2, p3], is: department}
      - {otherwise: clerk}
escalations:
  - {id: tell, clause: "1", title: {en: Tell}, per: registered, to: handler, capacity: handle}
  - {id: also, clause: "2", title: {en: Also}, to: clerk, capacity: inform, when: handler != 'clerk'}
"""


@pytest.mark.parametrize(
    ("facts", "to"),
    [
        ({"priority": "p1"}, ["boss", "clerk"]),
        ({"priority": "p2", "urgent": True}, ["department", "clerk"]),
        ({"priority": "p3", "urgent": False}, ["clerk"]),
    ],
)
def test_a_table_says_who_has_to_act(facts, to):
    decision = judge(load(HANDLERS), case(event("registered", "02T09:00"), **facts), "02T10:00")
    assert [item.to for item in decision.escalations] == to
    assert not decision.undetermined


def test_who_has_to_act_is_undetermined_while_a_key_is_missing():
    decision = judge(load(HANDLERS), case(event("registered", "02T09:00"), priority="p2"), "02T10:00")  # fmt: skip
    assert not decision.escalations
    assert [(i.rule, [m.name for m in i.missing]) for i in decision.undetermined] == [
        ("tell", ["urgent"]),
        ("also", ["urgent"]),
    ]
    (outcome,) = decision.why_not("tell").outcomes
    assert (outcome.outcome, [m.name for m in outcome.missing]) == ("undetermined", ["urgent"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("is: boss", "is: bos", "did you mean 'boss'"),
        ("to: handler", "to: [handler, boss]", "a rule of its own"),
        ("to: handler", "to: handlr", "did you mean 'handler'|role 'handlr'"),
        ("type: role", "type: enum", "name a role"),
        ("!= 'clerk'", "!= 'clark'", "did you mean 'clerk'"),
    ],
)
def test_what_is_wrong_with_such_a_role(old, new, message):
    assert re.search(message, problem(HANDLERS.replace(old, new)))


# What is wrong with a table


def problem(body):
    with pytest.raises(PolicyError) as error:
        load(body)
    return str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("- {otherwise: 3 working days}", "", "no row for priority = p2, category = other"),
        (
            "- {otherwise: 3 working days}",
            "- {priority: [p2, p3], is: 3 working days}",
            r"an earlier row holds there too, that in line \d+ \(priority = p2, category = bill\)",
        ),
        ("priority: p1, is", "priority: [p1, p1], is", "says p1 twice"),
        ("priority: p1, is", "priority: p4, is", "not one of p1, p2, p3"),
        ("priority: p1, is", "prioriti: p1, is", "did you mean 'priority'"),
        ("keys: [priority, category]", "keys: [priority, catgory]", "did you mean 'category'"),
        ("keys: [priority, category]", "keys: [priority, priority]", "a key is there twice"),
        ("{otherwise: 3 working days}", "{otherwise: 3 days}", "ambiguous"),
        (
            "- {otherwise: 3 working days}",
            "- {otherwise: 3 working days}\n      - {otherwise: 4 working days}",
            r"otherwise' stands in line \d+ already",
        ),
        ("{otherwise: 3 working days}", "{otherwise: 3 working days, priority: p3}", "otherwise"),
        ("priority: p1, is", "priority: {below: p3}, is", "has no order"),
        ("priority: p1, is", "is", r"an earlier row holds|no row says"),
        ("priority: p1, is: 2 working hours", "priority: p1", "give what it is"),
        ("type: duration", "type: money", "2 working hours"),
        ("within: answer_limit", "within: answer_limt", "answer_limt"),
        ("type: duration", "type: duration\n    value: 1 working day", "give one of value"),
    ],
)
def test_what_is_wrong_with_a_table(old, new, message):
    assert old in LIMITS
    assert re.search(message, problem(LIMITS.replace(old, new, 1)))


def test_the_line_of_a_wrong_row_is_named():
    text = problem(LIMITS.replace("category: bill, is: 1 w", "category: bil, is: 1 w"))
    line = (WORDS + LIMITS).splitlines().index(
        "      - {priority: p2, category: bill, is: 1 working day}"
    ) + 1
    assert f"sample.yaml:{line}" in text
    assert "parameters.answer_limit.table[1]" in text
    assert "did you mean 'bill'" in text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{below: 95}", "{below: 94}", "no row for uptime = 94"),
        ("{below: 95}", "{below: 96}", r"an earlier row holds there too, .*\(uptime = 95\)"),
        ("{at_least: 95, below: 99}", "{at_least: 99, below: 95}", "nothing lies"),
        ("{at_least: 95, below: 99}", "{above: 99, below: 99}", "nothing lies"),
        ("{at_least: 95, below: 99}", "{at_least: 95, above: 95}", "two lower bounds"),
        ("{at_least: 95, below: 99}", "{below: 95, at_most: 99}", "two upper bounds"),
        ("{at_least: 95, below: 99}", "{atleast: 95, below: 99}", "did you mean 'at_least'"),
        ("{at_least: 95, below: 99}", "{}", "give at_least"),
        ("{at_least: 95, below: 99}", "{above: 95, below: 99}", "no row for uptime = 95"),
        ("{at_least: 95, below: 99}", "{at_least: ninety, below: 99}", "not a number"),
        ("is: 25 %", "is: 25", "percentage"),
        ("credit of fee", "credit of uptime", "name an amount"),
        ("credit of fee", "fee of fee", "name a percentage"),
        ("credit of fee", "credi of fee", "did you mean 'credit'"),
        ("amount: credit of fee", "amount: credit", "name an amount"),
        ("keys: [uptime]", "keys: [uptime]\n    counts: each_band", "is of type percent"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_bands(old, new, message):
    assert old in CREDITS
    assert re.search(message, problem(CREDITS.replace(old, new, 1)))


def test_whole_amounts_leave_no_gap_between_cents():
    # Nothing lies between 99.99 and 100, and no amount below zero.
    body = TARIFF.replace("    counts: each_band\n", "").replace(" %", "")
    load(
        body.replace("{at_most: 1000}", "{at_most: 999.99}").replace(
            "above: 1000,", "at_least: 1000,"
        )
    )
    assert "no row for loss = 1000" in problem(body.replace("{at_most: 1000}", "{below: 1000}"))


def test_units_mixed_in_a_table_cannot_be_compared():
    text = problem(
        LIMITS
        + """
penalties:
  - {id: late, clause: "1", title: {en: Late}, per: reply, when: deadline.late_by > '1 working hour', amount: 5 CNY}
"""
    )
    assert "may be in" in text


def test_a_table_changed_in_a_draft_is_checked_alike():
    policy = load(LIMITS)
    draft = policy.changed(
        {"answer_limit.table": [{"priority": "p1", "is": "1 working hour"}, {"otherwise": "1 working day"}]}
    )  # fmt: skip
    assert due(draft, priority="p1").due_at == when("02T10:00")
    with pytest.raises(PolicyError, match="no row for"):
        policy.changed({"answer_limit.table": [{"priority": "p1", "is": "1 working hour"}]})
    bands = load(CREDITS).changed(
        {"credit.table": [{"uptime": {"at_least": "99.5"}, "is": "0 %"}, {"otherwise": "5 %"}]}
    )
    decision = judge(bands, case(event("registered", "02T09:00"), uptime=99, fee=10), "02T10:00")
    assert str(only(decision.penalties, "pay-credit").minimum) == "0.50"


def test_a_parameter_given_replaces_the_table():
    assert due(load(LIMITS, answer_limit="1 working hour")).due_at == when("02T10:00")


def test_a_large_table_loads_and_looks_up_fast():
    codes = [f"c{number}" for number in range(5_000)]
    rows = "\n".join(
        f"      - {{note: {code}, urgent: {urgent}, is: {number + 1} elapsed minutes}}"
        for number, code in enumerate(codes)
        for urgent in ("true", "false")
    )
    body = re.sub(r"    keys:.*?deadlines:", "    keys: [note, urgent]\n    table:\n"
                  f"{rows}\n      - {{otherwise: 3 working days}}\ndeadlines:", LIMITS, flags=re.DOTALL)  # fmt: skip
    begun = time.perf_counter()
    policy = load(body)
    assert time.perf_counter() - begun < 10
    assert due(policy, note="c59", urgent=True).due_at == when("02T10:00")
    assert due(policy, note="c59").due_at == when("02T10:00")
    assert due(policy, note="none").due_at == when("05T24:00")


def test_a_table_that_spreads_too_far_is_refused():
    rows = "\n".join(f"      - {{note: n{n}, is: 1 elapsed minute}}" for n in range(500))
    more = "\n".join(f"      - {{visits: {n}, is: 1 elapsed minute}}" for n in range(900))
    body = re.sub(r"    keys:.*?deadlines:", "    keys: [note, visits]\n    table:\n"
                  f"{rows}\n{more}\ndeadlines:", LIMITS, flags=re.DOTALL)  # fmt: skip
    assert "cells" in problem(body)


# A desk

DESK = """
parameters:
  reply_limit:
    type: duration
    title: {en: time to reply}
    keys: [priority, urgent]
    table:
      - {priority: p1, is: 30 working minutes}
      - {priority: p2, urgent: true, is: 1 working hour}
      - {otherwise: 4 working hours}
"""


def test_lateness_of_a_limit_by_table_is_compared():
    policy = load(
        DESK
        + """
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: clerk, starts: registered, within: reply_limit, ends: replied}
penalties:
  - {id: late, clause: "1", title: {en: Late}, per: reply, when: deadline.late_by >= '15 working minutes', amount: 5 CNY}
  - {id: as-long, clause: "1", title: {en: Long}, per: reply, when: deadline.late_by > reply_limit, amount: 7 CNY}
"""
    )

    def owed(until, **facts):
        the_case = case(event("registered", "02T09:00"), event("replied", until), **facts)
        return {item.rule for item in judge(policy, the_case, "03T09:00").penalties}

    assert owed("02T09:44", priority="p1") == set()
    assert owed("02T09:45", priority="p1") == {"late"}
    assert owed("02T10:01", priority="p1") == {"late", "as-long"}
    assert owed("02T10:14", priority="p2", urgent=True) == set()
    assert owed("02T10:59", priority="p2", urgent=True) == {"late"}


def test_lateness_is_compared_with_all_that_a_limit_may_be():
    """While a key is missing: not so late at the shortest, later for certain past the longest."""
    policy = load(
        DESK
        + """
deadlines:
  - {id: reply, clause: "1", title: {en: Reply}, duty_of: clerk, starts: registered, within: 1 working hour, ends: replied}
penalties:
  - {id: late, clause: "1", title: {en: Late}, per: reply, when: deadline.late_by > reply_limit, amount: 5 CNY}
"""
    )
    the_case = case(event("registered", "02T09:00"), priority="p2")  # one hour, or four

    def told(until):
        decision = judge(policy, the_case, until)
        items = (*decision.penalties, *decision.undetermined)
        return [type(item).__name__ for item in items], decision.next_change_at

    assert told("02T10:30")[0] == []
    first = told("02T10:30")[1]
    assert at("02T11:00") <= first <= at("02T11:00") + timedelta(milliseconds=2)
    assert told("02T11:30")[0] == ["UndeterminedItem"]
    assert told("02T15:30")[0] == ["UndeterminedItem"]
    second = told("02T11:30")[1]
    assert at("02T15:30") <= second <= at("02T15:30") + timedelta(milliseconds=2)
    assert told("02T15:31")[0] == ["PenaltyItem"]


def test_a_wrong_value_of_a_key_is_still_an_error_of_the_case():
    with pytest.raises(CaseError, match="did you mean 'bill'"):
        due(load(LIMITS), category="bil")

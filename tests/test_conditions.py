from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules.errors import CaseError, ComplaintRulesError, ConditionError
from complaint_rules.expressions import (
    BOOL,
    DATE,
    INSTANT,
    INT,
    MONEY,
    NUMBER,
    TEXT,
    Meaning,
    Type,
    differences,
    evaluate,
    generate,
    missing_names,
    parse_condition,
    read_value,
    render,
)
from complaint_rules.expressions.normal_form import TooManyAlternatives, alternatives
from complaint_rules.expressions.tree import (
    Among,
    And,
    Compare,
    CompareNames,
    IsTrue,
    Not,
    Or,
    Truth,
)
from samples import at

ENUM = Type("enum", ("low", "middle", "high"))
WORDS = {
    "a": Meaning(BOOL, {"zh": "甲", "en": "a holds"}),
    "b": Meaning(BOOL, {"zh": "乙", "en": "b holds"}),
    "days": Meaning(INT, {"zh": "天数", "en": "days"}),
    "more_days": Meaning(INT, {"en": "more days"}),
    "grade": Meaning(
        ENUM, {"zh": "等级", "en": "grade"}, False, {"high": {"zh": "高", "en": "High"}}
    ),
    "fine": Meaning(MONEY, {"en": "fine"}),
    "size": Meaning(NUMBER, {"en": "size"}),
    "name": Meaning(TEXT, {"en": "name"}),
    "since": Meaning(INSTANT, {"zh": "起点", "en": "start"}),
    "until": Meaning(INSTANT, {"zh": "终点", "en": "end"}),
    "day": Meaning(DATE, {"en": "day"}),
    "event.count": Meaning(INT, {"en": "count"}, True),
}


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("a", IsTrue("a")),
        ("a == True", IsTrue("a")),
        ("a != True", Not(IsTrue("a"))),
        ("not a and b", And((Not(IsTrue("a")), IsTrue("b")))),
        ("a or b and a", Or((IsTrue("a"), And((IsTrue("b"), IsTrue("a")))))),
        ("days > 3", Compare("days", ">", 3)),
        ("3 < days", Compare("days", ">", 3)),
        ("days == -3", Compare("days", "==", -3)),
        ("1 <= days < 3", And((Compare("days", ">=", 1), Compare("days", "<", 3)))),
        ("grade == 'high'", Compare("grade", "==", "high")),
        ("grade in ('high', 'low')", Among("grade", ("high", "low"))),
        ("grade not in ['high']", Not(Among("grade", ("high",)))),
        ("fine >= '12.50'", Compare("fine", ">=", Decimal("12.50"))),
        ("fine >= 12", Compare("fine", ">=", Decimal(12))),
        ("size < '1.5'", Compare("size", "<", Decimal("1.5"))),
        ("day == '2026-02-28'", Compare("day", "==", date(2026, 2, 28))),
        ("until > since", CompareNames("until", ">", "since")),
        ("event.count > 1", Compare("event.count", ">", 1)),
        ("True", Truth(True)),
    ],
)
def test_reads(text, node):
    assert parse_condition(text, WORDS) == node


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os').system('rm')", "calls something"),
        ("a.__class__", "not declared"),
        ("a()", "calls something"),
        ("import os", "not a condition"),
        ("a; b", "not a condition"),
        ("", "not a condition"),
        ("lambda: a", "defines a function"),
        ("[x for x in y]", "uses a loop"),
        ("days[0] > 1", "uses square brackets"),
        ("days ** 2 > 2", "calculates"),
        ("a if b else a", "uses if/else"),
        ("f'{a}'", "uses an f-string"),
        ("(a := b)", "assigns"),
        ("a is b", "uses 'is'"),
        ("1 < 2", "two constants"),
        ("days", "a whole number, not true or false: compare it"),
        ("more_dayz > 1", "did you mean 'more_days'"),
        ("event.cuont > 1", "did you mean 'event.count'"),
        ("grade == 'hgih'", "did you mean 'high'"),
        ("grade > 'low'", "orders one of low, middle, high"),
        ("a > b", "orders true or false"),
        ("a == days", "compares true or false with a whole number"),
        ("days > '3'", "leave out the quotes"),
        ("days > 1.5", "has a fraction"),
        ("fine > -1", "negative"),
        ("fine > 1.555", "two decimal places"),
        ("since > '2018-07-02T09:00:00'", "no timezone"),
        ("days == True", "not a whole number"),
        ("grade in 'high'", "no list of constants"),
        ("grade in ()", "no list of constants"),
        ("grade in (days, 'low')", "is not a constant"),
        ("a" + " and a" * 300, "300|301"),
        ("x" * 3000, "3000 characters"),
        ("not " * 30 + "a", "nested deeper"),
        ("(" * 300 + "a" + ")" * 300, "not a condition"),
        ("a.b.c == 1", "not a name"),
    ],
)
def test_refuses(text, message):
    with pytest.raises(ConditionError, match=message):
        parse_condition(text, WORDS)


# Generated conditions and values

VALUES = {
    "a": st.booleans(),
    "b": st.booleans(),
    "days": st.integers(-2, 6),
    "more_days": st.integers(-2, 6),
    "grade": st.sampled_from(ENUM.values),
    "fine": st.decimals(0, 300, places=2),
    "size": st.decimals(-2, 2, places=3),
    "name": st.sampled_from(["x", "y", "'", "\\"]),
    "event.count": st.integers(0, 3),
}
CONSTANTS = {
    **VALUES,
    "days": st.integers(-1, 5),
    "fine": st.sampled_from([Decimal(0), Decimal("99.99"), Decimal(200)]),
}
OPERATORS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


@st.composite
def leaves(draw):
    kind = draw(st.integers(0, 4))
    if kind == 0:
        return IsTrue(draw(st.sampled_from(["a", "b"])))
    if kind == 1:
        return CompareNames("days", draw(OPERATORS), "more_days")
    name = draw(st.sampled_from(["days", "grade", "fine", "size", "name", "event.count"]))
    if kind == 2:
        return Among(name, tuple(draw(st.lists(CONSTANTS[name], min_size=1, max_size=3))))
    ordered = name not in ("grade", "name")
    operator = draw(OPERATORS if ordered else st.sampled_from(["==", "!="]))
    return Compare(name, operator, draw(CONSTANTS[name]))


nodes = st.recursive(
    leaves() | st.booleans().map(Truth),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(And),
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(Or),
    ),
    max_leaves=10,
)


@st.composite
def some_values(draw):
    known = {name: draw(strategy) for name, strategy in VALUES.items() if draw(st.booleans())}
    known["event.count"] = draw(VALUES["event.count"])
    return known


all_values = st.fixed_dictionaries(VALUES)


@given(st.lists(nodes, min_size=1, max_size=8), some_values())
def test_generated_code_agrees_with_the_interpreter(conditions, values):
    generated = generate(conditions, WORDS)
    matched, unknown = generated.partial(values)
    for bit, node in enumerate(conditions):
        expected = evaluate(node, values)
        assert (matched >> bit & 1, unknown >> bit & 1) == (expected is True, expected is None)


@given(st.lists(nodes, min_size=1, max_size=8), all_values)
def test_generated_code_with_all_values_agrees_too(conditions, values):
    generated = generate(conditions, WORDS)
    expected = sum(1 << bit for bit, node in enumerate(conditions) if evaluate(node, values))
    assert generated.complete(values) == generated.checked(values) == expected
    read = tuple(values[name] for name in generated.names)
    assert generated.traced(values) == (expected, generated.names, read)
    assert generated.partial(values) == (expected, 0)


@given(nodes, some_values())
def test_normal_form_is_certainly_true_exactly_when_the_condition_is(node, values):
    try:
        found = alternatives(node)
    except TooManyAlternatives:
        return
    certain = any(all(evaluate(leaf.atom, values) is leaf.wanted for leaf in one) for one in found)
    assert certain == (evaluate(node, values) is True)


@given(nodes, all_values)
def test_more_values_never_contradict_a_determined_result(node, values):
    partly = {name: value for number, (name, value) in enumerate(values.items()) if number % 2}
    known = evaluate(node, partly)
    if known is not None:
        assert evaluate(node, values) is known


@given(nodes, some_values(), all_values)
def test_what_is_missing_is_what_would_decide(node, values, others):
    missing = missing_names(node, values)
    assert bool(missing) == (evaluate(node, values) is None)
    if missing:
        assert set(missing).isdisjoint(values)
        decided = {**{name: others[name] for name in missing}, **values}
        assert evaluate(node, decided) is not None


@given(nodes, some_values())
def test_differences_are_empty_exactly_when_it_applies(node, values):
    found = differences(node, values)
    if evaluate(node, values) is True:
        assert found == ()
    else:
        assert all(difference.actual is not difference.wanted for difference in found)
        assert found


@given(st.lists(nodes, min_size=1, max_size=3), all_values, st.sampled_from(sorted(VALUES)))
def test_unchecked_values_of_a_wrong_type_are_refused(conditions, values, name):
    generated = generate(conditions, WORDS)
    wrong = {**values, name: 1.5}
    if name in generated.names:
        with pytest.raises(TypeError):
            generated.checked(wrong)


def test_deeply_shared_conditions_do_not_indent_too_far():
    chain = [
        And(tuple(Compare("days", "!=", n) for n in range(100, 100 + size)))
        for size in range(2, 120)
    ]
    generated = generate(chain, WORDS)
    assert generated.complete({"days": 0}) == (1 << len(chain)) - 1


# Words


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("a and not b", "甲 且 并非：乙", "a holds and not: b holds"),
        (
            "(a or b) and days > 3",
            "（甲 或 乙） 且 天数 大于 3",
            "(a holds or b holds) and days is more than 3",
        ),
        ("grade == 'high'", "等级 为 高", "grade is High"),
        ("grade in ('high', 'low')", "等级 属于 高 / low", "grade is one of High / low"),
        ("since < until", "起点 早于 终点", "start is before end"),
        ("fine >= '12.5'", "fine 不少于 12.50", "fine is at least 12.50"),
        ("True", "任何情况", "always"),
    ],
)
def test_says_it_in_both_languages(text, zh, en):
    node = parse_condition(text, WORDS)
    assert (render(node, WORDS, "zh"), render(node, WORDS, "en")) == (zh, en)


# Values from outside


@pytest.mark.parametrize(
    ("value", "type_", "message"),
    [
        (1, BOOL, "not true or false"),
        ("yes", BOOL, "not true or false"),
        (True, INT, "not a whole number"),
        ("5", INT, "not a whole number"),
        (10**20, INT, "whole numbers go up to"),
        (0.1, MONEY, "float"),
        (-1, MONEY, "not negative"),
        ("-0.01", MONEY, "not negative"),
        ("1.005", MONEY, "two decimal places"),
        ("many", MONEY, "not an amount"),
        ("NaN", MONEY, "not an amount"),
        (True, MONEY, "not an amount"),
        ("high ", ENUM, "did you mean 'high'"),
        (3, ENUM, "not one of"),
        (3, TEXT, "not a text"),
        ("x" * 10_001, TEXT, "longer than"),
        ("2018-07-02T09:00:00", INSTANT, "no timezone"),
        ("2018-07-02", INSTANT, "not a date and time"),
        (5, INSTANT, "not a date and time"),
        ("02.07.2018", DATE, "not a date"),
        (at("02T09:00"), DATE, "not a date"),
        (float("inf"), NUMBER, "not a number"),
        ("many", NUMBER, "not a number"),
        (None, NUMBER, "not a number"),
    ],
)
def test_values_that_do_not_fit_are_refused(value, type_, message):
    with pytest.raises(ComplaintRulesError, match=message):
        read_value(value, type_, "it")


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        ("12.5", MONEY, Decimal("12.50")),
        (12, MONEY, Decimal("12.00")),
        (0.1, NUMBER, Decimal("0.1")),
        ("2026-02-28", DATE, date(2026, 2, 28)),
        (date(2026, 2, 28), DATE, date(2026, 2, 28)),
    ],
)
def test_values_get_one_form(value, type_, expected):
    assert read_value(value, type_, "it") == expected


def test_a_case_error_names_the_value_and_the_remedy():
    with pytest.raises(CaseError) as caught:
        read_value("hgih", ENUM, "fact grade")
    assert str(caught.value) == (
        "fact grade is 'hgih', which is not one of low, middle, high (did you mean 'high'?)"
    )


def test_numbers_are_said_as_they_are_and_amounts_as_money(monkeypatch):
    import decimal

    words = {"uptime": Meaning(NUMBER, {"en": "uptime"}), "loss": Meaning(MONEY, {"en": "loss"})}
    monkeypatch.setattr(decimal.getcontext(), "prec", 3)
    said = render(
        parse_condition("uptime >= 99.5 and loss > 37.5 and uptime < 1234567.8", words), words, "en"
    )
    assert said == (
        "uptime is at least 99.5 and loss is more than 37.50 and uptime is less than 1234567.8"
    )

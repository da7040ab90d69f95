"""Arithmetic in conditions: what it means, what is refused, and that all readings agree."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_rules.columns.expressions import expression, missing_expressions
from complaint_rules.columns.values import dtype, typed
from complaint_rules.errors import ConditionError
from complaint_rules.expressions import (
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
    names,
    parse_condition,
    render,
)
from complaint_rules.expressions.terms import bounds_of, term_value
from complaint_rules.expressions.tree import (
    Among,
    Compare,
    CompareTerms,
    Constant,
    Greatest,
    Least,
    Minus,
    Percent,
    Plus,
    Reference,
    Times,
)
from complaint_rules.testing.term_mutants import term_changes

WORDS = {
    "loss": Meaning(MONEY, {"zh": "损失", "en": "loss"}),
    "price": Meaning(MONEY, {"zh": "价款", "en": "price"}),
    "days": Meaning(INT, {"zh": "天数", "en": "days"}),
    "calls": Meaning(INT, {"en": "calls"}),
    "uptime": Meaning(NUMBER, {"en": "uptime"}),
    "rate": Meaning(NUMBER, {"en": "rate"}),
    "grade": Meaning(Type("enum", ("low", "high")), {"en": "grade"}),
    "note": Meaning(TEXT, {"en": "note"}),
    "visited.count": Meaning(INT, {"en": "visits"}, True),
}
LOSS, PRICE, DAYS = Reference("loss"), Reference("price"), Reference("days")


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("loss + 10 > price", CompareTerms(Plus(LOSS, Constant(10)), ">", PRICE)),
        ("loss > 0.05 % of price", CompareTerms(LOSS, ">", Percent(Decimal("0.05"), PRICE))),
        ("uptime < 99.95", Compare("uptime", "<", Decimal("99.95"))),
        ("uptime < '99.95'", Compare("uptime", "<", Decimal("99.95"))),
        ("99.95 > uptime", Compare("uptime", "<", Decimal("99.95"))),
        ("uptime > -0.5", Compare("uptime", ">", Decimal("-0.5"))),
        ("loss >= 12.5", Compare("loss", ">=", Decimal("12.50"))),
        ("uptime in (0.1, 1)", Among("uptime", (Decimal("0.1"), Decimal(1)))),
        ("days > 2 * 7", Compare("days", ">", 14)),
        ("days * 2 == calls", CompareTerms(Times(DAYS, Constant(2)), "==", Reference("calls"))),
        (
            "min(loss, price) <= max(1, loss)",
            CompareTerms(Least((LOSS, PRICE)), "<=", Greatest((Constant(1), LOSS))),
        ),
        (
            "loss - price > -5",
            CompareTerms(Minus(LOSS, PRICE), ">", Constant(-5)),
        ),
        (
            "1/8 * uptime > 1",
            CompareTerms(Times(Constant(Decimal("0.125")), Reference("uptime")), ">", Constant(1)),
        ),
        ("note == '5 % of it'", Compare("note", "==", "5 % of it")),
    ],
)
def test_reads(text, node):
    assert parse_condition(text, WORDS) == node


def test_a_fraction_is_read_from_the_text_and_not_through_a_float():
    node = parse_condition("uptime < 99.89999999999999999", WORDS)
    assert node == Compare("uptime", "<", Decimal("99.89999999999999999"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("loss + days > 3", "puts together an amount with a whole number: keep to one type"),
        ("loss + 1 > days", "compares an amount with a whole number"),
        ("2 * uptime > days", "compares a number with a whole number"),
        ("loss * price > 3", "multiplies two amounts"),
        ("grade + 1 > 2", "'grade' is one of low, high, and arithmetic is for numbers and amounts"),
        ("note + note == 'ab'", "'note' is a text, and arithmetic"),
        ("days > 1.5", "has a fraction, compared with a whole number"),
        ("days + 1.5 > 2", "has 1.5 beside a whole number"),
        ("loss > 1.555", "two decimal places"),
        ("loss + 0.005 > price", "two decimal places"),
        ("uptime > 1e3", "is no plain number"),
        ("loss / 3 > 1", "divides: amounts stay exact"),
        ("1 / 3 * loss > 1", "has no end as a decimal"),
        ("1 / 0 * loss > 1", "divides"),
        ("days % 7 == 0", "takes a remainder: a percentage is written"),
        ("5 % price > 1", "takes a remainder: a percentage is written"),
        ("days ** 2 > 4", "calculates"),
        ("days // 2 > 4", "calculates"),
        ("abs(days) > 4", "calls something"),
        ("min(days) > 4", "two values at least"),
        ("min(days, key=calls) > 4", "calls something"),
        ("2 * 3 > 5", "compares two constants"),
        ("loss > -0.5", "is negative: amounts never are"),
        ("days + 'x' > 2", "is no number"),
        ("(days > 3) + 1 > 2", "is not allowed"),
        (" + ".join(["days"] * 40) + " > 3", "nested deeper"),
    ],
)
def test_refuses(text, message):
    with pytest.raises(ConditionError, match=message):
        parse_condition(text, WORDS)


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("loss + 10 > price", "损失 + 10 大于 价款", "loss + 10 is more than price"),
        ("loss > 0.05 % of price", "损失 大于 价款的 0.05 %", "loss is more than 0.05 % of price"),
        (
            "2 * (loss + 1) <= min(loss, price)",
            "2 × （损失 + 1） 不超过 损失、价款中最小者",
            "2 × (loss + 1) is at most the smallest of loss, price",
        ),
        (
            "loss - (price - 1) > max(loss, price) * days",
            "损失 − （价款 − 1） 大于 （损失、价款中最大者） × 天数",
            "loss − (price − 1) is more than (the largest of loss, price) × days",
        ),
    ],
)
def test_says_it_in_both_languages(text, zh, en):
    node = parse_condition(text, WORDS)
    assert (render(node, WORDS, "zh"), render(node, WORDS, "en")) == (zh, en)


def test_a_missing_name_makes_the_comparison_unknown():
    node = parse_condition("loss + price > 10 or days > 3", WORDS)
    assert evaluate(node, {"loss": Decimal(100), "days": 1}) is None
    assert missing_names(node, {"loss": Decimal(100), "days": 1}) == ("price",)
    assert evaluate(node, {"loss": Decimal(100), "days": 4}) is True
    assert names(node) == ("loss", "price", "days")
    (difference,) = differences(node, {"loss": Decimal(1), "price": Decimal(2), "days": 1})
    assert (difference.wanted, difference.actual) == (True, False)


def test_the_context_of_the_thread_rounds_nothing():
    node = parse_condition("loss * days == 3000000.03", WORDS)
    with localcontext() as context:
        context.prec = 3
        assert evaluate(node, {"loss": Decimal("1000000.01"), "days": 3}) is True
        assert generate([node], WORDS).complete({"loss": Decimal("1000000.01"), "days": 3}) == 1


def test_what_can_never_be_less_is_known():
    assert bounds_of(Plus(LOSS, Constant(3)), WORDS) == (3, None)
    assert bounds_of(Minus(LOSS, PRICE), WORDS) == (None, None)
    assert bounds_of(Greatest((Minus(LOSS, PRICE), Constant(0))), WORDS) == (0, None)
    assert bounds_of(Least((LOSS, Constant(5))), WORDS) == (0, 5)
    assert bounds_of(Times(Constant(-2), Least((LOSS, Constant(5)))), WORDS) == (-10, 0)
    assert bounds_of(Percent(Decimal(5), Times(LOSS, Reference("visited.count"))), WORDS)[0] == 0


def test_mutants_move_every_number_and_turn_sums_round():
    term = Plus(Percent(Decimal("0.05"), LOSS), Constant(3))
    assert [what for what, _ in term_changes(term)] == [
        "0.05 % of loss + 3 → 0.05 % of loss − 3",
        "0.05 % of loss → 0.04 % of loss",
        "0.05 % of loss → 0.06 % of loss",
        "3 → 2",
        "3 → 4",
    ]


# All readings agree

AMOUNTS = st.sampled_from([Decimal(n) for n in ("0", "0.01", "99.99", "100", "1234567.89")])
VALUES = {
    "loss": AMOUNTS | st.decimals(0, 10**15, places=2),
    "price": AMOUNTS,
    "days": st.integers(-3, 5) | st.integers(-(10**15), 10**15),
    "calls": st.integers(-3, 5),
    "uptime": st.decimals(-100, 100, places=3),
    "rate": st.sampled_from([Decimal("0.1"), Decimal("0.3"), Decimal("-2.5")]),
}
FIGURES = st.integers(-3, 100) | st.decimals(0, 100, places=2)


def terms(names_of_one_type, literals):
    def more(inner):
        pairs = st.tuples(inner, inner)
        scalars = st.sampled_from([Constant(2), Reference("calls"), Constant(Decimal("0.5"))])
        return st.one_of(
            pairs.map(lambda pair: Plus(*pair)),
            pairs.map(lambda pair: Minus(*pair)),
            pairs.map(Least),
            pairs.map(Greatest),
            st.tuples(scalars, inner).map(lambda pair: Times(*pair)),
            st.tuples(st.sampled_from([Decimal("0.05"), Decimal(30)]), inner).map(
                lambda pair: Percent(*pair)
            ),
        )

    leaves = st.sampled_from([Reference(name) for name in names_of_one_type])
    return st.recursive(leaves | literals.map(Constant), more, max_leaves=6)


comparisons = st.one_of(
    *(
        st.builds(
            CompareTerms,
            terms(of_one_type, FIGURES),
            st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
            terms(of_one_type, FIGURES),
        )
        for of_one_type in (("loss", "price"), ("days", "calls"), ("uptime", "rate"))
    )
).filter(lambda atom: bool(names(atom)))
some_values = st.fixed_dictionaries({}, optional=VALUES)


def fraction_of(term, values):
    """The value by another way than the library's."""
    match term:
        case Constant(value):
            return Fraction(value)
        case Reference(name):
            return Fraction(values[name])
        case Percent(percent, of):
            return Fraction(percent) / 100 * fraction_of(of, values)
        case Plus(left, right):
            return fraction_of(left, values) + fraction_of(right, values)
        case Minus(left, right):
            return fraction_of(left, values) - fraction_of(right, values)
        case Times(left, right):
            return fraction_of(left, values) * fraction_of(right, values)
        case Least(operands):
            return min(fraction_of(operand, values) for operand in operands)
        case Greatest(operands):
            return max(fraction_of(operand, values) for operand in operands)


@given(comparisons, st.fixed_dictionaries(VALUES))
def test_terms_are_exact(atom, values):
    for side in (atom.left, atom.right):
        assert Fraction(term_value(side, values)) == fraction_of(side, values)
        low, high = bounds_of(side, WORDS)
        assert low is None or term_value(side, values) >= low
        assert high is None or term_value(side, values) <= high


@given(st.lists(comparisons, min_size=1, max_size=4), some_values)
def test_generated_code_agrees_with_the_interpreter(conditions, values):
    generated = generate(conditions, WORDS)
    matched, unknown = generated.partial(values)
    for bit, node in enumerate(conditions):
        expected = evaluate(node, values)
        assert (matched >> bit & 1, unknown >> bit & 1) == (expected is True, expected is None)
    if not set(generated.names) - set(values):
        assert generated.complete(values) == generated.checked(values) == matched


@given(comparisons, st.lists(some_values, min_size=1, max_size=4))
def test_columns_agree_with_the_interpreter(atom, cases):
    frame = pl.DataFrame(
        [
            typed(pl.Series(name, texts, dtype=pl.String if kind != INT else pl.Int64), kind, name)
            .cast(dtype(kind))
            .alias(name)
            for name in VALUES
            for kind in [WORDS[name].type]
            for texts in [[_as_given(values.get(name)) for values in cases]]
        ]
    )
    judged = frame.select(expression(atom, WORDS).alias("holds"))["holds"].to_list()
    assert judged == [evaluate(atom, values) for values in cases]
    missing = missing_expressions(atom, WORDS)
    for row, values in enumerate(cases):
        here = {n for n, where in missing.items() if frame.select(where).to_series()[row]}
        assert here == set(missing_names(atom, values))


def _as_given(value):
    return f"{value:f}" if isinstance(value, Decimal) else value

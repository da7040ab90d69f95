"""Conditions: read once into one tree, which has many readings."""

from complaint_rules.expressions.evaluate import (
    Difference,
    Values,
    differences,
    evaluate,
    missing_names,
)
from complaint_rules.expressions.generate import Generated, generate
from complaint_rules.expressions.moments import Names, OfInstant, of_instant, source, sources
from complaint_rules.expressions.parse import parse_condition
from complaint_rules.expressions.render import (
    Language,
    render,
    say_duration,
    say_instant,
    say_value,
    title,
)
from complaint_rules.expressions.tree import Node, Truth, Value, names
from complaint_rules.expressions.types import (
    BOOL,
    DATE,
    INSTANT,
    INT,
    MONEY,
    NUMBER,
    TEXT,
    Meaning,
    Type,
    Vocabulary,
    read_value,
)

__all__ = [
    "BOOL",
    "DATE",
    "INSTANT",
    "INT",
    "MONEY",
    "NUMBER",
    "TEXT",
    "Difference",
    "Generated",
    "Language",
    "Meaning",
    "Names",
    "Node",
    "OfInstant",
    "Truth",
    "Type",
    "Value",
    "Values",
    "Vocabulary",
    "differences",
    "evaluate",
    "generate",
    "missing_names",
    "names",
    "of_instant",
    "parse_condition",
    "read_value",
    "render",
    "say_duration",
    "say_instant",
    "say_value",
    "source",
    "sources",
    "title",
]

"""From the text of a name to the name: those that are declared, and functions of instants.

A call is read as a name in one spelling, ``is_open(event.at, service)``, and never made.
"""

from __future__ import annotations

import ast
from typing import Final

from complaint_rules.errors import ConditionError, did_you_mean
from complaint_rules.expressions.durations import say_units
from complaint_rules.expressions.moments import (
    FUNCTIONS,
    ITSELF,
    NEEDED,
    Function,
    Names,
    OfInstant,
    calendars,
)
from complaint_rules.expressions.types import Type, Vocabulary

_REFUSED: Final[dict[type[ast.AST], str]] = {
    ast.Subscript: "uses square brackets",
    ast.BinOp: "calculates with something else than + - * and fractions",
    ast.Lambda: "defines a function",
    ast.IfExp: "uses if/else",
    ast.JoinedStr: "uses an f-string",
    ast.NamedExpr: "assigns a name",
    ast.ListComp: "uses a loop",
    ast.GeneratorExp: "uses a loop",
    ast.Await: "awaits something",
    ast.Starred: "unpacks something",
}
_OF_TERMS: Final = ("min", "max")


class NameReader:
    """Reads names of a vocabulary."""

    def __init__(self, vocabulary: Vocabulary, text: str) -> None:
        self.vocabulary = Names(vocabulary)
        self.text = text

    def fail(self, node: ast.expr, message: str) -> ConditionError:
        part = short(" ".join((self.segment(node) or self.text).split()))
        return ConditionError(f"{part!r} {message}", node.col_offset)

    def segment(self, node: ast.expr) -> str | None:
        return ast.get_source_segment(self.text, node)

    def refuse(self, node: ast.expr, otherwise: str) -> ConditionError:
        if isinstance(node, ast.Call):
            known = (*_OF_TERMS, *FUNCTIONS)
            *some, last = (f"{name}(…)" for name in known)
            return self.fail(
                node,
                f"calls something{did_you_mean(ast.unparse(node.func), known)}: a condition only "
                f"compares declared names, {', '.join(some)} and {last}",
            )
        what = _REFUSED.get(type(node), otherwise)
        return self.fail(node, f"{what}: a condition only compares declared names")

    def is_name(self, node: ast.expr) -> bool:
        """Whether it is a name, or a function that stands for one."""
        return isinstance(node, ast.Name | ast.Attribute) or self.function(node) is not None

    def name(self, node: ast.expr) -> str:
        function = self.function(node)
        match node:
            case ast.Name(name):
                found = name
            case ast.Call() if function is not None:
                return str(self.of_instant(node, function))
            case ast.Attribute(instant, "time") if self.is_instant(instant):
                return str(OfInstant("time_of", self.name(instant)))
            case ast.Attribute(ast.Name(owner), attribute):
                found = f"{owner}.{attribute}"
            case _:
                raise self.refuse(node, "is not a name")
        if found not in self.vocabulary:
            raise self.fail(
                node,
                f"is not declared here{did_you_mean(found, self.vocabulary)}: "
                f"declare it, or use a name that this rule can see",
            )
        return found

    # Functions of instants

    def is_instant(self, node: ast.expr) -> bool:
        name = ast.unparse(node)
        return name in self.vocabulary and self.vocabulary[name].type.name == "instant"

    def function(self, node: ast.expr) -> Function | None:
        """The function of an instant that is called."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return next((known for known in FUNCTIONS if known == node.func.id), None)
        return None

    def of_instant(self, node: ast.Call, function: Function) -> OfInstant:
        first = "an instant, and a calendar if it is not the policy's own"
        most = 2
        if function == "time_of":
            first, most = "one instant", 1
        if not 1 <= len(node.args) <= most or node.keywords:
            raise self.fail(node, f"takes {first}: write {function}(event.at)")
        instant = node.args[0]
        if not isinstance(instant, ast.Name | ast.Attribute):
            raise self.fail(instant, "is not the name of a moment: give an instant")
        name = self.name(instant)
        type_ = self.vocabulary[name].type
        if type_.name != "instant":
            raise self.fail(instant, f"is {say_type(type_)}: give an instant")
        calendar = self.calendar(node.args[1]) if len(node.args) > 1 else ITSELF
        self.check_calendar(node, function, calendar)
        return OfInstant(function, name, calendar)

    def calendar(self, node: ast.expr) -> str:
        known = calendars(self.vocabulary)
        name = ast.unparse(node)
        if name not in known:
            among = f" ({', '.join(known)})" if known else ""
            raise self.fail(
                node,
                f"is no calendar{did_you_mean(name, known)}: name one of 'calendars'{among}, or "
                f"leave it out for the policy's own",
            )
        return name

    def check_calendar(self, node: ast.expr, function: Function, name: str) -> None:
        """Whether a calendar has what a function asks of it."""
        if function not in NEEDED or name not in self.vocabulary:
            return
        needed, given_by = NEEDED[function]
        if needed not in self.vocabulary[name].type.knows:
            owner = f"calendars.{name}." if name else "calendar."
            raise self.fail(
                node,
                f"asks a calendar that has no {needed}: give {owner}{given_by.format(owner)}",
            )


def short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."


def say_type(type_: Type) -> str:
    """A type as messages name it."""
    return {
        "bool": "true or false",
        "int": "a whole number",
        "number": "a number",
        "money": f"an amount in {type_.unit}" if type_.unit else "an amount",
        "enum": f"one of {', '.join(type_.values)}",
        "text": "a text",
        "instant": "an instant",
        "date": "a date",
        "time": "a time of day",
        "calendar": "a calendar",
        "percent": "a percentage",
        "duration": f"a duration in {say_units(type_.units)}" if type_.units else "a duration",
    }[type_.name]

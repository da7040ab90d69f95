"""Counts written in a condition itself, instead of being declared.

``offence.count_within('365 calendar days')``, ``refunded.amount.sum`` and
``approved.approver.distinct`` each stand for a count. Its name is the same however it was spelt.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from complaint_rules.errors import ConditionError, DurationError
from complaint_rules.expressions.parse_terms import as_python
from complaint_rules.time.durations import Duration, parse_duration

Measure = Literal["count", "sum", "distinct"]
"""How many there are, what a field of them adds up to, or how many values it has."""

COUNT_WITHIN: Final = "count_within"
_MEASURES: Final = ("sum", "distinct")
_MAY_COUNT: Final = re.compile(rf"{COUNT_WITHIN}|\.\s*(?:sum|distinct)\b")


@dataclass(frozen=True, slots=True)
class WrittenCount:
    """A count as a condition has it: of an event type, with a field or a window."""

    event: str
    measure: Measure
    field: str | None = None
    within: Duration | None = None

    @property
    def name(self) -> str:
        """Its name in the vocabulary.

        >>> from complaint_rules.time.durations import CalendarDays
        >>> WrittenCount("offence", "count", within=CalendarDays(7)).name
        'offence.count_within(7 calendar days)'
        """
        if self.measure == "count":
            return f"{self.event}.{COUNT_WITHIN}({self.within})"
        return f"{self.event}.{self.field}.{self.measure}"


def written_count(node: ast.expr) -> WrittenCount | None:
    """The count that a part of a condition stands for, if it is one.

    Raises:
        ConditionError: it is one without a window that can be read.
    """
    match node:
        case ast.Attribute(ast.Attribute(ast.Name(event), field), "sum" | "distinct" as measure):
            return WrittenCount(event, measure, field)
        case ast.Call(ast.Attribute(ast.Name(event), "count_within"), arguments, named):
            return WrittenCount(event, "count", within=_window(node, event, arguments, named))
    return None


class _Naming(ast.NodeTransformer):
    def visit(self, node: ast.AST) -> ast.AST:
        count = written_count(node) if isinstance(node, ast.expr) else None
        if count is None:
            return self.generic_visit(node)
        return ast.copy_location(ast.Name(count.name, ast.Load()), node)


def with_counts_named(expression: ast.expr, text: str) -> ast.expr:
    """A condition in which each count is a name like any other.

    Raises:
        ConditionError: one of them has no window that can be read.
    """
    if not _MAY_COUNT.search(text):
        return expression
    named = _Naming().visit(expression)
    assert isinstance(named, ast.expr)  # noqa: S101 - nothing else takes its place
    return named


def _window(
    node: ast.expr, event: str, arguments: list[ast.expr], named: list[ast.keyword]
) -> Duration:
    wanted = f"write {event}.{COUNT_WITHIN}('365 calendar days')"
    match arguments:
        case [ast.Constant(str() as text)] if not named:
            try:
                return parse_duration(text)
            except DurationError as error:
                raise ConditionError(str(error), node.col_offset) from None
    raise ConditionError(
        f"'{event}.{COUNT_WITHIN}' wants one window, in quotes: {wanted}", node.col_offset
    )


def written_counts(text: str) -> Iterator[WrittenCount]:
    """All counts that are written in a condition; none where it cannot be read at all.

    Raises:
        ConditionError: one of them has no window that can be read.
    """
    if not _MAY_COUNT.search(text):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            whole = ast.parse(as_python(text.strip()), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return  # which is reported where the condition is read
    for node in ast.walk(whole):
        if isinstance(node, ast.expr):
            found = written_count(node)
            if found is not None:
                yield found

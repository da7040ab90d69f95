"""The fast reading of many conditions: one generated Python function for all rules of a scope.

The set of matching rules is one integer, a bit for each rule. Two functions are generated:

* ``complete`` for when every name has a value. Rules that share a comparison are nested under it,
  so that it is made once; rules that ask for different values of one name form an ``if``/``elif``.
* ``partial`` for when some are missing: each condition is written twice, as "certainly true" and
  as "certainly false"; a rule that is neither is unknown.

Only names and constants that the type checker has seen are written into the source; texts are
written with ``repr``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from complaint_rules.expressions import bounds
from complaint_rules.expressions.durations import DURATION_TYPES
from complaint_rules.expressions.terms import minus, percent_of, plus, times
from complaint_rules.expressions.tree import (
    NEGATED,
    Among,
    And,
    Atom,
    Between,
    Compare,
    CompareNames,
    CompareTerms,
    Constant,
    Greatest,
    IsTrue,
    Least,
    Minus,
    Node,
    Not,
    Or,
    Percent,
    Plus,
    Reference,
    Term,
    Times,
    Truth,
    Value,
    atom_names,
    names,
)
from complaint_rules.expressions.types import Type, Vocabulary
from complaint_rules.time.durations import unit_of

Complete = Callable[[Mapping[str, Any]], int]
Partial = Callable[[Mapping[str, Any]], tuple[int, int]]

_Entry = tuple[tuple[Node, ...], int]
"""What must all be true, and the bit it sets."""

_DEEPEST_INDENT: Final = 48
"""Python refuses a hundred levels of indentation; twelve hold all the sharing there is."""

_PYTHON_TYPES: Final = {
    "bool": "bool",
    "int": "int",
    "number": "Decimal",
    "money": "Decimal",
    "enum": "str",
    "text": "str",
    "instant": "datetime",
    "date": "date",
    "time": "time",
}


@dataclass(frozen=True, slots=True)
class Generated:
    """The functions of one scope. ``complete`` raises KeyError where a name is missing.

    ``checked`` and ``traced`` can be given values nobody has checked: they look at the types, and
    hand over to ``otherwise`` where a value is missing or has not its declared type. They return
    what ``decoded`` has for the set of conditions that hold; ``traced`` also the names read and
    their values, as a ``traced_type``.
    """

    names: tuple[str, ...]
    source: str
    complete: Complete
    checked: Callable[[Mapping[str, Any]], Any]
    traced: Callable[[Mapping[str, Any]], Any]
    partial: Partial


class Itself(dict[int, int]):
    """A decoding that leaves the set of conditions as the integer it is."""

    def __missing__(self, bits: int) -> int:
        return bits


def _refuse(_values: Mapping[str, Any]) -> Any:
    raise TypeError("a value is missing, or has not its declared type")


def generate(
    conditions: Sequence[Node],
    vocabulary: Vocabulary,
    decoded: Mapping[int, Any] | None = None,
    otherwise: Callable[[Mapping[str, Any]], Any] = _refuse,
    otherwise_traced: Callable[[Mapping[str, Any]], Any] = _refuse,
    traced_type: type[tuple[Any, ...]] = tuple,
) -> Generated:
    """Generate the functions for conditions; bit ``i`` stands for condition ``i``."""
    read = tuple(dict.fromkeys(name for node in conditions for name in names(node)))
    writer = _Writer(read, vocabulary)
    values = "".join(f"{writer.local[name]}, " for name in read)
    source = "\n".join(
        [
            *writer.function("complete", conditions, "return matched"),
            *writer.checked("checked", conditions, "return decoded[matched]", "otherwise"),
            *writer.checked(
                "traced",
                conditions,
                f"return make(Traced, (decoded[matched], names_read, ({values})))",
                "otherwise_traced",
            ),
            *writer.partial(conditions),
        ]
    )
    from datetime import date, datetime, time
    from decimal import Decimal

    space: dict[str, Any] = {
        **writer.constants,
        "Decimal": Decimal,
        "plus": plus,
        "minus": minus,
        "times": times,
        "percent_of": percent_of,
        "date": date,
        "datetime": datetime,
        "time": time,
        "durations": frozenset(DURATION_TYPES),
        "unit_of": unit_of,
        "decoded": Itself() if decoded is None else decoded,
        "otherwise": otherwise,
        "otherwise_traced": otherwise_traced,
        # A named tuple's own constructor is Python; its parent's is not.
        "make": tuple.__new__,
        "Traced": traced_type,
        "names_read": read,
    }
    exec(compile(source, "<generated conditions>", "exec"), space)  # noqa: S102 - see module text
    return Generated(
        read, source, space["complete"], space["checked"], space["traced"], space["partial"]
    )


class _Writer:
    def __init__(self, read: Sequence[str], vocabulary: Vocabulary) -> None:
        self.read = read
        self.vocabulary = vocabulary
        self.local = {name: f"v{number}" for number, name in enumerate(read)}
        self.constants: dict[str, Any] = {}

    def constant(self, value: Value | frozenset[Value]) -> str:
        if type(value) in (bool, int, str):
            return repr(value)
        for name, known in self.constants.items():
            if type(known) is type(value) and known == value:
                return name
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name

    # Complete

    def function(self, name: str, conditions: Sequence[Node], ending: str) -> list[str]:
        lines = [f"def {name}(values):", *self.reads("    "), "    matched = 0"]
        lines += self.block(self.entries(conditions), "    ")
        return [*lines, f"    {ending}"]

    def checked(
        self, name: str, conditions: Sequence[Node], ending: str, otherwise: str
    ) -> list[str]:
        tests = " and ".join(self.type_test(read, self.vocabulary[read].type) for read in self.read)
        # A test of an enum's member raises TypeError for a value that cannot be hashed.
        lines = [f"def {name}(values):", "    try:", *self.reads("        ")]
        lines += [f"        known = {tests or True}"]
        lines += ["    except (KeyError, TypeError):", f"        return {otherwise}(values)"]
        lines += ["    if not known:", f"        return {otherwise}(values)", "    matched = 0"]
        lines += self.block(self.entries(conditions), "    ")
        return [*lines, f"    {ending}"]

    def reads(self, indent: str) -> list[str]:
        return [f"{indent}{self.local[read]} = values[{read!r}]" for read in self.read]

    def entries(self, conditions: Sequence[Node]) -> list[_Entry]:
        return [(_conjuncts(node), 1 << bit) for bit, node in enumerate(conditions)]

    def type_test(self, name: str, type_: Type) -> str:
        local = self.local[name]
        if type_.name == "enum":
            return f"{local} in {self.constant(frozenset(type_.values))}"
        if type_.name == "duration":
            return f"type({local}) in durations and unit_of({local}) in {type_.units!r}"
        return f"type({local}) is {_PYTHON_TYPES[type_.name]}"

    def block(self, entries: list[_Entry], indent: str) -> list[str]:
        """Statements that set the bits of all entries whose conjuncts are true."""
        lines: list[str] = []
        nests = len(indent) < _DEEPEST_INDENT
        always = sum(bit for conjuncts, bit in entries if not conjuncts)
        if always:
            lines.append(f"{indent}matched |= {always}")
        rest = [entry for entry in entries if entry[0]]
        counts = Counter(conjunct for conjuncts, _ in rest for conjunct in set(conjuncts))
        while rest:
            choice = self.dispatch_name(rest)
            if choice is not None and nests:
                dispatched = [e for e in rest if _equality(e[0], choice) is not None]
                rest = [e for e in rest if _equality(e[0], choice) is None]
                lines += self.dispatch(choice, dispatched, indent)
                continue
            conjuncts, bit = rest[0]
            shared = max(conjuncts, key=lambda conjunct: counts[conjunct])
            together = [entry for entry in rest if shared in entry[0]]
            if len(together) > 1 and nests:
                rest = [entry for entry in rest if shared not in entry[0]]
                common = [c for c in conjuncts if all(c in others for others, _ in together)]
                lines.append(f"{indent}if {self.all_of(common)}:")
                inner = [
                    (tuple(c for c in conjuncts if c not in common), bit)
                    for conjuncts, bit in together
                ]
                lines += self.block(inner, f"{indent}    ")
            else:
                rest = rest[1:]
                lines += [f"{indent}if {self.all_of(conjuncts)}:", f"{indent}    matched |= {bit}"]
        return lines or [f"{indent}pass"]

    def all_of(self, conjuncts: Sequence[Node]) -> str:
        return " and ".join(self.expression(conjunct, inside=True) for conjunct in conjuncts)

    def dispatch_name(self, entries: list[_Entry]) -> str | None:
        """A name that many entries compare with different constants by ``==``."""
        seen: dict[str, set[Value]] = {}
        for conjuncts, _ in entries:
            for conjunct in conjuncts:
                if isinstance(conjunct, Compare) and conjunct.operator == "==":
                    seen.setdefault(conjunct.name, set()).add(conjunct.constant)
        name, constants = max(seen.items(), key=lambda item: len(item[1]), default=("", set()))
        return name if len(constants) > 1 else None

    def dispatch(self, name: str, entries: list[_Entry], indent: str) -> list[str]:
        groups: dict[Compare, list[_Entry]] = {}
        for conjuncts, bit in entries:
            test = _equality(conjuncts, name)
            assert test is not None  # noqa: S101 - the caller chose these entries
            inner = tuple(conjunct for conjunct in conjuncts if conjunct != test)
            groups.setdefault(test, []).append((inner, bit))
        lines = []
        for number, (test, group) in enumerate(groups.items()):
            lines.append(f"{indent}{'elif' if number else 'if'} {self.expression(test)}:")
            lines += self.block(group, f"{indent}    ")
        return lines

    def expression(self, node: Node, *, inside: bool = False) -> str:
        match node:
            case And(operands):
                text = " and ".join(self.expression(operand, inside=True) for operand in operands)
                return f"({text})" if inside else text
            case Or(operands):
                text = " or ".join(self.expression(operand, inside=True) for operand in operands)
                return f"({text})" if inside else text
            case Not(IsTrue(name)):
                return f"not {self.local[name]}"
            case Not(operand):
                return f"not ({self.expression(operand)})"
            case _:
                return self.atom(node)

    def atom(self, atom: Atom) -> str:
        match atom:
            case Truth(value):
                return repr(value)
            case IsTrue(name):
                return self.local[name]
            case Compare(name, operator, constant):
                return f"{self.local[name]} {operator} {self.constant(constant)}"
            case CompareNames(left, operator, right):
                return f"{self.local[left]} {operator} {self.local[right]}"
            case CompareTerms(first, operator, second):
                return f"{self.term(first)} {operator} {self.term(second)}"
            case Among(name, constants):
                return f"{self.local[name]} in {self.constant(frozenset(constants))}"

    def term(self, term: Term) -> str:
        match term:
            case Constant(value):
                return self.constant(value)
            case Reference(name):
                return self.local[name]
            case Plus(left, right):
                return f"plus({self.term(left)}, {self.term(right)})"
            case Minus(left, right):
                return f"minus({self.term(left)}, {self.term(right)})"
            case Times(left, right):
                return f"times({self.term(left)}, {self.term(right)})"
            case Percent(percent, of):
                return f"percent_of({self.constant(percent)}, {self.term(of)})"
            case Between():
                raise AssertionError(term)  # pragma: no cover - conditions have none
            case Least(operands) | Greatest(operands):
                function = "min" if isinstance(term, Least) else "max"
                return f"{function}({', '.join(map(self.term, operands))})"

    # Partial

    def partial(self, conditions: Sequence[Node]) -> list[str]:
        lines = ["def partial(values):", "    get = values.get"]
        lines += [f"    {self.local[name]} = get({name!r})" for name in self.read]
        for name in self.read:
            if self.vocabulary[name].has_bounds:
                lines += [f"    {line}" for line in bounds.reads(name, self.local[name])]
        lines += ["    matched = unknown = 0"]
        for number, node in enumerate(conditions):
            lines += [f"    if {self.certainly(node, True)}:", f"        matched |= {1 << number}"]
            if any(not self.vocabulary[name].always_known for name in names(node)):
                lines += [
                    f"    elif not ({self.certainly(node, False)}):",
                    f"        unknown |= {1 << number}",
                ]
        lines.append("    return matched, unknown")
        return lines

    def certainly(self, node: Node, wanted: bool) -> str:
        match node:
            case Not(operand):
                return self.certainly(operand, not wanted)
            case And(operands) | Or(operands):
                word = " and " if isinstance(node, And) == wanted else " or "
                return f"({word.join(self.certainly(operand, wanted) for operand in operands)})"
            case Truth(value):
                return repr(value is wanted)
            case IsTrue(name):
                return f"{self.local[name]} is {wanted}"
            case Compare() | CompareNames() | Among() if self.has_bounds(node):
                return bounds.certainly(node, self.sides, self.constant, wanted=wanted)
            case Compare(name, operator, constant):
                test = operator if wanted else NEGATED[operator]
                return f"({self.known(name)}{self.local[name]} {test} {self.constant(constant)})"
            case CompareNames(left, operator, right):
                test = operator if wanted else NEGATED[operator]
                known = self.known(left) + self.known(right)
                return f"({known}{self.local[left]} {test} {self.local[right]})"
            case CompareTerms(first, operator, second):
                test = operator if wanted else NEGATED[operator]
                known = "".join(self.known(name) for name in names(node))
                return f"({known}{self.term(first)} {test} {self.term(second)})"
            case Among(name, constants):
                word = "in" if wanted else "not in"
                members = self.constant(frozenset(constants))
                return f"({self.known(name)}{self.local[name]} {word} {members})"

    def has_bounds(self, atom: Atom) -> bool:
        return any(self.vocabulary[name].has_bounds for name in atom_names(atom))

    def sides(self, name: str) -> bounds.Side:
        return bounds.Side.of(self.local[name], bounded=self.vocabulary[name].has_bounds)

    def known(self, name: str) -> str:
        if self.vocabulary[name].always_known:
            return ""
        return f"{self.local[name]} is not None and "


def _conjuncts(node: Node) -> tuple[Node, ...]:
    """What must all be true, flattened; an empty tuple is true."""
    match node:
        case And(operands):
            return tuple(dict.fromkeys(c for operand in operands for c in _conjuncts(operand)))
        case Truth(True):
            return ()
        case _:
            return (node,)


def _equality(conjuncts: tuple[Node, ...], name: str) -> Compare | None:
    for conjunct in conjuncts:
        if isinstance(conjunct, Compare) and conjunct.operator == "==" and conjunct.name == name:
            return conjunct
    return None

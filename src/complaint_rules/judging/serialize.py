"""Decisions to JSON and back, without loss: texts, decimals and instants keep their types.

The text begins with the version of its own form. A decision of an earlier form is read, and what
a later one has besides is left out; what it lacks is an error.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from complaint_rules.errors import DecisionError
from complaint_rules.expressions import Value
from complaint_rules.judging import decision as decisions
from complaint_rules.judging import items
from complaint_rules.judging.decision import Decision
from complaint_rules.judging.items import Read
from complaint_rules.time import Duration, parse_duration

_DURATIONS = get_args(Duration)

FORMAT: Final = 3
"""1 had no number of its own and named the engine; it was written by version 0.1. 2 had no
titles of items, and did not say which penalty an undetermined relief is of, nor of what kind an
undetermined penalty is.
"""

_NOT_STORED: Final = frozenset({"basis", "engine"})
_STORED_IF_ANY: Final = {
    "ended_by": None,
    "handed_over": (),
    "imposes": None,
    "lasts": None,
    "unit": "",
    "caps": (),
    "before_minimum": None,
    "before_maximum": None,
}
"""What few items have, and what stands for none: the others are written as before there was any."""


def decision_to_json(decision: Decision, indent: int | None) -> str:
    """The text of a decision; the same decision has the same text."""
    document = {"format": FORMAT, **_encode(decision)}
    if decision.history is None:
        del document["history"]  # as in decisions that were stored before there was any
    return json.dumps(document, ensure_ascii=False, indent=indent)


def decision_from_json(text: str | bytes) -> Decision:
    """Read a decision.

    Raises:
        DecisionError: the text is no JSON, or a key is missing, unknown or of the wrong type.
    """
    try:
        document = json.loads(text)
        later = isinstance(document, dict) and _format_of(document) > FORMAT
        decoded: Decision = _Reader(tolerant=later).read(Decision, document, "decision")
    except (ValueError, RecursionError, TypeError, ArithmeticError) as error:
        raise DecisionError(
            f"this is no decision in JSON ({error}): use the text that to_json gave"
        ) from None
    return decoded


def _encode(value: Any) -> Any:
    if isinstance(value, Read):
        return {
            "name": value.name,
            "value": _encode_value(value.value),
            "assumed": value.assumed,
            **({"counted": _encode(value.counted)} if value.counted else {}),
        }
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, tuple):
        return [_encode(element) for element in value]
    if isinstance(value, (Decimal, *_DURATIONS)):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return {
        name: _encode(getattr(value, name))
        for name in _names(value.__class__)
        if name not in _STORED_IF_ANY or getattr(value, name) != _STORED_IF_ANY[name]
    }


@cache
def _names(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls) if field.name not in _NOT_STORED)


def _encode_value(value: Value) -> Any:
    match value:
        case Decimal():
            return {"number": str(value)}
        case datetime():
            return {"instant": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case time():
            return {"time": value.isoformat()}
    return {"duration": str(value)} if isinstance(value, _DURATIONS) else value


def _decode_value(value: Any) -> Any:
    match value:
        case {"number": str() as text}:
            return Decimal(text)
        case {"instant": str() as text}:
            return datetime.fromisoformat(text)
        case {"date": str() as text}:
            return date.fromisoformat(text)
        case {"time": str() as text}:
            return time.fromisoformat(text)
        case {"duration": str() as text}:
            return parse_duration(text)
        case bool() | int() | str():
            return value
    raise TypeError(f"{value!r} is no value")


@cache
def _types(cls: type) -> dict[str, Any]:
    # Public classes say another module than the one whose names they use.
    return get_type_hints(cls, localns={**vars(items), **vars(decisions)})


def _format_of(document: dict[str, Any]) -> int:
    number = document.pop("format", 1)
    if type(number) is not int or number < 1:
        raise TypeError(f"its format is {number!r}")
    if number == 1:
        document.pop("engine", None)
    return number


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads values of the types that are wanted. One of a later form leaves out what it adds."""

    tolerant: bool

    def read(self, wanted: Any, value: Any, where: str) -> Any:
        if is_dataclass(wanted) and isinstance(wanted, type):
            return self._read_dataclass(wanted, value, where)
        origin = get_origin(wanted)
        if origin in (Union, UnionType):
            members = get_args(wanted)
            if value is None and NoneType in members:
                return None
            if members[0] in _DURATIONS:
                return parse_duration(str(value))
            return self.read(members[0], value, where)
        if origin is tuple:
            members = get_args(wanted)
            if not isinstance(value, list):
                raise TypeError(f"{where} is no list")
            kinds = [members[0]] * len(value) if members[-1] is Ellipsis else members
            return tuple(
                self.read(kind, element, where) for kind, element in zip(kinds, value, strict=True)
            )
        if origin is Literal:
            if value not in get_args(wanted):
                raise TypeError(f"{where} is {value!r}")
            return value
        if wanted is Decimal and isinstance(value, str):
            return Decimal(value)
        if wanted is datetime and isinstance(value, str):
            return datetime.fromisoformat(value)
        if type(value) is not wanted:
            raise TypeError(f"{where} is {value!r}")
        return value

    def _read_dataclass(self, wanted: type, value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise TypeError(f"{where} is no object")
        if wanted is Read:
            counted = tuple(datetime.fromisoformat(at) for at in value.get("counted", ()))
            return Read(value["name"], _decode_value(value["value"]), value["assumed"], counted)
        types = {name: type_ for name, type_ in _types(wanted).items() if name not in _NOT_STORED}
        lacking = types.keys() - value.keys() - _with_default(wanted)
        added = () if self.tolerant else value.keys() - types.keys()
        if lacking or added:
            odd = sorted({*lacking, *added})
            raise TypeError(f"{where} lacks, or has besides, {', '.join(odd)}")
        return wanted(
            **{
                name: self.read(type_, value[name], f"{where}.{name}")
                for name, type_ in types.items()
                if name in value
            }
        )


def _with_default(cls: type) -> frozenset[str]:
    return frozenset(field.name for field in fields(cls) if field.default is not MISSING)

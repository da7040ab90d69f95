"""Frozen values at the price of ordinary ones.

A decision is made of hundreds of small frozen dataclasses, and the ``__init__`` of a frozen
dataclass sets each field through ``object.__setattr__``, which costs several times an ordinary
assignment. ``frozen`` is ``dataclass(frozen=True, slots=True)`` with another constructor: it fills
an ordinary twin that has the same slots, and then makes it what it is to be. Equality, hashing,
``repr``, ``replace`` and pickling are those of any frozen dataclass.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def frozen(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass with slots that is quick to build.

    >>> @frozen
    ... class Point:
    ...     x: int
    ...     y: int = 0
    >>> Point(1), Point(1) == Point(x=1, y=0)
    (Point(x=1, y=0), True)
    >>> Point(1).x = 2
    Traceback (most recent call last):
    ...
    dataclasses.FrozenInstanceError: cannot assign to field 'x'
    """
    return _made(cls, dataclass(frozen=True, slots=True)(cls))


@dataclass_transform(frozen_default=True, order_default=True)
def frozen_in_order(cls: type[T]) -> type[T]:
    """The same for values that have an order among those of their own class.

    >>> @frozen_in_order
    ... class Years:
    ...     count: int
    >>> Years(1) < Years(2)
    True
    """
    return _made(cls, dataclass(frozen=True, slots=True, order=True)(cls))


def _made(cls: type[T], made: Any) -> type[T]:
    names = [field.name for field in fields(made)]
    space: dict[str, Any] = {
        "twin": type(f"_Open{cls.__name__}", (), {"__slots__": tuple(made.__slots__)}),
        "blank": object.__new__,
        "MISSING": MISSING,
    }
    parameters = []
    for field in fields(made):
        if field.default is MISSING:
            parameters.append(field.name)
        else:
            space[f"default_{field.name}"] = field.default
            parameters.append(f"{field.name}=default_{field.name}")
    lines = [f"def __new__(cls, {', '.join(parameters)}):", "    self = blank(twin)"]
    lines += [f"    self.{name} = {name}" for name in names]
    lines.append("    self.__class__ = cls")
    if hasattr(made, "__post_init__"):
        lines.append("    self.__post_init__()")
    lines.append("    return self")
    exec("\n".join(lines), space)  # noqa: S102 - only the names of fields are written into it
    made.__new__ = space["__new__"]
    del made.__init__  # the values are there already; object's own does nothing
    if "__reduce__" not in cls.__dict__:
        made.__reduce__ = _reduce
    return made  # type: ignore[no-any-return]


def _reduce(self: Any) -> tuple[type, tuple[Any, ...]]:
    return type(self), tuple(getattr(self, field.name) for field in fields(self))

"""The public names say the package as their module: in tracebacks, in ``repr``, in pickles.

A pickle names the place of a class. Were that an inner module, moving the class would make every
stored pickle unreadable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Public = TypeVar("Public", bound=type[Any] | Callable[..., Any])


def public(named: Public) -> Public:
    """Say that a class or function is found as ``complaint_rules.…``.

    >>> @public
    ... class CaseError(Exception): ...
    >>> CaseError
    <class 'complaint_rules.CaseError'>
    """
    named.__module__ = "complaint_rules"
    return named

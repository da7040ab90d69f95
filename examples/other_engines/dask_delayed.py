"""Liabilities of many cases with Dask: one task for each batch of whole cases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from complaint_rules import Policy
from complaint_rules.simulation import ArrowSimulator, whole_cases


def liabilities(batches: Iterable[Any], policy: Policy, as_of: str) -> list[Any]:
    """Delayed Arrow tables of liabilities, of Arrow batches in which rows of a case stand together.

    A batch may end in the middle of a case. One that returns later is refused: sort by case.
    """
    import dask

    find = dask.delayed(ArrowSimulator(policy, "liabilities", as_of=as_of))
    return [find(batch.to_arrow()) for batch in whole_cases(batches)]

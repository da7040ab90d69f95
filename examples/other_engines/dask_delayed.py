"""Liabilities of many cases with Dask: one task for each Arrow batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from complaint_rules import Policy
from complaint_rules.simulation import ArrowSimulator


def liabilities(batches: Iterable[Any], policy: Policy, as_of: str) -> list[Any]:
    """Delayed Arrow tables of liabilities, of Arrow batches with one row for each case."""
    import dask

    find = dask.delayed(ArrowSimulator(policy, "liabilities", as_of=as_of))
    return [find(batch) for batch in batches]

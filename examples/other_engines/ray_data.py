"""Liabilities of many cases with Ray Data: ``map_batches`` over Arrow tables."""

from __future__ import annotations

from typing import Any

from complaint_rules import Policy
from complaint_rules.simulation import ArrowSimulator


def liabilities(cases: Any, policy: Policy, as_of: str, batch: int = 1_000) -> Any:
    """A Ray dataset of liabilities, of a Ray dataset with one row for each case."""
    find = ArrowSimulator(policy, "liabilities", as_of=as_of)

    def judge(table: Any) -> Any:
        return find(table)

    return cases.map_batches(judge, batch_format="pyarrow", batch_size=batch)

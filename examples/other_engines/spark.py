"""Liabilities of many cases with Spark: ``mapInArrow`` over batches of whole cases."""

from __future__ import annotations

from typing import Any

from complaint_rules import Policy
from complaint_rules.simulation import ArrowSimulator


def liabilities(cases: Any, policy: Policy, as_of: str) -> Any:
    """A Spark frame of liabilities, of a Spark frame with one row for each case."""
    from pyspark.sql.pandas.types import from_arrow_schema

    find = ArrowSimulator(policy, "liabilities", as_of=as_of)
    return cases.mapInArrow(find.over, from_arrow_schema(find.schema()))

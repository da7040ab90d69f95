"""Liabilities of many cases with Spark: ``mapInArrow`` over the batches of each partition."""

from __future__ import annotations

from typing import Any

from complaint_rules import Policy
from complaint_rules.simulation import ArrowSimulator


def liabilities(cases: Any, policy: Policy, as_of: str) -> Any:
    """A Spark frame of liabilities, of one with a row for each case or for each event."""
    from pyspark.sql.pandas.types import from_arrow_schema

    find = ArrowSimulator(policy, "liabilities", as_of=as_of)
    # A process sees its own partition alone, so all rows of a case have to be in one, and side by
    # side there. Where a batch cuts a case, find.over carries it on into the next.
    by_case = cases.repartition("case").sortWithinPartitions("case")
    return by_case.mapInArrow(find.over, from_arrow_schema(find.schema()))

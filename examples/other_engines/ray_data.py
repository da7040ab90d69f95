"""Liabilities of many cases with Ray Data: ``map_groups`` over parts that hold whole cases."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from complaint_rules import Policy
from complaint_rules.simulation import ArrowSimulator


def liabilities(cases: Any, policy: Policy, as_of: str, parts: int = 16) -> Any:
    """A Ray dataset of liabilities, of one with a row for each case or for each event.

    Memory holds a part at a time: take more of them for more cases.
    """
    find = ArrowSimulator(policy, "liabilities", as_of=as_of)

    def with_part(table: Any) -> Any:
        # Batches of Ray end anywhere; the rows of a case have one checksum, wherever they are.
        numbers = [crc32(str(case).encode()) % parts for case in table["case"].to_pylist()]
        return table.append_column("part", [numbers])

    def judge(table: Any) -> Any:
        return find(table.drop_columns(["part"]))

    numbered = cases.map_batches(with_part, batch_format="pyarrow")
    return numbered.groupby("part").map_groups(judge, batch_format="pyarrow")

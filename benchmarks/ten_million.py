"""Ten million cases with six events each, from Parquet to Parquet, in bounded memory.

    python benchmarks/ten_million.py FOLDER [CASES]

Makes the file once (several minutes), simulates it, and prints time and the most memory used.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
from many_cases import yundewu

from complaint_rules import load_policy
from complaint_rules.simulation import simulate_files

CHUNK = 250_000


def make(path: Path, cases: int) -> None:
    """One row for each case with its events, written in chunks that differ."""
    writer = None
    for number in range(cases // CHUNK):
        facts, events = yundewu(CHUNK, seed=number)
        lists = events.group_by("case", maintain_order=True).agg(
            pl.struct(pl.exclude("case")).alias("events")
        )
        frame = facts.join(lists, on="case", how="left").with_columns(
            pl.col("case") + number * CHUNK
        )
        table = frame.to_arrow()
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def main() -> None:
    folder = Path(sys.argv[1])
    cases = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
    path = folder / f"cases-{cases}.parquet"
    if not path.exists():
        make(path, cases)
        print(f"made {path.stat().st_size / 1e6:,.0f} MB; run again to simulate it")
        return
    policy = load_policy("yundewu-2018")
    start = time.perf_counter()
    written = simulate_files(policy, path, folder / "out", as_of="2020-01-01T00:00+08:00")
    took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = sum(file.stat().st_size for file in written.files.values() if file.exists())
    print(
        f"{written.cases:,} cases in {took:.0f} s ({written.cases / took:,.0f}/s), "
        f"{size / 1e6:,.0f} MB written, at most {peak:,.0f} MB of memory"
    )


if __name__ == "__main__":
    main()

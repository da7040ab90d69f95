"""More cases than memory holds: batches one after the other, from Parquet to Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Unpack

import numpy as np
import polars as pl

from complaint_rules.errors import CaseError
from complaint_rules.policies import Policy
from complaint_rules.simulation.options import ReadingOptions, reading
from complaint_rules.simulation.progress import Bar
from complaint_rules.simulation.reading import CASE_NAMES, column_named, read_log
from complaint_rules.simulation.simulation import Simulation, judge
from complaint_rules.simulation.tables import TABLES
from complaint_rules.time import read_instant

if TYPE_CHECKING:
    import pyarrow.parquet as pq

ROWS: Final = 200_000
"""So many rows of a file are read at once: cases, or events of an event log."""


def simulate_batches(
    policy: Policy,
    batches: Iterable[Any],
    *,
    as_of: datetime | str,
    check_date: bool = False,
    **options: Unpack[ReadingOptions],
) -> Iterator[Simulation]:
    """Simulate one frame after the other; only one is held at a time.

    Each frame is one that ``simulate`` takes, and holds whole cases.

    >>> from complaint_rules import load_policy
    >>> frames = (pl.DataFrame({"case": [f"C-{i}"], "major": [True]}) for i in range(3))
    >>> [len(found.escalations) for found in simulate_batches(
    ...     load_policy("nanjing-cable-2007"), frames, as_of="2018-07-04T00:00+08:00")]
    [2, 2, 2]
    """
    moment = read_instant(as_of, "as_of")
    how = reading(options)
    for batch in batches:
        log = read_log(policy.ruleset.words, batch, None, how)
        yield judge(policy, log, moment, check_date=check_date, progress=False)


@dataclass(frozen=True, slots=True)
class Written:
    """What ``simulate_files`` has written: the files by table, and how many cases they are of."""

    files: dict[str, Path]
    cases: int
    one_by_one: int


def simulate_files(
    policy: Policy,
    source: str | Path,
    folder: str | Path,
    *,
    as_of: datetime | str,
    tables: Iterable[str] = TABLES,
    rows: int = ROWS,
    check_date: bool = False,
    progress: bool | None = None,
    **options: Unpack[ReadingOptions],
) -> Written:
    """Simulate the cases of a Parquet file, and write each table to a Parquet file in a folder.

    Memory holds one batch and its tables: about 1 GB for 200,000 cases with six events each, for
    a file of any length. The file has one row for each case with its events, or is an event log
    in which the rows of a case stand together.

    Interrupted, it leaves files that hold the batches that were done.

    Args:
        policy: whose rules are asked.
        source: the Parquet file.
        folder: where to write ``deadlines.parquet`` and the others; made if it is not there.
        as_of: the instant at which to judge.
        tables: which tables to write.
        rows: how many rows to read at once.
        check_date: refuse cases of dates on which the policy is not in force.
        progress: show a bar while it works.
        options: as for ``simulate``.

    Raises:
        CaseError: the rows of a case do not stand together, or a value does not fit.
    """
    import pyarrow.parquet as pq

    wanted = list(tables)
    for name in wanted:
        if name not in TABLES:
            raise CaseError(f"there is no table {name!r}: choose among {', '.join(TABLES)}")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    files = {name: target / f"{name}.parquet" for name in wanted}
    writers: dict[str, pq.ParquetWriter] = {}
    seen: list[np.ndarray[Any, np.dtype[np.uint64]]] = []
    cases = alone = 0
    with pq.ParquetFile(Path(source)) as file, Bar(file.metadata.num_rows, "rows", progress) as bar:
        batches = whole_cases(file, rows, options, bar)
        try:
            for found in simulate_batches(
                policy, batches, as_of=as_of, check_date=check_date, **options
            ):
                cases += len(found)
                alone += found.one_by_one
                seen.append(found.log.ids.hash().to_numpy())
                for name in wanted:
                    table = getattr(found, name).to_arrow()
                    if name not in writers:
                        writers[name] = pq.ParquetWriter(files[name], table.schema)
                    writers[name].write_table(table)
        finally:
            for writer in writers.values():
                writer.close()
    if seen and len(np.unique(np.concatenate(seen))) < cases:
        for path in files.values():
            path.unlink(missing_ok=True)
        raise CaseError(
            f"the rows of some cases of {source} do not stand together, so they were cut apart: "
            f"sort the file by case; nothing is left in {folder}"
        )
    return Written(files, cases, alone)


def whole_cases(
    file: pq.ParquetFile, rows: int, options: ReadingOptions, bar: Bar
) -> Iterator[pl.DataFrame]:
    """The rows of a file, some at a time, without cutting a case apart."""
    rest: pl.DataFrame | None = None
    column = ""
    for batch in file.iter_batches(batch_size=rows):
        frame = pl.DataFrame(pl.from_arrow(batch))
        column = column or column_named(frame, options.get("case"), CASE_NAMES, "case")
        bar.update(len(frame))
        if rest is not None:
            frame = pl.concat([rest, frame])
        if "events" in frame.columns and isinstance(frame["events"].dtype, pl.List):
            yield frame
            continue
        last = frame[column][-1]
        same = (frame[column] == last).fill_null(value=False)
        # The last case may go on in the next batch.
        begin = int(same.arg_max() or 0)
        rest = frame[begin:]
        if begin:
            yield frame[:begin]
    if rest is not None and len(rest):
        yield rest

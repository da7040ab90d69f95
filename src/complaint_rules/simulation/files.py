"""More cases than memory holds: batches one after the other, from Parquet to Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Unpack

import polars as pl

from complaint_rules.columns.tables import TABLES
from complaint_rules.errors import CaseError
from complaint_rules.policy import Policy
from complaint_rules.simulation.judged_cases import CaseReturns
from complaint_rules.simulation.options import ReadingOptions, reading
from complaint_rules.simulation.progress import Bar
from complaint_rules.simulation.reading import read_log
from complaint_rules.simulation.simulation import Simulation, judge
from complaint_rules.simulation.whole_cases import whole_cases
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
    """Simulate one batch after the other; held are one batch and the case at its end.

    Each batch is one that ``simulate`` takes. A case of an event log may be cut between batches:
    the case of the last row is judged with the next batch, or at the end. One that returns after
    it was judged is refused, for which eight bytes are kept for each case.

    Raises:
        CaseError: a case returns after it was judged; or as for ``simulate``.

    >>> from complaint_rules import load_policy
    >>> frames = (pl.DataFrame({"case": [f"C-{i}"], "major": [True]}) for i in range(3))
    >>> [len(found.escalations) for found in simulate_batches(
    ...     load_policy("nanjing-cable-2007"), frames, as_of="2018-07-04T00:00+08:00")]
    [2, 2, 2]
    """
    moment = read_instant(as_of, "as_of")
    how = reading(options)
    for part in whole_cases(batches, **options):
        log = read_log(policy.ruleset.words, part, None, how)
        yield judge(policy, log, moment, check_date=check_date, progress=False)
        # Not held while the next batch is made.
        del part, log


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
    cases = alone = 0
    with pq.ParquetFile(Path(source)) as file, Bar(file.metadata.num_rows, "rows", progress) as bar:
        simulations = simulate_batches(
            policy, _frames(file, rows, bar), as_of=as_of, check_date=check_date, **options
        )
        try:
            for number_of_cases, one_by_one in _write(simulations, files):
                cases += number_of_cases
                alone += one_by_one
        except CaseReturns as error:
            for path in files.values():
                path.unlink(missing_ok=True)
            raise CaseError(
                f"the rows of case {error.case!r} do not stand together in {source}: sort the file "
                f"by case; nothing is left in {folder}"
            ) from None
    return Written(files, cases, alone)


def _write(
    simulations: Iterator[Simulation], files: Mapping[str, Path]
) -> Iterator[tuple[int, int]]:
    """Write the tables batch by batch; gives how many cases there were, how many one by one."""
    import pyarrow.parquet as pq

    writers: dict[str, pq.ParquetWriter] = {}
    try:
        for simulation in simulations:
            for name, path in files.items():
                table = getattr(simulation, name).to_arrow()
                if name not in writers:
                    writers[name] = pq.ParquetWriter(path, table.schema)
                writers[name].write_table(table)
            yield len(simulation), simulation.one_by_one
    finally:
        for writer in writers.values():
            writer.close()


def _frames(file: pq.ParquetFile, rows: int, bar: Bar) -> Iterator[pl.DataFrame]:
    for batch in file.iter_batches(batch_size=rows):
        bar.update(batch.num_rows)
        yield pl.DataFrame(pl.from_arrow(batch))

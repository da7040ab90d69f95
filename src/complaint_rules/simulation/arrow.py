"""One table of a simulation as a function of Arrow batches, for engines that spread the work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Unpack

import polars as pl
import pyarrow as pa

from complaint_rules.columns.tables import TABLES, schemas
from complaint_rules.errors import CaseError
from complaint_rules.policy import Policy
from complaint_rules.simulation.files import simulate_batches
from complaint_rules.simulation.options import ReadingOptions, reading
from complaint_rules.simulation.reading import read_log
from complaint_rules.simulation.simulation import Simulation, judge
from complaint_rules.time import read_instant


class ArrowSimulator:
    """Gives one table of a simulation for one Arrow batch after the other. It can be pickled.

    Called with one batch, it takes the batch to hold whole cases, and cannot see if it does not.
    ``over`` takes batches one after the other, which may cut a case. Of an event log an engine has
    to give all rows of a case to the same call, so have it partition by case, and sort by case
    within a partition. The columns have types that other engines know: names and enums are
    strings, durations whole microseconds.

    Args:
        policy: whose rules are asked.
        table: the table that is wanted, such as ``"liabilities"``.
        as_of: the instant at which to judge.
        options: as for ``simulate``.

    >>> from complaint_rules import load_policy
    >>> find = ArrowSimulator(
    ...     load_policy("nanjing-cable-2007"), "escalations", as_of="2018-07-04T00:00+08:00")
    >>> batch = pa.table({"case": ["C-1"], "major": [True]})
    >>> find(batch).column("to").to_pylist()
    ['general_affairs', 'customer_service']
    """

    def __init__(
        self,
        policy: Policy,
        table: str,
        *,
        as_of: datetime | str,
        check_date: bool = False,
        **options: Unpack[ReadingOptions],
    ) -> None:
        if table not in TABLES:
            raise CaseError(f"there is no table {table!r}: choose among {', '.join(TABLES)}")
        self.policy = policy
        self.table = table
        self.as_of = read_instant(as_of, "as_of")
        self.check_date = check_date
        self.options = options

    def schema(self, case: Any = pl.String) -> pa.Schema:
        """The columns of the result; ``case`` is the Polars type of the cases' ids."""
        empty = pl.DataFrame(schema=dict(schemas(self.policy.ruleset, case)[self.table]))
        return portable(empty.to_arrow()).schema

    def __call__(self, batch: Any) -> pa.Table:
        """The rows for the cases of one batch, which holds all rows of each of its cases."""
        log = read_log(self.policy.ruleset.words, batch, None, reading(self.options))
        return self._rows(
            judge(self.policy, log, self.as_of, check_date=self.check_date, progress=False)
        )

    def over(self, batches: Iterable[Any]) -> Iterator[pa.RecordBatch]:
        """The rows for one batch after the other.

        A case of an event log may be cut between two of these batches. One that returns after it
        was judged is refused; whether rows of it went to another process cannot be seen here.

        Raises:
            CaseError: a case returns after it was judged; or as for ``simulate``.
        """
        for simulation in simulate_batches(
            self.policy,
            batches,
            as_of=self.as_of,
            check_date=self.check_date,
            **self.options,
        ):
            yield from self._rows(simulation).to_batches()

    def _rows(self, simulation: Simulation) -> pa.Table:
        return portable(getattr(simulation, self.table).to_arrow())


def portable(table: pa.Table) -> pa.Table:
    """The table with types that other engines know."""
    return table.cast(pa.schema([pa.field(one.name, _portable(one.type)) for one in table.schema]))


def _portable(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _portable(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_list(kind):
        return pa.list_(_portable(kind.value_type))
    if pa.types.is_duration(kind):
        return pa.int64()
    return kind

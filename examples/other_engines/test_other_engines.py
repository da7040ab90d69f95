"""Spark, Ray and Dask give what one process gives. For ``make engines``, not ``make test``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "notebooks")]

from season import season  # noqa: E402 - found by the path above

from complaint_rules import CaseError, load_policy  # noqa: E402
from complaint_rules.simulation import ArrowSimulator  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # their warnings are theirs
AS_OF = "2026-01-15T00:00:00+08:00"
POLICY = load_policy("nanjing-cable-2007")


@pytest.fixture(scope="module")
def table() -> pa.Table:
    """Five thousand cases, one row each, with their events as a list."""
    cases, events = season()
    lists = events.group_by("case", maintain_order=True).agg(
        pl.struct(pl.exclude("case")).alias("events")
    )
    joined: pa.Table = cases.join(lists, on="case", how="left").to_arrow()
    return joined


@pytest.fixture(scope="module")
def expected(table: pa.Table) -> list[dict[str, Any]]:
    return in_order(ArrowSimulator(POLICY, "liabilities", as_of=AS_OF)(table).to_pylist())


@pytest.fixture(scope="module")
def log() -> pa.Table:
    """The same as an event log: one row for each event, in the order in which they happened."""
    cases, events = season()
    facts = cases.rename(lambda name: name if name == "case" else f"case:{name}")
    table: pa.Table = events.join(facts, on="case", how="left").sort("at").to_arrow()
    return table


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    assert rows
    plain = [
        {
            **row,
            "event_at": None if row["event_at"] is None else row["event_at"].timestamp(),
            "rules": list(row["rules"]),
        }
        for row in rows
    ]
    return sorted(plain, key=lambda row: repr(sorted(row.items(), key=lambda one: one[0])))


def test_dask(table: pa.Table, log: pa.Table, expected: list[dict[str, Any]]) -> None:
    dask = pytest.importorskip("dask")
    from dask_delayed import liabilities

    for rows in (table, log.sort_by("case")):
        parts = dask.compute(
            *liabilities(rows.to_batches(max_chunksize=700), POLICY, AS_OF), scheduler="processes"
        )
        assert in_order(pa.concat_tables(parts).to_pylist()) == expected
    with pytest.raises(CaseError, match="sort or group the rows by case"):
        liabilities(log.to_batches(max_chunksize=700), POLICY, AS_OF)


def test_ray(table: pa.Table, log: pa.Table, expected: list[dict[str, Any]]) -> None:
    ray = pytest.importorskip("ray")
    from ray_data import liabilities

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        for rows in (table, log):
            dataset = liabilities(ray.data.from_arrow(rows).repartition(4), POLICY, AS_OF)
            assert in_order(dataset.take_all()) == expected
    finally:
        ray.shutdown()


@pytest.fixture
def spark() -> Iterator[Any]:
    pytest.importorskip("pyspark")
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.mark.parametrize("form", ["table", "log"])
def test_spark(
    spark: Any,
    form: str,
    request: pytest.FixtureRequest,
    expected: list[dict[str, Any]],
    tmp_path: Path,
) -> None:
    from spark import liabilities

    path = tmp_path / "cases.parquet"
    rows = request.getfixturevalue(form)
    pl.DataFrame(pl.from_arrow(rows)).write_parquet(path, use_pyarrow=True)
    # Small batches, so that cases are cut.
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", 100)
    frame = liabilities(spark.read.parquet(str(path)).repartition(4), POLICY, AS_OF)
    found = pa.Table.from_pylist([row.asDict(recursive=True) for row in frame.collect()])
    assert in_order([utc(row) for row in found.to_pylist()]) == expected


def utc(row: dict[str, Any]) -> dict[str, Any]:
    """Spark hands instants out as times of the session's timezone, without saying so."""
    from datetime import UTC

    at = row["event_at"]
    return {**row, "event_at": None if at is None else at.replace(tzinfo=UTC)}

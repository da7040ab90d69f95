"""A season of complaints as columns, for any number of cases, with six events each on average."""

from __future__ import annotations

import numpy as np
import polars as pl

MINUTE = 60_000_000
DAY = 1440 * MINUTE
START = 1_514_736_000_000_000  # 2018-01-01T00:00+08:00


def yundewu(count: int, seed: int = 7) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cases under policy Y: registered, delivered, answered or not, complained again, closed …"""
    chance = np.random.default_rng(seed)
    began = START + np.sort(chance.integers(171 * DAY, 520 * DAY, count)) // MINUTE * MINUTE
    cases = pl.DataFrame(
        {
            "case": np.arange(count),
            "complaint_origin": pl.Series(["external", "internal"]).gather(
                (chance.random(count) < 0.2).astype(int)
            ),
            "receiver_can_decide": chance.random(count) < 0.7,
            "major": chance.random(count) < 0.03,
            "general_affairs_can_decide": chance.random(count) < 0.9,
            "specially_complex": chance.random(count) < 0.05,
            "solvable_normally": chance.random(count) < 0.95,
            "compensation_involved": chance.random(count) < 0.1,
            "other_companies_involved": chance.random(count) < 0.02,
            "not_covered": np.zeros(count, dtype=bool),
        }
    )
    steps = [  # event, chance, minutes after the one before: usual, spread
        ("registered", 1.0, 0, 0),
        ("delivered", 0.98, 8, 20),
        ("answered_customer", 0.9, 30, 60),
        ("reported_to_superior", 0.5, 60, 600),
        ("complained_again", 0.3, 600, 3000),
        ("general_affairs_answered", 0.6, 900, 5000),
        ("closed", 0.95, 600, 1000),
        ("followed_up", 0.8, 4000, 7000),
    ]
    return cases, _events(chance, began, steps)


def nanjing(count: int, seed: int = 7) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cases under policy N: forms, records, services, work orders, failures."""
    chance = np.random.default_rng(seed)
    began = START + np.sort(chance.integers(0, 365 * DAY, count)) // MINUTE * MINUTE
    cases = pl.DataFrame(
        {
            "case": np.arange(count),
            "complaint_class": pl.Series(["regular", "discovered", "concentrated"]).gather(
                chance.integers(0, 3, count)
            ),
            "grave": chance.random(count) < 0.02,
            "image_harmed": chance.random(count) < 0.1,
            "verified_true": chance.random(count) < 0.7,
            "customer_accepts": chance.random(count) < 0.8,
            "liability_determinable": chance.random(count) < 0.95,
            "not_covered": chance.random(count) < 0.02,
            "major": chance.random(count) < 0.02,
        }
    )
    steps = [
        ("registered", 1.0, 0, 0),
        ("delivered", 0.95, 20, 300),
        ("service_ordered", 0.7, 60, 600),
        ("service_done", 0.65, 1000, 6000),
        ("corrective_record_filed", 0.85, 900, 5000),
        ("work_order_received", 0.5, 10, 100),
        ("work_order_passed_on", 0.45, 600, 6000),
        ("staff_misconduct", 0.05, 10, 100),
        ("system_failed", 0.1, 10, 100),
        ("followed_up", 0.8, 2000, 4000),
    ]
    events = _events(chance, began, steps)
    at = events["at"]
    promised = pl.Series(at.dt.offset_by("2d"))
    size = len(events)
    return cases, events.with_columns(
        pl.when(pl.col("type") == "service_ordered").then(promised).alias("promised_at"),
        pl.when(pl.col("type") == "work_order_received").then(promised).alias("due_by"),
        pl.when(pl.col("type") == "followed_up")
        .then(pl.Series(chance.random(size) < 0.9))
        .alias("satisfied"),
        pl.when(pl.col("type") == "system_failed")
        .then(pl.Series(chance.random(size) < 0.5))
        .alias("human_fault"),
        pl.when(pl.col("type") == "system_failed")
        .then(pl.Series(chance.random(size) < 0.5))
        .alias("manned_indoor"),
    )


def _events(chance: np.random.Generator, began: np.ndarray, steps: list) -> pl.DataFrame:
    count = len(began)
    now = began.copy()
    parts = []
    for order, (name, share, usual, spread) in enumerate(steps):
        here = np.flatnonzero(chance.random(count) < share)
        if usual:
            now[here] += (usual + chance.exponential(spread, len(here)).astype(np.int64)) * MINUTE
        parts.append(
            pl.DataFrame({"case": here, "at": now[here]}).with_columns(
                pl.lit(order, dtype=pl.Int8).alias("order"), pl.lit(name).alias("type")
            )
        )
    return (
        pl.concat(parts)
        .sort("case", "at", "order")
        .select("case", "type", pl.from_epoch("at", time_unit="us").dt.replace_time_zone("UTC"))
    )

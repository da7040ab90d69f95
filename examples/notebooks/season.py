"""A season of complaints under policy N: synthetic, plausible, the same for the same seed.

No real case is behind it. What it assumes, so that a reader can judge what follows from it:

* some 14 complaints a working day, a third more in summer (thunderstorms), few at night;
* five departments share the work unevenly; the installation teams have most of it;
* a corrective record takes two days as a rule, sometimes a week (log-normal), and 4 % never come;
* two complaints in five lead to an installation or repair that is promised for the second day at
  18:00; four of five are done by then, the others a few days later; one in a hundred is still open;
* one in four passes a work order on, due after a day, and 12 % of these come late;
* one in twelve changes service information; notice comes a day or two ahead, or not quite;
* one in sixteen is a failure of a system, a third of them a person's fault; customer service hears
  of it within minutes; of the rest most are confirmed and exempted;
* 3 % meet rude staff; one fined case in twenty applies for an exemption, and two thirds get it;
* 2 % are particularly grave; in 2 % whether a person was at fault was never recorded.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

MINUTE: Final = 60_000_000
DAY: Final = 1_440 * MINUTE
NEW_YEAR: Final = 1_735_660_800_000_000  # 2025-01-01T00:00+08:00
DEPARTMENTS: Final = {
    "安装一部": 0.32,
    "安装二部": 0.27,
    "网络运维部": 0.18,
    "营业厅": 0.15,
    "内容部": 0.08,
}


def season(count: int = 5_000, seed: int = 2025) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cases and events of the year 2025, one row for each."""
    chance = np.random.default_rng(seed)
    began = _began(chance, count)
    names = np.array(list(DEPARTMENTS))
    department = names[chance.choice(len(names), count, p=list(DEPARTMENTS.values()))]
    harmed = chance.random(count) < 0.2
    cases = pl.DataFrame(
        {
            "case": [f"2025-{number:05}" for number in range(1, count + 1)],
            "complaint_class": chance.choice(
                ["regular", "discovered", "concentrated"], count, p=[0.82, 0.1, 0.08]
            ),
            "responsible_department": department,
            "publishing_department": ["市场部"] * count,
            "receiving_department": ["营业厅"] * count,
            "grave": chance.random(count) < 0.02,
            "image_harmed": harmed,
            "verified_true": chance.random(count) < 0.8,
            "customer_accepts": chance.random(count) < 0.85,
            "major": chance.random(count) < 0.01,
            "not_covered": chance.random(count) < 0.005,
            "liability_determinable": chance.random(count) < 0.9,
        }
    )
    events = _Events(cases["case"], chance)
    events.add("registered", np.ones(count, bool), began)
    delivered = began + _minutes(chance, count, 12, 0.9)
    events.add("delivered", np.ones(count, bool), delivered)
    filed = delivered + _minutes(chance, count, 2 * 1_440, 0.45)
    events.add("corrective_record_filed", chance.random(count) < 0.96, filed)
    called = filed + _minutes(chance, count, 3 * 1_440, 0.4)
    reached, satisfied = chance.random(count) < 0.9, chance.random(count) < 0.93
    events.add("followed_up", reached, called, satisfied=satisfied)
    again = reached & ~satisfied & (chance.random(count) < 0.9)
    events.add("handled", again, called + _minutes(chance, count, 600, 0.8))
    _services(chance, events, delivered)
    _work_orders(chance, events, delivered)
    _changes(chance, events, delivered, harmed)
    _failures(chance, events, delivered)
    events.add("staff_misconduct", chance.random(count) < 0.03, began - 30 * MINUTE)
    _exemptions(chance, events, filed)
    return cases, events.frame()


def _began(chance: np.random.Generator, count: int) -> np.ndarray:
    """Times of registration: more in summer, mostly between eight and twenty."""
    days = np.arange(365)
    weight = 1 + 0.33 * np.exp(-(((days - 205) / 35) ** 2))
    day = chance.choice(days, count, p=weight / weight.sum())
    hour = np.clip(chance.normal(14, 3.5, count), 0, 23.9)
    minutes = (hour * 60).astype(np.int64) + chance.integers(0, 5, count)
    return np.sort(NEW_YEAR + day * DAY + minutes * MINUTE)


def _minutes(chance: np.random.Generator, count: int, usual: float, spread: float) -> np.ndarray:
    """Log-normal durations around a usual one, in whole minutes."""
    return chance.lognormal(np.log(usual), spread, count).astype(np.int64) * MINUTE


def _services(chance: np.random.Generator, events: _Events, delivered: np.ndarray) -> None:
    count = len(delivered)
    ordered = chance.random(count) < 0.4
    at = delivered + 30 * MINUTE
    promised = (
        (at + 8 * 60 * MINUTE) // DAY * DAY + 2 * DAY + 10 * 60 * MINUTE
    )  # 18:00, two days on
    events.add("service_ordered", ordered, at, promised_at=promised)
    in_time = chance.random(count) < 0.8
    done = np.where(
        in_time,
        at + ((promised - at) * chance.beta(3, 2, count)).astype(np.int64) // MINUTE * MINUTE,
        promised + chance.exponential(1.8 * 1_440, count).astype(np.int64) * MINUTE,
    )
    events.add("service_done", ordered & (chance.random(count) < 0.99), done)


def _work_orders(chance: np.random.Generator, events: _Events, delivered: np.ndarray) -> None:
    count = len(delivered)
    has = chance.random(count) < 0.25
    at = delivered + 45 * MINUTE
    events.add("work_order_received", has, at, due_by=at + DAY)
    late = chance.random(count) < 0.12
    took = np.where(
        late, DAY + chance.exponential(DAY, count), DAY * chance.beta(2, 3, count)
    ).astype(np.int64)
    events.add("work_order_passed_on", has, at + took // MINUTE * MINUTE)


def _changes(
    chance: np.random.Generator, events: _Events, delivered: np.ndarray, harmed: np.ndarray
) -> None:
    count = len(delivered)
    has = chance.random(count) < np.where(harmed, 0.2, 0.05)
    effect = delivered + chance.integers(2, 7, count) * DAY
    events.add("change_planned", has, delivered, takes_effect_at=effect)
    ahead = np.where(chance.random(count) < 0.85, 2.2, 0.3) * DAY
    events.add("notice_given", has, effect - ahead.astype(np.int64))
    carried = effect + chance.choice([-60, -5, 240], count, p=[0.6, 0.3, 0.1]) * MINUTE
    events.add("change_executed", has, carried)


def _failures(chance: np.random.Generator, events: _Events, delivered: np.ndarray) -> None:
    count = len(delivered)
    failed = chance.random(count) < 0.06
    human = chance.random(count) < 0.33
    at = delivered - 90 * MINUTE
    events.add(
        "system_failed",
        failed,
        at,
        human_fault=np.where(chance.random(count) < 0.02, None, human),
        manned_indoor=chance.random(count) < 0.5,
        repeat_through_poor_implementation=chance.random(count) < 0.05,
    )
    events.add("customer_service_told", failed, at + _minutes(chance, count, 6, 0.6))
    exempt = failed & ~human & (chance.random(count) < 0.7)
    for step, name in enumerate(
        ("failure_report_filed", "improvement_proposed", "exemption_confirmed")
    ):
        events.add(name, exempt, at + (step + 1) * DAY)


def _exemptions(chance: np.random.Generator, events: _Events, filed: np.ndarray) -> None:
    count = len(filed)
    applied = chance.random(count) < 0.02
    approved = applied & (chance.random(count) < 0.67)
    events.add("exemption_requested", applied, filed + DAY)
    steps = (
        "general_affairs_verified",
        "customer_service_verified",
        "leader_approved",
        "general_manager_approved",
    )
    for step, name in enumerate(steps):
        events.add(name, approved, filed + (step + 2) * DAY)


class _Events:
    """Collects events, some with data of their own."""

    def __init__(self, cases: pl.Series, chance: np.random.Generator) -> None:
        self.cases, self.chance = cases, chance
        self.parts: list[pl.DataFrame] = []

    def add(self, name: str, happened: np.ndarray, at: np.ndarray, **data: np.ndarray) -> None:
        rows = np.flatnonzero(happened)
        columns: dict[str, Any] = {
            "case": self.cases.gather(rows),
            "type": [name] * len(rows),
            "at": pl.Series(at[rows]).cast(pl.Datetime("us", "UTC")),
        }
        for field, values in data.items():
            column = pl.Series(values[rows].tolist(), strict=False)
            instants = values.dtype == np.int64
            columns[field] = column.cast(pl.Datetime("us", "UTC")) if instants else column
        self.parts.append(pl.DataFrame(columns))

    def frame(self) -> pl.DataFrame:
        return pl.concat(self.parts, how="diagonal").sort("case", "at", maintain_order=True)

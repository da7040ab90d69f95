"""Make the fixture and the penalty table from the Road Traffic Fine Management log.

The log (de Leoni & Mannhardt 2015, doi 10.4121/uuid:270fd440-1057-4fb9-89a9-b699b47990f5) is not
part of this project. This script derives two small files from it: ``cases.csv``, 2,000 cases with
their dates, article and amounts; and the table of half maxima in ``italian-traffic-fines.yaml``.

    python examples/traffic_fines/prepare.py LOG.parquet SCHEDULE.csv

It needs polars. Dates are those of Europe/Rome: the log keeps them as UTC of local midnights.
"""

from __future__ import annotations

import csv
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).parent
SEED, SAMPLE = 20260101, 2_000
COLUMNS = (
    "case",
    "article",
    "statutory_minimum",
    "created",
    "sent",
    "notified",
    "appealed",
    "paid",
    "penalty_added",
    "penalty_amount",
)
ACTIVITIES = {
    "Create Fine": "created",
    "Send Fine": "sent",
    "Insert Fine Notification": "notified",
    "Insert Date Appeal to Prefecture": "appealed",
    "Appeal to Judge": "appealed",
    "Payment": "paid",
    "Add penalty": "penalty_added",
}


def rows_of_log(path: Path) -> Iterator[dict[str, str]]:
    """One row for each case: first date of each activity, and the amounts as texts."""
    import polars as pl

    log = pl.read_parquet(
        path, columns=["case:concept:name", "concept:name", "time:timestamp", "article", "amount"]
    ).with_columns(
        pl.col("time:timestamp").dt.convert_time_zone("Europe/Rome").dt.date().alias("day")
    )
    cases: dict[str, dict[str, str]] = defaultdict(dict)
    for name, activity, _, article, amount, day in log.sort("time:timestamp").iter_rows():
        column = ACTIVITIES.get(activity)
        if column is None:
            continue
        row = cases[name]
        row.setdefault(column, day.isoformat())
        if activity == "Create Fine":
            row["article"] = str(int(article))
            row["statutory_minimum"] = f"{Decimal(str(amount)):.2f}"
        elif activity == "Add penalty":
            row["penalty_amount"] = f"{Decimal(str(amount)):.2f}"
    for name in sorted(cases):
        yield {"case": name, **{column: cases[name].get(column, "") for column in COLUMNS[1:]}}


def write_fixture(log: Path) -> None:
    rows = list(rows_of_log(log))
    sample = random.Random(SEED).sample(rows, SAMPLE)  # noqa: S311 - a repeatable choice
    with (HERE / "cases.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sample)


def table_rows(schedule: Path) -> list[str]:
    """The rows of the penalty table: half the statutory maximum, by article, minimum and period.

    Where the schedule has two maxima for the same key the row is the range between them.
    """
    halves: dict[tuple[int, int, Decimal], set[Decimal]] = defaultdict(set)
    periods: dict[int, tuple[date, date]] = {}
    with schedule.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            first, _, last = row["period"].partition("-")
            start = int(first)
            end = start if not last else start // 100 * 100 + int(last)
            periods[start] = date(start, 1, 1), date(end, 12, 31)
            key = start, int(row["article"]), Decimal(row["statutory_min"])
            halves[key].add(Decimal(row["statutory_max"]) / 2)
    lines = []
    for (start, article, minimum), values in sorted(halves.items()):
        first_day, last_day = periods[start]
        amount = "-".join(f"{value:.2f}" for value in (min(values), max(values)))
        if len(values) == 1:
            amount = f"{min(values):.2f}"
        lines.append(
            f'      - {{from: {first_day}, until: {last_day}, at: [{article}, "{minimum:.2f}"], '
            f'value: "{amount}"}}'
        )
    return lines


def write_table(schedule: Path) -> None:
    path = HERE / "italian-traffic-fines.yaml"
    head, mark, _ = path.read_text(encoding="utf-8").partition("    table:\n")
    tail = (
        "\n# end of table\n" + path.read_text(encoding="utf-8").partition("\n# end of table\n")[2]
    )
    path.write_text(head + mark + "\n".join(table_rows(schedule)) + tail, encoding="utf-8")


if __name__ == "__main__":
    write_fixture(Path(sys.argv[1]))
    write_table(Path(sys.argv[2]))

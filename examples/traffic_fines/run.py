"""Judge Italian traffic fines, and compare with what the authority entered in its register.

    python examples/traffic_fines/run.py                # the fixture of 2,000 cases
    python examples/traffic_fines/run.py LOG.parquet    # the whole log of 150,370 cases

The log lists a penalty for every notified fine, also where the offender paid or appealed in time;
the policy asks for it only where neither happened. So its date is compared in every case (it is
the day on which the time limit ends), and its amount twice: as the policy applies it, and as it
would apply had nobody paid or appealed.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from complaint_rules import Case, Event, PenaltyItem, Policy, load_policy

HERE = Path(__file__).parent
ROME = ZoneInfo("Europe/Rome")
EVENTS = {
    "created": "fine_created",
    "sent": "fine_sent",
    "notified": "notified",
    "appealed": "appealed",
    "paid": "paid",
}
END = datetime(2014, 1, 1, tzinfo=ROME)
"""After the last event of the log, so that every time limit has ended."""


def fixture() -> Iterator[dict[str, str]]:
    with (HERE / "cases.csv").open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def case_of(row: dict[str, str], *, without: tuple[str, ...] = ()) -> Case:
    facts = {"article": int(row["article"]), "statutory_minimum": row["statutory_minimum"]}
    events = [
        Event(event, datetime.fromisoformat(row[column]).replace(tzinfo=ROME))
        for column, event in EVENTS.items()
        if row[column] and column not in without
    ]
    return Case(row["case"], facts, events)


def judge(policy: Policy, rows: Iterable[dict[str, str]]) -> Counter[str]:
    """Count what the policy finds, and where the register agrees."""
    found: Counter[str] = Counter()
    for row in rows:
        found["cases"] += 1
        decision = policy.evaluate(case_of(row), as_of=END, engine="native")
        for item in decision.deadlines:
            if item.rule == "send" and item.status == "late":
                found["sent late"] += 1
            elif item.rule == "send" and item.status == "met" and item.due_at is not None:
                found["sent on day 90"] += item.due_at.date().isoformat() == row["sent"]
            elif item.rule == "pay-or-appeal" and item.due_at is not None:
                found["notified"] += 1
                found["penalty date as registered"] += (
                    item.due_at.date().isoformat() == row["penalty_added"]
                )
        for penalty in decision.penalties:
            found["penalties"] += 1
            found["penalty amount as registered"] += _contains(penalty, row)
        found["penalties without a scheduled amount"] += len(decision.undetermined)
        if row["notified"]:
            unpaid = case_of(row, without=("paid", "appealed"))
            supposed = policy.evaluate(unpaid, as_of=END, engine="native")
            found["had nobody paid or appealed: amount as registered"] += sum(
                _contains(penalty, row) for penalty in supposed.penalties
            )
            found["had nobody paid or appealed: amount differs"] += sum(
                not _contains(penalty, row) for penalty in supposed.penalties
            )
            found["had nobody paid or appealed: no scheduled amount"] += len(supposed.undetermined)
    return found


def _contains(penalty: PenaltyItem, row: dict[str, str]) -> bool:
    amount = Decimal(row["penalty_amount"])
    low, high = penalty.minimum, penalty.maximum
    return low is not None and high is not None and low <= amount <= high


def main(arguments: list[str]) -> None:
    policy = load_policy(HERE / "italian-traffic-fines.yaml")
    rows: Iterable[dict[str, str]] = fixture()
    if arguments:
        sys.path.insert(0, str(HERE))
        from prepare import rows_of_log

        rows = rows_of_log(Path(arguments[0]))
    start = time.perf_counter()
    found = judge(policy, rows)
    for name, count in found.items():
        print(f"{count:>9,}  {name}")
    spent = timedelta(seconds=round(time.perf_counter() - start, 1))
    print(f"judged by {policy!r} in {spent.total_seconds()} s")


if __name__ == "__main__":
    main(sys.argv[1:])

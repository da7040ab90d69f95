"""A million matches over eight threads through the durable-rules adapter: none lost, no growth.

make soak             # or: python benchmarks/soak.py [MATCHES]
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from workload import by_hand, cases, ruleset

from complaint_rules import Policy
from complaint_rules.engines.durable import DurableEngine

THREADS = 8


def resident_megabytes() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def main(matches: int) -> int:
    policy = Policy(ruleset(), "workload.yaml")
    matcher = DurableEngine().matcher(policy.ruleset.scopes[0])
    hand = by_hand()
    some = cases(997)
    expected = [tuple(hand(facts)) for facts in some]
    each = matches // THREADS
    wrong: list[int] = []
    done = [0] * THREADS

    def work(number: int) -> None:
        for turn in range(each):
            index = (turn * 31 + number) % len(some)
            if matcher.match(some[index]).matched != expected[index]:
                wrong.append(index)
            done[number] = turn + 1

    for index, facts in enumerate(some):  # warm
        assert matcher.match(facts).matched == expected[index]
    start, before, peak = time.perf_counter(), resident_megabytes(), 0.0
    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(5)
        peak = max(peak, resident_megabytes())
        spent = time.perf_counter() - start
        print(
            f"{sum(done):>10,} matches  {spent:6.0f} s  {resident_megabytes():.1f} MB", flush=True
        )
    for thread in threads:
        thread.join()
    print(
        f"{sum(done):,} matches over {THREADS} threads in {time.perf_counter() - start:.0f} s, "
        f"{len(wrong)} wrong or lost, memory {before:.1f} MB before, {resident_megabytes():.1f} MB after"
    )
    return 1 if wrong or sum(done) != each * THREADS else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))

"""Two cases under two policies, followed through time.

python examples/demo.py          # the first case in English, the second in Chinese
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from complaint_rules import (
    Case,
    Decision,
    EscalationItem,
    Item,
    Language,
    Policy,
    ScheduleItem,
    load_policy,
)

HERE = Path(__file__).parent
WORDS = {
    "en": {
        "at": "At {}",
        "new": "new",
        "changed": "changed",
        "gone": "over",
        "same": "no change",
        "total": "Total of penalties after reliefs: {} CNY",
    },
    "zh": {
        "at": "截至 {}",
        "new": "新增",
        "changed": "变化",
        "gone": "消失",
        "same": "无变化",
        "total": "处罚合计（已计免责与返还）：{} 元",
    },
}


def once(items: Iterable[Item]) -> Iterator[Item]:
    """The items, of a joint decision only the first: it is the same for all its roles."""
    joint = set()
    for item in items:
        if isinstance(item, EscalationItem) and item.joint_with:
            if (item.rule, item.occurrence) in joint:
                continue
            joint.add((item.rule, item.occurrence))
        yield item


def follow(policy: Policy, case: Case, instants: list[str], language: Language) -> Decision:
    """Print what changes from one instant to the next, and return the last decision."""
    words = WORDS[language]
    previous: Decision | None = None
    for instant in instants:
        decision = policy.evaluate(case, as_of=instant)
        print(f"── {words['at'].format(f'{decision.as_of:%Y-%m-%d %H:%M}')} " + "─" * 40)
        changes = decision.changes_since(previous) if previous else None
        parts = (
            {"new": tuple(decision.items())}
            if changes is None
            else {
                "new": changes.new,
                "changed": tuple(change.after for change in (*changes.changed, *changes.moved)),
                "gone": changes.gone,
            }
        )
        shown = [
            (word, item)
            for word, items in parts.items()
            for item in once(items)
            if not isinstance(item, ScheduleItem)
        ]
        for word, item in shown:
            said = decision.say(item, language).replace("\n", "\n         ")
            print(f"  {words[word]:>7}  {said}")
        if not shown:
            print(f"  {words['same']}")
        print(f"  {words['total'].format(decision.total())}\n")
        previous = decision
    return policy.evaluate(case, as_of=instants[-1])


def title(text: str) -> None:
    print(f"\n{'═' * 78}\n{text}\n{'═' * 78}\n")


def main() -> None:
    title("1. A dealer's store, and a customer who has to complain twice (yundewu-2018)")
    policy = load_policy("yundewu-2018", parameters={"penalty_authority": 500})
    case = Case.from_json((HERE / "cases/store-dealer.json").read_text(encoding="utf-8"))
    instants = [
        "2018-07-02T09:10:00+08:00",
        "2018-07-02T11:00:00+08:00",
        "2018-07-02T16:30:00+08:00",
        "2018-07-04T12:00:00+08:00",
    ]
    last = follow(policy, case, instants, "en")
    title("   The decision in full")
    print(last.explain("en"))
    print("\nWhy was the leader not fined?")
    print(last.why_not("leader-late").explain("en"))

    title("2. 逾期三天的维修，以及获准的免责申请（nanjing-cable-2007）")
    policy = load_policy("nanjing-cable-2007")
    case = Case.from_json((HERE / "cases/late-repair.json").read_text(encoding="utf-8"))
    instants = [
        "2007-05-10T12:00:00+08:00",
        "2007-05-12T12:00:00+08:00",
        "2007-05-16T12:00:00+08:00",
        "2007-05-24T12:00:00+08:00",
    ]
    last = follow(policy, case, instants, "zh")
    title("   决定全文")
    print(last.explain("zh"))


if __name__ == "__main__":
    main()

"""Policies, cases and a comparison for the simulation: every kind of rule, fact and event."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
from hypothesis import strategies as st

import samples
import strategies
from complaint_rules import Case, Event, Policy
from complaint_rules.columns.judge import judge_log
from complaint_rules.columns.log import log_of_cases
from complaint_rules.columns.of_decision import frames_of
from complaint_rules.simulation.simulation import batches
from samples import HEAD, at

MORE_HEAD = (
    HEAD.replace("adds_up: cumulative\n", "adds_up: cumulative\n")
    + """
  visited:
    title: {en: visited}
    data:
      calm: {type: bool, title: {en: calm}, unless_recorded: true}
      rude: {type: bool, title: {en: rude}}
""".lstrip("\n")
).replace(
    "  bought_on: {type: date, title: {en: bought on}}\n",
    "  bought_on: {type: date, title: {en: bought on}}\n"
    "  usual: {type: bool, title: {en: usual}, unless_recorded: true}\n",
)


def load(body: str) -> Policy:
    return Policy(MORE_HEAD + body, "sample.yaml")


def rows(frame):
    return sorted(frame.to_dicts(), key=repr)


def assert_same(policy, cases, as_of):
    """The tables of all cases at once are those of each decision."""
    log = log_of_cases(policy.ruleset.words, cases)
    found, _ = judge_log(policy, log, as_of, check_date=False)
    # In batches it is the same: of two cases where there are few, of half of them where not.
    size = max(2, len(cases) // 2)
    parts = [judge_log(policy, part, as_of, check_date=False)[0] for part in batches(log, size)]
    for name, table in found.items():
        assert rows(pl.concat([part[name] for part in parts])) == rows(table), name
    decisions = [
        (case.id, policy.evaluate(case, as_of=as_of, engine="native", check_date=False))
        for case in cases
    ]
    expected = frames_of(decisions, policy.ruleset, found["deadlines"]["case"].dtype)
    for name, table in expected.items():
        assert rows(found[name]) == rows(table), name


PARAMETERS = """
parameters:
  limit: {type: money, title: {en: limit}, value: 60}
  unset: {type: money, title: {en: unset}}
  dated:
    type: money
    title: {en: dated}
    values: [{from: 2018-01-01, value: 10}, {from: 2018-07-03, value: "20.05"}]
  time:
    type: duration
    title: {en: time}
    values: [{from: 2018-01-01, value: 1 working day}, {from: 2018-07-03, value: 40 elapsed minutes}]
  no_time: {type: duration, title: {en: no time}}
  by_grade:
    type: money
    title: {en: by grade}
    keys: [grade]
    table:
      - {at: [low], value: 5-7}
      - {from: 2018-07-03, at: [high], value: 11}
"""


@st.composite
def deadlines(draw):
    """One or two time limits with some of what they may have."""
    lines = ["deadlines:"]
    for name in draw(st.sampled_from([["reply"], ["reply", "visit"]])):
        lines += [
            f"  - id: {name}",
            '    clause: "1"',
            "    title: {en: R}",
            f"    duty_of: {draw(st.sampled_from(['department', 'clerk']))}",
        ]
        starts = draw(
            st.sampled_from(
                [
                    "registered",
                    "complained_again",
                    "visited",
                    "[registered, visited]",
                    "change_planned",
                ]
            )
        )
        lines.append(f"    starts: {starts}")
        form = draw(st.sampled_from(["within", "within", "within", "by", "before"]))
        if starts == "change_planned" and form == "before":
            lines += ["    at_least: 1 working day", "    before: event.takes_effect_at"]
        else:
            if form == "by":
                lines.append("    by: wanted_at")
            if form != "by" or draw(st.booleans()):
                within = draw(
                    st.sampled_from(
                        [
                            "30 elapsed minutes",
                            "2 working hours",
                            "1 calendar day",
                            "2 working days",
                            "1 calendar month",
                            "same day",
                            "time",
                            "no_time",
                        ]
                    )
                )
                lines.append(f"    within: {within}")
                if within not in ("time", "no_time") and draw(st.integers(0, 4)) == 0:
                    lines.append("    target: 1 working hour")
        lines.append(
            f"    ends: {draw(st.sampled_from(['replied', '[replied, visited]', 'visited', 'answered']))}"
        )
        if draw(st.integers(0, 2)) == 0 and "within" in lines[-2] + lines[-3]:
            lines.append(
                draw(
                    st.sampled_from(
                        [
                            "    suspended: [{from: paused, until: resumed}]",
                            "    suspended: [{from: paused, until: resumed}]",
                            "    suspended: [{from: agreed, until: [agreed.until_when, resumed]}]",
                            (
                                "    suspended: [{from: [paused, agreed], until: [resumed, agreed.until_when]},"
                                " {from: visited, until: registered}]"
                            ),
                        ]
                    )
                )
            )
        if draw(st.integers(0, 2)) == 0:
            lines.append("    cancelled: withdrawn")
        if draw(st.integers(0, 2)) == 0:
            lines.append(
                draw(
                    st.sampled_from(
                        [
                            "    agreed: [{event: agreed, moment: until_when}]",
                            "    agreed: [{event: agreed, more: 1 working hour}]",
                            "    agreed: [{event: agreed, more: time, also_afterwards: true}]",
                            (
                                "    agreed: [{event: visited, more: 2 working days},"
                                " {event: agreed, moment: until_when, also_afterwards: true}]"
                            ),
                            (
                                "    agreed: [{event: agreed, more: no_time},"
                                " {event: answered, more: 3 calendar days}]"
                            ),
                        ]
                    )
                )
            )
        if draw(st.integers(0, 5)) == 0:
            lines.append("    completes: oldest")
        if draw(st.booleans()):
            lines.append(
                "    overdue_days: "
                + draw(st.sampled_from(["started-days", "working-dates", "started-working-days"]))
            )
        if draw(st.integers(0, 3)) == 0:
            lines.append(
                draw(
                    st.sampled_from(
                        [
                            "    days: {first_day: counted, last_day_ends: close, rolls: true}",
                            "    days: {rolls: true}",
                            "    days: {last_day_ends: same-time, after_hours: next-working-day}",
                            '    days: {last_day_ends: close, taken_in: {until: "09:20"}}',
                        ]
                    )
                )
            )
        if draw(st.integers(0, 7)) == 0:
            lines.append('    taken_in: {until: "09:20"}')
        if draw(st.integers(0, 2)) == 0:
            lines.append(
                "    when: "
                + draw(st.sampled_from(["urgent", "visits > 1", "limit > 50", "event.number == 1"]))
            )
    return lines


@st.composite
def rulesets(draw):
    """The body of a ruleset with every section."""
    lines = [PARAMETERS, *draw(deadlines())]
    text = "\n".join(lines)
    names = ["reply", "visit"] if "id: visit" in text else ["reply"]

    def condition(per):
        more = ["usual", "usual", "dated > 15", "unset > 5", *[f"{name}.missed" for name in names]]
        own = {
            "complained_again": ["event.rude", *[f"{n}.missed_before_event" for n in names]],
            "visited": ["event.calm", "event.rude", "event.number > 1"],
            "reply": ["deadline.missed", "deadline.overdue_days > 0", "deadline.started"],
        }.get(per, [])
        leaf = st.sampled_from(
            [*strategies.BOOLS, *strategies.COMPARISONS, *more, *own, *own, *own]
        )
        return draw(
            st.one_of(
                leaf,
                st.tuples(leaf, leaf).map(" and ".join),
                st.tuples(leaf, leaf).map(" or ".join),
                st.tuples(leaf, leaf, leaf).map(lambda t: f"{t[0]} and ({t[1]} or not ({t[2]}))"),
            )
        )

    pers = draw(
        st.lists(
            st.sampled_from(["", "complained_again", "visited", "reply"]),
            min_size=1,
            max_size=2,
            unique=True,
        )
    )
    lines.append("penalties:")
    made: dict[str, list[str]] = {}
    for per in pers:
        for _ in range(draw(st.integers(1, 3))):
            rule = f"p{sum(map(len, made.values()))}"
            kinds = [
                "30 CNY",
                "50-200 CNY",
                "12.5-20 % of loss",
                "loss",
                "dated",
                "unset",
                "by_grade",
            ]
            if per == "reply":
                kinds += ["20 CNY per overdue day", "dated per overdue day", "loss per overdue day"]
            lines += [
                f"  - id: {rule}",
                f'    clause: "2.{len(made)}"',
                "    title: {en: P}",
            ]
            kind = draw(
                st.sampled_from(
                    [
                        "amount",
                        "amount",
                        "amount",
                        "compensation",
                        "forfeits",
                        "refers",
                        "dismissal",
                    ]
                )
            )
            lines.append(
                {
                    "amount": f"    amount: {draw(st.sampled_from(kinds))}",
                    "compensation": "    compensates: loss",
                    "forfeits": "    forfeits: loss",
                    "refers": "    refers_to: rules",
                    "dismissal": "    dismisses: true",
                }[kind]
            )
            if per != "reply" or draw(st.booleans()):
                lines.append(f"    against: {draw(st.sampled_from(['clerk', 'department']))}")
            if per:
                lines.append(f"    per: {per}")
            if draw(st.integers(0, 5)):
                lines.append(f"    when: {condition(per)}")
            earlier = made.setdefault(per, [])
            if earlier and draw(st.booleans()):
                lines.append(f"    exception_to: {draw(st.sampled_from(earlier))}")
            earlier.append(rule)
    lines.append("reliefs:")
    for number in range(draw(st.integers(1, 3))):
        lines += [
            f"  - id: r{number}",
            '    clause: "4"',
            "    title: {en: R}",
            f"    of: {draw(st.sampled_from(['all', 'p0']))}",
            draw(
                st.sampled_from(["    cancels: true", "    refunds: 120 %", "    refunds: 33.3 %"])
            ),
        ]
        per = draw(st.sampled_from(["", pers[0]]))
        if per:
            lines.append(f"    per: {per}")
        lines.append(f"    when: {condition(per)}")
    lines += [
        "escalations:",
        "  - id: e0",
        "    clause: '3'",
        "    title: {en: E}",
        f"    to: {draw(st.sampled_from(['boss', '[boss, clerk]']))}",
        "    capacity: inform",
        f"    when: {condition(pers[0])}",
    ]
    if pers[0]:
        lines.append(f"    per: {pers[0]}")
    if draw(st.booleans()):
        lines.append("    replies: {event: answered, by: by_whom}")
        if "[boss" in text:
            lines.append("    joint: true")
    lines += [
        "charges:",
        "  - {id: c0, clause: '5', title: {en: C}, cost: loss, borne_by: clerk, share: 30-60 %,",
        f"     when: {condition('')!r}}}",
        "records:",
        "  - {id: f0, clause: '6', title: {en: F}, kept_by: clerk, fields: [note, grade, loss, clerk],",
        f"     when: {condition('')!r}}}",
    ]
    return "\n".join(lines) + "\n"


@st.composite
def cases(draw):
    """Cases with all kinds of events, several parties, references and ids."""
    facts = {name: draw(values) for name, values in strategies.FACTS.items() if draw(st.booleans())}
    if draw(st.booleans()):
        facts["usual"] = draw(st.booleans())
    for role in ("clerk", "department"):
        who = draw(st.sampled_from([None, None, "A", ["A"], ["A", "B"]]))
        if who is not None:
            facts[role] = who
    events = []
    names = [
        "registered",
        "replied",
        "complained_again",
        "paused",
        "resumed",
        "withdrawn",
        "agreed",
        "visited",
        "reclassified",
        "answered",
        "change_planned",
    ]
    late = draw(st.sampled_from([timedelta(0), timedelta(0), timedelta(days=3100)]))
    start = at("02T09:00") + late
    with_ids = draw(st.integers(0, 4)) == 0
    for number, name in enumerate(draw(st.lists(st.sampled_from(names), max_size=7))):
        minutes = draw(st.sampled_from([0, 0, 10, 30, 31, 90, 600, 1440, 3000]))
        data = {}
        if name in ("complained_again", "visited") and draw(st.booleans()):
            data["rude"] = draw(st.booleans())
        if name == "visited" and draw(st.booleans()):
            data["calm"] = draw(st.booleans())
        if name == "reclassified" and draw(st.booleans()):
            data["urgent"] = draw(st.booleans())
        if name == "agreed" and draw(st.integers(0, 3)):
            data["until_when"] = start + timedelta(minutes=draw(st.sampled_from([20, 300, 5000])))
        if name == "answered" and draw(st.booleans()):
            data["by_whom"] = draw(st.sampled_from(["clerk", "boss"]))
        if name == "change_planned" and draw(st.booleans()):
            data["takes_effect_at"] = start + timedelta(minutes=draw(st.sampled_from([600, 5000])))
        if draw(st.integers(0, 7)) == 0:
            data[draw(st.sampled_from(["clerk", "department"]))] = draw(
                st.sampled_from(["A", "B", ["A", "B"]])
            )
        more = {}
        if with_ids:
            more["id"] = f"i{number}"
            if number and draw(st.integers(0, 2)) == 0:
                more["ref"] = f"i{draw(st.integers(0, number - 1))}"
        events.append(Event(name, start + timedelta(minutes=minutes), **more, **data))
    return Case("C", facts, events)


__all__ = ["assert_same", "cases", "load", "rulesets", "samples"]

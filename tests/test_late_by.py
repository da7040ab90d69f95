"""How late something is, as a value of conditions."""

from __future__ import annotations

import pytest

from complaint_rules import Case
from samples import HEAD, at, case, event, load
from simulated import assert_same

try:
    import durable
except ImportError:  # on Python 3.13 it is not there
    durable = None

TRAIN = HEAD.replace(
    "  loss: {type: money, title: {en: loss}}\n",
    "  loss: {type: money, title: {en: loss}}\n  fare: {type: money, title: {en: fare}}\n",
).replace("  replied: ", "  arrived: {title: {en: arrived}}\n  replied: ")


def limit(within: str, more: str = "") -> str:
    return f"""
deadlines:
  - {{id: arrive, clause: "1", title: {{en: Arrive, zh: 到达}}, duty_of: department,
     starts: registered, ends: arrived, within: {within}, {more}}}
"""


def refunds(name: str, less: str, more: str, per: str = "") -> str:
    return f"""
penalties:
  - {{id: b15, clause: "2.1", title: {{en: Quarter}}, against: department, amount: 25 % of fare,
     {per} when: {name} >= '{less}'}}
  - {{id: b30, clause: "2.2", title: {{en: Half}}, against: department, amount: 50 % of fare,
     {per} exception_to: b15, when: {name} >= '{more}'}}
"""


def policy(within: str, less: str, more: str, per: str = "per: arrive,"):
    name = "deadline.late_by" if per else "arrive.late_by"
    return load(limit(within) + refunds(name, less, more, per), head=TRAIN)


def decided(judged, some: Case, when: str):
    """The decision, the same from both engines and from all cases at once."""
    assert_same(judged, [some], at(when))
    native = judged.evaluate(some, as_of=at(when), engine="native")
    if durable is not None:
        assert judged.evaluate(some, as_of=at(when), engine="durable") == native
    return native


def owed(judged, some: Case, when: str) -> str:
    return str(decided(judged, some, when).total())


def changes(judged, some: Case, first: str, last: str) -> list[tuple[str, str]]:
    """What is owed from when on, found by asking again whenever the last answer says so."""
    found: list[tuple[str, str]] = []
    moment, end = at(first), at(last)
    while moment is not None and moment <= end:
        decision = decided(judged, some, moment.isoformat())
        total = str(decision.total())
        if not found or found[-1][1] != total:
            local = moment.astimezone(judged.ruleset.calendar.timezone)
            found.append((f"{local:%dT%H:%M}", total))
        moment = decision.next_change_at
    return found


# Elapsed time


@pytest.mark.parametrize("per", ["per: arrive,", ""])
@pytest.mark.parametrize(
    ("arrived", "total"),
    [
        ("02T09:00", "0"),
        ("02T09:14:59", "0"),
        ("02T09:15:00", "10"),
        ("02T09:29:59", "10"),
        ("02T09:30:00", "20"),
        ("02T12:00:00", "20"),
    ],
)
def test_a_train_that_arrives_late(per, arrived, total):
    judged = policy("0 elapsed minutes", "15 elapsed minutes", "30 elapsed minutes", per)
    some = case(event("registered", "02T09:00"), event("arrived", arrived), fare=40)
    assert owed(judged, some, "03T09:00") == total


@pytest.mark.parametrize("per", ["per: arrive,", ""])
def test_a_train_that_is_still_under_way(per):
    judged = policy("0 elapsed minutes", "15 elapsed minutes", "30 elapsed minutes", per)
    some = case(event("registered", "02T09:00"), fare=40)
    decision = decided(judged, some, "02T09:20")
    assert str(decision.total()) == "10"
    assert decision.next_change_at == at("02T09:30")
    assert decided(judged, some, "02T09:10").next_change_at == at("02T09:15")
    assert changes(judged, some, "02T09:00", "05T00:00") == [
        ("02T09:00", "0"),
        ("02T09:15", "10"),
        ("02T09:30", "20"),
    ]


def test_the_unit_of_the_limit_counts_over_a_lunch_break():
    judged = policy("30 working minutes", "15 working minutes", "30 working minutes")
    # Due at 11:50; lunch from 12:00 to 13:30.
    start = event("registered", "02T11:20")
    for arrived, total in [
        ("02T12:30", "0"),
        ("02T13:34:59", "0"),
        ("02T13:35:00", "10"),
        ("02T13:49:59", "10"),
        ("02T13:50:00", "20"),
    ]:
        assert owed(judged, case(start, event("arrived", arrived), fare=40), "05T09:00") == total
    assert changes(judged, case(start, fare=40), "02T11:20", "05T00:00") == [
        ("02T11:20", "0"),
        ("02T13:35", "10"),
        ("02T13:50", "20"),
    ]


def test_a_lateness_that_is_reached_when_the_office_closes():
    judged = policy("30 working minutes", "10 working minutes", "11 working minutes")
    assert changes(
        judged, case(event("registered", "02T11:20"), fare=40), "02T11:20", "05T00:00"
    ) == [
        ("02T11:20", "0"),
        ("02T12:00", "10"),
        ("02T13:31", "20"),
    ]


def test_working_days_over_a_weekend():
    judged = policy("1 working day", "1 working day", "2 working days")
    # From Thursday 5 July: due at the end of Friday; late by one working day on Monday.
    start = event("registered", "05T10:00")
    for arrived, total in [
        ("06T23:00", "0"),
        ("08T12:00", "0"),
        ("09T00:00:00", "10"),
        ("09T23:00", "10"),
        ("10T00:00:00", "20"),
    ]:
        assert owed(judged, case(start, event("arrived", arrived), fare=40), "20T09:00") == total
    assert changes(judged, case(start, fare=40), "05T10:00", "20T00:00") == [
        ("05T10:00", "0"),
        ("09T00:00", "10"),
        ("10T00:00", "20"),
    ]


@pytest.mark.parametrize(
    "within", ["1 calendar day", "1 calendar day, days: {last_day_ends: close}"]
)
def test_calendar_days_and_none_within_the_same_date(within):
    judged = policy(within, "1 calendar day", "2 calendar days")
    start = event("registered", "05T10:00")
    for arrived, total in [
        ("06T23:00", "0"),
        ("07T00:00:00", "10"),
        ("07T23:00", "10"),
        ("08T00:00:00", "20"),
    ]:
        assert owed(judged, case(start, event("arrived", arrived), fare=40), "20T09:00") == total
    assert changes(judged, case(start, fare=40), "05T10:00", "20T00:00") == [
        ("05T10:00", "0"),
        ("07T00:00", "10"),
        ("08T00:00", "20"),
    ]


@pytest.mark.parametrize("within", ["1 calendar month", "same day"])
def test_months_and_the_same_day_are_late_in_calendar_days(within):
    judged = policy(within, "1 calendar day", "2 calendar days")
    start = event("registered", "05T10:00")
    last = "2018-08-05" if within == "1 calendar month" else "2018-07-05"
    some = case(start, event("arrived", f"{last}T23:59:00+08:00"), fare=40)
    assert owed(judged, some, "2018-09-01T00:00:00+08:00") == "0"
    day = "2018-08-06" if within == "1 calendar month" else "2018-07-06"
    some = case(start, event("arrived", f"{day}T08:00:00+08:00"), fare=40)
    assert owed(judged, some, "2018-09-01T00:00:00+08:00") == "10"


# What is not late, and what is not known


@pytest.mark.parametrize("per", ["per: arrive,", ""])
def test_a_start_that_is_not_certain_is_not_determined(per):
    judged = load(
        limit("0 elapsed minutes", "when: urgent")
        + refunds(
            "deadline.late_by" if per else "arrive.late_by",
            "15 elapsed minutes",
            "30 elapsed minutes",
            per,
        ),
        head=TRAIN,
    )
    start = event("registered", "02T09:00")
    unsure = decided(judged, case(start, fare=40), "02T10:00")
    assert {item.rule for item in unsure.undetermined} == {"arrive", "b15", "b30"}
    assert {m.name for item in unsure.undetermined for m in item.missing} == {"urgent"}
    assert owed(judged, case(start, fare=40, urgent=True), "02T10:00") == "20"
    assert owed(judged, case(start, fare=40, urgent=False), "02T10:00") == "0"


def test_what_is_not_late_is_late_by_nothing():
    judged = load(
        limit("1 elapsed hour", "cancelled: withdrawn, suspended: [{from: paused, until: resumed}]")
        + """
escalations:
  - {id: own, clause: "2", title: {en: Own}, per: arrive, to: boss, capacity: inform,
     when: deadline.late_by == '0 elapsed minutes'}
  - {id: all, clause: "3", title: {en: All}, to: boss, capacity: inform,
     when: arrive.late_by == '0 elapsed minutes'}
""",
        head=TRAIN,
    )
    start = event("registered", "02T09:00")
    for events in [
        (event("arrived", "02T09:30"),),
        (event("withdrawn", "02T09:30"),),
        (event("paused", "02T09:30"),),
    ]:
        decision = decided(judged, case(start, *events), "02T12:00")
        assert {item.rule for item in decision.escalations} == {"own", "all"}
    # Without any instance nothing is late either.
    no_train = case(event("replied", "02T09:00"))
    assert_same(judged, [no_train], at("02T12:00"))
    late = decided(judged, case(start), "02T12:00")
    assert late.escalations == ()


def test_of_two_instances_the_later_one_counts():
    judged = policy("0 elapsed minutes", "15 elapsed minutes", "30 elapsed minutes", "")
    some = case(
        event("registered", "02T09:00"),
        event("arrived", "02T09:20"),
        event("registered", "02T10:00"),
        event("arrived", "02T10:16"),
        fare=40,
    )
    assert owed(judged, some, "03T00:00") == "10"
    later = case(
        event("registered", "02T09:00"),
        event("arrived", "02T09:20"),
        event("registered", "02T10:00"),
        fare=40,
    )
    # The second one changes nothing at 10:15, since the first was as late already.
    assert decided(judged, later, "02T10:01").next_change_at == at("02T10:30")
    assert changes(judged, later, "02T09:00", "05T00:00") == [
        ("02T09:00", "0"),
        ("02T09:15", "10"),
        ("02T10:30", "20"),
    ]

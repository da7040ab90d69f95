"""Pauses, agreements, rolling and the cut-off: when a limit is due, alike in columns."""

from __future__ import annotations

import pytest

from complaint_rules.time import CalendarMonths, DayCounting, WorkingCalendar, due_instant
from samples import HEAD, REPLY, at, case, event, judge, load, only, the_problem
from simulated import assert_same

DAY_LONG = HEAD.replace('["09:00-12:00", "13:30-18:00"]', '["09:00-18:00"]')
PAUSED = "    suspended: [{from: paused, until: resumed}]\n"
PARAMETERS = """
parameters:
  extra: {type: duration, title: {en: extra}, value: 1 elapsed hour}
  unset: {type: duration, title: {en: unset}}
"""


def within(limit, *lines):
    return REPLY.replace("30 elapsed minutes", limit) + "".join(f"    {line}\n" for line in lines)


def reply(body, *events, when="20T09:00", start="02T09:00", head=HEAD, **facts):
    """The reply limit, which a simulation gives just so."""
    policy = load(body, head=head)
    the_case = case(event("registered", start), *(event(*e[:2], **dict(e[2:])) for e in events))
    the_case = type(the_case)("C", facts, the_case.events)
    assert_same(policy, [the_case], at(when))
    return only(judge(policy, the_case, when).deadlines, "reply")


def end_of(day):
    return at(f"2018-07-{day}T23:59:59.999999+08:00")


# Pauses that began before the limit


def test_a_pause_from_before_the_start_counts_from_the_start():
    body = within("2 working hours") + PAUSED
    waiting = [("paused", "02T09:00")]
    resumed = [*waiting, ("resumed", "02T12:00")]
    item = reply(body, *waiting, start="02T10:00", when="02T15:00", head=DAY_LONG)
    assert (item.status, item.due_at) == ("suspended", None)
    item = reply(body, *resumed, start="02T10:00", head=DAY_LONG)
    assert item.due_at == at("02T14:00")
    # One that was over by then, or ends with the start itself, does not.
    over = [("paused", "02T09:00"), ("resumed", "02T09:30")]
    assert reply(body, *over, start="02T10:00", head=DAY_LONG).due_at == at("02T12:00")
    again = body.replace("starts: registered", "starts: resumed")
    assert reply(again, *resumed, start="02T08:00", head=DAY_LONG).due_at == at("02T14:00")


def test_days_move_by_the_days_since_the_start():
    events = [("paused", "2018-06-28T09:00:00+08:00"), ("resumed", "04T09:00")]
    assert reply(within("3 calendar days") + PAUSED, *events).due_at == end_of("07")
    assert reply(within("3 working days") + PAUSED, *events).due_at == end_of("09")


# Pauses around the end


@pytest.mark.parametrize(
    ("ends", "paused", "due"),
    [
        ("close", "03T18:30", "03T18:00"),
        ("close", "03T17:59", "05T18:00"),
        ("same-time", "03T09:01", "03T09:00"),
        ("same-time", "03T08:59", "05T09:00"),
    ],
)
def test_a_pause_counts_only_if_it_begins_before_the_due_instant(ends, paused, due):
    body = within("1 calendar day", f"days: {{last_day_ends: {ends}}}") + PAUSED
    item = reply(body, ("paused", paused), ("resumed", "05T12:00"))
    assert item.due_at == at(due)
    assert ("(+" in item.reason.arithmetic) == (due[:2] == "05")
    if due[:2] == "03":  # while it lasts, the limit stays missed
        item = reply(body, ("paused", paused), when="04T09:00")
        assert (item.status, item.due_at) == ("overdue", at(due))


def test_pauses_move_the_day_before_it_rolls():
    body = within("5 calendar days", "days: {rolls: true}") + PAUSED  # Saturday 7, so Monday 9
    assert reply(body).due_at == end_of("09")
    assert reply(body, ("paused", "09T10:00"), when="09T12:00").status == "suspended"
    assert reply(body, ("paused", "09T10:00"), ("resumed", "13T10:00")).due_at == end_of("11")
    assert reply(body, ("paused", "03T10:00"), ("resumed", "04T10:00")).due_at == end_of("09")
    assert reply(body, ("paused", "10T10:00"), ("resumed", "13T10:00")).due_at == end_of("09")


def test_pauses_move_the_target():
    body = within("30 elapsed minutes", "target: 20 elapsed minutes") + PAUSED
    item = reply(body, ("paused", "02T09:10"), ("resumed", "02T09:40"))
    assert (item.target_at, item.due_at) == (at("02T09:50"), at("02T10:00"))
    item = reply(body, ("paused", "02T09:25"), ("resumed", "02T09:40"))
    assert (item.target_at, item.due_at) == (at("02T09:20"), at("02T09:45"))


def test_resumed_and_paused_again_at_one_instant():
    body = within("30 elapsed minutes") + PAUSED
    one, two = ("resumed", "02T09:20"), ("paused", "02T09:20")
    for both in ([one, two], [two, one]):
        events = [("paused", "02T09:10"), *both, ("resumed", "02T09:50")]
        assert reply(body, *events).due_at == at("02T10:10")
        # Where nothing was paused, nothing is.
        assert reply(body, *both).due_at == at("02T09:30")


def test_the_reason_lists_the_pauses_that_count():
    body = within("2 working hours") + PAUSED
    night = [("paused", "02T20:00"), ("resumed", "02T22:00")]
    events = [("paused", "02T17:30"), ("resumed", "02T17:45"), *night]
    item = reply(body, *events, ("paused", "04T09:00"), start="02T17:00")
    assert item.due_at == at("03T10:15")
    assert item.reason.arithmetic.count("(+") == 1


# Pauses until a date that is given

UNTIL = "    suspended: [{from: agreed, until: [agreed.until_when, resumed]}]\n"


def test_a_pause_until_a_date_that_its_event_gives():
    body = within("6 calendar days") + UNTIL
    until = ("until_when", at("08T09:00"))
    item = reply(body, ("agreed", "03T09:00", until), when="10T09:00")
    assert (item.status, item.due_at) == ("pending", end_of("13"))
    item = reply(body, ("agreed", "03T09:00", until), ("resumed", "05T09:00"))
    assert item.due_at == end_of("10")
    item = reply(body, ("agreed", "03T09:00"))
    assert (item.status, [m.name for m in item.missing]) == ("undetermined", ["agreed.until_when"])
    # It does not matter where the limit had run out.
    assert reply(body, ("agreed", "10T09:00")).due_at == end_of("08")


def test_a_field_to_pause_until_is_an_instant_of_the_event_that_pauses():
    def problem(until):
        return the_problem(REPLY + f"    suspended: [{{from: agreed, until: {until}}}]\n").message

    assert "until_whe" in problem("agreed.until_whe")
    assert "complained_again" in problem("complained_again.rude")


# Agreements

AGREED = "agreed: [{event: complained_again, more: extra}, {event: agreed, moment: until_when}]"


def test_agreements_count_in_the_order_of_time():
    body = PARAMETERS + within("30 elapsed minutes", AGREED)
    moment = ("until_when", at("02T11:00"))
    later = [("agreed", "02T09:10", moment), ("complained_again", "02T09:20")]
    item = reply(body, *later)
    assert (item.due_at, item.reason.arithmetic) == (
        at("02T12:00"),
        "agreed.until_when + 1 elapsed hour",
    )
    earlier = [("agreed", "02T10:20", moment), ("complained_again", "02T09:20")]
    assert reply(body, *earlier).due_at == at("02T11:00")
    item = reply(body.replace("more: extra", "more: unset"), *later)
    assert (item.status, [m.name for m in item.missing]) == ("undetermined", ["unset"])


def test_an_extension_is_agreed_before_the_limit_runs_out_unless_afterwards_too():
    body = within("1 calendar day", "agreed: [{event: agreed, more: 2 calendar days}]")
    late = ("agreed", "04T09:00")
    assert reply(body, late).due_at == end_of("03")
    also = body.replace("days}]", "days, also_afterwards: true}]")
    assert reply(also, late).due_at == end_of("05")
    # The limit had not run out then after all: a pause in between counts.
    paused = [("paused", "04T08:00"), ("resumed", "06T08:00")]
    assert reply(body + PAUSED, late, *paused).due_at == end_of("03")
    assert reply(also + PAUSED, late, *paused).due_at == end_of("07")


@pytest.mark.parametrize(("more", "due"), [(1, "09"), (2, "09"), (3, "10")])
def test_an_extension_in_days_adds_to_the_day_before_it_rolls(more, due):
    agreed = f"agreed: [{{event: agreed, more: {more} calendar day{'s' * (more > 1)}}}]"
    body = within("5 calendar days", agreed, "days: {rolls: true}")
    assert reply(body, ("agreed", "03T09:00")).due_at == end_of(due)


def test_an_extension_adds_plain_days():
    agreed = "agreed: [{event: agreed, more: 2 calendar days}]"
    body = within("3 calendar days", agreed, "days: {first_day: counted}")
    assert reply(body).due_at == end_of("04")
    assert reply(body, ("agreed", "03T09:00")).due_at == end_of("06")


def test_a_pause_within_an_extension():
    body = within("2 working days", "agreed: [{event: agreed, more: 3 working days}]") + PAUSED
    events = [("agreed", "03T09:00"), ("paused", "05T09:00"), ("resumed", "10T09:00")]
    assert reply(body, *events[:1]).due_at == end_of("09")
    assert reply(body, *events).due_at == end_of("12")


def test_a_given_moment_rolls_and_keeps_its_time_of_day():
    body = within("1 calendar day", "by: wanted_at")
    saturday = {"wanted_at": at("07T15:00")}
    assert reply(body, **saturday).due_at == at("07T15:00")
    rolling = body + "    days: {rolls: true}\n"
    assert reply(rolling, **saturday).due_at == at("09T15:00")
    agreed = rolling + "    agreed: [{event: agreed, more: 1 calendar day}]\n"
    assert reply(agreed, ("agreed", "03T09:00"), **saturday).due_at.date() == at("09T15:00").date()
    counted = body + "    days: {rolls: counted-days}\n"
    assert reply(counted, **saturday).due_at == at("07T15:00")


def test_counted_days_roll_where_a_moment_does_not():
    body = within("5 calendar days", "days: {rolls: counted-days}")  # Saturday 7, so Monday 9
    assert reply(body).due_at == end_of("09")


def test_a_pause_before_a_moment_that_was_agreed_does_not_move_what_follows_it():
    moment = ("until_when", at("05T15:00"))
    agreed = "{event: agreed, moment: until_when}, {event: complained_again, more: 2 calendar days}"
    body = within("5 calendar days", f"agreed: [{agreed}]") + PAUSED
    events = [("agreed", "02T10:00", moment), ("complained_again", "02T11:00")]
    assert reply(body, *events).due_at == end_of("07")
    before = [("paused", "02T12:00"), ("resumed", "04T12:00")]
    assert reply(body, *events, *before).due_at == end_of("07")
    after = [("paused", "06T12:00"), ("resumed", "08T12:00")]
    assert reply(body, *events, *after).due_at == end_of("09")


@pytest.mark.parametrize(
    ("start", "last"),
    [
        ("2018-06-10", "2018-07-09"),
        ("2018-01-31", "2018-02-28"),
        ("2018-01-29", "2018-02-28"),
        ("2018-03-01", "2018-03-31"),
    ],
)
def test_one_month_with_the_first_day_counted(start, last):
    calendar = WorkingCalendar("Asia/Shanghai", None)
    counted = DayCounting(first_day="counted")
    due = due_instant(at(f"{start}T09:00:00+08:00"), CalendarMonths(1), calendar, counted)
    assert due.date().isoformat() == last


# From when a limit counts

SUNDAY = "08T10:00"


@pytest.mark.parametrize(
    ("days", "start", "due"),
    [
        ("", SUNDAY, "11T18:00"),
        ("after_hours: next-working-day", SUNDAY, "12T18:00"),
        ("after_hours: next-working-day", "06T17:59", "11T18:00"),
        # Closed at the closing itself: so it is in the due dates that Boston gives out.
        ("after_hours: next-working-day", "06T18:00", "12T18:00"),
        ("after_hours: next-working-day", "06T12:30", "11T18:00"),
        ("after_hours: next-working-day", "09T08:00", "12T18:00"),
        ('taken_in: {until: "15:00"}', "06T15:00", "11T18:00"),
        ('taken_in: {until: "15:00"}', "06T15:00:01", "12T18:00"),
        ('taken_in: {until: "15:00"}', SUNDAY, "12T18:00"),
    ],
)
def test_what_comes_in_too_late_counts_from_the_next_opening(days, start, due):
    body = within("3 working days", f"days: {{last_day_ends: close, {days}}}")
    assert reply(body, start=start).due_at == at(due)
    head = HEAD + ""
    policy_wide = head.replace(
        "overdue_days:", f"days: {{last_day_ends: close, {days}}}\noverdue_days:"
    )
    assert reply(within("3 working days"), start=start, head=policy_wide).due_at == at(due)


def test_the_time_of_day_is_that_of_the_opening():
    days = "days: {last_day_ends: same-time, after_hours: next-working-day}"
    assert reply(within("3 working days", days), start=SUNDAY).due_at == at("12T09:00")
    assert reply(within("3 working days", days), start="09T08:00").due_at == at("12T09:00")
    assert reply(within("3 working days", days), start="09T10:30").due_at == at("12T10:30")


def test_the_reason_says_from_when_the_limit_counts():
    body = within("3 working days", "days: {after_hours: next-working-day}")
    arithmetic = reply(body, start=SUNDAY).reason.arithmetic
    assert arithmetic == "registered (from 2018-07-09T09:00:00+08:00) + 3 working days"
    assert reply(body).reason.arithmetic == "registered + 3 working days"


def test_hours_run_from_the_start_unless_the_limit_itself_says_otherwise():
    days = 'days: {taken_in: {until: "15:00"}}'
    own = 'taken_in: {until: "15:00"}'
    assert reply(within("2 elapsed hours", days), start="02T16:00").due_at == at("02T18:00")
    assert reply(within("2 elapsed hours", own), start="02T16:00").due_at == at("03T11:00")
    assert reply(within("2 working hours", own), start="02T15:00").due_at == at("02T17:00")
    assert reply(within("same day", own), start="06T15:30").due_at == end_of("09")


def test_a_pause_before_the_next_opening_takes_nothing():
    body = within("3 working days", "days: {after_hours: next-working-day}") + PAUSED
    events = [("paused", "08T11:00"), ("resumed", "08T20:00")]
    assert reply(body, *events, start=SUNDAY).due_at == end_of("12")


def test_a_cut_off_needs_hours_and_is_one():
    both = 'days: {after_hours: next-working-day, taken_in: {until: "15:00"}}'
    assert "give one of them" in the_problem(within("3 working days", both)).message
    head = HEAD.replace(', hours: ["09:00-12:00", "13:30-18:00"]', "")
    problem = the_problem(within("3 working days", "taken_in: {until: '15:00'}"), head=head)
    assert "give calendar.hours" in problem.message
    problem = the_problem(within("3 working days", "taken_in: {until: '25:00'}"))
    assert problem.path == "deadlines[0].taken_in.until"


# The close of business of a day without any


@pytest.mark.parametrize(
    ("limit", "start", "due"),
    [
        ("same day", "07T10:00", "09T18:00"),
        ("same day", "08T10:00", "09T18:00"),
        ("same day", "09T10:00", "09T18:00"),
        ("5 calendar days", "02T10:00", "09T18:00"),
        ("same day", "06T18:30", "09T18:00"),
    ],
)
def test_close_on_a_day_without_hours_is_the_next_closing(limit, start, due):
    assert reply(within(limit, "days: {last_day_ends: close}"), start=start).due_at == at(due)

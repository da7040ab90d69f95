"""Ids of items: one for each item, whatever hosts call their events and parties."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, Decision
from complaint_rules.judging.keys import ItemKey, item_id
from complaint_rules.reports import Period, settle
from complaint_rules.testing.outcomes import outcomes
from samples import HEAD, REPLY, at, case, event, judge, load
from simulated import assert_same

FINES = """
penalties:
  - {id: fine, clause: "2", title: {en: Fine, zh: 罚款}, per: complained_again, against: clerk,
     amount: 10 CNY}
reliefs:
  - {id: excuse, clause: "3", title: {en: Excuse, zh: 免责}, of: fine, per: complained_again,
     when: event.rude, cancels: true}
"""
EVERYTHING = (
    REPLY
    + FINES.replace(
        "reliefs:",
        """  - {id: late, clause: "4", title: {en: Late, zh: 迟}, per: reply, when: deadline.missed,
     amount: 5 CNY per overdue day}
  - {id: late-clerk, clause: "4", title: {en: Late, zh: 迟}, per: reply, when: deadline.missed,
     against: clerk, amount: 1 CNY}
reliefs:
  - {id: pardon, clause: "5", title: {en: Pardon, zh: 宽恕}, of: all, when: urgent, refunds: 120 %}
""".rstrip("\n"),
    )
    + """
escalations:
  - {id: pass-on, clause: "6", title: {en: Pass on, zh: 上报}, per: complained_again, to: [clerk, boss],
     capacity: inform}
charges:
  - {id: cost, clause: "7", title: {en: Cost, zh: 费用}, cost: loss, borne_by: clerk, share: 30 %,
     per: complained_again}
records:
  - {id: form, clause: "8", title: {en: Form, zh: 表}, kept_by: clerk, fields: [note, event.rude],
     per: complained_again}
"""
)
AWKWARD = [
    "registered@2018",
    "registered@2018-07-02T01:00:00Z",
    "complained_again@2018-07-02T02:00:00Z",
    "complained_again@2018-07-02T02:00:00Z#2",
    "reply/registered@2018-07-02T01:00:00Z",
    "E/P",
    "E",
    "P",
    "/",
    "%",
    "%2F",
    "%252F",
    "a b",
    " ",
    "#2",
    "@",
    "再次投诉",
    "张三/李四",
    "fine",
    "clerk",
    "boss",
    "{}",
    "<b>&",
]
names = st.one_of(
    st.sampled_from(AWKWARD), st.text(alphabet="EP/@%#2F 张{}<", min_size=1, max_size=5)
)
JULY = Period.month(2018, 7, "Asia/Shanghai")


# The text of a key


def test_ids_without_special_characters_are_as_they_were():
    key = "complained_again@2018-07-02T03:00:00Z"
    decision = judge(
        load(EVERYTHING),
        case(
            event("registered", "02T09:00", id="r-1"),
            event("complained_again", "02T11:00"),
            event("complained_again", "02T11:00", clerk=["赵", "Li 2"]),
            clerk="a@b.example",
            department="Sales",
            urgent=True,
        ),
        "04T12:00",
    )
    assert {item.id for item in decision.items()} == {
        "reply/r-1/Sales",
        f"pass-on/{key}#2/clerk/a@b.example",
        f"pass-on/{key}/boss",
        f"pass-on/{key}/clerk/赵",
        f"pass-on/{key}/clerk/Li 2",
        f"pass-on/{key}#2/boss",
        f"fine/{key}#2/a@b.example",
        f"fine/{key}/赵",
        f"fine/{key}/Li 2",
        "late/reply/r-1/Sales",
        "late-clerk/reply/r-1/Sales/a@b.example",
        f"excuse/fine/{key}#2/a@b.example",
        f"excuse/fine/{key}/赵",
        f"excuse/fine/{key}/Li 2",
        f"pardon/fine/{key}#2/a@b.example",
        f"pardon/fine/{key}/赵",
        f"pardon/fine/{key}/Li 2",
        "pardon/late/reply/r-1/Sales",
        "pardon/late-clerk/reply/r-1/Sales/a@b.example",
        f"cost/{key}#2/a@b.example",
        f"cost/{key}/赵",
        f"cost/{key}/Li 2",
        f"form/{key}",
        f"form/{key}#2",
    }


shapes = st.tuples(st.booleans(), st.booleans())
parts = st.one_of(st.just(""), names)


@given(shapes, st.tuples(parts, parts, parts, parts), st.tuples(parts, parts, parts, parts))
def test_different_keys_of_one_rule_have_different_texts(shape, one, other):
    """Whether a rule is about an occurrence, and whether for several roles, is the same for all."""

    def key(some) -> ItemKey:
        occurrence, role, party, _ = some
        return ItemKey(
            "fine",
            occurrence if shape[0] else None,
            None if party == "" else party,
            role if shape[1] else None,
        )

    def nested(some) -> ItemKey:
        return ItemKey("excuse", key(some).text, some[3] or None)

    assert (key(one).text == key(other).text) == (key(one) == key(other))
    if key(one) == key(other):
        assert (nested(one).text == nested(other).text) == ((one[3]) == (other[3]))


def test_a_slash_in_a_party_is_no_party_of_another_event():
    assert item_id("fine", None, "E/P") != item_id("fine", "E", "P")
    assert item_id("fine", "E/P", None) != item_id("fine", "E", "P")
    assert item_id("fine", "E/P", "Q") != item_id("fine", "E", "P/Q")
    assert item_id("fine", "E%2FP", None) != item_id("fine", "E/P", None)


@given(names)
def test_what_a_host_calls_its_event_is_read_back_by_percent_decoding(name):
    decision = judge(load(FINES), case(event("complained_again", "02T11:00", id=name)), "02T12:00")
    (fine,) = decision.penalties
    assert unquote(fine.occurrence) == name
    assert "/" not in fine.occurrence
    assert fine.id == f"fine/{fine.occurrence}"


# What collided


def test_a_relief_is_of_its_own_penalty_only():
    """An event ``E`` of a party ``P/Q``, and an event ``E/P`` of a party ``Q``."""
    policy = load(FINES)
    both = case(
        event("registered", "02T09:00"),
        event("complained_again", "02T10:00", id="E", clerk="P/Q", rude=True),
        event("complained_again", "02T11:00", id="E/P", clerk="Q", rude=False),
    )
    decision = judge(policy, both, "02T12:00")
    assert len({item.id for item in decision.penalties}) == 2
    assert [item.relieved_by for item in decision.penalties] == [("excuse",), ()]
    assert [(item.party, item.maximum) for item in decision.reliefs] == [("P/Q", 10)]
    assert str(decision.total()) == "10"
    statements = {s.party: str(s.total) for s in settle([decision], JULY)}
    assert statements == {"P/Q": "0", "Q": "10"}
    assert_same(policy, [both], decision.as_of)


def test_an_event_that_is_called_like_another_one_is_not_it():
    """Without an id, an event is named by its type and instant; a host may use the same text."""
    policy = load(FINES)
    at_ten = "complained_again@2018-07-02T02:00:00Z"
    some = case(
        event("complained_again", "02T10:00", rude=False),
        event("complained_again", "02T10:00", rude=True),
        event("complained_again", "02T11:00", id=at_ten, rude=True),
        event("complained_again", "02T11:30", id=f"{at_ten}#2", rude=True),
    )
    decision = judge(policy, some, "02T12:00")
    assert len({item.occurrence for item in decision.penalties}) == 4
    assert str(decision.total()) == "10"
    assert_same(policy, [some], decision.as_of)


def test_a_reference_to_an_awkward_id_is_to_that_event():
    """The notes compare what an event refers to with the event that started a limit."""
    some = case(
        event("registered", "02T09:00", id="a/b@c"),
        event("replied", "02T09:10", ref="a/b@c"),
        event("replied", "02T09:20"),
    )
    decision = judge(load(REPLY), some, "02T12:00")
    assert [note.kind for note in decision.notes] == ["repeated-completion"]


# Whatever hosts call them


@st.composite
def awkward_cases(draw):
    ids = iter(draw(st.lists(st.one_of(st.none(), names), min_size=5, max_size=5, unique=True)))
    several = st.lists(names, min_size=1, max_size=2, unique=True)
    events = [
        event("registered", "02T09:00", id=next(ids), **draw(_bound(several))),
        event("registered", "02T09:00", id=next(ids)),
    ]
    for minute in ("00", "00", "30"):
        rude = draw(st.sampled_from([True, False, None]))
        more = {} if rude is None else {"rude": rude}
        more |= draw(_bound(several))
        events.append(event("complained_again", f"02T10:{minute}", id=next(ids), **more))
    facts = draw(_bound(several)) | draw(
        st.sampled_from([{}, {"urgent": True}, {"urgent": False}, {"loss": 100, "urgent": True}])
    )
    return case(*events, **facts)


def _bound(several):
    return st.fixed_dictionaries({}, optional={"clerk": several, "department": several})


POLICY = load(EVERYTHING)


@settings(max_examples=50)
@given(awkward_cases(), st.sampled_from(["en", "zh"]))
def test_whatever_hosts_call_their_events_and_parties(some, language):
    decision = judge(POLICY, some, "04T12:00")
    ids = [(type(item), item.id) for item in decision.items()]
    assert len(set(ids)) == len(ids)
    assert len({item.id for item in decision.penalties}) == len(decision.penalties)
    stored = Decision.from_json(decision.to_json())
    assert stored == decision
    bound = stored.bind(POLICY, some).explain(language)
    assert bound.splitlines()[:-1] == decision.explain(language).splitlines()[:-1]
    assert decision.html(language).count("<tr>") >= len(decision.deadlines)
    for relief in decision.reliefs:
        (penalty,) = [item for item in decision.penalties if item.id == relief.penalty]
        assert (penalty.party, relief.rule in penalty.relieved_by) == (relief.party, True)
    assert not decision.changes_since(stored)
    earlier = judge(POLICY, some, "02T09:10")
    changes = decision.changes_since(earlier)
    assert len(changes.new) == sum(1 for _ in decision.items()) - sum(1 for _ in earlier.items())
    told = outcomes(decision, POLICY.ruleset.calendar.timezone)
    upon = {part for one in told["fine"] for part in one.parts if part.startswith("upon ")}
    assert upon <= {"upon complained_again"}
    settled = settle([decision], JULY)
    lines = {line.penalty for statement in settled for line in statement.lines}
    assert {item.id for item in decision.penalties if item.maximum} <= lines
    assert decision.why_not("fine").explain(language)


@settings(max_examples=25)
@given(awkward_cases(), awkward_cases())
def test_many_awkward_cases_at_once_are_judged_as_each_by_itself(one, other):
    assert_same(POLICY, [one, Case("D", dict(other.facts), other.events)], at("04T12:00"))


@pytest.mark.parametrize("name", AWKWARD)
def test_an_explanation_names_the_event_not_the_id_of_the_host(name):
    some = case(
        event("registered", "02T09:00", id=name),
        event("complained_again", "02T11:00", id=f"{name}!", rude=False),
    )
    text = judge(POLICY, some, "04T12:00").explain("en")
    assert "upon: complained again 2018-07-02 11:00" in text
    assert "upon: registered 2018-07-02 09:00" in text
    assert f"{name}!" not in text


# Said by title


SEVERAL = case(
    event("registered", "02T09:00", id="answer"),
    event("registered", "02T09:00", id="pass-on"),
    event("registered", "02T10:00", id="T-1003"),
    event("complained_again", "02T11:00", id="again", rude=True),
    event("replied", "02T09:05", id="r-1", ref="answer"),
    event("replied", "02T09:06", id="r-2", ref="answer"),
    department="Sales",
    clerk="Li",
    urgent=True,
)


@pytest.mark.parametrize(
    ("language", "limit", "fine", "relief", "note"),
    [
        (
            "en",
            "department (Sales): met: done 2018-07-02 09:05, due 2018-07-02 09:30, upon: registered 2018-07-02 09:00 (no. 1)",
            "10 CNY: clerk (Li), upon: complained again 2018-07-02 11:00 — taken back by “Excuse”",
            "refund of 12 CNY to department (Sales), upon: registered 2018-07-02 10:00",
            "replied 2018-07-02 09:06 names another start of “Reply”, which stays open",
        ),
        (
            "zh",
            "部门（Sales）：按时完成：2018-07-02 09:05 完成，2018-07-02 09:30 到期（登记 2018-07-02 09:00，第 1 次）",
            "10 元：文员（Li）（再次投诉 2018-07-02 11:00）——由「免责」免除或返还",
            "返还 12 元 给部门（Sales）（登记 2018-07-02 10:00）",
            "回复 2018-07-02 09:06 指明的是「回复」的另一次开始，其余仍未完成",
        ),
    ],
)
def test_explanations_say_titles_and_names(language, limit, fine, relief, note):
    policy = load(EVERYTHING.replace("of: all", "of: late"))
    decision = judge(policy, SEVERAL, "04T12:00")
    lines = [line.strip(" ·") for line in decision.explain(language).splitlines()]
    for expected in (limit, fine, relief, note):
        assert expected in lines
    body = "\n".join(lines[:-2])
    for name in ("answer", "pass-on", "T-1003", "r-1", "r-2", "again/"):
        assert name not in body
    html = decision.html(language)
    assert "T-1003" not in html
    assert "T-1003" not in decision.why_not("late").explain(language)
    assert "2018-07-02 10:00" in decision.why_not("late").explain(language)


def test_what_there_is_one_of_is_said_without_its_instant_being_repeated():
    one = case(event("registered", "02T09:00", id="T-1003"), department="Sales")
    assert "upon" not in judge(load(REPLY), one, "02T09:10").explain("en")


def test_a_forfeiture_is_worked_out_by_the_title_of_its_base():
    policy = load(
        """
penalties:
  - {id: bonus, clause: "2", title: {en: Bonus}, against: clerk, forfeits: distance_bonus}
""",
        head=HEAD.replace(
            "  visits:",
            "  distance_bonus: {type: money, title: {en: bonus for distance}}\n  visits:",
        ),
    )
    text = judge(policy, case(distance_bonus=30), "02T12:00").explain("en")
    assert "worked out: bonus for distance = 30" in text

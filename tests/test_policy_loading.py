from __future__ import annotations

import json
import pickle
from pathlib import Path

import jsonschema
import pytest
import yaml

from complaint_rules import Policy, load_policy, shipped_rulesets
from complaint_rules.errors import DecisionError, PolicyError, PolicyNotFound, PolicyNotInForce
from complaint_rules.ruleset.document import json_schema
from samples import (
    HEAD,
    REPLY,
    ROOT,
    at,
    case,
    event,
    judge,
    line_of,
    load,
    only,
    problems,
    the_problem,
)


def penalty(lines: str, *, per: str = "complained_again") -> str:
    return (
        REPLY
        + f"""
penalties:
  - id: fine
    clause: "2"
    title: {{en: Fine}}
    per: {per}
    against: clerk
{lines}
"""
    )


def test_a_problem_has_file_line_rule_path_and_a_hint():
    body = REPLY.replace("starts: registered", "starts: registred")
    problem = the_problem(body)
    assert problem.file == "sample.yaml"
    assert problem.line == line_of(body, "starts: registred")
    assert problem.rule == "reply"
    assert problem.path == "deadlines[0].starts[0]"
    assert "event 'registred' is not declared (did you mean 'registered'?)" in problem.message


def test_a_limit_that_nothing_starts_is_one_problem_whatever_reads_it():
    body = (
        REPLY.replace("starts: registered", "starts: registred")
        + """
penalties:
  - {id: it, clause: "2", title: {en: It}, per: reply, when: deadline.missed and event.number > 1, amount: 5 CNY}
"""
    )
    assert the_problem(body).path == "deadlines[0].starts[0]"


def test_all_problems_are_found_at_once():
    body = REPLY.replace("starts: registered", "starts: registred").replace(
        "duty_of: department", "duty_of: clrek"
    )
    assert {problem.path for problem in problems(body)} == {
        "deadlines[0].starts[0]",
        "deadlines[0].duty_of",
    }


@pytest.mark.parametrize(
    ("body", "part", "message"),
    [
        (REPLY.replace("within:", "wihtin:"), "wihtin:", "did you mean 'within'"),
        (
            REPLY.replace("30 elapsed minutes", "3 days"),
            "within",
            "ambiguous: write calendar days or working days",
        ),
        (REPLY.replace("ends: replied", "ends: repleid"), "ends:", "did you mean 'replied'"),
        (
            REPLY.replace("duty_of: department", "duty_of: departmnet"),
            "duty_of",
            "did you mean 'department'",
        ),
        (REPLY.replace("    within: 30 elapsed minutes\n", ""), "- id: reply", "no time limit"),
        (REPLY.replace("within: 30", "within: -30"), "within", "negative"),
        (REPLY.replace("    ends: replied\n", ""), "- id: reply", "'ends' is missing"),
        (REPLY.replace('clause: "1"', "clause: 1"), "clause: 1", "put it in quotes"),
        (REPLY.replace('clause: "1"', "clause: 4.2"), "clause: 4.2", "put it in quotes"),
        (REPLY.replace("id: reply", "id: Reply"), "id: Reply", "pattern"),
        (REPLY + "    when: urgnet\n", "when:", "did you mean 'urgent'"),
        (REPLY + "    when: grade == 'hihg'\n", "when:", "did you mean 'high'"),
        (REPLY + "    when: replied.missed\n", "when:", "not declared here"),
        (REPLY + "    by: event.wanted_at\n", "by:", "is not declared"),
        (REPLY + "    by: urgent\n", "by:", "name an instant"),
        (
            REPLY + "    at_least: 1 working day\n",
            "- id: reply",
            "lead time is at_least and before",
        ),
        (REPLY + "    agreed: [{event: agreed}]\n", "agreed:", "either the moment field"),
        (
            REPLY + "    agreed: [{event: agreed, moment: until_whne}]\n",
            "agreed:",
            "did you mean 'until_when'",
        ),
        (REPLY + REPLY.replace("deadlines:\n", ""), "  - id: reply", None),
        (penalty("    amount: 200-50 CNY"), "amount:", "minimum 200 is above the maximum 50"),
        (penalty("    amount: -5 CNY"), "amount:", "not an amount"),
        (penalty("    amount: 5 EUR"), "amount:", "is in EUR, the policy in CNY"),
        (penalty("    amount: 5.005 CNY"), "amount:", "two decimal places"),
        (penalty("    amount: 20 CNY per overdue day"), "amount:", "of which time limit"),
        (penalty("    amount: 30 % of los"), "amount:", "did you mean 'loss'"),
        (penalty("    amount: visits"), "amount:", "is a whole number, and no amount"),
        (penalty("    forfeits: note"), "forfeits:", "of type text"),
        (penalty("    refers_to: ruels"), "refers_to:", "did you mean 'rules'"),
        (
            penalty("    amount: 5 CNY\n    dismisses: true"),
            "- id: fine",
            "amount, dismisses consequence",
        ),
        (penalty("    settled_by: {en: cash}"), "- id: fine", "no consequence"),
        (
            penalty("    amount: 5 CNY").replace("against: clerk", "against: clrek"),
            "against:",
            "did you mean 'clerk'",
        ),
        (
            penalty("    amount: 5 CNY").replace("    against: clerk\n", ""),
            "- id: fine",
            "nobody is named",
        ),
        (
            penalty("    amount: 5 CNY", per="complaind_again"),
            "per:",
            "did you mean 'complained_again'",
        ),
        (penalty("    amount: 5 CNY\n    when: event.rdue"), "when:", "did you mean 'event.rude'"),
        (penalty("    amount: 5 CNY\n    when: __import__('os')"), "when:", "calls something"),
        (
            penalty("    amount: 5 CNY\n    exception_to: fien"),
            "exception_to:",
            "did you mean 'fine'",
        ),
        (
            penalty("    amount: 5 CNY\n    exception_to: fine"),
            "exception_to:",
            "except each other",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line(body, part, message):
    if message is None:
        first = line_of(body, part)
        taken = f"the id 'reply' is taken by a rule in line {first}"
        assert any(taken in problem.message for problem in problems(body))
        return
    problem = the_problem(body)
    assert message in problem.message
    assert problem.line == line_of(body, part), problem


HEAD_PROBLEMS = [
    ("timezone: Asia/Shanghai", "timezone: Asia/Shanghia", "timezone 'Asia/Shanghia' is unknown"),
    ("official: CN", "official: CH", "'CH' is unknown: use CN"),
    ('"09:00-12:00", "13:30-18:00"', '"09:00-14:00", "13:30-18:00"', "overlap"),
    ("currency: CNY", "currency: yuan", "pattern"),
    ("policy: sample", "polcy: sample", "did you mean 'policy'"),
    ("from: 2018-01-01", "from: 1.1.2018", "not a date"),
    ("from: 2018-01-01", "from: 2018-01-01, until: 2017-01-01", "before the start"),
    ("by: registered", "by: registred", "did you mean 'registered'"),
    ("values: [low, middle, high]", "values: [low, low]", "listed twice"),
    ("type: enum, values: [low, middle, high]", "type: enum", "an enum lists its values"),
    ("type: int,", "type: integer,", "integer"),
    ("sets: [urgent]", "sets: [urgnet]", "did you mean 'urgent'"),
    ("  visits:", "  clerk:", "declared in facts too"),
    ("  paused:", "  reply:", "rename one"),
    ("  visits:", "  event:", "has a meaning of its own"),
    ("title: {en: visits}", "title: {}", "needs a text"),
]


@pytest.mark.parametrize(("old", "new", "message"), HEAD_PROBLEMS)
def test_what_is_wrong_in_the_head(old, new, message):
    assert old in HEAD
    found = problems(REPLY, head=HEAD.replace(old, new))
    assert any(message in problem.message for problem in found), found
    assert all(problem.line for problem in found)


def test_two_penalties_that_except_each_other():
    body = (
        penalty("    amount: 5 CNY\n    exception_to: other")
        + """
  - id: other
    clause: "2"
    title: {en: Other}
    per: complained_again
    against: clerk
    amount: 6 CNY
    exception_to: fine
"""
    )
    assert "except each other" in problems(body)[0].message


def test_an_exception_is_judged_like_what_it_replaces():
    body = (
        penalty("    amount: 5 CNY")
        + """
  - id: other
    clause: "2"
    title: {en: Other}
    against: clerk
    amount: 6 CNY
    exception_to: fine
"""
    )
    assert "give both the same 'per'" in the_problem(body).message


def test_how_penalties_add_up_must_be_said():
    found = problems(penalty("    amount: 5 CNY"), head=HEAD.replace("adds_up: cumulative\n", ""))
    assert "does not say how they add up" in found[0].message


def test_what_an_overdue_day_is_must_be_said():
    body = penalty("    amount: 5 CNY per overdue day", per="reply").replace(
        "    against: clerk\n", ""
    )
    found = the_problem(body, head=HEAD.replace("overdue_days: calendar-dates\n", ""))
    assert "can mean five things" in found.message
    body = penalty("    amount: 5 CNY\n    when: deadline.overdue_days > 0", per="reply")
    found = the_problem(body, head=HEAD.replace("overdue_days: calendar-dates\n", ""))
    assert "can mean five things" in found.message


@pytest.mark.parametrize(
    ("lead", "message"),
    [
        ("same day", "no lead time"),
        ("-1 working day", "negative"),
        ("1 day", "ambiguous"),
        ("limit", "write it out"),
    ],
)
def test_lead_times_that_are_wrong(lead, message):
    from test_deadlines import LEAD

    body = "parameters: {limit: {type: duration, title: {en: limit}}}\n" + LEAD.replace(
        "1 working day", lead
    )
    assert message in the_problem(body).message


def test_working_units_need_a_calendar():
    no_hours = HEAD.replace(', hours: ["09:00-12:00", "13:30-18:00"]', "")
    assert "no hours" in the_problem(REPLY.replace("elapsed", "working"), head=no_hours).message
    nothing = HEAD.replace('calendar: {official: CN, hours: ["09:00-12:00", "13:30-18:00"]}\n', "")
    body = REPLY.replace("30 elapsed minutes", "3 working days")
    assert "no calendar says" in the_problem(body, head=nothing).message


def test_clauses_of_the_source_are_covered_in_both_directions():
    listed = HEAD.replace("document: Ours}", 'document: Ours, clauses: ["1", "2"]}')
    assert "clause '2' has no rule" in the_problem(REPLY, head=listed).message
    unknown = HEAD.replace("document: Ours}", 'document: Ours, clauses: ["1.1"]}')
    found = problems(REPLY, head=unknown)
    assert any("clause '1' is not declared" in problem.message for problem in found)
    explained = REPLY + 'clauses: {"2": {not_automated: It is a greeting.}}\n'
    assert load(explained, head=listed).clause("2") == ()


# Files


def test_an_empty_file_and_a_file_without_rules():
    with pytest.raises(PolicyError, match="the ruleset is empty"):
        Policy("", "x.yaml")
    assert "no rules" in the_problem("").message


def test_a_list_instead_of_a_policy():
    with pytest.raises(PolicyError, match="no mapping"):
        Policy("- a\n- b\n", "x.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "stands here again, first in line 1"),
        ("a: {b: 1, b: 2}\n", "stands here again"),
        ("a: &x [1]\nb: *y\n", "points to nothing"),
        ("a: !!python/object:os.system x\n", "tag"),
        ("base: &b {a: 1}\nc:\n  <<: *b\n", "merge keys"),
        ("a: [" * 30, "nested deeper"),
        ("[" * 100_000, "nested deeper"),
        ("a: [1, 2\n", "no YAML"),
        ("a: .inf\n", "no number"),
        ("a: 1\n---\nb: 2\n", "second document"),
        ("? [a]\n: 1\n", "keys are plain texts"),
        ("1: a\n", "put it in quotes"),
        ("a: " + "x" * 1_100_000, "characters: split it"),
        ("a: \t- x\n", "no YAML"),
    ],
)
def test_yaml_that_is_refused(text, message):
    with pytest.raises(PolicyError, match=message):
        Policy(text, "x.yaml")


def test_an_alias_bomb_is_refused():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(PolicyError, match="values, aliases written out"):
        Policy("\n".join(lines), "bomb.yaml")


def test_ten_megabytes_are_refused(tmp_path: Path):
    path = tmp_path / "big.yaml"
    path.write_text("a:\n" + "  - 12345678\n" * 900_000)
    with pytest.raises(PolicyError, match="too large"):
        load_policy(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyError, match="not UTF-8"):
        load_policy(path)


def test_core_schema_scalars():
    from complaint_rules.ruleset.source import read_yaml

    text = "a: 08:30\nb: no\nc: yes\nd: true\ne: ~\nf: 0777\ng: 1.50\nh: '1'\ni: 1_000\nj: 2018-06-20\n"
    content = read_yaml(text, "x").content
    assert [type(value).__name__ for value in content.values()] == [
        "str",
        "str",
        "str",
        "bool",
        "NoneType",
        "int",
        "Decimal",
        "str",
        "str",
        "str",
    ]
    assert content["f"] == 777
    assert str(content["g"]) == "1.50"


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(PolicyNotFound, match="did you mean 'yundewu-2018'"):
        load_policy("yundewu-2108")


def test_lines_agree_with_the_yaml_library():
    from complaint_rules.ruleset.source import read_yaml

    text = (ROOT / "rulesets/yundewu-2018.yaml").read_text(encoding="utf-8")
    source = read_yaml(text, "x")
    root = yaml.compose(text, Loader=yaml.SafeLoader)

    def walk(node, path):
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                here = (*path, key.value)
                assert source.lines[here] == key.start_mark.line + 1, here
                walk(value, here)
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                assert source.lines[(*path, number)] == value.start_mark.line + 1
                walk(value, (*path, number))

    walk(root, ())


# What comes with it


@pytest.mark.parametrize("name", sorted(shipped_rulesets()))
def test_shipped_rulesets_fit_the_published_schema(name):
    path = shipped_rulesets()[name]
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506

    def typed(value):  # the schema wants booleans and numbers where BaseLoader leaves texts
        if isinstance(value, dict):
            return {key: typed(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [typed(inner) for inner in value]
        return {"true": True, "false": False}.get(value, value)

    jsonschema.validate(typed(content), json_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**typed(content), "polcy": "x"}, json_schema())


def test_a_policy_is_found_by_id_and_by_path():
    by_id = load_policy("yundewu-2018")
    by_path = load_policy(ROOT / "rulesets/yundewu-2018.yaml")
    assert by_id.hash == by_path.hash
    assert by_id.rule("deliver").clause == "5.2.2"
    with pytest.raises(DecisionError, match="did you mean 'deliver'"):
        by_id.rule("delivr")
    with pytest.raises(DecisionError, match="says nothing about clause"):
        by_id.clause("99")
    assert [rule.id for rule in by_id.clause("7.2.6")] == [
        "platform-failure",
        "platform-failure-loss",
    ]
    assert by_id.version == "1"
    assert "yundewu-2018" in repr(by_id)


def test_a_policy_can_be_pickled():
    policy = load(REPLY)
    the_case = case(event("registered", "02T09:00"))
    again = pickle.loads(pickle.dumps(policy))
    assert judge(again, the_case, "02T10:00") == judge(policy, the_case, "02T10:00")


# Parameters

PARAMETERS = """
parameters:
  limit: {type: duration, title: {en: limit}}
  rate:
    type: money
    title: {en: rate}
    values: [{from: 2018-01-01, value: 10}, {from: 2018-07-03, value: "20.50"}]
  tariff:
    type: money
    title: {en: tariff}
    keys: [grade]
    table:
      - {until: 2018-07-02, at: [low], value: 5}
      - {from: 2018-07-03, at: [low], value: 6-7}
      - {at: [high], value: 50}
"""
LIMITED = (
    REPLY.replace("30 elapsed minutes", "limit")
    + """
penalties:
  - {id: by-date, clause: "2", title: {en: By date}, per: registered, against: clerk, amount: rate}
  - {id: by-table, clause: "3", title: {en: By table}, per: registered, against: clerk, amount: tariff}
"""
)


def test_an_unset_parameter_leaves_the_deadline_undetermined():
    decision = judge(load(PARAMETERS + LIMITED), case(event("registered", "02T09:00")), "02T10:00")
    item = only(decision.deadlines, "reply")
    assert (item.status, item.due_at) == ("undetermined", None)
    assert [(m.name, m.what) for m in item.missing] == [("limit", "parameter")]
    assert only(decision.undetermined, "reply").missing == item.missing


def test_a_parameter_can_be_set_and_changes_the_hash():
    policy = load(PARAMETERS + LIMITED, limit="1 working hour")
    decision = judge(policy, case(event("registered", "02T11:30")), "02T11:40")
    assert only(decision.deadlines, "reply").due_at == at("02T14:00")
    assert policy.hash != load(PARAMETERS + LIMITED).hash
    with pytest.raises(PolicyError, match="did you mean 'limit'"):
        load(PARAMETERS + LIMITED, limti="1 working hour")
    with pytest.raises(PolicyError, match="ambiguous"):
        load(PARAMETERS + LIMITED, limit="1 hour")
    with pytest.raises(PolicyError, match="not a duration"):
        load(PARAMETERS + LIMITED, limit=5)


@pytest.mark.parametrize(
    ("day", "grade", "rate", "tariff"),
    [
        ("02T09:00", "low", ("10.00", "10.00"), ("5.00", "5.00")),
        ("03T00:00", "low", ("20.50", "20.50"), ("6.00", "7.00")),
        ("03T00:00", "high", ("20.50", "20.50"), ("50.00", "50.00")),
        ("03T00:00", "middle", ("20.50", "20.50"), None),
    ],
)
def test_values_by_date_and_by_table(day, grade, rate, tariff):
    decision = judge(
        load(PARAMETERS + LIMITED), case(event("registered", day), grade=grade), "09T09:00"
    )
    by_date = only(decision.penalties, "by-date")
    assert (str(by_date.minimum), str(by_date.maximum)) == rate
    if tariff is None:
        assert only(decision.undetermined, "by-table").missing[0].name == "tariff"
        assert decision.total().maximum is None
    else:
        by_table = only(decision.penalties, "by-table")
        assert (str(by_table.minimum), str(by_table.maximum)) == tariff


def test_a_table_says_which_key_is_missing():
    decision = judge(load(PARAMETERS + LIMITED), case(event("registered", "02T09:00")), "09T09:00")
    assert [(m.name, m.what) for m in only(decision.undetermined, "by-table").missing] == [
        ("grade", "fact")
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('from: 2018-07-03, value: "20.50"', "from: 2018-01-01, value: 1", "put them in order"),
        ("value: 10}", "value: 10.5}", "value"),
        ("keys: [grade]", "keys: [graed]", "did you mean 'grade'"),
        ("at: [high]", "at: [hgih]", "did you mean 'high'"),
        ("at: [high], value: 50", "at: [high, low], value: 50", "give one each"),
        ("at: [high]", "at: [low]", "earlier row holds"),
        ("value: 6-7", "value: 7-6", "above the maximum"),
        ("    keys: [grade]\n", "", "a table has keys"),
        ("limit: {type: duration,", "limit: {type: duration, value: 3 days,", "ambiguous"),
    ],
)
def test_parameters_that_are_wrong(old, new, message):
    assert old in PARAMETERS
    found = problems(PARAMETERS.replace(old, new) + LIMITED)
    assert any(message in problem.message for problem in found), found


# In force


def test_a_policy_governs_only_its_own_time():
    policy = load(
        REPLY, head=HEAD.replace("from: 2018-01-01", "from: 2018-01-01, until: 2018-07-02")
    )
    judge(policy, case(event("registered", "02T23:59")), "09T09:00")
    with pytest.raises(
        PolicyNotInForce,
        match="in force from 2018-01-01 until 2018-07-02, and case C is of 2018-07-03",
    ):
        judge(policy, case(event("registered", "03T00:00")), "09T09:00")
    with pytest.raises(PolicyNotInForce):
        judge(policy, case(event("registered", "2017-12-31T23:59:59+08:00")), "09T09:00")


def test_the_published_case_schema_reads_cases():
    policy = load(REPLY)
    model = policy.case_model
    document = {
        "id": "C",
        "facts": {"urgent": True, "loss": "12.5", "department": ["A", "B"]},
        "events": [{"type": "registered", "at": "2018-07-02T09:00:00+08:00"}],
    }
    read = model.model_validate_json(json.dumps(document)).to_case()
    assert [item.party for item in judge(policy, read, "02T10:00").deadlines] == ["A", "B"]
    jsonschema.validate(document, model.model_json_schema())
    for change, message in [
        ({"facts": {"urgnet": True}}, "urgnet"),
        ({"facts": {"urgent": "yes"}}, "not true or false"),
        ({"events": [{"type": "registered", "at": "2018-07-02T09:00:00"}]}, "no timezone"),
        ({"events": [{"type": "registred", "at": "2018-07-02T09:00:00+08:00"}]}, "registred"),
        ({"facts": {"loss": 12.5}}, "float"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.model_validate({**document, **change})


def test_a_comma_that_was_meant_for_a_text_is_explained():
    with pytest.raises(
        PolicyError, match=r"'a day' is unknown and has no value: put a text .* in quotes"
    ):
        Policy(HEAD.replace("title: {", "title: {a day, ", 1))


def test_an_event_that_dates_cases_and_was_never_written_is_asked_for():
    text = """
policy: shop
title: {en: Shop}
source: {issuer: A shop, document: Rules}
effective: {from: 2026-01-01}
timezone: Asia/Shanghai
roles: {clerk: {en: clerk}}
events: {opened: {title: {en: opened}}, closed: {title: {en: closed}}}
records: [{id: form, clause: "1", title: {en: Form}, kept_by: clerk, fields: [clerk]}]
"""
    with pytest.raises(PolicyError, match="effective: .* write by: and one of opened, closed"):
        Policy(text)
    with pytest.raises(PolicyError, match=r"effective\.by: event 'opend' .*did you mean 'opened'"):
        Policy(text.replace("2026-01-01}", "2026-01-01, by: opend}"))

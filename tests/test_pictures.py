"""Pictures hold what the tables say, and notebooks show results by themselves."""

from __future__ import annotations

import json

import pytest
import vl_convert

from complaint_rules import Case, Decision, DecisionError, Event, load_policy, pictures
from complaint_rules.exploration import by_time
from complaint_rules.simulation import accrue, compare, simulate, sweep
from samples import at
from test_simulation_questions import LATER, POLICY, some


def spec(chart):
    """The chart as Vega-Lite, which Altair has checked against its schema."""
    return json.loads(chart.to_json())


def drawn(chart):
    """The texts of the drawn picture."""
    return vl_convert.vegalite_to_svg(chart.to_json())


def data_of(node):
    """All rows of a chart."""
    if isinstance(node, dict):
        values = (
            node.get("data", {}).get("values", []) if isinstance(node.get("data"), dict) else []
        )
        yield from values
        for value in node.values():
            yield from data_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from data_of(value)


NANJING = load_policy("nanjing-cable-2007")
CASE = Case(
    "投诉-7",
    {"grave": False},
    [
        Event("registered", "2026-03-02T09:00+08:00"),
        Event("delivered", "2026-03-02T09:30+08:00"),
        Event("service_ordered", "2026-03-02T10:00+08:00", promised_at="2026-03-04T12:00+08:00"),
        Event("service_done", "2026-03-06T12:00+08:00"),
    ],
)


def test_a_timeline_shows_due_instants_lateness_and_chinese_titles():
    chart = pictures.timeline(NANJING.evaluate(CASE, as_of="2026-03-07T12:00+08:00"), "zh")
    rows = list(data_of(spec(chart)))
    bars = {row["label"]: row for row in reversed(rows) if "status" in row}
    late = bars["安装、维修等服务时限 4.3.2b"]
    assert (late["start"], late["stop"], late["status"]) == (
        "2026-03-02T10:00:00.000",
        "2026-03-06T12:00:00.000",
        "逾期完成",
    )
    due = [row["at"] for row in rows if row.get("label") == late.get("label") and "what" in row]
    assert due == ["2026-03-04T12:00:00.000"]
    svg = drawn(chart)
    for text in (
        "投诉件 投诉-7",
        "安装或维修完成",
        "三天内递交纠正及预防措施记录表 4.2.2",
        "已超时",
    ):
        assert text in svg, text


def test_a_timeline_shows_pauses():
    policy = load_policy("cn-consumer-complaints")
    events = [
        Event("authority_accepted", "2026-03-02T09:00+08:00"),
        Event("appraisal_began", "2026-03-10T09:00+08:00"),
        Event("appraisal_ended", "2026-03-20T09:00+08:00"),
    ]
    decision = policy.evaluate(
        Case("P", {}, events), as_of="2026-03-25T00:00+08:00", check_date=False
    )
    rows = list(data_of(spec(pictures.timeline(decision))))
    pauses = [row for row in rows if "start" in row and "status" not in row]
    assert [(row["start"][:10], row["stop"][:10]) for row in pauses] == [
        ("2026-03-10", "2026-03-20")
    ]


def test_a_decision_without_its_case_has_no_timeline():
    decision = NANJING.evaluate(CASE, as_of="2026-03-07T12:00+08:00")
    with pytest.raises(DecisionError, match="evaluate the case again"):
        pictures.timeline(Decision.from_json(decision.to_json()))


def test_a_curve_labels_each_kink_with_its_clause():
    curve = by_time(
        NANJING,
        CASE,
        "service_done",
        since="2026-03-02T10:00+08:00",
        until="2026-03-08T00:00+08:00",
    )
    chart = pictures.by_lateness(curve, "zh")
    kinks = [row for row in data_of(spec(chart)) if "clause" in row]
    assert {row["clause"] for row in kinks} == {"4.3.2b"}
    # The first instant of each date after the due date, once as a dot and once as a label.
    assert sorted({row["at"][:10] for row in kinks}) == [
        "2026-03-05",
        "2026-03-06",
        "2026-03-07",
        "2026-03-08",
    ]
    assert "4.3.2b" in drawn(chart)
    assert "安装或维修完成" in drawn(chart)


def test_totals_are_drawn_as_ranges():
    found = simulate(POLICY, some(), as_of=LATER)
    rows = {row["label"]: row for row in data_of(spec(found.picture("clause")))}
    assert (rows["2"]["lower"], rows["2"]["upper"]) == (150.0, 396.0)
    assert rows["5"]["more"] == "+ 1 open"
    months = [row["label"] for row in data_of(spec(found.picture("month")))]
    assert months == ["2018-07"]
    bins = list(data_of(spec(found.distribution())))
    nothing = int((found.cases["maximum"] == 0).sum())
    open_ = found.cases["maximum"].null_count()
    at_most = sum(row["cases"] for row in bins if row["bound"] == "at most")
    assert at_most == len(found) - nothing - open_


def test_comparison_sweep_and_accrual_are_drawn():
    draft = POLICY.changed({"fine.amount": "30-40 CNY", "costly.amount": "20 % of loss"})
    found = compare(POLICY, draft, some(), as_of=LATER)
    rows = list(data_of(spec(found.picture())))
    assert {row["change"]: row["cases"] for row in rows if "share" in row} == dict(
        found.summary.select("change", "cases").rows()
    )
    one = sweep(POLICY, some(), {"fine.amount": ["5 CNY", "7 CNY"]}, as_of=LATER)
    assert [row["value"] for row in data_of(spec(one.picture()))][:2] == ["5 CNY", "7 CNY"]
    grid = {
        "fine.amount": ["5 CNY", "7 CNY"],
        "reply.within": ["10 elapsed minutes", "1 elapsed hour"],
    }
    two = sweep(POLICY, some(), grid, as_of=LATER)
    assert "10 elapsed minutes" in drawn(two.picture())
    assert "at least" in drawn(two.picture("minimum"))
    three = sweep(POLICY, some(), {**grid, "daily.amount": ["1 CNY per overdue day"]}, as_of=LATER)
    with pytest.raises(DecisionError, match="3 values at once"):
        three.picture()
    for by in ((), ("party",)):
        assert "svg" in drawn(accrue(POLICY, some(), [at("02T12:00"), LATER], by=by).picture())


def test_notebooks_show_decisions_and_results():
    decision = NANJING.evaluate(CASE, as_of="2026-03-07T12:00+08:00")
    html = decision._repr_html_()
    assert "4.3.2b" in html
    assert "<details>" in html
    assert "Total of penalties" in html
    assert "处罚" in decision.html("zh")
    assert Decision.from_json(decision.to_json())._repr_html_() is None
    found = simulate(POLICY, some(), as_of=LATER)
    for result in (
        found,
        compare(POLICY, POLICY, some(), as_of=LATER),
        sweep(POLICY, some(), {"fine.amount": ["5 CNY", "7 CNY"]}, as_of=LATER),
        accrue(POLICY, some(), [at("02T12:00"), LATER]),
    ):
        shown = result._repr_html_()
        assert "<table>" in shown
        assert "&lt;" in shown  # the head, escaped
    assert "open" in found._repr_html_()


def test_what_a_case_says_is_escaped():
    case = Case("<script>", {}, [Event("registered", "2026-03-02T09:00+08:00")])
    decision = NANJING.evaluate(case, as_of="2026-03-07T12:00+08:00")
    assert "<script>" not in decision.html()


def test_many_rows_are_counted_instead_of_shown():
    many = [Case(f"C{i}", {"loss": 200, "clerk": f"P{i:03}"}) for i in range(120)]
    shown = simulate(POLICY, many, as_of=LATER)._repr_html_()
    assert "70 more rows" in shown

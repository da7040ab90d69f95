"""Logs as analysts have them: every form gives the same answer, and what is wrong is refused."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulated
import strategies
from complaint_rules import Case, CaseError, NaiveDatetime, PolicyNotInForce, TimeError
from complaint_rules.simulation import ArrowSimulator, simulate, simulate_batches, simulate_files
from samples import REPLY, at
from simulated import rows

POLICY = simulated.load(
    REPLY
    + """
penalties:
  - {id: fine, clause: "2", title: {en: F}, per: reply, when: deadline.missed, amount: 20-50 CNY}
  - {id: costly, clause: "4", title: {en: C}, against: clerk, when: loss > 100, amount: 10 % of loss}
  - {id: rude, clause: "5", title: {en: R}, per: complained_again, when: event.rude, against: clerk, amount: 5 CNY}
escalations:
  - {id: urgent, clause: "6", title: {en: U}, to: boss, capacity: handle, when: urgent and grade == 'high'}
"""
)
DTYPES = {
    "urgent": pl.Boolean,
    "grade": pl.String,
    "loss": pl.String,
    "visits": pl.Int64,
    "distance": pl.String,
    "note": pl.String,
    "wanted_at": pl.Datetime("us", "UTC"),
    "bought_on": pl.Date,
    "usual": pl.Boolean,
    "clerk": pl.List(pl.String),
    "department": pl.List(pl.String),
}
EVENT_DTYPES = {
    "type": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "id": pl.String,
    "ref": pl.String,
    "rude": pl.Boolean,
    "calm": pl.Boolean,
    "urgent": pl.Boolean,
    "until_when": pl.Datetime("us", "UTC"),
    "by_whom": pl.String,
    "takes_effect_at": pl.Datetime("us", "UTC"),
    "clerk": pl.List(pl.String),
    "department": pl.List(pl.String),
}


def fact(name, value):
    if value is None:
        return None
    match name:
        case "loss" | "distance":
            return str(value)
        case "wanted_at":
            return datetime.fromisoformat(value).astimezone(UTC)
        case "bought_on":
            return date.fromisoformat(value)
        case "clerk" | "department":
            return [value] if isinstance(value, str) else list(value)
    return value


def happened(event):
    data = {k: fact(k, v) for k, v in event.data.items()}
    for name, value in data.items():
        if isinstance(value, datetime):
            data[name] = value.astimezone(UTC)
    return {
        "type": event.type,
        "at": event.at.astimezone(UTC),
        "id": event.id,
        "ref": event.ref,
        **data,
    }


def case_rows(cases):
    """One row for each case, with its events as a list."""
    schema = {
        "case": pl.String,
        **DTYPES,
        "events": pl.List(pl.Struct(EVENT_DTYPES)),
    }
    return pl.DataFrame(
        [
            {
                "case": case.id,
                **{name: fact(name, case.facts.get(name)) for name in DTYPES},
                "events": [
                    {name: happened(event).get(name) for name in EVENT_DTYPES}
                    for event in case.events
                ],
            }
            for case in cases
        ],
        schema=schema,
    )


def event_rows(cases):
    """One row for each event."""
    return pl.DataFrame(
        [{"case": case.id, **happened(event)} for case in cases for event in case.events],
        schema={"case": pl.String, **EVENT_DTYPES},
    )


def numbered(cases):
    return [Case(f"C{i}", dict(case.facts), case.events) for i, case in enumerate(cases)]


def tables(simulation):
    return {name: rows(table) for name, table in simulation.tables().items()}


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    simulated.rulesets(), st.lists(simulated.cases(), min_size=1, max_size=5), strategies.instants
)
def test_every_form_gives_the_same(body, cases, as_of):
    policy, cases = simulated.load(body), numbered(cases)
    wanted = tables(simulate(policy, cases, as_of=as_of))
    lists = case_rows(cases)
    assert tables(simulate(policy, lists, as_of=as_of)) == wanted
    assert tables(simulate(policy, lists.lazy(), as_of=as_of)) == wanted
    assert tables(simulate(policy, lists.to_arrow(), as_of=as_of)) == wanted
    facts, events = lists.drop("events"), event_rows(cases).sample(fraction=1, shuffle=True, seed=3)
    in_order = events.sort("at", maintain_order=True)
    if not any(len({e.at for e in case.events}) < len(case.events) for case in cases):
        assert tables(simulate(policy, facts, events=in_order, as_of=as_of)) == wanted
    assert tables(simulate(policy, facts, events=event_rows(cases), as_of=as_of)) == wanted


@pytest.mark.parametrize(
    "names",
    [
        ("case", "activity", "timestamp", "case:"),
        ("case:concept:name", "concept:name", "time:timestamp", "case:"),
        ("case_id", "activity_id", "timestamp", ""),
    ],
)
def test_event_logs_as_pm4py_and_bupar_name_them(names):
    case, activity, time, prefix = names
    log = pl.DataFrame(
        {
            case: ["A", "A", "B", "B"],
            activity: ["registered", "complained_again", "registered", "replied"],
            time: [at("02T09:00"), at("02T12:00"), at("02T09:00"), at("02T09:20")],
            f"{prefix}loss": ["150.50", None, "20", None],
            f"{prefix}grade": ["high", "high", None, None],
            "rude": [None, True, None, None],
        }
    )
    found = simulate(POLICY, log, as_of=at("03T09:00"))
    assert sorted(found.penalties.select("case", "rule", "minimum", "maximum").rows()) == [
        ("A", "costly", Decimal("15.05"), Decimal("15.05")),
        ("A", "fine", Decimal("20.00"), Decimal("50.00")),
        ("A", "rude", Decimal("5.00"), Decimal("5.00")),
    ]
    assert found.deadlines.sort("case")["status"].to_list() == ["overdue", "met"]
    assert found.undetermined["missing"].to_list() == [["urgent"], ["grade", "urgent"]]


def test_pandas_with_gaps_as_it_keeps_them():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "case": ["A", "B"],
            "visits": [3, None],
            "loss": [Decimal("150.50"), None],
            "urgent": [True, None],
        }
    )
    events = pandas.DataFrame(
        {
            "case": ["A"],
            "type": ["registered"],
            "at": pandas.to_datetime(["2018-07-02T09:00+08:00"]),
        }
    )
    assert str(frame["visits"].dtype) == "float64"
    found = simulate(POLICY, frame, events, as_of=at("03T09:00"))
    assert found.penalties["rule"].to_list() == ["fine", "costly"]
    assert found.cases["visits"].to_list() == [3, None]


def test_activities_by_other_names_and_columns_left_out():
    log = pl.DataFrame(
        {
            "case": ["A", "A", "A"],
            "activity": ["Beschwerde", "Antwort", "Kaffee"],
            "timestamp": [at("02T09:00"), at("02T09:44"), at("02T09:50")],
            "org:resource": ["x", "y", "z"],
        }
    )
    names = {"Beschwerde": "registered", "Antwort": "replied"}
    with pytest.raises(CaseError, match="event 'Kaffee' is not declared.*activities="):
        simulate(POLICY, log, as_of=at("03T09:00"), activities=names)
    known = log.filter(pl.col("activity") != "Kaffee")
    with pytest.raises(CaseError, match=r"registered.org:resource is not declared"):
        simulate(POLICY, known, as_of=at("03T09:00"), activities=names)
    found = simulate(POLICY, log, as_of=at("03T09:00"), activities=names, unknown="leave-out")
    assert found.deadlines.select("status", "late_by").rows() == [("late", timedelta(minutes=14))]


def log_with(**columns):
    return pl.DataFrame(
        {
            "case": ["A", "B"],
            "activity": ["registered", "registered"],
            "timestamp": [at("02T09:00"), at("02T10:00")],
            **columns,
        }
    )


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (log_with(losss=["1", "2"]), r"registered.losss is not declared"),
        (log_with(**{"case:losss": ["1", "2"]}), r"'case:losss' is no fact.*did you mean 'loss'"),
        (log_with(loss=[1.5, 2.0]), "floats, which cannot hold amounts exactly"),
        (log_with(loss=["1.555", "2"]), r"fact loss is '1.555', which is not an amount"),
        (log_with(loss=["-1", "2"]), r"fact loss is '-1', which is not an amount"),
        (log_with(loss=[None, "soon"]), r"fact loss is 'soon', which is not an amount"),
        (log_with(visits=[1.5, 2.0]), r"fact visits is 1.5, which is not a whole number"),
        (log_with(visits=["1", "2"]), "visits is a column of String"),
        (log_with(visits=[10**15 + 1, 2]), "visits is 1000000000000001"),
        (log_with(grade=["hihg", "low"]), r"'hihg' \(1 times\).*did you mean 'high'"),
        (log_with(grade=[1, 2]), "grade is a column of Int64"),
        (log_with(**{"case:urgent": ["yes", "no"]}), "urgent is a column of String"),
        (log_with(bought_on=["1.7.2018", None]), "not a date"),
        (log_with(wanted_at=["2018-07-02T09:00", None]), "has no timezone"),
        (log_with(distance=["0.1234567890123456", "1"]), "at most 15 digits"),
        (log_with(distance=[float("inf"), 1.0]), "a number of at most 15 digits"),
        (log_with(**{"case:clerk": [1, 2]}), "role clerk is a column of Int64"),
        (log_with(**{"case:clerk": ["", "A"]}), "role clerk names nobody"),
        (log_with(lifecycle=["start", "complete"]), "keep those of one stage"),
        (log_with(activity=["registered", None]), "1 events have no type"),
        (log_with(timestamp=[at("02T09:00"), None]), "1 events have no time"),
        (log_with(timestamp=["2018-07-02", "2018-07-03"]), "not a date and time"),
        (log_with(timestamp=[1, 2]), "are no times"),
        (log_with(case=["A", None]), "1 rows name no case"),
        (log_with(case=["A", ""]), "empty id"),
        (log_with(case=["A", "A"], loss=["1", "2"]), "several values of 'loss'"),
        (log_with(case=["A", "A"], id=["x", "x"]), "two events have the id 'x'"),
        (pl.DataFrame({"case": ["A", "A"], "loss": ["1", "2"]}), "stands in several rows"),
        (pl.DataFrame({"kase": ["A"], "loss": ["1"]}), "which column names the case"),
        (
            pl.DataFrame({"case": ["A"], "timestamp": [at("02T09:00")]}),
            "which column names the event",
        ),
        (pl.DataFrame({"case": ["A"], "case_id": ["B"]}), "there are case, case_id"),
        (pl.DataFrame({"case": ["A"], "events": [["registered"]]}), "lists of structs"),
        ({"case": ["A"]}, "cases are a dict"),
    ],
)
def test_what_does_not_fit_is_refused(frame, says):
    with pytest.raises((CaseError, TimeError), match=says):
        simulate(POLICY, frame, as_of=at("03T09:00"))


def test_times_without_a_timezone():
    naive = log_with(timestamp=[datetime(2018, 7, 2, 9), datetime(2018, 7, 2, 10)])
    with pytest.raises(NaiveDatetime, match="timezone='Asia/Shanghai'"):
        simulate(POLICY, naive, as_of=at("03T09:00"))
    found = simulate(POLICY, naive, as_of=at("03T09:00"), timezone="Asia/Shanghai")
    assert found.deadlines["started_at"].to_list() == [at("02T09:00"), at("02T10:00")]
    skipped = log_with(timestamp=[datetime(2018, 3, 25, 2, 30), datetime(2018, 7, 2, 10)])
    with pytest.raises(TimeError, match="1 times do not exist in Europe/Berlin"):
        simulate(POLICY, skipped, as_of=at("03T09:00"), timezone="Europe/Berlin")
    fine = log_with().with_columns(pl.col("timestamp").dt.cast_time_unit("ns").dt.offset_by("1ns"))
    with pytest.raises(TimeError, match="finer than microseconds"):
        simulate(POLICY, fine, as_of=at("03T09:00"))


def test_columns_by_name():
    log = log_with().rename({"case": "Nr", "activity": "Was", "timestamp": "Wann"})
    found = simulate(POLICY, log, as_of=at("03T09:00"), case="Nr", event="Was", time="Wann")
    assert len(found.deadlines) == 2
    with pytest.raises(CaseError, match="no column 'Nrr' \\(did you mean 'Nr'\\?\\)"):
        simulate(POLICY, log, as_of=at("03T09:00"), case="Nrr")


def test_events_of_cases_that_are_not_there():
    cases = pl.DataFrame({"case": ["A"]})
    with pytest.raises(
        CaseError, match="1 events are of cases that are not there, the first of 'B'"
    ):
        simulate(POLICY, cases, log_with(), as_of=at("03T09:00"))
    numbers = pl.DataFrame({"case": [1]})
    with pytest.raises(CaseError, match="give both the same type"):
        simulate(POLICY, numbers, log_with(), as_of=at("03T09:00"))


def test_a_role_is_of_the_case_unless_its_events_name_several():
    two = {
        "case": ["A", "A"],
        "activity": ["registered", "complained_again"],
        "timestamp": [at("02T09:00"), at("02T12:00")],
        "rude": [None, True],
    }
    one_name = pl.DataFrame({**two, "clerk": ["Li", None]})
    found = simulate(POLICY, one_name, as_of=at("03T09:00")).penalties
    assert found.filter(pl.col("rule") == "rude")["party"].to_list() == ["Li"]
    several = pl.DataFrame({**two, "clerk": ["Li", "Wu"]})
    found = simulate(POLICY, several, as_of=at("03T09:00")).penalties
    assert found.filter(pl.col("rule") == "rude")["party"].to_list() == ["Wu"]


@pytest.mark.parametrize("year", ["1000", "1969", "2262", "9000"])
def test_times_far_away(year):
    cases = [Case("A", {"loss": 0}, [simulated.Event("registered", f"{year}-03-01T09:00+08:00")])]
    as_of = at(f"{year}-03-02T09:00:00+08:00")
    simulated.assert_same(POLICY, cases, as_of)


def test_too_many_events_in_one_case():
    log = pl.DataFrame({"case": ["A"], "activity": ["registered"], "timestamp": [at("02T09:00")]})
    with pytest.raises(CaseError, match="has 2001 events: at most 2000"):
        simulate(POLICY, pl.concat([log] * 2001), as_of=at("03T09:00"))


def test_dates_that_the_policy_does_not_govern():
    log = log_with(timestamp=[at("2017-12-31T23:00:00+08:00"), at("02T10:00")])
    assert len(simulate(POLICY, log, as_of=at("03T09:00")).deadlines) == 2
    with pytest.raises(
        PolicyNotInForce, match="1 cases are of other dates, the first 'A' of 2017-12-31"
    ):
        simulate(POLICY, log, as_of=at("03T09:00"), check_date=True)


def test_nothing_at_all():
    empty = log_with().clear()
    found = simulate(POLICY, empty, as_of=at("03T09:00"))
    assert len(found) == 0
    assert all(len(table) == 0 for table in found.tables().values())
    assert found.total().maximum == 0


# Batches, files and other engines


def season(count):
    return [
        Case(
            f"C{i}",
            {"loss": i},
            [
                simulated.Event("registered", at("02T09:00") + timedelta(hours=i)),
                simulated.Event("replied", at("02T09:20") + timedelta(hours=i, minutes=i)),
            ],
        )
        for i in range(count)
    ]


@pytest.mark.parametrize("form", [case_rows, event_rows])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_from_parquet_to_parquet_in_batches(tmp_path, form, size):
    cases = season(40)
    frame = form(cases)
    if form is event_rows:
        frame = frame.with_columns(
            pl.col("case").str.slice(1).cast(pl.String).alias("case:loss"),
        )
    frame.write_parquet(tmp_path / "log.parquet")
    as_of = at("09T12:00")
    whole = simulate(POLICY, frame, as_of=as_of)
    written = simulate_files(
        POLICY, tmp_path / "log.parquet", tmp_path / "out", as_of=as_of, rows=size
    )
    assert (written.cases, written.one_by_one) == (40, 0)
    for name, path in written.files.items():
        if path.exists():
            found = pl.read_parquet(path)
            assert rows(found) == rows(getattr(whole, name)), name
    assert len(whole.penalties)


def test_a_file_whose_cases_are_cut_apart_is_refused(tmp_path):
    frame = event_rows(season(10)).sort("at", "type")
    mixed = pl.concat([frame[::2], frame[1::2]])
    mixed.write_parquet(tmp_path / "log.parquet")
    with pytest.raises(CaseError, match="sort the file by case"):
        simulate_files(
            POLICY, tmp_path / "log.parquet", tmp_path / "out", as_of=at("09T12:00"), rows=3
        )
    assert not list((tmp_path / "out").iterdir())
    with pytest.raises(CaseError, match="there is no table 'fines'"):
        simulate_files(
            POLICY,
            tmp_path / "log.parquet",
            tmp_path / "out",
            as_of=at("09T12:00"),
            tables=["fines"],
        )


def test_interrupted_work_leaves_what_was_done(tmp_path, monkeypatch):
    case_rows(season(40)).write_parquet(tmp_path / "log.parquet")
    from complaint_rules.simulation import files

    judge, calls = files.judge, []

    def interrupted(*args, **more):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return judge(*args, **more)

    monkeypatch.setattr(files, "judge", interrupted)
    with pytest.raises(KeyboardInterrupt):
        simulate_files(
            POLICY, tmp_path / "log.parquet", tmp_path / "out", as_of=at("09T12:00"), rows=10
        )
    assert pl.read_parquet(tmp_path / "out/deadlines.parquet")["case"].n_unique() == 20


def test_batches_are_simulated_one_after_the_other():
    whole = case_rows(season(6))
    frames = (whole[first : first + 3] for first in (0, 3))
    found = list(simulate_batches(POLICY, frames, as_of=at("09T12:00")))
    assert [len(one) for one in found] == [3, 3]


def test_an_arrow_simulator_can_be_pickled_and_keeps_its_schema():
    batch = case_rows(season(5)).to_arrow()
    for table in ("deadlines", "penalties", "liabilities", "undetermined"):
        find = pickle.loads(pickle.dumps(ArrowSimulator(POLICY, table, as_of=at("09T12:00"))))
        found = find(batch)
        assert found.schema == find.schema()
        whole = getattr(simulate(POLICY, batch, as_of=at("09T12:00")), table)
        assert found.num_rows == len(whole)
        assert sum(one.num_rows for one in find.over(iter(batch.to_batches()))) == len(whole)
    with pytest.raises(CaseError, match="there is no table 'fines'"):
        ArrowSimulator(POLICY, "fines", as_of=at("09T12:00"))


def test_a_bar_is_shown_where_it_is_asked_for(capsys, monkeypatch):
    from complaint_rules.simulation import progress

    real = progress.tqdm
    monkeypatch.setattr(
        progress, "tqdm", lambda **more: real(**{**more, "delay": 0, "mininterval": 0})
    )
    simulate(POLICY, season(3), as_of=at("09T12:00"), progress=True)
    assert "cases" in capsys.readouterr().err
    simulate(POLICY, season(3), as_of=at("09T12:00"))  # nobody is looking
    assert capsys.readouterr().err == ""

"""Batches of a log: cut anywhere, they give what the whole log gives, or are refused."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaint_rules import Case, CaseError, Event
from complaint_rules.simulation import (
    ArrowSimulator,
    simulate,
    simulate_batches,
    simulate_files,
    whole_cases,
)
from complaint_rules.simulation.whole_cases import JudgedCases
from samples import at
from simulated import rows
from test_simulation_input import POLICY, case_rows, event_rows, tables

AS_OF = at("09T12:00")


def season(count, name="C{}"):
    """Cases of which every second one is late, with three events each."""
    return [
        Case(
            name.format(i),
            {},
            [
                Event("registered", at("02T09:00") + timedelta(hours=i)),
                Event("replied", at("02T09:20") + timedelta(hours=i, minutes=30 * (i % 2))),
                Event("complained_again", at("02T11:00") + timedelta(hours=i), rude=i % 3 == 0),
            ],
        )
        for i in range(count)
    ]


def cut(frame, *places):
    edges = [0, *places, len(frame)]
    return [frame[low:high] for low, high in pairwise(edges)]


def joined(simulations, table="liabilities"):
    return rows(pl.concat([getattr(simulation, table) for simulation in simulations]))


def arrow_rows(batches):
    return rows(pl.DataFrame(pl.from_arrow(pa.Table.from_batches(list(batches)))))


LOG = event_rows(season(8))
WHOLE = simulate(POLICY, LOG, as_of=AS_OF)


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, len(LOG)), max_size=9))
def test_a_log_may_be_cut_anywhere(places):
    parts = cut(LOG, *sorted(places))
    simulations = list(simulate_batches(POLICY, iter(parts), as_of=AS_OF))
    assert sum(map(len, simulations)) == 8
    for table, wanted in tables(WHOLE).items():
        assert joined(simulations, table) == wanted, table
    assert all(map(len, simulations))


@pytest.mark.parametrize("size", [1, 2, 5, 24])
@pytest.mark.parametrize("table", ["deadlines", "penalties", "liabilities"])
def test_an_arrow_simulator_carries_the_last_case_on(size, table):
    find = ArrowSimulator(POLICY, table, as_of=AS_OF)
    batches = pa.Table.from_batches(LOG.to_arrow().to_batches()).to_batches(max_chunksize=size)
    out = list(find.over(iter(batches)))
    assert all(batch.schema == find.schema() for batch in out)
    assert arrow_rows(out) == arrow_rows(find(LOG.to_arrow()).to_batches())
    assert out


def test_a_case_larger_than_its_batches_is_one_case():
    (repeated,) = season(1)
    many = [
        *repeated.events,
        *(Event("complained_again", at("03T09:00") + timedelta(minutes=i)) for i in range(40)),
    ]
    log = event_rows([Case("A", {}, many), *season(2)])
    simulations = list(simulate_batches(POLICY, cut(log, *range(1, len(log))), as_of=AS_OF))
    assert [len(simulation) for simulation in simulations] == [1, 1, 1]
    assert (
        joined(simulations, "deadlines") == tables(simulate(POLICY, log, as_of=AS_OF))["deadlines"]
    )


@pytest.mark.parametrize(
    "parts",
    [
        [LOG[:2], LOG[3:4], LOG[2:3], LOG[4:]],
        [LOG[:6], LOG[1:2], LOG[6:]],
        [LOG[3:6], LOG[:3], LOG[5:]],
    ],
)
def test_a_case_that_returns_is_refused_and_named(parts):
    with pytest.raises(CaseError, match=r"rows of case 'C[01]' come after it was judged"):
        list(simulate_batches(POLICY, parts, as_of=AS_OF))
    find = ArrowSimulator(POLICY, "deadlines", as_of=AS_OF)
    batches = [batch for part in parts for batch in part.to_arrow().to_batches()]
    with pytest.raises(CaseError, match="sort or group the rows by case"):
        list(find.over(iter(batches)))


def test_of_a_case_that_returns_nothing_is_judged_twice():
    simulations = simulate_batches(POLICY, [LOG[:6], LOG[6:9], LOG[1:2]], as_of=AS_OF)
    seen = []
    with pytest.raises(CaseError, match="'C0'"):
        seen.extend(simulations)
    assert [simulation.log.ids.to_list() for simulation in seen] == [["C0"], ["C1"], ["C2"]]


def test_rows_of_whole_cases_that_return_are_refused_too():
    lists = case_rows(season(4))
    for twice in ([lists, lists], [lists[:3], lists[2:]], [season(4), season(2)]):
        with pytest.raises(CaseError, match=r"case 'C[02]'"):
            list(simulate_batches(POLICY, twice, as_of=AS_OF))
    log = simulate(POLICY, lists, as_of=AS_OF).log
    with pytest.raises(CaseError, match="case 'C0'"):
        list(simulate_batches(POLICY, [log, LOG], as_of=AS_OF))


def test_within_a_batch_rows_may_stand_in_any_order():
    first, second = LOG[:12].sort("at"), LOG[12:].sort("at")
    simulations = list(simulate_batches(POLICY, [first, second], as_of=AS_OF))
    assert joined(simulations) == rows(WHOLE.liabilities)
    # the case of the last row is carried on, and joins its last event
    last = str(first["case"][-1])
    late = first.filter(pl.col("case") == last)[-1:]
    earlier = first.filter((pl.col("case") != last) | (pl.col("at") != late["at"][0]))
    moved = [pl.concat([earlier, late])[:-1], pl.concat([late, second])]
    if str(moved[0]["case"][-1]) != last:
        with pytest.raises(CaseError, match=last):
            list(simulate_batches(POLICY, moved, as_of=AS_OF))


def test_batches_without_rows():
    empty = LOG.clear()
    simulations = list(
        simulate_batches(POLICY, [empty, LOG[:4], empty, LOG[4:], empty], as_of=AS_OF)
    )
    assert joined(simulations) == rows(WHOLE.liabilities)
    (nothing,) = simulate_batches(POLICY, [empty, empty], as_of=AS_OF)
    assert len(nothing) == 0
    assert list(simulate_batches(POLICY, [], as_of=AS_OF)) == []
    find = ArrowSimulator(POLICY, "deadlines", as_of=AS_OF)
    assert sum(batch.num_rows for batch in find.over(empty.to_arrow().to_batches())) == 0
    with pytest.raises(CaseError, match="which column names the case"):
        list(simulate_batches(POLICY, [empty.drop("case")], as_of=AS_OF))


def test_case_ids_from_dictionaries_are_compared_as_texts():
    # Each batch has a dictionary of its own, so that equal codes are different cases.
    coded = [pa.RecordBatch.from_pydict(columns(part)) for part in cut(LOG, 4, 11, 18)]
    assert all(pa.types.is_dictionary(batch.column("case").type) for batch in coded)
    find = ArrowSimulator(POLICY, "liabilities", as_of=AS_OF)
    wanted = arrow_rows(find(LOG.to_arrow()).to_batches())
    assert arrow_rows(find.over(iter(coded))) == wanted
    with pytest.raises(CaseError, match="case 'C0'"):
        list(find.over(iter([*coded, coded[0]])))
    mixed = [coded[0], *LOG[4:].to_arrow().to_batches()]
    assert arrow_rows(find.over(iter(mixed))) == wanted


def columns(part):
    table = part.select("case", "type", "at", "rude").to_arrow()
    held = {name: table.column(name).combine_chunks() for name in table.column_names}
    return {**held, "case": held["case"].cast(pa.string()).dictionary_encode()}


def test_batches_may_have_other_columns_where_it_does_not_matter():
    slim = LOG.select("case", "type", "at", "rude")
    loss = slim.with_columns(pl.lit(200).alias("case:loss"))
    # between two cases anything may change, within one a column may come along
    for place in (3, 4):
        parts = [slim[:place], loss[place:]]
        simulations = list(simulate_batches(POLICY, parts, as_of=AS_OF))
        whole = simulate(POLICY, pl.concat(parts, how="diagonal"), as_of=AS_OF)
        assert joined(simulations) == rows(whole.liabilities)
    nothing_said = slim[:4].with_columns(rude=pl.lit(None))
    narrow = slim[:4].with_columns(pl.lit(7, pl.Int8).alias("case:visits"))
    wide = slim[4:].with_columns(pl.lit(7, pl.Int64).alias("case:visits"))
    for parts in ([nothing_said, slim[4:]], [narrow, wide]):
        assert sum(map(len, simulate_batches(POLICY, parts, as_of=AS_OF))) == 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"at": pl.col("at").dt.cast_time_unit("ns")}, "column 'at' is Datetime"),
        ({"rude": pl.lit("yes")}, "column 'rude' is Boolean"),
    ],
)
def test_a_case_cut_between_batches_of_other_types_is_refused(change, message):
    slim = LOG.select("case", "type", "at", "rude")
    other = slim.with_columns(**change)
    with pytest.raises(CaseError, match=f"case 'C1' goes on .*{message}.*same types"):
        list(simulate_batches(POLICY, [slim[:4], other[4:]], as_of=AS_OF))


def test_ids_of_other_types_are_refused_for_they_cannot_be_compared():
    texts = event_rows(season(2, "{}"))
    numbers = event_rows(season(4, "{}"))[6:].with_columns(pl.col("case").cast(pl.Int64))
    with pytest.raises(CaseError, match="ids of cases are Int64.*String.*same type"):
        list(simulate_batches(POLICY, [texts, numbers], as_of=AS_OF))
    small = event_rows(season(2, "{}")).with_columns(pl.col("case").cast(pl.Int16))
    simulations = list(simulate_batches(POLICY, [small, numbers], as_of=AS_OF))
    assert sum(map(len, simulations)) == 4
    with pytest.raises(CaseError, match="case 1 "):
        list(simulate_batches(POLICY, [small, numbers, small[3:]], as_of=AS_OF))


def test_rows_without_a_case_are_refused_wherever_the_log_is_cut():
    holes = LOG.with_columns(
        pl.when(pl.arange(pl.len()) == 5).then(None).otherwise("case").alias("case")
    )
    for place in (3, 5, 6):
        with pytest.raises(CaseError, match="1 rows name no case"):
            list(simulate_batches(POLICY, cut(holes, place), as_of=AS_OF))


def test_an_endless_case_is_refused_before_it_fills_the_memory():
    given = 0

    def same_case():
        nonlocal given
        row = LOG[:1]
        while True:
            given += 1
            yield pl.concat([row] * 100)

    with pytest.raises(CaseError, match="case 'C0' has more than 2000 events"):
        next(simulate_batches(POLICY, same_case(), as_of=AS_OF))
    assert given == 21


def test_who_is_meant_does_not_depend_on_the_other_cases_of_a_batch():
    """A name that stands once in a case is of the case, whatever stands in others."""
    complaints = pl.DataFrame(
        {
            "case": ["A", "A", "A", "B", "B"],
            "type": ["registered", *["complained_again"] * 4],
            "at": [at(f"02T{hour:02}:00") for hour in (8, 9, 12, 8, 9)],
            "clerk": [None, None, "x", "y", "z"],
            "rude": [None, True, True, True, True],
        }
    )
    before = at("02T10:00")  # A names its clerk later
    whole = simulate(POLICY, complaints, as_of=before)
    alone = simulate(POLICY, complaints[:3], as_of=before)
    assert rows(whole.liabilities.filter(pl.col("case") == "A")) == rows(alone.liabilities)
    who = whole.penalties.filter(pl.col("rule") == "rude").select("case", "party")
    assert who.rows() == [("A", "x"), ("B", "y"), ("B", "z")]
    simulations = list(simulate_batches(POLICY, cut(complaints, 2, 3), as_of=before))
    assert joined(simulations) == rows(whole.liabilities)


def test_whole_cases_cuts_batches_anew_for_other_engines():
    parts = list(whole_cases(cut(LOG, 4, 10)))
    assert [part["case"].unique(maintain_order=True).to_list() for part in parts] == [
        ["C0"],
        ["C1", "C2"],
        ["C3", "C4", "C5", "C6"],
        ["C7"],
    ]
    assert pl.concat(parts).equals(LOG)
    renamed = LOG.rename({"case": "number", "type": "what", "at": "when"})
    again = list(whole_cases(cut(renamed, 4, 10), case="number", event="what", time="when"))
    assert pl.concat(again).equals(renamed)


def test_only_a_batch_and_the_carried_case_are_held():
    held = []

    def batches():
        before = pa.total_allocated_bytes()
        for first in range(0, 50_000, 10_000):
            numbers = pa.array(range(first, first + 10_000))
            texts = numbers.cast(pa.string())
            batch = pa.RecordBatch.from_pydict({"case": numbers, "type": texts, "at": numbers})
            size = batch.nbytes
            yield batch
            del batch, numbers, texts
            held.append((pa.total_allocated_bytes() - before) / size)

    for part in whole_cases(batches()):
        assert len(part)
        del part
    assert held == pytest.approx([0] * 5, abs=0.1)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=30))
def test_cases_that_were_judged_are_remembered(sizes):
    judged = JudgedCases()
    first = 0
    for size in sizes:
        judged.add(pl.Series([f"C{i}" for i in range(first, first + size)]))
        first += size
    assert judged.nbytes == 8 * first
    for number in {0, first // 2, first - 1}:
        with pytest.raises(CaseError, match=f"case 'C{number}' come"):
            judged.add(pl.Series([f"C{first}", f"C{number}"]))


def test_remembering_a_million_cases_takes_eight_bytes_each():
    judged = JudgedCases()
    for first in range(0, 1_000_000, 10_000):
        judged.add(pl.Series(np.arange(first, first + 10_000)))
    assert judged.nbytes == 8_000_000
    with pytest.raises(CaseError, match="case 0 "):
        judged.add(pl.Series([0]))


@pytest.mark.parametrize("size", [2, 5])
def test_a_file_is_refused_at_the_case_that_returns(tmp_path, size):
    pl.concat([LOG, LOG[:1]]).write_parquet(tmp_path / "log.parquet")
    with pytest.raises(CaseError, match=r"case 'C0' .*sort the file by case.*nothing is left"):
        simulate_files(POLICY, tmp_path / "log.parquet", tmp_path / "out", as_of=AS_OF, rows=size)
    assert not list((tmp_path / "out").iterdir())

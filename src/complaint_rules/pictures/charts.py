"""Totals, distributions, comparisons and sweeps. Every total is drawn as the range it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import polars as pl

from complaint_rules.pictures.style import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    PALE,
    RED,
    WIDTH,
    finished,
    rows,
)

MOST_BARS: Final = 40
BINS: Final = 30
SHOWN_SHARE: Final = 0.95
"""Few cases cost very much; the bars are as wide as this share of the others needs."""


def ranges(totals: pl.DataFrame, key: str, currency: str) -> Any:
    """For each value of ``key`` what is owed at least (dark) and at most (pale), the largest first.

    Liabilities without an upper bound are counted beside their bar.
    """
    shown = totals.sort("maximum_without_open", descending=True).head(MOST_BARS)
    if key == "month":
        shown = shown.sort("month")
    shown_rows = shown.with_columns(
        pl.col(key).cast(pl.String).fill_null("—").alias("label"),
        pl.when(pl.col("open") > 0)
        .then(pl.format("+ {} open", pl.col("open")))
        .otherwise(pl.lit(""))
        .alias("more"),
        pl.col("maximum_without_open").cast(pl.Float64).alias("upper"),
        pl.col("minimum_without_open").cast(pl.Float64).alias("lower"),
    )
    base = alt.Chart(rows(shown_rows)).encode(
        y=alt.Y("label:N", sort=None, title=None),
        tooltip=["label:N", "lower:Q", "upper:Q", "cases:Q", "open:Q", "undetermined:Q"],
    )
    certain = base.mark_bar(color=BLUE, height=14).encode(
        x=alt.X("zero:Q", title=currency), x2="lower:Q"
    )
    uncertain = base.mark_bar(color=PALE, height=14).encode(
        x=alt.X("lower:Q", title=currency), x2="upper:Q"
    )
    open_ = base.mark_text(align="left", dx=4, color=AMBER).encode(x="upper:Q", text="more:N")
    chart = (certain + uncertain + open_).transform_calculate(zero="0")
    return finished(chart.properties(width=WIDTH, height=alt.Step(22)))


def distribution(cases: pl.DataFrame, currency: str) -> Any:
    """How many cases cost how much, by the lower and by the upper bound of each case's total."""
    long = pl.concat(
        cases.select(pl.col(bound).cast(pl.Float64).alias("amount"), pl.lit(label).alias("bound"))
        for bound, label in (("minimum", "at least"), ("maximum", "at most"))
    )
    open_ = int(long["amount"].null_count())
    known = long.drop_nulls("amount")
    free = known.filter(pl.col("amount") == 0).group_by("bound").len()
    charged = known.filter(pl.col("amount") != 0)
    amounts = charged["amount"]
    low, top = float(min([0.0, *amounts])), float(max([1.0, *amounts]))
    high = float(amounts.quantile(SHOWN_SHARE, "higher") or 1)
    size = _bin(low, high)
    last = high // size
    binned = (
        charged.with_columns((pl.col("amount") / size).floor().clip(upper_bound=last).alias("bin"))
        .group_by("bound", "bin")
        .len("cases")
        .with_columns(
            (pl.col("bin") * size).alias("low"), ((pl.col("bin") + 1) * size).alias("high")
        )
    )
    nothing = ", ".join(f"{row['len']:,} {row['bound']} 0" for row in free.sort("bound").to_dicts())
    if nothing:
        nothing = f"cases that cost nothing ({nothing})"
    chart = (
        alt.Chart(rows(binned))
        .mark_bar(opacity=0.75)
        .encode(
            x=alt.X("low:Q", title=f"{currency} per case", bin="binned"),
            x2="high:Q",
            y=alt.Y("cases:Q", title="cases", stack=None),
            color=alt.Color(
                "bound:N",
                title=None,
                scale=alt.Scale(domain=["at least", "at most"], range=[BLUE, PALE]),
                legend=alt.Legend(orient="top"),
            ),
            order=alt.Order("bound:N", sort="descending"),
            tooltip=["bound:N", "low:Q", "high:Q", "cases:Q"],
        )
        .properties(width=WIDTH, height=240)
    )
    note = f"not shown: {nothing}" if nothing else ""
    if open_:
        note = f"{note}; {open_:,} open" if note else f"not shown: {open_:,} open"
    if top > (last + 1) * size:
        beyond = f"the last bar holds all above, up to {top:,.0f}"
        note = f"{note}; {beyond}" if note else beyond
    return finished(chart, note or None)


def _bin(low: float, high: float) -> float:
    """A round width, so that some thirty bins hold everything."""
    wide = max(high - min(low, 0), 1) / BINS
    power = 10 ** (len(str(int(wide))) - 1)
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= wide))


def comparison(summary: pl.DataFrame, clauses: pl.DataFrame, currency: str) -> Any:
    """How many cases cost less, the same or more, and the clauses that are the reason."""
    colour = alt.Color(
        "change:N",
        title=None,
        scale=alt.Scale(
            domain=["less", "same", "more", "unclear"], range=[GREEN, GREY, RED, AMBER]
        ),
        legend=alt.Legend(orient="top"),
    )
    order = ["less", "same", "more", "unclear"]
    bars = (
        alt.Chart(rows(summary))
        .mark_bar(height=18)
        .encode(
            x=alt.X("cases:Q", title="cases"),
            y=alt.Y("change:N", sort=order, title=None),
            color=colour,
            tooltip=["change:N", "cases:Q", "minimum_change:Q", "maximum_change:Q"],
        )
    )
    text = bars.mark_text(align="left", dx=4).encode(
        text=alt.Text("cases:Q", format=","), color=alt.value("#333")
    )
    upper = (bars + text).properties(width=WIDTH, height=alt.Step(26))
    lower = (
        alt.Chart(rows(clauses))
        .mark_bar(height=14)
        .encode(
            x=alt.X("maximum_change:Q", title=f"change of the upper bound, {currency}"),
            y=alt.Y("clause:N", sort="-x", title="clause"),
            color=colour,
            tooltip=["clause:N", "change:N", "cases:Q", "minimum_change:Q", "maximum_change:Q"],
        )
        .properties(width=WIDTH, height=alt.Step(20))
    )
    return finished(upper & lower if len(clauses) else upper)


def swept(table: pl.DataFrame, name: str, currency: str) -> Any:
    """The range of the total for each value of one parameter, limit or amount."""
    shown_rows = table.with_columns(
        pl.col(name).alias("value"),
        pl.col("minimum_without_open").alias("minimum"),
        pl.col("maximum_without_open").alias("maximum"),
    )
    numeric = table[name].dtype.is_numeric()
    base = alt.Chart(rows(shown_rows)).encode(
        x=alt.X(
            "value:Q" if numeric else "value:N",
            title=name,
            sort=None,
            axis=alt.Axis(labelAngle=-30),
        ),
        tooltip=["value:N", "minimum:Q", "maximum:Q", "cases:Q", "undetermined:Q"],
    )
    scale = alt.Scale(zero=False)
    bars = base.mark_bar(color=PALE, width=18).encode(
        y=alt.Y("minimum:Q", title=currency, scale=scale), y2="maximum:Q"
    )
    lower = base.mark_line(color=BLUE, point=alt.OverlayMarkDef(color=BLUE)).encode(
        y=alt.Y("minimum:Q", title=currency, scale=scale)
    )
    upper = base.mark_line(color=RED, point=alt.OverlayMarkDef(color=RED)).encode(
        y=alt.Y("maximum:Q", title=currency, scale=scale)
    )
    chart = bars + lower + upper
    note = "blue: at least, red: at most" + _open(table)
    return finished(chart.properties(width=WIDTH, height=260), note)


def heat_map(table: pl.DataFrame, names: Sequence[str], bound: str, currency: str) -> Any:
    """One bound of the total for each pair of values."""
    first, second = names
    table = table.with_columns(pl.col(f"{bound}_without_open").alias(bound))
    shown_rows = table.with_columns(pl.col(first).alias("first"), pl.col(second).alias("second"))
    base = alt.Chart(rows(shown_rows)).encode(
        x=alt.X("first:O", title=first, sort=None, axis=alt.Axis(labelAngle=-30)),
        y=alt.Y("second:O", title=second, sort=None),
    )
    cells = base.mark_rect().encode(
        color=alt.Color(f"{bound}:Q", title=currency, scale=alt.Scale(scheme="blues")),
        tooltip=["first:N", "second:N", "minimum:Q", "maximum:Q", "cases:Q"],
    )
    known = [float(one) for one in table[bound].drop_nulls().to_list()] or [0.0]
    middle = (min(known) + max(known)) / 2
    text = base.mark_text(fontSize=11).encode(
        text=alt.Text(f"{bound}:Q", format=",.0f"),
        color=alt.condition(f"datum.{bound} > {middle}", alt.value("white"), alt.value("#222")),
    )
    title = ("at most" if bound == "maximum" else "at least") + _open(table)
    return finished((cells + text).properties(width=WIDTH, height=alt.Step(34)), title)


def _open(table: pl.DataFrame) -> str:
    most = max([0, *table["open"].to_list()])
    return f", without up to {most:,} liabilities that are open" if most else ""


def over_time(table: pl.DataFrame, by: Sequence[str], currency: str) -> Any:
    """The range of the total at one instant after the other, for each key where there are any."""
    shown_rows = table.with_columns(
        pl.col("minimum_without_open").alias("minimum"),
        pl.col("maximum_without_open").alias("maximum"),
    )
    key = " / ".join(by)
    if by:
        shown_rows = shown_rows.with_columns(
            pl.concat_str([pl.col(one).cast(pl.String).fill_null("—") for one in by]).alias("key")
        )
    line: Any = {} if by else {"color": BLUE}
    area: Any = {} if by else {"color": PALE}
    colour: Any = {"color": alt.Color("key:N", title=key)} if by else {}
    x = alt.X("at:T", title=None, axis=alt.Axis(format="%Y-%m-%d"))
    band = (
        alt.Chart(rows(shown_rows))
        .mark_area(opacity=0.45, interpolate="step-after", **area)
        .encode(x=x, y=alt.Y("minimum:Q", title=currency), y2="maximum:Q", **colour)
    )
    upper = (
        alt.Chart(rows(shown_rows))
        .mark_line(interpolate="step-after", **line)
        .encode(x=x, y=alt.Y("maximum:Q", title=currency), **colour)
    )
    return finished((band + upper).properties(width=WIDTH, height=260), _open(table)[2:] or None)

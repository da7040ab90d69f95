"""Colours and sizes that all pictures share, and how tables become rows of a chart."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import altair as alt
import polars as pl

FONT: Final = "Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"
WIDTH: Final = 560
BLUE: Final = "#3b6ea5"
PALE: Final = "#b9cde3"
RED: Final = "#c0453a"
GREEN: Final = "#4b8f5c"
GREY: Final = "#9a9a9a"
AMBER: Final = "#d99a2b"
PALE_RED: Final = "#e9bdb8"

STATUS_COLOURS: Final = {
    "met": GREEN,
    "late": RED,
    "overdue": RED,
    "pending": BLUE,
    "suspended": GREY,
    "cancelled": GREY,
    "undetermined": AMBER,
}


def rows(frame: pl.DataFrame) -> Any:
    """A small table as the data of a chart: amounts as numbers, times as local ISO texts."""
    return data([{name: plain(value) for name, value in row.items()} for row in frame.to_dicts()])


def data(values: list[dict[str, Any]]) -> Any:
    """Rows as the data of a chart."""
    made: Any = alt.Data
    return made(values=values)


def plain(value: Any) -> Any:
    """A value that JSON can hold."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return local(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def local(moment: datetime) -> str:
    """A time as it is shown where the policy holds, whatever the zone of the reader's machine."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")


def finished(chart: Any, title: str | None = None) -> Any:
    """A chart with the fonts and sizes of all."""
    named = chart.properties(title=title) if title else chart
    return (
        named.configure(font=FONT)
        .configure_axis(labelLimit=320, titleFontWeight="normal")
        .configure_title(anchor="start", fontWeight="normal")
        .configure_view(strokeWidth=0)
    )

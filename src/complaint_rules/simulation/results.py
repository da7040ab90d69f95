"""What all results have: a table, a picture, and how a notebook shows them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Any, Final

import polars as pl

from complaint_rules.judging.words.html import html_table
from complaint_rules.money import plain

SHOWN: Final = 50
"""So many rows of a result are shown in a notebook."""


class Result(ABC):
    """A result of many cases: ``table`` holds it, ``picture`` draws it, notebooks show it."""

    @abstractmethod
    def table(self) -> pl.DataFrame:
        """The result as a table."""

    @abstractmethod
    def picture(self) -> Any:
        """The result as a picture (an Altair chart). Needs the extra ``notebook``."""

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{frame_html(self.table())}"


def frame_html(frame: pl.DataFrame) -> str:
    """A frame as a table of texts: amounts without needless zeros, open bounds said so."""
    rows = [
        [_text(value, name) for name, value in row.items()] for row in frame.head(SHOWN).to_dicts()
    ]
    more = f"<p>… {len(frame) - SHOWN:,} more rows</p>" if len(frame) > SHOWN else ""
    return html_table(frame.columns, rows) + more


def _text(value: Any, name: str) -> str:
    if value is None:
        return "open" if name.startswith("maximum") else ""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, float):
        return f"{value:.1%}" if name in ("undetermined", "share") else f"{value:g}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)

"""What is owed by the time of one event, each kink with the clause that makes it."""

from __future__ import annotations

from typing import Any

import altair as alt

from complaint_rules.exploration import TimeCurve
from complaint_rules.exploration.curves import Piece
from complaint_rules.expressions import Language, title
from complaint_rules.pictures.style import BLUE, PALE, RED, WIDTH, data, finished, local

MOST_LABELS = 24
"""More labels than that would hide each other."""

WORDS = {
    "en": {"by": "time of “{}”", "title": "case {}: total by the time of “{}”"},
    "zh": {"by": "“{}”的时间", "title": "投诉件 {}：按“{}”的时间的合计"},
}


def by_lateness(curve: TimeCurve, language: Language = "en") -> Any:
    """The range of the total for every time of the event; where it changes, the clause why.

    An open upper bound is drawn a tenth above everything else.
    """
    ruleset = curve.policy.ruleset
    zone = ruleset.calendar.timezone
    what = title(ruleset.words.events[curve.event].title, language, curve.event)
    words = WORDS[language]
    top = max([0.0, *(float(p.total.maximum or p.total.minimum or 0) for p in curve.pieces)])
    pieces, kinks = [], []
    for piece in curve.pieces:
        low, high = _bounds(piece, top)
        pieces += [
            {"at": local(moment.astimezone(zone)), "low": low, "high": high}
            for moment in (piece.first, piece.last)
        ]
    for before, after in curve.changes():
        clauses = _changed(before, after)
        if clauses:
            low, high = _bounds(after, top)
            kinks.append(
                {
                    "at": local(after.first.astimezone(zone)),
                    "high": max(high, _bounds(before, top)[1]),
                    "clause": clauses,
                    "shown": f"{after.first.astimezone(zone):%m-%d %H:%M}",
                }
            )
    labelled = kinks
    if len(kinks) > MOST_LABELS:  # then each clause once, where it makes its first kink
        labelled = list({kink["clause"]: kink for kink in reversed(kinks)}.values())
    currency = "元" if (language, ruleset.currency) == ("zh", "CNY") else ruleset.currency
    axis = alt.Axis(format="%m-%d %H:%M", labelAngle=-30, title=words["by"].format(what))
    x = alt.X("at:T", axis=axis)
    base = alt.Chart(data(pieces))
    band = base.mark_area(color=PALE, opacity=0.7).encode(
        x=x, y=alt.Y("low:Q", title=currency), y2="high:Q"
    )
    lines = [
        base.mark_line(color=colour).encode(x=x, y=alt.Y(f"{bound}:Q", title=currency))
        for bound, colour in (("low", BLUE), ("high", RED))
    ]
    points = alt.Chart(data(kinks))
    dots = points.mark_point(filled=True, size=35, color="#333").encode(
        x=x, y="high:Q", tooltip=["shown:N", "clause:N"]
    )
    labels = (
        alt.Chart(data(labelled))
        .mark_text(align="right", dx=-6, dy=-6, fontSize=10)
        .encode(x=x, y="high:Q", text="clause:N")
    )
    chart = alt.layer(band, *lines, dots, labels).properties(width=WIDTH, height=260)
    return finished(chart, words["title"].format(curve.case.id, what))


def _bounds(piece: Piece, top: float) -> tuple[float, float]:
    low = float(piece.total.minimum or 0)
    high = top * 1.1 if piece.total.maximum is None else float(piece.total.maximum)
    return low, high


def _changed(before: Piece, after: Piece) -> str:
    """The clauses whose penalties differ between two pieces."""
    if before.total == after.total:
        return ""
    sides = []
    for piece in (before, after):
        sides.append({(p.rule, p.clause, p.minimum, p.maximum) for p in piece.decision.penalties})
        sides[-1] |= {
            (u.rule, u.clause, u.minimum, u.maximum)
            for u in piece.decision.undetermined
            if u.kind == "penalty"
        }
    return ", ".join(sorted({clause for _, clause, _, _ in sides[0] ^ sides[1]}))

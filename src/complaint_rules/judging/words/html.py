"""A decision as a table for a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from complaint_rules.expressions import Language, title
from complaint_rules.judging.words.explain import explain_item, told
from complaint_rules.judging.words.speaker import Speaker

if TYPE_CHECKING:
    from complaint_rules.judging.decision import Decision
    from complaint_rules.ruleset.ruleset import Ruleset

CELL: Final = "text-align:left;vertical-align:top;padding:2px 8px"
"""Notebooks align cells to the right otherwise."""

MOST_ROWS: Final = 200
"""More rows than that are not shown; they are counted."""


def html_table(heads: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    """A table of texts, which are escaped.

    >>> "a &lt; b" in html_table(["rule"], [["a < b"]])
    True
    """
    head = "".join(f'<th style="{CELL}">{escape(one)}</th>' for one in heads)
    rows = list(rows)
    shown = "".join(
        "<tr>" + "".join(f'<td style="{CELL}">{_lines(one)}</td>' for one in row) + "</tr>"
        for row in rows[:MOST_ROWS]
    )
    more = f"<p>… {len(rows) - MOST_ROWS:,} more rows</p>" if len(rows) > MOST_ROWS else ""
    label = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{label}<thead><tr>{head}</tr></thead><tbody>{shown}</tbody></table>{more}"


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def decision_html(decision: Decision, ruleset: Ruleset, language: Language) -> str:
    """The items of a decision: clause, title, what follows; the reasons open on a click."""
    speaker = Speaker.of(decision, language)
    head = speaker.say(
        "head",
        title=title(ruleset.title, language, ruleset.id),
        policy=ruleset.id,
        version=decision.policy_version,
    )
    case = speaker.say(
        "case",
        case=decision.case_id,
        as_of=speaker.moment(decision.as_of),
        zone=ruleset.calendar.timezone.key,
    )
    owed = [speaker.amount(decision.total())]
    owed += [speaker.amount(decision.total(unit=unit), unit) for unit in speaker.ruleset.units]
    total = speaker.say("total", amount=speaker.join(owed))
    parts = [f"<b>{escape(head)}</b><br>{escape(case)}<br>"]
    rows = []
    for section, items in decision.sections():
        for item in told(items):
            rule = speaker.rules[item.rule]
            _, what, *why = (line.strip() for line in explain_item(item, speaker))
            reasons = "<br>".join(escape(line) for line in why)
            details = f"<details><summary>{escape(what)}</summary>{reasons}</details>"
            cells = [
                escape(speaker.words[section]),
                escape(rule.clause),
                escape(speaker.rule_title(rule.id)),
                details if why else escape(what),
            ]
            rows.append("".join(f'<td style="{CELL}">{cell}</td>' for cell in cells))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    parts.append(f"<table><tbody>{body}</tbody></table>")
    parts.append(f"<b>{escape(total)}</b>")
    return "".join(parts)

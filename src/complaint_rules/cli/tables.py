"""A decision on a terminal: one table a section."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from complaint_rules.expressions import Language, title
from complaint_rules.judging.decision import Decision
from complaint_rules.judging.items import Item
from complaint_rules.judging.words.explain import note_text, summary, told
from complaint_rules.judging.words.speaker import Speaker
from complaint_rules.ruleset.ruleset import Ruleset

_STYLES = {
    "met": "green",
    "late": "red",
    "overdue": "bold red",
    "pending": "yellow",
    "suspended": "cyan",
    "cancelled": "dim",
    "undetermined": "magenta",
}
_SECTION_STYLES = {
    "escalations": "cyan",
    "penalties": "red",
    "reliefs": "green",
    "charges": "yellow",
    "schedules": "dim",
    "undetermined": "magenta",
}
_COLUMNS = {
    "zh": ("条款", "规则", "结果", "理由"),
    "en": ("Clause", "Rule", "What follows", "Reason"),
}


def show_decision(
    decision: Decision, ruleset: Ruleset, language: Language, console: Console
) -> None:
    """Print a decision with colours and tables."""
    speaker = Speaker.of(decision, language)
    heading = Text(title(ruleset.title, language, ruleset.id), style="bold")
    heading.append(f"  {ruleset.id} {decision.policy_version}", style="dim")
    console.print(heading)
    console.print(
        speaker.say(
            "case",
            case=decision.case_id,
            as_of=speaker.moment(decision.as_of),
            zone=ruleset.calendar.timezone.key,
        ),
        highlight=False,
    )
    for section, items in decision.sections():
        if items:
            console.print(_table(items, section, _SECTION_STYLES.get(section, ""), speaker))
    for note in decision.notes:
        console.print(f"· {note_text(note, speaker)}", style="dim", markup=False)
    total = speaker.say("total", amount=speaker.amount(decision.total()))
    console.print(Text(total, style="bold"))
    if decision.next_change_at is not None:
        at = speaker.clock(decision.next_change_at)
        console.print(speaker.say("next", at=at), style="dim", highlight=False)
    console.print()


def _table(items: tuple[Item, ...], section: str, style: str, speaker: Speaker) -> Table:
    table = Table(
        title=speaker.words[section], title_justify="left", title_style="bold", expand=True
    )
    clause, rule, outcome, reason = _COLUMNS[speaker.language]
    table.add_column(clause, no_wrap=True, style="dim")
    # Chinese has no spaces to break at: without folding, rich cuts a line off.
    table.add_column(rule, ratio=2, overflow="fold")
    table.add_column(outcome, ratio=3, overflow="fold")
    table.add_column(reason, ratio=3, style="dim", overflow="fold")
    for item in told(items):
        status = getattr(item, "status", None)
        why = getattr(item, "reason", None)
        lines = [] if why is None else speaker.reason(why, speaker.rules[item.rule])
        table.add_row(
            item.clause,
            speaker.rule_title(item.rule),
            Text(summary(item, speaker), style=_STYLES.get(status, "") if status else style),
            Text("\n".join(lines)),
        )
    return table

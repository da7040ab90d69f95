"""Decisions in plain words: what follows, from which clause, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from complaint_rules.expressions import Language, say_duration, title
from complaint_rules.judging.items import (
    ChargeItem,
    DeadlineItem,
    EscalationItem,
    HandedOver,
    Item,
    Note,
    PenaltyItem,
    RecordItem,
    ReliefItem,
    ScheduleItem,
    TargetItem,
    UndeterminedItem,
)
from complaint_rules.judging.words.lookups import looked_up
from complaint_rules.judging.words.speaker import Speaker
from complaint_rules.money import Interval
from complaint_rules.ruleset.rules import Deadline, Penalty, Relief
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.time import parse_duration

if TYPE_CHECKING:
    from complaint_rules.judging.decision import Decision


def explain(decision: Decision, ruleset: Ruleset, language: Language) -> str:
    """The whole decision as text."""
    speaker = Speaker.of(decision, language)
    say = speaker.say
    lines = [
        say(
            "head",
            title=title(ruleset.title, language, ruleset.id),
            policy=ruleset.id,
            version=decision.policy_version,
        ),
        say(
            "case",
            case=decision.case_id,
            as_of=speaker.moment(decision.as_of),
            zone=ruleset.calendar.timezone.key,
        ),
    ]
    for section, items in decision.sections():
        if items:
            lines += ["", speaker.words[section]]
            lines += [line for item in told(items) for line in explain_item(item, speaker)]
    lines += caps_text(decision, speaker)
    if decision.notes:
        lines += ["", speaker.words["notes"]]
        lines += [f"  · {note_text(note, speaker)}" for note in decision.notes]
    lines += ["", say("total", amount=speaker.amount(decision.total()))]
    for unit in ruleset.units:
        lines.append(say("total", amount=speaker.amount(decision.total(unit=unit), unit)))
    if decision.next_change_at is not None:
        lines.append(say("next", at=speaker.clock(decision.next_change_at)))
    lines.append(
        say(
            "made",
            engine=decision.engine,
            calendar=decision.calendar.replace("weekly hours", say("weekly_hours")),
            hash=decision.policy_hash,
        )
    )
    return "\n".join(lines)


def caps_text(decision: Decision, speaker: Speaker) -> list[str]:
    """What caps that several penalties share leave of them."""
    penalties = {item.id: item.rule for item in decision.penalties}
    penalties |= {item.id: item.rule for item in decision.undetermined}
    lines: list[str] = []
    for cap in dict.fromkeys(name for owed in decision.liabilities for name in owed.caps):
        lines.append(f"  – {speaker.head(cap)}")
        lines += [
            "      "
            + speaker.say(
                "capped",
                party=speaker.role(owed.against, owed.party),
                left=speaker.amount(owed.amount),
                before=speaker.amount(owed.before_caps),
                rules=speaker.join(
                    [f"“{speaker.rule_title(penalties[one])}”" for one in owed.penalties]
                ),
            )
            for owed in decision.liabilities
            if cap in owed.caps
        ]
    return ["", speaker.words["caps"], *lines] if lines else []


def told(items: Sequence[Item]) -> Iterator[Item]:
    """The items worth a sentence of their own: a joint decision is told once for all its roles."""
    joint: set[tuple[str, str | None]] = set()
    for item in items:
        if isinstance(item, EscalationItem) and item.joint_with:
            key = (item.rule, item.occurrence)
            if key in joint:
                continue
            joint.add(key)
        yield item


def explain_item(item: Item, speaker: Speaker) -> list[str]:
    """One item: its title and clause, what follows, and why."""
    rule = speaker.rules[item.rule]
    lines = [f"  {_mark(item)} {speaker.head(item.rule)}", f"      {summary(item, speaker)}"]
    if isinstance(rule, Deadline) and rule.several is not None:
        limits = speaker.join([speaker.part(part, rule) for part in rule.several.parts])
        lines.append(f"      {speaker.say(rule.several.which, limits=limits)}")
    reason = getattr(item, "reason", None)
    if reason is not None:
        lines += [f"      {line}" for line in speaker.reason(reason, rule)]
        lines += [f"      {line}" for line in looked_up(rule, speaker)]
    if isinstance(item, PenaltyItem) and isinstance(rule, Penalty) and rule.settled_by:
        how = title(rule.settled_by, speaker.language, "")
        lines.append(f"      {speaker.say('settled_by', how=how)}")
    if rule.verified == "secondary":
        lines.append(f"      {speaker.say('secondary')}")
    if rule.reading:
        text = title(rule.reading, speaker.language, "")
        lines.append(f"      {speaker.say('reading', text=text)}")
    return lines


def _mark(item: Item) -> str:
    status = getattr(item, "status", None)
    if status is not None:
        return {"met": "✓", "late": "✗", "overdue": "✗", "pending": "…"}.get(status, "–")
    return "–"


def summary(item: Item, speaker: Speaker) -> str:
    """What follows, in one line, and upon which event where there are several of the kind."""
    text = _what_follows(item, speaker)
    if isinstance(item, EscalationItem | PenaltyItem | ScheduleItem):  # say it always, or never
        return text
    about = speaker.about(item) if isinstance(item, ReliefItem) else item.occurrence
    if about is not None and speaker.is_one_of_several(about):
        text += speaker.say("for", occurrence=speaker.occurrence(about))
    return text


def _what_follows(item: Item, speaker: Speaker) -> str:
    match item:
        case DeadlineItem():
            return _deadline(item, speaker)
        case EscalationItem():
            return _escalation(item, speaker)
        case PenaltyItem():
            return _penalty(item, speaker)
        case ReliefItem():
            return _relief(item, speaker)
        case ChargeItem():
            share = Interval(item.share_minimum, item.share_maximum).scaled(Decimal(100))
            return speaker.say(
                "charge",
                cost=speaker.field(item.cost),
                share=f"{share} %",
                party=speaker.role(item.borne_by, item.party),
                amount=speaker.amount(Interval(item.minimum, item.maximum)),
            )
        case RecordItem():
            if item.complete:
                return speaker.say("record-complete")
            fields = [speaker.field_of(name, item.occurrence) for name in item.missing]
            return speaker.say("record-missing", fields=speaker.join(fields))
        case ScheduleItem():
            party = speaker.role(item.duty_of)
            return speaker.say("due", due=speaker.moment(item.due_at), party=party)
        case TargetItem():
            unsure = item.counted is None or item.achieved is None
            key = "unknown" if unsure else "achieved" if item.achieved else "not-achieved"
            text = speaker.words[key]
            return f"{text} — {speaker.missing(item.missing)}" if item.missing else text
        case UndeterminedItem():
            text = speaker.missing(item.missing)
            if item.kind in ("penalty", "relief"):
                bounds = speaker.amount(Interval(item.minimum, item.maximum), item.unit)
                text += speaker.say("bounds", amount=bounds)
            return text


def _deadline(item: DeadlineItem, speaker: Speaker) -> str:
    due, done, target, ended = (
        None if moment is None else speaker.moment(moment)
        for moment in (item.due_at, item.done_at, item.target_at, item.ended_at)
    )
    late = "" if item.late_by is None else say_duration(item.late_by, speaker.language)
    key = {"undetermined": "undetermined-status"}.get(item.status, item.status)
    if item.status == "met" and due is None:
        key = "met-open"
    if item.status == "overdue" and item.cancelled_at is not None:
        key = "overdue-cancelled"
    party = speaker.role(item.duty_of, item.party)
    text = speaker.say(key, due=due, done=done, late=late, ended=ended)
    if item.missing:
        text += f" — {speaker.missing(item.missing)}"
    if target is not None:
        text += speaker.say("target", target=target)
    if item.overdue_days:
        key = "one-day" if item.overdue_days == 1 else "days"
        text += speaker.say(key, days=item.overdue_days)
    if item.provisional:
        text += speaker.words["provisional"]
    for handed in item.handed_over:
        text += speaker.say(
            _how_handed_over(item, handed),
            party=handed.party or speaker.role(item.duty_of),
            at=speaker.moment(handed.at),
        )
    if item.ended_by is not None:
        text += speaker.say("for", occurrence=speaker.edge("edge", item.ended_by, None))
    if item.started_by is not None:
        text += speaker.say("for", occurrence=_edge(item, item.started_by, speaker))
    separator = "：" if speaker.language == "zh" else ": "
    return f"{party}{separator}{text}"


def _how_handed_over(item: DeadlineItem, handed: HandedOver) -> str:
    if item.cancelled_at == handed.at:
        return "handed-over-anew"
    late = item.due_at is not None and handed.at > item.due_at
    if late or item.party != item.handed_over[-1].party:
        return "handed-over-late"
    return "handed-over" if handed is item.handed_over[-1] else "handed-over-again"


def _edge(item: DeadlineItem, started_by: str, speaker: Speaker) -> str:
    edge = speaker.edge("edge", started_by, speaker.rules.get(item.rule))
    if not item.certain:  # when it happened is not known either
        return edge
    return speaker.say("edge-at", edge=edge, at=speaker.moment(item.started_at))


def _escalation(item: EscalationItem, speaker: Speaker) -> str:
    if item.joint_with:
        roles = speaker.join([speaker.role(role) for role in (item.to, *item.joint_with)])
        text = speaker.say("together", roles=roles, does=speaker.words[item.capacity])
    else:
        space = "" if speaker.language == "zh" else " "
        text = f"{speaker.role(item.to, item.party)}{space}{speaker.words[item.capacity]}"
    if item.final:
        text += speaker.words["final"]
    if item.referral is not None:
        document = speaker.ruleset.documents.get(item.referral, {})
        text += speaker.say("under", document=title(document, speaker.language, item.referral))
    if item.waiting_for:
        roles = speaker.join([speaker.role(role) for role in item.waiting_for])
        text += speaker.say("waiting", roles=roles)
    elif item.complete:
        text += speaker.words["complete"]
    if item.occurrence is not None:
        text += speaker.say("for", occurrence=speaker.occurrence(item.occurrence))
    question = title(dict(item.question), speaker.language, "")
    return f"{text} — {question}" if question else text


def _penalty(item: PenaltyItem, speaker: Speaker) -> str:
    amount = speaker.amount(item.amount, item.currency)
    match item.kind:
        case "sanction":
            amount = _sanction(item, speaker)
        case "referral":
            document = speaker.ruleset.documents.get(item.referral or "", {})
            name = title(document, speaker.language, item.referral or "")
            amount = speaker.say("referral", document=name)
        case "dismissal":
            amount = speaker.words["dismissal"]
        case "forfeiture":
            rule = speaker.rules[item.rule]
            base = rule.base if isinstance(rule, Penalty) else None
            named = speaker.field(base or "")
            known = f" ({amount})" if item.maximum is not None else ""
            amount = speaker.say("forfeiture", amount=f"{named}{known}")
        case "compensation":
            amount = speaker.say("compensation", amount=amount)
    party = speaker.role(item.against, item.party)
    text = speaker.say("against", amount=amount, party=party)
    if item.occurrence is not None:
        text += speaker.say("for", occurrence=speaker.occurrence(item.occurrence))
    if item.relieved_by:
        reliefs = speaker.join([speaker.rule_title(rule) for rule in item.relieved_by])
        text += speaker.say("relieved", reliefs=reliefs)
    return text


def _sanction(item: PenaltyItem, speaker: Speaker) -> str:
    """What is imposed, and for how long."""
    titles = speaker.ruleset.sanctions.get(item.imposes or "", {})
    name = title(titles, speaker.language, item.imposes or "")
    if item.lasts is None:
        return name
    lasts = say_duration(parse_duration(item.lasts), speaker.language)
    return speaker.say("sanction-for", name=name, lasts=lasts)


def _relief(item: ReliefItem, speaker: Speaker) -> str:
    amount = speaker.amount(Interval(item.minimum, item.maximum), item.currency)
    text = speaker.say(item.kind, amount=amount, party=speaker.relieved(item))
    rule = speaker.rules[item.rule]
    if isinstance(rule, Relief) and rule.paid_with:
        text += speaker.say("paid_with", how=title(rule.paid_with, speaker.language, ""))
    return text


def note_text(note: Note, speaker: Speaker) -> str:
    """What became of a piece of input, in one line."""
    occurrence = speaker.occurrence(note.occurrence) if note.occurrence else ""
    rule = speaker.rule_title(note.rule) if note.rule else ""
    return speaker.say(note.kind, occurrence=occurrence, rule=rule)

"""The words of explanations, in Chinese and English."""

from __future__ import annotations

import re
from typing import Final

from complaint_rules.conditions import Language
from complaint_rules.time import (
    CalendarDays,
    CalendarMonths,
    Duration,
    Elapsed,
    Working,
    WorkingDays,
)

WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "head": "{title} ({policy}, version {version})",
        "case": "Case {case} as of {as_of} (times in {zone})",
        "deadlines": "Time limits",
        "escalations": "Who has to act or to know",
        "penalties": "Penalties",
        "reliefs": "Reliefs",
        "charges": "Costs",
        "records": "Records",
        "schedules": "Recurring work due next",
        "targets": "What counts for the targets",
        "undetermined": "Not yet determined",
        "notes": "Notes on the input",
        "clause": "[{}]",
        "pending": "running, due {due}",
        "met": "met: done {done}, due {due}",
        "met-open": "met: done {done}",
        "late": "late by {late}: done {done}, due {due}",
        "overdue": "overdue by {late}: was due {due}",
        "suspended": "suspended: the clock stands still",
        "overdue-cancelled": "overdue by {late} when it was cancelled {ended}: was due {due}",
        "cancelled": "cancelled",
        "undetermined-status": "cannot be determined",
        "provisional": " (provisional: the official calendar of that year is not published)",
        "target": " (target {target})",
        "days": ", {days} days overdue as this policy counts",
        "one-day": ", 1 day overdue as this policy counts",
        "handle": "takes over",
        "decide": "decides",
        "approve": "approves",
        "inform": "is informed",
        "review": "reviews",
        "final": ", final",
        "together": "{roles}, jointly: {does}",
        "waiting": ", waiting for {roles}",
        "complete": ", done",
        "against": "{amount}: {party}",
        "referral": "as {document} provides",
        "dismissal": "dismissal",
        "forfeiture": "forfeits {amount}",
        "compensation": "compensation as the case warrants, {amount}",
        "refund": "refund of {amount} to {party}",
        "cancel": "cancelled, {amount} taken back: {party}",
        "paid_with": ", paid with {how}",
        "settled_by": "settled: {how}",
        "relieved": " — taken back by “{reliefs}”",
        "because": "because: {condition}",
        "values": "known: {values}",
        "assumed": " (assumed, nothing recorded)",
        "under": " under {document}",
        "arithmetic": "worked out: {text}",
        "reading": "reading taken: {text}",
        "secondary": "not verified: the number is from a secondary source",
        "charge": "{cost}: {share} borne by {party}, {amount}",
        "record-complete": "complete",
        "record-missing": "to be filled in: {fields}",
        "due": "{due}, {party}",
        "achieved": "counted, as wanted",
        "not-achieved": "counted, not as wanted",
        "missing": "missing: {names}",
        "bounds": "the outcome lies at {amount}",
        "total": "Total of penalties after reliefs: {amount}",
        "next": "The answer next changes by itself at {at}",
        "made": "Engine {engine}; calendar {calendar}; ruleset {hash}",
        "event-after-as-of": "{occurrence} lies in the future and was not looked at",
        "delivered-twice": "{occurrence} says the same as another event and counts beside it",
        "completion-before-start": "{occurrence} came before “{rule}” began and ends nothing",
        "reference-leaves-open": "{occurrence} names another start of “{rule}”, which stays open",
        "repeated-completion": "{occurrence} came after “{rule}” was done already",
        "agreement-too-late": "{occurrence} came after “{rule}” ran out, changing nothing",
        "version-not-checked": "no event dates the case yet: the policy's period was not checked",
        "parameter": "the policy's parameter “{name}”",
        "calendar": "the official calendar {name}",
        "any": "open amount",
        "open": "{low} {currency} or more",
        "amount": "{amount} {currency}",
        "comma": ", ",
        "why-applied": "“{rule}” applied",
        "why-excepted": "“{rule}” was replaced by its exception “{other}”",
        "why-not": "“{rule}” did not apply",
        "why-unknown": "“{rule}” is not determined",
        "why-not-in-force": "“{rule}” was not in force",
        "why-already-open": "“{rule}” was running already and did not begin again",
        "why-nothing-to-relieve": "“{rule}” has no penalty that it could take back",
        "why-party": " and {party}",
        "why-nothing": "“{rule}” did not come up: there is no {what}",
        "why-would": "it would, if: {needed}",
        "why-is": "{needed} (now {actual})",
        "unknown": "unknown",
        "of-event": "event “{title}”",
        "of-started": "time limit “{title}” that has started",
        "for": ", upon: {occurrence}",
        "edge-started": "time limit “{title}” started",
        "edge-due": "time limit “{title}” fell due",
        "edge-missed": "time limit “{title}” was missed",
        "edge-met": "time limit “{title}” was met",
        "edge-ended": "time limit “{title}” ended",
        "edge-at": "{edge}, {at}",
        "edge-before": "time limit “{title}” is due within {lead}",
        "of-due": "time limit “{title}” that is open when it falls due",
        "of-before": "time limit “{title}” that is open and due within {lead}",
        "of-missed": "time limit “{title}” that was missed",
        "of-met": "time limit “{title}” that was met",
        "of-ended": "time limit “{title}” that has ended",
    },
    "zh": {
        "head": "{title}（{policy}，版本 {version}）",
        "case": "投诉件 {case}，截至 {as_of}（{zone} 时间）",
        "deadlines": "时限",
        "escalations": "应处理或应知会的人",
        "penalties": "处罚",
        "reliefs": "免责与返还",
        "charges": "费用承担",
        "records": "登记表",
        "schedules": "定期工作的下次期限",
        "targets": "计入考核指标",
        "undetermined": "尚不能确定",
        "notes": "对输入的说明",
        "clause": "【{}】",
        "pending": "进行中，{due} 到期",
        "met": "按时完成：{done} 完成，{due} 到期",
        "met-open": "按时完成：{done} 完成",
        "late": "逾期 {late}：{done} 完成，{due} 到期",
        "overdue": "已超时 {late}：应于 {due} 前完成",
        "suspended": "中止：暂停计时",
        "overdue-cancelled": "{ended} 取消时已超时 {late}：应于 {due} 前完成",
        "cancelled": "已取消",
        "undetermined-status": "尚不能确定",
        "provisional": "（暂定：该年官方日历尚未公布）",
        "target": "（目标 {target}）",
        "days": "，按本制度计超期 {days} 天",
        "one-day": "，按本制度计超期 1 天",
        "handle": "接手处理",
        "decide": "作出决定",
        "approve": "审批",
        "inform": "应被告知",
        "review": "复核",
        "final": "，为终局决定",
        "together": "{roles}共同{does}",
        "waiting": "，尚待{roles}",
        "complete": "，已完成",
        "against": "{amount}：{party}",
        "referral": "按{document}处理",
        "dismissal": "解聘",
        "forfeiture": "扣除 {amount}",
        "compensation": "视情况赔偿损失，{amount}",
        "refund": "返还 {amount} 给{party}",
        "cancel": "免除，{amount} 不再扣罚：{party}",
        "paid_with": "，随{how}发放",
        "settled_by": "执行方式：{how}",
        "relieved": "——由「{reliefs}」免除或返还",
        "because": "理由：{condition}",
        "values": "已知：{values}",
        "assumed": "（无记录，按制度推定）",
        "under": "，依据{document}",
        "arithmetic": "计算：{text}",
        "reading": "本规则集采用的理解：{text}",
        "secondary": "未经核实：数字来自二手资料",
        "charge": "{cost}：{share} 由{party}承担，{amount}",
        "record-complete": "完整",
        "record-missing": "待填写：{fields}",
        "due": "{due}，{party}",
        "achieved": "计入，达标",
        "not-achieved": "计入，未达标",
        "missing": "缺少：{names}",
        "bounds": "结果在 {amount} 之间",
        "total": "处罚合计（已计免责与返还）：{amount}",
        "next": "若无新事件，结果下次变化于 {at}",
        "made": "引擎 {engine}；日历 {calendar}；规则集 {hash}",
        "event-after-as-of": "{occurrence} 在截至时间之后，未予考虑",
        "delivered-twice": "{occurrence} 与另一事件内容完全相同，按两次计",
        "completion-before-start": "{occurrence} 早于时限「{rule}」的起算，不视为完成",
        "reference-leaves-open": "{occurrence} 指明的是「{rule}」的另一次开始，其余仍未完成",
        "repeated-completion": "{occurrence} 发生时「{rule}」已经完成",
        "agreement-too-late": "{occurrence} 发生时「{rule}」已经到期，不改变期限",
        "version-not-checked": "尚无确定案件日期的事件，未核对制度是否适用",
        "parameter": "制度参数「{name}」",
        "calendar": "官方日历 {name}",
        "any": "金额未定",
        "open": "{low} {currency} 以上",
        "amount": "{amount} {currency}",
        "comma": "、",
        "why-applied": "「{rule}」已适用",
        "why-excepted": "「{rule}」被其例外「{other}」取代",
        "why-not": "「{rule}」未适用",
        "why-unknown": "「{rule}」尚不能确定",
        "why-not-in-force": "「{rule}」当时不适用",
        "why-already-open": "「{rule}」已在计时，未重新开始",
        "why-nothing-to-relieve": "「{rule}」没有可撤回的处罚",
        "why-party": "，{party}",
        "why-nothing": "「{rule}」未涉及：没有{what}",
        "why-would": "若满足以下条件则会适用：{needed}",
        "why-is": "{needed}（目前：{actual}）",
        "unknown": "未知",
        "of-event": "事件「{title}」",
        "of-started": "已起算的时限「{title}」",
        "for": "（{occurrence}）",
        "edge-started": "时限「{title}」已开始",
        "edge-due": "时限「{title}」已到期",
        "edge-missed": "时限「{title}」已超时",
        "edge-met": "时限「{title}」按时完成",
        "edge-ended": "时限「{title}」已结束",
        "edge-at": "{edge}，{at}",
        "edge-before": "时限「{title}」将在 {lead} 内到期",
        "of-due": "到期时仍未结束的时限「{title}」",
        "of-before": "将在 {lead} 内到期且未结束的时限「{title}」",
        "of-missed": "已超时的时限「{title}」",
        "of-met": "按时完成的时限「{title}」",
        "of-ended": "已结束的时限「{title}」",
    },
}

_UNITS_ZH: Final = {
    "hour": "小时",
    "minute": "分钟",
    "second": "秒",
    "microsecond": "微秒",
    "day": "天",
}
_OCCURRENCE = re.compile(r"^(?P<type>[a-z][a-z0-9_]*)@(?P<at>[^#]+)(?P<number>#\d+)?$")


def say_duration(duration: Duration, language: Language) -> str:
    """How long, as people say it.

    >>> from complaint_rules.time import Elapsed, WorkingDays
    >>> say_duration(Elapsed.of(minutes=15), "zh"), say_duration(Elapsed.of(minutes=75), "en")
    ('15 分钟', '1 hour 15 minutes')
    >>> say_duration(WorkingDays(3), "zh")
    '3 个工作日'
    """
    if isinstance(duration, Elapsed | Working):
        kind = "working" if isinstance(duration, Working) else "elapsed"
        return _say_clock(duration.microseconds, kind, language)
    if language == "en":
        return str(duration)
    match duration:
        case CalendarDays(days):
            return f"{days} 天"
        case CalendarMonths(months):
            return f"{months} 个月"
        case WorkingDays(days):
            return f"{days} 个工作日"
    return "当日"


def _say_clock(microseconds: int, kind: str, language: Language) -> str:
    minutes, rest = divmod(microseconds, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24) if kind == "elapsed" else (0, hours)
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute"), (rest // 1_000_000, "second")]
    shown = [(amount, unit) for amount, unit in parts if amount] or [(0, "minute")]
    if not any(amount for amount, _ in parts) and microseconds:
        shown = [(microseconds, "microsecond")]
    if language == "zh":
        text = " ".join(f"{amount} {_UNITS_ZH[unit]}" for amount, unit in shown)
        return f"{text}（工作时间）" if kind == "working" else text
    text = " ".join(f"{amount} {unit}{'' if amount == 1 else 's'}" for amount, unit in shown)
    return f"{text} of working time" if kind == "working" else text


def split_occurrence(key: str) -> tuple[str, str] | None:
    """An occurrence's key as its event type and instant, where it is made of them."""
    found = _OCCURRENCE.match(key)
    return (found["type"], found["at"]) if found else None

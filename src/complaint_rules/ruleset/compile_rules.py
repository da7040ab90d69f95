"""The rules of a document, one section after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from complaint_rules.errors import ConditionError
from complaint_rules.expressions import Truth, Vocabulary, parse_condition
from complaint_rules.expressions.moments import ITSELF
from complaint_rules.money import ZERO
from complaint_rules.ruleset import document_rules as doc
from complaint_rules.ruleset.amounts import Amount, PenaltyKind, parse_percentage
from complaint_rules.ruleset.compile_amounts import AmountCompiler
from complaint_rules.ruleset.compile_caps import CapCompiler
from complaint_rules.ruleset.compile_deadlines import DeadlineCompiler
from complaint_rules.ruleset.compile_edges import EdgeCompiler
from complaint_rules.ruleset.compile_escalations import EscalationCompiler
from complaint_rules.ruleset.document import PolicyDocument
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.problems import Problems
from complaint_rules.ruleset.rules import (
    RULE_SECTIONS,
    Charge,
    Condition,
    Penalty,
    Record,
    Relief,
    Rule,
    Schedule,
    Statistic,
    Target,
)
from complaint_rules.ruleset.scopes import CASE, Scope
from complaint_rules.ruleset.source import Path
from complaint_rules.ruleset.vocabulary import Words
from complaint_rules.time import NAMED_RULES, Duration, parse_duration
from complaint_rules.time.recurrence import check_rule


class RuleCompiler:
    """Turns the documents of rules into rules, reporting what does not fit."""

    def __init__(
        self,
        document: PolicyDocument,
        words: Words,
        parameters: Mapping[str, Parameter],
        problems: Problems,
    ) -> None:
        self.document = document
        self.words = words
        self.parameters = parameters
        self.problems = problems
        self.vocabularies: dict[Scope, Vocabulary] = {}
        self.deadline_names = {d.id: d.id.replace("-", "_") for d in document.deadlines}
        self.edges = EdgeCompiler(self)

    def compile(self) -> dict[str, list[Any]]:
        """All rules, by section."""
        self.refuse_double_ids()
        deadlines = DeadlineCompiler(self)
        readers: dict[str, Callable[[Any, Path], Rule]] = {
            "deadlines": deadlines.deadline,
            "escalations": EscalationCompiler(self).escalation,
            "penalties": self.penalty,
            "reliefs": self.relief,
            "charges": self.charge,
            "records": self.record,
            "schedules": self.schedule,
            "targets": self.target,
            "statistics": self.statistic,
            "caps": CapCompiler(self).cap,
        }
        rules: dict[str, list[Any]] = {section: [] for section in readers}
        for section, read in readers.items():
            for number, entry in enumerate(getattr(self.document, section)):
                if entry.when is not None and section in ("schedules", "statistics"):
                    self.problems.report(
                        (section, number, "when"),
                        f"a {section.removesuffix('s')} has no condition: leave it out",
                    )
                rules[section].append(read(entry, (section, number)))
        if not any(rules.values()):
            self.problems.report((), "the ruleset has no rules: write at least one")
        return rules

    def refuse_double_ids(self) -> None:
        seen: dict[str, Path] = {}
        for section in RULE_SECTIONS:
            for number, entry in enumerate(getattr(self.document, section)):
                path: Path = (section, number, "id")
                if entry.id in seen:
                    line = self.problems.source.line(seen[entry.id])
                    self.problems.report(
                        path, f"the id {entry.id!r} is taken by a rule in line {line}: rename one"
                    )
                seen[entry.id] = path

    # What rules share

    def known(self, path: Path, what: str, name: str, known: Iterable[str]) -> bool:
        names = list(known)
        if name not in names:
            self.problems.unknown(path, what, name, names)
        return name in names

    def head(
        self, entry: doc.Rule, path: Path, scope: Scope, vocabulary: Vocabulary
    ) -> dict[str, Any]:
        return {
            "id": entry.id,
            "clause": entry.clause,
            "also": tuple(entry.also),
            "title": entry.title.as_mapping(),
            "reading": entry.reading.as_mapping() if entry.reading else {},
            "verified": entry.verified,
            "condition": self.condition(entry.when, path, vocabulary),
            "scope": scope,
        }

    def scoped_head(self, entry: Any, path: Path) -> dict[str, Any]:
        scope = self.scope(entry.per, path)
        return self.head(entry, path, scope, self.vocabulary(scope))

    def vocabulary(self, scope: Scope) -> Vocabulary:
        """The names that a rule of this scope may use."""
        if scope not in self.vocabularies:
            self.vocabularies[scope] = self.words.vocabulary(scope)
        return self.vocabularies[scope]

    def scope(self, per: str | None, path: Path) -> Scope:
        if per is None:
            return CASE
        if per in self.deadline_names:
            return Scope("deadline", self.deadline_names[per])
        if per in self.words.events:
            return Scope("event", per)
        if "." in per:
            edge = self.edges.edge(per, (*path, "per"))
            return CASE if edge is None else Scope("edge", edge)
        known = [*self.words.events, *self.deadline_names]
        self.problems.unknown((*path, "per"), "event or deadline", per, known)
        return CASE

    def condition(
        self, text: str | bool | None, path: Path, vocabulary: Vocabulary, key: str = "when"
    ) -> Condition | None:
        if text is None:
            return None
        written = str(text)
        try:
            return Condition(" ".join(written.split()), parse_condition(written, vocabulary))
        except ConditionError as error:
            self.problems.report((*path, key), str(error))
            return None

    def calendar_name(self, name: str | None, path: Path) -> str:
        """The calendar that a rule names; the policy's own where it names none that there is."""
        if name is None or not self.known(
            (*path, "calendar"), "calendar", name, self.document.calendars
        ):
            return ITSELF
        return name

    def role(self, name: str | None, path: Path) -> str:
        if name is not None:
            self.known(path, "role", name, self.words.roles)
        return name or ""

    def money_name(self, name: str, path: Path) -> None:
        """A fact or parameter that is an amount."""
        self.name_of_type("money", "an amount", name, path)

    def name_of_type(self, type_: str, what: str, name: str, path: Path) -> None:
        """A fact or parameter of a type."""
        meanings: dict[str, str] = {n: f.type.name for n, f in self.words.facts.items()}
        meanings.update({n: p.type for n, p in self.parameters.items()})
        fitting = [known for known, own in meanings.items() if own == type_]
        if name in meanings and name not in fitting:
            self.problems.report(path, f"{name!r} is of type {meanings[name]}: name {what}")
        else:
            self.known(path, what.partition(" ")[2], name, fitting)

    # Sections

    def penalty(self, entry: doc.PenaltyDocument, path: Path) -> Penalty:
        head = self.scoped_head(entry, path)
        scope: Scope = head["scope"]
        if entry.against is None and scope.limit is None:
            self.problems.report(
                (*path, "against"), "nobody is named: give the role that is liable"
            )
        self.role(entry.against, (*path, "against"))
        kind, amount, base = self.consequence(entry, path, scope)
        if entry.refers_to is not None:
            self.known((*path, "refers_to"), "document", entry.refers_to, self.document.documents)
        return Penalty(
            **head,
            against=entry.against,
            penalty_kind=kind,
            amount=amount,
            base=base,
            refers_to=entry.refers_to,
            exception_to=tuple(entry.exception_to or ()),
            settled_by=entry.settled_by.as_mapping() if entry.settled_by else {},
            imposes=entry.imposes,
            lasts=self.lasts(entry, path),
        )

    def lasts(self, entry: doc.PenaltyDocument, path: Path) -> Duration | None:
        """How long what is imposed lasts."""
        text = entry.for_
        if text is None:
            return None
        if entry.imposes is None:
            self.problems.report((*path, "for"), "'for' without 'imposes': leave it out")
        return self.problems.attempt((*path, "for"), lambda: parse_duration(text))

    def consequence(
        self, entry: doc.PenaltyDocument, path: Path, scope: Scope
    ) -> tuple[PenaltyKind, Amount | None, str | None]:
        given = [
            name
            for name in ("amount", "forfeits", "dismisses", "refers_to", "compensates", "imposes")
            if getattr(entry, name)
        ]
        if len(given) != 1:
            self.problems.report(
                path,
                f"{', '.join(given) or 'no'} consequence: give "
                f"exactly one of amount, forfeits, dismisses, refers_to, compensates and imposes",
            )
        if entry.amount is None:
            for key in ("at_least", "at_most", "rounds"):
                if getattr(entry, key) is not None:
                    self.problems.report((*path, key), f"{key} without an amount: leave it out")
        if entry.forfeits is not None:
            self.money_name(entry.forfeits, (*path, "forfeits"))
            return "forfeiture", None, entry.forfeits
        if entry.compensates is not None:
            self.money_name(entry.compensates, (*path, "compensates"))
            return "compensation", None, entry.compensates
        if entry.imposes is not None:
            self.known((*path, "imposes"), "sanction", entry.imposes, self.document.sanctions)
            return "sanction", None, None
        if entry.dismisses:
            return "dismissal", None, None
        if entry.amount is None:
            return "referral", None, None
        return AmountCompiler(self).amount(entry, path, scope)

    def relief(self, entry: doc.ReliefDocument, path: Path) -> Relief:
        head = self.scoped_head(entry, path)
        if bool(entry.cancels) == (entry.refunds is not None):
            self.problems.report(path, "give either cancels: true or refunds: '120 %'")
        if (entry.of is None) == (entry.not_of is None):
            self.problems.report(
                path, "give either the penalties it is 'of', or those it is 'not_of'"
            )
        penalties = [penalty.id for penalty in self.document.penalties]
        for key in ("of", "not_of"):
            for number, name in enumerate(getattr(entry, key) or ()):
                if not (name == "all" and key == "of"):
                    self.known((*path, key, number), "penalty", name, penalties)
        if entry.not_of is not None:
            of = tuple(name for name in penalties if name not in entry.not_of)
        elif entry.of == ["all"]:
            of = tuple(penalties)
        else:
            of = tuple(entry.of or ())
        refunds = parse_percentage("100 %")
        if entry.refunds is not None:
            text = entry.refunds
            read = self.problems.attempt((*path, "refunds"), lambda: parse_percentage(text))
            if read is not None and not read.is_exact:
                self.problems.report((*path, "refunds"), "a refund is one percentage, not a range")
            refunds = read or refunds
        if entry.granted_by is not None:
            self.known((*path, "granted_by"), "event", entry.granted_by, self.words.events)
        elif entry.paid_in == "next-month":
            self.problems.report(
                (*path, "paid_in"), "next month after what? Give granted_by: the event that grants"
            )
        return Relief(
            **head,
            of=of,
            cancels=bool(entry.cancels),
            factor=refunds.minimum or ZERO,
            paid_with=entry.paid_with.as_mapping() if entry.paid_with else {},
            granted_by=entry.granted_by,
            paid_in=entry.paid_in,
        )

    def charge(self, entry: doc.ChargeDocument, path: Path) -> Charge:
        self.money_name(entry.cost, (*path, "cost"))
        self.role(entry.borne_by, (*path, "borne_by"))
        share = self.problems.attempt((*path, "share"), lambda: parse_percentage(entry.share))
        return Charge(
            **self.scoped_head(entry, path),
            cost=entry.cost,
            borne_by=entry.borne_by,
            share=share or parse_percentage("100 %"),
        )

    def record(self, entry: doc.RecordDocument, path: Path) -> Record:
        head = self.scoped_head(entry, path)
        scope: Scope = head["scope"]
        fields = set(self.words.facts) | set(self.words.roles)
        if scope.kind == "event":
            names = {*self.words.event_fields(scope.of), *self.words.roles}
            fields |= {f"event.{name}" for name in names}
        for number, field in enumerate(entry.fields):
            self.known((*path, "fields", number), "field", field, sorted(fields))
        if entry.kept_by is not None:
            self.role(entry.kept_by, (*path, "kept_by"))
        return Record(**head, kept_by=entry.kept_by, fields=tuple(entry.fields))

    def schedule(self, entry: doc.ScheduleDocument, path: Path) -> Schedule:
        self.role(entry.duty_of, (*path, "duty_of"))
        rule = NAMED_RULES.get(entry.every, entry.every)
        self.problems.attempt((*path, "every"), lambda: check_rule(rule))
        return Schedule(
            **self.head(entry, path, CASE, {}),
            duty_of=entry.duty_of,
            recurrence=rule,
            roll=entry.roll,
            calendar=self.calendar_name(entry.calendar, path),
        )

    def target(self, entry: doc.TargetDocument, path: Path) -> Target:
        head = self.scoped_head(entry, path)
        vocabulary = self.vocabulary(head["scope"])
        achieved = self.condition(entry.achieved, path, vocabulary, "achieved")
        if (entry.at_least is None) == (entry.below is None):
            self.problems.report(path, "give either at_least or below: '90 %'")
        text = entry.at_least or entry.below or "100 %"
        here = (*path, "below" if entry.at_least is None else "at_least")
        threshold = self.problems.attempt(here, lambda: parse_percentage(text))
        if threshold is not None and not threshold.is_exact:
            self.problems.report(here, "a threshold is one percentage, not a range")
        return Target(
            **head,
            achieved=achieved or Condition("False", Truth(False)),
            comparison="below" if entry.at_least is None else "at_least",
            threshold=(threshold.minimum if threshold else None) or ZERO,
        )

    def statistic(self, entry: doc.StatisticDocument, path: Path) -> Statistic:
        for key in ("by", "lists"):
            for number, name in enumerate(getattr(entry, key)):
                self.known((*path, key, number), "fact", name, self.words.facts)
        return Statistic(
            **self.head(entry, path, CASE, {}), by=tuple(entry.by), lists=tuple(entry.lists)
        )

"""Escalations: who has to act or to know, named or found in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from complaint_rules.ruleset import document_rules as doc
from complaint_rules.ruleset.compile_parameters import roles_of
from complaint_rules.ruleset.rules import Escalation
from complaint_rules.ruleset.source import Path

if TYPE_CHECKING:
    from complaint_rules.ruleset.compile_rules import RuleCompiler


class EscalationCompiler:
    """Reads the section of escalations."""

    def __init__(self, rules: RuleCompiler) -> None:
        self.rules = rules

    def escalation(self, entry: doc.EscalationDocument, path: Path) -> Escalation:
        to_by = self.role_parameter(entry, path)
        for number, role in enumerate(entry.to if to_by is None else ()):
            self.rules.role(role, (*path, "to", number))
        replies = entry.replies
        if replies is not None and self.rules.known(
            (*path, "replies", "event"), "event", replies.event, self.rules.words.events
        ):
            fields = self.rules.words.event_fields(replies.event)
            here = (*path, "replies", "by")
            if self.rules.known(here, "field", replies.by, fields):
                absent = [role for role in entry.to if role not in fields[replies.by].type.values]
                if absent:
                    self.rules.problems.report(
                        here, f"{replies.by!r} cannot be {absent[0]}: list the roles as its values"
                    )
        if entry.joint and len(entry.to) < 2:
            self.rules.problems.report(
                (*path, "joint"), "a joint decision needs several roles: give to: [ …, … ]"
            )
        if entry.refers_to is not None:
            self.rules.known(
                (*path, "refers_to"), "document", entry.refers_to, self.rules.document.documents
            )
        return Escalation(
            **self.rules.scoped_head(entry, path),
            to=tuple(entry.to) if to_by is None else roles_of(self.rules.parameters[to_by]),
            to_by=to_by,
            capacity=entry.capacity,
            joint=entry.joint,
            final=entry.final,
            reply_event=replies.event if replies else None,
            reply_by=replies.by if replies else None,
            refers_to=entry.refers_to,
            question=entry.question.as_mapping() if entry.question else {},
        )

    def role_parameter(self, entry: doc.EscalationDocument, path: Path) -> str | None:
        """The parameter that says who has to act, where ``to`` names one; it stands alone."""
        parameters, problems = self.rules.parameters, self.rules.problems
        named = [name for name in entry.to if name in parameters]
        if not named:
            return None
        (name, *_), here = named, (*path, "to")
        if parameters[name].type != "role":
            problems.report(here, f"{name!r} is of type {parameters[name].type}: name a role")
        if len(entry.to) > 1:
            problems.report(here, f"{name!r} names one role: write a rule of its own for it")
        if entry.replies is not None:
            problems.report(
                (*path, "replies"),
                f"{name!r} says for each case who acts, so no reply names them: leave it out",
            )
        return name

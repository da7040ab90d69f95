"""What happens to time limits, where a ruleset names it: as a start, as an end, as what a rule is
judged for; and the hand-over of a duty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from complaint_rules.errors import did_you_mean
from complaint_rules.ruleset import document_rules as doc
from complaint_rules.ruleset.edges import (
    EXCLUSIVE,
    HAPPENINGS,
    HandOver,
    limit_and_happening,
)
from complaint_rules.ruleset.source import Path

if TYPE_CHECKING:
    from complaint_rules.ruleset.compile_rules import RuleCompiler


class EdgeCompiler:
    """Reads names like ``first.missed``, and what hands a duty over."""

    def __init__(self, rules: RuleCompiler) -> None:
        self.rules = rules
        self.problems = rules.problems
        self.words = rules.words

    def events_and_edges(self, names: list[str], path: Path) -> tuple[str, ...]:
        """Events, and what happens to limits."""
        found = []
        for number, name in enumerate(names):
            here = (*path, number)
            if "." in name:
                edge = self.edge(name, here)
                found += [] if edge is None else [edge]
            elif name in self.rules.deadline_names and name not in self.words.events:
                self.problems.report(
                    here,
                    f"{name!r} is a time limit: say what happens to it, such as {name}.missed",
                )
            elif self.rules.known(here, "event", name, self.words.events):
                found.append(name)
        return tuple(found)

    def starts(self, names: list[str], path: Path) -> tuple[str, ...]:
        """The events, and what happens to limits, that start a limit."""
        starts = self.events_and_edges(names, path)
        self.refuse_same_limit(starts, path)
        return starts

    def edge(self, written: str, path: Path) -> str | None:
        """What happens to a limit, by the limit's name in conditions."""
        limit, _, happening = written.partition(".")
        names = self.rules.deadline_names
        if limit in self.words.events:
            self.problems.report(
                path,
                f"{limit!r} is an event, and only to a time limit something happens: "
                f"write {limit}, or name a time limit",
            )
        elif happening not in HAPPENINGS:
            self.problems.report(
                path,
                f"{happening!r} is nothing that happens to a time limit"
                f"{did_you_mean(happening, HAPPENINGS)}: write one of {', '.join(HAPPENINGS)}",
            )
        elif limit in names.values() or self.rules.known(path, "time limit", limit, names):
            return f"{names.get(limit, limit)}.{happening}"
        return None

    def refuse_same_limit(self, starts: tuple[str, ...], path: Path) -> None:
        """One instance of a limit is to start no more than one of another."""
        by_limit: dict[str, list[str]] = {}
        for limit, happening in filter(None, map(limit_and_happening, starts)):
            by_limit.setdefault(limit, []).append(happening)
        for limit, happenings in by_limit.items():
            if len(happenings) > 1 and (
                len(happenings) > len(set(happenings)) or not EXCLUSIVE.issuperset(happenings)
            ):
                self.problems.report(
                    path,
                    f"{limit!r} twice, by {' and '.join(happenings)}, of which both may happen: "
                    f"keep one, or write two time limits",
                )

    def hand_over(self, entry: doc.DeadlineDocument, path: Path) -> HandOver | None:
        """Which event gives the duty to somebody else, and to whom."""
        given = entry.handed_over
        if given is None:
            return None
        here = (*path, "handed_over")
        event = given.event
        if not self.rules.known((*here, "event"), "event", event, self.words.events):
            return None
        for key, names, does in (
            ("starts", entry.starts, "starts"),
            ("ends", entry.ends, "ends"),
            ("cancelled", entry.cancelled or [], "cancels"),
        ):
            if event in names:
                self.problems.report(
                    (*here, "event"),
                    f"{event!r} {does} it too, and handed_over says already what it does: take "
                    f"it out of {key}",
                )
        if entry.completes == "oldest":
            self.problems.report(
                here,
                "a duty that is handed over, and completes: oldest, which counts the completions "
                "of each party: leave out one of the two",
            )
        field, role = self.receiver(entry, given, (*here, "to"))
        return HandOver(event, field, role, given.clock == "restarts")

    def receiver(
        self, entry: doc.DeadlineDocument, given: doc.HandedOverDocument, path: Path
    ) -> tuple[str | None, str]:
        """The field that names who gets the duty, or the role of whoever does."""
        if given.to is None:
            return None, entry.duty_of
        owner, dot, name = given.to.partition(".")
        fields = self.words.event_fields(given.event)
        name = name if dot and owner == "event" else given.to
        if name in self.words.roles and name not in fields:
            return None, name
        if not dot and name in fields:
            self.problems.report(path, f"{name!r} is a field of the event: write event.{name}")
        elif self.rules.known(path, "field or role", name, [*fields, *self.words.roles]):
            type_ = fields[name].type.name
            if type_ in ("text", "enum"):
                return name, entry.duty_of
            self.problems.report(
                path, f"{given.to!r} is of type {type_}: name a text, or leave 'to' out"
            )
        return None, entry.duty_of

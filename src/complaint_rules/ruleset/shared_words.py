"""Words that several policies share, and how a policy takes them over and adds to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from complaint_rules.ruleset.compile_words import compile_field, refuse_own_names
from complaint_rules.ruleset.document import PolicyDocument
from complaint_rules.ruleset.document_words import (
    Document,
    EventDocument,
    FactDocument,
    VocabularyDocument,
)
from complaint_rules.ruleset.problems import Problems
from complaint_rules.ruleset.source import Path

NOTHING_SHARED = VocabularyDocument.model_validate(
    {"vocabulary": "none", "title": {"en": "nothing"}}
)
_SAID_ONCE = ("type", "values", "unit")
"""What the vocabulary alone says: a fact that meant something else here would be another fact."""

D = TypeVar("D", bound=Document)


def check_vocabulary(vocabulary: VocabularyDocument, problems: Problems) -> None:
    """Report, at its own place in the vocabulary's file, what every importing policy would meet."""
    for name, fact in vocabulary.facts.items():
        _check_complete(fact, ("facts", name), problems)
    for event_name, event in vocabulary.events.items():
        path: Path = ("events", event_name)
        if event.title is None:
            problems.report(path, "'title' is missing: add it")
        for key, field in event.data.items():
            _check_complete(field, (*path, "data", key), problems)
            refuse_own_names(key, (*path, "data", key), problems)
        for number, fact_name in enumerate(event.sets):
            if fact_name not in vocabulary.facts:
                problems.unknown((*path, "sets", number), "fact", fact_name, vocabulary.facts)


def _check_complete(fact: FactDocument, path: Path, problems: Problems) -> None:
    _require(fact, ("type", "title"), path, problems)
    if fact.type is not None:
        compile_field(path[-1], fact, path, problems)


def _require(document: Document, keys: tuple[str, ...], path: Path, problems: Problems) -> None:
    for key in keys:
        if getattr(document, key) is None:
            problems.report(path, f"{key!r} is missing: add it")


def with_shared_words(
    policy: PolicyDocument, vocabulary: VocabularyDocument, problems: Problems
) -> PolicyDocument:
    """The policy with the words of the vocabulary, its own added.

    A policy may say more about a shared word: its own title, a clause, a reading, a question, what
    holds unless recorded, and for an event more data. It cannot change what kind of value it is.
    """
    facts: dict[str, FactDocument] = dict(vocabulary.facts)
    for name, fact in policy.facts.items():
        facts[name] = _fact(vocabulary.facts.get(name), fact, ("facts", name), problems)
    events: dict[str, EventDocument] = dict(vocabulary.events)
    for name, event in policy.events.items():
        events[name] = _event(vocabulary.events.get(name), event, ("events", name), problems)
    return policy.model_copy(
        update={
            "roles": {**vocabulary.roles, **policy.roles},
            "facts": facts,
            "events": events,
        }
    )


def _fact(
    shared: FactDocument | None, own: FactDocument, path: Path, problems: Problems
) -> FactDocument:
    if shared is None:
        _require(own, ("type", "title"), path, problems)
        return own
    for key in _SAID_ONCE:
        if key in own.model_fields_set:
            problems.report(
                (*path, key),
                f"{path[-1]!r} has its {key} in the vocabulary: leave it out, or take another name",
            )
    return _over(shared, own)


def _event(
    shared: EventDocument | None, own: EventDocument, path: Path, problems: Problems
) -> EventDocument:
    before: Mapping[str, FactDocument] = {} if shared is None else shared.data
    data = {
        **before,
        **{
            key: _fact(before.get(key), field, (*path, "data", key), problems)
            for key, field in own.data.items()
        },
    }
    if shared is None:
        _require(own, ("title",), path, problems)
        return own.model_copy(update={"data": data})
    sets = list(dict.fromkeys([*shared.sets, *own.sets]))
    return _over(shared, own).model_copy(update={"data": data, "sets": sets})


def _over(shared: D, own: D) -> D:
    """What the policy says itself, and the vocabulary's word for all else."""
    said: dict[str, Any] = {key: getattr(own, key) for key in own.model_fields_set}
    return shared.model_copy(update=said)

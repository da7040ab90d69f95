"""Finding and reading ruleset files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from complaint_rules.errors import PolicyError, PolicyNotFound, Problem, did_you_mean
from complaint_rules.expressions.moments import ITSELF
from complaint_rules.public import public
from complaint_rules.ruleset.compile import compile_policy
from complaint_rules.ruleset.compile_calendars import calendar_named, declared_calendars
from complaint_rules.ruleset.document import PolicyDocument, known_keys
from complaint_rules.ruleset.document_words import FORMAT, Document, VocabularyDocument
from complaint_rules.ruleset.problems import Problems
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.shared_words import check_vocabulary
from complaint_rules.ruleset.source import LARGEST_FILE, Source, read_yaml
from complaint_rules.time import OfficialCalendar
from complaint_rules.time.official import days_of

D = TypeVar("D", bound=Document)

_ADVICE = {
    "missing": "is missing: add it",
    "string_type": "is no text: put it in quotes",
    "bool_type": "is neither true nor false",
    "int_type": "is no whole number",
    "list_type": "is no list: write [ … ]",
    "dict_type": "is no mapping: write key: value",
    "model_type": "is no mapping: write key: value",
    "too_short": "is empty: give at least one",
}


@public
def shipped_rulesets() -> dict[str, Path]:
    """The rulesets that come with the package, by id."""
    for folder in (
        Path(str(resources.files("complaint_rules"))) / "rulesets",
        Path(__file__).parents[3] / "rulesets",  # a source checkout
    ):
        if folder.is_dir():
            return {
                path.stem: path for path in sorted(folder.glob("*.yaml")) if "." not in path.stem
            }
    return {}


def find_vocabulary(vocabulary_id: str, ruleset: str) -> tuple[str, str] | None:
    """The text of a vocabulary beside a ruleset's file, or of one that comes with the package."""
    folders = {Path(ruleset).parent, *(path.parent for path in shipped_rulesets().values())}
    for folder in sorted(folders, key=lambda folder: folder != Path(ruleset).parent):
        path = folder / f"{vocabulary_id}.vocabulary.yaml"
        if path.is_file():
            return read_text(path), str(path)
    return None


def find_ruleset(id_or_path: str | Path) -> tuple[str, str]:
    """The text of a shipped ruleset or of a file, and its name for messages.

    Raises:
        PolicyNotFound: there is neither.
        PolicyError: the file is too large, or not UTF-8.
    """
    shipped = shipped_rulesets()
    path = Path(id_or_path)
    if str(id_or_path) in shipped:
        path = shipped[str(id_or_path)]
    elif not path.is_file():
        raise PolicyNotFound(
            [
                Problem(
                    str(id_or_path),
                    0,
                    "",
                    f"no such file or shipped ruleset{did_you_mean(str(id_or_path), shipped)}: "
                    f"shipped are {', '.join(shipped) or 'none'}",
                )
            ]
        )
    return read_text(path), str(path)


def read_text(path: Path) -> str:
    """The text of a file of a policy.

    Raises:
        PolicyError: the file is too large, or not UTF-8.
    """
    if path.stat().st_size > 4 * LARGEST_FILE:
        raise PolicyError([Problem(str(path), 0, "", "the file is too large: split it")])
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise PolicyError(
            [Problem(str(path), 0, "", "the file is not UTF-8: save it so")]
        ) from None


def parse_ruleset(
    text: str,
    name: str,
    parameters: Mapping[str, Any] | None = None,
    vocabulary: str | None = None,
    calendars: Mapping[str, OfficialCalendar] | None = None,
) -> Ruleset:
    """Read a ruleset from text; ``name`` stands for the file in messages.

    ``vocabulary`` is the text of the vocabulary it imports; without it the file is looked for.
    ``calendars`` are official calendars by region, in place of those of the package.

    Raises:
        PolicyError: the text is wrong; all problems are listed.
    """
    source = read_yaml(text, name)
    if source.content is None:
        raise PolicyError([Problem(name, 0, "", "the ruleset is empty: write a policy")])
    overrides = dict(parameters or {})
    document = validate(PolicyDocument, source)
    shared, shared_text = _vocabulary(document, source, vocabulary)
    official = {
        name: calendar_named(entry.official, calendars or {})
        for name, (entry, _) in declared_calendars(document).items()
    }
    digest = _digest(text, shared_text, overrides, official)
    return compile_policy(document, source, digest, overrides, shared, shared_text, calendars)


def validate(
    model: type[D], source: Source, keys: Callable[[str], Iterable[str]] = known_keys
) -> D:
    """The content of a file as a model of it; ``keys`` are those that may stand in a section.

    Raises:
        PolicyError: keys are missing or unknown, have the wrong type, or the file is of a later
            format.
    """
    _check_format(source)
    try:
        return model.model_validate(source.content)
    except ValidationError as error:
        raise PolicyError(_problems(error, source, keys)) from None


def _check_format(source: Source) -> None:
    """A file of a later format is not read at all: what it means, this version cannot know."""
    number = source.content.get("format") if isinstance(source.content, dict) else None
    if type(number) is int and number > FORMAT:
        raise PolicyError(
            [
                source.problem(
                    ("format",),
                    f"the file is written in format {number}, and this version reads formats up to "
                    f"{FORMAT}: update complaint-rules, or write the file in format {FORMAT}",
                )
            ]
        )


def _vocabulary(
    document: PolicyDocument, source: Source, text: str | None
) -> tuple[VocabularyDocument | None, str | None]:
    wanted = document.vocabulary
    if wanted is None:
        return None, None
    name = f"{wanted}.vocabulary.yaml"
    if text is None:
        found = find_vocabulary(wanted, source.file)
        if found is None:
            message = (
                f"there is no {name} beside the ruleset or in the package: write it, or leave "
                f"the key out and declare the words here"
            )
            raise PolicyError([source.problem(("vocabulary",), message)])
        text, name = found
    words_source = read_yaml(text, name)
    shared = validate(VocabularyDocument, words_source)
    problems = Problems(words_source)
    check_vocabulary(shared, problems)
    problems.stop_if_any()
    return shared, text


def _digest(
    text: str,
    vocabulary: str | None,
    overrides: Mapping[str, Any],
    official: Mapping[str, OfficialCalendar | None],
) -> str:
    """Of everything that decides: equal hashes, equal decisions. As JSON, so that no part can
    pass for the end of another.
    """
    days = {name: None if one is None else days_of(one) for name, one in official.items()}
    parts = [text, vocabulary, overrides, days.pop(ITSELF)]
    if days:
        parts.append(days)
    content = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _problems(
    error: ValidationError, source: Source, keys: Callable[[str], Iterable[str]]
) -> list[Problem]:
    found: dict[tuple[Any, ...], Problem] = {}
    for detail in error.errors(include_url=False):
        path = _source_path(detail["loc"], source)
        message = detail["msg"]
        if detail["type"] == "extra_forbidden":
            *sections, key = path
            hint = did_you_mean(str(key), keys(str(sections[0]) if sections else ""))
            message = f"the key {key!r} is unknown{hint}: remove it, or see the JSON Schema"
            if detail["input"] is None and not hint:
                message = (
                    f"the key {key!r} is unknown and has no value: put a text that holds a comma "
                    f"or a colon in quotes"
                )
        elif detail["type"] in _ADVICE:
            message = f"{path[-1] if path else 'the file'!r} {_ADVICE[detail['type']]}"
        elif detail["type"] == "value_error":
            message = str(detail.get("ctx", {})["error"])
        else:
            message = f"{message}, and is {_short(detail['input'])}: correct it"
        found.setdefault((path, message), source.problem(path, message))
    return list(found.values())


def _source_path(location: tuple[str | int, ...], source: Source) -> tuple[str | int, ...]:
    """The location without the names pydantic adds for the members of a union."""
    path: tuple[str | int, ...] = ()
    content: Any = source.content
    for number, part in enumerate(location):
        last = number == len(location) - 1
        if isinstance(content, dict) and part in content:
            content = content[part]
        elif isinstance(content, list) and isinstance(part, int) and part < len(content):
            content = content[part]
        elif not last or not isinstance(content, dict) or _is_union_tag(part):
            continue
        path = (*path, part)
    return path


def _is_union_tag(part: str | int) -> bool:
    return isinstance(part, str) and (part in ("str", "int", "bool", "several") or "[" in part)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

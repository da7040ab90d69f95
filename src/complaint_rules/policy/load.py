"""Finding and reading ruleset files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from complaint_rules.errors import PolicyError, PolicyNotFound, Problem, did_you_mean
from complaint_rules.policy.compile import compile_policy
from complaint_rules.policy.document import PolicyDocument, known_keys
from complaint_rules.policy.ruleset import Ruleset
from complaint_rules.policy.source import LARGEST_FILE, Source, read_yaml

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


def shipped_rulesets() -> dict[str, Path]:
    """The rulesets that come with the package, by id."""
    for folder in (
        Path(str(resources.files("complaint_rules"))) / "rulesets",
        Path(__file__).parents[3] / "rulesets",  # a source checkout
    ):
        if folder.is_dir():
            return {
                path.stem: path
                for path in sorted(folder.glob("*.yaml"))
                if not path.name.endswith(".scenario.yaml")
            }
    return {}


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
    if path.stat().st_size > 4 * LARGEST_FILE:
        raise PolicyError([Problem(str(path), 0, "", "the file is too large: split it")])
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except UnicodeDecodeError:
        raise PolicyError(
            [Problem(str(path), 0, "", "the file is not UTF-8: save it so")]
        ) from None


def parse_ruleset(text: str, name: str, parameters: Mapping[str, Any] | None = None) -> Ruleset:
    """Read a ruleset from text; ``name`` stands for the file in messages.

    Raises:
        PolicyError: the text is wrong; all problems are listed.
    """
    source = read_yaml(text, name)
    if source.content is None:
        raise PolicyError([Problem(name, 0, "", "the ruleset is empty: write a policy")])
    overrides = dict(parameters or {})
    try:
        document = PolicyDocument.model_validate(source.content)
    except ValidationError as error:
        raise PolicyError(_problems(error, source)) from None
    return compile_policy(document, source, _digest(text, overrides), overrides)


def _digest(text: str, overrides: Mapping[str, Any]) -> str:
    content = text + json.dumps(overrides, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _problems(error: ValidationError, source: Source) -> list[Problem]:
    found: dict[tuple[Any, ...], Problem] = {}
    for detail in error.errors(include_url=False):
        path = _source_path(detail["loc"], source)
        message = detail["msg"]
        if detail["type"] == "extra_forbidden":
            section = str(path[0]) if len(path) > 1 else ""
            hint = did_you_mean(str(path[-1]), known_keys(section))
            message = f"the key {path[-1]!r} is unknown{hint}: remove it, or see the JSON Schema"
        elif detail["type"] in _ADVICE:
            message = f"{path[-1] if path else 'the file'!r} {_ADVICE[detail['type']]}"
        elif detail["type"] == "value_error":
            message = str(detail["ctx"]["error"])
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
    return isinstance(part, str) and (part in ("str", "int", "bool") or "[" in part)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

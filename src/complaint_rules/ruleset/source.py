"""Reading YAML: the 1.2 core schema, with the line of every key, and bounded in every direction.

YAML 1.1 reads ``08:30`` as the number 510 and ``no`` as false; the core schema does not. Numbers
with a fraction become ``Decimal``, never a float. Explicit tags and merge keys are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import yaml

from complaint_rules.errors import PolicyError, Problem

LARGEST_FILE: Final = 1_000_000
DEEPEST_NESTING: Final = 20
MOST_NODES: Final = 100_000

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FRACTION = re.compile(r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,3})?")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF|nan|NaN|NAN)")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """The content of a file and where each part of it stands."""

    file: str
    content: Any
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """The line of the nearest part that stands in the file."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 0

    def problem(self, path: Path, message: str) -> Problem:
        rule = None
        if len(path) >= 2 and isinstance(path[1], int):
            section = self.content.get(path[0], []) if isinstance(self.content, dict) else []
            if isinstance(section, list) and path[1] < len(section):
                entry = section[path[1]]
                rule = str(entry.get("id")) if isinstance(entry, dict) and "id" in entry else None
        return Problem(self.file, self.line(path), write_path(path), message, rule)


def write_path(path: Path) -> str:
    """``("deadlines", 3, "within")`` as ``deadlines[3].within``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def read_yaml(text: str, file: str) -> Source:
    """Read one YAML document.

    Raises:
        PolicyError: the file is too large, too deep or no YAML; a key stands twice; an alias
            would blow it up.
    """
    if len(text) > LARGEST_FILE:
        raise _failure(
            file, 0, f"the file has {len(text)} characters: split it, at most {LARGEST_FILE}"
        )
    try:
        return _Builder(file, text).build()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        if "nesting depth" in reason:  # PyYAML 6.0.4 has a limit of its own, which may answer first
            raise _too_deep(file, line) from None
        raise _failure(
            file, line, f"this is no YAML: {reason}: check indentation and quotes"
        ) from None


def _failure(file: str, line: int, message: str) -> PolicyError:
    return PolicyError([Problem(file, line, "", message)])


def _too_deep(file: str, line: int) -> PolicyError:
    return _failure(file, line, f"the file is nested deeper than {DEEPEST_NESTING}: flatten it")


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not been read yet."""

    content: Any
    path: Path
    anchor: str | None
    first_node: int
    key: Any = None
    has_key: bool = False


class _Builder:
    """Builds values from libyaml's events without recursion: depth costs no stack."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.stack: list[_Open] = []
        self.lines: dict[Path, int] = {}
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.nodes = 0
        self.root: Any = None

    def events(self) -> Iterator[Any]:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return iter(yaml.parse(self.text, Loader=loader))

    def build(self) -> Source:
        documents = 0
        for event in self.events():
            line = event.start_mark.line + 1
            match event:
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        raise _failure(self.file, line, "a second document begins: keep one a file")
                case yaml.ScalarEvent():
                    self.refuse_tag(event, line)
                    self.count(1, line)
                    self.place(self.scalar(event, line), line, event.anchor, 1)
                case yaml.AliasEvent():
                    if event.anchor not in self.anchors:
                        raise _failure(
                            self.file, line, f"alias *{event.anchor} points to nothing before it"
                        )
                    value, size = self.anchors[event.anchor]
                    self.count(size, line)
                    self.place(value, line, None, size)
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self.refuse_tag(event, line)
                    self.count(1, line)
                    self.open(event, line)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self.close()
        return Source(self.file, self.root, self.lines)

    def count(self, nodes: int, line: int) -> None:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            raise _failure(
                self.file, line, f"the file has more than {MOST_NODES} values, aliases written out"
            )

    def refuse_tag(self, event: Any, line: int) -> None:
        if event.tag is not None and event.tag != "!":
            raise _failure(self.file, line, f"the tag {event.tag} is not allowed: remove it")

    def scalar(self, event: Any, line: int) -> Any:
        text: str = event.value
        if not event.implicit[0]:  # quoted, or a block
            return text
        if _NULL.fullmatch(text):
            return None
        if _TRUE.fullmatch(text):
            return True
        if _FALSE.fullmatch(text):
            return False
        if _INT.fullmatch(text):
            return int(text)
        if _FRACTION.fullmatch(text):
            return Decimal(text)
        if _NO_NUMBER.fullmatch(text):
            raise _failure(self.file, line, f"{text} is no number to calculate with: remove it")
        return text

    def path_of_next(self) -> Path:
        if not self.stack:
            return ()
        top = self.stack[-1]
        if isinstance(top.content, list):
            return (*top.path, len(top.content))
        return (*top.path, top.key)

    def open(self, event: Any, line: int) -> None:
        if len(self.stack) >= DEEPEST_NESTING:
            raise _too_deep(self.file, line)
        if self.stack and isinstance(self.stack[-1].content, dict) and not self.stack[-1].has_key:
            raise _failure(self.file, line, "a key is a list or a mapping: keys are plain texts")
        path = self.path_of_next()
        self.lines.setdefault(path, line)
        content: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.stack.append(_Open(content, path, event.anchor, self.nodes - 1))

    def close(self) -> None:
        done = self.stack.pop()
        self.place(done.content, self.lines[done.path], done.anchor, self.nodes - done.first_node)

    def place(self, value: Any, line: int, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self.anchors[anchor] = (value, size)
        if not self.stack:
            self.root = value
            self.lines[()] = line
            return
        top = self.stack[-1]
        if isinstance(top.content, list):
            self.lines.setdefault((*top.path, len(top.content)), line)
            top.content.append(value)
        elif top.has_key:
            top.content[top.key] = value
            top.has_key = False
        else:
            self.take_key(top, value, line)

    def take_key(self, top: _Open, key: Any, line: int) -> None:
        if key == "<<":
            raise _failure(self.file, line, "merge keys are not allowed: write the entries out")
        if not isinstance(key, str):
            raise _failure(self.file, line, f"the key {key!r} is no text: put it in quotes")
        if key in top.content:
            first = self.lines[(*top.path, key)]
            raise _failure(
                self.file,
                line,
                f"the key {key!r} stands here again, first in line {first}: remove one",
            )
        top.key, top.has_key = key, True
        self.lines[(*top.path, key)] = line

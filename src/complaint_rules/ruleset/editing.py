"""Changing single values in the text of a ruleset, so that a draft is checked like any other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from complaint_rules.errors import PolicyError, Problem, did_you_mean
from complaint_rules.ruleset.rules import RULE_SECTIONS


def edited(text: str, file: str, changes: Mapping[str, Any]) -> str:
    r"""The text with other values for keys of rules, parameters and counts, each named ``id.key``.

    A key that the rule does not have yet is added. Lines keep their numbers.

    Raises:
        PolicyError: there is no such rule, or a name is not of that form.

    >>> print(edited("deadlines:\n- {id: reply, within: 1 calendar day}\n", "draft.yaml",
    ...              {"reply.within": "2 calendar days", "reply.overdue_days": "working-dates"}))
    deadlines:
    - {overdue_days: "working-dates", id: reply, within: "2 calendar days"}
    <BLANKLINE>
    """
    rules = _rules(text)
    spans: list[tuple[int, int, str]] = []
    for name, value in changes.items():
        rule, dot, key = name.partition(".")
        if not dot or rule not in rules:
            known = [f"{one}.{key or 'amount'}" for one in rules]
            raise PolicyError(
                [
                    Problem(
                        file,
                        0,
                        name,
                        f"{name!r} names no value of a rule{did_you_mean(name, known)}: "
                        f"use a parameter, or a rule's id and one of its keys, 'rule-id.within'",
                    )
                ]
            )
        spans.append(_span(text, rules[rule], key, _written(value)))
    for begin, end, new in sorted(spans, reverse=True):
        text = text[:begin] + new + text[end:]
    return text


def _rules(text: str) -> dict[str, yaml.MappingNode]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    root = yaml.compose(text, Loader=loader)
    found: dict[str, yaml.MappingNode] = {}
    for section, entries in root.value if isinstance(root, yaml.MappingNode) else ():
        if section.value in ("parameters", "counts") and isinstance(entries, yaml.MappingNode):
            found |= {str(name.value): parameter for name, parameter in entries.value}
        if section.value in RULE_SECTIONS and isinstance(entries, yaml.SequenceNode):
            for entry in entries.value:
                for key, value in entry.value:
                    if key.value == "id":
                        found[str(value.value)] = entry
    return found


def _span(text: str, rule: yaml.MappingNode, key: str, new: str) -> tuple[int, int, str]:
    for name, value in rule.value:
        if name.value == key:
            begin = value.start_mark.index
            # What stands in blocks ends where the next key begins.
            old = text[begin : value.end_mark.index].rstrip()
            return begin, begin + len(old), new + "\n" * old.count("\n")
    first = rule.value[0][0].start_mark
    more = ", " if rule.flow_style else "\n" + " " * first.column
    return first.index, first.index, f"{key}: {new}{more}"


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    return str(value)

"""Parameters: their values, whatever the case, by date, or by facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from complaint_rules.currencies import MINOR_UNITS
from complaint_rules.errors import CaseError, ComplaintRulesError, did_you_mean
from complaint_rules.expressions import Meaning, Type, read_value
from complaint_rules.expressions.types import ORDERED
from complaint_rules.ruleset import document_words as doc
from complaint_rules.ruleset.amounts import AmountError, parse_percentage, parse_range
from complaint_rules.ruleset.compile_tables import TableReader
from complaint_rules.ruleset.document import PolicyDocument
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.problems import Problems
from complaint_rules.ruleset.source import Path
from complaint_rules.ruleset.tables import Table, TableValue
from complaint_rules.ruleset.vocabulary import Words
from complaint_rules.time import parse_duration


def compile_parameters(
    document: PolicyDocument,
    words: Words,
    overrides: Mapping[str, Any],
    problems: Problems,
) -> dict[str, Parameter]:
    """Read the values of parameters; ``overrides`` replace those of the file."""
    for name in overrides:
        if name not in document.parameters:
            problems.unknown(("parameters",), "parameter", name, document.parameters)
    return {
        name: _ParameterReader(name, parameter, document, words, problems).read(overrides)
        for name, parameter in document.parameters.items()
    }


@dataclass(slots=True)
class _ParameterReader:
    """Reads one parameter."""

    name: str
    parameter: doc.ParameterDocument
    document: PolicyDocument
    words: Words
    problems: Problems

    @property
    def path(self) -> Path:
        return ("parameters", self.name)

    def read(self, overrides: Mapping[str, Any]) -> Parameter:
        self._check_form()
        given = self.parameter
        values: list[tuple[date, Any]] = []
        table: Table | None = None
        keys = given.keys or []
        if self.name in overrides:
            values, keys = [(date.min, self._value(overrides[self.name], self.path))], []
        elif given.table is not None:
            table = self._table(given.table)
        elif given.value is not None:
            values = [(date.min, self._value(given.value, (*self.path, "value")))]
        elif given.values is not None:
            values = self._dated(given.values)
        return Parameter(
            self.name,
            given.type,
            given.title.as_mapping(),
            given.dated_by,
            tuple(values),
            tuple(keys),
            table,
        )

    def _check_form(self) -> None:
        given, path = self.parameter, self.path
        if given.type == "enum" and given.table is None:
            self.problems.report(
                (*path, "type"), "a parameter is no enum, unless a table gives it: use a text"
            )
        if given.dated_by is not None and given.dated_by not in self.words.events:
            self.problems.unknown((*path, "dated_by"), "event", given.dated_by, self.words.events)
        forms = [given.value is not None, given.values is not None, given.table is not None]
        if sum(forms) > 1:
            self.problems.report(path, "give one of value, values and table, not several")
        if (given.table is None) != (given.keys is None):
            self.problems.report(path, "a table has keys, and only a table does")
        if given.counts is not None and given.table is None:
            self.problems.report((*path, "counts"), "only a table counts each band: leave it out")

    def _dated(self, values: list[doc.DatedValue]) -> list[tuple[date, Any]]:
        found: list[tuple[date, Any]] = []
        for number, dated in enumerate(values):
            here = (*self.path, "values", number)
            found.append((dated.from_, self._value(dated.value, here)))
            if number and found[-2][0] >= dated.from_:
                self.problems.report(
                    here, f"{dated.from_} is not after the date before it: put them in order"
                )
        return found

    # Values

    def _value(self, raw: Any, path: Path) -> TableValue | None:
        try:
            return self._read(raw)
        except (ComplaintRulesError, AmountError) as error:
            self.problems.report(path, str(error))
            return None

    def _read(self, raw: Any) -> TableValue:
        match self.parameter.type:
            case "hours":
                return ", ".join(read_hours(raw))
            case "duration":
                if not isinstance(raw, str):
                    raise CaseError(
                        f"{raw!r} is not a duration: write a text like '3 working days'"
                    )
                return parse_duration(raw)
            case "percent":
                return parse_percentage(str(raw))
            case "role":
                if raw not in self.words.roles:
                    hint = did_you_mean(str(raw), self.words.roles)
                    raise CaseError(f"{raw!r} is no role{hint}: name one that is declared")
                return str(raw)
            case "enum":
                if not isinstance(raw, str):
                    raise CaseError(f"{raw!r} is no member of an enum: write a text")
                return raw
            case type_:
                return read_value(raw, Type(type_, places=self._places), "the value")

    def _in_table(self, raw: Any) -> TableValue:
        """A value of a row; an amount may be a range."""
        if self.parameter.counts is not None:
            return parse_percentage(str(raw))
        if self.parameter.type == "money":
            return parse_range(str(raw), self.document.currency, self._places)
        return self._read(raw)

    @property
    def _places(self) -> int:
        return MINOR_UNITS.get(self.document.currency, 2)

    # Tables

    def _table(self, rows: list[dict[str, Any]]) -> Table | None:
        types = self._types()
        if types is None:
            return None
        each_band = None if self.parameter.counts is None else self._band_key(types)
        if self.parameter.counts is not None and each_band is None:
            return None
        reader = TableReader(
            self.name, types, self._in_table, self._in_force(), self.problems, each_band
        )
        return reader.table(rows)

    def _types(self) -> dict[str, Type] | None:
        """The types of the keys, which are facts."""
        types: dict[str, Type] = {}
        for number, key in enumerate(self.parameter.keys or ()):
            here = (*self.path, "keys", number)
            if key not in self.words.facts:
                self.problems.unknown(here, "fact", key, self.words.facts)
                return None
            type_ = self.words.facts[key].type
            if key in types:
                self.problems.report(here, f"{key!r}: a key is there twice: remove one")
                return None
            if type_.name == "duration" and len(type_.units) != 1:
                self.problems.report(
                    here, f"{key!r} may be in any unit: give the fact its unit, such as elapsed"
                )
                return None
            types[key] = type_
        return types

    def _band_key(self, types: Mapping[str, Type]) -> str | None:
        """The key whose bands are counted one by one: the one that is an amount."""
        here = (*self.path, "counts")
        if self.parameter.type != "money":
            self.problems.report(
                here,
                f"each band of an amount gives an amount, and {self.name!r} is of type "
                f"{self.parameter.type}: write type: money",
            )
            return None
        amounts = [key for key, type_ in types.items() if type_.name == "money"]
        if len(amounts) != 1:
            self.problems.report(
                here, "each band of which amount? Give the table one key of type money"
            )
            return None
        return amounts[0]

    def _in_force(self) -> tuple[date, date]:
        effective = self.document.effective
        if self.parameter.dated_by not in (None, effective.by):
            return date.min, date.max
        return effective.from_ or date.min, effective.until or date.max


def roles_of(parameter: Parameter) -> tuple[str, ...]:
    """Every role that a parameter may name."""
    return tuple(dict.fromkeys(str(value) for value in parameter.every_value()))


def read_hours(raw: Any) -> list[str]:
    """Business hours that are a parameter: a text, ``"09:00-12:00, 13:30-18:00"``, or a list.

    Raises:
        CaseError: it is neither.
    """
    windows = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(windows, list) or not all(isinstance(window, str) for window in windows):
        raise CaseError(f"{raw!r} are no hours: write a text like '09:00-12:00, 13:30-18:00'")
    return [window.strip() for window in windows]


def with_choices(words: Words, parameters: Mapping[str, Parameter]) -> Words:
    """The words, with the parameters that are one of several names: those that their rows give.

    Of an ordered value the bounds are known while a key of its table is missing.
    """
    chosen: dict[str, Meaning] = {
        name: replace(words.parameters[name], has_bounds=True)
        for name, one in parameters.items()
        if name in words.parameters
        and one.table is not None
        and words.parameters[name].type.name in ORDERED
    }
    for name, one in parameters.items():
        if one.type in ("enum", "role"):
            members = roles_of(one)
            titles = {m: words.roles[m] for m in members} if one.type == "role" else {}
            chosen[name] = Meaning(Type("enum", members), one.title, False, titles)
    if not chosen:
        return words
    return replace(
        words,
        parameters={**words.parameters, **chosen},
        of_all={**words.of_all, **chosen},
    )

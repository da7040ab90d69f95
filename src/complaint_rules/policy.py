"""The public policy: a ruleset that can be loaded, and evaluates cases."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from complaint_rules.case import Case, Event
from complaint_rules.engines.native import NativeEngine
from complaint_rules.errors import CaseError, EngineUnavailable, PolicyError, Problem
from complaint_rules.expressions.moments import ITSELF
from complaint_rules.history import History
from complaint_rules.judging.evaluator import Evaluator
from complaint_rules.public import public
from complaint_rules.ruleset.editing import edited
from complaint_rules.ruleset.load import find_ruleset, parse_ruleset, shipped_rulesets
from complaint_rules.ruleset.past import CheckedHistory, check_history
from complaint_rules.ruleset.vocabulary import CheckedCase
from complaint_rules.time import OfficialCalendar
from complaint_rules.time.instants import read_instant

if TYPE_CHECKING:
    from pydantic import BaseModel

    from complaint_rules.engines import Engine
    from complaint_rules.judging.decision import Decision
    from complaint_rules.ruleset.rules import Rule
    from complaint_rules.ruleset.ruleset import Ruleset

EngineName = Literal["auto", "durable", "native"]


@public
class Policy:
    """One version of one policy, ready to judge cases. Threads may share it; it can be pickled.

    ``load_policy`` makes one from a file; this makes one from the text of a ruleset.

    Args:
        text: the ruleset, in YAML.
        name: stands for the file in messages.
        parameters: values for the policy's parameters, instead of those in the text.
        vocabulary: the text of the vocabulary that the ruleset imports; without it the file is
            looked for beside ``name`` and in the package.
        calendars: official calendars by region, in place of those of the package: a year that
            the package does not know yet, or days kept by the host.

    Raises:
        PolicyError: the text is wrong; every problem is listed with its line.
    """

    def __init__(
        self,
        text: str,
        name: str = "<text>",
        *,
        parameters: Mapping[str, Any] | None = None,
        vocabulary: str | None = None,
        calendars: Mapping[str, OfficialCalendar] | None = None,
    ) -> None:
        ruleset = parse_ruleset(text, name, parameters, vocabulary, calendars)
        given = dict(calendars or {})
        self._take(ruleset, (text, name, dict(parameters or {}), ruleset.vocabulary, given))

    def _take(self, ruleset: Ruleset, made_from: tuple[Any, ...] | None) -> None:
        self.ruleset: Ruleset = ruleset
        self._made_from = made_from
        self._evaluators: dict[tuple[str, bool], Evaluator] = {}
        self._lock = threading.Lock()
        self._case_model: type[BaseModel] | None = None

    @classmethod
    def from_ruleset(cls, ruleset: Ruleset) -> Policy:
        """A policy of a ruleset that was worked out from others. It cannot be pickled by itself."""
        policy = cls.__new__(cls)
        policy._take(ruleset, None)  # noqa: SLF001 - its own
        return policy

    @property
    def id(self) -> str:
        return self.ruleset.id

    @property
    def version(self) -> str:
        return self.ruleset.version

    @property
    def hash(self) -> str:
        """Of the ruleset's text, the vocabulary, the calendar's days and the parameters given.

        Equal hashes mean equal decisions.
        """
        return self.ruleset.hash

    @property
    def title(self) -> Mapping[str, str]:
        return self.ruleset.title

    @property
    def case_model(self) -> type[BaseModel]:
        """A pydantic model of the cases this policy understands, with a JSON Schema to publish.

        ``policy.case_model.model_validate(…).to_case()`` gives a ``Case``.
        """
        if self._case_model is None:
            from complaint_rules.ruleset.case_model import build_case_model

            self._case_model = build_case_model(self.ruleset)
        return self._case_model

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id. Raises DecisionError where there is none."""
        return self.ruleset.rule(rule_id)

    def clause(self, number: str) -> tuple[Rule, ...]:
        """The rules made from a clause, empty for one that is not automated.

        Raises:
            DecisionError: the ruleset says nothing about that clause.
        """
        return self.ruleset.clause(number)

    def check(self, case: Case) -> CheckedCase:
        """Check a case once, to evaluate it several times.

        Raises:
            CaseError: a name is not declared, or a value has not the declared type.
        """
        if not isinstance(case, Case):
            raise CaseError(f"{case!r} is not a Case: build one with Case(…) or Case.from_json(…)")
        return replace(self.ruleset.words.check(case), checked_by=self.hash)

    def check_history(self, history: History) -> CheckedHistory:
        """Check a history once, to judge several cases by it.

        Raises:
            CaseError: an entry is of a kind that the policy does not know, has data that does not
                fit, or does not say whose it is.
        """
        if not isinstance(history, History):
            raise CaseError(
                f"{history!r} is not a History: build one with History(…) or History.from_json(…)"
            )
        return check_history(history, self.ruleset)

    def understood(self, case: Case) -> Case:
        """The part of a case that this policy has words for, to judge it under several policies.

        Facts, roles, events and their data that it does not declare are left out; a reference to
        an event that is left out goes too. ``check`` refuses them instead: what was misspelt would
        be lost here without a word.

        >>> policy = load_policy("cn-telecom-appeals")
        >>> dict(policy.understood(Case("C", {"complaint_bonus": 500, "major": True})).facts)
        {'major': True}
        """
        words = self.ruleset.words
        events = [event for event in case.events if event.type in words.events]
        kept = {event.id for event in events}
        return Case(
            case.id,
            {k: v for k, v in case.facts.items() if k in words.facts or k in words.roles},
            [
                Event(
                    event.type,
                    event.at,
                    id=event.id,
                    ref=event.ref if event.ref in kept else None,
                    **{
                        name: value
                        for name, value in event.data.items()
                        if name in words.event_fields(event.type) or name in words.roles
                    },
                )
                for event in events
            ],
        )

    def changed(self, changes: Mapping[str, Any]) -> Policy:
        """The same policy with other values: a draft, checked like any other.

        Args:
            changes: values by the name of a parameter, or of a rule and its key:
                ``{"late-answer.amount": "50 CNY", "deliver.within": "1 elapsed hour"}``.

        Raises:
            PolicyError: a name is not there, or a value does not fit; it says where.

        >>> milder = load_policy("yundewu-2018").changed({"late-answer.amount": "10 CNY"})
        >>> milder.rule("late-answer").amount.constant.maximum
        Decimal('10.00')
        """
        if self._made_from is None:
            raise PolicyError(
                [
                    Problem(
                        self.id, 0, "", "was worked out from others: change those it is made from"
                    )
                ]
            )
        text, name, parameters, vocabulary, calendars = self._made_from
        settings = {key: value for key, value in changes.items() if "." not in key}
        keys = {key: value for key, value in changes.items() if "." in key}
        if keys:
            text = edited(text, name, keys)
        return _again(text, name, {**parameters, **settings}, vocabulary, calendars)

    def evaluate(
        self,
        case: Case | CheckedCase,
        *,
        as_of: datetime | str,
        history: History | CheckedHistory | None = None,
        engine: EngineName = "auto",
        provisional: bool = False,
        check_date: bool = True,
    ) -> Decision:
        """What follows from this policy for a case at an instant. A later one gives the forecast.

        Args:
            case: facts and events; one that ``check`` has returned is not checked again.
            as_of: an aware datetime, or its ISO 8601 text. Events after it are not looked at.
            history: what is known of other cases of the parties, for counts over it; one that
                ``check_history`` has returned is not checked again. Without it such counts are
                not known beyond the case itself.
            engine: ``"auto"`` uses durable-rules where it is installed, else the native engine.
            provisional: answer for years without a published official calendar as if nothing were
                declared for them, and mark such deadlines; otherwise they are undetermined.
            check_date: refuse a case of a date on which the policy is not in force. Without it
                any case is judged, as ``PolicyVersions`` does when a version takes over.

        Raises:
            CaseError: the case or the history does not fit the policy's vocabulary, or an entry
                of the history is of later than ``as_of``.
            NaiveDatetime: ``as_of`` has no timezone.
            PolicyNotInForce: the policy does not govern the date of the case.
            EngineUnavailable: ``engine="durable"``, and durable-rules is not installed.
        """
        checked = case if isinstance(case, CheckedCase) else self.check(case)
        if checked.checked_by != self.hash:
            raise CaseError(
                f"case {checked.case.id} was checked by another policy than {self.id} {self.hash}: "
                f"give this policy the Case, or check it with this one"
            )
        moment = read_instant(as_of, "as_of")
        past = None if history is None else self._past(history, moment)
        return self._evaluator(engine, provisional).evaluate(checked, moment, check_date, past)

    def _past(self, history: History | CheckedHistory, as_of: datetime) -> CheckedHistory:
        checked = history if isinstance(history, CheckedHistory) else self.check_history(history)
        if checked.checked_by != self.hash:
            raise CaseError(
                f"the history was checked by another policy than {self.id} {self.hash}: give this "
                f"policy the History, or check it with this one"
            )
        last = checked.last
        if last is not None and last.at > as_of:
            raise CaseError(
                f"history entry {last.kind!r} is of {last.at.isoformat()}, after as_of, which is "
                f"{as_of.isoformat()}: leave out what has not happened yet"
            )
        return checked

    def _evaluator(self, engine: EngineName, provisional: bool) -> Evaluator:
        found = self._evaluators.get((engine, provisional))
        if found is None:
            chosen = _choose_engine(engine)
            with self._lock:
                found = self._evaluators.get((chosen, provisional))
                if found is None:
                    found = Evaluator(self._ruleset(provisional), _make_engine(chosen))
                    self._evaluators[chosen, provisional] = found
                # "auto" and the engine it stands for share one evaluator.
                self._evaluators[engine, provisional] = found
        return found

    def _ruleset(self, provisional: bool) -> Ruleset:
        from dataclasses import replace

        if not provisional:
            return self.ruleset
        calendars = {
            name: calendar.provisionally() for name, calendar in self.ruleset.calendars.items()
        }
        return replace(self.ruleset, calendar=calendars[ITSELF].plain, calendars=calendars)

    def __repr__(self) -> str:
        return f"<Policy {self.id} {self.version} {self.hash}>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._made_from is None:
            raise TypeError(f"{self!r} was worked out from others: pickle those it is made from")
        return _again, self._made_from


def _again(
    text: str,
    name: str,
    parameters: Mapping[str, Any],
    vocabulary: str | None,
    calendars: Mapping[str, OfficialCalendar],
) -> Policy:
    """A policy from what it was made from, in the order in which that is kept and pickled."""
    return Policy(text, name, parameters=parameters, vocabulary=vocabulary, calendars=calendars)


def _choose_engine(name: EngineName) -> Literal["durable", "native"]:
    if name not in ("auto", "durable", "native"):
        raise EngineUnavailable(f"engine {name!r} is unknown: use 'auto', 'durable' or 'native'")
    if name != "auto":
        return name
    try:
        import durable.engine  # noqa: F401 - only whether it is here
    except ImportError:
        return "native"
    return "durable"


def _make_engine(name: Literal["durable", "native"]) -> Engine:
    if name == "native":
        return NativeEngine()
    from complaint_rules.engines.durable import DurableEngine

    return DurableEngine()


@public
def load_policy(
    id_or_path: str | Path,
    *,
    parameters: Mapping[str, Any] | None = None,
    calendars: Mapping[str, OfficialCalendar] | None = None,
) -> Policy:
    """Load a shipped ruleset by its id, or a ruleset file by its path.

    Args:
        id_or_path: ``"yundewu-2018"``, or ``"policies/ours.yaml"``.
        parameters: values for the policy's parameters, instead of those in the file.
        calendars: official calendars by region, in place of those of the package:
            ``{"CN": china().extended_by(DatedCalendar.from_json("cn-2027.json"))}``.

    Raises:
        PolicyNotFound: there is neither a shipped ruleset nor a file of that name.
        PolicyError: the file is wrong; every problem is listed with its line.

    >>> load_policy("yundewu-2018").title["zh"]
    '客户投诉管理制度'
    """
    text, name = find_ruleset(id_or_path)
    return Policy(text, name, parameters=parameters, calendars=calendars)


__all__ = ["Policy", "load_policy", "shipped_rulesets"]

"""The decision: everything a policy says about a case at an instant, frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from complaint_rules.currencies import places_of
from complaint_rules.errors import DecisionError
from complaint_rules.expressions import Language
from complaint_rules.frozen import frozen
from complaint_rules.judging.changes import Changes, changes_between, require_comparable
from complaint_rules.judging.items import (
    ChargeItem,
    DeadlineItem,
    EscalationItem,
    Item,
    Liability,
    Note,
    PenaltyItem,
    RecordItem,
    ReliefItem,
    ScheduleItem,
    TargetItem,
    UndeterminedItem,
)
from complaint_rules.judging.parties import require_party, require_unit
from complaint_rules.money import NOTHING, Interval, add_up
from complaint_rules.public import public
from complaint_rules.ruleset.rules import DECISION_SECTIONS

if TYPE_CHECKING:
    from complaint_rules.case import Case
    from complaint_rules.history import History
    from complaint_rules.judging.matching import Judge
    from complaint_rules.judging.state import State
    from complaint_rules.judging.why_not import WhyNot
    from complaint_rules.ruleset.ruleset import Ruleset


class EvaluatingPolicy(Protocol):
    """What ``bind`` needs of a ``Policy``."""

    @property
    def id(self) -> str: ...
    @property
    def hash(self) -> str: ...
    def evaluate(
        self,
        case: Case,
        *,
        as_of: datetime,
        history: History | None = None,
        provisional: bool = False,
        check_date: bool = True,
    ) -> Decision: ...


@frozen
class Basis:
    """What a decision was made from. It explains the decision, and is no part of its value.

    ``at`` judges the same case in the same way at another instant.
    """

    ruleset: Ruleset
    state: State
    judge: Judge
    at: Callable[[datetime], Decision]


@public
@frozen
class Decision:
    """What follows from a policy for a case at ``as_of``.

    Two decisions are equal when they say the same; the same policy, case and instant give the
    same decision, byte for byte in JSON.
    """

    case_id: str
    policy: str
    policy_version: str
    policy_hash: str
    calendar: str
    as_of: datetime
    currency: str
    adds_up: str
    deadlines: tuple[DeadlineItem, ...]
    escalations: tuple[EscalationItem, ...]
    penalties: tuple[PenaltyItem, ...]
    reliefs: tuple[ReliefItem, ...]
    charges: tuple[ChargeItem, ...]
    records: tuple[RecordItem, ...]
    schedules: tuple[ScheduleItem, ...]
    targets: tuple[TargetItem, ...]
    undetermined: tuple[UndeterminedItem, ...]
    liabilities: tuple[Liability, ...]
    notes: tuple[Note, ...]
    next_change_at: datetime | None
    history: str | None = None
    """The hash of the history that counts went over, where one was given."""

    library: str = field(default="", compare=False)
    """The version of this library that decided; 0.1 did not say."""

    tzdata: str = field(default="", compare=False)
    """The version of the rules of time zones, where they come from the package of that name."""

    engine: str = field(default="", compare=False)
    """Which engine matched the rules. They never differ, so it is not stored."""

    basis: Basis | None = field(default=None, repr=False, compare=False, hash=False)

    def items(self) -> Iterator[Item]:
        """All items with an id, section by section."""
        for _, items in self.sections():
            yield from items

    def sections(self) -> Iterator[tuple[str, tuple[Item, ...]]]:
        """The items by section, in the order of a ruleset's; what is undetermined comes last."""
        for section in (*DECISION_SECTIONS, "undetermined"):
            yield section, getattr(self, section)

    def total(self, party: str | None = None, *, unit: str = "") -> Interval:
        """What all parties owe together, or one party or role, after reliefs and refunds: in
        money, or in another ``unit`` of the policy.

        The interval contains every outcome that is still possible; a bound is ``None`` where it
        is open. A refund of more than the penalty makes it negative. A party that the case
        names, or a role that the policy declares, owes 0 where nothing stands against it. A
        decision that was read from JSON knows those that stand in its items.

        Raises:
            DecisionError: the name is not known.
        """
        if party is not None:
            require_party(self, party)
        if unit:
            require_unit(self, unit)
        by_party: dict[tuple[str, str | None], Interval] = {}
        for liability in self.liabilities:
            if party is not None and party not in (liability.against, liability.party):
                continue
            if liability.unit != unit:  # points are never added to money
                continue
            key = (liability.against, liability.party)
            so_far = by_party.get(key)
            if so_far is None:
                by_party[key] = liability.amount
            elif self.adds_up == "heaviest":
                by_party[key] = so_far.larger(liability.amount)
            else:
                by_party[key] = so_far + liability.amount
        if not by_party:
            return NOTHING
        total = add_up(by_party.values())
        return total if unit else total.rounded(places_of(self.currency))

    def changes_since(self, previous: Decision, *, across_policies: bool = False) -> Changes:
        """What is new, changed, moved and gone since an earlier decision on the same case.

        An item that is undetermined and then decided is gone from the one and new in the other.
        Nothing has changed before ``next_change_at`` if nothing else happens.

        Args:
            previous: the decision that the host knows, read from JSON or not.
            across_policies: compare also where the text of the policy was edited in between.
                Another version of it needs no such leave.

        Raises:
            DecisionError: the earlier decision is about another case or policy, was made by
                another text of this version, or is of a later instant.
        """
        require_comparable(previous, self, across_policies=across_policies)
        return changes_between(previous, self)

    # Words

    def explain(self, language: Language = "en") -> str:
        """The decision in plain Chinese (``"zh"``) or English (``"en"``).

        Raises:
            DecisionError: the decision was read from JSON without its policy.
        """
        from complaint_rules.judging.words.explain import explain

        return explain(self, self.known_basis().ruleset, language)

    def say(self, item: Item, language: Language = "en") -> str:
        """One of its items in plain words: the title with the clause, and below what follows.

        It need not be from this very decision: an item of an earlier one on the same case is said
        alike, so that a host can tell what is over.

        Raises:
            DecisionError: the decision was read from JSON without its policy.

        >>> from complaint_rules import Case, Event, load_policy
        >>> registered = Event("registered", "2018-07-02T09:00:00+08:00")
        >>> case = Case("C-1", {"complaint_origin": "external"}, [registered])
        >>> policy = load_policy("yundewu-2018")
        >>> decision = policy.evaluate(case, as_of="2018-07-02T10:00:00+08:00")
        >>> late = next(item for item in decision.deadlines if item.rule == "deliver")
        >>> print(decision.say(late))
        Deliver to the second handler within 30 minutes [5.2.2]
          first handler: overdue by 30 minutes: was due 2018-07-02 09:30
        """
        from complaint_rules.judging.words.explain import summary
        from complaint_rules.judging.words.speaker import Speaker

        speaker = Speaker.of(self, language)
        return f"{speaker.head(item.rule)}\n  {summary(item, speaker)}"

    def html(self, language: Language = "en") -> str:
        """The decision as a table, each item with its clause, and its reasons on a click.

        Notebooks show it by themselves.

        Raises:
            DecisionError: the decision was read from JSON without its policy.
        """
        from complaint_rules.judging.words.html import decision_html

        return decision_html(self, self.known_basis().ruleset, language)

    def _repr_html_(self) -> str | None:
        return self.html() if self.basis is not None else None

    def why_not(self, rule_id: str) -> WhyNot:
        """Why a rule did not apply, and what would have had to differ.

        Raises:
            DecisionError: the policy has no such rule, or the decision was read from JSON.
        """
        from complaint_rules.judging.why_not import why_not

        return why_not(self.known_basis(), rule_id)

    def known_basis(self) -> Basis:
        """What it was made from.

        Raises:
            DecisionError: the decision was read from JSON without its policy.
        """
        if self.basis is None:
            raise DecisionError(
                "the decision was read without its policy and case: give it both with "
                "decision.bind(policy, case)"
            )
        return self.basis

    # JSON

    def to_json(self, *, indent: int | None = None) -> str:
        """The decision as JSON text; ``from_json`` reads it back, equal in every part.

        Both engines give the same text. What the decision was made from is not in it: keep the
        case beside it, and ``bind`` makes it explain itself again.
        """
        from complaint_rules.judging.serialize import decision_to_json

        return decision_to_json(self, indent)

    @classmethod
    def from_json(cls, text: str | bytes) -> Decision:
        """Read a decision from JSON text.

        Raises:
            DecisionError: the text is no decision.
        """
        from complaint_rules.judging.serialize import decision_from_json

        return decision_from_json(text)

    def bind(
        self,
        policy: EvaluatingPolicy,
        case: Case,
        *,
        history: History | None = None,
        provisional: bool = False,
        check_date: bool = True,
    ) -> Decision:
        """The same decision with what it was made from, so that it explains itself again.

        ``history``, ``provisional`` and ``check_date`` are those of the evaluation that made it.

        Raises:
            DecisionError: it was not made from this case under this version of the policy.

        >>> from complaint_rules import Case, Event, load_policy
        >>> case = Case("C-1", {}, [Event("registered", "2018-07-02T09:00:00+08:00")])
        >>> policy = load_policy("yundewu-2018")
        >>> text = policy.evaluate(case, as_of="2018-07-02T10:00:00+08:00").to_json()
        >>> "C-1" in Decision.from_json(text).bind(policy, case).explain("en")
        True
        """
        if (self.policy, self.policy_hash) != (policy.id, policy.hash):
            raise DecisionError(
                f"the decision was made under {self.policy} {self.policy_hash}, this policy is "
                f"{policy.id} {policy.hash}: bind it to the version it names"
            )
        if self.history != (None if history is None else history.hash):
            made = "without a history" if self.history is None else f"by history {self.history}"
            given = "none" if history is None else history.hash
            raise DecisionError(
                f"the decision on case {self.case_id} was made {made}, given is {given}: bind it "
                f"with the history as it was then, history=…"
            )
        again = policy.evaluate(
            case,
            as_of=self.as_of,
            history=history,
            provisional=provisional,
            check_date=check_date,
        )
        if again != self:
            raise DecisionError(
                f"case {case.id} gives another decision than the one stored for {self.case_id} by "
                f"version {self.library or '0.1'}: bind the case as it was then, and the official "
                f"calendars and settings that were used"
            )
        # Equal, and with the titles that decisions kept by earlier versions do not have.
        return replace(again, library=self.library, tzdata=self.tzdata)

    # The value is frozen: a copy would be the same in every part, and lose what it explains by.

    def __copy__(self) -> Decision:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Decision:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Decision.from_json, (self.to_json(),)

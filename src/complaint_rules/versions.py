"""Several versions of one policy, and which of them governs a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from complaint_rules.case import Case
from complaint_rules.errors import PolicyError, PolicyNotInForce, Problem
from complaint_rules.history import History
from complaint_rules.judging.decision import Decision
from complaint_rules.policy import EngineName, Policy, load_policy
from complaint_rules.public import public
from complaint_rules.ruleset.transition import transition
from complaint_rules.time.instants import read_instant


@public
class PolicyVersions:
    """The versions of one policy, in order of the dates from which they are in force.

    The version that governs a case is the one in force on the case's date, which the policy says
    by ``effective: {by: …}``: its registration, if it says nothing else. A version without
    ``until`` ends when the next one begins. What becomes of running cases when a new version takes
    over, that version says by ``effective: {running_cases: …}``:

    * ``stay``: a case is judged under the version of its date, for good;
    * ``new-duties``: duties that began before stay under the earlier version (their ``rule`` has
      its name, ``reply@1``, and their ids stay); everything else is judged under the new one;
    * ``all``: everything is judged under the new version, from its first day on.

    Args:
        policies: one for each version; all have the same id.

    Raises:
        PolicyError: the ids differ, a version is there twice, or two are in force on one date.
    """

    def __init__(self, policies: Iterable[Policy]) -> None:
        self.policies = tuple(sorted(policies, key=lambda policy: policy.ruleset.effective_from))
        self._check()
        self._paths = [self._path(number) for number in range(len(self.policies))]

    def _path(self, number: int) -> list[Policy]:
        """What a case of a version is judged under, as later versions take over one by one."""
        path = [self.policies[number]]
        for later in self.policies[number + 1 :]:
            match later.ruleset.running_cases:
                case "stay":
                    path.append(path[-1])
                case "new-duties":
                    combined = transition(path[-1].ruleset, later.ruleset)
                    path.append(Policy.from_ruleset(combined))
                case "all":
                    path.append(later)
        return path

    @property
    def id(self) -> str:
        return self.policies[0].id

    def _check(self) -> None:
        def refuse(message: str) -> None:
            raise PolicyError(
                [Problem(self.policies[0].id if self.policies else "", 0, "", message)]
            )

        if not self.policies:
            refuse("no versions: give at least one policy")
        if len({policy.id for policy in self.policies}) > 1:
            names = ", ".join(sorted({policy.id for policy in self.policies}))
            refuse(f"versions of several policies, {names}: give those of one")
        for earlier, later in zip(self.policies, self.policies[1:], strict=False):
            until, since = earlier.ruleset.effective_until, later.ruleset.effective_from
            if earlier.version == later.version:
                refuse(f"version {later.version} is there twice: give each its own 'version'")
            if earlier.ruleset.effective_from == since or (until is not None and until >= since):
                refuse(
                    f"versions {earlier.version} and {later.version} are both in force on {since}: "
                    f"let the earlier end the day before"
                )

    def version_for(self, case: Case, *, as_of: datetime | str) -> Policy:
        """The version in force on the date of the case; on that of ``as_of`` while it has none.

        Raises:
            PolicyNotInForce: none is.
        """
        moment = read_instant(as_of, "as_of")
        dates = [_date(case, policy, moment) for policy in self.policies]
        if not any(dates):
            dates = [_day(moment, policy) for policy in self.policies]
        for policy, following, day in zip(
            self.policies, (*self.policies[1:], None), dates, strict=True
        ):
            if day is None:
                continue
            ruleset = policy.ruleset
            ended = ruleset.effective_until is not None and day > ruleset.effective_until
            taken_over = following is not None and day >= following.ruleset.effective_from
            if day >= ruleset.effective_from and not ended and not taken_over:
                return policy
        first, last = self.policies[0].ruleset, self.policies[-1].ruleset
        raise PolicyNotInForce(
            f"no version of policy {self.id} is in force at the date of case {case.id}: there are "
            f"versions from {first.effective_from} until {last.effective_until or 'now'}"
        )

    def evaluate(
        self,
        case: Case,
        *,
        as_of: datetime | str,
        history: History | None = None,
        engine: EngineName = "auto",
        provisional: bool = False,
    ) -> Decision:
        """What follows for a case under the version that governs it; see ``Policy.evaluate``."""
        moment = read_instant(as_of, "as_of")
        governing = self.version_for(case, as_of=moment)
        number = self.policies.index(governing)
        later = self.policies[number + 1 :]
        taken_over = sum(_day(moment, one) >= one.ruleset.effective_from for one in later)
        policy = self._paths[number][taken_over]
        decision = policy.evaluate(
            case,
            as_of=moment,
            history=history,
            engine=engine,
            provisional=provisional,
            check_date=policy is governing,
        )
        basis = decision.basis
        if basis is not None:
            # At another instant another version may govern the case.
            again = partial(
                self._evaluate_at, case, history=history, engine=engine, provisional=provisional
            )
            basis = replace(basis, at=again)
        return replace(
            decision,
            next_change_at=_earliest(decision.next_change_at, later[taken_over:]),
            basis=basis,
        )

    def _evaluate_at(
        self,
        case: Case,
        instant: datetime,
        *,
        history: History | None,
        engine: EngineName,
        provisional: bool,
    ) -> Decision:
        past = None if history is None else history.until(instant)
        return self.evaluate(
            case, as_of=instant, history=past, engine=engine, provisional=provisional
        )

    def __repr__(self) -> str:
        return f"<PolicyVersions {self.id} {', '.join(policy.version for policy in self.policies)}>"

    def __reduce__(self) -> tuple[type[PolicyVersions], tuple[tuple[Policy, ...]]]:
        return PolicyVersions, (self.policies,)


@public
def load_versions(
    paths: Iterable[str | Path], *, parameters: Mapping[str, Any] | None = None
) -> PolicyVersions:
    """Load the versions of a policy from their files.

    Raises:
        PolicyError: a file is wrong, or the versions do not fit together.
    """
    return PolicyVersions(load_policy(path, parameters=parameters) for path in paths)


def _earliest(change: datetime | None, later: Iterable[Policy]) -> datetime | None:
    """The next change, or the first day of a version that takes running cases over before it."""
    days = (
        policy.ruleset.calendar.wall(policy.ruleset.effective_from, 0)
        for policy in later
        if policy.ruleset.running_cases != "stay"
    )
    return min((day for day in (change, *days) if day is not None), default=None)


def _date(case: Case, policy: Policy, as_of: datetime) -> date | None:
    """The date of a case, as the policy dates it; events after ``as_of`` are not looked at."""
    by = policy.ruleset.effective_by
    dates = [event.at for event in case.events if event.type == by and event.at <= as_of]
    return _day(min(dates), policy) if dates else None


def _day(instant: datetime, policy: Policy) -> date:
    return instant.astimezone(policy.ruleset.calendar.timezone).date()

"""Whom a decision knows by name: roles, and the people and departments that have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from complaint_rules.errors import DecisionError, did_you_mean

if TYPE_CHECKING:
    from complaint_rules.judging.decision import Basis, Decision

_FIELDS: Final = ("party", "duty_of", "to", "against", "borne_by", "kept_by")
"""The fields of items that name a party or a role."""


def require_party(decision: Decision, party: str) -> None:
    """Refuse a name that nobody has.

    Raises:
        DecisionError: neither the items nor, where it knows them, the policy and the case name it.
    """
    names = _named_in_items(decision)
    if decision.basis is None:
        if party not in names:
            raise DecisionError(
                f"{party!r} is in no item of the decision{did_you_mean(party, names)}, which was "
                f"read without its case: name one of {_listed(names)}, or bind it to the case to "
                f"ask for others"
            )
        return
    names |= _named_in_case(decision.basis)
    if party not in names:
        raise DecisionError(
            f"{party!r} is no party or role here{did_you_mean(party, names)}: "
            f"name one of {_listed(names)}"
        )


def require_unit(decision: Decision, unit: str) -> None:
    """Refuse what nothing is counted in.

    Raises:
        DecisionError: neither the items nor, where it knows it, the policy name it.
    """
    units = {liability.unit for liability in decision.liabilities}
    if decision.basis is not None:
        units |= set(decision.basis.ruleset.units)
    if unit and unit not in units:
        known = units - {""}
        raise DecisionError(
            f"{unit!r} is no unit here{did_you_mean(unit, known)}: name one of {_listed(known)}, "
            f"or none for money"
        )


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _named_in_items(decision: Decision) -> set[str]:
    named = {getattr(item, name, None) for item in decision.items() for name in _FIELDS}
    named |= {name for owed in decision.liabilities for name in (owed.against, owed.party)}
    for step in decision.escalations:
        named |= {*step.joint_with, *step.waiting_for}
    return {name for name in named if name is not None}


def _named_in_case(basis: Basis) -> set[str]:
    roles = basis.ruleset.words.roles
    names = set(roles)
    case = basis.state.case
    for bound_parties in case.parties.values():
        names.update(bound_parties)
    for event in case.events:
        for bound_parties in event.parties.values():
            names.update(bound_parties)
    return names

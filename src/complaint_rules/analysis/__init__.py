"""What a ruleset says about itself before any case comes: findings, each proved.

One module a kind of finding. ``complaint-rules check`` prints them.
"""

from __future__ import annotations

from collections.abc import Iterator

from complaint_rules.analysis.finding import Finding
from complaint_rules.analysis.never_applies import never_applies
from complaint_rules.policy import Policy

__all__ = ["Finding", "findings"]


def findings(policy: Policy) -> Iterator[Finding]:
    """Everything that is certainly a slip of the pen, in the order of the rules.

    >>> from complaint_rules import load_policy
    >>> list(findings(load_policy("yundewu-2018")))
    []
    """
    yield from never_applies(policy.ruleset)

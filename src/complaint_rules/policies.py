"""The address that pickled policies of version 0.1 name."""

from complaint_rules.policy import Policy, _again

__all__ = ["Policy", "_again"]

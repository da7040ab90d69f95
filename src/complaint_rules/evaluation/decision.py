"""The address that pickled decisions of version 0.1 name."""

from complaint_rules.judging.decision import Decision

__all__ = ["Decision"]

"""Rule engines: which rules match. Two of them, behind one protocol, that never disagree."""

from complaint_rules.engines.protocol import Engine, Match, Matcher

__all__ = ["Engine", "Match", "Matcher"]

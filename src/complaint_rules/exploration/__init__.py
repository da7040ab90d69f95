"""What if: the smallest change that alters a decision, and what follows from every time."""

from complaint_rules.exploration.changes import NearestChange, NearestChanges, Untried
from complaint_rules.exploration.curves import Piece, TimeCurve, by_time
from complaint_rules.exploration.nearest import nearest_changes

__all__ = [
    "NearestChange",
    "NearestChanges",
    "Piece",
    "TimeCurve",
    "Untried",
    "by_time",
    "nearest_changes",
]

"""What if: the smallest change that alters a decision, and what follows from every time."""

from complaint_rules.exploration.curves import Piece, TimeCurve, by_time
from complaint_rules.exploration.nearest import NearestChange, nearest_changes

__all__ = ["NearestChange", "Piece", "TimeCurve", "by_time", "nearest_changes"]

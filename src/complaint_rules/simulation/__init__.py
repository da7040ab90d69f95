"""A policy applied to many cases at once (the extra ``simulation``).

``simulate`` takes a data frame and gives tidy tables; every row is one that ``evaluate`` gives for
the case by itself.
"""

from complaint_rules.simulation.simulation import Simulation, simulate

__all__ = ["Simulation", "simulate"]

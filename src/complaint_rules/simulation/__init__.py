"""A policy applied to many cases at once (the extra ``simulation``).

``simulate`` takes a data frame and gives tidy tables; every row is one that ``evaluate`` gives for
the case by itself. ``compare``, ``sweep`` and ``accrue`` ask what another policy, other limits and
amounts, or another time would change; ``simulate_files`` takes more cases than memory holds.
"""

from complaint_rules.simulation.accrue import Accrual, accrue
from complaint_rules.simulation.arrow import ArrowSimulator
from complaint_rules.simulation.compare import Comparison, compare
from complaint_rules.simulation.files import Written, simulate_batches, simulate_files
from complaint_rules.simulation.simulation import Simulation, simulate
from complaint_rules.simulation.sweep import Sweep, sweep

__all__ = [
    "Accrual",
    "ArrowSimulator",
    "Comparison",
    "Simulation",
    "Sweep",
    "Written",
    "accrue",
    "compare",
    "simulate",
    "simulate_batches",
    "simulate_files",
    "sweep",
]

"""A policy applied to many cases at once (the extra ``simulation``).

``simulate`` takes a data frame and gives tidy tables; every row is one that ``evaluate`` gives for
the case by itself. ``compare``, ``sweep`` and ``accrue`` ask what another policy, other limits and
amounts, or another time would change; ``simulate_files`` takes more cases than memory holds.
"""

try:
    import numpy  # noqa: F401, ICN001 - only whether it is here
    import polars  # noqa: F401, ICN001
    import pyarrow  # noqa: F401, ICN001
    import tqdm  # noqa: F401
except ImportError as error:
    raise ImportError(
        f"{error}: complaint_rules.simulation needs more than the base: "
        f"pip install 'complaint-rules[simulation]'"
    ) from error

from complaint_rules.simulation.accrue import Accrual, accrue
from complaint_rules.simulation.arrow import ArrowSimulator
from complaint_rules.simulation.compare import Comparison, compare
from complaint_rules.simulation.files import Written, simulate_batches, simulate_files
from complaint_rules.simulation.matches import matches
from complaint_rules.simulation.simulation import Simulation, simulate
from complaint_rules.simulation.sweep import Sweep, sweep
from complaint_rules.simulation.whole_cases import whole_cases

__all__ = [
    "Accrual",
    "ArrowSimulator",
    "Comparison",
    "Simulation",
    "Sweep",
    "Written",
    "accrue",
    "compare",
    "matches",
    "simulate",
    "simulate_batches",
    "simulate_files",
    "sweep",
    "whole_cases",
]

"""Pictures of decisions and results, with Altair (the extra ``notebook``).

Each function takes plain values or a table and gives an Altair chart, which a notebook shows and
``chart.save("picture.png")`` writes. Texts may be Chinese; the machine needs a font for them.
"""

try:
    import altair  # noqa: F401, ICN001 - only whether it is here
except ImportError as error:
    raise ImportError(
        f"{error}: pictures need more than the base: pip install 'complaint-rules[notebook]'"
    ) from error

from complaint_rules.pictures.charts import (
    comparison,
    distribution,
    heat_map,
    over_time,
    ranges,
    swept,
)
from complaint_rules.pictures.curves import by_lateness
from complaint_rules.pictures.timeline import timeline

__all__ = [
    "by_lateness",
    "comparison",
    "distribution",
    "heat_map",
    "over_time",
    "ranges",
    "swept",
    "timeline",
]

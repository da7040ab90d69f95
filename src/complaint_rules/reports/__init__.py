"""Reports over many decisions: monthly statements, statistics, targets. Pure functions."""

from complaint_rules.reports.accrual import Accrual, accruals
from complaint_rules.reports.limits import LooserLimit, looser_limits
from complaint_rules.reports.lines import Line
from complaint_rules.reports.period import Period
from complaint_rules.reports.settlement import Statement, settle
from complaint_rules.reports.statistics import Row, Statistics, statistics
from complaint_rules.reports.targets import TargetResult, targets
from complaint_rules.reports.wages import WageCap

__all__ = [
    "Accrual",
    "Line",
    "LooserLimit",
    "Period",
    "Row",
    "Statement",
    "Statistics",
    "TargetResult",
    "WageCap",
    "accruals",
    "looser_limits",
    "settle",
    "statistics",
    "targets",
]

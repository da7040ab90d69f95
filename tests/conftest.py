from __future__ import annotations

import os
import time

import pytest
from hypothesis import HealthCheck, settings

from samples import SHARED

QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "print_blob": True}
settings.register_profile("dev", **QUIET)
settings.register_profile("deep", **QUIET, max_examples=1_000)
# What `make test` runs: the same examples every time, so that it fails for a change, not for luck.
settings.register_profile("ci", **QUIET, derandomize=True, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

if hasattr(time, "tzset"):
    time.tzset()  # a worker is given its zone after it began


def pytest_report_header():
    if not SHARED.is_dir():
        return f"tests marked 'shared' are left out: {SHARED} is not here"
    return None


def pytest_collection_modifyitems(config, items):
    """Mark what reads the folder beside the checkout, and leave it out where there is none."""
    for item in items:
        if "shared" in getattr(item, "fixturenames", ()):
            item.add_marker("shared")
    if not SHARED.is_dir():
        away = [item for item in items if item.get_closest_marker("shared")]
        if away:
            config.hook.pytest_deselected(items=away)
            items[:] = [item for item in items if not item.get_closest_marker("shared")]


@pytest.fixture
def shared():
    """The folder with the sources and raw data. Without it the tests that want it do not run."""
    return SHARED

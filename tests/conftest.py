from __future__ import annotations

import warnings

import pytest
from hypothesis import HealthCheck, settings

from samples import SHARED

settings.register_profile(
    "project", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("project")


@pytest.fixture
def shared():
    """The folder with the sources and raw data; without it a test is skipped, loudly."""
    if not SHARED.is_dir():
        warnings.warn(pytest.PytestWarning(f"{SHARED} is not here: skipped"), stacklevel=1)
        pytest.skip(f"{SHARED} is not here")
    return SHARED

"""How frames are read, where a function passes it on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from complaint_rules.simulation.reading import Reading, Unknown


class ReadingOptions(TypedDict, total=False):
    """How a frame is to be read; each is explained by ``simulate``."""

    case: str | None
    event: str | None
    time: str | None
    timezone: str | None
    activities: Mapping[str, str] | None
    unknown: Unknown


def reading(options: ReadingOptions) -> Reading:
    """The options as one value."""
    return Reading(**options)

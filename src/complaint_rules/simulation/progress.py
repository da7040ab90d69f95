"""A bar for work that takes more than a second, in a terminal or a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


def shown(parts: Iterable[T], total: int, unit: str, progress: bool | None) -> Iterator[T]:
    """The parts one after the other, with a bar that counts them.

    ``progress`` says whether; ``None`` leaves it to whether somebody is looking: a terminal or a
    notebook. Nothing is shown for work of less than a second.
    """
    from tqdm import tqdm

    looking = sys.stderr.isatty() or _in_notebook()
    bar: Any = tqdm(
        total=total,
        unit=f" {unit}",
        unit_scale=True,
        delay=1,
        leave=False,
        disable=not (looking if progress is None else progress),
    )
    with bar:
        for part in parts:
            yield part
            bar.update(_size(part))


def _size(part: object) -> int:
    size = getattr(part, "__len__", None)
    return 1 if size is None else int(size())


def _in_notebook() -> bool:
    """Whether a notebook shows what is printed."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")

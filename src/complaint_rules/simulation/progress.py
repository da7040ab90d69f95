"""A bar for work that takes more than a second, in a terminal or a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

from tqdm import tqdm

T = TypeVar("T")


class Bar:
    """Counts what is done. Nothing is shown for work of less than a second.

    ``progress`` says whether to show it; ``None`` leaves it to whether somebody is looking: a
    terminal or a notebook.
    """

    def __init__(self, total: int, unit: str, progress: bool | None) -> None:
        looking = sys.stderr.isatty() or _in_notebook()
        self._bar: Any = tqdm(
            total=total,
            unit=f" {unit}",
            unit_scale=total > 1_000,
            delay=1,
            leave=False,
            file=sys.stderr,
            disable=not (looking if progress is None else progress),
        )

    def update(self, count: int) -> None:
        """So much more is done."""
        self._bar.update(count)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()


def shown(parts: Iterable[T], total: int, unit: str, progress: bool | None) -> Iterator[T]:
    """The parts one after the other, with a bar that counts them, or what they hold."""
    with Bar(total, unit, progress) as bar:
        for part in parts:
            yield part
            size = getattr(part, "__len__", None)
            bar.update(1 if size is None or isinstance(part, tuple) else int(size()))


def _in_notebook() -> bool:
    """Whether a notebook shows what is printed."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")

"""Sets of missing names, as small numbers that columns can hold."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from complaint_rules.columns.values import take

Codes = NDArray[np.int32]


class MissingNames:
    """Gives each set of names a number; 0 is the empty set.

    >>> missing = MissingNames()
    >>> loss, grade = missing.code(["loss"]), missing.code(["grade"])
    >>> joined = missing.join(np.array([loss, 0], dtype=np.int32), np.array([grade, grade]))
    >>> missing.series(joined).to_list()
    [['grade', 'loss'], ['grade']]
    """

    def __init__(self) -> None:
        self._codes: dict[tuple[str, ...], int] = {(): 0}
        self._names: list[tuple[str, ...]] = [()]

    def code(self, names: Iterable[str]) -> int:
        """The number of a set of names."""
        key = tuple(sorted(set(names)))
        found = self._codes.get(key)
        if found is None:
            found = self._codes[key] = len(self._names)
            self._names.append(key)
        return found

    def join(self, one: Codes, other: Codes) -> Codes:
        """The numbers of the unions, row by row."""
        if not other.any():
            return one
        if not one.any():
            return other.astype(np.int32)
        pairs, inverse = np.unique(
            one.astype(np.int64) * len(self._names) + other, return_inverse=True
        )
        count = len(self._names)
        joined = [
            self.code([*self._names[pair // count], *self._names[pair % count]])
            for pair in pairs.tolist()
        ]
        return np.array(joined, dtype=np.int32)[inverse]

    def translated(self, codes: Codes, other: MissingNames) -> Codes:
        """Numbers that another one has given, as those of the same sets here."""
        if other is self or not codes.any():
            return codes
        numbers = [self.code(names) for names in other._names]
        return np.array(numbers, dtype=np.int32)[codes]

    def series(self, codes: Codes) -> pl.Series:
        """The names of each row, in alphabetical order."""
        lists = pl.Series([list(names) for names in self._names], dtype=pl.List(pl.String))
        return take(lists, codes)

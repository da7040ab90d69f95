"""The cases that were judged already, by which one that returns is noticed."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from complaint_rules.errors import CaseError

Keys = NDArray[np.uint64]


class CaseReturns(CaseError):
    """A case has more rows than those with which it was judged."""

    def __init__(self, case: Any) -> None:
        super().__init__(
            f"rows of case {case!r} come after it was judged, since they do not stand together, or "
            f"two cases have this id: sort or group the rows by case before cutting batches"
        )
        self.case = case


class JudgedCases:
    """Remembers eight bytes for each case: a whole number itself, of anything else a hash.

    Two texts of one hash would be refused though they differ, and never judged wrongly; among ten
    million that happens with a chance of three in a million. While keys are merged, up to 24 bytes
    for each case are in use.
    """

    def __init__(self) -> None:
        self._type: Any = None
        # Sorted, each at least twice as long as the next, so that there are few to search.
        self._runs: list[Keys] = []

    @property
    def nbytes(self) -> int:
        """How much memory is in use between batches."""
        return sum(run.nbytes for run in self._runs)

    def add(self, ids: pl.Series) -> None:
        """Note the cases of a batch.

        Raises:
            CaseError: one of them was noted before, or their ids are of another type.
        """
        ids = comparable(ids.drop_nulls())
        if not len(ids):
            return
        self._check_type(ids.dtype)
        keys = _keys(ids)
        order = np.argsort(keys)
        in_order = keys[order]
        for run in self._runs:
            place = np.minimum(np.searchsorted(run, in_order), len(run) - 1)
            again = run[place] == in_order
            if again.any():
                raise CaseReturns(ids[int(order[again].min())])
        self._keep(np.unique(in_order))

    def _check_type(self, type_: Any) -> None:
        if self._type is not None and type_ != self._type:
            raise CaseError(
                f"ids of cases are {type_} in a batch, and {self._type} in one before, so that "
                f"they cannot be compared: give all batches the same type"
            )
        self._type = type_

    def _keep(self, run: Keys) -> None:
        self._runs.append(run)
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            last, before = self._runs.pop(), self._runs.pop()
            merged = np.concatenate([before, last])
            # Stable is quick for what consists of two runs.
            merged.sort(kind="stable")
            self._runs.append(merged)


def comparable(ids: pl.Series) -> pl.Series:
    """Ids such that equal ones of different batches are equal: codes as what they stand for."""
    if isinstance(ids.dtype, pl.Categorical | pl.Enum):
        return ids.cast(pl.String)
    if ids.dtype.is_integer() and ids.dtype != pl.UInt64:
        return ids.cast(pl.Int64)
    return ids


def _keys(ids: pl.Series) -> Keys:
    if ids.dtype in (pl.Int64, pl.UInt64):
        return ids.to_numpy().view(np.uint64)
    return ids.hash().to_numpy()

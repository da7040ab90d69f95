"""Parameters: numbers, times and names that the organisation sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from complaint_rules.expressions import Value
from complaint_rules.money import Interval
from complaint_rules.ruleset.tables import Table


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that the organisation sets: by date (``values``), or by facts (``table``)."""

    name: str
    type: str
    title: Mapping[str, str]
    dated_by: str | None
    values: tuple[tuple[date, Value | Interval], ...] = ()
    keys: tuple[str, ...] = ()
    table: Table | None = None

    def on(self, day: date | None) -> Value | Interval | None:
        """The value in force on a day, where there is no table; ``None`` where there is none.

        ``day`` may be ``None`` only where the value does not depend on it.
        """
        found: Value | Interval | None = None
        for first, value in self.values:
            if first == date.min or (day is not None and first <= day):
                found = value
        return found

    def every_value(self) -> Iterator[Value | Interval]:
        """Every value that it may have."""
        yield from (value for _, value in self.values)
        if self.table is not None:
            yield from dict.fromkeys(row.value for row in self.table.rows)

    @property
    def is_tariff(self) -> bool:
        """Whether it is worked out from another amount, band by band."""
        return self.table is not None and self.table.each_band is not None

    @property
    def needs_day(self) -> bool:
        """Whether the value depends on a date."""
        if self.table is not None:
            return self.table.dated
        return any(first != date.min for first, _ in self.values)

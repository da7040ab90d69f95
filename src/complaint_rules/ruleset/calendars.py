"""The calendars of a policy: its own and those that it names, some with hours by the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from complaint_rules.time import OfficialCalendar, WorkingCalendar


@dataclass(frozen=True, slots=True)
class PolicyCalendar:
    """A calendar of the policy; two are equal where they are declared alike.

    ``hours`` is the parameter that gives its business hours, where that depends on the case or has
    no value. Then ``plain`` knows days and no hours, and ``by_hours`` has a calendar for each value
    of the parameter. Which days are worked is the same in all of them.
    """

    title: Mapping[str, str]
    declared: Any
    official: OfficialCalendar | None
    plain: WorkingCalendar = field(compare=False)
    hours: str | None = None
    by_hours: Mapping[str, WorkingCalendar] = field(default_factory=dict)

    def with_hours(self, hours: Any) -> WorkingCalendar:
        """The calendar of a case in which the parameter has a value, or none."""
        return self.by_hours.get(hours, self.plain)

    def provisionally(self) -> PolicyCalendar:
        """The same, answering for years without an official calendar as well."""
        return replace(
            self,
            plain=self.plain.provisionally(),
            by_hours={hours: one.provisionally() for hours, one in self.by_hours.items()},
        )

    @property
    def every(self) -> tuple[WorkingCalendar, ...]:
        """Each calendar that a case may have."""
        return (self.plain, *self.by_hours.values())

    @property
    def any(self) -> WorkingCalendar:
        """One that has hours, if any has: what tools try out, where no case says which."""
        return next(iter(self.by_hours.values()), self.plain)


def versions_of(calendars: Mapping[str, PolicyCalendar]) -> str:
    """The versions of the calendars' data, as a decision names them."""
    own = next(iter(calendars.values())).plain.version
    others = [f"{name}: {one.plain.version}" for name, one in calendars.items() if name]
    return "; ".join([own, *others])

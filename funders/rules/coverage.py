"""
Which terms can match the same event (spec: programme-file, under What a load refuses).

An event has a service, an area and a cohort that the service serves, an outcome date and hours
a week. What differs between the combinations of service, area and cohort is only which terms
accept them, so each is reduced to that set of terms (a *group*), and equal ones are looked at
once. Within a group the dates and the hours at which something begins or ends are enough.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from funders.rules.definition import ProgrammeDefinition, ServiceDefinition
from funders.rules.places import PlacedTerm

MOST_HOURS = Decimal(168)
Group = tuple[int, ...]  # the indexes of terms, ascending


@dataclass(frozen=True, slots=True)
class Reach:
    """What events a term accepts. Days are ordinals, both ends included; hours_below is excluded."""

    services: tuple[str, ...]
    areas: tuple[str, ...]
    cohorts: tuple[str, ...]
    first_day: int
    last_day: int
    hours_min: Decimal
    hours_below: Decimal | None
    names_hours: bool

    @classmethod
    def of(cls, placed: PlacedTerm) -> Reach:
        term, agreement = placed.term, placed.owner.agreement
        return cls(
            services=term.services,
            areas=term.areas,
            cohorts=term.cohorts,
            first_day=max(agreement.starts_on, term.starts_on or date.min).toordinal(),
            last_day=min(agreement.ends_on, term.ends_on or date.max).toordinal(),
            hours_min=term.hours_min or Decimal(0),
            hours_below=term.hours_below,
            names_hours=term.hours_min is not None or term.hours_below is not None,
        )

    def takes_hours(self, hours: Decimal) -> bool:
        return self.hours_min <= hours and (self.hours_below is None or hours < self.hours_below)

    def takes_day(self, day: int) -> bool:
        return self.first_day <= day <= self.last_day

    def meets(self, other: Reach) -> bool:
        """Tell whether some day and some number of hours are within both."""
        hours = max(self.hours_min, other.hours_min)
        day = max(self.first_day, other.first_day)
        return all(each.takes_hours(hours) and each.takes_day(day) for each in (self, other))


@dataclass(frozen=True, slots=True)
class Served:
    """The areas and cohorts of a service; ``None`` alone where the programme has none to serve."""

    service: frozenset[str | None]
    areas: frozenset[str | None]
    cohorts: frozenset[str | None]

    @classmethod
    def by(cls, service: ServiceDefinition, definition: ProgrammeDefinition) -> Served:
        areas = service.areas or tuple(each.code for each in definition.areas)
        cohorts = service.cohorts or tuple(each.code for each in definition.cohorts)
        return cls(frozenset({service.code}), frozenset(areas or (None,)), frozenset(cohorts or (None,)))


def groups(reaches: Sequence[Reach], served: Iterable[Served]) -> list[Group]:
    """Return the different non-empty sets of terms that accept some service, area and cohort."""
    services = _Acceptance((each.services for each in reaches), len(reaches))
    areas = _Acceptance((each.areas for each in reaches), len(reaches))
    cohorts = _Acceptance((each.cohorts for each in reaches), len(reaches))
    found: set[int] = set()
    for each in served:
        (here,) = services.of(each.service)
        in_cohorts = cohorts.of(each.cohorts) if here else set()
        found |= {here & area & cohort for area in areas.of(each.areas) for cohort in in_cohorts}
    return sorted(_indexes(mask) for mask in found if mask)


class _Acceptance:
    """Which terms accept a code, as a bit for each term: those that name it, and those that name none."""

    def __init__(self, named: Iterable[tuple[str, ...]], count: int) -> None:
        self._open = (1 << count) - 1
        self._named: defaultdict[str | None, int] = defaultdict(int)
        for index, codes in enumerate(named):
            if codes:
                self._open ^= 1 << index
            for code in codes:
                self._named[code] |= 1 << index

    def of(self, codes: frozenset[str | None]) -> set[int]:
        """Return the different sets of terms that accept one of the codes."""
        named = codes & self._named.keys()
        others = {self._open} if len(named) < len(codes) else set()
        return others | {self._open | self._named[code] for code in named}


def _indexes(mask: int) -> Group:
    digits = bin(mask)[:1:-1]
    return tuple(index for index, digit in enumerate(digits) if digit == "1")


def in_time(reaches: Sequence[Reach], group: Group, also: Iterable[int] = ()) -> Iterator[tuple[int, Group]]:
    """
    Yield, for each day on which the set of applicable terms may change, the day and that set.

    Days of ``also`` are looked at too. Days without any term are left out.
    """
    begins, ends = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    for index in group:
        if reaches[index].first_day <= reaches[index].last_day:
            begins[reaches[index].first_day].append(index)
            ends[reaches[index].last_day + 1].append(index)
    here: set[int] = set()
    for day in sorted({*begins, *ends, *also}):
        here.update(begins.get(day, ()))
        here.difference_update(ends.get(day, ()))
        if here:
            yield day, tuple(sorted(here))


def hours_of_interest(reaches: Sequence[Reach], group: Group, least: Decimal) -> list[Decimal]:
    """Return ``least`` and the hours above it, to 168, at which some term begins or ceases to apply."""
    edges = {reaches[index].hours_min for index in group}
    edges |= {below for index in group if (below := reaches[index].hours_below) is not None}
    return [least, *sorted(edge for edge in edges if least < edge <= MOST_HOURS)]

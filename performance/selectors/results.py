"""Month facts by month and place: of services, of areas, or of the whole programme."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from django.db.models import QuerySet, Sum

from funders.models import Programme
from mhep.kernel.periods import Month
from performance.models import AmountFact, FrozenMonth, OutcomeFact, PeopleFact
from performance.rules.facts import MonthFacts, OutcomeKind
from performance.selectors.counting import AMOUNT_COLUMNS, PEOPLE_COLUMNS
from performance.selectors.outcome_kinds import kinds_of

OUTCOMES = ("verified", "voided", "decided", "at_once")
KINDS = {
    OutcomeKind.ENGAGEMENT: "engagements",
    OutcomeKind.JOB_START: "job_starts",
    OutcomeKind.SUSTAINED_13: "sustained_13",
    OutcomeKind.SUSTAINED_26: "sustained_26",
    OutcomeKind.EDUCATION: "education_starts",
    OutcomeKind.OTHER: "other_outcomes",
}

Place = int | None  # a service's or an area's key; None for people of no area, and for the whole programme
Results = Mapping[tuple[Place, Month], MonthFacts]


class By(Enum):
    """What facts are told apart by, beside the month. The value is the column."""

    SERVICE = "service"
    AREA = "area"
    NOTHING = ""


def results_by(programme: Programme, by: By, *, frozen: bool = False) -> Results:
    """
    Return the facts of every month that has any, by place.

    :param frozen: as they stood when their months were closed, instead of as they are known now; months that
        were never closed have none.
    """
    found: dict[tuple[Place, Month], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for key, sums in _sums(PeopleFact.objects.all(), programme, by, PEOPLE_COLUMNS, frozen=frozen):
        for name in PEOPLE_COLUMNS:
            found[key][name] += sums[name]
    kinds = kinds_of(programme)
    rows = OutcomeFact.objects.all()
    for key, sums in _sums(rows, programme, by, OUTCOMES, frozen=frozen, also="outcome_type"):
        found[key][KINDS[kinds[sums["outcome_type"]]]] += sums["verified"] - sums["voided"]
        found[key]["decided"] += sums["decided"]
        found[key]["at_once"] += sums["at_once"]
    for key, sums in _sums(AmountFact.objects.all(), programme, by, AMOUNT_COLUMNS, frozen=frozen):
        for name in AMOUNT_COLUMNS:
            found[key][name] += sums[name]
    return {key: MonthFacts(**sums) for key, sums in found.items()}


def closed_months(programme: Programme) -> set[Month]:
    """Return the months whose facts are kept as they stood."""
    return {
        Month.of(day)
        for day in FrozenMonth.objects.filter(programme=programme).values_list("first_day", flat=True)
    }


def _sums(
    rows: QuerySet[Any], programme: Programme, by: By, names: tuple[str, ...], *, frozen: bool, also: str = ""
) -> Iterator[tuple[tuple[Place, Month], dict[str, int]]]:
    keys = [name for name in (by.value, also, "first_day") if name]
    found = rows.filter(programme=programme, frozen__isnull=not frozen).values(*keys)
    for row in found.annotate(**{f"sum_{name}": Sum(name) for name in names}).order_by():
        place = row[by.value] if by.value else None
        sums = {name: row[f"sum_{name}"] for name in names}
        if also:
            sums[also] = row[also]
        yield (place, Month.of(row["first_day"])), sums

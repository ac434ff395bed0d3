"""Month facts of a scope, read in three queries whatever they count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Sum

from mhep.kernel.periods import Month
from performance.models import AmountFact, FrozenMonth, OutcomeFact, PeopleFact
from performance.rules.facts import NOTHING, MonthFacts, OutcomeKind, total
from performance.selectors.counting import PEOPLE_COLUMNS
from performance.selectors.outcome_kinds import kinds_of
from performance.selectors.scope import Scope

COLUMN_OF = {
    OutcomeKind.ENGAGEMENT: "engagements",
    OutcomeKind.JOB_START: "job_starts",
    OutcomeKind.SUSTAINED_13: "sustained_13",
    OutcomeKind.SUSTAINED_26: "sustained_26",
    OutcomeKind.EDUCATION: "education_starts",
    OutcomeKind.OTHER: "other_outcomes",
}
Parts = dict[tuple[Month, int | None], MonthFacts]


@dataclass(frozen=True, slots=True)
class Spend:
    """What one agreement was charged in a month, net; ``counted`` is what of it uses up caps."""

    agreement: int
    month: Month
    charged_minor: int
    counted_minor: int


@dataclass(frozen=True, slots=True)
class ScopeFacts:
    """
    The facts of a scope by month and service: as closed months were frozen, and as the rows beneath say now.

    Amounts are in the month's facts whatever the service; those of no service stand under None.
    """

    kept: Parts = field(default_factory=dict)
    now: Parts = field(default_factory=dict)
    frozen: frozenset[Month] = frozenset()
    spend: tuple[Spend, ...] = ()

    def of(self, month: Month, scope: Scope) -> MonthFacts:
        """
        Return a month as it was shown when it was closed, or else as it stands.

        What was invoiced is always as it stands: documents never change, and one that a funder approved after
        the close is a further one.
        """
        now = self.as_now(month, scope)
        if month not in self.frozen:
            return now
        return replace(total(self._parts(month, self.kept, scope)), invoiced_minor=now.invoiced_minor)

    def as_now(self, month: Month, scope: Scope) -> MonthFacts:
        """Return a month as the rows beneath say now."""
        return total(self._parts(month, self.now, scope))

    def over(self, months: Iterable[Month], scope: Scope) -> MonthFacts:
        """Return the sum of months, each as :meth:`of` gives it."""
        return total(self.of(month, scope) for month in months)

    def first(self) -> Month | None:
        """Return the first month of which anything is known."""
        return min((month for month, _ in self.now), default=None)

    def _parts(self, month: Month, parts: Parts, scope: Scope) -> Iterator[MonthFacts]:
        for (each, service), facts in parts.items():
            if each == month and scope.holds(service):
                yield facts


def facts_of(scope: Scope) -> ScopeFacts:
    """Return the facts of a scope, of every service; the number of queries is always the same."""
    kept: Parts = defaultdict(lambda: NOTHING)
    now: Parts = defaultdict(lambda: NOTHING)
    spend: list[Spend] = []
    for key, is_frozen, facts in [*_people(scope), *_outcomes(scope)]:
        (kept if is_frozen else now)[key] += facts
    if scope.shows_money:
        for key, is_frozen, facts, spent in _amounts(scope):
            (kept if is_frozen else now)[key] += facts
            if not is_frozen:
                spend.append(spent)
    frozen = FrozenMonth.objects.filter(programme=scope.programme).values_list("first_day", flat=True)
    return ScopeFacts(dict(kept), dict(now), frozenset(map(Month.of, frozen)), tuple(spend))


Row = tuple[tuple[Month, int | None], bool, MonthFacts]


def _people(scope: Scope) -> Iterator[Row]:
    sums = {f"sum_{name}": Sum(name) for name in PEOPLE_COLUMNS}
    rows = PeopleFact.objects.filter(scope.places(), programme=scope.programme)
    grouped: Iterable[Mapping[str, Any]] = rows.values("first_day", "service", "frozen").annotate(**sums)
    for row in grouped:
        counts = {name: row[f"sum_{name}"] for name in PEOPLE_COLUMNS}
        yield _key(row), row["frozen"] is not None, MonthFacts(**counts)


def _outcomes(scope: Scope) -> Iterator[Row]:
    kinds = kinds_of(scope.programme)
    rows = OutcomeFact.objects.filter(scope.places(), programme=scope.programme)
    sums = {
        "came": Sum("verified"),
        "went": Sum("voided"),
        "were_decided": Sum("decided"),
        "were_at_once": Sum("at_once"),
    }
    by_type = rows.values("first_day", "service", "frozen", "outcome_type")
    grouped: Iterable[Mapping[str, Any]] = by_type.annotate(**sums)
    for row in grouped:
        column = COLUMN_OF[kinds[row["outcome_type"]]]
        facts = replace(NOTHING, decided=row["were_decided"], at_once=row["were_at_once"])
        yield _key(row), row["frozen"] is not None, replace(facts, **{column: row["came"] - row["went"]})


def _amounts(scope: Scope) -> Iterator[tuple[tuple[Month, int | None], bool, MonthFacts, Spend]]:
    """Give amounts by agreement; where a place was chosen those of the place only."""
    rows = AmountFact.objects.filter(programme=scope.programme, agreement__in=scope.agreements)
    if not scope.is_whole:
        rows = rows.filter(scope.places(), service__isnull=False)
    by_agreement = rows.values("first_day", "service", "frozen", "agreement")
    grouped: Iterable[Mapping[str, Any]] = by_agreement.annotate(
        charged=Sum("charged_minor"), invoiced=Sum("invoiced_minor")
    )
    for row in grouped:
        key = _key(row)
        facts = replace(NOTHING, charged_minor=int(row["charged"]), invoiced_minor=int(row["invoiced"]))
        counted = 0 if row["service"] is None else facts.charged_minor
        spend = Spend(row["agreement"], key[0], facts.charged_minor, counted)
        yield key, row["frozen"] is not None, facts, spend


def _key(row: Mapping[str, Any]) -> tuple[Month, int | None]:
    return Month.of(row["first_day"]), row["service"]

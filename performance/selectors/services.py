"""Services beside each other: what they achieve, what they cost, and how they are staffed and reviewed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, Sum

from funders.models import Service
from mhep.kernel.periods import Month
from participants.models import Assignment
from performance.rules.facts import MonthFacts, total
from performance.rules.metrics import Basis, Figure, Staffing, figure_of
from performance.rules.registry import BY_CODE
from performance.rules.warnings import LastReview
from performance.selectors.facts import ScopeFacts
from performance.selectors.scope import Scope
from performance.selectors.standing import last_reviews
from providers.enums import ProviderRole
from providers.models import ProviderMember

COMPARED = (
    *("job-start-rate", "sustained-13", "first-employer-contact", "caseload", "first-pass-acceptance"),
    *("cost-per-participant", "cost-per-outcome"),
)


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One service over the contract to date; ``figures`` are in the order of ``COMPARED``."""

    service: Service
    facts: MonthFacts
    staffing: Staffing
    figures: tuple[Figure, ...]
    fidelity: LastReview | None

    @property
    def full_time(self) -> Decimal:
        """Full-time specialists of its provider."""
        return Decimal(self.staffing.in_post) / 100

    def figure(self, code: str) -> Figure:
        """Return one of the compared figures by the code of its metric."""
        return self.figures[COMPARED.index(code)]


def services_of(
    scope: Scope, facts: ScopeFacts, months: Iterable[Month], today: date
) -> tuple[ServiceRow, ...]:
    """
    Return the services of a scope side by side, over the given months.

    The specialists of a provider with several services work for all of them, and so does its caseload.
    """
    closed = list(months)
    rows = scope.programme.services.prefetch_related("fidelity_reviews")
    services = [each for each in rows if scope.holds(each.pk)]
    staff = staff_of({each.provider_id for each in services}, today)
    reviews = last_reviews(services, today)
    return tuple(
        _row(
            scope, each, _of_service(each.pk, facts, closed), (staff[each.provider_id], reviews.get(each.pk))
        )
        for each in services
    )


def staff_of(providers: Collection[int], today: date) -> dict[int, Staffing]:
    """Return the specialists of each provider, and how many people are on their caseloads on a day."""
    members = ProviderMember.objects.filter(provider__in=providers, role=ProviderRole.SPECIALIST)
    in_post = dict(members.values_list("provider").annotate(sum=Sum("full_time_percent")))
    helped = Assignment.objects.filter(
        Q(ends_before__isnull=True) | Q(ends_before__gt=today),
        starts_on__lte=today,
        participant__service__provider__in=providers,
    )
    people = dict(helped.values_list("participant__service__provider").annotate(count=Count("pk")))
    return {key: Staffing(in_post.get(key, 0), on_caseload=people.get(key, 0)) for key in providers}


def _row(
    scope: Scope, service: Service, facts: MonthFacts, beside: tuple[Staffing, LastReview | None]
) -> ServiceRow:
    staffing, fidelity = beside
    basis = Basis(facts, staffing, shows_money=scope.shows_money)
    figures = tuple(figure_of(BY_CODE[code], basis) for code in COMPARED)
    return ServiceRow(service, facts, staffing, figures, fidelity)


def _of_service(service: int, facts: ScopeFacts, months: list[Month]) -> MonthFacts:
    kept = ((facts.kept if month in facts.frozen else facts.now).get((month, service)) for month in months)
    return total(each for each in kept if each is not None)

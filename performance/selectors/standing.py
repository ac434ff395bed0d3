"""What is known of each service on a day, from which the early warnings are worked out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Max

from funders.models import Programme, Service
from mhep.kernel.periods import Month
from participants.models import Assignment
from performance.enums import PracticeKind
from performance.models import Cadence, PracticeMeeting, ScoredReview
from performance.rules.facts import NOTHING, MonthFacts
from performance.rules.metrics import Wanted
from performance.rules.spc import BASELINE, Meaning, Method, judge
from performance.rules.warnings import (
    CapStanding,
    EarlyWarning,
    LastReview,
    Regular,
    ServiceStanding,
    warnings_of,
)
from performance.selectors.results import By, Results, results_by
from providers.enums import ProviderRole
from providers.models import ProviderMember

MONTHS_COMPARED = 6
MONTHS_DECIDED = 3
MONTHS_WATCHED = 24
WATCHED: dict[str, Callable[[MonthFacts], int]] = {
    "referrals": lambda facts: facts.referrals,
    "starts": lambda facts: facts.starts,
    "job starts": lambda facts: facts.job_starts,
}


def early_warnings(
    programme: Programme,
    services: Collection[Service],
    today: date,
    caps: Iterable[CapStanding] = (),
) -> list[EarlyWarning]:
    """Return the warnings about these services and caps on a day, in a fixed number of queries."""
    return warnings_of(service_standings(programme, services, today), caps, today)


def service_standings(
    programme: Programme, services: Collection[Service], today: date
) -> list[ServiceStanding]:
    """Return how each of these services stands, in their order."""
    results = results_by(programme, By.SERVICE)
    this = Month.of(today)
    months = [this - back for back in range(MONTHS_WATCHED, 0, -1)]
    caseload, full_time = _caseloads(services)
    reviews = last_reviews(services, today)
    regular = _regular(programme, services, today)
    return [
        ServiceStanding(
            name=service.name,
            starts_on=service.starts_on,
            concerns=_concerns(results, service, months),
            referrals=_series(results, service, months[-MONTHS_COMPARED:], lambda facts: facts.referrals),
            decided=sum(_series(results, service, months[-MONTHS_DECIDED:], lambda facts: facts.decided)),
            came_back=sum(
                _series(
                    results, service, months[-MONTHS_DECIDED:], lambda facts: facts.decided - facts.at_once
                )
            ),
            caseload=caseload[service.pk],
            full_time=full_time.get(service.pk, Decimal(0)),
            review=reviews.get(service.pk),
            regular=regular[service.pk],
        )
        for service in services
    ]


def last_reviews(services: Collection[Service], today: date) -> dict[int, LastReview]:
    """Return the last fidelity review of each service up to a day, whether scored here or in the file."""
    found: dict[int, LastReview] = {}
    filed = [
        (service.pk, review.reviewed_on, review.score)
        for service in services
        for review in service.fidelity_reviews.all()
    ]
    scored = ScoredReview.objects.filter(service__in=services, replaced_by__isnull=True)
    for key, on, total in [*filed, *scored.values_list("service", "reviewed_on", "total")]:
        if on <= today and (key not in found or on >= found[key].on):
            found[key] = LastReview(on, total)
    return found


def cadences_of(programme: Programme, today: date) -> dict[PracticeKind, int]:
    """Return every how many days the programme wants each kind of meeting held on a day."""
    set_by_then = Cadence.objects.filter(programme=programme, starts_on__lte=today).order_by(
        "starts_on", "pk"
    )
    return {PracticeKind(kind): days for kind, days in set_by_then.values_list("kind", "every_days")}


def last_meetings(services: Collection[Service], today: date) -> dict[tuple[int, str], date]:
    """Return when each service last held each kind of meeting up to a day."""
    held = PracticeMeeting.objects.filter(service__in=services, held_on__lte=today)
    rows = held.values_list("service", "kind").annotate(last=Max("held_on")).order_by()
    return {(service, kind): last for service, kind, last in rows}


def _series(
    results: Results, service: Service, months: Sequence[Month], measure: Callable[[MonthFacts], int]
) -> tuple[int, ...]:
    """Return a count by month, from the first whole month of the service on."""
    return tuple(
        measure(results.get((service.pk, month), NOTHING))
        for month in months
        if service.starts_on <= month.first_day
    )


def _concerns(results: Results, service: Service, months: Sequence[Month]) -> tuple[str, ...]:
    """Name the measures whose newest month is a signal in the wrong direction; trial limits give none."""
    found = []
    for name, measure in WATCHED.items():
        series = _series(results, service, months, measure)
        if len(series) >= BASELINE:
            newest = judge(series, Method(wanted=Wanted.HIGHER)).points[-1]
            if newest.meaning is Meaning.CONCERN:
                found.append(name)
    return tuple(found)


def _caseloads(services: Collection[Service]) -> tuple[Counter[int], dict[int, Decimal]]:
    """
    Return how many people each service has on caseloads, and its specialists counted as full-time ones.

    A specialist who helps people of several services counts for each by the share of their people there.
    """
    specialists = {
        user: Decimal(percent) / 100
        for user, percent in ProviderMember.objects.filter(
            provider__in={service.provider_id for service in services}, role=ProviderRole.SPECIALIST
        ).values_list("user", "full_time_percent")
    }
    rows = Assignment.objects.filter(ends_before__isnull=True, specialist__in=specialists)
    people = Counter(rows.values_list("specialist", "participant__service"))
    of_specialist: Counter[int] = Counter()
    for (specialist, _), count in people.items():
        of_specialist[specialist] += count
    wanted = {service.pk for service in services}
    size: Counter[int] = Counter()
    full_time: dict[int, Decimal] = {}
    for (specialist, service), count in people.items():
        if service in wanted:
            share = specialists[specialist] * count / of_specialist[specialist]
            size[service] += count
            full_time[service] = full_time.get(service, Decimal(0)) + share
    return size, full_time


def _regular(
    programme: Programme, services: Collection[Service], today: date
) -> dict[int, tuple[Regular, ...]]:
    wanted = cadences_of(programme, today)
    last = last_meetings(services, today)
    return {
        service.pk: tuple(
            Regular(kind.label, last.get((service.pk, kind.value)), days) for kind, days in wanted.items()
        )
        for service in services
    }

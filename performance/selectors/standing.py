"""What is known of each service on a day, from which the early warnings are worked out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.db.models import Max

from funders.models import Programme, Service
from mhep.kernel.periods import Month
from outcomes.enums import EventState
from outcomes.models import EventQuery, EventStep
from participants.models import Assignment, Participant
from performance.enums import PracticeKind
from performance.models import Cadence, PracticeMeeting, ScoredReview
from performance.rules.warnings import (
    EarlyWarning,
    LastReview,
    Regular,
    ServiceStanding,
    warnings_of,
)
from providers.enums import ProviderRole
from providers.models import ProviderMember

MONTHS_COMPARED = 6
MONTHS_DECIDED = 3


def early_warnings(programme: Programme, services: Collection[Service], today: date) -> list[EarlyWarning]:
    """Return the warnings about these services on a day, in a fixed number of queries."""
    return warnings_of(service_standings(programme, services, today), [], today)


def service_standings(
    programme: Programme, services: Collection[Service], today: date
) -> list[ServiceStanding]:
    """Return how each of these services stands, in their order."""
    referrals = _referrals(services, today)
    decided, came_back = _decisions(services, today)
    caseload, full_time = _caseloads(services)
    reviews = last_reviews(services, today)
    regular = _regular(programme, services, today)
    return [
        ServiceStanding(
            name=service.name,
            starts_on=service.starts_on,
            referrals=referrals[service.pk],
            decided=decided[service.pk],
            came_back=came_back[service.pk],
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


def _referrals(services: Collection[Service], today: date) -> dict[int, tuple[int, ...]]:
    """Count by whole months, those before today's month, no month before the service began."""
    this = Month.of(today)
    rows = Participant.objects.filter(
        service__in=services,
        referred_on__gte=(this - MONTHS_COMPARED).first_day,
        referred_on__lt=this.first_day,
    ).values_list("service", "referred_on")
    counts = Counter((service, Month.of(on)) for service, on in rows if on)
    months = [this - back for back in range(MONTHS_COMPARED, 0, -1)]
    return {
        service.pk: tuple(
            counts[service.pk, month] for month in months if service.starts_on <= month.first_day
        )
        for service in services
    }


def _decisions(services: Collection[Service], today: date) -> tuple[Counter[int], Counter[int]]:
    since = (Month.of(today) - MONTHS_DECIDED).first_day
    steps = EventStep.objects.filter(
        event__service__in=services,
        to_state__in=[EventState.VERIFIED, EventState.REJECTED],
        at__date__gte=since,
    ).exclude(from_state="")
    decided = {
        event: (service, state)
        for event, service, state in steps.values_list("event", "event__service", "to_state")
    }
    queried = set(EventQuery.objects.filter(event__in=decided).values_list("event", flat=True))
    return (
        Counter(service for service, _ in decided.values()),
        Counter(
            service
            for event, (service, state) in decided.items()
            if state == EventState.REJECTED or event in queried
        ),
    )


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

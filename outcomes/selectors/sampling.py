"""What a sample audit is drawn from, what it found, and whether it can be drawn again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from funders.models import Programme
from outcomes.enums import EventState
from outcomes.models import EventStep, OutcomeEvent, SampleAudit, SampledEvent
from outcomes.rules.sampling import Candidate, draw
from providers.models import OperatorMember, ProviderMember

TENTH = 10


@dataclass(frozen=True, slots=True)
class AuditSummary:
    """The result of a sample audit so far."""

    drawn: int
    agreed: int
    not_agreed: int
    replied: int

    @property
    def left(self) -> int:
        return self.drawn - self.agreed - self.not_agreed


def events_to_sample(programme: Programme, first: date, last: date) -> QuerySet[OutcomeEvent]:
    """Return the events verified in a period, both days included, and not voided."""
    return (
        OutcomeEvent.objects.filter(programme=programme, voided_on__isnull=True)
        .verified()
        .filter(verified_on__range=(first, last))
        .select_related("outcome_type", "service")
        .order_by("reference")
    )


def candidates_of(
    programme: Programme, events: QuerySet[OutcomeEvent], amounts: Mapping[int, int]
) -> list[Candidate]:
    """
    Return the events as the risk sees them.

    :param amounts: what funders were charged by event, in minor units; absent where nothing was.
    """
    rejected = _rejected_percent(programme)
    return [
        Candidate(
            reference=event.reference,
            amount=amounts.get(event.pk, 0),
            is_late=_is_late(event),
            evidence=len(event.evidence),
            rejected_percent=rejected.get(event.service.provider_id, 0),
        )
        for event in events
    ]


def audits_to_see(user: User, programme: Programme) -> QuerySet[SampleAudit]:
    """Return the programme's audits for its operator's people, and for providers whose events they drew."""
    return (
        SampleAudit.objects.filter(programme=programme)
        .filter(
            Q(programme__operator__members__in=OperatorMember.objects.of(user))
            | Q(sampled__event__service__provider__members__in=ProviderMember.objects.of(user))
        )
        .select_related("drawn_by")
        .distinct()
    )


def sampled_to_see(user: User, audit: SampleAudit) -> QuerySet[SampledEvent]:
    """Return the drawn events: all for the operator's people, to a provider's people only its own."""
    return (
        audit.sampled.filter(
            Q(audit__programme__operator__members__in=OperatorMember.objects.of(user))
            | Q(event__service__provider__members__in=ProviderMember.objects.of(user))
        )
        .select_related(
            "event__outcome_type",
            "event__service__provider",
            "event__participant",
            "checked_by",
            "reply_recorded_by",
        )
        .distinct()
    )


def summaries_of(audits: QuerySet[SampleAudit]) -> dict[int, AuditSummary]:
    """Return the result of each audit by its key, in one query."""
    counted = (
        SampledEvent.objects.filter(audit__in=audits.order_by().values("pk"))
        .values_list("audit")
        .annotate(
            Count("pk"),
            agreed=Count("pk", filter=Q(is_agreed=True)),
            not_agreed=Count("pk", filter=Q(is_agreed=False)),
            replied=Count("pk", filter=Q(replied_on__isnull=False)),
        )
    )
    return {key: AuditSummary(*counts) for key, *counts in counted.order_by()}


def is_drawn_again(audit: SampleAudit) -> bool:
    """Tell whether the seed and the stored points give exactly the sample that is stored."""
    stored = list(audit.sampled.order_by("position").values_list("event__reference", flat=True))
    return draw(audit.seed, dict(audit.frame), audit.size) == stored


def _is_late(event: OutcomeEvent) -> bool:
    allowed = event.outcome_type.submit_within_days
    taken = (event.submitted_on - event.outcome_date).days
    return allowed is not None and (allowed - taken) * TENTH <= allowed


def _rejected_percent(programme: Programme) -> dict[int, int]:
    """Return by provider how many of a hundred events that were decided here were rejected."""
    decided = (
        EventStep.objects.filter(event__programme=programme)
        .exclude(from_state="")
        .filter(to_state__in=[EventState.VERIFIED, EventState.REJECTED])
        .values_list("event__service__provider")
        .annotate(Count("event", distinct=True), bad=Count("event", filter=Q(to_state=EventState.REJECTED)))
        .order_by()
    )
    return {provider: 100 * bad // count for provider, count, bad in decided}

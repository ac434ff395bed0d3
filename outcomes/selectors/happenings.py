"""What happened to outcomes, for webhooks: every step of their life but those that files brought over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from mhep.shared.models import HappeningType
from mhep.shared.webhooks.sources import Happening
from outcomes.enums import VOIDED, EventState
from outcomes.models import EventStep

TYPES = {
    EventState.SUBMITTED: HappeningType.OUTCOME_LOGGED,
    EventState.QUERIED: HappeningType.OUTCOME_QUERIED,
    EventState.VERIFIED: HappeningType.OUTCOME_VERIFIED,
    EventState.REJECTED: HappeningType.OUTCOME_REJECTED,
    VOIDED: HappeningType.OUTCOME_VOIDED,
}
# What an organisation may hear of: the operator of all, a provider of its own services' outcomes.
WHOSE = {"operator": "event__programme__operator", "provider": "event__service__provider"}
BY_FILE = "import"  # the reason that the database writes beside what a file brought over


def steps_since(kind: str, place: int, since: datetime) -> Iterator[Happening]:
    """Give the steps of outcomes since then of which the organisation may hear, in a single query."""
    if kind not in WHOSE:
        return
    steps = EventStep.objects.filter(at__gt=since, to_state__in=TYPES, **{WHOSE[kind]: place})
    steps = steps.exclude(reason=BY_FILE).select_related("event__programme").order_by("pk")
    for step in steps:
        code = step.event.programme.code
        yield Happening(
            key=step.pk,
            type=TYPES[step.to_state],
            programme=code,
            path=reverse("payments-api:outcome-detail", args=[code, step.event_id]),
            at=step.at,
        )

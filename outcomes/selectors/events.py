"""Reads of what was achieved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from funders.models import Programme
from outcomes.enums import STATES
from outcomes.models import OutcomeEvent, OutcomeEventQuerySet


@dataclass(frozen=True, slots=True)
class LifeStep:
    """One step of an event's life in words; ``actor`` is empty where a command or the system took it."""

    title: str
    at: datetime
    actor: str
    reason: str


def events_to_see(user: User, programme: Programme) -> OutcomeEventQuerySet:
    """Return the programme's events that the user sees, with all that their page shows."""
    return (
        OutcomeEvent.objects.visible_to(user)
        .filter(programme=programme)
        .select_related(
            "outcome_type",
            "service__provider",
            "participant__area",
            "participant__cohort",
            "prerequisite__outcome_type",
            "submitted_by",
            "verified_by",
        )
    )


def life_of(event: OutcomeEvent) -> list[LifeStep]:
    """Return the steps of an event's life, the newest first."""
    steps = event.steps.select_related("actor").order_by("-at", "-pk")
    return [
        LifeStep(
            title=STATES[step.to_state]
            if step.from_state
            else f"Recorded as {STATES[step.to_state].lower()}",
            at=step.at,
            actor=step.actor.name if step.actor else "",
            reason=step.reason,
        )
        for step in steps
    ]


def dependants_of(event: OutcomeEvent) -> QuerySet[OutcomeEvent]:
    """Return the events that count only because this one does, in the order of their dates."""
    return event.dependants.select_related("outcome_type").order_by("outcome_date", "reference")

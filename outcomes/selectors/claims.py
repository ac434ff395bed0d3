"""Stored events, people and outcome types as the rules of acceptance know them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from funders.models import OutcomeType, Programme
from mhep.kernel.periods import Month
from outcomes.enums import EventState
from outcomes.models import OutcomeEvent
from outcomes.rules.acceptance import Claim, OutcomeRule, Person, StoredEvent
from outcomes.rules.evidence import EvidenceRule
from participants.models import Participant

NEVER_ACCEPTED = (EventState.DRAFT, EventState.REJECTED)


def rules_of(programme: Programme) -> dict[str, OutcomeRule]:
    """Return what each outcome type of the programme demands, by its code."""
    types = OutcomeType.objects.filter(programme=programme).select_related("requires")
    return {
        kind.code: OutcomeRule(
            code=kind.code,
            place=kind.position,
            once_per_job=kind.once_per == "JOB",
            requires=kind.requires.code if kind.requires else None,
            min_days_after=kind.min_days_after,
            min_hours=kind.min_hours,
            window_days=kind.window_days,
            submit_within_days=kind.submit_within_days,
            evidence=EvidenceRule(
                all_of=frozenset(kind.evidence_all_of),
                any_of=frozenset(kind.evidence_any_of),
                one_set_of=tuple(frozenset(each) for each in kind.evidence_one_set_of),
            ),
        )
        for kind in types
    }


def first_open(day: date, programme: Programme) -> date:
    """Return the first day of the month in which a fact of ``day`` falls: its own, or the open one."""
    return max(Month.of(day).first_day, programme.open_month)


def claim_of(event: OutcomeEvent) -> Claim:
    """Return what an event states; its participant and outcome type are best read with it."""
    return Claim(
        reference=event.reference,
        participant=event.participant.reference,
        outcome=event.outcome_type.code,
        outcome_date=event.outcome_date,
        hours=event.hours_per_week,
        job=event.job,
        evidence=frozenset(event.evidence),
        submitted_on=event.submitted_on,
        verified_on=event.verified_on,
        own_voided_on=event.own_voided_on,
    )


def person_of(participant: Participant) -> Person:
    """Return what the rules need to know about a participant."""
    return Person(participant.started_on, participant.consented_on)


def events_of_people(people: Collection[int]) -> dict[int, list[OutcomeEvent]]:
    """Return every event of the participants, by participant, in the order of their dates; one query."""
    by_person: dict[int, list[OutcomeEvent]] = {key: [] for key in people}
    events = (
        OutcomeEvent.objects.filter(participant__in=people)
        .select_related("outcome_type", "participant")
        .order_by("outcome_date", "reference")
    )
    for event in events:
        by_person[event.participant_id].append(event)
    return by_person


def held_beside(event: OutcomeEvent, events: Iterable[OutcomeEvent]) -> list[StoredEvent]:
    """Return those of a person's events that count when ``event`` itself is judged."""
    return [
        StoredEvent(claim_of(other), voided_on=other.voided_on)
        for other in events
        if other.pk != event.pk and other.state not in NEVER_ACCEPTED
    ]

"""Stored events, people and outcome types as the rules of acceptance know them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import Q

from funders.enums import OncePer
from funders.models import OutcomeType, Programme
from mhep.kernel.periods import Month
from outcomes.enums import EventState
from outcomes.models import OutcomeEvent
from outcomes.rules.acceptance import Claim, OutcomeRule, Person, StoredEvent
from outcomes.rules.evidence import EvidenceRule
from participants.models import Participant

ANY_KINDS = ("payslip", "employer_confirmation", "contract", "other")
NEVER_ACCEPTED = (EventState.DRAFT, EventState.REJECTED)


def rules_of(programme: Programme) -> dict[str, OutcomeRule]:
    """Return what each outcome type of the programme demands, by its code."""
    return rules_of_types(types_of(programme))


def types_of(programme: Programme) -> list[OutcomeType]:
    """Return the programme's outcome types, as :func:`rules_of_types` wants them."""
    return list(OutcomeType.objects.filter(programme=programme).select_related("requires"))


def rules_of_types(types: Iterable[OutcomeType]) -> dict[str, OutcomeRule]:
    """Return what outcome types demand, by their code."""
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


def evidence_choices(programme: Programme, outcome_type: OutcomeType | None) -> list[tuple[str, str]]:
    """Return the kinds of evidence to choose from for an outcome, with their words; its own come first."""
    wanted = rules_of(programme)[outcome_type.code].evidence.kinds() if outcome_type else ()
    kinds = (*wanted, "other") if wanted else ANY_KINDS
    return [(kind, kind.replace("_", " ").capitalize()) for kind in kinds]


def asks_about_work(outcome_type: OutcomeType) -> bool:
    """Tell whether hours and job matter: to its rules, to a price, or to what is sustained after it."""
    kinds = OutcomeType.objects.filter(programme=outcome_type.programme_id)
    of_work = Q(min_hours__isnull=False) | Q(once_per=OncePer.JOB) | Q(sustainment__isnull=False)
    by_hours = Q(hours_min__isnull=False) | Q(hours_below__isnull=False)
    return (
        kinds.filter(of_work, pk=outcome_type.pk).exists()
        or kinds.filter(requires=outcome_type.pk, sustainment__isnull=False).exists()
        or outcome_type.terms.filter(by_hours).exists()
    )


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

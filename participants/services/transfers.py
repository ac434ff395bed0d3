"""
Moving a person to another service: of the same provider at once, of another provider when that accepts.

What was stays: the placements are a history, and outcomes count for the service that the person was with.
Every move locks the programme's row, as accepting outcomes does, so each outcome comes before or after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from funders.models import Programme, Service
from mhep.kernel.problems import BusinessRuleError
from participants.enums import EndReason, TransferState
from participants.models import Enrolment, Participant, Placement, TransferRequest
from participants.services.spells import (
    assign,
    current_enrolment,
    not_later_than_today,
    take_off_caseload,
)
from participants.services.trail import locked, note


class CannotTransfer(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class Move:
    """Where to, onto whose caseload, and from which day on."""

    service: Service
    specialist: User
    from_day: date


@dataclass(frozen=True, slots=True)
class Request:
    """What another provider is asked, without a name, and when the person agreed to it."""

    to_service: Service
    reason: str
    agreed_on: date


@transaction.atomic
def move_to_service(*, participant: Participant, move: Move, actor: User, at: datetime) -> None:
    """
    Move a person to another service of their provider.

    :raises CannotTransfer: if it is no such service or does not serve the person, the person has left, a
        request to another provider waits, or the day does not follow what is known.
    :raises CannotHandOver: if the specialist works elsewhere.
    """
    participant = _locked(participant)
    if move.service.provider_id != participant.service.provider_id:
        raise CannotTransfer("This service is of another provider. Ask it to take the person over.")
    if participant.transfer_requests.filter(state=TransferState.WAITING).exists():
        raise CannotTransfer("Another provider has been asked to take the person over. Withdraw that first.")
    _move(participant, move, at)
    note(participant, "person.moved", actor, at)


@transaction.atomic
def request_transfer(
    *, participant: Participant, wanted: Request, actor: User, at: datetime
) -> TransferRequest:
    """
    Ask another provider of the programme to take a person over, who has agreed to it.

    :raises CannotTransfer: if it is no such service or does not serve the person, another request waits, no
        reason is given, or the person's agreement is of a day that has yet to come.
    """
    participant = _locked(participant)
    if wanted.to_service.provider_id == participant.service.provider_id:
        raise CannotTransfer("This is a service of your own provider. Move the person there.")
    if participant.transfer_requests.filter(state=TransferState.WAITING).exists():
        raise CannotTransfer("Another provider has been asked already. Withdraw that request first.")
    if not wanted.reason.strip():
        raise CannotTransfer("Say why, without naming the person.")
    not_later_than_today(participant, wanted.agreed_on, at, CannotTransfer)
    _check_service(participant, wanted.to_service)
    request = TransferRequest.objects.create(
        participant=participant,
        from_service=participant.service,
        to_service=wanted.to_service,
        reason=wanted.reason.strip(),
        agreed_on=wanted.agreed_on,
        asked_by=actor,
        asked_at=at,
    )
    note(participant, "transfer.requested", actor, at)
    return request


@transaction.atomic
def withdraw_transfer(*, participant: Participant, actor: User, at: datetime) -> None:
    """
    Take back the request that waits.

    :raises CannotTransfer: if none waits.
    """
    participant = _locked(participant)
    request = participant.transfer_requests.filter(state=TransferState.WAITING).first()
    if request is None:
        raise CannotTransfer("No request waits, so there is nothing to withdraw.")
    _decide(request, TransferState.WITHDRAWN, actor, at)
    note(participant, "transfer.withdrawn", actor, at)


@transaction.atomic
def accept_transfer(
    *, request: TransferRequest, specialist: User, from_day: date, actor: User, at: datetime
) -> Participant:
    """
    Take a person over: from that day on their new provider sees them, and their former one no longer does.

    The caller has made sure that ``actor`` decides for the provider that is asked.

    :raises CannotTransfer: if the request is decided, the person has left or moved, or the day is before the
        request or does not follow what is known.
    :raises CannotHandOver: if the specialist works elsewhere.
    """
    participant = _locked(request.participant)
    request = _waiting(request)
    if participant.service_id != request.from_service_id:
        raise CannotTransfer("The person has moved since you were asked. Ask their provider to ask anew.")
    asked_on = participant.programme.local_date(request.asked_at)
    if from_day < asked_on:
        raise CannotTransfer(f"You were asked on {asked_on}. Give a day on or after it.")
    _move(participant, Move(request.to_service, specialist, from_day), at)
    _decide(request, TransferState.ACCEPTED, actor, at)
    note(participant, "transfer.accepted", actor, at)
    participant.refresh_from_db()
    return participant


@transaction.atomic
def decline_transfer(*, request: TransferRequest, answer: str, actor: User, at: datetime) -> None:
    """
    Decline to take a person over, and say why.

    :raises CannotTransfer: if the request is decided, or no answer is given.
    """
    participant = _locked(request.participant)
    request = _waiting(request)
    if not answer.strip():
        raise CannotTransfer("Say why you decline, so that the other provider knows what to do.")
    _decide(request, TransferState.DECLINED, actor, at, answer=answer.strip())
    note(participant, "transfer.declined", actor, at)


def _locked(participant: Participant) -> Participant:
    Programme.objects.select_for_update(no_key=True).get(pk=participant.programme_id)
    return locked(participant)


def _waiting(request: TransferRequest) -> TransferRequest:
    requests = TransferRequest.objects.select_for_update(of=("self",)).select_related("to_service")
    request = requests.get(pk=request.pk)
    if request.state != TransferState.WAITING:
        raise CannotTransfer(f"This request is {request.get_state_display().lower()} already.")
    return request


def _decide(
    request: TransferRequest, state: TransferState, actor: User, at: datetime, *, answer: str = ""
) -> None:
    request.state, request.decided_by, request.decided_at, request.answer = state, actor, at, answer
    request.save(update_fields=["state", "decided_by", "decided_at", "answer"])


def _move(participant: Participant, move: Move, at: datetime) -> None:
    """Write the move down: placement, service, time with the service, caseload."""
    enrolment = current_enrolment(participant)
    if participant.started_on is not None and enrolment is None:
        raise CannotTransfer("The person has left the service. Take support up again first.")
    placement = participant.placements.get(ends_before__isnull=True)
    not_later_than_today(participant, move.from_day, at, CannotTransfer)
    _check_service(participant, move.service)
    _check_follows(move.from_day, placement, enrolment)
    placement.ends_before = move.from_day
    placement.save(update_fields=["ends_before"])
    Placement.objects.create(participant=participant, service=move.service, starts_on=move.from_day)
    participant.service = move.service
    participant.save(update_fields=["service"])
    if enrolment is not None:
        enrolment.ended_on = move.from_day - timedelta(days=1)
        enrolment.end_reason = EndReason.TRANSFERRED
        enrolment.save(update_fields=["ended_on", "end_reason"])
        Enrolment.objects.create(participant=participant, service=move.service, started_on=move.from_day)
    take_off_caseload(participant, move.from_day)
    assign(participant, move.specialist, move.from_day)


def _check_service(participant: Participant, service: Service) -> None:
    if service.programme_id != participant.programme_id or service.pk == participant.service_id:
        raise CannotTransfer("Choose another service of the same programme.")
    for place, served in ((participant.area, service.areas), (participant.cohort, service.cohorts)):
        if place is not None and served and place.code not in served:
            raise CannotTransfer(f"{service.name} does not serve {place.name}. Choose another service.")


def _check_follows(from_day: date, placement: Placement, enrolment: Enrolment | None) -> None:
    known = [placement.starts_on, enrolment.started_on if enrolment else None]
    last = max((day for day in known if day is not None), default=None)
    if last is not None and from_day <= last:
        raise CannotTransfer(f"The person has been with the service since {last}. Give a day after it.")

"""Beginning, ending and taking up a person's time with a service, and whose caseload they are on."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from mhep.kernel.problems import BusinessRuleError
from participants.enums import EndReason
from participants.models import Assignment, Enrolment, Participant
from participants.services.trail import locked, note
from providers.models import ProviderMember


class CannotStart(BusinessRuleError):
    pass


class CannotEnd(BusinessRuleError):
    pass


class CannotHandOver(BusinessRuleError):
    pass


@transaction.atomic
def start_person(
    *, participant: Participant, started_on: date, specialist: User, actor: User, at: datetime
) -> None:
    """
    Begin the person's time with the service, on the specialist's caseload.

    The first start is the one that outcomes are checked against; it is never moved afterwards.

    :raises CannotStart: if the person has started, or the day is before the referral or has yet to come.
    :raises CannotHandOver: if the specialist does not work for the person's provider.
    """
    participant = locked(participant)
    if participant.started_on is not None:
        raise CannotStart(f"The person started on {participant.started_on}.")
    if participant.referred_on is not None and started_on < participant.referred_on:
        raise CannotStart(f"The referral is of {participant.referred_on}. Give a day on or after it.")
    not_later_than_today(participant, started_on, at, CannotStart)
    Participant.objects.filter(pk=participant.pk).update(started_on=started_on)
    Enrolment.objects.create(participant=participant, service=participant.service, started_on=started_on)
    assign(participant, specialist, started_on)
    note(participant, "person.started", actor, at)


@transaction.atomic
def end_support(
    *, participant: Participant, ended_on: date, reason: EndReason, actor: User, at: datetime
) -> None:
    """
    End the person's time with the service and take them off the caseload.

    :raises CannotEnd: if it does not go on, or the day is before its start or has yet to come.
    """
    participant = locked(participant)
    current = current_enrolment(participant)
    if current is None:
        raise CannotEnd("The person is not with the service now, so there is nothing to end.")
    if ended_on < current.started_on:
        raise CannotEnd(f"The person started on {current.started_on}. Give a day on or after it.")
    not_later_than_today(participant, ended_on, at, CannotEnd)
    current.ended_on, current.end_reason = ended_on, reason
    current.save()
    take_off_caseload(participant, ended_on + timedelta(days=1))
    note(participant, "person.left", actor, at)


@transaction.atomic
def take_up_again(
    *, participant: Participant, started_on: date, specialist: User, actor: User, at: datetime
) -> None:
    """
    Begin another time with the same service; the first start stays what outcomes are checked against.

    :raises CannotStart: if the person has not left, or the day is not after the last one or has yet to come.
    :raises CannotHandOver: if the specialist does not work for the person's provider.
    """
    participant = locked(participant)
    last = participant.enrolments.order_by("-started_on").first()
    if last is None or last.ended_on is None:
        raise CannotStart("The person has not left the service.")
    if started_on <= last.ended_on:
        raise CannotStart(f"The person left on {last.ended_on}. Give a day after it.")
    not_later_than_today(participant, started_on, at, CannotStart)
    Enrolment.objects.create(participant=participant, service=participant.service, started_on=started_on)
    assign(participant, specialist, started_on)
    note(participant, "person.restarted", actor, at)


@transaction.atomic
def hand_over(
    *, participant: Participant, specialist: User, from_day: date, actor: User, at: datetime
) -> None:
    """
    Put the person on a specialist's caseload from a day on; whose they were stays known.

    :raises CannotHandOver: if the person is on it already or has left, or the specialist works elsewhere.
    """
    participant = locked(participant)
    if participant.started_on is not None and current_enrolment(participant) is None:
        raise CannotHandOver("The person has left the service. Take support up again first.")
    now = participant.assignments.filter(ends_before__isnull=True).first()
    if now is not None and now.specialist_id == specialist.pk:
        raise CannotHandOver(f"The person is on the caseload of {specialist.name} already.")
    if now is not None and from_day < now.starts_on:
        raise CannotHandOver(f"The last change was on {now.starts_on}. Give a day on or after it.")
    not_later_than_today(participant, from_day, at, CannotHandOver)
    take_off_caseload(participant, from_day)
    assign(participant, specialist, from_day)
    note(participant, "person.handed_over", actor, at)


def current_enrolment(participant: Participant) -> Enrolment | None:
    """Return the time with a service that goes on; for somebody who came by file, write it down first."""
    current = participant.enrolments.filter(ended_on__isnull=True).first()
    if current is None and participant.started_on and not participant.enrolments.exists():
        return Enrolment.objects.create(
            participant=participant, service=participant.service, started_on=participant.started_on
        )
    return current


def assign(participant: Participant, specialist: User, from_day: date) -> None:
    """
    Put the person on a specialist's caseload, who works for the provider of the person's service.

    :raises CannotHandOver: if the specialist works elsewhere.
    """
    at_provider = ProviderMember.objects.filter(user=specialist, provider=participant.service.provider_id)
    if not at_provider.exists():
        raise CannotHandOver(
            f"{specialist.name} does not work for the provider of {participant.service.name}."
        )
    Assignment.objects.create(participant=participant, specialist=specialist, starts_on=from_day)


def take_off_caseload(participant: Participant, before: date) -> None:
    """End the time on the caseload that the person is on, if on any."""
    for assignment in participant.assignments.filter(ends_before__isnull=True):
        assignment.ends_before = max(before, assignment.starts_on)
        assignment.save()


def not_later_than_today(
    participant: Participant, day: date, at: datetime, refusal: type[BusinessRuleError]
) -> None:
    """Let a day pass that has come where the programme runs."""
    if day > participant.programme.local_date(at):
        raise refusal("The day is in the future. Come back when it has happened.")

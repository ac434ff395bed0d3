"""What people agree to, kind by kind, with its history."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from mhep.kernel.problems import BusinessRuleError
from participants.enums import ConsentKind
from participants.models import ConsentStep, Participant
from participants.selectors.consent import standing_consents
from participants.services.trail import locked, note


class CannotChangeConsent(BusinessRuleError):
    pass


@transaction.atomic
def give_consent(
    *,
    participant: Participant,
    kinds: list[ConsentKind],
    version: str,
    given_on: date,
    actor: User,
    at: datetime,
) -> None:
    """
    Write down that the person agreed to these kinds in the words of ``version``.

    Kinds that stand already are left as they are: the first day is the one that outcomes are checked against.

    :raises CannotChangeConsent: if the day has yet to come, or an earlier step of a kind is later than it.
    """
    participant = locked(participant)
    standing = standing_consents(participant)
    new = [kind for kind in kinds if standing[kind].given_on is None]
    _check_day(participant, new, given_on, at)
    _add(participant, new, given_on, actor, at, version=version)
    if ConsentKind.DATA_SHARING in new:
        Participant.objects.filter(pk=participant.pk).update(consented_on=given_on)
    if new:
        note(participant, "consent.given", actor, at)


@transaction.atomic
def withdraw_consent(
    *, participant: Participant, kind: ConsentKind, withdrawn_on: date, actor: User, at: datetime
) -> None:
    """
    Write down that the person no longer agrees; what was claimed before stays as it is.

    Without consent to share data no further outcome is accepted (spec: outcome-rules, ``no_consent``).

    :raises CannotChangeConsent: if the kind does not stand, or the day is before it or has yet to come.
    """
    participant = locked(participant)
    given_on = standing_consents(participant)[kind].given_on
    if given_on is None:
        raise CannotChangeConsent("This consent is not given, so there is nothing to withdraw.")
    if withdrawn_on < given_on:
        raise CannotChangeConsent(f"The consent was given on {given_on}. Give a day on or after it.")
    _check_day(participant, [kind], withdrawn_on, at)
    _add(participant, [kind], withdrawn_on, actor, at, version="")
    if kind is ConsentKind.DATA_SHARING:
        Participant.objects.filter(pk=participant.pk).update(consented_on=None)
    note(participant, "consent.withdrawn", actor, at)


def _check_day(participant: Participant, kinds: list[ConsentKind], day: date, at: datetime) -> None:
    if day > participant.programme.local_date(at):
        raise CannotChangeConsent("The day is in the future. Give the day on which the person said so.")
    last = participant.consent_steps.filter(kind__in=kinds).order_by("-happened_on").first()
    if last is not None and day < last.happened_on:
        raise CannotChangeConsent(
            f"There is a later change on {last.happened_on}. Give a day on or after it."
        )


def _add(
    participant: Participant, kinds: list[ConsentKind], day: date, actor: User, at: datetime, *, version: str
) -> None:
    ConsentStep.objects.bulk_create(
        ConsentStep(
            participant=participant,
            kind=kind,
            is_given=bool(version),
            happened_on=day,
            version=version,
            recorded_by=actor,
            recorded_at=at,
        )
        for kind in kinds
    )

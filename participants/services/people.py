"""Referring people, keeping who they are, and reading a name that is not one's own to see."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from funders.models import Area, Cohort, Service
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.encryption import blind_index
from participants.models import AccessLog, Participant, Person
from participants.rules.identity import likeness_parts
from participants.services.trail import note

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is easily taken for another
REFERENCE_LENGTH = 6


class CannotRefer(BusinessRuleError):
    pass


class CannotReadName(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is and how to reach them; all but the name may be empty."""

    name: str
    preferred_name: str = ""
    born_on: date | None = None
    phone: str = ""
    email: str = ""
    contact_notes: str = ""


@dataclass(frozen=True, slots=True)
class Referral:
    """How somebody came to a service."""

    service: Service
    source: str
    referred_on: date
    area: Area | None = None
    cohort: Cohort | None = None


def possible_duplicates(identity: Identity) -> list[Person]:
    """Return the people in scope who have the same name and birth date, however the name is written."""
    alike = Person.objects.filter(likeness=_likeness(identity)).order_by("pk")
    return list(alike.select_related("participant__service", "participant__programme"))


@transaction.atomic
def refer_person(*, identity: Identity, referral: Referral, actor: User, at: datetime) -> Participant:
    """
    Make a participant with a new reference and keep who it is; a possible duplicate is for people to decide.

    :raises CannotRefer: if the service does not serve the area or the cohort, or the day has yet to come.
    """
    _check(referral, at)
    participant = Participant.objects.create(
        programme=referral.service.programme,
        reference=_new_reference(referral.service),
        service=referral.service,
        area=referral.area,
        cohort=referral.cohort,
        referred_on=referral.referred_on,
        referral_source=referral.source,
    )
    _keep(participant, identity)
    note(participant, "person.referred", actor, at)
    return participant


@transaction.atomic
def keep_identity(*, participant: Participant, identity: Identity, actor: User, at: datetime) -> None:
    """Replace who a person is and how to reach them, or write it down for somebody who came by file."""
    _keep(participant, identity)
    note(participant, "person.identity_changed", actor, at)


@transaction.atomic
def read_name(*, participant: Participant, reader: User, reason: str, at: datetime) -> Person | None:
    """
    Log that the reader looks, and why; then return the person, or nothing where no name is kept.

    The caller has made sure that the reader may see the participant's reference. The name is shown only once
    the transaction has been committed: what was not logged was not read.

    :raises CannotReadName: without a reason.
    """
    if len(reason.strip()) < 10:
        raise CannotReadName("Say in a few words why you need the name, for example which check needs it.")
    AccessLog.objects.create(
        participant=participant, reader=reader, reason=reason.strip(), read_at=at, in_transaction=0
    )
    return Person.objects.filter(participant=participant).first()


def _check(referral: Referral, at: datetime) -> None:
    service, area, cohort = referral.service, referral.area, referral.cohort
    if referral.referred_on > service.programme.local_date(at):
        raise CannotRefer("The referral has a date in the future. Give the day on which it came.")
    if area is not None and service.areas and area.code not in service.areas:
        raise CannotRefer(f"{service.name} does not serve {area.name}. Choose another area or service.")
    if cohort is not None and service.cohorts and cohort.code not in service.cohorts:
        raise CannotRefer(f"{service.name} does not serve {cohort.name}. Choose another group or service.")


def _keep(participant: Participant, identity: Identity) -> None:
    Person.objects.update_or_create(
        participant=participant,
        defaults={
            "name": identity.name,
            "preferred_name": identity.preferred_name,
            "birth_day": identity.born_on.isoformat() if identity.born_on else "",
            "phone": identity.phone,
            "email": identity.email,
            "contact_notes": identity.contact_notes,
            "likeness": _likeness(identity),
        },
    )


def _likeness(identity: Identity) -> str:
    return blind_index(*likeness_parts(identity.name, identity.born_on))


def _new_reference(service: Service) -> str:
    taken = Participant.objects.filter(programme=service.programme_id)
    while True:
        reference = f"{service.code}-{''.join(secrets.choice(LETTERS) for _ in range(REFERENCE_LENGTH))}"
        if not taken.filter(reference=reference).exists():
            return reference

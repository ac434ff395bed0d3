"""Made-up people for the tests of what is kept about them, at two providers of one programme."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from accounts.models import User
from funders.models import Service
from mhep.shared.row_security import providers_in_scope
from participants.enums import ReferralSource
from participants.models import Participant, Person
from participants.services.people import Identity, Referral, refer_person
from participants.services.spells import start_person
from providers.enums import ProviderRole
from providers.models import Provider, ProviderMember
from tests.cast import PASSWORD, Cast, a_cast

AT = datetime(2026, 6, 20, 9, 0, tzinfo=UTC)
REFERRED_ON = date(2026, 5, 1)
STARTED_ON = date(2026, 5, 11)
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Two:
    """The small programme with two providers, a specialist at each, and one started person with each."""

    cast: Cast
    ours: Participant
    theirs: Participant
    rival: User


def two_providers(cast: Cast) -> Two:
    """Add another provider with a service, a specialist and a person to the programme of ``cast``."""
    service = another_service(cast)
    rival = User.objects.create_user("rival@example.org", PASSWORD, name="Example Rival")
    ProviderMember.objects.create(provider=service.provider, user=rival, role=ProviderRole.SPECIALIST)
    ours = started(cast.programme.services.get(code="WL-1"), cast.specialist, name="Canary Ours")
    return Two(cast, ours, started(service, rival, name="Canary Theirs"), rival)


def another_service(cast: Cast) -> Service:
    provider = Provider.objects.create(operator=cast.programme.operator, code="RVL", name="Rival Example Ltd")
    return Service.objects.create(
        programme=cast.programme,
        provider=provider,
        code="WL-2",
        name="IPS West London South",
        starts_on=date(2026, 4, 1),
        position=9,
    )


def referred(service: Service, actor: User, **about: Any) -> Participant:
    """Refer somebody to the service; ``about`` is who they are."""
    referral = Referral(service, ReferralSource.SELF, REFERRED_ON)
    with providers_in_scope([service.provider_id]):
        return refer_person(identity=Identity(**about), referral=referral, actor=actor, at=AT)


def started(service: Service, specialist: User, **about: Any) -> Participant:
    """Refer somebody and begin their time on the specialist's caseload."""
    participant = referred(service, specialist, **about)
    start_person(
        participant=participant, started_on=STARTED_ON, specialist=specialist, actor=specialist, at=AT
    )
    participant.refresh_from_db()
    return participant


def a_person(**about: Any) -> Person:
    """Return the personal data of a new participant, in a programme that is made at the first call."""
    service = Service.objects.first() or a_cast().programme.services.get()
    actor = User.objects.get(email="specialist@example.org")
    participant = referred(service, actor, **{"name": f"Example {next(_numbers)}", **about})
    with providers_in_scope([service.provider_id]):
        return Person.objects.select_related("participant__service").get(participant=participant)


@contextmanager
def in_scope_of(participant: Participant) -> Iterator[None]:
    """Open the personal data of the participant's provider, as its staff do."""
    with providers_in_scope([participant.service.provider_id]):
        yield

"""The ways in to people: each returns the person or refuses, and opens no more than it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import programme_of_people
from funders.models import Programme
from mhep.shared.row_security import providers_in_scope
from participants.models import Participant, TransferRequest
from participants.selectors.transfers import requests_to_decide
from providers.access import may_at_provider
from providers.models import Provider, ProviderMember


@contextmanager
def own_people(user: User) -> Iterator[None]:
    """
    Open the personal data of the people whom the user's own providers help, in a transaction.

    For anybody else, and outside of the block, the database shows none and takes none.
    """
    with providers_in_scope(Provider.objects.staffed_by(user).values_list("pk", flat=True)):
        yield


def person_to_see(user: User, code: str, pk: int) -> tuple[Programme, Participant]:
    """Return a person for the staff of their provider or of the operator; others get 404 or 403."""
    programme = programme_of_people(user, code)
    visible = Participant.objects.visible_to(user).filter(programme=programme)
    return programme, get_object_or_404(
        visible.select_related("service__provider", "area", "cohort", "programme"), pk=pk
    )


def person_to_help(user: User, code: str, pk: int) -> tuple[Programme, Participant]:
    """Return a person for the staff of their own provider; those who may only look get 403."""
    programme, participant = person_to_see(user, code, pk)
    if not helps(user, participant):
        raise PermissionDenied
    return programme, participant


def transfer_to_decide(user: User, code: str, pk: int) -> tuple[Programme, TransferRequest]:
    """Return a request to the provider whose manager the user is; others get 404 or 403."""
    programme = programme_of_people(user, code)
    requests = requests_to_decide(user).filter(participant__programme=programme)
    return programme, get_object_or_404(requests, pk=pk)


def programme_to_deliver(user: User, code: str) -> Programme:
    """Return the programme for the staff of one of its providers; the others who see it get 403."""
    programme = programme_of_people(user, code)
    if not programme.services.filter(provider__members__in=ProviderMember.objects.of(user)).exists():
        raise PermissionDenied
    return programme


def helps(user: User, participant: Participant) -> bool:
    """Tell whether the user works for the provider that helps the person now."""
    return may_at_provider(user, Object.PERSON, Action.CHANGE, participant.service.provider_id)

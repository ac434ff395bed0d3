"""The ways in to outcomes that are being logged, and to their evidence: each returns it or refuses."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import is_delivered_by, is_operators, programme_of_people
from funders.models import Programme
from outcomes.enums import IMPORT_ENDED, EvidenceState
from outcomes.models import EvidenceFile, FileImport, FileImportQuerySet, OutcomeDraft, OutcomeEvent
from outcomes.selectors.evidence import own_evidence
from outcomes.services.file_imports import Sender
from participants.models import Participant
from providers.access import may
from providers.enums import ProviderRole
from providers.models import Provider, ProviderMember


def programme_to_claim_in(user: User, code: str) -> Programme:
    """Return the programme for its providers' staff and for the operator's, auditors excepted."""
    programme = programme_of_people(user, code)
    if not may(user, Object.OUTCOME, Action.CLAIM, programme.operator) and not is_delivered_by(
        user, programme
    ):
        raise PermissionDenied
    return programme


def people_to_claim_for(user: User, programme: Programme) -> QuerySet[Participant]:
    """Return the people for whom the user may log an outcome: the operator all, a provider its own."""
    people = Participant.objects.filter(programme=programme)
    return people if may(user, Object.OUTCOME, Action.CLAIM, programme.operator) else people.helped_by(user)


def draft_to_write(user: User, code: str, token: UUID) -> OutcomeDraft:
    """Return a draft for its author, as long as the author may log outcomes of the person; others get 404."""
    programme = programme_to_claim_in(user, code)
    drafts = OutcomeDraft.objects.filter(
        programme=programme,
        author=user,
        discarded_at__isnull=True,
        participant__in=people_to_claim_for(user, programme),
    )
    return get_object_or_404(
        drafts.select_related(
            "programme__operator", "participant__service", "outcome_type", "event__outcome_type"
        ),
        token=token,
    )


def outcome_to_see(user: User, code: str, pk: int) -> OutcomeEvent:
    """Return an outcome of the user's own services, or of somebody whom they help; others get 404 or 403."""
    programme = programme_of_people(user, code)
    events = OutcomeEvent.objects.to_providers(user).filter(programme=programme)
    return get_object_or_404(
        events.select_related(
            "programme__operator",
            "outcome_type",
            "service__provider",
            "participant__service",
            "prerequisite__outcome_type",
            "submitted_by",
            "rejection",
        ),
        pk=pk,
    )


def outcome_to_log_again(user: User, programme: Programme, pk: int) -> OutcomeEvent:
    """Return an outcome of somebody for whom the user may log outcomes; others get 404."""
    events = OutcomeEvent.objects.filter(
        programme=programme, participant__in=people_to_claim_for(user, programme)
    )
    return get_object_or_404(events.select_related("programme", "participant", "outcome_type"), pk=pk)


def evidence_to_read(user: User, code: str, key: UUID) -> EvidenceFile:
    """
    Return a file of evidence for the operator's people and the provider's.

    Before it was found clean only its uploader gets it; what is harmful nobody does: both are 403.
    """
    programme = programme_of_people(user, code)
    files = EvidenceFile.objects.visible_to(user).filter(participant__programme=programme)
    with own_evidence(user):
        file = get_object_or_404(files.kept(), key=key)
    is_own = file.uploaded_by_id == user.pk
    if file.state == EvidenceState.QUARANTINED or not (file.state == EvidenceState.CLEAN or is_own):
        raise PermissionDenied
    return file


def sender_in(user: User, code: str) -> Sender:
    """
    Return for whom the user sends files: for the operator, or for the provider of which they are a manager.

    Whether they may send any, or only look, is for the matrix. Others of the programme get 403.
    """
    programme = programme_of_people(user, code)
    if is_operators(user, programme):
        return Sender(user, programme)
    seats = ProviderMember.objects.of(user).filter(role=ProviderRole.MANAGER)
    managed = Provider.objects.filter(members__in=seats, services__programme=programme)
    provider = managed.order_by("code").first()
    if provider is None:
        raise PermissionDenied
    return Sender(user, programme, provider)


def may_send(sender: Sender) -> bool:
    """Tell whether somebody may import, or only look at what others did."""
    return sender.provider is not None or may(
        sender.user, Object.IMPORT, Action.IMPORT, sender.programme.operator
    )


def imports_to_list(sender: Sender) -> FileImportQuerySet:
    """Return the files of the programme that the sender may know of, the latest first."""
    files = FileImport.objects.visible_to(sender.user).filter(programme=sender.programme)
    if sender.provider is not None:
        files = files.filter(provider=sender.provider)
    return files.select_related("sent_by", "provider").order_by("-sent_at", "-pk")


def imports_to_open(sender: Sender) -> FileImportQuerySet:
    """Return the files whose rows the sender may see: one's own, and what came of those of one's office."""
    ended_here = Q(provider=sender.provider, state__in=IMPORT_ENDED)
    return imports_to_list(sender).filter(ended_here | Q(sent_by=sender.user, provider=sender.provider))

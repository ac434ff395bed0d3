"""Where a person could go, and what providers ask each other."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from accounts.models import User
from funders.models import Programme, Service
from mhep.shared.sheets import Sheet
from participants.enums import TransferState
from participants.models import Participant, TransferRequest
from providers.enums import ProviderRole
from providers.models import Provider, ProviderMember

DECIDED_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Transfers:
    """What waits for the reader's decision, what they wait for, and what was decided last."""

    incoming: list[TransferRequest]
    outgoing: list[TransferRequest]
    decided: list[TransferRequest]


def services_to_move_to(participant: Participant) -> list[Service]:
    """Return the other services of the person's provider that serve the person."""
    return [each for each in _elsewhere(participant) if each.provider_id == participant.service.provider_id]


def services_to_ask(participant: Participant) -> list[Service]:
    """Return the services of the programme's other providers that serve the person."""
    return [each for each in _elsewhere(participant) if each.provider_id != participant.service.provider_id]


def waiting_request(participant: Participant) -> TransferRequest | None:
    """Return the request about the person that another provider has yet to decide."""
    waiting = participant.transfer_requests.filter(state=TransferState.WAITING)
    return waiting.select_related("to_service__provider").first()


def transfers_of(user: User, programme: Programme) -> Transfers:
    """Return the programme's requests that concern the user's providers."""
    rows = _requests(user, programme)
    asked = set(Provider.objects.staffed_by(user).values_list("pk", flat=True))
    waiting = list(rows.filter(state=TransferState.WAITING))
    return Transfers(
        incoming=[each for each in waiting if each.to_service.provider_id in asked],
        outgoing=[each for each in waiting if each.to_service.provider_id not in asked],
        decided=list(rows.exclude(state=TransferState.WAITING)[:DECIDED_SHOWN]),
    )


def transfer_sheet(user: User, programme: Programme) -> Sheet:
    """Return every request of :func:`transfers_of` as a table, the newest first; people by reference."""
    zone = ZoneInfo(programme.timezone)
    return Sheet(
        title="Transfers",
        headings=(
            "Reference",
            "From provider",
            "From service",
            "To provider",
            "To service",
            "State",
            "Asked on",
            "Asked by",
            "Person agreed on",
            "Reason",
            "Decided on",
            "Decided by",
            "Answer",
        ),
        rows=[
            (
                each.participant.reference,
                each.from_service.provider.name,
                each.from_service.name,
                each.to_service.provider.name,
                each.to_service.name,
                each.get_state_display(),
                each.asked_at.astimezone(zone).date(),
                each.asked_by.name,
                each.agreed_on,
                each.reason,
                each.decided_at.astimezone(zone).date() if each.decided_at else "",
                each.decided_by.name if each.decided_by else "",
                each.answer,
            )
            for each in _requests(user, programme)
        ],
    )


def _requests(user: User, programme: Programme) -> QuerySet[TransferRequest]:
    seen = TransferRequest.objects.visible_to(user).filter(participant__programme=programme)
    return seen.select_related(
        "participant", "from_service__provider", "to_service__provider", "asked_by", "decided_by"
    ).order_by("-asked_at", "-pk")


def requests_to_decide(user: User) -> QuerySet[TransferRequest]:
    """Return what the user decides as a manager of the provider that is asked, decided ones included."""
    managed = ProviderMember.objects.of(user).filter(role=ProviderRole.MANAGER).values("provider")
    return TransferRequest.objects.filter(to_service__provider__in=managed).select_related(
        "participant__programme", "from_service__provider", "to_service__provider"
    )


def _elsewhere(participant: Participant) -> list[Service]:
    services = participant.programme.services.exclude(pk=participant.service_id).select_related("provider")
    return [
        each
        for each in services.order_by("position")
        if _serves(each.areas, participant.area) and _serves(each.cohorts, participant.cohort)
    ]


def _serves(served: list[str], place: object) -> bool:
    return place is None or not served or getattr(place, "code", "") in served

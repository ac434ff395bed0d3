"""What an operator's administrator does about webhooks. Each change is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services.memberships import kinds
from audit.services import record
from mhep.shared.models import Delivery, Webhook
from mhep.shared.webhooks import services
from mhep.shared.webhooks.services import CannotMakeWebhook
from providers.models import Operator

TOLD = ("operator", "provider", "funder")  # an investor sees nothing of which webhooks tell


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where to tell whom of what."""

    kind: str
    place: int
    url: str
    types: Sequence[str]


@dataclass(frozen=True, slots=True)
class ListedWebhook:
    """A webhook with the name of its organisation."""

    row: Webhook
    organisation: str

    @property
    def state(self) -> str:
        return "OFF" if self.row.disabled_at else "ON"


def told(operator: Operator) -> Iterator[tuple[str, int, str]]:
    """Give kind, key and name of each organisation of the operator that can have a webhook."""
    for kind, known in kinds().items():
        if kind in TOLD:
            for place in known.places(operator.pk):
                yield kind, place.pk, place.name


def webhooks_of(operator: Operator) -> list[ListedWebhook]:
    """Return the webhooks of the operator and its organisations, the latest first."""
    names = {(kind, place): name for kind, place, name in told(operator)}
    rows = Webhook.objects.order_by("-made_at", "-pk")
    return [ListedWebhook(row, names[row.kind, row.place]) for row in rows if (row.kind, row.place) in names]


@transaction.atomic
def make_webhook(operator: Operator, wanted: Wanted, *, actor: User, at: datetime) -> Webhook:
    """
    Make a webhook of one of the operator's own organisations.

    :raises CannotMakeWebhook: if the organisation is not the operator's, or there is nothing to tell of.
    :raises ForbiddenAddress: for an address to which nothing is sent.
    """
    if (wanted.kind, wanted.place) not in {(kind, place) for kind, place, _ in told(operator)}:
        raise CannotMakeWebhook("Choose an organisation from the list.")
    webhook = services.make_webhook(
        kind=wanted.kind,
        place=wanted.place,
        url=wanted.url,
        types=wanted.types,
        made_by_id=actor.pk,
        at=at,
    )
    _record("webhook.made", webhook, actor, at, types=webhook.types)
    return webhook


@transaction.atomic
def rotate_secret(webhook: Webhook, *, actor: User, at: datetime) -> Webhook:
    """Give a webhook another secret; the one before signs for a day more."""
    rotated = services.rotate_secret(webhook.pk, at=at)
    _record("webhook.secret_changed", webhook, actor, at)
    return rotated


@transaction.atomic
def switch(webhook: Webhook, *, is_on: bool, actor: User, at: datetime) -> None:
    """Switch a webhook on or off."""
    services.switch(webhook.pk, is_on=is_on, at=at)
    _record("webhook.switched_on" if is_on else "webhook.switched_off", webhook, actor, at)


@transaction.atomic
def replay(delivery: Delivery, *, actor: User, at: datetime) -> None:
    """
    Send a delivery again under its id.

    :raises CannotReplay: if it waits to be sent anyway.
    """
    services.replay(delivery.pk, at=at)
    _record("webhook.delivery_repeated", delivery.webhook, actor, at, delivery=str(delivery.key))


def _record(action: str, webhook: Webhook, actor: User, at: datetime, **details: object) -> None:
    subject = f"{webhook.kind} {webhook.place}"
    record(actor=actor, action=action, subject=subject, at=at, webhook=webhook.pk, **details)

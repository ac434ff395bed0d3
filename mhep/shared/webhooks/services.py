"""Webhooks of organisations: made, given another secret, switched off and on, their deliveries repeated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from mhep.kernel.problems import BusinessRuleError
from mhep.shared.models import Delivery, DeliveryState, HappeningType, Webhook
from mhep.shared.webhooks.guard import check_url
from mhep.shared.webhooks.signing import new_secret

OLD_SECRET_FOR = timedelta(hours=24)


class CannotMakeWebhook(BusinessRuleError):
    pass


class CannotReplay(BusinessRuleError):
    pass


def make_webhook(
    *, kind: str, place: int, url: str, types: Sequence[str], made_by_id: int, at: datetime
) -> Webhook:
    """
    Make a webhook of the organisation with that kind and key; it hears of what happens from now on.

    :raises ForbiddenAddress: for an address to which nothing is sent.
    :raises CannotMakeWebhook: without a type of thing to tell of.
    """
    check_url(url)
    if not types or not set(types) <= set(HappeningType.values):
        raise CannotMakeWebhook("Choose at least one thing to be told of.")
    return Webhook.objects.create(
        kind=kind,
        place=place,
        url=url,
        types=sorted(set(types)),
        secret=new_secret(),
        made_by_id=made_by_id,
        made_at=at,
        told_from_at=at,
        looked_at=at,
    )


@transaction.atomic
def rotate_secret(webhook_id: int, *, at: datetime) -> Webhook:
    """Give a webhook another secret; for a day both sign, so that no message is refused meanwhile."""
    webhook = Webhook.objects.select_for_update().get(pk=webhook_id)
    webhook.previous_secret, webhook.previous_ends_at = webhook.secret, at + OLD_SECRET_FOR
    webhook.secret = new_secret()
    webhook.save(update_fields=["secret", "previous_secret", "previous_ends_at"])
    return webhook


@transaction.atomic
def switch(webhook_id: int, *, is_on: bool, at: datetime) -> Webhook:
    """Switch a webhook on or off. What happens while it is off, it is not told of."""
    webhook = Webhook.objects.select_for_update().get(pk=webhook_id)
    if is_on and webhook.disabled_at is not None:
        webhook.disabled_at, webhook.disabled_because, webhook.told_from_at = None, "", at
    elif not is_on and webhook.disabled_at is None:
        webhook.disabled_at, webhook.disabled_because = at, "Switched off"
    webhook.save(update_fields=["disabled_at", "disabled_because", "told_from_at"])
    return webhook


@transaction.atomic
def replay(delivery_id: int, *, at: datetime) -> Delivery:
    """
    Send a delivery again, under the same id, with all its tries before it.

    :raises CannotReplay: if it waits to be sent anyway.
    """
    delivery = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery_id)
    if delivery.state == DeliveryState.WAITING:
        raise CannotReplay("This is going to be sent anyway.")
    delivery.state, delivery.attempts, delivery.due_at = DeliveryState.WAITING, 0, at
    delivery.save(update_fields=["state", "attempts", "due_at"])
    return delivery

"""
Collecting what happened and sending it on: every message under one id, until the receiver has it.

A delivery is a row before it is a message. Whoever sends it takes it for two minutes and says so first; cut
off in between, it is sent once more under the same id, by which a receiver knows it.
"""

from __future__ import annotations

import http.client
import json
import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from mhep.shared.models import Delivery, DeliveryState, Webhook
from mhep.shared.webhooks.guard import ForbiddenAddress, post, target_of
from mhep.shared.webhooks.signing import headers_of
from mhep.shared.webhooks.sources import Happening, sources

logger = logging.getLogger(__name__)

# Rows of a transaction that took long appear late, under the time at which it began.
LOOK_BACK = timedelta(hours=2)
NOTED_EVERY = timedelta(hours=1)
LEASE = timedelta(minutes=2)
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
JITTER = 0.1
KEPT_FOR = timedelta(days=30)
MOST_A_RUN = 200
GONE = 410

Now = Callable[[], datetime]


def collect(at: datetime) -> int:
    """Write a delivery for what each webhook has to be told of; return how many. Twice changes nothing."""
    count = 0
    for webhook in Webhook.objects.filter(disabled_at=None).order_by("pk"):
        since = max(webhook.looked_at - LOOK_BACK, webhook.told_from_at)
        with transaction.atomic():
            for name, source in sources().items():
                told = [
                    each for each in source(webhook.kind, webhook.place, since) if each.type in webhook.types
                ]
                count += len(_write(webhook, name, told, at))
            Webhook.objects.filter(pk=webhook.pk, looked_at__lt=at - NOTED_EVERY).update(looked_at=at)
    return count


def send_due(now: Now) -> int:
    """
    Send what is due, the longest due first; return how many arrived.

    A webhook that does not answer keeps no other waiting: the rest of its own is left to the next run.
    """
    arrived = 0
    failing: set[int] = set()
    for _ in range(MOST_A_RUN):
        delivery = _take(now(), failing)
        if delivery is None:
            break
        if send_one(delivery, now):
            arrived += 1
        else:
            failing.add(delivery.webhook_id)
    return arrived


def send_one(delivery: Delivery, now: Now) -> bool:
    """Send one delivery that was taken, and write down how it went; tell whether it arrived."""
    webhook, at = delivery.webhook, now()
    body = body_of(delivery)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "MHEP-webhooks/1",
        **headers_of(key=str(delivery.key), at=int(at.timestamp()), body=body, among=webhook.secrets_at(at)),
    }
    status, problem = 0, ""
    try:
        status = post(target_of(webhook.url), body, headers)
    except ForbiddenAddress as refusal:
        problem = str(refusal)
    except (OSError, http.client.HTTPException) as error:
        problem = f"No answer ({type(error).__name__})"
    _note(delivery, status, problem or f"Answered {status}", now())
    return 200 <= status < 300


def body_of(delivery: Delivery) -> bytes:
    """Return the message: what happened and where to ask about it, and nothing about anybody."""
    site = settings.SITE_ADDRESS.rstrip("/")
    said = {
        "type": delivery.type,
        "timestamp": delivery.happened_at.isoformat(),
        "data": {"programme": delivery.programme, "url": f"{site}{delivery.path}"},
    }
    return json.dumps(said, separators=(",", ":")).encode()


def forget_deliveries(at: datetime) -> int:
    """Delete what ended long ago; return how many."""
    ended = Delivery.objects.exclude(state=DeliveryState.WAITING)
    return ended.filter(happened_at__lt=at - KEPT_FOR).delete()[0]


def _write(webhook: Webhook, source: str, told: list[Happening], at: datetime) -> list[Delivery]:
    keys = [each.key for each in told]
    known = Delivery.objects.filter(webhook=webhook, source=source, row_key__in=keys)
    there = set(known.values_list("row_key", flat=True))
    fresh = [
        Delivery(
            webhook=webhook,
            source=source,
            row_key=each.key,
            type=each.type,
            programme=each.programme,
            path=each.path,
            happened_at=each.at,
            due_at=at,
        )
        for each in told
        if each.key not in there
    ]
    Delivery.objects.bulk_create(fresh, ignore_conflicts=True)
    return fresh


@transaction.atomic
def _take(at: datetime, failing: set[int]) -> Delivery | None:
    """Take the delivery that is due longest, for as long as the lease; None if there is none."""
    due = Delivery.objects.filter(
        state=DeliveryState.WAITING, due_at__lte=at, webhook__disabled_at=None
    ).exclude(webhook__in=failing)
    locked = due.select_for_update(of=("self",), skip_locked=True).select_related("webhook")
    delivery = locked.order_by("due_at", "pk").first()
    if delivery is not None:
        delivery.attempts += 1
        delivery.due_at = at + LEASE
        delivery.save(update_fields=["attempts", "due_at"])
    return delivery


@transaction.atomic
def _note(delivery: Delivery, status: int, said: str, at: datetime) -> None:
    """Write down how a try went, and when the next one is due, if there is one."""
    delivery.last_status, delivery.last_said = status or None, said
    if 200 <= status < 300:
        delivery.state, delivery.sent_at = DeliveryState.SENT, at
    elif status == GONE or delivery.attempts > len(PAUSES):
        delivery.state = DeliveryState.FAILED
        logger.error("Webhook %s: delivery %s is given up: %s", delivery.webhook_id, delivery.key, said)
    else:
        delivery.due_at = at + _pause(delivery.attempts)
    delivery.save(update_fields=["state", "sent_at", "due_at", "last_status", "last_said"])
    if status == GONE:
        gone = Webhook.objects.filter(pk=delivery.webhook_id, disabled_at=None)
        gone.update(disabled_at=at, disabled_because="The receiver answered that it is gone (410)")


def _pause(attempts: int) -> timedelta:
    """Return how long to wait after so many tries: ever longer, and not all at the same moment."""
    pause = PAUSES[min(attempts, len(PAUSES)) - 1]
    return pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 (spreads the load, hides nothing)

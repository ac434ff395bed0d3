"""The scheduled work of what all apps share: job rows, what was kept for a while, and webhooks."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from mhep.shared.api.replay import forget_answers
from mhep.shared.jobs import sweep
from mhep.shared.locks import session_lock
from mhep.shared.once import forget_sent_forms
from mhep.shared.webhooks.sending import collect, forget_deliveries, send_due


@shared_task(name="mhep.shared.sweep_jobs")
def sweep_jobs() -> None:
    """Start again what was lost, and forget old forms and answers; of two at once, one does nothing."""
    with session_lock("mhep.shared.sweep_jobs") as is_mine:
        if is_mine:
            sweep(timezone.now())
            forget_sent_forms(timezone.now())
            forget_answers(timezone.now())


@shared_task(name="mhep.shared.send_webhooks")
def send_webhooks() -> None:
    """Tell webhooks what happened; of two runs at once, one does nothing."""
    with session_lock("mhep.shared.send_webhooks") as is_mine:
        if is_mine:
            collect(timezone.now())
            send_due(timezone.now)
            forget_deliveries(timezone.now())

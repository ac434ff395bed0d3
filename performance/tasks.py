"""The work of performance in the background: each task is one call of a service, and may run twice."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from performance.services import facts, packs, publishing


@shared_task(name="performance.refresh_facts")
def refresh_facts() -> None:
    """Count anew every month of which something has changed, and publish those that were closed."""
    for programme_id in facts.stale_programmes():
        facts.refresh_facts(programme_id=programme_id)
        publishing.publish_closed_months(programme_id=programme_id, at=timezone.now())


@shared_task(name="performance.make_packs")
def make_packs() -> None:
    """Make the monthly packs that are missing, and tell those whom they are for."""
    packs.deliver_packs(at=timezone.now())

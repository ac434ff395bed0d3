"""The work of performance in the background: each task is one call of a service, and may run twice."""

from __future__ import annotations

from celery import shared_task

from performance.services import facts


@shared_task(name="performance.refresh_facts")
def refresh_facts() -> None:
    """Count anew every month of which something has changed, a programme at a time."""
    for programme_id in facts.stale_programmes():
        facts.refresh_facts(programme_id=programme_id)

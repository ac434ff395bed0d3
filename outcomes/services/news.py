"""What became of outcomes is news to the people who logged them until they say that they have seen it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from accounts.models import User
from outcomes.models import StepSeen


def mark_seen(*, steps: Iterable[int], user: User, at: datetime) -> None:
    """Note that the user has seen these steps; the caller has made sure that they may. Again is no harm."""
    StepSeen.objects.bulk_create(
        [StepSeen(step_id=step, user=user, seen_at=at) for step in sorted(set(steps))], ignore_conflicts=True
    )

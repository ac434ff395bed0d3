"""Several events verified at once, where nothing about them is doubtful."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from outcomes.services.verification import verify_event
from payments.selectors.verification import QueueFilter, queue_of


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of the events asked for: their references, and what was left out with the reason."""

    done: tuple[str, ...]
    left_out: tuple[str, ...]


def verify_clear(*, programme: Programme, events: Collection[int], actor: User, at: datetime) -> Verified:
    """
    Verify those of the events that still wait and are not doubtful; each by itself.

    What became doubtful since it was chosen, or was dealt with by somebody else, is left out and named.
    """
    queue = queue_of(actor, programme, QueueFilter(), programme.local_date(at))
    clear = [row for row in queue if row.is_clear and row.event.pk in events]
    done, left_out = [], [row.event.reference for row in queue if not row.is_clear and row.event.pk in events]
    for row in clear:
        try:
            verify_event(event_id=row.event.pk, actor=actor, at=at)
        except BusinessRuleError:
            left_out.append(row.event.reference)
        else:
            done.append(row.event.reference)
    return Verified(tuple(done), tuple(left_out))

"""What of a claim may be corrected while a question about it is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Facts:
    """What of an event may be corrected while it is queried; ``evidence`` is sorted."""

    outcome_date: date
    hours: Decimal | None
    job: str
    evidence: tuple[str, ...]

"""At which days around its due date an invoice is brought to mind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

BEFORE, DUE, LATE_7, LATE_14, LATE_30 = "BEFORE", "DUE", "LATE_7", "LATE_14", "LATE_30"
# Days after the due date from which each stage counts, until the next does.
DAYS: Mapping[str, int] = {BEFORE: -7, DUE: 0, LATE_7: 7, LATE_14: 14, LATE_30: 30}


def stage_on(due_on: date, today: date) -> str | None:
    """Return the stage that an unpaid invoice has reached on a day; None over a week before it is due."""
    days = (today - due_on).days
    reached = [stage for stage, since in DAYS.items() if days >= since]
    return reached[-1] if reached else None

"""What the checks of every night found last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from audit.models import AuditEvent

CHAIN = "check.audit_trail"
EVIDENCE = "check.evidence"
NAMES = {CHAIN: "Audit trail", EVIDENCE: "Evidence files"}
LATE = timedelta(hours=30)  # after this a check of every night was missed


@dataclass(frozen=True, slots=True)
class LastCheck:
    """One kind of check: when it was made last and what it found; ``at`` is empty if it never was."""

    name: str
    at: datetime | None
    is_sound: bool
    found: str
    is_late: bool


def last_checks(now: datetime) -> list[LastCheck]:
    """Return the last result of each kind of check."""
    return [_last(action, now) for action in NAMES]


def _last(action: str, now: datetime) -> LastCheck:
    event = AuditEvent.objects.filter(action=action).order_by("-at", "-pk").first()
    if event is None:
        return LastCheck(NAMES[action], None, is_sound=False, found="Not checked yet", is_late=True)
    details = event.details
    return LastCheck(
        NAMES[action], event.at, details["is_sound"], details["found"], is_late=now - event.at > LATE
    )

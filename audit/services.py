"""The one way to write the record of who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import User
from audit.models import AuditEvent


def record(*, actor: User | None, action: str, subject: str, at: datetime, **details: Any) -> None:
    """Write down that ``actor`` (None: the system) did ``action`` to ``subject``, in this transaction."""
    AuditEvent.objects.create(actor=actor, action=action, subject=subject, at=at, details=details)

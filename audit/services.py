"""The one way to write the record of who did what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import User
from audit.models import AuditEvent


def record(*, actor: User | None, action: str, subject: str, at: datetime, **details: Any) -> None:
    """Write down that ``actor`` (None: the system) did ``action`` to ``subject``, in this transaction."""
    AuditEvent.objects.create(actor=actor, action=action, subject=subject, at=at, details=details)


@contextmanager
def acting(actor: User | None, *, reason: str = "") -> Iterator[None]:
    """
    Tell the database who acts and why, for the history that its triggers write.

    Needs a transaction: the setting ends with it, so that a reused connection never lends a name.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('mhep.actor', %s, true), set_config('mhep.reason', %s, true)",
            [str(actor.pk) if actor else "", reason],
        )
        yield
        cursor.execute("SELECT set_config('mhep.actor', '', true), set_config('mhep.reason', '', true)")

"""The one way to write the record of who did what."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import User
from audit.models import AuditEvent
from mhep.shared.locks import session_lock

logger = logging.getLogger(__name__)


def record(*, actor: User | None, action: str, subject: str, at: datetime, **details: Any) -> None:
    """Write down that ``actor`` (None: the system) did ``action`` to ``subject``, in this transaction."""
    AuditEvent.objects.create(actor=actor, action=action, subject=subject, at=at, details=details)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, in words."""

    is_sound: bool
    found: str


def check_of_the_day(action: str, look: Callable[[], Finding], *, at: datetime) -> Finding | None:
    """
    Have something checked and write down what was found, unless that was or is being done on this day (UTC).

    What is not sound is an error in the log too.
    """
    with session_lock(action) as is_ours:
        if not is_ours or AuditEvent.objects.filter(action=action, at__date=at.date()).exists():
            return None
        finding = look()
        record(actor=None, action=action, subject="installation", at=at, **asdict(finding))
    if not finding.is_sound:
        logger.error("%s: %s", action, finding.found)
    return finding


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

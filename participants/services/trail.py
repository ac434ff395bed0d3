"""The record of what was done for whom: the reference and the action, never what was written."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from audit.services import record
from participants.models import Participant


def note(participant: Participant, action: str, actor: User, at: datetime) -> None:
    """Write down that ``actor`` did ``action`` for the participant, in this transaction."""
    subject = f"{participant.programme.code} {participant.reference}"
    record(actor=actor, action=action, subject=subject[:120], at=at)


def locked(participant: Participant) -> Participant:
    """Return the participant anew, locked until the transaction ends: what follows is decided from this."""
    people = Participant.objects.select_for_update(no_key=True, of=("self",))
    return people.select_related("service", "programme").get(pk=participant.pk)

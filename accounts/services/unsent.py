"""What somebody typed and sent after their sign-in had ended: it is kept for them until they are back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from django.contrib.sessions.backends.base import SessionBase

from mhep.shared.encryption import SpoiltField, decrypt, encrypt

KEY = "unsent_form"  # in the session: encrypted, as it may name people
OWNER = "sign_in_ended_of"  # in the session of somebody whose sign-in has ended: who that was
PLACE = "session.unsent_form"
LONGEST = 100_000  # letters


@dataclass(frozen=True, slots=True)
class Unsent:
    """
    A form that was not taken.

    ``owner`` is the key of whose it is, ``page`` where the form stands and ``action`` where it sends to.
    """

    owner: int
    page: str
    action: str
    fields: Mapping[str, Sequence[str]]


def keep(session: SessionBase, form: Unsent) -> None:
    """Keep a form in place of an earlier one; one that is too long for anybody to type is not kept."""
    text = json.dumps(asdict(form))
    if len(text) <= LONGEST:
        session[KEY] = encrypt(text, place=PLACE)


def kept_for(session: SessionBase, owner: int) -> Unsent | None:
    """Return the form that waits for this person, if there is one; nobody else gets it."""
    try:
        form = Unsent(**json.loads(decrypt(session.get(KEY, ""), place=PLACE)))
    except SpoiltField:
        return None
    return form if form.owner == owner else None


def forget(session: SessionBase) -> None:
    """Forget the form, as it has been sent."""
    session.pop(KEY, None)

"""The one way for a letter to leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from django.conf import settings

from mhep.shared.mailing.letters import Letter
from mhep.shared.mailing.notify import send_by_notify
from mhep.shared.mailing.smtp import send_by_smtp

WAYS: Mapping[str, Callable[[Letter], None]] = MappingProxyType(
    {"smtp": send_by_smtp, "notify": send_by_notify}
)


def post(letter: Letter) -> None:
    """
    Send a letter in the way that the setting ``MAIL_BY`` names.

    An answer that never comes is a ``PostAway`` too, so a letter that is tried again may arrive twice.

    :raises PostAway: if the same letter may leave later.
    :raises LetterRefused: if it never will.
    """
    WAYS[settings.MAIL_BY](letter)

"""Letters about accounts. None says more about a person than the address that it goes to."""

from __future__ import annotations

import logging
from typing import Any

from django.template.loader import render_to_string

from accounts.models import User
from mhep.shared.mailing.letters import Letter, LetterNotSent
from mhep.shared.mailing.post import post

logger = logging.getLogger(__name__)
PLAIN = "accounts/mail/letter.html"


def send(
    to: str, subject: str, template: str, *, html: str = PLAIN, stop_at: str = "", **context: Any
) -> None:
    """
    Send a letter.

    :param template: its text.
    :param html: the same for people who read HTML; by default the text, with its links.
    :param stop_at: the page on which the reader can stop letters like it.
    :raises PostAway: if the same letter may leave later.
    :raises LetterRefused: if it never will.
    """
    text = render_to_string(template, context)
    shown = render_to_string(html, {**context, "subject": subject, "text": text})
    post(Letter(to, subject, text, shown, stop_at))


def tell_of_change(user: User, change: str) -> None:
    """
    Tell the owner of an account what was changed, so that a change by somebody else is noticed.

    What was done stays done if the letter cannot leave; the log says so.
    """
    try:
        send(user.email, "Your MHEP account was changed", "accounts/mail/changed.txt", change=change)
    except LetterNotSent:
        logger.exception("A letter about a change of an account could not be sent")

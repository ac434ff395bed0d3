"""Letters about accounts. None says more about a person than the address that it goes to."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from django.core.mail import send_mail
from django.template.loader import render_to_string

from accounts.models import User

logger = logging.getLogger(__name__)


def send(to: str, subject: str, template: str, **context: Any) -> bool:
    """Send a letter; return whether the mail server took it. What was done stays done if it did not."""
    text = render_to_string(template, context)
    try:
        send_mail(subject, text, None, [to])
    except (OSError, SMTPException):
        logger.exception("A letter (%s) could not be sent", template)
        return False
    return True


def tell_of_change(user: User, change: str) -> None:
    """Tell the owner of an account what was changed, so that a change by somebody else is noticed."""
    send(user.email, "Your MHEP account was changed", "accounts/mail/changed.txt", change=change)

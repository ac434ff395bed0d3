"""Forgotten passwords."""

from __future__ import annotations

from datetime import datetime

from axes.utils import reset as forget_attempts
from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.models import User
from accounts.services.identities import sole_provider_of
from accounts.services.mail import send
from mhep.shared.jobs import enqueue

SEND_RESET = "accounts.send_reset"


def ask_for_reset(email: str, *, link: str, at: datetime) -> None:
    """
    Have a link for a new password sent, if there is such an account. Needs a transaction.

    The letter is written by a worker, so that an answer takes no longer for an address that exists.
    """
    user = User.objects.filter(email=User.normal_email(email), is_active=True).first()
    if user is not None and user.has_usable_password() and sole_provider_of(user) is None:
        arguments = {"user_id": user.pk, "link": link}
        enqueue(SEND_RESET, subject=f"account {user.pk}", arguments=arguments, requested_by_id=None, at=at)


def send_reset(user: User, link: str) -> None:
    """Send a link that sets a new password once, within an hour, unless the password changes before."""
    key = urlsafe_base64_encode(force_bytes(user.pk))
    whole = link.replace("KEY", key).replace("TOKEN", default_token_generator.make_token(user))
    send(user.email, "A new password for MHEP", "accounts/mail/reset.txt", link=whole)


def forget_wrong_passwords(user: User) -> None:
    """Let the person try again at once, wherever they are."""
    forget_attempts(username=user.email)

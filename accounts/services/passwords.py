"""Forgotten passwords."""

from __future__ import annotations

from datetime import datetime

from axes.utils import reset as forget_attempts
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse

from accounts.models import User
from accounts.services.identities import sole_provider_of
from accounts.services.mail import send
from mhep.shared.jobs import enqueue

SEND_RESET = "accounts.send_reset"


def ask_for_reset(email: str, *, site: str, at: datetime) -> None:
    """
    Have a link for a new password sent, if there is such an account. Needs a transaction.

    The letter is written by a worker, so that an answer takes no longer for an address that exists.

    :param site: where the site is, as in ``https://mhep.example.org``.
    """
    user = User.objects.filter(email=User.normal_email(email), is_active=True).first()
    if user is not None and user.has_usable_password() and sole_provider_of(user) is None:
        arguments = {"user_id": user.pk, "site": site}
        enqueue(SEND_RESET, subject=f"account {user.pk}", arguments=arguments, requested_by_id=None, at=at)


def send_reset(user: User, site: str) -> None:
    """
    Send a link that sets a new password once, within an hour, unless the password changes before.

    :raises PostAway: if the same letter may leave later.
    :raises LetterRefused: if it never will.
    """
    path = reverse("accounts:new-password", args=[user.pk, default_token_generator.make_token(user)])
    send(user.email, "A new password for MHEP", "accounts/mail/reset.txt", link=site + path)


def forget_wrong_passwords(user: User) -> None:
    """Let the person try again at once, wherever they are."""
    forget_attempts(username=user.email)

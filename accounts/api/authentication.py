"""How a program says who it is: a token in the header, and nothing else."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from accounts.models import User
from accounts.rules.tokens import seconds_left
from accounts.services.tokens import Caller, let_in
from mhep.shared.api.problems import Refusal


class TokenAuthentication(BaseAuthentication):
    """Let in whoever shows a token that is neither revoked nor over, and no other way."""

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        """
        Return the machine member and who was let in.

        :raises AuthenticationFailed: if the token is not good (401).
        :raises Refusal: if it has asked too often in this minute (429).
        """
        word, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if word.lower() != "bearer":
            return None
        at = timezone.now()
        caller = let_in(text.strip(), at=at)
        if caller is None:
            raise exceptions.AuthenticationFailed("The token is unknown, revoked or over.")
        most = settings.API_REQUESTS_A_MINUTE
        if caller.count > most:
            left = seconds_left(at)
            raise Refusal(
                429,
                "too_many_requests",
                f"A token may ask {most} times a minute. Wait {left} seconds.",
                headers={"Retry-After": str(left)},
            )
        return caller.user, caller

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

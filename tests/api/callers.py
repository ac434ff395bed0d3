"""Programs for tests: a client that shows a token of somebody's role."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from accounts.enums import Scope
from accounts.models import ApiToken, User
from accounts.services.invitations import hash_of

ALL_SCOPES = [str(scope) for scope in Scope]


def token_for(user: User, *scopes: str) -> str:
    """Return the text of a new token that acts as the user, with these scopes or all."""
    text = f"mhep_{uuid4()}"
    now = timezone.now()
    ApiToken.objects.create(
        user=user,
        token_hash=hash_of(text),
        hint=text[-4:],
        kind="operator",
        place=0,
        role="ANALYST",
        scopes=list(scopes) or ALL_SCOPES,
        made_by=user,
        made_at=now - timedelta(days=400),
        expires_at=now + timedelta(days=90),
    )
    return text


class Caller:
    """A program that shows a token with each request."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._client = Client(headers={"Authorization": f"Bearer {token}"}, raise_request_exception=False)

    def get(self, path: str, **headers: str) -> Any:
        return self._client.get(f"/api/v1/{path}", headers=_named(headers))

    def post(self, path: str, sent: object, *, key: str = "", **headers: str) -> Any:
        given = _named(headers) | {"Idempotency-Key": key or str(uuid4())}
        return self._client.post(f"/api/v1/{path}", sent, content_type="application/json", headers=given)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def caller_as(user: User, *scopes: str) -> Caller:
    """Return a program whose token acts as the user."""
    return Caller(token_for(user, *scopes))

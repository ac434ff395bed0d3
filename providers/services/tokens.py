"""What an operator's administrator does about tokens of the API. Each making and revoking is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import ApiToken, User
from accounts.rules.tokens import may_be_a_token
from accounts.services import tokens
from accounts.services.memberships import kinds, memberships
from accounts.services.tokens import CannotMakeToken, Wanted
from audit.services import record
from providers.models import Operator


@dataclass(frozen=True, slots=True)
class ListedToken:
    """A token with its organisation and role in words, and whether it can still be used."""

    row: ApiToken
    organisation: str
    role: str
    is_usable: bool


@transaction.atomic
def make_token(operator: Operator, wanted: Wanted, *, actor: User, at: datetime) -> tuple[ApiToken, str]:
    """
    Make a token of one of the operator's own organisations; return it and its text.

    :raises CannotMakeToken: if the organisation, the role or anything else is not the operator's to give.
    """
    if wanted.kind not in kinds() or wanted.place not in {
        each.pk for each in memberships(wanted.kind).places(operator.pk)
    }:
        raise CannotMakeToken("Choose an organisation and a role from the list.")
    token, text = tokens.make_token(wanted, actor=actor, at=at)
    _record("token.made", token, actor, at, role=token.role, scopes=token.scopes)
    return token, text


@transaction.atomic
def revoke_token(token: ApiToken, *, actor: User, at: datetime) -> None:
    """
    End a token with its next request.

    :raises CannotRevokeToken: if it was revoked before.
    """
    tokens.revoke_token(token, actor=actor, at=at)
    _record("token.revoked", token, actor, at)


def tokens_of(operator: Operator, at: datetime) -> list[ListedToken]:
    """Return the tokens of the operator and its organisations, those that can be used first."""
    names = {
        (kind, place.pk): (place.name, known.roles)
        for kind, known in kinds().items()
        for place in known.places(operator.pk)
    }
    rows = ApiToken.objects.filter(kind__in={kind for kind, _ in names}).select_related("user", "made_by")
    listed = [
        ListedToken(row, name, roles[row.role], row.revoked_at is None and row.expires_at > at)
        for row in rows.order_by("-made_at", "-pk")
        if (row.kind, row.place) in names
        for name, roles in [names[row.kind, row.place]]
    ]
    return sorted(listed, key=lambda each: not each.is_usable)


def roles_for_tokens(operator: Operator) -> Iterator[tuple[str, int, str, str]]:
    """Give the kind, key and role of each seat that a token may have, with its words."""
    for kind, known in kinds().items():
        for place in known.places(operator.pk):
            for role, label in known.roles.items():
                if may_be_a_token(role):
                    yield kind, place.pk, role, f"{place.name}: {label.lower()}"


def _record(action: str, token: ApiToken, actor: User, at: datetime, **details: object) -> None:
    subject = f"{token.kind} {token.place}"
    record(actor=actor, action=action, subject=subject, at=at, token=token.pk, **details)

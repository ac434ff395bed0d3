"""Tokens of the API: made and shown once, let in by their hash, revoked for good (ADR 0033)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts.models import ApiToken, User
from accounts.rules.tokens import LIFETIMES, PREFIX, may_be_a_token, window_of
from accounts.services.invitations import hash_of
from accounts.services.memberships import memberships
from mhep.kernel.problems import BusinessRuleError

MACHINES = "machines.invalid"  # no letter can go there, and no person has such an address

LET_IN = """
    UPDATE accounts_apitoken t SET last_used_at = %(at)s, window_began_at = %(window)s,
        window_count = CASE WHEN t.window_began_at = %(window)s THEN t.window_count + 1 ELSE 1 END
    FROM accounts_user u
    WHERE t.token_hash = %(hash)s AND t.revoked_at IS NULL AND t.expires_at > %(at)s
        AND u.id = t.user_id AND u.is_active
    RETURNING t.id, t.scopes, t.expires_at, t.window_count, u.id, u.email, u.name
"""


class CannotMakeToken(BusinessRuleError):
    pass


class CannotRevokeToken(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a token shall be for: its name, whose it is, as what, for which parts, and for how many days."""

    name: str
    kind: str
    place: int
    role: str
    scopes: Sequence[str]
    days: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Who was let in by a token; ``count`` is how many requests it made in this minute, this one too."""

    token: int
    user: User
    scopes: frozenset[str]
    expires_at: datetime
    count: int


@transaction.atomic
def make_token(wanted: Wanted, *, actor: User, at: datetime) -> tuple[ApiToken, str]:
    """
    Make a token with a machine member that it acts as; return it and its text, which is kept nowhere.

    The caller has made sure that the organisation is one whose people ``actor`` looks after.

    :raises CannotMakeToken: for an unknown role or lifetime, one that no token may have, or no scope.
    """
    known = memberships(wanted.kind)
    if wanted.role not in known.roles or not may_be_a_token(wanted.role):
        raise CannotMakeToken("Choose an organisation and a role from the list.")
    if wanted.days not in LIFETIMES:
        raise CannotMakeToken("Choose from the list how long the token lasts.")
    if not wanted.scopes:
        raise CannotMakeToken("Choose at least one thing that the token is for.")
    text = PREFIX + secrets.token_urlsafe(32)
    user = User.objects.create_user(f"{secrets.token_hex(8)}@{MACHINES}", name=wanted.name, is_machine=True)
    known.grant(wanted.place, user, wanted.role)
    token = ApiToken.objects.create(
        user=user,
        token_hash=hash_of(text),
        hint=text[-4:],
        kind=wanted.kind,
        place=wanted.place,
        role=wanted.role,
        scopes=sorted(set(wanted.scopes)),
        made_by=actor,
        made_at=at,
        expires_at=at + timedelta(days=wanted.days),
    )
    return token, text


@transaction.atomic
def revoke_token(token: ApiToken, *, actor: User, at: datetime) -> None:
    """
    End a token with its next request. What was done with it keeps its name.

    :raises CannotRevokeToken: if it was revoked before.
    """
    locked = ApiToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
    if locked.revoked_at is not None:
        raise CannotRevokeToken("This token was revoked already.")
    ApiToken.objects.filter(pk=token.pk).update(revoked_at=at, revoked_by=actor)
    User.objects.filter(pk=locked.user_id).update(is_active=False)


def let_in(text: str, *, at: datetime) -> Caller | None:
    """
    Return who shows this token, and count the request; None for one that is unknown, revoked or over.

    One statement: it is made for every request.
    """
    with connection.cursor() as cursor:
        cursor.execute(LET_IN, {"hash": hash_of(text), "at": at, "window": window_of(at)})
        row = cursor.fetchone()
    if row is None:
        return None
    token, scopes, expires_at, count, *person = row
    user = User.from_db(
        connection.alias, ["id", "email", "name", "is_active", "is_machine"], [*person, True, True]
    )
    return Caller(token, user, frozenset(scopes), expires_at, count)

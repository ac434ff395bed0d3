"""Tokens: made by an administrator, shown once, let in by their hash, as wide as a role, revoked for good."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import Error, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.rules.matrix import Role
from accounts.rules.tokens import LIFETIMES, may_be_a_token
from accounts.services.tokens import CannotMakeToken, Wanted
from audit.models import AuditEvent
from providers.services.tokens import make_token, revoke_token
from tests.api.callers import Caller, caller_as, token_for
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def wanted(cast: Cast, **changed: object) -> Wanted:
    provider = cast.programme.services.get().provider
    given: dict[str, object] = {
        "name": "Case system",
        "kind": "provider",
        "place": provider.pk,
        "role": "SPECIALIST",
        "scopes": ["participants:read"],
        "days": 90,
    }
    return Wanted(**(given | changed))  # type: ignore[arg-type]


def made(cast: Cast, **changed: object) -> tuple[ApiToken, Caller]:
    operator = cast.programme.operator
    token, text = make_token(operator, wanted(cast, **changed), actor=cast.administrator, at=timezone.now())
    return token, Caller(text)


def test_an_administrator_makes_a_token_which_is_shown_once(cast: Cast, client: Client) -> None:
    client.force_login(cast.administrator)
    page = client.get("/people/OPERATOR/tokens/".replace("OPERATOR", cast.programme.operator.code))
    seat = next(
        value for value, label in page.context["form"].fields["seat"].choices if "specialist" in label
    )
    sent = {"name": "Case system", "seat": seat, "scopes": ["participants:read"], "days": "90"}
    shown = client.post(page.request["PATH_INFO"], sent, follow=True).text
    (token,) = ApiToken.objects.all()
    text = shown.partition('mhep-breaks">')[2].partition("<")[0]
    assert Caller(text).get("token").json()["role"] == "Employment specialist"
    assert text not in client.get(page.request["PATH_INFO"]).text
    assert AuditEvent.objects.filter(action="token.made", details__token=token.pk).exists()
    assert token.token_hash not in shown


def test_only_an_administrator_makes_tokens(cast: Cast, client: Client) -> None:
    client.force_login(cast.finance)
    assert client.get(f"/people/{cast.programme.operator.code}/tokens/").status_code == 403
    client.force_login(cast.outsider)
    assert client.get(f"/people/{cast.programme.operator.code}/tokens/").status_code == 404


def test_a_token_acts_as_a_machine_that_is_no_person_of_the_organisation(cast: Cast, client: Client) -> None:
    token, _ = made(cast)
    assert token.user.is_machine
    assert not token.user.has_usable_password()
    client.force_login(cast.administrator)
    assert "Case system" not in client.get(f"/people/{cast.programme.operator.code}/").text


@pytest.mark.parametrize(
    "changed",
    [
        {"role": "ADMINISTRATOR", "kind": "operator"},
        {"role": "COMMISSIONER"},
        {"place": 999_999},
        {"kind": "nobody"},
        {"scopes": []},
        {"days": 4000},
    ],
)
def test_what_no_token_may_be_is_refused(cast: Cast, changed: dict[str, object]) -> None:
    if changed.get("kind") == "operator":
        changed = {**changed, "place": cast.programme.operator_id}
    with pytest.raises(CannotMakeToken):
        made(cast, **changed)
    assert not ApiToken.objects.exists()


def test_every_role_but_an_administrator_may_be_a_tokens() -> None:
    assert {role for role in Role if not may_be_a_token(role.name)} == {Role.ADMINISTRATOR}
    assert max(LIFETIMES) == 365


def test_a_revoked_token_is_refused_with_its_next_request(cast: Cast) -> None:
    token, caller = made(cast)
    assert caller.get("token").status_code == 200
    revoke_token(token, actor=cast.administrator, at=timezone.now())
    answer = caller.get("token")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_token_that_is_over_is_refused(cast: Cast) -> None:
    _, caller = made(cast, days=30)
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert caller.get("token").status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer mhep_wrong", "Basic bWhlcA==", "Token x", "Bearer \xff"]
)
def test_nothing_else_lets_in(cast: Cast, client: Client, header: str) -> None:
    client.force_login(cast.administrator)
    answer = client.get("/api/v1/token", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:mhep:problem:not_authenticated"


def test_a_scope_narrows_what_a_role_may(cast: Cast) -> None:
    path = f"programmes/{cast.programme.code}/participants"
    answer = caller_as(cast.specialist, "outcomes:read").get(path)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert caller_as(cast.manager, "participants:read").get(path).status_code == 200


def test_a_scope_widens_nothing(cast: Cast) -> None:
    path = f"programmes/{cast.programme.code}/participants"
    answer = caller_as(cast.commissioner).get(path)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_token_may_ask_so_often_a_minute_and_is_told(cast: Cast, settings: object) -> None:
    settings.API_REQUESTS_A_MINUTE = 2  # type: ignore[attr-defined]
    caller = caller_as(cast.specialist)
    with time_machine.travel("2026-07-03T09:00:30Z", tick=False):
        first, second, third = (caller.get("token") for _ in range(3))
        assert first.headers["RateLimit"] == '"token";r=1;t=30'
        assert (second.status_code, third.status_code) == (200, 429)
        assert third.headers["Retry-After"] == "30"
        assert third.json()["code"] == "too_many_requests"
    with time_machine.travel("2026-07-03T09:01:00Z", tick=False):
        assert caller.get("token").status_code == 200


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_apitoken SET role = 'FINANCE'",
        "UPDATE accounts_apitoken SET expires_at = expires_at + interval '1 year'",
        "UPDATE accounts_apitoken SET scopes = '{outcomes:write}'",
        "UPDATE accounts_apitoken SET revoked_at = NULL, revoked_by_id = NULL",
        "DELETE FROM accounts_apitoken",
    ],
)
def test_the_database_keeps_a_token_as_it_was_made_and_revoked(cast: Cast, statement: str) -> None:
    token, _ = made(cast)
    revoke_token(token, actor=cast.administrator, at=timezone.now())
    with pytest.raises(Error, match="once revoked it stays so"), transaction.atomic():
        connection.cursor().execute(statement)


def test_letting_in_takes_one_statement(cast: Cast, django_assert_num_queries: object) -> None:
    caller = Caller(token_for(cast.specialist))
    with django_assert_num_queries(2):  # type: ignore[operator]
        caller.get("token")
    assert User.objects.get(pk=cast.specialist.pk).api_token.last_used_at is not None

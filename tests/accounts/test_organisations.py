"""Coming in through an organisation's own sign-in, with a real provider, and every attack on it (S3)."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import time_machine
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Identity, IdentityProvider, SignIn, User
from accounts.services.identities import make_sole
from accounts.services.oidc import SignInRefused, read_answer
from mhep.shared.models import Job
from providers.forms import seat_of
from tests.accounts.oidc_provider import CLIENT, SECRET
from tests.cast import PASSWORD, Cast

PROJECT = Path(__file__).resolve().parents[2]
SUBJECT = "a-1"


@dataclass(frozen=True, slots=True)
class Provider:
    """The running provider."""

    site: str

    def issuer(self, tenant: str = "a") -> str:
        return f"{self.site}/{tenant}"

    def next(self, tenant: str = "a", **doing: Any) -> None:
        """Say what the tenant's next answers are like."""
        requests.post(f"{self.issuer(tenant)}/next", json=doing, timeout=5).raise_for_status()

    def approve(self, address: str) -> str:
        """Sign in at the provider, as somebody with a browser; return where it leads back to."""
        answer = requests.get(address, allow_redirects=False, timeout=5)
        assert answer.status_code == 302
        back = urlsplit(answer.headers["Location"])
        return f"{back.path}?{back.query}"


@pytest.fixture(scope="module")
def process() -> Iterator[Provider]:
    command = [sys.executable, "-m", "tests.accounts.oidc_provider"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield Provider(f"http://127.0.0.1:{int(running.stdout.readline())}")
        finally:
            running.terminate()


@pytest.fixture
def provider(process: Provider, cast: Cast) -> Provider:
    """The provider, set up for the operator (tenant a) and for a funder (tenant b)."""
    for tenant in ("a", "b"):
        process.next(tenant, person={"sub": f"{tenant}-1", "name": "Somebody", "email": cast.finance.email})
    funder = cast.commissioner.funder_memberships.get().funder_id
    places = {"a": ("operator", cast.programme.operator_id), "b": ("funder", funder)}
    for tenant, (kind, place) in places.items():
        IdentityProvider.objects.create(
            code=f"tenant-{tenant}",
            name=f"Tenant {tenant.upper()}",
            kind=kind,
            place=place,
            issuer=process.issuer(tenant),
            client_id=CLIENT,
            client_secret=SECRET,
        )
    return process


@pytest.fixture
def connected(provider: Provider, cast: Cast) -> User:
    """Finance, whose account is connected with the person at tenant a."""
    Identity.objects.create(
        user=cast.finance,
        provider=IdentityProvider.objects.get(code="tenant-a"),
        issuer=provider.issuer(),
        subject=SUBJECT,
        connected_at=timezone.now(),
    )
    return cast.finance


def go(client: Client, provider: Provider, tenant: str = "a", query: str = "") -> Any:
    """Sign in through a tenant; return the last answer."""
    asked = client.get(f"/sign-in/organisations/tenant-{tenant}/{query}")
    return client.get(provider.approve(asked.headers["Location"]))


def who(client: Client) -> str | None:
    """Return who is signed in."""
    page = client.get("/account/")
    return page.context["user"].email if page.status_code == 200 else None


def test_somebody_connected_comes_in_and_back_to_the_page_asked_for(
    connected: User, provider: Provider, client: Client
) -> None:
    page = client.get("/sign-in/?next=/programmes/WL-IPS/months/")
    assert "/sign-in/organisations/tenant-a/?next=/programmes/WL-IPS/months/" in page.text
    done = go(client, provider, query="?next=/programmes/WL-IPS/months/")
    assert done.headers["Location"] == "/programmes/WL-IPS/months/"
    assert who(client) == connected.email
    assert SignIn.objects.get().way == "ORGANISATION"


def test_whoever_comes_in_through_the_organisation_takes_no_second_step_here(
    connected: User, provider: Provider, client: Client, settings: Settings
) -> None:
    go(client, provider)
    settings.DEMO = False
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "forgery",
    [
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"aud": "another-client"}},
        {"claims": {"aud": [CLIENT, "another-client"]}},
        {"claims": {"azp": "another-client"}},
        {"claims": {"nonce": "another nonce"}},
        {"claims": {"nonce": None}},
        {"claims": {"exp": 1_000_000_000}},
        {"claims": {"exp": None}},
        {"claims": {"iat": 4_000_000_000}},
        {"claims": {"sub": None}},
        {"algorithm": "none"},
        {"algorithm": "HS256"},
        {"sign_as": "b"},
        {"calls_itself": "https://evil.example"},
        {"response": {"state": "another state"}},
        {"response": {"iss": "https://evil.example"}},
        {"response": {"error": "access_denied"}},
        {"response": {"code": "guessed"}},
    ],
    ids=str,
)
def test_s3_a_forged_answer_lets_nobody_in(
    connected: User, provider: Provider, client: Client, forgery: dict[str, Any]
) -> None:
    asked = client.get("/sign-in/organisations/tenant-a/")
    provider.next(**forgery)
    refused = client.get(provider.approve(asked.headers["Location"]))
    assert refused.status_code == 403
    assert "The sign-in did not work" in refused.text
    assert who(client) is None


def test_s3_the_same_person_without_a_forgery_comes_in(
    connected: User, provider: Provider, client: Client
) -> None:
    provider.next(claims={"azp": CLIENT, "aud": [CLIENT, "another-client"]})
    go(client, provider)
    assert who(client) == connected.email


@pytest.mark.parametrize("person", [{"email_verified": False}, {"email_verified": True}, {}], ids=str)
def test_s3_the_same_address_at_another_tenant_or_another_subject_is_nobody(
    connected: User, provider: Provider, client: Client, person: dict[str, Any]
) -> None:
    same = {"email": connected.email, **person}
    provider.next("b", person={"sub": SUBJECT, **same})
    provider.next("a", person={"sub": "a-2", **same})
    for tenant in ("a", "b"):
        refused = go(client, provider, tenant)
        assert refused.status_code == 403
        assert "Nobody here belongs to that sign-in" in refused.text
    assert who(client) is None
    assert Identity.objects.count() == 1


def test_s3_a_changed_address_changes_nothing(connected: User, provider: Provider, client: Client) -> None:
    provider.next(person={"sub": SUBJECT, "email": "administrator@example.org"})
    go(client, provider)
    assert who(client) == connected.email


@pytest.mark.parametrize(("acr", "is_enough"), [("low", False), (None, False), ("high", True)])
def test_s3_too_low_a_level_of_assurance_is_refused(
    connected: User,
    provider: Provider,
    client: Client,
    acr: str | None,
    is_enough: bool,  # noqa: FBT001
) -> None:
    IdentityProvider.objects.update(required_acr="high higher")
    provider.next(claims={"acr": acr})
    go(client, provider)
    assert (who(client) is not None) is is_enough


def test_s3_a_code_put_into_another_session_is_of_no_use(
    connected: User, provider: Provider, client: Client
) -> None:
    """PKCE and state: the code of the victim's browser, and an answer in a browser that asked nothing."""
    attacker, stranger = Client(), Client()
    victims = client.get("/sign-in/organisations/tenant-a/").headers["Location"]
    back = provider.approve(victims)
    own = attacker.get("/sign-in/organisations/tenant-a/").headers["Location"]
    states = [
        dict(part.split("=", 1) for part in urlsplit(each).query.split("&"))["state"]
        for each in (victims, own)
    ]
    assert attacker.get(back.replace(states[0], states[1])).status_code == 403
    assert stranger.get(back).status_code == 403
    assert who(attacker) is None
    assert who(stranger) is None


def test_s3_an_answer_counts_once_and_for_ten_minutes(
    connected: User, provider: Provider, client: Client
) -> None:
    asked = client.get("/sign-in/organisations/tenant-a/").headers["Location"]
    back = provider.approve(asked)
    assert client.get(back).status_code == 302
    client.post("/sign-out/")
    assert client.get(back).status_code == 403
    asked = client.get("/sign-in/organisations/tenant-a/").headers["Location"]
    back = provider.approve(asked)
    with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=1)):
        assert client.get(back).status_code == 403


def test_s3_the_answer_of_one_provider_does_not_pass_for_another(
    connected: User, provider: Provider, client: Client
) -> None:
    """Mix-up: the question went to tenant b, the answer of tenant a is sent to either address."""
    asked = client.get("/sign-in/organisations/tenant-b/").headers["Location"]
    back = provider.approve(asked.replace(provider.issuer("b"), provider.issuer("a")))
    assert client.get(back).status_code == 403
    client.get("/sign-in/organisations/tenant-b/")
    assert client.get(back.replace("tenant-b", "tenant-a")).status_code == 403
    assert who(client) is None


def test_s3_without_tls_nothing_is_asked_where_real_data_is(
    connected: User, provider: Provider, client: Client, settings: Settings
) -> None:
    settings.DEMO = False
    refused = client.get("/sign-in/organisations/tenant-a/")
    assert refused.status_code == 403
    assert "does not answer" in refused.text


def test_an_answer_without_a_question_is_refused_by_the_service_too(provider: Provider) -> None:
    tenant = IdentityProvider.objects.get(code="tenant-a")
    with pytest.raises(SignInRefused, match="did not ask"):
        read_answer(tenant, None, {"code": "x"}, redirect_uri="http://testserver/", at=timezone.now())


def test_somebody_invited_joins_through_the_organisation_and_has_no_password(
    provider: Provider, cast: Cast, client: Client
) -> None:
    token = invited(client, cast, "newcomer@example.org")
    assert "Continue with Tenant A" in client.get(f"/invitations/{token}/").text
    go(client, provider, query=f"?invitation={token}")
    assert who(client) == "newcomer@example.org"
    user = User.objects.get(email="newcomer@example.org")
    assert not user.has_usable_password()
    assert user.operator_memberships.get().role == "ANALYST"
    client.post("/sign-out/")
    go(client, provider)
    assert who(client) == "newcomer@example.org"


def test_an_invitation_takes_over_no_account_and_is_not_accepted_at_another_organisation(
    provider: Provider, cast: Cast, client: Client
) -> None:
    elsewhere = go(client, provider, "b", f"?invitation={invited(client, cast, 'newcomer@example.org')}")
    taken = go(client, provider, "a", f"?invitation={invited(client, cast, cast.outsider.email)}")
    assert "from another organisation" in elsewhere.text
    assert "has an account already" in taken.text
    assert who(client) is None
    assert not Identity.objects.exists()


def test_somebody_with_an_account_connects_it(provider: Provider, cast: Cast, client: Client) -> None:
    client.force_login(cast.finance)
    assert "Connect with Tenant A" in client.get("/account/").text
    go(client, provider, query="connect/")
    assert "Connected with Tenant A" in client.get("/account/").text
    assert "was connected" in str(mail.outbox[-1].body)
    other = Client()
    other.force_login(cast.analyst)
    assert "belongs to another account" in go(other, provider, query="connect/").text


def test_s8_a_fresh_proof_comes_from_the_organisation(
    connected: User, provider: Provider, client: Client
) -> None:
    go(client, provider)
    client.get("/")
    SignIn.objects.update(confirmed_at=timezone.now() - timedelta(minutes=10))
    address = "/sign-in/confirm/?next=/account/"
    assert "Continue with Tenant A" in client.get(address).text
    assert client.post(address, {"password": PASSWORD}).status_code == 200
    assert not SignIn.objects.get().is_confirmed(timezone.now())

    provider.next(claims={"auth_time": int(time.time()) - 600})
    assert go(client, provider, query="confirm/?next=/account/").status_code == 403
    provider.next(person={"sub": "a-2"})
    assert go(client, provider, query="confirm/").status_code == 403
    assert not SignIn.objects.get().is_confirmed(timezone.now())
    provider.next(person={"sub": SUBJECT})
    assert go(client, provider, query="confirm/?next=/account/").headers["Location"] == "/account/"
    assert SignIn.objects.get().is_confirmed(timezone.now())


def test_a_sole_sign_in_leaves_no_other_way_in(
    connected: User, provider: Provider, cast: Cast, client: Client
) -> None:
    inside = Client()
    inside.force_login(connected)
    assert inside.get("/account/").status_code == 200
    make_sole(IdentityProvider.objects.get(code="tenant-a"), is_sole=True)
    fields = {"username": connected.email, "password": PASSWORD}

    right = client.post("/sign-in/", fields)
    wrong = client.post("/sign-in/", {**fields, "password": "wrong"})
    client.post("/sign-in/forgotten-password/", {"email": connected.email})
    token = invited(Client(), cast, "newcomer@example.org", by=cast.administrator)
    form = client.get(f"/invitations/{token}/")
    made = {"name": "N", "new_password1": PASSWORD, "new_password2": PASSWORD}
    client.post(f"/invitations/{token}/", made)

    assert inside.get("/account/").status_code == 302
    for page in (right, wrong):
        assert "The email address or the password is wrong." in page.text
    assert not Job.objects.exists()
    assert "new_password1" not in form.text
    assert not User.objects.filter(email="newcomer@example.org").exists()
    assert (
        Client().post("/sign-in/", {"username": cast.outsider.email, "password": PASSWORD}).status_code == 302
    )
    go(client, provider)
    assert who(client) == connected.email


def test_the_secret_of_the_client_is_encrypted_in_the_database(provider: Provider) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT client_secret FROM accounts_identityprovider")
        assert all(SECRET not in secret for (secret,) in cursor.fetchall())


def test_an_organisations_sign_in_is_set_up_by_a_command(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()

    def set_up(secret: str, **changed: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{secret}\n"))
        given = {
            "name": "MHEP",
            "kind": "operator",
            "place": "MHEP",
            "issuer": "https://id.example",
            **changed,
        }
        streams = {"stdout": said, "stderr": said}
        call_command("set_identity_provider", "mhep", client_id=CLIENT, sole=True, **streams, **given)

    set_up(SECRET)
    set_up("another")
    found = IdentityProvider.objects.get()
    assert (found.client_secret, found.is_sole, found.place) == ("another", True, cast.programme.operator_id)
    for kind, place in (("operator", "NOBODY"), ("funder", "WL-IPS"), ("provider", "X")):
        with pytest.raises(SystemExit):
            set_up(SECRET, kind=kind, place=place)
        assert f"There is no {kind} {place}" in said.getvalue()
    with pytest.raises(SystemExit):
        set_up("")
    assert "secret on standard input" in said.getvalue()


def invited(client: Client, cast: Cast, email: str, by: User | None = None) -> str:
    """Have an analyst invited; return the token."""
    inviting = Client()
    inviting.force_login(by or cast.administrator)
    seat = seat_of("operator", cast.programme.operator_id, "ANALYST")
    inviting.post("/people/MHEP/", {"email": email, "seat": seat})
    return str(mail.outbox[-1].body).split("/invitations/")[1].split("/")[0]

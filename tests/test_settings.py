"""The production settings: what they refuse, and what every answer carries (reliability catalogue W1, W2)."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from mhep.urls import urlpatterns as addresses
from tests.accounts.phones import give_phone
from tests.addresses import every_address
from tests.cast import PASSWORD, Cast

PROJECT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "mhep.settings.prod",
    "SECRET_KEY": "k3y-0f-the-test-suite-l0ng-enough-and-with-many-different-characters",
    "FIELD_KEYS": "tests:dGVzdA0KdGVzdA0KdGVzdA0KdGVzdA0KdGVzdA0KdGU=",
    "BLIND_INDEX_KEY": "aW5kZXgKaW5kZXgKaW5kZXgKaW5kZXgKaW5kZXgKaW4=",
    "ADDRESS_KEYS": "YWRkcmVzYWRkcmVzYWRkcmVzYWRkcmVzYWRkcmVzYWQ=",
    "ALLOWED_HOSTS": "mhep.example",
    "DATABASE_URL": "postgres:///mhep",
    "CELERY_BROKER_URL": "redis://redis/0",
}
HEADERS = {
    "Strict-Transport-Security": r"max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": r"nosniff",
    "X-Frame-Options": r"DENY",
    "Referrer-Policy": r"same-origin",
    "Cross-Origin-Opener-Policy": r"same-origin",
    "Cross-Origin-Resource-Policy": r"same-origin",
    "Content-Security-Policy": r"(?!.*unsafe-)(?=.*default-src 'self')(?=.*object-src 'none')"
    r"(?=.*base-uri 'none')(?=.*frame-ancestors 'none')(?=.*form-action 'self').*",
}


def fail(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


urlpatterns = [*addresses, path("fails/", fail)]


def manage(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py`` with the production settings in a clean environment."""
    environment = {"PATH": os.environ["PATH"], **ENVIRONMENT, **changed}
    command = [sys.executable, "-W", "error", "manage.py", *arguments]
    given = {name: value for name, value in environment.items() if value}
    return subprocess.run(command, cwd=PROJECT, env=given, capture_output=True, text=True, check=False)


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of the production settings, read in their environment."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    sys.modules.pop("mhep.settings.prod", None)
    yield importlib.import_module("mhep.settings.prod")
    sys.modules.pop("mhep.settings.prod", None)


@pytest.fixture
def visitor(production: ModuleType, settings: Settings) -> Client:
    """A browser that has come through the proxy to the site as it is in production, by HTTPS."""
    own = {"DATABASES", "STORAGES", "CELERY_BROKER_URL"}  # of the test suite
    for name, value in vars(production).items():
        if name.isupper() and name not in own and getattr(settings, name, None) != value:
            setattr(settings, name, value)
    settings.ROOT_URLCONF = __name__
    return Client(
        raise_request_exception=False,
        headers={"host": "mhep.example", "x-forwarded-proto": "https"},
    )


def lacking(response: Any) -> dict[str, str | None]:
    """Return the headers that are missing from a response or say something else."""
    return {
        name: response.headers.get(name)
        for name, expected in HEADERS.items()
        if not re.fullmatch(expected, response.headers.get(name, "-"))
    }


def test_w1_the_check_for_deployment_finds_nothing() -> None:
    checked = manage("check", "--deploy", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


@pytest.mark.parametrize("name", sorted(set(ENVIRONMENT) - {"DJANGO_SETTINGS_MODULE"}))
def test_nothing_starts_without_what_only_the_environment_can_say(name: str) -> None:
    started = manage("check", **{name: ""})
    assert started.returncode != 0
    assert name in started.stderr


NOTIFY = {"MAIL_BY": "notify", "NOTIFY_SERVICE_ID": "s", "NOTIFY_KEY": "k" * 36, "NOTIFY_TEMPLATE_ID": "t"}


@pytest.mark.parametrize("name", ["NOTIFY_SERVICE_ID", "NOTIFY_KEY", "NOTIFY_TEMPLATE_ID"])
def test_nothing_starts_that_could_send_no_letter_through_the_notification_service(name: str) -> None:
    assert manage("check", **NOTIFY).returncode == 0
    started = manage("check", **{**NOTIFY, name: ""})
    assert started.returncode != 0
    assert name in started.stderr


def test_links_in_letters_lead_to_the_first_host_unless_another_address_is_given(
    production: ModuleType,
) -> None:
    assert production.SITE_ADDRESS == "https://mhep.example"


def test_w8_production_shows_no_internals_and_loads_no_demo(production: ModuleType) -> None:
    assert (production.DEBUG, production.DEMO) == (False, False)
    for command in ("load_demo", "load_demo_investment"):
        loaded = manage(command)
        assert loaded.returncode == 1
        assert "real data" in loaded.stderr


def test_f11_nothing_but_clamd_gives_a_verdict_in_production_whatever_the_environment_says(
    production: ModuleType,
) -> None:
    assert production.STAND_IN_SCANNER is False
    ask = "from mhep.shared import scanning as s; print(s.is_configured(), s.is_by_stand_in())"
    wishes = dict.fromkeys(("STAND_IN_SCANNER", "DEMO", "DEBUG"), "true")
    assert manage("shell", "--no-imports", "--command", ask, **wishes).stdout.split() == ["False", "False"]
    named = manage("shell", "--no-imports", "--command", ask, **wishes, CLAMD_ADDRESS="clamd:3310")
    assert named.stdout.split() == ["True", "False"]


@pytest.mark.django_db
def test_w2_every_address_answers_with_every_header_to_a_stranger(visitor: Client) -> None:
    for address in every_address():
        response = visitor.get(address)
        assert not lacking(response), (address, response.status_code)


def test_w2_every_address_answers_a_signed_in_person_with_every_header_and_leaves_no_copy(
    cast: Cast, visitor: Client
) -> None:
    give_phone(cast.administrator)
    for address in every_address():
        visitor.force_login(cast.administrator)
        response = visitor.get(address)
        assert not lacking(response), (address, response.status_code)
        assert "no-store" in response.headers["Cache-Control"], address


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [("/", 302), ("/no-such-page/", 404), ("/sign-in/", 200), ("/static/favicon.svg", 200)],
)
def test_w2_pages_redirects_and_static_files_carry_every_header(
    address: str, status: int, visitor: Client
) -> None:
    response = visitor.get(address)
    response.getvalue()
    assert response.status_code == status
    assert not lacking(response)


@pytest.mark.parametrize(("address", "status"), [("/no-such-page/", 404), ("/fails/", 500)])
def test_w2_errors_carry_every_header(address: str, status: int, cast: Cast, visitor: Client) -> None:
    give_phone(cast.finance)
    visitor.force_login(cast.finance)
    response = visitor.get(address)
    assert response.status_code == status
    assert not lacking(response)
    assert b"on purpose" not in response.content


@pytest.mark.django_db
def test_w2_refusals_of_a_strange_host_a_method_and_a_missing_token_carry_every_header(
    visitor: Client,
) -> None:
    careful = Client(enforce_csrf_checks=True, headers={"x-forwarded-proto": "https", "host": "mhep.example"})
    refused = {
        400: visitor.get("/sign-in/", headers={"host": "other.example"}),
        405: visitor.delete("/healthz"),
        403: careful.post("/sign-in/", {"username": "a", "password": "b"}),
    }
    for status, response in refused.items():
        assert response.status_code == status
        assert not lacking(response), status


@pytest.mark.django_db
def test_plain_http_is_sent_to_https_except_for_the_health_checks(visitor: Client) -> None:
    plain = {"x-forwarded-proto": "http"}
    redirect = visitor.get("/sign-in/?next=/", headers=plain)
    assert (redirect.status_code, redirect.headers["Location"]) == (
        301,
        "https://mhep.example/sign-in/?next=/",
    )
    assert visitor.get("/healthz", headers=plain).json() == {"status": "ok"}
    assert visitor.get("/readyz", headers=plain).status_code == 200


def test_cookies_are_for_this_host_over_https_only(cast: Cast, visitor: Client) -> None:
    visitor.get("/sign-in/")
    visitor.post("/sign-in/", {"username": cast.finance.email, "password": PASSWORD})
    assert set(visitor.cookies) == {"__Host-csrftoken", "__Host-sessionid"}
    for name in ("__Host-csrftoken", "__Host-sessionid"):
        cookie = visitor.cookies[name]
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        assert cookie["samesite"] == "Lax"
    assert visitor.cookies["__Host-sessionid"]["httponly"]


def test_static_files_may_be_kept_and_are_for_this_site_only(visitor: Client) -> None:
    response = visitor.get("/static/favicon.svg")
    response.getvalue()
    assert "max-age" in response.headers["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in response.headers

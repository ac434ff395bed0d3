"""Signing in and out, and that a page is private until someone says otherwise."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.cast import PASSWORD, Cast

WRONG = "The email address or the password is wrong."


def test_a_member_signs_in_and_sees_the_programme(cast: Cast, client: Client) -> None:
    page = client.post("/sign-in/", {"username": " Analyst@Example.org ", "password": PASSWORD}, follow=True)

    assert page.redirect_chain == [("/start/", 302), ("/programmes/WL-IPS/verification/", 302)]
    assert "WL-IPS" in page.text
    assert "Example Analyst" in page.text


@pytest.mark.parametrize(
    ("email", "password"), [("analyst@example.org", "wrong"), ("nobody@example.org", PASSWORD)]
)
def test_a_wrong_pair_is_answered_alike_whoever_exists(
    cast: Cast, client: Client, email: str, password: str
) -> None:
    page = client.post("/sign-in/", {"username": email, "password": password})

    assert page.status_code == 200
    assert "<title>Error: Sign in – MHEP</title>" in page.text
    assert page.text.count(WRONG) == 1
    assert '<a href="#id_username">' in page.text


def test_someone_who_left_is_answered_like_someone_unknown(cast: Cast, client: Client) -> None:
    cast.analyst.is_active = False
    cast.analyst.save()

    page = client.post("/sign-in/", {"username": "analyst@example.org", "password": PASSWORD})

    assert WRONG in page.text


def test_what_is_missing_is_said_above_and_beside_the_field(client: Client, db: None) -> None:
    page = client.post("/sign-in/", {"username": "", "password": ""})

    assert page.text.count("Enter your email address") == 2
    assert page.text.count("Enter your password") == 2


def test_signing_in_leads_back_to_the_page_asked_for_but_never_to_another_site(
    cast: Cast, client: Client
) -> None:
    fields = {"username": "analyst@example.org", "password": PASSWORD}

    back = client.post("/sign-in/", {**fields, "next": "/programmes/WL-IPS/rate-card/"})
    client.logout()
    away = client.post("/sign-in/", {**fields, "next": "https://example.com/"})

    assert back.headers["Location"] == "/programmes/WL-IPS/rate-card/"
    assert away.headers["Location"] == "/start/"


def test_signing_out_takes_a_button_not_a_link(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)

    by_link = client.get("/sign-out/")
    by_button = client.post("/sign-out/", follow=True)

    assert by_link.status_code == 405
    assert '<h1 class="govuk-heading-l">Sign in</h1>' in by_button.text
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("address", ["/", "/programmes/WL-IPS/rate-card/"])
def test_a_page_asks_for_a_sign_in(client: Client, address: str, db: None) -> None:
    page = client.get(address)

    assert page.status_code == 302
    assert page.headers["Location"] == f"/sign-in/?next={address}"


@pytest.mark.parametrize("address", ["/sign-in/", "/help/", "/accessibility/"])
def test_a_public_page_has_one_heading_and_a_way_past_the_header(
    client: Client, address: str, db: None
) -> None:
    page = client.get(address)

    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert 'href="#main-content"' in page.text
    assert '<html lang="en-GB"' in page.text


def test_the_scripts_of_a_page_carry_the_nonce_that_its_policy_names(client: Client, db: None) -> None:
    page = client.get("/sign-in/")

    nonces = set(re.findall(r'<script[^>]* nonce="([^"]+)"', page.text))
    assert len(nonces) == 1
    assert f"'nonce-{nonces.pop()}'" in page.headers["Content-Security-Policy"]
    assert page.text.count("<script") == page.text.count("nonce=") + 1  # htmx comes from a file of our own
    assert "<style" not in page.text
    assert " style=" not in page.text

"""Passkeys of a browser, pasting, and the warning before a sign-in ends (S9, B2, B8)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import SignIn
from tests.browser.stage import Stage
from tests.cast import PASSWORD

pytestmark = pytest.mark.needs_browser

REFUSE = "() => { navigator.credentials.create = async () => { throw new DOMException('no'); }; }"


def give_authenticator(page: Page) -> None:
    """Put an authenticator into the browser that does what its owner's finger would."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def take_first_step(page: Page, stage: Stage, site: str) -> None:
    page.goto(f"{site}/sign-in/")
    page.get_by_label("Email address", exact=True).fill(stage.cast.finance.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_passkey_is_added_and_then_signs_in_and_confirms(open_april: Stage, page: Page) -> None:
    site = open_april.site.replace("127.0.0.1", "localhost")  # a passkey is for a name, not for a number
    give_authenticator(page)
    take_first_step(page, open_april, site)
    page.goto(f"{site}/account/second-step/passkey/")
    expect(page.get_by_text("No passkey was made")).to_be_hidden()
    page.get_by_label("Name", exact=True).fill("My telephone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert str(Authenticator.objects.get(type="webauthn")) == "My telephone"
    page.get_by_role("button", name="Sign out").click()

    take_first_step(page, open_april, site)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Programmes")).to_be_visible()

    SignIn.objects.update(confirmed_at=timezone.now() - timedelta(minutes=10))
    page.goto(f"{site}/account/password/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Change your password")).to_be_visible()


def test_where_no_script_runs_the_second_step_takes_a_code(open_april: Stage, page: Page) -> None:
    site = open_april.site.replace("127.0.0.1", "localhost")
    give_authenticator(page)
    take_first_step(page, open_april, site)
    page.goto(f"{site}/account/second-step/passkey/")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()
    page.route("**/passkeys.js", lambda route: route.abort())
    take_first_step(page, open_april, site)
    expect(page.get_by_label("Code", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()


def test_s9_a_password_can_be_pasted(open_april: Stage, page: Page) -> None:
    page.goto(f"{open_april.site}/sign-in/")
    field = page.get_by_label("Email address", exact=True)
    field.fill(PASSWORD)
    field.select_text()
    page.keyboard.press("Control+x")
    page.get_by_label("Password", exact=True).focus()
    page.keyboard.press("Control+v")
    expect(page.get_by_label("Password", exact=True)).to_have_value(PASSWORD)


def test_somebody_is_warned_before_the_end_and_stays_by_one_key(open_april: Stage, page: Page) -> None:
    open_april.admit(page.context, open_april.cast.finance)
    page.goto(f"{open_april.site}/account/")
    SignIn.objects.update(seen_at=timezone.now() - timedelta(minutes=28))
    page.reload()  # asks for nothing: a sign-in is kept up once a minute
    SignIn.objects.update(seen_at=timezone.now() - timedelta(minutes=28))
    page.evaluate("document.getElementById('time-left').dataset.seconds = 120")
    page.add_script_tag(url="/static/time-left.js")

    dialog = page.get_by_role("dialog", name="You are about to be signed out")
    expect(dialog).to_contain_text("you will be signed out in 2 minutes")
    expect(dialog.get_by_role("button")).to_be_focused()
    with page.expect_response("**/sign-in/stay/"):
        page.keyboard.press("Enter")

    expect(dialog).to_be_hidden()
    assert timezone.now() - SignIn.objects.get(user=open_april.cast.finance).seen_at < timedelta(minutes=1)


def test_whoever_was_signed_out_comes_back_to_where_they_were(open_april: Stage, page: Page) -> None:
    open_april.admit(page.context, open_april.cast.finance)
    page.goto(f"{open_april.site}/account/")
    SignIn.objects.all().delete()
    page.evaluate("document.getElementById('time-left').dataset.seconds = 0")
    page.add_script_tag(url="/static/time-left.js")

    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    page.get_by_label("Email address", exact=True).fill(open_april.cast.finance.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


def test_a_passkey_that_is_not_made_is_said_in_words(open_april: Stage, page: Page) -> None:
    site = open_april.site.replace("127.0.0.1", "localhost")
    take_first_step(page, open_april, site)
    page.goto(f"{site}/account/second-step/passkey/")
    page.evaluate(REFUSE)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("No passkey was made. Try again")).to_be_visible()

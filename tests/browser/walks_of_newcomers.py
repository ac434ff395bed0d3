"""How people come in: with a password and a code, and by an invitation."""

from __future__ import annotations

import re

from django.core import mail
from django.test import override_settings
from playwright.sync_api import expect

from accounts.models import User
from accounts.selectors import second_steps_of
from tests.accounts.phones import Phone, give_phone
from tests.browser.ways import Scene
from tests.cast import PASSWORD

NEWCOMER = "newcomer@example.org"
LINK = re.compile(r"https?://[^/\s]+(/invitations/\S+)")


def sign_in_with_a_code(scene: Scene) -> None:
    """Sign in with a password and the code of an app, mistyped once, and sign out again."""
    phone = give_phone(scene.cast.finance)
    visit = scene.enter(scene.cast.finance, signed_in=False)
    visit.page.goto(f"{visit.site}/sign-in/")
    visit.sees("Sign in")
    visit.person.fill("Email address", visit.email)
    visit.person.fill("Password", visit.password)
    visit.press("Sign in")
    visit.sees("Second step")
    visit.person.fill("Code", "000000")
    visit.press("Continue")
    expect(visit.page.get_by_role("alert")).to_contain_text("There is a problem")
    visit.person.fill("Code", phone.code())
    visit.press("Continue")
    visit.sees("Programmes")
    visit.press("Sign out")
    visit.sees("Sign in")


def accept_an_invitation(scene: Scene) -> None:
    """Invite somebody, who follows the link, chooses a password, sets up an app and keeps the codes."""
    host = scene.enter(scene.cast.administrator)
    host.page.goto(f"{host.site}/account/")
    host.follow("Invite people and change their roles")
    host.sees("People of")
    host.person.fill("Email address", NEWCOMER)
    host.person.choose("Organisation and role", "Health and Employment Partnership Ltd: analyst")
    host.press("Send the invitation")
    expect(host.page.get_by_role("alert")).to_contain_text("An invitation was sent")

    found = LINK.search(str(mail.outbox[-1].body))
    assert found is not None
    guest = scene.enter(User(email=NEWCOMER), signed_in=False)
    with override_settings(DEMO=False):
        guest.page.goto(guest.site + found[1])
        guest.sees("Join Health and Employment Partnership Ltd")
        guest.person.fill("Your name", "Robin Newcomer")
        for label in ("New password", "New password again"):
            guest.person.fill(label, PASSWORD[::-1])
        guest.press("Continue")
        guest.sees("Set up a second step")
        guest.press("Set up an app")
        guest.sees("Set up an authenticator app")
        key = guest.page.get_by_text(re.compile("^Key: ")).get_by_role("strong").inner_text()
        guest.person.fill("Code", Phone(key.replace(" ", "")).code())
        guest.press("Continue")
        guest.sees("Recovery codes")
        guest.press("I have kept them")
        guest.sees("Programmes")
    assert second_steps_of(User.objects.get(email=NEWCOMER)).app is not None

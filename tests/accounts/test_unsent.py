"""What somebody sent after their sign-in had ended is there again when they are back (B8)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts.middleware import IS_BACK
from accounts.models import SignIn, User
from accounts.services.unsent import LONGEST
from participants.access import own_people
from participants.models import Activity
from tests.cast import PASSWORD, Cast
from tests.participants.people import Two, two_providers

NOTE = "Wants mornings; “café” <b>& 100% sure"
GIVEN = {
    "kind": "CONTACT",
    "note": NOTE,
    "day_day": "18",
    "day_month": "6",
    "day_year": "2026",
    "submission": "6f1d3c58-5f0e-4d1b-9a70-3f2b6f5a1c11",
    "once": "a",
}


@pytest.fixture
def two(cast: Cast, time_machine: Any) -> Two:
    time_machine.move_to("2026-06-20T09:00:00+00:00")
    return two_providers(cast)


def form(two: Two) -> str:
    return reverse("participants:person-change", args=["WL-IPS", two.ours.pk, "activity"])


def sent_too_late(client: Client, two: Two, **given: str) -> str:
    """Send the form once the sign-in has ended; return where it leads."""
    client.force_login(two.cast.specialist)
    client.get("/account/")
    SignIn.objects.all().delete()
    page = form(two)
    answer = client.post(page, {**GIVEN, **given}, headers={"Referer": f"http://testserver{page}"})
    return str(answer.headers["Location"])


def signs_in(client: Client, user: User) -> None:
    client.post("/sign-in/", {"username": user.email, "password": PASSWORD})


def activities(two: Two) -> list[str]:
    with own_people(two.cast.specialist):
        return [each.note for each in Activity.objects.all()]


def test_what_was_typed_is_back_after_signing_in_until_it_is_sent(client: Client, two: Two) -> None:
    page = form(two)
    assert sent_too_late(client, two) == f"/sign-in/?next={page}"
    signs_in(client, two.cast.specialist)
    for _ in range(2):  # a reload
        shown = client.get(page).content.decode()
        assert IS_BACK in shown
        assert "Wants mornings; “café” &lt;b&gt;&amp; 100% sure" in shown
    assert activities(two) == []

    answer = client.post(page, GIVEN)
    assert answer.status_code == 302
    assert activities(two) == [NOTE]
    assert IS_BACK not in client.get(page).content.decode()


def test_nobody_else_gets_it_and_other_pages_do_not_show_it(client: Client, two: Two) -> None:
    sent_too_late(client, two)
    signs_in(client, two.cast.manager)
    assert "Wants mornings" not in client.get(form(two)).content.decode()

    sent_too_late(client, two)
    signs_in(client, two.cast.specialist)
    other = form(two).replace("activity", "goal")
    assert IS_BACK not in client.get(other).content.decode()


def test_it_is_kept_encrypted(client: Client, two: Two) -> None:
    sent_too_late(client, two)
    for session in Session.objects.all():
        assert "Wants mornings" not in str(session.get_decoded())


@pytest.mark.parametrize("given", [{"once": ""}, {"note": "x" * LONGEST}], ids=["no token", "too long"])
def test_what_holds_no_token_or_was_never_typed_by_anybody_is_not_kept(
    client: Client, two: Two, given: dict[str, str]
) -> None:
    sent_too_late(client, two, **given)
    signs_in(client, two.cast.specialist)
    shown = client.get(form(two)).content.decode()
    assert (IS_BACK in shown) is False


def test_a_page_that_only_asks_to_keep_stores_nothing_even_while_signed_in(client: Client, two: Two) -> None:
    client.force_login(two.cast.specialist)
    page = form(two)
    headers = {"Referer": f"http://testserver{page}"}
    answer = client.post(page, {**GIVEN, "only_keep": "yes"}, headers=headers)
    assert answer.headers["Location"] == page
    assert activities(two) == []
    assert IS_BACK in client.get(page).content.decode()

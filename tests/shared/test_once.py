"""Forms that are sent more than once, one after the other and at once (B6, B7, N9)."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mhep.shared.models import SentForm
from mhep.shared.once import KEPT_FOR, LEADS_TO, forget_sent_forms
from outcomes.models import FileImport
from participants.access import own_people
from participants.models import Goal, Participant
from tests.cast import PARTICIPANTS, Cast
from tests.participants.people import Two, started, two_providers

GOAL = {"text": "Work in a kitchen", "day_day": "18", "day_month": "6", "day_year": "2026"}
TAPS = 8
TEMPLATES = Path(__file__).parents[2] / "templates"
POSTED = re.compile(r'<form\b[^>]*?method="post".*?</form>', re.DOTALL)
SIGNED_OUT = "nobody is signed in: a password, a code or an invitation counts once by itself"
THE_SAME_AGAIN = "sent again it leaves things as they are"
ASKS = "stores nothing: it leads to a page that asks to confirm"
NOT_ONCE = {
    "accounts/_passkey_use.html": SIGNED_OUT,
    "accounts/app_add.html": "a code counts once, and an app is added once",
    "accounts/confirm.html": "a password or a code; it is never kept, not even as a hash",
    "accounts/forgotten_password.html": SIGNED_OUT,
    "accounts/invitation_join.html": "an invitation counts once by itself",
    "accounts/invitation_new.html": SIGNED_OUT,
    "accounts/new_password.html": SIGNED_OUT,
    "accounts/own.html": THE_SAME_AGAIN,
    "accounts/passkey_add.html": "a passkey is made for one form and taken once",
    "accounts/password.html": "passwords are never kept, not even as a hash",
    "accounts/recovery_codes_make.html": "the new codes are shown to whoever asked last",
    "accounts/reminders.html": THE_SAME_AGAIN,
    "accounts/reminders_stop.html": THE_SAME_AGAIN,
    "accounts/seat.html": THE_SAME_AGAIN,
    "accounts/seat_changed.html": THE_SAME_AGAIN,
    "accounts/second_step.html": SIGNED_OUT,
    "accounts/second_step_remove.html": THE_SAME_AGAIN,
    "accounts/sign_in.html": SIGNED_OUT,
    "components/_header.html": THE_SAME_AGAIN,
    "outcomes/_news.html": THE_SAME_AGAIN,
    "participants/person_name.html": "each look at a name is noted, also the second",
    "payments/programme_load.html": THE_SAME_AGAIN,
    "payments/remittance_compare.html": "stores nothing",
    "payments/statement_answer.html": ASKS,
    "payments/verification_queue.html": ASKS,
}


@pytest.fixture
def two(cast: Cast, time_machine: Any) -> Two:
    time_machine.move_to("2026-06-20T09:00:00+00:00")
    return two_providers(cast)


def client_of(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.specialist)
    return client


def address(participant: Participant, change: str = "goal") -> str:
    return reverse("participants:person-change", args=["WL-IPS", participant.pk, change])


def texts(cast: Cast) -> list[str]:
    with own_people(cast.specialist):
        return [goal.text for goal in Goal.objects.order_by("pk")]


def test_the_same_form_counts_once_and_leads_to_the_same_page(two: Two) -> None:
    client = client_of(two.cast)
    answers = [client.post(address(two.ours), {**GOAL, "once": "a"}) for _ in range(3)]
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
        (302, reverse("outcomes:person-detail", args=["WL-IPS", two.ours.pk]))
    }
    assert texts(two.cast) == ["Work in a kitchen"]


def test_other_words_or_another_page_are_another_form(two: Two) -> None:
    """Whoever goes back and writes something else means something else: nothing typed is dropped."""
    client = client_of(two.cast)
    for text, token in (("One", "a"), ("Two", "a"), ("One", "b")):
        client.post(address(two.ours), {**GOAL, "text": text, "once": token})
    assert texts(two.cast) == ["One", "Two", "One"]


def test_the_same_file_counts_once_and_another_file_is_another_form(
    cast: Cast, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    client = Client()
    client.force_login(cast.administrator)
    check = reverse("outcomes:import-check", args=["WL-IPS", "participants"])

    def send(content: bytes) -> str:
        file = SimpleUploadedFile("people.csv", content)
        return str(client.post(check, {"file": file, "once": "a"}).headers["Location"])

    assert len({send(PARTICIPANTS) for _ in range(3)}) == 1
    assert send(PARTICIPANTS.replace(b"P-003", b"P-033")) != send(PARTICIPANTS)
    assert [file.state for file in FileImport.objects.all()] == ["CHECKED", "CHECKED"]


def test_b6_b7_every_form_that_changes_something_can_be_sent_once() -> None:
    """Each template's form that is posted holds the token, or stands here with the reason why not."""
    without = {
        f"{place.parent.name}/{place.name}"
        for place in TEMPLATES.rglob("*.html")
        for form in POSTED.findall(place.read_text())
        if "{% once %}" not in form
    }
    assert without == NOT_ONCE.keys()


def test_a_form_that_was_refused_is_taken_once_it_is_right(two: Two, time_machine: Any) -> None:
    client, tomorrow = client_of(two.cast), {**GOAL, "day_day": "21", "once": "a"}
    assert client.post(address(two.ours), tomorrow).status_code == 200
    assert not SentForm.objects.exists()
    time_machine.move_to("2026-06-21T09:00:00+00:00")
    assert client_of(two.cast).post(address(two.ours), tomorrow).status_code == 302
    assert len(texts(two.cast)) == 1


def test_what_failed_leaves_nothing_and_is_done_when_it_is_sent_again(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(two.cast)
    client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("participants.views.changes.messages.success", None)  # fails after the goal is stored
        assert client.post(address(two.ours), {**GOAL, "once": "a"}).status_code == 500
    assert texts(two.cast) == []
    assert client.post(address(two.ours), {**GOAL, "once": "a"}).status_code == 302
    assert len(texts(two.cast)) == 1


def test_a_script_is_told_where_the_form_leads_instead_of_being_led_there(two: Two) -> None:
    client, given = client_of(two.cast), {**GOAL, "once": "a"}
    page = reverse("outcomes:person-detail", args=["WL-IPS", two.ours.pk])
    for _ in range(2):
        answer = client.post(address(two.ours), given, headers={"X-Sending": "form"})
        assert (answer.status_code, answer.headers[LEADS_TO]) == (200, page)
    assert len(texts(two.cast)) == 1
    refused = client.post(address(two.ours), {**given, "text": ""}, headers={"X-Sending": "form"})
    assert LEADS_TO not in refused.headers


def test_being_asked_who_one_is_does_not_count_as_an_answer(
    cast: Cast, client: Client, time_machine: Any
) -> None:
    client.force_login(cast.finance)
    client.get("/account/")
    time_machine.move_to(timezone.now() + timedelta(minutes=15))
    answer = client.post("/programmes/WL-IPS/months/2026-04/close/", {"once": "a"})
    assert answer.headers["Location"].startswith("/sign-in/confirm/")
    assert not SentForm.objects.exists()


def test_old_forms_are_forgotten(db: None) -> None:
    now = timezone.now()
    for number, age in enumerate((KEPT_FOR - timedelta(hours=1), KEPT_FOR + timedelta(hours=1))):
        SentForm.objects.create(digest=str(number), led_to="/", sent_at=now - age)
    assert forget_sent_forms(now) == 1
    assert SentForm.objects.get().digest == "0"


@pytest.mark.django_db(transaction=True)
def test_b6_impatient_taps_at_the_same_time_make_one_record_and_lead_to_one_page(cast: Cast) -> None:
    participant = started(cast.programme.services.get(), cast.specialist, name="Example Person")
    together = threading.Barrier(TAPS)
    clients = [client_of(cast) for _ in range(TAPS)]

    def tap(client: Client) -> str:
        together.wait()
        try:
            return client.post(address(participant), {**GOAL, "once": "a"}).headers["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(TAPS) as pool:
        assert len(set(pool.map(tap, clients))) == 1
    assert len(texts(cast)) == 1

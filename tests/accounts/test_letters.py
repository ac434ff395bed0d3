"""Letters about accounts, when what sends them is away or refuses."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Invitation
from accounts.services.mail import tell_of_change
from accounts.services.passwords import ask_for_reset
from accounts.tasks import send_reset_letter
from mhep.shared.jobs import TryLater
from mhep.shared.models import Job, JobState
from providers.forms import seat_of
from tests.accounts.letters import html_of
from tests.cast import Cast
from tests.shared.post_offices import NotificationService, notification_service

NEW = "newcomer@example.org"
SITE = "https://mhep.example.org"


@pytest.fixture
def service(settings: Settings) -> Iterator[NotificationService]:
    with notification_service() as running:
        settings.MAIL_BY = "notify"
        settings.NOTIFY_BASE_URL = running.address
        settings.NOTIFY_SERVICE_ID = "service"
        settings.NOTIFY_KEY = "k" * 36
        settings.NOTIFY_TEMPLATE_ID = "template"
        yield running


def reset_job(cast: Cast) -> Job:
    with transaction.atomic():
        ask_for_reset(cast.analyst.email, site=SITE, at=timezone.now())
    return Job.objects.get()


def invite(client: Client, cast: Cast) -> str:
    client.force_login(cast.administrator)
    seat = seat_of("operator", cast.programme.operator_id, "ANALYST")
    return client.post("/people/MHEP/", {"email": NEW, "seat": seat}, follow=True).text


def test_every_letter_goes_the_way_that_the_settings_name(
    cast: Cast, client: Client, service: NotificationService
) -> None:
    invite(client, cast)
    send_reset_letter(job_id=str(reset_job(cast).pk))
    tell_of_change(cast.analyst, "A passkey was added.")

    assert [each.body["email_address"] for each in service.received] == [
        NEW,
        cast.analyst.email,
        cast.analyst.email,
    ]
    messages = [each.body["personalisation"]["message"] for each in service.received]
    assert "/invitations/" in messages[0]
    assert "/sign-in/new-password/" in messages[1]
    assert "A passkey was added." in messages[2]
    assert mail.outbox == []


def test_a_letter_for_a_new_password_is_tried_again_while_the_post_is_away(
    cast: Cast, service: NotificationService
) -> None:
    service.answers = [(503, "Unavailable")]
    job = reset_job(cast)

    with pytest.raises(TryLater):
        send_reset_letter(job_id=str(job.pk))
    send_reset_letter(job_id=str(job.pk))
    send_reset_letter(job_id=str(job.pk))

    job.refresh_from_db()
    assert (job.state, job.message, job.attempts) == (JobState.DONE, "The letter is sent.", 2)
    assert len(service.received) == 2


def test_a_letter_for_a_new_password_that_is_refused_is_not_tried_again_and_the_job_says_why(
    cast: Cast, service: NotificationService
) -> None:
    service.answers = [(400, "BadRequestError")]
    job = reset_job(cast)

    send_reset_letter(job_id=str(job.pk))

    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.message == "The notification service answered 400 BadRequestError."


@pytest.mark.parametrize(
    ("status", "advice"), [(503, "Try again in a few minutes"), (400, "Check the address")]
)
def test_an_invitation_that_does_not_leave_is_not_kept_and_the_page_says_what_to_do(
    status: int, advice: str, cast: Cast, client: Client, service: NotificationService
) -> None:
    service.answers = [(status, "Error")]

    page = invite(client, cast)

    assert advice in page
    assert not Invitation.objects.exists()


def test_a_change_stays_done_when_its_letter_does_not_leave_and_the_log_names_nobody(
    cast: Cast, service: NotificationService, caplog: pytest.LogCaptureFixture
) -> None:
    service.answers = [(403, "AuthError")]

    tell_of_change(cast.analyst, "A passkey was added.")

    assert "403 AuthError" in caplog.text
    assert cast.analyst.email not in caplog.text


def test_letters_say_in_html_what_they_say_in_plain_text_and_load_nothing(cast: Cast) -> None:
    tell_of_change(cast.analyst, 'Connected with <b>"Council"</b>, https://mhep.example.org/account/')

    (letter,) = mail.outbox
    page = Shown(html_of(letter))
    assert page.language == "en-GB"
    assert page.title == page.heading == letter.subject
    assert 'Connected with <b>"Council"</b>' in page.text
    assert page.links == ["https://mhep.example.org/account/"]
    assert page.loads == []
    sent = letter.message()
    assert sent["Auto-Submitted"] == "auto-generated"


class Shown(HTMLParser):
    """A letter's HTML as a reader has it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.language = self.title = self.heading = self.text = ""
        self.links: list[str] = []
        self.loads: list[str] = []
        self._in = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._in = tag
        if tag == "html":
            self.language = given["lang"] or ""
        if tag == "a":
            self.links.append(given["href"] or "")
        if {"src", "background", "style"} & set(given) or tag in {"link", "style", "script", "img"}:
            self.loads.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in in {"title", "h1"} and data.strip():
            setattr(self, {"title": "title", "h1": "heading"}[self._in], data)

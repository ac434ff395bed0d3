"""Letters through a mail server and through a notification service, both real processes of this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email import message_from_string, policy
from email.message import EmailMessage

import jwt
import pytest
from pytest_django import Settings

from mhep.shared.mailing import notify
from mhep.shared.mailing.letters import Letter, LetterRefused, PostAway
from mhep.shared.mailing.post import post
from tests.shared.post_offices import MailServer, NotificationService, mail_server, notification_service

KEY = "a1b2c3d4-0000-4000-8000-00000000abcd"
SERVICE_ID = "26785a09-0000-4000-8000-00000000beef"
TEMPLATE_ID = "9d751e0e-0000-4000-8000-00000000cafe"
LETTER = Letter(
    to="reader@example.org",
    subject="MHEP: 2 things wait for you",
    text="Two things wait: https://mhep.example.org/todo/",
    html='<!DOCTYPE html><p>Two <a href="https://mhep.example.org/todo/">things</a> wait</p>',
    stop_at="https://mhep.example.org/account/reminders/stop/",
)


@pytest.fixture
def service(settings: Settings) -> Iterator[NotificationService]:
    with notification_service() as running:
        settings.MAIL_BY = "notify"
        settings.NOTIFY_BASE_URL = running.address
        settings.NOTIFY_SERVICE_ID = SERVICE_ID
        settings.NOTIFY_KEY = KEY
        settings.NOTIFY_TEMPLATE_ID = TEMPLATE_ID
        yield running


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = running.port
        settings.DEFAULT_FROM_EMAIL = "mhep@example.org"
        yield running


# The notification service


def test_a_letter_fills_in_the_template_of_the_notification_service(service: NotificationService) -> None:
    post(LETTER)

    (received,) = service.received
    assert received.path == "/v2/notifications/email"
    assert received.body == {
        "email_address": LETTER.to,
        "template_id": TEMPLATE_ID,
        "personalisation": {"subject": LETTER.subject, "message": LETTER.text},
    }


def test_the_notification_service_is_shown_who_sends_and_that_it_is_now(service: NotificationService) -> None:
    post(LETTER)

    scheme, token = service.received[0].authorization.split()
    assert scheme == "Bearer"
    assert jwt.get_unverified_header(token) == {"typ": "JWT", "alg": "HS256"}
    claims = jwt.decode(token, KEY, algorithms=["HS256"])
    assert claims == {"iss": SERVICE_ID, "iat": claims["iat"]}
    assert abs(time.time() - claims["iat"]) < 10
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, KEY.replace("a", "b"), algorithms=["HS256"])


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "ValidationError"),
        (400, "BadRequestError"),
        (403, "AuthError"),
        (404, "NoResultFound"),
        (302, "Moved"),
    ],
)
def test_what_the_notification_service_will_never_take_is_refused_and_named(
    status: int, kind: str, service: NotificationService
) -> None:
    service.answers = [(status, kind)]

    with pytest.raises(LetterRefused) as refusal:
        post(LETTER)

    assert str(refusal.value) == f"The notification service answered {status} {kind}."
    assert len(service.received) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, "RateLimitError"), (429, "TooManyRequestsError"), (500, "Exception"), (503, "Unavailable")],
)
def test_a_fault_of_the_notification_service_lets_the_letter_leave_later(
    status: int, kind: str, service: NotificationService
) -> None:
    service.answers = [(status, kind)]

    with pytest.raises(PostAway, match=f"{status} {kind}"):
        post(LETTER)
    post(LETTER)

    assert len(service.received) == 2


def test_a_notification_service_that_says_nothing_in_time_is_away(
    service: NotificationService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "TIMEOUT", (1.0, 0.2))
    service.answers = [1.0]

    with pytest.raises(PostAway, match="ReadTimeout"):
        post(LETTER)


def test_a_notification_service_that_is_not_there_is_away(
    service: NotificationService, settings: Settings
) -> None:
    settings.NOTIFY_BASE_URL = "http://127.0.0.1:9"

    with pytest.raises(PostAway, match="ConnectionError"):
        post(LETTER)


def test_an_answer_in_no_form_is_judged_by_its_status(service: NotificationService) -> None:
    service.answers = [(418, None)]  # type: ignore[list-item]

    with pytest.raises(LetterRefused, match="418"):
        post(LETTER)


# The mail server


def test_a_letter_says_the_same_in_plain_text_and_in_html_and_that_no_person_wrote_it(
    server: MailServer,
) -> None:
    post(LETTER)

    (taken,) = server.taken
    letter = message_from_string(taken, policy=policy.default)
    assert isinstance(letter, EmailMessage)
    assert (letter["From"], letter["To"]) == ("mhep@example.org", LETTER.to)
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe"] == f"<{LETTER.stop_at}>"
    assert letter["List-Unsubscribe-Post"] is None
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert LETTER.text in letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert LETTER.html in letter.get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_a_letter_that_nobody_can_stop_offers_no_way_to(server: MailServer) -> None:
    post(Letter("reader@example.org", "Hello", "Hello", "<p>Hello</p>"))

    assert "List-Unsubscribe" not in server.taken[0]
    assert "Auto-Submitted: auto-generated" in server.taken[0]


def test_what_the_mail_server_refuses_for_good_is_refused_without_the_address(server: MailServer) -> None:
    server.answers = ["550 no such person"]

    with pytest.raises(LetterRefused) as refusal:
        post(LETTER)

    assert str(refusal.value) == "The mail server refused the letter with code 550."
    assert refusal.value.__suppress_context__
    assert server.taken == []


def test_what_the_mail_server_puts_off_may_leave_later(server: MailServer) -> None:
    server.answers = ["451 come back in a minute"]

    with pytest.raises(PostAway):
        post(LETTER)
    post(LETTER)

    assert len(server.taken) == 1


def test_a_mail_server_that_is_not_there_is_away(server: MailServer, settings: Settings) -> None:
    settings.EMAIL_PORT = 9

    with pytest.raises(PostAway, match="ConnectionRefusedError"):
        post(LETTER)

"""
Letters through a government's notification service: an HTTP API that fills in a template.

The form is GOV.UK Notify's. The template there has the subject ``((subject))`` and the text ``((message))``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import jwt
import requests
from django.conf import settings

from mhep.shared.mailing.letters import Letter, LetterRefused, PostAway

TIMEOUT = (5.0, 15.0)  # seconds to connect, and to wait for an answer


@dataclass(frozen=True, slots=True)
class Service:
    """Where the notification service is, who we are there, and which template to fill in."""

    base_url: str
    service_id: str
    key: str
    template_id: str


def send_by_notify(letter: Letter) -> None:
    """
    Hand a letter to the notification service that the settings name.

    The service sends plain text and makes its own HTML of it. It is given no one-click address: such a
    click comes from the reader's mail provider, without a sign-in. The text says where to stop.

    :raises PostAway: if it does not answer in time, has a fault of its own, or asks for a slower pace.
    :raises LetterRefused: if it answers anything else that is no success.
    """
    service = Service(
        base_url=settings.NOTIFY_BASE_URL,
        service_id=settings.NOTIFY_SERVICE_ID,
        key=settings.NOTIFY_KEY,
        template_id=settings.NOTIFY_TEMPLATE_ID,
    )
    try:
        answer = requests.post(
            f"{service.base_url.rstrip('/')}/v2/notifications/email",
            json={
                "email_address": letter.to,
                "template_id": service.template_id,
                "personalisation": {"subject": letter.subject, "message": letter.text},
            },
            headers={"Authorization": f"Bearer {_token(service)}"},
            timeout=TIMEOUT,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise PostAway(f"The notification service did not answer: {type(error).__name__}.") from error
    _judge(answer)


def _token(service: Service) -> str:
    """Return the proof of who sends; the service takes it within 30 seconds."""
    return jwt.encode({"iss": service.service_id, "iat": int(time.time())}, service.key, algorithm="HS256")


def _judge(answer: requests.Response) -> None:
    code = answer.status_code
    if code == requests.codes.created:
        return
    said = f"The notification service answered {code}{_kinds(answer)}."
    if code >= requests.codes.internal_server_error or code == requests.codes.too_many_requests:
        raise PostAway(said)
    raise LetterRefused(said)


def _kinds(answer: requests.Response) -> str:
    """Return the kinds of error that the answer names; its sentences may hold an address and stay out."""
    try:
        errors = answer.json()["errors"]
        return "".join(f" {str(error['error'])[:60]}" for error in errors[:3])
    except (ValueError, KeyError, TypeError):
        return ""

"""Health of the processes, and pages that tell what went wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, RequestFactory
from django.utils import timezone
from django.views import defaults

from mhep.shared.models import Job


def test_alive_is_told_without_the_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_tells_how_long_the_oldest_job_has_waited(client: Client) -> None:
    before = client.get("/readyz").json()
    now = timezone.now()
    for seconds in (30, 90):
        Job.objects.create(task="t", subject=f"{seconds}", requested_at=now - timedelta(seconds=seconds))

    after = client.get("/readyz").json()

    assert before == {"status": "ok", "oldest_waiting_job_seconds": 0}
    assert 90 <= after["oldest_waiting_job_seconds"] <= 100


@pytest.mark.django_db
def test_an_unknown_address_is_answered_in_words(client: Client) -> None:
    page = client.get("/sign-in/nothing-here/")

    assert page.status_code == 404
    assert "Page not found" in page.text


def test_a_fault_is_answered_by_a_whole_page_that_asks_nothing_of_the_database() -> None:
    request: WSGIRequest = RequestFactory().get("/")

    page = defaults.server_error(request)

    assert page.status_code == 500
    assert b"Something went wrong" in page.content
    assert b'<main class="govuk-main-wrapper" id="main-content">' in page.content

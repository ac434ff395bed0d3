"""The page of one outcome event: its claim, its life, and who may see it."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from accounts.models import User
from mhep.shared.sealed_ids import Kind, sealed_id
from outcomes.models import OutcomeEvent
from tests.cast import Cast
from tests.payments.documents import void

pytestmark = pytest.mark.django_db


def path_of(event: OutcomeEvent) -> str:
    return f"/programmes/WL-IPS/events/{sealed_id(Kind.EVENT, event.pk)}/"


def page_of(user: User, event: OutcomeEvent) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(path_of(event))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_an_event_shows_its_claim_and_leads_to_who_pays(cast: Cast) -> None:
    event = OutcomeEvent.objects.get(reference="E-002")

    page = page_of(cast.auditor, event)

    for words in (
        "E-002",
        "P-002",
        "Job start on 11 April 2026",
        "37.5",
        "payslip",
        "14 April 2026",
        "Verified",
    ):
        assert words in page, words
    assert f'href="{path_of(event)}charges/"' in page


def test_its_life_is_told_newest_first(cast: Cast) -> None:
    void(cast.programme, "E-001", date(2026, 5, 5))

    page = page_of(cast.finance, OutcomeEvent.objects.get(reference="E-001"))

    assert "Voided on 5 May 2026: Left before the start." in page
    assert page.index(">Voided<") < page.index(">Recorded as verified<")


def test_an_event_and_what_follows_from_it_link_each_other(cast: Cast) -> None:
    first = OutcomeEvent.objects.get(reference="E-004")
    OutcomeEvent.objects.filter(reference="E-005").update(prerequisite=first)
    then = OutcomeEvent.objects.get(reference="E-005")

    assert f'href="{path_of(then)}"' in page_of(cast.finance, first)
    assert f'href="{path_of(first)}"' in page_of(cast.finance, then)


def test_only_the_operators_people_see_events(cast: Cast) -> None:
    event = OutcomeEvent.objects.get(reference="E-001")
    others = {cast.commissioner: 403, cast.other_commissioner: 403, cast.outsider: 404}
    for user, status in others.items():
        client = Client()
        client.force_login(user)
        assert client.get(path_of(event)).status_code == status
    assert Client().get(path_of(event)).status_code == 302

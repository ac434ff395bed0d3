"""Fidelity reviews as they are recorded, corrected and shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from performance.models import FidelityScore, ScoredReview
from performance.rules.fidelity import Band
from performance.selectors.fidelity import review_page
from performance.selectors.standing import last_reviews
from performance.services.fidelity import CannotScore
from tests.cast import AT, Cast
from tests.performance.reviewing import HELD_ON, SCORES, scored

pytestmark = pytest.mark.django_db


def test_a_review_is_recorded_with_its_total_and_band(cast: Cast) -> None:
    review = scored(cast.programme.services.get(), cast.analyst, item_7=2)
    assert (review.total, review.band, review.scores.count()) == (98, Band.FAIR, 25)


def test_a_correction_keeps_the_wrong_one_and_stands_in_its_place(cast: Cast) -> None:
    service = cast.programme.services.get()
    wrong = scored(service, cast.analyst, item_7=2)
    with pytest.raises(CannotScore, match="recorded already"):
        scored(service, cast.analyst)
    right = scored(service, cast.analyst, replaces=wrong, item_7=3)
    with pytest.raises(CannotScore, match="replaced already"):
        scored(service, cast.analyst, replaces=wrong, item_7=4)
    assert ScoredReview.objects.get(replaced_by__isnull=True) == right
    assert last_reviews([service], AT.date())[service.pk].total == 99


@pytest.mark.parametrize("on", [date(2026, 3, 31), date(2026, 7, 4)])
def test_a_day_before_the_service_or_ahead_is_refused(cast: Cast, on: date) -> None:
    with pytest.raises(CannotScore, match="when the service began"):
        scored(cast.programme.services.get(), cast.analyst, on=on)


def test_the_database_keeps_a_review_whole_and_unchanged(cast: Cast) -> None:
    review = scored(cast.programme.services.get(), cast.analyst)
    review.pk, review.reviewed_on = None, date(2026, 6, 1)
    with pytest.raises(IntegrityError, match="25 items"), transaction.atomic(), at_once():
        review.save(force_insert=True)
    for change in ("UPDATE performance_fidelityscore SET score = 5", "DELETE FROM performance_scoredreview"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    assert FidelityScore.objects.count() == 25


def test_the_page_says_what_moved_since_the_last_review_and_what_to_work_on(cast: Cast) -> None:
    service = cast.programme.services.get()
    scored(service, cast.analyst, on=date(2026, 5, 1), item_3=5, item_9=1)
    content = review_page(scored(service, cast.analyst, item_9=2))
    changes = {row.item.number: row.change for row in content.rows}
    assert (changes[3], changes[9], changes[4]) == ("▼ down 1", "▲ up 1", "As before")
    assert [item.number for item in content.work_on][:2] == [9, 3]
    assert [each.total for each in content.trend] == [98, 98]


def test_the_team_records_a_review_in_the_page_and_everybody_concerned_reads_it(cast: Cast) -> None:
    client = client_of(cast.analyst)
    address = reverse("performance:fidelity-new", args=[cast.programme.code])
    form = client.get(address).context["form"]
    sent: dict[str, Any] = {
        "service": form.fields["service"].choices[0][0],
        "on_day": "1",
        "on_month": "7",
        "on_year": "2026",
        "reviewers": "Two reviewers",
        **{f"item-{item}": str(score) for item, score in SCORES.items()},
    }
    incomplete = client.post(address, {**sent, "item-7": ""}).content.decode()
    assert "Choose a score for item 7, vocational unit" in incomplete
    page = client.post(address, sent)["Location"]
    for person in (cast.commissioner, cast.manager, cast.auditor):
        assert "100 of 125, good" in client_of(person).get(page).content.decode()
    assert client_of(cast.specialist).get(page).status_code == 403


def test_a_total_that_differs_from_the_file_is_said(cast: Cast) -> None:
    service = cast.programme.services.get()
    service.fidelity_reviews.create(reviewed_on=HELD_ON, score=90, position=1)
    review = scored(service, cast.analyst)
    page = reverse("performance:fidelity-detail", args=[cast.programme.code, review.pk])
    assert "The programme’s file has 90" in client_of(cast.analyst).get(page).content.decode()


@contextmanager
def at_once() -> Iterator[None]:
    """Have the database check at each statement what it checks at the end of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    yield


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client

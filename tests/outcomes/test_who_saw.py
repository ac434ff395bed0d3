"""L6: each look at a name or at evidence is written down, and one command says who looked."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from outcomes.services.evidence import Upload, add_evidence, hand_out
from tests.cast import Cast
from tests.outcomes.drafts import draft_of, pdf, person
from tests.participants.people import Two, two_providers

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(cast: Cast, vault_folder: Path) -> Two:
    """Somebody whose name the analyst has read, and whose payslip the auditor was handed."""
    two = two_providers(cast)
    file = add_evidence(
        draft_id=draft_of(cast.specialist, two.ours).pk,
        kind="payslip",
        upload=Upload(pdf(), "payslip.pdf"),
        actor=cast.specialist,
        at=timezone.now(),
    )
    hand_out(file=file, viewer=cast.auditor, at=timezone.now())
    client = Client()
    client.force_login(cast.analyst)
    page = f"/programmes/WL-IPS/people/{_id(two)}/name/"
    assert client.post(page, {"reason": "Payslip shows another name"}).status_code == 200
    return two


def _id(two: Two) -> str:
    from mhep.shared.sealed_ids import Kind, sealed_id  # noqa: PLC0415

    return str(sealed_id(Kind.PARTICIPANT, two.ours.pk))


def told(*arguments: str, **options: Any) -> list[dict[str, str]]:
    out = StringIO()
    call_command("who_saw", *arguments, stdout=out, **options)
    return list(csv.DictReader(out.getvalue().splitlines()))


def test_l6_one_command_says_who_saw_what_and_why(two: Two) -> None:
    rows = told("WL-IPS", two.ours.reference)
    assert sorted((row["Who"], row["What"].split()[0], row["Why"]) for row in rows) == [
        ("analyst@example.org", "name", "Payslip shows another name"),
        ("auditor@example.org", "evidence", ""),
    ]
    assert "Canary" not in str(rows)
    assert told("WL-IPS", two.theirs.reference) == []
    assert told("WL-IPS", person(two.cast).reference) == []


def test_l6_days_are_whole_days_and_both_ends_count(two: Two) -> None:
    today = timezone.now().date()
    assert len(told("WL-IPS", two.ours.reference, since=today, until=today)) == 2
    assert told("WL-IPS", two.ours.reference, until=today - timedelta(days=1)) == []
    assert told("WL-IPS", two.ours.reference, since=today + timedelta(days=1)) == []


def test_l6_it_asks_as_much_for_many_looks_as_for_one(two: Two) -> None:
    """Both tables are read by the person: a million looks at others cost nothing."""
    with CaptureQueriesContext(connection) as asked:
        told("WL-IPS", two.ours.reference)
    assert len(asked) < 12


def test_an_unknown_person_or_programme_is_refused(two: Two) -> None:
    for arguments in (("WL-IPS", "P-999"), ("NONE", two.ours.reference)):
        with pytest.raises(SystemExit):
            told(*arguments, stderr=StringIO())

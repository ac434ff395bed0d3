"""Imports from the page: look first, store then, and the file is gone afterwards."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from outcomes.models import OutcomeEvent
from participants.models import Participant
from tests.cast import OUTCOMES, PARTICIPANTS, Cast

IMPORTS = "/programmes/WL-IPS/imports/"
FOUR = PARTICIPANTS + b"P-004,WL-1,EAL,SUD,2026-04-02,2026-04-06,2026-04-06\nP-005,WL-9,EAL,,,,\n"


@pytest.fixture(autouse=True)
def uploads(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "uploads"


def sent(content: bytes) -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile("file.csv", content)}


def ticket_in(html: str) -> dict[str, str]:
    found = re.search(r'name="ticket" value="([^"]+)"', html)
    assert found is not None
    return {"ticket": found[1]}


@pytest.mark.parametrize(
    ("who", "to_read", "to_import"),
    [
        ("analyst", 200, 200),
        ("finance", 200, 200),
        ("administrator", 200, 200),
        ("auditor", 200, 403),
        ("commissioner", 403, 403),
        ("outsider", 404, 404),
    ],
)
def test_who_may_look_and_who_may_import(
    cast: Cast, client: Client, who: str, to_read: int, to_import: int
) -> None:
    client.force_login(getattr(cast, who))

    page = client.get(IMPORTS)

    assert page.status_code == to_read
    assert client.post(f"{IMPORTS}participants/", sent(FOUR)).status_code == to_import
    assert client.post(f"{IMPORTS}participants/store/").status_code == (
        302 if to_import == 200 else to_import
    )
    assert ("Check the participants file" in page.text) == (to_import == 200)


def test_the_check_stores_nothing_and_says_what_would_happen_to_each_row(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)

    page = client.post(f"{IMPORTS}participants/", sent(FOUR)).text

    assert Participant.objects.count() == 3
    assert "<dt>Would be stored</dt><dd>1</dd>" in page
    assert "<dt>Stored already, unchanged</dt><dd>3</dd>" in page
    assert "<dt>Would be left out</dt><dd>1</dd>" in page
    assert "unknown_service" in page
    assert "P-005" in page


def test_confirming_stores_the_good_rows_and_deletes_the_file(
    cast: Cast, client: Client, uploads: Path
) -> None:
    client.force_login(cast.analyst)
    ticket = ticket_in(client.post(f"{IMPORTS}participants/", sent(FOUR)).text)
    kept = list(uploads.iterdir())

    page = client.post(f"{IMPORTS}participants/store/", ticket, follow=True).text
    again = client.post(f"{IMPORTS}participants/store/", ticket, follow=True).text

    assert len(kept) == 1
    assert list(uploads.iterdir()) == []
    assert Participant.objects.filter(reference="P-004").exists()
    assert "Participants: 1 stored, 3 unchanged, 1 left out." in page
    assert "The file is no longer here." in again


def test_outcomes_are_imported_alike(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    more = OUTCOMES + b"E-009,P-003,ENGAGED,2026-05-02,,,,2026-05-03,,\n"

    page = client.post(f"{IMPORTS}outcomes/", sent(more)).text
    client.post(f"{IMPORTS}outcomes/store/", ticket_in(page))

    event = OutcomeEvent.objects.get(reference="E-009")
    assert event.submitted_by == cast.analyst


def test_the_report_is_a_table_of_every_row_left_out(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    ticket = ticket_in(client.post(f"{IMPORTS}participants/", sent(FOUR)).text)

    report = client.post(f"{IMPORTS}participants/report.csv", ticket)

    assert report.headers["Content-Type"].startswith("text/csv")
    assert report.text.splitlines()[0] == "row,reference,code,message"
    assert report.text.splitlines()[1].startswith("6,P-005,unknown_service,")


@pytest.mark.parametrize("content", [b"", b"\x7fELF\x00\x01", b"PK\x03\x04 half a zip", b"name,born\nx,y\n"])
def test_a_file_that_is_no_such_table_is_refused_beside_the_field(
    cast: Cast, client: Client, uploads: Path, content: bytes
) -> None:
    client.force_login(cast.analyst)

    page = client.post(f"{IMPORTS}participants/", sent(content))

    assert page.status_code == 200
    assert "<title>Error: Imports" in page.text
    assert 'id="participants_file_error"' in page.text
    assert 'href="#participants_file"' in page.text
    assert not uploads.exists()


def test_a_ticket_serves_only_its_owner_its_programme_and_its_kind(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    ticket = ticket_in(client.post(f"{IMPORTS}participants/", sent(FOUR)).text)

    as_outcomes = client.post(f"{IMPORTS}outcomes/store/", ticket, follow=True).text
    forged = client.post(f"{IMPORTS}participants/store/", {"ticket": "x"}, follow=True).text
    client.force_login(cast.finance)
    as_another = client.post(f"{IMPORTS}participants/store/", ticket, follow=True).text
    report = client.post(f"{IMPORTS}participants/report.csv", ticket)

    for answer in (as_outcomes, forged, as_another):
        assert "The file is no longer here." in answer
    assert report.status_code == 302
    assert Participant.objects.count() == 3


def test_the_empty_file_holds_the_headings(cast: Cast, client: Client) -> None:
    client.force_login(cast.auditor)

    template = client.get(f"{IMPORTS}participants/template.csv")

    assert template.text == "participant,service,area,cohort,referred_on,started_on,consented_on\n"
    assert client.get(f"{IMPORTS}nothing/template.csv").status_code == 404

"""Imports from the page: look first, store then, and the file is gone afterwards."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from audit.models import AuditEvent
from outcomes.models import OutcomeEvent
from participants.models import Participant, WorkPeriod
from participants.rules.acceptance import HEADINGS
from tests.cast import OUTCOMES, PARTICIPANTS, Cast

IMPORTS = "/programmes/WL-IPS/imports/"
NO_TICKET = UUID(int=0)
FOUR = PARTICIPANTS + b"P-004,WL-1,EAL,SUD,2026-04-02,2026-04-06,2026-04-06\nP-005,WL-9,EAL,,,,\n"


@pytest.fixture(autouse=True)
def uploads(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "uploads"


def sent(content: bytes) -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile("file.csv", content)}


def checked(client: Client, content: bytes, kind: str = "participants") -> str:
    """Send a file and return the address of its check."""
    answer = client.post(f"{IMPORTS}{kind}/", sent(content))
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


@pytest.mark.parametrize(
    ("who", "to_read", "to_import"),
    [
        ("manager", 200, 302),
        ("specialist", 403, 403),
        ("analyst", 200, 302),
        ("finance", 200, 302),
        ("administrator", 200, 302),
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
    for address in ("", f"{NO_TICKET}/store/", f"{NO_TICKET}/again/", f"{NO_TICKET}/cancel/"):
        assert client.post(f"{IMPORTS}participants/{address}", sent(FOUR)).status_code == to_import
    assert client.get(f"{IMPORTS}participants/{NO_TICKET}/columns/").status_code == to_import
    for address in (f"{NO_TICKET}/", f"{NO_TICKET}/report.csv", f"{NO_TICKET}/to-mend.csv"):
        looked = client.get(f"{IMPORTS}participants/{address}").status_code
        assert looked == (302 if to_read == 200 else to_read)
    assert ("Check the participants file" in page.text) == (to_import == 302)


def test_the_check_stores_nothing_and_says_what_would_happen_to_each_row(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)

    page = client.get(checked(client, FOUR)).text

    assert Participant.objects.count() == 3
    assert "<dt>Would be stored</dt><dd>1</dd>" in page
    assert "<dt>Stored already, unchanged</dt><dd>3</dd>" in page
    assert "<dt>Would be left out</dt><dd>1</dd>" in page
    assert "unknown_service" in page
    assert "P-005" in page


def test_the_check_is_a_page_of_its_own_whose_address_says_nothing_of_anybody(
    cast: Cast, client: Client
) -> None:
    client.force_login(cast.analyst)

    address = checked(client, FOUR)

    assert re.fullmatch(rf"{IMPORTS}participants/[0-9a-f-]{{36}}/", address)
    assert client.get(address).text.count("P-005") == client.get(address).text.count("P-005") == 1


def test_checked_again_it_says_what_would_happen_now(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    outcomes = checked(client, OUTCOMES + b"E-009,P-004,JOB_START,2026-05-02,,,,2026-05-03,,\n", "outcomes")
    before = client.get(outcomes).text
    client.post(f"{checked(client, FOUR)}store/")

    assert "unknown_participant" in before
    assert client.get(outcomes).text.count("unknown_participant") == before.count("unknown_participant")
    assert "unknown_participant" not in client.post(f"{outcomes}again/", follow=True).text


def test_confirming_stores_the_good_rows_and_deletes_the_file(
    cast: Cast, client: Client, uploads: Path
) -> None:
    client.force_login(cast.analyst)
    address = checked(client, FOUR)
    kept = list(uploads.iterdir())

    answer = client.post(f"{address}store/", follow=True)

    assert len(kept) == 1
    assert list(uploads.iterdir()) == []
    assert Participant.objects.filter(reference="P-004").exists()
    assert answer.redirect_chain == [(address, 302)]
    assert "Participants stored" in answer.text
    assert_stored_once(answer.text)


def test_confirming_again_and_looking_again_say_what_was_stored(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    address = checked(client, FOUR)
    client.post(f"{address}store/")

    again = client.post(f"{address}store/", follow=True)
    looked = client.get(address)

    assert_stored_once(again.text)
    assert_stored_once(looked.text)
    assert "no longer here" not in again.text
    assert f'action="{address}store/"' not in looked.text
    assert AuditEvent.objects.filter(actor=cast.analyst, action="participants.imported").count() == 1


def assert_stored_once(page: str) -> None:
    assert "<dt>Stored</dt><dd>1</dd>" in page
    assert "<dt>Stored already, unchanged</dt><dd>3</dd>" in page
    assert "<dt>Left out</dt><dd>1</dd>" in page


def test_outcomes_are_imported_alike(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    more = OUTCOMES + b"E-009,P-003,ENGAGED,2026-05-02,,,,2026-05-03,,\n"

    client.post(f"{checked(client, more, 'outcomes')}store/")

    event = OutcomeEvent.objects.get(reference="E-009")
    assert event.submitted_by == cast.analyst


def test_jobs_are_imported_alike(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    jobs = b"participant,job,kind,from,to,hours_per_week\nP-001,A,work,2026-04-10,,20\n"
    jobs += b"P-999,A,work,2026-04-10,,\n"

    address = checked(client, jobs, "jobs")
    check = client.get(address).text
    stored = client.post(f"{address}store/", follow=True).text

    assert "<dt>Would be stored</dt><dd>1</dd>" in check
    assert "Jobs stored" in stored
    assert "unknown_participant" in stored
    period = WorkPeriod.objects.get()
    assert (period.participant.reference, period.job, period.hours_per_week) == ("P-001", "A", 20)


@pytest.mark.parametrize("is_stored", [False, True], ids=["checked", "stored"])
def test_the_report_is_a_table_of_every_row_left_out(cast: Cast, client: Client, *, is_stored: bool) -> None:
    client.force_login(cast.analyst)
    address = checked(client, FOUR)
    if is_stored:
        client.post(f"{address}store/")

    report = client.get(f"{address}report.csv")

    assert report.headers["Content-Type"].startswith("text/csv")
    lines = report.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "row,reference,code,message"
    assert lines[1].startswith("6,P-005,unknown_service,")
    assert len(lines) == 2


@pytest.mark.parametrize("reference", ["=1+2", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x")'])
def test_x1_nothing_in_the_report_runs_in_a_spreadsheet_program(
    cast: Cast, client: Client, reference: str
) -> None:
    client.force_login(cast.analyst)
    cell = '"' + reference.replace('"', '""') + '"'
    content = PARTICIPANTS + f"{cell},WL-9,EAL,,,,\n".encode()

    report = client.get(f"{checked(client, content)}report.csv").content.decode("utf-8-sig")

    (row,) = csv.DictReader(io.StringIO(report))
    assert row["reference"] == f"'{reference}"


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
    address = checked(client, FOUR)
    ticket = address.split("/")[-2]

    as_outcomes = client.post(f"{IMPORTS}outcomes/{ticket}/store/", follow=True).text
    unknown = client.post(f"{IMPORTS}participants/{NO_TICKET}/store/", follow=True).text
    client.force_login(cast.finance)
    as_another = client.post(f"{address}store/", follow=True).text
    looked_at = client.get(address, follow=True).text
    report = client.get(f"{address}report.csv", follow=True).text

    for answer in (as_outcomes, unknown, as_another, looked_at, report):
        assert "The file is no longer here" in answer
        assert "P-005" not in answer
    assert Participant.objects.count() == 3


def test_a_template_holds_the_headings_and_a_row_that_is_never_stored(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    for kind in ("participants", "jobs", "outcomes"):
        for form in ("csv", "xlsx"):
            template = client.get(f"{IMPORTS}{kind}/template.{form}")
            page = client.get(checked(client, template.content, kind)).text
            assert "There is nothing new in this file" in page
    assert client.get(f"{IMPORTS}nothing/template.csv").status_code == 404
    assert client.get(f"{IMPORTS}jobs/template.pdf").status_code == 404


def test_the_second_sheet_of_a_template_lists_the_codes_of_this_programme(cast: Cast, client: Client) -> None:
    client.force_login(cast.auditor)

    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{IMPORTS}participants/template.xlsx").content))

    first, second = book.worksheets
    assert [cell.value for cell in first[1]] == list(HEADINGS)
    listed = [(row[0], row[3], row[4]) for row in second.iter_rows(min_row=2, values_only=True)]
    assert ("service", "WL-1", "IPS West London North") in listed
    assert ("area", "EAL", "Ealing") in listed
    assert ("cohort", "SUD", "Substance use") in listed

"""Files on their way in: columns matched once, and what the check showed is what is stored (F6-F8)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import InternalError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from mhep.shared.models import Job, JobState
from outcomes import tasks
from outcomes.models import ColumnLayout, FileImport, OutcomeEvent
from outcomes.services import file_imports, import_work
from outcomes.services.import_work import forget_files
from participants.models import Participant, WorkPeriod
from tests.cast import OUTCOMES, PARTICIPANTS, Cast
from tests.outcomes.test_views_imports import IMPORTS, checked

HEAD = PARTICIPANTS.splitlines()[0] + b"\n"
NEW = HEAD + b"P-010,WL-1,EAL,SUD,2026-04-02,2026-04-06,2026-04-06\nP-011,WL-1,HRW,,,,\n"
OWN = b"Client ID,Team,Borough,Referral date,Start date,Name\nP-020,WL-1,EAL,03/04/2026,06/04/2026,Canary\n"
ALL_TEXT = """
SELECT t::text FROM outcomes_fileimport t UNION ALL SELECT t::text FROM outcomes_columnlayout t
UNION ALL SELECT t::text FROM participants_participant t UNION ALL SELECT t::text FROM audit_change t
"""
TWO_MORE = b"E-010,P-010,ENGAGED,2026-05-02,,,,2026-05-03,,\nE-011,P-003,ENGAGED,2026-05-02,,,,2026-05-03,,\n"
ANSWERS = {
    "participant": "Client ID",
    "service": "Team",
    "area": "Borough",
    "cohort": "-",
    "referred_on": "Referral date",
    "started_on": "Start date",
    "consented_on": "-",
}


@pytest.fixture(autouse=True)
def uploads(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "uploads"


@pytest.fixture
def analyst(cast: Cast, client: Client) -> Client:
    client.force_login(cast.analyst)
    return client


def table_of(client: Client, address: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file to download."""
    return list(csv.DictReader(io.StringIO(client.get(address).content.decode("utf-8-sig"))))


def figures(page: str) -> list[str]:
    return [part.split("</dd>")[0] for part in page.split("<dd>")[1:4]]


# Columns


def test_own_headings_are_asked_about_with_what_is_likely_filled_in(analyst: Client) -> None:
    address = checked(analyst, OWN)
    page = analyst.get(address, follow=True).text

    assert analyst.get(address).headers["Location"] == f"{address}columns/"
    assert '<option value="Client ID" selected>' in page
    assert '<option value="Referral date" selected>' in page
    assert "How are the dates written? The file has, for example, 03/04/2026, 06/04/2026" in page
    assert "never stored: Name." in page
    assert 'name="day_order" value="dmy" checked' not in page


def test_an_ambiguous_date_must_be_settled_by_a_person(analyst: Client) -> None:
    address = checked(analyst, OWN)

    page = analyst.post(f"{address}columns/", ANSWERS).text

    assert "Say how the dates are written" in page
    assert Participant.objects.count() == 3


@pytest.mark.parametrize(("order", "day"), [("dmy", (2026, 4, 3)), ("mdy", (2026, 3, 4))])
def test_dates_are_stored_as_the_person_said(analyst: Client, order: str, day: tuple[int, int, int]) -> None:
    address = checked(analyst, OWN)
    analyst.post(f"{address}columns/", {**ANSWERS, "day_order": order})
    analyst.post(f"{address}store/")

    person = Participant.objects.get(reference="P-020")
    assert person.referred_on is not None
    assert person.referred_on.timetuple()[:3] == day


def test_the_answer_is_remembered_for_the_organisation_and_shown(
    cast: Cast, analyst: Client, client: Client
) -> None:
    address = checked(analyst, OWN)
    analyst.post(f"{address}columns/", {**ANSWERS, "day_order": "dmy"})
    client.force_login(cast.finance)

    again = client.get(checked(client, OWN.replace(b"P-020", b"P-021"))).text

    assert figures(again) == ["1", "0", "0"]
    assert "Change how the columns are read" in again
    assert "Client ID" in again
    assert ColumnLayout.objects.count() == 1


def test_the_answer_of_one_organisation_says_nothing_to_another(cast: Cast, client: Client) -> None:
    client.force_login(cast.manager)
    address = checked(client, OWN)
    client.post(f"{address}columns/", {**ANSWERS, "day_order": "dmy"})
    client.force_login(cast.analyst)

    address = checked(client, OWN)

    assert client.get(address).headers["Location"] == f"{address}columns/"


def test_columns_can_be_changed_after_the_check_and_it_is_made_anew(analyst: Client) -> None:
    address = checked(analyst, OWN)
    analyst.post(f"{address}columns/", {**ANSWERS, "day_order": "ymd"})
    assert "bad_value" in analyst.get(address).text

    analyst.post(f"{address}columns/", {**ANSWERS, "day_order": "dmy"})

    assert figures(analyst.get(address).text) == ["1", "0", "0"]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"participant": ""}, "Choose the column that holds participant"),
        ({"participant": "No such column"}, "Choose the column that holds participant"),
        ({"area": "Team"}, "The column Team is chosen twice"),
    ],
)
def test_answers_that_do_not_fit_are_refused_beside_the_question(
    analyst: Client, answers: dict[str, str], said: str
) -> None:
    address = checked(analyst, OWN)
    page = analyst.post(f"{address}columns/", {**ANSWERS, "day_order": "dmy", **answers}).text
    assert said in page
    assert "<title>Error: Match the columns" in page


def test_a_decimal_comma_is_asked_about_and_read_as_said(analyst: Client) -> None:
    jobs = b"participant;job;kind;from;to;hours_per_week\nP-001;A;work;2026-04-10;;37,5\n"
    address = checked(analyst, jobs, "jobs")
    names = ("participant", "job", "kind", "from", "to", "hours_per_week")
    assert "What is the comma in the hours?" in analyst.get(f"{address}columns/").text

    analyst.post(f"{address}columns/", {**{name: name for name in names}, "decimal_mark": ","})
    analyst.post(f"{address}store/")

    assert str(WorkPeriod.objects.get().hours_per_week) == "37.5"


def test_no_column_that_nobody_asked_for_is_kept(analyst: Client, uploads: Path) -> None:
    address = checked(analyst, OWN)
    assert all(b"Canary" not in path.read_bytes() for path in uploads.iterdir())
    analyst.post(f"{address}columns/", {**ANSWERS, "day_order": "ymd"})
    analyst.post(f"{address}store/")
    with connection.cursor() as cursor:
        cursor.execute(ALL_TEXT)
        assert "Canary" not in str(cursor.fetchall())
    assert "Canary" not in FileImport.objects.get().report


# What the check showed is what is stored


def test_f7_the_same_file_twice_adds_nothing(analyst: Client) -> None:
    analyst.post(f"{checked(analyst, NEW)}store/")
    assert figures(analyst.get(checked(analyst, NEW)).text) == ["0", "2", "0"]
    assert Participant.objects.count() == 5


def test_f8_a_row_that_went_bad_since_the_check_is_left_out_and_marked(analyst: Client) -> None:
    address = checked(analyst, NEW)
    analyst.post(f"{checked(analyst, HEAD + b'P-010,WL-1,HRW,,,,' + bytes([10]))}store/")

    stored = analyst.post(f"{address}store/", follow=True).text

    assert figures(stored) == ["1", "0", "1"]
    assert "Since the check, 1 row could no longer be stored" in stored
    assert "duplicate_participant" in stored
    assert Participant.objects.get(reference="P-010").area.code == "HRW"  # type: ignore[union-attr]


def test_f8_all_or_nothing_stores_nothing_when_one_row_went_bad(analyst: Client) -> None:
    address = checked(analyst, NEW)
    analyst.post(f"{checked(analyst, HEAD + b'P-010,WL-1,HRW,,,,' + bytes([10]))}store/")

    page = analyst.post(f"{address}store/", {"is_whole": "on"}, follow=True).text

    assert "Nothing was stored, because you asked for all or nothing" in page
    assert figures(page) == ["1", "0", "1"]
    assert not Participant.objects.filter(reference="P-011").exists()


def test_f8_a_row_that_was_left_out_stays_out_though_it_would_pass_by_now(analyst: Client) -> None:
    address = checked(analyst, OUTCOMES + TWO_MORE, "outcomes")
    analyst.post(f"{checked(analyst, NEW)}store/")

    stored = analyst.post(f"{address}store/", follow=True).text

    assert figures(stored) == ["1", "5", "1"]
    assert "Since the check" not in stored
    assert not OutcomeEvent.objects.filter(reference="E-010").exists()


def test_the_rows_to_mend_come_back_with_their_problems_and_go_in_again(analyst: Client) -> None:
    bad = HEAD + b"P-012,WL-9,EAL,,2026-04-02,,\nP-013,WL-1,EAL,,2026-04-31,,\n"
    address = checked(analyst, NEW + bad.splitlines()[1] + b"\n" + bad.splitlines()[2] + b"\n")
    analyst.post(f"{address}store/")

    for form in ("csv", "xlsx"):
        file = analyst.get(f"{address}to-mend.{form}")
        assert figures(analyst.get(checked(analyst, file.content)).text) == ["0", "0", "2"]
    rows = table_of(analyst, f"{address}to-mend.csv")
    assert [(row["participant"], row["problem_codes"], row["row_in_your_file"]) for row in rows] == [
        ("P-012", "unknown_service", "4"),
        ("P-013", "bad_value", "5"),
    ]
    mended = analyst.get(f"{address}to-mend.csv").content.replace(b"WL-9", b"WL-1")
    mended = mended.replace(b"04-31", b"04-30")
    assert figures(analyst.get(checked(analyst, mended)).text) == ["2", "0", "0"]


def test_problems_say_where_and_are_shown_by_kind(analyst: Client) -> None:
    rows = b"P-012,WL-9,EAL,,2026-04-02,,\nP-013,WL-1,EAL,,2026-04-31,,\n"
    address = checked(analyst, HEAD + rows)

    page, filtered = analyst.get(address).text, analyst.get(f"{address}?code=bad_value").text

    assert "B2 (service)" in page
    assert "E3 (referred_on)" in page
    assert "P-012" not in filtered
    assert "P-013" in filtered


# The end of it


def test_a_file_can_be_cancelled_before_it_is_confirmed_and_not_after(analyst: Client, uploads: Path) -> None:
    address = checked(analyst, NEW)
    analyst.post(f"{address}cancel/")
    assert list(uploads.iterdir()) == []
    assert "Nothing of" in analyst.post(f"{address}store/", follow=True).text
    assert Participant.objects.count() == 3

    stored = checked(analyst, NEW)
    analyst.post(f"{stored}store/")
    assert "This cannot be done now" in analyst.post(f"{stored}cancel/", follow=True).text
    assert FileImport.objects.filter(state="STORED").count() == 1


def test_a_file_that_nobody_confirms_lapses_after_a_day(analyst: Client, uploads: Path) -> None:
    address = checked(analyst, NEW)
    now = datetime.now(UTC)

    assert forget_files(at=now + timedelta(hours=23)) == 0
    assert forget_files(at=now + timedelta(hours=25)) == 1

    assert list(uploads.iterdir()) == []
    assert "not confirmed in time" in analyst.get(address).text


def test_lists_of_problems_are_deleted_after_a_month_and_counts_stay(analyst: Client) -> None:
    address = checked(analyst, NEW + b"P-012,WL-9,EAL,,,,\n")
    analyst.post(f"{address}store/")

    forget_files(at=datetime.now(UTC) + timedelta(days=31))

    assert FileImport.objects.get().report == ""
    assert figures(analyst.get(address).text) == ["2", "0", "1"]


def test_the_list_of_files_links_results_and_is_exported(analyst: Client) -> None:
    address = checked(analyst, NEW)
    page = analyst.get(IMPORTS).text
    assert f'href="{address}"' in page
    (row,) = table_of(analyst, f"{IMPORTS}list.csv")
    assert (row["What"], row["File"], row["Good rows"]) == ("Participants", "file.csv", "2")
    assert analyst.get(f"{IMPORTS}list.xlsx").status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM outcomes_fileimport",
        "UPDATE outcomes_fileimport SET sent_by_id = sent_by_id + 1",
        "UPDATE outcomes_fileimport SET sha256 = 'x'",
        "UPDATE outcomes_fileimport SET state = 'CHECKED', ended_at = NULL",
        "UPDATE outcomes_fileimport SET good = 7",
    ],
)
def test_the_database_keeps_what_came_in(analyst: Client, change: str) -> None:
    analyst.post(f"{checked(analyst, NEW)}store/")
    with (
        pytest.raises((InternalError, Exception), match=r"stays|has ended"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)


# Large files


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_imports, "LARGE", 10)


@pytest.mark.usefixtures("large")
def test_a_large_file_is_checked_and_stored_in_the_background_with_progress(analyst: Client) -> None:
    address = checked(analyst, NEW)
    waiting = analyst.get(address).text
    assert "It starts as soon as a worker is free" in waiting
    assert '<meta http-equiv="refresh" content="2">' in waiting
    assert f'hx-get="{address}"' in waiting
    assert Job.objects.count() == 1

    tasks.check_import.run(job_id=str(Job.objects.get().pk))
    finished = analyst.get(address, headers={"HX-Request": "true"})
    assert finished.headers["HX-Refresh"] == "true"
    assert figures(finished.text) == ["2", "0", "0"]

    analyst.post(f"{address}store/")
    assert Participant.objects.count() == 3
    for _ in range(2):
        tasks.store_import.run(job_id=str(Job.objects.get(task=file_imports.STORE).pk))
    assert Participant.objects.count() == 5
    assert "Participants stored" in analyst.get(address).text


@pytest.mark.usefixtures("large")
def test_the_work_on_a_file_tells_how_many_rows_it_has_come_to(analyst: Client) -> None:
    address, told = checked(analyst, NEW), []

    def note(done: int, total: int, message: str) -> None:
        told.append((done, total, message))

    file = FileImport.objects.get()
    import_work.check_file(import_id=file.pk, progress=note, at=timezone.now())
    analyst.post(f"{address}store/", {"is_whole": "on"})
    import_work.store_file(import_id=file.pk, progress=note, at=timezone.now())
    assert told == [
        (3, 0, "3 rows read so far"),
        (2, 2, "2 of 2 rows checked"),
        (3, 0, "3 rows read so far"),
        (2, 2, "2 of 2 rows checked again"),
        (2, 2, "2 of 2 rows made ready; all are stored at once"),
    ]


@pytest.mark.usefixtures("large")
def test_a_large_file_that_was_cancelled_is_not_taken_up_again(analyst: Client) -> None:
    address = checked(analyst, NEW)
    analyst.post(f"{address}cancel/")
    tasks.check_import.run(job_id=str(Job.objects.get().pk))
    assert FileImport.objects.get().state == "CANCELLED"


@pytest.mark.usefixtures("large")
def test_work_that_failed_says_so_and_can_be_begun_again(analyst: Client, uploads: Path) -> None:
    address = checked(analyst, NEW)
    (kept,) = uploads.iterdir()
    content = kept.read_bytes()
    kept.unlink()
    tasks.check_import.run(job_id=str(Job.objects.get().pk))
    assert "The file is no longer here" in analyst.get(address).text

    kept.write_bytes(content)
    analyst.post(f"{address}again/")
    tasks.check_import.run(job_id=str(Job.objects.get(state=JobState.WAITING).pk))
    assert figures(analyst.get(address).text) == ["2", "0", "0"]

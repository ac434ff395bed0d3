"""F1: the commands themselves on spoilt files: no traceback, exit code 1, a reason, and nothing stored."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command

from audit.models import AuditEvent
from funders.models import Programme
from outcomes.models import OutcomeEvent
from outcomes.rules.acceptance import HEADINGS
from participants.models import Participant
from tests.funders.rules.test_malformed_files import MALFORMED
from tests.payments.golden import Case
from tests.shared.test_tables import SPOILT
from tests.shared.workbooks import workbook

pytestmark = pytest.mark.django_db

HEADING = ",".join(HEADINGS).encode()
ROW = b"E1,P00001,ENG,2025-08-01,20,J1,payslip,2025-08-11,2025-08-11,"
SPOILT_CSV: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n\r\n\t",
    "only commas": b",,\n,\n",
    "nul bytes": b"\x00" * 64,
    "a picture": b"\x89PNG\r\n\x1a\n\x00\x00",
    "an old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512,
    "utf-16": HEADING.decode().encode("utf-16"),
    "cp1252": HEADING + "\nÉ1,P,ENG".encode("cp1252"),
    "semicolons": HEADING.replace(b",", b";"),
    "tabs": HEADING.replace(b",", b"\t"),
    "a heading missing": HEADING.replace(b",voided_on", b""),
    "a heading unknown": HEADING + b",name",
    "a heading repeated": HEADING + b",event",
    "a heading empty": HEADING.replace(b"job", b""),
    "an open quotation mark": HEADING + b'\nE1,"P00001,ENG',
    "a misplaced quotation mark": HEADING + b'\nE1,"P"00001,ENG',
    "half a heading": HEADING[:20],
    "no heading": ROW,
    "an enormous cell": HEADING + b"\n" + b"x" * 200_000,
}
# Workbooks whose fault lies in one row are read; that row is reported and left out like any other.
SPOILT_WORKBOOKS = {name: make for name, make in SPOILT.items() if "error in a cell" not in name}


def stored() -> tuple[int, ...]:
    return tuple(table.objects.count() for table in (Programme, Participant, OutcomeEvent, AuditEvent))


def refused(command: str, *arguments: str) -> str:
    """Run a command that must refuse; return what it said."""
    said = io.StringIO()
    before = stored()
    with pytest.raises(SystemExit) as leaving:
        call_command(command, *arguments, stdout=io.StringIO(), stderr=said)
    assert leaving.value.code == 1
    assert stored() == before
    assert "Traceback" not in said.getvalue()
    return said.getvalue()


@pytest.fixture
def edges() -> Case:
    case = Case("edges")
    case.load()
    return case


@pytest.mark.parametrize(
    "content", [content for _, content in MALFORMED], ids=[name for name, _ in MALFORMED]
)
def test_no_malformed_programme_file_is_loaded(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "programme.yaml"
    file.write_bytes(content)

    assert refused("load_programme", str(file)).strip()


@pytest.mark.parametrize("content", SPOILT_CSV.values(), ids=SPOILT_CSV)
@pytest.mark.parametrize("command", ["import_outcomes", "import_participants"])
def test_no_spoilt_csv_file_is_imported(command: str, content: bytes, edges: Case, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(content)

    assert refused(command, edges.code, str(file)).strip()


@pytest.mark.parametrize("name", SPOILT_WORKBOOKS)
def test_no_spoilt_workbook_is_imported(name: str, edges: Case, tmp_path: Path) -> None:
    file = tmp_path / "file.xlsx"
    file.write_bytes(SPOILT_WORKBOOKS[name]())

    assert refused("import_outcomes", edges.code, str(file)).strip()


def test_half_a_row_is_reported_and_left_out(edges: Case, tmp_path: Path) -> None:
    file, report = tmp_path / "file.csv", tmp_path / "report.csv"
    file.write_bytes(HEADING + b"\nE1,P00001,EN")
    before = stored()

    call_command("import_outcomes", edges.code, str(file), report=report, stdout=io.StringIO())

    assert stored() == before
    assert report.read_text().splitlines()[1].startswith("2,E1,bad_value,")


def test_a_formula_without_a_result_is_reported_and_left_out(edges: Case, tmp_path: Path) -> None:
    file, report = tmp_path / "file.xlsx", tmp_path / "report.csv"
    file.write_bytes(workbook(HEADINGS, ["E1", "P00001", "ENG", "2025-08-01", "=1+1"]))
    before = stored()

    call_command("import_outcomes", edges.code, str(file), report=report, stdout=io.StringIO())

    assert stored() == before
    assert report.read_text().splitlines()[1].startswith("2,E1,bad_value,")


def test_a_file_that_is_not_there_is_named(edges: Case, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.csv"

    assert str(missing) in refused("import_outcomes", edges.code, str(missing))


def test_a_programme_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "NOWHERE" in refused("import_outcomes", "NOWHERE", str(tmp_path))


def test_there_are_sixty_of_each() -> None:
    assert len(MALFORMED) >= 60
    assert len(SPOILT_CSV) + len(SPOILT_WORKBOOKS) >= 60

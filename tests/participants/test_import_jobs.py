"""Jobs files through the command and the service, and what the database itself refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from funders.models import Programme
from mhep.shared.import_report import ImportReport
from mhep.shared.tables import UnreadableTable
from participants.models import Participant, WorkPeriod
from participants.services import import_jobs, import_participants
from tests.payments.golden import command
from tests.shared.workbooks import workbook

pytestmark = pytest.mark.django_db

AT = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
HEADINGS = "participant,job,kind,from,to,hours_per_week\n"
PROGRAMME = """
programme: {{code: {code}, name: Example, currency: GBP, starts_on: 2026-04-01, ends_on: 2027-03-31,
  operator: {{code: OP, name: Example Operator Ltd}}}}
providers: [{{code: PRO, name: Example Provider CIO}}]
services: [{{code: S, provider: PRO, name: Example service, starts_on: 2026-04-01}}]
"""


@pytest.fixture
def programme(tmp_path: Path) -> Programme:
    return a_programme("EX", tmp_path)


def a_programme(code: str, folder: Path, people: int = 2) -> Programme:
    """Load a programme with participants P1, P2 and so on."""
    file = folder / f"{code}.yaml"
    file.write_text(PROGRAMME.format(code=code))
    command("load_programme", file)
    programme = Programme.objects.get(code=code)
    rows = "".join(f"P{number},S,,,,2026-04-01,2026-04-01\n" for number in range(1, people + 1))
    content = f"participant,service,area,cohort,referred_on,started_on,consented_on\n{rows}"
    import_participants(programme_id=programme.pk, content=content.encode(), actor=None, at=AT)
    return programme


def imported(programme: Programme, rows: str, *, dry_run: bool = False) -> ImportReport:
    content = f"{HEADINGS}{rows}".encode()
    return import_jobs(programme_id=programme.pk, content=content, actor=None, at=AT, dry_run=dry_run)


def stored() -> list[tuple[object, ...]]:
    return list(
        WorkPeriod.objects.order_by("participant__reference", "job", "starts_on").values_list(
            "participant__reference", "job", "kind", "starts_on", "ends_on", "hours_per_week"
        )
    )


TWO = "P1,J1,work,2026-04-01,2026-04-30,20\nP2,C1,education,2026-04-06,,\n"
TWO_STORED = [
    ("P1", "J1", "WORK", date(2026, 4, 1), date(2026, 4, 30), Decimal(20)),
    ("P2", "C1", "EDUCATION", date(2026, 4, 6), None, None),
]


def test_rows_are_stored_as_they_are_written(programme: Programme) -> None:
    assert imported(programme, TWO) == ImportReport(2, 0, ())
    assert stored() == TWO_STORED


def test_a_workbook_is_read_like_a_csv_file(programme: Programme) -> None:
    content = workbook(
        HEADINGS.strip().split(","),
        ["P1", "J1", "work", date(2026, 4, 1), date(2026, 4, 30), 20],
        ["P2", "C1", "education", date(2026, 4, 6), None, None],
    )
    report = import_jobs(programme_id=programme.pk, content=content, actor=None, at=AT)
    assert (report.stored, stored()) == (2, TWO_STORED)


def test_the_same_file_again_stores_nothing(programme: Programme) -> None:
    imported(programme, TWO)
    assert imported(programme, TWO) == ImportReport(0, 2, ())
    assert stored() == TWO_STORED
    assert AuditEvent.objects.filter(action="jobs.imported").count() == 1


def test_a_row_with_an_end_closes_what_is_open_and_the_next_may_begin(programme: Programme) -> None:
    imported(programme, "P1,J1,work,2026-04-01,,20\nP2,J1,work,2026-04-01,,20\n")
    ended = "P1,J1,work,2026-04-01,2026-04-30,20.0\nP1,J1,work,2026-05-01,,30\n"
    assert imported(programme, ended) == ImportReport(2, 0, ())
    assert [(person, ends_on) for person, _, _, _, ends_on, _ in stored()] == [
        ("P1", date(2026, 4, 30)),
        ("P1", None),
        ("P2", None),
    ]
    assert imported(programme, ended) == ImportReport(0, 2, ())


def test_a_dry_run_judges_everything_and_stores_nothing(programme: Programme) -> None:
    report = imported(programme, f"{TWO}P3,J1,work,2026-04-01,,\n", dry_run=True)
    assert report.summary() == "2 would be stored, 0 unchanged, 1 left out"
    assert stored() == []
    assert not AuditEvent.objects.filter(action="jobs.imported").exists()


def test_the_import_is_kept_in_the_audit_trail(programme: Programme) -> None:
    imported(programme, f"P1,J1,work,2026-04-01,,\n{TWO}")
    imported(programme, "P1,J1,work,2026-04-01,2026-04-09,\n")
    details = [event.details for event in AuditEvent.objects.filter(action="jobs.imported").order_by("pk")]
    assert details == [
        {"stored": 2, "closed": 0, "left_out": 1},
        {"stored": 0, "closed": 1, "left_out": 0},
    ]


def test_a_participant_of_another_programme_is_unknown(programme: Programme, tmp_path: Path) -> None:
    other = a_programme("OTHER", tmp_path, people=3)
    imported(other, "P3,J1,work,2026-04-01,,\nP1,J1,education,2026-04-01,,\n")
    report = imported(programme, "P3,J1,work,2026-05-01,,\nP1,J1,work,2026-04-01,,\n")
    assert [(each.row, each.code) for each in report.rejections] == [(2, "unknown_participant")]
    assert report.stored == 1


def test_a_file_that_lacks_a_heading_stores_nothing(programme: Programme) -> None:
    with pytest.raises(UnreadableTable):
        import_jobs(
            programme_id=programme.pk, content=b"participant,job,kind,from\nP1,J,work,x\n", actor=None, at=AT
        )
    assert stored() == []


def test_the_command_reports_each_row_that_is_left_out(programme: Programme, tmp_path: Path) -> None:
    file, report = tmp_path / "jobs.csv", tmp_path / "report.csv"
    file.write_text(
        f"{HEADINGS}{TWO}NOBODY,J1,work,2026-04-01,,\nP1,J1,work,2026-04-30,,16\n"
        "P1,J1,work,2026-04-01,2026-04-30,20\nP1,J2,work,2026-04-01,2026-03-31,\n"
    )
    assert command("import_jobs", "EX", file, dry_run=True).endswith(
        "2 would be stored, 0 unchanged, 4 left out\n"
    )
    assert command("import_jobs", "EX", file, report=report) == "2 stored, 0 unchanged, 4 left out\n"
    heading, *lines = report.read_text().splitlines()
    assert heading == "row,reference,code,message"
    assert [line.split(",")[:3] for line in lines] == [
        ["4", "NOBODY", "unknown_participant"],
        ["5", "P1", "overlap"],
        ["6", "P1", "duplicate_row"],
        ["7", "P1", "bad_value"],
    ]


def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(tmp_path: Path) -> None:
    counts = []
    for code, people in (("FEW", 3), ("MANY", 300)):
        programme = a_programme(code, tmp_path, people=people)
        begun = "".join(f"P{number},J,work,2026-04-01,,20\n" for number in range(1, people + 1))
        imported(programme, begun)
        ended = begun.replace(",,20", ",2026-04-30,20") + begun.replace("-04-01", "-05-01")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert imported(programme, ended).stored == 2 * people
        counts.append(len(queries))
    assert counts[0] == counts[1]


# What the database refuses, whatever route writes

Write = Callable[..., None]


@pytest.fixture
def write(programme: Programme) -> Write:
    """Write one period past the rules, beside one from 1 to 30 April."""
    imported(programme, "P1,J1,work,2026-04-01,2026-04-30,20\n")
    person = Participant.objects.get(programme=programme, reference="P1")

    def _write(**values: object) -> None:
        sound: dict[str, object] = {
            "job": "J1",
            "kind": "WORK",
            "starts_on": date(2026, 5, 1),
            "hours_per_week": None,
        }
        with transaction.atomic():
            WorkPeriod.objects.create(participant=person, **(sound | values))

    return _write


def test_the_database_takes_a_sound_period(write: Write) -> None:
    write()
    write(job="J2", kind="EDUCATION", starts_on=date(2026, 4, 1))


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"starts_on": date(2026, 4, 30)}, "no_day_twice"),
        ({"starts_on": date(2026, 3, 1)}, "no_day_twice"),
        ({"kind": "EDUCATION"}, "one_kind_for_a_job"),
        ({"kind": "work", "job": "J3"}, "kind_known"),
        ({"job": ""}, "job_named"),
        ({"ends_on": date(2026, 4, 30)}, "dates_in_order"),
        ({"hours_per_week": Decimal("168.1")}, "hours_of_a_week"),
        ({"hours_per_week": Decimal(-1)}, "hours_of_a_week"),
    ],
)
def test_the_database_refuses_by_name(write: Write, values: dict[str, object], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=f"participants_workperiod_{constraint}"):
        write(**values)

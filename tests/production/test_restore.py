"""A back-up by the runbook's commands, restored into an empty database, is the same to the byte (D2)."""

from __future__ import annotations

import shlex
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from psycopg2 import errors

from mhep.postgres_programs import candidates, version_of
from payments.models import DocumentFile
from payments.selectors.exports import charges_csv, documents_csv
from payments.selectors.ledger import trial_balances
from payments.services.papers import make_pdfs, pdf_of
from tests.cast import AT, ISSUED_ON, a_cast, close
from tests.concurrency.processes import PROJECT
from tests.concurrency.test_every_task import digest
from tests.production.databases import database, owner, session, url_of, used_by_django

pytestmark = pytest.mark.django_db(transaction=True)

RUNBOOK = (PROJECT / "docs" / "runbook.md").read_text().replace("\\\n", " ")
OF_THE_CONTAINER = ("--username", "--role", "--dbname")  # who and where, which a test says otherwise


def options(program: str) -> list[str]:
    """Return the options with which the runbook calls a program of PostgreSQL's."""
    (line,) = [line for line in RUNBOOK.splitlines() if line.startswith("docker") and f" {program} " in line]
    words = shlex.split(line.partition(program)[2])
    return [word for word in words if word.startswith("--") and not word.startswith(OF_THE_CONTAINER)]


def programs() -> Path:
    """Return the folder with the programs of the server's own version."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        major = int(cursor.fetchone()[0]) // 10_000
    fitting = [folder for folder in candidates(system_first=True) if version_of(folder) == major]
    if not fitting:
        pytest.skip(f"needs the system's PostgreSQL: install postgresql ({major})")
    return fitting[0]


def test_d2_a_restored_backup_holds_the_same_and_guards_it(tmp_path: Path) -> None:
    tools, dump = programs(), tmp_path / "mhep.dump"
    programme = a_cast().programme
    close(programme, "2026-04")
    make_pdfs(programme.months.get().pk, progress=lambda *_: None, at=AT)
    before = (digest(), charges_csv(programme), documents_csv(programme))
    balance = trial_balances(programme.operator, ISSUED_ON)
    assert [each.difference for each in balance] == [0]
    here = url_of(str(connection.settings_dict["NAME"]), owner())
    # The runbook's superuser reads past row-level security; the owner here does not, and no name is stored.
    _run([tools / "pg_dump", *options("pg_dump"), "--enable-row-security", f"--file={dump}", here])
    with database("restored") as name:
        _run([tools / "pg_restore", *options("pg_restore"), f"--dbname={url_of(name, owner())}", dump])
        with used_by_django(name, owner()):
            call_command("migrate", check=True, verbosity=0)
            assert (digest(), charges_csv(programme), documents_csv(programme)) == before
            assert trial_balances(programme.operator, ISSUED_ON) == balance
            for stored in DocumentFile.objects.all():
                pdf_of(stored.document_id, AT)  # refuses bytes that do not have their hash
            programme.refresh_from_db()
            close(programme, "2026-05")
        with closing(session(name, owner())) as opened, opened.cursor() as cursor:
            with pytest.raises(errors.RestrictViolation):
                cursor.execute("DELETE FROM payments_document")
            with pytest.raises(errors.RestrictViolation):
                cursor.execute("UPDATE payments_posting SET amount_minor = amount_minor + 1")
            with pytest.raises(errors.RestrictViolation):
                cursor.execute("UPDATE payments_charge SET amount_minor = amount_minor + 1")


def _run(command: list[object]) -> None:
    ran = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr

"""Every task may run twice, late or at once, and leaves what one run leaves (reliability catalogue Q3)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.db import connection, transaction
from psycopg2 import sql
from pytest_django import Settings

from accounts.enums import DigestState
from accounts.models import Digest as SentDigest
from accounts.services.digests import SEND_DIGESTS, ask_for_digests
from accounts.services.passwords import SEND_RESET
from audit.models import AuditEvent
from funders.models import Agreement, Programme
from mhep.celery import app
from mhep.kernel.periods import Month
from mhep.shared import uploads
from mhep.shared.columns import Layout
from mhep.shared.encryption import encrypted_fields
from mhep.shared.jobs import enqueue
from mhep.shared.models import Delivery, Job, JobState
from mhep.shared.webhooks.sending import PAUSES
from mhep.shared.webhooks.services import make_webhook
from outcomes.enums import ImportKind, ImportState
from outcomes.models import FileImport
from outcomes.services.file_imports import CHECK, LARGE, STORE, subject_of
from participants.models import Participant
from participants.rules.acceptance import HEADINGS
from payments.models import Document, DocumentFile
from payments.models import Month as PricedMonth
from payments.services import requests
from payments.services.months import close_month
from performance.models import AmountFact, FrozenMonth, Pack, PackLetter
from performance.services.facts import refresh_facts
from tests.cast import AT, PARTICIPANTS, Cast, a_cast, price
from tests.production.databases import database, owner, used_by_django
from tests.shared.sessions import at_once

pytestmark = pytest.mark.django_db(transaction=True)

APRIL = Month(2026, 4)
app.loader.import_default_modules()
TASKS = {name: task for name, task in app.tasks.items() if not name.startswith(("celery.", "tests."))}
COLUMNS = """
SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> 'django_migrations' AND NOT data_type = ANY(%s)
GROUP BY table_name
"""
# What two runs of the same work cannot have in common.
DIFFERS = ["timestamp with time zone", "uuid"]
SEALED = {(model._meta.db_table, field.column) for model, field in encrypted_fields()}
TRAIL = ("audit_auditevent", "audit_change", "audit_chainlink")

Digest = dict[str, str]
Arguments = dict[str, Any]


def digest(*without: str) -> Digest:
    """
    Return a hash of all rows of each table.

    :param without: kinds of columns that are left out, and with them what is encrypted, never twice the same,
        and the trail, which tells of each attempt.
    """
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [list(without)])
        left_out = TRAIL if without else ()
        sealed = SEALED if without else set()
        return {
            table: _digest_of(cursor, table, [name for name in columns if (table, name) not in sealed])
            for table, columns in cursor.fetchall()
            if table not in left_out
        }


def _digest_of(cursor: Any, table: str, columns: list[str]) -> str:
    query = sql.SQL(
        "SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM (SELECT {} FROM {}) t"
    )
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    cursor.execute(query.format(names, sql.Identifier(table)))
    return str(cursor.fetchone()[0])


# For each task what it is to be run on; it returns the task's arguments.


def _a_month_to_price(cast: Cast) -> Arguments:
    return _job(requests.ask_to_price(programme=cast.programme, month=APRIL, actor=cast.finance, at=AT))


def _a_month_to_close(cast: Cast) -> Arguments:
    price(cast.programme, "2026-04")
    return _job(requests.ask_to_close(programme=cast.programme, month=APRIL, actor=cast.finance, at=AT))


def _months_to_catch_up(cast: Cast) -> Arguments:
    return _job(requests.ask_to_catch_up(programme=cast.programme, actor=cast.finance, at=AT))


def _a_programme_that_closes_by_itself(cast: Cast) -> Arguments:
    Programme.objects.filter(pk=cast.programme.pk).update(closes_by_itself=True)
    return {}


def _a_month_that_was_closed(cast: Cast) -> Arguments:
    close_month(programme_id=cast.programme.pk, month=APRIL, issued_on=AT.date(), actor=None, at=AT)
    return {}


def _a_statement_that_nobody_answered(cast: Cast) -> Arguments:
    with transaction.atomic():
        agreements = Agreement.objects.filter(programme=cast.programme, ref="EALING-1")
        agreements.update(approval_days=5, approval_silence="APPROVES")
        sent_at = AT - timedelta(days=20)
        issued_on = sent_at.date()
        programme_id = cast.programme.pk
        close_month(programme_id=programme_id, month=APRIL, issued_on=issued_on, actor=None, at=sent_at)
    return {}


def _a_job_whose_message_is_lost(cast: Cast) -> Arguments:
    with transaction.atomic():
        enqueue(
            requests.CLOSE,
            subject="lost",
            arguments={"programme_id": cast.programme.pk},
            requested_by_id=None,
            at=AT - timedelta(hours=1),
        )
    Job.objects.update(sent_at=None)
    return {}


def _a_delivery_at_its_last_try(cast: Cast) -> Arguments:
    """Nothing is connected to: the address is inside of our own walls."""
    webhook = make_webhook(
        kind="operator",
        place=cast.programme.operator_id,
        url="https://127.0.0.1/",
        types=["outcome.queried"],
        made_by_id=cast.administrator.pk,
        at=AT,
    )
    Delivery.objects.create(
        webhook=webhook,
        source="outcomes.steps",
        row_key=1,
        type="outcome.queried",
        programme=cast.programme.code,
        path="/api/v1/programmes",
        happened_at=AT,
        due_at=AT,
        attempts=len(PAUSES),
    )
    return {}


def _a_letter_to_send(cast: Cast) -> Arguments:
    with transaction.atomic():
        return _job(
            enqueue(
                SEND_RESET,
                subject="letter",
                arguments={"user_id": cast.analyst.pk, "site": "https://mhep.example.org"},
                requested_by_id=None,
                at=AT,
            )
        )


def _a_large_file(cast: Cast, state: ImportState) -> FileImport:
    """Keep a file that is worked on in the background; two of its rows are new."""
    rows = PARTICIPANTS + b"P-004,WL-1,EAL,SUD,,,\nP-005,WL-1,EAL,SUD,,,\nP-006,WL-9,EAL,SUD,,,\n"
    file = FileImport.objects.create(
        programme=cast.programme,
        kind=ImportKind.PARTICIPANTS,
        name="people.csv",
        size=LARGE + 1,
        sha256="0" * 64,
        sent_by=cast.analyst,
        sent_at=AT,
        state=state,
        checked_at=AT if state == ImportState.STORING else None,
        layout=Layout({heading: heading for heading in HEADINGS}).as_json(),
    )
    uploads.keep(file.key, rows)
    return file


def _a_file_to_check(cast: Cast) -> Arguments:
    return _work_on(CHECK, _a_large_file(cast, ImportState.CHECKING))


def _a_file_to_store(cast: Cast) -> Arguments:
    return _work_on(STORE, _a_large_file(cast, ImportState.STORING))


def _work_on(task: str, file: FileImport) -> Arguments:
    with transaction.atomic():
        asked = {"import_id": file.pk}
        return _job(enqueue(task, subject=subject_of(file), arguments=asked, requested_by_id=None, at=AT))


def _a_file_that_nobody_confirmed(cast: Cast) -> Arguments:
    file = _a_large_file(cast, ImportState.CHECKING)
    FileImport.objects.bulk_create(
        [
            FileImport(
                programme=cast.programme,
                kind=ImportKind.JOBS,
                name="jobs.csv",
                size=1,
                sha256="0" * 64,
                sent_by=cast.analyst,
                sent_at=file.sent_at - timedelta(days=2),
                state=ImportState.COLUMNS,
            )
        ]
    )
    return {}


def _a_month_that_was_frozen(cast: Cast) -> Arguments:
    _a_month_that_was_closed(cast)
    refresh_facts(programme_id=cast.programme.pk)
    return {}


def _nothing_to_prepare(_cast: Cast) -> Arguments:
    return {}


def _digests_to_send(_cast: Cast) -> Arguments:
    job = ask_for_digests(at=AT)
    assert job is not None
    return _job(job)


def _job(job: Job) -> Arguments:
    return {"job_id": str(job.pk)}


CASES: dict[str, Callable[[Cast], Arguments]] = {
    SEND_RESET: _a_letter_to_send,
    "accounts.ask_for_digests": _nothing_to_prepare,
    SEND_DIGESTS: _digests_to_send,
    requests.PRICE: _a_month_to_price,
    requests.CLOSE: _a_month_to_close,
    requests.CATCH_UP: _months_to_catch_up,
    "payments.let_silence_speak": _a_statement_that_nobody_answered,
    "performance.refresh_facts": _a_month_that_was_closed,
    "performance.make_packs": _a_month_that_was_frozen,
    "payments.close_due_months": _a_programme_that_closes_by_itself,
    CHECK: _a_file_to_check,
    STORE: _a_file_to_store,
    "outcomes.forget_imports": _a_file_that_nobody_confirmed,
    "audit.check_chain": _nothing_to_prepare,
    "outcomes.check_evidence": _nothing_to_prepare,
    "mhep.shared.sweep_jobs": _a_job_whose_message_is_lost,
    "mhep.shared.send_webhooks": _a_delivery_at_its_last_try,
}


def _close_is_done() -> bool:
    return PricedMonth.objects.filter(state="CLOSED").exists() and (
        DocumentFile.objects.count() == Document.objects.count() > 0
    )


def _was_found_sound(action: str) -> bool:
    return AuditEvent.objects.get(action=action).details["is_sound"] is True


# What a task must have left, so that doing nothing twice does not pass for doing it once.
DONE: dict[str, Callable[[], bool]] = {
    SEND_RESET: lambda: len(mail.outbox) == 1,
    "accounts.ask_for_digests": lambda: Job.objects.filter(task=SEND_DIGESTS).count() == 1,
    SEND_DIGESTS: lambda: len(mail.outbox) == SentDigest.objects.filter(state=DigestState.SENT).count() == 3,
    requests.PRICE: lambda: PricedMonth.objects.filter(state="PRICED", charges__isnull=False).exists(),
    requests.CLOSE: _close_is_done,
    requests.CATCH_UP: lambda: _close_is_done() and PricedMonth.objects.count() == 3,
    "audit.check_chain": lambda: _was_found_sound("check.audit_trail"),
    "outcomes.check_evidence": lambda: _was_found_sound("check.evidence"),
    "payments.let_silence_speak": lambda: Document.objects.filter(agreement__ref="EALING-1").count() == 1,
    "performance.make_packs": lambda: (
        Pack.objects.count() == 2 and len(mail.outbox) == PackLetter.objects.filter(state="SENT").count() > 0
    ),
    "performance.refresh_facts": lambda: FrozenMonth.objects.count() == 1 and AmountFact.objects.exists(),
    "payments.close_due_months": lambda: Job.objects.filter(task=requests.CATCH_UP).count() == 1,
    CHECK: lambda: FileImport.objects.filter(state="CHECKED", good=2, unchanged=3, left_out=1).exists(),
    STORE: lambda: (
        Participant.objects.count() == 5 and FileImport.objects.filter(state="STORED", good=2).exists()
    ),
    "outcomes.forget_imports": lambda: (
        sorted(FileImport.objects.values_list("state", flat=True)) == ["CHECKING", "LAPSED"]
    ),
    "mhep.shared.send_webhooks": lambda: Delivery.objects.get().state == "FAILED",
    "mhep.shared.sweep_jobs": lambda: Job.objects.exclude(sent_at=None).count() == 1,
}


@pytest.fixture(autouse=True)
def _files_outlive_the_first_copy(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copies of the database share the folder of files."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(uploads, "forget", lambda _: None)


@pytest.fixture(autouse=True)
def _the_third_of_july() -> Iterator[None]:
    """April to June have ended, whenever the test runs."""
    with time_machine.travel(AT):
        yield


def _run(name: str, arguments: Arguments) -> None:
    TASKS[name].run(**arguments)


def test_every_task_has_its_case_here() -> None:
    assert set(CASES) == set(DONE) == set(TASKS)


@pytest.mark.django_db
def test_a8_a_task_that_is_given_no_job_of_its_own_touches_nothing() -> None:
    """A message holds a job's id and no organisation; whose rows are worked on stands in the job alone."""
    a_cast()
    before = digest()
    with_job = [name for name in TASKS if "job_id" in inspect.signature(TASKS[name].run).parameters]
    assert len(with_job) > 5
    for name in with_job:
        _run(name, {"job_id": str(uuid4())})
    assert digest() == before


@pytest.mark.parametrize("name", sorted(CASES))
def test_q3_a_task_run_twice_or_five_times_at_once_leaves_what_one_run_leaves(name: str) -> None:
    arguments = CASES[name](a_cast())
    ready = str(connection.settings_dict["NAME"])
    with database("twice", template=ready) as copy, used_by_django(copy, owner()):
        _run(name, arguments)
        once, once_but_for_times, told = digest(), digest(*DIFFERS), AuditEvent.objects.count()
        assert DONE[name]()
        assert not Job.objects.filter(state=JobState.FAILED).exists()
        _run(name, arguments)
        assert digest() == once
    with database("at_once", template=ready) as copy, used_by_django(copy, owner()):
        at_once([lambda: _run(name, arguments)] * 5)
        assert digest(*DIFFERS) == once_but_for_times
        assert AuditEvent.objects.count() == told

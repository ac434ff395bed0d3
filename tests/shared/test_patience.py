"""The database gives up on what takes too long, and people are told to try again (D7, W10)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.services.memberships import seats_of
from audit.models import AuditEvent
from mhep.patience import KINDS, PROCESS, Patience
from mhep.shared.models import SentForm
from participants.access import own_people
from participants.models import Goal, Participant
from tests.api.callers import caller_as
from tests.cast import Cast
from tests.participants.people import started
from tests.production.databases import owner, session

GOAL = {"text": "Work in a kitchen", "day_day": "18", "day_month": "6", "day_year": "2026", "once": "a"}
CHAIN = "SELECT pg_advisory_xact_lock('audit_chainlink'::regclass::oid::integer, 1)"
LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


def shown(kind: str) -> dict[str, int]:
    """Return the limits, in milliseconds, of a connection that a process of the kind opens."""
    place = {**connection.get_connection_params(), "options": KINDS[kind].options}
    place.pop("cursor_factory", None)
    with closing(connection.get_new_connection(place)) as opened, opened.cursor() as cursor:
        cursor.execute("SELECT name, setting::int FROM pg_settings WHERE name = ANY (%s)", [list(LIMITS)])
        return dict(cursor.fetchall())


@pytest.mark.django_db
def test_d7_the_server_takes_the_limits_of_every_kind_of_process() -> None:
    for kind, limits in KINDS.items():
        wanted = (limits.statement, limits.lock, limits.idle)
        assert shown(kind) == {name: 1000 * limit for name, limit in zip(LIMITS, wanted, strict=True)}


def test_d7_a_page_gives_up_soon_and_a_statement_of_the_worker_before_its_task() -> None:
    from mhep.celery import TASK_TIME_LIMIT  # noqa: PLC0415 - beside what it is compared with

    web, worker, migrate = KINDS["web"], KINDS["worker"], KINDS["migrate"]
    assert (web.statement <= 10, web.lock <= 5, web.idle <= 60) == (True, True, True)
    assert web.lock < web.statement  # so that what waits is told so, and not that it takes long
    assert 0 < worker.lock < worker.statement < TASK_TIME_LIMIT
    assert (migrate.statement, 0 < migrate.lock <= 5) == (0, True)


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (["-c", "import mhep.wsgi"], "web"),
        (["manage.py", "migrate", "--help"], "migrate"),
        (["manage.py", "check", "--help"], "command"),
    ],
)
def test_d7_each_way_in_says_what_kind_of_process_it_is(command: list[str], kind: str) -> None:
    tell = "import atexit, os; atexit.register(lambda: print('kind', os.environ.get('MHEP_PROCESS')));"
    start = (
        command[1]
        if command[0] == "-c"
        else (f"import sys; sys.argv = {command}; import manage; manage.main()")
    )
    environment = {name: value for name, value in os.environ.items() if name != PROCESS}
    run = [sys.executable, "-c", tell + start]
    told = subprocess.run(run, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)  # noqa: PLW1510
    assert f"kind {kind}" in told.stdout, told.stderr


def test_d7_every_service_of_the_deployment_says_what_it_is() -> None:
    compose = (Path(settings.BASE_DIR) / "docker-compose.yml").read_text()
    assert [compose.count(f"{PROCESS}: {kind}\n") for kind in ("web", "worker", "migrate")] == [1, 2, 1]


# What people see of it


@pytest.fixture
def person(cast: Cast, time_machine: Any) -> Participant:
    time_machine.move_to("2026-06-20T09:00:00+00:00")
    return started(cast.programme.services.get(), cast.specialist, name="Example Person")


@pytest.fixture
def hasty(cast: Cast) -> Iterator[Client]:
    """A specialist's browser; the database gives up after a fifth of a second."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    client = Client(raise_request_exception=False)
    client.force_login(cast.specialist)
    assert client.get("/account/").status_code == 200
    yield client
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")
        cursor.execute("RESET statement_timeout")


@contextmanager
def somebody_holds(statement: str, *values: object) -> Iterator[None]:
    """Let another session hold what the statement locks, until the block ends."""
    with closing(session(str(connection.settings_dict["NAME"]), owner())) as other:
        other.autocommit = False
        other.cursor().execute(statement, values)
        yield


def address(person: Participant) -> str:
    return reverse("participants:person-change", args=["WL-IPS", person.pk, "goal"])


def goals(cast: Cast) -> int:
    with own_people(cast.specialist):
        return Goal.objects.count()


LOCKED = {
    "a row": "SELECT FROM participants_participant WHERE id = %s FOR UPDATE",
    "the end of the transaction": f"{CHAIN} WHERE %s IS NOT NULL",
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("held", LOCKED)
def test_d7_a_lock_that_does_not_come_gives_503_and_leaves_nothing_half_stored(
    cast: Cast, person: Participant, hasty: Client, held: str
) -> None:
    trail = AuditEvent.objects.count()
    with somebody_holds(LOCKED[held], person.pk):
        busy = hasty.post(address(person), GOAL)
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "5")
    assert busy.headers["Cache-Control"] == "no-store"
    assert "Nothing of it was stored" in busy.text
    assert (goals(cast), SentForm.objects.count(), AuditEvent.objects.count()) == (0, 0, trail)

    again = hasty.post(address(person), GOAL)
    assert again.headers["Location"] == reverse("outcomes:person-detail", args=["WL-IPS", person.pk])
    assert goals(cast) == 1


@pytest.mark.django_db(transaction=True)
def test_d7_a_page_that_takes_too_long_says_so_and_offers_itself_again(
    cast: Cast, hasty: Client, caplog: pytest.LogCaptureFixture
) -> None:
    assert seats_of(cast.specialist)
    page = "/caseload/?whose=mine&need=QUERY"
    with somebody_holds("LOCK TABLE participants_participant IN ACCESS EXCLUSIVE MODE"):
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
            cursor.execute("SET statement_timeout = '200ms'")
        busy = hasty.get(page)
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "5")
    assert f'<a class="govuk-link" href="{page.replace("&", "&amp;")}">Try again</a>' in busy.text
    assert "statement timeout" in caplog.text  # for whoever runs it
    assert "statement timeout" not in busy.text
    assert hasty.get(page).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_d7_a_program_is_told_to_ask_again(cast: Cast) -> None:
    caller = caller_as(cast.analyst)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    try:
        with somebody_holds("LOCK TABLE participants_participant IN ACCESS EXCLUSIVE MODE"):
            busy = caller.get("programmes/WL-IPS/participants")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    assert (busy.status_code, busy.headers["Retry-After"], busy.json()["code"]) == (503, "5", "busy")


def test_no_limit_is_written_as_never() -> None:
    assert Patience(0, 5, 0).options == (
        "-c statement_timeout=0s -c lock_timeout=5s -c idle_in_transaction_session_timeout=0s"
    )

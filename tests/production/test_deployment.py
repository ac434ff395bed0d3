"""The services of docker-compose.yml, started as processes: a month closes through the broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import global_settings
from django.utils import timezone
from psycopg2 import sql
from pytest_django import DjangoDbBlocker, Settings

from funders.models import Programme
from mhep.kernel.periods import Month
from mhep.shared.models import Job, JobState
from payments.models import Document, DocumentFile
from payments.services.requests import ask_to_close
from tests.accounts.phones import Phone, give_phone
from tests.cast import PASSWORD, a_cast
from tests.concurrency.conftest import processes, rabbitmq_url, redis, redis_url  # noqa: F401 - fixtures
from tests.concurrency.processes import Processes, wait_for
from tests.production.databases import Login, database, owner, session, used_by_django
from tests.production.deployment import HOST, Deployment, Places
from tests.production.visitor import Visitor

RUNNING = ("web", "worker", "beat")


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the image's static files would be; the first deployment collects them."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture(params=["redis_url", "rabbitmq_url"])
def deployment(
    request: pytest.FixtureRequest,
    processes: Processes,  # noqa: F811 - the fixture
    static: Path,
    app_role: Login,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Deployment]:
    """An installation with one of the two brokers: an empty database, and nothing started yet."""
    broker_url = request.getfixturevalue(request.param)
    with django_db_blocker.unblock(), database("production") as name:
        _let_in_only(app_role, name)
        places = Places(name, owner(), app_role, broker_url, static, processes.folder)
        deployed = Deployment(processes, places)
        try:
            yield deployed
        finally:
            processes.end()


def _let_in_only(app_role: Login, name: str) -> None:
    """Open the database to the application's role alone, as docker/create-roles.sh does."""
    names = {"database": sql.Identifier(name), "role": sql.Identifier(app_role.role)}
    with closing(session(name, owner())) as opened, opened.cursor() as cursor:
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC").format(**names))
        cursor.execute(sql.SQL("GRANT CONNECT ON DATABASE {database} TO {role}").format(**names))


def _finance_can_sign_in(settings: Settings) -> tuple[Programme, Phone]:
    """Store the programme and its people; only Finance's password is one that production can check."""
    cast = a_cast()
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    cast.finance.set_password(PASSWORD)
    cast.finance.save(update_fields=["password"])
    return cast.programme, give_phone(cast.finance)


def _wait_for_job(subject: str, deployment: Deployment, seconds: float) -> Job:
    jobs = Job.objects.filter(subject=subject).order_by("-requested_at")
    wait_for(lambda: jobs[0].is_finished, f"the end of {subject}\n{deployment.log('worker')}", seconds)
    return jobs[0]


def _numbers(kind: str) -> list[int]:
    return list(Document.objects.filter(kind=kind).order_by("number").values_list("number", flat=True))


@pytest.mark.needs_broker
def test_the_services_of_the_compose_file_close_a_month_and_stop_cleanly(
    deployment: Deployment, app_role: Login, settings: Settings
) -> None:
    for prepared in (deployment.run("migrate"), deployment.collect_static()):
        assert prepared.returncode == 0, prepared.stderr
    with used_by_django(deployment.places.database, app_role):
        programme, phone = _finance_can_sign_in(settings)
        for service in RUNNING:
            deployment.start(service)
        for service in RUNNING:
            deployment.wait_until_healthy(service)
        _close_april_on_the_pages(deployment, programme, phone)
        _close_may_though_its_message_is_lost(deployment, programme)
    for service in RUNNING:
        status, seconds = deployment.stop(service)
        assert (service, status) == (service, 0), deployment.log(service)
        assert seconds < 8


def _close_april_on_the_pages(deployment: Deployment, programme: Programme, phone: Phone) -> None:
    visitor = Visitor(deployment.places.port, HOST)
    assert visitor.get("/healthz").text == '{"status": "ok"}'
    assert '"status": "ok"' in visitor.get("/readyz").text
    sign_in = visitor.get("/")
    assert sign_in.path == "/sign-in/?next=/"
    assert visitor.get("/static/no-such-file.css").status == 404
    half = visitor.post("/sign-in/", "/sign-in/", username="finance@example.org", password=PASSWORD)
    assert (half.status, half.path) == (200, "/sign-in/second-step/")
    started = visitor.post("/sign-in/second-step/", "/sign-in/second-step/", code=phone.code())
    assert (started.status, started.path) == (200, "/")
    assert "no-store" in started.headers["Cache-Control"]

    april = f"/programmes/{programme.code}/months/2026-04/"
    assert visitor.post(f"{april}price/", april).status == 200
    assert _wait_for_job(f"{programme.code} 2026-04", deployment, 40).state == JobState.DONE
    asked = visitor.post(f"{april}close/", f"{april}confirm-close/")
    assert asked.path.startswith("/jobs/")
    job = _wait_for_job(f"{programme.code} 2026-04", deployment, 40)
    assert (job.task, job.state) == ("payments.close_month", JobState.DONE), job.message

    assert _numbers("INVOICE") == [1]
    assert _numbers("REMITTANCE") == [1]
    assert DocumentFile.objects.count() == Document.objects.count()
    pdf = f"/programmes/{programme.code}/documents/INV-000001.pdf"
    first, second = visitor.get(pdf), visitor.get(pdf)
    assert (first.status, first.body[:5]) == (200, b"%PDF-")
    assert first.body == second.body
    assert "no-store" in first.headers["Cache-Control"]


def _close_may_though_its_message_is_lost(deployment: Deployment, programme: Programme) -> None:
    """Ask from a process that reaches another broker, as if the message had never been sent."""
    actor = programme.operator.members.get(role="FINANCE").user
    long_ago = timezone.now() - timedelta(hours=1)
    job = ask_to_close(programme=programme, month=Month(2026, 5), actor=actor, at=long_ago)
    Job.objects.filter(pk=job.pk).update(sent_at=None)
    assert _wait_for_job(f"{programme.code} 2026-05", deployment, 60).state == JobState.DONE

"""A close that is killed at any point ends, once it is run again, as if nothing had happened (Q1, Q2)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.db.models import Count, Max, Min
from pytest_django import DjangoDbBlocker

from funders.models import Programme
from mhep.kernel.periods import Month
from mhep.shared.models import Job, JobState
from outcomes.services.imports import import_outcomes
from participants.services import import_participants
from payments.models import Document, DocumentCounter, DocumentFile
from payments.selectors.exports import charges_csv, documents_csv
from payments.services.months import catch_up
from payments.services.programme_file import load_programme
from payments.services.requests import CLOSE
from tests.concurrency.processes import Processes, Stage, database_url, kill, wait_for
from tests.production.databases import database, owner, used_by_django

pytestmark = pytest.mark.django_db(transaction=True)

CODE = "LARGE"
FIRST, LAST = Month(2025, 10), Month(2026, 9)
PEOPLE = 2_500  # with two events each
TRIALS, KILLS_A_TRIAL = 8, 2
WORKER_KILLS = 4
AT = datetime(2026, 10, 10, 12, tzinfo=UTC)

OTHERS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Every kind of price, caps that bite, a balance, remainders, quarters, fees, and what is paid out.
PROGRAMME = f"""
programme:
  code: {CODE}
  name: A large programme
  currency: GBP
  starts_on: 2025-10-01
  ends_on: 2028-09-30
  operator: {{code: OP, name: Example Operator}}
areas: [{{code: A, name: Area A}}, {{code: B, name: Area B}}]
providers: [{{code: PROV, name: Example Provider}}]
services: [{{code: S-1, provider: PROV, name: Service, areas: [A, B], starts_on: 2025-10-01}}]
outcomes:
  - {{code: JOB, name: Job start, tariff: [{{from: 2025-10-01, amount: "1234.57"}}]}}
  - {{code: STAY, name: Job sustained, requires: JOB, tariff: [{{from: 2025-10-01, amount: "987.65"}}]}}
funders:
  - {{code: COUNCIL, name: Example Council, kind: local}}
  - {{code: FUND, name: Example Fund, kind: national}}
  - {{code: TRUST, name: Example Trust, kind: philanthropic}}
agreements:
  - ref: COUNCIL-1
    funder: COUNCIL
    vat_rate: "20"
    caps: {{financial_year: {{2025: "150000.00"}}, per_participant: "450.00"}}
    terms:
      - {{ref: job, outcome: JOB, price: {{percent_of_tariff: "33.3"}}, areas: [A]}}
      - {{ref: stay, outcome: STAY, price: {{percent_of_tariff: "12.5"}}, max_count: 1500}}
  - ref: FUND-1
    funder: FUND
    billing: quarterly
    caps: {{over_cap: carry_forward, financial_year: {{2025: "100000.00"}}}}
    terms:
      - ref: stay
        outcome: STAY
        price: {{bands: [{{up_to: 900, amount: "300.10"}}, {{amount: "250.05"}}]}}
    fixed_fees:
      - {{ref: run, description: Running, from: 2025-10, to: 2026-09, total: "10000.00"}}
  - ref: TRUST-1
    funder: TRUST
    terms:
      - {{ref: job-rest, outcome: JOB, price: {{balance: true}}}}
provider_contracts:
  - ref: PROV-1
    provider: PROV
    terms:
      - {{ref: job, outcome: JOB, price: {{fixed: "700.00"}}}}
"""


def _people_and_events() -> tuple[bytes, bytes]:
    """Return the two files: each person starts a job and keeps it, and one in twenty-five loses the start."""
    chance = Random("people")  # noqa: S311
    people = ["participant,service,area,cohort,referred_on,started_on,consented_on"]
    events = [
        "event,participant,outcome,outcome_date,hours_per_week,job,evidence,submitted_on,verified_on,voided_on"
    ]
    for number in range(PEOPLE):
        start = FIRST.first_day + timedelta(days=chance.randrange(1, 240))
        area = chance.choice("AB")
        people.append(f"P-{number},S-1,{area},,{start},{start},{start}")
        for code, outcome, after in (("J", "JOB", 5), ("S", "STAY", 70)):
            on = start + timedelta(days=after + chance.randrange(20))
            verified = on + timedelta(days=chance.randrange(3, 25))
            void = verified + timedelta(days=40) if outcome == "STAY" and chance.random() < 0.04 else ""
            events.append(f"{code}-{number},P-{number},{outcome},{on},20,,payslip,{on},{verified},{void}")
    return "\n".join(people).encode(), "\n".join(events).encode()


@dataclass(frozen=True, slots=True)
class Books:
    """What the history of a programme comes to, and the seconds that it took undisturbed."""

    charges: str
    documents: str
    seconds: float = 0.0


def _books() -> tuple[str, str]:
    programme = Programme.objects.get(code=CODE)
    return charges_csv(programme), documents_csv(programme)


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The name of a database with 5,000 verified events and no month priced, to be copied."""
    empty = str(connection.settings_dict["NAME"])
    with django_db_blocker.unblock(), database("filled", template=empty) as name:
        with used_by_django(name, owner()):
            programme = load_programme(PROGRAMME.encode(), actor=None, at=AT).programme
            files = zip((import_participants, import_outcomes), _people_and_events(), strict=True)
            for import_file, content in files:
                report = import_file(programme_id=programme.pk, content=content, actor=None, at=AT)
                assert not report.rejections, report.rejections[:3]
        yield name


@pytest.fixture(scope="module")
def undisturbed(filled: str) -> Books:
    """The books of a run that nobody disturbs."""
    with database("undisturbed", template=filled) as name, used_by_django(name, owner()):
        started = time.monotonic()
        _finish()
        seconds = time.monotonic() - started
        return Books(*_books(), seconds=seconds)


@contextmanager
def _copy(filled: str) -> Iterator[None]:
    with database("killed", template=filled) as name, used_by_django(name, owner()):
        yield


def _finish() -> None:
    programme = Programme.objects.get(code=CODE)
    for _closed in catch_up(programme_id=programme.pk, through=LAST, actor=None, at=AT):
        pass


def _assert_numbers_have_no_gap() -> None:
    for counter in DocumentCounter.objects.all():
        found = Document.objects.filter(kind=counter.kind).aggregate(
            first=Min("number"), last=Max("number"), count=Count("pk")
        )
        assert found == {"first": 1, "last": counter.last_number, "count": counter.last_number}


def test_the_history_has_everything_that_can_go_wrong(undisturbed: Books) -> None:
    assert undisturbed.charges.count("\n") > 10_000
    for kind in ("charge", "nil", "credit", "fee"):
        assert f",{kind}," in undisturbed.charges
    for reason in (",carried", ",partial_cap", ",cap_reached", ",count_cap", ",voided"):
        assert reason in undisturbed.charges
    assert ",credit_note," in undisturbed.documents


def test_q1_a_close_killed_anywhere_ends_in_the_same_books(
    filled: str, undisturbed: Books, processes: Processes
) -> None:
    chance = Random("killed anywhere")  # noqa: S311
    killed = 0
    for _trial in range(TRIALS):
        with _copy(filled):
            killed += sum(_kill_a_run(processes, chance, undisturbed.seconds) for _ in range(KILLS_A_TRIAL))
            _finish()
            _assert_undisturbed(undisturbed)
    assert killed > TRIALS * KILLS_A_TRIAL * 3 // 4


def _kill_a_run(processes: Processes, chance: Random, seconds: float) -> bool:
    """Start closing every month and kill it while it works; False if it ended before that."""
    run = processes.start(
        [sys.executable, "manage.py", "catch_up", CODE, "--through", str(LAST)],
        {"DJANGO_SETTINGS_MODULE": "mhep.settings.dev", "DATABASE_URL": database_url()},
    )
    wait_for(lambda: run.poll() is not None or _others_here() > 0, "a session of the run")
    time.sleep(chance.uniform(0, seconds / KILLS_A_TRIAL))
    was_running = run.poll() is None
    kill(run)
    assert was_running or run.returncode == 0, processes.log(run)
    return was_running


def _others_here() -> int:
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        return int(cursor.fetchone()[0])


def test_q2_jobs_whose_workers_are_killed_end_in_the_same_books(
    filled: str, undisturbed: Books, processes: Processes
) -> None:
    chance = Random("killed workers")  # noqa: S311
    kills = sorted(chance.sample(list(FIRST.until(LAST)), WORKER_KILLS))
    with _copy(filled):
        programme = Programme.objects.get(code=CODE)
        stage = Stage(processes, "filesystem://")
        worker = stage.start_worker()
        for month in FIRST.until(LAST):
            subject = f"{CODE} {month}"
            stage.ask(CLOSE, subject, programme_id=programme.pk, month=str(month), actor_id=None)
            if month in kills:
                _wait_for_state(subject, JobState.RUNNING)
                time.sleep(chance.uniform(0, undisturbed.seconds / 12))
                kill(worker)
                worker = stage.start_worker()
            _wait_for_state(subject, JobState.DONE)
        assert Job.objects.filter(attempts__gt=1).count() > 0
        assert DocumentFile.objects.count() == Document.objects.count()
        _assert_undisturbed(undisturbed)


def _wait_for_state(subject: str, state: JobState) -> None:
    def is_there() -> bool:
        now = Job.objects.get(subject=subject).state
        assert now != JobState.FAILED
        return now in {state, JobState.DONE}

    wait_for(is_there, f"{subject} {state.label}", seconds=60)


def _assert_undisturbed(undisturbed: Books) -> None:
    charges, documents = _books()
    assert charges == undisturbed.charges
    assert documents == undisturbed.documents
    _assert_numbers_have_no_gap()

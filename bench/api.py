"""
Logging events through the API, one at a time: ``python bench/api.py EVENTS``.

In one process and one run, turn by turn: the floor (four look-ups and two inserts straight through psycopg2,
one commit each), a page that needs a session and its user, an event with and without what it would bring, and
then a hundred events in one request. No network is between them. People and outcomes are made up.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from common import administer, set_up_django

DATABASE = "mhep_api_bench"
PROGRAMME = """
programme: {code: API, name: Events (synthetic), currency: GBP, starts_on: 2026-04-01, ends_on: 2027-03-31,
  operator: {code: BENCH, name: Benchmark operator}}
providers: [{code: P1, name: Provider}]
services: [{code: S1, provider: P1, name: Service, starts_on: 2026-04-01}]
outcomes: [{code: JOB, name: Job start}]
funders: [{code: F1, name: Council, kind: local}]
agreements:
  - ref: A1
    funder: F1
    terms: [{ref: job, outcome: JOB, price: {fixed: "1000.00"}}]
"""
FLOOR_TABLES = """
CREATE TABLE IF NOT EXISTS floor_token (key text primary key, user_id int);
INSERT INTO floor_token VALUES ('token', 1) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS floor_event (id bigserial primary key, participant_id bigint, outcome_id bigint,
    occurred_on date, status text);
CREATE INDEX IF NOT EXISTS floor_event_person ON floor_event (participant_id);
CREATE TABLE IF NOT EXISTS floor_audit (id bigserial primary key, user_id int, what text, object_id bigint,
    body jsonb, at timestamptz default now());
"""
LOOK_UPS = (
    "SELECT user_id FROM floor_token WHERE key = 'token'",
    "SELECT id, service_id, cohort_id FROM participants_participant WHERE reference = %(person)s",
    "SELECT id, requires_id FROM funders_outcometype WHERE code = 'JOB'",
    "SELECT outcome_id FROM floor_event WHERE participant_id = %(number)s",
)
INSERTS = (
    "INSERT INTO floor_event (participant_id, outcome_id, occurred_on, status)"
    " VALUES (%(number)s, 1, now(), 'S')",
    "INSERT INTO floor_audit (user_id, what, object_id, body) VALUES (1, 'logged', %(number)s, '{}')",
)


def prepare(people: int) -> None:
    """Make a database with a programme and so many people who have started and consented."""
    administer(f"DROP DATABASE IF EXISTS {DATABASE}", f"CREATE DATABASE {DATABASE}")
    set_up_django(DATABASE)
    from django.core.management import call_command  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from participants.services import import_participants  # noqa: PLC0415
    from payments.services.programme_file import load_programme  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    at = timezone.now()
    programme = load_programme(PROGRAMME.encode(), actor=None, at=at).programme
    rows = "".join(f"P{n:06d},S1,,,2026-04-01,2026-04-01,2026-04-01\n" for n in range(people))
    headings = "participant,service,area,cohort,referred_on,started_on,consented_on\n"
    import_participants(programme_id=programme.pk, content=(headings + rows).encode(), actor=None, at=at)


def clients() -> tuple[Any, Any]:
    """Return a signed-in browser and a program with a token, both of an analyst."""
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from accounts.services.tokens import Wanted, make_token  # noqa: PLC0415
    from providers.models import Operator, OperatorMember  # noqa: PLC0415

    settings.API_REQUESTS_A_MINUTE = 10**9
    operator = Operator.objects.get(code="BENCH")
    analyst = User.objects.create_user("analyst@example.org", uuid4().hex, name="Example Analyst")
    OperatorMember.objects.create(operator=operator, user=analyst, role="ANALYST")
    wanted = Wanted("Bench", "operator", operator.pk, "ANALYST", ["outcomes:write"], 30)
    _, text = make_token(wanted, actor=analyst, at=timezone.now() - timedelta(minutes=1))
    browser = Client()
    browser.force_login(analyst)
    return browser, Client(headers={"Authorization": f"Bearer {text}"})


def floor(number: int) -> None:
    """Do the least that logging an event can mean."""
    from django.db import connection, transaction  # noqa: PLC0415

    values: dict[str, Any] = {"person": f"P{number:06d}", "number": number}
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (*LOOK_UPS, *INSERTS):
            cursor.execute(statement, values)


def log(program: Any, *numbers: int, prefer: str = "") -> None:
    """Log an outcome of each of these people, in one request."""
    said = [
        {"participant": f"P{number:06d}", "outcome": "JOB", "outcome_date": "2026-05-04"}
        for number in numbers
    ]
    path, sent = ("outcomes", said[0]) if len(said) == 1 else ("outcomes/batch", {"outcomes": said})
    answer = program.post(
        f"/api/v1/programmes/API/{path}",
        sent,
        content_type="application/json",
        headers={"Idempotency-Key": uuid4().hex, "Prefer": prefer},
    )
    if answer.status_code not in {200, 201}:
        raise SystemExit(answer.content.decode())


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def main(events: int) -> None:
    """Measure turn by turn, so that whatever else runs on the machine slows all alike."""
    prepare(2 * events + 1000)
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(FLOOR_TABLES)
    browser, program = clients()
    log(program, 0)
    browser.get("/account/")
    found: dict[str, list[float]] = {"floor": [], "page": [], "event": [], "event_with_price": []}
    for number in range(1, events + 1):
        found["floor"].append(timed(lambda: floor(number)))  # noqa: B023 (called at once)
        found["page"].append(timed(lambda: browser.get("/account/")))
        found["event"].append(timed(lambda: log(program, number, prefer="return=minimal")))  # noqa: B023
        found["event_with_price"].append(timed(lambda: log(program, events + number)))  # noqa: B023
    line: dict[str, Any] = {"name": f"api {events}"}
    for name, times in found.items():
        line[name] = {"p50_ms": _quantile(times, 0.5), "p95_ms": _quantile(times, 0.95)}
    first = 2 * events + 1
    batches = [
        timed(lambda: log(program, *range(start, start + 100), prefer="return=minimal"))  # noqa: B023
        for start in range(first, first + 900, 100)
    ]
    line["batch_ms_an_event"] = _quantile([each / 100 for each in batches], 0.5)
    for name in ("event", "event_with_price"):
        line[f"{name}_over_floor"] = round(line[name]["p95_ms"] / line["floor"]["p95_ms"], 1)
        line[f"{name}_over_page"] = round(line[name]["p50_ms"] / line["page"]["p50_ms"], 1)
    print(json.dumps(line))


def _quantile(times: list[float], share: float) -> float:
    return round(sorted(times)[int(share * (len(times) - 1))], 2)


if __name__ == "__main__":
    main(int(sys.argv[1]))

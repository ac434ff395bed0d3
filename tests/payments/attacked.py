"""A small programme with a closed and an open month, for what must be refused by the database itself."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from funders.models import Programme
from mhep.kernel.periods import Month
from outcomes.services.imports import import_outcomes
from participants.services import import_participants
from payments.services.months import close_month, price_month
from payments.services.programme_file import load_programme

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
ISSUED_ON = date(2026, 6, 1)
APRIL, MAY = Month(2026, 4), Month(2026, 5)

# CAP pays two and a half of April's three jobs and carries the rest; BIG has no cap.
PROGRAMME = """
programme:
  code: {code}
  name: What must never be true
  currency: GBP
  starts_on: 2026-04-01
  ends_on: 2027-03-31
  operator: {{code: {operator}, name: Operator}}
providers: [{{code: P1, name: Provider}}]
services: [{{code: S1, provider: P1, name: Service, starts_on: 2026-04-01}}]
outcomes:
  - {{code: ENG, name: Engaged, tariff: [{{from: 2026-04-01, amount: "50.00"}}]}}
  - {{code: JOB, name: Job start}}
funders: [{{code: F1, name: Funder, kind: local}}]
agreements:
  - ref: CAP
    funder: F1
    vat_rate: "20"
    caps: {{total: "250.00", over_cap: carry_forward, financial_year: {{2026: "900.00"}}}}
    fixed_fees: [{{ref: fee, description: Fee, from: 2026-04, to: 2026-06, amount: "10.00"}}]
    terms: [{{ref: job, outcome: JOB, price: {{fixed: "100.00"}}}}]
  - ref: BIG
    funder: F1
    terms:
      - {{ref: eng, outcome: ENG, price: {{fixed: "50.00"}}}}
      - {{ref: top, outcome: ENG, price: {{bands: [{{amount: "5.00"}}]}}, clawback: marginal}}
provider_contracts:
  - {{ref: PAY, provider: P1, terms: [{{ref: job, outcome: JOB, price: {{fixed: "80.00"}}}}]}}
"""
PARTICIPANTS = "participant,service,area,cohort,referred_on,started_on,consented_on\n" + "".join(
    f"p{number},S1,,,2026-04-01,2026-04-01,2026-04-01\n" for number in range(1, 9)
)
EVENTS = """\
event,participant,outcome,outcome_date,hours_per_week,job,evidence,submitted_on,verified_on,voided_on
J1,p1,JOB,2026-04-10,,,,2026-04-11,2026-04-20,
J2,p2,JOB,2026-04-11,,,,2026-04-11,2026-04-20,
J3,p3,JOB,2026-04-12,,,,2026-04-12,2026-04-20,
V1,p1,ENG,2026-04-02,,,,2026-04-11,2026-04-20,2026-05-05
E2,p2,ENG,2026-05-02,,,,2026-05-03,2026-05-04,
J4,p4,JOB,2026-05-02,,,,2026-05-03,2026-05-04,
N1,p5,ENG,2026-05-02,,,,2026-05-03,,
"""


def attacked_programme(code: str = "GUARD", operator: str = "GUARDED") -> Programme:
    """Return a programme with April closed, May priced, a carried remainder, a void and a credit."""
    programme = waiting_programme(code, operator)
    close_month(programme_id=programme.pk, month=APRIL, issued_on=ISSUED_ON, actor=None, at=AT)
    price_month(programme_id=programme.pk, month=MAY, at=AT)
    programme.refresh_from_db()
    return programme


def waiting_programme(code: str = "WAIT", operator: str = "WAITING") -> Programme:
    """Return the same programme with its events and no month closed or priced."""
    programme = load_programme(
        PROGRAMME.format(code=code, operator=operator).encode(), actor=None, at=AT
    ).programme
    for import_file, content in ((import_participants, PARTICIPANTS), (import_outcomes, EVENTS)):
        report = import_file(programme_id=programme.pk, content=content.encode(), actor=None, at=AT)
        assert not report.rejections
    return programme


def run(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run one statement as the owner of the tables; return its rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return list(cursor.fetchall()) if cursor.description else []


def row_of(sql: str) -> dict[str, Any]:
    """Return the first row of a query by column name."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        values = cursor.fetchone()
        assert values is not None, sql
        return dict(zip((column.name for column in cursor.description), values, strict=True))


def insert(table: str, row: dict[str, Any]) -> None:
    """Insert a row with every column but ``id`` as given."""
    columns = [column for column in row if column != "id"]
    run(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})",  # noqa: S608
        *(row[column] for column in columns),
    )

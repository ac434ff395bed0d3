"""Small programmes for what happens at the same time."""

from __future__ import annotations

from datetime import UTC, date, datetime

from funders.models import Programme
from mhep.kernel.periods import Month
from participants.services import import_participants
from payments.services.months import close_month
from payments.services.programme_file import load_programme

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
ISSUED_ON = date(2026, 6, 1)
APRIL = Month(2026, 4)
EVENT_HEADINGS = (
    "event,participant,outcome,outcome_date,hours_per_week,job,evidence,submitted_on,verified_on,voided_on\n"
)

# A fee on each side issues an invoice and a remittance statement every month, whatever else happens.
PROGRAMME = """
programme:
  code: {code}
  name: Programme {code}
  currency: GBP
  starts_on: 2026-04-01
  ends_on: 2029-03-31
  operator: {{code: SHARED, name: Shared operator}}
providers: [{{code: P1, name: Provider}}]
services: [{{code: S1, provider: P1, name: Service, starts_on: 2026-04-01}}]
outcomes: [{{code: JOB, name: Job start}}]
funders: [{{code: F1, name: Funder, kind: local}}]
agreements:
  - ref: A
    funder: F1
    caps: {{total: "{cap}"}}
    fixed_fees: [{{ref: fee, from: 2026-04, to: 2029-03, amount: "1.00"}}]
    terms: [{{ref: job, outcome: JOB, price: {{fixed: "100.00"}}}}]
provider_contracts:
  - {{ref: P, provider: P1, fixed_fees: [{{ref: fee, from: 2026-04, to: 2029-03, amount: "1.00"}}]}}
"""


def a_programme(code: str, *, people: int = 0, cap: str = "1000000.00") -> Programme:
    """Store a programme of the one operator with ``people`` participants, p0 and on."""
    programme = load_programme(PROGRAMME.format(code=code, cap=cap).encode(), actor=None, at=AT).programme
    rows = "".join(f"p{number},S1,,,2026-04-01,2026-04-01,2026-04-01\n" for number in range(people))
    headings = "participant,service,area,cohort,referred_on,started_on,consented_on\n"
    import_participants(programme_id=programme.pk, content=(headings + rows).encode(), actor=None, at=AT)
    return programme


def close(programme: Programme, month: Month) -> int:
    """Close a month and return its key."""
    return close_month(programme_id=programme.pk, month=month, issued_on=ISSUED_ON, actor=None, at=AT).pk


def job_of(person: int) -> str:
    """Return the row of a person's verified job start in April."""
    return f"E{person},p{person},JOB,2026-04-10,,,,2026-04-11,2026-04-20,\n"

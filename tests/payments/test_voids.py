"""What a void gives back, through the months and their documents (catalogue M8)."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import pytest

from funders.models import Programme
from mhep.kernel.periods import Month
from outcomes.services.imports import import_outcomes
from participants.services import import_participants
from payments.enums import DocumentKind
from payments.models import AgreementYearStanding, Charge, Document
from payments.selectors.exports import charges_csv, documents_csv
from payments.services.months import close_month
from payments.services.programme_file import load_programme

pytestmark = pytest.mark.django_db

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
PROGRAMME = b"""
programme:
  code: VOIDS
  name: Voids
  currency: GBP
  starts_on: 2026-02-01
  ends_on: 2027-03-31
  operator: {code: OP, name: Operator}
providers: [{code: P1, name: Provider}]
services: [{code: S1, provider: P1, name: Service, starts_on: 2026-02-01}]
outcomes: [{code: JOB, name: Job start}]
funders: [{code: F1, name: Funder, kind: local}]
agreements:
  - ref: FIRST
    funder: F1
    terms: [{ref: job, outcome: JOB, price: {fixed: "100.00"}}]
  - ref: TOP
    funder: F1
    terms:
      - ref: job
        outcome: JOB
        price: {bands: [{up_to: 1, amount: "10.00"}, {amount: "30.00"}]}
        clawback: marginal
"""
PARTICIPANTS = b"""\
participant,service,area,cohort,referred_on,started_on,consented_on
p1,S1,,,2026-02-01,2026-02-01,2026-02-01
p2,S1,,,2026-02-01,2026-02-01,2026-02-01
"""
EVENTS = b"""\
event,participant,outcome,outcome_date,hours_per_week,job,evidence,submitted_on,verified_on,voided_on
E1,p1,JOB,2026-03-10,,,,2026-03-11,2026-03-20,2026-05-02
E2,p2,JOB,2026-04-10,,,,2026-04-11,2026-04-20,
"""


def closed_through(month: Month) -> Programme:
    programme = load_programme(PROGRAMME, actor=None, at=AT).programme
    import_participants(programme_id=programme.pk, content=PARTICIPANTS, actor=None, at=AT)
    import_outcomes(programme_id=programme.pk, content=EVENTS, actor=None, at=AT)
    close_through(programme, Month(2026, 2), month)
    return programme


def close_through(programme: Programme, first: Month, last: Month) -> None:
    for month in first.until(last):
        close_month(programme_id=programme.pk, month=month, issued_on=date(2026, 6, 1), actor=None, at=AT)


def digest_of_documents() -> str:
    rows = Document.objects.order_by("pk").values_list()
    return hashlib.sha256(repr(list(rows)).encode()).hexdigest()


def test_a_void_after_invoicing_is_one_credit_line_and_leaves_the_invoice_as_it_was() -> None:
    programme = closed_through(Month(2026, 4))
    before = digest_of_documents()
    invoice = Document.objects.get(agreement__ref="FIRST", month__first_day="2026-03-01")
    issued = Document.objects.count()
    close_through(programme, Month(2026, 5), Month(2026, 5))

    (credit,) = Charge.objects.filter(agreement__ref="FIRST", kind="CREDIT")
    note = Document.objects.get(agreement__ref="FIRST", kind=DocumentKind.CREDIT_NOTE)
    (line,) = note.lines.all()
    assert (line.charge_id, line.corrects_id) == (credit.pk, invoice.pk)
    assert (credit.amount_minor, note.net_minor) == (-10_000, 10_000)
    rows = Document.objects.order_by("pk").values_list()[:issued]
    assert hashlib.sha256(repr(list(rows)).encode()).hexdigest() == before


def test_a_marginal_credit_may_exceed_its_charge_and_the_month_closes() -> None:
    """The first place was charged 10.00 in one year; two held, its void gives the second's 30.00 back."""
    programme = closed_through(Month(2026, 5))
    top = [row for row in charges_csv(programme).splitlines() if ",TOP," in row]
    assert top == [
        "2026-03,receivable,TOP,job,E1,charge,10.00,full",
        "2026-04,receivable,TOP,job,E2,charge,30.00,full",
        "2026-05,receivable,TOP,job,E1,credit,-30.00,voided",
    ]
    assert "2026-05,receivable,TOP,credit_note,1,30.00,0.00,30.00" in documents_csv(programme)
    standings = AgreementYearStanding.objects.filter(agreement__ref="TOP").order_by("year")
    assert list(standings.values_list("year", "net_minor")) == [(2025, -2_000), (2026, 3_000)]

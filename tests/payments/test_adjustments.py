"""Manual adjustments: two people, a reason, and never more given back than was invoiced (ADR 0020)."""

from __future__ import annotations

from datetime import date

import pytest

from funders.models import Agreement, Term
from outcomes.models import OutcomeEvent
from payments.enums import AdjustmentState
from payments.models import Adjustment, Charge, Document, Unbilled
from payments.selectors.adjusting import left_to_credit
from payments.selectors.exports import charges_csv, documents_csv
from payments.selectors.papers import paper_of
from payments.selectors.schedules import schedule_of
from payments.services.adjustments import (
    About,
    CannotAdjust,
    approve_adjustment,
    propose_adjustment,
    refuse_adjustment,
)
from tests.cast import Cast, a_cast, close
from tests.payments.approving import LATER, an_approving_cast, statement_of, void

pytestmark = pytest.mark.django_db
WHY = "The service credit of clause 9.2 for April"


def april_invoiced() -> tuple[Cast, Document]:
    """Close April without approval: Ealing is invoiced 750.00 for E-001 and 250.00 for E-002."""
    cast = a_cast()
    close(cast.programme, "2026-04")
    return cast, Document.objects.get(agreement__ref="EALING-1")


def event(reference: str) -> OutcomeEvent:
    return OutcomeEvent.objects.get(reference=reference)


def propose(cast: Cast, minor: int, about: About = About(), ref: str = "EALING-1") -> Adjustment:  # noqa: B008
    agreement = Agreement.objects.get(ref=ref)
    return propose_adjustment(
        agreement=agreement, amount_minor=minor, reason=WHY, about=about, actor=cast.analyst, at=LATER
    )


def approve(cast: Cast, adjustment: Adjustment) -> Adjustment:
    return approve_adjustment(adjustment_id=adjustment.pk, actor=cast.finance, at=LATER)


def test_a_positive_adjustment_goes_on_the_next_invoice() -> None:
    cast, _ = april_invoiced()
    term = Term.objects.get(agreement__ref="EALING-1")
    approve(cast, propose(cast, 12_345, About(term=term)))
    close(cast.programme, "2026-05")
    invoice = Document.objects.get(agreement__ref="EALING-1", month__first_day="2026-05-01")
    assert (invoice.kind, invoice.net_minor, invoice.vat_minor) == ("INVOICE", 12_345, 2_469)
    assert "2026-05,receivable,EALING-1,job-start,ADJ-1,charge,123.45,adjustment" in charges_csv(
        cast.programme
    )
    (fee,) = paper_of(invoice).fee_lines
    assert (fee.ref, fee.description, fee.amount_minor) == ("ADJ-1", WHY, 12_345)
    assert [row[4] for row in schedule_of(invoice).rows] == [WHY]


def test_a_negative_adjustment_is_a_credit_note_that_names_the_invoice() -> None:
    cast, invoice = april_invoiced()
    approve(cast, propose(cast, -10_000, About(corrects=invoice)))
    close(cast.programme, "2026-05")
    note = Document.objects.get(kind="CREDIT_NOTE", agreement__ref="EALING-1")
    assert [line.corrects for line in note.lines.all()] == [invoice]
    assert "2026-05,receivable,EALING-1,,ADJ-1,credit,-100.00,adjustment" in charges_csv(cast.programme)
    assert "2026-05,receivable,EALING-1,credit_note,1,100.00,20.00,120.00" in documents_csv(cast.programme)
    assert left_to_credit(invoice, None) == 90_000


def test_a_proposal_alone_changes_nothing_and_a_refused_one_never_does() -> None:
    cast, _ = april_invoiced()
    propose(cast, 500)
    refused = propose(cast, 700)
    refuse_adjustment(adjustment_id=refused.pk, reason="Twice", actor=cast.analyst, at=LATER)
    close(cast.programme, "2026-05")
    assert not Charge.objects.filter(kind="ADJUSTMENT").exists()
    assert set(Adjustment.objects.values_list("number", "state")) == {(1, "PROPOSED"), (2, "REFUSED")}


def test_nobody_approves_what_they_proposed() -> None:
    cast, _ = april_invoiced()
    adjustment = propose(cast, 500)
    with pytest.raises(CannotAdjust, match="You proposed"):
        approve_adjustment(adjustment_id=adjustment.pk, actor=cast.analyst, at=LATER)
    assert Adjustment.objects.get().state == AdjustmentState.PROPOSED


def test_it_is_decided_once() -> None:
    cast, _ = april_invoiced()
    adjustment = approve(cast, propose(cast, 500))
    with pytest.raises(CannotAdjust, match="decided already"):
        approve(cast, adjustment)
    with pytest.raises(CannotAdjust, match="decided already"):
        refuse_adjustment(adjustment_id=adjustment.pk, reason="Late", actor=cast.finance, at=LATER)


@pytest.mark.parametrize(
    ("minor", "reference", "refusal"),
    [
        (-100_001, None, "1000.00 is left to give back of INV-000001"),
        (-25_001, "E-002", "250.00 is left to give back of E-002"),
        (-1, "E-003", "0.00 is left"),
        (0, None, "not zero"),
    ],
)
def test_never_more_is_given_back_than_was_invoiced(minor: int, reference: str | None, refusal: str) -> None:
    cast, invoice = april_invoiced()
    with pytest.raises(CannotAdjust, match=refusal):
        propose(cast, minor, About(corrects=invoice, event=event(reference) if reference else None))


def test_what_is_approved_counts_before_it_is_on_a_document() -> None:
    cast, invoice = april_invoiced()
    first = propose(cast, -60_000, About(corrects=invoice))
    second = propose(cast, -60_000, About(corrects=invoice))
    approve(cast, first)
    with pytest.raises(CannotAdjust, match=r"400\.00 is left"):
        approve(cast, second)


def test_what_gives_back_names_an_invoice_of_its_agreement() -> None:
    cast, _ = april_invoiced()
    with pytest.raises(CannotAdjust, match="Choose the invoice"):
        propose(cast, -100)
    remittance = Document.objects.get(agreement__ref="TWN-1")
    with pytest.raises(CannotAdjust, match="Choose the invoice"):
        propose(cast, -100, About(corrects=remittance))


def test_an_adjusted_event_that_is_voided_is_credited_in_full_and_not_twice() -> None:
    """A quarter of E-002 was given back by hand; its void takes that back and credits the whole charge."""
    cast, invoice = april_invoiced()
    approve(cast, propose(cast, -6_000, About(corrects=invoice, event=event("E-002"))))
    close(cast.programme, "2026-05")
    void("E-002", date(2026, 6, 5))
    close(cast.programme, "2026-06")
    rows = [
        row for row in charges_csv(cast.programme).splitlines() if row.startswith("2026-06,receivable,EALING")
    ]
    assert rows == [
        "2026-06,receivable,EALING-1,,ADJ-1,charge,60.00,adjustment",
        "2026-06,receivable,EALING-1,job-start,E-002,credit,-250.00,voided",
    ]
    billed = Charge.objects.filter(agreement__ref="EALING-1", line__isnull=False)
    assert sum(billed.values_list("amount_minor", flat=True)) == 75_000


def test_an_adjustment_that_no_longer_fits_waits_instead_of_stopping_the_close() -> None:
    cast, invoice = april_invoiced()
    approve(cast, propose(cast, -95_000, About(corrects=invoice)))
    void("E-001", date(2026, 5, 5))
    close(cast.programme, "2026-05")
    note = Document.objects.get(kind="CREDIT_NOTE", agreement__ref="EALING-1")
    assert note.net_minor == 75_000
    assert Unbilled.objects.get(agreement__ref="EALING-1").charge.kind == "ADJUSTMENT"


def test_pricing_a_month_again_charges_an_adjustment_once() -> None:
    cast, _ = april_invoiced()
    approve(cast, propose(cast, 500))
    close(cast.programme, "2026-05")
    close(cast.programme, "2026-06")
    assert Charge.objects.filter(kind="ADJUSTMENT").count() == 1


def test_adjustments_use_no_room_under_a_cap() -> None:
    cast, invoice = april_invoiced()
    approve(cast, propose(cast, -10_000, About(corrects=invoice)))
    close(cast.programme, "2026-05")
    assert not Charge.objects.filter(agreement__ref="EALING-1", kind="CHARGE", month__first_day="2026-05-01")


def test_a_funder_that_approves_first_sees_an_adjustment_on_its_statement() -> None:
    cast = an_approving_cast()
    approve(cast, propose(cast, 4_200))
    close(cast.programme, "2026-04")
    assert statement_of("EALING-1").charges_net_minor == 104_200


def test_a_provider_contract_is_adjusted_in_the_same_way() -> None:
    cast, _ = april_invoiced()
    approve(cast, propose(cast, 4_200, ref="TWN-1"))
    close(cast.programme, "2026-05")
    assert Document.objects.get(agreement__ref="TWN-1", month__first_day="2026-05-01").kind == "REMITTANCE"

"""Remittance statements as self-billed invoices, only where it was agreed (ADR 0028)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from payments.models import Document, SelfBilledInvoice, SelfBillingAgreement
from payments.selectors.exports import documents_csv
from payments.selectors.self_billing import waiting_for_invoice
from payments.services.self_billing import CannotSelfBill, end_agreement, issue_self_billed
from tests.cast import AT, ISSUED_ON, Cast, a_cast, close
from tests.payments.approving import void
from tests.payments.self_billing import FIRST, LAST, an_agreement

pytestmark = pytest.mark.django_db


def april() -> tuple[Cast, Document]:
    """Close April: the provider's remittance is REM-000001."""
    cast = a_cast()
    close(cast.programme, "2026-04")
    return cast, Document.objects.get(kind="REMITTANCE")


def issue(document: Document, actor: User) -> SelfBilledInvoice:
    return issue_self_billed(document_id=document.pk, actor=actor, at=AT)


def address(view: str, *arguments: object) -> str:
    return reverse(f"payments:{view}", args=["WL-IPS", *arguments])


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    client.get("/account/")
    return client


def words_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))


def test_a_remittance_becomes_an_invoice_with_a_number_of_its_own_and_nothing_else_changes() -> None:
    cast, remittance = april()
    before = documents_csv(cast.programme)
    an_agreement(cast.programme, cast.finance)
    invoice = issue(remittance, cast.finance)
    assert (invoice.full_number, invoice.document) == ("SBI-000001", remittance)
    assert invoice.header["supplier"] == {
        "name": "Example Provider CIO",
        "address": "2 Example Street",
        "vat_number": "GB999999973",
    }
    assert invoice.header["customer"]["name"] == "Health and Employment Partnership Ltd"
    assert invoice.header["title"] == "Self-billed invoice"
    assert documents_csv(cast.programme) == before


def test_it_is_refused_without_an_agreement_and_after_its_end() -> None:
    cast, remittance = april()
    with pytest.raises(CannotSelfBill, match="There is no self-billing agreement with Example Provider CIO"):
        issue(remittance, cast.finance)
    an_agreement(cast.programme, cast.finance, last=ISSUED_ON - timedelta(days=1))
    with pytest.raises(CannotSelfBill, match="ended on 2 July 2026, before 3 July 2026"):
        issue(remittance, cast.finance)
    assert not SelfBilledInvoice.objects.exists()


def test_it_is_issued_once_and_never_for_an_invoice_to_a_funder() -> None:
    cast, remittance = april()
    an_agreement(cast.programme, cast.finance)
    issue(remittance, cast.finance)
    with pytest.raises(CannotSelfBill, match="has a self-billed invoice already"):
        issue(remittance, cast.finance)
    with pytest.raises(CannotSelfBill, match="is no remittance"):
        issue(Document.objects.get(agreement__ref="EALING-1"), cast.finance)


@pytest.mark.parametrize("is_self_billed", [True, False])
def test_a_credit_note_follows_what_it_corrects(*, is_self_billed: bool) -> None:
    cast, remittance = april()
    an_agreement(cast.programme, cast.finance)
    if is_self_billed:
        issue(remittance, cast.finance)
    void("E-002", date(2026, 5, 20))
    close(cast.programme, "2026-05")
    note = Document.objects.get(kind="CREDIT_NOTE", agreement__direction="PAYABLE")
    if not is_self_billed:
        with pytest.raises(CannotSelfBill, match="issues that credit note itself"):
            issue(note, cast.finance)
        return
    credit = issue(note, cast.finance)
    assert (credit.full_number, credit.header["corrects"]) == ("SBC-000001", ["SBI-000001"])
    assert credit.header["title"] == "Self-billed credit note"


def test_agreements_do_not_overlap_and_another_vat_number_is_another_agreement() -> None:
    cast, _ = april()
    agreement = an_agreement(cast.programme, cast.finance)
    with pytest.raises(CannotSelfBill, match="runs from 1 April 2026 through 31 March 2027"):
        an_agreement(cast.programme, cast.finance, first=date(2027, 3, 31), last=date(2027, 12, 31))
    end_agreement(
        agreement_id=agreement.pk,
        last_day=date(2026, 8, 31),
        reason="New VAT number",
        actor=cast.finance,
        at=AT,
    )
    later = an_agreement(cast.programme, cast.finance, first=date(2026, 9, 1), vat_number="DK13585628")
    assert later.vat_number == "DK13585628"
    with pytest.raises(CannotSelfBill, match="VAT number is not right"):
        an_agreement(cast.programme, cast.finance, first=date(2028, 1, 1), last=LAST, vat_number="GB1")


def test_an_agreement_is_not_ended_before_what_was_issued_under_it() -> None:
    cast, remittance = april()
    agreement = an_agreement(cast.programme, cast.finance)
    issue(remittance, cast.finance)

    def end(day: date) -> None:
        end_agreement(agreement_id=agreement.pk, last_day=day, reason="Over", actor=cast.finance, at=AT)

    with pytest.raises(CannotSelfBill, match="An invoice of a later day"):
        end(ISSUED_ON - timedelta(days=1))
    with pytest.raises(CannotSelfBill, match="Choose a last day from 1 April 2026 through 30 March 2027"):
        end(FIRST - timedelta(days=1))
    end(ISSUED_ON)
    with pytest.raises(CannotSelfBill, match="ended before"):
        end(ISSUED_ON)


def test_only_providers_with_whom_it_was_agreed_wait_for_invoices() -> None:
    cast, _ = april()
    assert waiting_for_invoice(cast.programme) == []
    an_agreement(cast.programme, cast.finance, first=date(2026, 8, 1))
    (waiting,) = waiting_for_invoice(cast.programme)
    assert "There is no self-billing agreement" in waiting.refusal


def test_finance_enters_an_agreement_and_issues_from_the_page(client: Client) -> None:
    cast, _ = april()
    signed_in(client, cast.finance)
    assert "it sends invoices of its own" in words_of(client.get(address("self-billing")))
    parts = ("day", "month", "year")
    days = {
        **{f"starts_on_{part}": value for part, value in zip(parts, ("1", "4", "2026"), strict=True)},
        **{f"ends_on_{part}": value for part, value in zip(parts, ("31", "3", "2027"), strict=True)},
        "legal_name": "Example Provider CIO",
        "address": "2 Example Street",
        "vat_number": "GB 999 9999 74",
        "kept_at": "Safe, shelf 3",
    }
    where = address("self-billing-new", "TWN")
    assert "The VAT number is not right" in words_of(client.post(where, days))
    done = client.post(where, {**days, "vat_number": "GB 999 9999 73"}, follow=True)
    assert "VAT number GB999999973" in words_of(done)
    done = client.post(address("self-billing-issue"), follow=True)
    assert "Issued: 1." in words_of(done)
    page = words_of(client.get(address("self-billed-invoice", "SBI-000001")))
    assert "Self-billed invoice SBI-000001" in page
    assert "the supplier issues no invoice of its own" in page
    assert "Tax point 3 July 2026" in page
    assert "SBI-000001" in words_of(client.get(address("document-detail", "REM-000001")))
    assert "SBI-000001,REM-000001" in client.get(address("self-billing-file", "csv")).content.decode()
    assert client.get(address("self-billed-invoice", "SBI-1")).status_code == 404


def test_an_agreement_is_ended_from_its_page(client: Client) -> None:
    cast, _ = april()
    an_agreement(cast.programme, cast.finance)
    signed_in(client, cast.finance)
    where = address("self-billing-end", "TWN")
    assert "It runs from 1 April 2026 to 31 March 2027" in words_of(client.get(where))
    days = {"last_day_day": "31", "last_day_month": "8", "last_day_year": "2026"}
    assert "Write why it ends" in words_of(client.post(where, days))
    done = client.post(where, {**days, "reason": "New VAT number"}, follow=True)
    assert "Ended early by Example Finance: New VAT number" in words_of(done)


ATTACKS = {
    "longer": "UPDATE payments_selfbillingagreement SET ends_on = '2030-01-01', ended_at = now(),"
    " ended_by_id = entered_by_id, end_reason = 'x'",
    "number": "UPDATE payments_selfbillingagreement SET vat_number = 'GB1'",
    "gone": "DELETE FROM payments_selfbillingagreement",
    "invoice": "UPDATE payments_selfbilledinvoice SET number = 7",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_the_database_refuses_to_change_what_was_agreed_or_issued(attack: str) -> None:
    cast, remittance = april()
    an_agreement(cast.programme, cast.finance)
    issue(remittance, cast.finance)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


def test_the_database_refuses_an_invoice_that_no_agreement_covers() -> None:
    cast, remittance = april()
    agreement = an_agreement(cast.programme, cast.finance, first=date(2026, 8, 1))
    other = Document.objects.get(agreement__ref="EALING-1")
    for document in (remittance, other):
        with pytest.raises(DatabaseError, match="needs an agreement with its provider"), transaction.atomic():
            SelfBilledInvoice.objects.create(
                operator=cast.programme.operator,
                document=document,
                agreement=SelfBillingAgreement.objects.get(pk=agreement.pk),
                is_credit=False,
                number=1,
                header={},
                issued_by=cast.finance,
                issued_at=AT,
            )

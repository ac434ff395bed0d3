"""Charges, documents and statements in the API: the figures of the pages, and what a funder sees of them."""

from __future__ import annotations

from typing import Any

import pytest

from mhep.kernel.money import from_major, to_major
from mhep.shared.sealed_ids import Kind, sealed_id
from payments.models import Charge, Document, Statement
from payments.services.papers import pdf_of
from tests.api.callers import Caller, caller_as
from tests.cast import AT, Cast, close
from tests.payments.approving import ask

pytestmark = pytest.mark.django_db
PATH = "programmes/WL-IPS"


@pytest.fixture
def closed(cast: Cast) -> Cast:
    close(cast.programme, "2026-04")
    return cast


def every(caller: Caller, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    path = f"{path}?limit=2"
    while path:
        page = caller.get(path).json()
        found += page["items"]
        path = (page["next"] or "").partition("/api/v1/")[2]
    return found


def test_charges_are_those_of_the_pages_and_add_up_to_the_documents(closed: Cast) -> None:
    charges = every(caller_as(closed.finance), f"{PATH}/charges")
    assert len(charges) == Charge.objects.count() > 3
    document = Document.objects.get(agreement__ref="EALING-1")
    on_it = [each for each in charges if each["document"] == document.full_number]
    assert sum(from_major(each["amount"]["amount"]) for each in on_it) == document.net_minor


def test_a_funder_sees_its_own_charges_and_documents_only(closed: Cast) -> None:
    caller = caller_as(closed.commissioner)
    assert {each["agreement"] for each in every(caller, f"{PATH}/charges")} == {"EALING-1"}
    assert {each["agreement"] for each in every(caller, f"{PATH}/documents")} == {"EALING-1"}
    other = Charge.objects.exclude(agreement__ref="EALING-1").order_by("pk")[0]
    assert caller.get(f"{PATH}/charges/{sealed_id(Kind.CHARGE, other.pk)}").status_code == 404


def test_a_charge_is_explained_in_sentences(closed: Cast) -> None:
    charge = Charge.objects.filter(agreement__ref="EALING-1", event__reference="E-002").get()
    said = caller_as(closed.commissioner).get(f"{PATH}/charges/{sealed_id(Kind.CHARGE, charge.pk)}").json()
    assert said["amount"] == {"amount": to_major(charge.amount_minor), "currency": "GBP"}
    assert said["is_final"] is True
    assert f"{to_major(charge.amount_minor)} GBP" in said["explanation"]["answer"]
    assert all(step["title"] for step in said["explanation"]["steps"])


def test_a_document_leads_to_its_pdf_and_says_what_is_open(closed: Cast) -> None:
    document = Document.objects.get(agreement__ref="EALING-1")
    caller = caller_as(closed.commissioner)
    said = caller.get(f"{PATH}/documents/{document.full_number}").json()
    assert said["gross"]["amount"] == said["open"]["amount"] == to_major(document.gross_minor)
    assert said["payment_state"] == "OPEN"
    pdf = caller.get(said["pdf"].partition("/api/v1/")[2])
    assert pdf.content == bytes(pdf_of(document.pk, AT).content)
    assert pdf.headers["Content-Type"] == "application/pdf"
    missing = caller.get(said["e_invoice"].partition("/api/v1/")[2])
    assert (missing.status_code, missing.json()["code"]) == (422, "cannot_make_e_invoice")


def test_what_a_provider_is_paid_has_no_e_invoice(closed: Cast) -> None:
    remittance = Document.objects.get(agreement__ref="TWN-1").full_number
    caller = caller_as(closed.finance)
    assert caller.get(f"{PATH}/documents/{remittance}").json()["e_invoice"] is None
    assert caller.get(f"{PATH}/documents/{remittance}/e-invoice").json()["code"] == "no_e_invoice"


def test_a_statement_has_the_lines_that_its_funder_answers(closed: Cast) -> None:
    cast = closed
    ask(cast.programme, proposed_by=cast.analyst, approved_by=cast.finance)
    statement = Statement.objects.filter(agreement__ref="EALING-1", state="SENT").get()
    caller = caller_as(cast.approver)
    (listed,) = [each for each in every(caller, f"{PATH}/statements") if each["state"] == "SENT"]
    said = caller.get(f"{PATH}/statements/{listed['id']}").json()
    assert len(said["lines"]) == said["line_count"] == statement.line_count
    assert caller_as(cast.other_commissioner).get(f"{PATH}/statements/{listed['id']}").status_code == 404

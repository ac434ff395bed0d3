"""E-invoices of issued documents: facts, successors, VAT, purchase orders, the file inside the PDF."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from lxml import etree

from mhep.kernel.periods import Month
from payments.models import DocumentFile, EInvoice, EInvoiceRules
from payments.models import Month as MonthRow
from payments.rules.einvoice_checks import NAMESPACES, own_findings
from payments.rules.purchase_orders import PoTrouble
from payments.selectors.month_page import draft_documents, month_page
from payments.selectors.papers import paper_of
from payments.selectors.purchase_orders import order_warnings
from payments.services.einvoices import CannotMakeEInvoice, SpoiltEInvoice, make_einvoice
from payments.services.official_rules import are_installed
from payments.services.papers import make_pdfs, pdf_of
from payments.services.programme_file import load_programme
from providers.models import Operator
from tests.cast import AT, PROGRAMME, Cast, close, price
from tests.payments.documents import document, three_months, void
from tests.payments.test_ubl import OWN
from tests.shared.conformance import rules_broken

pytestmark = pytest.mark.django_db

EALING = """  - code: EALING
    name: London Borough of Ealing
    kind: local
    invoicing:
      legal_name: The Mayor and Burgesses of Ealing
      address: "1 Example Road\\nEaling\\nZZ3 3ZZ"
      country: GB
      e_address: {scheme: "0088", id: "5790000436057"}
      buyer_reference: Cost centre 4711
"""
OLD_EALING = "  - {code: EALING, name: London Borough of Ealing, kind: local}\n"
FOUND = "  - {code: FOUND, name: Example Foundation, kind: philanthropic}\n"
SUCCESSOR = """  - code: TRUST
    name: Example Successor Trust
    kind: philanthropic
    invoicing: {country: GB, address: 2 Example Road, gln: "5790000436057", buyer_reference: Grants}
    succeeds: {funder: FOUND, from: 2026-07-01}
"""
VAT = """    vat:
      - {category: standard, lines: fees, rate: "20"}
      - {category: exempt, reason: "Group 6 of Schedule 9"}
"""


def load(*changes: tuple[str, str]) -> None:
    """Load the programme of the cast with texts put in the place of others."""
    text = PROGRAMME.decode()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    load_programme(text.encode(), actor=None, at=AT)


def seller_facts() -> None:
    Operator.objects.filter(code="MHEP").update(
        address="5 Example Street\nLondon\nZZ1 1ZZ",
        country="GB",
        vat_number="GB980780684",
        registration_number="01234567",
        e_address_scheme="9932",
        e_address_id="GB980780684",
        iban="GB82WEST12345698765432",
    )


def all_facts(*more: tuple[str, str]) -> None:
    load((OLD_EALING, EALING), *more)
    seller_facts()


def silent(done: int, total: int, message: str) -> None:
    """Show nothing."""


def text_at(xml: bytes, path: str) -> str:
    return etree.fromstring(xml).findtext(path, "", NAMESPACES)


def test_the_worker_makes_the_e_invoices_and_puts_them_into_the_pdfs(cast: Cast) -> None:
    all_facts()
    three_months(cast)
    for month in MonthRow.objects.all():
        make_pdfs(month.pk, progress=silent, at=AT)

    made = EInvoice.objects.select_related("document__agreement").order_by("document__number")
    assert {(row.document.kind, row.document.agreement.ref) for row in made} == {
        ("INVOICE", "EALING-1"),
        ("CREDIT_NOTE", "EALING-1"),
    }
    for row in made:
        content = bytes(row.content)
        assert own_findings(content) == ()
        assert row.rules == (["EN 16931 (CEN)"] if are_installed() else [])
        pdf = bytes(DocumentFile.objects.get(document=row.document).content)
        assert rules_broken(pdf) == []
        assert f"{row.document.full_number}.xml".encode() in pdf
    credit_note = bytes(made.get(document__kind="CREDIT_NOTE").content)
    assert text_at(credit_note, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") == "INV-000001"
    invoice = bytes(made.get(document__kind="INVOICE").content)
    assert text_at(invoice, "cbc:BuyerReference") == "Cost centre 4711"
    assert text_at(invoice, "cac:OrderReference/cbc:ID") == "PO-7781"
    assert text_at(invoice, "cac:LegalMonetaryTotal/cbc:PayableAmount") == "1200.00"


def test_a_document_without_facts_says_which_and_takes_them_as_they_are_known_later(cast: Cast) -> None:
    three_months(cast)
    issued = document(cast, "INVOICE", "EALING-1")
    pdf = bytes(pdf_of(issued.pk, AT).content)

    with pytest.raises(CannotMakeEInvoice) as refusal:
        make_einvoice(issued, paper_of(issued), at=AT, officially=False)
    assert {each.owner for each in refusal.value.missing} == {"seller", "buyer"}

    all_facts()
    issued = document(cast, "INVOICE", "EALING-1")
    row = make_einvoice(issued, paper_of(issued), at=AT, officially=False)
    assert text_at(bytes(row.content), ".//cac:AccountingCustomerParty//cbc:EndpointID") == "5790000436057"
    assert bytes(pdf_of(issued.pk, AT).content) == pdf


def test_an_e_invoice_is_kept_byte_for_byte(cast: Cast) -> None:
    all_facts()
    three_months(cast)
    issued = document(cast, "INVOICE", "EALING-1")
    first = bytes(make_einvoice(issued, paper_of(issued), at=AT, officially=False).content)
    Operator.objects.update(vat_number="GB100000034", address="Elsewhere")

    assert bytes(make_einvoice(issued, paper_of(issued), at=AT, officially=False).content) == first
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        EInvoice.objects.update(content=b"<x/>")


def test_a_spoilt_e_invoice_is_not_given_out(cast: Cast) -> None:
    all_facts()
    three_months(cast)
    issued = document(cast, "INVOICE", "EALING-1")
    make_einvoice(issued, paper_of(issued), at=AT, officially=False)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE payments_einvoice DISABLE TRIGGER USER")
    EInvoice.objects.update(content=b"<x/>")

    with pytest.raises(SpoiltEInvoice, match="damaged"):
        make_einvoice(issued, paper_of(issued), at=AT, officially=False)


def test_a_successor_is_named_from_its_day_on_and_history_stays(cast: Cast) -> None:
    all_facts((FOUND, FOUND + SUCCESSOR))
    agreement = "FOUND-1"
    three_months(cast)  # issued on 3 July
    named = document(cast, "INVOICE", agreement)
    assert named.header["party"]["code"] == "TRUST"
    assert named.agreement.funder is not None
    assert named.agreement.funder.code == "FOUND"


def test_before_its_day_the_predecessor_is_named(cast: Cast) -> None:
    all_facts((FOUND, FOUND + SUCCESSOR.replace("2026-07-01", "2026-07-04")))
    three_months(cast)
    assert document(cast, "INVOICE", "FOUND-1").header["party"]["code"] == "FOUND"


def test_each_way_of_taxing_is_summed_and_rounded_by_itself(cast: Cast) -> None:
    all_facts(("    billing: quarterly\n", f"    billing: quarterly\n{VAT}"), (FOUND, FOUND + SUCCESSOR))
    three_months(cast)

    issued = document(cast, "INVOICE", "FOUND-1")
    paper = paper_of(issued)
    fees = sum(fee.amount_minor for fee in paper.fee_lines)

    assert [(group.kind.category, group.kind.rate) for group in paper.groups] == [
        ("exempt", Decimal(0)),
        ("standard", Decimal(20)),
    ]
    assert fees == 100_000
    assert issued.vat_minor == 20_000
    assert issued.net_minor > fees
    row = make_einvoice(issued, paper, at=AT, officially=True)
    assert text_at(bytes(row.content), ".//cbc:TaxExemptionReason") == "Group 6 of Schedule 9"
    assert rules_broken(bytes(pdf_of(issued.pk, AT).content)) == []


def test_a_credit_is_taxed_as_what_it_reverses_was(cast: Cast) -> None:
    vat = '    vat_rate: "20"\n    vat: [{category: exempt, reason: Group 6}]\n'
    all_facts(('    vat_rate: "20"\n', vat))
    close(cast.programme, "2026-04", cast.finance)
    load((OLD_EALING, EALING))  # taxed at 20% again

    void(cast.programme, "E-001", date(2026, 5, 5))
    close(cast.programme, "2026-05", cast.finance)

    credit_note = document(cast, "CREDIT_NOTE", "EALING-1")
    assert document(cast, "INVOICE", "EALING-1").vat_minor == credit_note.vat_minor == 0
    assert [group.kind.category for group in paper_of(credit_note).groups] == ["exempt"]


def test_the_database_refuses_sums_of_vat_that_do_not_add_up() -> None:
    sums = '{"vat": [{"net_minor": %s, "rate": "20", "vat_minor": %s}]}'
    with connection.cursor() as cursor:
        for net, vat, right in ((1000, 200, True), (1000, 201, False), (999, 200, False)):
            cursor.execute("SELECT payments_vat_is_right(%s::jsonb, 1000, 20, 200)", [sums % (net, vat)])
            assert cursor.fetchone() == (right,)


# Purchase orders


@pytest.mark.parametrize(
    ("orders", "trouble"),
    [
        ("purchase_orders: [{number: P1, amount: '1000.00'}]", None),
        ("purchase_orders: [{number: P1, amount: '999.99'}]", PoTrouble.EXHAUSTED),
        ("purchase_orders: [{number: P1, to: 2026-07-02}]", PoTrouble.EXPIRED),
        ("purchase_orders: [{number: P1, from: 2026-07-04}]", PoTrouble.MISSING),
        ("po_required: true", PoTrouble.MISSING),
    ],
)
def test_an_order_that_does_not_carry_the_invoice_is_a_warning(
    cast: Cast, orders: str, trouble: PoTrouble | None
) -> None:
    all_facts(("    po_number: PO-7781\n", f"    {orders}\n".replace("'", '"')))
    price(cast.programme, "2026-04")
    page = month_page(cast.programme, Month(2026, 4), date(2026, 7, 3))
    assert page.row is not None

    drafts = draft_documents(cast.programme, page.row).receivable.documents
    found = order_warnings(cast.programme, drafts, date(2026, 7, 3))

    assert [(each.ref, each.warning.trouble) for each in found] == (
        [("EALING-1", trouble)] if trouble else []
    )


def test_the_month_shows_the_warning_and_the_document_its_order(cast: Cast, client: Client) -> None:
    order = '    purchase_orders: [{number: P1, amount: "999.99"}]\n'
    all_facts(("    po_number: PO-7781\n", order))
    price(cast.programme, "2026-04")
    client.force_login(cast.finance)

    page = client.get("/programmes/WL-IPS/months/2026-04/").content.decode()
    assert "the invoice is £0.01 more than is left of purchase order P1" in page

    three_months(cast)
    assert paper_of(document(cast, "INVOICE", "EALING-1")).po_number == "P1"


# Pages


def test_the_page_of_a_document_gives_the_file_or_says_what_is_missing(cast: Cast, client: Client) -> None:
    three_months(cast)
    client.force_login(cast.finance)
    address = "/programmes/WL-IPS/documents/INV-000001.xml"

    refused = client.get(address)
    assert refused["Content-Type"].startswith("text/html")
    assert "The e-address of the operator" in refused.content.decode()

    all_facts()
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/xml"
    assert answer["Content-Disposition"] == 'attachment; filename="WL-IPS-INV-000001.xml"'
    page = client.get("/programmes/WL-IPS/documents/INV-000001/").content.decode()
    assert "E-invoice (UBL XML)" in page


def test_finance_changes_what_invoices_say_of_the_operator(cast: Cast, client: Client) -> None:
    client.force_login(cast.finance)
    sent = {
        "address": "5 Example Street",
        "country": "gb",
        "vat_number": "GB 980 7806 84",
        "e_address_scheme": "0088",
        "e_address_id": "5790000436058",
        "iban": "GB82 WEST 1234 5698 7654 32",
    }
    refused = client.post("/programmes/WL-IPS/invoicing-details/", sent)
    assert "identifier of scheme 0088" in refused.content.decode()

    client.post("/programmes/WL-IPS/invoicing-details/", {**sent, "e_address_id": "5790000436057"})
    operator = Operator.objects.get(code="MHEP")
    assert (operator.country, operator.vat_number) == ("GB", "GB980780684")
    assert operator.iban == "GB82WEST12345698765432"


# Rules of the operator's own


@pytest.mark.skipif(not are_installed(), reason="needs the extra einvoice")
def test_rules_of_the_operators_own_are_run_too(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "own.sch"
    file.write_bytes(OWN.replace(b'flag="warning"', b'flag="fatal"'))
    call_command("einvoice_rules", "import", str(file))
    assert EInvoiceRules.objects.get().name == "own"
    all_facts()
    three_months(cast)
    issued = document(cast, "INVOICE", "EALING-1")

    with pytest.raises(CannotMakeEInvoice) as refusal:
        make_einvoice(issued, paper_of(issued), at=AT, officially=True)
    assert {each.rule for each in refusal.value.findings} == {"OWN-1", "OWN-2"}

    call_command("einvoice_rules", "remove", "--name", "own")
    assert make_einvoice(issued, paper_of(issued), at=AT, officially=True).rules == ["EN 16931 (CEN)"]


def test_a_file_that_is_no_rules_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "own.sch"
    file.write_text("no rules")
    with pytest.raises(SystemExit):
        call_command("einvoice_rules", "import", str(file))
    assert "cannot be run" in capsys.readouterr().err or not are_installed()


def test_b10_whoever_overtakes_somebody_else_is_told_what_invoices_say_now(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.finance)
    page = "/programmes/WL-IPS/invoicing-details/"
    shown = client.get(page).context["form"]["shown"].value()
    first, second = ({"address": text, "shown": shown} for text in ("1 Old Street", "2 New Street"))
    assert client.post(page, first).status_code == 302

    overtaking = client.post(page, second)
    assert "It now says: Address (optional): 1 Old Street" in overtaking.text
    assert "2 New Street" in overtaking.text
    operator = cast.programme.operator
    operator.refresh_from_db()
    assert operator.address == "1 Old Street"
    second["shown"] = overtaking.context["form"]["shown"].value()
    assert client.post(page, second).status_code == 302
    operator.refresh_from_db()
    assert operator.address == "2 New Street"

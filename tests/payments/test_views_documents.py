"""Documents and explanations as pages and files: who sees which, and that every figure agrees."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import product
from pathlib import Path

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from mhep.kernel.money import to_major
from mhep.shared.sealed_ids import Kind, sealed_id
from mhep.shared.templatetags.mhep import money
from outcomes.models import OutcomeEvent
from payments.enums import AllocationKind
from payments.models import Allocation, Charge, Document, DocumentFile
from payments.services.allocations import Use, allocate, undo_allocation
from payments.services.papers import pdf_of
from payments.views import documents as views
from providers.enums import OperatorRole
from providers.models import OperatorMember
from tests.cast import AT, Cast, price
from tests.payments.bank import line_of, paying, take
from tests.payments.documents import document, three_months
from tests.payments.golden import CASES, look_at_what_waits_for_the_commit

pytestmark = pytest.mark.django_db

BASE = "/programmes/WL-IPS"


def charge_page(key: int | None) -> str:
    assert key is not None
    return f"{BASE}/charges/{sealed_id(Kind.CHARGE, key)}/"


def event_page(key: int) -> str:
    return f"{BASE}/events/{sealed_id(Kind.EVENT, key)}/"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return " ".join(response.content.decode().split())


def csv_of(client: Client, path: str) -> list[dict[str, str]]:
    content = client.get(path).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline="")))


def xlsx_of(client: Client, path: str) -> list[dict[str, object]]:
    book = openpyxl.load_workbook(io.BytesIO(client.get(path).content))
    headings, *rows = book.worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, headings), row, strict=True)) for row in rows]


def paths_of(issued: Document) -> list[str]:
    """Return every address that shows a document or one of its lines."""
    number = issued.full_number
    line = issued.lines.first()
    assert line is not None
    return [
        f"{BASE}/documents/{number}/",
        f"{BASE}/documents/{number}.pdf",
        f"{BASE}/documents/{number}.csv",
        f"{BASE}/documents/{number}.xlsx",
        charge_page(line.charge_id),
    ]


def test_the_operators_people_see_every_document_and_explanation(cast: Cast) -> None:
    three_months(cast)
    for user in (cast.analyst, cast.finance, cast.administrator, cast.auditor):
        client = client_of(user)
        for issued in Document.objects.all():
            for path in paths_of(issued):
                assert client.get(path).status_code == 200, path


def test_a_funders_people_see_what_concerns_that_funder_and_nothing_else(cast: Cast) -> None:
    three_months(cast)
    seen = {cast.commissioner: "EALING-1", cast.other_commissioner: "FOUND-1"}
    for user, agreement in seen.items():
        client = client_of(user)
        for issued in Document.objects.select_related("agreement"):
            expected = 200 if issued.agreement.ref == agreement else 404
            assert {client.get(path).status_code for path in paths_of(issued)} == {expected}, issued


def test_outsiders_see_nothing_and_strangers_are_asked_to_sign_in(cast: Cast) -> None:
    three_months(cast)
    event = OutcomeEvent.objects.get(reference="E-001")
    paths = [
        *(path for issued in Document.objects.all() for path in paths_of(issued)),
        f"{BASE}/documents/",
        f"{BASE}/documents.csv",
        f"{BASE}/documents.xlsx",
        event_page(event.pk),
        f"{event_page(event.pk)}charges/",
    ]
    outsider, stranger = client_of(cast.outsider), Client()
    for path in paths:
        assert outsider.get(path).status_code == 404, path
        response = stranger.get(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/")


@pytest.mark.parametrize(
    "number",
    ["INV-000099", "INV-1", "INV-0000001", "XXX-000001", "INV-", "INV", "INV-٠٠٠٠٠١", "INV-9999999999"],
)
def test_a_number_that_is_none_is_no_page(cast: Cast, number: str) -> None:
    three_months(cast)

    assert client_of(cast.finance).get(f"{BASE}/documents/{number}/").status_code == 404


def test_a_document_of_another_programme_is_no_page_of_this_one(cast: Cast) -> None:
    three_months(cast)
    issued = document(cast, "INVOICE", "EALING-1")

    assert (
        client_of(cast.finance).get(f"/programmes/OTHER/documents/{issued.full_number}/").status_code == 404
    )


def test_a_pdf_is_a_download_of_the_stored_bytes(cast: Cast) -> None:
    """N8."""
    three_months(cast)
    client = client_of(cast.finance)
    for issued in Document.objects.all():
        first = client.get(f"{BASE}/documents/{issued.full_number}.pdf")
        again = client.get(f"{BASE}/documents/{issued.full_number}.pdf")

        assert first["Content-Type"] == "application/pdf"
        assert first["Content-Disposition"] == f'attachment; filename="WL-IPS-{issued.full_number}.pdf"'
        assert first["X-Content-Type-Options"] == "nosniff"
        assert first["Cache-Control"] == "private, no-store"
        assert first.content == again.content
        assert sha256(first.content).hexdigest() == DocumentFile.objects.get(pk=issued.pk).sha256


def test_a_damaged_pdf_is_refused_in_words(cast: Cast) -> None:
    """F15."""
    three_months(cast)
    issued = document(cast, "INVOICE", "EALING-1")
    stored = pdf_of(issued.pk, AT)
    look_at_what_waits_for_the_commit()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_documentfile DISABLE TRIGGER USER")
    DocumentFile.objects.filter(pk=issued.pk).update(content=bytes(stored.content)[:-1])

    response = client_of(cast.finance).get(f"{BASE}/documents/{issued.full_number}.pdf")

    assert response.status_code == 500
    assert "was damaged after it was issued" in response.content.decode()
    assert response["Content-Type"].startswith("text/html")


def test_the_page_groups_lines_by_outcome_and_leads_to_each_explanation(cast: Cast) -> None:
    three_months(cast)
    issued = document(cast, "INVOICE", "EALING-1")

    page = text_of(client_of(cast.finance), f"{BASE}/documents/{issued.full_number}/")

    for line in issued.lines.select_related("charge"):
        assert f'href="{charge_page(line.charge_id)}"' in page
    assert "Term job-start, Schedule 4, 2.3" in page
    assert "£1,200.00" in page
    assert "VAT at 20%" in page
    assert "PO-7781" in page


def test_the_lines_of_a_long_document_have_pages(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "LINES_PAGE", 1)
    three_months(cast)
    path = f"{BASE}/documents/{document(cast, 'INVOICE', 'EALING-1').full_number}/"
    client = client_of(cast.finance)

    first, second = text_of(client, path), text_of(client, f"{path}?page=2")

    assert ("E-001" in first, "E-002" in first) == (True, False)
    assert ("E-001" in second, "E-002" in second) == (False, True)
    assert "(page 2 of 2)" in second


def test_a_credit_note_and_its_invoice_name_and_link_each_other(cast: Cast) -> None:
    three_months(cast)
    invoice, credit_note = (document(cast, kind, "EALING-1") for kind in ("INVOICE", "CREDIT_NOTE"))
    client = client_of(cast.commissioner)

    on_the_credit_note = text_of(client, f"{BASE}/documents/{credit_note.full_number}/")
    on_the_invoice = text_of(client, f"{BASE}/documents/{invoice.full_number}/")

    assert f'href="{BASE}/documents/{invoice.full_number}/"' in on_the_credit_note
    assert f'href="{BASE}/documents/{credit_note.full_number}/"' in on_the_invoice


def test_fees_are_listed_and_explained(cast: Cast) -> None:
    three_months(cast)
    issued = document(cast, "INVOICE", "FOUND-1")
    client = client_of(cast.other_commissioner)
    fee = Charge.objects.filter(kind="FEE", line__document=issued).order_by("fee_month").first()
    assert fee is not None

    assert f'href="{charge_page(fee.pk)}"' in text_of(client, f"{BASE}/documents/{issued.full_number}/")
    page = text_of(client, charge_page(fee.pk))
    assert "Instalment 1 of 3" in page
    assert "£333.34" in page


def test_a_schedule_comes_to_the_net_of_its_document_in_both_forms(cast: Cast) -> None:
    """X3."""
    three_months(cast)
    client = client_of(cast.finance)
    for issued in Document.objects.all():
        path = f"{BASE}/documents/{issued.full_number}"
        in_csv, in_xlsx = csv_of(client, f"{path}.csv"), xlsx_of(client, f"{path}.xlsx")

        assert sum(Decimal(row["Amount"]) for row in in_csv) == Decimal(to_major(issued.net_minor))
        assert sum(Decimal(str(row["Amount"])) for row in in_xlsx) == Decimal(to_major(issued.net_minor))
        assert [row["Event"] for row in in_csv] == [row["Event"] or "" for row in in_xlsx]
        assert len(in_csv) == issued.line_count


def test_a_list_and_its_exports_agree_under_every_filter(cast: Cast) -> None:
    """X3: what the screen totals, what the CSV holds and what the XLSX holds."""
    three_months(cast)
    client = client_of(cast.finance)
    filters = product(
        ("", "f-EALING", "p-TWN", "nonsense"),
        ("", "INVOICE", "CREDIT_NOTE"),
        (("", ""), ("2026-05", ""), ("2026-04", "2026-05"), ("x", "2026-04")),
    )
    for party, kind, (first, last) in filters:
        query = f"?party={party}&kind={kind}&from={first}&to={last}"
        response = client.get(f"{BASE}/documents/{query}")
        totals = {(total.direction, total.kind): total for total in response.context["totals"]}
        in_csv = csv_of(client, f"{BASE}/documents.csv{query}")
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in in_csv:
            sums[row["Direction"].upper(), row["Kind"].upper().replace(" ", "_").split("_S")[0]] += Decimal(
                row["Total"]
            )
        assert sums == {key: Decimal(to_major(total.gross_minor)) for key, total in totals.items()}
        in_xlsx = xlsx_of(client, f"{BASE}/documents.xlsx{query}")
        assert [row["Number"] for row in in_xlsx] == [row["Number"] for row in in_csv]
        assert [Decimal(str(row["Total"])) for row in in_xlsx] == [Decimal(row["Total"]) for row in in_csv]
        assert response.context["page"].paginator.count == len(in_csv)


def test_a_chosen_filter_is_shown_and_can_be_removed(cast: Cast) -> None:
    three_months(cast)

    page = text_of(client_of(cast.finance), f"{BASE}/documents/?party=f-EALING&kind=INVOICE&from=2026-04")

    assert 'href="?kind=INVOICE&amp;from=2026-04"' in page
    assert 'href="?party=f-EALING&amp;from=2026-04"' in page
    assert 'href="?party=f-EALING&amp;kind=INVOICE"' in page
    assert f'href="{BASE}/documents.csv?party=f-EALING&amp;kind=INVOICE&amp;from=2026-04"' in page


def test_a_funders_filters_offer_only_what_it_sees(cast: Cast) -> None:
    three_months(cast)

    choices = client_of(cast.commissioner).get(f"{BASE}/documents/").context["choices"]

    assert [option.value for option in choices.parties] == ["f-EALING"]
    assert [option.value for option in choices.kinds] == ["INVOICE", "CREDIT_NOTE"]
    assert [option.value for option in choices.months] == ["2026-04", "2026-05"]


def test_the_list_has_pages_and_one_that_does_not_exist_is_the_last(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE", 2)
    three_months(cast)
    client = client_of(cast.finance)

    page = text_of(client, f"{BASE}/documents/?page=2")

    assert "(page 2 of 3)" in page
    assert client.get(f"{BASE}/documents/?page=x").context["page"].number == 1
    assert client.get(f"{BASE}/documents/?page=99").status_code == 200


def test_an_empty_list_says_when_documents_are_issued(cast: Cast) -> None:
    assert "Documents are issued when a month is closed" in text_of(
        client_of(cast.finance), f"{BASE}/documents/"
    )


def test_a_form_that_is_none_is_no_file(cast: Cast) -> None:
    three_months(cast)
    client = client_of(cast.finance)
    issued = document(cast, "INVOICE", "EALING-1")

    assert client.get(f"{BASE}/documents.exe").status_code == 404
    assert client.get(f"{BASE}/documents/{issued.full_number}.exe").status_code == 404


def test_why_this_amount_links_every_figure_to_its_source(cast: Cast) -> None:
    three_months(cast)
    event = OutcomeEvent.objects.get(reference="E-002")
    charge = Charge.objects.get(event=event, agreement__ref="EALING-1")
    balance = Charge.objects.get(event=event, agreement__ref="FOUND-1", kind="CHARGE")
    issued = document(cast, "INVOICE", "EALING-1")

    page = text_of(client_of(cast.finance), charge_page(charge.pk))

    for href in (
        event_page(event.pk),
        f"{BASE}/rate-card/#agreement-EALING-1",
        f"{BASE}/rate-card/#agreement-EALING-1:job-start",
        f"{BASE}/rate-card/#outcome-JOB_START",
        f"{BASE}/documents/{issued.full_number}/",
        charge_page(balance.pk),
    ):
        assert f'href="{href}"' in page, href
    assert "of the £750.00 due" in page.replace('<span class="mhep-amount">', "").replace("</span>", "")
    assert "the cap for the financial year 2026/27 had only" in page


def test_a_funders_explanation_names_no_other_funder_and_links_no_event(cast: Cast) -> None:
    three_months(cast)
    event = OutcomeEvent.objects.get(reference="E-002")
    charge = Charge.objects.get(event=event, agreement__ref="FOUND-1", kind="CHARGE")

    page = text_of(client_of(cast.other_commissioner), charge_page(charge.pk))

    assert "E-002" in page
    assert f"{BASE}/events/" not in page
    assert "Ealing" not in page
    assert "Example Provider" not in page
    assert "Charged to the other funders of this outcome" in page


def test_a_credit_leads_to_the_charge_that_it_reverses_and_back(cast: Cast) -> None:
    three_months(cast)
    credit = Charge.objects.get(kind="CREDIT", agreement__ref="EALING-1")
    client = client_of(cast.commissioner)

    assert f'href="{charge_page(credit.credits_id)}"' in text_of(client, charge_page(credit.pk))
    assert f'href="{charge_page(credit.pk)}"' in text_of(client, charge_page(credit.credits_id))


def test_all_that_an_event_led_to_is_one_page(cast: Cast) -> None:
    price(cast.programme, "2026-04")
    event = OutcomeEvent.objects.get(reference="E-001")
    path = f"{event_page(event.pk)}charges/"

    for_operator = text_of(client_of(cast.auditor), path)
    for_funder = text_of(client_of(cast.commissioner), path)

    assert "Example Foundation" in for_operator
    assert "of a tariff of £1,250.00" in for_operator
    assert "Example Foundation" not in for_funder
    assert "Your organisation in all" in for_funder


def test_an_event_that_nothing_was_decided_about_says_so(cast: Cast) -> None:
    event = OutcomeEvent.objects.get(reference="E-005")
    path = f"{event_page(event.pk)}charges/"

    assert "Nothing has been decided" in text_of(client_of(cast.finance), path)
    assert client_of(cast.commissioner).get(path).status_code == 404


def test_a_page_takes_as_many_queries_for_many_lines_as_for_few(tmp_path: Path) -> None:
    """Counted on the documents of a golden case with one line and with many."""
    golden = next(case for case in CASES if case.name == "region-and-municipalities")
    golden.prepare(tmp_path)
    for period in golden.periods[:8]:
        golden.close(period)
    documents = Document.objects.filter(kind="INVOICE").order_by("line_count")
    few, many = documents.first(), documents.last()
    assert few is not None
    assert many is not None
    assert many.line_count > few.line_count + 3
    user = User.objects.create_user("finance@example.org", name="Example Finance")
    OperatorMember.objects.create(operator=few.operator, user=user, role=OperatorRole.FINANCE)
    client = client_of(user)
    client.get("/help/")  # the first request begins the sign-in
    counts = []
    for issued in (few, many):
        with CaptureQueriesContext(connection) as queries:
            text_of(client, f"/programmes/{golden.code}/documents/{issued.full_number}/")
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 20


def test_an_invoice_says_how_far_it_is_paid_and_by_what(cast: Cast) -> None:
    """The funder reads that its payment arrived; the operator also reaches the payment itself."""
    three_months(cast)
    invoice, credit = document(cast, "INVOICE", "EALING-1"), document(cast, "CREDIT_NOTE", "EALING-1")
    path = f"{BASE}/documents/{invoice.full_number}/"
    funder, operator = client_of(cast.commissioner), client_of(cast.finance)
    assert "Not yet" in text_of(funder, path)

    take(cast.programme, ("FIRST", 100_00))
    line = line_of("FIRST")
    allocate([paying(line, invoice, 100_00)], actor=None, at=AT)
    page, link = text_of(funder, path), str(sealed_id(Kind.BANK_LINE, line.pk))
    rest = money(invoice.gross_minor - 100_00, "GBP")
    assert f"In part</strong> {rest} of {money(invoice.gross_minor, 'GBP')} is left" in page
    assert "20 July 2026: £100.00, payment received" in page
    assert link not in page
    assert link in text_of(operator, path)

    set_off = Use(AllocationKind.SET_OFF, credit.gross_minor, credit=credit.pk, document=invoice.pk)
    allocate([set_off], actor=None, at=AT)
    assert f"{money(credit.gross_minor, 'GBP')}, credit note <a" in text_of(funder, path)
    used = text_of(funder, f"{BASE}/documents/{credit.full_number}/")
    assert "In full" in used
    assert "set off against <a" in used

    first = Allocation.objects.get(kind=AllocationKind.PAYMENT)
    undo_allocation(
        allocation_id=first.pk, reason="Another's", on=date(2026, 8, 3), actor=cast.finance, at=AT
    )
    assert "payment received" not in text_of(operator, path)


def test_what_was_paid_out_for_a_remittance_is_not_called_received(cast: Cast) -> None:
    three_months(cast)
    remittance = Document.objects.get(kind="REMITTANCE")
    take(cast.programme, ("OUT", -remittance.gross_minor))
    allocate([paying(line_of("OUT"), remittance, remittance.gross_minor)], actor=None, at=AT)
    page = text_of(client_of(cast.finance), f"{BASE}/documents/{remittance.full_number}/")
    assert "payment made" in page
    assert "payment received" not in page


def test_the_list_tells_and_filters_by_how_far_documents_are_paid(cast: Cast) -> None:
    three_months(cast)
    invoice = document(cast, "INVOICE", "EALING-1")
    operator, listed = client_of(cast.finance), f"{BASE}/documents/"
    assert "In part" not in text_of(operator, listed).partition("Download this list")[2]
    take(cast.programme, ("FIRST", 100_00))
    allocate([paying(line_of("FIRST"), invoice, 100_00)], actor=None, at=AT)

    part = text_of(operator, f"{listed}?paid=part")
    assert f"£{(invoice.gross_minor - 100_00) / 100:,.2f} left" in part
    assert "Paid: In part" in part
    assert invoice.full_number not in text_of(operator, f"{listed}?paid=open")
    assert invoice.full_number not in text_of(operator, f"{listed}?paid=paid")

    content = operator.get(f"{BASE}/documents.csv?paid=part").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    left = f"{(invoice.gross_minor - 100_00) / 100:.2f}"
    assert [(row["Number"], row["Paid"], row["Left"]) for row in rows] == [
        (invoice.full_number, "In part", left)
    ]


def test_who_may_change_the_invoicing_details_is_led_to_them(cast: Cast) -> None:
    link = f"{BASE}/invoicing-details/"
    assert link in client_of(cast.administrator).get(f"{BASE}/documents/").text
    assert link not in client_of(cast.auditor).get(f"{BASE}/documents/").text

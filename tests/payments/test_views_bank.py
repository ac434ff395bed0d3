"""The pages of the bank, of payments and of reconciliation, as people use them (X3)."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple
from datetime import date, timedelta
from types import SimpleNamespace

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import SignIn
from funders.models import Agreement, Funder
from mhep.kernel.periods import Month
from mhep.shared.sealed_ids import Kind, sealed_id
from payments.enums import AllocationKind
from payments.models import Allocation, BankAccount, BankLine, Document
from payments.selectors.bank import account_state
from payments.selectors.days_to_pay import days_to_pay
from payments.selectors.reconciliation import Chosen, reconciliation
from payments.services.allocations import Use, allocate
from tests.cast import AT, Cast, close
from tests.payments.bank import MAPPING, an_account, left, line_of, paying, statement, take
from tests.payments.documents import document, three_months, void

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(cast: Cast, client: Client) -> Client:
    client.force_login(cast.finance)
    client.get("/account/")
    return client


def send(client: Client, account: BankAccount, content: bytes) -> HttpResponse:
    file = SimpleUploadedFile("statement", content)
    address = reverse("payments:bank-import", args=["WL-IPS", account.pk])
    return client.post(address, {"file": file}, follow=True)  # type: ignore[return-value]


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def test_an_account_is_added_and_its_first_csv_asks_for_its_columns(cast: Cast, client: Client) -> None:
    page = client.post(
        reverse("payments:bank-account-list", args=["WL-IPS"]),
        {"name": "Current", "number": "20-20-15 55555555"},
        follow=True,
    )
    assert "Import its first statement" in page.text
    account = BankAccount.objects.get()
    asked = send(client, account, statement(("CASH", 5_00)))
    assert "Which column is what?" in text_of(asked)
    assert '<option value="Date" selected>' in text_of(asked)
    address = asked.request["PATH_INFO"] + "?" + asked.request["QUERY_STRING"]  # type: ignore[attr-defined]
    wrong = client.post(address, {**MAPPING.stored(), "amount": ""})
    assert "Choose either the column of the amount" in wrong.text
    assert client.post(address, MAPPING.stored(), follow=True).status_code == 200
    assert "1 of 1 lines are new" in text_of(send(client, account, statement(("CASH", 5_00))))
    assert "0 of 1 lines are new, 1 were there already" in text_of(
        send(client, account, statement(("CASH", 5_00)))
    )


def test_a_file_with_a_fault_is_refused_in_words(cast: Cast, client: Client) -> None:
    page = text_of(send(client, an_account(cast.programme), b"%PDF-1.4"))
    assert "There is a problem" in page
    assert "Download the statement as one of these" in page
    assert not BankLine.objects.exists()


def test_a_proposal_is_confirmed_and_the_payment_no_longer_waits(cast: Cast, client: Client) -> None:
    three_months(cast)
    invoice = document(cast, "INVOICE", "EALING-1")
    take(cast.programme, (f"PART {invoice.full_number}", 100_00))
    account = an_account(cast.programme)
    address = reverse("payments:bank-account", args=["WL-IPS", account.pk])
    page = client.get(address).text
    token = page.split('name="proposal" value="')[1].split('"')[0]
    confirm = reverse("payments:bank-confirm", args=["WL-IPS", account.pk])
    done = client.post(confirm, {"proposal": [token]}, follow=True).text
    assert "1 payment is allocated as proposed" in done
    assert "Every payment is allocated" in done
    assert left(invoice) == invoice.gross_minor - 100_00
    again = client.post(confirm, {"proposal": [token]}, follow=True).text
    assert "not as you saw it any more" in again
    assert "No proposal was chosen" in client.post(confirm, follow=True).text


def test_moving_money_asks_for_a_fresh_proof(cast: Cast, client: Client) -> None:
    three_months(cast)
    take(cast.programme, ("CASH", 5_00))
    SignIn.objects.update(confirmed_at=timezone.now() - timedelta(hours=1))
    line = line_of("CASH")
    for view, key in (
        ("bank-confirm", line.account_id),
        ("bank-line-allocate", line.pk),
    ):
        answer = client.post(reverse(f"payments:{view}", args=["WL-IPS", key]))
        assert answer.headers["Location"].startswith("/sign-in/confirm/")


def test_a_payment_is_allocated_by_hand_and_undone(cast: Cast, client: Client) -> None:
    three_months(cast)
    invoice = document(cast, "INVOICE", "EALING-1")
    take(cast.programme, ("CASH", 50_00))
    line = line_of("CASH")
    address = reverse("payments:bank-line-allocate", args=["WL-IPS", line.pk])
    for given, words in (
        ({"amount": "x", "number": invoice.full_number}, "Amount must be an amount like 1250.00"),
        ({"amount": "1.00"}, "Choose one thing"),
        ({"amount": "1.00", "number": "INV-999999"}, "There is no document INV-999999"),
        ({"amount": "50.01", "number": invoice.full_number}, "Only 50.00 is open of this payment"),
    ):
        assert words in client.post(address, given).text
    done = client.post(address, {"amount": "30.00", "number": invoice.full_number.lower()}, follow=True)
    assert "The amount is allocated" in done.text
    kept = {"amount": "20.00", "funder": str(sealed_id(Kind.FUNDER, invoice.agreement.funder_id or 0))}
    client.post(address, kept)
    assert line_of("CASH").balance.open_minor == 0
    allocation = Allocation.objects.earliest("pk")
    undo = reverse("payments:allocation-undo", args=["WL-IPS", allocation.pk])
    assert invoice.full_number in client.get(undo).text
    assert "Write why this is undone" in client.post(undo).text
    assert "Its amount is open again" in client.post(undo, {"reason": "Wrong"}, follow=True).text
    assert left(invoice) == invoice.gross_minor
    assert "undone before" in client.post(undo, {"reason": "Wrong"}).text


def rows_of(client: Client, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(address).content.decode("utf-8-sig"))))


def test_x3_reconciliation_ties_to_the_ledger_whatever_was_paid(cast: Cast, client: Client) -> None:
    three_months(cast)
    invoice, credit = (document(cast, kind, "EALING-1") for kind in ("INVOICE", "CREDIT_NOTE"))
    take(cast.programme, ("A", 100_00), ("B", 40_00))
    a, b = line_of("A").pk, line_of("B").pk
    funder = invoice.agreement.funder_id
    allocate(
        [
            Use(AllocationKind.PAYMENT, 90_00, line=a, document=invoice.pk),
            Use(AllocationKind.SHORTFALL, 5_00, line=a, document=invoice.pk),
            Use(AllocationKind.SET_OFF, 7_00, credit=credit.pk, document=invoice.pk),
            Use(AllocationKind.ON_ACCOUNT, 40_00, line=b, funder=funder),
        ],
        actor=None,
        at=AT,
    )
    page = reconciliation(cast.programme, Chosen(), date(2026, 9, 30))
    assert page.difference == 0
    ealing = next(row.figures for row in page.rows if row.funder.pk == funder)
    assert (ealing.received, ealing.bank_charges, ealing.set_off) == (90_00, 5_00, 0)
    assert ealing.unallocated == 40_00
    owed = invoice.gross_minor - credit.gross_minor - 95_00
    assert ealing.outstanding == owed
    assert ealing.age_1 == left(invoice)  # due on 2 August
    assert [page.totals.payer_difference, page.totals.period_difference, page.totals.unexplained] == [0, 0, 0]
    rows = rows_of(client, reverse("payments:reconciliation-file", args=["WL-IPS", "csv"]))
    assert rows[-1]["Outstanding"] == f"{page.sum.outstanding / 100:.2f}"
    months = reconciliation(cast.programme, Chosen(funder=invoice.agreement.funder), date(2026, 9, 30))
    assert sum(row.figures.outstanding for row in months.rows) == owed
    assert sum(row.figures.set_off for row in months.rows) == 0


def test_days_to_pay_run_to_the_payment_that_settled_the_last(cast: Cast, client: Client) -> None:
    three_months(cast)
    invoice = document(cast, "INVOICE", "EALING-1")  # of 3 July, due on 2 August
    funder = Funder.objects.get(agreements=invoice.agreement)
    new_year = date(2027, 1, 1)

    def ealing(today: date) -> tuple[object, ...] | None:
        rows = days_to_pay(cast.programme, Chosen(funder=funder), today)
        return next((astuple(row)[1:] for row in rows), None)

    assert ealing(date(2026, 7, 20)) is None  # nothing is paid and nothing is late
    rest = invoice.gross_minor - 100_00
    take(cast.programme, ("FIRST", 100_00), day=date(2026, 7, 10))
    take(cast.programme, ("REST", rest), day=date(2026, 8, 3))
    allocate([paying(line_of("FIRST"), invoice, 100_00)], actor=None, at=AT)
    assert ealing(date(2026, 8, 2)) is None
    assert ealing(new_year) == (0, None, None, 0, 1, rest)
    allocate([paying(line_of("REST"), invoice, rest)], actor=None, at=AT)
    assert ealing(new_year) == (1, 31, 31, 1, 0, 0)
    assert days_to_pay(cast.programme, Chosen(funder, last=Month.parse("2026-03")), new_year) == []

    page = client.get(reverse("payments:reconciliation", args=["WL-IPS"])).text
    assert f'{funder.name}</th><td class="govuk-table__cell govuk-table__cell--numeric">1</td>' in page
    book = client.get(reverse("payments:reconciliation-file", args=["WL-IPS", "xlsx"])).content
    sheet = openpyxl.load_workbook(io.BytesIO(book))["Days to pay"]
    assert (funder.name, 1, 31, 31, 1) in [row[:5] for row in sheet.iter_rows(values_only=True)]


def test_the_median_and_the_longest_of_the_days_to_pay_are_told_apart(cast: Cast) -> None:
    """Three invoices of one funder, issued on 3 July and paid after 7, 10 and 28 days."""
    Agreement.objects.filter(ref="FOUND-1").update(billing="MONTHLY")
    three_months(cast)
    funder = Funder.objects.get(agreements__ref="FOUND-1")
    invoices = list(Document.objects.filter(agreement__funder=funder, kind="INVOICE").order_by("pk"))
    assert len(invoices) == 3
    for number, (invoice, day) in enumerate(zip(invoices, (13, 10, 31), strict=True)):
        take(cast.programme, (f"PAID {number}", invoice.gross_minor), day=date(2026, 7, day))
        allocate([paying(line_of(f"PAID {number}"), invoice, invoice.gross_minor)], actor=None, at=AT)
    (row,) = days_to_pay(cast.programme, Chosen(funder=funder), date(2026, 12, 1))
    assert (row.paid, row.median, row.longest) == (3, 10, 28)


def test_an_invoice_that_credit_notes_settle_alone_is_not_paid(cast: Cast) -> None:
    three_months(cast)
    for event in ("E-002", "E-003"):
        void(cast.programme, event, date(2026, 7, 5))
    close(cast.programme, "2026-07", cast.finance)
    invoice = document(cast, "INVOICE", "EALING-1")
    for note in Document.objects.filter(agreement=invoice.agreement, kind="CREDIT_NOTE"):
        off = Use(AllocationKind.SET_OFF, note.gross_minor, credit=note.pk, document=invoice.pk)
        allocate([off], actor=None, at=AT)
    assert left(invoice) == 0
    chosen = Chosen(invoice.agreement.funder)
    assert days_to_pay(cast.programme, chosen, date(2026, 12, 1)) == []


def test_the_last_set_off_counts_where_money_settled_the_rest(cast: Cast) -> None:
    three_months(cast)
    invoice, credit = (document(cast, kind, "EALING-1") for kind in ("INVOICE", "CREDIT_NOTE"))
    rest = invoice.gross_minor - credit.gross_minor
    take(cast.programme, ("REST", rest), day=date(2026, 8, 2))  # the due date, which is not late
    off = Use(AllocationKind.SET_OFF, credit.gross_minor, credit=credit.pk, document=invoice.pk)
    allocate([off], actor=None, at=AT)
    assert days_to_pay(cast.programme, Chosen(invoice.agreement.funder), date(2026, 8, 2)) == []
    allocate([paying(line_of("REST"), invoice, rest)], actor=None, at=AT)
    (row,) = days_to_pay(cast.programme, Chosen(invoice.agreement.funder), date(2026, 8, 2))
    assert (row.paid, row.median, row.late) == (1, 30, 0)


def test_any_figure_leads_to_its_lines_in_two_clicks(cast: Cast, client: Client) -> None:
    three_months(cast)
    invoice = document(cast, "INVOICE", "EALING-1")
    page = client.get(reverse("payments:reconciliation", args=["WL-IPS"])).text
    assert '"?funder=EALING"' in page
    months = client.get(reverse("payments:reconciliation", args=["WL-IPS"]), {"funder": "EALING"}).text
    cell = reverse("payments:reconciliation-cell", args=["WL-IPS", "EALING", "2026-04"])
    assert cell in months
    assert invoice.full_number in client.get(cell).text


def test_months_that_are_left_out_change_the_rows_and_not_the_ties(cast: Cast, client: Client) -> None:
    three_months(cast)
    address = reverse("payments:reconciliation", args=["WL-IPS"])
    page = client.get(address, {"from": "2026-09"}).text
    assert "Close a month, or remove a filter" in page
    assert "Tie to ledger, of the whole programme" in page


def test_a_funders_own_file_is_compared_and_nothing_is_stored(cast: Cast, client: Client) -> None:
    three_months(cast)
    invoice = document(cast, "INVOICE", "EALING-1")
    address = reverse("payments:remittance-compare", args=["WL-IPS", "EALING"])

    def compared(content: str, **more: str) -> HttpResponse:
        return client.post(address, {"file": SimpleUploadedFile("f.csv", content.encode()), **more})  # type: ignore[return-value]

    body = f"reference,amount\n{invoice.full_number},1\nINV-000999,2.00\n"
    page = text_of(compared(body))
    for words in ("Different amount", "Only theirs", "Only ours"):
        assert words in page
    assert "heading amount is missing" in text_of(compared("reference\nx\n"))
    assert "Row 2" in text_of(compared("reference,amount\nx,ten\n"))
    sent = compared(body, send="csv")
    assert sent.headers["Content-Type"].startswith("text/csv")
    assert not BankLine.objects.exists()


def test_a_funder_sees_none_of_the_operators_bank(cast: Cast, client: Client) -> None:
    three_months(cast)
    take(cast.programme, ("CASH", 5_00))
    line = line_of("CASH")
    client.force_login(cast.commissioner)
    for view, arguments in (
        ("bank-account-list", []),
        ("bank-account", [line.account_id]),
        ("bank-line", [line.pk]),
        ("reconciliation", []),
        ("remittance-compare", ["EALING"]),
    ):
        assert client.get(reverse(f"payments:{view}", args=["WL-IPS", *arguments])).status_code == 403
    assert not BankLine.objects.visible_to(cast.commissioner).exists()
    assert Document.objects.visible_to(cast.commissioner).exists()


def test_the_made_up_statement_of_the_demo_is_sound_and_has_every_trouble(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_months(cast)
    account = an_account(cast.programme)
    address = reverse("payments:bank-demo-statement", args=["WL-IPS", account.pk])
    content = client.get(address).content
    monkeypatch.setattr("payments.views.bank.settings", SimpleNamespace(DEMO=False))
    assert client.get(address).status_code == 404
    monkeypatch.undo()
    assert "matched by themselves" in text_of(send(client, account, content))
    assert "0 of" in text_of(send(client, account, content))
    assert account_state(account).difference_minor == 0


def test_what_is_kept_on_account_says_where_it_came_from_and_pays_an_invoice(
    cast: Cast, client: Client
) -> None:
    three_months(cast)
    invoice = document(cast, "INVOICE", "EALING-1")
    listed = reverse("payments:on-account", args=["WL-IPS"])
    assert "No money is kept on an account" in client.get(listed).text
    take(cast.programme, ("IN ADVANCE", 500_00))
    line, funder = line_of("IN ADVANCE"), invoice.agreement.funder_id
    allocate([Use(AllocationKind.ON_ACCOUNT, 450_00, line=line.pk, funder=funder)], actor=None, at=AT)
    kept = Allocation.objects.get()
    page = client.get(listed).text
    assert "Kept in all</dt><dd>£450.00" in page
    assert "IN ADVANCE" in page
    assert reverse("payments:bank-line", args=["WL-IPS", line.pk]) in page
    (row,) = rows_of(client, reverse("payments:on-account-file", args=["WL-IPS", "csv"]))
    told = (row["Amount"], row["Received on"], row["What the bank says"])
    assert told == ("450.00", "2026-07-20", "IN ADVANCE")

    spend = reverse("payments:on-account-spend", args=["WL-IPS", kept.pk])
    assert invoice.full_number in client.get(spend).text
    asked = {"number": invoice.full_number, "amount": "451.00"}
    assert "Only 450.00 is kept on the account" in client.post(spend, asked).text
    owed = left(invoice)
    done = client.post(spend, {**asked, "amount": "400.00"}, follow=True)
    assert "Kept in all</dt><dd>£50.00" in done.text
    assert left(invoice) == owed - 400_00
    assert client.get(spend).status_code == 404

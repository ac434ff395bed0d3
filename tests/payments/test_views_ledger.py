"""The pages of the ledger and their files: every figure ties to the documents (X3)."""

from __future__ import annotations

import csv
import io

import pytest
from django.db.models import Sum
from django.test import Client

from mhep.shared.sealed_ids import Kind, sealed_id
from payments.models import Document, Journal
from payments.selectors.ledger import trial_balances
from tests.cast import ISSUED_ON, Cast
from tests.payments.documents import document, three_months

pytestmark = pytest.mark.django_db
LEDGER = "/programmes/WL-IPS/ledger"


@pytest.fixture
def client(cast: Cast, client: Client) -> Client:
    three_months(cast)
    client.force_login(cast.auditor)
    return client


def owed(cast: Cast) -> int:
    """Return what funders owe: their invoices less their credit notes."""
    sums = dict(
        Document.objects.filter(agreement__direction="RECEIVABLE", operator=cast.programme.operator)
        .values_list("kind")
        .annotate(total=Sum("gross_minor"))
    )
    return int(sums["INVOICE"] - sums["CREDIT_NOTE"])


def rows_of(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_x3_the_trial_balance_ties_to_the_documents_on_the_page_and_in_its_file(
    cast: Cast, client: Client
) -> None:
    (balance,) = trial_balances(cast.programme.operator, ISSUED_ON)
    by_account = {row.account.value: row.debits - row.credits for row in balance.rows}
    assert by_account["RECEIVABLES"] == owed(cast)
    assert balance.difference == 0
    assert sum(by_account.values()) == 0
    rows = rows_of(client, f"{LEDGER}.csv")
    shown = {row["Account"]: row["Debit balance"] for row in rows}
    assert shown["Receivables from funders"] == f"{owed(cast) / 100:.2f}"
    assert (rows[-1]["Account"], rows[-1]["Debit balance"]) == ("Total", rows[-1]["Credit balance"])
    assert f"£{owed(cast) / 100:,.2f}" in client.get(f"{LEDGER}/").text


def test_the_trial_balance_of_an_earlier_day_leaves_out_what_came_later(cast: Cast, client: Client) -> None:
    page = client.get(f"{LEDGER}/?on_day=2&on_month=7&on_year=2026").text
    assert "Trial balance at 2 July 2026" in page
    assert "Nothing was posted by this day" in page
    assert "Receivables" in client.get(f"{LEDGER}/?on_day=3&on_month=7&on_year=2026").text
    assert rows_of(client, f"{LEDGER}.csv?on_day=2&on_month=7&on_year=2026") == []


def test_a_day_that_is_none_is_named_and_today_is_shown(client: Client) -> None:
    page = client.get(f"{LEDGER}/?on_day=31&on_month=2&on_year=2026").text
    assert "As at needs a real date" in page
    assert "There is a problem" in page


def test_an_account_lists_its_postings_and_narrows_to_a_funder(cast: Cast, client: Client) -> None:
    page = client.get(f"{LEDGER}/receivables/").text
    assert f"£{owed(cast) / 100:,.2f}" in page
    ealing = rows_of(client, f"{LEDGER}/receivables.csv?party=f-EALING")
    invoice, credit = (document(cast, kind, "EALING-1") for kind in ("INVOICE", "CREDIT_NOTE"))
    assert {(row["Document"], row["Debit"], row["Credit"]) for row in ealing} == {
        (invoice.full_number, f"{invoice.gross_minor / 100:.2f}", "0.00"),
        (credit.full_number, "0.00", f"{credit.gross_minor / 100:.2f}"),
    }
    assert rows_of(client, f"{LEDGER}/receivables.csv?from=2026-08") == []
    later = client.get(f"{LEDGER}/receivables/?from=2026-08").text
    assert later.count(f"£{owed(cast) / 100:,.2f}") == 2  # before, and the balance


def test_a_movement_shows_both_sides_and_leads_to_its_document(cast: Cast, client: Client) -> None:
    invoice = document(cast, "INVOICE", "EALING-1")
    journal = Journal.objects.get(document=invoice)
    page = client.get(f"/programmes/WL-IPS/journals/{sealed_id(Kind.JOURNAL, journal.pk)}/").text
    assert f"/documents/{invoice.full_number}/" in page
    for amount in (invoice.gross_minor, invoice.net_minor, invoice.vat_minor):
        assert f"£{amount / 100:,.2f}" in page


@pytest.mark.parametrize(
    "address",
    ["/ledger/nothing/", "/ledger/RECEIVABLES/", "/ledger.pdf", f"/journals/{sealed_id(Kind.JOURNAL, 0)}/"],
)
def test_what_does_not_exist_is_not_found(client: Client, address: str) -> None:
    assert client.get(f"/programmes/WL-IPS{address}").status_code == 404


def test_a_funder_sees_nothing_of_the_ledger(cast: Cast, client: Client) -> None:
    client.force_login(cast.commissioner)
    assert client.get(f"{LEDGER}/").status_code == 403
    assert "/ledger/" not in client.get("/programmes/WL-IPS/documents/").text

"""The pages of late payment, as finance and a funder use them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from payments.models import Allocation, LateClaim, ReferenceRate
from tests.payments.bank import line_of, take
from tests.payments.late import LATER, WHY, april_late, charged, pay, proposed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_the_first_of_september() -> Iterator[None]:
    with time_machine.travel(LATER):
        yield


def address(view: str, *arguments: object) -> str:
    return reverse(f"payments:{view}", args=["WL-IPS", *arguments])


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    client.get("/account/")
    return client


def words_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))


def test_a_late_invoice_shows_its_working_and_goes_from_proposal_to_charge(client: Client) -> None:
    cast, _ = april_late()
    signed_in(client, cast.analyst)
    late = words_of(client.get(address("late-payment-list")))
    assert "INV-000001 London Borough of Ealing To decide" in late
    page = words_of(client.get(address("late-invoice", "INV-000001")))
    assert "3 August 2026 to 1 September 2026 30 days on £1,200.00 at 12.25% a year: 4.25%" in page
    assert "for the second half of 2026 (synthetic rate) and 8 points £12.08" in page
    assert "Fixed sum for a debt of that size, owed once £70.00" in page
    assert "In all, without VAT £82.08" in page
    assert "Waive it" not in page
    done = client.post(address("late-claim-propose", "INV-000001"), {"reason": WHY}, follow=True)
    assert "Waits for a second person" in words_of(done)
    claim = LateClaim.objects.get()
    signed_in(client, cast.finance)
    wrong = client.post(address("late-claim-decide", claim.pk), {"decision": "REFUSED"})
    assert "Write why it is not charged" in words_of(wrong)
    done = client.post(address("late-claim-decide", claim.pk), {"decision": "CHARGED"}, follow=True)
    assert "Payment reference: LPC-000001" in words_of(done)
    assert "LPC-000001" in words_of(client.get(address("late-payment-list")))


def test_whoever_proposed_is_told_that_somebody_else_charges_it(client: Client) -> None:
    cast, invoice = april_late()
    claim = proposed(invoice, cast.finance)
    signed_in(client, cast.finance)
    assert "You proposed this" in words_of(client.get(address("late-claim", claim.pk)))
    done = client.post(address("late-claim-decide", claim.pk), {"decision": "CHARGED"})
    assert "Ask somebody else to charge it" in words_of(done)
    assert LateClaim.objects.get().state == "PROPOSED"


def test_waiving_asks_for_the_reason_and_withdrawing_opens_it_again(client: Client) -> None:
    cast, _ = april_late()
    signed_in(client, cast.finance)
    where = address("late-claim-waive", "INV-000001")
    assert "Error: Late payment" in client.post(where, {"reason": ""}).text
    assert "is waived" in words_of(client.post(where, {"reason": WHY}, follow=True))
    claim = LateClaim.objects.get()
    done = client.post(address("late-claim-withdraw", claim.pk), {"reason": "A slip"}, follow=True)
    assert "Its days can be claimed again" in words_of(done)
    assert "May be claimed £82.08" in words_of(client.get(address("late-invoice", "INV-000001")))


def test_a_funder_sees_its_charged_claim_and_not_what_is_only_proposed_or_of_another(client: Client) -> None:
    cast, invoice = april_late()
    claim = proposed(invoice, cast.analyst)
    page = address("late-claim", claim.pk)
    assert signed_in(client, cast.approver).get(page).status_code == 404
    assert "Late payment" not in words_of(client.get(address("document-detail", "INV-000001")))
    assert client.get(address("late-payment-list")).status_code == 403
    signed_in(client, cast.finance).post(address("late-claim-decide", claim.pk), {"decision": "CHARGED"})
    signed_in(client, cast.approver)
    assert "LPC-000001" in words_of(client.get(address("document-detail", "INV-000001")))
    words = words_of(client.get(page))
    assert "Total £82.08" in words
    assert "Example Finance" not in words.partition("LPC-000001")[2].partition("How it is worked out")[0]
    assert "Withdraw it" not in words
    file = client.get(address("late-claim-file", claim.pk, "csv"))
    assert "Fixed sum" in file.content.decode()
    assert signed_in(client, cast.other_commissioner).get(page).status_code == 404


def test_a_missing_rate_says_which_and_entering_it_mends_it(client: Client) -> None:
    cast, _ = april_late(with_rate=False)
    signed_in(client, cast.finance)
    missing = "rate for the second half of 2026 is missing: enter the rate in force on 30 June 2026"
    assert missing in words_of(client.get(address("late-invoice", "INV-000001")))
    assert missing in words_of(client.get(address("late-payment-list")))
    rates = address("reference-rate-list")
    assert "No rate was entered yet" in words_of(client.get(rates))
    sent = {"series": "BOE", "half_year": "2026-07-01", "percent": "4,25", "source": "The bank’s notice"}
    assert "like 4.25" in words_of(client.post(rates, {**sent, "origin": "published"}))
    done = client.post(rates, {**sent, "percent": "4.25", "origin": "synthetic"}, follow=True)
    assert (
        "The second half of 2026 Bank of England base rate 4.25% The bank’s notice (synthetic)"
        in words_of(done)
    )
    assert ReferenceRate.objects.get().entered_by == cast.finance
    assert "£82.08" in words_of(client.get(address("late-invoice", "INV-000001")))
    assert "4.25" in client.get(address("reference-rate-list-file", "csv")).content.decode()


def test_the_list_is_a_file_too(client: Client) -> None:
    cast, _ = april_late()
    signed_in(client, cast.auditor)
    content = client.get(address("late-payment-list-file", "csv")).content.decode()
    assert (
        "INV-000001,London Borough of Ealing,2026-08-02,30,1200.00,12.08,70.00,82.08,To decide,,,GBP"
        in content
    )


def test_the_list_takes_as_many_queries_for_many_late_invoices_as_for_one(client: Client) -> None:
    cast, invoice = april_late()
    signed_in(client, cast.finance)
    with CaptureQueriesContext(
        connection,
    ) as alone:
        client.get(address("late-payment-list"))
    charged(cast, invoice)
    pay(cast.programme, invoice, 100_00, days_late=3)
    with CaptureQueriesContext(connection) as more:
        client.get(address("late-payment-list"))
    assert len(more) <= len(alone)


def test_money_is_allocated_to_a_claim_by_its_number(client: Client) -> None:
    cast, invoice = april_late()
    claim = charged(cast, invoice)
    take(cast.programme, ("Interest", claim.total_minor))
    line = line_of("Interest")
    signed_in(client, cast.finance)
    sent = {"amount": "82.08", "number": "lpc-000001"}
    done = client.post(reverse("payments:bank-line-allocate", args=["WL-IPS", line.pk]), sent, follow=True)
    assert "LPC-000001" in words_of(done)
    assert Allocation.objects.get(late_claim=claim).account == "LATE_CLAIMS"
    assert "Still open £0.00" in words_of(client.get(address("late-claim", claim.pk)))
    undo = client.get(
        reverse("payments:allocation-undo", args=["WL-IPS", Allocation.objects.latest("pk").pk])
    )
    assert "for LPC-000001" in words_of(undo)

"""Money traced from a funder's payment through an outcome to its provider's, and back (issue 4, 9)."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from outcomes.models import OutcomeEvent
from payments.models import BankLine, PaymentBatch
from payments.selectors.tracing import documents_of_line, documents_of_order, events_of, traces
from payments.services.allocations import undo_allocation
from payments.services.paying import return_order
from tests.cast import AT, Cast
from tests.payments.late import april_late, pay
from tests.payments.paying import DAY, paid

pytestmark = pytest.mark.django_db
LATE = date(2026, 8, 9)


def a_paid_april() -> tuple[Cast, PaymentBatch]:
    """The provider is paid on 6 July, Ealing a week after its due date of 2 August."""
    cast, invoice = april_late()
    batch = paid(cast.programme, cast)
    pay(cast.programme, invoice, invoice.gross_minor, days_late=7)
    return cast, batch


def address(view: str, *arguments: object) -> str:
    return reverse(f"payments:{view}", args=["WL-IPS", *arguments])


def page_of(client: Client, user: User, where: str) -> Any:
    client.force_login(user)
    client.get("/account/")
    return client.get(where)


def words_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))


def key_of(reference: str) -> int:
    return OutcomeEvent.objects.get(reference=reference).pk


def test_a_payment_leads_to_its_outcomes_and_their_providers_payment() -> None:
    cast, batch = a_paid_april()
    line = BankLine.objects.get(amount_minor__gt=0)
    events = events_of(documents_of_line(line, cast.programme))
    assert events == [key_of("E-001"), key_of("E-002")]
    first = traces(events, cast.finance)[0]
    provider = first.providers[0]
    assert (provider.charge.amount_minor, provider.settling.settled_on) == (900_00, DAY)
    assert provider.settling.order is not None
    assert provider.settling.order.batch == batch
    ealing = next(part for part in first.funders if part.charge.agreement.ref == "EALING-1")
    assert (ealing.settling.settled_on, ealing.settling.lines) == (LATE, (line.pk,))
    # The foundation's balance waits for its quarter, so the funders are not all through.
    assert first.first == "FUNDER_OPEN"


def test_a_payment_order_leads_back_to_what_funders_paid() -> None:
    cast, batch = a_paid_april()
    order = batch.orders.get()
    events = events_of(documents_of_order(order))
    assert events == [key_of(each) for each in ("E-001", "E-002", "E-003")]
    assert [len(trace.funders) >= 1 for trace in traces(events, cast.finance)] == [True, True, True]


def test_a_payment_that_was_undone_or_came_back_settles_nothing() -> None:
    cast, batch = a_paid_april()
    line = BankLine.objects.get(amount_minor__gt=0)
    undo_allocation(
        allocation_id=line.allocations.get().pk, reason="Slip", on=LATE, actor=cast.finance, at=AT
    )
    assert events_of(documents_of_line(line, cast.programme)) == []
    order = batch.orders.get()
    return_order(order_id=order.pk, on=LATE, reason="Closed account", actor=cast.finance, at=AT)
    (trace,) = traces([key_of("E-001")], cast.finance)
    assert [part.settling.settled_on for part in trace.providers] == [None]
    assert trace.first == "BOTH_OPEN"


def test_the_page_of_a_payment_says_it_in_words_and_leads_on(client: Client) -> None:
    cast, batch = a_paid_april()
    line = BankLine.objects.get(amount_minor__gt=0)
    page = page_of(client, cast.auditor, address("line-trace", line.pk))
    words = words_of(page)
    assert "It was taken for INV-000001" in words
    assert "E-001 Provider paid, a funder not yet" in words
    assert f"REM-000001 , paid 6 July 2026: {batch.reference}" in words
    back = words_of(client.get(address("order-trace", batch.reference, "TWN")))
    assert "£750.00 London Borough of Ealing INV-000001 , settled 9 August 2026: payment" in back
    csv = client.get(address("line-trace-file", line.pk, "csv")).content.decode()
    assert "E-001,Job start,2026-04-10,Provider,Example Provider CIO,900.00,REM-000001,2026-07-06" in csv
    other = client.get(address("order-trace-file", batch.reference, "TWN", "csv")).content.decode()
    assert "E-003" in other


def test_it_is_two_clicks_from_reconciliation_and_from_the_batch(client: Client) -> None:
    cast, batch = a_paid_april()
    line = BankLine.objects.get(amount_minor__gt=0)
    cell = page_of(client, cast.finance, address("reconciliation-cell", "EALING", "2026-04"))
    assert address("line-trace", line.pk) in cell.text
    assert (
        address("order-trace", batch.reference, "TWN")
        in client.get(address("batch-detail", batch.reference)).text
    )
    assert address("line-trace", line.pk) in client.get(address("bank-line", line.pk)).text


def test_a_funder_sees_its_own_side_and_no_provider_no_other_funder_and_no_bank(client: Client) -> None:
    cast, batch = a_paid_april()
    words = words_of(page_of(client, cast.commissioner, address("event-trace", key_of("E-001"))))
    assert "£750.00 London Borough of Ealing INV-000001 , settled 9 August 2026" in words
    for hidden in ("Provider gets", "REM-", "£900.00", batch.reference, "Example Foundation", ": payment"):
        assert hidden not in words
    csv = client.get(address("event-trace-file", key_of("E-001"), "csv")).content.decode()
    assert csv.count("\n") == 2
    assert "Provider," not in csv
    assert client.get(address("event-trace", key_of("E-003"))).status_code == 404
    line = BankLine.objects.get(amount_minor__gt=0)
    assert client.get(address("line-trace", line.pk)).status_code == 403


def test_the_number_of_queries_does_not_grow_with_the_outcomes() -> None:
    cast, _ = a_paid_april()
    everything = [key_of(each) for each in ("E-001", "E-002", "E-003")]
    with CaptureQueriesContext(connection) as alone:
        traces(everything[:1], cast.finance)
    with CaptureQueriesContext(connection) as together:
        traces(everything, cast.finance)
    assert len(together) == len(alone)

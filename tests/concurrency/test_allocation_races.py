"""Two people who allocate the same payment, or settle the same invoice, at the same time."""

from __future__ import annotations

from functools import partial

import pytest

from payments.models import Allocation, Document
from payments.services.allocations import CannotAllocate, allocate
from tests.cast import AT, a_cast
from tests.payments.bank import left, line_of, paying, take
from tests.payments.documents import document, three_months
from tests.payments.test_bank import total
from tests.shared.sessions import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def attempt(text: str, invoice: Document, amount: int, refusals: list[str]) -> None:
    try:
        allocate([paying(line_of(text), invoice, amount)], actor=None, at=AT)
    except CannotAllocate as refusal:
        refusals.append(str(refusal))


def test_of_two_who_allocate_one_payment_one_wins_and_the_other_is_told() -> None:
    cast = a_cast()
    three_months(cast)
    invoices = [document(cast, "INVOICE", ref) for ref in ("EALING-1", "FOUND-1")]
    take(cast.programme, ("PAYMENT", 300_00))
    refusals: list[str] = []
    at_once([lambda each=each: attempt("PAYMENT", each, 300_00, refusals) for each in invoices] * 3)
    assert Allocation.objects.count() == 1
    assert len(refusals) == 5
    assert all("Nothing is open of this payment any more" in words for words in refusals)
    assert total("UNALLOCATED") == 0


def test_many_payments_at_once_never_settle_more_than_an_invoice_is_open() -> None:
    cast = a_cast()
    three_months(cast)
    invoice = document(cast, "INVOICE", "EALING-1")
    share = invoice.gross_minor // 3
    texts = [f"PAYER {number}" for number in range(6)]
    take(cast.programme, *[(text, share) for text in texts])
    refusals: list[str] = []
    at_once([partial(attempt, text, invoice, share, refusals) for text in texts])
    assert (Allocation.objects.count(), len(refusals)) == (3, 3)
    assert left(invoice) == invoice.gross_minor - 3 * share

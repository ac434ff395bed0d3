"""The date of issue follows the numbers of a series (catalogue N6)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from payments.models import Document
from payments.services.months import close_month
from tests.concurrency.programmes import APRIL, AT, a_programme

pytestmark = pytest.mark.django_db


def test_a_document_is_not_dated_before_the_number_that_came_before_it() -> None:
    """Two programmes of one operator, in time zones where it is not the same day."""
    today = date(2026, 6, 1)
    for code, issued_on in (("WEST", today), ("EAST", today + timedelta(days=1)), ("SOUTH", today)):
        programme = a_programme(code)
        close_month(programme_id=programme.pk, month=APRIL, issued_on=issued_on, actor=None, at=AT)
    invoices = Document.objects.filter(kind="INVOICE").order_by("number")
    assert list(invoices.values_list("agreement__programme__code", "issued_on")) == [
        ("WEST", today),
        ("EAST", today + timedelta(days=1)),
        ("SOUTH", today + timedelta(days=1)),
    ]
    assert all(invoice.due_on == invoice.issued_on + timedelta(days=30) for invoice in invoices)

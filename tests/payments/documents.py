"""Documents to test with: the small programme's, and a credit note among them."""

from __future__ import annotations

from datetime import date

from funders.models import Programme
from outcomes.models import OutcomeEvent
from payments.models import Document
from tests.cast import Cast, close


def void(programme: Programme, event: str, on: date) -> None:
    """Void an event as a service would, in the month of that day."""
    OutcomeEvent.objects.filter(programme=programme, reference=event).update(
        own_voided_on=on, voided_on=on, void_reason="Left before the start", void_falls_in=on.replace(day=1)
    )


def three_months(cast: Cast) -> None:
    """
    Close April to June 2026; E-001 is voided in May.

    Ealing gets an invoice and a credit note, the foundation a quarterly invoice with its fees, the
    provider a remittance statement and a credit note.
    """
    close(cast.programme, "2026-04", cast.finance)
    void(cast.programme, "E-001", date(2026, 5, 5))
    close(cast.programme, "2026-05", cast.finance)
    close(cast.programme, "2026-06", cast.finance)


def document(cast: Cast, kind: str, agreement: str) -> Document:
    return Document.objects.get(kind=kind, agreement__ref=agreement, agreement__programme=cast.programme)

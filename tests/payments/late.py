"""April of the small programme, invoiced on 3 July 2026 and not paid in time; and its reference rates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from accounts.models import User
from funders.models import Programme
from payments.enums import ReferenceSeries
from payments.models import Document, LateClaim, ReferenceRate
from payments.rules.late_payment import HalfYear
from payments.services.allocations import allocate
from payments.services.late_payment import charge_claim, propose_claim
from payments.services.reference_rates import NewRate, enter_rate
from tests.cast import AT, Cast, a_cast, close
from tests.payments.bank import line_of, paying, take

TODAY = date(2026, 9, 1)
LATER = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
WHY = "The funder promised payment twice."


def a_rate(programme: Programme, percent: str = "4.25", half: int = 2) -> ReferenceRate:
    """Enter a made-up rate of a half-year of 2026."""
    rate = NewRate(ReferenceSeries.BOE, HalfYear(2026, half), Decimal(percent), "Made up", is_synthetic=True)
    return enter_rate(operator=programme.operator, rate=rate, actor=None, at=AT)


def april_late(*, with_rate: bool = True) -> tuple[Cast, Document]:
    """Close April; Ealing owes INV-000001 of 1,200.00 that is late by 1 September; the rate is 4.25%."""
    cast = a_cast()
    close(cast.programme, "2026-04")
    if with_rate:
        a_rate(cast.programme)
    return cast, Document.objects.get(agreement__ref="EALING-1")


def pay(programme: Programme, document: Document, minor: int, days_late: int) -> None:
    """Receive a part of the invoice so many days after its due date."""
    day = document.due_on + timedelta(days=days_late)
    text = f"{document.full_number} on {day}"
    take(programme, (text, minor), day=day)
    line = line_of(text)
    if line.balance.open_minor:  # a payment in full was matched by itself
        allocate([paying(line, document, minor)], actor=None, at=AT)


def proposed(document: Document, actor: User, on: date = TODAY) -> LateClaim:
    return propose_claim(document_id=document.pk, reason="", on=on, actor=actor, at=LATER)


def charged(cast: Cast, document: Document, on: date = TODAY) -> LateClaim:
    """Return a claim that the analyst proposed and finance charged."""
    claim = proposed(document, cast.analyst, on)
    return charge_claim(claim_id=claim.pk, on=on, actor=cast.finance, at=LATER)

"""Money that is kept on funders' accounts: whose it is, which payment it came with, and what it may pay."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from funders.enums import Direction
from funders.models import Programme
from mhep.kernel.money import Money
from mhep.shared.sheets import Sheet
from payments.enums import AllocationKind, DocumentKind
from payments.models import Allocation, Document

HEADINGS = ("Funder", "Received on", "What the bank says", "Amount", "Kept since", "Kept by", "Currency")


def kept_on_account(programme: Programme) -> QuerySet[Allocation]:
    """Return what is kept on the accounts of a programme's funders, by funder, the oldest payment first."""
    kept = Allocation.objects.live().filter(kind=AllocationKind.ON_ACCOUNT, funder__programme=programme)
    about = ("funder", "line__account", "journal__recorded_by")
    return kept.select_related(*about).order_by("funder__position", "line__booked_on", "pk")


def kept_in_all(kept: QuerySet[Allocation]) -> int:
    """Return what all of it comes to, in minor units."""
    return int(kept.order_by().aggregate(total=Coalesce(Sum("amount_minor"), 0))["total"])


def payable_with(kept: Allocation) -> QuerySet[Document]:
    """Return the invoices of the funder that its money can pay, the first due first."""
    return (
        Document.objects.filter(
            agreement__funder=kept.funder_id,
            agreement__direction=Direction.RECEIVABLE,
            kind=DocumentKind.INVOICE,
            currency=kept.journal.currency,
            balance__open_minor__gt=0,
        )
        .select_related("balance")
        .order_by("due_on", "number")
    )


def on_account_sheet(kept: Iterable[Allocation], currency: str) -> Sheet:
    """Return what is kept as a table."""
    return Sheet(
        "On account",
        HEADINGS,
        [
            (
                each.taken_for,
                each.line.booked_on if each.line else "",
                each.line.words if each.line else "",
                Money(each.amount_minor, currency),
                each.journal.recorded_at.date(),
                each.journal.recorded_by.name if each.journal.recorded_by else "The system",
                currency,
            )
            for each in kept
        ],
    )

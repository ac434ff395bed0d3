"""What a month decided about one agreement, line by line."""

from __future__ import annotations

from django.db.models import QuerySet

from funders.models import Agreement
from mhep.kernel.periods import Month
from payments.enums import ChargeKind
from payments.models import Charge


def charges_of(agreement: Agreement, month: Month, *, nil_only: bool = False) -> QuerySet[Charge]:
    """Return the agreement's decisions of a month, or those that charge nothing, in the order of deciding."""
    charges = Charge.objects.filter(agreement=agreement, month__first_day=month.first_day)
    return (
        (charges.filter(kind=ChargeKind.NIL) if nil_only else charges)
        .select_related("term", "fee", "adjustment", "event__participant", "event__outcome_type")
        .order_by("pk")
    )

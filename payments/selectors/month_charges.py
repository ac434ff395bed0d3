"""What a month decided about one agreement, line by line."""

from __future__ import annotations

from django.db.models import QuerySet

from funders.models import Agreement
from mhep.kernel.periods import Month
from payments.models import Charge


def charges_of(agreement: Agreement, month: Month) -> QuerySet[Charge]:
    """Return the agreement's decisions of a month in the order in which they were made."""
    return (
        Charge.objects.filter(agreement=agreement, month__first_day=month.first_day)
        .select_related("term", "fee", "event__participant", "event__outcome_type")
        .order_by("pk")
    )

"""What funders were charged for each event."""

from __future__ import annotations

from django.db.models import Sum

from funders.enums import Direction
from funders.models import Programme
from payments.models import Charge


def charged_to_funders(programme: Programme) -> dict[int, int]:
    """Return the net amount by event, in minor units; an event without any decision is absent. One query."""
    charges = Charge.objects.filter(
        agreement__programme=programme, agreement__direction=Direction.RECEIVABLE, event__isnull=False
    )
    totals = charges.order_by().values_list("event").annotate(Sum("amount_minor"))
    return {event: net for event, net in totals if event is not None}

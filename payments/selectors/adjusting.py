"""What may still be given back of what an agreement was invoiced."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import Case, IntegerField, QuerySet, Value, When

from accounts.models import User
from funders.models import Programme
from mhep.kernel.money import Money
from mhep.shared.sheets import Cell, Sheet
from outcomes.models import OutcomeEvent
from payments.enums import AdjustmentState
from payments.models import Adjustment, Document

HEADINGS = (
    "Adjustment",
    "Party",
    "Agreement",
    "Amount",
    "Reason",
    "Corrects",
    "Event",
    "Term",
    "State",
    "Proposed on",
    "Proposed by",
    "Decided on",
    "Decided by",
    "Why refused",
    "Currency",
)

# Approved adjustments that are on no document yet count as given back already.
OF_DOCUMENT = """
    SELECT d.net_minor - payments_credited_of(d.id) + coalesce((
        SELECT sum(j.amount_minor) FROM payments_adjustment j
        WHERE j.corrects_id = d.id AND j.state = 'APPROVED' AND NOT EXISTS (
            SELECT FROM payments_charge c JOIN payments_documentline l ON l.charge_id = c.id
            WHERE c.adjustment_id = j.id AND c.reason = 'ADJUSTMENT')), 0)::bigint
    FROM payments_document d WHERE d.id = %(document)s
"""
OF_EVENT = """
    SELECT coalesce(sum(amount), 0)::bigint FROM (
        SELECT c.amount_minor AS amount FROM payments_charge c
        JOIN payments_documentline l ON l.charge_id = c.id
        WHERE c.event_id = %(event)s AND c.agreement_id = %(agreement)s
        UNION ALL
        SELECT j.amount_minor FROM payments_adjustment j
        WHERE j.event_id = %(event)s AND j.agreement_id = %(agreement)s AND j.state = 'APPROVED'
    ) billed
"""


def left_to_credit(document: Document, event: OutcomeEvent | None) -> int:
    """
    Return how much may be given back of an invoice, or of one event on it: in minor units, never below 0.

    That is what was invoiced less what was credited and what is approved to be.
    """
    with connection.cursor() as cursor:
        cursor.execute(OF_DOCUMENT, {"document": document.pk})
        left = int(cursor.fetchone()[0])
        if event is not None:
            cursor.execute(OF_EVENT, {"event": event.pk, "agreement": document.agreement_id})
            left = min(left, int(cursor.fetchone()[0]))
    return max(left, 0)


def adjustments_to_see(user: User, programme: Programme) -> QuerySet[Adjustment]:
    """Return the programme's adjustments that the user may see, those that wait first, the newest first."""
    seen = Adjustment.objects.visible_to(user).filter(agreement__programme=programme)
    is_decided = Case(
        When(state=AdjustmentState.PROPOSED, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return (
        seen.select_related(
            "agreement__funder",
            "agreement__provider",
            "corrects",
            "event",
            "term",
            "proposed_by",
            "decided_by",
        )
        .annotate(is_decided=is_decided)
        .order_by("is_decided", "-proposed_at", "-pk")
    )


def adjustment_sheet(adjustments: Iterable[Adjustment], programme: Programme) -> Sheet:
    """Return adjustments as a table; what gives back is negative."""
    return Sheet("Adjustments", HEADINGS, [_row(adjustment, programme) for adjustment in adjustments])


def _row(adjustment: Adjustment, programme: Programme) -> tuple[Cell, ...]:
    return (
        adjustment.ref,
        adjustment.agreement.party_name,
        adjustment.agreement.ref,
        Money(adjustment.amount_minor, programme.currency),
        adjustment.reason,
        adjustment.corrects.full_number if adjustment.corrects else "",
        adjustment.event.reference if adjustment.event else "",
        adjustment.term.ref if adjustment.term else "",
        AdjustmentState(adjustment.state).label,
        programme.local_date(adjustment.proposed_at),
        adjustment.proposed_by.name,
        programme.local_date(adjustment.decided_at) if adjustment.decided_at else "",
        adjustment.decided_by.name if adjustment.decided_by else "",
        adjustment.decision_reason,
        programme.currency,
    )

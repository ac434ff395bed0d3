"""What may still be given back of what an agreement was invoiced."""

from __future__ import annotations

from django.db import connection

from outcomes.models import OutcomeEvent
from payments.models import Document

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

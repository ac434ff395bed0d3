"""The lines of statements as funders see them, now and as they were sent."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db import connection

from funders.enums import VatCategory
from funders.models import Agreement, Programme, PurchaseOrder, VatTreatment
from mhep.kernel.money import to_major
from mhep.kernel.periods import Month
from payments.models import Charge, Statement, Unbilled
from payments.models.documents import PREFIXES
from payments.rules.statements import StatedLine
from payments.selectors.billable import uncredited

LINES = """
    SELECT c.id, c.kind, c.reason, coalesce(t.ref, f.ref, 'ADJ-' || j.number, ''), coalesce(e.reference, ''),
        coalesce(p.reference, ''), coalesce(o.code, ''), e.outcome_date, coalesce(c.fee_month, m.first_day),
        c.amount_minor, d.kind, d.number
    FROM payments_charge c
    JOIN payments_month m ON m.id = c.month_id
    LEFT JOIN funders_term t ON t.id = c.term_id
    LEFT JOIN funders_fixedfee f ON f.id = c.fee_id
    LEFT JOIN payments_adjustment j ON j.id = c.adjustment_id
    LEFT JOIN outcomes_outcomeevent e ON e.id = coalesce(c.event_id, j.event_id)
    LEFT JOIN participants_participant p ON p.id = e.participant_id
    LEFT JOIN funders_outcometype o ON o.id = e.outcome_type_id
    LEFT JOIN payments_documentline l ON l.charge_id = c.credits_id
    LEFT JOIN payments_document d ON d.id = coalesce(l.document_id, j.corrects_id)
    WHERE c.id = ANY(%s)
    ORDER BY c.id
"""


def stated_lines(charges: Collection[int]) -> list[StatedLine]:
    """Return charges as lines of a statement, in the order in which they were decided. One query."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, [list(charges)])
        rows = cursor.fetchall()
    return [_stated(*row) for row in rows]


def _stated(key: int, *rest: Any) -> StatedLine:
    kind, reason, what, event, participant, outcome = rest[:6]
    outcome_date, period, amount, document_kind, number = rest[6:]
    return StatedLine(
        key=key,
        kind=kind,
        reason=reason,
        what=what,
        event=event,
        participant=participant,
        outcome=outcome,
        outcome_date=str(outcome_date or ""),
        period=str(Month.of(period)),
        amount_minor=amount,
        corrects=f"{PREFIXES[document_kind]}-{number:06d}" if document_kind else "",
    )


def stated_header(agreement: Agreement, programme: Programme) -> dict[str, str]:
    """
    Return the conditions under which an agreement's documents would be issued now.

    How lines are taxed and the purchase orders are left out where the agreement says nothing of them.
    """
    rate = Decimal(agreement.vat_rate)
    said = {
        "vat": "; ".join(map(_taxed, agreement.vat_treatments.all())),
        "purchase_orders": "; ".join(map(_ordered, agreement.purchase_orders.all())),
    }
    return {
        **{key: text for key, text in said.items() if text},
        "agreement": agreement.ref,
        "currency": programme.currency,
        "party": agreement.party_name,
        "payment_days": str(agreement.payment_days),
        "po_number": agreement.po_number,
        "vat_rate": f"{rate.normalize():f}",
    }


def _taxed(treatment: VatTreatment) -> str:
    """Return a treatment of VAT in words: ``standard 20%, JOB_START, from 2026-04-01``."""
    rate = "" if treatment.rate is None else f" {Decimal(treatment.rate).normalize():f}%"
    since = f"from {treatment.starts_on}" if treatment.starts_on else ""
    kind = VatCategory(treatment.category).label.lower()
    return ", ".join(filter(None, (f"{kind}{rate}", treatment.lines, since, treatment.reason)))


def _ordered(order: PurchaseOrder) -> str:
    """Return a purchase order in words: ``P123, from 2026-04-01, to 2027-03-31, worth 500.00``."""
    worth = "" if order.amount_minor is None else f"worth {to_major(order.amount_minor)}"
    since = f"from {order.starts_on}" if order.starts_on else ""
    until = f"to {order.ends_on}" if order.ends_on else ""
    return ", ".join(filter(None, (order.number, since, until, worth)))


def still_due(statement: Statement) -> list[int]:
    """Return the statement's lines that wait for a document still; none whose event was voided since."""
    charges = list(statement.lines.order_by("charge_id").values_list("charge_id", flat=True))
    waiting = set(Unbilled.objects.filter(charge__in=charges).values_list("charge_id", flat=True))
    gone = uncredited(waiting)
    return [key for key in charges if key in waiting and key not in gone]


def what_became(charges: Collection[int]) -> dict[int, str]:
    """Return for lines that are no longer due what became of them, in words that follow their name."""
    rows = Charge.objects.filter(pk__in=list(charges)).select_related("event")
    return {
        row.pk: f"voided as of {row.event.voided_on}"
        if row.event is not None and row.event.voided_on is not None
        else "credited before it was invoiced"
        for row in rows
    }

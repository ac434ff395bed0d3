"""Invoices as debts: what of each is owed, what was never owed, and what was paid when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.db import connection
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from funders.enums import Direction
from funders.models import BuyerFacts
from mhep.kernel.working_days import UNITED_KINGDOM
from payments.enums import AllocationKind, DocumentKind
from payments.models import Allocation, Document, DocumentLine, ReferenceRate
from payments.rules.late_payment import Debt, HalfYear, Payment, Reference, with_vat
from providers.models import Operator

# What was or will be credited of an invoice's lines, and what adjustments give back of it or may: net.
GIVEN_BACK = """
    SELECT d.id,
        coalesce((SELECT sum(CASE WHEN x.id IS NOT NULL THEN -x.amount_minor
                WHEN r.id IS NOT NULL THEN -r.amount_minor
                WHEN e.voided_on IS NOT NULL THEN o.amount_minor ELSE 0 END)
            FROM payments_documentline l JOIN payments_charge o ON o.id = l.charge_id
            LEFT JOIN payments_charge x ON x.credits_id = o.id
            LEFT JOIN payments_charge r ON r.adjustment_id = o.adjustment_id
                AND o.reason = 'ADJUSTMENT' AND r.reason = 'VOIDED'
            LEFT JOIN outcomes_outcomeevent e ON e.id = o.event_id
            WHERE l.document_id = d.id), 0)
        - coalesce((SELECT sum(j.amount_minor) FROM payments_adjustment j
            WHERE j.corrects_id = d.id AND j.state <> 'REFUSED' AND NOT EXISTS (
                SELECT FROM payments_charge c WHERE c.adjustment_id = j.id AND c.reason = 'VOIDED')), 0)
    FROM payments_document d WHERE d.id = ANY(%s)
"""
Rates = Mapping[str, Mapping[HalfYear, Reference]]


def invoices_of(programme_id: int) -> QuerySet[Document]:
    """Return the programme's invoices with all that a claim needs to know, the one due first on top."""
    invoices = Document.objects.filter(
        agreement__programme=programme_id,
        agreement__direction=Direction.RECEIVABLE,
        kind=DocumentKind.INVOICE,
    )
    about = ("agreement__funder__buyer_facts", "agreement__programme", "balance", "operator")
    return invoices.select_related(*about).order_by("due_on", "number")


def late_invoices(programme_id: int, today: date) -> QuerySet[Document]:
    """Return those of the programme's invoices that were paid after their due date or still are not."""
    live = Q(allocations__reverses__isnull=True, allocations__reversal__isnull=True)
    due = invoices_of(programme_id).filter(due_on__lt=today)
    settled = due.annotate(last_on=Max("allocations__journal__dated_on", filter=live))
    return settled.filter(Q(balance__open_minor__gt=0) | Q(last_on__gt=F("due_on")))


def debts_of(documents: Sequence[Document]) -> dict[int, Debt]:
    """
    Return each invoice as a debt, by its key, in three queries.

    A credit note set off against an invoice pays it on that day; unless it corrects that very invoice, for
    then that part was never owed. What was paid short by bank charges is paid.
    """
    payments: dict[int, list[Payment]] = defaultdict(list)
    own_credits: dict[int, int] = defaultdict(int)
    for key, kind, day, amount, is_own in _settlements(documents):
        if kind == AllocationKind.SET_OFF and is_own:
            own_credits[key] += amount
        else:
            payments[key].append(Payment(day, amount))
    given_back = _given_back([each.pk for each in documents])
    return {
        each.pk: Debt(
            each.due_on,
            each.gross_minor,
            max(with_vat(given_back[each.pk], each.net_minor, each.gross_minor), own_credits[each.pk]),
            tuple(sorted(payments[each.pk], key=lambda paid: (paid.paid_on, paid.amount_minor))),
        )
        for each in documents
    }


def rates_of(operator: Operator) -> Rates:
    """Return the operator's reference rates by series and half-year; the latest entry of each counts."""
    found: dict[str, dict[HalfYear, Reference]] = defaultdict(dict)
    for row in ReferenceRate.objects.filter(operator=operator).order_by("pk"):
        found[row.series][row.half_year] = Reference(row.percent, row.source, row.is_synthetic)
    return found


def country_of(document: Document) -> str:
    """Return the country of an invoice's payer; the United Kingdom where nothing else is known."""
    facts: BuyerFacts | None = getattr(document.agreement.funder, "buyer_facts", None)
    return (facts.country if facts else "") or UNITED_KINGDOM


def _settlements(documents: Sequence[Document]) -> Iterable[tuple[int, str, date, int, bool]]:
    corrects = DocumentLine.objects.filter(document=OuterRef("credit"), corrects=OuterRef("document"))
    uses = Allocation.objects.live().filter(document__in=documents).annotate(is_own=Exists(corrects))
    return uses.order_by("pk").values_list(
        "document_id", "kind", "journal__dated_on", "amount_minor", "is_own"
    )


def _given_back(keys: list[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(GIVEN_BACK, [keys])
        return {key: int(net) for key, net in cursor.fetchall()}

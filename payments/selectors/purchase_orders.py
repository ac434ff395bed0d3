"""Purchase orders as documents use them up."""

from __future__ import annotations

from collections import Counter

from django.db.models import Sum

from funders.models import Agreement
from funders.rules.definition import PurchaseOrderDefinition
from funders.selectors import purchase_order
from payments.enums import DocumentKind
from payments.models import Document


def orders_of(agreement: Agreement) -> tuple[PurchaseOrderDefinition, ...]:
    """Return an agreement's purchase orders in the order of the programme file."""
    return tuple(purchase_order(order) for order in agreement.purchase_orders.all())


def used_by(agreement: Agreement) -> dict[str, int]:
    """Return what was invoiced on each purchase order less what was credited, in minor units without VAT."""
    rows = (
        Document.objects.filter(agreement=agreement)
        .exclude(header__agreement__po_number="")
        .values_list("header__agreement__po_number", "kind")
        .annotate(net=Sum("net_minor"))
    )
    used: Counter[str] = Counter()
    for number, kind, net in rows:
        used[number] += -net if kind == DocumentKind.CREDIT_NOTE else net
    return dict(used)

"""Purchase orders as documents use them up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, Sum

from funders.enums import Direction
from funders.models import Agreement, Programme
from funders.rules.definition import PurchaseOrderDefinition
from funders.selectors import purchase_order
from payments.enums import DocumentKind
from payments.models import Document
from payments.rules.purchase_orders import PoWarning, warning_for
from payments.selectors.month_page import DraftDocument


def orders_of(agreement: Agreement) -> tuple[PurchaseOrderDefinition, ...]:
    """Return an agreement's purchase orders in the order of the programme file."""
    return tuple(purchase_order(order) for order in agreement.purchase_orders.all())


def used_by(agreements: Iterable[Agreement]) -> dict[int, Counter[str]]:
    """
    Return by agreement what was invoiced on each purchase order less what was credited.

    Amounts are minor units without VAT.
    """
    used: dict[int, Counter[str]] = {agreement.pk: Counter() for agreement in agreements}
    rows = (
        Document.objects.filter(agreement__in=used)
        .exclude(header__agreement__po_number="")
        .values_list("agreement", "header__agreement__po_number", "kind")
        .annotate(net=Sum("net_minor"))
    )
    for agreement, number, kind, net in rows:
        used[agreement][number] += -net if kind == DocumentKind.CREDIT_NOTE else net
    return used


def uses_orders(programme: Programme) -> bool:
    """Tell whether any of the programme's funders pays by purchase orders or demands one."""
    asking = Q(po_required=True) | Q(purchase_orders__isnull=False)
    return programme.agreements.filter(asking, direction=Direction.RECEIVABLE).exists()


@dataclass(frozen=True, slots=True)
class OrderWarning:
    """An invoice that a month would issue with the wrong purchase order, or without any."""

    ref: str
    party: str
    warning: PoWarning


def order_warnings(
    programme: Programme, drafts: Iterable[DraftDocument], issued_on: date
) -> list[OrderWarning]:
    """Return what is wrong with the purchase orders of the invoices that closing a month would issue."""
    wanted = {draft.ref: draft for draft in drafts if draft.kind == DocumentKind.INVOICE}
    agreements = list(
        programme.agreements.filter(direction=Direction.RECEIVABLE, ref__in=wanted).prefetch_related(
            "purchase_orders"
        )
    )
    used = used_by(agreements)
    found = []
    for agreement in agreements:
        draft = wanted[agreement.ref]
        warning = warning_for(
            orders_of(agreement),
            po_number=agreement.po_number,
            required=agreement.po_required,
            issued_on=issued_on,
            wanted_minor=draft.net_minor,
            used_minor=used[agreement.pk],
        )
        if warning:
            found.append(OrderWarning(agreement.ref, draft.party, warning))
    return found

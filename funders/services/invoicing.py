"""Storing what a programme file says about invoices: parts of funders and agreements."""

from __future__ import annotations

from collections.abc import Mapping

from funders.models import (
    Agreement,
    BuyerFacts,
    Funder,
    Programme,
    PurchaseOrder,
    Succession,
    VatTreatment,
)
from funders.rules.definition import AgreementDefinition, BuyerDefinition, FunderDefinition
from funders.services.rows import replace


def store_buyers(
    programme: Programme, funders: Mapping[str, Funder], definitions: tuple[FunderDefinition, ...]
) -> None:
    """Store what invoices say about the funders, and who took over from whom."""
    replace(
        BuyerFacts.objects.filter(funder__programme=programme),
        [
            _buyer(funders[each.code], each.invoicing)
            for each in definitions
            if each.invoicing != BuyerDefinition()
        ],
    )
    replace(
        Succession.objects.filter(successor__programme=programme),
        [
            Succession(
                successor=funders[each.code],
                predecessor=funders[each.succeeds.funder],
                starts_on=each.succeeds.starts_on,
            )
            for each in definitions
            if each.succeeds
        ],
    )


def _buyer(funder: Funder, buyer: BuyerDefinition) -> BuyerFacts:
    return BuyerFacts(
        funder=funder,
        legal_name=buyer.legal_name or "",
        address=buyer.address or "",
        country=buyer.country or "",
        e_address_scheme=buyer.e_address.scheme if buyer.e_address else "",
        e_address_id=buyer.e_address.identifier if buyer.e_address else "",
        vat_number=buyer.vat_number or "",
        registration_number=buyer.registration_number or "",
        buyer_reference=buyer.buyer_reference or "",
        gln=buyer.gln or "",
        siret=buyer.siret or "",
        service_code=buyer.service_code or "",
        engagement_number=buyer.engagement_number or "",
        language=buyer.language or "",
    )


def store_orders_and_vat(changed: Mapping[Agreement, AgreementDefinition]) -> None:
    """Store the purchase orders and VAT treatments of the agreements that changed."""
    replace(
        PurchaseOrder.objects.filter(agreement__in=changed),
        [
            PurchaseOrder(
                agreement=row,
                number=order.number,
                starts_on=order.starts_on,
                ends_on=order.ends_on,
                amount_minor=order.amount_minor,
                position=position,
            )
            for row, agreement in changed.items()
            for position, order in enumerate(agreement.purchase_orders)
        ],
    )
    replace(
        VatTreatment.objects.filter(agreement__in=changed),
        [
            VatTreatment(
                agreement=row,
                lines=treatment.lines or "",
                starts_on=treatment.starts_on,
                category=treatment.category.upper(),
                rate=treatment.rate,
                reason=treatment.reason or "",
                position=position,
            )
            for row, agreement in changed.items()
            for position, treatment in enumerate(agreement.vat)
        ],
    )

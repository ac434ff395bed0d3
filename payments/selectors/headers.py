"""What documents print that may read differently later: names, addresses, references."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from funders.models import (
    Agreement,
    BuyerFacts,
    Funder,
    OutcomeType,
    Programme,
    ProgrammeProvider,
    Succession,
)
from payments.rules.purchase_orders import fitting
from payments.rules.vat import VatGroup
from payments.selectors.purchase_orders import orders_of
from providers.models import Operator

SELLER_FACTS = (
    *("legal_name", "country", "registration_number", "e_address_scheme", "e_address_id"),
    *("iban", "bic"),
)
BUYER_FACTS = (
    *("legal_name", "address", "country", "e_address_scheme", "e_address_id", "vat_number"),
    *("registration_number", "buyer_reference", "gln", "siret", "service_code", "engagement_number"),
    "language",
)


class Headers:
    """The headers of one programme's documents; what it reads of the programme it reads once."""

    def __init__(self, programme: Programme) -> None:
        operator = programme.operator
        entries = ProgrammeProvider.objects.filter(programme=programme)
        self._provider_names = dict(entries.values_list("provider_id", "name"))
        self._successions = {
            succession.predecessor_id: succession
            for succession in Succession.objects.filter(successor__programme=programme).select_related(
                "successor__buyer_facts"
            )
        }
        self._shared = {
            "programme": {"code": programme.code, "name": programme.name, "language": programme.language},
            "operator": seller_header(operator),
            "outcomes": list(OutcomeType.objects.filter(programme=programme).values("code", "name")),
        }

    def of(self, agreement: Agreement, issued_on: date, vat: Sequence[VatGroup] = ()) -> dict[str, Any]:
        """Return the header of a document; ``vat`` are its sums where the agreement says how it is taxed."""
        order = fitting(orders_of(agreement), issued_on)
        header = {
            **self._shared,
            "party": self._party(agreement, issued_on),
            "agreement": {"ref": agreement.ref, "po_number": order.number if order else agreement.po_number},
        }
        return header | ({"vat": [_group(each) for each in vat]} if vat else {})

    def _party(self, agreement: Agreement, issued_on: date) -> dict[str, str]:
        if agreement.provider is not None:
            provider = agreement.provider
            return {"code": provider.code, "name": self._provider_names.get(provider.pk, provider.name)}
        return buyer_header(self._named(agreement.funder, issued_on)) if agreement.funder else {}

    def _named(self, funder: Funder, issued_on: date) -> Funder:
        """Return the funder that a document issued on that day names: itself, or who took over by then."""
        succession = self._successions.get(funder.pk)
        while succession is not None and succession.starts_on <= issued_on:
            funder = succession.successor
            succession = self._successions.get(funder.pk)
        return funder


def seller_header(operator: Operator) -> dict[str, str]:
    """Return what documents say about the operator."""
    return {
        "code": operator.code,
        "name": operator.name,
        "address": operator.address,
        "vat_number": operator.vat_number,
        "bank_details": operator.bank_details,
    } | {key: getattr(operator, key) for key in SELLER_FACTS}


def buyer_header(funder: Funder) -> dict[str, str]:
    """Return what documents say about a funder; facts that are not set are left out."""
    facts: BuyerFacts | None = getattr(funder, "buyer_facts", None)
    known = {key: getattr(facts, key) for key in BUYER_FACTS} if facts else {}
    return {"code": funder.code, "name": funder.name} | {key: value for key, value in known.items() if value}


def _group(group: VatGroup) -> dict[str, object]:
    kind = group.kind
    return {
        "category": kind.category,
        "rate": str(kind.rate),
        "reason": kind.reason,
        "net_minor": group.net_minor,
        "vat_minor": group.vat_minor,
    }

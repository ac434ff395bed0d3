"""Self-billing as people read it: agreements, remittances that wait for an invoice, what was issued."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from funders.enums import Direction
from funders.models import Programme
from mhep.kernel.money import Money
from mhep.shared.sheets import Sheet
from payments.enums import DocumentKind
from payments.models import Document, SelfBilledInvoice, SelfBillingAgreement
from payments.rules.self_billing import refusal
from providers.models import Provider

HEADINGS = (
    *("Number", "Remittance", "Provider", "VAT number", "Issued on", "Tax point", "Net", "VAT", "Total"),
    "Currency",
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A remittance without a self-billed invoice, and why it can have none; empty if it can."""

    document: Document
    refusal: str


@dataclass(frozen=True, slots=True)
class SelfBilledProvider:
    """A provider with its agreements, the latest first."""

    provider: Provider
    agreements: tuple[SelfBillingAgreement, ...]


def self_billed_providers(programme: Programme) -> list[SelfBilledProvider]:
    """Return the programme's providers by name, each with its agreements."""
    providers = Provider.objects.filter(programme_entries__programme=programme).distinct().order_by("name")
    agreements = _agreements(each.pk for each in providers)
    return [SelfBilledProvider(each, tuple(agreements[each.pk])) for each in providers]


def waiting_for_invoice(programme: Programme) -> list[Waiting]:
    """
    Return the remittances and credit notes of providers that self-bill or did, without an invoice yet.

    A provider with whom nothing was ever agreed sends invoices of its own and is left out.
    """
    documents = Document.objects.filter(
        agreement__programme=programme, agreement__direction=Direction.PAYABLE, self_billed__isnull=True
    )
    agreed = SelfBillingAgreement.objects.values("provider")
    found = documents.filter(agreement__provider__in=agreed).select_related("agreement__provider")
    agreements = _agreements(each.agreement.provider_id or 0 for each in found)
    return [
        Waiting(each, refusal_for(each, agreements[each.agreement.provider_id or 0]))
        for each in found.order_by("issued_on", "kind", "number")
    ]


def refusal_for(document: Document, agreements: Iterable[SelfBillingAgreement]) -> str:
    """
    Return why a remittance or a credit note can have no self-billed document; empty if it can.

    A credit note follows what it corrects: of an invoice that the provider issued, it issues the credit too.
    """
    for corrected in corrected_by(document):
        if getattr(corrected, "self_billed", None) is None:
            return (
                f"{document.full_number} corrects {corrected.full_number}, which was not self-billed: "
                f"{document.agreement.party_name} issues that credit note itself."
            )
    agreed = [each.agreed() for each in agreements]
    return refusal(agreed, document.issued_on, document.vat_minor, document.agreement.party_name)


def corrected_by(document: Document) -> list[Document]:
    """Return the remittances that a credit note corrects, by number; none for a remittance."""
    if document.kind != DocumentKind.CREDIT_NOTE:
        return []
    found = Document.objects.filter(corrections__document=document).select_related("self_billed")
    return list(found.distinct().order_by("number"))


def self_billed_invoices(programme: Programme) -> QuerySet[SelfBilledInvoice]:
    """Return the programme's self-billed invoices and credit notes, the latest first."""
    rows = SelfBilledInvoice.objects.filter(document__agreement__programme=programme)
    return rows.select_related("document__agreement__provider", "agreement", "issued_by")


def self_billed_sheet(invoices: Iterable[SelfBilledInvoice]) -> Sheet:
    """Return self-billed documents as a table; a credit note's amounts are negative."""
    rows = []
    for each in invoices:
        document, sign = each.document, -1 if each.is_credit else 1
        amounts = (document.net_minor, document.vat_minor, document.gross_minor)
        rows.append(
            (
                each.full_number,
                document.full_number,
                each.header["supplier"]["name"],
                each.header["supplier"]["vat_number"],
                each.issued_at.date(),
                document.issued_on,
                *(Money(sign * amount, document.currency) for amount in amounts),
                document.currency,
            )
        )
    return Sheet("Self-billed invoices", HEADINGS, rows)


def _agreements(providers: Iterable[int]) -> dict[int, list[SelfBillingAgreement]]:
    found: dict[int, list[SelfBillingAgreement]] = defaultdict(list)
    rows = SelfBillingAgreement.objects.filter(provider__in=set(providers))
    for row in rows.select_related("entered_by", "ended_by"):
        found[row.provider_id].append(row)
    return found

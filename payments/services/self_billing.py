"""Self-billing: agreements with providers, and issuing their invoices in their place (ADR 0028)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from audit.services import acting, record
from mhep.kernel.problems import BusinessRuleError
from payments.enums import DocumentKind
from payments.models import Document, SelfBilledInvoice, SelfBillingAgreement
from payments.rules.self_billing import CREDIT_LABEL, LABEL, period_problem, read_vat_number, wording
from payments.selectors.self_billing import corrected_by, refusal_for
from providers.models import Operator, Provider


class CannotSelfBill(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """What a provider agreed to; both days are included. Without a VAT number it is not registered."""

    starts_on: date
    ends_on: date
    legal_name: str
    address: str
    vat_number: str
    kept_at: str


@transaction.atomic
def enter_agreement(
    *, provider_id: int, agreed: NewAgreement, actor: User, at: datetime
) -> SelfBillingAgreement:
    """
    Enter a provider's self-billing agreement.

    :raises CannotSelfBill: if its days are wrong or overlap another's, or the VAT number cannot be right.
    """
    provider = Provider.objects.select_for_update().get(pk=provider_id)
    vat_number, wrong = read_vat_number(agreed.vat_number)
    problem = wrong or period_problem(agreed.starts_on, agreed.ends_on)
    if problem:
        raise CannotSelfBill(f"{problem}.")
    overlapping = provider.self_billing_agreements.filter(
        starts_on__lte=agreed.ends_on, ends_on__gte=agreed.starts_on
    ).first()
    if overlapping is not None:
        raise CannotSelfBill(
            f"Another agreement with {provider.name} runs from {overlapping.starts_on:%-d %B %Y} through "
            f"{overlapping.ends_on:%-d %B %Y}. End that first, or choose days after it."
        )
    with acting(actor, reason=agreed.kept_at):
        entered = SelfBillingAgreement.objects.create(
            provider=provider,
            starts_on=agreed.starts_on,
            ends_on=agreed.ends_on,
            legal_name=agreed.legal_name.strip(),
            address=agreed.address.strip(),
            vat_number=vat_number,
            kept_at=agreed.kept_at.strip(),
            entered_by=actor,
            entered_at=at,
        )
    _record(actor, "self_billing.agreed", f"{provider.code} {entered.starts_on}", at)
    return entered


@transaction.atomic
def end_agreement(
    *, agreement_id: int, last_day: date, reason: str, actor: User, at: datetime
) -> SelfBillingAgreement:
    """
    End an agreement early: ``last_day`` is the last on which it holds. What was issued under it stays.

    :raises CannotSelfBill: if it was ended before, the day is none of its own, or an invoice is later.
    """
    agreement = SelfBillingAgreement.objects.select_for_update(of=("self",)).get(pk=agreement_id)
    if agreement.ended_at is not None:
        raise CannotSelfBill("This agreement was ended before.")
    if not agreement.starts_on <= last_day < agreement.ends_on:
        latest = agreement.ends_on - timedelta(days=1)
        raise CannotSelfBill(
            f"Choose a last day from {agreement.starts_on:%-d %B %Y} through {latest:%-d %B %Y}."
        )
    if agreement.invoices.filter(document__issued_on__gt=last_day).exists():
        raise CannotSelfBill("An invoice of a later day was issued under it. Choose that day or a later one.")
    agreement.ends_on, agreement.end_reason = last_day, reason.strip()
    agreement.ended_by, agreement.ended_at = actor, at
    with acting(actor, reason=agreement.end_reason):
        agreement.save(update_fields=["ends_on", "end_reason", "ended_by", "ended_at"])
    _record(actor, "self_billing.ended", f"{agreement.provider.code} {agreement.starts_on}", at)
    return agreement


@transaction.atomic
def issue_self_billed(*, document_id: int, actor: User, at: datetime) -> SelfBilledInvoice:
    """
    Issue the invoice of a provider, in its place, for a remittance or a credit note of it.

    It gets the next number of its own range. What it says is frozen.

    :raises CannotSelfBill: if it has one already, it is none of a provider's, or no agreement covers its day.
    """
    document = Document.objects.select_related("agreement__provider", "operator").get(pk=document_id)
    provider = document.agreement.provider
    if provider is None:
        raise CannotSelfBill(f"{document.full_number} is no remittance to a provider.")
    operator = Operator.objects.select_for_update().get(pk=document.operator_id)
    if SelfBilledInvoice.objects.filter(document=document).exists():
        raise CannotSelfBill(f"{document.full_number} has a self-billed invoice already.")
    agreements = list(provider.self_billing_agreements.all())
    if refused := refusal_for(document, agreements):
        raise CannotSelfBill(refused)
    agreement = next(each for each in agreements if each.agreed().covers(document.issued_on))
    is_credit = document.kind == DocumentKind.CREDIT_NOTE
    last = SelfBilledInvoice.objects.filter(operator=operator, is_credit=is_credit).aggregate(Max("number"))
    with acting(actor):
        issued = SelfBilledInvoice.objects.create(
            operator=operator,
            document=document,
            agreement=agreement,
            is_credit=is_credit,
            number=(last["number__max"] or 0) + 1,
            header=_header(document, agreement),
            issued_by=actor,
            issued_at=at,
        )
    _record(actor, "self_billing.issued", f"{issued.full_number} for {document.full_number}", at)
    return issued


def _header(document: Document, agreement: SelfBillingAgreement) -> dict[str, Any]:
    customer = document.header["operator"]
    return {
        "title": CREDIT_LABEL if document.kind == DocumentKind.CREDIT_NOTE else LABEL,
        "supplier": {
            "name": agreement.legal_name,
            "address": agreement.address,
            "vat_number": agreement.vat_number,
        },
        "customer": {
            "name": customer.get("legal_name") or customer["name"],
            "address": customer.get("address", ""),
            "vat_number": customer.get("vat_number", ""),
        },
        "corrects": [each.self_billed.full_number for each in corrected_by(document)],
        "wording": list(wording(document.vat_minor)),
        "agreed": [agreement.starts_on.isoformat(), agreement.ends_on.isoformat()],
    }


def _record(actor: User, action: str, subject: str, at: datetime) -> None:
    record(actor=actor, action=action, subject=subject, at=at)

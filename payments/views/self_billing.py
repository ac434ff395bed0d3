"""Self-billing: agreements with providers, remittances that become their invoices, and one such invoice."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import confirmed, signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_run
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.downloads import sheet_file
from payments.forms.self_billing import EndSelfBillingForm, SelfBillingForm
from payments.models import SelfBilledInvoice, SelfBillingAgreement
from payments.selectors.document_detail import document_page
from payments.selectors.self_billing import (
    self_billed_invoices,
    self_billed_providers,
    self_billed_sheet,
    waiting_for_invoice,
)
from payments.services.self_billing import end_agreement, enter_agreement, issue_self_billed
from providers.access import may
from providers.models import Provider

PAGE = 50


@require_safe
@needs(Object.SELF_BILLING, Action.SEE)
def self_billing(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    waiting = waiting_for_invoice(programme)
    context = {
        "providers": self_billed_providers(programme),
        "waiting": waiting,
        "ready": [each for each in waiting if not each.refusal],
        "page": Paginator(self_billed_invoices(programme), PAGE).get_page(request.GET.get("page")),
        "today": programme.local_date(timezone.now()),
        "may_change": may(user, Object.SELF_BILLING, Action.CHANGE, programme.operator),
    }
    return render(
        request, "payments/self_billing.html", {**programme_context(user, programme, "money"), **context}
    )


@require_safe
@needs(Object.SELF_BILLING, Action.SEE)
def self_billing_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    programme = programme_to_run(signed_in(request), code)
    sheet = self_billed_sheet(self_billed_invoices(programme))
    return sheet_file(sheet, f"{programme.code}-self-billed", form)


@require_POST
@needs(Object.SELF_BILLING, Action.CHANGE)
@confirmed(form="payments:self-billing")
def self_billing_issue(request: HttpRequest, code: str) -> HttpResponse:
    """Issue an invoice for every remittance that an agreement covers, each in its own transaction."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.SELF_BILLING, Action.CHANGE)
    issued = 0
    for each in waiting_for_invoice(programme):
        if each.refusal:
            continue
        try:
            issue_self_billed(document_id=each.document.pk, actor=user, at=timezone.now())
        except BusinessRuleError as refusal:
            messages.error(request, str(refusal))
        else:
            issued += 1
    messages.success(request, f"Issued: {issued}.")
    return redirect("payments:self-billing", code)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.SELF_BILLING, Action.CHANGE)
@confirmed()
def self_billing_new(request: HttpRequest, code: str, provider: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.SELF_BILLING, Action.CHANGE)
    found = _provider(programme, provider)
    form = SelfBillingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            enter_agreement(provider_id=found.pk, agreed=form.agreed(), actor=user, at=timezone.now())
        except BusinessRuleError as refusal:
            form.add_error("starts_on", str(refusal))
        else:
            messages.success(request, f"The agreement with {found.name} is entered.")
            return redirect("payments:self-billing", code)
    context = {**programme_context(user, programme, "money"), "form": form, "provider": found}
    return render(request, "payments/self_billing_new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.SELF_BILLING, Action.CHANGE)
@confirmed()
def self_billing_end(request: HttpRequest, code: str, provider: str) -> HttpResponse:
    """End the agreement that is in force with a provider, or the latest."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.SELF_BILLING, Action.CHANGE)
    found = _provider(programme, provider)
    agreement = _agreement(user, programme, found)
    form = EndSelfBillingForm(
        request.POST if request.method == "POST" else None, today=programme.local_date(timezone.now())
    )
    if request.method == "POST" and form.is_valid():
        try:
            end_agreement(agreement_id=agreement.pk, actor=user, at=timezone.now(), **form.cleaned_data)
        except BusinessRuleError as refusal:
            form.add_error("last_day", str(refusal))
        else:
            messages.success(request, f"The agreement with {found.name} ends.")
            return redirect("payments:self-billing", code)
    context = {"form": form, "provider": found, "agreement": agreement}
    return render(
        request, "payments/self_billing_end.html", {**programme_context(user, programme, "money"), **context}
    )


@require_safe
@needs(Object.SELF_BILLING, Action.SEE)
def self_billed_invoice(request: HttpRequest, code: str, number: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    invoice = _invoice(user, programme, number)
    context = {
        **programme_context(user, programme, "money"),
        "invoice": invoice,
        "content": document_page(invoice.document, user),
    }
    return render(request, "payments/self_billed_invoice.html", context)


def _provider(programme: Programme, code: str) -> Provider:
    providers = Provider.objects.filter(programme_entries__programme=programme)
    return get_object_or_404(providers.distinct(), code=code)


def _agreement(user: User, programme: Programme, provider: Provider) -> SelfBillingAgreement:
    """Return the provider's agreement that holds today, else its latest; 404 if there is none."""
    today = programme.local_date(timezone.now())
    agreements = SelfBillingAgreement.objects.visible_to(user).filter(provider=provider)
    in_force = agreements.filter(starts_on__lte=today, ends_on__gte=today).first()
    found = in_force or agreements.first()
    if found is None:
        raise Http404
    return found


def _invoice(user: User, programme: Programme, number: str) -> SelfBilledInvoice:
    visible = SelfBilledInvoice.objects.visible_to(user)
    found = visible.filter(document__agreement__programme=programme).select_related(
        "document__agreement__provider", "document__month", "agreement", "issued_by"
    )
    prefix, _, digits = number.partition("-")
    if prefix not in {"SBI", "SBC"} or not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise Http404
    invoice = get_object_or_404(found, is_credit=prefix == "SBC", number=int(digits))
    if invoice.full_number != number:
        raise Http404
    return invoice

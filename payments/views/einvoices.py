"""E-invoices of documents, and the operator's details that they need."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import confirmed, signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_see
from mhep.shared.downloads import attachment
from payments.models import Document
from payments.selectors.document_detail import document_by_number
from payments.selectors.einvoices import has_einvoice
from payments.selectors.papers import paper_of
from payments.services.einvoices import CannotMakeEInvoice, SpoiltEInvoice, make_einvoice
from providers.forms import SellerForm
from providers.services.operators import FACTS, change_facts


@require_safe
@needs(Object.DOCUMENT, Action.SEE)
def document_einvoice(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """Send the stored e-invoice, made now if it can be and is not yet; else say what it lacks."""
    user = signed_in(request)
    programme = programme_to_see(user, code)
    visible = Document.objects.visible_to(user).filter(agreement__programme=programme)
    document = get_object_or_404(document_by_number(visible, number).select_related("agreement", "operator"))
    context = {**programme_context(user, programme, "invoices"), "number": number}
    if not has_einvoice(document):
        return render(request, "payments/document_einvoice.html", context)
    try:
        row = make_einvoice(document, paper_of(document), at=timezone.now(), officially=False)
    except CannotMakeEInvoice as refusal:
        return render(
            request,
            "payments/document_einvoice.html",
            {**context, "missing": refusal.missing, "findings": refusal.findings},
        )
    except SpoiltEInvoice as refusal:
        return render(request, "payments/document_spoilt.html", {**context, "refusal": refusal}, status=500)
    return attachment(bytes(row.content), f"{programme.code}-{number}.xml", "application/xml")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.SELLER, Action.CHANGE)
@confirmed()
def invoicing_details(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.SELLER, Action.CHANGE)
    operator = programme.operator
    standing = {name: getattr(operator, name) for name in FACTS}
    form = SellerForm(request.POST if request.method == "POST" else None, initial=standing)
    if request.method == "POST" and form.is_valid():
        facts = {name: form.cleaned_data[name] for name in FACTS}
        change_facts(operator_id=operator.pk, facts=facts, actor=user, at=timezone.now())
        messages.success(
            request, "The invoicing details are saved. Documents that were issued stay as they are."
        )
        return redirect("payments:document-list", code)
    return render(
        request,
        "payments/invoicing_details.html",
        {**programme_context(user, programme, "invoices"), "operator": operator, "form": form},
    )

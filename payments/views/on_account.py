"""Money that is kept on funders' accounts: the list, and paying an invoice with it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import confirmed, signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_run
from mhep.shared.downloads import sheet_file
from payments.enums import AllocationKind
from payments.forms.bank import SpendForm
from payments.models import Allocation
from payments.selectors.on_account import kept_in_all, kept_on_account, on_account_sheet, payable_with
from payments.services.allocations import CannotAllocate, Use, spend_from_account
from providers.access import may

PAGE = 50


@require_safe
@needs(Object.BANK, Action.SEE)
def on_account(request: HttpRequest, code: str) -> HttpResponse:
    """List what is kept on the accounts of the programme's funders, with the payment that it came with."""
    user = signed_in(request)
    programme = programme_to_run(user, code)
    kept = kept_on_account(programme)
    return render(
        request,
        "payments/on_account.html",
        {
            **programme_context(user, programme, "money"),
            "page": Paginator(kept, PAGE).get_page(request.GET.get("page")),
            "in_all": kept_in_all(kept),
            "may_act": may(user, Object.BANK, Action.IMPORT, programme.operator),
        },
    )


@require_safe
@needs(Object.BANK, Action.SEE)
def on_account_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    programme = programme_to_run(signed_in(request), code)
    sheet = on_account_sheet(kept_on_account(programme), programme.currency)
    return sheet_file(sheet, f"{programme.code}-on-account", form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.BANK, Action.IMPORT)
@confirmed()
def on_account_spend(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Ask which invoice the money pays; sent the form, pay it. What is left stays on the account."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.BANK, Action.IMPORT)
    kept = get_object_or_404(kept_on_account(programme), pk=pk)
    payable = list(payable_with(kept)[:PAGE])
    form = SpendForm(request.POST if request.method == "POST" else None, kept=kept, payable=payable)
    if request.method == "POST" and form.is_valid():
        try:
            _spend(kept, form, request)
        except CannotAllocate as refusal:
            form.add_error("amount", str(refusal))
        else:
            messages.success(request, "The invoice is paid with it. What is left stays on the account.")
            return redirect("payments:on-account", code)
    context = {"form": form, "kept": kept, "payable": payable}
    return render(
        request, "payments/on_account_spend.html", {**programme_context(user, programme, "money"), **context}
    )


def _spend(kept: Allocation, form: SpendForm, request: HttpRequest) -> None:
    at = timezone.now()
    invoice, amount = form.invoice(), form.cleaned_data["amount"]
    spend_from_account(
        allocation_id=kept.pk,
        uses=[Use(AllocationKind.PAYMENT, amount, line=kept.line_id, document=invoice.pk)],
        on=invoice.agreement.programme.local_date(at),
        actor=signed_in(request),
        at=at,
    )

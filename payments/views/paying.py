"""Paying providers: what is open for them, batches for the bank, and the accounts that are paid into."""

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
from mhep.shared.downloads import CSV, attachment, sheet_file
from payments.forms.paying import PayeeAccountForm, PrepareForm, ReturnForm
from payments.models import PaymentBatch
from payments.rules.credit_transfer import as_bank_csv, as_pain001
from payments.selectors.paying import bank_batch, batch_sheet, open_providers, providers_with_accounts
from payments.services import paying
from providers.access import may
from providers.models import Provider

METHODS = ["GET", "HEAD", "POST"]
PAGE = 50
XML = "application/xml"


@require_http_methods(METHODS)
@needs(Object.PAYMENT, Action.SEE, sending=Action.CHANGE)
def batch_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show what is open for each provider and the batches so far; finance prepares another."""
    user = signed_in(request)
    programme = programme_to_run(user, code)
    found = open_providers(programme)
    today = programme.local_date(timezone.now())
    payable = [(each.provider.code, each.provider.name) for each in found if each.is_payable]
    form = PrepareForm(request.POST if request.method == "POST" else None, payable=payable, today=today)
    if request.method == "POST":
        programme_to_change(user, code, Object.PAYMENT, Action.CHANGE)
        if form.is_valid():
            chosen = [
                each.provider.pk for each in found if each.provider.code in form.cleaned_data["providers"]
            ]
            wanted = paying.Wanted(chosen, form.cleaned_data["pays_on"])
            try:
                batch = paying.prepare_batch(
                    programme_id=programme.pk, wanted=wanted, actor=user, at=timezone.now()
                )
            except BusinessRuleError as refusal:
                form.add_error("providers", str(refusal))
            else:
                messages.success(request, f"{batch.reference} waits for a second person to release it.")
                return redirect("payments:batch-detail", code, batch.reference)
    batches = PaymentBatch.objects.visible_to(user).filter(programme=programme).select_related("programme")
    return render(
        request,
        "payments/batch_list.html",
        {
            **programme_context(user, programme, "money"),
            "open_providers": found,
            "form": form if payable or form.errors else None,
            "page": Paginator(batches, PAGE).get_page(request.GET.get("page")),
            "may_prepare": may(user, Object.PAYMENT, Action.CHANGE, programme.operator),
        },
    )


@require_safe
@needs(Object.PAYMENT, Action.SEE)
def batch_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Send every payment of every batch as a table."""
    user = signed_in(request)
    programme = programme_to_run(user, code)
    return sheet_file(batch_sheet(user, programme), f"{programme.code}-provider-payments", form)


@require_safe
@needs(Object.PAYMENT, Action.SEE)
def batch_detail(request: HttpRequest, code: str, batch: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    found = _batch(user, programme, batch)
    may_release = may(user, Object.PAYMENT, Action.RELEASE, programme.operator)
    return render(
        request,
        "payments/batch_detail.html",
        {
            **programme_context(user, programme, "money"),
            "batch": found,
            "orders": found.orders.select_related("provider", "account", "journal").prefetch_related(
                "documents__document"
            ),
            "may_change": may(user, Object.PAYMENT, Action.CHANGE, programme.operator),
            "may_release": may_release and found.prepared_by_id != user.pk,
        },
    )


@require_safe
@needs(Object.PAYMENT, Action.RELEASE)
def batch_file(request: HttpRequest, code: str, batch: str, form: str) -> HttpResponse:
    """Send a released batch as the bank takes it: ``xml`` is ISO 20022, ``csv`` a plain table."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.PAYMENT, Action.RELEASE)
    found = _batch(user, programme, batch)
    if found.released_at is None or form not in {"xml", "csv"} or (form == "xml" and not found.payer_iban):
        raise Http404
    if form == "csv":
        return attachment(as_bank_csv(bank_batch(found)), f"{found.reference}.csv", CSV)
    return attachment(as_pain001(bank_batch(found)), f"{found.reference}.xml", XML)


@require_POST
@needs(Object.PAYMENT, Action.RELEASE)
@confirmed("payments:batch-detail")
def batch_release(request: HttpRequest, code: str, batch: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.PAYMENT, Action.RELEASE)
    found = _batch(user, programme, batch)
    try:
        paying.release_batch(batch_id=found.pk, actor=user, at=timezone.now())
    except BusinessRuleError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{found.reference} is released. Send its file to the bank.")
    return redirect("payments:batch-detail", code, found.reference)


@require_POST
@needs(Object.PAYMENT, Action.CHANGE)
def batch_discard(request: HttpRequest, code: str, batch: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.PAYMENT, Action.CHANGE)
    found = _batch(user, programme, batch)
    try:
        paying.discard_batch(batch_id=found.pk, actor=user, at=timezone.now())
    except BusinessRuleError as refusal:
        messages.error(request, str(refusal))
        return redirect("payments:batch-detail", code, found.reference)
    messages.success(request, f"{found.reference} is discarded. What it would have paid is open again.")
    return redirect("payments:batch-list", code)


@require_http_methods(METHODS)
@needs(Object.PAYMENT, Action.CHANGE)
@confirmed()
def order_return(request: HttpRequest, code: str, batch: str, provider: str) -> HttpResponse:
    """Record that the bank sent a payment back."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.PAYMENT, Action.CHANGE)
    found = _batch(user, programme, batch)
    order = get_object_or_404(found.orders.select_related("provider"), provider__code=provider)
    form = ReturnForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            paying.return_order(
                order_id=order.pk, on=given["on"], reason=given["reason"], actor=user, at=timezone.now()
            )
        except BusinessRuleError as refusal:
            form.add_error("on", str(refusal))
        else:
            messages.success(request, f"The payment to {order.provider.name} came back and is open again.")
            return redirect("payments:batch-detail", code, found.reference)
    return render(
        request,
        "payments/order_return.html",
        {**programme_context(user, programme, "money"), "batch": found, "order": order, "form": form},
    )


@require_safe
@needs(Object.PAYEE_ACCOUNT, Action.SEE)
def payee_account_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    return render(
        request,
        "payments/payee_account_list.html",
        {
            **programme_context(user, programme, "money"),
            "providers": providers_with_accounts(programme),
            "user_key": user.pk,
            "may_change": may(user, Object.PAYEE_ACCOUNT, Action.CHANGE, programme.operator),
        },
    )


@require_http_methods(METHODS)
@needs(Object.PAYEE_ACCOUNT, Action.CHANGE)
@confirmed()
def payee_account_new(request: HttpRequest, code: str, provider: str) -> HttpResponse:
    """Take the account of a provider, for a second person to approve."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.PAYEE_ACCOUNT, Action.CHANGE)
    found = _provider(programme, provider)
    form = PayeeAccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            paying.enter_account(provider_id=found.pk, account=form.account(), actor=user, at=timezone.now())
        except paying.WrongAccount as refusal:
            for field, message in refusal.problems.items():
                form.add_error(field, message)
        else:
            messages.success(request, f"The account of {found.name} waits for a second person.")
            return redirect("payments:payee-account-list", code)
    return render(
        request,
        "payments/payee_account_new.html",
        {**programme_context(user, programme, "money"), "provider": found, "form": form},
    )


@require_POST
@needs(Object.PAYEE_ACCOUNT, Action.CHANGE)
@confirmed("payments:payee-account-list")
def payee_account_decide(request: HttpRequest, code: str, provider: str) -> HttpResponse:
    """Approve the account that waits, or refuse it, as the button that was pressed says."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.PAYEE_ACCOUNT, Action.CHANGE)
    found = _provider(programme, provider)
    waiting = found.payee_accounts.waiting().first()
    is_approved = request.POST.get("decision") == "approve"
    decide = paying.approve_account if is_approved else paying.refuse_account
    try:
        if waiting is None:
            raise paying.CannotApprove("No account waits for approval any more.")
        decide(account_id=waiting.pk, actor=user, at=timezone.now())
    except BusinessRuleError as refusal:
        messages.error(request, str(refusal))
    else:
        done = "is approved and will be paid into" if is_approved else "is refused"
        messages.success(request, f"The account of {found.name} {done}.")
    return redirect("payments:payee-account-list", code)


def _batch(user: User, programme: Programme, reference: str) -> PaymentBatch:
    """Return the batch with that reference if the user may see it; others get 404."""
    _, _, number = reference.rpartition("-")
    batches = PaymentBatch.objects.visible_to(user).select_related("programme", "prepared_by", "released_by")
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        raise Http404
    batch = get_object_or_404(batches, programme=programme, number=int(number))
    if batch.reference != reference:
        raise Http404
    return batch


def _provider(programme: Programme, code: str) -> Provider:
    """Return the provider of the programme with that code; others get 404."""
    providers = Provider.objects.filter(programme_entries__programme=programme)
    return get_object_or_404(providers, code=code)

"""One payment: what it was taken for, what it may be for, and how that is done by hand or undone."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import confirmed, signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_run
from funders.models import Programme
from mhep.kernel.money import to_major
from mhep.shared.sealed_ids import Kind, opened_id
from payments.enums import Account, AllocationKind
from payments.forms.bank import AllocateForm, ReasonForm
from payments.models import Allocation, BankLine, Document
from payments.selectors.bank import allocations_of, funders_to_keep_for, offers_for
from payments.selectors.document_detail import document_by_number
from payments.selectors.late_payment import claim_by_ref
from payments.services.allocations import CannotAllocate, Use, allocate, undo_allocation
from payments.services.matching import token_of
from providers.access import may


@require_safe
@needs(Object.BANK, Action.SEE)
def bank_line(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    line = _line(user, programme, pk)
    return _line_page(request, programme, line, _allocate_form(programme, line))


@require_POST
@needs(Object.BANK, Action.IMPORT)
@confirmed(form="payments:bank-line")
def bank_line_allocate(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take an amount of a payment for what the form says."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.BANK, Action.IMPORT)
    line = _line(user, programme, pk)
    form = _allocate_form(programme, line, request)
    if form.is_valid():
        try:
            allocate([_use(user, programme, line, form)], actor=user, at=timezone.now())
        except CannotAllocate as refusal:
            form.add_error("amount", str(refusal))
        else:
            messages.success(request, "The amount is allocated.")
            return redirect("payments:bank-line", code, line.pk)
    return _line_page(request, programme, line, form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.BANK, Action.IMPORT)
@confirmed()
def allocation_undo(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Say what undoing an allocation does; sent the form with a reason, undo it."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.BANK, Action.IMPORT)
    visible = Allocation.objects.visible_to(user).filter(journal__operator=programme.operator)
    about = ("line", "document", "funder", "late_claim", "journal")
    allocation = get_object_or_404(visible.select_related(*about), pk=pk)
    data = request.POST if request.method == "POST" else None
    form = ReasonForm(data)
    if data is not None and form.is_valid():
        at = timezone.now()
        reason, on = form.cleaned_data["reason"], programme.local_date(at)
        try:
            undo_allocation(allocation_id=allocation.pk, reason=reason, on=on, actor=user, at=at)
        except CannotAllocate as refusal:
            form.add_error("reason", str(refusal))
        else:
            messages.success(request, "The allocation is undone. Its amount is open again.")
            if allocation.line_id:
                return redirect("payments:bank-line", code, allocation.line_id)
            return redirect("payments:bank-account-list", code)
    context = {"form": form, "allocation": allocation}
    return render(
        request, "payments/allocation_undo.html", {**programme_context(user, programme, "money"), **context}
    )


def _use(user: User, programme: Programme, line: BankLine, form: AllocateForm) -> Use:
    """
    Return what a valid form asks for: a document or a claim by its number, an account, or a funder's.

    :raises CannotAllocate: if it names a document that is none of the operator's.
    """
    given = form.cleaned_data
    amount = given["amount"]
    if given["account"]:
        return Use(AllocationKind.ACCOUNT, amount, line=line.pk, account=given["account"])
    if given["funder"]:
        return Use(
            AllocationKind.ON_ACCOUNT, amount, line=line.pk, funder=opened_id(Kind.FUNDER, given["funder"])
        )
    visible = Document.objects.visible_to(user).filter(operator=programme.operator)
    number = given["number"].strip().upper()
    claim = claim_by_ref(programme.operator, number)
    if claim is not None:
        account = Account.LATE_CLAIMS
        return Use(AllocationKind.ACCOUNT, amount, line=line.pk, account=account, late_claim=claim.pk)
    document = visible.filter(pk__in=document_by_number(visible, number).values("pk")).first()
    if document is None:
        raise CannotAllocate(f"There is no document {number}. Enter its number like INV-000012.")
    return Use(AllocationKind.PAYMENT, amount, line=line.pk, document=document.pk)


def _line(user: User, programme: Programme, pk: int) -> BankLine:
    visible = BankLine.objects.visible_to(user).filter(account__operator=programme.operator)
    return get_object_or_404(visible.select_related("account__operator", "balance", "statement"), pk=pk)


def _allocate_form(programme: Programme, line: BankLine, request: HttpRequest | None = None) -> AllocateForm:
    return AllocateForm(
        request.POST if request else None,
        funders=funders_to_keep_for(programme.operator, line.account.currency),
        initial={"amount": to_major(line.balance.open_minor)},
    )


def _line_page(
    request: HttpRequest, programme: Programme, line: BankLine, form: AllocateForm
) -> HttpResponse:
    user = signed_in(request)
    is_open = bool(line.balance.open_minor)
    return render(
        request,
        "payments/bank_line.html",
        {
            **programme_context(user, programme, "money"),
            "line": line,
            "form": form,
            "payment": offers_for(line.account, [line], token_of)[0] if is_open else None,
            "allocations": allocations_of(line),
            "may_act": may(user, Object.BANK, Action.IMPORT, programme.operator),
        },
    )

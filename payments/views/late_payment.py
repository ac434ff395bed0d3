"""Late payment: what may be claimed for an invoice, proposing or waiving it, and deciding on a claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import confirmed, signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_run, programme_to_see
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.downloads import sheet_file
from payments.enums import LateClaimState
from payments.forms.late_payment import ClaimForm, DecideClaimForm, WaiveForm
from payments.models import LateClaim
from payments.rules.late_payment import debt_from, stretches_from
from payments.selectors.document_detail import document_by_number
from payments.selectors.late_debts import invoices_of, late_invoices
from payments.selectors.late_payment import (
    LateInvoice,
    claims_to_see,
    late_rows,
    late_sheet,
    working_of_claim,
)
from payments.services.late_payment import (
    charge_claim,
    propose_claim,
    refuse_claim,
    waive_claim,
    withdraw_claim,
)
from providers.access import may

PAGE = 50
FormOf = ClaimForm | WaiveForm
Forms = Mapping[str, FormOf | DecideClaimForm]


@require_safe
@needs(Object.LATE_PAYMENT, Action.SEE)
def late_payment_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    today = programme.local_date(timezone.now())
    page = Paginator(late_invoices(programme.pk, today), PAGE).get_page(request.GET.get("page"))
    rows = late_rows(list(page.object_list), today)
    context = {"page": page, "rows": [(row, row.days_late(today)) for row in rows]}
    return render(
        request, "payments/late_payment_list.html", {**programme_context(user, programme, "money"), **context}
    )


@require_safe
@needs(Object.LATE_PAYMENT, Action.SEE)
def late_payment_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    programme = programme_to_run(signed_in(request), code)
    today = programme.local_date(timezone.now())
    rows = late_rows(list(late_invoices(programme.pk, today)), today)
    return sheet_file(late_sheet(rows, today), f"{programme.code}-late-payment-{today:%Y%m%d}", form)


@require_safe
@needs(Object.LATE_PAYMENT, Action.SEE)
def late_invoice(request: HttpRequest, code: str, number: str) -> HttpResponse:
    return _invoice_page(request, code, number, {})


@require_POST
@needs(Object.LATE_PAYMENT, Action.PROPOSE)
@confirmed(form="payments:late-invoice")
def late_claim_propose(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """Propose to charge what the invoice's page shows; a second person decides."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.LATE_PAYMENT, Action.PROPOSE)
    row, today = _row(programme, number)
    form = ClaimForm(request.POST)

    def do(reason: str) -> LateClaim:
        key = row.document.pk
        return propose_claim(document_id=key, reason=reason, on=today, actor=user, at=timezone.now())

    done = _done(form, do)
    if done is None:
        return _invoice_page(request, code, number, {"propose": form})
    messages.success(request, "The claim is proposed. Somebody else of finance decides.")
    return redirect("payments:late-claim", code, done.pk)


@require_POST
@needs(Object.LATE_PAYMENT, Action.APPROVE)
@confirmed(form="payments:late-invoice")
def late_claim_waive(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """Waive what may be claimed for an invoice, for good."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.LATE_PAYMENT, Action.APPROVE)
    row, today = _row(programme, number)
    form = WaiveForm(request.POST, auto_id="waive_%s")

    def do(reason: str) -> LateClaim:
        key = row.document.pk
        return waive_claim(document_id=key, reason=reason, on=today, actor=user, at=timezone.now())

    if _done(form, do) is None:
        return _invoice_page(request, code, number, {"waive": form})
    messages.success(request, f"What was owed for the late payment of {number} is waived.")
    return redirect("payments:late-invoice", code, number)


@require_safe
@needs(Object.DOCUMENT, Action.SEE)
def late_claim(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show a claim: the operator's people each of them, a funder what it was charged."""
    return _claim_page(request, code, pk, {})


@require_safe
@needs(Object.DOCUMENT, Action.SEE)
def late_claim_file(request: HttpRequest, code: str, pk: int, form: str) -> HttpResponse:
    user = signed_in(request)
    claim = _claim(user, programme_to_see(user, code), pk)
    name = f"{code}-{claim.ref}" if claim.number else f"{code}-late-{claim.document.full_number}"
    return sheet_file(working_of_claim(claim), name, form)


@require_POST
@needs(Object.LATE_PAYMENT, Action.APPROVE)
@confirmed(form="payments:late-claim")
def late_claim_decide(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Charge or refuse somebody else's proposal."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.LATE_PAYMENT, Action.APPROVE)
    claim = _claim(user, programme, pk)
    form = DecideClaimForm(request.POST)

    def do(reason: str) -> LateClaim:
        at = timezone.now()
        if form.cleaned_data["decision"] == LateClaimState.CHARGED:
            return charge_claim(claim_id=claim.pk, on=programme.local_date(at), actor=user, at=at)
        return refuse_claim(claim_id=claim.pk, reason=reason, actor=user, at=at)

    done = _done(form, do)
    if done is None:
        return _claim_page(request, code, pk, {"decide": form})
    messages.success(request, f"{done.ref} is {done.get_state_display().lower()}.")
    return redirect("payments:late-claim", code, done.pk)


@require_POST
@needs(Object.LATE_PAYMENT, Action.APPROVE)
@confirmed(form="payments:late-claim")
def late_claim_withdraw(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Withdraw what was charged or waived."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.LATE_PAYMENT, Action.APPROVE)
    claim = _claim(user, programme, pk)
    form = WaiveForm(request.POST)

    def do(reason: str) -> LateClaim:
        at = timezone.now()
        on = programme.local_date(at)
        return withdraw_claim(claim_id=claim.pk, reason=reason, on=on, actor=user, at=at)

    done = _done(form, do)
    if done is None:
        return _claim_page(request, code, pk, {"withdraw": form})
    messages.success(request, f"{done.ref} is withdrawn. Its days can be claimed again.")
    return redirect("payments:late-claim", code, done.pk)


def _done(form: FormOf | DecideClaimForm, do: Callable[[str], LateClaim]) -> LateClaim | None:
    """Do what a valid form asks for; return None, with the form saying why, where that is refused."""
    if not form.is_valid():
        return None
    try:
        return do(form.cleaned_data["reason"])
    except BusinessRuleError as refusal:
        form.add_error("reason", str(refusal))
    return None


def _row(programme: Programme, number: str) -> tuple[LateInvoice, date]:
    """Return one invoice of the programme with what may be claimed for it, and the day there."""
    today = programme.local_date(timezone.now())
    invoice = get_object_or_404(document_by_number(invoices_of(programme.pk), number))
    return late_rows([invoice], today)[0], today


def _claim(user: User, programme: Programme, pk: int) -> LateClaim:
    return get_object_or_404(claims_to_see(user, programme), pk=pk)


def _invoice_page(request: HttpRequest, code: str, number: str, sent: Forms) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    row, today = _row(programme, number)
    forms = {"propose": ClaimForm(), "waive": WaiveForm(auto_id="waive_%s"), **sent}
    context = {
        "row": row,
        "days_late": row.days_late(today),
        "forms": forms,
        "errors": next(iter(sent.values()), None),
        "may_propose": may(user, Object.LATE_PAYMENT, Action.PROPOSE, programme.operator),
        "may_waive": may(user, Object.LATE_PAYMENT, Action.APPROVE, programme.operator),
    }
    return render(
        request, "payments/late_invoice.html", {**programme_context(user, programme, "money"), **context}
    )


def _claim_page(request: HttpRequest, code: str, pk: int, sent: Forms) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    claim = _claim(user, programme, pk)
    may_approve = may(user, Object.LATE_PAYMENT, Action.APPROVE, programme.operator)
    context = {
        "claim": claim,
        "debt": debt_from(claim.working),
        "stretches": stretches_from(claim.working),
        "forms": {"decide": DecideClaimForm(), "withdraw": WaiveForm(), **sent},
        "errors": next(iter(sent.values()), None),
        "may_decide": may_approve and claim.state == LateClaimState.PROPOSED,
        "may_withdraw": may_approve and claim.state in {LateClaimState.CHARGED, LateClaimState.WAIVED},
        "is_own": claim.proposed_by_id == user.pk,
    }
    return render(
        request, "payments/late_claim.html", {**programme_context(user, programme, "invoices"), **context}
    )

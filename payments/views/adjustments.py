"""Manual adjustments: the list, a proposal, and its approval by somebody else."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import confirmed, signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_run
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.downloads import sheet_file
from payments.enums import AdjustmentState
from payments.forms.adjustments import AdjustmentForm, DecideAdjustmentForm
from payments.models import Adjustment
from payments.selectors.adjusting import adjustment_sheet, adjustments_to_see, left_to_credit
from payments.services.adjustments import approve_adjustment, propose_adjustment, refuse_adjustment
from providers.access import may

PAGE = 50


@require_safe
@needs(Object.ADJUSTMENT, Action.SEE)
def adjustment_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    adjustments = adjustments_to_see(user, programme)
    return render(
        request,
        "payments/adjustment_list.html",
        {
            **programme_context(user, programme, "statements"),
            "page": Paginator(adjustments, PAGE).get_page(request.GET.get("page")),
            "waiting": adjustments.filter(state=AdjustmentState.PROPOSED).count(),
            "may_propose": may(user, Object.ADJUSTMENT, Action.PROPOSE, programme.operator),
        },
    )


@require_safe
@needs(Object.ADJUSTMENT, Action.SEE)
def adjustment_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    sheet = adjustment_sheet(adjustments_to_see(user, programme), programme)
    return sheet_file(sheet, f"{programme.code}-adjustments", form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.ADJUSTMENT, Action.PROPOSE)
@confirmed()
def adjustment_new(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.ADJUSTMENT, Action.PROPOSE)
    form = AdjustmentForm(request.POST if request.method == "POST" else None, programme=programme)
    if request.method == "POST" and form.is_valid():
        try:
            adjustment = propose_adjustment(
                agreement=form.cleaned_data["agreement"],
                amount_minor=form.amount_minor(),
                reason=form.cleaned_data["reason"],
                about=form.about(),
                actor=user,
                at=timezone.now(),
            )
        except BusinessRuleError as refusal:
            form.add_error("amount", str(refusal))
        else:
            messages.success(request, f"{adjustment.ref} is proposed. Somebody else approves it.")
            return redirect("payments:adjustment-detail", code, adjustment.pk)
    context = {**programme_context(user, programme, "statements"), "form": form}
    return render(request, "payments/adjustment_new.html", context)


@require_safe
@needs(Object.ADJUSTMENT, Action.SEE)
def adjustment_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    adjustment = get_object_or_404(adjustments_to_see(user, programme), pk=pk)
    form = DecideAdjustmentForm()
    return render(request, "payments/adjustment_detail.html", _context(request, code, adjustment, form))


@require_POST
@needs(Object.ADJUSTMENT, Action.APPROVE)
@confirmed(form="payments:adjustment-detail")
def adjustment_decide(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Approve or refuse a proposal."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.ADJUSTMENT, Action.APPROVE)
    adjustment = get_object_or_404(adjustments_to_see(user, programme), pk=pk)
    form = DecideAdjustmentForm(request.POST)
    if form.is_valid():
        try:
            if form.cleaned_data["decision"] == AdjustmentState.APPROVED:
                decided = approve_adjustment(adjustment_id=pk, actor=user, at=timezone.now())
            else:
                reason = form.cleaned_data["reason"]
                decided = refuse_adjustment(adjustment_id=pk, reason=reason, actor=user, at=timezone.now())
        except BusinessRuleError as refusal:
            form.add_error("decision", str(refusal))
        else:
            messages.success(request, f"{decided.ref} is {decided.get_state_display().lower()}.")
            return redirect("payments:adjustment-list", code)
    return render(request, "payments/adjustment_detail.html", _context(request, code, adjustment, form))


def _context(
    request: HttpRequest, code: str, adjustment: Adjustment, form: DecideAdjustmentForm
) -> dict[str, object]:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    corrects = adjustment.corrects
    return {
        **programme_context(user, programme, "statements"),
        "adjustment": adjustment,
        "form": form,
        "left_minor": left_to_credit(corrects, adjustment.event) if corrects else None,
        "charge": adjustment.charges.order_by("pk").first(),
        "may_decide": adjustment.state == AdjustmentState.PROPOSED
        and may(user, Object.ADJUSTMENT, Action.APPROVE, programme.operator),
        "is_own": adjustment.proposed_by_id == user.pk,
    }

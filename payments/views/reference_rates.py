"""The reference rates of central banks by which statutory interest is worked out."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import confirmed, signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_run
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.downloads import sheet_file
from payments.forms.late_payment import RateForm
from payments.models import ReferenceRate
from payments.rules.late_payment import REGIMES
from payments.selectors.late_payment import rate_sheet
from payments.services.reference_rates import enter_rate
from providers.access import may

PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.LATE_PAYMENT, Action.SEE, sending=Action.CHANGE)
@confirmed()
def reference_rate_list(request: HttpRequest, code: str) -> HttpResponse:
    """List the operator's rates; sent the form, enter one."""
    user = signed_in(request)
    programme = programme_to_run(user, code)
    now = timezone.now()
    form = RateForm(request.POST if request.method == "POST" else None, today=programme.local_date(now))
    if request.method == "POST" and form.is_valid():
        programme_to_change(user, code, Object.LATE_PAYMENT, Action.CHANGE)
        try:
            rate = enter_rate(operator=programme.operator, rate=form.rate(), actor=user, at=now)
        except BusinessRuleError as refusal:
            form.add_error("percent", str(refusal))
        else:
            messages.success(request, f"{rate.get_series_display()} is entered for {rate.half_year}.")
            return redirect("payments:reference-rate-list", code)
    rates = ReferenceRate.objects.visible_to(user).filter(operator=programme.operator)
    context = {
        "page": Paginator(rates.select_related("entered_by"), PAGE).get_page(request.GET.get("page")),
        "form": form,
        "regimes": REGIMES.values(),
        "may_enter": may(user, Object.LATE_PAYMENT, Action.CHANGE, programme.operator),
    }
    return render(
        request,
        "payments/reference_rate_list.html",
        {**programme_context(user, programme, "money"), **context},
    )


@require_safe
@needs(Object.LATE_PAYMENT, Action.SEE)
def reference_rate_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    rates = ReferenceRate.objects.visible_to(user).filter(operator=programme.operator)
    sheet = rate_sheet(rates.select_related("entered_by"))
    return sheet_file(sheet, f"{programme.operator.code}-reference-rates", form)

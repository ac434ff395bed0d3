"""Why this amount? One page for any charge, nil decision, credit or fee; and all that one event led to."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import is_operators, needs, programme_context, programme_to_see
from outcomes.models import OutcomeEvent
from payments.models import Charge
from payments.rules.explanation import explain
from payments.selectors.explanations import case_of, decisions_of


@require_safe
@needs(Object.CHARGE, Action.SEE)
def charge_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    visible = Charge.objects.visible_to(user).filter(agreement__programme=programme)
    charge = get_object_or_404(visible.select_related("month", "agreement", "event"), pk=pk)
    case = case_of(charge, sees_all=is_operators(user, programme))
    return render(
        request,
        "payments/charge_detail.html",
        {
            **programme_context(user, programme, "invoices"),
            "charge": charge,
            "case": case,
            "explanation": explain(case),
            "sides": decisions_of(charge.event, user) if charge.event else [],
        },
    )


@require_safe
@needs(Object.CHARGE, Action.SEE)
def event_charges(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    events = OutcomeEvent.objects.select_related("outcome_type", "participant")
    event = get_object_or_404(events, programme=programme, pk=pk)
    sides = decisions_of(event, user)
    if not sides and not is_operators(user, programme):
        raise Http404
    return render(
        request,
        "payments/charge_list.html",
        {**programme_context(user, programme, "invoices"), "event": event, "sides": sides},
    )

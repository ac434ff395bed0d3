"""The programmes that a person may see."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from funders.models import Programme
from providers.access import Action, may_anywhere
from providers.models import ProviderMember


@require_safe
def programme_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    return render(
        request,
        "funders/programme_list.html",
        {
            "programmes": Programme.objects.visible_to(user).select_related("operator").order_by("code"),
            "run": set(Programme.objects.run_by(user).values_list("pk", flat=True)),
            "accounted": set(Programme.objects.accounted_to(user).values_list("pk", flat=True)),
            "has_caseload": ProviderMember.objects.filter(user=user).exists(),
            "may_load": may_anywhere(user, Action.LOAD),
        },
    )

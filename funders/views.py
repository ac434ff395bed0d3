"""The programmes that a person may see, and who may see and do what."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.access import for_everyone, signed_in
from accounts.rules.matrix import RIGHTS, Action, Object, Role
from funders.access import roles_of
from funders.models import Programme
from providers.access import may_anywhere
from providers.models import Investor, InvestorMember, ProviderMember


@for_everyone
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Lead whoever has signed in to where their day begins: their work, how it goes, or the programmes."""
    user = signed_in(request)
    roles = roles_of(user)
    if roles and roles <= {Role.SPECIALIST, Role.MANAGER}:
        return redirect("outcomes:caseload")
    run = Programme.objects.run_by(user).values_list("code", flat=True)[:2]
    if roles == {Role.ANALYST} and len(run) == 1:
        return redirect("payments:verification-queue", run[0])
    seen = Programme.objects.visible_to(user).values_list("code", flat=True)[:2]
    if roles == {Role.COMMISSIONER} and len(seen) == 1:
        return redirect("performance:programme-detail", seen[0])
    if roles == {Role.INVESTOR}:
        return redirect("investment:facility-list")
    return redirect("funders:programme-list")


@for_everyone
@require_safe
def programme_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    at_investors = InvestorMember.objects.of(user)
    return render(
        request,
        "funders/programme_list.html",
        {
            "programmes": Programme.objects.visible_to(user).select_related("operator").order_by("code"),
            "run": set(Programme.objects.run_by(user).values_list("pk", flat=True)),
            "accounted": set(Programme.objects.accounted_to(user).values_list("pk", flat=True)),
            "has_caseload": ProviderMember.objects.of(user).exists(),
            "investors": Investor.objects.filter(members__in=at_investors).order_by("name"),
            "may_audit": may_anywhere(user, Object.AUDIT_TRAIL, Action.SEE),
            "may_load": may_anywhere(user, Object.PROGRAMME_FILE, Action.LOAD),
        },
    )


@for_everyone
@require_safe
def access_matrix(request: HttpRequest) -> HttpResponse:
    """Show the whole matrix, and what of it the reader's own roles allow."""
    own = roles_of(signed_in(request))
    objects = [
        (thing.value, [(right.meaning, _in_words(right.roles), bool(right.roles & own)) for right in rights])
        for thing, rights in groupby(RIGHTS, lambda right: right.object)
    ]
    return render(request, "funders/access_matrix.html", {"objects": objects, "own": _in_words(own)})


def _in_words(roles: Iterable[Role]) -> str:
    """Return the roles in the order of the matrix, as in ``Analyst, finance``."""
    held = set(roles)
    return ", ".join(role.value for role in Role if role in held).capitalize()

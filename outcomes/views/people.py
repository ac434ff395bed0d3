"""The caseload, and the page of one person."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import is_operators, needs, programme_context
from outcomes.rules.caseload import NeedKind
from outcomes.selectors.caseload import caseload_of, leads_a_team
from outcomes.selectors.logged import news_for
from outcomes.selectors.person import person_page
from participants.access import helps, own_people, person_to_see
from providers.models import ProviderMember

# Whom a reminder leads to, by the kind of need.
ONLY = {
    NeedKind.QUERY: "who have a question waiting for an answer",
    NeedKind.CLAIM: "for whom an outcome can be claimed",
    NeedKind.CONSENT: "whose consent to share data is missing",
    NeedKind.EMPLOYER_CONTACT: "whose first contact with an employer falls due within a week",
    NeedKind.CLAIM_SOON: "whose check of a sustained job falls due within a week",
    NeedKind.QUIET: "who have had no support for three weeks",
}


@require_safe
@needs(Object.CASELOAD, Action.SEE)
def caseload(request: HttpRequest) -> HttpResponse:
    """
    Show a specialist their own people, and a manager the team's, unless they ask for their own.

    ``need`` narrows it to those of whom a reminder tells.
    """
    user = signed_in(request)
    membership = ProviderMember.objects.of(user).first()
    if membership is None:
        raise PermissionDenied
    is_manager = leads_a_team(user)
    is_team = is_manager and request.GET.get("whose") != "mine"
    with own_people(user):
        now = timezone.now()
        found = caseload_of(user, now, whole_team=is_team)
        news = news_for(user, now, whole_team=is_team)
    need = NeedKind.__members__.get(request.GET.get("need", ""))
    return render(
        request,
        "outcomes/caseload.html",
        {
            "caseload": found,
            "news": news,
            "waiting": [entry for entry in found.waiting if need is None or need in entry.reminded],
            "only": ONLY[need] if need else "",
            "is_manager": is_manager,
            "is_team": is_team,
            "role": membership.get_role_display(),
        },
    )


@require_safe
@needs(Object.PERSON, Action.SEE)
def person_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme, participant = person_to_see(user, code, pk)
    today = programme.working_day(timezone.now())
    with own_people(user):
        page = person_page(user, programme, participant, today)
    may_help = helps(user, participant)
    return render(
        request,
        "outcomes/person_detail.html",
        {
            **programme_context(user, programme, "people"),
            "participant": participant,
            "page": page,
            "today": today,
            "may_help": may_help,
            "may_ask_for_name": is_operators(user, programme) and not may_help,
        },
    )

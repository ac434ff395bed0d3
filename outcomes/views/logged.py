"""Outcomes that were logged: the list, what became of one, the answer to a question about it, and news."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import is_operators, needs, programme_context
from funders.models import Programme
from mhep.shared.downloads import sheet_file
from mhep.shared.sealed_ids import Kind, opened_ids
from outcomes import access
from outcomes.models import OutcomeEventQuerySet
from outcomes.selectors.answers import open_query
from outcomes.selectors.caseload import leads_a_team
from outcomes.selectors.drafts import drafts_of
from outcomes.selectors.evidence import proof_of
from outcomes.selectors.logged import (
    LISTED,
    in_state,
    life_as_told,
    names_among,
    news_for,
    outcome_sheet,
    outcomes_of,
    questions_about,
    steps_to_see,
)
from outcomes.services import claims
from outcomes.services.news import mark_seen
from participants.access import helps, own_people

PAGE = 50


@require_safe
@needs(Object.OUTCOME, Action.CLAIM)
def outcome_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = access.programme_to_claim_in(user, code)
    state = _state(request)
    page = Paginator(_listed(user, programme, state), PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    with own_people(user):
        names = names_among(user, list(page.object_list))
        news = news_for(user, now, whole_team=leads_a_team(user))
    context = {
        **programme_context(user, programme, "outcomes"),
        "drafts": drafts_of(user, programme),
        "page": page,
        "events": [(event, names.get(event.participant_id, "")) for event in page.object_list],
        "states": LISTED.items(),
        "state": state,
        "query": f"?{urlencode({'state': state})}" if state else "",
        "news": news,
        "runs": is_operators(user, programme),
    }
    return render(request, "outcomes/outcome_list.html", context)


@require_safe
@needs(Object.OUTCOME, Action.CLAIM)
def outcome_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Send exactly what the list shows under the same filter, all pages of it; references and no names."""
    user = signed_in(request)
    programme = access.programme_to_claim_in(user, code)
    state = _state(request)
    taken_at = programme.file_stamp(timezone.now())
    name = "-".join(part for part in (programme.code, "outcomes", state.lower(), taken_at) if part)
    return sheet_file(outcome_sheet(_listed(user, programme, state)), name, form)


@require_safe
@needs(Object.OUTCOME, Action.SEE)
def outcome_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show what became of one outcome, in words, and what can be done about it."""
    user = signed_in(request)
    event = access.outcome_to_see(user, code, pk)
    with own_people(user):
        names = names_among(user, [event])
    return render(
        request,
        "outcomes/outcome_detail.html",
        {
            **programme_context(user, event.programme, "outcomes"),
            "event": event,
            "called": names.get(event.participant_id, ""),
            "may_help": helps(user, event.participant),
            "open_query": open_query(event),
            "queries": questions_about(event),
            "files": proof_of(user, event),
            "life": life_as_told(event, user),
        },
    )


@require_POST
@needs(Object.OUTCOME, Action.CLAIM)
def outcome_again(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Log a rejected or voided outcome again, with everything filled in."""
    user = signed_in(request)
    programme = access.programme_to_claim_in(user, code)
    event = access.outcome_to_log_again(user, programme, pk)
    try:
        draft = claims.log_again(event=event, actor=user, at=timezone.now())
    except claims.CannotChangeDraft as refusal:
        messages.error(request, str(refusal))
        return redirect("outcomes:outcome-list", code)
    return redirect("outcomes:claim-check", code, draft.token)


@require_POST
@needs(Object.CASELOAD, Action.SEE)
def news_seen(request: HttpRequest) -> HttpResponse:
    """Take what was shown off the news of the person who asks."""
    user = signed_in(request)
    steps = opened_ids(Kind.STEP, request.POST.getlist("step"))
    mark_seen(steps=steps_to_see(user, steps), user=user, at=timezone.now())
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_ours else "outcomes:caseload")


def _listed(user: User, programme: Programme, state: str) -> OutcomeEventQuerySet:
    return in_state(outcomes_of(user, programme), state)


def _state(request: HttpRequest) -> str:
    state = request.GET.get("state", "")
    return state if state in LISTED else ""

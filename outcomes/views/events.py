"""One outcome event: what was claimed, and what became of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_see
from outcomes.selectors.events import dependants_of, events_to_see, life_of
from outcomes.selectors.evidence import proof_of
from providers.access import may


@require_safe
@needs(Object.EVENT, Action.SEE)
def event_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    event = get_object_or_404(events_to_see(user, programme), pk=pk)
    return render(
        request,
        "outcomes/event_detail.html",
        {
            **programme_context(user, programme, "months"),
            "event": event,
            "files": proof_of(user, event),
            "life": life_of(event),
            "dependants": dependants_of(event),
            "may_verify": may(user, Object.EVENT, Action.VERIFY, programme.operator),
        },
    )

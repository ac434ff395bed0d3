"""The rate card: who pays what, for which outcome, on which terms."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_see
from payments.selectors.rate_card import rate_card_of


@require_safe
@needs(Object.RATE_CARD, Action.SEE)
def rate_card(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    card = rate_card_of(programme, user)
    return render(
        request,
        "payments/rate_card.html",
        {
            **programme_context(user, programme, "rate-card"),
            "card": card,
            "payers": card.payers,
            "payees": card.payees,
        },
    )
